/* SPDX-License-Identifier: ISC */
/*
 * Owns the reply to an update, and its way back over UDP.
 * Never decides what the reply is.
 */
#include "net/update_ask.h"

#include <stdlib.h>
#include <string.h>

struct update_ask *update_ask_new(const struct update_ask *from, const uint8_t *msg, size_t len)
{
	struct update_ask *a = malloc(sizeof(*a) + len);
	if (!a)
		return NULL;
	*a = *from;
	a->fd = -1;
	a->len = len;
	memcpy(a->msg, msg, len);
	return a;
}

void update_ask_free(struct update_ask *a)
{
	if (!a)
		return;
	explicit_bzero(&a->tsig, sizeof(a->tsig));
	free(a);
}

void update_ask_came_by(struct update_ask *a, int fd, const struct msghdr *in)
{
	a->fd = fd;
	a->peer_len = in->msg_namelen <= sizeof(a->peer) ? in->msg_namelen : sizeof(a->peer);
	memcpy(&a->peer, in->msg_name, a->peer_len);
	if (in->msg_controllen == 0 || in->msg_controllen > sizeof(a->control))
		return;
	a->control_len = in->msg_controllen;
	memcpy(a->control, in->msg_control, a->control_len);
}

/* Adds the option to the OPT at the end of a reply of `len` bytes, if it has one. Returns the new length. */
static size_t add_option(struct update_ask *a, size_t len, size_t cap)
{
	if (!a->request.has_edns || a->option_len == 0 || len + a->option_len > cap)
		return len;
	memcpy(a->reply + len, a->option, a->option_len);
	put_u16(a->reply + len - 2, (uint16_t)a->option_len);
	return len + a->option_len;
}

void update_ask_reply(struct update_ask *a, unsigned rcode, uint64_t now_s, bool is_tcp)
{
	const size_t cap = is_tcp ? sizeof(a->reply) : UDP_PAYLOAD_MIN;
	size_t len = request_refuse(&a->request, a->msg, rcode, a->reply, sizeof(a->reply));
	if (len > 0)
		put_u16(a->reply, a->request.id);
	if (len > 0 && rcode == RCODE_NOERROR)
		len = add_option(a, len, cap);
	if (a->is_sig0) { /* RFC 2931 §3.2 leaves it open */
		a->reply_len = len;
		return;
	}
	size_t whole = len > 0 ? tsig_sign_reply(&a->tsig, a->reply, len, cap, now_s) : 0;
	/* Names of zone and key may be so long that both do not fit: then the zone is left out (RFC 2136 §3.8). */
	if (whole == 0 && len > 0) {
		put_u16(a->reply + 4, 0);
		put_u16(a->reply + MSG_HEADER_LEN - 2, 0);
		whole = tsig_sign_reply(
			&a->tsig, a->reply, MSG_HEADER_LEN, sizeof(a->reply), now_s);
	}
	a->reply_len = whole;
}

void update_ask_send(const struct update_ask *a)
{
	struct iovec bytes = {(void *)(uintptr_t)a->reply, a->reply_len};
	const struct msghdr out = {.msg_name = (void *)(uintptr_t)&a->peer,
		.msg_namelen = a->peer_len,
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = a->control_len > 0 ? (void *)(uintptr_t)a->control : NULL,
		.msg_controllen = a->control_len};
	/* If the kernel has no room, the client asks again. */
	if (a->fd >= 0 && a->reply_len > 0)
		(void)!sendmsg(a->fd, &out, MSG_DONTWAIT | MSG_NOSIGNAL);
}

size_t update_ask_take_reply(struct update_ask *a, uint8_t *out)
{
	size_t len = a->reply_len;
	memcpy(out, a->reply, len);
	a->reply_len = 0;
	return len;
}
