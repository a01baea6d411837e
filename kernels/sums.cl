// Weighted sums across tasks: sum over tasks of w_j v_j, leaving out tasks of weight 0.
//
// Packs are summed in fixed blocks of PACKS_PER_BLOCK, lane by lane; then each block's lanes, block after block.
#ifndef PACKS_PER_BLOCK
#define PACKS_PER_BLOCK 64
#endif

// One work-item a (block, entry) and, on GPUs, lane.
kernel void sum_packs(
    const int pack_count,
    const int entries,
    const int value_entries, const int value_first,
    const int weight_entries, const int weight_first,
    global const pack *restrict values,       // packed
    global const pack *restrict weights,      // packed, one entry
    global accum_pack *restrict partials)     // blocks x entries packs
{
    const size_t id = get_global_id(0);
    const int lane = (int)(id % ENTRY);
    const int entry = (int)(id / ENTRY % entries);
    const int block = (int)(id / ENTRY / entries);
    const int last = min(pack_count, (block + 1) * PACKS_PER_BLOCK);
    if (block * PACKS_PER_BLOCK >= pack_count) return;
    accum_pack sum = 0;
    for (int p = block * PACKS_PER_BLOCK; p < last; p++) {
        const pack w = weights[((size_t)p * weight_entries + weight_first) * ENTRY + lane];
        const pack v = values[((size_t)p * value_entries + value_first + entry) * ENTRY + lane];
        const pack present = w == (pack)0 ? (pack)0 : v;
        sum += to_accum_pack(w) * to_accum_pack(present);
    }
    partials[((size_t)block * entries + entry) * ENTRY + lane] = sum;
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
