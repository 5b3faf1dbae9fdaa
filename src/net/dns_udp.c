/* SPDX-License-Identifier: ISC */
/*
 * Owns the UDP sockets of unicast DNS and their threads: packets in, packets out.
 * Never knows DNS: the three steps of serve/answer.h do.
 *
 * A worker sleeps in recvmmsg(), which returns as soon as one packet has arrived, with all packets
 * that are waiting. So a busy server takes them in batches, and an idle one never wakes up. While
 * the worker sleeps, it is offline for RCU. To stop it, its socket is shut down, which ends the
 * sleep.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/dns_answer.h"
#include "net/dns_part.h"
#include "net/dns_thread.h"
#include "io/loop.h"
#include "io/rcu.h"
#include "io/sandbox_lists.h"
#include "wire/msg.h"

enum {
	BATCH = 32,
	CACHE_LINE = 64,
	/* A query has a name and some options, and an update more. The kernel truncates a longer one, and it is
	 * dropped. The slots of queries must not share the sets of the caches, as they would do at 4096. */
	QUERY_CAP = LIMIT_UPDATE_UDP + CACHE_LINE
};

/* Room for one in6_pktinfo or in_pktinfo. */
union control {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* Queries are received into the slots of `in`. Replies are written into the slots of `out`, without
 * gaps. */
struct udp_worker {
	struct serve_ctx ctx;
	struct transfers *transfers;
	_Atomic uint64_t send_failed;
	_Atomic bool is_stopping;
	bool has_pktinfo;
	int fd;
	pthread_t thread;
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec in_vec[BATCH], out_vec[BATCH];
	union sockaddr_inet peer[BATCH];
	union control control[BATCH];
	struct rrl rrl; /* without a limit, no pages are allocated for it; nor for unused buffers */
	struct serve_asked asked[BATCH];
	uint8_t query[BATCH][QUERY_CAP];
	uint8_t reply[BATCH][EDNS_PAYLOAD];
};

static void init_slots(struct udp_worker *w)
{
	for (int i = 0; i < BATCH; i++) {
		w->in_vec[i] = (struct iovec){w->query[i], QUERY_CAP};
		w->in[i].msg_hdr = (struct msghdr){
			.msg_name = &w->peer[i],
			.msg_namelen = sizeof(w->peer[i]),
			.msg_iov = &w->in_vec[i],
			.msg_iovlen = 1,
			.msg_control = w->has_pktinfo ? &w->control[i] : NULL,
			.msg_controllen = w->has_pktinfo ? sizeof(w->control[i]) : 0,
		};
		w->out_vec[i].iov_base = w->reply[i];
		w->out[i].msg_hdr = (struct msghdr){.msg_iov = &w->out_vec[i], .msg_iovlen = 1};
	}
}

/* Changes the control message from the destination of the query to the source of the reply (RFC
 * 2181 §4). Routing chooses the interface, unless the address is meaningless without one. */
static void turn_round(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	if (!c)
		return;
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		info.ipi_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
}

/* The main thread answers an update, from this socket. */
static void pass_on(struct udp_worker *w, int i, struct transfer *update)
{
	union control control = w->control[i];
	struct msghdr in = w->in[i].msg_hdr;
	if (w->has_pktinfo) {
		in.msg_control = &control;
		turn_round(&in);
	}
	transfers_ask_udp(w->transfers, update, w->fd, &in);
}

static size_t answer_special(
	struct udp_worker *w, int i, const struct serve_client *client, uint8_t reply[EDNS_PAYLOAD])
{
	struct transfer *update = NULL;
	size_t len = dns_answer(&w->ctx, w->transfers, client, w->query[i], w->in[i].msg_len, reply,
		EDNS_PAYLOAD, &update);
	if (update)
		pass_on(w, i, update);
	return len;
}

/* Writes the reply to the query in slot `i`. Returns its length, 0 for none. */
static size_t reply_to(struct udp_worker *w, int i, const struct transfer_policy *policy,
	uint8_t reply[EDNS_PAYLOAD])
{
	size_t len = w->in[i].msg_len;
	struct serve_client client = client_of(&w->peer[i], false);
	if (dns_is_special(policy, w->query[i], len))
		return answer_special(w, i, &client, reply);
	return serve_reply(&w->ctx, &client, &w->asked[i], reply, EDNS_PAYLOAD);
}

/* Addresses the reply in slot `to` to the sender of the query in slot `from`, and prepares slot
 * `from` for the next query. Only the room for control messages has to be restored after
 * recvmmsg(): it never reads the flags, and all addresses of one socket have the same length. */
static void address_reply(struct udp_worker *w, int to, int from)
{
	struct msghdr *in = &w->in[from].msg_hdr, *out = &w->out[to].msg_hdr;
	out->msg_name = in->msg_name;
	out->msg_namelen = in->msg_namelen;
	if (LIKELY(!w->has_pktinfo))
		return;
	out->msg_control = in->msg_control;
	out->msg_controllen = in->msg_controllen;
	in->msg_controllen = sizeof(w->control[from]);
	turn_round(out);
}

/* Answers the queries in the first `count` slots. Returns how many replies there are. */
static int answer_batch(struct udp_worker *w, int count)
{
	const struct transfer_policy *policy = w->transfers ? transfers_policy(w->transfers) : NULL;
	int replies = 0;
	for (int i = 0; i < count; i++)
		serve_read(&w->ctx, w->query[i], w->in[i].msg_len, &w->asked[i]);
	serve_look(&w->ctx, w->asked, (size_t)count);
	for (int i = 0; i < count; i++) {
		size_t len = w->in[i].msg_hdr.msg_flags & MSG_TRUNC
				     ? 0
				     : reply_to(w, i, policy, w->reply[replies]);
		w->out_vec[replies].iov_len = len;
		address_reply(w, replies, i);
		replies += len > 0;
	}
	return replies;
}

/* Sends the first `count` replies. Skips a reply that the kernel refuses, so each turn makes
 * progress. */
static void send_batch(struct udp_worker *w, int count)
{
	for (int at = 0; at < count;) {
		int n = sendmmsg(w->fd, w->out + at, (unsigned)(count - at), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			count_up(&w->send_failed);
		at += n > 0 ? n : 1;
	}
}

/* Notes the time of a batch, accurate to some milliseconds. */
static void note_time(struct udp_worker *w)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	w->ctx.unix_s = (uint32_t)t.tv_sec;
	if (!w->ctx.rrl)
		return;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	w->ctx.now = t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Waits for packets. Returns how many have arrived, or 0 or less on failure. */
static int receive(struct udp_worker *w)
{
	rcu_reader_offline();
	int count = recvmmsg(w->fd, w->in, BATCH, MSG_WAITFORONE, NULL);
	if (count < 0 && errno != EINTR && !w->is_stopping) {
		/* Memory pressure, most likely: do not spin. */
		const struct timespec pause = {.tv_nsec = 10 * NS_PER_MS};
		nanosleep(&pause, NULL);
	}
	rcu_reader_online();
	return count;
}

static void *run(void *arg)
{
	struct udp_worker *w = arg;
	sandbox_thread_confine();
	rcu_reader_begin();
	/* Sequentially consistent, once a batch: it costs nothing on the way in. */
	while (!w->is_stopping) {
		int count = receive(w);
		if (count <= 0)
			continue;
		note_time(w);
		send_batch(w, answer_batch(w, count));
	}
	rcu_reader_end();
	return NULL;
}

struct udp_worker *udp_worker_start(int fd, bool has_pktinfo, const struct dns_config *config)
{
	struct udp_worker *w =
		aligned_alloc(CACHE_LINE, (sizeof(*w) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
	if (!w) {
		close(fd);
		return NULL;
	}
	/* The buffers are not touched: pages that no query ever uses take no memory. */
	memset(w, 0, offsetof(struct udp_worker, rrl));
	w->ctx.zone = config->zone;
	w->ctx.views = config->views;
	w->ctx.policy = &config->policy;
	if (config->rate_limit > 0) {
		rrl_init(&w->rrl, loop_random(), config->rate_limit);
		w->ctx.rrl = &w->rrl;
	}
	w->transfers = config->transfers;
	w->has_pktinfo = has_pktinfo;
	w->fd = fd;
	init_slots(w);
	if (dns_thread_start(&w->thread, run, w)) {
		close(fd);
		free(w);
		return NULL;
	}
	return w;
}

void udp_worker_add_stats(const struct udp_worker *w, struct dns_stats *sum)
{
	serve_add_counts(&w->ctx, sum->counts);
	sum->send_failed += atomic_load_explicit(&w->send_failed, memory_order_relaxed);
}

void udp_worker_stop(struct udp_worker *w, struct dns_stats *sum)
{
	w->is_stopping = true;
	/* Fails with ENOTCONN, but wakes the thread blocked in recvmmsg(). */
	shutdown(w->fd, SHUT_RD);
	pthread_join(w->thread, NULL);
	if (w->transfers)
		transfers_forget_socket(w->transfers, w->fd);
	udp_worker_add_stats(w, sum);
	close(w->fd);
	free(w);
}
