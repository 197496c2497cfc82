// The loops of depthwise.c for one element type T, one vector width LANES and one name FORM.
typedef T WB_NAME(vector, FORM) __attribute__((vector_size(LANES * sizeof(T)), aligned(sizeof(T)), may_alias));
#define V WB_NAME(vector, FORM)
#define ROWS 4

// `rows` (1 or ROWS) output rows and `width` (1 or 2) vectors of each, held in registers over all taps.
__attribute__((always_inline)) static inline void WB_NAME(block, FORM)(
    const wb_depthwise *s, const T *plane, const T *weights, T bias, T *out, ptrdiff_t x, const int rows, const int width
) {
    V sums[ROWS][2];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < width; v++) sums[r][v] = (V){} + bias;
    const ptrdiff_t between = s->rowStep * s->rowStride;
    for (ptrdiff_t i = 0; i < s->kernelHeight; i++) {
        const T *row = plane + i * s->tapStep * s->rowStride + x;
        for (ptrdiff_t j = 0; j < s->kernelWidth; j++) {
            const T weight = weights[i * s->kernelWidth + j];
            const T *from = row + s->columns[j];
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
                for (int v = 0; v < width; v++)
                    sums[r][v] += *(const V *)(from + r * between + v * LANES) * weight;
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < width; v++) {
            ptrdiff_t at = x + v * LANES;
            T *to = out + r * s->outWidth + at;
            if (at + LANES <= s->outWidth) {
                *(V *)to = sums[r][v];
            } else {
                for (ptrdiff_t k = 0; k < s->outWidth - at; k++) to[k] = sums[r][v][k];
            }
        }
}

__attribute__((always_inline)) static inline void WB_NAME(rows, FORM)(
    const wb_depthwise *s, const T *plane, const T *weights, T bias, T *out, const int rows
) {
    ptrdiff_t x = 0;
    for (; x + LANES < s->outWidth; x += 2 * LANES) WB_NAME(block, FORM)(s, plane, weights, bias, out, x, rows, 2);
    if (x < s->outWidth) WB_NAME(block, FORM)(s, plane, weights, bias, out, x, rows, 1);
}

static void WB_NAME(NAME, FORM)(const wb_depthwise *s, const T *plane, const T *weights, T bias, T *out) {
    ptrdiff_t y = 0;
    const ptrdiff_t between = s->rowStep * s->rowStride;
    for (; y + ROWS <= s->outHeight; y += ROWS)
        WB_NAME(rows, FORM)(s, plane + y * between, weights, bias, out + y * s->outWidth, ROWS);
    for (; y < s->outHeight; y++)
        WB_NAME(rows, FORM)(s, plane + y * between, weights, bias, out + y * s->outWidth, 1);
}
#undef V
#undef ROWS
#undef LANES
#undef FORM
