// Makes the three forms of the kernels in TEMPLATE: portable, AVX2, AVX-512. FORM is the suffix of their names.
#define FORM portable
#include TEMPLATE
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define FORM avx2
#include TEMPLATE
#pragma clang attribute pop
#pragma clang attribute push(                                                                                        \
    __attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#define FORM avx512
#include TEMPLATE
#pragma clang attribute pop
#endif
