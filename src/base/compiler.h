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

/* 1 in builds with that sanitizer, of gcc or of clang. */
#if defined(__has_feature)
#define HAS_FEATURE(x) __has_feature(x)
#else
#define HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define HAS_ASAN 1
#else
#define HAS_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#define HAS_TSAN 1
#else
#define HAS_TSAN 0
#endif

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The structure of type `type` whose member `member` is at `ptr`. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
