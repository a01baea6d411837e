// The squared loss (x' beta - y)^2 / 2 of rows and its gradient, on CPU devices: as `losses` has it, in one pass over rows
// that are in registers or the first cache.
//
// The response follows a row's features, so it takes part as one more of them, with coefficient -1: the product is then the
// residual. Blocks are triples (task, first row, number of rows); each is summed from zero, and `add_blocks` adds them.
#define widen(x) JOIN(JOIN(convert_, ACCUM), 8)(x)
#define LANE_NUMBERS (accum8)(0, 1, 2, 3, 4, 5, 6, 7)
#define VALUES_AHEAD (64 * VALUES_PER_LINE)
#define EIGHT(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

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

// The coefficients of a task, -1 and zeros up to a whole vector.
static void gather_coefficients(const int order, const int padded, global const real *source, global accum *beta)
{
    for (int k = 0; k < order; k++) beta[k] = (accum)source[(size_t)k * LANES];
    beta[order] = -1;
    for (int k = order + 1; k < padded; k++) beta[k] = 0;
}

// Adds the gradient of up to eight rows to `sums`, if wanted, and returns twice their values.
static accum8 add_rows(
    const int order, const int present, const accum8 given, const int wants_gradient, global const real *z,
    global const accum8 *beta, global accum8 *sums)
{
    const int width = order + 1, whole = width / 8, vectors = (order + 7) / 8;
    for (int k = 0; k < present * width; k += VALUES_PER_LINE) ask_for(z + VALUES_AHEAD + k);
#define FIRST(i) \
    global const real *z##i = z + min(i, present - 1) * width; \
    accum8 s##i = 0;
    EIGHT(FIRST)
    for (int v = 0; v < whole; v++) {
#define ADD_PRODUCT(i) s##i = fma(widen(vload8(v, z##i)), beta[v], s##i);
        EIGHT(ADD_PRODUCT)
    }
    if (8 * whole < width) {
        // What lies behind a row may be anything.
        const accum8 rest = width - 8 * whole;
#define ADD_LAST_PRODUCT(i) \
    s##i = fma(LANE_NUMBERS < rest ? widen(vload8(whole, z##i)) : (accum8)0, beta[whole], s##i);
        EIGHT(ADD_LAST_PRODUCT)
    }
    const accum8 residuals = totals(s0, s1, s2, s3, s4, s5, s6, s7);
    const accum8 weight = LANE_NUMBERS < (accum8)present ? given : (accum8)0;
    const accum8 slopes = weight == (accum)0 ? (accum8)0 : weight * residuals;
    if (wants_gradient)
        for (int v = 0; v < vectors; v++) {
#define TIMES_SLOPE(i, sum) fma(widen(vload8(v, z##i)), (accum8)slopes.s##i, sum)
            const accum8 a = TIMES_SLOPE(3, TIMES_SLOPE(2, TIMES_SLOPE(1, TIMES_SLOPE(0, sums[v]))));
            const accum8 b = TIMES_SLOPE(7, TIMES_SLOPE(6, TIMES_SLOPE(5, TIMES_SLOPE(4, (accum8)0))));
            sums[v] = a + b;
        }
    return weight == (accum)0 ? (accum8)0 : slopes * residuals;
}

// Adds a block's gradient to `sums`, if wanted, and returns its value.
static accum sum_block(
    const int order, const int count, const int weighted, const int wants_gradient, global const real *rows,
    global const real *weights, global const accum8 *beta, global accum8 *sums)
{
    accum8 value = 0;
    int start = 0;
    for (; start + 8 <= count; start += 8, rows += 8 * (order + 1)) {
        const accum8 weight = weighted ? widen(vload8(0, weights + start)) : (accum8)1;
        value += add_rows(order, 8, weight, wants_gradient, rows, beta, sums);
    }
    if (start < count) {
        const accum8 weight = weighted ? widen(vload8(0, weights + start)) : (accum8)1;
        value += add_rows(order, count - start, weight, wants_gradient, rows, beta, sums);
    }
    const JOIN(ACCUM, 4) halves = value.lo + value.hi;
    const JOIN(ACCUM, 2) quarters = halves.lo + halves.hi;
    return (quarters.x + quarters.y) * (accum)0.5f;
}

// One work-item as many blocks as its share is. Its scratch: coefficients and gradient, in whole vectors. Up to 7 values
// behind a row, and behind the weights, are read.
kernel void squared_blocks(
    const int block_count,
    const int item_count,
    const int order,
    const int shared,
    const int weighted,
    const int wants_values,
    const int wants_gradients,
    const int coefficient_entries, const int coefficient_first,
    global const int *restrict blocks,         // block_count x 3
    global const real *restrict rows,          // rows x (order + 1)
    global const real *restrict weights,       // rows, if weighted
    global const real *restrict coefficients,  // packed
    global accum8 *restrict scratch,           // item_count x 2 x (order / 8 + 1)
    global real *restrict values,              // block_count, if wanted
    global real *restrict gradients)           // block_count x order, if wanted
{
    const int item = get_global_id(0), vectors = order / 8 + 1;
    if (item >= item_count) return;
    global accum8 *beta = scratch + (size_t)item * 2 * vectors, *sums = beta + vectors;
    const int last = (int)((long)block_count * (item + 1) / item_count);
    int gathered = -1;
    for (int block = (int)((long)block_count * item / item_count); block < last; block++) {
        const int task = shared ? 0 : blocks[3 * block], first = blocks[3 * block + 1];
        if (task != gathered)
            gather_coefficients(
                order, 8 * vectors, coefficients + TASK_OFFSET(task, coefficient_entries, coefficient_first),
                (global accum *)beta);
        gathered = task;
        for (int v = 0; v < vectors; v++) sums[v] = 0;
        const accum value = sum_block(
            order, blocks[3 * block + 2], weighted, wants_gradients, rows + (size_t)first * (order + 1),
            weights + first, beta, sums);
        if (wants_values) values[block] = (real)value;
        if (wants_gradients)
            for (int k = 0; k < order; k++)
                gradients[(size_t)block * order + k] = (real)((global const accum *)sums)[k];
    }
}
