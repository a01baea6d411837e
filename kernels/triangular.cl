// The Cholesky factor of one small symmetric matrix a task, G = L L', and solves with it: what `cholesky` and
// `least_squares` have in common.
//
// Matrices are lower triangles row by row, in packs. A work-item handles a pack with vector types, or one lane of it
// (prelude.cl): the same text. `lower` holds the reciprocals of L's diagonal on its diagonal.

// Takes `value` times what lies below the diagonal of column c of L from the entries of x there.
static void subtract_column(
    const int order, const int c, const pack value, global const pack *lower, private pack *x)
{
    const pack factor = -value;
    for (int r = c + 1, e = triangle(c + 1) + c; r < order; r++, e += r) x[r] = fma(factor, AT(lower, e), x[r]);
}

// Solves L x = b in place; x is private.
static void solve_lower(const int order, global const pack *lower, private pack *x)
{
    for (int c = 0; c < order; c++) {
        x[c] *= AT(lower, triangle(c) + c);
        subtract_column(order, c, x[c], lower, x);
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

// The largest row sum of the magnitudes of D G D, without the diagonal's 1.
static pack largest_row_sum(const int order, global const pack *gram, private const pack *scales)
{
    pack reciprocals[MAX_ORDER], sums[MAX_ORDER];
    for (int r = 0, e = 0; r < order; r++, e++) {
        const pack reciprocal = 1 / scales[r];
        pack sum = 0;
        for (int c = 0; c < r; c++, e++) {
            const pack share = fabs(AT(gram, e)) * (reciprocal * reciprocals[c]);
            sum += share;
            sums[c] += share;
        }
        reciprocals[r] = reciprocal;
        sums[r] = sum;
    }
    pack largest = 0;
    for (int r = 0; r < order; r++) largest = sums[r] > largest ? sums[r] : largest;
    return largest;
}

// Condition of D G D with unit diagonal: its largest row sum over its smallest eigenvalue, the latter from a solution
// made large by its signs and one more inverse iteration.
static pack condition_estimate(const int order, global const pack *gram, global const pack *lower)
{
    pack scales[MAX_ORDER], z[MAX_ORDER];
    for (int r = 0; r < order; r++) {
        scales[r] = sqrt(AT(gram, triangle(r) + r));
        z[r] = 0;
    }
    for (int r = 0; r < order; r++) {
        const pack sign_scale = z[r] < 0 ? -scales[r] : scales[r];
        z[r] = (sign_scale + z[r]) * AT(lower, triangle(r) + r);
        subtract_column(order, r, z[r], lower, z);
    }
    solve_upper(order, lower, z);
    const pack before = scaled_squares(order, z, scales);
    for (int r = 0; r < order; r++) z[r] *= scales[r] * scales[r];
    solve_lower(order, lower, z);
    solve_upper(order, lower, z);
    const pack after = scaled_squares(order, z, scales);
    return (1 + largest_row_sum(order, gram, scales)) * sqrt(after / before);
}

// Writes row r of L left of the diagonal, four columns side by side: their sums do not wait for each other.
static void eliminate(const int r, global const pack *gram, global pack *lower)
{
    global const pack *source = &AT(gram, triangle(r));
    global pack *target = &AT(lower, triangle(r));
    int c = 0;
    for (; c + 4 <= r; c += 4) {
        global const pack *l0 = &AT(lower, triangle(c)), *l1 = &AT(lower, triangle(c + 1));
        global const pack *l2 = &AT(lower, triangle(c + 2)), *l3 = &AT(lower, triangle(c + 3));
        pack r0 = AT(source, c), r1 = AT(source, c + 1), r2 = AT(source, c + 2), r3 = AT(source, c + 3);
        for (int k = 0; k < c; k++) {
            const pack factor = -AT(target, k);
            r0 = fma(factor, AT(l0, k), r0);
            r1 = fma(factor, AT(l1, k), r1);
            r2 = fma(factor, AT(l2, k), r2);
            r3 = fma(factor, AT(l3, k), r3);
        }
        r0 *= AT(l0, c);
        r1 = fma(-r0, AT(l1, c), r1) * AT(l1, c + 1);
        r2 = fma(-r1, AT(l2, c + 1), fma(-r0, AT(l2, c), r2)) * AT(l2, c + 2);
        r3 = fma(-r2, AT(l3, c + 2), fma(-r1, AT(l3, c + 1), fma(-r0, AT(l3, c), r3))) * AT(l3, c + 3);
        AT(target, c) = r0;
        AT(target, c + 1) = r1;
        AT(target, c + 2) = r2;
        AT(target, c + 3) = r3;
    }
    for (; c < r; c++) {
        global const pack *other = &AT(lower, triangle(c));
        pack rest = AT(source, c);
        for (int k = 0; k < c; k++) rest = fma(-AT(target, k), AT(other, k), rest);
        AT(target, c) = rest * AT(other, c);
    }
}

// L of G. Returns a code (0 solvable, k + 1 feature k depends on those before it, -1 not finite). A pivot of at most
// `tolerance` times its diagonal is replaced by 1; so is one of at most `tolerance` / 64 times the largest factor by which
// a diagonal before it shrank, since rounding grew by that factor.
static pack factor_pack(const int order, const real tolerance, global const pack *gram, global pack *lower)
{
    pack code = 0, growth = 1;
    for (int r = 0; r < order; r++) {
        eliminate(r, gram, lower);
        const int row = triangle(r);
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
    return code;
}
