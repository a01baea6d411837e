// OpenCL 1.2 by its own names, without linking to any OpenCL library.
//
// Each function used here is defined in opencl.c and forwards to the library that is found when the first of them is
// called. All are hidden: the program exports no `cl*` symbol, so that other libraries still bind to the real loader.
#ifndef KINDRED_COPENCL_H
#define KINDRED_COPENCL_H

#define CL_TARGET_OPENCL_VERSION 120

// Everything that cl.h includes comes first, outside the push: only OpenCL's own functions are to be hidden.
#include <CL/cl_version.h>
#include <CL/cl_platform.h>

#pragma GCC visibility push(hidden)
#include <CL/cl.h>

/// The status of a call when there is no OpenCL library: what a loader without platforms returns.
#define KINDRED_CL_PLATFORM_NOT_FOUND (-1001)
/// The status of a call to a function that the OpenCL library at hand does not have.
#define KINDRED_CL_FUNCTION_MISSING (-9001)

/// The value of the environment variable KINDRED_OPENCL decides which library is looked for: `none` none at all, any
/// other text the library of that name or path, nothing or an empty text the system's loader.
///
/// Writes the names to try, in order, into `names` and returns how many there are: 0, 1 or 2.
int kindred_opencl_library_names(const char *setting, const char *names[2]);

/// The name of the library that calls go to, or NULL when there is none. Loads it if no call has done so yet.
const char *kindred_opencl_library(void);

/// Where that library has its own function of this name, or NULL.
const void *kindred_opencl_function(const char *name);

/// Has calls counted from now on, from zero, and takes away all faults. To be called before any other function here,
/// and later only while no call is under way: a library that is in use unwatched stays so.
void kindred_opencl_watch(void);

/// Makes the `call`th call of the function `name` since the watch began, counted from 1, return `status`; with `lasts`
/// every later call too. The name `any` counts the calls of all functions together.
///
/// Such a call is not made, except that what waits or releases does so before it is said to have failed: a command that
/// a driver has given up no longer runs, and what it held is free.
///
/// Returns 0, and plants nothing, when no such function is called or there is no room for another fault.
int kindred_opencl_plant(const char *name, long call, int lasts, cl_int status);

/// The name of a function that is called here, by its place from 0 on; NULL behind the last.
const char *kindred_opencl_name(int place);

/// How often the function at `place` was called since the watch began, and how many of these calls the library carried
/// out and called a success.
long kindred_opencl_calls(int place);
long kindred_opencl_successes(int place);
#pragma GCC visibility pop

#endif
