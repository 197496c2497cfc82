// The loops of rows.c for one name FORM and the instruction set in force. The compiler makes the vectors.
static void WB_NAME(exp32, FORM)(const float *x, float *out, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) {
        const float value = x[i];
        const float result = (float)wb_exp(value);
        out[i] = value > 89 ? INFINITY : result;
    }
}

static void WB_NAME(sigmoid32, FORM)(const float *x, float *out, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)(1 / (1 + wb_exp(-(double)x[i])));
}

static void WB_NAME(tanh32, FORM)(const float *x, float *out, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)wb_tanh(x[i]);
}

static void WB_NAME(softmax32, FORM)(const float *x, float *out, ptrdiff_t count, float empty) {
    float greatest[WB_LANES];
    for (int l = 0; l < WB_LANES; l++) greatest[l] = -INFINITY;
    ptrdiff_t i = 0;
    for (; i + WB_LANES <= count; i += WB_LANES)
        for (int l = 0; l < WB_LANES; l++) greatest[l] = x[i + l] > greatest[l] ? x[i + l] : greatest[l];
    for (; i < count; i++) greatest[0] = x[i] > greatest[0] ? x[i] : greatest[0];
    float most = -INFINITY;
    for (int l = 0; l < WB_LANES; l++) most = greatest[l] > most ? greatest[l] : most;
    // Nothing above -inf: either all are masked, or there is a NaN, which the sum below then shows.
    const double shift = most == -INFINITY ? 0 : most;
    double kept[WB_ROW];
    const int keeps = count <= WB_ROW;
    double sums[WB_LANES] = {0};
    for (i = 0; i + WB_LANES <= count; i += WB_LANES) {
        double values[WB_LANES];
        for (int l = 0; l < WB_LANES; l++) values[l] = wb_exp(x[i + l] - shift);
        for (int l = 0; l < WB_LANES; l++) sums[l] += values[l];
        if (keeps) memcpy(kept + i, values, sizeof values);
    }
    double sum = 0;
    for (; i < count; i++) {
        const double e = wb_exp(x[i] - shift);
        if (keeps) kept[i] = e;
        sum += e;
    }
    for (int l = 0; l < WB_LANES; l++) sum += sums[l];
    if (most == -INFINITY && sum == sum) {
        for (i = 0; i < count; i++) out[i] = empty;
        return;
    }
    const double factor = 1 / sum;
    if (keeps) {
        for (i = 0; i < count; i++) out[i] = (float)(kept[i] * factor);
    } else {
        for (i = 0; i < count; i++) out[i] = (float)(wb_exp(x[i] - shift) * factor);
    }
}
#undef FORM
