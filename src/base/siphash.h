/* SPDX-License-Identifier: ISC */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed function that is a MAC for short texts,
 * unlike hash.h. As bytes, the 64-bit result is little-endian.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum { SIPHASH_KEY_LEN = 16, SIPHASH_LEN = 8 };

uint64_t siphash(const uint8_t key[SIPHASH_KEY_LEN], const void *bytes, size_t len) NONNULL;
