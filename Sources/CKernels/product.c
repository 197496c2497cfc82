// A block of a matrix product in registers. Every element is summed in the same order, wherever it lies.
#include "dispatch.h"
#include "include/ckernels.h"

#define T float
#define NAME product32
#define LANES 4
#define ROWS 6
#define FORM portable
#include "product_template.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define ROWS 6
#define FORM avx2
#include "product_template.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#define LANES 16
#define ROWS 12
#define FORM avx512
#include "product_template.h"
#pragma clang attribute pop
#endif

int wb_product_form(void) { return wb_form(); }

ptrdiff_t wb_product_rows_f32(int form) { WB_CHOOSE(form, return product32_rows) }
ptrdiff_t wb_product_columns_f32(int form) { WB_CHOOSE(form, return product32_columns) }
void wb_product_f32(
    int form, const float *a, const float *b, ptrdiff_t depth, float *c, ptrdiff_t stride, ptrdiff_t rows,
    ptrdiff_t columns
) {
    WB_CHOOSE(form, product32, a, b, depth, c, stride, rows, columns)
}
