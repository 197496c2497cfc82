// The loops of elementwise.c for one name FORM and the instruction set in force. The compiler makes the vectors.
#define WB_BINARY(T, suffix)                                                                                  \
    static void WB_NAME(binary##suffix, FORM)(                                                                \
        int op, const T *a, int stepA, const T *b, int stepB, T *out, ptrdiff_t count) {                      \
        switch (op) {                                                                                         \
        case 0: WB_LOOP(T, +) break;                                                                          \
        case 1: WB_LOOP(T, -) break;                                                                          \
        case 2: WB_LOOP(T, *) break;                                                                          \
        default: WB_LOOP(T, /)                                                                                \
        }                                                                                                     \
    }
#define WB_LOOP(T, OP)                                                                                        \
    if (stepA && stepB) {                                                                                     \
        for (ptrdiff_t i = 0; i < count; i++) out[i] = a[i] OP b[i];                                          \
    } else if (stepA) {                                                                                       \
        const T right = *b;                                                                                   \
        for (ptrdiff_t i = 0; i < count; i++) out[i] = a[i] OP right;                                         \
    } else if (stepB) {                                                                                       \
        const T left = *a;                                                                                    \
        for (ptrdiff_t i = 0; i < count; i++) out[i] = left OP b[i];                                          \
    } else {                                                                                                  \
        const T both = count > 0 ? *a OP *b : 0;                                                              \
        for (ptrdiff_t i = 0; i < count; i++) out[i] = both;                                                  \
    }
#define WB_SIMPLE(T, suffix)                                                                                  \
    static void WB_NAME(scale##suffix, FORM)(const T *x, T scale, T shift, T *out, ptrdiff_t count) {         \
        for (ptrdiff_t i = 0; i < count; i++) out[i] = x[i] * scale + shift;                                  \
    }                                                                                                         \
    static void WB_NAME(relu##suffix, FORM)(const T *x, T *out, ptrdiff_t count) {                            \
        for (ptrdiff_t i = 0; i < count; i++) out[i] = x[i] < 0 ? 0 : x[i];                                   \
    }
WB_BINARY(float, 32)
WB_BINARY(double, 64)
WB_SIMPLE(float, 32)
WB_SIMPLE(double, 64)
#undef WB_BINARY
#undef WB_LOOP
#undef WB_SIMPLE

static void WB_NAME(erf32, FORM)(const float *x, float *out, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)wb_erf(x[i]);
}

static void WB_NAME(gelu32, FORM)(const float *x, float *out, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) {
        const double value = x[i];
        out[i] = (float)(0.5 * value * (1 + wb_erf(value * 0x1.6a09e667f3bcdp-1)));
    }
}
#undef FORM
