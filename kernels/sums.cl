// Weighted sums across tasks: sum over tasks of w_j v_j, leaving out tasks of weight 0 and lanes past the last task.
//
// Packs are summed in fixed blocks of PACKS_PER_BLOCK, lane by lane; then each block's lanes, block after block. Sums over
// groups of consecutive tasks are formed in pieces of a group.
#ifndef PACKS_PER_BLOCK
#define PACKS_PER_BLOCK 64
#endif

// One work-item a block, or on GPUs a (block, entry) and lane.
kernel void sum_packs(
    const int task_count,
    const int entries,
    const int value_entries, const int value_first,
    const int weight_entries, const int weight_first,
    global const pack *restrict values,       // packed
    global const pack *restrict weights,      // packed, one entry
    global accum_pack *restrict partials)     // blocks x entries packs
{
    const size_t id = get_global_id(0);
    const int pack_count = (task_count + LANES - 1) / LANES;
#if VECTOR_PACKS
    const int first = (int)id * PACKS_PER_BLOCK, last = min(pack_count, first + PACKS_PER_BLOCK);
    if (first >= pack_count) return;
    global accum_pack *restrict sums = partials + id * entries;
    for (int e = 0; e < entries; e++) sums[e] = 0;
    for (int p = first; p < last; p++) {
        const pack w = present(weights[(size_t)p * weight_entries + weight_first], p * LANES, task_count);
        global const pack *value = values + (size_t)p * value_entries + value_first;
        for (int e = 0; e < entries; e++)
            sums[e] += to_accum_pack(w) * to_accum_pack(w == (pack)0 ? (pack)0 : value[e]);
    }
#else
    const int lane = (int)(id % ENTRY);
    const int entry = (int)(id / ENTRY % entries);
    const int block = (int)(id / ENTRY / entries);
    const int last = min(pack_count, (block + 1) * PACKS_PER_BLOCK);
    if (block * PACKS_PER_BLOCK >= pack_count) return;
    accum_pack sum = 0;
    for (int p = block * PACKS_PER_BLOCK; p < last; p++) {
        const pack given = weights[((size_t)p * weight_entries + weight_first) * ENTRY + lane];
        const pack w = present(given, p * LANES + lane, task_count);
        const pack v = values[((size_t)p * value_entries + value_first + entry) * ENTRY + lane];
        const pack taken = w == (pack)0 ? (pack)0 : v;
        sum += to_accum_pack(w) * to_accum_pack(taken);
    }
    partials[((size_t)block * entries + entry) * ENTRY + lane] = sum;
#endif
}

// One work-item an entry.
kernel void sum_partials(
    const int block_count,
    const int entries,
    const int output_first,
    global const accum *restrict partials,  // blocks x entries x LANES
    global real *restrict outputs)          // one task, LANES scalars apart
{
    const int entry = get_global_id(0);
    if (entry >= entries) return;
    accum total = 0;
    for (int block = 0; block < block_count; block++)
        for (int lane = 0; lane < LANES; lane++) total += partials[((size_t)block * entries + entry) * LANES + lane];
    outputs[(size_t)(output_first + entry) * LANES] = (real)total;
}

// Sums of w v over the tasks of each label in a block, in the order of the tasks. A task of weight 0, or of a label
// that is none, is left out. One work-item a (block, entry).
kernel void sum_labels(
    const int task_count,
    const int entries,
    const int label_count,
    const int first_block,
    const int block_count,
    const int value_entries, const int value_first,
    const int weight_entries, const int weight_first,
    const int label_entries, const int label_first,
    global const real *restrict values,    // packed
    global const real *restrict weights,   // packed, one entry
    global const real *restrict labels,    // packed, one entry
    global accum *restrict partials)       // blocks x labels x entries
{
    const size_t id = get_global_id(0);
    const int entry = (int)(id % entries);
    const int block = (int)(id / entries);
    if (block >= block_count) return;
    global accum *restrict sums = partials + (size_t)block * label_count * entries + entry;
    for (int k = 0; k < label_count; k++) sums[(size_t)k * entries] = 0;
    const int first = (first_block + block) * PACKS_PER_BLOCK * LANES;
    const int last = min(task_count, first + PACKS_PER_BLOCK * LANES);
    for (int task = first; task < last; task++) {
        const real weight = weights[TASK_OFFSET(task, weight_entries, weight_first)];
        const real label = labels[TASK_OFFSET(task, label_entries, label_first)];
        if (weight == 0 || !(label >= 0 && label < label_count)) continue;
        const real value = values[TASK_OFFSET(task, value_entries, value_first) + (size_t)entry * LANES];
        sums[(size_t)label * entries] += (accum)weight * (accum)value;
    }
}

// Adds the blocks' sums to the totals, block after block; then writes the totals. One work-item a value.
kernel void add_labels(
    const int block_count,
    const int width,
    const int is_last,
    const int output_first,
    global const accum *restrict partials,  // blocks x width
    global accum *restrict totals,          // width
    global real *restrict outputs)          // one task, LANES scalars apart
{
    const int place = get_global_id(0);
    if (place >= width) return;
    accum total = totals[place];
    for (int block = 0; block < block_count; block++) total += partials[(size_t)block * width + place];
    totals[place] = total;
    if (is_last) outputs[(size_t)(output_first + place) * LANES] = (real)total;
}

// Sums of w v over the tasks of each piece: lane by lane, then the lanes in the order of the piece's tasks. A lane's sum
// starts at 0 and a task that is left out adds 0, so the bits do not depend on the lane that a piece starts in.

#define ENTRIES_PER_ITEM 8

// The values of one work-item's tasks of a pack, 0 for those outside of a piece. `task` is the first of them.
static pack inside(const pack x, const int task, const int2 piece)
{
    if (task >= piece.x && task + LANES_PER_ITEM <= piece.y) return x;
    real lanes[LANES_PER_ITEM];
    store_lanes(x, lanes);
    for (int lane = 0; lane < LANES_PER_ITEM; lane++)
        lanes[lane] = task + lane >= piece.x && task + lane < piece.y ? lanes[lane] : 0;
    return load_lanes(lanes);
}

// One work-item a piece and ENTRIES_PER_ITEM entries, or on GPUs a piece and an entry.
kernel void sum_pieces(
    const int piece_count,
    const int entries,
    const int value_entries, const int value_first,
    const int weight_entries, const int weight_first,
    global const int2 *restrict pieces,     // the first task of each, and the one behind its last
    global const pack *restrict values,     // packed
    global const pack *restrict weights,    // packed, one entry
    global accum *restrict partials)        // pieces x entries
{
    const size_t id = get_global_id(0);
#if VECTOR_PACKS
    const int tiles = (entries + ENTRIES_PER_ITEM - 1) / ENTRIES_PER_ITEM;
    if (id >= (size_t)piece_count * tiles) return;
    const int2 piece = pieces[id / tiles];
    const int first = (int)(id % tiles) * ENTRIES_PER_ITEM, count = min(ENTRIES_PER_ITEM, entries - first);
    accum_pack sums[ENTRIES_PER_ITEM];
    for (int e = 0; e < ENTRIES_PER_ITEM; e++) sums[e] = 0;
    for (int p = piece.x / LANES; p * LANES < piece.y; p++) {
        const pack w = inside(weights[(size_t)p * weight_entries + weight_first], p * LANES, piece);
        global const pack *value = values + (size_t)p * value_entries + value_first + first;
        for (int e = 0; e < ENTRIES_PER_ITEM; e++) {
            const pack v = value[min(e, count - 1)];
            sums[e] += to_accum_pack(w) * to_accum_pack(w == (pack)0 ? (pack)0 : v);
        }
    }
    for (int e = 0; e < count; e++) {
        accum lanes[LANES], sum = 0;
        store_lanes(sums[e], lanes);
        for (int k = 0; k < LANES; k++) sum += lanes[(piece.x + k) % LANES];
        partials[id / tiles * entries + first + e] = sum;
    }
#else
    if (id >= (size_t)piece_count * entries) return;
    const int2 piece = pieces[id / entries];
    const int entry = (int)(id % entries);
    accum lanes[LANES], sum = 0;
    for (int k = 0; k < LANES; k++) lanes[k] = 0;
    for (int task = piece.x; task < piece.y; task += LANES) {
        for (int k = 0; k < min(LANES, piece.y - task); k++) {
            const real w = weights[TASK_OFFSET(task + k, weight_entries, weight_first)];
            const real v = values[TASK_OFFSET(task + k, value_entries, value_first) + (size_t)entry * LANES];
            lanes[k] += (accum)w * (accum)(w == 0 ? 0 : v);
        }
    }
    for (int k = 0; k < LANES; k++) sum += lanes[k];
    partials[id] = sum;
#endif
}

// Adds the pieces of each group in order. One work-item a (group, entry).
kernel void add_pieces(
    const int group_count,
    const int entries,
    const int sum_entries, const int sum_first,
    global const int *restrict first_pieces,  // groups, and behind them the number of pieces
    global const accum *restrict partials,    // pieces x entries
    global real *restrict sums)               // packed, a task a group
{
    const size_t id = get_global_id(0);
    const int group = (int)(id / entries), entry = (int)(id % entries);
    if (group >= group_count) return;
    accum total = 0;
    for (int piece = first_pieces[group]; piece < first_pieces[group + 1]; piece++)
        total += partials[(size_t)piece * entries + entry];
    sums[TASK_OFFSET(group, sum_entries, sum_first) + (size_t)entry * LANES] = (real)total;
}
