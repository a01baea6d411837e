// Losses of rows, their gradients and their curvature at linear predictors eta = x' beta.
//
// squared (eta - y)^2 / 2; logistic log(1 + exp(eta)) - y eta; poisson exp(eta) - y eta; softmax, with a column of
// coefficients a class, log(sum of exp(eta_c)) - eta_y. Of several `fits` to the same rows each has its `classes` columns
// side by side. Sums over rows are taken as in accumulate.cl: each block from
// zero, in `accum`; `add_blocks` adds them to the tasks'. Blocks are triples (task, first row, number of rows).
// Coefficients are packed, one task a lane; those of one task (`shared`) serve every task.
#ifndef GROUP
#define GROUP 64
#endif

#define SQUARED 0
#define LOGISTIC 1
#define POISSON 2

// The rows that a work-item evaluates at a time.
#if VECTOR_PACKS
typedef accum8 row_pack;
#else
typedef accum row_pack;
#endif

// Replaces predictors by exp(eta - largest). Returns the sum of all but one of those that are 1: the total is that and 1,
// and its logarithm keeps small sums. `stride` lies between classes.
static row_pack exponentiate(const int classes, const int stride, global row_pack *eta, row_pack *largest)
{
    row_pack most = eta[0];
    for (int c = 1; c < classes; c++) most = eta[c * stride] > most ? eta[c * stride] : most;
    row_pack rest = 0, ties = 0;
    for (int c = 0; c < classes; c++) {
        const row_pack share = exp(eta[c * stride] - most);
        eta[c * stride] = share;
        rest += share == (accum)1 ? (row_pack)0 : share;
        ties += share == (accum)1 ? (row_pack)1 : (row_pack)0;
    }
    *largest = most;
    return rest + (ties - 1);
}

// Replaces predictors by the loss's slopes and returns its values. The slope of `POISSON` grows no further beyond
// `limit`.
static row_pack evaluate_rows(
    const int loss, const int classes, const row_pack y, const accum limit, const int stride, global row_pack *eta)
{
    const row_pack first = eta[0];
    if (loss == SQUARED) {
        eta[0] = first - y;
        return (first - y) * (first - y) * (accum)0.5f;
    }
    if (loss == LOGISTIC) {
        const row_pack small = exp(-fabs(first)), odds = small / (small + 1);
        // max(eta, 0) - y eta and mu - y, without the difference of near numbers.
        const row_pack excess = first > 0 ? 1 - y : -y;
        eta[0] = excess + (first > 0 ? -odds : odds);
        return excess * first + log1p(small);
    }
    if (loss == POISSON) {
        eta[0] = exp(first > limit ? (row_pack)limit : first) - y;
        return exp(first) - y * first;
    }
    row_pack chosen = 0, largest;
    for (int c = 0; c < classes; c++) chosen = y == (accum)c ? eta[c * stride] : chosen;
    const row_pack rest = exponentiate(classes, stride, eta, &largest), total = rest + 1;
    for (int c = 0; c < classes; c++) {
        const row_pack share = eta[c * stride];
        const row_pack below = share == (accum)1 ? -rest / total : share / total - 1;
        eta[c * stride] = y == (accum)c ? below : share / total;
    }
    return log1p(rest) + (largest - chosen);
}

#if VECTOR_PACKS

// One work-item a block, eight rows at a time. Scratch: predictors, coefficients, gradients and values.
kernel void evaluate_blocks(
    const int block_count,
    const int loss,
    const int order,
    const int classes,
    const int fits,
    const int shared,
    const int weighted,
    const real limit,
    const int coefficient_entries, const int coefficient_first,
    global const int *restrict blocks,         // block_count x 3
    global const real *restrict rows,          // rows x (order + 1)
    global const real *restrict weights,       // rows, if weighted
    global const real *restrict coefficients,  // packed
    global accum8 *restrict scratch,           // block_count x fits x (classes x (1 + 2 vectors) + 1)
    global real *restrict values,              // block_count x fits
    global real *restrict gradients)           // block_count x fits x classes x order
{
    const int block = get_global_id(0);
    if (block >= block_count) return;
    const int task = shared ? 0 : blocks[3 * block], first = blocks[3 * block + 1], count = blocks[3 * block + 2];
    const int vectors = (order + 7) / 8, columns = classes * fits;
    global const real *source = coefficients + TASK_OFFSET(task, coefficient_entries, coefficient_first);
    global accum8 *eta = scratch + (size_t)block * (columns * (1 + 2 * vectors) + fits);
    global accum8 *beta = eta + columns, *sums = beta + columns * vectors, *value = sums + columns * vectors;
    for (int fit = 0; fit < fits; fit++) value[fit] = 0;
    for (int c = 0; c < columns; c++)
        for (int v = 0; v < vectors; v++) {
            beta[c * vectors + v] = coefficient_vector(order, v, source + (size_t)c * order * LANES);
            sums[c * vectors + v] = 0;
        }
    for (int start = 0; start < count; start += 8) {
        const int present = min(8, count - start);
        global const real *z = rows + (size_t)(first + start) * (order + 1);
        ask_for_rows(order, z);
        for (int c = 0; c < columns; c++) eta[c] = predictors(order, present, z, beta + c * vectors);
        const accum8 y = responses(order, present, z);
        const accum8 weight = row_weights(weighted, present, weights + first + start);
        for (int fit = 0; fit < fits; fit++) {
            const accum8 row_values = evaluate_rows(loss, classes, y, limit, 1, eta + fit * classes);
            value[fit] += weight == (accum)0 ? (accum8)0 : weight * row_values;
        }
        for (int c = 0; c < columns; c++) {
            const accum8 slopes = weight == (accum)0 ? (accum8)0 : weight * eta[c];
            add_gradient(order, present, slopes, z, sums + c * vectors);
        }
    }
    for (int fit = 0; fit < fits; fit++) values[(size_t)block * fits + fit] = (real)total(value[fit]);
    for (int c = 0; c < columns; c++)
        for (int k = 0; k < order; k++)
            gradients[((size_t)block * columns + c) * order + k] =
                (real)((global const accum *)(sums + c * vectors))[k];
}

#else

// One work-group a block: GROUP rows at a time, a work-item a row, and then the entries of the gradient dealt out.
// Scratch: predictors, which become slopes; gradients; the items' values.
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void evaluate_blocks(
    const int block_count,
    const int loss,
    const int order,
    const int classes,
    const int fits,
    const int shared,
    const int weighted,
    const real limit,
    const int coefficient_entries, const int coefficient_first,
    global const int *restrict blocks,         // block_count x 3
    global const real *restrict rows,          // rows x (order + 1)
    global const real *restrict weights,       // rows, if weighted
    global const real *restrict coefficients,  // packed
    global accum *restrict scratch,            // block_count x fits x (classes x (GROUP + order) + GROUP)
    global real *restrict values,              // block_count x fits
    global real *restrict gradients)           // block_count x fits x classes x order
{
    const int block = get_group_id(0), item = get_local_id(0);
    const int task = shared ? 0 : blocks[3 * block], first = blocks[3 * block + 1], count = blocks[3 * block + 2];
    const int width = order + 1, columns = classes * fits, entries = columns * order;
    global const real *beta = coefficients + TASK_OFFSET(task, coefficient_entries, coefficient_first);
    global accum *slopes = scratch + (size_t)block * (columns * (GROUP + order) + fits * GROUP);
    global accum *sums = slopes + columns * GROUP, *value = sums + entries;
    for (int e = item; e < entries; e += GROUP) sums[e] = 0;
    for (int fit = 0; fit < fits; fit++) value[fit * GROUP + item] = 0;
    for (int start = 0; start < count; start += GROUP) {
        const int present = min(GROUP, count - start);
        global const real *x = rows + (size_t)(first + start) * width;
        barrier(CLK_GLOBAL_MEM_FENCE);
        if (item < present) {
            for (int c = 0; c < columns; c++) {
                accum eta = 0;
                for (int k = 0; k < order; k++)
                    eta = fma((accum)x[item * width + k], (accum)beta[(size_t)(c * order + k) * LANES], eta);
                slopes[c * GROUP + item] = eta;
            }
            const accum weight = weighted ? weights[first + start + item] : 1;
            for (int fit = 0; fit < fits; fit++) {
                const accum row_value = evaluate_rows(
                    loss, classes, x[item * width + order], limit, GROUP, slopes + fit * classes * GROUP + item);
                value[fit * GROUP + item] += weight == 0 ? 0 : weight * row_value;
            }
            for (int c = 0; c < columns; c++)
                slopes[c * GROUP + item] = weight == 0 ? 0 : weight * slopes[c * GROUP + item];
        }
        barrier(CLK_GLOBAL_MEM_FENCE);
        for (int e = item; e < entries; e += GROUP) {
            const int c = e / order, k = e % order;
            accum sum = sums[e];
            for (int i = 0; i < present; i++) sum = fma((accum)x[i * width + k], slopes[c * GROUP + i], sum);
            sums[e] = sum;
        }
    }
    barrier(CLK_GLOBAL_MEM_FENCE);
    for (int e = item; e < entries; e += GROUP) gradients[(size_t)block * entries + e] = (real)sums[e];
    for (int fit = item; fit < fits; fit += GROUP) {
        accum sum = 0;
        for (int i = 0; i < GROUP; i++) sum += value[fit * GROUP + i];
        values[(size_t)block * fits + fit] = (real)sum;
    }
}

#endif

static accum linear_predictor(const int order, global const real *x, global const real *beta)
{
    accum sum = 0;
    for (int k = 0; k < order; k++) sum = fma((accum)x[k], (accum)beta[(size_t)k * LANES], sum);
    return sum;
}

// Each row's weight times the loss's second derivative in the predictors of classes a and b. `share` work-items a block,
// each every share-th row.
kernel void curvature_weights(
    const int block_count,
    const int share,
    const int loss,
    const int order,
    const int columns,
    const int class_a, const int class_b,
    const int shared,
    const int weighted,
    const real limit,
    const int coefficient_entries, const int coefficient_first,
    global const int *restrict blocks,         // block_count x 3
    global const real *restrict rows,          // rows x (order + 1)
    global const real *restrict weights,       // rows, if weighted
    global const real *restrict coefficients,  // packed
    global real *restrict outputs)             // rows
{
    const int block = get_global_id(0) / share;
    if (block >= block_count) return;
    const int task = shared ? 0 : blocks[3 * block], first = blocks[3 * block + 1], count = blocks[3 * block + 2];
    global const real *beta = coefficients + TASK_OFFSET(task, coefficient_entries, coefficient_first);
    for (int i = first + (int)get_global_id(0) % share; i < first + count; i += share) {
        global const real *x = rows + (size_t)i * (order + 1);
        const accum weight = weighted ? weights[i] : 1;
        accum curvature = 1;
        if (loss == LOGISTIC) {
            const accum small = exp(-fabs(linear_predictor(order, x, beta)));
            curvature = small / ((1 + small) * (1 + small));
        } else if (loss == POISSON) {
            curvature = exp(min(linear_predictor(order, x, beta), (accum)limit));
        } else if (loss != SQUARED) {
            accum largest = linear_predictor(order, x, beta);
            for (int c = 1; c < columns; c++)
                largest = max(largest, linear_predictor(order, x, beta + (size_t)c * order * LANES));
            // The sum of all shares but those of the largest, and how many those are: as in `exponentiate`.
            accum rest = 0, ties = 0, share_a = 0, share_b = 0;
            for (int c = 0; c < columns; c++) {
                const accum e = exp(linear_predictor(order, x, beta + (size_t)c * order * LANES) - largest);
                if (e == 1) ties += 1;
                else rest += e;
                if (c == class_a) share_a = e;
                if (c == class_b) share_b = e;
            }
            rest += ties - 1;
            const accum total = rest + 1;
            if (class_a != class_b) curvature = -share_a / total * (share_b / total);
            else curvature = share_a / total * ((share_a == 1 ? rest : total - share_a) / total);
        }
        outputs[i] = (real)(weight * curvature);
    }
}
