/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of places where DNS is served: opens and closes their sockets, and reports failures.
 * Never reads a packet: its workers do.
 */
#include "net/dns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/rcu.h"
#include "net/dns_bind.h"
#include "net/dns_part.h"

enum { WORKERS_MAX = 64 };

/* One address listened on. */
struct endpoint {
	struct dns_listen at;
	struct udp_worker *workers[WORKERS_MAX];
	unsigned worker_count; /* 0: not open */
	int listener;          /* of TCP, while it is open */
	int err;               /* of the last try; the same error is not logged again */
};

struct dns {
	struct dns_config config;
	struct cookie_slot cookie_keys;
	struct tcp_server *tcp;
	struct dns_stats ended; /* of workers that have ended */
	size_t worker_count;    /* of all endpoints */
	size_t endpoint_count;
	struct endpoint endpoints[LIMIT_DNS_PLACES];
};

const char *dns_listen_text(const struct dns_listen *at, char *out)
{
	char addr[ADDR_TEXT_CAP];
	addr_format(&at->addr, addr);
	if (at->addr.family == ADDR_V4)
		snprintf(out, DNS_LISTEN_TEXT_CAP, "%s:%u", addr, at->port);
	else if (at->ifindex == 0)
		snprintf(out, DNS_LISTEN_TEXT_CAP, "[%s]:%u", addr, at->port);
	else
		snprintf(out, DNS_LISTEN_TEXT_CAP, "[%s%%%u]:%u", addr, at->ifindex, at->port);
	return out;
}

static const char *advice(int err)
{
	switch (-err) {
	case EADDRNOTAVAIL:
		return "no interface has this address yet; tried again when addresses change";
	case EACCES:
	case EPERM: return "ports below 1024 need CAP_NET_BIND_SERVICE";
	default: return "tried again from time to time, and when addresses change";
	}
}

static int open_tcp(struct dns *d, struct endpoint *e)
{
	int fd = dns_bind_tcp(&e->at);
	if (fd < 0)
		return fd;
	int listener = tcp_server_listen(d->tcp, fd);
	if (listener < 0)
		return listener;
	e->listener = listener;
	return 0;
}

/* Returns the number of workers: the configured one, or fewer if there are very many already. */
static unsigned workers_for_next(const struct dns *d)
{
	size_t left = d->worker_count < LIMIT_DNS_WORKERS ? LIMIT_DNS_WORKERS - d->worker_count : 1;
	return left < d->config.workers ? (unsigned)left : d->config.workers;
}

static int open_udp(struct dns *d, struct endpoint *e)
{
	for (unsigned left = workers_for_next(d); left > 0; left--) {
		int fd = dns_bind_udp(&e->at);
		if (fd < 0)
			return fd;
		struct udp_worker *w = udp_worker_start(fd, dns_bind_takes_any(&e->at), &d->config);
		if (!w)
			return ERR_NOMEM;
		e->workers[e->worker_count++] = w;
		d->worker_count++;
	}
	return 0;
}

static void stop_workers(struct dns *d, struct endpoint *e)
{
	for (; e->worker_count > 0; d->worker_count--)
		udp_worker_stop(e->workers[--e->worker_count], &d->ended);
}

/* Opens all sockets of an address, or none. */
static int open_endpoint(struct dns *d, struct endpoint *e)
{
	int err = dns_bind_probe(&e->at);
	if (!err)
		err = open_udp(d, e);
	if (!err)
		err = open_tcp(d, e);
	if (err)
		stop_workers(d, e);
	return err;
}

static void try_endpoint(struct dns *d, struct endpoint *e)
{
	char place[DNS_LISTEN_TEXT_CAP];
	int err = open_endpoint(d, e);
	dns_listen_text(&e->at, place);
	if (!err)
		log_info(d->config.log, "listening: address=%s", place);
	else if (err != e->err && err != -EADDRINUSE)
		log_warning(d->config.log, "cannot listen: address=%s error=\"%s\" note=\"%s\"",
			place, err_text(err), advice(err));
	e->err = err;
}

/* Threads of other places continue meanwhile. */
static void close_endpoint(struct dns *d, struct endpoint *e)
{
	if (e->worker_count == 0)
		return;
	stop_workers(d, e);
	tcp_server_unlisten(d->tcp, e->listener);
}

static bool is_same_place(const struct dns_listen *a, const struct dns_listen *b)
{
	return a->port == b->port && a->ifindex == b->ifindex && addr_equal(&a->addr, &b->addr);
}

static bool has_place(const struct dns_listen *places, size_t count, const struct dns_listen *at)
{
	for (size_t i = 0; i < count; i++)
		if (is_same_place(&places[i], at))
			return true;
	return false;
}

/* Closes the endpoints that are not among `places`. */
static void close_others(struct dns *d, const struct dns_listen *places, size_t count)
{
	char place[DNS_LISTEN_TEXT_CAP];
	size_t kept = 0;
	for (size_t i = 0; i < d->endpoint_count; i++) {
		struct endpoint *e = &d->endpoints[i];
		if (has_place(places, count, &e->at)) {
			if (kept != i)
				d->endpoints[kept] = *e;
			kept++;
			continue;
		}
		if (e->worker_count > 0)
			log_info(d->config.log, "no longer listening: address=%s",
				dns_listen_text(&e->at, place));
		close_endpoint(d, e);
	}
	d->endpoint_count = kept;
}

static bool has_endpoint(const struct dns *d, const struct dns_listen *at)
{
	for (size_t i = 0; i < d->endpoint_count; i++)
		if (is_same_place(&d->endpoints[i].at, at))
			return true;
	return false;
}

void dns_serve_at(struct dns *d, const struct dns_listen *places, size_t count)
{
	close_others(d, places, count);
	for (size_t i = 0; i < count && d->endpoint_count < LIMIT_DNS_PLACES; i++)
		if (!has_endpoint(d, &places[i]))
			d->endpoints[d->endpoint_count++] = (struct endpoint){.at = places[i]};
	for (size_t i = 0; i < d->endpoint_count; i++)
		if (d->endpoints[i].worker_count == 0)
			try_endpoint(d, &d->endpoints[i]);
}

bool dns_place(const struct dns *d, size_t index, struct dns_place *ret)
{
	if (index >= d->endpoint_count)
		return false;
	*ret = (struct dns_place){d->endpoints[index].at, d->endpoints[index].err};
	return true;
}

static unsigned choose_workers(unsigned wanted)
{
	long online = wanted ? (long)wanted : sysconf(_SC_NPROCESSORS_ONLN);
	return online < 1 ? 1 : online > WORKERS_MAX ? WORKERS_MAX : (unsigned)online;
}

/* Makes our own copy of the policy's prefixes. */
static int copy_trusted(struct dns *d)
{
	struct serve_policy *policy = &d->config.policy;
	struct prefix *copy = calloc(policy->trusted_count + 1, sizeof(*copy));
	if (policy->trusted_count > 0 && copy)
		memcpy(copy, policy->trusted, policy->trusted_count * sizeof(*copy));
	policy->trusted = copy;
	return copy ? 0 : ERR_NOMEM;
}

static void free_cookie_keys(void *arg)
{
	if (arg)
		explicit_bzero(arg, sizeof(struct cookie_keys));
	free(arg);
}

int dns_set_cookie_keys(struct dns *d, const struct cookie_keys *keys)
{
	struct cookie_keys *copy = malloc(sizeof(*copy));
	if (!copy)
		return ERR_NOMEM;
	*copy = *keys;
	rcu_defer(free_cookie_keys, cookie_slot_publish(&d->cookie_keys, copy));
	return 0;
}

/* Frees everything; no thread uses it any more. */
static void dns_free(struct dns *d)
{
	free_cookie_keys(cookie_slot_publish(&d->cookie_keys, NULL));
	free((void *)(uintptr_t)d->config.policy.trusted);
	free(d);
}

struct dns *dns_open(const struct dns_config *config)
{
	struct dns *d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->config = *config;
	d->config.workers = choose_workers(config->workers);
	d->config.policy.cookie_keys = &d->cookie_keys;
	if (copy_trusted(d) || dns_set_cookie_keys(d, &config->cookie_keys) ||
		!(d->tcp = tcp_server_start(&d->config))) {
		dns_free(d);
		return NULL;
	}
	return d;
}

size_t dns_served(const struct dns *d)
{
	size_t count = 0;
	for (size_t i = 0; i < d->endpoint_count; i++)
		count += d->endpoints[i].worker_count > 0;
	return count;
}

size_t dns_waiting(const struct dns *d)
{
	return d->endpoint_count - dns_served(d);
}

struct dns_stats dns_stats(const struct dns *d)
{
	struct dns_stats sum = d->ended;
	for (size_t i = 0; i < d->endpoint_count; i++)
		for (unsigned w = 0; w < d->endpoints[i].worker_count; w++)
			udp_worker_add_stats(d->endpoints[i].workers[w], &sum);
	tcp_server_add_stats(d->tcp, &sum);
	return sum;
}

void dns_close(struct dns *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->endpoint_count; i++)
		stop_workers(d, &d->endpoints[i]);
	tcp_server_stop(d->tcp);
	dns_free(d);
}
