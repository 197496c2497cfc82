// The same as depthwise.c, in double.
#include "dispatch.h"
#include "include/ckernels.h"

#define T double
#define NAME depthwise64
#define LANES 2
#define FORM portable
#include "depthwise_template.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 4
#define FORM avx2
#include "depthwise_template.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#define LANES 8
#define FORM avx512
#include "depthwise_template.h"
#pragma clang attribute pop
#endif

void wb_depthwise_f64(const wb_depthwise *shape, const double *plane, const double *weights, double bias, double *out) {
    WB_DISPATCH(depthwise64, shape, plane, weights, bias, out)
}
