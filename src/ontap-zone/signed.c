/* SPDX-License-Identifier: ISC */
/*
 * Owns the daemon's side of signed zones.
 * Never sees a key.
 */
#include "ontap-zone/signed.h"

#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "dnssec/sig0.h"
#include "io/exit.h"
#include "name/label.h"
#include "ontap-zone/report_part.h"
#include "zone/sign.h"

/* Answers to `keys`: each asker is in a stream of his own until his has come. */
enum { STREAM_KEYS_FIRST = 1000, STREAM_KEYS_COUNT = 4096 };

static unsigned stream_of(uint64_t ticket)
{
	return STREAM_KEYS_FIRST + (unsigned)(ticket % STREAM_KEYS_COUNT);
}

/* Callbacks of the signer. */

static void on_reply(void *arg, uint64_t ticket, const char *lines)
{
	const struct daemon *d = arg;
	if (!d->control)
		return;
	control_broadcast(d->control, stream_of(ticket), lines, strlen(lines));
	control_end_stream(d->control, stream_of(ticket));
}

static void on_signed(void *arg, const struct signing_result *result)
{
	struct daemon *d = arg;
	zone_signed(pipeline_zone(d->runtime.pipeline), result->ticket, result->signatures,
		result->is_refused, result->count);
	d->has_signatures = true;
	size_t refused = 0;
	for (size_t i = 0; i < result->count; i++)
		refused += result->is_refused[i];
	signatures_made(d->signatures, result->count - refused);
	if (refused > 0) /* it is asked again soon */
		d->refresh_at = ns_min(d->refresh_at, loop_now() + NS_PER_S);
}

/* Tickets of updates have this bit. */
#define TICKET_UPDATE (UINT64_C(1) << 63)

/* The owner of a signature: the name of the host in multicast DNS, whatever it is called now. */
static void take_current(void *arg, const struct mdns_status *status)
{
	*(struct name *)arg = status->current;
}

static const uint8_t *current_name(const struct daemon *d, struct name *ret)
{
	struct name owner;
	if (name_prepend(d->host.name.wire + 1, d->host.name.wire[0], name_local, &owner))
		return name_local; /* it is one label: never */
	*ret = owner;
	mdns_each_status_of(d->mdns, owner.wire, take_current, ret);
	return ret->wire;
}

static void on_packet(void *arg, uint64_t ticket, const uint8_t *rdata, size_t len)
{
	struct daemon *d = arg;
	struct name owner;
	if (ticket & TICKET_UPDATE)
		peers_signed(d->peers, ticket, rdata, len);
	else
		spoken_signed(&d->spoken, ticket, current_name(d, &owner), rdata, len);
}

uint64_t daemon_sign_update(void *arg, const uint8_t *msg, size_t len)
{
	struct daemon *d = arg;
	if (!d->signer || !signer_host_key(d->signer))
		return 0;
	const uint64_t ticket = TICKET_UPDATE | ++d->update_ticket;
	signer_sign_packet(d->signer, ticket, msg, len);
	return ticket;
}

/* Turns a set as it was sent into one that the zone takes; `rdata` has room for its records. */
static void add_set(struct zone_keys *keys, const struct keyset_set *from, uint16_t type,
	struct rdata rdata[KEYSET_RECORDS_MAX])
{
	struct zone_key_set *to = &keys->sets[keys->set_count];
	if (from->count == 0)
		return;
	keys->set_count++;
	for (unsigned i = 0; i < from->count; i++)
		rdata[i] = (struct rdata){from->rdata[i].bytes, from->rdata[i].len};
	to->set = (struct rrset){.type = type,
		.view = VIEW_ANY,
		.ttl = from->ttl_s,
		.count = (uint16_t)from->count,
		.rdata = rdata};
	to->sig_count = from->signature_count;
	memcpy(to->sigs, from->signatures, sizeof(to->sigs));
}

static void on_keys(void *arg, const struct keyset *set)
{
	struct daemon *d = arg;
	struct rdata rdata[ZONE_KEY_SETS_MAX][KEYSET_RECORDS_MAX];
	struct zone_keys keys = {.active_count = set->active_count};
	char zone[NAME_TEXT_CAP];
	memcpy(keys.active, set->active, sizeof(keys.active));
	add_set(&keys, &set->dnskey, RR_DNSKEY, rdata[0]);
	add_set(&keys, &set->cds, RR_CDS, rdata[1]);
	add_set(&keys, &set->cdnskey, RR_CDNSKEY, rdata[2]);
	signatures_keys(d->signatures, set);
	int err = pipeline_set_keys(d->runtime.pipeline, set->zone.wire, &keys);
	if (err && err != ERR_ABSENT)
		log_error(d->log, "keys not taken: zone=%s error=\"%s\"",
			name_to_text(set->zone.wire, zone), err_text(err));
	d->has_signatures = true;
	d->refresh_at = loop_now();
}

/* The signer has logged it, and tries again. */
static void on_failed(void *arg, const uint8_t *zone)
{
	const struct daemon *d = arg;
	zone_set_failed(pipeline_zone(d->runtime.pipeline), zone);
}

static void on_taken(void *arg)
{
	struct daemon *d = arg;
	d->has_signatures = true;
}

int daemon_keep_signatures(struct daemon *d)
{
	if (!d->signer)
		return 0;
	d->signatures = signatures_new(
		&(struct signatures_config){.zone = pipeline_zone(d->runtime.pipeline),
			.keeper = &d->keeper,
			.log = d->log,
			.on_taken = on_taken,
			.arg = d});
	return d->signatures ? 0 : ERR_NOMEM;
}

/* Callbacks of the pipeline. */

static struct daemon *daemon_of(void *runtime)
{
	return container_of(runtime, struct daemon, runtime);
}

/* Zones that are named in the configuration need no place. */
bool daemon_is_signed(void *arg, const uint8_t *apex, bool has_place)
{
	struct daemon *d = daemon_of(arg);
	const struct conf *conf = &d->runtime.conf;
	char zone[NAME_TEXT_CAP];
	if (!d->signer || !conf_signs(conf, apex) || signer_is_unsigned(d->signer, apex))
		return false;
	if (has_place || conf->dnssec == CONF_DNSSEC_LISTED)
		return true;
	if (log_limit_may(&d->no_place_limit, loop_now()))
		log_warning(d->log,
			"a reverse zone is not signed: zone=%s error=\"its namespace, or all but "
			"the "
			"host's own, have as many as they may\"",
			name_to_text(apex, zone));
	return false;
}

void daemon_on_signed_zone(void *arg, const uint8_t *apex, bool is_gone)
{
	const struct daemon *d = daemon_of(arg);
	if (is_gone) {
		signer_leave(d->signer, apex);
		signatures_leave(d->signatures, apex);
	} else {
		signer_zone(d->signer, apex, d->longest_ttl);
	}
}

/* Callbacks of what is spoken. */

static void send_packet(void *arg, const struct mdns_path *to, const uint8_t *packet, size_t len)
{
	const struct daemon *d = arg;
	mdns_net_send(d->mdns_net, to, packet, len);
	if (to->wants_signature)
		mdns_note_signed(d->mdns, to, packet, len);
}

static void sign_packet(void *arg, uint64_t ticket, const uint8_t *packet, size_t len)
{
	const struct daemon *d = arg;
	signer_sign_packet(d->signer, ticket, packet, len);
}

static void on_late(void *arg, bool is_late)
{
	struct daemon *d = arg;
	if (is_late && d->spoken.has_signer && log_limit_may(&d->late_limit, loop_now()))
		log_warning(d->log, "packets go without a signature: error=\"the signer is late\"");
}

/* The name of the host may become a longer one: NAME-999. */
static size_t signature_room(const struct signer_host *host)
{
	enum { RENAMED = 4, LOCAL = sizeof(name_local) };
	const size_t rdata_len = SIG0_HEAD + host->name.len + CRYPT_SIGNATURE_LEN;
	return sig0_room(name_root, rdata_len) + host->name.wire[0] + RENAMED + LOCAL;
}

void daemon_init_spoken(struct daemon *d)
{
	const struct spoken_sink sink = {
		.send = send_packet, .sign = sign_packet, .on_late = on_late, .arg = d};
	spoken_init(&d->spoken, &sink);
}

int daemon_say_public(struct daemon *d)
{
	const struct signer_host *host = d->signer ? signer_host_key(d->signer) : NULL;
	if (!host)
		return 0;
	d->host = *host;
	spoken_set_signer(&d->spoken, true);
	mdns_set_signature(d->mdns, signature_room(host));
	int err = runtime_set_host_key(&d->runtime, (struct rdata){d->host.key, d->host.key_len});
	if (!err)
		return 0;
	log_error(d->log, "cannot start: error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

/* Life. */

/* Finds the name of this host in the domain, as the pipeline does (pipeline/apex.c). False: it has none. */
static bool find_host(const struct conf *conf, struct name *ret)
{
	char host[HOST_NAME_MAX + 1] = "";
	if (gethostname(host, sizeof(host) - 1))
		return false;
	const size_t len = strcspn(host, ".");
	if (label_judge(host, len) != LABEL_OK || name_prepend(host, len, conf->domain.wire, ret))
		return false;
	name_lower(ret);
	return true;
}

int daemon_start_signer(struct daemon *d, const struct conf *conf)
{
	struct name host;
	bool has_host = conf_has_host_key(conf);
	if (has_host && !find_host(conf, &host)) {
		has_host = false;
		log_warning(d->log,
			"nothing is signed by this host: error=\"its name is no name in the "
			"domain\" note=\"hostname\"");
	}
	const struct signer_config config = {.conf = conf,
		.user = d->user_name ? &d->user : NULL,
		.host = has_host ? host.wire : NULL,
		.log = d->log,
		.sink = {.on_signed = on_signed,
			.on_packet = on_packet,
			.on_keys = on_keys,
			.on_failed = on_failed,
			.on_reply = on_reply,
			.arg = d}};
	if (conf->dnssec == CONF_DNSSEC_NO && !has_host)
		return 0;
	d->signer = signer_start(&config);
	return d->signer ? 0 : EXIT_SYSTEM;
}

int daemon_wait_signer(struct daemon *d)
{
	if (!d->signer)
		return 0;
	int code = signer_wait(d->signer);
	d->signer_watch = (struct loop_watch){
		.fd = signer_fd(d->signer), .on_ready = daemon_on_signer, .arg = d};
	d->signer_events = EPOLLIN;
	int err = code ? 0 : loop_add(d->loop, &d->signer_watch, EPOLLIN);
	if (!err)
		return code;
	log_error(d->log, "cannot start: step=epoll error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

void daemon_stop_signer(struct daemon *d)
{
	if (!d->signer)
		return;
	spoken_set_signer(&d->spoken, false);
	loop_remove(d->loop, &d->signer_watch);
	signer_stop(d->signer);
	d->signer = NULL;
}

/* Without it, signatures of zones expire, and nothing new can be said: a new start is better. Packets go without. */
static void signer_has_ended(struct daemon *d, int err)
{
	if (d->runtime.conf.dnssec == CONF_DNSSEC_NO && !d->is_stopping) {
		log_error(d->log,
			"nothing is signed any more: error=\"the signer has ended (%s)\" "
			"note=\"start "
			"the daemon again\"",
			err_text(err));
		daemon_stop_signer(d);
		return;
	}
	if (!d->is_stopping)
		log_error(d->log, "stopping: error=\"the signer has ended (%s)\"", err_text(err));
	d->has_failed |= !d->is_stopping;
	d->is_stopping = true;
}

void daemon_on_signer(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	int err = signer_handle(d->signer);
	if (err)
		signer_has_ended(d, err);
}

/* The signer judges the clock. */
void daemon_on_clock(void *arg)
{
	struct daemon *d = arg;
	if (d->signer)
		d->refresh_at = loop_now();
}

void daemon_hear_signer(struct daemon *d)
{
	if (d->signer && signer_has_more(d->signer))
		daemon_on_signer(d, 0);
}

ns_t daemon_signer_deadline(const struct daemon *d)
{
	if (!d->signer)
		return NS_NEVER;
	if (signer_has_more(d->signer) || d->has_signatures)
		return 0;
	return d->refresh_at ? d->refresh_at : NS_NEVER;
}

bool daemon_has_signatures(const struct daemon *d)
{
	return d->has_signatures;
}

/* Makes requests of what is not signed yet. */
static void ask(struct daemon *d)
{
	struct zone *zone = pipeline_zone(d->runtime.pipeline);
	struct signing_message messages[ZONE_REQUEST_MAX];
	struct zone_request request;
	while (zone_next_request(zone, &request)) {
		for (size_t i = 0; i < request.count; i++)
			messages[i] = (struct signing_message){
				request.messages[i].bytes, request.messages[i].len};
		if (!signer_ask(d->signer, request.ticket, messages, request.count))
			continue;
		zone_unsigned(zone); /* no memory: asked again after the next look */
		return;
	}
}

/* A roll of keys goes on when nothing is signed by others any more. */
static void tell_fresh(void *arg, const uint8_t *apex, const struct zone_sign_stats *stats)
{
	const struct daemon *d = arg;
	if (stats->is_fresh && stats->waiting == 0)
		signer_fresh(d->signer, apex, stats->keys, stats->key_count);
}

static void find_ttl(void *arg, const uint8_t *apex UNUSED, const struct zone_sign_stats *stats)
{
	uint32_t *longest = arg;
	*longest = stats->longest_ttl > *longest ? stats->longest_ttl : *longest;
}

static void tell_zone(void *arg, const uint8_t *apex, const struct zone_sign_stats *stats UNUSED)
{
	const struct daemon *d = arg;
	signer_zone(d->signer, apex, d->longest_ttl);
}

/* How long others may keep what they were told: a roll of keys waits for that. */
static void tell_ttl(struct daemon *d)
{
	const struct zone *zone = pipeline_zone(d->runtime.pipeline);
	uint32_t longest = d->longest_ttl;
	zone_each_signed(zone, find_ttl, &longest);
	if (longest == d->longest_ttl)
		return;
	d->longest_ttl = longest;
	zone_each_signed(zone, tell_zone, d);
}

static void refresh(struct daemon *d)
{
	if (d->refresh_at == 0 || loop_now() < d->refresh_at)
		return;
	pipeline_set_clock(d->runtime.pipeline, (uint32_t)time(NULL));
	const unsigned after = zone_refresh(pipeline_zone(d->runtime.pipeline));
	d->refresh_at = after ? loop_now() + after * NS_PER_S : 0;
	zone_each_signed(pipeline_zone(d->runtime.pipeline), tell_fresh, d);
	tell_ttl(d);
	d->has_signatures = true;
}

void daemon_pump_signer(struct daemon *d)
{
	bool is_pending;
	if (!d->signer)
		return;
	refresh(d);
	ask(d);
	int err = signer_flush(d->signer, &is_pending);
	const uint32_t events = EPOLLIN | (is_pending ? (uint32_t)EPOLLOUT : 0);
	if (err) {
		signer_has_ended(d, err);
		return;
	}
	if (events != d->signer_events)
		(void)!loop_change(d->loop, &d->signer_watch, events);
	d->signer_events = events;
}

/* Questions only: what changes keys goes to the signer itself. */
unsigned daemon_keys(struct daemon *d, const char *request, struct buf *out)
{
	if (!d->signer) {
		report_error(out, "no zone is signed, and nothing is said with a signature: see "
				  "--dnssec, --publish");
		return STREAM_NONE;
	}
	signer_command(d->signer, ++d->signer_ticket, request);
	return stream_of(d->signer_ticket);
}
