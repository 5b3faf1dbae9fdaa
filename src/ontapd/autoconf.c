/* SPDX-License-Identifier: ISC */
/*
 * Owns the start and the end of what guests need: learner, nursery, programs.
 * Never decides which address is a guest's: ward.c does.
 */
#include "ontapd/autoconf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "ontapd/recall.h"
#include "ontapd/ward.h"

/* --- start -------------------------------------------------------------------------------- */

static void on_learner_end(void *arg)
{
	struct autoconf *a = arg;
	log_error(a->log,
		"the learner has ended: note=\"the addresses of guests are not followed any more, "
		"until a restart\"");
}

/* It is told everything in autoconf_turn(), for we may be in the middle of telling it something. */
static void on_learner_again(void *arg)
{
	struct autoconf *a = arg;
	a->must_teach = true;
	a->teach_at = loop_now();
}

void autoconf_init(
	struct autoconf *a, struct netns_visit *visits, struct loop *loop, const struct log *log)
{
	*a = (struct autoconf){
		.log = log, .loop = loop, .visits = visits, .strays.fd = -1, .taken.watch.fd = -1};
	list_init(&a->wires);
	map_init(&a->guests);
	map_init(&a->addrs);
	a->learner = (struct learner){.on_news = ward_on_news,
		.on_again = on_learner_again,
		.on_end = on_learner_end,
		.arg = a,
		.watch.fd = -1};
	a->taken.on_change = ward_on_taken;
	a->taken.arg = a;
	nursery_init(&a->nursery, visits, log);
	int err = learner_start(&a->learner, log);
	if (err)
		log_warning(log, "no learner: error=\"%s\" note=\"no --autoconf\"", err_text(err));
}

/* Gives the learner what it reads from, once there is a nursery. Where there are programs, they tell it what it needs:
 * a packet socket costs each frame a copy of its description, and on kernels like 6.1 also those of all
 * other links of the machine. */
static int begin_to_learn(struct autoconf *a)
{
	struct learner_order order = {.type = LEARNER_RING};
	if (a->rewrite)
		return learner_order(&a->learner, &order, rewrite_heard_fd(a->rewrite));
	order.type = LEARNER_SOCKET;
	int fd = nursery_open_packets(&a->nursery);
	if (fd < 0)
		return fd;
	int err = learner_order(&a->learner, &order, fd);
	close(fd);
	return err;
}

static void on_strays(void *arg, uint32_t events UNUSED)
{
	struct autoconf *a = arg;
	rewrite_read_strays(a->rewrite, ward_on_stray, a);
}

/* Loads the programs, once. Without them, macvtaps work, but are not guarded. */
static void load_programs(struct autoconf *a)
{
	if (a->has_tried)
		return;
	a->has_tried = true;
	int err = rewrite_open(&a->rewrite, a->why);
	if (!err) {
		a->strays = (struct loop_watch){
			.fd = rewrite_strays_fd(a->rewrite), .on_ready = on_strays, .arg = a};
		err = loop_add(a->loop, &a->strays, EPOLLIN);
		if (!err)
			return;
		rewrite_close(a->rewrite);
		a->rewrite = NULL;
		a->strays.fd = -1;
		snprintf(a->why, sizeof(a->why), "%s", err_text(err));
	}
	log_warning(a->log,
		"no programs for guests: error=\"%s\" note=\"guests on macvtaps are not guarded; "
		"there are none on "
		"ipvtaps\"",
		a->why);
}

/* What is needed from the first guest on. */
static int furnish(struct autoconf *a)
{
	load_programs(a);
	int err = a->taken.watch.fd < 0 ? taken_open(&a->taken, a->loop) : 0;
	if (err)
		taken_close(&a->taken);
	if (!err)
		err = begin_to_learn(a);
	a->is_furnished = !err;
	if (!err && a->guests.count > 0) /* of an earlier run, when this failed at the start */
		on_learner_again(a);
	return err;
}

int autoconf_make_nursery(struct autoconf *a)
{
	if (nursery_is_there(&a->nursery))
		return a->is_furnished ? 0 : furnish(a);
	int err = nursery_make(&a->nursery, a->path, a->notify_socket);
	if (err)
		return err;
	err = furnish(a);
	if (err)
		nursery_close(&a->nursery, true);
	else
		log_info(a->log, "the namespace of guests is made: nsid=%d", a->nursery.nsid);
	return err;
}

void autoconf_open(struct autoconf *a, int stored_fd)
{
	int err = 0;
	if (learner_is_running(&a->learner))
		err = learner_listen(&a->learner, a->loop);
	if (!err)
		err = nursery_take_over(&a->nursery, stored_fd, a->path);
	if (!err && nursery_is_there(&a->nursery) && learner_is_running(&a->learner))
		err = furnish(a);
	if (err)
		log_error(a->log, "guests of an earlier run are not followed: error=\"%s\"",
			err_text(err));
}

/* Guests keep their addresses meanwhile: these are on the links, with their lifetimes. */
static int teach_again(struct autoconf *a)
{
	int err = begin_to_learn(a);
	if (err)
		return err;
	MAP_EACH(ward, &a->guests, const struct ward, by_ifindex)
		ward_tell_learner(a, ward);
	return recall_addrs(a);
}

ns_t autoconf_deadline(const struct autoconf *a)
{
	return ns_min(taken_deadline(&a->taken), a->must_teach ? a->teach_at : NS_NEVER);
}

void autoconf_turn(struct autoconf *a)
{
	ns_t now = loop_now();
	taken_turn(&a->taken, now);
	if (!a->must_teach || now < a->teach_at)
		return;
	a->must_teach = false;
	if (!a->is_furnished || !learner_is_running(&a->learner))
		return;
	int err = teach_again(a);
	if (err) {
		a->must_teach = true;
		a->teach_at = now + NS_PER_S;
	}
	if (!log_limit_may(&a->complaints, now))
		return;
	if (err)
		log_error(a->log, "guests are not followed: error=\"%s\" note=\"tried again\"",
			err_text(err));
	else
		log_error(a->log,
			"the learner begins anew: guests=%zu "
			"note=\"what guests said meanwhile was not heard\"",
			a->guests.count);
}

void autoconf_close(struct autoconf *a)
{
	bool is_empty = a->guests.count == 0;
	learner_stop(&a->learner); /* first: nothing is to be taken back from guests that stay */
	if (a->rewrite) {
		loop_remove(a->loop, &a->strays);
		rewrite_close(a->rewrite);
		a->rewrite = NULL; /* the programs stay on the links */
	}
	MAP_EACH(ward, &a->guests, struct ward, by_ifindex)
		ward_remove(a, ward);
	map_fini(&a->guests);
	map_fini(&a->addrs);
	taken_close(&a->taken);
	nursery_close(&a->nursery, is_empty);
}

/* --- devices ------------------------------------------------------------------------------ */

int autoconf_begin(struct autoconf *a, const struct device *d,
	const uint8_t hwaddr[DEVICE_HWADDR_LEN], const struct guest_policy *policy)
{
	struct ward ward = {.ifindex = d->ifindex,
		.uid = d->mark.uid,
		.is_rewritten = device_type_is_ipvlan(d->type),
		.policy = *policy};
	if (ward.is_rewritten && !a->rewrite)
		return -EOPNOTSUPP;
	memcpy(ward.hwaddr, hwaddr, sizeof(ward.hwaddr));
	return ward_add(a, &ward, d->parent_ifindex);
}

void autoconf_end(struct autoconf *a, nsid_t nsid, uint32_t ifindex)
{
	bool is_there = nursery_is_there(&a->nursery) && nsid == a->nursery.nsid;
	struct ward *ward = is_there ? ward_find(a, ifindex) : NULL;
	if (ward)
		ward_remove(a, ward);
}

/* The kernel gives its ipvlans the new address by itself. */
void autoconf_follow_parent(struct autoconf *a, const struct event_link *link)
{
	struct wire *wire = wire_find(a, link->ifindex);
	if (!wire || link->hwaddr_len != DEVICE_HWADDR_LEN ||
		memcmp(wire->hwaddr, link->hwaddr, DEVICE_HWADDR_LEN) == 0)
		return;
	memcpy(wire->hwaddr, link->hwaddr, sizeof(wire->hwaddr));
	int err = a->rewrite && wire->tap_count > 0
			  ? rewrite_put_parent(a->rewrite, wire->ifindex, wire->hwaddr)
			  : 0;
	MAP_EACH(ward, &a->guests, struct ward, by_ifindex) {
		if (ward->wire != wire || !ward->is_rewritten)
			continue;
		struct learner_order order = {.type = LEARNER_WIRE, .ifindex = ward->ifindex};
		memcpy(order.wire_hwaddr, wire->hwaddr, sizeof(order.wire_hwaddr));
		int ward_err = ward_tell_programs(a, ward);
		err = err ? err : ward_err;
		ward_order(a, &order);
	}
	if (err)
		log_error(a->log, "the parent's new hardware address is not told: error=\"%s\"",
			err_text(err));
}
