/* SPDX-License-Identifier: ISC */
/*
 * Kept devices whose parent has vanished, and the kernel has deleted them with it. They are wished
 * for until the parent returns.
 *
 *	kept device ─► its parent vanishes ─► wish ─► the parent returns ─► kept device
 *	                                       └──── --remove, or its namespace ends
 */
#pragma once

#include "device/message.h"
#include "ontapd/registry.h"

struct wish {
	struct list in_list;
	struct device_request request; /* ifname: as the link was called last */
	enum device_type type;
	struct device_mode mode;
	char parent[IF_NAMESIZE];
	uint32_t uid, instance;
	nsid_t nsid;
	struct device_fixed fixed;
};

struct wishes {
	struct list all; /* of struct wish, the lowest instance first */
	size_t count;
};

void wishes_init(struct wishes *w) NONNULL;
void wishes_fini(struct wishes *w) NONNULL;

/* Wishes for the device, which is about to leave the registry. False: there is no
 * room. */
bool wish_add(struct wishes *w, const struct device *d) NONNULL;

/* Forgets a wish, and frees it. */
void wish_drop(struct wishes *w, struct wish *wish) NONNULL;

/* Forgets all wishes of a namespace that is gone. */
void wish_drop_namespace(struct wishes *w, nsid_t nsid) NONNULL;

/* Returns the wish for that link, or NULL. */
struct wish *wish_find(
	const struct wishes *w, const char *parent, nsid_t nsid, const char *ifname) NONNULL;
