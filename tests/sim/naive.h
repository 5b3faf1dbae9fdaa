/* SPDX-License-Identifier: ISC */
/*
 * What the daemon should say, as a straightforward function of what the simulated kernel has and of what
 * a zone file says: no index, no marks, no history. Written apart from src/name and src/pipeline, of which
 * it uses nothing.
 */
#pragma once

#include "simkernel.h"
#include "wire/rr.h"

enum { NAIVE_SET_CAP = 64, NAIVE_RECORDS = 8, NAIVE_FILES = 5 };

/* One record of a zone file; the owner is below NAIVE_DOMAIN, or ends in ".local". */
#define NAIVE_DOMAIN "example"
struct naive_record {
	const char *owner;
	const char *type;
	const char *data; /* an address, or what stands in the file */
};

/* The zone files that there may be; the first is empty. */
extern const struct naive_record naive_files[NAIVE_FILES][NAIVE_RECORDS];

/* The state that all is a function of. */
struct naive {
	const struct simkernel *kernel;
	const struct naive_record
		*file; /* NAIVE_RECORDS of them, or ended by one without an owner */
};

/* The labels that there may be. */
extern const char *const naive_labels[];
extern const size_t naive_label_count;

/* Addresses; sorted, no two the same. */
struct naive_set {
	struct addr at[NAIVE_SET_CAP];
	size_t count;
};

enum naive_branch { NAIVE_BARE_LAN, NAIVE_BARE_WAN, NAIVE_LAN, NAIVE_WAN };

/* The addresses of that family at the name in that branch; of the bare name as a client there sees it. */
void naive_unicast(const struct naive *n, const char *label, enum naive_branch branch,
	enum addr_family family, struct naive_set *ret);

/* Whether the bare name is an alias. */
bool naive_is_alias(const struct naive *n, const char *label);

/* Whether a client with that address is on the LAN because it is on-link somewhere, its own scope apart. */
bool naive_is_on_link(const struct naive *n, const struct addr *client);

/* How many names the address leads back to in unicast DNS. */
size_t naive_reverse(const struct naive *n, const struct addr *addr);

/* Whether mDNS is spoken on our link of that index. */
bool naive_is_spoken(const struct naive *n, int link);

/* The addresses that are said for LABEL.local on our link of that index. */
void naive_mdns(const struct naive *n, const char *label, int link, struct naive_set *ret);

/* Whether anything is said for LABEL.local on that link; and whether that it is an alias, and nothing else. */
bool naive_has_local(const struct naive *n, const char *label, int link);
bool naive_is_local_alias(const struct naive *n, const char *label, int link);
/* Whether LABEL.local leads anywhere on that link by that address. */
bool naive_has_reverse(const struct naive *n, const struct addr *addr, int link);
