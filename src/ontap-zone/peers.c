/* SPDX-License-Identifier: ISC */
/*
 * Owns the journal, NOTIFY, the updates of primaries, and their sockets.
 * Never decides what is in the zone.
 */
#include "ontap-zone/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/err.h"
#include "net/dns_client.h"
#include "net/dns_answer.h"
#include "ontap-zone/primary.h"
#include "ontap-zone/updates.h"
#include "transfer/catalog.h"
#include "transfer/journal.h"
#include "transfer/notify.h"
#include "zone/sign.h"

enum { NOTIFY_CAP = 1024 };

/* Number of NOTIFY messages sent per turn of the loop: many zones may have changed at once. */
enum { NOTIFY_A_TURN = 16 };

struct peers {
	struct peers_config config;
	struct transfers *transfers;
	struct loop_watch asked_watch;
	bool has_unready;         /* some wait for a zone to be signed */
	bool is_late;             /* they wait until the signed zones are whole */
	struct transfer *waiting; /* requests that wait until the journal has built a whole zone */
	struct dns_client *dns_client;
	struct journal *journal; /* NULL: nobody may transfer */
	struct notify *notify;
	struct primary **primaries;
	size_t primary_count;
	struct conf_keys keys;
	struct name catalog;
};

/* Transfers. */

/* True if the zone has not been signed yet, but will be. */
static bool waits_for_keys(const struct peers *o, const struct transfer *t)
{
	struct zone_sign_stats stats;
	return zone_sign_stats(pipeline_zone(o->config.runtime->pipeline), t->xfr.ask.zone.wire,
		       &stats) == 0 &&
	       !stats.has_begun && !stats.has_failed;
}

/* Delivers the transfers that are ready. The others wait until a whole zone has been built. */
static void serve_waiting(struct peers *o)
{
	struct transfer **at = &o->waiting;
	/* A signed zone is sent as of a serial, not as of the middle of a change (zone/sign.h). */
	o->is_late = !zone_is_whole(pipeline_zone(o->config.runtime->pipeline));
	o->has_unready = false;
	while (*at && !o->is_late) {
		struct transfer *t = *at;
		if (waits_for_keys(o, t)) {
			o->has_unready = true;
			at = &t->next;
			continue;
		}
		t->err = o->journal ? journal_source(
					      o->journal, &t->xfr.ask, loop_now(), &t->xfr.source)
				    : ERR_ABSENT;
		if (t->err == JOURNAL_LATER) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		transfers_deliver(o->transfers, t);
	}
}

static void on_asked(void *arg, uint32_t events UNUSED)
{
	struct peers *o = arg;
	for (struct transfer *t; (t = transfers_next_asked(o->transfers));) {
		if (t->update) {
			updates_take(o->config.updates, t);
			continue;
		}
		t->next = o->waiting;
		o->waiting = t;
	}
	serve_waiting(o);
}

/* A whole zone is built in pieces, one per turn of the loop, so that nothing else has to wait. */
static void work_on(struct peers *o, ns_t now)
{
	bool has_news = !o->journal || o->is_late || journal_work(o->journal, now);
	has_news |= o->has_unready;
	if (o->waiting && has_news)
		serve_waiting(o);
}

/* Waiting transfers are delivered with an error, so they are freed like all others. */
static void drop_waiting(struct peers *o)
{
	for (struct transfer *t; (t = o->waiting);) {
		o->waiting = t->next;
		t->err = ERR_ABSENT;
		transfers_deliver(o->transfers, t);
	}
}

/* Returns the SOA of the catalog zone; NULL if there is none. */
static struct records *catalog_soa_now(const struct peers *o)
{
	return o->journal && o->catalog.len ? journal_soa(o->journal, o->catalog.wire) : NULL;
}

static bool has_sig0(const struct conf *conf)
{
	for (size_t i = 0; i < conf->update_rights.count; i++)
		if (conf->update_rights.at[i].is_sig0)
			return true;
	return conf->has_srp || conf->collect != CONF_COLLECT_NONE;
}

/* Publishes to the answering threads who may transfer, and the current SOA of the catalog. */
static void publish_policy(struct peers *o)
{
	const struct conf *conf = &o->config.runtime->conf;
	struct policy_allow *allow = calloc(conf->transfers.count + 1, sizeof(*allow));
	struct transfer_policy *policy = NULL;
	if (conf->transfers.count == 0 && o->keys.count == 0 && !has_sig0(conf)) {
		transfers_publish(o->transfers, NULL); /* no query needs to be checked */
		free(allow);
		return;
	}
	for (size_t i = 0; allow && i < conf->transfers.count; i++)
		allow[i] = (struct policy_allow){
			conf->transfers.at[i].prefix, conf->transfers.at[i].key};
	if (allow)
		policy = transfer_policy_new(&(struct transfer_policy){.keys = o->keys.at,
			.key_count = o->keys.count,
			.allow = allow,
			.allow_count = conf->transfers.count,
			.has_updates = conf_has_updates(conf),
			.has_sig0 = has_sig0(conf),
			.catalog = o->catalog,
			.catalog_soa = catalog_soa_now(o)});
	free(allow);
	if (policy)
		transfers_publish(o->transfers, policy);
	else
		log_error(o->config.log, "who may transfer is not updated: error=\"%s\"",
			err_text(ERR_NOMEM));
}

/* NOTIFY. */

static struct server_addr server_of(const struct conf_peer *peer)
{
	return (struct server_addr){peer->addr, peer->port};
}

static void send_notify(struct peers *o, size_t target, const uint8_t *msg, size_t len)
{
	const struct conf_peer *peer = &o->config.runtime->conf.notifies.at[target];
	const struct server_addr to = server_of(peer);
	char addr[ADDR_TEXT_CAP];
	int err = dns_client_send(o->dns_client, &to, msg, len);
	if (err)
		log_debug(o->config.log, "cannot notify: server=%s error=\"%s\"",
			addr_format(&peer->addr, addr), err_text(err));
}

static void on_health(void *arg, size_t target, const uint8_t *apex, enum notify_health health)
{
	const struct peers *o = arg;
	char addr[ADDR_TEXT_CAP], zone[NAME_TEXT_CAP];
	addr_format(&o->config.runtime->conf.notifies.at[target].addr, addr);
	if (health == NOTIFY_WELL)
		log_info(o->config.log, "a secondary acknowledges again: server=%s", addr);
	else
		log_warning(o->config.log,
			"a secondary does not acknowledge changes: server=%s zone=%s error=\"%s\" "
			"note=\"tried again\"",
			addr, name_to_text(apex, zone),
			health == NOTIFY_SILENT ? "no answer" : "NOTIFY is refused");
}

static void on_message(void *arg, const struct server_addr *from, const uint8_t *msg, size_t len)
{
	struct peers *o = arg;
	const struct conf_peers *peers = &o->config.runtime->conf.notifies;
	for (size_t i = 0; i < peers->count; i++)
		if (peers->at[i].port == from->port &&
			addr_equal(&peers->at[i].addr, &from->addr) &&
			notify_input(o->notify, dns_unix_time(), i, msg, len))
			return;
}

static void on_serial(void *arg, const uint8_t *apex, uint32_t serial)
{
	struct peers *o = arg;
	if (serial == 0)
		notify_forget(o->notify, apex);
	else if (notify_zone(o->notify, loop_now(), apex, journal_soa(o->journal, apex)))
		log_error(o->config.log, "cannot notify: error=\"%s\"", err_text(ERR_NOMEM));
}

/* Changes of the zone. */

void peers_change(struct peers *o, const struct zone_change *change)
{
	if (!o)
		return;
	if (o->journal)
		journal_change(o->journal, change);
	for (size_t i = 0; i < o->primary_count; i++)
		primary_change(o->primaries[i], change);
}

void peers_published(struct peers *o)
{
	if (!o || !o->journal)
		return;
	struct records *before = catalog_soa_now(o);
	if (before)
		records_ref(before);
	journal_commit(o->journal, runtime_next_serial(o->config.runtime), on_serial, o);
	if (catalog_soa_now(o) != before)
		publish_policy(o);
	records_unref(before);
}

static unsigned view_of(void *arg, const struct addr *client)
{
	const struct peers *o = arg;
	return pipeline_view_of(o->config.runtime->pipeline, client);
}

static void renew(void *arg, const uint8_t *apex)
{
	const struct peers *o = arg;
	zone_renew(pipeline_zone(o->config.runtime->pipeline), apex);
}

void peers_views(struct peers *o)
{
	if (o && o->journal)
		journal_each_misplaced(o->journal, view_of, renew, o);
}

/* Configuration. */

static void drop_primaries(struct peers *o)
{
	for (size_t i = 0; i < o->primary_count; i++)
		primary_close(o->primaries[i]);
	free(o->primaries);
	o->primaries = NULL;
	o->primary_count = 0;
}

static struct primary *open_primary(const struct peers *o, const struct conf_peer *peer)
{
	const struct primary_config config = {.runtime = o->config.runtime,
		.loop = o->config.loop,
		.log = o->config.log,
		.sign = o->config.sign,
		.sign_arg = o->config.sign_arg};
	const struct tsig_key *key =
		peer->is_sig0 ? NULL : tsig_key_find(o->keys.at, o->keys.count, peer->key.wire);
	return key || peer->is_sig0 ? primary_open(&config, peer, key) : NULL;
}

static void configure_primaries(struct peers *o)
{
	const struct conf_peers *peers = &o->config.runtime->conf.updates;
	drop_primaries(o);
	o->primaries = calloc(peers->count + 1, sizeof(struct primary *));
	for (size_t i = 0; o->primaries && i < peers->count; i++) {
		struct primary *p = open_primary(o, &peers->at[i]);
		if (p)
			o->primaries[o->primary_count++] = p;
		else
			log_error(
				o->config.log, "cannot update: error=\"%s\"", err_text(ERR_NOMEM));
	}
}

void peers_signed(struct peers *o, uint64_t ticket, const uint8_t *rdata, size_t len)
{
	for (size_t i = 0; o && i < o->primary_count; i++)
		primary_signed(o->primaries[i], ticket, rdata, len);
}

void peers_hurry(struct peers *o)
{
	for (size_t i = 0; o && i < o->primary_count; i++)
		primary_hurry(o->primaries[i]);
}

/* The journal exists only while somebody may transfer. */
static void configure_journal(struct peers *o)
{
	const struct conf *conf = &o->config.runtime->conf;
	struct name catalog = {0};
	if (name_prepend(CATALOG_LABEL, strlen(CATALOG_LABEL), conf->domain.wire, &catalog))
		catalog.len = 0; /* the domain is too long: no catalog */
	bool is_other =
		catalog.len != o->catalog.len || memcmp(catalog.wire, o->catalog.wire, catalog.len);
	if (o->journal && conf->transfers.count > 0 && !is_other)
		return; /* its history continues */
	journal_free(o->journal);
	o->journal = NULL;
	o->catalog = catalog;
	if (conf->transfers.count == 0)
		return;
	o->journal = journal_new(loop_random(), pipeline_zone(o->config.runtime->pipeline));
	if (!o->journal || (o->catalog.len && journal_set_catalog(o->journal, o->catalog.wire,
						      runtime_next_serial(o->config.runtime))))
		log_error(o->config.log, "no transfers: error=\"%s\"", err_text(ERR_NOMEM));
}

static int set_targets(struct peers *o)
{
	const struct conf_peers *peers = &o->config.runtime->conf.notifies;
	const struct tsig_key **keys = calloc(peers->count + 1, sizeof(*keys));
	if (!keys)
		return ERR_NOMEM;
	for (size_t i = 0; i < peers->count; i++)
		keys[i] = peers->at[i].key.len
				  ? tsig_key_find(o->keys.at, o->keys.count, peers->at[i].key.wire)
				  : NULL;
	int err = notify_set_targets(o->notify, keys, peers->count);
	free(keys);
	return err;
}

static void configure_notify(struct peers *o)
{
	if (set_targets(o))
		log_error(o->config.log, "cannot notify: error=\"%s\"", err_text(ERR_NOMEM));
	/* We do not know whether the secondaries have heard of changes before our start. */
	if (o->journal)
		journal_each_zone(o->journal, on_serial, o);
}

void peers_configure(struct peers *o, struct conf_keys *keys)
{
	tsig_keys_free(o->keys.at, o->keys.count);
	o->keys = *keys;
	*keys = (struct conf_keys){0};
	configure_journal(o);
	configure_notify(o);
	configure_primaries(o);
	publish_policy(o);
}

/* Start and end. */

static int make(struct peers **ret, const struct peers_config *config)
{
	struct peers *o = calloc(1, sizeof(*o));
	int err = ERR_NOMEM;
	if (!o)
		return err;
	*o = (struct peers){
		.config = *config, .asked_watch = {.fd = -1, .on_ready = on_asked, .arg = o}};
	o->transfers = transfers_new();
	o->dns_client = dns_client_new(config->loop, on_message, o);
	o->notify = notify_new(loop_random());
	if (o->notify)
		notify_set_listener(o->notify, on_health, o);
	if (o->transfers && o->dns_client && o->notify) {
		o->asked_watch.fd = transfers_asked_fd(o->transfers);
		err = loop_add(config->loop, &o->asked_watch, EPOLLIN);
	}
	if (err)
		peers_close(o);
	else
		*ret = o;
	return err;
}

int peers_open(struct peers **ret, const struct peers_config *config, struct conf_keys *keys)
{
	struct peers *o = NULL;
	int err = make(&o, config);
	if (err) {
		log_error(config->log, "cannot start: step=transfers error=\"%s\"", err_text(err));
		return err;
	}
	updates_open(config->updates, o->transfers);
	peers_configure(o, keys);
	*ret = o;
	return 0;
}

void peers_close(struct peers *o)
{
	if (!o)
		return;
	drop_primaries(o);
	drop_waiting(o);
	loop_remove(o->config.loop, &o->asked_watch);
	dns_client_free(o->dns_client);
	notify_free(o->notify);
	journal_free(o->journal);
	transfers_free(o->transfers);
	tsig_keys_free(o->keys.at, o->keys.count);
	free(o);
}

struct transfers *peers_transfers(const struct peers *o)
{
	return o->transfers;
}

void peers_poll(struct peers *o, ns_t now)
{
	uint8_t msg[NOTIFY_CAP];
	size_t target, len;
	for (int i = 0; i < NOTIFY_A_TURN && (len = notify_poll(o->notify, now, dns_unix_time(),
						      &target, msg, sizeof(msg))) > 0;
		i++)
		send_notify(o, target, msg, len);
	work_on(o, now);
	if (o->journal)
		journal_trim(o->journal, now);
	for (size_t i = 0; i < o->primary_count; i++)
		primary_poll(o->primaries[i], now);
}

ns_t peers_deadline(const struct peers *o)
{
	ns_t deadline = notify_deadline(o->notify);
	if (o->journal && journal_has_work(o->journal))
		return 0;
	if (o->journal)
		deadline = ns_min(deadline, journal_deadline(o->journal));
	for (size_t i = 0; i < o->primary_count; i++)
		deadline = ns_min(deadline, primary_deadline(o->primaries[i]));
	return deadline;
}

void peers_report(const struct peers *o, struct jsonw *w)
{
	if (!o)
		return;
	const struct transfers_stats t = transfers_stats(o->transfers);
	const struct notify_stats n = notify_stats(o->notify);
	const struct journal_stats j =
		o->journal ? journal_stats(o->journal) : (struct journal_stats){0};
	jsonw_open(w, "transfers", '{');
	jsonw_number(w, "done", (int64_t)t.done);
	jsonw_number(w, "failed", (int64_t)t.failed);
	jsonw_number(w, "refused", (int64_t)t.refused);
	jsonw_number(w, "bad_signatures", (int64_t)t.bad_signatures);
	jsonw_number(w, "under_way", (int64_t)t.under_way);
	jsonw_number(w, "journal_steps", (int64_t)j.steps);
	jsonw_number(w, "journal_bytes", (int64_t)j.bytes);
	jsonw_close(w, '}');
	jsonw_open(w, "notify", '{');
	jsonw_number(w, "sent", (int64_t)n.sent);
	jsonw_number(w, "acknowledged", (int64_t)n.acknowledged);
	jsonw_number(w, "refused", (int64_t)n.refused);
	jsonw_number(w, "waiting", (int64_t)n.waiting);
	jsonw_number(w, "failing", (int64_t)n.failing);
	jsonw_close(w, '}');
	jsonw_open(w, "updates", '[');
	for (size_t i = 0; i < o->primary_count; i++)
		primary_report(o->primaries[i], w);
	jsonw_close(w, ']');
}
