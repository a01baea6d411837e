#include "CCLBlast.h"

#define CL_TARGET_OPENCL_VERSION 120
#include <clblast_c.h>
#include <dlfcn.h>
#include <pthread.h>

// The entry points have the types of clblast_c.h. They exist since CLBlast 1.4.
static struct {
    void *library;
    __typeof__(&CLBlastDgemmStridedBatched) multiply_double;
    __typeof__(&CLBlastSgemmStridedBatched) multiply_float;
} found;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    found.library = dlopen("libclblast.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!found.library) {
        return;
    }
    found.multiply_double =
        (__typeof__(found.multiply_double))dlsym(found.library, "CLBlastDgemmStridedBatched");
    found.multiply_float = (__typeof__(found.multiply_float))dlsym(found.library, "CLBlastSgemmStridedBatched");
}

int kindred_clblast_shares(const void *finish) {
    pthread_once(&once, load);
    // Through CLBlast's handle, a name is looked for in the libraries that it is bound to.
    return found.multiply_double && found.multiply_float && finish && dlsym(found.library, "clFinish") == finish;
}

#define MULTIPLY(name, scalar) \
    int kindred_clblast_##name( \
        size_t m, size_t n, size_t k, void *a, size_t a_first, void *b, void *c, size_t c_first, size_t count, \
        void *queue, void *event) { \
        pthread_once(&once, load); \
        if (!found.name) { \
            return KINDRED_CLBLAST_NOT_FOUND; \
        } \
        cl_command_queue own_queue = queue; \
        return found.name( \
            CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeYes, m, n, k, (scalar)1, a, a_first, k, m * k, b, \
            0, k, 0, (scalar)0, c, c_first, n, m * n, count, &own_queue, event); \
    }

MULTIPLY(multiply_double, double)
MULTIPLY(multiply_float, float)
