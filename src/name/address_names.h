/* SPDX-License-Identifier: ISC */
/*
 * The names of --address-names: files in the format of hosts(5), whose names are served while a
 * watched link has their address. For programs that bind an address of their own on a shared stack.
 *
 *	192.0.2.7  git code   # a comment
 *
 * The reader is strict: a line that it does not understand is an error, and nothing of the text is
 * taken. Names are host labels, without dots, because each is a name in our zone.
 */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "wire/name.h"

struct address_name {
	struct addr addr;
	char label[LABEL_CAP + 1]; /* as spelled */
};

/* Zeroed: empty. Sorted by address, then as they were read, as soon as it is settled. */
struct address_names {
	struct address_name *at; /* owned: address_names_fini() */
	size_t count, cap;
};

/* What is wrong in a text, and where. */
struct address_names_error {
	unsigned line;
	char text[160];
};

/* Appends the names of a text of `len` bytes. ERR_SYNTAX: `*error` is filled; also if there are more
 * than LIMIT_ADDRESS_NAMES. ERR_NOMEM. On error the list may have a part of them. */
int address_names_read(struct address_names *list, const char *text, size_t len,
	struct address_names_error *error) NONNULL MUSTCHECK;

/* Sorts the list, for address_names_find(). ERR_NOMEM: nothing has changed. */
int address_names_settle(struct address_names *list) NONNULL MUSTCHECK;

/* Returns the names of an address and their number; NULL and 0 if there are none. */
const struct address_name *address_names_find(
	const struct address_names *list, const struct addr *addr, size_t *ret_count) NONNULL;

void address_names_fini(struct address_names *list) NONNULL;
