/* SPDX-License-Identifier: ISC */
/*
 * Owns the model, the names and the zone, and carries changes from one to the next.
 * Never waits and never touches a socket. Called by serve.c and export.c.
 */
#include "ontap-zone/world.h"

#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/serial.h"
#include "io/loop.h"
#include "io/rcu.h"
#include "ontap-zone/zones.h"

/* SOA timers: secondaries are told of changes by NOTIFY, so that these are for when that is lost. */
enum { SOA_REFRESH_S = 3600, SOA_RETRY_S = 600, SOA_EXPIRE_S = 604800 };

/* This host as a name server, where --ns does not say: its host name, in the domain if it has no dot;
 * "ns" in the domain if it is not fit for a name. Whether it is the host name. */
static bool own_name(const struct name *domain, struct name *ret)
{
	char host[HOST_NAME_MAX + 2] = "";
	if (gethostname(host, sizeof(host) - 1) == 0) {
		if (strchr(host, '.') && name_from_text(host, NULL, ret) == 0)
			return true;
		if (label_judge(host, strlen(host)) == LABEL_OK &&
			name_prepend(host, strlen(host), domain->wire, ret) == 0)
			return true;
	}
	if (name_prepend("ns", 2, domain->wire, ret))
		name_copy(ret, domain->wire);
	return false;
}

/* The rules for names; and the name of this host is one, if it is in the domain. As a name server it is
 * one with --no-self too, in unicast DNS: an NS that leads to no address is of no use to a resolver. */
static struct policy world_policy(const struct conf *conf)
{
	struct policy policy = conf_policy(conf);
	struct name own;
	bool is_self = own_name(&conf->domain, &own) && conf->has_self;
	policy.has_self_mdns = is_self;
	if ((is_self || conf->ns.len == 0) && name_equal(name_parent(own.wire), conf->domain.wire))
		memcpy(policy.self, own.wire + 1, own.wire[0]);
	return policy;
}

static int world_add_apex(struct world *w, const uint8_t *apex)
{
	struct name ns = w->conf.ns, hostmaster = w->conf.hostmaster;
	if (ns.len == 0)
		own_name(&w->conf.domain, &ns);
	if (hostmaster.len == 0 &&
		name_prepend("hostmaster", 10, w->conf.domain.wire, &hostmaster))
		name_copy(&hostmaster, w->conf.domain.wire);
	return zone_add_apex(w->zone, &(struct zone_apex){.name = apex,
					      .mname = ns.wire,
					      .rname = hostmaster.wire,
					      .refresh_s = SOA_REFRESH_S,
					      .retry_s = SOA_RETRY_S,
					      .expire_s = SOA_EXPIRE_S,
					      .minimum_s = w->conf.ttl_s,
					      .ttl_s = w->conf.ttl_s});
}

static void tell_hidden_alias(struct world *w, const uint8_t *owner, struct rdata target)
{
	char name[NAME_TEXT_CAP], text[NAME_TEXT_CAP];
	if (log_limit_may(&w->alias_limit, loop_now()))
		log_warning(w->log, "alias of a zone file is not served: name=%s target=%s note=\"others have that name\"",
			name_to_text(owner, name), name_to_text(target.bytes, text));
}

/* Puts, and tells if an alias gets out of sight by it. */
static int put_zone(struct world *w, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count)
{
	struct rdata alias;
	/* A zone file may have very many records, but what gets out of sight is an alias. */
	if (source == ZONE_STATIC && !(count > 0 && sets[0].type == RR_CNAME))
		return zone_put(w->zone, source, owner, sets, count);
	bool was_hidden = zone_hidden_alias(w->zone, owner, &alias);
	int err = zone_put(w->zone, source, owner, sets, count);
	if (!was_hidden && zone_hidden_alias(w->zone, owner, &alias))
		tell_hidden_alias(w, owner, alias);
	return err;
}

/* The sink of the name layer. */

static int put_unicast(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return put_zone(arg, ZONE_DERIVED, owner, sets, count);
}

static int put_reverse_zone(void *arg, const uint8_t *apex, bool is_ours)
{
	struct world *w = arg;
	return is_ours ? world_add_apex(w, apex) : zone_remove_apex(w->zone, apex);
}

static void put_local_statics(struct world *w, uint32_t ifindex)
{
	for (size_t i = 0; i < collection_count(w->statics); i++) {
		const struct static_owner *owner = collection_at(w->statics, i);
		if (owner->is_local &&
			w->hooks.put_mdns(w->hooks.arg, ifindex, owner->name, owner->sets,
				owner->count, false))
			w->refused++;
	}
}

/* Remembers on which links mDNS is spoken: what zone files say of .local is said on each. */
static int remember_link(struct world *w, uint32_t ifindex, bool is_gone)
{
	size_t i = 0;
	while (i < w->mdns_link_count && w->mdns_links[i] != ifindex)
		i++;
	if (is_gone && i < w->mdns_link_count)
		w->mdns_links[i] = w->mdns_links[--w->mdns_link_count];
	if (is_gone || i < w->mdns_link_count)
		return 0;
	uint32_t *links = reallocarray(w->mdns_links, i + 1, sizeof(*links));
	if (!links)
		return ERR_NOMEM;
	links[w->mdns_link_count++] = ifindex;
	w->mdns_links = links;
	return 0;
}

static int put_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	struct world *w = arg;
	int err = remember_link(w, link->ifindex, is_gone);
	if (err)
		return err;
	if (w->hooks.on_mdns_link)
		w->hooks.on_mdns_link(w->hooks.arg, link, is_gone);
	if (!is_gone && w->hooks.put_mdns)
		put_local_statics(w, link->ifindex);
	return 0;
}

/* What the kernel says of a name and what a zone file says of it are said together; a type that the
 * file has is the file's. But an alias has nothing beside it (RFC 1034 §3.6.2), and gives way. */
static int put_mdns(void *arg, uint32_t ifindex, const uint8_t *owner, const struct rrset *sets,
	size_t count, bool is_reverse)
{
	struct world *w = arg;
	const struct static_owner *also = collection_find(w->statics, owner);
	if (!w->hooks.put_mdns)
		return 0;
	if (also && count > 0 && also->sets[0].type == RR_CNAME) {
		tell_hidden_alias(w, owner, also->sets[0].rdata[0]);
		also = NULL;
	}
	if (!also || !also->is_local)
		return w->hooks.put_mdns(w->hooks.arg, ifindex, owner, sets, count, is_reverse);
	struct rrset *both = calloc(count + also->count, sizeof(*both));
	if (!both)
		return ERR_NOMEM;
	memcpy(both, also->sets, also->count * sizeof(*both));
	size_t both_count = also->count;
	for (size_t i = 0; i < count; i++) {
		bool is_said = false;
		for (size_t j = 0; j < also->count; j++)
			is_said |= also->sets[j].type == sets[i].type;
		if (!is_said)
			both[both_count++] = sets[i];
	}
	int err = w->hooks.put_mdns(w->hooks.arg, ifindex, owner, both, both_count, is_reverse);
	free(both);
	return err;
}

static void onlink_changed(void *arg)
{
	struct world *w = arg;
	w->has_new_views = true;
}

/* This host may have been given another name. */
static void on_hostnames(void *arg, const struct model_ns *ns)
{
	struct world *w = arg;
	if (ns->nsid == NSID_OWN)
		w->has_new_self = true;
}

static void on_reject(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	struct world *w = arg;
	if (!log_limit_may(&w->reject_limit, loop_now()))
		return;
	char text[ALIAS_CAP], escaped[LOG_TEXT_CAP], name[LOG_TEXT_CAP];
	snprintf(text, sizeof(text), "%.*s", (int)len, word);
	log_warning(w->log, "not a name: nsid=%d link=%s name=%s reason=\"%s\"",
		link->ns->nsid, log_escape(link->info.name, name), log_escape(text, escaped),
		label_verdict_text(verdict));
}

static void on_record(void *arg, const struct zone_change *change)
{
	struct world *w = arg;
	if (w->hooks.on_record)
		w->hooks.on_record(w->hooks.arg, change);
}

/* Views. */

static void rules_add(struct world_rules *r, const struct view_rule *rule)
{
	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 16;
		struct view_rule *list = reallocarray(r->list, cap, sizeof(*list));
		if (!list) {
			r->err = ERR_NOMEM;
			return;
		}
		r->list = list;
		r->cap = cap;
	}
	r->list[r->count++] = *rule;
}

static void rules_add_onlink(void *arg, const struct names_onlink *onlink)
{
	struct view_rule rule = {.prefix = onlink->prefix, .view = VIEW_LAN,
		.reason = VIEW_BY_LINK};
	memcpy(rule.detail, onlink->ifname, strnlen(onlink->ifname, sizeof(rule.detail) - 1));
	rules_add(arg, &rule);
}

int world_rules(const struct world *w, struct world_rules *ret)
{
	struct world_rules rules = {0};
	names_each_onlink(w->names, rules_add_onlink, &rules);
	for (size_t i = 0; i < w->conf.lan.count; i++)
		rules_add(&rules, &(struct view_rule){.prefix = w->conf.lan.at[i],
					  .view = VIEW_LAN, .reason = VIEW_BY_OPTION});
	if (rules.err) {
		free(rules.list);
		return rules.err;
	}
	*ret = rules;
	return 0;
}

static void free_view_table(void *arg)
{
	view_table_free(arg);
}

static void world_build_views(struct world *w)
{
	struct world_rules rules;
	struct view_table *table = NULL;
	if (world_rules(w, &rules) == 0) {
		table = view_table_new(rules.list, rules.count);
		free(rules.list);
	}
	if (!table) {
		log_error(w->log, "client locations not updated: error=\"%s\"", err_text(ERR_NOMEM));
		return; /* the old table stays */
	}
	rcu_defer(free_view_table, view_slot_publish(&w->views, table));
	w->has_new_views = false;
	if (w->hooks.on_views)
		w->hooks.on_views(w->hooks.arg);
}

static void free_garbage(void *arg)
{
	zone_garbage_free(arg);
}

/* A serial as a date: so it rises over restarts, whatever is kept of it. Where changes come faster than
 * seconds it is ahead of the clock; a zone that went and comes again must go on from there. */
uint32_t world_serial_floor(const struct world *w)
{
	uint32_t floor = (uint32_t)time(NULL), latest = zone_latest_serial(w->zone);
	if (w->serial_floor)
		floor = serial_later(floor, w->serial_floor);
	return latest ? serial_later(floor, latest + 1) : floor;
}

/* The name of this host, of the server in SOA and NS, and of its own links. */
static void world_update_self(struct world *w)
{
	struct policy policy = world_policy(&w->conf);
	w->has_new_self = false;
	if (strcmp(policy.self, w->self) == 0)
		return;
	strcpy(w->self, policy.self);
	names_set_policy(w->names, &policy);
	if (w->conf.ns.len == 0 && world_add_apex(w, w->conf.domain.wire))
		w->refused++;
}

void world_flush(struct world *w)
{
	if (w->has_new_self)
		world_update_self(w);
	names_flush(w->names);
	if (w->has_new_views)
		world_build_views(w);
	struct zone_garbage *garbage = zone_commit(w->zone, world_serial_floor(w));
	if (!garbage)
		return;
	rcu_defer(free_garbage, garbage);
	if (w->hooks.on_published)
		w->hooks.on_published(w->hooks.arg);
}

void world_apply(void *arg, const struct event *ev)
{
	struct world *w = arg;
	int err = model_apply(w->model, ev);
	w->events++;
	if (!err)
		return;
	w->refused++;
	if (log_limit_may(&w->apply_limit, loop_now()))
		log_error(w->log, "kernel event refused: nsid=%d type=%d error=\"%s\"",
			ev->nsid, ev->type, err_text(err));
}

/* Static records. */

static int put_static(struct world *w, const struct static_owner *owner, size_t count)
{
	int err = 0;
	if (!owner->is_local)
		return put_zone(w, ZONE_STATIC, owner->name, owner->sets, count);
	for (size_t i = 0; w->hooks.put_mdns && i < w->mdns_link_count && !err; i++)
		err = w->hooks.put_mdns(w->hooks.arg, w->mdns_links[i], owner->name,
			owner->sets, count, false);
	return err;
}

static bool is_in_files(void *statics, const uint8_t *owner)
{
	return collection_find(statics, owner) != NULL;
}

/* Takes back what the old files said and the new ones do not. */
static int take_back_statics(struct world *w, const struct collection *old, struct collection *now)
{
	int err = zone_keep(w->zone, ZONE_STATIC, is_in_files, now);
	for (size_t i = 0; i < collection_count(old) && !err; i++)
		if (!collection_find(now, collection_at(old, i)->name))
			err = put_static(w, collection_at(old, i), 0);
	return err;
}

static int world_put_statics(struct world *w, struct collection *statics)
{
	struct collection *old = w->statics;
	int err = zone_expect(w->zone, collection_zone_count(statics));
	if (!err && old)
		err = collection_index(statics);
	if (!err && old)
		err = take_back_statics(w, old, statics);
	w->statics = statics;
	for (size_t i = 0; i < collection_count(statics) && !err; i++)
		err = put_static(w, collection_at(statics, i), collection_at(statics, i)->count);
	collection_free(old);
	if (!err)
		err = collection_settle(statics);
	malloc_trim(0); /* a large file was in many small pieces, and most are free now */
	return err;
}

int world_init(struct world *w, struct conf *conf, const struct log *log, uint64_t seed,
	struct world_hooks hooks, struct conf_error *error)
{
	*w = (struct world){.conf = *conf, .log = log, .hooks = hooks};
	struct policy policy = world_policy(&w->conf);
	strcpy(w->self, policy.self);
	struct collection *statics = NULL;
	struct names_sink sink = {.put_unicast = put_unicast,
		.put_reverse_zone = put_reverse_zone,
		.put_mdns_link = put_mdns_link,
		.put_mdns = put_mdns,
		.onlink_changed = onlink_changed,
		.on_hostnames = on_hostnames,
		.on_reject = on_reject,
		.arg = w};
	w->zone = zone_new(seed, (struct zone_listener){0});
	w->names = names_new(seed, &policy, sink);
	if (w->names)
		w->model = model_new(seed, names_listener(w->names));
	int err = w->zone && w->model ? world_add_apex(w, w->conf.domain.wire) : ERR_NOMEM;
	if (!err) {
		names_bind_model(w->names, w->model);
		err = zones_read(&statics, &w->conf.zone_files, &w->conf.domain, error);
	}
	if (!err)
		err = world_put_statics(w, statics);
	if (!err) /* whoever wants to know what there is from the start asks for it */
		zone_listen(w->zone, (struct zone_listener){.on_change = on_record, .arg = w});
	w->has_new_views = true;
	if (err && err != ERR_SYNTAX)
		snprintf(error->text, sizeof(error->text), "zone files: %s", err_text(err));
	if (err)
		world_fini(w);
	return err;
}

void world_fini(struct world *w)
{
	model_free(w->model);
	names_free(w->names);
	view_table_free(view_slot_publish(&w->views, NULL));
	rcu_drain();
	zone_free(w->zone);
	collection_free(w->statics);
	free(w->mdns_links);
	conf_fini(&w->conf);
}

int world_reload(struct world *w, struct conf *conf, struct collection *statics)
{
	struct conf before = w->conf;
	w->conf = *conf;
	int err = world_add_apex(w, w->conf.domain.wire);
	if (!name_equal(before.domain.wire, w->conf.domain.wire))
		(void)!zone_remove_apex(w->zone, before.domain.wire);
	int collection_err = world_put_statics(w, statics);
	struct policy policy = world_policy(&w->conf);
	strcpy(w->self, policy.self);
	names_set_policy(w->names, &policy);
	w->has_new_views = true;
	conf_fini(&before);
	return err ? err : collection_err;
}
