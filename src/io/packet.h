/* SPDX-License-Identifier: ISC */
/* Sends and receives packets with file descriptors over a unix SOCK_SEQPACKET socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* The most file descriptors that one packet can carry: SCM_MAX_FD of the kernel. */
enum { PACKET_FDS_CAP = 253 };

struct packet {
	uint8_t *bytes;
	size_t cap; /* of `bytes`, for receiving */
	size_t len;
	int *fds;
	/* Of `fds`, for receiving. Surplus descriptors are closed, which may take as long as their
	 * sender likes; there is none if it is PACKET_FDS_CAP. */
	size_t fd_cap;
	size_t fd_count;
	bool is_cut; /* when received: bytes or descriptors did not fit */
};

/* Receives one packet. The file descriptors in `p` are close-on-exec, and belong to the caller, also
 * after -EPIPE. Returns 0 or a negative errno: -EPIPE if the peer has closed, or has sent no bytes;
 * -EAGAIN. */
int packet_receive(int fd, struct packet *p) NONNULL MUSTCHECK;

/* Sends one packet, whole or not at all. Does not block if the socket is non-blocking. The file
 * descriptors still belong to the caller. Returns a negative errno or 0. */
int packet_send(int fd, const struct packet *p) NONNULL MUSTCHECK;

/* Closes the file descriptors and removes them from `p`. */
void packet_close_fds(struct packet *p) NONNULL;
