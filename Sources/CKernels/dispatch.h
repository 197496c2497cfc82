// Which form of a kernel to run, and the names of the three forms.
#ifndef WEIGHTBRIDGE_DISPATCH_H
#define WEIGHTBRIDGE_DISPATCH_H

int wb_form(void);

#define WB_GLUE(a, b) a##_##b
#define WB_NAME(a, b) WB_GLUE(a, b)

#if defined(__x86_64__)
#define WB_CHOOSE(form, name, ...)                       \
    switch (form) {                                      \
    case 2: name##_avx512(__VA_ARGS__); break;           \
    case 1: name##_avx2(__VA_ARGS__); break;             \
    default: name##_portable(__VA_ARGS__);               \
    }
#else
#define WB_CHOOSE(form, name, ...) name##_portable(__VA_ARGS__)
#endif
#define WB_DISPATCH(name, ...) WB_CHOOSE(wb_form(), name, __VA_ARGS__)
#endif
