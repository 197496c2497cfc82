#include "dispatch.h"
#include "include/ckernels.h"
#include <stdatomic.h>

static atomic_int forced = -1;

static int best(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return 2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
    return 0;
}

int wb_form(void) {
    static atomic_int found = -1;
    int form = atomic_load_explicit(&forced, memory_order_relaxed);
    if (form >= 0) return form;
    form = atomic_load_explicit(&found, memory_order_relaxed);
    if (form < 0) {
        form = best();
        atomic_store_explicit(&found, form, memory_order_relaxed);
    }
    return form;
}

const char *wb_kernel_form(void) {
    switch (wb_form()) {
    case 2: return "avx512";
    case 1: return "avx2";
    default: return "portable";
    }
}

void wb_force_kernel_form(int form) {
    int limit = best();
    atomic_store(&forced, form > limit ? limit : form);
}
