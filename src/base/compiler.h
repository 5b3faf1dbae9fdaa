/* SPDX-License-Identifier: ISC */
/* Attributes and hints for the compiler, used in all layers. */
#pragma once

#include <stddef.h>

#define MUSTCHECK        __attribute__((warn_unused_result))
#define PRINTFLIKE(f, a) __attribute__((format(printf, f, a)))
/* No pointer parameter of a function with this mark may be NULL. */
#define NONNULL           __attribute__((nonnull))
#define NONNULL_ARGS(...) __attribute__((nonnull(__VA_ARGS__)))
#define UNUSED            __attribute__((unused))

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The structure of type `type` whose member `member` is at `ptr`. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
