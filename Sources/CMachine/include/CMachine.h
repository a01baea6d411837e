// What this binary was built for, and what it runs on.
//
// Linking this target adds a check that runs before `main`: on a CPU that lacks an instruction set the binary was built
// for, the program ends with exit code 70 and one line that says so, instead of with an illegal instruction.
#ifndef KINDRED_CMACHINE_H
#define KINDRED_CMACHINE_H

#include <stddef.h>

/// The instruction set the binary was built for: `x86-64`, `x86-64-v2`, `x86-64-v3`, `x86-64-v4`, `arm64` or `other`.
const char *kindred_build_target(void);

/// Writes the CPU's model name (`AMD EPYC 9755`), or an empty text where it cannot be had, and a closing 0.
void kindred_cpu_name(char *name, size_t capacity);

/// Memory that is freed is kept for what is asked for next, large blocks too, instead of going back to the system: a program
/// that makes the same large arrays again and again otherwise has each of their pages made and zeroed anew.
void kindred_keep_freed_memory(void);

/// Begins to bring the cache line of an address into the first cache. Any address may be given.
static inline __attribute__((always_inline)) void kindred_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

typedef double kindred_double8 __attribute__((ext_vector_type(8)));
typedef float kindred_float8 __attribute__((ext_vector_type(8), aligned(4)));

/// Eight neighbouring values in double, in one conversion: compilers make four of a loop.
static inline __attribute__((always_inline)) kindred_double8 kindred_widened(const float *values) {
    return __builtin_convertvector(*(const kindred_float8 *)values, kindred_double8);
}

typedef __typeof__((kindred_double8){0} < (kindred_double8){0}) kindred_mask8;

/// Lane by lane `x` where `a < b`, and `y` elsewhere: one comparison and one blend, where compilers make four pieces of
/// Swift's masks.
static inline __attribute__((always_inline)) kindred_double8 kindred_where_less(
    kindred_double8 a, kindred_double8 b, kindred_double8 x, kindred_double8 y) {
    const kindred_mask8 mask = a < b;
    return (kindred_double8)(((kindred_mask8)x & mask) | ((kindred_mask8)y & ~mask));
}

typedef float kindred_float16 __attribute__((ext_vector_type(16)));

/// The first and the last eight lanes in double.
static inline __attribute__((always_inline)) kindred_double8 kindred_low_widened(kindred_float16 x) {
    return __builtin_convertvector(x.lo, kindred_double8);
}
static inline __attribute__((always_inline)) kindred_double8 kindred_high_widened(kindred_float16 x) {
    return __builtin_convertvector(x.hi, kindred_double8);
}

// Keeps a vector whole. A macro: a call of one C function from another with such a vector is an error where the target has
// no vectors of that size.
#ifdef __AVX512F__
#define KINDRED_KEEP_WHOLE(x) __asm__("" : "+v"(x))
#else
#define KINDRED_KEEP_WHOLE(x)
#endif

/// The same vector, which compilers then do not take apart to sum its halves: they would first multiply piece by piece.
static inline __attribute__((always_inline)) kindred_double8 kindred_whole(kindred_double8 x) {
    KINDRED_KEEP_WHOLE(x);
    return x;
}

/// The sum of each of eight vectors, side by side: fewer steps than eight sums of their own.
static inline __attribute__((always_inline)) kindred_double8 kindred_totals(
    kindred_double8 a, kindred_double8 b, kindred_double8 c, kindred_double8 d, kindred_double8 e, kindred_double8 f,
    kindred_double8 g, kindred_double8 h) {
#define NEIGHBOURS(x, y) \
    (__builtin_shufflevector(x, y, 0, 8, 2, 10, 4, 12, 6, 14) + __builtin_shufflevector(x, y, 1, 9, 3, 11, 5, 13, 7, 15))
#define QUARTERS(x, y) \
    (__builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13) + __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14, 15))
    KINDRED_KEEP_WHOLE(a);
    KINDRED_KEEP_WHOLE(b);
    KINDRED_KEEP_WHOLE(c);
    KINDRED_KEEP_WHOLE(d);
    KINDRED_KEEP_WHOLE(e);
    KINDRED_KEEP_WHOLE(f);
    KINDRED_KEEP_WHOLE(g);
    KINDRED_KEEP_WHOLE(h);
    kindred_double8 ab = NEIGHBOURS(a, b), cd = NEIGHBOURS(c, d), ef = NEIGHBOURS(e, f), gh = NEIGHBOURS(g, h);
    kindred_double8 abcd = QUARTERS(ab, cd), efgh = QUARTERS(ef, gh);
#undef NEIGHBOURS
#undef QUARTERS
    return __builtin_shufflevector(abcd, efgh, 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(abcd, efgh, 4, 5, 6, 7, 12, 13, 14, 15);
}

typedef _Bool kindred_bool8 __attribute__((ext_vector_type(8)));

/// One bit for each lane in which `lower < x < upper`, the first lane's lowest.
static inline __attribute__((always_inline)) unsigned char kindred_between(
    kindred_double8 x, kindred_double8 lower, kindred_double8 upper) {
    kindred_bool8 isBetween = __builtin_convertvector((x > lower) & (x < upper), kindred_bool8);
    return __builtin_bit_cast(unsigned char, isBetween);
}

#endif
