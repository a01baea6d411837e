// Moments of each task and fold: the lower triangle, row by row, of sum over its rows of w z z' with z = (x, y_1 ... y_q).
//
// Rows come in blocks of at most 512 rows of one task and fold. `sum_blocks` sums each block from zero, row after row,
// and `add_blocks` adds the blocks of a task and fold in order: no bit depends on how rows are cut into chunks or on the
// device's scheduling. Blocks are triples (task, first row in the chunk, number of rows).

#if VECTOR_PACKS

// One work-item as many blocks as its share is. Reading up to a vector past a row is allowed: the chunk is padded.
kernel void sum_blocks(
    const int block_count,
    const int item_count,
    const int width,                      // features and responses
    const int panel_rows,
    const int scratch_vectors,            // of a work-item
    const int weighted,
    global const int *restrict blocks,    // block_count x 3
    global const real *restrict rows,     // rows x width
    global const real *restrict weights,  // rows, if weighted
    global accum_pack *restrict scratch,  // item_count x scratch_vectors
    global real *restrict sums)           // block_count x triangle(width)
{
    const int item = get_global_id(0), stride = (width + LANES - 1) / LANES * LANES;
    if (item >= item_count) return;
    const int last = (int)((long)block_count * (item + 1) / item_count);
    for (int block = (int)((long)block_count * item / item_count); block < last; block++) {
        const int first = blocks[3 * block + 1];
        global const accum *found = sum_rows(
            width, blocks[3 * block + 2], panel_rows, weighted, rows + (size_t)first * width, weights + first,
            scratch + (size_t)item * scratch_vectors);
        global real *target = sums + (size_t)block * triangle(width);
        for (int r = 0; r < width; r++)
            for (int c = 0; c <= r; c++) *target++ = (real)found[r * stride + c];
    }
}

#else

#ifndef GROUP
#define GROUP 64
#endif
#define BLOCK_ROWS 512
#define MAX_WIDTH (MAX_ORDER + 1)
#define PANEL_VALUES (MAX_WIDTH > 2048 ? MAX_WIDTH : 2048)
#define ENTRIES_PER_ITEM ((triangle(MAX_WIDTH) + GROUP - 1) / GROUP)

// The row of entry e of a lower triangle.
static int triangle_row(const int e)
{
    int row = (int)((sqrt(8.0f * e + 1.0f) - 1.0f) * 0.5f);
    while (triangle(row + 1) <= e) row++;
    while (triangle(row) > e) row--;
    return row;
}

// One work-group a block: panels of rows in local memory, the entries of the triangle dealt out to the work-items.
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void sum_blocks(
    const int block_count,
    const int width,                      // features and responses
    const int weighted,
    global const int *restrict blocks,    // block_count x 3
    global const real *restrict rows,     // rows x width
    global const real *restrict weights,  // rows, if weighted
    global real *restrict sums)           // block_count x triangle(width)
{
    local real panel[PANEL_VALUES];
    local real panel_weights[BLOCK_ROWS];
    const int block = get_group_id(0), item = get_local_id(0), entries = triangle(width);
    const int first = blocks[3 * block + 1], count = blocks[3 * block + 2], panel_rows = PANEL_VALUES / width;
    accum partial[ENTRIES_PER_ITEM];
    for (int k = 0; k < ENTRIES_PER_ITEM; k++) partial[k] = 0;
    for (int start = 0; start < count; start += panel_rows) {
        const int present = min(panel_rows, count - start);
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = item; k < present * width; k += GROUP) panel[k] = rows[(size_t)(first + start) * width + k];
        for (int k = item; k < present; k += GROUP) panel_weights[k] = weighted ? weights[first + start + k] : 1;
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = 0, e = item; e < entries; k++, e += GROUP) {
            const int r = triangle_row(e), c = e - triangle(r);
            accum sum = partial[k];
            for (int i = 0; i < present; i++) {
                const accum right = (accum)panel_weights[i] * (accum)panel[i * width + c];
                sum = fma((accum)panel[i * width + r], right, sum);
            }
            partial[k] = sum;
        }
    }
    for (int k = 0, e = item; e < entries; k++, e += GROUP) sums[(size_t)block * entries + e] = (real)partial[k];
}

#endif

// Adds the sums of each task's blocks, in order, to the moments of the block's fold, which lie fold after fold. `share`
// work-items a task, each every share-th entry.
kernel void add_blocks(
    const int span_count,
    const int share,
    const int entries,
    const int first_task,              // of the moments
    const int entries_per_pack,
    const int first_entry,
    global const int *restrict spans,  // span_count x 3: task, first block, number of blocks
    global const int *restrict folds,  // blocks
    global const real *restrict sums,  // blocks x entries
    global real *restrict moments)     // packed, entries_per_pack
{
    const int span = get_global_id(0) / share;
    if (span >= span_count) return;
    const int task = spans[3 * span] - first_task, first = spans[3 * span + 1], count = spans[3 * span + 2];
    global real *restrict target = moments + TASK_OFFSET(task, entries_per_pack, first_entry);
    if (count == 1) {
        global real *restrict place = target + (size_t)folds[first] * entries * LANES;
        for (int e = get_global_id(0) % share; e < entries; e += share)
            place[(size_t)e * LANES] += sums[(size_t)first * entries + e];
        return;
    }
    for (int e = get_global_id(0) % share; e < entries; e += share) {
        size_t place = ((size_t)folds[first] * entries + e) * LANES;
        real total = target[place];
        for (int b = 0; b < count; b++) {
            const size_t next = ((size_t)folds[first + b] * entries + e) * LANES;
            if (next != place) {
                target[place] = total;
                place = next;
                total = target[place];
            }
            total += sums[(size_t)(first + b) * entries + e];
        }
        target[place] = total;
    }
}
