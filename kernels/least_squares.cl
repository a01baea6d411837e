// Least squares of packs of tasks, from rows to coefficients, on CPU devices: what `sum_blocks`, `add_blocks`, `factor` and
// `solve` give, to the bit, while a pack's moments stay in the cache.
//
// One work-item as many packs as its share is. Its scratch, one pack after another: the joint moments, the factor.
kernel void least_squares(
    const int pack_count,
    const int item_count,
    const int order,
    const int responses,
    const real tolerance,
    const int panel_rows,
    const int scratch_vectors,              // of a work-item
    const int weighted,
    const int first_pack,                   // of the coefficients and diagnoses
    const int coefficient_entries, const int coefficient_first,
    const int diagnosis_entries, const int diagnosis_first,
    global const int *restrict pack_blocks, // pack_count + 1: the first block of each
    global const int *restrict blocks,      // blocks x 3: task, first row in the chunk, number of rows
    global const real *restrict rows,       // rows x (order + responses)
    global const real *restrict weights,    // rows, if weighted
    global accum_pack *restrict gram_scratch, // item_count x scratch_vectors
    global pack *restrict scratch,          // item_count x (triangle(order + responses) + triangle(order))
    global pack *restrict coefficients,     // responses x order entries
    global pack *restrict diagnoses)        // 2 entries
{
    const int item = get_global_id(0);
    if (item >= item_count) return;
    const int width = order + responses, stride = (width + LANES - 1) / LANES * LANES, entries = triangle(width);
    global pack *moments = scratch + (size_t)item * (entries + triangle(order)), *lower = moments + entries;
    const int last = (int)((long)pack_count * (item + 1) / item_count);
    for (int p = (int)((long)pack_count * item / item_count); p < last; p++) {
        for (int e = 0; e < entries; e++) moments[e] = 0;
        for (int block = pack_blocks[p]; block < pack_blocks[p + 1]; block++) {
            const int first = blocks[3 * block + 1];
            global const accum *found = sum_rows(
                width, blocks[3 * block + 2], panel_rows, weighted, rows + (size_t)first * width, weights + first,
                gram_scratch + (size_t)item * scratch_vectors);
            global real *target = (global real *)moments + blocks[3 * block] % LANES;
            for (int r = 0; r < width; r++)
                for (int c = 0; c <= r; c++, target += LANES) *target += (real)found[r * stride + c];
        }
        global pack *diagnosis = diagnoses + (size_t)(first_pack + p) * diagnosis_entries + diagnosis_first;
        diagnosis[0] = factor_pack(order, tolerance, moments, lower);
        diagnosis[1] = condition_estimate(order, moments, lower);
        global pack *output = coefficients + (size_t)(first_pack + p) * coefficient_entries + coefficient_first;
        for (int response = 0; response < responses; response++, output += order) {
            pack x[MAX_ORDER];
            for (int r = 0; r < order; r++) x[r] = moments[triangle(order + response) + r];
            solve_lower(order, lower, x);
            solve_upper(order, lower, x);
            for (int r = 0; r < order; r++) output[r] = x[r];
        }
    }
}
