// Projections onto the simplex {x >= 0, sum of x = radius}: max(v - max(v) - t, 0) for the t that makes it so. Without the
// largest value, a common offset costs no digits; t then lies between -radius and 0.
//
// Tasks lie in packs. A work-item handles a pack with vector types, or one lane of it (prelude.cl).

#if VECTOR_PACKS
#define any_positive(x) any((x) > (pack)0)
#else
#define any_positive(x) ((x) > 0)
#endif

// Each column of each task. Michelot's algorithm: t is what the values above the previous t would need. It rises from
// -radius; when no value drops out it is the solution. `inputs` may be `outputs`.
kernel void project_columns(
    const int item_count,
    const int columns,
    const int width,
    const real radius,
    const int input_entries, const int input_first,
    const int output_entries, const int output_first,
    global const pack *inputs,  // packed, columns x width entries
    global pack *outputs)       // packed, columns x width entries
{
    const size_t id = get_global_id(0);
    const int item = (int)(id % item_count);
    const int column = (int)(id / item_count);
    if (column >= columns) return;
    global const pack *values = inputs + ITEM_OFFSET(item, input_entries, input_first) + (size_t)column * width * ENTRY;
    global pack *point = outputs + ITEM_OFFSET(item, output_entries, output_first) + (size_t)column * width * ENTRY;
    pack largest = -INFINITY, poison = 0;
    for (int e = 0; e < width; e++) {
        const pack v = values[(size_t)e * ENTRY];
        largest = v > largest ? v : largest;
    }
    pack threshold = -radius, count = INFINITY;
    for (int step = 0; step < width; step++) {
        pack sum = 0, above = 0;
        for (int e = 0; e < width; e++) {
            const pack x = values[(size_t)e * ENTRY] - largest;
            poison = x == x ? poison : x;
            sum += x > threshold ? x : (pack)0;
            above += x > threshold ? (pack)1 : (pack)0;
        }
        const pack is_fewer = above < count ? (pack)1 : (pack)0;
        const pack has_changed = above > (pack)0 ? is_fewer : (pack)0;
        const pack needed = (sum - radius) / above;
        const pack raised = needed > threshold ? needed : threshold;
        count = has_changed > (pack)0 ? above : count;
        threshold = has_changed > (pack)0 ? raised : threshold;
        if (!any_positive(has_changed)) break;
    }
    for (int e = 0; e < width; e++) {
        const pack excess = values[(size_t)e * ENTRY] - largest - threshold;
        point[(size_t)e * ENTRY] = (excess <= (pack)0 ? (pack)0 : excess) + poison;
    }
}

// One value a task of each entry, with the thresholds that were found across tasks. `inputs` may be `outputs`.
kernel void subtract_thresholds(
    const int item_count,
    const int entries,
    const int input_entries, const int input_first,
    const int output_entries, const int output_first,
    global const real *restrict thresholds,  // entries x 2: the largest value, the threshold
    global const pack *inputs,               // packed
    global pack *outputs)                    // packed
{
    const int item = get_global_id(0);
    if (item >= item_count) return;
    global const pack *values = inputs + ITEM_OFFSET(item, input_entries, input_first);
    global pack *point = outputs + ITEM_OFFSET(item, output_entries, output_first);
    for (int e = 0; e < entries; e++) {
        const pack excess = values[(size_t)e * ENTRY] - thresholds[2 * e] - thresholds[2 * e + 1];
        point[(size_t)e * ENTRY] = excess <= (pack)0 ? (pack)0 : excess;
    }
}
