/* SPDX-License-Identifier: ISC */
/*
 * Owns the learner's process from the inside: the source of frames, and one automaton for each guest. It is the child of
 * a process without any privilege that only waits for its end, to make it again: ontapd cannot, for its memory has
 * secrets by then.
 * Never has a privilege, another descriptor, or a secret; and never decides what is done with what it says.
 */
#include "ontapd/pupil.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/budget.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/limits.h"
#include "base/map.h"
#include "bpf/autoconf.h"
#include "io/packet.h"
#include "io/privilege.h"
#include "ontapd/confine.h"
#include "ontapd/learner.h"
#include "ontapd/ring.h"

/* NOBODY: the user and group without rights, on every Linux. */
enum { FRAMES_AT_ONCE = 64, NOBODY = 65534, STATUS_FAILED = 1, PAUSE_MS = 1000 };

struct pupil {
	struct loop *loop;
	struct loop_watch orders, frames; /* frames: fd -1 until it is told */
	struct ring ring;                 /* open: `frames` is its descriptor, no socket */
	struct map guests;                /* of struct watched */
	struct heap due;
	bool is_at_end;
	bool has_failed; /* is at its end, and is to be made again */
};

/* A tap with its guest. */
struct watched {
	struct map_node by_ifindex;
	struct heap_node due;
	struct pupil *pupil;
	uint32_t ifindex;
	struct guest *guest;
	struct budget said,
		heard; /* of frames from a socket; for the ring, the programs have them */
};

/* Shortage may pass: another one of us, which is told everything, begins anew. */
static void fail(struct pupil *p)
{
	p->is_at_end = p->has_failed = true;
}

/* --- news --------------------------------------------------------------------------------- */

/* Waits for room: we have nothing else to do, and must leave out nothing. */
static void tell(const struct watched *w, struct learner_news *news)
{
	news->ifindex = w->ifindex;
	ssize_t sent;
	do
		sent = send(w->pupil->orders.fd, news, sizeof(*news), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno == EPIPE)
		w->pupil->is_at_end = true;
	else if (sent < 0)
		fail(w->pupil);
}

static void on_addr(void *arg, const struct guest_addr *addr)
{
	struct learner_news news = {.type = LEARNER_HAS,
		.addr = addr->addr,
		.lifetime_s = addr->lifetime_s,
		.origin = addr->origin};
	tell(arg, &news);
}

static void on_addr_gone(void *arg, const struct addr *addr)
{
	struct learner_news news = {.type = LEARNER_GONE, .addr = *addr};
	tell(arg, &news);
}

static void on_refused(void *arg, const struct addr *addr, enum guest_refusal why)
{
	struct learner_news news = {.type = LEARNER_REFUSED, .addr = *addr, .why = why};
	tell(arg, &news);
}

/* --- guests ------------------------------------------------------------------------------- */

static struct watched *find(const struct pupil *p, uint32_t ifindex)
{
	return MAP_FIND(&p->guests, hash_mix(ifindex, 0), struct watched, by_ifindex, w,
		w->ifindex == ifindex);
}

static void settle(struct watched *w)
{
	ns_t deadline = guest_deadline(w->guest);
	if (deadline == NS_NEVER)
		heap_remove(&w->pupil->due, &w->due);
	else
		heap_put(&w->pupil->due, &w->due, deadline);
}

static void end(struct pupil *p, struct watched *w)
{
	heap_remove(&p->due, &w->due);
	map_remove(&p->guests, &w->by_ifindex);
	guest_free(w->guest);
	free(w);
}

static void begin(struct pupil *p, const struct learner_order *order)
{
	struct watched *known = find(p, order->ifindex), *w = calloc(1, sizeof(*w));
	if (known)
		end(p, known);
	if (!w) {
		fail(p);
		return;
	}
	struct guest_config config = {.policy = order->policy,
		.sink = {.on_addr = on_addr,
			.on_addr_gone = on_addr_gone,
			.on_refused = on_refused,
			.arg = w}};
	memcpy(config.hwaddr, order->hwaddr, sizeof(config.hwaddr));
	memcpy(config.wire_hwaddr, order->wire_hwaddr, sizeof(config.wire_hwaddr));
	*w = (struct watched){.pupil = p, .ifindex = order->ifindex, .guest = guest_new(&config)};
	if (w->guest && map_add(&p->guests, &w->by_ifindex, hash_mix(w->ifindex, 0)) == 0)
		return;
	guest_free(w->guest);
	free(w);
	fail(p);
}

static ns_t end_of(uint32_t lifetime_s, ns_t now)
{
	return lifetime_s == UINT32_MAX ? NS_NEVER : now + lifetime_s * NS_PER_S;
}

static void obey(struct pupil *p, const struct learner_order *order)
{
	struct watched *w = find(p, order->ifindex);
	ns_t now = loop_now();
	if (order->type == LEARNER_BEGIN)
		begin(p, order);
	if (!w || order->type == LEARNER_BEGIN)
		return;
	if (order->type == LEARNER_END) {
		end(p, w);
		return;
	}
	if (order->type == LEARNER_WIRE)
		guest_set_wire_hwaddr(w->guest, order->wire_hwaddr);
	if (order->type == LEARNER_RESUME)
		guest_resume(w->guest, &order->addr, end_of(order->lifetime_s, now), now);
	if (order->type == LEARNER_HINT)
		guest_hint(w->guest, &order->addr, now);
	if (order->type == LEARNER_FORGET)
		guest_forget(w->guest, &order->addr);
	settle(w);
}

/* --- frames ------------------------------------------------------------------------------- */

static void hear(struct watched *w, enum guest_way way, const uint8_t *bytes, size_t len)
{
	guest_hear(w->guest, way, bytes, len, loop_now());
	settle(w);
}

/* True: one was read. */
static bool read_record(struct pupil *p)
{
	struct bpf_heard h;
	size_t len = ring_take(&p->ring, &h, sizeof(h));
	bool is_sound = len == sizeof(h) && h.len <= sizeof(h.bytes);
	struct watched *w = is_sound ? find(p, h.ifindex) : NULL;
	if (w)
		hear(w, h.way == BPF_SAYS ? GUEST_SAYS : GUEST_HEARS, h.bytes, h.len);
	return len > 0;
}

/* True: one was read. What goes out of a tap's link comes from the guest. */
static bool read_frame(struct pupil *p)
{
	uint8_t bytes[LIMIT_GUEST_FRAME];
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(p->frames.fd, bytes, sizeof(bytes), MSG_DONTWAIT,
		(struct sockaddr *)&from, &from_len);
	if (len < 0)
		return errno == EINTR || errno == ENETDOWN;
	if (from_len < sizeof(from))
		return true;
	struct watched *w = find(p, (uint32_t)from.sll_ifindex);
	bool is_said = from.sll_pkttype == PACKET_OUTGOING;
	if (w && budget_may(is_said ? &w->said : &w->heard, loop_now(), BPF_SAID_BURST,
			 NS_PER_S / BPF_SAID_S))
		hear(w, is_said ? GUEST_SAYS : GUEST_HEARS, bytes, (size_t)len);
	return true;
}

static void on_frames(void *arg, uint32_t events UNUSED)
{
	struct pupil *p = arg;
	bool has_ring = p->ring.consumer;
	for (int i = 0; i < FRAMES_AT_ONCE && !p->is_at_end; i++)
		if (!(has_ring ? read_record(p) : read_frame(p)))
			return;
}

static void drop_source(struct pupil *p)
{
	if (p->frames.fd < 0)
		return;
	loop_remove(p->loop, &p->frames);
	close(p->frames.fd);
	ring_close(&p->ring);
}

/* Reads from there from now on. All guests are told after it, also those that we know. */
static void take_source(struct pupil *p, int fd, bool is_ring)
{
	drop_source(p);
	MAP_EACH(w, &p->guests, struct watched, by_ifindex)
		end(p, w);
	p->frames = (struct loop_watch){.fd = fd, .on_ready = on_frames, .arg = p};
	if ((is_ring && ring_open(&p->ring, fd, BPF_HEARD_BYTES)) ||
		loop_add(p->loop, &p->frames, EPOLLIN))
		fail(p);
}

static void on_order(void *arg, uint32_t events UNUSED)
{
	struct pupil *p = arg;
	struct learner_order order;
	int fd = -1;
	struct packet packet = {
		.bytes = (uint8_t *)&order, .cap = sizeof(order), .fds = &fd, .fd_cap = 1};
	int err = packet_receive(p->orders.fd, &packet);
	if (err == -EPIPE) {
		p->is_at_end = true;
	} else if (err || packet.is_cut || packet.len != sizeof(order)) {
		packet_close_fds(&packet);
		fail(p);
	} else if ((order.type == LEARNER_SOCKET || order.type == LEARNER_RING) &&
		   packet.fd_count == 1) {
		take_source(p, fd, order.type == LEARNER_RING);
	} else {
		packet_close_fds(&packet);
		obey(p, &order);
	}
}

/* --- the process -------------------------------------------------------------------------- */

static void poll_guests(struct pupil *p)
{
	ns_t now = loop_now();
	while (heap_deadline(&p->due) <= now && !p->is_at_end) {
		struct watched *w = container_of(heap_first(&p->due), struct watched, due);
		heap_remove(&p->due, &w->due);
		guest_poll(w->guest, now);
		settle(w);
	}
}

/* The parent's descriptors and secrets are none of ours. A signal to the whole service is for the parent. */
static int drop_everything(int fd)
{
	static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
	const struct privilege_user nobody = {.uid = NOBODY, .gid = NOBODY};
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_IGN);
	if ((fd > STDERR_FILENO + 1 && close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0)) ||
		close_range((unsigned)fd + 1, ~0u, 0))
		return -errno;
	int err = privilege_become(&nobody);
	if (err)
		return err;
	privilege_drop_thread();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	return privilege_effective() == 0 ? confine_learner_parent() : -EPERM;
}

/* Tells that what was known is forgotten. */
static void tell_again(int fd)
{
	const struct learner_news news = {.type = LEARNER_AGAIN};
	(void)!send(fd, &news, sizeof(news), MSG_NOSIGNAL);
}

/* Serves orders to their end. Returns the exit status; STATUS_FAILED: they have not ended. */
static int serve(int fd, const struct log *log)
{
	struct pupil p = {.frames.fd = -1, .loop = loop_new()};
	int err = p.loop ? 0 : -errno;
	p.orders = (struct loop_watch){.fd = fd, .on_ready = on_order, .arg = &p};
	map_init(&p.guests);
	if (!err)
		err = loop_add(p.loop, &p.orders, EPOLLIN);
	if (err)
		log_error(log, "learner: error=\"%s\"", err_text(err));
	while (!err && !p.is_at_end) {
		err = loop_turn(p.loop, heap_deadline(&p.due));
		poll_guests(&p);
	}
	MAP_EACH(w, &p.guests, struct watched, by_ifindex)
		end(&p, w);
	map_fini(&p.guests);
	drop_source(&p);
	if (p.loop)
		loop_free(p.loop);
	return err || p.has_failed ? STATUS_FAILED : 0;
}

/* Runs serve() in a child, and waits for its end. Returns its exit status; STATUS_FAILED if a signal has ended it;
 * -errno. */
static int serve_in_child(int fd, const struct log *log, bool is_again)
{
	pid_t self = getpid(), pid = fork();
	int status;
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != self)
			_exit(STATUS_FAILED);
		if (is_again)
			tell_again(fd);
		if (confine_learner())
			_exit(STATUS_FAILED);
		_exit(serve(fd, log));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_FAILED;
}

/* What ends a child may do so again and again: so there is a pause, which ends early with the orders. */
int pupil_run(int fd, const struct log *log)
{
	struct pollfd end_of_orders = {.fd = fd};
	int status = drop_everything(fd);
	if (!status)
		status = serve_in_child(fd, log, false);
	while (status > 0) {
		(void)!poll(&end_of_orders, 1, PAUSE_MS);
		status = serve_in_child(fd, log, true);
	}
	if (status < 0)
		log_error(log, "learner: error=\"%s\"", err_text(status));
	return status ? STATUS_FAILED : 0;
}
