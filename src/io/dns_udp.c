/* SPDX-License-Identifier: ISC */
/*
 * Owns the UDP sockets of unicast DNS and their threads: packets in, packets out.
 * Never knows DNS: serve_answer() does. Called by io/dns.c.
 *
 * A worker sleeps in recvmmsg(), which returns as soon as one packet is there, with all that are
 * there: so a busy server takes them by the batch, and an idle one never wakes up. While it sleeps it
 * is offline for RCU. It is stopped by shutting its socket down, which ends the sleep.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/dns_part.h"
#include "io/privilege.h"
#include "io/rcu.h"
#include "wire/msg.h"

enum {
	BATCH = 32,
	/* A query is a name and some options. A longer one is cut by the kernel, and then dropped. */
	QUERY_CAP = 2048,
	CACHE_LINE = 64
};

/* Room for one in6_pktinfo or in_pktinfo. */
union control {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct udp_worker {
	struct serve_ctx ctx;
	_Atomic uint64_t send_failed;
	_Atomic bool is_stopping;
	bool has_pktinfo;
	int fd;
	pthread_t thread;
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec in_vec[BATCH], out_vec[BATCH];
	union sock_addr peer[BATCH];
	union control control[BATCH];
	uint8_t query[BATCH][QUERY_CAP];
	uint8_t reply[BATCH][EDNS_PAYLOAD];
};

/* A message may be received into slot `i`. What recvmmsg() and the answer have changed in it is
 * put back. */
static void reset_in(struct udp_worker *w, int i)
{
	struct msghdr *in = &w->in[i].msg_hdr;
	in->msg_namelen = sizeof(w->peer[i]);
	in->msg_controllen = w->has_pktinfo ? sizeof(w->control[i]) : 0;
	in->msg_flags = 0;
}

static void init_slots(struct udp_worker *w)
{
	for (int i = 0; i < BATCH; i++) {
		w->in_vec[i] = (struct iovec){w->query[i], QUERY_CAP};
		w->in[i].msg_hdr = (struct msghdr){
			.msg_name = &w->peer[i],
			.msg_iov = &w->in_vec[i],
			.msg_iovlen = 1,
			.msg_control = w->has_pktinfo ? &w->control[i] : NULL,
		};
		reset_in(w, i);
	}
}

/* Makes of where a packet was sent to where its reply comes from (RFC 2181 §4). The interface is
 * left to the routing, except where the address means nothing without one. */
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

/* Answers message `i`; the reply, if there is one, becomes number `*out_count`. */
static void answer_one(struct udp_worker *w, int i, unsigned *out_count)
{
	struct serve_client client;
	const struct msghdr *in = &w->in[i].msg_hdr;
	size_t len;
	if (in->msg_flags & MSG_TRUNC)
		return;
	client_set(&client, &w->peer[i], false);
	len = serve_answer(&w->ctx, &client, w->query[i], w->in[i].msg_len, w->reply[i],
		sizeof(w->reply[i]));
	if (len == 0)
		return;
	w->out_vec[*out_count] = (struct iovec){w->reply[i], len};
	struct msghdr *out = &w->out[*out_count].msg_hdr;
	*out = (struct msghdr){
		.msg_name = in->msg_name,
		.msg_namelen = in->msg_namelen,
		.msg_iov = &w->out_vec[*out_count],
		.msg_iovlen = 1,
		.msg_control = in->msg_control,
		.msg_controllen = in->msg_controllen,
	};
	if (w->has_pktinfo)
		turn_round(out);
	++*out_count;
}

/* Sends all. One that the kernel does not take is passed over, so each turn gets further. */
static void send_all(struct udp_worker *w, unsigned count)
{
	for (unsigned sent = 0; sent < count;) {
		int n = sendmmsg(w->fd, w->out + sent, count - sent, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			count_up(&w->send_failed);
		sent += n > 0 ? (unsigned)n : 1;
	}
}

/* Waits for packets. Returns how many there are, 0 or less if none could be had. */
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
	privilege_drop_thread();
	rcu_reader_begin();
	/* Sequentially consistent, once a batch: it costs nothing on the way in. */
	while (!w->is_stopping) {
		unsigned out_count = 0;
		int count = receive(w);
		for (int i = 0; i < count; i++)
			answer_one(w, i, &out_count);
		if (out_count > 0)
			send_all(w, out_count);
		for (int i = 0; i < count; i++)
			reset_in(w, i);
	}
	rcu_reader_end();
	return NULL;
}

struct udp_worker *udp_worker_start(int fd, bool has_pktinfo, const struct dns_config *config)
{
	struct udp_worker *w = aligned_alloc(CACHE_LINE,
		(sizeof(*w) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
	if (!w) {
		close(fd);
		return NULL;
	}
	/* The buffers are left untouched: pages that no query ever uses are none. */
	memset(w, 0, offsetof(struct udp_worker, query));
	w->ctx.zone = config->zone;
	w->ctx.views = config->views;
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

void udp_worker_stop(struct udp_worker *w)
{
	if (!w)
		return;
	w->is_stopping = true;
	/* Not connected, says the kernel, and wakes up who sleeps on it all the same. */
	shutdown(w->fd, SHUT_RD);
	pthread_join(w->thread, NULL);
	close(w->fd);
	free(w);
}

void udp_worker_add_stats(const struct udp_worker *w, struct dns_stats *sum)
{
	serve_add_counts(&w->ctx, sum->counts);
	sum->send_failed += atomic_load_explicit(&w->send_failed, memory_order_relaxed);
}
