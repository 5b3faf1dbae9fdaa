/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of devices.
 * Never touches a link.
 */
#include "ontapd/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/limits.h"
#include "ontapd/grant.h"

static uint64_t place_hash(nsid_t nsid, uint32_t ifindex)
{
	return hash_mix((uint32_t)nsid, ifindex);
}

void registry_init(struct registry *r)
{
	map_init(&r->devices);
	list_init(&r->doomed);
	r->grants_fd = -1;
}

void registry_fini(struct registry *r)
{
	if (r->grants_fd >= 0)
		close(r->grants_fd);
	r->grants_fd = -1;
	MAP_EACH(device, &r->devices, struct device, by_place)
		registry_remove(r, device);
	map_fini(&r->devices);
}

void device_name_workload(struct device *d, const char *alias, const char *ifname)
{
	if (*alias)
		snprintf(d->workload, sizeof(d->workload), "%s", alias);
	else if (*ifname)
		snprintf(d->workload, sizeof(d->workload), "\x01%u/%s", d->mark.uid, ifname);
	else
		snprintf(d->workload, sizeof(d->workload), "\x01%08x", d->mark.serial);
}

void device_follow(struct device *d, const struct event_link *link)
{
	memcpy(d->ifname, link->name, sizeof(d->ifname));
	if (d->type == DEVICE_TAP || d->has_guest_hwaddr)
		return;
	memcpy(d->hwaddr, link->hwaddr, sizeof(d->hwaddr));
	d->hwaddr_len = link->hwaddr_len;
}

void device_set_guest_hwaddr(struct device *d, const uint8_t hwaddr[DEVICE_HWADDR_LEN])
{
	d->has_guest_hwaddr = true;
	memcpy(d->hwaddr, hwaddr, DEVICE_HWADDR_LEN);
	d->hwaddr_len = DEVICE_HWADDR_LEN;
}

struct device *registry_add(struct registry *r, const struct device *d)
{
	struct device *copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = *d;
	list_init(&copy->in_holder);
	if (map_add(&r->devices, &copy->by_place, place_hash(d->nsid, d->ifindex))) {
		free(copy);
		return NULL;
	}
	return copy;
}

void registry_remove(struct registry *r, struct device *d)
{
	grant_drop(r->grants_fd, d);
	if (r->on_remove)
		r->on_remove(r->arg, d);
	r->lost_count -= d->is_lost;
	r->has_removed = true;
	map_remove(&r->devices, &d->by_place);
	list_remove(&d->in_holder);
	if (d->netns_fd >= 0)
		close(d->netns_fd);
	free(d);
}

struct device *registry_find(const struct registry *r, nsid_t nsid, uint32_t ifindex)
{
	return MAP_FIND(&r->devices, place_hash(nsid, ifindex), struct device, by_place, d,
		d->nsid == nsid && d->ifindex == ifindex);
}

void registry_doom(struct registry *r, struct device *d)
{
	list_remove(&d->in_holder);
	if (!d->is_lost || d->port_ifindex)
		list_append(&r->doomed, &d->in_holder);
	d->is_doomed = true;
}

void registry_lose(struct registry *r, struct device *d)
{
	grant_drop(r->grants_fd, d);
	d->cookie = 0;
	if (d->netns_fd >= 0)
		close(d->netns_fd);
	d->netns_fd = -1;
	d->nsid = NSID_UNKNOWN; /* it cannot be found by its place any more */
	d->is_lost = true;
	r->lost_count++;
	if (d->is_doomed && !d->port_ifindex)
		list_remove(&d->in_holder);
}

struct device *registry_find_lost(const struct registry *r, const struct device_mark *mark)
{
	MAP_EACH(d, &r->devices, struct device, by_place)
		if (d->is_lost && memcmp(&d->mark, mark, sizeof(*mark)) == 0)
			return d;
	return NULL;
}

void registry_place(struct registry *r, struct device *d, nsid_t nsid, uint32_t ifindex)
{
	map_remove(&r->devices, &d->by_place);
	if (map_add(&r->devices, &d->by_place, place_hash(nsid, ifindex))) {
		/* Cannot fail: an element was just removed. */
		(void)!map_add(&r->devices, &d->by_place, place_hash(d->nsid, d->ifindex));
		return;
	}
	d->nsid = nsid;
	d->ifindex = ifindex;
	d->is_lost = false;
	r->lost_count--;
	if (d->is_doomed)
		registry_doom(r, d); /* again, now that it can be deleted */
}

struct device *registry_first_doomed(const struct registry *r)
{
	if (list_is_empty(&r->doomed))
		return NULL;
	return container_of(r->doomed.next, struct device, in_holder);
}

size_t registry_count_user(const struct registry *r, uint32_t account)
{
	size_t count = 0;
	MAP_EACH(d, &r->devices, const struct device, by_place)
		count += d->account == account;
	return count;
}

size_t registry_count_parent(const struct registry *r, const char *parent)
{
	size_t count = 0;
	MAP_EACH(d, &r->devices, const struct device, by_place)
		count += strcmp(d->mark.parent, parent) == 0;
	return count;
}

static bool is_of_workload(const struct device *d, const char *parent, const char *workload)
{
	return strcmp(d->mark.parent, parent) == 0 && strcmp(d->workload, workload) == 0;
}

uint32_t registry_free_instance(const struct registry *r, const char *parent, const char *workload)
{
	bool is_taken[LIMIT_DEVICE_INSTANCES] = {0};
	uint32_t instance = 0;
	MAP_EACH(d, &r->devices, const struct device, by_place)
		if (d->mark.instance < ARRAY_LEN(is_taken) && is_of_workload(d, parent, workload))
			is_taken[d->mark.instance] = true;
	while (instance < ARRAY_LEN(is_taken) && is_taken[instance])
		instance++;
	return instance;
}

const struct device *registry_any_ipvlan(const struct registry *r, const char *parent)
{
	MAP_EACH(d, &r->devices, const struct device, by_place)
		if (device_type_is_ipvlan(d->type) && strcmp(d->mark.parent, parent) == 0)
			return d;
	return NULL;
}

const struct addr *registry_taken_addr(const struct registry *r, const struct device_fixed *fixed)
{
	const struct addr *common = NULL;
	MAP_EACH(d, &r->devices, const struct device, by_place)
		if (!d->is_doomed && (common = device_fixed_common(fixed, &d->fixed)))
			return common;
	return NULL;
}

void registry_remove_namespace(struct registry *r, nsid_t nsid)
{
	MAP_EACH(d, &r->devices, struct device, by_place) {
		if (d->nsid == nsid)
			registry_remove(r, d);
	}
}
