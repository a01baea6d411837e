// The squared loss (x' beta - y)^2 / 2 of rows and its gradient, on CPU devices: as `losses` has it, in one pass over rows
// that are in registers or the first cache.
//
// Blocks are triples (task, first row, number of rows); each is summed from zero, and added to its task's sums in place,
// or by `add_blocks` where a task has several.

// Of rows of V vectors, which stay in registers: the sum of a block, whose gradient goes to `gradient`.
#define DEFINE_SHORT_ROWS(V) \
    static accum sum_short_rows_##V( \
        const int order, const int count, const int weighted, global const real *z, global const real *weights, \
        global const real *coefficients, accum8 *gradient) \
    { \
        accum8 value = 0; \
        EACH_##V(COEFFICIENTS) \
        for (int start = 0; start < count; start += 8, z += 8 * (order + 1)) { \
            const int present = min(8, count - start); \
            ask_for_rows(order, z); \
            EIGHT(ROW) \
            EIGHT(READ_##V) \
            const accum8 residuals = totals(OF_EIGHT(PRODUCTS_##V)) - widen((real8)(OF_EIGHT(RESPONSE))); \
            const accum8 weight = row_weights(weighted, present, weights + start); \
            const accum8 slopes = weight == (accum)0 ? (accum8)0 : weight * residuals; \
            EACH_##V(ADD_ROWS) \
            value = fma(slopes, residuals, value); \
        } \
        EACH_##V(KEEP) \
        return total(value) * (accum)0.5f; \
    }
#define EACH_1(DO) DO(0)
#define EACH_2(DO) DO(0) DO(1)
#define EACH_3(DO) DO(0) DO(1) DO(2)
#define COEFFICIENTS(v) \
    const accum8 b##v = coefficient_vector(order, v, coefficients); \
    accum8 g##v = 0;
#define READ(i, v) const accum8 x##i##v = widen(vload8(v, z##i));
#define READ_1(i) READ(i, 0)
#define READ_2(i) READ(i, 0) READ(i, 1)
#define READ_3(i) READ(i, 0) READ(i, 1) READ(i, 2)
#define PRODUCTS_1(i) (features(order, 0, x##i##0) * b0)
#define PRODUCTS_2(i) fma(x##i##0, b0, features(order, 1, x##i##1) * b1)
#define PRODUCTS_3(i) fma(x##i##0, b0, fma(x##i##1, b1, features(order, 2, x##i##2) * b2))
#define ADD_SLOPE(i, v, sum) fma(x##i##v, (accum8)slopes.s##i, sum)
#define ADD_ROWS(v) \
    g##v = ADD_SLOPE(3, v, ADD_SLOPE(2, v, ADD_SLOPE(1, v, ADD_SLOPE(0, v, g##v)))) \
         + ADD_SLOPE(7, v, ADD_SLOPE(6, v, ADD_SLOPE(5, v, ADD_SLOPE(4, v, (accum8)0))));
#define KEEP(v) gradient[v] = g##v;
DEFINE_SHORT_ROWS(1)
DEFINE_SHORT_ROWS(2)
DEFINE_SHORT_ROWS(3)

// Of rows of more vectors, which are read again for the gradient.
static accum sum_long_rows(
    const int order, const int count, const int weighted, global const real *z, global const real *weights,
    global const accum8 *beta, global accum8 *sums)
{
    accum8 value = 0;
    for (int v = 0; v < (order + 7) / 8; v++) sums[v] = 0;
    for (int start = 0; start < count; start += 8, z += 8 * (order + 1)) {
        const int present = min(8, count - start);
        ask_for_rows(order, z);
        const accum8 residuals = predictors(order, present, z, beta) - responses(order, present, z);
        const accum8 weight = row_weights(weighted, present, weights + start);
        const accum8 slopes = weight == (accum)0 ? (accum8)0 : weight * residuals;
        add_gradient(order, present, slopes, z, sums);
        value = fma(slopes, residuals, value);
    }
    return total(value) * (accum)0.5f;
}

// One work-item as many blocks as its share is. Its scratch: coefficients and gradient, in whole vectors. Where
// `in_place` says so, no two blocks are of one task, and values and gradients are packed and added to; otherwise they are
// written block after block.
kernel void squared_blocks(
    const int block_count,
    const int item_count,
    const int order,
    const int shared,
    const int weighted,
    const int in_place,
    const int wants_values,
    const int wants_gradients,
    const int coefficient_entries, const int coefficient_first,
    const int value_entries, const int value_first,
    const int gradient_entries, const int gradient_first,
    global const int *restrict blocks,         // block_count x 3
    global const real *restrict rows,          // rows x (order + 1)
    global const real *restrict weights,       // rows, if weighted
    global const real *restrict coefficients,  // packed
    global accum8 *restrict scratch,           // item_count x 2 x vectors
    global real *restrict values,              // block_count or packed, if wanted
    global real *restrict gradients)           // block_count x order or packed, if wanted
{
    const int item = get_global_id(0), vectors = (order + 7) / 8;
    if (item >= item_count) return;
    global accum8 *beta = scratch + (size_t)item * 2 * vectors, *long_sums = beta + vectors;
    const int last = (int)((long)block_count * (item + 1) / item_count);
    for (int block = (int)((long)block_count * item / item_count); block < last; block++) {
        const int task = blocks[3 * block], first = blocks[3 * block + 1], count = blocks[3 * block + 2];
        global const real *z = rows + (size_t)first * (order + 1), *w = weights + first;
        global const real *source =
            coefficients + TASK_OFFSET(shared ? 0 : task, coefficient_entries, coefficient_first);
        ask_for(source + (size_t)(coefficient_entries + task % LANES) * LANES);
        accum value;
        accum8 sums[3];
        if (vectors == 1)
            value = sum_short_rows_1(order, count, weighted, z, w, source, sums);
        else if (vectors == 2)
            value = sum_short_rows_2(order, count, weighted, z, w, source, sums);
        else if (vectors == 3)
            value = sum_short_rows_3(order, count, weighted, z, w, source, sums);
        else {
            for (int v = 0; v < vectors; v++) beta[v] = coefficient_vector(order, v, source);
            value = sum_long_rows(order, count, weighted, z, w, beta, long_sums);
        }
        if (wants_values) {
            if (in_place)
                values[TASK_OFFSET(task, value_entries, value_first)] += (real)value;
            else
                values[block] = (real)value;
        }
        if (!wants_gradients) continue;
        if (in_place) {
            global real *target = gradients + TASK_OFFSET(task, gradient_entries, gradient_first);
            for (int k = 0; k < order; k++)
                target[(size_t)k * LANES] +=
                    (real)(vectors <= 3 ? ((const accum *)sums)[k] : ((global const accum *)long_sums)[k]);
        } else {
            for (int k = 0; k < order; k++)
                gradients[(size_t)block * order + k] =
                    (real)(vectors <= 3 ? ((const accum *)sums)[k] : ((global const accum *)long_sums)[k]);
        }
    }
}
