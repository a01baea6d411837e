#include "CMachine.h"

#include <limits.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

// 1 when a feature macro of the compiler is defined (as 1), else 0: usable inside an expression, so that the features
// below can be a list.
#define ENABLED(macro) ENABLED_(macro)
#define ENABLED_(value) ENABLED__(ENABLED_WHEN_##value)
#define ENABLED__(one_comma) ENABLED___(one_comma 1, 0, 0)
#define ENABLED___(first, second, ...) second
#define ENABLED_WHEN_1 0,

#if defined(__x86_64__)
#define BUILT_FOR_V2 (ENABLED(__SSE4_2__) && ENABLED(__POPCNT__))
#define BUILT_FOR_V3 (BUILT_FOR_V2 && ENABLED(__AVX2__) && ENABLED(__FMA__) && ENABLED(__BMI2__))
#define BUILT_FOR_V4 \
    (BUILT_FOR_V3 && ENABLED(__AVX512F__) && ENABLED(__AVX512BW__) && ENABLED(__AVX512DQ__) && ENABLED(__AVX512VL__))
#define BUILD_TARGET \
    (BUILT_FOR_V4 ? "x86-64-v4" : BUILT_FOR_V3 ? "x86-64-v3" : BUILT_FOR_V2 ? "x86-64-v2" : "x86-64")
#elif defined(__aarch64__)
#define BUILD_TARGET "arm64"
#else
#define BUILD_TARGET "other"
#endif

const char *kindred_build_target(void) { return BUILD_TARGET; }

void kindred_keep_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, INT_MAX);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

#if defined(__x86_64__)

// What compilers emit on their own once `-march` allows it, the common reasons first.
#define FEATURES(FEATURE) \
    FEATURE(__SSE3__, "sse3") \
    FEATURE(__SSSE3__, "ssse3") \
    FEATURE(__SSE4_1__, "sse4.1") \
    FEATURE(__SSE4_2__, "sse4.2") \
    FEATURE(__POPCNT__, "popcnt") \
    FEATURE(__AVX__, "avx") \
    FEATURE(__AVX2__, "avx2") \
    FEATURE(__FMA__, "fma") \
    FEATURE(__F16C__, "f16c") \
    FEATURE(__BMI__, "bmi") \
    FEATURE(__BMI2__, "bmi2") \
    FEATURE(__LZCNT__, "lzcnt") \
    FEATURE(__MOVBE__, "movbe") \
    FEATURE(__AVX512F__, "avx512f") \
    FEATURE(__AVX512CD__, "avx512cd") \
    FEATURE(__AVX512BW__, "avx512bw") \
    FEATURE(__AVX512DQ__, "avx512dq") \
    FEATURE(__AVX512VL__, "avx512vl") \
    FEATURE(__AVX512IFMA__, "avx512ifma") \
    FEATURE(__AVX512VBMI__, "avx512vbmi") \
    FEATURE(__AVX512VBMI2__, "avx512vbmi2") \
    FEATURE(__AVX512VNNI__, "avx512vnni") \
    FEATURE(__AVX512BITALG__, "avx512bitalg") \
    FEATURE(__AVX512VPOPCNTDQ__, "avx512vpopcntdq") \
    FEATURE(__AVX512BF16__, "avx512bf16") \
    FEATURE(__AVX512FP16__, "avx512fp16") \
    FEATURE(__GFNI__, "gfni")

// Compiled for the plainest CPU of the architecture: this code runs where the rest of the binary cannot.
#define PLAIN __attribute__((noinline, target("no-sse3,no-popcnt,no-bmi,no-bmi2,no-lzcnt,no-movbe")))

PLAIN static void append(char *line, size_t capacity, const char *text) {
    size_t length = 0;
    while (line[length]) {
        length++;
    }
    while (*text && length + 1 < capacity) {
        line[length++] = *text++;
    }
    line[length] = 0;
}

PLAIN static void refuse(const char *missing) {
    char line[256];
    line[0] = 0;
    append(line, sizeof line, "kindred: built for ");
    append(line, sizeof line, BUILD_TARGET);
    append(line, sizeof line, ", this CPU lacks ");
    append(line, sizeof line, missing);
    append(line, sizeof line, "; build it here with 'make'");
    if (BUILT_FOR_V4) {
        append(line, sizeof line, ", or use the 'make dist' build");
    }
    append(line, sizeof line, "\n");
    size_t length = 0;
    while (line[length]) {
        length++;
    }
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written;
    _exit(70);
}

PLAIN __attribute__((constructor(101))) static void check_cpu(void) {
    __builtin_cpu_init();
#define REQUIRE(macro, name) \
    if (ENABLED(macro) && !__builtin_cpu_supports(name)) { \
        refuse(name); \
    }
    FEATURES(REQUIRE)
}

void kindred_cpu_name(char *name, size_t capacity) {
    unsigned int words[13] = {0};
    unsigned int *word = words;
    for (unsigned int leaf = 0x80000002; leaf <= 0x80000004; leaf++, word += 4) {
        if (!__get_cpuid(leaf, word, word + 1, word + 2, word + 3)) {
            words[0] = 0;
            break;
        }
    }
    const char *text = (const char *)words;
    while (*text == ' ') {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ') {
        length--;
    }
    if (capacity == 0) {
        return;
    }
    if (length > capacity - 1) {
        length = capacity - 1;
    }
    memcpy(name, text, length);
    name[length] = 0;
}

#else

void kindred_cpu_name(char *name, size_t capacity) {
    if (capacity > 0) {
        name[0] = 0;
    }
}

#endif
