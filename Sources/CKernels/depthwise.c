// One input channel makes one output channel: direct convolution, several output rows at a time in registers.
#include "dispatch.h"
#include "include/ckernels.h"

#define T float
#define NAME depthwise32
#define LANES 4
#define FORM portable
#include "depthwise_template.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define FORM avx2
#include "depthwise_template.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#define LANES 16
#define FORM avx512
#include "depthwise_template.h"
#pragma clang attribute pop
#endif

void wb_depthwise_f32(const wb_depthwise *shape, const float *plane, const float *weights, float bias, float *out) {
    WB_DISPATCH(depthwise32, shape, plane, weights, bias, out)
}
