// Rows of data on CPU devices, eight at a time, in vectors of eight features: what `losses` and `squared` have in common.
//
// Up to 7 values behind a row, and behind the weights, are read.
#if VECTOR_PACKS

#define widen(x) JOIN(JOIN(convert_, ACCUM), 8)(x)
#define LANE_NUMBERS (accum8)(0, 1, 2, 3, 4, 5, 6, 7)
#define VALUES_AHEAD (128 * VALUES_PER_LINE)
#define EIGHT(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define OF_EIGHT(f) f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)
typedef JOIN(REAL, 8) real8;

// The sum of each of eight vectors, side by side.
static accum8 totals(
    const accum8 a, const accum8 b, const accum8 c, const accum8 d, const accum8 e, const accum8 f, const accum8 g,
    const accum8 h)
{
#define NEIGHBOURS(x, y) \
    ((accum8)(x.s0, y.s0, x.s2, y.s2, x.s4, y.s4, x.s6, y.s6) + (accum8)(x.s1, y.s1, x.s3, y.s3, x.s5, y.s5, x.s7, y.s7))
#define QUARTERS(x, y) ((accum8)(x.s01, y.s01, x.s45, y.s45) + (accum8)(x.s23, y.s23, x.s67, y.s67))
    const accum8 ab = NEIGHBOURS(a, b), cd = NEIGHBOURS(c, d), ef = NEIGHBOURS(e, f), gh = NEIGHBOURS(g, h);
    const accum8 abcd = QUARTERS(ab, cd), efgh = QUARTERS(ef, gh);
    return (accum8)(abcd.lo, efgh.lo) + (accum8)(abcd.hi, efgh.hi);
}

static accum total(const accum8 x)
{
    const JOIN(ACCUM, 4) halves = x.lo + x.hi;
    const JOIN(ACCUM, 2) quarters = halves.lo + halves.hi;
    return quarters.x + quarters.y;
}

// The features of vector v, 0 behind the last one: what lies behind a row may be anything.
static accum8 features(const int order, const int v, const accum8 x)
{
    return LANE_NUMBERS < (accum8)(order - 8 * v) ? x : (accum8)0;
}

// Vector v of a task's coefficients, from a pointer to the first one.
static accum8 coefficient_vector(const int order, const int v, global const real *source)
{
    const int last = order - 1 - 8 * v;
#define COEFFICIENT(k) source[(size_t)(8 * v + min(k, last)) * LANES]
    return features(order, v, widen((real8)(OF_EIGHT(COEFFICIENT))));
}

// What a row weighs: nothing from row `present` on.
static accum8 row_weights(const int weighted, const int present, global const real *weights)
{
    const accum8 weight = weighted ? widen(vload8(0, weights)) : (accum8)1;
    return LANE_NUMBERS < (accum8)present ? weight : (accum8)0;
}

// Asks for as many values as eight rows have, several times as far ahead as arrives while they are summed.
static void ask_for_rows(const int order, global const real *z)
{
    for (int k = 0; k < 8 * (order + 1); k += VALUES_PER_LINE) ask_for(z + VALUES_AHEAD + k);
}

// A pointer to each of eight rows from z on: those from `present` on are the last one again.
#define ROW(i) global const real *z##i = z + min(i, present - 1) * (order + 1);

#define RESPONSE(i) z##i[order]

// The response of each row.
static accum8 responses(const int order, const int present, global const real *z)
{
    EIGHT(ROW)
    return widen((real8)(OF_EIGHT(RESPONSE)));
}

// x' beta of each row.
static accum8 predictors(const int order, const int present, global const real *z, global const accum8 *beta)
{
    const int last = (order - 1) / 8;
    EIGHT(ROW)
#define LAST_PRODUCTS(i) accum8 s##i = features(order, last, widen(vload8(last, z##i))) * beta[last];
    EIGHT(LAST_PRODUCTS)
    for (int v = 0; v < last; v++) {
#define ADD_PRODUCTS(i) s##i = fma(widen(vload8(v, z##i)), beta[v], s##i);
        EIGHT(ADD_PRODUCTS)
    }
    return totals(s0, s1, s2, s3, s4, s5, s6, s7);
}

// Adds the sum of slope times x over the rows.
static void add_gradient(
    const int order, const int present, const accum8 slopes, global const real *z, global accum8 *sums)
{
    EIGHT(ROW)
    for (int v = 0; v <= (order - 1) / 8; v++) {
#define TIMES_SLOPE(i, sum) fma(widen(vload8(v, z##i)), (accum8)slopes.s##i, sum)
        const accum8 a = TIMES_SLOPE(3, TIMES_SLOPE(2, TIMES_SLOPE(1, TIMES_SLOPE(0, sums[v]))));
        const accum8 b = TIMES_SLOPE(7, TIMES_SLOPE(6, TIMES_SLOPE(5, TIMES_SLOPE(4, (accum8)0))));
        sums[v] = a + b;
    }
}

#endif
