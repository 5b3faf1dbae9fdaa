/* SPDX-License-Identifier: ISC */
/*
 * Owns the packet socket of a link with a guest, and the share of our time that its frames may have.
 * Never looks into a frame.
 */
#include "net/frames.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"

enum { BURST = 32 }; /* frames read before others have their turn */

#define PAUSE (100 * NS_PER_MS)

static void refill(struct frames *f, ns_t now)
{
	const ns_t step = NS_PER_S / LIMIT_GUEST_FRAMES_S;
	const ns_t earned = (now - f->credit_at) / step;
	if (earned >= LIMIT_GUEST_FRAMES - (ns_t)f->credit) {
		f->credit = LIMIT_GUEST_FRAMES;
		f->credit_at = now;
	} else {
		f->credit += (unsigned)earned;
		f->credit_at += earned * step;
	}
}

static void pause_reading(struct frames *f, ns_t now)
{
	f->pauses++;
	f->resume_at = now + PAUSE;
	loop_remove(f->loop, &f->watch);
}

/* Returns the length of the next frame; -errno. An error of the link, such as ENETDOWN, is returned once. */
static ssize_t receive(struct frames *f, uint8_t *frame, size_t cap, enum guest_way *ret_way)
{
	struct sockaddr_ll from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(
		f->watch.fd, frame, cap, MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
	if (len < 0)
		return -errno;
	bool is_sent = from.sll_pkttype == PACKET_OUTGOING;
	*ret_way = is_sent == f->is_inverse ? GUEST_SAYS : GUEST_HEARS;
	return len;
}

/* Such a socket says ENETDOWN once; and so does that of a link that is only down. */
static bool is_without_link(const struct frames *f)
{
	struct sockaddr_ll bound;
	socklen_t len = sizeof(bound);
	return getsockname(f->watch.fd, (struct sockaddr *)&bound, &len) == 0 &&
	       len >= sizeof(bound) - sizeof(bound.sll_addr) && bound.sll_ifindex <= 0;
}

static void on_ready(void *arg, uint32_t events UNUSED)
{
	struct frames *f = arg;
	uint8_t frame[LIMIT_GUEST_FRAME];
	const ns_t now = loop_now();
	refill(f, now);
	/* on_frame may close the socket, and schedules the end of a pause. */
	for (int i = 0; i < BURST && f->credit > 0 && f->watch.fd >= 0; i++) {
		enum guest_way way = GUEST_HEARS;
		ssize_t len = receive(f, frame, sizeof(frame), &way);
		if (len == -EAGAIN)
			return;
		if (len == -ENETDOWN && is_without_link(f)) {
			f->on_end(f->arg);
			return;
		}
		if (len < 0)
			continue;
		f->received++;
		if (--f->credit == 0)
			pause_reading(f, now);
		f->on_frame(f->arg, way, frame, (size_t)len, now);
	}
}

int frames_open(struct frames *f, struct loop *loop, int fd, bool is_inverse, frames_fn *on_frame,
	frames_end_fn *on_end, void *arg)
{
	*f = (struct frames){.loop = loop,
		.watch = {.fd = fd, .on_ready = on_ready, .arg = f},
		.on_frame = on_frame,
		.on_end = on_end,
		.arg = arg,
		.is_inverse = is_inverse,
		.credit = LIMIT_GUEST_FRAMES,
		.credit_at = loop_now(),
		.resume_at = NS_NEVER};
	int err = loop_add(loop, &f->watch, EPOLLIN);
	if (!err)
		return 0;
	close(fd);
	f->watch.fd = -1;
	return err;
}

void frames_close(struct frames *f)
{
	if (f->watch.fd < 0)
		return;
	loop_remove(f->loop, &f->watch);
	close(f->watch.fd);
	f->watch.fd = -1;
	f->resume_at = NS_NEVER;
}

ns_t frames_deadline(const struct frames *f)
{
	return f->resume_at;
}

void frames_resume(struct frames *f, ns_t now)
{
	if (f->watch.fd < 0 || now < f->resume_at)
		return;
	f->resume_at = NS_NEVER;
	if (loop_add(f->loop, &f->watch, EPOLLIN))
		f->resume_at = now + PAUSE; /* no memory: again later */
}
