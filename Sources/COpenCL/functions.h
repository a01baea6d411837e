// The table of OpenCL's functions that opencl.c fills and faults.c can stand in front of.
#ifndef KINDRED_FUNCTIONS_H
#define KINDRED_FUNCTIONS_H

#include "COpenCL.h"

// The functions this project calls: `STATUS` ones return a status, `OBJECT` ones an object and write the status through
// their last parameter, which is always called `status` here. Parameters have the types of cl.h, or this does not
// compile.
#define FUNCTIONS(STATUS, OBJECT) \
    STATUS(clGetPlatformIDs, (cl_uint capacity, cl_platform_id *platforms, cl_uint *count), \
        (capacity, platforms, count)) \
    STATUS(clGetPlatformInfo, \
        (cl_platform_id platform, cl_platform_info name, size_t capacity, void *value, size_t *size), \
        (platform, name, capacity, value, size)) \
    STATUS(clGetDeviceIDs, \
        (cl_platform_id platform, cl_device_type type, cl_uint capacity, cl_device_id *devices, cl_uint *count), \
        (platform, type, capacity, devices, count)) \
    STATUS(clGetDeviceInfo, (cl_device_id device, cl_device_info name, size_t capacity, void *value, size_t *size), \
        (device, name, capacity, value, size)) \
    OBJECT(cl_context, clCreateContext, \
        (const cl_context_properties *properties, cl_uint device_count, const cl_device_id *devices, \
            void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *data, cl_int *status), \
        (properties, device_count, devices, notify, data, status)) \
    STATUS(clReleaseContext, (cl_context context), (context)) \
    OBJECT(cl_command_queue, clCreateCommandQueue, \
        (cl_context context, cl_device_id device, cl_command_queue_properties properties, cl_int *status), \
        (context, device, properties, status)) \
    STATUS(clReleaseCommandQueue, (cl_command_queue queue), (queue)) \
    STATUS(clFlush, (cl_command_queue queue), (queue)) \
    STATUS(clFinish, (cl_command_queue queue), (queue)) \
    OBJECT(cl_mem, clCreateBuffer, \
        (cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *status), \
        (context, flags, size, host, status)) \
    STATUS(clReleaseMemObject, (cl_mem memory), (memory)) \
    STATUS(clEnqueueReadBuffer, \
        (cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size, void *host, \
            cl_uint wait_count, const cl_event *waits, cl_event *event), \
        (queue, memory, blocking, offset, size, host, wait_count, waits, event)) \
    STATUS(clEnqueueWriteBuffer, \
        (cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size, const void *host, \
            cl_uint wait_count, const cl_event *waits, cl_event *event), \
        (queue, memory, blocking, offset, size, host, wait_count, waits, event)) \
    STATUS(clEnqueueReadBufferRect, \
        (cl_command_queue queue, cl_mem memory, cl_bool blocking, const size_t *origin, const size_t *host_origin, \
            const size_t *region, size_t row_pitch, size_t slice_pitch, size_t host_row_pitch, \
            size_t host_slice_pitch, void *host, cl_uint wait_count, const cl_event *waits, cl_event *event), \
        (queue, memory, blocking, origin, host_origin, region, row_pitch, slice_pitch, host_row_pitch, \
            host_slice_pitch, host, wait_count, waits, event)) \
    STATUS(clEnqueueWriteBufferRect, \
        (cl_command_queue queue, cl_mem memory, cl_bool blocking, const size_t *origin, const size_t *host_origin, \
            const size_t *region, size_t row_pitch, size_t slice_pitch, size_t host_row_pitch, \
            size_t host_slice_pitch, const void *host, cl_uint wait_count, const cl_event *waits, cl_event *event), \
        (queue, memory, blocking, origin, host_origin, region, row_pitch, slice_pitch, host_row_pitch, \
            host_slice_pitch, host, wait_count, waits, event)) \
    STATUS(clEnqueueFillBuffer, \
        (cl_command_queue queue, cl_mem memory, const void *pattern, size_t pattern_size, size_t offset, \
            size_t size, cl_uint wait_count, const cl_event *waits, cl_event *event), \
        (queue, memory, pattern, pattern_size, offset, size, wait_count, waits, event)) \
    STATUS(clEnqueueNDRangeKernel, \
        (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset, const size_t *global, \
            const size_t *local, cl_uint wait_count, const cl_event *waits, cl_event *event), \
        (queue, kernel, dimensions, offset, global, local, wait_count, waits, event)) \
    STATUS(clWaitForEvents, (cl_uint count, const cl_event *events), (count, events)) \
    STATUS(clGetEventInfo, (cl_event event, cl_event_info name, size_t capacity, void *value, size_t *size), \
        (event, name, capacity, value, size)) \
    STATUS(clReleaseEvent, (cl_event event), (event)) \
    OBJECT(cl_program, clCreateProgramWithSource, \
        (cl_context context, cl_uint count, const char **texts, const size_t *lengths, cl_int *status), \
        (context, count, texts, lengths, status)) \
    OBJECT(cl_program, clCreateProgramWithBinary, \
        (cl_context context, cl_uint device_count, const cl_device_id *devices, const size_t *lengths, \
            const unsigned char **binaries, cl_int *binary_status, cl_int *status), \
        (context, device_count, devices, lengths, binaries, binary_status, status)) \
    STATUS(clBuildProgram, \
        (cl_program program, cl_uint device_count, const cl_device_id *devices, const char *options, \
            void(CL_CALLBACK *notify)(cl_program, void *), void *data), \
        (program, device_count, devices, options, notify, data)) \
    STATUS(clGetProgramInfo, (cl_program program, cl_program_info name, size_t capacity, void *value, size_t *size), \
        (program, name, capacity, value, size)) \
    STATUS(clGetProgramBuildInfo, \
        (cl_program program, cl_device_id device, cl_program_build_info name, size_t capacity, void *value, \
            size_t *size), \
        (program, device, name, capacity, value, size)) \
    STATUS(clReleaseProgram, (cl_program program), (program)) \
    OBJECT(cl_kernel, clCreateKernel, (cl_program program, const char *name, cl_int *status), \
        (program, name, status)) \
    STATUS(clReleaseKernel, (cl_kernel kernel), (kernel)) \
    STATUS(clSetKernelArg, (cl_kernel kernel, cl_uint index, size_t size, const void *value), \
        (kernel, index, size, value)) \
    STATUS(clGetKernelWorkGroupInfo, \
        (cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info name, size_t capacity, void *value, \
            size_t *size), \
        (kernel, device, name, capacity, value, size))

#define STATUS_POINTER(name, parameters, arguments) __typeof__(&name) name;
#define OBJECT_POINTER(type, name, parameters, arguments) STATUS_POINTER(name, parameters, arguments)

/// Where each function is in the OpenCL library, NULL where it has none.
struct kindred_functions {
    FUNCTIONS(STATUS_POINTER, OBJECT_POINTER)
};

#pragma GCC visibility push(hidden)
/// Puts functions that count calls, and make those fail that faults are planted for, in the place of these, if
/// `kindred_opencl_watch` asked for it.
void kindred_watch(struct kindred_functions *functions);
#pragma GCC visibility pop

#endif
