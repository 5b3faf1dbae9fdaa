/* SPDX-License-Identifier: ISC */
/*
 * The devices that are alive, indexed by their place. It is built from the marks on the links at
 * each start, and then follows the kernel's notifications: a device that the kernel reports as gone
 * is removed.
 *
 *	made ─► alive ─► doomed (its holder has gone) ─► deleted
 *	          └──────────── the kernel says it is gone ──┘
 *
 * The owner of a namespace may move a device to another namespace. If that one has no nsid, the
 * kernel reports nothing about the device until it gets one: the device is lost. A lost device
 * still counts for the limits; otherwise a user could have any number. If its mark is seen again,
 * it is what it was before: alive or doomed.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "device/fixed.h"
#include "device/mark.h"
#include "device/request.h"
#include "model/event.h"

/* What the maker of a device has asked for, besides what is in struct device. */
struct device_wanted {
	bool has_hwaddr;
	uint8_t hwaddr[DEVICE_HWADDR_LEN];
	uint32_t mtu, flags; /* as in struct device_request */
};

struct device {
	struct map_node by_place; /* of nsid and ifindex */
	struct list in_holder;    /* of a client, or of the doomed */
	nsid_t nsid;
	uint32_t ifindex;
	int netns_fd; /* keeps the namespace alive until deletion; -1: kept or adopted */
	enum device_type type;
	struct device_mode mode;
	uint32_t parent_ifindex;
	uint32_t
		port_ifindex; /* in our own namespace: of a tap, or the outer end of a veth; else 0 */
	struct device_wanted wanted;
	uint32_t account; /* the user to whom it is counted (account.h) */
	bool is_connection_only;
	bool is_doomed;
	bool is_lost;     /* has no place */
	bool is_doubtful; /* lost while news were lost; gone if not found now */
	struct device_mark mark;
	char ifname[IF_NAMESIZE];
	bool has_guest_hwaddr;      /* of an ipvtap: `hwaddr` is its guest's */
	uint8_t hwaddr[HWADDR_CAP]; /* of a tap: the guest's, not the link's */
	uint8_t hwaddr_len;
	char workload[ALIAS_CAP];  /* the name in its identity */
	struct device_fixed fixed; /* that it was made with; count 0: none */
	uint64_t cookie;           /* of its namespace if a name is granted; else 0 */
};

struct registry {
	struct map devices;
	struct list doomed; /* doomed devices that are not lost */
	size_t lost_count;
	bool has_removed; /* a removal since the owner reset it: a holder may be empty */
	int grants_fd;    /* see grant.h; -1: no grants. A grant ends with its device */
	void (*on_remove)(
		void *arg, const struct device *d); /* it is about to leave; NULL: nothing */
	void *arg;
};

void registry_init(struct registry *r) NONNULL;
/* Frees all entries. The links and their grants stay. */
void registry_fini(struct registry *r) NONNULL;

/* Sets the name of its workload: its alias, or otherwise its user and the name of the link. If the
 * kernel chooses the link's name (""), the workload cannot be recognised again. The mark must be
 * set before. */
void device_name_workload(struct device *d, const char *alias, const char *ifname) NONNULL;

/* Takes over the current name and hardware address of its link. */
void device_follow(struct device *d, const struct event_link *link) NONNULL;
/* Its guest has that hardware address, whatever its link has. */
void device_set_guest_hwaddr(struct device *d, const uint8_t hwaddr[DEVICE_HWADDR_LEN]) NONNULL;

/* Adds a copy of `d`, which is in no list. Takes over its netns_fd on success. Returns NULL if out
 * of memory. */
struct device *registry_add(struct registry *r, const struct device *d) NONNULL MUSTCHECK;
/* Removes the device from the registry: its link is gone, or about to be deleted. */
void registry_remove(struct registry *r, struct device *d) NONNULL;

/* Returns the device at that place, or NULL. */
struct device *registry_find(const struct registry *r, nsid_t nsid, uint32_t ifindex) NONNULL;

/* Marks the device as lost: it has left its place and may be anywhere. Drops its grant, and
 * releases its namespace. */
void registry_lose(struct registry *r, struct device *d) NONNULL;
/* Returns the lost device with that mark, or NULL. */
struct device *registry_find_lost(const struct registry *r, const struct device_mark *mark) NONNULL;
/* Sets the place of a lost device that was found. If out of memory, it stays lost. */
void registry_place(struct registry *r, struct device *d, nsid_t nsid, uint32_t ifindex) NONNULL;

/* Marks the device for deletion. A lost device is deleted when it is seen again, or at once if it is a
 * veth, by its other end. */
void registry_doom(struct registry *r, struct device *d) NONNULL;
/* Returns the first device to delete, or NULL. */
struct device *registry_first_doomed(const struct registry *r) NONNULL;

/* Return how many devices a user or a parent has. */
size_t registry_count_user(const struct registry *r, uint32_t account) NONNULL;
size_t registry_count_parent(const struct registry *r, const char *parent) NONNULL;

/* Returns the lowest instance that no other device of this parent and workload has;
 * LIMIT_DEVICE_INSTANCES if all are taken. */
uint32_t registry_free_instance(
	const struct registry *r, const char *parent, const char *workload) NONNULL;

/* Returns an ipvlan or ipvtap device of that parent, or NULL. All of them have
 * the same mode. */
const struct device *registry_any_ipvlan(const struct registry *r, const char *parent) NONNULL;

/* Returns an address of `fixed` that a device has which is not about to be deleted, or NULL. Borrowed from
 * `fixed`. */
const struct addr *registry_taken_addr(
	const struct registry *r, const struct device_fixed *fixed) NONNULL;

/* Removes all devices of a namespace that is gone. */
void registry_remove_namespace(struct registry *r, nsid_t nsid) NONNULL;
