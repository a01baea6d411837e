// The nearest of K centers to each task's vector, and its squared distance |v - c_k|^2.
//
// Tasks lie in packs. A work-item handles a pack with vector types, or one lane of it (prelude.cl). Of several centers
// at the same distance the first is taken; a distance that is NaN is nearer than nothing.

kernel void nearest_center(
    const int item_count,
    const int width,
    const int center_count,
    const int center_first,
    const int value_entries, const int value_first,
    const int distance_entries, const int distance_first,
    const int label_entries, const int label_first,
    global const real *restrict centers,  // one task of center_count x width entries, LANES scalars apart
    global const pack *restrict values,   // packed, width entries
    global pack *restrict distances,      // packed, one entry
    global pack *restrict labels)         // packed, one entry
{
    const int item = get_global_id(0);
    if (item >= item_count) return;
    global const pack *restrict value = values + ITEM_OFFSET(item, value_entries, value_first);
    global const real *restrict center = centers + (size_t)center_first * LANES;
    pack nearest = NAN, label = -1;
    for (int k = 0; k < center_count; k++) {
        pack sum = 0;
        for (int e = 0; e < width; e++, center += LANES) {
            const pack difference = value[(size_t)e * ENTRY] - *center;
            sum = fma(difference, difference, sum);
        }
        const pack had_none = nearest == nearest ? (pack)0 : (pack)1;
        const pack is_number = sum == sum ? had_none : (pack)0;
        const pack is_nearer = sum < nearest ? (pack)1 : is_number;
        nearest = is_nearer > (pack)0 ? sum : nearest;
        label = is_nearer > (pack)0 ? (pack)(real)k : label;
    }
    distances[ITEM_OFFSET(item, distance_entries, distance_first)] = nearest;
    labels[ITEM_OFFSET(item, label_entries, label_first)] = label;
}
