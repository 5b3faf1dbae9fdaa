/* SPDX-License-Identifier: ISC */
/*
 * Owns the model, the names and the zone, and passes changes from one to the next.
 * Never knows the time, and never uses a file or a socket.
 */
#include "pipeline/pipeline.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/serial.h"
#include "pipeline/inside.h"

/* The sink of the name layer. */

static int put_unicast(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	struct pipeline *p = arg;
	int err = unicast_put(p, ZONE_DERIVED, owner, sets, count);
	/* The reverse zone may not be ours: the name layer puts this again when it has come. */
	return err == ERR_RANGE && !zone_apex_of(p->zone, owner) ? 0 : err;
}

static int put_reverse_zone(void *arg, const uint8_t *apex, enum names_zone what)
{
	return reverse_put_zone(arg, apex, what);
}

static int put_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	return local_put_link(arg, link, is_gone);
}

static int put_mdns(void *arg, uint32_t link, const uint8_t *owner, const struct rrset *sets,
	size_t count, struct names_mdns_kind kind)
{
	struct pipeline *p = arg;
	if (!p->sink.put_mdns)
		return 0;
	return kind.is_reverse ? local_put_reverse(p, link, owner, sets, count, kind.is_of_host)
			       : local_put_host(p, link, owner, sets, count, kind.is_of_host);
}

static void on_hostnames(void *arg, const struct model_ns *ns)
{
	const struct pipeline *p = arg;
	if (ns->nsid == NSID_OWN && p->sink.on_self)
		p->sink.on_self(p->sink.arg);
}

static void on_onlinks(void *arg)
{
	struct pipeline *p = arg;
	p->has_new_views = true;
}

static void on_reject(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	const struct pipeline *p = arg;
	if (p->sink.on_reject)
		p->sink.on_reject(p->sink.arg, link, word, len, verdict);
}

static bool is_of_file(void *arg, const char *label)
{
	return files_have_label(arg, label);
}

static void on_left_out(void *arg, const char *label, size_t count)
{
	const struct pipeline *p = arg;
	if (p->sink.on_left_out)
		p->sink.on_left_out(p->sink.arg, label, count);
}

/* Life. */

static int make_parts(struct pipeline *p, uint64_t seed)
{
	struct policy policy = pipeline_policy(p);
	p->zone = zone_new(seed, (struct zone_listener){0});
	if (p->zone)
		zone_hide_lan(p->zone, policy.hides_lan);
	p->names = names_new(seed, &policy,
		(struct names_sink){.put_unicast = put_unicast,
			.put_reverse_zone = put_reverse_zone,
			.put_mdns_link = put_mdns_link,
			.put_mdns = put_mdns,
			.onlink_changed = on_onlinks,
			.on_hostnames = on_hostnames,
			.on_reject = on_reject,
			.on_left_out = on_left_out,
			.is_of_file = is_of_file,
			.arg = p});
	if (!p->zone || !p->names)
		return ERR_NOMEM;
	p->model = model_new(seed, names_listener(p->names));
	if (!p->model)
		return ERR_NOMEM;
	names_bind_model(p->names, p->model);
	return apex_put(p, policy.domain.wire, true);
}

struct pipeline *pipeline_new(
	uint64_t seed, const struct pipeline_config *config, struct pipeline_sink sink)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->config = *config;
	p->sink = sink;
	statics_init(&p->statics);
	p->self = self_find(config->policy.domain.wire, p->hostname);
	p->has_new_views = true;
	if (make_parts(p, seed) == 0)
		return p;
	pipeline_free(p);
	return NULL;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	model_free(p->model);
	names_free(p->names);
	view_table_free(view_slot_publish(&p->views, NULL));
	zone_free(p->zone);
	statics_fini(p);
	free(p->mdns_links);
	free(p->sets);
	services_fini(&p->services);
	public_fini(&p->publics);
	reverse_fini(&p->reverse);
	free(p);
}

/* Changes. */

int pipeline_apply(struct pipeline *p, const struct event *ev)
{
	int err = model_apply(p->model, ev);
	if (err)
		p->refused++;
	return err;
}

int pipeline_put_collected(struct pipeline *p, const char *label, const struct names_said *said)
{
	return names_put_collected(p->names, label, said);
}

bool pipeline_is_taken(const struct pipeline *p, const char *label)
{
	struct name owner;
	return names_judge_collected(p->names, label) != COLLECTED_SERVED ||
	       (name_prepend(label, strlen(label), p->config.policy.domain.wire, &owner) == 0 &&
		       name_equal(owner.wire, p->self.name.wire));
}

/* The former domain stays until the records of files have left it, one by one. */
static void leave_domain(struct pipeline *p, const struct name *old)
{
	const uint8_t *domain = p->config.policy.domain.wire;
	if (name_equal(old->wire, domain))
		return;
	if (p->left.len > 0 && !name_equal(p->left.wire, domain))
		(void)!apex_remove(p, p->left.wire);
	p->left = *old;
	p->has_to_leave = false;
}

int pipeline_set_config(struct pipeline *p, const struct pipeline_config *config)
{
	const struct name old = p->config.policy.domain;
	const uint8_t *domain = config->policy.domain.wire;
	p->config = *config;
	p->self = self_find(domain, p->hostname);
	int err = apex_put(p, domain, true);
	p->has_old_apex = err == ERR_NOMEM;
	leave_domain(p, &old);
	struct policy policy = pipeline_policy(p);
	names_set_policy(p->names, &policy);
	p->has_new_views = true;
	return err;
}

int pipeline_set_self(struct pipeline *p, const char *hostname)
{
	const uint8_t *domain = p->config.policy.domain.wire;
	size_t len = strnlen(hostname, sizeof(p->hostname) - 1);
	memcpy(p->hostname, hostname, len);
	p->hostname[len] = '\0';
	struct self self = self_find(domain, p->hostname);
	if (self.is_hostname == p->self.is_hostname &&
		name_equal(self.name.wire, p->self.name.wire))
		return 0;
	p->self = self;
	struct policy policy = pipeline_policy(p);
	names_set_policy(p->names, &policy);
	int err = p->config.ns.len ? 0 : apex_put(p, domain, true);
	p->has_old_apex |= err == ERR_NOMEM;
	return err;
}

/* Listener of the zone. */
static void on_record(void *arg, const struct zone_change *change)
{
	const struct pipeline *p = arg;
	p->sink.on_record(p->sink.arg, change);
}

bool pipeline_is_dirty(const struct pipeline *p)
{
	return names_is_dirty(p->names) || p->has_new_views || p->has_old_apex ||
	       p->has_missing_statics || p->publics.has_news || p->has_to_leave ||
	       p->reverse.has_failed;
}

bool pipeline_has_more(const struct pipeline *p)
{
	return p->reverse.count > 0;
}

void pipeline_set_time(struct pipeline *p, ns_t now)
{
	names_set_time(p->names, now);
}

ns_t pipeline_deadline(const struct pipeline *p)
{
	return names_deadline(p->names);
}

int pipeline_set_keys(struct pipeline *p, const uint8_t *apex, const struct zone_keys *keys)
{
	return zone_set_keys(p->zone, apex, keys);
}

void pipeline_set_clock(struct pipeline *p, uint32_t now_s)
{
	zone_set_clock(p->zone, now_s);
}

uint32_t pipeline_next_serial(const struct pipeline *p, uint32_t floor)
{
	/* A zone that disappears and comes back continues from that serial. */
	uint32_t latest = zone_latest_serial(p->zone);
	return latest ? serial_later(floor, latest + 1) : floor;
}

/* Does again what failed for lack of memory outside of the name layer. */
static void do_again(struct pipeline *p)
{
	if (p->has_old_apex)
		p->has_old_apex = apex_put(p, p->config.policy.domain.wire, true) == ERR_NOMEM;
	const bool has_missing_statics = p->has_missing_statics;
	p->has_missing_statics = false;
	if (has_missing_statics) {
		p->has_missing_statics = services_index(p) != 0;
		local_put_all_statics(p);
	}
}

static void finish_leaving(struct pipeline *p)
{
	p->has_to_leave = apex_remove(p, p->left.wire) == ERR_NOMEM;
	if (!p->has_to_leave)
		p->left = (struct name){0};
}

void pipeline_flush(struct pipeline *p, uint32_t serial_floor, struct pipeline_retired *ret)
{
	do_again(p);
	names_flush(p->names);
	if (p->has_to_leave)
		finish_leaving(p);
	reverse_go_on(p);
	p->has_missing_statics |= services_put(p, local_put_static) == ERR_NOMEM;
	p->refused += public_put_lists(p, local_put_list) != 0;
	ret->views = p->has_new_views ? views_update(p) : NULL;
	ret->garbage = zone_commit(p->zone, pipeline_next_serial(p, serial_floor));
	if (!p->is_telling && p->sink.on_record)
		zone_listen(p->zone, (struct zone_listener){.on_change = on_record, .arg = p});
	p->is_telling = true;
}

/* Inspection. */

void pipeline_is_asked(struct pipeline *p, nsid_t nsid)
{
	model_is_asked(p->model, nsid);
}

void pipeline_set_limits(struct pipeline *p, struct model_limits limits)
{
	model_set_limits(p->model, limits);
}

const struct model *pipeline_model(const struct pipeline *p)
{
	return p->model;
}

const struct names *pipeline_names(const struct pipeline *p)
{
	return p->names;
}

struct zone *pipeline_zone(const struct pipeline *p)
{
	return p->zone;
}

const uint8_t *pipeline_domain(const struct pipeline *p)
{
	return p->config.policy.domain.wire;
}

const struct view_slot *pipeline_views(const struct pipeline *p)
{
	return &p->views;
}

uint64_t pipeline_refused(const struct pipeline *p)
{
	return p->refused;
}
