/* SPDX-License-Identifier: ISC */
/*
 * Owns the life of the signer: its start, its requests, and its timer.
 * Never opens a socket, and never signs what dnssec/signing.h refuses.
 */
#include "ontap-zone/signer_process.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/err.h"
#include "io/exit.h"
#include "io/process.h"
#include "ontap-zone/asker.h"
#include "ontap-zone/signer_store.h"

/* Requests. */

static const struct key_pair *find_key(void *arg, const uint8_t *zone, unsigned alg, unsigned tag)
{
	const struct signer_process *p = arg;
	const struct signed_zone *z = signer_zone_find(p, zone);
	for (unsigned i = 0; z && z->is_served && i < z->pair_count; i++)
		if (z->pairs[i].alg == alg && z->pairs[i].tag == tag)
			return &z->pairs[i];
	return NULL;
}

/* A server that asks for what it may not have is broken, or not itself any more. */
static void tell_refusal(struct signer_process *p, enum signing_refusal refusal)
{
	if (refusal == SIGNING_DONE)
		return;
	p->refusals++;
	if ((p->refusals & (p->refusals - 1)) == 0) /* 1, 2, 4, 8 ... of them */
		log_warning(p->log, "not signed: total=%llu error=\"%s\"",
			(unsigned long long)p->refusals, signing_refusal_text(refusal));
}

static int take_piece(struct signer_process *p, const struct channel_message *m)
{
	if (p->request.len + m->len > SIGNING_REQUEST_MAX)
		return -EBADMSG;
	buf_add(&p->request, m->bytes, m->len);
	return p->request.err;
}

static int sign(struct signer_process *p, const uint8_t *request, size_t len)
{
	const struct signing_keys keys = {.find = find_key, .arg = p};
	enum signing_refusal refused = SIGNING_DONE;
	const uint64_t now_s = signer_now();
	buf_clear(&p->answer);
	int err = signing_answer(&keys, signer_clock_is_good(p, now_s) ? now_s : SIGNING_NEVER,
		request, len, &p->answer, &refused);
	if (err)
		return err == ERR_SYNTAX ? -EBADMSG : err;
	tell_refusal(p, refused);
	channel_put(&p->channel, FROM_SIGNER_SIGNED, p->answer.bytes, p->answer.len);
	return 0;
}

static int take_sign(struct signer_process *p, const struct channel_message *m)
{
	if (p->request.len == 0) /* the usual case: it is in one piece */
		return sign(p, m->bytes, m->len);
	int err = take_piece(p, m);
	if (!err)
		err = sign(p, (const uint8_t *)p->request.bytes, p->request.len);
	buf_give_back(&p->request, SIGNER_PIECE);
	return err;
}

static int take_packet(struct signer_process *p, const struct channel_message *m)
{
	enum signing_refusal refused;
	int err = signer_host_sign(p, m, &refused);
	if (!err)
		tell_refusal(p, refused);
	return err;
}

static bool is_name(const struct name *name)
{
	struct rd r = rd_init(name->wire, name->len);
	struct name again;
	rd_name(&r, &again);
	return !r.err && r.jumps == 0 && rd_left(&r) == 0;
}

static int take_zone(struct signer_process *p, const struct channel_message *m)
{
	struct signer_zone_request request;
	if (m->len != sizeof(request))
		return -EBADMSG;
	memcpy(&request, m->bytes, sizeof(request));
	if (!is_name(&request.zone))
		return -EBADMSG;
	name_lower(&request.zone);
	if (m->type == TO_SIGNER_ZONE) {
		signer_zone_add(p, &request);
		return 0;
	}
	struct signed_zone *z = signer_zone_find(p, request.zone.wire);
	if (z)
		z->is_served = false;
	return 0;
}

static int take_fresh(struct signer_process *p, const struct channel_message *m)
{
	struct signer_fresh_request request;
	if (m->len != sizeof(request))
		return -EBADMSG;
	memcpy(&request, m->bytes, sizeof(request));
	if (!is_name(&request.zone) || request.count > RRSIG_KEYS_MAX)
		return -EBADMSG;
	struct signed_zone *z = signer_zone_find(p, request.zone.wire);
	if (!z || !z->is_loaded)
		return 0;
	struct roll next = z->roll;
	const uint64_t now_s = signer_now();
	if (signer_clock_is_good(p, now_s) && roll_fresh(&next, now_s, request.keys, request.count))
		(void)!signer_zone_store(p, z, &next);
	return 0;
}

static int take_command(struct signer_process *p, const struct channel_message *m)
{
	enum { TICKET_LEN = sizeof(uint64_t), REPLY_MAX = CHANNEL_MESSAGE_CAP };
	struct buf text = {0}, reply = {0};
	if (m->len < TICKET_LEN)
		return -EBADMSG;
	buf_add(&text, m->bytes + TICKET_LEN, m->len - TICKET_LEN);
	buf_add(&reply, m->bytes, TICKET_LEN);
	(void)signer_zones_run(p); /* what is due comes first */
	signer_command_run(p, buf_text(&text), false, &reply);
	if (reply.len > REPLY_MAX) { /* whole lines */
		reply.len = REPLY_MAX;
		while (reply.len > TICKET_LEN && reply.bytes[reply.len - 1] != '\n')
			reply.len--;
	}
	if (!reply.err)
		channel_put(&p->channel, FROM_SIGNER_REPLY, reply.bytes, reply.len);
	const int err = reply.err;
	buf_fini(&text);
	buf_fini(&reply);
	return err;
}

static int take(struct signer_process *p, const struct channel_message *m)
{
	switch (m->type) {
	case TO_SIGNER_PIECE: return take_piece(p, m);
	case TO_SIGNER_SIGN: return take_sign(p, m);
	case TO_SIGNER_ZONE:
	case TO_SIGNER_LEAVE: return take_zone(p, m);
	case TO_SIGNER_FRESH: return take_fresh(p, m);
	case TO_SIGNER_PACKET: return take_packet(p, m);
	case TO_SIGNER_COMMAND: return take_command(p, m);
	default: return -EBADMSG;
	}
}

/* Handles all requests that are there. Each gets its answer before the next one is read. -errno: the serving process
 * has ended, or speaks nonsense. */
static int take_all(struct signer_process *p, bool *ret_is_due)
{
	struct channel_message message;
	int got;
	while ((got = channel_next(&p->channel, &message)) > 0) {
		*ret_is_due |= message.type != TO_SIGNER_SIGN && message.type != TO_SIGNER_PIECE &&
			       message.type != TO_SIGNER_PACKET;
		int err = take(p, &message);
		if (!err)
			err = channel_flush_all(&p->channel);
		if (err)
			return err;
	}
	return got;
}

/* Time. */

/* When the clock is set, the timer ends early. */
static void set_timer(const struct signer_process *p, uint64_t at_s)
{
	const struct itimerspec at = {.it_value = {.tv_sec = (time_t)(at_s ? at_s : 1)}};
	(void)timerfd_settime(p->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL);
}

/* Where no step is due, the timer is far away: it must run, to tell when the clock is set. */
static int run_zones(struct signer_process *p)
{
	enum { FAR_S = 365 * 86400 };
	const uint64_t far = signer_now() + FAR_S, next = signer_zones_run(p);
	set_timer(p, next < far ? next : far);
	return channel_flush_all(&p->channel);
}

/* Never inlined: the frames of its caller and of this are large. */
static __attribute__((noinline)) int run(struct signer_process *p)
{
	int err = 0;
	while (!err) {
		struct pollfd fds[] = {{.fd = p->channel.fd, .events = POLLIN},
			{.fd = p->timer, .events = POLLIN}, {.fd = p->listener, .events = POLLIN},
			{.fd = p->client, .events = POLLIN}, {.fd = p->asker, .events = POLLIN}};
		struct ds_answer answer;
		uint64_t times;
		bool is_due;
		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
			return -errno;
		is_due = fds[1].revents || fds[3].revents || fds[4].revents;
		if (fds[1].revents)
			(void)!read(p->timer, &times, sizeof(times));
		if (fds[4].revents && signer_parent_read(p, &answer))
			signer_zone_hear(p, &answer);
		if (fds[3].revents)
			signer_control_read(p);
		if (fds[2].revents)
			signer_control_accept(p);
		if (fds[0].revents)
			err = take_all(p, &is_due);
		if (!err && is_due)
			err = run_zones(p);
	}
	return err;
}

/* The start. */

static int open_all(struct signer_process *p, const struct signer_config *config)
{
	p->dir = signer_store_open(config->conf->state_dir, config->user, p->log);
	if (p->dir < 0)
		return p->dir;
	p->timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (p->timer < 0) {
		const int err = -errno;
		log_error(
			p->log, "cannot start the signer: step=timer error=\"%s\"", err_text(err));
		return err;
	}
	int err = signer_control_open(p);
	if (!err && config->conf->has_parent_check)
		err = asker_start(config->user, p->log, &p->asker);
	return err ? err : signer_confine(p);
}

static void close_all(struct signer_process *p)
{
	for (size_t i = 0; i < p->count; i++) {
		explicit_bzero(p->zones[i], sizeof(*p->zones[i]));
		free(p->zones[i]);
	}
	free(p->zones);
	key_wipe(&p->host.key);
	signer_store_remove(p->dir, SIGNER_CONTROL);
	buf_fini(&p->request);
	buf_fini(&p->answer);
	channel_fini(&p->channel);
}

_Noreturn void signer_process_run(const struct signer_config *config, int fd)
{
	const struct conf *conf = config->conf;
	struct signer_process p = {
		.own_log = {.fd = config->log->fd, .threshold = config->log->threshold},
		.state_dir = conf->state_dir,
		.domain = conf->domain.wire,
		.alg = conf->dnssec_alg,
		.times = {.dnskey_ttl_s = conf->dnssec_ttl_s,
			.ds_ttl_s = conf->dnssec_ds_ttl_s,
			.propagation_s = conf->dnssec_propagation_s,
			.validity_s = KEYSET_VALIDITY_S + KEYSET_BACK_S},
		.asker = -1,
		.channel = {.fd = -1}};
	p.log = &p.own_log;
	if (config->host)
		name_copy(&p.host.name, config->host);
	const int kept = process_keep_only(fd);
	prctl(PR_SET_NAME, "ontap-signer");
	int err = kept < 0 ? kept : channel_init(&p.channel, kept);
	if (err)
		log_error(p.log, "cannot start the signer: error=\"%s\"", err_text(err));
	else
		err = open_all(&p, config);
	if (!err) {
		signer_clock_read(&p);
		signer_zones_begin(&p);
		err = signer_host_begin(&p);
	}
	if (!err) {
		channel_put(&p.channel, FROM_SIGNER_READY, &p.sandbox, sizeof(p.sandbox));
		err = channel_flush_all(&p.channel);
	}
	if (err)
		_exit(EXIT_SYSTEM);
	err = run(&p);
	if (err == -EBADMSG)
		log_error(p.log, "the signer ends: error=\"it was asked for nonsense\"");
	close_all(&p);
	_exit(0);
}
