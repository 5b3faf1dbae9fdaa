/* SPDX-License-Identifier: ISC */
/* Decides whether an address may be in a name, and if not, why. Serving and explaining use the same
 * verdict. */
#pragma once

#include "base/compiler.h"
#include "model/model.h"
#include "name/policy.h"

enum addr_verdict {
	ADDR_SERVED,
	ADDR_SPARE, /* deprecated: served only if its scope has no better one */
	ADDR_LINK_DOWN,
	ADDR_NO_CARRIER,
	ADDR_TENTATIVE, /* duplicate address detection is still running (RFC 4862 §5.4) */
	ADDR_DAD_FAILED,
	ADDR_TEMPORARY,     /* RFC 8981 */
	ADDR_HOST_SCOPE,    /* loopback, and addresses with RT_SCOPE_HOST */
	ADDR_BRIDGE_PORT,   /* link-local IPv6 of a port: the bridge takes its packets */
	ADDR_NOT_UNICAST,   /* multicast, unspecified, v4-mapped, reserved */
	ADDR_ROOTLESS,      /* in a namespace of a user namespace that a user made */
	ADDR_SYSTEM,        /* in a namespace of a user namespace that root made */
	ADDR_UNATTACHED,    /* the same, and its link leads to no namespace of the host */
	ADDR_OWNER_UNKNOWN, /* in a namespace whose owner is not known */
	ADDR_ROOTLESS_NAME, /* named by a UTS namespace that another user namespace owns */
	ADDR_SURPLUS,       /* above LIMIT_HOST_ADDRS: the name has the lowest addresses */
	ADDR_OUTRANKED,     /* another workload has the name (--duplicates=first) */
	ADDR_ROOTLESS_TAKEN, /* rootless, and a workload of higher rank or a zone file has the name */
	ADDR_HOST_END,       /* of the host, on a link that is a guest's */
	ADDR_GUEST_TAKEN,    /* a guest gave itself a name that somebody else has */
	ADDR_VERDICT_COUNT
};

/* True if a namespace with that owner (enum event_owner) does not belong to the host. */
bool owner_is_foreign(const struct policy *policy, uint8_t owner) NONNULL;
/* True if the network namespace does not belong to the host, or its owner is unknown. */
bool ns_is_foreign(const struct policy *policy, const struct model_ns *ns) NONNULL;

/* True if the link does not belong to the host: its namespace does not; or root made the user
 * namespace of it, and the link leads to no namespace of the host. The parent of a link, or the
 * other end of a veth, shows that: only the host can put it there. A container's root has the uid of
 * the host's root, and can make user namespaces that count as root's, with any links and names in
 * them. */
bool link_is_foreign(const struct policy *policy, const struct model *m,
	const struct model_link *link) NONNULL_ARGS(1, 3);

/* Returns how many names a source may give to the link: a namespace of others cannot fill our memory
 * with names, least of all one that is not served. */
unsigned link_names_max(
	const struct policy *policy, const struct model_link *link, bool is_foreign) NONNULL;

/* Returns the verdict on one address alone. `is_bridge_port`: its link is a port of a bridge.
 * `is_foreign`: link_is_foreign() of its link. Never returns ADDR_ROOTLESS_NAME, ADDR_SURPLUS, ADDR_OUTRANKED,
 * ADDR_ROOTLESS_TAKEN, ADDR_HOST_END or ADDR_GUEST_TAKEN, which depend on the name. */
enum addr_verdict addr_judge(const struct policy *policy, const struct model_addr *addr,
	bool is_bridge_port, bool is_foreign) NONNULL;

/* Returns a short text for people. Static storage. */
const char *addr_verdict_text(enum addr_verdict verdict);
/* Returns one word for programs, which stays the same: "served", "tentative" … Static storage. */
const char *addr_verdict_word(enum addr_verdict verdict);
