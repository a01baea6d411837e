// Operations on the vectors of each task, a column at a time.
//
// One work-item a column of a pack, or of one lane of it (prelude.cl). Operands of one task, one column or one value a
// column serve all tasks, columns or coordinates: OPERAND says how each lies in its buffer.

// The column and the tasks of a work-item; work-items of adjacent lanes are adjacent. One column needs no division.
#define COLUMN(columns) ((columns) == 1 ? 0 : (int)(get_global_id(0) / ENTRY % (columns)))
#define ITEM(columns) \
    ((columns) == 1 ? (int)get_global_id(0) \
                    : (int)(get_global_id(0) / ENTRY / (columns) * ENTRY + get_global_id(0) % ENTRY))

// s_a x_a + s_b x_b, or s_a x_a alone. A term whose scale is 0 is left out. `results` may be an input.
kernel void combine(
    const int item_count,
    const int columns,
    const int width,
    const int terms,                      // 1 or 2
    const real a_number,                  // s_a, unless it comes from `s`
    const int a_scaled,
    OPERAND(a),
    OPERAND(s),
    const real b_number,                  // s_b, unless it comes from `t`
    const int b_scaled,
    OPERAND(b),
    OPERAND(t),
    const int result_entries, const int result_first,
    global const pack *a_values,
    global const pack *a_scales,
    global const pack *b_values,
    global const pack *b_scales,
    global pack *results)                 // columns x width entries
{
    const int column = COLUMN(columns), item = ITEM(columns);
    if (item >= item_count) return;
    global const pack *a = a_values + OPERAND_OFFSET(a, item, column);
    global const pack *s = a_scales + OPERAND_OFFSET(s, item, column);
    global const pack *b = b_values + OPERAND_OFFSET(b, item, column);
    global const pack *t = b_scales + OPERAND_OFFSET(t, item, column);
    global pack *result = results + ITEM_OFFSET(item, result_entries, result_first + column * width);
    const int a_is_plain = a_entries && a_step && !a_scaled && a_number != 0;
    const int b_is_plain = b_entries && b_step && !b_scaled && b_number != 0;
    if (terms == 2 && a_is_plain && b_is_plain) {
        for (int k = 0; k < width; k++) AT(result, k) = fma((pack)a_number, AT(a, k), (pack)b_number * AT(b, k));
        return;
    }
    for (int k = 0; k < width; k++) {
        const pack a_scale = a_scaled ? OPERAND_AT(s, s, k * s_step) : (pack)a_number;
        const pack a_value = a_scale == (pack)0 ? (pack)0 : OPERAND_AT(a, a, k * a_step);
        if (terms == 1) {
            AT(result, k) = a_scale * a_value;
        } else {
            const pack b_scale = b_scaled ? OPERAND_AT(t, t, k * t_step) : (pack)b_number;
            const pack b_value = b_scale == (pack)0 ? (pack)0 : OPERAND_AT(b, b, k * b_step);
            AT(result, k) = fma(a_scale, a_value, b_scale * b_value);
        }
    }
}

// x'y of each column.
kernel void dots(
    const int item_count,
    const int columns,
    const int one,                        // values a column of `products`
    const int width,
    OPERAND(x),
    OPERAND(y),
    const int product_entries, const int product_first,
    global const pack *restrict xs,
    global const pack *restrict ys,
    global pack *restrict products)       // columns entries
{
    const int column = COLUMN(columns), item = ITEM(columns);
    if (item >= item_count) return;
    global const pack *x = xs + OPERAND_OFFSET(x, item, column);
    global const pack *y = ys + OPERAND_OFFSET(y, item, column);
    pack sum = 0;
    for (int k = 0; k < width; k++) sum = fma(OPERAND_AT(x, x, k), OPERAND_AT(y, y, k), sum);
    AT(products + ITEM_OFFSET(item, product_entries, product_first + column * one), 0) = sum;
}

#define SOFT 0
#define HARD 1
#define BLOCK 2

// Each column shrunk towards its centre: see Prox. `results` may be `xs`.
kernel void shrink(
    const int item_count,
    const int columns,
    const int width,
    const int prox,
    const int weighted,
    OPERAND(x),
    OPERAND(c),
    OPERAND(t),
    OPERAND(w),
    const int result_entries, const int result_first,
    global const pack *xs,
    global const pack *restrict centers,
    global const pack *restrict thresholds,
    global const pack *weights,           // not read unless `weighted`
    global pack *results)                 // columns x width entries
{
    const int column = COLUMN(columns), item = ITEM(columns);
    if (item >= item_count) return;
    global const pack *x = xs + OPERAND_OFFSET(x, item, column);
    global const pack *c = centers + OPERAND_OFFSET(c, item, column);
    global const pack *t = thresholds + OPERAND_OFFSET(t, item, column);
    global const pack *w = weights + OPERAND_OFFSET(w, item, column);
    global pack *result = results + ITEM_OFFSET(item, result_entries, result_first + column * width);
    const pack infinite = (pack)(real)INFINITY;
#define WEIGHT(k) (weighted ? OPERAND_AT(w, w, (k) * w_step) : (pack)1)
#define CENTER(k) OPERAND_AT(c, c, (k) * c_step)
#define DIFFERENCE(k) (WEIGHT(k) == (pack)0 ? (pack)0 : OPERAND_AT(x, x, k) - CENTER(k))
    if (prox == SOFT || prox == HARD) {
        for (int k = 0; k < width; k++) {
            const pack value = OPERAND_AT(x, x, k), center = CENTER(k), weight = WEIGHT(k);
            const pack difference = value - center, threshold = weight * OPERAND_AT(t, t, k * t_step);
            const pack smaller = prox == SOFT ? value - threshold : value;
            const pack larger = prox == SOFT ? value + threshold : value;
            // Neither larger, smaller nor near is not a number: the sum then is none either.
            pack shrunk = difference + threshold;
            shrunk = difference > threshold ? smaller : shrunk;
            shrunk = difference < -threshold ? larger : shrunk;
            shrunk = fabs(difference) <= threshold ? center : shrunk;
            shrunk = threshold == infinite ? center : shrunk;
            AT(result, k) = weight == (pack)0 ? value : shrunk;
        }
        return;
    }
    // The norm is scaled by the largest difference: no square overflows.
    pack largest = 0;
    for (int k = 0; k < width; k++) {
        const pack size = fabs(DIFFERENCE(k));
        largest = size > largest ? size : largest;
    }
    const pack scale = largest == (pack)0 ? (pack)1 : largest;
    pack sum = 0;
    for (int k = 0; k < width; k++) {
        const pack share = DIFFERENCE(k) / scale;
        sum = fma(share, share, sum);
    }
    const pack norm = scale * sqrt(sum), threshold = OPERAND_AT(t, t, 0), ratio = threshold / norm;
    pack near = norm <= threshold ? (pack)1 : (pack)0;
    near = threshold == infinite ? (pack)1 : near;
    for (int k = 0; k < width; k++) {
        const pack value = OPERAND_AT(x, x, k), center = CENTER(k), weight = WEIGHT(k), difference = DIFFERENCE(k);
        const pack within = prox == BLOCK ? center : value;
        const pack beyond = prox == BLOCK ? fma(-ratio, difference, value) : fma(ratio, difference, center);
        const pack shrunk = near > (pack)0 ? within : beyond;
        AT(result, k) = weight == (pack)0 ? value : shrunk;
    }
}
