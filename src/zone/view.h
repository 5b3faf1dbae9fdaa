/* SPDX-License-Identifier: ISC */
/*
 * Where a client stands: the nearest prefix that covers its address says whether it is on the LAN
 * and gets private addresses, or not. A table is immutable: the writer builds a new one and
 * publishes it by its pointer, as it does with nodes; no prefix covers a client: it is VIEW_WAN.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	bool is_inner;  /* the network of a bridge that only containers and guests are on */
	char detail[VIEW_DETAIL_CAP]; /* interface or "" */
	uint64_t wire; /* of VIEW_BY_LINK: equal for all prefixes of one wire; else 0 */
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

/* Of more addresses than this no choice is made. */
enum { VIEW_CHOICE_MAX = 64 };

/* Which of `count` addresses of one name a client is told, whom the rule `client` of this table decides for: bit
 * `i` of the result stands for the `i`th of `rdata`, `len` bytes each (4 or 16). A global address is always
 * told. Of private ones those are that are on the client's own wire, if there are any; else those that are
 * not on an inner bridge, which the client could not reach; else all. Never 0 if `count` is not. */
uint64_t view_table_choose(const struct view_table *t, const struct view_rule *client,
	const uint8_t *rdata, unsigned len, unsigned count) NONNULL;

/* Whether any rule has a wire: if not, what is told depends on views alone. */
bool view_table_has_wires(const struct view_table *t) NONNULL;

/* "private address", "on-link", …; never NULL, static storage. */
const char *view_reason_text(enum view_reason reason);

/* The pointer by which the table is published: stored by one writer (release), loaded by readers
 * (acquire) for each query that needs it. While it is NULL all clients are VIEW_WAN. */
struct view_slot {
	_Atomic(const struct view_table *) table;
};

/* Where `client` stands by the table that is published now. */
enum view view_slot_of(const struct view_slot *slot, const struct addr *client) NONNULL;

/* Publishes `t` (NULL: none) and returns what was there, to be freed after a grace period. */
struct view_table *view_slot_publish(struct view_slot *slot, struct view_table *t) NONNULL_ARGS(1)
	MUSTCHECK;
