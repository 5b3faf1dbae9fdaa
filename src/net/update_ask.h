/* SPDX-License-Identifier: ISC */
/* An update (RFC 2136) on its way to the main thread, and the reply on its way back. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "net/sockaddr.h"
#include "transfer/request.h"
#include "transfer/tsig.h"

enum {
	UPDATE_OPTION_CAP = 16,
	/* The header, the zone, EDNS with an option, and the signature. */
	UPDATE_REPLY_CAP = MSG_HEADER_LEN + NAME_CAP + 4 + 11 + UPDATE_OPTION_CAP +
			   TSIG_RECORD_CAP + 2 * NAME_CAP
};

struct update_ask {
	struct request request;
	struct tsig tsig;
	bool is_collected; /* by a key pair that only the collector knows, once it is verified */
	bool is_sig0; /* `msg` is signed by a key pair, and not verified; nothing is in `tsig` */
	bool is_registration; /* verified by the key that is in it (RFC 9665) */
	/* An option of EDNS that the reply has. */
	size_t option_len;
	uint8_t option[UPDATE_OPTION_CAP];
	/* Of a key pair, once it is verified: seconds since 1970 of its signature, and which key it is. */
	uint64_t inception_s, until_s;
	uint16_t tag;
	uint8_t alg;
	size_t reply_len; /* 0: there is none yet, or it is taken */
	uint8_t reply[UPDATE_REPLY_CAP];
	/* By UDP: the socket it came in by, and where the reply goes. */
	int fd; /* -1: none */
	union sockaddr_inet peer;
	socklen_t peer_len;
	size_t control_len;
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	size_t len;
	uint8_t msg[]; /* without its signature (TSIG) */
};

/* Returns a copy of `from` with the message. NULL if out of memory. */
struct update_ask *update_ask_new(
	const struct update_ask *from, const uint8_t *msg, size_t len) NONNULL MUSTCHECK;
/* Also wipes the key. */
void update_ask_free(struct update_ask *a);

/* Notes the way that the reply takes over UDP: `in` has the peer and the control messages of the reply. */
void update_ask_came_by(struct update_ask *a, int fd, const struct msghdr *in) NONNULL;

/* Makes the signed reply. */
void update_ask_reply(struct update_ask *a, unsigned rcode, uint64_t now_s, bool is_tcp) NONNULL;
/* Sends it over UDP, unless the socket is closed. */
void update_ask_send(const struct update_ask *a) NONNULL;
/* Copies it to `out`, once: afterwards there is none. Returns its length. */
size_t update_ask_take_reply(struct update_ask *a, uint8_t *out) NONNULL;
