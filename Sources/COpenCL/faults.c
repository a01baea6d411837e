#include "functions.h"

#include <stdatomic.h>
#include <string.h>

// One place for each function, and one for all of them together.
#define STATUS_PLACE(name, parameters, arguments) place_of_##name,
#define OBJECT_PLACE(type, name, parameters, arguments) STATUS_PLACE(name, parameters, arguments)
enum { FUNCTIONS(STATUS_PLACE, OBJECT_PLACE) any, place_count };

#define STATUS_NAME(name, parameters, arguments) #name,
#define OBJECT_NAME(type, name, parameters, arguments) STATUS_NAME(name, parameters, arguments)
static const char *const names[place_count] = {FUNCTIONS(STATUS_NAME, OBJECT_NAME) "any"};

static struct fault {
    int place;
    long call;
    int lasts;
    cl_int status;
} faults[16];
static int fault_count;

static int is_watching;
static struct kindred_functions library;
static atomic_long calls[place_count];
static atomic_long successes[place_count];

void kindred_opencl_watch(void) {
    is_watching = 1;
    fault_count = 0;
    for (int place = 0; place < place_count; place++) {
        calls[place] = 0;
        successes[place] = 0;
    }
}

int kindred_opencl_plant(const char *name, long call, int lasts, cl_int status) {
    for (int place = 0; place < place_count; place++) {
        if (strcmp(names[place], name) == 0 && fault_count < (int)(sizeof faults / sizeof *faults)) {
            faults[fault_count++] = (struct fault){place, call, lasts, status};
            return 1;
        }
    }
    return 0;
}

const char *kindred_opencl_name(int place) { return place >= 0 && place < any ? names[place] : NULL; }
long kindred_opencl_calls(int place) { return calls[place]; }
long kindred_opencl_successes(int place) { return successes[place]; }

// Counts a call. The status that is planted for it, or CL_SUCCESS.
static cl_int planted(int place) {
    const long call = atomic_fetch_add(&calls[place], 1) + 1;
    const long of_any = atomic_fetch_add(&calls[any], 1) + 1;
    for (int index = 0; index < fault_count; index++) {
        const struct fault *fault = &faults[index];
        const long count = fault->place == place ? call : fault->place == any ? of_any : 0;
        if (count == fault->call || (fault->lasts && count > fault->call)) {
            return fault->status;
        }
    }
    return CL_SUCCESS;
}

// Whether a function waits or releases: then it does so also where it is to fail.
static int lets_go(const char *name) {
    return strncmp(name, "clRelease", 9) == 0 || strcmp(name, "clFinish") == 0 || strcmp(name, "clWaitForEvents") == 0;
}

static void count_success(int place, cl_int status) {
    if (status == CL_SUCCESS) {
        atomic_fetch_add(&successes[place], 1);
    }
}

#define STATUS_WATCHED(name, parameters, arguments) \
    static cl_int watched_##name parameters { \
        const cl_int fault = planted(place_of_##name); \
        if (fault != CL_SUCCESS && !lets_go(#name)) { \
            return fault; \
        } \
        const cl_int result = library.name arguments; \
        count_success(place_of_##name, result); \
        return fault != CL_SUCCESS ? fault : result; \
    }
#define OBJECT_WATCHED(type, name, parameters, arguments) \
    static type watched_##name parameters { \
        cl_int own_status; \
        if (!status) { \
            status = &own_status; \
        } \
        const cl_int fault = planted(place_of_##name); \
        if (fault != CL_SUCCESS) { \
            *status = fault; \
            return NULL; \
        } \
        type object = library.name arguments; \
        count_success(place_of_##name, *status); \
        return object; \
    }

FUNCTIONS(STATUS_WATCHED, OBJECT_WATCHED)

#define STATUS_REPLACE(name, parameters, arguments) functions->name = library.name ? watched_##name : NULL;
#define OBJECT_REPLACE(type, name, parameters, arguments) STATUS_REPLACE(name, parameters, arguments)

void kindred_watch(struct kindred_functions *functions) {
    if (is_watching) {
        library = *functions;
        FUNCTIONS(STATUS_REPLACE, OBJECT_REPLACE)
    }
}
