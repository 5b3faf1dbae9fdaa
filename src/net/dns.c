/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of addresses on which DNS is served: binds them, reports failures, and tries again.
 * Never reads a packet: its workers do.
 */
#include "net/dns.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/rcu.h"
#include "net/dns_part.h"

enum {
	WORKERS_MAX = 64,
	TCP_BACKLOG = 128,
	UDP_RECEIVE_ROOM = 1 << 20,
	PLACE_CAP = ADDR_TEXT_CAP + 32
};

/* One address listened on. */
struct endpoint {
	struct dns_listen at;
	struct udp_worker *workers[WORKERS_MAX];
	unsigned worker_count; /* 0: not open */
	int last_err;          /* of the last try; the same error is not logged again */
};

struct dns {
	struct dns_config config; /* `listen` is not used */
	struct cookie_slot cookie_keys;
	struct tcp_server *tcp;
	size_t endpoint_count;
	struct endpoint endpoints[];
};

/* "192.0.2.1:53", "[2001:db8::1]:53", "*:53". */
static const char *place_text(const struct dns_listen *at, char out[PLACE_CAP])
{
	char addr[ADDR_TEXT_CAP];
	if (at->addr.family == ADDR_NONE)
		snprintf(out, PLACE_CAP, "*:%u", at->port);
	else
		snprintf(out, PLACE_CAP, at->addr.family == ADDR_V6 ? "[%s]:%u" : "%s:%u",
			addr_format(&at->addr, addr), at->port);
	return out;
}

static const char *advice(int err)
{
	switch (-err) {
	case EADDRINUSE:
		return "another server has it, perhaps systemd-resolved, dnsmasq or named "
		       "(ss -lntup 'sport = :53'); stop it there or use --listen=ADDR";
	case EADDRNOTAVAIL:
		return "no interface has this address yet; tried again when addresses change";
	case EACCES:
	case EPERM: return "ports below 1024 need CAP_NET_BIND_SERVICE";
	default: return "tried again when addresses change";
	}
}

static void set_option(int fd, int level, int name, int value)
{
	/* Each option is an improvement that an old kernel may lack; none is required. */
	(void)!setsockopt(fd, level, name, &value, sizeof(value));
}

/* Replies are small enough for any path. They are sent without regard to the path MTU, so a forged
 * ICMP message that lowers it cannot cause fragments (RFC 9715). The receive buffer has room for a
 * burst of queries: SO_RCVBUFFORCE is for privileged processes, SO_RCVBUF works for all, up to the
 * limit of the machine. */
static void set_udp_options(int fd, int family, bool is_wildcard)
{
	set_option(fd, SOL_SOCKET, SO_RCVBUF, UDP_RECEIVE_ROOM);
	set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_RECEIVE_ROOM);
	set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	if (family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
	if (is_wildcard && family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	else if (is_wildcard)
		set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

/* True if the socket receives packets for any of our addresses: then each reply must set its source
 * address. */
static bool takes_any_address(const struct dns_listen *at)
{
	return addr_is_unspecified(&at->addr);
}

/* Returns a socket bound to the address; -errno. */
static int bind_socket(const struct dns_listen *at, int family, int type, int reuse_option)
{
	union sockaddr_inet addr;
	struct addr of = at->addr;
	if (of.family == ADDR_NONE)
		of.family = family == AF_INET ? ADDR_V4 : ADDR_V6;
	socklen_t len = sockaddr_make(&of, at->port, at->ifindex, &addr);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, at->addr.family != ADDR_NONE);
	if (reuse_option)
		set_option(fd, SOL_SOCKET, reuse_option, 1);
	if (type == SOCK_DGRAM)
		set_udp_options(fd, family, takes_any_address(at));
	if (bind(fd, &addr.any, len)) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Returns the family of the socket: that of the address. For the wildcard it is IPv6, which
 * receives IPv4 too, or IPv4 if the kernel has no IPv6. */
static int family_of(const struct dns_listen *at)
{
	if (at->addr.family == ADDR_V4)
		return AF_INET;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 && errno == EAFNOSUPPORT && at->addr.family == ADDR_NONE)
		return AF_INET;
	if (fd >= 0)
		close(fd);
	return AF_INET6;
}

/* Listens for TCP. A second daemon is detected here at the latest. */
static int open_tcp(struct dns *d, const struct dns_listen *at, int family)
{
	int fd = bind_socket(at, family, SOCK_STREAM | SOCK_NONBLOCK, SO_REUSEADDR);
	if (fd < 0)
		return fd;
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
	if (listen(fd, TCP_BACKLOG)) {
		int err = -errno;
		close(fd);
		return err;
	}
	return tcp_server_listen(d->tcp, fd);
}

/* Checks that nobody else uses the UDP port. Our workers share it with SO_REUSEPORT; therefore the
 * kernel would also let another process of the same user share it, and each would get half of the
 * queries. */
static int probe_udp(const struct dns_listen *at, int family)
{
	int fd = bind_socket(at, family, SOCK_DGRAM, 0);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int open_udp(struct dns *d, struct endpoint *e, int family)
{
	while (e->worker_count < d->config.workers) {
		int fd = bind_socket(&e->at, family, SOCK_DGRAM, SO_REUSEPORT);
		if (fd < 0)
			return fd;
		struct udp_worker *w = udp_worker_start(fd, takes_any_address(&e->at), &d->config);
		if (!w)
			return ERR_NOMEM;
		e->workers[e->worker_count++] = w;
	}
	return 0;
}

/* Opens all sockets of an address, or none. */
static int open_endpoint(struct dns *d, struct endpoint *e)
{
	int family = family_of(&e->at);
	int err = probe_udp(&e->at, family);
	if (!err)
		err = open_udp(d, e, family);
	if (!err)
		err = open_tcp(d, &e->at, family);
	while (err && e->worker_count > 0)
		udp_worker_stop(e->workers[--e->worker_count]);
	return err;
}

static void try_endpoint(struct dns *d, struct endpoint *e)
{
	char place[PLACE_CAP];
	int err = open_endpoint(d, e);
	if (!err)
		log_info(d->config.log, "listening: address=%s", place_text(&e->at, place));
	else if (err != e->last_err)
		log_warning(d->config.log, "cannot listen: address=%s error=\"%s\" note=\"%s\"",
			place_text(&e->at, place), err_text(err), advice(err));
	e->last_err = err;
}

void dns_retry(struct dns *d)
{
	for (size_t i = 0; i < d->endpoint_count; i++)
		if (d->endpoints[i].worker_count == 0)
			try_endpoint(d, &d->endpoints[i]);
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
	static const struct dns_listen wildcard;
	const struct dns_listen *listen = config->listen_count ? config->listen : &wildcard;
	size_t count = config->listen_count ? config->listen_count : 1;
	struct dns *d = calloc(1, sizeof(*d) + count * sizeof(d->endpoints[0]));
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
	d->endpoint_count = count;
	for (size_t i = 0; i < count; i++) {
		d->endpoints[i].at = listen[i];
		if (listen[i].port == 0)
			d->endpoints[i].at.port = DNS_PORT;
	}
	dns_retry(d);
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

void dns_each_served(
	const struct dns *d, void (*visit)(void *arg, const struct dns_listen *at), void *arg)
{
	for (size_t i = 0; i < d->endpoint_count; i++)
		if (d->endpoints[i].worker_count > 0)
			visit(arg, &d->endpoints[i].at);
}

struct dns_stats dns_stats(const struct dns *d)
{
	struct dns_stats sum = {0};
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
	for (size_t i = 0; i < d->endpoint_count; i++) {
		struct endpoint *e = &d->endpoints[i];
		while (e->worker_count > 0)
			udp_worker_stop(e->workers[--e->worker_count]);
	}
	tcp_server_stop(d->tcp);
	dns_free(d);
}
