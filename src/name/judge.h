/* SPDX-License-Identifier: ISC */
/* Whether an address is fit to be in a name, and if not, why: one verdict for serving and telling. */
#pragma once

#include "base/compiler.h"
#include "model/model.h"
#include "name/policy.h"

enum addr_verdict {
	ADDR_SERVED,
	ADDR_SPARE, /* deprecated: served only where nothing better of its scope exists */
	ADDR_LINK_DOWN,
	ADDR_NO_CARRIER,
	ADDR_TENTATIVE, /* duplicate address detection is still running (RFC 4862 §5.4) */
	ADDR_DAD_FAILED,
	ADDR_TEMPORARY,      /* RFC 8981 */
	ADDR_HOST_SCOPE,     /* loopback, and what the kernel marks RT_SCOPE_HOST */
	ADDR_BRIDGE_PORT,    /* link-local IPv6 of a port: the bridge takes what is sent there */
	ADDR_NOT_UNICAST,    /* multicast, unspecified, v4-mapped, reserved */
	ADDR_ROOTLESS,       /* in a namespace that another user namespace owns */
	ADDR_OWNER_UNKNOWN,  /* in a namespace of which nobody could say who owns it */
	ADDR_ROOTLESS_NAME,  /* named by a UTS namespace that another user namespace owns */
	ADDR_OUTRANKED,      /* another workload has the name (--duplicates=first) */
	ADDR_ROOTLESS_TAKEN, /* rootless, and one that goes before it has the name */
	ADDR_VERDICT_COUNT
};

/* The verdict on one address by itself, of a link that is a port of a bridge or not; never
 * ADDR_ROOTLESS_NAME, ADDR_OUTRANKED or ADDR_ROOTLESS_TAKEN, which are about the name. */
enum addr_verdict addr_judge(
	const struct policy *policy, const struct model_addr *addr, bool is_bridge_port) NONNULL;

/* A few words for a person. Static storage. */
const char *addr_verdict_text(enum addr_verdict verdict);
