// The sums of z z' or w z z' over the rows z of one block, for packs of vectors: what `accumulate` and `least_squares`
// have in common.
//
// Rows pass in panels that stay in the first cache. A panel is widened to `accum` and to whole vectors of 8 values, and
// once more times the weights; then the tiles of the lower triangle are summed one after another, up to 8 rows x 3
// vectors of sums in registers. The order of the sums depends on the block alone.
//
// Scratch of a work-item, in vectors of 8: `panel_rows` rows, as many weighted ones, and `width` rows of sums.
#if VECTOR_PACKS

#define widen(x) JOIN(JOIN(convert_, ACCUM), 8)(x)

// One row of data, left to right, in vectors, and its values one by one.
#define EACH_1(DO, row) DO(row, 0)
#define EACH_2(DO, row) DO(row, 0) DO(row, 1)
#define EACH_3(DO, row) DO(row, 0) DO(row, 1) DO(row, 2)
#define FOUR_ROWS(EACH, DO) EACH(DO, 0) EACH(DO, 1) EACH(DO, 2) EACH(DO, 3)
#define EIGHT_ROWS(EACH, DO) FOUR_ROWS(EACH, DO) EACH(DO, 4) EACH(DO, 5) EACH(DO, 6) EACH(DO, 7)

#define START(row, v) accum8 s##row##v = is_first ? (accum8)0 : sums[(row) * vectors + v];
#define START_AT_ZERO(row, v) accum8 s##row##v = 0;
#define ADD(row, v) s##row##v = fma((accum8)left[row], right[v], s##row##v);
#define ADD_ONE(row, v) s##row##v = fma((accum8)left[8 * (row) * vectors], right[(row) * vectors + v], s##row##v);
#define ADD_LAST(row, v) s0##v = fma((accum8)left[0], right[v], s0##v);
#define KEEP(row, v) sums[(row) * vectors + v] = s##row##v;
#define KEEP_TOTAL(row, v) sums[v] = (s0##v + s1##v) + (s2##v + s3##v);

// Adds left[r] right[v] over the rows of a panel, for some values r of a row and vectors v of it. Of one value alone,
// four sums run side by side: one would wait for itself.
#define DEFINE_TILES(V) \
    static void eight_rows_##V( \
        const int vectors, const int count, const int is_first, global const accum *left, global const accum8 *right, \
        global accum8 *sums) \
    { \
        EIGHT_ROWS(EACH_##V, START) \
        for (int i = 0; i < count; i++, left += 8 * vectors, right += vectors) { \
            EIGHT_ROWS(EACH_##V, ADD) \
        } \
        EIGHT_ROWS(EACH_##V, KEEP) \
    } \
    static void four_rows_##V( \
        const int vectors, const int count, const int is_first, global const accum *left, global const accum8 *right, \
        global accum8 *sums) \
    { \
        FOUR_ROWS(EACH_##V, START) \
        for (int i = 0; i < count; i++, left += 8 * vectors, right += vectors) { \
            FOUR_ROWS(EACH_##V, ADD) \
        } \
        FOUR_ROWS(EACH_##V, KEEP) \
    } \
    static void one_row_##V( \
        const int vectors, const int count, const int is_first, global const accum *left, global const accum8 *right, \
        global accum8 *sums) \
    { \
        EACH_##V(START, 0) \
        EACH_##V(START_AT_ZERO, 1) \
        EACH_##V(START_AT_ZERO, 2) \
        EACH_##V(START_AT_ZERO, 3) \
        int i = 0; \
        for (; i + 4 <= count; i += 4, left += 32 * vectors, right += 4 * vectors) { \
            FOUR_ROWS(EACH_##V, ADD_ONE) \
        } \
        for (; i < count; i++, left += 8 * vectors, right += vectors) { \
            EACH_##V(ADD_LAST, 0) \
        } \
        EACH_##V(KEEP_TOTAL, 0) \
    } \
    static void tile_##V( \
        const int vectors, const int count, const int is_first, const int rows, global const accum *left, \
        global const accum8 *right, global accum8 *sums) \
    { \
        if (rows >= 8) { \
            eight_rows_##V(vectors, count, is_first, left, right, sums); \
            return; \
        } \
        int row = 0; \
        if (rows >= 4) { \
            four_rows_##V(vectors, count, is_first, left, right, sums); \
            row = 4; \
        } \
        for (; row < rows; row++) one_row_##V(vectors, count, is_first, left + row, right, sums + row * vectors); \
    }

DEFINE_TILES(1)
DEFINE_TILES(2)
DEFINE_TILES(3)

// Those of group g cover g + 1 vectors, three at a time.
static int tile_count(const int vectors)
{
    const int threes = vectors / 3;
    return vectors + 3 * threes * (threes - 1) / 2 + threes * (vectors % 3);
}

// The tiles of the triangle: eight rows at a time, the last of them in fours and ones. Before each, a share of the next
// panel is asked for, so that it arrives while tiles are summed.
static void add_panel(
    const int width, const int vectors, const int count, const int is_first, global const accum8 *plain,
    global const accum8 *weighted, global accum8 *sums, global const real *ahead)
{
    const int values_ahead = count * width;
    const int share = values_ahead / tile_count(vectors) + VALUES_PER_LINE;
    int asked = 0;
    for (int group = 0; group < vectors; group++) {
        const int rows = width - 8 * group;
        global const accum *left = (global const accum *)plain + 8 * group;
        for (int v = 0; v <= group;) {
            const int end = min(asked + share, values_ahead);
            for (; asked < end; asked += VALUES_PER_LINE) ask_for(ahead + asked);
            global const accum8 *right = weighted + v;
            global accum8 *target = sums + 8 * group * vectors + v;
            const int rest = group + 1 - v;
            if (rest == 1) {
                tile_1(vectors, count, is_first, rows, left, right, target);
                v += 1;
            } else if (rest == 2 || rest == 4) {
                tile_2(vectors, count, is_first, rows, left, right, target);
                v += 2;
            } else {
                tile_3(vectors, count, is_first, rows, left, right, target);
                v += 3;
            }
        }
    }
}

// Sums `count` rows. Reading up to 7 values past a row is allowed: the chunk is padded. Row r of the sums then begins at
// vector r * vectors of what is returned.
static global const accum *sum_rows(
    const int width, const int count, const int panel_rows, const int weighted, global const real *rows,
    global const real *weights, global accum8 *scratch)
{
    const int vectors = (width + 7) / 8;
    global accum8 *plain = scratch, *times_weight = plain + panel_rows * vectors;
    global accum8 *sums = times_weight + panel_rows * vectors;
    int start = 0;
    do {
        const int present = min(panel_rows, count - start);
        for (int i = 0; i < present; i++) {
            global const real *z = rows + (size_t)(start + i) * width;
            for (int v = 0; v < vectors; v++) plain[i * vectors + v] = widen(vload8(v, z));
        }
        if (weighted)
            for (int i = 0; i < present; i++) {
                const accum8 weight = (accum)weights[start + i];
                for (int v = 0; v < vectors; v++) times_weight[i * vectors + v] = weight * plain[i * vectors + v];
            }
        global const accum8 *right = weighted ? times_weight : plain;
        add_panel(width, vectors, present, start == 0, plain, right, sums, rows + (size_t)(start + present) * width);
        start += present;
    } while (start < count);
    return (global const accum *)sums;
}

#endif
