#include "functions.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *library;
    void *handle;
    struct kindred_functions functions;
} found;

static pthread_once_t once = PTHREAD_ONCE_INIT;

int kindred_opencl_library_names(const char *setting, const char *names[2]) {
    if (setting && strcmp(setting, "none") == 0) {
        return 0;
    }
    if (setting && setting[0]) {
        names[0] = setting;
        return 1;
    }
    names[0] = "libOpenCL.so.1";
    names[1] = "libOpenCL.so";
    return 2;
}

static void load(void) {
    const char *names[2];
    int count = kindred_opencl_library_names(getenv("KINDRED_OPENCL"), names);
    void *library = NULL;
    for (int index = 0; index < count && !library; index++) {
        library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
        if (library) {
            found.library = strdup(names[index]);
        }
    }
    if (!library) {
        return;
    }
#define STATUS_FIND(name, parameters, arguments) found.functions.name = (__typeof__(&name))dlsym(library, #name);
#define OBJECT_FIND(type, name, parameters, arguments) STATUS_FIND(name, parameters, arguments)
    FUNCTIONS(STATUS_FIND, OBJECT_FIND)
    kindred_watch(&found.functions);
    found.handle = library;
}

const char *kindred_opencl_library(void) {
    pthread_once(&once, load);
    return found.library;
}

const void *kindred_opencl_function(const char *name) {
    pthread_once(&once, load);
    return found.handle ? dlsym(found.handle, name) : NULL;
}

// What a call returns that cannot be forwarded.
static cl_int absent(void) { return found.library ? KINDRED_CL_FUNCTION_MISSING : KINDRED_CL_PLATFORM_NOT_FOUND; }

#define STATUS_FORWARD(name, parameters, arguments) \
    cl_int name parameters { \
        pthread_once(&once, load); \
        return found.functions.name ? found.functions.name arguments : absent(); \
    }
#define OBJECT_FORWARD(type, name, parameters, arguments) \
    type name parameters { \
        pthread_once(&once, load); \
        if (found.functions.name) { \
            return found.functions.name arguments; \
        } \
        if (status) { \
            *status = absent(); \
        } \
        return NULL; \
    }

FUNCTIONS(STATUS_FORWARD, OBJECT_FORWARD)
