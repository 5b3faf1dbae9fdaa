/* SPDX-License-Identifier: ISC */
/*
 * A name that ontapd has granted to a device: said to ontap-zone, which does not serve what the owner
 * of another user namespace calls his links otherwise. In a directory where nobody but the
 * administrator writes, one symbolic link a device:
 *
 *	COOKIE-IFINDEX-NSID-UID-PARENT -> ALIAS
 *
 * COOKIE is that of the network namespace the device is in, which is never used twice: so who owns the
 * namespace may rename his links, or make others, but has none of it. NSID and PARENT are for ontapd:
 * by them its next start knows its own; UID and PARENT are for that of another parent, which grants
 * nobody the name of another user. A symbolic link is made, and read, whole or not at all.
 */
#pragma once

#include <net/if.h>

#include "model/event.h"

/* In the directory of the sockets of ontapd. */
#define DEVICE_GRANT_DIR "grants"

/* Four numbers with their hyphens, of 20, 10, 10 and 10 digits, and the parent with its zero. */
enum { DEVICE_GRANT_CAP = 20 + 10 + 10 + 10 + 4 + IF_NAMESIZE };

struct device_grant {
	uint64_t cookie;  /* SO_NETNS_COOKIE, not 0 */
	uint32_t ifindex; /* in that namespace */
	nsid_t nsid;      /* as ontapd's own namespace knows it */
	uint32_t uid;     /* who asked for it */
	char parent[IF_NAMESIZE];
};

/* Writes the name of the symbolic link to `out`, which has DEVICE_GRANT_CAP bytes. Returns `out`. */
const char *device_grant_format(const struct device_grant *grant, char *out) NONNULL;

/* Reads the name of a symbolic link. ERR_SYNTAX: it is none of a grant. */
int device_grant_parse(const char *text, struct device_grant *ret) NONNULL MUSTCHECK;
