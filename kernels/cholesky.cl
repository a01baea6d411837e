// One small symmetric problem a task: G = L L', solves with it, and quadratic forms in its inverse.
//
// An array is given by its buffer, its entries a pack and its first entry. A work-item handles a pack with vector types,
// or one lane of it (prelude.cl).

// L of each G (triangular.cl), and two values a task: the code and a condition estimate.
kernel void factor(
    const int item_count,
    const int order,
    const real tolerance,
    const int gram_entries, const int gram_first,
    const int lower_entries, const int lower_first,
    const int diagnosis_entries, const int diagnosis_first,
    global const pack *restrict grams,
    global pack *restrict lowers,
    global pack *restrict diagnoses)
{
    const int item = get_global_id(0);
    if (item >= item_count) return;
    global const pack *gram = grams + ITEM_OFFSET(item, gram_entries, gram_first);
    global pack *lower = lowers + ITEM_OFFSET(item, lower_entries, lower_first);
    global pack *diagnosis = diagnoses + ITEM_OFFSET(item, diagnosis_entries, diagnosis_first);
    AT(diagnosis, 0) = factor_pack(order, tolerance, gram, lower);
    AT(diagnosis, 1) = condition_estimate(order, gram, lower);
}

// L L' x = b for each column of each task. `inputs` may be `outputs`.
kernel void solve(
    const int item_count,
    const int order,
    const int columns,
    const int lower_entries, const int lower_first,
    const int input_entries, const int input_first,
    const int output_entries, const int output_first,
    global const pack *restrict lowers,
    global const pack *inputs,
    global pack *outputs)
{
    const int item = get_global_id(0);
    if (item >= item_count) return;
    global const pack *restrict lower = lowers + ITEM_OFFSET(item, lower_entries, lower_first);
    global const pack *input = inputs + ITEM_OFFSET(item, input_entries, input_first);
    global pack *output = outputs + ITEM_OFFSET(item, output_entries, output_first);
    pack x[MAX_ORDER];
    for (int column = 0; column < columns; column++) {
        for (int r = 0; r < order; r++) x[r] = AT(input, column * order + r);
        solve_lower(order, lower, x);
        solve_upper(order, lower, x);
        for (int r = 0; r < order; r++) AT(output, column * order + r) = x[r];
    }
}

// c' G^-1 c for each task and each contrast c; with `sandwich`, c' G^-1 S G^-1 c.
kernel void inverse_diagonals(
    const int item_count,
    const int order,
    const int contrast_count,
    const int sandwich,
    const int lower_entries, const int lower_first,
    const int middle_entries, const int middle_first,
    const int output_entries, const int output_first,
    global const pack *restrict lowers,
    global const pack *restrict middles,    // S; not read without `sandwich`
    global const real *restrict contrasts,  // one task of contrast_count x order entries, LANES scalars apart
    global pack *restrict outputs)          // contrast_count entries
{
    const int item = get_global_id(0);
    if (item >= item_count) return;
    global const pack *restrict lower = lowers + ITEM_OFFSET(item, lower_entries, lower_first);
    global const pack *restrict middle = middles + ITEM_OFFSET(item, middle_entries, middle_first);
    global pack *restrict output = outputs + ITEM_OFFSET(item, output_entries, output_first);
    pack v[MAX_ORDER];
    for (int k = 0; k < contrast_count; k++) {
        for (int r = 0; r < order; r++) v[r] = (pack)contrasts[(size_t)(k * order + r) * LANES];
        solve_lower(order, lower, v);
        pack sum = 0;
        if (sandwich) {
            solve_upper(order, lower, v);
            for (int r = 0, e = 0; r < order; r++) {
                pack rest = 0;
                for (int c = 0; c < r; c++, e++) rest = fma(AT(middle, e), v[c], rest);
                sum = fma(v[r], fma(AT(middle, e), v[r], rest + rest), sum);
                e++;
            }
        } else {
            for (int r = 0; r < order; r++) sum = fma(v[r], v[r], sum);
        }
        AT(output, k) = sum;
    }
}
