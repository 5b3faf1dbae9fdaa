/* SPDX-License-Identifier: ISC */
/*
 * Where a client stands: the nearest prefix that covers its address says whether it is on the LAN
 * and gets private addresses, or not. A table is immutable: the writer builds a new one and
 * publishes it by its pointer, as it does with nodes; no prefix covers a client: it is VIEW_WAN.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "wire/rrset.h"

/* Why a client stands where it stands. */
enum view_reason {
	VIEW_BY_DEFAULT,    /* no rule covers it */
	VIEW_BY_LOOPBACK,   /* 127.0.0.0/8, ::1 */
	VIEW_BY_PRIVATE,    /* RFC 1918, RFC 6598, RFC 4193 */
	VIEW_BY_LINK_LOCAL, /* fe80::/10, 169.254.0.0/16 */
	VIEW_BY_LINK,       /* on-link of the interface `detail` */
	VIEW_BY_OPTION,     /* --lan=PREFIX */
	VIEW_REASON_COUNT
};

enum { VIEW_DETAIL_CAP = 16 };

struct view_rule {
	struct prefix prefix;
	uint8_t view;   /* VIEW_LAN or VIEW_WAN */
	uint8_t reason; /* enum view_reason; of two rules with one prefix the greater one counts */
	char detail[VIEW_DETAIL_CAP]; /* interface or "" */
};

struct view_table; /* opaque */

/* A table of these rules and the built-in ones (loopback, private, link-local). The rules are
 * copied. NULL if out of memory. */
struct view_table *view_table_new(const struct view_rule *rules, size_t count) MUSTCHECK;
void view_table_free(struct view_table *t);

/* The rule that decides for `client`, never NULL: the longest prefix that covers it. IPv4 that came
 * as ::ffff:a.b.c.d counts as IPv4. Borrowed from the table. */
const struct view_rule *view_table_match(
	const struct view_table *t, const struct addr *client) NONNULL;

/* The same, only the answer. */
enum view view_table_of(const struct view_table *t, const struct addr *client) NONNULL;

/* "private address", "on-link", …; never NULL, static storage. */
const char *view_reason_text(enum view_reason reason);

/* The pointer by which the table is published: stored by one writer (release), loaded by readers
 * (acquire) for each query that needs it. While it is NULL all clients are VIEW_WAN. */
struct view_slot {
	_Atomic(const struct view_table *) table;
};

/* Publishes `t` (NULL: none) and returns what was there, to be freed after a grace period. */
struct view_table *view_slot_publish(struct view_slot *slot, struct view_table *t) NONNULL_ARGS(1)
	MUSTCHECK;
