// One symmetric matrix a task: its products with vectors, and its eigenvalues and eigenvectors.
//
// Matrices are lower triangles row by row, in packs. A work-item handles a pack with vector types, or one lane of it
// (prelude.cl): the same text.

#if VECTOR_PACKS
#define ANY(condition) any(condition)
#else
#define ANY(condition) (condition)
#endif

// Calls ADD(column, entry) for each column of row r of G: along its row of the triangle, then down its column.
#define FOR_EACH_ENTRY(r, ADD) \
    { \
        int e = triangle(r); \
        for (int c = 0; c <= r; c++, e++) ADD(c, OPERAND_AT(g, g, e)) \
        for (int c = r + 1, below = e + r; c < order; c++, below += c) ADD(c, OPERAND_AT(g, g, below)) \
    }

#if VECTOR_PACKS
// y = G x for one column: four rows of the triangle at a time, each of whose entries serves its row and its column. As
// elsewhere, each entry of y is summed over the columns of G in order.
static void multiply_column(const int order, global const pack *g, global const pack *x, global pack *y)
{
    int r = 0;
    for (; r + 4 <= order; r += 4) {
        global const pack *g0 = g + triangle(r), *g1 = g0 + r + 1, *g2 = g1 + r + 2, *g3 = g2 + r + 3;
        const pack x0 = x[r], x1 = x[r + 1], x2 = x[r + 2], x3 = x[r + 3];
        pack s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (int c = 0; c < r; c++) {
            const pack e0 = g0[c], e1 = g1[c], e2 = g2[c], e3 = g3[c], value = x[c];
            s0 = fma(e0, value, s0);
            s1 = fma(e1, value, s1);
            s2 = fma(e2, value, s2);
            s3 = fma(e3, value, s3);
            y[c] = fma(e3, x3, fma(e2, x2, fma(e1, x1, fma(e0, x0, y[c]))));
        }
        const pack e10 = g1[r], e20 = g2[r], e21 = g2[r + 1], e30 = g3[r], e31 = g3[r + 1], e32 = g3[r + 2];
        y[r] = fma(e30, x3, fma(e20, x2, fma(e10, x1, fma(g0[r], x0, s0))));
        y[r + 1] = fma(e31, x3, fma(e21, x2, fma(g1[r + 1], x1, fma(e10, x0, s1))));
        y[r + 2] = fma(e32, x3, fma(g2[r + 2], x2, fma(e21, x1, fma(e20, x0, s2))));
        y[r + 3] = fma(g3[r + 3], x3, fma(e32, x2, fma(e31, x1, fma(e30, x0, s3))));
    }
    for (; r < order; r++) {
        global const pack *row = g + triangle(r);
        pack sum = 0;
        for (int c = 0; c < r; c++) {
            sum = fma(row[c], x[c], sum);
            y[c] = fma(row[c], x[r], y[c]);
        }
        y[r] = fma(row[r], x[r], sum);
    }
}
#endif

// y = G x, four columns for one reading of G. One work-item four columns of a pack, or of a lane; a last one that has
// fewer takes them one by one. Each entry is summed over the columns of G in order.
kernel void multiply(
    const int item_count,
    const int columns,
    const int order,
    OPERAND(g),
    OPERAND(x),
    const int y_entries, const int y_first,
    global const pack *restrict grams,
    global const pack *restrict xs,
    global pack *restrict ys)              // columns x order entries
{
    const int blocks = (columns + 3) / 4;
    const int item = (int)(get_global_id(0) / ENTRY / blocks * ENTRY + get_global_id(0) % ENTRY);
    if (item >= item_count) return;
    const int first = (int)(get_global_id(0) / ENTRY % blocks) * 4;
    global const pack *g = grams + OPERAND_OFFSET(g, item, 0);
    global pack *y = ys + ITEM_OFFSET(item, y_entries, y_first + first * order);
    if (first + 4 <= columns) {
        global const pack *x0 = xs + OPERAND_OFFSET(x, item, first);
        global const pack *x1 = xs + OPERAND_OFFSET(x, item, first + 1);
        global const pack *x2 = xs + OPERAND_OFFSET(x, item, first + 2);
        global const pack *x3 = xs + OPERAND_OFFSET(x, item, first + 3);
        for (int r = 0; r < order; r++) {
            pack s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#define ADD_TO_FOUR(c, value) \
    { \
        const pack entry = value; \
        s0 = fma(entry, OPERAND_AT(x, x0, c), s0); \
        s1 = fma(entry, OPERAND_AT(x, x1, c), s1); \
        s2 = fma(entry, OPERAND_AT(x, x2, c), s2); \
        s3 = fma(entry, OPERAND_AT(x, x3, c), s3); \
    }
            FOR_EACH_ENTRY(r, ADD_TO_FOUR)
            AT(y, r) = s0;
            AT(y, order + r) = s1;
            AT(y, 2 * order + r) = s2;
            AT(y, 3 * order + r) = s3;
        }
        return;
    }
    for (int column = first; column < columns; column++, y += order * ENTRY) {
        global const pack *x = xs + OPERAND_OFFSET(x, item, column);
#if VECTOR_PACKS
        if (g_entries && x_entries) {
            multiply_column(order, g, x, y);
            continue;
        }
#endif
        for (int r = 0; r < order; r++) {
            pack sum = 0;
#define ADD_TO_ONE(c, value) sum = fma(value, OPERAND_AT(x, x, c), sum);
            FOR_EACH_ENTRY(r, ADD_TO_ONE)
            AT(y, r) = sum;
        }
    }
}

// y = x - s (G x - c), one pass over G. One work-item one column of a pack, or of a lane.
kernel void gradient_step(
    const int item_count,
    const int columns,
    const int order,
    OPERAND(g),
    OPERAND(x),
    OPERAND(c),
    OPERAND(s),
    const int y_entries, const int y_first,
    global const pack *restrict grams,
    global const pack *restrict xs,
    global const pack *restrict cs,
    global const pack *restrict lengths,
    global pack *restrict ys)              // columns x order entries
{
    const int item = (int)(get_global_id(0) / ENTRY / columns * ENTRY + get_global_id(0) % ENTRY);
    if (item >= item_count) return;
    const int column = (int)(get_global_id(0) / ENTRY % columns);
    global const pack *g = grams + OPERAND_OFFSET(g, item, 0);
    global const pack *x = xs + OPERAND_OFFSET(x, item, column);
    global const pack *c = cs + OPERAND_OFFSET(c, item, column);
    global const pack *s = lengths + OPERAND_OFFSET(s, item, column);
    global pack *y = ys + ITEM_OFFSET(item, y_entries, y_first + column * order);
    const pack length = -OPERAND_AT(s, s, 0);
#if VECTOR_PACKS
    // Each entry of the triangle is read once, for both of its places in the matrix.
    for (int r = 0, e = 0; r < order; r++) {
        const pack value = OPERAND_AT(x, x, r);
        pack sum = 0;
        for (int k = 0; k < r; k++, e++) {
            const pack entry = OPERAND_AT(g, g, e);
            sum = fma(entry, OPERAND_AT(x, x, k), sum);
            y[k] = fma(entry, value, y[k]);
        }
        y[r] = fma(OPERAND_AT(g, g, e), value, sum);
        e++;
    }
    for (int r = 0; r < order; r++) y[r] = fma(length, y[r] - OPERAND_AT(c, c, r), OPERAND_AT(x, x, r));
#else
    for (int r = 0; r < order; r++) {
        pack sum = 0;
#define ADD_TO_SUM(k, value) sum = fma(value, OPERAND_AT(x, x, k), sum);
        FOR_EACH_ENTRY(r, ADD_TO_SUM)
        AT(y, r) = fma(length, sum - OPERAND_AT(c, c, r), OPERAND_AT(x, x, r));
    }
#endif
}

// Turns (a, b) by an angle with this sine and tangent of its half.
static void turn(global pack *a, global pack *b, const pack sine, const pack half_tangent)
{
    const pack x = *a, y = *b;
    *a = fma(-sine, fma(half_tangent, x, y), x);
    *b = fma(sine, fma(-half_tangent, y, x), y);
}

// Makes entry (q, p) zero where it is not negligible, p < q. Returns whether it was anywhere. Lanes in which it is
// negligible turn by 0 and keep their numbers: bits do not depend on the other lanes of a pack.
static int rotate_pair(
    const int order, const int p, const int q, const real epsilon, global pack *matrix, global pack *vectors)
{
    global pack *row_p = matrix + (size_t)triangle(p) * ENTRY, *row_q = matrix + (size_t)triangle(q) * ENTRY;
    const pack entry = AT(row_q, p), first = AT(row_p, p), second = AT(row_q, q);
    const pack scale = sqrt(fabs(first)) * sqrt(fabs(second));
    const pack active = fabs(entry) > scale * epsilon ? (pack)1 : (pack)0;
    if (!ANY(active > (pack)0)) return 0;
    const pack cotangent = (second - first) / (entry + entry);
    const pack size = 1 / (fabs(cotangent) + sqrt(fma(cotangent, cotangent, (pack)1)));
    const pack turned = cotangent < (pack)0 ? -size : size;
    const pack tangent = active > (pack)0 ? turned : (pack)0;
    const pack cosine = 1 / sqrt(fma(tangent, tangent, (pack)1));
    const pack sine = tangent * cosine, half_tangent = sine / (1 + cosine);
    AT(row_p, p) = fma(-tangent, entry, first);
    AT(row_q, q) = fma(tangent, entry, second);
    AT(row_q, p) = active > (pack)0 ? (pack)0 : entry;
    for (int k = 0; k < p; k++) turn(&AT(row_p, k), &AT(row_q, k), sine, half_tangent);
    for (int k = p + 1; k < q; k++) turn(&AT(matrix, triangle(k) + p), &AT(row_q, k), sine, half_tangent);
    for (int k = q + 1; k < order; k++)
        turn(&AT(matrix, triangle(k) + p), &AT(matrix, triangle(k) + q), sine, half_tangent);
    for (int k = 0; k < order; k++)
        turn(&AT(vectors, p * order + k), &AT(vectors, q * order + k), sine, half_tangent);
    return 1;
}

// l, ascending, and V with G = V diag(l) V', by cyclic Jacobi rotations. Of each vector the entry of largest magnitude,
// the first of several, is positive. An entry that is not finite gives NaN throughout. The scratch holds, for each
// work-item of this launch, the matrix, the vectors and the place of each in ascending order.
kernel void eigen(
    const int item_count,
    const int first_item,                  // of this launch
    const int order,
    const int sweep_limit,
    const real epsilon,
    const int gram_entries, const int gram_first,
    const int value_entries, const int value_first,
    const int vector_entries, const int vector_first,
    global const pack *restrict grams,
    global pack *restrict scratch,         // triangle(order) + order x order + order entries
    global pack *restrict values,          // order entries
    global pack *restrict vectors)         // order x order entries
{
    const int item = first_item + (int)get_global_id(0), entries = triangle(order);
    if (item >= item_count) return;
    global const pack *gram = grams + ITEM_OFFSET(item, gram_entries, gram_first);
    global pack *matrix = scratch + ITEM_OFFSET(get_global_id(0), (size_t)entries + order * order + order, 0);
    global pack *columns = matrix + (size_t)entries * ENTRY;
    global pack *ranks = columns + (size_t)order * order * ENTRY;
    pack blank = 0;                        // NaN where an entry is not finite
    for (int e = 0; e < entries; e++) blank += AT(gram, e) - AT(gram, e);
    for (int e = 0; e < entries; e++) AT(matrix, e) = blank == (pack)0 ? AT(gram, e) : (pack)0;
    for (int e = 0; e < order * order; e++) AT(columns, e) = (pack)(real)(e % (order + 1) ? 0 : 1);
    for (int sweep = 0, rotated = 1; sweep < sweep_limit && rotated; sweep++) {
        rotated = 0;
        for (int q = 0; q < order; q++)
            for (int p = 0; p < q; p++) rotated |= rotate_pair(order, p, q, epsilon, matrix, columns);
    }
    for (int i = 0; i < order; i++) {
        const pack value = AT(matrix, triangle(i) + i);
        pack rank = 0;
        for (int j = 0; j < order; j++) {
            const pack other = AT(matrix, triangle(j) + j);
            const pack below = other < value ? (pack)1 : (pack)0, level = other == value ? (pack)1 : (pack)0;
            rank += j < i ? below + level : below;
        }
        AT(ranks, i) = rank;
        pack largest = 0;
        for (int k = 0; k < order; k++) {
            const pack entry = AT(columns, i * order + k);
            largest = fabs(entry) > fabs(largest) ? entry : largest;
        }
        // Adding 0 gives zeros their sign, which a turn by 0 may have changed.
        const pack sign = (largest < (pack)0 ? (pack)-1 : (pack)1) + blank;
        for (int k = 0; k < order; k++) AT(columns, i * order + k) = fma(AT(columns, i * order + k), sign, (pack)0);
    }
    for (int i = 0; i < order; i++) AT(matrix, triangle(i) + i) += blank;
    // Each lane's values and vectors go to their places.
    for (int lane = 0; lane < LANES_PER_ITEM; lane++) {
        global const real *lane_matrix = (global const real *)matrix + lane;
        global const real *lane_columns = (global const real *)columns + lane;
        global const real *lane_ranks = (global const real *)ranks + lane;
        global real *lane_values = (global real *)(values + ITEM_OFFSET(item, value_entries, value_first)) + lane;
        global real *lane_vectors = (global real *)(vectors + ITEM_OFFSET(item, vector_entries, vector_first)) + lane;
        for (int i = 0; i < order; i++) {
            const int rank = (int)lane_ranks[(size_t)i * LANES];
            lane_values[(size_t)rank * LANES] = lane_matrix[(size_t)(triangle(i) + i) * LANES];
            for (int k = 0; k < order; k++)
                lane_vectors[(size_t)(rank * order + k) * LANES] = lane_columns[(size_t)(i * order + k) * LANES];
        }
    }
}
