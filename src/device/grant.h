/* SPDX-License-Identifier: ISC */
/*
 * A name that ontapd has granted to a device. ontapd tells ontap-zone of it this way; without a
 * grant, ontap-zone does not serve the names that the owner of another user namespace gives to his
 * links. A grant is one symbolic link for each device, in a directory to which only the
 * administrator may write:
 *
 *	COOKIE-IFINDEX-NSID-UID-PARENT -> ALIAS
 *
 * COOKIE is the cookie of the network namespace that the device is in. A cookie is never used
 * twice, so the owner of the namespace gains nothing if he renames his links or makes others. NSID
 * and PARENT are for the next start of ontapd, which finds its own grants by them. UID and PARENT
 * are for the ontapd of another parent, which does not grant a name that another user has. A
 * symbolic link is created and read atomically.
 */
#pragma once

#include <net/if.h>

#include "model/event.h"

/* A subdirectory of the socket directory of ontapd. */
#define DEVICE_GRANT_DIR "grants"

/* Four numbers of 20, 10, 10 and 10 digits, a hyphen after each, and the parent with its zero
 * byte. */
enum { DEVICE_GRANT_CAP = 20 + 10 + 10 + 10 + 4 + IF_NAMESIZE };

struct device_grant {
	uint64_t cookie;  /* SO_NETNS_COOKIE, not 0 */
	uint32_t ifindex; /* in that namespace */
	nsid_t nsid;      /* its id in ontapd's own namespace */
	uint32_t uid;     /* the user who asked for the device */
	char parent[IF_NAMESIZE];
};

/* Writes the name of the symbolic link to `out` (DEVICE_GRANT_CAP bytes). Returns `out`. */
const char *device_grant_format(const struct device_grant *grant, char *out) NONNULL;

/* Reads the name of a symbolic link. ERR_SYNTAX if it is not a grant. */
int device_grant_parse(const char *text, struct device_grant *ret) NONNULL MUSTCHECK;
