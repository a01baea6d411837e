// The infimal convolution of each task's quadratic and a norm, at each column's centre c:
//
//     f~(c) = min over x of  x'G x / 2 - b'x + t ||x - c||
//
// or the same with t ||x - c||^2 / 2, where there is nothing to solve: r is 1 in what follows.
//
// G = V diag(l) V' comes as its eigensystem, b as V'b. With p = V'(G c - b), the distance r from the centre solves
// sum of p_i^2 / (l_i r + t)^2 = 1, by Newton's method on the root of the left side's reciprocal, which is concave and
// rises: from its left it needs no safeguard. A work-item handles a pack with vector types, or one lane of it
// (prelude.cl): the same text. Lanes that are done keep their numbers while others go on.

#if VECTOR_PACKS
#define ANY(condition) any(condition)
#else
#define ANY(condition) (condition)
#endif

// What one step of Newton's method adds to r.
static pack newton_step(const int order, private const pack *l, private const pack *p, const pack r, const pack t)
{
    pack sum = 0, slope = 0;
    for (int i = 0; i < order; i++) {
        const pack inverse = 1 / fma(l[i], r, t), share = p[i] * inverse, square = share * share;
        sum += square;
        slope = fma(square * l[i], inverse, slope);
    }
    return (sqrt(sum) - 1) * sum / slope;
}

// x = V y.
static void rotate_back(const int order, global const pack *vectors, private const pack *y, global pack *x)
{
    for (int k = 0; k < order; k++) {
        pack sum = 0;
        for (int i = 0; i < order; i++) sum = fma(y[i], AT(vectors, i * order + k), sum);
        AT(x, k) = sum;
    }
}

// One work-item one column of a pack, or of a lane.
kernel void infimal_convolution(
    const int item_count,
    const int columns,
    const int order,
    const int step_limit,
    const int is_squared,
    const int has_curvatures,
    const real tolerance,
    const real accuracy,                   // of r, at which the next step would be below its rounding
    const int value_entries, const int value_first,
    const int vector_entries, const int vector_first,
    OPERAND(b),
    OPERAND(c),
    OPERAND(t),
    const int x_entries, const int x_first,
    const int g_entries, const int g_first,
    const int f_entries, const int f_first,
    const int h_entries, const int h_first,
    global const pack *restrict values,    // order entries
    global const pack *restrict vectors,   // order x order entries
    global const pack *restrict linears,
    global const pack *restrict centers,
    global const pack *restrict thresholds,
    global pack *restrict minimizers,      // columns x order entries
    global pack *restrict gradients,       // columns x order entries
    global pack *restrict results,         // columns entries
    global pack *curvatures)               // columns x triangle(order) entries; not written unless they are wanted
{
    const int item = (int)(get_global_id(0) / ENTRY / columns * ENTRY + get_global_id(0) % ENTRY);
    if (item >= item_count) return;
    const int column = (int)(get_global_id(0) / ENTRY % columns);
    global const pack *value = values + ITEM_OFFSET(item, value_entries, value_first);
    global const pack *v = vectors + ITEM_OFFSET(item, vector_entries, vector_first);
    global const pack *b = linears + OPERAND_OFFSET(b, item, column);
    global const pack *c = centers + OPERAND_OFFSET(c, item, column);
    global const pack *limit = thresholds + OPERAND_OFFSET(t, item, column);
    global pack *x = minimizers + ITEM_OFFSET(item, x_entries, x_first + column * order);
    global pack *g = gradients + ITEM_OFFSET(item, g_entries, g_first + column * order);
    pack l[MAX_ORDER], center[MAX_ORDER], p[MAX_ORDER], y[MAX_ORDER];

    // Not constants: between a constant and a value oclgrind's vectors choose wrongly.
    const pack zero = (pack)(real)(item_count < 0), one = zero + 1;

    // An eigenvalue that counts as 0 has no slope; the largest takes its place.
    pack largest = 0, unit = 0;
    for (int i = 0; i < order; i++) largest = AT(value, i) > largest ? AT(value, i) : largest;
    const pack least = largest * tolerance;
    for (int i = 0; i < order; i++) {
        pack sum = 0;
        for (int k = 0; k < order; k++) sum = fma(AT(v, i * order + k), OPERAND_AT(c, c, k), sum);
        center[i] = sum;
        const pack own = AT(value, i), presence = own <= least ? (pack)0 : (pack)1;
        l[i] = own <= least ? largest : own;
        p[i] = presence * fma(l[i], sum, -OPERAND_AT(b, b, i));
        unit = fabs(p[i]) > unit ? fabs(p[i]) : unit;
    }
    unit = unit == (pack)0 ? one : unit;
    pack squares = 0, bend = 0;
    for (int i = 0; i < order; i++) {
        p[i] /= unit;
        squares = fma(p[i], p[i], squares);
        bend = fma(p[i] * p[i], l[i], bend);
    }
    const pack given = OPERAND_AT(t, limit, 0);
    // Of the squared distance only an infinite t, or no curvature at all, leaves the minimiser at the centre. What is
    // not a number stays none.
    const pack most = zero + (pack)(real)3e38f, side = largest == (pack)0 ? -most : most;
    const pack norm = is_squared ? side + zero * squares : sqrt(squares), t = is_squared ? given : given / unit;
    // The first step from 0 needs no division a coordinate.
    const pack first = (norm - t) * squares / bend;
    pack r = norm <= t ? zero : first;
    if (is_squared) r = one;
    pack active = norm > t ? (pack)1 : (pack)0;
    if (is_squared) active = zero;
    for (int step = 0; step < step_limit && ANY(active > (pack)0); step++) {
        const pack next = r + newton_step(order, l, p, r, t);
        const pack moving = next - r > r * accuracy ? active : zero;
        r = active > (pack)0 ? next : r;
        active = moving;
    }

    const pack distance = unit * r;
    pack result = norm <= t ? zero : given * distance;
    if (is_squared) result = zero;
    const pack halved = is_squared ? given * (real)0.5 : zero;
    for (int i = 0; i < order; i++) {
        const pack own = AT(value, i), presence = own <= least ? (pack)0 : (pack)1;
        const pack step = norm <= t ? zero : p[i] / fma(l[i], r, t) * distance;
        y[i] = norm <= t ? p[i] * unit : step;
        const pack place = center[i] - step;
        result = fma(presence * place, fma(l[i] * (real)0.5, place, -OPERAND_AT(b, b, i)), result);
        if (is_squared) result = norm <= t ? result : fma(halved * step, step, result);
    }
    AT(results + ITEM_OFFSET(item, f_entries, f_first + column), 0) = result;
    rotate_back(order, v, y, g);
    const pack shift = t / r;
    const pack factor = norm <= t ? one : shift;
    for (int k = 0; k < order; k++) {
        const pack move = AT(g, k), from = OPERAND_AT(c, c, k);
        AT(x, k) = norm <= t ? from : from - move;
        AT(g, k) = factor * move;
    }
    if (!has_curvatures) return;

    // V (s diag(l / (l + s)) - s m m' / u'm) V' with u the direction from the centre and m = l u / (l + s); inside, G.
    global pack *h = curvatures + ITEM_OFFSET(item, h_entries, h_first + column * triangle(order));
    pack total = 0;
    for (int i = 0; i < order; i++) {
        const pack own = AT(value, i), presence = own <= least ? (pack)0 : (pack)1;
        const pack share = l[i] / (l[i] + (norm <= t ? zero : shift)), direction = p[i] / fma(l[i], r, t);
        y[i] = norm <= t ? zero : direction * share;
        total = fma(y[i], direction, total);
        center[i] = presence * (norm <= t ? l[i] : shift * share);
    }
    pack scale = norm <= t ? zero : -shift / total;
    if (is_squared) scale = zero;
    for (int k = 0; k < order; k++) {
        pack sum = 0;
        for (int i = 0; i < order; i++) sum = fma(y[i], AT(v, i * order + k), sum);
        p[k] = sum;
    }
    for (int row = 0, e = 0; row < order; row++) {
        for (int i = 0; i < order; i++) y[i] = center[i] * AT(v, i * order + row);
        for (int k = 0; k <= row; k++, e++) {
            pack sum = norm <= t ? zero : scale * p[row] * p[k];
            for (int i = 0; i < order; i++) sum = fma(y[i], AT(v, i * order + k), sum);
            AT(h, e) = sum;
        }
    }
}
