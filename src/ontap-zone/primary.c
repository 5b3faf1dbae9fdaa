/* SPDX-License-Identifier: ISC */
/*
 * Owns the talk with one primary: signing, sending, waiting for the answer.
 * Never decides what is said. Called by outward.c.
 */
#include "ontap-zone/primary.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/courier.h"
#include "io/dns_answer.h"
#include "transfer/tsig.h"
#include "transfer/updater.h"

#define PRIMARY_PATIENCE (5 * NS_PER_S)

struct primary {
	const struct world *world;
	struct loop *loop;
	const struct log *log;
	struct server_addr server;
	struct tsig_key key;
	struct updater *updater;
	struct exchange *exchange; /* NULL: nothing is out */
	ns_t patience;             /* until when its answer is waited for */
	struct tsig tsig;          /* of it */
	struct log_limit held_limit;
	bool is_failing; /* it was logged */
	uint8_t message[MSG_CAP];
};

/* Who we are at the primary: the first label of the host's name. */
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
		log_warning(p->log, "not updated, the name is another's: name=%s server=%s",
			name_to_text(name, text), addr_format(&p->server.addr, addr));
}

struct primary *primary_open(struct world *world, struct loop *loop, const struct log *log,
	const struct conf_peer *peer, const struct tsig_key *key)
{
	char host[HOST_NAME_MAX + 1];
	struct primary *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	host_label(host);
	p->world = world;
	p->loop = loop;
	p->log = log;
	p->server = (struct server_addr){peer->addr, peer->port};
	p->key = *key;
	p->updater = updater_new(&(struct updater_config){.zone = world->zone,
		.apex = world->conf.domain.wire,
		.host = host,
		.seed = loop_random(),
		.on_held = on_held,
		.arg = p});
	if (p->updater)
		return p;
	primary_close(p);
	return NULL;
}

void primary_close(struct primary *p)
{
	if (!p)
		return;
	exchange_free(p->exchange);
	updater_free(p->updater);
	explicit_bzero(p, sizeof(*p));
	free(p);
}

void primary_change(struct primary *p, const struct zone_change *change)
{
	if (change->type != RR_SOA)
		updater_touch(p->updater, change->owner);
}

/* The primary gets what a client at its address would get. */
static unsigned view_of(const struct primary *p)
{
	const struct view_table *table =
		atomic_load_explicit(&p->world->views.table, memory_order_relaxed);
	return table ? view_table_of(table, &p->server.addr) : VIEW_WAN;
}

/* Says when it begins and when it ceases to fail, and not each time. */
static void tell_failure(struct primary *p, uint64_t failed_before)
{
	const struct updater_stats s = updater_stats(p->updater);
	char addr[ADDR_TEXT_CAP];
	bool is_failing = s.failed > failed_before;
	if (is_failing == p->is_failing)
		return;
	p->is_failing = is_failing;
	addr_format(&p->server.addr, addr);
	if (!is_failing)
		log_info(p->log, "updates go through again: server=%s", addr);
	else if (s.rcode < 0)
		log_warning(
			p->log, "updates fail: server=%s error=\"no answer that is signed\"", addr);
	else
		log_warning(p->log, "updates fail: server=%s rcode=%d", addr, s.rcode);
}

static void on_done(void *arg, const uint8_t *answer, size_t len)
{
	struct primary *p = arg;
	uint64_t failed_before = updater_stats(p->updater).failed;
	p->exchange = NULL;
	if (answer && !tsig_verify_reply(&p->tsig, answer, len, dns_unix_time()))
		answer = NULL;
	updater_input(p->updater, loop_now(), answer, len);
	tell_failure(p, failed_before);
}

static void send_next(struct primary *p, ns_t now)
{
	size_t len = updater_poll(p->updater, now, p->message, sizeof(p->message) - 1024);
	if (len == 0)
		return;
	len = tsig_sign_request(
		&p->tsig, &p->key, p->message, len, sizeof(p->message), dns_unix_time());
	p->patience = now + PRIMARY_PATIENCE;
	if (len > 0)
		p->exchange = exchange_begin(p->loop, &p->server, p->message, len, on_done, p);
	if (!p->exchange)
		on_done(p, NULL, 0);
}

void primary_poll(struct primary *p, ns_t now)
{
	if (p->exchange && now >= p->patience)
		exchange_give_up(p->exchange);
	updater_set_view(p->updater, view_of(p));
	if (!p->exchange)
		send_next(p, now);
}

ns_t primary_deadline(const struct primary *p)
{
	return p->exchange ? p->patience : updater_deadline(p->updater);
}

void primary_report(const struct primary *p, struct jsonw *w)
{
	const struct updater_stats s = updater_stats(p->updater);
	char addr[ADDR_TEXT_CAP];
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "server", addr_format(&p->server.addr, addr));
	jsonw_number(w, "owned", (int64_t)s.owned);
	jsonw_number(w, "held", (int64_t)s.held);
	jsonw_number(w, "queued", (int64_t)s.queued);
	jsonw_number(w, "sent", (int64_t)s.sent);
	jsonw_number(w, "done", (int64_t)s.done);
	jsonw_number(w, "failed", (int64_t)s.failed);
	jsonw_number(w, "limited", (int64_t)s.limited);
	jsonw_close(w, '}');
}
