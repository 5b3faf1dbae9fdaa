/* SPDX-License-Identifier: ISC */
/*
 * The addresses on which unicast DNS is served: a function of the rules (--listen) and the state of
 * the kernel. `auto` takes no address on a network that usually has its own DNS server: a bridge of
 * a container engine or a hypervisor (name/client_link.h).
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/limits.h"

struct model;
struct model_link;

/* What a rule requests. */
enum listen_kind {
	LISTEN_AUTO, /* LISTEN_HOST_ADDR, and the addresses of each link that carries clients */
	LISTEN_ANY,  /* the wildcard of both families */
	LISTEN_LINK, /* all addresses of the link `ifname` */
	LISTEN_ADDR  /* `addr` */
};

/* The address for this host's own resolver. Others have taken .1 (everybody), .53 and .54
 * (systemd-resolved). */
#define LISTEN_HOST_ADDR ((struct addr){.family = ADDR_V4, .bytes = {127, 0, 0, 56}})

/* Unused bytes are zero, so that equal rules are equal byte for byte. */
struct listen_rule {
	enum listen_kind kind;
	uint16_t port;
	struct addr addr;         /* LISTEN_ADDR */
	char ifname[IF_NAMESIZE]; /* LISTEN_LINK; and LISTEN_ADDR, if link-local */
};

struct listen_rules {
	struct listen_rule *at;
	size_t count;
};

/* An address and port to serve on. */
struct listen_place {
	struct addr addr; /* unspecified: the wildcard of its family */
	uint16_t port;
	uint32_t ifindex; /* of the link of a link-local address; 0 otherwise */
};

struct listen_plan {
	struct listen_place places[LIMIT_DNS_PLACES]; /* no two equal */
	size_t count;
	size_t left_out; /* places beyond the limit: first the link-local ones of links */
};

/* Finds all places that the rules request and that are possible now: the addresses of links
 * are left out while they are tentative or duplicate. A place of LISTEN_ADDR is always
 * included, unless its link does not exist. A place that a wildcard covers is left out.
 * `before`: the last plan, or NULL: at the limit, its link-local places are preferred to others.
 * ERR_NOMEM: `*ret` is unchanged. */
int listen_plan_make(const struct model *m, const struct listen_rules *rules,
	const struct listen_plan *before, struct listen_plan *ret) NONNULL_ARGS(1, 2, 4) MUSTCHECK;

bool listen_place_equal(const struct listen_place *a, const struct listen_place *b) NONNULL;

/* What a rule waits for, by the state of the kernel. */
enum listen_lack {
	LISTEN_LACK_NOTHING,
	LISTEN_LACK_LINK,   /* the link does not exist */
	LISTEN_LACK_ADDRESS /* the link has no usable address */
};
enum listen_lack listen_rule_lack(const struct model *m, const struct listen_rule *rule) NONNULL;

/* Returns the link of our own namespace with that name, or NULL. Valid until the model changes. */
const struct model_link *listen_find_link(const struct model *m, const char *ifname) NONNULL;
