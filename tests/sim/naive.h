/* SPDX-License-Identifier: ISC */
/*
 * What the daemon should serve, as a straightforward function of the simulated kernel's state and
 * of a zone file: no index, no marks, no history. Written separately from src/name and
 * src/pipeline, and uses nothing of them.
 */
#pragma once

#include "simkernel.h"
#include "wire/rr.h"

enum { NAIVE_SET_CAP = 64, NAIVE_RECORDS = 8, NAIVE_FILES = 5 };

/* A record of a zone file; the owner is below NAIVE_DOMAIN, or ends in ".local". */
#define NAIVE_DOMAIN "example"
struct naive_record {
	const char *owner;
	const char *type;
	const char *data; /* an address, or the text in the file */
};

/* The possible zone files; the first is empty. */
extern const struct naive_record naive_files[NAIVE_FILES][NAIVE_RECORDS];

/* The state that everything depends on. */
struct naive {
	const struct simkernel *kernel;
	const struct naive_record
		*file; /* NAIVE_RECORDS of them, or fewer, ended by one without an owner */
};

/* The possible labels. */
extern const char *const naive_labels[];
extern const size_t naive_label_count;

/* Addresses; sorted, without duplicates. */
struct naive_set {
	struct addr at[NAIVE_SET_CAP];
	size_t count;
};

enum naive_branch { NAIVE_BARE_LAN, NAIVE_BARE_WAN, NAIVE_LAN, NAIVE_WAN };

/* The addresses of that family at the name in that branch; for the bare name, as a
 * client there sees it. */
void naive_unicast(const struct naive *n, const char *label, enum naive_branch branch,
	enum addr_family family, struct naive_set *ret);

/* True if the bare name is an alias. */
bool naive_is_alias(const struct naive *n, const char *label);

/* True if a client with that address is on the LAN because it is on-link somewhere; its own scope
 * is not considered. */
bool naive_is_on_link(const struct naive *n, const struct addr *client);

/* Returns the number of names that the address has in unicast DNS. */
size_t naive_reverse(const struct naive *n, const struct addr *addr);

/* True if our link with that index speaks mDNS. */
bool naive_is_spoken(const struct naive *n, int link);

/* The addresses of LABEL.local on our link with that index. */
void naive_mdns(const struct naive *n, const char *label, int link, struct naive_set *ret);

/* True if LABEL.local has any records on that link; and whether they are an alias,
 * and nothing else. */
bool naive_has_local(const struct naive *n, const char *label, int link);
bool naive_is_local_alias(const struct naive *n, const char *label, int link);
/* True if that address has a reverse name LABEL.local on that link. */
bool naive_has_reverse(const struct naive *n, const struct addr *addr, int link);
