/* SPDX-License-Identifier: ISC */
/* Packets with descriptors over a unix SOCK_SEQPACKET socket, in either direction. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* As many descriptors as one packet can carry: SCM_MAX_FD of the kernel. */
enum { PACKET_FDS_CAP = 253 };

struct packet {
	uint8_t *bytes;
	size_t cap; /* of `bytes`, for receiving */
	size_t len;
	int *fds;
	size_t fd_cap; /* of `fds`, for receiving; surplus descriptors are closed */
	size_t fd_count;
	bool is_cut; /* received: more bytes or more descriptors than there was room for */
};

/* Receives one packet. All descriptors that are left in `p` are close-on-exec and the caller's. A
 * negative errno; -EPIPE: the peer has closed; -EAGAIN; 0. */
int packet_receive(int fd, struct packet *p) NONNULL MUSTCHECK;

/* Sends one packet, whole or not at all, without waiting unless the socket does. The descriptors
 * stay the caller's. A negative errno or 0. */
int packet_send(int fd, const struct packet *p) NONNULL MUSTCHECK;

/* Closes the descriptors and forgets them. */
void packet_close_fds(struct packet *p) NONNULL;
