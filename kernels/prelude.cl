// What every kernel text begins with.
//
// REAL    the scalar of the data, float or double
// ACCUM   the scalar of sums over rows: double where the device has it
// LANES   tasks a pack
// VECTOR_PACKS  1: a work-item handles a pack, in vector types (CPU devices);
//               0: a work-item handles one lane of a pack (GPUs)
// MAX_ORDER     the largest matrix order of this build
#ifndef REAL
#define REAL float
#endif
#ifndef ACCUM
#define ACCUM REAL
#endif
#ifndef LANES
#define LANES 16
#endif
#ifndef VECTOR_PACKS
#define VECTOR_PACKS 1
#endif
#ifndef MAX_ORDER
#define MAX_ORDER 32
#endif
#ifdef cl_khr_fp64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif
// A product and a sum are fused where `fma` says so and nowhere else.
#pragma OPENCL FP_CONTRACT OFF

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

typedef REAL real;
typedef ACCUM accum;
typedef JOIN(ACCUM, 8) accum8;

#if VECTOR_PACKS
// Entry e of a pack is the e-th vector: LANES tasks side by side.
typedef JOIN(REAL, LANES) pack;
typedef JOIN(ACCUM, LANES) accum_pack;
#define LANES_PER_ITEM LANES
#define to_accum_pack(x) JOIN(JOIN(convert_, ACCUM), LANES)(x)
#else
// Entry e of a lane is LANES scalars behind entry e - 1.
typedef REAL pack;
typedef ACCUM accum_pack;
#define LANES_PER_ITEM 1
#define to_accum_pack(x) ((accum)(x))
#endif
#define ENTRY (LANES / LANES_PER_ITEM)

// Entry e, from a pointer to the first one of a work-item's tasks.
#define AT(pointer, e) (pointer)[(size_t)(e) * ENTRY]

#define triangle(order) ((order) * ((order) + 1) / 2)

// The first entry of the tasks of one work-item: of pack `item`, or of lane `item % LANES` of pack `item / LANES`.
#define ITEM_OFFSET(item, entries, first) \
    (((size_t)((item) / ENTRY) * (entries) + (first)) * ENTRY + (item) % ENTRY)
// The first entry of one task, in scalars; its further entries follow at a distance of LANES.
#define TASK_OFFSET(task, entries, first) \
    (((size_t)((task) / LANES) * (entries) + (first)) * LANES + (task) % LANES)

// An operand of an operation on vectors: its entries a pack, or 0 when its one task serves all; its first entry; entries
// from one column to the next and from one coordinate to the next, 0 where one serves all.
#define OPERAND(x) const int x##_entries, const int x##_first, const int x##_column, const int x##_step
// The first entry of a column of operand x for the tasks of one work-item.
#define OPERAND_OFFSET(x, item, column) \
    (x##_entries ? ITEM_OFFSET(item, x##_entries, x##_first + (column) * x##_column) \
                 : ((size_t)x##_first + (size_t)(column) * x##_column) * ENTRY)
// Entry e of an operand, from a pointer to its first one. That of a task which serves all goes to every lane.
#if VECTOR_PACKS
#define OPERAND_AT(x, pointer, e) \
    (x##_entries ? (pointer)[e] : (pack)(((global const real *)(pointer))[(size_t)(e) * LANES]))
#else
#define OPERAND_AT(x, pointer, e) AT(pointer, e)
#endif

// A pack as an array of LANES_PER_ITEM scalars, and back.
#if VECTOR_PACKS
#define store_lanes(x, array) JOIN(vstore, LANES)(x, 0, array)
#define load_lanes(array) JOIN(vload, LANES)(0, array)
#else
#define store_lanes(x, array) (array)[0] = (x)
#define load_lanes(array) (array)[0]
#endif

// The values of one work-item's tasks of a pack, 0 past the last task. `task` is the first of them.
static pack present(const pack x, const int task, const int task_count)
{
    if (task + LANES_PER_ITEM <= task_count) return x;
    real lanes[LANES_PER_ITEM];
    store_lanes(x, lanes);
    for (int lane = 0; lane < LANES_PER_ITEM; lane++) lanes[lane] = task + lane < task_count ? lanes[lane] : 0;
    return load_lanes(lanes);
}

// Asks for the cache line that holds a value. OpenCL's own `prefetch` does nothing in PoCL, whose macro this is.
#ifdef POCL_DEVICE_ADDRESS_BITS
#define ask_for(pointer) __builtin_prefetch((const private void *)(size_t)(pointer))
#else
#define ask_for(pointer) prefetch(pointer, 1)
#endif
#define VALUES_PER_LINE (64 / (int)sizeof(real))
