/* SPDX-License-Identifier: ISC */
/*
 * Receives the frames of one packet socket, which the watcher has opened. Who sends more frames than a machine does
 * that configures itself is listened to for a part of the time only: the rest is lost in the kernel.
 */
#pragma once

#include "base/compiler.h"
#include "guest/guest.h"
#include "io/loop.h"

/* One frame, borrowed during the call, which may close the socket. */
typedef void frames_fn(void *arg, enum guest_way way, const void *frame, size_t len, ns_t now);
/* The link has left its namespace or is gone: nothing more is received, also if it returns. */
typedef void frames_end_fn(void *arg);

struct frames {
	struct loop *loop;
	struct loop_watch watch; /* fd -1: not open */
	frames_fn *on_frame;
	frames_end_fn *on_end;
	void *arg;
	bool is_inverse;
	unsigned credit; /* frames that may still be read, as of credit_at */
	ns_t credit_at;
	ns_t resume_at;    /* NS_NEVER: it is not paused */
	uint64_t received; /* frames, ever */
	uint64_t pauses;
};

/* Begins to receive from `fd`, an AF_PACKET socket of SOCK_RAW, and takes it over, also on failure. `is_inverse`:
 * frames that the link sends are the guest's. -errno. */
int frames_open(struct frames *f, struct loop *loop, int fd, bool is_inverse, frames_fn *on_frame,
	frames_end_fn *on_end, void *arg) NONNULL_ARGS(1, 2, 5, 6) MUSTCHECK;
/* Does nothing if it is not open. */
void frames_close(struct frames *f) NONNULL;

/* When to call frames_resume(); NS_NEVER: not needed. */
ns_t frames_deadline(const struct frames *f) NONNULL;
void frames_resume(struct frames *f, ns_t now) NONNULL;
