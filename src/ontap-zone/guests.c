/* SPDX-License-Identifier: ISC */
/*
 * Owns the guests that are listened to: one socket and one automaton for each link.
 * Never judges what a guest says: the automaton does, and the rules that it is given here.
 */
#include "ontap-zone/guests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "name/guest_link.h"
#include "ontap-zone/guest_neighbours.h"
#include "ontap-zone/guest_part.h"
#include "ontap-zone/guest_rules.h"

enum { NOTED_MAX = 1024 };

/* When something is tried again that failed, or had no room. */
#define AGAIN NS_PER_S

/* --- what guests say -------------------------------------------------------------------------- */

/* Each guest for itself: one that fails again and again delays no other. */
static void try_again(struct guest_link *l)
{
	l->again_at = ns_min(l->again_at, loop_now() + AGAIN);
	guest_part_schedule(l);
}

static void begin_anew(struct guest_link *l)
{
	l->is_broken = true;
	try_again(l);
}

/* Without memory for it, the pipeline lacks what the automaton has told. */
static void apply(struct guest_link *l, const struct event *ev)
{
	int err = runtime_apply(l->guests->runtime, ev);
	if (err != ERR_NOMEM && err != ERR_RANGE)
		return;
	begin_anew(l);
}

static struct event addr_event(
	const struct guest_link *l, enum event_type type, const struct addr *addr)
{
	struct event ev = {.type = type, .nsid = l->at.nsid};
	ev.addr.ifindex = l->at.ifindex;
	ev.addr.addr = *addr;
	ev.addr.prefix_len = (uint8_t)(8 * addr_len(addr));
	ev.addr.is_guest = true;
	return ev;
}

static void forget_refusal(struct guest_link *l, const struct addr *addr)
{
	for (size_t i = 0; i < l->refused_count; i++) {
		if (!addr_equal(&l->refused[i], addr))
			continue;
		l->refused[i] = l->refused[--l->refused_count];
		l->why[i] = l->why[l->refused_count];
		return;
	}
}

static void on_addr(void *arg, const struct guest_addr *addr)
{
	struct guest_link *l = arg;
	struct event ev = addr_event(l, EV_ADDR, &addr->addr);
	if (addr->until != NS_NEVER)
		ev.addr.expires_s = (uint32_t)(addr->until / NS_PER_S);
	forget_refusal(l, &addr->addr);
	apply(l, &ev);
}

/* Another guest may have been refused that address, or may have to be now. */
static void note_addr(struct guests *g, const struct addr *addr)
{
	if (g->links.count == 0 || g->have_all_moved)
		return;
	if (g->moved_count == NOTED_MAX ||
		ARRAY_RESERVE(g->moved, g->moved_cap, g->moved_count + 1))
		g->have_all_moved = true;
	else
		g->moved[g->moved_count++] = *addr;
}

static void on_addr_gone(void *arg, const struct addr *addr)
{
	struct guest_link *l = arg;
	const struct event ev = addr_event(l, EV_ADDR_GONE, addr);
	apply(l, &ev);
	note_addr(l->guests, addr);
}

/* The first label of what the guest says; one that is too long for a label is none. */
static void on_name(void *arg, const char *name)
{
	struct guest_link *l = arg;
	struct event ev = {.type = EV_GUEST_NAME, .nsid = l->at.nsid};
	size_t len = strcspn(name, ".");
	ev.guest.ifindex = l->at.ifindex;
	if (len < sizeof(ev.guest.name))
		memcpy(ev.guest.name, name, len);
	memcpy(l->name, ev.guest.name, sizeof(l->name));
	apply(l, &ev);
}

static void log_refusal(struct guest_link *l, const struct addr *addr, enum guest_refusal why)
{
	const struct model_link *link = guest_part_link(l);
	char text[ADDR_TEXT_CAP], name[LOG_TEXT_CAP];
	if (link && log_limit_may(&l->guests->complaints, loop_now()))
		log_info(l->guests->log,
			"address of a guest is not served: nsid=%d link=%s addr=%s error=\"%s\"",
			l->at.nsid, log_escape(link->info.name, name), addr_format(addr, text),
			guest_refusal_text(why));
}

static void on_refused(void *arg, const struct addr *addr, enum guest_refusal why)
{
	struct guest_link *l = arg;
	forget_refusal(l, addr);
	if (l->refused_count == GUEST_REFUSED_MAX)
		forget_refusal(l, &l->refused[0]);
	l->refused[l->refused_count] = *addr;
	l->why[l->refused_count++] = (uint8_t)why;
	log_refusal(l, addr, why);
}

static bool is_taken(void *arg, const struct addr *addr)
{
	const struct guest_link *l = arg;
	const struct model_link *link = guest_part_link(l);
	return !link || guest_rules_is_taken(l->guests->runtime->pipeline, link, addr);
}

static struct guest_policy policy_for(const struct guest_link *l)
{
	const struct runtime *r = l->guests->runtime;
	return guest_rules_policy(
		r->pipeline, guest_part_link(l), r->conf.guests == NAME_GUESTS_LISTED);
}

/* --- links ------------------------------------------------------------------------------------ */

static void on_frame(void *arg, enum guest_way way, const void *frame, size_t len, ns_t now)
{
	struct guest_link *l = arg;
	guest_hear(l->guest, way, frame, len, now);
	guest_part_schedule(l);
}

/* The news of it may be lost, and its link back. If it is not, the guest ends before it is tried again. */
static void on_frames_end(void *arg)
{
	struct guest_link *l = arg;
	frames_close(&l->frames);
	begin_anew(l);
}

static struct guest *make_guest(struct guest_link *l)
{
	const struct guest_config config = {.policy = policy_for(l),
		.sink = {.on_addr = on_addr,
			.on_addr_gone = on_addr_gone,
			.on_name = on_name,
			.on_refused = on_refused,
			.is_taken = is_taken,
			.arg = l}};
	return guest_new(&config);
}

static void judge_all_later(struct guests *g)
{
	g->are_all_dirty = true;
	g->judge_at = ns_min(g->judge_at, loop_now() + AGAIN);
}

static void link_ask(struct guest_link *l)
{
	l->is_asked = watcher_open_guest_socket(l->guests->watcher, l->at.nsid, l->at.ifindex) == 0;
	if (l->is_asked)
		return;
	l->guests->has_unasked = true;
	try_again(l);
}

static void log_limit_reached(struct guests *g)
{
	if (!g->is_at_limit)
		log_warning(g->log, "too many guests, some have no address: limit=%d",
			LIMIT_GUEST_LINKS);
	g->is_at_limit = true;
}

static void link_open(struct guests *g, const struct guest_place *at)
{
	if (g->links.count >= LIMIT_GUEST_LINKS) {
		log_limit_reached(g);
		return;
	}
	struct guest_link *l = calloc(1, sizeof(*l));
	if (!l || map_add(&g->links, &l->node, guest_part_hash(at))) {
		free(l);
		judge_all_later(g);
		return;
	}
	l->guests = g;
	l->at = *at;
	l->frames.watch.fd = -1;
	l->frames.resume_at = l->again_at = NS_NEVER;
	link_ask(l);
}

/* Removes what the guest has told from the model, unless it is gone with its link: then nobody knows any
 * more which addresses these were, and all guests are judged again. */
static void withdraw(struct guest_link *l)
{
	const struct model_link *link = guest_part_link(l);
	struct addr addrs[2 * LIMIT_GUEST_ADDRS];
	size_t count = 0;
	if (!link || l->has_left) {
		l->guests->have_all_moved = true;
		return;
	}
	LIST_EACH(a, &link->addrs, const struct model_addr, in_link)
		if (a->is_present && a->info.is_guest && count < ARRAY_LEN(addrs))
			addrs[count++] = a->info.addr;
	for (size_t i = 0; i < count; i++)
		on_addr_gone(l, &addrs[i]);
	if (l->name[0])
		on_name(l, "");
}

static void link_shut(struct guest_link *l)
{
	frames_close(&l->frames);
	guest_free(l->guest);
	l->guest = NULL;
	l->refused_count = 0;
	withdraw(l);
	heap_remove(&l->guests->due, &l->due);
}

static void link_free(struct guest_link *l)
{
	struct guests *g = l->guests;
	link_shut(l);
	map_remove(&g->links, &l->node);
	free(l);
	if (!g->is_at_limit)
		return;
	g->is_at_limit = false;
	judge_all_later(g); /* there is room for one more */
}

/* A namespace without a file, such as that of ontapd's guests, whose addresses are on their links, is not entered. */
static void log_no_socket(const struct guest_link *l, int err)
{
	const struct model_link *link = guest_part_link(l);
	char name[LOG_TEXT_CAP];
	if (link && log_limit_may(&l->guests->complaints, loop_now()))
		log_print(l->guests->log, err == -ENOENT ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
			"guest is not listened to: nsid=%d link=%s error=\"%s\"", l->at.nsid,
			log_escape(link->info.name, name), err_text(err));
}

static bool is_shortage(int err)
{
	return err == ERR_NOMEM || err == -ENOMEM || err == -ENOBUFS || err == -EMFILE ||
	       err == -ENFILE;
}

void guests_take_socket(struct guests *g, const struct event *ev, int fd)
{
	const struct guest_place at = {ev->nsid, ev->guest_socket.ifindex};
	struct guest_link *l = guest_part_find(g, &at);
	const struct model_link *link = l ? guest_part_link(l) : NULL;
	g->has_room = g->has_unasked;
	if (!link || l->guest) {
		if (fd >= 0)
			close(fd);
		return;
	}
	int err = fd < 0 ? ev->guest_socket.error : 0;
	if (!err)
		err = frames_open(&l->frames, g->loop, fd, guest_link_is_inverse(&link->info),
			on_frame, on_frames_end, l);
	if (!err) {
		l->guest = make_guest(l);
		err = l->guest ? 0 : ERR_NOMEM;
	}
	if (!err)
		return;
	frames_close(&l->frames);
	log_no_socket(l, err);
	if (is_shortage(err)) {
		l->is_asked = false;
		try_again(l);
	}
}

static bool is_wanted(const struct guests *g, const struct guest_place *at)
{
	const struct model *m = pipeline_model(g->runtime->pipeline);
	const struct policy policy = conf_policy(&g->runtime->conf);
	const struct model_link *link = model_link(m, at->nsid, at->ifindex);
	return link && guest_link_is(&policy, m, link);
}

static void judge(struct guests *g, const struct guest_place *at)
{
	struct guest_link *l = guest_part_find(g, at);
	bool is_link_wanted = is_wanted(g, at), is_kept = l && is_link_wanted && !l->has_left;
	if (l && !is_kept)
		link_free(l);
	if (is_link_wanted && !is_kept)
		link_open(g, at);
}

static void judge_ns(void *arg, const struct model_ns *ns)
{
	LIST_EACH(link, &ns->links, const struct model_link, in_ns)
		if (link->is_present)
			judge(arg, &(struct guest_place){ns->nsid, link->info.ifindex});
}

static void judge_all(struct guests *g)
{
	g->are_all_dirty = false;
	g->judge_at = NS_NEVER;
	MAP_EACH(l, &g->links, struct guest_link, node)
		if (l->has_left || !is_wanted(g, &l->at))
			link_free(l);
	if (model_each_ns(pipeline_model(g->runtime->pipeline), judge_ns, g))
		judge_all_later(g);
}

/* --- changes ---------------------------------------------------------------------------------- */

static void note_link(struct guests *g, nsid_t nsid, uint32_t ifindex)
{
	const struct guest_place at = {nsid, ifindex};
	const struct guest_place *last = g->dirty_count ? &g->dirty[g->dirty_count - 1] : NULL;
	if (last && last->nsid == nsid && last->ifindex == ifindex)
		return;
	if (g->dirty_count == NOTED_MAX ||
		ARRAY_RESERVE(g->dirty, g->dirty_cap, g->dirty_count + 1))
		g->are_all_dirty = true;
	else
		g->dirty[g->dirty_count++] = at;
}

/* The link may return, with the same ifindex, before it is judged. Its socket does not. */
static void note_leaving(struct guests *g, nsid_t nsid, uint32_t ifindex)
{
	struct guest_link *l = guest_part_find(g, &(struct guest_place){nsid, ifindex});
	if (l)
		l->has_left = true;
}

/* Links may have gone without an event of their own. */
static void note_ns(struct guests *g, nsid_t nsid)
{
	MAP_EACH(l, &g->links, const struct guest_link, node)
		if (l->at.nsid == nsid)
			note_link(g, nsid, l->at.ifindex);
}

bool guests_hear(struct guests *g, const struct event *ev)
{
	switch (ev->type) {
	case EV_LINK: note_link(g, ev->nsid, ev->link.ifindex); break;
	case EV_LINK_GONE:
		note_leaving(g, ev->nsid, ev->link.ifindex);
		note_link(g, ev->nsid, ev->link.ifindex);
		break;
	case EV_ADDR:
	case EV_ADDR_GONE:
		note_link(g, ev->nsid, ev->addr.ifindex);
		note_addr(g, &ev->addr.addr);
		break;
	case EV_NS:
	case EV_NS_GONE:
	case EV_SYNC_LINKS:
	case EV_SYNC_END: note_ns(g, ev->nsid); break;
	case EV_NEIGHBOUR: guest_neighbours_hear(g, ev); return true;
	default: break;
	}
	return false;
}

void guests_changed(struct guests *g, bool is_configuration)
{
	g->has_new_networks = true;
	if (!is_configuration)
		return;
	g->are_all_dirty = true;
	g->judge_at = NS_NEVER;
}

static void judge_holder(void *arg, const struct model_addr *holder)
{
	struct guests *g = arg;
	const struct guest_place at = {holder->link->ns->nsid, holder->link->info.ifindex};
	struct guest_link *l = holder->info.is_guest ? guest_part_find(g, &at) : NULL;
	if (l)
		l->has_to_judge = true;
}

static bool has_refused(const struct guest_link *l, const struct addr *addr)
{
	for (size_t i = 0; i < l->refused_count; i++)
		if (addr_equal(&l->refused[i], addr))
			return true;
	return false;
}

/* Marks the guests that have, or were refused, an address that a link now has, or no longer has. */
static void mark_rivals(struct guests *g)
{
	const struct model *m = pipeline_model(g->runtime->pipeline);
	for (size_t i = 0; i < g->moved_count; i++)
		model_each_holder(m, &g->moved[i], judge_holder, g);
	MAP_EACH(l, &g->links, struct guest_link, node) {
		l->has_to_judge |= g->have_all_moved;
		for (size_t i = 0; i < g->moved_count && l->refused_count > 0; i++)
			l->has_to_judge |= has_refused(l, &g->moved[i]);
	}
	g->moved_count = 0;
	g->have_all_moved = false;
}

static void judge_claims(struct guests *g, ns_t now)
{
	const bool has_new_networks = g->has_new_networks;
	if (g->moved_count == 0 && !g->have_all_moved && !has_new_networks)
		return;
	mark_rivals(g);
	g->has_new_networks = false;
	MAP_EACH(l, &g->links, struct guest_link, node) {
		if (has_new_networks && l->guest) {
			struct guest_policy policy = policy_for(l);
			guest_set_policy(l->guest, &policy, now);
		} else if (l->has_to_judge && l->guest) {
			guest_judge(l->guest, now);
		}
		l->has_to_judge = false;
		guest_part_schedule(l);
	}
}

static void link_again(struct guest_link *l)
{
	l->again_at = NS_NEVER;
	if (l->is_broken) {
		link_shut(l);
		l->is_broken = l->is_asked = false;
	}
	if (!l->guest && !l->is_asked)
		link_ask(l);
}

/* The watcher has answered one of those that were before us. */
static void ask_unasked(struct guests *g)
{
	g->has_room = g->has_unasked = false;
	MAP_EACH(l, &g->links, struct guest_link, node)
		if (!l->guest && !l->is_asked)
			link_again(l);
}

static void poll_due(struct guests *g, ns_t now)
{
	struct heap_node *first;
	while ((first = heap_first(&g->due)) && first->at <= now) {
		struct guest_link *l = container_of(first, struct guest_link, due);
		if (l->again_at <= now)
			link_again(l);
		frames_resume(&l->frames, now);
		if (l->guest)
			guest_poll(l->guest, now);
		guest_part_schedule(l);
		if (heap_has(&l->due) && l->due.at <= now) /* cannot be; it must not spin */
			heap_put(&g->due, &l->due, now + NS_PER_MS);
	}
}

void guests_poll(struct guests *g, ns_t now)
{
	if (g->has_room)
		ask_unasked(g);
	if (g->are_all_dirty && (g->judge_at == NS_NEVER || now >= g->judge_at))
		judge_all(g);
	/* link_free() may note more. */
	for (size_t i = 0; i < g->dirty_count; i++)
		judge(g, &g->dirty[i]);
	g->dirty_count = 0;
	judge_claims(g, now);
	poll_due(g, now);
}

ns_t guests_deadline(const struct guests *g)
{
	if (g->moved_count > 0 ||
		g->have_all_moved) /* of a guest whose time was over in the last poll */
		return 0;
	if (g->has_room)
		return 0;
	return ns_min(heap_deadline(&g->due), g->judge_at);
}

/* --- life ------------------------------------------------------------------------------------- */

void guests_init(
	struct guests *g, struct loop *loop, const struct log *log, struct runtime *runtime)
{
	*g = (struct guests){.loop = loop, .log = log, .runtime = runtime, .judge_at = NS_NEVER};
}

void guests_fini(struct guests *g)
{
	MAP_EACH(l, &g->links, struct guest_link, node)
		link_free(l);
	map_fini(&g->links);
	free(g->dirty);
	free(g->moved);
	guests_init(g, g->loop, g->log, g->runtime);
}

void guests_each(const struct guests *g,
	void (*visit)(void *arg, const struct guest_status *status), void *arg)
{
	MAP_EACH(l, &g->links, const struct guest_link, node) {
		const struct guest_status status = {.link = guest_part_link(l),
			.name = l->name,
			.frames = l->frames.received,
			.pauses = l->frames.pauses,
			.refused = l->refused,
			.why = l->why,
			.refused_count = l->refused_count,
			.is_open = l->guest != NULL};
		visit(arg, &status);
	}
}
