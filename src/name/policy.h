/* SPDX-License-Identifier: ISC */
/* The administrator's decisions about names: the part of the configuration that the name layer
 * uses. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "wire/name.h"

/* Where a name comes from. NAME_LABEL and NAME_ADDRESS name one address alone, in addition to the names of its
 * link. */
enum name_source {
	NAME_ALIAS,
	NAME_HOSTNAME,
	NAME_NETNS,
	NAME_LABEL, /* the label of an IPv4 address */
	NAME_DHCP,  /* what the guest behind the link says in DHCP */
	NAME_SOURCE_COUNT,
	NAME_ADDRESS /* --address-names; it is not in the list of --names */
};

struct address_names; /* name/address_names.h */

/* What to do when several workloads have one name. A workload is a namespace in which any link
 * claims a name. Their order depends on the current state, never on the time of arrival: see
 * claim_cmp() in name/host.c. */
enum name_duplicates {
	DUPLICATES_MERGE,  /* the name has the addresses of all */
	DUPLICATES_FIRST,  /* the first in order has it, the others have none */
	DUPLICATES_NUMBER, /* the first has it, the others are NAME-2, NAME-3, … */
	DUPLICATES_COUNT
};

/* The namespaces that are served besides those of our own user namespace (enum event_owner). */
enum name_rootless {
	ROOTLESS_NO,
	ROOTLESS_SYSTEM, /* those of user namespaces that root made, as if they were our own */
	ROOTLESS_YES,    /* all; those of users only if no other one has the name */
	ROOTLESS_COUNT
};

/* On which links guests are listened to (name/guest_link.h). */
enum name_guests { NAME_GUESTS_AUTO, NAME_GUESTS_LISTED, NAME_GUESTS_NONE };

/* On which links of our own namespace mDNS is spoken. */
enum name_mdns { NAME_MDNS_AUTO, NAME_MDNS_LISTED, NAME_MDNS_NONE };

struct policy {
	struct name domain;
	uint32_t ttl_s;                              /* of host records in unicast DNS */
	enum name_source sources[NAME_SOURCE_COUNT]; /* in order of preference */
	unsigned source_count;
	const char *const
		*ignored; /* patterns of host names to ignore, or LABEL_CONTAINER_ID; borrowed */
	unsigned ignored_count;
	enum name_duplicates duplicates;
	enum name_rootless rootless;
	const struct address_names *address_names; /* NULL: none; borrowed */
	bool hides_lan;                            /* the wan view has nothing below "lan" */
	bool has_temporary;                        /* publish RFC 8981 temporary addresses */
	bool has_deprecated; /* publish deprecated addresses even where there are better ones */
	enum name_mdns mdns;
	char self[LABEL_CAP + 1]; /* also claimed by every link of our own namespace; "": none */
	char host[LABEL_CAP + 1]; /* the name of this host, claimed or not; "": unknown */
	bool has_self_mdns;       /* over mDNS too, not only in the zone */
	const char *const *mdns_links; /* link names, for NAME_MDNS_LISTED; borrowed */
	unsigned mdns_link_count;
	enum name_guests guests;
	const char *const *guest_links; /* link names, for NAME_GUESTS_LISTED; borrowed */
	unsigned guest_link_count;
};

/* True if names follow from both in the same way. Reads what both borrow. */
bool policy_equal(const struct policy *a, const struct policy *b) NONNULL;
