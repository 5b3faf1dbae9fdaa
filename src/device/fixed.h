/* SPDX-License-Identifier: ISC */
/*
 * The fixed addresses of a name, from a rule of ontapd's, as words
 *
 *	addr=192.0.2.5/24,2001:db8::5/64  gateway=192.0.2.1,2001:db8::1
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "device/request.h"

/* Bytes that are enough for the text of all addresses, with its zero. */
enum { DEVICE_FIXED_CAP = LIMIT_DEVICE_FIXED_ADDRS * ADDR_TEXT_CAP };

struct device_fixed {
	struct device_addr at[LIMIT_DEVICE_FIXED_ADDRS];
	size_t count;                   /* 0: none */
	struct addr gateway4, gateway6; /* ADDR_NONE: none */
};

/* True if the word is one of those that are read here, by its beginning. */
bool device_fixed_is_word(const char *word) NONNULL;

/* Adds what the word says. Returns what is wrong with it, for people, or NULL. Static storage. */
const char *device_fixed_add(struct device_fixed *f, const char *word) NONNULL MUSTCHECK;

/* Checks what all words together say. Returns what is wrong, or NULL. Static storage. */
const char *device_fixed_check(const struct device_fixed *f) NONNULL MUSTCHECK;

/* Returns an address that both have, or NULL. Borrowed from `f`. */
const struct addr *device_fixed_common(
	const struct device_fixed *f, const struct device_fixed *other) NONNULL;

/* Writes "192.0.2.5/24,2001:db8::5/64" to `out`, which has DEVICE_FIXED_CAP bytes. Returns `out`. */
const char *device_fixed_format(const struct device_fixed *f, char *out) NONNULL;
