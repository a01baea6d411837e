// The sums of z z' or w z z' over the rows z of one block, for packs of vectors: what `accumulate` and `least_squares`
// have in common.
//
// Rows pass in panels that stay in the first cache, while the tiles of the lower triangle are summed one after another: up
// to 8 rows x 3 vectors of sums in registers. In float a panel is summed by eights of its rows, and the sums of panels are
// added in `accum`, so that roundings stay about as large as that of the result. Every entry is summed in the same order,
// which depends on the block alone.
//
// Scratch of a work-item, in vectors of `accum`: `width` rows of totals, as many of sums, and a panel of weighted rows.
#if VECTOR_PACKS

#define load_vector(pointer) JOIN(vload, LANES)(0, pointer)
#define store_vector(x, pointer) JOIN(vstore, LANES)(x, 0, pointer)

// One row of the tile, left to right, in vectors, and its rows one by one.
#define EACH_1(DO, row) DO(row, 0)
#define EACH_2(DO, row) DO(row, 0) DO(row, 1)
#define EACH_3(DO, row) DO(row, 0) DO(row, 1) DO(row, 2)
#define ROWS_1(EACH, DO) EACH(DO, 0)
#define ROWS_2(EACH, DO) ROWS_1(EACH, DO) EACH(DO, 1)
#define ROWS_3(EACH, DO) ROWS_2(EACH, DO) EACH(DO, 2)
#define ROWS_4(EACH, DO) ROWS_3(EACH, DO) EACH(DO, 3)
#define ROWS_5(EACH, DO) ROWS_4(EACH, DO) EACH(DO, 4)
#define ROWS_8(EACH, DO) ROWS_5(EACH, DO) EACH(DO, 5) EACH(DO, 6) EACH(DO, 7)
#define ROWS_9(EACH, DO) ROWS_8(EACH, DO) EACH(DO, 8)

// Where sums are formed in `real` anyway, they go on from panel to panel.
#define GOES_ON (sizeof(real) == sizeof(accum))
// So few rows are summed in `accum`: their roundings in float would not even out.
#define FEW_ROWS 16
#define START(row, v) pack s##row##v = GOES_ON && !is_first ? sums[(row) * vectors + v] : (pack)0;
#define READ(row, v) const pack r##v = load_vector(right + LANES * v);
#define ADD(row, v) s##row##v = fma((pack)left[row], r##v, s##row##v);
#define KEEP(row, v) \
    sums[(row) * vectors + v] = GOES_ON || is_first ? s##row##v : sums[(row) * vectors + v] + s##row##v;

// Adds left[r] right[v] over the rows of a panel, for H values r of a row and V vectors v of it.
#define DEFINE_TILE(H, V) \
    static void tile_##H##_##V( \
        const int width, const int count, int is_first, global const real *left, global const real *right, \
        global pack *sums) \
    { \
        const int vectors = (width + LANES - 1) / LANES; \
        int rest = count; \
        do { \
            const int rows = GOES_ON ? rest : min(8, rest); \
            ROWS_##H(EACH_##V, START) \
            for (int i = 0; i < rows; i++, left += width, right += width) { \
                EACH_##V(READ, 0) \
                ROWS_##H(EACH_##V, ADD) \
            } \
            ROWS_##H(EACH_##V, KEEP) \
            rest -= rows; \
            is_first = 0; \
        } while (rest > 0); \
    }
#define ADD_TILE(H, V) \
    { \
        tile_##H##_##V(width, count, is_first, left, right, sums); \
        left += H; \
        sums += H * ((width + LANES - 1) / LANES); \
        rows -= H; \
    }
#define DEFINE_TILES(V) \
    DEFINE_TILE(1, V) \
    DEFINE_TILE(2, V) \
    DEFINE_TILE(3, V) \
    DEFINE_TILE(4, V) \
    DEFINE_TILE(5, V) \
    DEFINE_TILE(8, V) \
    DEFINE_TILE(9, V) \
    static void tiles_##V( \
        int rows, const int width, const int count, const int is_first, global const real *left, \
        global const real *right, global pack *sums) \
    { \
        if (rows == 9) ADD_TILE(9, V) \
        if (rows == 8) ADD_TILE(8, V) \
        if (rows == 5) ADD_TILE(5, V) \
        if (rows >= 4) ADD_TILE(4, V) \
        if (rows == 3) ADD_TILE(3, V) \
        if (rows == 2) ADD_TILE(2, V) \
        if (rows == 1) ADD_TILE(1, V) \
    }

DEFINE_TILES(1)
DEFINE_TILES(2)
DEFINE_TILES(3)

// The tiles of the triangle: eight rows at a time, with a last one that would otherwise be alone and wait for itself.
// Before each, a share of the rows to come is asked for, so that they arrive while tiles are summed.
static void add_panel(
    const int width, const int count, const int is_first, global const real *plain, global const real *weighted,
    global pack *sums)
{
    const int vectors = (width + LANES - 1) / LANES, values_ahead = count * width;
    // The next panel, or one farther ahead where panels are summed faster than memory answers.
    global const real *ahead = plain + max(values_ahead, 64 * VALUES_PER_LINE);
    const int share = 8 * values_ahead / width + VALUES_PER_LINE;
    int asked = 0;
    for (int row = 0; row < width;) {
        const int end = min(asked + share, values_ahead);
        for (; asked < end; asked += VALUES_PER_LINE) ask_for(ahead + asked);
        const int is_nine = width - row == 9 && (row + 7) / LANES == (row + 8) / LANES;
        const int rows = is_nine ? 9 : min(8, width - row), reached = (row + rows - 1) / LANES + 1;
        for (int v = 0; v < reached;) {
            global const real *left = plain + row, *right = weighted + LANES * v;
            global pack *target = sums + row * vectors + v;
            const int rest = reached - v;
            if (rest == 1) {
                tiles_1(rows, width, count, is_first, left, right, target);
                v += 1;
            } else if (rest == 2 || rest == 4) {
                tiles_2(rows, width, count, is_first, left, right, target);
                v += 2;
            } else {
                tiles_3(rows, width, count, is_first, left, right, target);
                v += 3;
            }
        }
        row += rows;
    }
}

// A panel's rows times their weights. What is behind a row is written over by the next one.
static void weigh(
    const int width, const int count, global const real *rows, global const real *weights, global real *weighted)
{
    for (int i = 0; i < count; i++)
        for (int k = 0; k < width; k += LANES)
            store_vector((pack)weights[i] * load_vector(rows + i * width + k), weighted + i * width + k);
}

// Adds a panel's sums to the totals, or puts them there.
static void add_to_totals(const int count, const int is_first, global const pack *sums, global accum_pack *totals)
{
    for (int k = 0; k < count; k++) totals[k] = is_first ? to_accum_pack(sums[k]) : totals[k] + to_accum_pack(sums[k]);
}

// Writes the totals of a few rows.
static void sum_few_rows(
    const int width, const int count, const int weighted, global const real *rows, global const real *weights,
    global accum_pack *totals)
{
    const int vectors = (width + LANES - 1) / LANES;
    for (int r = 0; r < width; r++)
        for (int v = 0; v <= r / LANES; v++) {
            accum_pack sum = 0;
            for (int i = 0; i < count; i++) {
                global const real *z = rows + i * width;
                const accum left = weighted ? (accum)weights[i] * (accum)z[r] : (accum)z[r];
                sum = fma((accum_pack)left, to_accum_pack(load_vector(z + LANES * v)), sum);
            }
            totals[r * vectors + v] = sum;
        }
}

// Sums `count` rows. Reading up to a vector past a row is allowed: the chunk is padded. Row r of the sums then begins at
// vector r * vectors of what is returned.
static global const accum *sum_rows(
    const int width, const int count, const int panel_rows, const int weighted, global const real *rows,
    global const real *weights, global accum_pack *scratch)
{
    const int sum_count = width * ((width + LANES - 1) / LANES);
    global accum_pack *totals = scratch;
    global pack *sums = (global pack *)(totals + sum_count);
    global real *weighted_rows = (global real *)(sums + sum_count);
    if (!GOES_ON && count <= FEW_ROWS) {
        sum_few_rows(width, count, weighted, rows, weights, totals);
        return (global const accum *)totals;
    }
    int start = 0;
    do {
        const int present = min(panel_rows, count - start), is_first = start == 0;
        global const real *panel = rows + (size_t)start * width;
        if (weighted) weigh(width, present, panel, weights + start, weighted_rows);
        add_panel(width, present, !GOES_ON || is_first, panel, weighted ? weighted_rows : panel, sums);
        if (!GOES_ON) add_to_totals(sum_count, is_first, sums, totals);
        start += present;
    } while (start < count);
    return GOES_ON ? (global const accum *)sums : (global const accum *)totals;
}

#endif
