/* SPDX-License-Identifier: ISC */
/*
 * Owns the serving process's end of the channel to the signer.
 * Never waits for the signer once it is ready, and never sees a key.
 */
#include "ontap-zone/signer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "io/channel.h"
#include "io/exit.h"
#include "io/loop.h"
#include "ontap-zone/signer_msg.h"

/* Longest time that messages are handled at once, before others have their turn. */
#define HANDLE_TIME (NS_PER_MS)

struct signer {
	struct channel channel;
	struct signer_config config;
	pid_t pid;
	bool is_ready;
	struct sandbox_report sandbox, asker_sandbox;
	struct name *unsigned_zones; /* owned */
	size_t unsigned_count, unsigned_cap;
	bool has_host;
	struct signer_host host;
	struct buf request;           /* being made */
	struct signing_result result; /* being passed on */
};

/* Life. */

static int start_process(struct signer *s)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	s->pid = fork();
	if (s->pid == 0) {
		close(fds[0]);
		signer_process_run(&s->config, fds[1]);
	}
	int err = s->pid < 0 ? -errno : 0;
	close(fds[1]);
	if (!err)
		return channel_init(&s->channel, fds[0]);
	close(fds[0]);
	return err;
}

struct signer *signer_start(const struct signer_config *config)
{
	struct signer *s = calloc(1, sizeof(*s));
	if (s) {
		s->config = *config;
		s->channel.fd = -1;
	}
	int err = s ? start_process(s) : ERR_NOMEM;
	if (!err)
		return s;
	log_error(config->log, "cannot start the signer: error=\"%s\"", err_text(err));
	signer_stop(s);
	return NULL;
}

/* It ends when the channel does. */
void signer_stop(struct signer *s)
{
	if (!s)
		return;
	channel_fini(&s->channel);
	while (s->pid > 0 && waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	buf_fini(&s->request);
	free(s->unsigned_zones);
	free(s);
}

const struct sandbox_report *signer_sandbox(const struct signer *s)
{
	static const struct sandbox_report none;
	return s ? &s->sandbox : &none;
}

const struct sandbox_report *signer_asker_sandbox(const struct signer *s)
{
	return s && s->asker_sandbox.has_no_new_privs ? &s->asker_sandbox : NULL;
}

int signer_fd(const struct signer *s)
{
	return s->channel.fd;
}

bool signer_has_more(const struct signer *s)
{
	return channel_has_message(&s->channel);
}

int signer_flush(struct signer *s, bool *ret_is_pending)
{
	int err = channel_flush(&s->channel);
	*ret_is_pending = channel_is_pending(&s->channel);
	return err;
}

/* Messages. */

static int take_sandbox(const struct channel_message *m, struct sandbox_report *ret)
{
	if (m->len != sizeof(*ret))
		return -EBADMSG;
	memcpy(ret, m->bytes, sizeof(*ret));
	return 0;
}

static int take_ready(struct signer *s, const struct channel_message *m)
{
	int err = take_sandbox(m, &s->sandbox);
	s->is_ready = !err;
	return err;
}

static int take_unsigned(struct signer *s, const struct channel_message *m)
{
	if (m->len != sizeof(*s->unsigned_zones))
		return -EBADMSG;
	if (ARRAY_RESERVE(s->unsigned_zones, s->unsigned_cap, s->unsigned_count + 1))
		return ERR_NOMEM;
	memcpy(&s->unsigned_zones[s->unsigned_count++], m->bytes, m->len);
	return 0;
}

bool signer_is_unsigned(const struct signer *s, const uint8_t *zone)
{
	for (size_t i = 0; i < s->unsigned_count; i++)
		if (name_equal(s->unsigned_zones[i].wire, zone))
			return true;
	return false;
}

static int take_host(struct signer *s, const struct channel_message *m)
{
	if (m->len != sizeof(s->host))
		return -EBADMSG;
	memcpy(&s->host, m->bytes, sizeof(s->host));
	s->has_host = true;
	return 0;
}

const struct signer_host *signer_host_key(const struct signer *s)
{
	return s->has_host ? &s->host : NULL;
}

static int take_keys(struct signer *s, const struct channel_message *m)
{
	struct keyset keys;
	if (m->len != sizeof(keys))
		return -EBADMSG;
	memcpy(&keys, m->bytes, sizeof(keys));
	if (!keyset_is_sound(&keys))
		return -EBADMSG;
	s->config.sink.on_keys(s->config.sink.arg, &keys);
	return 0;
}

static int take_failed(struct signer *s, const struct channel_message *m)
{
	struct name zone;
	if (m->len != sizeof(zone))
		return -EBADMSG;
	memcpy(&zone, m->bytes, sizeof(zone));
	s->config.sink.on_failed(s->config.sink.arg, zone.wire);
	return 0;
}

static int take_signed(struct signer *s, const struct channel_message *m)
{
	if (signing_parse_answer(m->bytes, m->len, &s->result))
		return -EBADMSG;
	s->config.sink.on_signed(s->config.sink.arg, &s->result);
	return 0;
}

static int take_packet(struct signer *s, const struct channel_message *m)
{
	uint64_t ticket;
	if (m->len < sizeof(ticket) || m->len > sizeof(ticket) + SIG0_RDATA_MAX)
		return -EBADMSG;
	memcpy(&ticket, m->bytes, sizeof(ticket));
	const size_t len = m->len - sizeof(ticket);
	s->config.sink.on_packet(
		s->config.sink.arg, ticket, len ? m->bytes + sizeof(ticket) : NULL, len);
	return 0;
}

static int take_reply(struct signer *s, const struct channel_message *m)
{
	uint64_t ticket;
	struct buf text = {0};
	if (m->len < sizeof(ticket))
		return -EBADMSG;
	memcpy(&ticket, m->bytes, sizeof(ticket));
	buf_add(&text, m->bytes + sizeof(ticket), m->len - sizeof(ticket));
	s->config.sink.on_reply(s->config.sink.arg, ticket, buf_text(&text));
	buf_fini(&text);
	return 0;
}

static int handle(struct signer *s, const struct channel_message *m)
{
	switch (m->type) {
	case FROM_SIGNER_READY: return take_ready(s, m);
	case FROM_SIGNER_ASKER: return take_sandbox(m, &s->asker_sandbox);
	case FROM_SIGNER_UNSIGNED: return take_unsigned(s, m);
	case FROM_SIGNER_HOST: return take_host(s, m);
	case FROM_SIGNER_KEYS: return take_keys(s, m);
	case FROM_SIGNER_FAILED: return take_failed(s, m);
	case FROM_SIGNER_SIGNED: return take_signed(s, m);
	case FROM_SIGNER_PACKET: return take_packet(s, m);
	case FROM_SIGNER_REPLY: return take_reply(s, m);
	default: return -EBADMSG;
	}
}

int signer_handle(struct signer *s)
{
	struct channel_message message;
	const ns_t end = loop_now() + HANDLE_TIME;
	int got;
	while ((got = channel_next(&s->channel, &message)) > 0) {
		int err = handle(s, &message);
		if (err || loop_now() >= end)
			return err;
	}
	return got;
}

int signer_wait(struct signer *s)
{
	struct channel_message message;
	int err = 0;
	while (err >= 0 && !s->is_ready) {
		err = channel_wait(&s->channel, &message);
		if (err > 0)
			err = handle(s, &message);
	}
	if (err >= 0)
		return 0;
	if (err != -EPIPE) /* it has logged why it has ended */
		log_error(s->config.log, "cannot start: step=signer error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

/* Requests. */

static void put_zone(struct signer *s, uint32_t type, const uint8_t *zone, uint32_t ttl_s)
{
	struct signer_zone_request request = {.ttl_s = ttl_s};
	name_copy(&request.zone, zone);
	name_lower(&request.zone);
	channel_put(&s->channel, type, &request, sizeof(request));
}

void signer_zone(struct signer *s, const uint8_t *zone, uint32_t ttl_s)
{
	put_zone(s, TO_SIGNER_ZONE, zone, ttl_s);
}

void signer_leave(struct signer *s, const uint8_t *zone)
{
	put_zone(s, TO_SIGNER_LEAVE, zone, 0);
}

int signer_ask(
	struct signer *s, uint64_t ticket, const struct signing_message *messages, size_t count)
{
	buf_clear(&s->request);
	int err = signing_put_request(&s->request, ticket, messages, count);
	if (err) {
		buf_fini(&s->request); /* and with it the error */
		return err;
	}
	const char *at = s->request.bytes;
	size_t left = s->request.len;
	for (; left > SIGNER_PIECE; at += SIGNER_PIECE, left -= SIGNER_PIECE)
		channel_put(&s->channel, TO_SIGNER_PIECE, at, SIGNER_PIECE);
	channel_put(&s->channel, TO_SIGNER_SIGN, at, left);
	buf_give_back(&s->request, SIGNER_PIECE);
	return 0;
}

void signer_sign_packet(struct signer *s, uint64_t ticket, const uint8_t *packet, size_t len)
{
	buf_clear(&s->request);
	buf_add(&s->request, (const char *)&ticket, sizeof(ticket));
	buf_add(&s->request, (const char *)packet, len);
	if (s->request.err) /* told as refused: the packet has gone */
		channel_put(&s->channel, TO_SIGNER_PACKET, &ticket, sizeof(ticket));
	else
		channel_put(&s->channel, TO_SIGNER_PACKET, s->request.bytes, s->request.len);
	buf_give_back(&s->request, SIGNER_PIECE);
}

void signer_fresh(
	struct signer *s, const uint8_t *zone, const struct dnssec_key_id *keys, unsigned count)
{
	struct signer_fresh_request request = {.count = 0};
	name_copy(&request.zone, zone);
	name_lower(&request.zone);
	while (request.count < count && request.count < RRSIG_KEYS_MAX) {
		request.keys[request.count] = keys[request.count];
		request.count++;
	}
	channel_put(&s->channel, TO_SIGNER_FRESH, &request, sizeof(request));
}

void signer_command(struct signer *s, uint64_t ticket, const char *text)
{
	uint8_t message[sizeof(ticket) + 2048];
	const size_t len = strnlen(text, sizeof(message) - sizeof(ticket));
	memcpy(message, &ticket, sizeof(ticket));
	memcpy(message + sizeof(ticket), text, len);
	channel_put(&s->channel, TO_SIGNER_COMMAND, message, sizeof(ticket) + len);
}
