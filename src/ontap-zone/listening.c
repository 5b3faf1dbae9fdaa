/* SPDX-License-Identifier: ISC */
/*
 * Owns the times when sockets of unicast DNS are opened, closed and tried again, and the messages
 * about them.
 * Never opens one itself: net/dns.c does.
 */
#include "ontap-zone/listening.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "io/loop.h"

/*
 * An address is left free for this long after its owner has ended, because the owner may be restarting;
 * and after it has appeared, because whoever made it may want it.
 */
#define LISTENING_PATIENCE (2 * NS_PER_S)

enum { OWNER_TEXT_CAP = 64, FAULT_TEXT_CAP = 320 };

/* --- the plan ----------------------------------------------------------------------------- */

static bool has_auto(const struct listen_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->at[i].kind == LISTEN_AUTO)
			return true;
	return false;
}

static void make_due(struct listening *l, ns_t at)
{
	l->due = l->is_stale ? ns_min(l->due, at) : at;
	l->is_stale = true;
}

/* Makes `l->plan` anew. ERR_NOMEM has been logged. */
static int make_plan(struct listening *l)
{
	int err = listen_plan_make(l->model, l->rules, &l->plan, &l->plan);
	if (err)
		log_error(l->log, "addresses to listen on: error=\"%s\"", err_text(err));
	return err;
}

static const struct listening_seen *seen_of(
	const struct listening *l, const struct listen_place *place)
{
	for (size_t i = 0; i < l->seen_count; i++)
		if (listen_place_equal(&l->seen[i].at, place))
			return &l->seen[i];
	return NULL;
}

static bool has_place(const struct listen_plan *plan, const struct listen_place *place)
{
	for (size_t i = 0; i < plan->count; i++)
		if (listen_place_equal(&plan->places[i], place))
			return true;
	return false;
}

/* Makes the plan, and notes since when each place is in it: `now`, if it is new. ERR_NOMEM. */
static int note_plan(struct listening *l, ns_t now)
{
	size_t kept = 0;
	int err = make_plan(l);
	if (err)
		return err;
	for (size_t i = 0; i < l->seen_count; i++)
		if (has_place(&l->plan, &l->seen[i].at))
			l->seen[kept++] = l->seen[i];
	l->seen_count = kept;
	for (size_t i = 0; i < l->plan.count; i++)
		if (!seen_of(l, &l->plan.places[i]))
			l->seen[l->seen_count++] = (struct listening_seen){l->plan.places[i], now};
	l->is_news = false;
	return 0;
}

static bool is_open(const struct listening *l, const struct listen_place *place)
{
	struct dns_place open;
	for (size_t i = 0; dns_place(l->dns, i, &open); i++)
		if (!open.err && open.at.port == place->port && open.at.ifindex == place->ifindex &&
			addr_equal(&open.at.addr, &place->addr))
			return true;
	return false;
}

/* Until then, whoever has made the address may take it. */
static ns_t allowed_at(const struct listening *l, const struct listen_place *place)
{
	const struct listening_seen *seen = seen_of(l, place);
	return seen && has_auto(l->rules) && !is_open(l, place) ? seen->since + LISTENING_PATIENCE
								: 0;
}

/* Serves at the places that the rules request now. The next turn is due when the first of the others
 * is allowed. */
static void serve_plan(struct listening *l, ns_t now)
{
	const struct listen_plan *plan = &l->plan;
	struct dns_listen places[LIMIT_DNS_PLACES];
	size_t count = 0;
	if (note_plan(l, now)) {
		make_due(l, now + LISTENING_PATIENCE);
		return;
	}
	if (plan->left_out > 0 && l->left_out == 0)
		log_warning(l->log, "too many addresses to listen on: limit=%d left_out=%zu",
			LIMIT_DNS_PLACES, plan->left_out);
	l->left_out = plan->left_out;
	for (size_t i = 0; i < plan->count; i++) {
		const struct listen_place *at = &plan->places[i];
		if (now >= allowed_at(l, at))
			places[count++] = (struct dns_listen){at->addr, at->port, at->ifindex};
		else
			make_due(l, allowed_at(l, at));
	}
	dns_serve_at(l->dns, places, count);
	l->has_news = true;
}

/* --- owners of taken places --------------------------------------------------------------- */

/* Returns how well an owner explains that a place is taken; 0: not at all. A wildcard socket of
 * IPv6 may have IPv4, too. */
static int fitness(const struct event_port *owner, const struct dns_listen *at)
{
	if (owner->port != at->port)
		return 0;
	if (addr_equal(&owner->addr, &at->addr))
		return 3;
	if (!addr_is_unspecified(&owner->addr) && !addr_is_unspecified(&at->addr))
		return 0;
	if (owner->addr.family == at->addr.family)
		return 2;
	return owner->addr.family == ADDR_V6 && addr_is_unspecified(&owner->addr);
}

const struct event_port *listening_find_owner(
	const struct listening *l, uint16_t port, const char *program)
{
	for (size_t i = 0; i < l->owner_count; i++) {
		const struct event_port *owner = &l->owners[i];
		if (owner->port == port && !owner->is_tcp && owner->pid != 0 &&
			(!program || strcmp(owner->program, program) == 0))
			return owner;
	}
	return NULL;
}

static const struct event_port *owner_of(const struct listening *l, const struct dns_listen *at)
{
	const struct event_port *best = NULL;
	for (size_t i = 0; i < l->owner_count; i++)
		if (fitness(&l->owners[i], at) > (best ? fitness(best, at) : 0))
			best = &l->owners[i];
	return best && best->pid != 0 ? best : NULL;
}

static const struct listening_told *told_of(const struct listening *l, const struct dns_listen *at)
{
	for (size_t i = 0; i < l->told_count; i++) {
		const struct listening_told *told = &l->told[i];
		if (told->at.port == at->port && told->at.ifindex == at->ifindex &&
			addr_equal(&told->at.addr, &at->addr))
			return told;
	}
	return NULL;
}

static void tell_taken(
	const struct listening *l, const struct dns_listen *at, const struct event_port *owner)
{
	char place[DNS_LISTEN_TEXT_CAP], program[LOG_TEXT_CAP];
	dns_listen_text(at, place);
	if (owner)
		log_warning(l->log,
			"cannot listen: address=%s program=%s pid=%d error=\"%s\" note=\"%s\"",
			place, log_escape(owner->program, program), owner->pid,
			err_text(-EADDRINUSE),
			"tried again when that program ends or addresses change; to serve "
			"elsewhere: --listen");
	else
		log_warning(l->log,
			"cannot listen: address=%s error=\"%s\" note=\"which program has it is not "
			"known; tried again from time to time\"",
			place, err_text(-EADDRINUSE));
}

/* Reports each taken place once for each of its owners. */
static void tell_owners(struct listening *l)
{
	struct listening_told told[LIMIT_DNS_PLACES];
	struct dns_place place;
	size_t count = 0;
	for (size_t i = 0; dns_place(l->dns, i, &place); i++) {
		if (place.err != -EADDRINUSE)
			continue;
		const struct event_port *owner = owner_of(l, &place.at);
		const struct listening_told *before = told_of(l, &place.at);
		told[count++] = (struct listening_told){place.at, owner ? owner->pid : 0};
		if (!before || (owner && before->pid != owner->pid))
			tell_taken(l, &place.at, owner);
	}
	memcpy(l->told, told, count * sizeof(told[0]));
	l->told_count = count;
	l->has_news = true;
}

static bool has_untold(const struct listening *l)
{
	struct dns_place place;
	for (size_t i = 0; dns_place(l->dns, i, &place); i++)
		if (place.err == -EADDRINUSE && !told_of(l, &place.at))
			return true;
	return false;
}

static bool has_taken(const struct listening *l)
{
	struct dns_place place;
	for (size_t i = 0; dns_place(l->dns, i, &place); i++)
		if (place.err == -EADDRINUSE)
			return true;
	return false;
}

/* Failures that end without an event. An address that is missing comes with one. */
static bool is_stuck(const struct listening *l, const struct dns_place *place)
{
	if (place->err == -EADDRINUSE)
		return !owner_of(l, &place->at);
	return place->err && place->err != -EADDRNOTAVAIL;
}

/* Has the next try after a delay, if a place is stuck. */
static void plan_retry(struct listening *l, ns_t now)
{
	struct dns_place place;
	bool has_failed = false;
	for (size_t i = 0; dns_place(l->dns, i, &place) && !has_failed; i++)
		has_failed = is_stuck(l, &place);
	if (!has_failed)
		retry_done(&l->retry);
	else if (!retry_has_failed(&l->retry))
		l->retry = (struct retry){LISTENING_PATIENCE, now + LISTENING_PATIENCE};
	else if (now >= l->retry.at)
		retry_failed(&l->retry, now);
}

/* --- events ------------------------------------------------------------------------------- */

static void hear_owner(struct listening *l, const struct event_port *owner)
{
	if (l->coming_count == ARRAY_LEN(l->coming))
		return;
	l->coming[l->coming_count] = *owner;
	l->coming[l->coming_count++].program[PROGRAM_CAP - 1] = '\0';
}

static void hear_listed(struct listening *l)
{
	memcpy(l->owners, l->coming, sizeof(l->owners));
	l->owner_count = l->coming_count;
	l->coming_count = 0;
	l->is_asking = false;
	if (!l->dns)
		return;
	tell_owners(l);
	plan_retry(l, loop_now());
}

/* Sockets on other ports do not matter here, such as those for mDNS, which anybody may open. */
static void hear_free(struct listening *l, const struct event_port *owner)
{
	struct dns_place place;
	for (size_t i = 0; l->dns && dns_place(l->dns, i, &place); i++)
		if (place.err == -EADDRINUSE && fitness(owner, &place.at) > 0)
			l->retry_at = loop_now() + LISTENING_PATIENCE;
}

bool listening_hear(struct listening *l, const struct event *ev)
{
	switch (ev->type) {
	case EV_PORT_OWNER: hear_owner(l, &ev->port); return true;
	case EV_PORTS_LISTED: hear_listed(l); return true;
	case EV_PORT_FREE: hear_free(l, &ev->port); return true;
	default: break;
	}
	if (ev->nsid == NSID_OWN && l->dns) {
		make_due(l, loop_now() + (has_auto(l->rules) ? LISTENING_PATIENCE : 0));
		l->is_news = true;
	}
	return false;
}

void listening_retry(struct listening *l)
{
	make_due(l, 0);
}

ns_t listening_deadline(const struct listening *l)
{
	if (!l->dns)
		return NS_NEVER;
	const ns_t retry_at = ns_min(l->retry_at, retry_deadline(&l->retry));
	return l->is_stale ? ns_min(l->due, retry_at) : retry_at;
}

void listening_poll(struct listening *l, ns_t now)
{
	if (!l->dns)
		return;
	if (l->is_news)
		(void)note_plan(l, now); /* again when it is due */
	if (now < listening_deadline(l))
		return;
	const bool is_free = now >= ns_min(l->retry_at, retry_deadline(&l->retry));
	l->is_stale = false;
	if (now >= l->retry_at)
		l->retry_at = NS_NEVER;
	serve_plan(l, now);
	plan_retry(l, now);
	if (has_untold(l) || (is_free && has_taken(l))) {
		l->is_asking = true;
		watcher_look_for_owners(l->watcher);
	}
}

void listening_start(struct listening *l, struct dns *dns, const struct model *model,
	const struct listen_rules *rules, const struct watcher *watcher, const struct log *log)
{
	l->dns = dns;
	l->model = model;
	l->rules = rules;
	l->watcher = watcher;
	l->log = log;
	l->retry_at = NS_NEVER;
	/* Whoever has made the addresses of the start has had the time to take them. */
	(void)note_plan(l, loop_now() - LISTENING_PATIENCE);
	listening_retry(l);
	listening_poll(l, loop_now());
}

bool listening_is_settled(const struct listening *l)
{
	return !l->is_asking;
}

/* --- faults ------------------------------------------------------------------------------- */

static const char *lack_text(enum listen_lack lack)
{
	switch (lack) {
	case LISTEN_LACK_LINK: return "there is no such link";
	case LISTEN_LACK_ADDRESS: return "the link has no address that can be used";
	case LISTEN_LACK_NOTHING: break;
	}
	return "";
}

static void place_fault(const struct listening *l, const struct dns_place *place, char *out)
{
	char at[DNS_LISTEN_TEXT_CAP], by[OWNER_TEXT_CAP] = "", program[LOG_TEXT_CAP];
	const struct event_port *owner = place->err == -EADDRINUSE ? owner_of(l, &place->at) : NULL;
	if (owner)
		snprintf(by, sizeof(by), " by %s, pid %d", log_escape(owner->program, program),
			owner->pid);
	snprintf(out, FAULT_TEXT_CAP, "%s: %s%s", dns_listen_text(&place->at, at),
		err_text(place->err), by);
}

/* Calls `visit` with a text for each requested place that is not served. */
static void each_fault(
	const struct listening *l, void (*visit)(void *arg, const char *text), void *arg)
{
	char text[FAULT_TEXT_CAP];
	struct dns_place place;
	for (size_t i = 0; dns_place(l->dns, i, &place); i++) {
		if (!place.err)
			continue;
		place_fault(l, &place, text);
		visit(arg, text);
	}
	for (size_t i = 0; i < l->rules->count; i++) {
		enum listen_lack lack = listen_rule_lack(l->model, &l->rules->at[i]);
		snprintf(text, sizeof(text), "%s: %s", l->rules->at[i].ifname, lack_text(lack));
		if (lack != LISTEN_LACK_NOTHING)
			visit(arg, text);
	}
	snprintf(text, sizeof(text), "%zu more addresses: the limit is %d", l->left_out,
		LIMIT_DNS_PLACES);
	if (l->left_out > 0)
		visit(arg, text);
}

static void count_fault(void *arg, const char *text UNUSED)
{
	++*(size_t *)arg;
}

bool listening_is_degraded(const struct listening *l)
{
	size_t count = 0;
	if (l->dns)
		each_fault(l, count_fault, &count);
	return count > 0;
}

/* A family is unserved if clients should use it but cannot. The address for the host
 * itself does not count. */
static bool is_unserved(const struct listening *l, enum addr_family family)
{
	bool is_wanted = false;
	struct dns_place place;
	for (size_t i = 0; dns_place(l->dns, i, &place); i++) {
		if (place.at.addr.family != family || addr_is_loopback(&place.at.addr))
			continue;
		if (!place.err)
			return false;
		is_wanted = true;
	}
	return is_wanted;
}

static void write_fault(void *arg, const char *text)
{
	jsonw_text(arg, NULL, text);
}

void listening_report(const struct listening *l, struct jsonw *w)
{
	char text[DNS_LISTEN_TEXT_CAP];
	struct dns_place place;
	jsonw_open(w, "addresses", '[');
	for (size_t i = 0; dns_place(l->dns, i, &place); i++)
		if (!place.err)
			jsonw_text(w, NULL, dns_listen_text(&place.at, text));
	jsonw_close(w, ']');
	jsonw_open(w, "degraded", '[');
	each_fault(l, write_fault, w);
	jsonw_close(w, ']');
	jsonw_open(w, "unserved", '[');
	if (is_unserved(l, ADDR_V4))
		jsonw_text(w, NULL, "ipv4");
	if (is_unserved(l, ADDR_V6))
		jsonw_text(w, NULL, "ipv6");
	jsonw_close(w, ']');
}

static void add_fault(void *arg, const char *text)
{
	struct buf *out = arg;
	buf_puts(out, "; ");
	buf_puts(out, text);
}

void listening_summary(const struct listening *l, struct buf *out)
{
	char text[64];
	snprintf(text, sizeof(text), "%s on %zu addresses",
		listening_is_degraded(l) ? "degraded: listening" : "listening", dns_served(l->dns));
	buf_puts(out, text);
	each_fault(l, add_fault, out);
}

/* --- absent links ------------------------------------------------------------------------- */

static void warn_absent(
	const struct model *model, const char *option, const char *ifname, const struct log *log)
{
	char name[LOG_TEXT_CAP];
	if (!listen_find_link(model, ifname))
		log_warning(log,
			"no such link: option=%s link=%s note=\"it is used as soon as it exists\"",
			option, log_escape(ifname, name));
}

void listening_warn_absent(const struct model *model, const struct listen_rules *rules,
	const char *const *mdns_links, size_t mdns_link_count, const struct log *log)
{
	for (size_t i = 0; i < rules->count; i++)
		if (*rules->at[i].ifname)
			warn_absent(model, "listen", rules->at[i].ifname, log);
	for (size_t i = 0; i < mdns_link_count; i++)
		warn_absent(model, "mdns", mdns_links[i], log);
}
