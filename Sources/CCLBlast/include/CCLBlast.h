// The products of CLBlast that this project uses, without linking to it.
//
// CLBlast is looked for when the first of these functions is called. Its absence is a normal case. OpenCL's objects are
// passed as plain pointers, so that this module needs no OpenCL header of its own.
#ifndef KINDRED_CCLBLAST_H
#define KINDRED_CCLBLAST_H

#include <stddef.h>

/// The status of a product when there is no CLBlast.
#define KINDRED_CLBLAST_NOT_FOUND (-9002)

/// Whether CLBlast is there and calls the OpenCL library whose `clFinish` this is: only then does it take its objects.
int kindred_clblast_shares(const void *finish);

/// Enqueues `C_i = A_i B'` for `count` matrices, all by rows: `A_i` of m x k and `C_i` of m x n one behind the other,
/// beginning `a_first` and `c_first` values into their buffers, and `B` of n x k. Returns OpenCL's or CLBlast's status.
///
/// `queue` is a cl_command_queue; `event` points to a cl_event.
int kindred_clblast_multiply_double(
    size_t m, size_t n, size_t k, void *a, size_t a_first, void *b, void *c, size_t c_first, size_t count, void *queue,
    void *event);
int kindred_clblast_multiply_float(
    size_t m, size_t n, size_t k, void *a, size_t a_first, void *b, void *c, size_t c_first, size_t count, void *queue,
    void *event);

#endif
