/* SPDX-License-Identifier: ISC */
/*
 * Owns the two queues between the TCP thread and the main thread, and the published policy.
 * Never looks into a transfer.
 */
#include "net/transfers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/budget.h"
#include "base/err.h"
#include "base/hash.h"
#include "io/loop.h"
#include "io/rcu.h"
#include "net/dns_source.h"

/* A queue, and the eventfd that wakes up its reader. The lock is held for a few instructions. */
struct queue {
	pthread_mutex_t lock;
	struct transfer *first, **last;
	int fd;
};

struct transfers {
	_Atomic(struct transfer_policy *) policy;
	struct queue asked, ready;
	struct list all; /* of struct transfer.in_all; for the TCP thread only */
	pthread_mutex_t udp_lock;
	struct list udp; /* of struct transfer.in_udp */
	_Atomic uint64_t updates_waiting;
	/* Of key pairs, by UDP and by TCP: whoever invents addresses has only the one half. */
	_Atomic uint64_t sig0_waiting[2];
	struct verifying {
		struct budget all, of[LIMIT_SIG0_SOURCES];
	} verifying[2]; /* with `udp_lock` */
	uint64_t seed;
	_Atomic uint64_t done, refused, failed, bad_signatures, under_way; /* relaxed */
};

static bool queue_init(struct queue *q)
{
	pthread_mutex_init(&q->lock, NULL);
	q->first = NULL;
	q->last = &q->first;
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return q->fd >= 0;
}

static void queue_put(struct queue *q, struct transfer *transfer)
{
	const uint64_t one = 1;
	transfer->next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->last = transfer;
	q->last = &transfer->next;
	pthread_mutex_unlock(&q->lock);
	(void)!write(q->fd, &one, sizeof(one));
}

static struct transfer *queue_take(struct queue *q)
{
	uint64_t count;
	/* Reset the eventfd first: a transfer that is added later wakes us up again. */
	(void)!read(q->fd, &count, sizeof(count));
	pthread_mutex_lock(&q->lock);
	struct transfer *transfer = q->first;
	if (transfer) {
		q->first = transfer->next;
		if (!q->first)
			q->last = &q->first;
	}
	pthread_mutex_unlock(&q->lock);
	return transfer;
}

static void free_transfer(struct transfer *t)
{
	xfr_fini(&t->xfr);
	update_ask_free(t->update);
	free(t);
}

static void queue_fini(struct queue *q)
{
	for (struct transfer *t; (t = queue_take(q));)
		free_transfer(t);
	if (q->fd >= 0)
		close(q->fd);
	pthread_mutex_destroy(&q->lock);
}

struct transfers *transfers_new(void)
{
	struct transfers *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	list_init(&t->all);
	t->seed = loop_random();
	list_init(&t->udp);
	pthread_mutex_init(&t->udp_lock, NULL);
	bool is_whole = queue_init(&t->asked);
	is_whole &= queue_init(&t->ready);
	if (is_whole)
		return t;
	transfers_free(t);
	return NULL;
}

void transfers_free(struct transfers *t)
{
	if (!t)
		return;
	queue_fini(&t->asked);
	queue_fini(&t->ready);
	transfer_policy_free(atomic_load(&t->policy));
	pthread_mutex_destroy(&t->udp_lock);
	free(t);
}

int transfers_asked_fd(const struct transfers *t)
{
	return t->asked.fd;
}

struct transfer *transfers_next_asked(struct transfers *t)
{
	return queue_take(&t->asked);
}

void transfers_deliver(struct transfers *t, struct transfer *transfer)
{
	queue_put(&t->ready, transfer);
}

static void free_policy(void *arg)
{
	transfer_policy_free(arg);
}

void transfers_publish(struct transfers *t, struct transfer_policy *policy)
{
	rcu_defer(free_policy, atomic_exchange_explicit(&t->policy, policy, memory_order_acq_rel));
}

static uint64_t count_of(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

struct transfers_stats transfers_stats(const struct transfers *t)
{
	return (struct transfers_stats){
		.done = count_of(&t->done),
		.refused = count_of(&t->refused),
		.failed = count_of(&t->failed),
		.bad_signatures = count_of(&t->bad_signatures),
		.under_way = count_of(&t->under_way),
		.updates_waiting = count_of(&t->updates_waiting),
	};
}

const struct transfer_policy *transfers_policy(const struct transfers *t)
{
	return atomic_load_explicit(&t->policy, memory_order_acquire);
}

static void count(_Atomic uint64_t *counter, int by)
{
	atomic_fetch_add_explicit(counter, (uint64_t)by, memory_order_relaxed);
}

void transfers_count_refused(struct transfers *t)
{
	count(&t->refused, 1);
}

void transfers_count_bad_signature(struct transfers *t)
{
	count(&t->bad_signatures, 1);
}

/* A host in an IPv6 network has as many addresses as it likes. */
static struct prefix network_of(const struct addr *addr)
{
	return prefix_make(addr, addr->family == ADDR_V6 ? 64 : 32);
}

static bool is_over_client_limit(const struct transfers *t, const struct addr *addr)
{
	const struct prefix network = network_of(addr);
	unsigned have = 0;
	LIST_EACH(transfer, &t->all, const struct transfer, in_all) {
		const struct prefix other = network_of(&transfer->client.addr);
		have += prefix_equal(&network, &other);
	}
	return have >= LIMIT_TRANSFERS_CLIENT;
}

struct transfer *transfers_begin(struct transfers *t, const struct serve_client *client)
{
	if (count_of(&t->under_way) >= LIMIT_TRANSFERS || is_over_client_limit(t, &client->addr))
		return NULL;
	struct transfer *transfer = calloc(1, sizeof(*transfer));
	if (!transfer)
		return NULL;
	transfer->client = *client;
	list_init(&transfer->in_udp);
	list_append(&t->all, &transfer->in_all);
	count(&t->under_way, 1);
	return transfer;
}

/* The counter of those that wait with that one. */
static _Atomic uint64_t *waiting_of(
	struct transfers *t, const struct serve_client *client, const struct update_ask *ask)
{
	return ask->is_sig0 ? &t->sig0_waiting[client->is_tcp] : &t->updates_waiting;
}

void transfers_end(struct transfers *t, struct transfer *transfer, bool is_done)
{
	if (transfer->update) {
		count(waiting_of(t, &transfer->client, transfer->update), -1);
		free_transfer(transfer);
		return;
	}
	count(is_done ? &t->done : &t->failed, 1);
	count(&t->under_way, -1);
	list_remove(&transfer->in_all);
	free_transfer(transfer);
}

/* Updates. */

struct transfer *transfers_begin_update(struct transfers *t, const struct serve_client *client,
	const struct update_ask *ask, const uint8_t *msg, size_t len)
{
	_Atomic uint64_t *waiting = waiting_of(t, client, ask);
	if (count_of(waiting) >= (ask->is_sig0 ? LIMIT_SIG0_WAITING : LIMIT_UPDATES_WAITING))
		return NULL;
	struct transfer *transfer = calloc(1, sizeof(*transfer));
	if (!transfer || !(transfer->update = update_ask_new(ask, msg, len))) {
		free(transfer);
		return NULL;
	}
	transfer->client = *client;
	list_init(&transfer->in_all);
	list_init(&transfer->in_udp);
	count(waiting, 1);
	return transfer;
}

/* Clients that share a place in the table share what one may do. */
bool transfers_may_verify(struct transfers *t, const struct serve_client *client)
{
	enum { HALF = LIMIT_SIG0_S / 2 };
	const ns_t now = loop_now();
	const size_t place = dns_source_hash(t->seed, &client->addr) % LIMIT_SIG0_SOURCES;
	struct verifying *v = &t->verifying[client->is_tcp];
	pthread_mutex_lock(&t->udp_lock);
	const bool may = budget_may(&v->of[place], now, LIMIT_SIG0_SOURCE_S,
				 NS_PER_S / LIMIT_SIG0_SOURCE_S) &&
			 budget_may(&v->all, now, HALF, NS_PER_S / HALF);
	pthread_mutex_unlock(&t->udp_lock);
	return may;
}

void transfers_ask_udp(
	struct transfers *t, struct transfer *update, int fd, const struct msghdr *in)
{
	update_ask_came_by(update->update, fd, in);
	pthread_mutex_lock(&t->udp_lock);
	list_append(&t->udp, &update->in_udp);
	pthread_mutex_unlock(&t->udp_lock);
	transfers_ask(t, update);
}

void transfers_answer_update(
	struct transfers *t, struct transfer *transfer, unsigned rcode, uint64_t now_s)
{
	update_ask_reply(transfer->update, rcode, now_s, transfer->client.is_tcp);
	if (transfer->client.is_tcp) {
		transfers_deliver(t, transfer);
		return;
	}
	pthread_mutex_lock(&t->udp_lock);
	list_remove(&transfer->in_udp);
	pthread_mutex_unlock(&t->udp_lock);
	update_ask_send(transfer->update);
	transfers_end(t, transfer, true);
}

void transfers_forget_socket(struct transfers *t, int fd)
{
	pthread_mutex_lock(&t->udp_lock);
	LIST_EACH(transfer, &t->udp, struct transfer, in_udp)
		if (transfer->update->fd == fd)
			transfer->update->fd = -1;
	pthread_mutex_unlock(&t->udp_lock);
}

void transfers_ask(struct transfers *t, struct transfer *transfer)
{
	queue_put(&t->asked, transfer);
}

int transfers_ready_fd(const struct transfers *t)
{
	return t->ready.fd;
}

struct transfer *transfers_next_ready(struct transfers *t)
{
	return queue_take(&t->ready);
}

static const char *transfer_type_text(const struct xfr *x)
{
	return x->source->is_single ? "none" : x->source->is_incremental ? "ixfr" : "axfr";
}

void transfer_log_end(const struct transfer *transfer, const struct addr *client, bool is_done,
	const struct log *log)
{
	const struct xfr *x = &transfer->xfr;
	char zone[NAME_TEXT_CAP], from[ADDR_TEXT_CAP];
	name_to_text(x->ask.zone.wire, zone);
	addr_format(client, from);
	if (is_done && x->source)
		log_info(log,
			"transferred: zone=%s client=%s type=%s view=%s messages=%llu records=%llu "
			"bytes=%llu",
			zone, from, transfer_type_text(x), x->ask.view == VIEW_LAN ? "lan" : "wan",
			(unsigned long long)x->messages, (unsigned long long)x->records,
			(unsigned long long)x->bytes);
	else
		log_info(log, "not transferred: zone=%s client=%s error=\"%s\"", zone, from,
			transfer->err ? err_text(transfer->err) : "the client went away");
}
