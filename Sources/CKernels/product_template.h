// The loop of product.c for one element type T, one vector width LANES, one height ROWS and one name FORM.
typedef T WB_NAME(lanes, FORM) __attribute__((vector_size(LANES * sizeof(T)), aligned(sizeof(T)), may_alias));
#define V WB_NAME(lanes, FORM)

static ptrdiff_t WB_NAME(WB_NAME(NAME, rows), FORM)(void) { return ROWS; }
static ptrdiff_t WB_NAME(WB_NAME(NAME, columns), FORM)(void) { return 2 * LANES; }

static void WB_NAME(NAME, FORM)(
    const T *a, const T *b, ptrdiff_t depth, T *c, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns
) {
    V sums[ROWS][2];
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) sums[r][0] = sums[r][1] = (V){};
    for (ptrdiff_t k = 0; k < depth; k++) {
        const V left = *(const V *)(b + k * 2 * LANES);
        const V right = *(const V *)(b + k * 2 * LANES + LANES);
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; r++) {
            const T factor = a[k * ROWS + r];
            sums[r][0] += left * factor;
            sums[r][1] += right * factor;
        }
    }
    if (rows == ROWS && columns == 2 * LANES) {
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; r++) {
            *(V *)(c + r * stride) += sums[r][0];
            *(V *)(c + r * stride + LANES) += sums[r][1];
        }
        return;
    }
    T all[ROWS][2 * LANES];
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
        *(V *)all[r] = sums[r][0];
        *(V *)(all[r] + LANES) = sums[r][1];
    }
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t column = 0; column < columns; column++) c[r * stride + column] += all[r][column];
}
#undef V
#undef LANES
#undef ROWS
#undef FORM
