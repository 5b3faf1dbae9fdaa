/* SPDX-License-Identifier: ISC */
/*
 * The devices that are alive, by where they are. It is made anew from the marks on the links at each
 * start, and follows the kernel: what it tells is gone, is gone.
 *
 *	made ─► alive ─► doomed (its holder has gone) ─► deleted
 *	          └──────────── the kernel says it is gone ──┘
 *
 * Who owns a namespace may move a device on to another. If that has no id, nothing is heard of it until
 * it gets one: the device is lost. It counts all the same, else a user could have any number; and if it
 * is seen again, by its mark, it is what it was: alive or doomed.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "device/mark.h"
#include "device/request.h"
#include "model/event.h"

struct device {
	struct map_node by_place; /* of nsid and ifindex */
	struct list in_holder;    /* of a client, or of the doomed */
	nsid_t nsid;
	uint32_t ifindex;
	int netns_fd; /* keeps the namespace until the device is deleted; -1: kept or adopted */
	enum device_type type;
	struct device_mode mode;
	bool has_mode; /* an adopted one does not tell all of it */
	bool is_connection_only;
	bool is_doomed;
	bool is_lost;     /* has no place */
	bool is_doubtful; /* lost while news were: gone, if it is not found now */
	struct device_mark mark;
	char ifname[IF_NAMESIZE];
	char workload[ALIAS_CAP]; /* what its identity was made of */
	uint64_t cookie;          /* of the namespace, where its name was granted to it; else 0 */
};

struct registry {
	struct map devices;
	struct list doomed; /* those that are not lost */
	size_t lost_count;
	bool has_removed; /* since the owner of this set it back: a holder may have none left */
	int grants_fd;    /* grant.h; -1: none are made. What is granted ends with the device */
};

void registry_init(struct registry *r) NONNULL;
/* Frees all entries; the links stay, and what was granted to them. */
void registry_fini(struct registry *r) NONNULL;

/* Sets what its workload is called: its alias, or else the user and the name of the link. A link whose
 * name the kernel chooses ("") is not to be known again. The mark has to be there. */
void device_name_workload(struct device *d, const char *alias, const char *ifname) NONNULL;

/* Takes in a copy of `d`, in no list. NULL: no memory. The netns_fd becomes the registry's then. */
struct device *registry_add(struct registry *r, const struct device *d) NONNULL MUSTCHECK;
/* Forgets it: the link is gone, or about to be. */
void registry_remove(struct registry *r, struct device *d) NONNULL;

/* The device at that place, or NULL. */
struct device *registry_find(const struct registry *r, nsid_t nsid, uint32_t ifindex) NONNULL;

/* It has left its place, and may be anywhere: nothing is granted to it any more, and its namespace is not
 * kept. */
void registry_lose(struct registry *r, struct device *d) NONNULL;
/* The lost device with that mark, or NULL. */
struct device *registry_find_lost(const struct registry *r, const struct device_mark *mark) NONNULL;
/* The lost device is there. Without memory it stays lost. */
void registry_place(struct registry *r, struct device *d, nsid_t nsid, uint32_t ifindex) NONNULL;

/* It is to be deleted; if it is lost, when it is seen again. */
void registry_doom(struct registry *r, struct device *d) NONNULL;
/* The first that is to be deleted, or NULL. */
struct device *registry_first_doomed(const struct registry *r) NONNULL;

/* How many devices a user has, or a parent. */
size_t registry_count_user(const struct registry *r, uint32_t uid) NONNULL;
size_t registry_count_parent(const struct registry *r, const char *parent) NONNULL;

/* The lowest number that no other device of this parent and workload has; LIMIT_DEVICE_INSTANCES if all
 * are taken. */
uint32_t registry_free_instance(
	const struct registry *r, const char *parent, const char *workload) NONNULL;

/* A device of an ipvlan type of that parent whose mode is known, or NULL: all have the same. */
const struct device *registry_any_ipvlan(const struct registry *r, const char *parent) NONNULL;

/* All of a namespace that is gone. */
void registry_remove_namespace(struct registry *r, nsid_t nsid) NONNULL;
