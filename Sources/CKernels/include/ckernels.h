// Hot loops that need SIMD. Each picks AVX-512, AVX2 or the portable form at run time.
#ifndef WEIGHTBRIDGE_CKERNELS_H
#define WEIGHTBRIDGE_CKERNELS_H
#include <stddef.h>
#include <stdint.h>

/// Elements that the widest vector of any form holds: rows of a padded plane carry this much slack.
enum { WB_LANES_F32 = 16, WB_LANES_F64 = 8 };

/// One plane of a depthwise convolution, already padded.
/// `plane` has rows of `rowStride` elements; a row is `strideX` segments, segment p holding columns p, p+strideX, ….
/// `columns[j]` is where tap j starts in a row, `rowStep` the rows between two outputs, `tapStep` between two taps.
/// Each segment must reach `outWidth` rounded up to the lanes of the type beyond the last tap's start.
/// out = bias + sum over i, j of weights[i][j] * plane[y*rowStep + i*tapStep][columns[j] + x]
typedef struct {
    ptrdiff_t rowStride, rowStep, tapStep, outHeight, outWidth, kernelHeight, kernelWidth;
    const ptrdiff_t *columns;
} wb_depthwise;
void wb_depthwise_f32(const wb_depthwise *shape, const float *plane, const float *weights, float bias, float *out);
void wb_depthwise_f64(const wb_depthwise *shape, const double *plane, const double *weights, double bias, double *out);

/// The form of the matrix product to use; asked for once, since the layout of the panels goes with it.
int wb_product_form(void);
/// A block of a matrix product is `wb_product_rows` × `wb_product_columns`; `a` holds a column of that height for every
/// step of `depth`, `b` a row of that width. c[row*stride + column] += sum over k of a[k][row] * b[k][column], of which
/// only the first `rows` and `columns` are written. Every element is summed in the order of k, wherever it lies.
void wb_product_f32(
    int form, const float *a, const float *b, ptrdiff_t depth, float *c, ptrdiff_t stride, ptrdiff_t rows,
    ptrdiff_t columns);
ptrdiff_t wb_product_rows_f32(int form);
ptrdiff_t wb_product_columns_f32(int form);
void wb_product_f64(
    int form, const double *a, const double *b, ptrdiff_t depth, double *c, ptrdiff_t stride, ptrdiff_t rows,
    ptrdiff_t columns);
ptrdiff_t wb_product_rows_f64(int form);
ptrdiff_t wb_product_columns_f64(int form);

/// out[i] = a[i*stepA] op b[i*stepB], steps 0 or 1; op: 0 add, 1 subtract, 2 multiply, 3 divide.
void wb_binary_f32(int op, const float *a, int stepA, const float *b, int stepB, float *out, ptrdiff_t count);
void wb_binary_f64(int op, const double *a, int stepA, const double *b, int stepB, double *out, ptrdiff_t count);

/// out[i] = x[i] * scale + shift, multiplied and added in the element's type.
void wb_scale_shift_f32(const float *x, float scale, float shift, float *out, ptrdiff_t count);
void wb_scale_shift_f64(const double *x, double scale, double shift, double *out, ptrdiff_t count);

/// out[i] = x[i] > 0 ? x[i] : 0, NaN kept.
void wb_relu_f32(const float *x, float *out, ptrdiff_t count);
void wb_relu_f64(const double *x, double *out, ptrdiff_t count);

/// The error function, at most 0.54 units in the last place off.
void wb_erf_f32(const float *x, float *out, ptrdiff_t count);
/// x/2 * (1 + erf(x / sqrt 2)), computed in double from `erf` with a relative error of 2.1e-9, rounded once.
void wb_gelu_f32(const float *x, float *out, ptrdiff_t count);

/// e^x, 1 / (1 + e^-x) and tanh x of every element, at most 0.51 units in the last place off. `out` may be `x`.
void wb_exp_f32(const float *x, float *out, ptrdiff_t count);
void wb_sigmoid_f32(const float *x, float *out, ptrdiff_t count);
void wb_tanh_f32(const float *x, float *out, ptrdiff_t count);
/// e^x[i] / sum of e^x, at most 0.51 units in the last place off; `empty` everywhere where all are -inf. A NaN or +inf
/// makes all NaN. `out` may be `x`.
void wb_softmax_f32(const float *x, float *out, ptrdiff_t count, float empty);

/// The form that runs here: "avx512", "avx2" or "portable".
const char *wb_kernel_form(void);
/// Makes the calls that follow use form 0 (portable), 1 (avx2) or 2 (avx512), if the processor has it; -1 undoes it.
void wb_force_kernel_form(int form);
#endif
