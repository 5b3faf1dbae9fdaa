/* SPDX-License-Identifier: ISC */
/*
 * Owns one connection of TCP: its turns, its input and its output.
 * Never accepts one, and never knows DNS: serve_answer() does.
 */
#include "net/dns_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"

static void wait_for(struct tcp_server *s, struct conn *c, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = &c->source};
	if (c->events == events)
		return;
	c->events = events;
	(void)!epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, c->source.fd, &ev);
}

static void end_transfer(struct tcp_server *s, struct conn *c, bool is_done)
{
	if (!c->transfer->update)
		transfer_log_end(c->transfer, &c->client.addr, is_done, s->log);
	transfers_end(s->transfers, c->transfer, is_done && c->transfer->xfr.source);
	c->transfer = NULL;
	c->is_sending = false;
}

/* The connection does not need its transfer any more. */
static void drop_transfer(struct tcp_server *s, struct conn *c)
{
	if (c->is_sending)
		end_transfer(s, c, false);
	else
		c->transfer->conn = NULL; /* the main thread still holds it */
	c->transfer = NULL;
}

void conn_free(struct tcp_server *s, struct conn *c)
{
	if (c->transfer)
		drop_transfer(s, c);
	close(c->source.fd); /* also removes it from the epoll set */
	list_remove(&c->in_use);
	map_remove(&s->clients, &c->by_client);
	s->large_count -= c->is_large;
	free(c->in);
	free(c->out);
	free(c);
	atomic_fetch_sub_explicit(&s->open, 1, memory_order_relaxed);
}

static void note_progress(struct tcp_server *s, struct conn *c)
{
	c->progress = s->now;
	list_remove(&c->in_use);
	list_append(&s->conns, &c->in_use);
}

/* Sets `*kept` to a copy of the bytes, or to NULL if there are none. False if out of memory. */
static bool keep(uint8_t **kept, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = NULL;
	if (len > 0) {
		copy = malloc(len);
		if (!copy)
			return false;
		memcpy(copy, bytes, len);
	}
	free(*kept);
	*kept = copy;
	return true;
}

/* True if the message at the start of the input is longer than it may be: only an update may have more than a
 * query needs, where updates are taken. */
static bool is_too_long(const struct tcp_server *s, const uint8_t *in, size_t len)
{
	enum { FLAGS_LEN = 4 };
	if (len < PREFIX_LEN || get_u16(in) <= LIMIT_TCP_QUERY)
		return false;
	const struct transfer_policy *policy = s->transfers ? transfers_policy(s->transfers) : NULL;
	if (!policy || !policy->has_updates)
		return true;
	return len >= PREFIX_LEN + FLAGS_LEN && !request_is_update(in + PREFIX_LEN);
}

/* Returns the length of the message at the start of the input, including its prefix; 0 if it is not
 * complete, or too long. */
static size_t whole_message(const struct tcp_server *s, const uint8_t *in, size_t len)
{
	if (len < PREFIX_LEN || len - PREFIX_LEN < get_u16(in) || is_too_long(s, in, len))
		return 0;
	return PREFIX_LEN + (size_t)get_u16(in);
}

/* Passes a transfer on to the main thread. */
static void ask_for(struct tcp_server *s, struct conn *c, struct transfer *transfer)
{
	transfer->conn = c;
	c->transfer = transfer;
	c->is_sending = false;
	transfers_ask(s->transfers, transfer);
}

/* Answers complete queries until there are no more, or there is no room for another answer, or a
 * transfer is requested. Sets `*used` to the bytes of input that were consumed. Returns the length
 * of the answers. After a query that gets no answer, nothing more is read from the client; it still
 * gets the earlier answers. */
static size_t answer_queries(
	struct tcp_server *s, struct conn *c, uint8_t *in, size_t len, size_t *used)
{
	size_t out = 0, message;
	unsigned count = 0;
	*used = 0;
	while (!c->transfer && count++ < LIMIT_TCP_TURN_QUERIES &&
		WRITE_CAP - out >= PREFIX_LEN + MSG_CAP &&
		(message = whole_message(s, in + *used, len - *used)) > 0) {
		uint8_t *reply = s->write_buffer + out;
		struct transfer *transfer = NULL;
		size_t reply_len =
			dns_answer(&s->ctx, s->transfers, &c->client, in + *used + PREFIX_LEN,
				message - PREFIX_LEN, reply + PREFIX_LEN, MSG_CAP, &transfer);
		*used += message;
		if (transfer) {
			ask_for(s, c, transfer);
			break;
		}
		if (reply_len == 0) {
			c->is_closing = true;
			*used = len;
			break;
		}
		put_u16(reply, (uint16_t)reply_len);
		out += PREFIX_LEN + reply_len;
	}
	return out;
}

/* Writes as much as the client takes now. Returns the length written, or -1 if the connection is
 * broken. */
static ssize_t write_some(struct tcp_server *s, struct conn *c, const uint8_t *bytes, size_t len)
{
	ssize_t n;
	do
		n = send(c->source.fd, bytes, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		count_up(&s->send_failed);
	return n;
}

/* What a turn leads to. */
enum turn { TURN_READ_ON, TURN_WRITE_ON, TURN_WAIT, TURN_CLOSE };

/* Keeps the rest of the input, and `sent` bytes of the answers are sent. */
static enum turn write_on(struct tcp_server *s, struct conn *c, const uint8_t *in, size_t len,
	size_t sent, size_t out_len)
{
	c->out_len = out_len - sent;
	c->out_sent = 0;
	c->in_len = len;
	if (!keep(&c->out, s->write_buffer + sent, c->out_len) || !keep(&c->in, in, len))
		return TURN_CLOSE;
	return TURN_WRITE_ON;
}

/* Notes how much of a message is kept. False if too many connections have so much. */
static bool note_large(struct tcp_server *s, struct conn *c, size_t len)
{
	s->large_count -= c->is_large;
	c->is_large = len > PREFIX_LEN + LIMIT_TCP_QUERY && !c->transfer;
	s->large_count += c->is_large;
	return s->large_count <= LIMIT_UPDATES_ARRIVING;
}

/* Answers some complete queries in `len` bytes of input, and keeps the rest. Others have their turn
 * before more of this client's are answered. */
static enum turn answer_input(struct tcp_server *s, struct conn *c, uint8_t *in, size_t len)
{
	size_t used;
	size_t out_len = answer_queries(s, c, in, len, &used);
	in += used;
	len -= used;
	if (out_len > 0) {
		ssize_t sent = write_some(s, c, s->write_buffer, out_len);
		if (sent < 0)
			return TURN_CLOSE;
		note_progress(s, c);
		if ((size_t)sent < out_len || (!c->transfer && whole_message(s, in, len) > 0))
			return write_on(s, c, in, len, (size_t)sent, out_len);
	}
	/* Do not wait for the rest of a message that is too long, or of one too many. */
	if (is_too_long(s, in, len) || !note_large(s, c, len))
		return TURN_CLOSE;
	c->in_len = len;
	if ((c->is_closing && !c->transfer) || !keep(&c->in, in, len))
		return TURN_CLOSE;
	return c->transfer ? TURN_WAIT : TURN_READ_ON;
}

/* Appends what has arrived to the kept input, and answers. */
static enum turn read_turn(struct tcp_server *s, struct conn *c)
{
	size_t len = c->in_len;
	ssize_t n = 0;
	if (len > 0)
		memcpy(s->read_buffer, c->in, len);
	if (len < READ_CAP && !c->is_closing) {
		do
			n = read(c->source.fd, s->read_buffer + len, READ_CAP - len);
		while (n < 0 && errno == EINTR);
		if (n < 0 && errno != EAGAIN)
			return TURN_CLOSE;
		c->is_closing = n == 0;
	}
	return answer_input(s, c, s->read_buffer, len + (n > 0 ? (size_t)n : 0));
}

/* Makes the next message of the transfer, or the reply that refuses it. Returns its length; 0 at
 * the end; < 0 if it is broken. */
static int next_message(struct transfer *t, uint8_t *out)
{
	struct xfr *x = &t->xfr;
	if (t->update)
		return (int)update_ask_take_reply(t->update, out);
	if (t->err && !x->is_done)
		return xfr_refuse(x, t->err == ERR_ABSENT ? RCODE_NOTAUTH : RCODE_SERVFAIL,
			dns_unix_time(), out, MSG_CAP);
	return xfr_next(x, dns_unix_time(), out, MSG_CAP);
}

/* Sends one message of a transfer. After the last message, answers the input read meanwhile. */
static enum turn transfer_turn(struct tcp_server *s, struct conn *c)
{
	int len = next_message(c->transfer, s->write_buffer + PREFIX_LEN);
	if (len < 0)
		return TURN_CLOSE;
	if (len == 0) {
		end_transfer(s, c, true);
		return read_turn(s, c);
	}
	put_u16(s->write_buffer, (uint16_t)len);
	ssize_t sent = write_some(s, c, s->write_buffer, PREFIX_LEN + (size_t)len);
	if (sent < 0)
		return TURN_CLOSE;
	c->out_len = PREFIX_LEN + (size_t)len - (size_t)sent;
	c->out_sent = 0;
	if (!keep(&c->out, s->write_buffer + sent, c->out_len))
		return TURN_CLOSE;
	if (!c->out)
		note_progress(s, c);
	return TURN_WRITE_ON;
}

/* Continues to write. When all is sent, answers the input read meanwhile. */
static enum turn write_turn(struct tcp_server *s, struct conn *c)
{
	if (!c->out)
		return transfer_turn(s, c);
	ssize_t n = write_some(s, c, c->out + c->out_sent, c->out_len - c->out_sent);
	if (n < 0)
		return TURN_CLOSE;
	c->out_sent += (size_t)n;
	if (c->out_sent < c->out_len)
		return TURN_WRITE_ON;
	note_progress(s, c);
	free(c->out);
	c->out = NULL;
	if (c->transfer)
		return c->is_sending ? TURN_WRITE_ON : TURN_WAIT;
	return read_turn(s, c);
}

void conn_turn(struct tcp_server *s, struct conn *c)
{
	/* While the main thread holds our request, no events are requested, so this is EPOLLHUP or
	 * EPOLLERR: the connection has ended. */
	if (c->transfer && !c->is_sending && !c->out) {
		conn_free(s, c);
		return;
	}
	switch (c->out || c->is_sending ? write_turn(s, c) : read_turn(s, c)) {
	case TURN_READ_ON: wait_for(s, c, EPOLLIN); break;
	case TURN_WRITE_ON: wait_for(s, c, EPOLLOUT); break;
	case TURN_WAIT: wait_for(s, c, 0); break;
	case TURN_CLOSE: conn_free(s, c); break;
	}
}
