// Passes over the values of many tasks, of which the host makes order statistics, trimmed means and thresholds.
//
// A split at a bracket for each entry gives the weights below, at and inside it, and the values inside; the exact order
// statistic is then selected among those few on the host.
//
// Weights count in whole units: max(1, rint(w * scale)), and 0 where w is 0. Sums of whole numbers are exact in any
// order. The scale is a power of two, given as two factors. With `counts_tasks`, every positive weight is one unit.
#ifndef PACKS_PER_BLOCK
#define PACKS_PER_BLOCK 64
#endif

#if VECTOR_PACKS
typedef JOIN(ulong, LANES) weight_pack;
#define to_weight_pack(x) JOIN(convert_ulong, LANES)(x)
// All bits of each lane for which a comparison holds.
#define mask_of(condition) JOIN(as_ulong, LANES)(JOIN(convert_long, LANES)(condition))
// One bit for each lane for which a comparison of packs holds, the first lane's lowest: one instruction where PoCL's compiler
// says that the CPU has it.
#if defined(POCL_DEVICE_ADDRESS_BITS) && defined(__AVX512DQ__)
#define HAS_BITS_OF_LANES
#endif
#if LANES == 8
typedef uchar lane_bits;
#ifdef HAS_BITS_OF_LANES
typedef long mask_words __attribute__((vector_size(64)));
#define bits_of(condition) ((lane_bits)__builtin_ia32_cvtq2mask512(__builtin_astype(condition, mask_words)))
#else
#define bits_of(condition) bits_of_eight(as_ulong(convert_char8(condition)))
#endif
#else
typedef ushort lane_bits;
#ifdef HAS_BITS_OF_LANES
typedef int mask_words __attribute__((vector_size(64)));
#define bits_of(condition) ((lane_bits)__builtin_ia32_cvtd2mask512(__builtin_astype(condition, mask_words)))
#else
#define bits_of(condition) bits_of_sixteen(as_ulong2(convert_char16(condition)))
#endif
#endif

// The bits of a mask of a byte a lane.
static lane_bits bits_of_eight(const ulong mask)
{
    return (mask & 0x0101010101010101UL) * 0x0102040810204080UL >> 56;
}

static ushort bits_of_sixteen(const ulong2 masks)
{
    return bits_of_eight(masks.x) | bits_of_eight(masks.y) << 8;
}
#else
typedef ulong weight_pack;
#define to_weight_pack(x) convert_ulong(x)
#define mask_of(condition) (-(ulong)(condition))
#endif

// The weights of one work-item's tasks of a pack, in units.
static weight_pack units(
    const pack weights, const int counts_tasks, const real scale, const real second_scale, const int task,
    const int task_count)
{
    const pack w = present(weights, task, task_count);
    weight_pack whole = 1;
    if (!counts_tasks) whole = max(to_weight_pack(rint(w * scale * second_scale)), whole);
    return whole & mask_of(w > (pack)0);
}

#if VECTOR_PACKS

// One work-item a share of the packs, block by block. What is inside a block is found by a bit a task, of 64 tasks at a
// time: a branch that goes wrong for each pack would cost more than all the rest. It is gathered before it is given a place.
kernel void split_values(
    const int task_count,
    const int entries,
    const int capacity,                     // values that are kept an entry
    const int counts_tasks,
    const real scale, const real second_scale,
    const int value_entries, const int value_first,
    const int weight_entries, const int weight_first,
    const int item_count,
    global const real *restrict bounds,     // entries x 2
    global const pack *restrict values,     // packed
    global const pack *restrict weights,    // packed, one entry
    global weight_pack *restrict partials,  // item_count x entries x 4 packs: below, to lower, to upper, NaN
    global int *restrict counts,            // entries: values inside, which may be more than are kept
    global real *restrict kept_values,      // entries x capacity
    global ulong *restrict kept_weights)    // entries x capacity
{
    const int item = get_global_id(0), pack_count = (task_count + LANES - 1) / LANES;
    if (item >= item_count) return;
    const int end = (int)((long)pack_count * (item + 1) / item_count);
    global weight_pack *sums = partials + (size_t)item * entries * 4;
    for (int k = 0; k < entries * 4; k++) sums[k] = 0;
    weight_pack block_weights[PACKS_PER_BLOCK];
    ulong inside_bits[PACKS_PER_BLOCK * LANES / 64];
    real inside_values[PACKS_PER_BLOCK * LANES + 1];
    ulong inside_weights[PACKS_PER_BLOCK * LANES + 1];
    for (int first = (int)((long)pack_count * item / item_count); first < end; first += PACKS_PER_BLOCK) {
        const int count = min(PACKS_PER_BLOCK, end - first);
        for (int p = 0; p < count; p++)
            block_weights[p] = units(
                weights[(size_t)(first + p) * weight_entries + weight_first], counts_tasks, scale, second_scale,
                (first + p) * LANES, task_count);
        for (int entry = 0; entry < entries; entry++) {
            global const pack *const start = values + (size_t)first * value_entries + value_first + entry;
            global const pack *value = start;
            const pack lower = bounds[2 * entry], upper = bounds[2 * entry + 1];
            weight_pack below = 0, to_lower = 0, to_upper = 0, missing = 0;
            inside_bits[(count * LANES - 1) / 64] = 0;
            for (int p = 0; p < count; p++, value += value_entries) {
                ask_for(value + (size_t)PACKS_PER_BLOCK * value_entries);
                const pack v = *value;
                const weight_pack w = block_weights[p];
                below += w & mask_of(v < lower);
                to_lower += w & mask_of(v <= lower);
                to_upper += w & mask_of(v <= upper);
                missing |= w & mask_of(v != v);
                ((private lane_bits *)inside_bits)[p] = bits_of(v > lower && v < upper);
            }
            int inside = 0;
            for (int task = 0; task < count * LANES; task += 64)
                for (ulong rest = inside_bits[task / 64]; rest; rest &= rest - 1) {
                    const int t = task + 63 - (int)clz(rest & -rest);
                    inside_values[inside] =
                        ((global const real *)(start + (size_t)(t / LANES) * value_entries))[t % LANES];
                    inside_weights[inside] = ((private const ulong *)block_weights)[t];
                    inside += inside_weights[inside] != 0;
                }
            sums[4 * entry] += below;
            sums[4 * entry + 1] += to_lower;
            sums[4 * entry + 2] += to_upper;
            sums[4 * entry + 3] |= missing;
            if (inside == 0) continue;
            const size_t place = atomic_add(&counts[entry], inside);
            if (place + inside > capacity) continue;
            for (int k = 0; k < inside; k++) {
                kept_values[(size_t)entry * capacity + place + k] = inside_values[k];
                kept_weights[(size_t)entry * capacity + place + k] = inside_weights[k];
            }
        }
    }
}

#else

// One work-item a (block of packs, entry) and lane: once to add up, once more to keep what is inside.
kernel void split_values(
    const int task_count,
    const int entries,
    const int capacity,                     // values that are kept an entry
    const int counts_tasks,
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
            weight[(size_t)p * weight_entries * ENTRY], counts_tasks, scale, second_scale, p * LANES + lane, task_count);
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
    const int count = (int)inside;
    if (count == 0) return;
    size_t place = atomic_add(&counts[entry], count);
    if (place + count > capacity) return;
    place += (size_t)entry * capacity;
    for (int p = first; p < last; p++) {
        const pack v = value[(size_t)p * value_entries * ENTRY];
        if (!(v > lower && v < upper)) continue;
        const weight_pack w = units(
            weight[(size_t)p * weight_entries * ENTRY], counts_tasks, scale, second_scale, p * LANES + lane, task_count);
        if (w == 0) continue;
        kept_values[place] = v;
        kept_weights[place] = w;
        place++;
    }
}

#endif

// Adds the sums of work-items or blocks. One work-item one of four sums of an entry and, on GPUs, lane.
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

// All entries of some tasks. One work-item a task.
kernel void gather_tasks(
    const int count,
    const int entries,
    const int value_entries, const int value_first,
    global const int *restrict tasks,    // count
    global const real *restrict values,  // packed
    global real *restrict gathered)      // count x entries
{
    const size_t id = get_global_id(0);
    if (id >= count) return;
    global const real *source = values + TASK_OFFSET(tasks[id], value_entries, value_first);
    for (int entry = 0; entry < entries; entry++) gathered[id * entries + entry] = source[(size_t)entry * LANES];
}

// The largest value of each entry in each block, NaN where there is one. One work-item a (block, entry) and lane.
kernel void max_values(
    const int task_count,
    const int entries,
    const int value_entries, const int value_first,
    global const real *restrict values,  // packed
    global real *restrict maxima)        // blocks x entries x LANES
{
    const size_t id = get_global_id(0);
    const int lane = (int)(id % LANES);
    const int entry = (int)(id / LANES % entries);
    const int block = (int)(id / LANES / entries);
    const int last = min(task_count, (block + 1) * PACKS_PER_BLOCK * LANES);
    if (block * PACKS_PER_BLOCK * LANES >= task_count) return;
    real largest = -INFINITY;
    for (int task = block * PACKS_PER_BLOCK * LANES + lane; task < last; task += LANES) {
        const real v = values[TASK_OFFSET(task, value_entries, value_first) + (size_t)entry * LANES];
        largest = v <= largest || largest != largest ? largest : v;
    }
    maxima[id] = largest;
}

// For each block and entry, the sum of x = v - shift over lower < x < upper, and how many there are; with weights, of
// tasks whose weight is positive. One work-item a (block, entry) and, on GPUs, lane.
kernel void sum_inside(
    const int task_count,
    const int entries,
    const int has_weights,
    const int value_entries, const int value_first,
    const int weight_entries, const int weight_first,
    global const real *restrict intervals,  // entries x 3: shift, lower, upper
    global const pack *restrict values,     // packed
    global const pack *restrict weights,    // packed, one entry; not read without weights
    global accum_pack *restrict partials)   // blocks x entries x 2 packs
{
    const size_t id = get_global_id(0);
    const int lane = (int)(id % ENTRY);
    const int entry = (int)(id / ENTRY % entries);
    const int block = (int)(id / ENTRY / entries);
    const int first = block * PACKS_PER_BLOCK;
    const int last = min((task_count + LANES - 1) / LANES, first + PACKS_PER_BLOCK);
    if (first >= last) return;
    const pack shift = intervals[3 * entry], lower = intervals[3 * entry + 1], upper = intervals[3 * entry + 2];
    accum_pack sum = 0, count = 0;
    for (int p = first; p < last; p++) {
        const pack x = values[((size_t)p * value_entries + value_first + entry) * ENTRY + lane] - shift;
        pack w = 1;
        if (has_weights) w = weights[((size_t)p * weight_entries + weight_first) * ENTRY + lane];
        pack is_inside = w > (pack)0 ? (pack)1 : (pack)0;
        is_inside = x > lower ? is_inside : (pack)0;
        is_inside = x < upper ? is_inside : (pack)0;
        is_inside = present(is_inside, p * LANES + lane, task_count);
        sum += to_accum_pack(is_inside > (pack)0 ? x : (pack)0);
        count += to_accum_pack(is_inside);
    }
    global accum_pack *restrict sums = partials + ((size_t)block * entries + entry) * 2 * ENTRY + lane;
    sums[0] = sum;
    sums[ENTRY] = count;
}
