// One small symmetric problem a task: G = L L', solves with it, and quadratic forms in its inverse.
//
// Tasks lie in packs. A work-item handles a pack with vector types, or one lane of it (prelude.cl): the same text. An
// array is given by its buffer, its entries a pack and its first entry. `lower` holds the reciprocals of L's diagonal
// on its diagonal.

// Solves L x = b in place; x is private.
static void solve_lower(const int order, global const pack *lower, private pack *x)
{
    for (int r = 0, e = 0; r < order; r++) {
        pack rest = x[r];
        for (int c = 0; c < r; c++, e++) rest = fma(-AT(lower, e), x[c], rest);
        x[r] = rest * AT(lower, e);
        e++;
    }
}

// Solves L' x = b in place; x is private.
static void solve_upper(const int order, global const pack *lower, private pack *x)
{
    for (int r = order - 1; r >= 0; r--) {
        const int e = triangle(r);
        const pack value = x[r] * AT(lower, e + r);
        x[r] = value;
        for (int c = 0; c < r; c++) x[c] = fma(-AT(lower, e + c), value, x[c]);
    }
}

static pack scaled_squares(const int order, private const pack *x, private const pack *scales)
{
    pack sum = 0;
    for (int r = 0; r < order; r++) {
        const pack scaled = x[r] * scales[r];
        sum = fma(scaled, scaled, sum);
    }
    return sum;
}

// Condition of D G D with unit diagonal: its largest row sum over its smallest eigenvalue, the latter from a solution
// made large by its signs and one more inverse iteration.
static pack condition_estimate(
    const int order, global const pack *gram, global const pack *lower)
{
    pack scales[MAX_ORDER], z[MAX_ORDER], sums[MAX_ORDER];
    for (int r = 0; r < order; r++) {
        scales[r] = sqrt(AT(gram, triangle(r) + r));
        sums[r] = 0;
    }
    for (int r = 0, e = 0; r < order; r++) {
        pack rest = 0;
        for (int c = 0; c < r; c++, e++) {
            rest = fma(-AT(lower, e), z[c], rest);
            const pack share = fabs(AT(gram, e)) / (scales[r] * scales[c]);
            sums[r] += share;
            sums[c] += share;
        }
        const pack sign_scale = rest < 0 ? -scales[r] : scales[r];
        z[r] = (sign_scale + rest) * AT(lower, e);
        e++;
    }
    pack largest = 0;
    for (int r = 0; r < order; r++) largest = sums[r] > largest ? sums[r] : largest;
    solve_upper(order, lower, z);
    const pack before = scaled_squares(order, z, scales);
    for (int r = 0; r < order; r++) z[r] *= scales[r] * scales[r];
    solve_lower(order, lower, z);
    solve_upper(order, lower, z);
    const pack after = scaled_squares(order, z, scales);
    return (1 + largest) * sqrt(after / before);
}

// L of each G, a code a task (0 solvable, k + 1 feature k depends on those before it, -1 not finite) and a condition
// estimate. A pivot of at most `tolerance` times its diagonal is replaced by 1; so is one of at most `tolerance` / 64
// times the largest factor by which a diagonal before it shrank, since rounding grew by that factor.
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
    global const pack *restrict gram = grams + ITEM_OFFSET(item, gram_entries, gram_first);
    global pack *restrict lower = lowers + ITEM_OFFSET(item, lower_entries, lower_first);
    pack code = 0, growth = 1;
    for (int r = 0; r < order; r++) {
        const int row = triangle(r);
        for (int c = 0; c < r; c++) {
            const int other = triangle(c);
            pack rest = AT(gram, row + c);
            for (int k = 0; k < c; k++) rest = fma(-AT(lower, row + k), AT(lower, other + k), rest);
            AT(lower, row + c) = rest * AT(lower, other + c);
        }
        const pack diagonal = AT(gram, row + r);
        pack pivot = diagonal;
        for (int k = 0; k < r; k++) pivot = fma(-AT(lower, row + k), AT(lower, row + k), pivot);
        const pack grown = growth * (tolerance / 64);
        const pack share = grown < tolerance ? (pack)tolerance : grown;
        const pack is_solvable = pivot > diagonal * share ? (pack)1 : (pack)0;
        code = is_solvable + fabs(code) > 0 ? code : (pack)(real)(r + 1);
        code = diagonal - diagonal == (pack)0 ? code : (pack)(real)-1;
        pivot = is_solvable > 0 ? pivot : (pack)1;
        const pack shrinkage = is_solvable > 0 ? diagonal / pivot : growth;
        growth = shrinkage > growth ? shrinkage : growth;
        AT(lower, row + r) = 1 / sqrt(pivot);
    }
    global pack *restrict diagnosis = diagnoses + ITEM_OFFSET(item, diagnosis_entries, diagnosis_first);
    AT(diagnosis, 0) = code;
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
