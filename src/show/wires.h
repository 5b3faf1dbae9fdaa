/* SPDX-License-Identifier: ISC */
/*
 * The machine's namespaces by wire: each layer 2 segment has its links, grouped into one row for
 * each workload. All drawings of `graph` are made from this.
 *
 *	struct wires_link links[] = …;          all of them, in any order
 *	wires_make(&w, links, count)            sorts and groups them
 *	wires_fini(&w)
 *
 * A port of a bridge that is only the end of a veth pair, with link-local addresses at most, is not
 * shown; the workload at the other end is shown instead. A pair is one line. Loopbacks are not
 * shown at all. Links that are alone on a wire and have neither an address nor an alias are
 * together at the end, on no wire.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"

enum { WIRES_NSID_HOST = -1, WIRES_NSID_UNKNOWN = -2 };

/* A link as input. Its texts are borrowed as long as the wires are used. */
struct wires_link {
	int32_t nsid; /* WIRES_NSID_HOST: of the daemon's own namespace */
	uint32_t ifindex;
	uint64_t segment;        /* identifies its wire */
	const char *netns;       /* the name of its namespace, for people */
	const char *name, *kind; /* "eth0", "macvlan"; kind is "" if the driver has none */
	const char *names;       /* names of the workload, separated by ", "; "": none */
	bool has_alias;          /* one of them is its own, not of its whole namespace */
	bool is_up, is_loopback;
	uint32_t parent; /* ifindex of the lower device or peer, 0: none */
	int32_t parent_nsid;
	uint32_t master; /* ifindex of the bridge that it is a port of, 0: none */
	uint16_t vlan_id;
	const char *const *addrs; /* "10.0.0.7"; "10.0.0.8 (guest)" */
	size_t addr_count;
};

/* A workload on a wire: links of one namespace with the same names. */
struct wires_row {
	const char *title; /* its names, or the name of its namespace */
	const char *netns; /* "" if the title is the same */
	const struct wires_link *const *links;
	size_t link_count;
	bool is_up; /* one of its links is */
};

struct wires_wire {
	const struct wires_link *carrier; /* the link that the wire is named after; NULL: no wire */
	const struct wires_link *trunk;   /* of a VLAN: the link that carries it, or NULL */
	const struct wires_link *const
		*ports; /* of a bridge or bond: ports that are no veth and in no row */
	size_t port_count;
	struct wires_row *rows;
	size_t row_count;
};

struct wires {
	struct wires_wire *list;
	size_t count;
	const struct wires_link **sorted; /* owned: rows and ports point into it */
	struct wires_row *rows;           /* owned, of all wires */
};

/* Groups `count` links. The caller frees `ret` with wires_fini(). ERR_NOMEM. */
int wires_make(struct wires *ret, const struct wires_link *links, size_t count) NONNULL_ARGS(1)
	MUSTCHECK;
void wires_fini(struct wires *w) NONNULL;

/* True if the text begins with a link-local address; what follows a space is for people. */
bool wires_is_linklocal(const char *text) NONNULL;

/* Returns the name of a wire; borrowed from it. */
const char *wires_title(const struct wires_wire *wire) NONNULL;
/* Appends what kind of wire it is and where: "bridge in host, with eth0". Appends nothing for links
 * on no wire. */
void wires_describe(struct buf *out, const struct wires_wire *wire) NONNULL;
