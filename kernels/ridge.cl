// Squared errors on rows held out of ridge fits to the other rows, for several penalties, while moments are in cache.
//
// With the moments of all rows G, c and of those held out G_h, c_h, s_h: (G - G_h + D) b = c - c_h + D m, and the error
// is s_h - 2 b'c_h + b'G_h b. Moments are joint: a Gram's lower triangle row by row, X'Wy, y'Wy. A work-item handles packs
// with vector types, or lanes of them (prelude.cl), one after another in scratch of its own.

// s - 2 b'c + b'G b, at least 0.
static pack squared_error(const int order, global const pack *moments, private const pack *b)
{
    global const pack *cross = &AT(moments, triangle(order));
    pack error = AT(cross, order);
    for (int r = 0, e = 0; r < order; r++, e++) {
        // Half of G b - 2 c, without what is right of the diagonal: that is counted twice below it.
        pack sum = -AT(cross, r);
        for (int c = 0; c < r; c++, e++) sum = fma(AT(moments, e), b[c], sum);
        sum = fma(AT(moments, e), b[r] * (real)0.5, sum);
        error = fma(b[r] * 2, sum, error);
    }
    return error < 0 ? (pack)0 : error;
}

// The errors of each task, NaN where a matrix cannot be factored. One work-item as many packs, or lanes of them, as its
// share is. Its scratch: a penalised Gram and the right-hand side behind it, its factor and the solution of L x = b.
kernel void ridge_errors(
    const int item_count,                   // packs, or lanes of them
    const int penalty_count,
    const int order,
    const real tolerance,
    const int total_entries, const int total_first,
    const int held_entries, const int held_first,
    OPERAND(penalty),
    OPERAND(center),
    const int error_entries, const int error_first,
    global const pack *restrict totals,     // of all rows: triangle(order + 1) entries
    global const pack *restrict helds,      // of those held out: as many
    global const pack *restrict penalties,  // penalty_count columns of order entries
    global const pack *restrict centers,    // penalty_count columns of order entries
    global pack *restrict scratches,        // 2 (triangle(order) + order) entries for each work-item
    global pack *restrict errors)           // penalty_count entries
{
    const int entries = triangle(order);
    global pack *gram = scratches + ITEM_OFFSET(get_global_id(0), 2 * (entries + order), 0);
    global pack *lower = gram + (size_t)(entries + order) * ENTRY;
    for (int item = get_global_id(0); item < item_count; item += get_global_size(0)) {
        global const pack *total = totals + ITEM_OFFSET(item, total_entries, total_first);
        global const pack *held = helds + ITEM_OFFSET(item, held_entries, held_first);
        global pack *error = errors + ITEM_OFFSET(item, error_entries, error_first);
        for (int e = 0; e < entries; e++) AT(gram, e) = AT(total, e) - AT(held, e);
        for (int k = 0; k < penalty_count; k++) {
            global const pack *diagonal = penalties + OPERAND_OFFSET(penalty, item, k);
            global const pack *center = centers + OPERAND_OFFSET(center, item, k);
            pack b[MAX_ORDER];
            for (int r = 0; r < order; r++) {
                const pack d = OPERAND_AT(penalty, diagonal, r * penalty_step);
                const int e = triangle(r) + r;
                AT(gram, e) = AT(total, e) - AT(held, e) + d;
                AT(gram, entries + r) = fma(
                    d, OPERAND_AT(center, center, r * center_step),
                    AT(total, entries + r) - AT(held, entries + r));
            }
            const pack code = factor_pack(order, tolerance, gram, lower);
            eliminate(order, 0, gram, lower);
            for (int r = 0; r < order; r++) b[r] = AT(lower, entries + r);
            solve_upper(order, lower, b);
            AT(error, k) = code == (pack)0 ? squared_error(order, held, b) : (pack)(real)NAN;
        }
    }
}
