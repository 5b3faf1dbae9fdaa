/* SPDX-License-Identifier: ISC */
/*
 * Owns the exchange with one primary: signs and sends requests, and waits for the answers.
 * Never decides what the requests say.
 */
#include "ontap-zone/primary.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/list.h"
#include "dnssec/sig0.h"
#include "net/dns_client.h"
#include "net/dns_answer.h"
#include "transfer/tsig.h"
#include "transfer/updater.h"
#include "zone/node.h"

#define PRIMARY_PATIENCE (5 * NS_PER_S)

/* Bytes of a message that are reserved for its TSIG record. */
enum { SIGNATURE_ROOM = 1024 };

/* A zone of the primary. */
struct pzone {
	struct list in_primary;
	struct name apex;
	struct updater *updater;
	bool is_failing; /* the failure has been logged */
};

struct primary {
	struct primary_config config;
	struct server_addr server;
	bool is_sig0;        /* updates are signed with the key pair of the host */
	struct tsig_key key; /* else: everything is signed with this */
	struct list zones;   /* the domain and the existing reverse zones; the last asked is last */
	size_t zone_count;
	unsigned view;             /* of a client at its address */
	struct pzone *asked;       /* the zone whose message is in flight */
	struct exchange *exchange; /* NULL: nothing is in flight */
	bool lacks_key;            /* of the host: the last update could not be signed */
	uint64_t ticket;           /* the message waits for its signature; 0: none does */
	bool has_changed;          /* a name, since the last turn */
	size_t message_len;
	ns_t patience;         /* when we give up waiting for the answer */
	struct tsig tsig;      /* of the request in flight */
	int verdict;           /* tsig_check_reply()'s for the last answer; ERR_ABSENT: none came */
	int64_t clock_ahead_s; /* of the primary, if the verdict is TSIG_BADTIME */
	struct log_limit held_limit, refused_limit, lost_limit;
	uint8_t message[MSG_CAP];
};

/* Our name at the primary: the first label of the host name. */
static void host_label(char out[HOST_NAME_MAX + 1])
{
	out[0] = '\0';
	if (gethostname(out, HOST_NAME_MAX))
		out[0] = '\0';
	out[HOST_NAME_MAX] = '\0';
	out[strcspn(out, ".")] = '\0';
	for (char *p = out; *p; p++)
		*p = (char)byte_lower((uint8_t)*p);
	if (label_judge(out, strlen(out)) != LABEL_OK)
		strcpy(out, "ontap");
}

static void on_held(void *arg, const uint8_t *name)
{
	struct primary *p = arg;
	char text[NAME_TEXT_CAP], addr[ADDR_TEXT_CAP];
	if (log_limit_may(&p->held_limit, loop_now()))
		log_warning(p->config.log, "not updated, the name is another's: name=%s server=%s",
			name_to_text(name, text), addr_format(&p->server.addr, addr));
}

static void on_refused(void *arg, const uint8_t *name, int rcode)
{
	struct primary *p = arg;
	char text[NAME_TEXT_CAP], addr[ADDR_TEXT_CAP];
	if (log_limit_may(&p->refused_limit, loop_now()))
		log_warning(p->config.log,
			"an update is refused: name=%s server=%s rcode=%d note=\"tried again, "
			"others go on\"",
			name_to_text(name, text), addr_format(&p->server.addr, addr), rcode);
}

static void on_lost(void *arg, size_t count, bool is_old)
{
	struct primary *p = arg;
	char text[NAME_TEXT_CAP], addr[ADDR_TEXT_CAP];
	if (log_limit_may(&p->lost_limit, loop_now()))
		log_warning(p->config.log,
			"the primary has lost names of ours: server=%s zone=%s lost=%zu "
			"note=\"%s\"",
			addr_format(&p->server.addr, addr), name_to_text(p->asked->apex.wire, text),
			count,
			is_old ? "its zone is an old copy: all are sent again"
			       : "they are sent again");
}

/* What this host publishes, its key pair says, and nothing else; if it publishes nothing, all of the domain. */
static bool has_choice(const struct primary *p)
{
	return p->is_sig0 && p->config.runtime->conf.published.count > 0;
}

/* Private addresses mean nothing to a primary that is on none of our links: to it we may be anywhere. */
static bool takes(void *arg, const uint8_t *name, uint16_t type)
{
	const struct primary *p = arg;
	const struct conf *conf = &p->config.runtime->conf;
	const uint8_t *branch = name_parent(name);
	if ((type != RR_A && type != RR_AAAA) || !conf_publishes(conf, name))
		return false;
	return p->view != VIEW_WAN || name_equal(branch, conf->domain.wire) ||
	       strncasecmp((const char *)branch + 1, "lan", 3) != 0;
}

static struct pzone *find_zone(const struct primary *p, const uint8_t *apex)
{
	LIST_EACH(z, &p->zones, struct pzone, in_primary) {
		if (name_equal(z->apex.wire, apex))
			return z;
	}
	return NULL;
}

/* Returns the zone that contains the name, or NULL. */
static struct pzone *zone_over(const struct primary *p, const uint8_t *name)
{
	for (;; name = name_parent(name)) {
		struct pzone *z = find_zone(p, name);
		if (z || name[0] == 0)
			return z;
	}
}

static int add_zone(struct primary *p, const uint8_t *apex, bool is_optional)
{
	char host[HOST_NAME_MAX + 1];
	struct pzone *z = calloc(1, sizeof(*z));
	if (!z)
		return ERR_NOMEM;
	host_label(host);
	name_copy(&z->apex, apex);
	z->updater = updater_new(
		&(struct updater_config){.zone = pipeline_zone(p->config.runtime->pipeline),
			.apex = apex,
			.host = host,
			.seed = loop_random(),
			.is_optional = is_optional,
			.takes = has_choice(p) ? takes : NULL,
			.on_held = on_held,
			.on_refused = on_refused,
			.on_lost = on_lost,
			.arg = p});
	if (!z->updater) {
		free(z);
		return ERR_NOMEM;
	}
	list_append(&p->zones, &z->in_primary);
	p->zone_count++;
	return 0;
}

/* A reverse zone exists here: the primary may have it, too. */
static void note_apex(struct primary *p, const uint8_t *apex)
{
	if (has_choice(p) || !name_is_reverse(apex) || find_zone(p, apex) ||
		p->zone_count > LIMIT_UPDATE_ZONES)
		return;
	if (add_zone(p, apex, true))
		log_error(p->config.log, "a reverse zone is not updated: error=\"%s\"",
			err_text(ERR_NOMEM));
}

static void note_node(void *arg, const struct node *n)
{
	note_apex(arg, node_name(n));
}

struct primary *primary_open(const struct primary_config *config, const struct conf_peer *peer,
	const struct tsig_key *key)
{
	const struct runtime *runtime = config->runtime;
	struct primary *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->config = *config;
	p->server = (struct server_addr){peer->addr, peer->port};
	p->is_sig0 = peer->is_sig0;
	if (key)
		p->key = *key;
	list_init(&p->zones);
	if (add_zone(p, runtime->conf.domain.wire, false)) {
		primary_close(p);
		return NULL;
	}
	if (!has_choice(p))
		zone_each_apex(pipeline_zone(runtime->pipeline), note_node, p);
	return p;
}

void primary_close(struct primary *p)
{
	if (!p)
		return;
	exchange_free(p->exchange);
	LIST_EACH(z, &p->zones, struct pzone, in_primary) {
		updater_free(z->updater);
		free(z);
	}
	explicit_bzero(p, sizeof(*p));
	free(p);
}

/* When a zone disappears here, its struct stays: its names must be removed from the primary. */
void primary_change(struct primary *p, const struct zone_change *change)
{
	if (change->type == RR_SOA) {
		if (change->is_added)
			note_apex(p, change->owner);
		return;
	}
	struct pzone *z = zone_over(p, change->owner);
	p->has_changed = true;
	if (z)
		updater_touch(z->updater, change->owner);
}

void primary_hurry(struct primary *p)
{
	LIST_EACH(pzone, &p->zones, struct pzone, in_primary)
		updater_hurry(pzone->updater);
}

/* Logs why an answer was rejected. */
static void tell_unverified(const struct primary *p, const char *addr, const char *zone)
{
	if (p->verdict == TSIG_BADTIME)
		log_warning(p->config.log,
			"updates fail: server=%s zone=%s clock_ahead_s=%lld error=\"BADTIME\" "
			"note=\"its clock and ours are too far apart\"",
			addr, zone, (long long)p->clock_ahead_s);
	else if (p->verdict > 0)
		log_warning(p->config.log, "updates fail: server=%s zone=%s error=\"%s\"", addr,
			zone, tsig_error_text((unsigned)p->verdict));
	else
		log_warning(p->config.log, "updates fail: server=%s zone=%s error=\"%s\"", addr,
			zone,
			p->lacks_key ? "there is no key of this host: it is made at a start"
			: p->is_sig0 ? "no answer"
				     : "no answer that is signed");
}

/* Logs when a zone begins to fail and when it works again, not each failure. */
static void tell_failure(struct primary *p, struct pzone *z)
{
	const struct updater_stats s = updater_stats(z->updater);
	char addr[ADDR_TEXT_CAP], zone[NAME_TEXT_CAP];
	if (s.is_failing == z->is_failing)
		return;
	z->is_failing = s.is_failing;
	addr_format(&p->server.addr, addr);
	name_to_text(z->apex.wire, zone);
	if (!s.is_failing)
		log_info(p->config.log, "updates go through again: server=%s zone=%s", addr, zone);
	else if (s.rcode < 0)
		tell_unverified(p, addr, zone);
	else
		log_warning(p->config.log, "updates fail: server=%s zone=%s rcode=%d%s", addr, zone,
			s.rcode,
			p->is_sig0 && s.rcode == RCODE_NOTAUTH
				? " note=\"does it know the key of `keys show --host`, and the "
				  "time?\""
				: "");
}

/* An answer to what a key pair has signed is not signed (RFC 2931 §3.2 leaves that open): it is of the connection, and has
 * the id, and that is all. Who sits in between can lie about what became of a name until the next look. */
static int verify(struct primary *p, const uint8_t *answer, size_t len)
{
	if (!answer)
		return ERR_ABSENT;
	return p->is_sig0 ? TSIG_NOERROR
			  : tsig_check_reply(
				    &p->tsig, answer, len, dns_unix_time(), &p->clock_ahead_s);
}

static void on_done(void *arg, const uint8_t *answer, size_t len)
{
	struct primary *p = arg;
	struct pzone *z = p->asked;
	p->exchange = NULL;
	p->verdict = verify(p, answer, len);
	updater_input(z->updater, loop_now(), answer, len, p->verdict == TSIG_NOERROR);
	tell_failure(p, z);
}

/* Returns the next message of any zone. The zones take turns. */
static size_t next_message(struct primary *p, ns_t now)
{
	LIST_EACH(z, &p->zones, struct pzone, in_primary) {
		size_t len = updater_poll(
			z->updater, now, p->message, sizeof(p->message) - SIGNATURE_ROOM);
		if (len == 0)
			continue;
		p->asked = z;
		list_remove(&z->in_primary);
		list_append(&p->zones, &z->in_primary);
		return len;
	}
	return 0;
}

/* Sends the message as it is, or reports that it could not be sent. */
static void send_message(struct primary *p)
{
	if (p->message_len > 0)
		p->exchange = exchange_begin(
			p->config.loop, &p->server, p->message, p->message_len, on_done, p);
	if (!p->exchange)
		on_done(p, NULL, 0);
}

/* Only updates are signed by a key pair: the signer signs no queries. True: it will be, see primary_signed(). */
static bool ask_signer(struct primary *p)
{
	if (get_u16(p->message + 2) >> 11 != OPCODE_UPDATE)
		return false;
	p->ticket = p->config.sign(p->config.sign_arg, p->message, p->message_len);
	p->lacks_key = !p->ticket;
	if (p->lacks_key)
		p->message_len = 0;
	return p->ticket != 0;
}

void primary_signed(struct primary *p, uint64_t ticket, const uint8_t *rdata, size_t len)
{
	static const uint8_t root[] = {0};
	if (ticket == 0 || ticket != p->ticket)
		return;
	p->ticket = 0;
	if (!rdata || sig0_append(p->message, &p->message_len, sizeof(p->message), root, CLASS_ANY,
			      rdata, len))
		p->message_len = 0;
	send_message(p);
}

static void send_next(struct primary *p, ns_t now)
{
	p->message_len = next_message(p, now);
	if (p->message_len == 0)
		return;
	p->patience = now + PRIMARY_PATIENCE;
	if (p->is_sig0) {
		if (ask_signer(p))
			return;
	} else {
		p->message_len = tsig_sign_request(&p->tsig, &p->key, p->message, p->message_len,
			sizeof(p->message), dns_unix_time());
	}
	send_message(p);
}

void primary_poll(struct primary *p, ns_t now)
{
	/* The primary gets the records that a client at its address would see. */
	p->view = pipeline_view_of(p->config.runtime->pipeline, &p->server.addr);
	if (p->has_changed)
		primary_hurry(p);
	p->has_changed = false;
	if (p->exchange && now >= p->patience)
		exchange_give_up(p->exchange);
	if (now >= p->patience)
		primary_signed(p, p->ticket, NULL, 0);
	LIST_EACH(pzone, &p->zones, struct pzone, in_primary)
		updater_set_view(pzone->updater, p->view);
	if (!p->exchange && !p->ticket)
		send_next(p, now);
}

ns_t primary_deadline(const struct primary *p)
{
	ns_t deadline = NS_NEVER;
	if (p->exchange || p->ticket)
		return p->patience;
	LIST_EACH(pzone, &p->zones, struct pzone, in_primary)
		deadline = ns_min(deadline, updater_deadline(pzone->updater));
	return deadline;
}

static struct updater_stats sum_of_zones(const struct primary *p, size_t *ret_zones)
{
	struct updater_stats sum = {0};
	*ret_zones = 0;
	LIST_EACH(pzone, &p->zones, struct pzone, in_primary) {
		const struct updater_stats s = updater_stats(pzone->updater);
		*ret_zones += s.is_in_use;
		sum.owned += s.owned;
		sum.held += s.held;
		sum.queued += s.queued;
		sum.refused += s.refused;
		sum.sent += s.sent;
		sum.done += s.done;
		sum.failed += s.failed;
		sum.limited += s.limited;
	}
	return sum;
}

void primary_report(const struct primary *p, struct jsonw *w)
{
	size_t zones;
	const struct updater_stats s = sum_of_zones(p, &zones);
	char addr[ADDR_TEXT_CAP];
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "server", addr_format(&p->server.addr, addr));
	jsonw_number(w, "zones", (int64_t)zones);
	jsonw_number(w, "owned", (int64_t)s.owned);
	jsonw_number(w, "held", (int64_t)s.held);
	jsonw_number(w, "queued", (int64_t)s.queued);
	jsonw_number(w, "refused", (int64_t)s.refused);
	jsonw_number(w, "sent", (int64_t)s.sent);
	jsonw_number(w, "done", (int64_t)s.done);
	jsonw_number(w, "failed", (int64_t)s.failed);
	jsonw_number(w, "limited", (int64_t)s.limited);
	jsonw_close(w, '}');
}
