// What a device can do at best: the rates that every kernel's time is compared with.
//
// A work-item handles one `probe_vector`, whose lanes are `probe_scalar`: as wide as a CPU's registers, or 16 bytes on
// a GPU. No kernel uses local memory or talks to another work-item.

#ifndef PROBE_SCALAR
#define PROBE_SCALAR float
#endif
#ifndef PROBE_VECTOR
#define PROBE_VECTOR float4
#endif

typedef PROBE_SCALAR probe_scalar;
typedef PROBE_VECTOR probe_vector;

// destination = source: reads and writes `count` vectors once.
kernel void probe_copy(
    const int count,
    global const probe_vector *restrict source,   // count
    global probe_vector *restrict destination)    // count
{
    const size_t i = get_global_id(0);
    if (i < (size_t)count) {
        destination[i] = source[i];
    }
}

// sums_i = the sum of up to `share` vectors, from vector `i * first` on, `step` apart: reads `count` vectors once.
kernel void probe_read(
    const int count,
    const int first,
    const int step,
    const int share,
    global const probe_vector *restrict source,   // count
    global probe_vector *restrict sums)           // one a work-item
{
    const size_t i = get_global_id(0);
    probe_vector a = (probe_vector)(0), b = (probe_vector)(0), c = (probe_vector)(0), d = (probe_vector)(0);
    size_t place = i * first;
    int k = 0;
    for (; k + 4 <= share && place + 3 * (size_t)step < (size_t)count; k += 4, place += 4 * (size_t)step) {
        a += source[place];
        b += source[place + (size_t)step];
        c += source[place + 2 * (size_t)step];
        d += source[place + 3 * (size_t)step];
    }
    for (; k < share && place < (size_t)count; k++, place += (size_t)step) a += source[place];
    sums[i] = (a + b) + (c + d);
}

// result_i = the sum of eight chains of `x = x * factor + addend`, `rounds` steps each, that start at 1 ... 8.
//
// The chains are independent, so that a multiply-add need not wait for the one before it: 16 * rounds floating-point
// operations a lane. With factor = addend = 1/2 every chain goes to 1 and stays there.
kernel void probe_multiply_add(
    const int count,
    const int rounds,
    const probe_scalar factor,
    const probe_scalar addend,
    global probe_vector *restrict result)         // count
{
    const size_t i = get_global_id(0);
    if (i < (size_t)count) {
        const probe_vector a = (probe_vector)(factor);
        const probe_vector b = (probe_vector)(addend);
        probe_vector x0 = (probe_vector)(1), x1 = (probe_vector)(2), x2 = (probe_vector)(3), x3 = (probe_vector)(4);
        probe_vector x4 = (probe_vector)(5), x5 = (probe_vector)(6), x6 = (probe_vector)(7), x7 = (probe_vector)(8);
        for (int round = 0; round < rounds; round++) {
            x0 = mad(x0, a, b);
            x1 = mad(x1, a, b);
            x2 = mad(x2, a, b);
            x3 = mad(x3, a, b);
            x4 = mad(x4, a, b);
            x5 = mad(x5, a, b);
            x6 = mad(x6, a, b);
            x7 = mad(x7, a, b);
        }
        result[i] = ((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7));
    }
}
