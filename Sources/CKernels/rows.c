// Functions of rows of numbers. Everything is computed in double with relative errors below 1e-11 and rounded once.
#include "dispatch.h"
#include "include/ckernels.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

// Sums and maxima are kept in this many parts, so that the loops make vectors without changing their results.
enum { WB_LANES = 16 };
// Exponentials of a row up to this length are kept between summing and dividing; those of longer rows are made twice.
enum { WB_ROW = 2048 };

// 2^n times the series of e^r to the tenth power, |r| <= ln 2 / 2; the relative error is below 3e-13. Beyond ±708 the
// result is that of ±708, which rounds to 0 or stands for infinity in float.
__attribute__((always_inline)) static inline double wb_exp(double x) {
    const double a = x < -708 ? -708 : x > 708 ? 708 : x;
    const double shifted = a * 0x1.71547652b82fep0 + 0x1.8p52;
    const double n = shifted - 0x1.8p52;
    const double r = (a - n * 0x1.62e42fefa3800p-1) - n * 0x1.ef35793c76730p-45;
    double p = 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 52) + ((uint64_t)1023 << 52);
    double power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

// (1 - e^-2|x|) / (1 + e^-2|x|), and near 0, where that cancels, the series to the seventh power.
__attribute__((always_inline)) static inline double wb_tanh(double x) {
    const double y = fabs(x);
    const double e = wb_exp(-2 * y);
    const double s = y * y;
    const double near = y * (1 + s * (-1.0 / 3 + s * (2.0 / 15 + s * (-17.0 / 315))));
    const double far = (1 - e) / (1 + e);
    return copysign(y < 0.02 ? near : far, x);
}

#define TEMPLATE "rows_template.h"
#include "forms.h"

void wb_exp_f32(const float *x, float *out, ptrdiff_t count) { WB_DISPATCH(exp32, x, out, count) }
void wb_sigmoid_f32(const float *x, float *out, ptrdiff_t count) { WB_DISPATCH(sigmoid32, x, out, count) }
void wb_tanh_f32(const float *x, float *out, ptrdiff_t count) { WB_DISPATCH(tanh32, x, out, count) }
void wb_softmax_f32(const float *x, float *out, ptrdiff_t count, float empty) {
    WB_DISPATCH(softmax32, x, out, count, empty)
}
