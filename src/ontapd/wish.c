/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of wishes.
 * Never makes a device: outage.c does.
 */
#include "ontapd/wish.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

void wishes_init(struct wishes *w)
{
	list_init(&w->all);
	w->count = 0;
}

void wishes_fini(struct wishes *w)
{
	LIST_EACH(wish, &w->all, struct wish, in_list)
		wish_drop(w, wish);
}

/* Devices of one name are made again in the order of their instances, so each has its addresses
 * again. */
static void insert(struct wishes *w, struct wish *wish)
{
	struct list *at = &w->all;
	LIST_EACH(other, &w->all, struct wish, in_list)
		if (other->instance > wish->instance) {
			at = &other->in_list;
			break;
		}
	list_append(at, &wish->in_list); /* before `at` */
	w->count++;
}

/* Returns the request that makes the device again. A device without an alias has a name of its own
 * making, which begins with a control byte. */
static struct device_request request_of(const struct device *d)
{
	struct device_request req = {
		.op = DEVICE_CREATE, .flags = d->wanted.flags, .mtu = d->wanted.mtu};
	memcpy(req.ifname, d->ifname, sizeof(req.ifname));
	if (d->wanted.has_hwaddr) {
		memcpy(req.hwaddr, d->wanted.hwaddr, sizeof(d->wanted.hwaddr));
		req.hwaddr_len = DEVICE_HWADDR_LEN;
	}
	if ((unsigned char)d->workload[0] >= ' ')
		memcpy(req.alias, d->workload, sizeof(req.alias));
	return req;
}

bool wish_add(struct wishes *w, const struct device *d)
{
	if (w->count >= LIMIT_DEVICE_WISHES)
		return false;
	struct wish *wish = calloc(1, sizeof(*wish));
	if (!wish)
		return false;
	*wish = (struct wish){.request = request_of(d),
		.type = d->type,
		.mode = d->mode,
		.uid = d->mark.uid,
		.instance = d->mark.instance,
		.nsid = d->nsid,
		.fixed = d->fixed};
	memcpy(wish->parent, d->mark.parent, sizeof(wish->parent));
	insert(w, wish);
	return true;
}

void wish_drop(struct wishes *w, struct wish *wish)
{
	list_remove(&wish->in_list);
	w->count--;
	free(wish);
}

void wish_drop_namespace(struct wishes *w, nsid_t nsid)
{
	LIST_EACH(wish, &w->all, struct wish, in_list) {
		if (wish->nsid == nsid)
			wish_drop(w, wish);
	}
}

struct wish *wish_find(const struct wishes *w, const char *parent, nsid_t nsid, const char *ifname)
{
	LIST_EACH(wish, &w->all, struct wish, in_list)
		if (wish->nsid == nsid && strcmp(wish->request.ifname, ifname) == 0 &&
			strcmp(wish->parent, parent) == 0)
			return wish;
	return NULL;
}
