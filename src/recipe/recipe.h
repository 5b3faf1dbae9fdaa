/* SPDX-License-Identifier: ISC */
/*
 * Configuration for other resolvers, so that they ask ontap-zone for its names and for nothing
 * else. A person pastes the text, or it is written to a file.
 *
 *	recipe_choose(kind, places, count)      the address that the resolver has to ask
 *	recipe_write(&out, &recipe)             the text
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/compiler.h"

enum recipe_kind {
	RECIPE_RESOLVED, /* systemd-resolved */
	RECIPE_DNSMASQ,
	RECIPE_UNBOUND,
	RECIPE_NETWORKMANAGER, /* the text depends on how it resolves: enum recipe_manager */
	RECIPE_OPENWRT,        /* commands for a router on the network; not a file */
	RECIPE_COUNT
};

/* How NetworkManager resolves names ("dns" in NetworkManager.conf(5)). */
enum recipe_manager { RECIPE_MANAGER_DNSMASQ, RECIPE_MANAGER_RESOLVED };

/* The first version of systemd-resolved that reads dns-delegate.d. */
enum { RECIPE_DELEGATE_SINCE = 258 };

/* An address at which ontap-zone answers. */
struct recipe_place {
	struct addr addr;
	uint16_t port;
};

/* All texts are borrowed. Names of zones have no final dot. */
struct recipe {
	enum recipe_kind kind;
	const char *domain;
	const char *const *reverse; /* reverse zones */
	size_t reverse_count;
	struct recipe_place server;
	bool has_network; /* DNSMASQ: see recipe_has_network() */
	unsigned systemd; /* RESOLVED: the installed version; 0: unknown */
	enum recipe_manager manager;
};

/* Returns the index of the place that this kind of resolver has to ask; -1: none is suitable. A
 * resolver of this host gets a loopback address, 127.0.0.56 first; a router on the network gets an
 * address that it can reach. Wildcards and link-local addresses are unsuitable. */
int recipe_choose(enum recipe_kind kind, const struct recipe_place *places, size_t count) NONNULL;

/* True if ontap-zone answers other machines at one of the places: then no other program on this
 * host can have port 53 there. */
bool recipe_has_network(const struct recipe_place *places, size_t count) NONNULL;

/* True if a resolver should ask us for the names in this reverse zone. Zones of public IPv4
 * networks are excluded: most addresses of such a /24 belong to others, who have their own
 * names. */
bool recipe_wants_reverse(const char *zone) NONNULL;

/* Appends the text. Its first line is RECIPE_MARK. Errors are recorded in `out`. */
#define RECIPE_MARK "# Made by ontap-zone resolver, which may replace it.\n"
void recipe_write(struct buf *out, const struct recipe *r) NONNULL;

/* Returns the file that the text is for; NULL: none. Static storage. */
const char *recipe_path(const struct recipe *r) NONNULL;

/* True if `text`, the output of `resolvectl dns`, has a server other than `own` that does not
 * belong to a link. Versions without dns-delegate.d have all such servers in one list, and
 * ask one of them for all names; then the recipe is useless. recipe_needs_no_rivals() is true
 * for these versions. */
bool recipe_needs_no_rivals(const struct recipe *r) NONNULL;
bool recipe_has_rivals(const char *text, const struct recipe_place *own) NONNULL;

/* Returns the number after `word` in the output of a program with its version: 252 for "systemd" in
 * "systemd 252 (252.39-1)". 0 if there is none. */
unsigned recipe_version(const char *text, const char *word) NONNULL;
