/* SPDX-License-Identifier: ISC */
/*
 * Owns the daemon's side of signed zones.
 * Never sees a key.
 */
#include "ontap-zone/signed.h"

#include <string.h>
#include <sys/epoll.h>

#include "base/err.h"
#include "io/exit.h"
#include "ontap-zone/report_part.h"

/* Answers to `keys`: each asker is in a stream of his own until his has come. */
enum { STREAM_KEYS_FIRST = 1000, STREAM_KEYS_COUNT = 4096 };

static unsigned stream_of(uint64_t ticket)
{
	return STREAM_KEYS_FIRST + (unsigned)(ticket % STREAM_KEYS_COUNT);
}

/* Callbacks of the signer. */

static void on_reply(void *arg, uint64_t ticket, const char *lines)
{
	const struct daemon *d = arg;
	if (!d->control)
		return;
	control_broadcast(d->control, stream_of(ticket), lines, strlen(lines));
	control_end_stream(d->control, stream_of(ticket));
}

static void on_signed(void *arg UNUSED, const struct signing_result *result UNUSED)
{
}

static void on_keys(void *arg UNUSED, const struct keyset *keys UNUSED)
{
}

static void on_failed(void *arg UNUSED, const uint8_t *zone UNUSED)
{
}

/* Life. */

int daemon_start_signer(struct daemon *d, const struct conf *conf)
{
	const struct signer_config config = {.conf = conf,
		.user = d->user_name ? &d->user : NULL,
		.log = d->log,
		.sink = {.on_signed = on_signed,
			.on_keys = on_keys,
			.on_failed = on_failed,
			.on_reply = on_reply,
			.arg = d}};
	if (conf->dnssec == CONF_DNSSEC_NO)
		return 0;
	d->signer = signer_start(&config);
	return d->signer ? 0 : EXIT_SYSTEM;
}

int daemon_wait_signer(struct daemon *d)
{
	enum { LONGEST_TTL_S = 86400 };
	const struct conf *conf = &d->runtime.conf;
	if (!d->signer)
		return 0;
	int code = signer_wait(d->signer);
	if (!code && conf_signs(conf, conf->domain.wire))
		signer_zone(d->signer, conf->domain.wire, LONGEST_TTL_S);
	d->signer_watch = (struct loop_watch){
		.fd = signer_fd(d->signer), .on_ready = daemon_on_signer, .arg = d};
	d->signer_events = EPOLLIN;
	int err = code ? 0 : loop_add(d->loop, &d->signer_watch, EPOLLIN);
	if (!err)
		return code;
	log_error(d->log, "cannot start: step=epoll error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

void daemon_stop_signer(struct daemon *d)
{
	if (!d->signer)
		return;
	loop_remove(d->loop, &d->signer_watch);
	signer_stop(d->signer);
	d->signer = NULL;
}

/* Without it, signatures expire, and nothing new can be said: a new start is better. */
static void signer_has_ended(struct daemon *d, int err)
{
	if (!d->is_stopping)
		log_error(d->log, "stopping: error=\"the signer has ended (%s)\"", err_text(err));
	d->has_failed |= !d->is_stopping;
	d->is_stopping = true;
}

void daemon_on_signer(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	int err = signer_handle(d->signer);
	if (err)
		signer_has_ended(d, err);
}

ns_t daemon_signer_deadline(const struct daemon *d)
{
	return d->signer && signer_has_more(d->signer) ? 0 : NS_NEVER;
}

void daemon_pump_signer(struct daemon *d)
{
	bool is_pending;
	if (!d->signer)
		return;
	int err = signer_flush(d->signer, &is_pending);
	const uint32_t events = EPOLLIN | (is_pending ? (uint32_t)EPOLLOUT : 0);
	if (err)
		signer_has_ended(d, err);
	if (events != d->signer_events)
		(void)!loop_change(d->loop, &d->signer_watch, events);
	d->signer_events = events;
}

/* Who may ask may see; only root and the daemon's own user may change anything. */
unsigned daemon_keys(
	struct daemon *d, const struct control_asker *asker, const char *request, struct buf *out)
{
	const bool is_question = strncmp(request, "show", 4) == 0 || strcmp(request, "ds") == 0 ||
				 strncmp(request, "ds ", 3) == 0;
	if (!is_question && !daemon_may_command(asker)) {
		log_warning(d->log, "command refused: command=keys uid=%lld",
			(long long)(int)asker->uid);
		report_refusal(out);
		return STREAM_NONE;
	}
	if (!d->signer) {
		report_error(out, "no zone is signed: see --dnssec");
		return STREAM_NONE;
	}
	signer_command(d->signer, ++d->signer_ticket, request);
	return stream_of(d->signer_ticket);
}
