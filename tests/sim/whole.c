/* SPDX-License-Identifier: ISC */
/*
 * Owns the simulated daemon: the work of ontap-zone/serve.c between the parts, in virtual time.
 * Never waits, and never opens a socket that leads anywhere.
 */
#include "whole.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "zonefile/collection.h"
#include "wholecheck.h"

/* A daemon that still has work at the same moment after so many turns makes no progress. */
enum { TURNS_MAX = 1000 };

/* --- zone files ---------------------------------------------------------------------------- */

static struct collection *read_file(struct whole *w, const struct naive_record *file)
{
	char text[1024] = "";
	struct zonefile_error error;
	struct collection *c = collection_new(pipeline_domain(w->pipeline));
	size_t len = 0;
	for (size_t i = 0; i < NAIVE_RECORDS && file[i].owner; i++) {
		bool is_local = strstr(file[i].owner, ".local");
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s %s\n",
			file[i].owner, is_local ? "." : "", file[i].type, file[i].data);
	}
	const struct zonefile_source source = {.path = "zone",
		.text = text,
		.len = len,
		.origin = pipeline_domain(w->pipeline),
		.ttl_s = 60};
	if (!c || collection_add(c, &source, &error) || collection_finish(c, &error))
		abort();
	return c;
}

/* --- the sink ------------------------------------------------------------------------------ */

static void note_work(const struct whole *w, bool is_working)
{
	if (w->on_work)
		w->on_work(is_working);
}

static void tell_link(struct whole *w, const struct names_mdns_link *link, bool is_gone)
{
	struct sim_port *port = &w->net.hosts[WHOLE_HOST].ports[link->ifindex - 1];
	if (is_gone) {
		sim_remove_link(&w->net, WHOLE_HOST, link->ifindex);
		wholecheck_forget_link(w, link->ifindex);
		return;
	}
	/* The port has the families that the kernel has; its addresses are those of the
	 * wire's first host. */
	port->v4.family = link->has_v4 ? ADDR_V4 : ADDR_NONE;
	port->v6.family = link->has_v6 ? ADDR_V6 : ADDR_NONE;
	sim_put_link(&w->net, WHOLE_HOST,
		&(struct mdns_link){.id = link->ifindex,
			.mtu = link->mtu,
			.has_v4 = link->has_v4,
			.has_v6 = link->has_v6,
			.prefixes = link->prefixes,
			.prefix_count = link->prefix_count,
			.addrs = link->addrs,
			.addr_count = link->addr_count});
}

static int put_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	struct whole *w = arg;
	note_work(w, false); /* what follows belongs to the simulator */
	tell_link(w, link, is_gone);
	note_work(w, true);
	return 0;
}

static int put_mdns(
	void *arg, uint32_t link, const uint8_t *owner, const struct mdns_rrset *sets, size_t count)
{
	struct whole *w = arg;
	int err = sim_put_sets(&w->net, WHOLE_HOST, link, owner, sets, count);
	if (!err)
		wholecheck_note_put(w, link, owner, sets, count);
	if (err && !w->on_work)
		sim_fail(&w->net, "the engine refuses a put");
	return err;
}

static void on_self(void *arg)
{
	struct whole *w = arg;
	w->has_new_self = true;
}

static void on_event(void *arg, const struct event *ev)
{
	struct whole *w = arg;
	unsigned tries = w->on_work ? TURNS_MAX : 1; /* again and again, as watcher_handle() does */
	int err;
	do
		err = pipeline_apply(w->pipeline, ev);
	while (err == ERR_NOMEM && --tries > 0);
	if (err && !(err == ERR_RANGE && w->is_narrow))
		sim_fail(&w->net, "event of type %d refused", ev->type);
}

/* --- life ---------------------------------------------------------------------------------- */

static void add_hosts(struct whole *w)
{
	static const char *const names[] = {"daemon", "peer", "other"};
	for (unsigned wire = 0; wire < WHOLE_WIRES; wire++)
		sim_add_wire(&w->net,
			(struct sim_faults){.delay_min = 10 * NS_PER_US, .delay_max = NS_PER_MS});
	for (unsigned h = 0; h < ARRAY_LEN(names); h++) {
		sim_add_host(&w->net, names[h]);
		for (unsigned wire = 0; wire < WHOLE_WIRES; wire++) {
			char v4[32], v6[32];
			snprintf(v4, sizeof(v4), "10.%u.0.%u", wire, 200 + h);
			snprintf(v6, sizeof(v6), "fe80::%x:%x", wire, 200 + h);
			sim_add_port(&w->net, h, wire, v4, v6);
			if (h == WHOLE_HOST)
				sim_remove_link(&w->net, h, wire + 1);
		}
	}
}

static struct name name_of(const char *text)
{
	struct name name;
	if (name_from_text(text, NULL, &name))
		abort();
	return name;
}

bool whole_init(struct whole *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	simkernel_init(&w->kernel);
	sim_init(&w->net, seed);
	w->net.max_rate = 200;
	w->net.on_sent = wholecheck_note_sent;
	w->net.arg = w;
	add_hosts(w);
	w->config = (struct pipeline_config){.has_self = true,
		.policy = {.domain = name_of(NAIVE_DOMAIN),
			.ttl_s = 60,
			.sources = {NAME_ALIAS, NAME_HOSTNAME},
			.source_count = 2,
			.duplicates = DUPLICATES_MERGE,
			.mdns = NAME_MDNS_AUTO}};
	w->pipeline = pipeline_new(seed, &w->config,
		(struct pipeline_sink){.put_mdns_link = put_mdns_link,
			.put_mdns = put_mdns,
			.on_self = on_self,
			.arg = w});
	w->watcher = kernel_open(&(struct kernel_config){.on_event = on_event, .arg = w});
	if (!w->pipeline || !w->watcher)
		sim_fail(&w->net, "cannot start");
	else
		whole_reload(w, 0);
	return !w->net.failure[0];
}

void whole_fini(struct whole *w)
{
	kernel_close(w->watcher);
	pipeline_free(w->pipeline);
	sim_fini(&w->net);
}

static void set_room(struct whole *w, bool is_narrow)
{
	const struct model_limits few = {.namespaces = 2, .links = 3, .addrs = 4};
	const struct model_limits many = {.namespaces = 1000, .links = 1000, .addrs = 1000};
	pipeline_set_limits(w->pipeline, is_narrow ? few : many);
}

void whole_make_narrow(struct whole *w)
{
	w->is_narrow = true;
	set_room(w, true);
}

void whole_reload(struct whole *w, unsigned file)
{
	w->file = file % NAIVE_FILES;
	if (pipeline_set_config(w->pipeline, &w->config) ||
		pipeline_set_files(w->pipeline, read_file(w, naive_files[w->file])))
		sim_fail(&w->net, "reload failed");
}

/* --- time ---------------------------------------------------------------------------------- */

static void flush(struct whole *w)
{
	struct pipeline_retired retired;
	note_work(w, true);
	bool is_refused =
		w->has_new_self && pipeline_set_self(w->pipeline, w->kernel.spaces[0].hostname);
	w->has_new_self = false;
	pipeline_set_time(w->pipeline, w->net.now);
	pipeline_flush(w->pipeline, ++w->serial, &retired);
	note_work(w, false);
	if (is_refused && !w->on_work)
		sim_fail(&w->net, "own name refused");
	zone_garbage_free(retired.garbage);
	view_table_free(retired.views);
	if (pipeline_has_more(w->pipeline) && !pipeline_is_dirty(w->pipeline))
		flush(w);
	if (pipeline_is_dirty(w->pipeline) && !w->on_work)
		sim_fail(&w->net, "a flush has left something");
}

/* What was refused is asked for again, as daemon_ask_again() does. */
static void ask_again(struct whole *w)
{
	nsid_t nsid;
	if (!model_next_lacking(pipeline_model(w->pipeline), &nsid))
		return;
	kernel_look_again(w->watcher, nsid);
	pipeline_is_asked(w->pipeline, nsid);
}

void whole_turn(struct whole *w)
{
	unsigned turns = 0;
	do {
		note_work(w, true);
		if (turns < 2 * KERNEL_SPACES)
			ask_again(w);
		kernel_handle(w->watcher, w->net.now);
		note_work(w, false);
		if (kernel_is_synced(w->watcher) &&
			(w->has_new_self || pipeline_is_dirty(w->pipeline)))
			flush(w);
	} while (kernel_deadline(w->watcher) <= w->net.now && turns++ < TURNS_MAX);
	if (turns >= TURNS_MAX)
		sim_fail(&w->net, "the watcher has a deadline that is past, and no end");
	sim_drain(&w->net, WHOLE_HOST);
}

void whole_run(struct whole *w, ns_t until)
{
	while (!w->net.failure[0]) {
		whole_turn(w);
		ns_t next = ns_min(until, kernel_deadline(w->watcher));
		sim_run(&w->net, next);
		if (next == until)
			break;
	}
}

/* Repeated dumps are delayed by at most a second. */
void whole_check(struct whole *w)
{
	w->kernel.failures = 0;
	w->kernel.on_receive = NULL;
	if (w->is_narrow)
		set_room(w, false);
	for (int i = 0; i < 10; i++)
		whole_run(w, w->net.now + NS_PER_S);
	if (w->net.failure[0])
		return;
	if (kernel_deadline(w->watcher) != NS_NEVER || w->kernel.queued > 0)
		sim_fail(&w->net, "the watcher has something to do, though nothing happens");
	if (model_is_lacking(pipeline_model(w->pipeline)))
		sim_fail(&w->net, "something was refused, and never asked for again");
	wholecheck_compare(w);
	if (w->is_narrow)
		set_room(w, true);
}
