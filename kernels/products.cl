// Products of tall arrays with a row a task: every task's vectors times one matrix, and sums across tasks of x y'.
//
// A work-item handles a pack with vector types, or one lane of it (prelude.cl).
#ifndef PACKS_PER_BLOCK
#define PACKS_PER_BLOCK 64
#endif

// Copies packed values to rows, one a task. One work-item a value.
kernel void unpack_rows(
    const int task_count,
    const int width,                       // values a task
    const int entries, const int first,
    global const real *restrict values,    // packed
    global real *restrict rows)            // task_count x width
{
    const size_t id = get_global_id(0);
    if (id >= (size_t)task_count * width) return;
    const int task = (int)(id / width), e = (int)(id % width);
    rows[id] = values[TASK_OFFSET(task, entries, first) + (size_t)e * LANES];
}

// Copies rows back. One work-item a value.
kernel void pack_rows(
    const int task_count,
    const int width,                       // values a task
    const int entries, const int first,
    global const real *restrict rows,      // task_count x width
    global real *restrict values)          // packed
{
    const size_t id = get_global_id(0);
    if (id >= (size_t)task_count * width) return;
    const int task = (int)(id / width), e = (int)(id % width);
    values[TASK_OFFSET(task, entries, first) + (size_t)e * LANES] = rows[id];
}

// y = A x for each column of each task. One work-item 8 rows of A and one column of a pack, or of a lane. Rows past the
// last repeat it, and are not stored.
kernel void matmul(
    const int item_count,
    const int columns,
    const int width,
    const int height,                      // rows of A
    const int x_entries, const int x_first,
    const int y_entries, const int y_first,
    global const real *restrict a,         // height x width
    global const pack *restrict xs,        // columns x width entries
    global pack *restrict ys)              // columns x height entries
{
    const int tiles = (height + 7) / 8;
    const size_t place = get_global_id(0) / ENTRY;
    const int item = (int)(place / tiles / columns * ENTRY + get_global_id(0) % ENTRY);
    if (item >= item_count) return;
    const int row = (int)(place % tiles) * 8, column = (int)(place / tiles % columns);
    global const pack *x = xs + ITEM_OFFSET(item, x_entries, x_first + column * width);
    global pack *y = ys + ITEM_OFFSET(item, y_entries, y_first + column * height + row);
#define ROW(i) (a + (size_t)min(row + (i), height - 1) * width)
    global const real *a0 = ROW(0), *a1 = ROW(1), *a2 = ROW(2), *a3 = ROW(3);
    global const real *a4 = ROW(4), *a5 = ROW(5), *a6 = ROW(6), *a7 = ROW(7);
    pack s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
    for (int k = 0; k < width; k++) {
        const pack value = AT(x, k);
        s0 = fma((pack)a0[k], value, s0);
        s1 = fma((pack)a1[k], value, s1);
        s2 = fma((pack)a2[k], value, s2);
        s3 = fma((pack)a3[k], value, s3);
        s4 = fma((pack)a4[k], value, s4);
        s5 = fma((pack)a5[k], value, s5);
        s6 = fma((pack)a6[k], value, s6);
        s7 = fma((pack)a7[k], value, s7);
    }
    AT(y, 0) = s0;
    if (row + 1 < height) AT(y, 1) = s1;
    if (row + 2 < height) AT(y, 2) = s2;
    if (row + 3 < height) AT(y, 3) = s3;
    if (row + 4 < height) AT(y, 4) = s4;
    if (row + 5 < height) AT(y, 5) = s5;
    if (row + 6 < height) AT(y, 6) = s6;
    if (row + 7 < height) AT(y, 7) = s7;
}

// Sums of w x y' over each block of PACKS_PER_BLOCK packs of tasks: a tile of 4 x 4 values of x and y, lane by lane, and
// then its lanes in order. One work-group a tile of a block: of one work-item, or on GPUs of LANES. Tasks of weight 0,
// and lanes past the last task, are left out. Values past the last of x or y repeat it, and are not stored.
#if VECTOR_PACKS
#define SUMS private
#else
#define SUMS local
#endif
kernel __attribute__((reqd_work_group_size(ENTRY, 1, 1))) void block_products(
    const int task_count,
    const int width,                       // values of x
    const int height,                      // values of y
    const int weighted,
    const int x_entries, const int x_first,
    const int y_entries, const int y_first,
    const int w_entries, const int w_first,
    global const pack *restrict xs,
    global const pack *restrict ys,
    global const pack *restrict ws,        // one entry; not read unless `weighted`
    global accum *restrict partials)       // blocks x height x width
{
    SUMS accum sums[16 * LANES];
    const int lane = (int)(get_global_id(0) % ENTRY);
    const int across = (width + 3) / 4, down = (height + 3) / 4;
    const int tile = (int)(get_global_id(0) / ENTRY % (across * down));
    const int block = (int)(get_global_id(0) / ENTRY / (across * down));
    const int a = tile % across * 4, b = tile / across * 4;
    const int pack_count = (task_count + LANES - 1) / LANES;
    const int last = min(pack_count, (block + 1) * PACKS_PER_BLOCK);
#if VECTOR_PACKS
    real numbers[LANES];
    for (int l = 0; l < LANES; l++) numbers[l] = l;
    const pack number = JOIN(vload, LANES)(0, numbers);
#else
    const pack number = lane;
#endif
    accum_pack s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
    accum_pack s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
    for (int p = block * PACKS_PER_BLOCK; p < last; p++) {
        global const pack *x = xs + ((size_t)p * x_entries + x_first) * ENTRY + lane;
        global const pack *y = ys + ((size_t)p * y_entries + y_first) * ENTRY + lane;
        const pack given = weighted ? ws[((size_t)p * w_entries + w_first) * ENTRY + lane] : (pack)1;
        const pack w = number < (pack)(real)min(task_count - p * LANES, LANES) ? given : (pack)0;
#define PRESENT(v) to_accum_pack(w == (pack)0 ? (pack)0 : (v))
#define X(i) PRESENT(AT(x, min(a + (i), width - 1)))
#define WEIGHTED_Y(i) (to_accum_pack(w) * PRESENT(AT(y, min(b + (i), height - 1))))
        const accum_pack x0 = X(0), x1 = X(1), x2 = X(2), x3 = X(3);
#define ADD_ROW(i) \
    { \
        const accum_pack v = WEIGHTED_Y(i); \
        s##i##0 = fma(x0, v, s##i##0); \
        s##i##1 = fma(x1, v, s##i##1); \
        s##i##2 = fma(x2, v, s##i##2); \
        s##i##3 = fma(x3, v, s##i##3); \
    }
        ADD_ROW(0)
        ADD_ROW(1)
        ADD_ROW(2)
        ADD_ROW(3)
    }
#if VECTOR_PACKS
#define KEEP(i, s) JOIN(vstore, LANES)(s, i, sums)
#else
#define KEEP(i, s) sums[(i) * LANES + lane] = s
#endif
    KEEP(0, s00); KEEP(1, s01); KEEP(2, s02); KEEP(3, s03);
    KEEP(4, s10); KEEP(5, s11); KEEP(6, s12); KEEP(7, s13);
    KEEP(8, s20); KEEP(9, s21); KEEP(10, s22); KEEP(11, s23);
    KEEP(12, s30); KEEP(13, s31); KEEP(14, s32); KEEP(15, s33);
#if !VECTOR_PACKS
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    for (int i = lane; i < 16; i += ENTRY) {
        const int row = b + i / 4, column = a + i % 4;
        if (row >= height || column >= width) continue;
        accum total = 0;
        for (int l = 0; l < LANES; l++) total += sums[i * LANES + l];
        partials[((size_t)block * height + row) * width + column] = total;
    }
}

// Adds the blocks in order. One work-item an entry.
kernel void add_block_products(
    const int block_count,
    const int entries,
    const int output_first,
    global const accum *restrict partials,  // block_count x entries
    global real *restrict outputs)          // one task, LANES scalars apart
{
    const int entry = get_global_id(0);
    if (entry >= entries) return;
    accum total = 0;
    for (int block = 0; block < block_count; block++) total += partials[(size_t)block * entries + entry];
    outputs[(size_t)(output_first + entry) * LANES] = (real)total;
}
