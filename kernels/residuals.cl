// Residuals of rows, and the row weights of robust variances.
//
// `share` work-items a block of rows, each every share-th row. Coefficients and factors are packed, one task a lane;
// those of one task (`shared`) serve every task. Sums are taken in `accum`.

static accum residual_of(
    const int order, global const real *z, global const real *coefficients)
{
    accum rest = z[order];
    for (int k = 0; k < order; k++) rest -= (accum)z[k] * (accum)coefficients[(size_t)k * LANES];
    return rest;
}

// r = y - x' beta.
kernel void residuals(
    const int block_count,
    const int share,
    const int order,
    const int shared,
    const int coefficient_entries, const int coefficient_first,
    global const int *restrict blocks,         // block_count x 3: task, first row, number of rows
    global const real *restrict rows,          // rows x (order + 1)
    global const real *restrict coefficients,  // packed
    global real *restrict outputs)             // rows
{
    const int block = get_global_id(0) / share;
    if (block >= block_count) return;
    const int task = shared ? 0 : blocks[3 * block], first = blocks[3 * block + 1], count = blocks[3 * block + 2];
    global const real *restrict beta = coefficients + TASK_OFFSET(task, coefficient_entries, coefficient_first);
    for (int i = first + (int)get_global_id(0) % share; i < first + count; i += share)
        outputs[i] = (real)residual_of(order, rows + (size_t)i * (order + 1), beta);
}

// (w r)^2 / (1 - h)^correction, with leverage h = w x' G^-1 x = w ||L^-1 x||^2. NaN where 1 - h is below `limit`.
kernel void squared_scores(
    const int block_count,
    const int share,
    const int order,
    const int shared,
    const int weighted,
    const int correction,
    const real limit,
    const int coefficient_entries, const int coefficient_first,
    const int lower_entries, const int lower_first,
    global const int *restrict blocks,         // block_count x 3
    global const real *restrict rows,          // rows x (order + 1)
    global const real *restrict weights,       // rows, if weighted
    global const real *restrict coefficients,  // packed
    global const real *restrict lowers,        // packed
    global real *restrict outputs)             // rows
{
    const int block = get_global_id(0) / share;
    if (block >= block_count) return;
    const int task = shared ? 0 : blocks[3 * block], first = blocks[3 * block + 1], count = blocks[3 * block + 2];
    global const real *restrict beta = coefficients + TASK_OFFSET(task, coefficient_entries, coefficient_first);
    global const real *restrict lower = lowers + TASK_OFFSET(task, lower_entries, lower_first);
    accum solved[MAX_ORDER];
    for (int i = first + (int)get_global_id(0) % share; i < first + count; i += share) {
        global const real *restrict z = rows + (size_t)i * (order + 1);
        const accum weight = weighted ? weights[i] : 1;
        const accum score = weight * residual_of(order, z, beta);
        accum square = score * score;
        if (correction) {
            accum length = 0;
            for (int r = 0, e = 0; r < order; r++) {
                accum rest = z[r];
                for (int c = 0; c < r; c++, e++) rest -= (accum)lower[(size_t)e * LANES] * solved[c];
                solved[r] = rest * (accum)lower[(size_t)e * LANES];
                length += solved[r] * solved[r];
                e++;
            }
            const accum left = 1 - weight * length;
            square = left > limit ? square / (correction == 1 ? left : left * left) : (accum)NAN;
        }
        outputs[i] = (real)square;
    }
}
