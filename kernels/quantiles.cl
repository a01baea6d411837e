// Splits the values of many tasks at a bracket for each entry: the weights below, at and inside it, and the values
// inside. The exact order statistic is then selected among those few on the host.
//
// Weights count in whole units: max(1, rint(w * scale)), and 0 where w is 0. Sums of whole numbers are exact in any
// order. The scale is a power of two, given as two factors.
#ifndef PACKS_PER_BLOCK
#define PACKS_PER_BLOCK 64
#endif

#if VECTOR_PACKS
typedef JOIN(ulong, LANES) weight_pack;
#define to_weight_pack(x) JOIN(convert_ulong, LANES)(x)
// All bits of each lane for which a comparison holds.
#define mask_of(condition) JOIN(as_ulong, LANES)(JOIN(convert_long, LANES)(condition))
#define any_lane(condition) any(condition)
#define store_lanes(x, array) JOIN(vstore, LANES)(x, 0, array)
#define load_lanes(array) JOIN(vload, LANES)(0, array)
#else
typedef ulong weight_pack;
#define to_weight_pack(x) convert_ulong(x)
#define mask_of(condition) (-(ulong)(condition))
#define any_lane(condition) (condition)
#define store_lanes(x, array) (array)[0] = (x)
#define load_lanes(array) (array)[0]
#endif

// The weights of one work-item's tasks of a pack, in units; 0 past the last task. `task` is the first of them.
static weight_pack units(const pack w, const real scale, const real second_scale, const int task, const int task_count)
{
    const weight_pack whole = max(to_weight_pack(rint(w * scale * second_scale)), (weight_pack)1);
    const weight_pack weight = whole & mask_of(w > (pack)0);
    if (task + LANES_PER_ITEM <= task_count) return weight;
    ulong lanes[LANES_PER_ITEM];
    store_lanes(weight, lanes);
    for (int lane = 0; lane < LANES_PER_ITEM; lane++) lanes[lane] = task + lane < task_count ? lanes[lane] : 0;
    return load_lanes(lanes);
}

// One work-item a (block of packs, entry) and, on GPUs, lane: once to add up, once more to keep what is inside.
kernel void split_values(
    const int task_count,
    const int entries,
    const int capacity,                     // values that are kept an entry
    const real scale, const real second_scale,
    const int value_entries, const int value_first,
    const int weight_entries, const int weight_first,
    global const real *restrict bounds,     // entries x 2
    global const pack *restrict values,     // packed
    global const pack *restrict weights,    // packed, one entry
    global weight_pack *restrict partials,  // blocks x entries x 4 packs: below, to lower, to upper, NaN
    global int *restrict counts,            // entries: values inside, which may be more than are kept
    global real *restrict kept_values,      // entries x capacity
    global ulong *restrict kept_weights)    // entries x capacity
{
    const size_t id = get_global_id(0);
    const int lane = (int)(id % ENTRY);
    const int entry = (int)(id / ENTRY % entries);
    const int block = (int)(id / ENTRY / entries);
    const int first = block * PACKS_PER_BLOCK;
    const int last = min((task_count + LANES - 1) / LANES, first + PACKS_PER_BLOCK);
    if (first >= last) return;
    global const pack *restrict value = values + ((size_t)value_first + entry) * ENTRY + lane;
    global const pack *restrict weight = weights + (size_t)weight_first * ENTRY + lane;
    const pack lower = bounds[2 * entry], upper = bounds[2 * entry + 1];
    weight_pack below = 0, to_lower = 0, to_upper = 0, missing = 0, inside = 0;
    for (int p = first; p < last; p++) {
        const pack v = value[(size_t)p * value_entries * ENTRY];
        const weight_pack w = units(
            weight[(size_t)p * weight_entries * ENTRY], scale, second_scale, p * LANES + lane, task_count);
        below += w & mask_of(v < lower);
        to_lower += w & mask_of(v <= lower);
        to_upper += w & mask_of(v <= upper);
        missing += w & mask_of(v != v);
        inside += min(w, (weight_pack)1) & mask_of(v > lower) & mask_of(v < upper);
    }
    global weight_pack *restrict sums = partials + ((size_t)block * entries + entry) * 4 * ENTRY + lane;
    sums[0] = below;
    sums[ENTRY] = to_lower;
    sums[2 * ENTRY] = to_upper;
    sums[3 * ENTRY] = missing;
    ulong lanes[LANES_PER_ITEM];
    store_lanes(inside, lanes);
    int count = 0;
    for (int l = 0; l < LANES_PER_ITEM; l++) count += (int)lanes[l];
    if (count == 0) return;
    size_t place = atomic_add(&counts[entry], count);
    if (place + count > capacity) return;
    place += (size_t)entry * capacity;
    for (int p = first; p < last; p++) {
        const pack v = value[(size_t)p * value_entries * ENTRY];
        if (!(any_lane(v > lower) && any_lane(v < upper))) continue;
        const weight_pack w = units(
            weight[(size_t)p * weight_entries * ENTRY], scale, second_scale, p * LANES + lane, task_count);
        real v_lanes[LANES_PER_ITEM];
        store_lanes(v, v_lanes);
        store_lanes(w & mask_of(v > lower) & mask_of(v < upper), lanes);
        for (int l = 0; l < LANES_PER_ITEM; l++) {
            if (lanes[l] == 0) continue;
            kept_values[place] = v_lanes[l];
            kept_weights[place] = lanes[l];
            place++;
        }
    }
}

// Adds the blocks' sums. One work-item one of four sums of an entry and, on GPUs, lane.
kernel void add_splits(
    const int block_count,
    const int entries,
    global const weight_pack *restrict partials,  // blocks x entries x 4 packs
    global weight_pack *restrict sums)            // entries x 4 packs
{
    const size_t id = get_global_id(0);
    const size_t width = (size_t)entries * 4 * ENTRY;
    if (id >= width) return;
    weight_pack sum = 0;
    for (int block = 0; block < block_count; block++) sum += partials[block * width + id];
    sums[id] = sum;
}

// All entries of some tasks. One work-item a value.
kernel void gather_tasks(
    const int count,
    const int entries,
    const int value_entries, const int value_first,
    global const int *restrict tasks,    // count
    global const real *restrict values,  // packed
    global real *restrict gathered)      // count x entries
{
    const size_t id = get_global_id(0);
    if (id >= (size_t)count * entries) return;
    const int entry = (int)(id % entries);
    gathered[id] = values[TASK_OFFSET(tasks[id / entries], value_entries, value_first) + (size_t)entry * LANES];
}
