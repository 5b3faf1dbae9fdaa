/* SPDX-License-Identifier: ISC */
/*
 * Owns the key of the host in the signer, and the file of the times that its signatures had.
 * Never signs records of a zone with it.
 */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "dnssec/date.h"
#include "dnssec/key_file.h"
#include "export/jsonw.h"
#include "ontap-zone/signer_process.h"

/* How far ahead times are stored, so that most packets need no file: by no more than inceptions are behind the clock, so that a
 * start needs not wait. */
enum { AHEAD_S = SIGNING_PACKET_BACK_S };

static bool has_host(const struct signer_process *p)
{
	return p->host.name.len > 0;
}

/* The start. */

static int make(struct signer_process *p)
{
	char name[NAME_TEXT_CAP];
	const uint8_t *owner = p->host.name.wire;
	int err = signer_keys_make(p, owner, p->alg, KEY_FLAGS, &p->host.key);
	if (!err)
		err = signer_keys_write(p, owner, &p->host.key, signer_now());
	name_to_text(owner, name);
	if (err)
		log_error(p->log, "cannot make the key of this host: name=%s error=\"%s\"", name,
			err_text(err));
	else
		log_info(p->log, "key of this host: name=%s algorithm=%u tag=%u", name,
			p->host.key.alg, p->host.key.tag);
	return err;
}

static void tell_server(struct signer_process *p)
{
	struct signer_host host;
	memset(&host, 0, sizeof(host)); /* between its members, too */
	host.name = p->host.name;
	host.alg = p->host.key.alg;
	host.tag = p->host.key.tag;
	host.key_len = (uint8_t)key_dnskey(&p->host.key, host.key);
	channel_put(&p->channel, FROM_SIGNER_HOST, &host, sizeof(host));
}

int signer_host_begin(struct signer_process *p)
{
	if (!has_host(p))
		return 0;
	int err = signer_keys_find(p, p->host.name.wire, KEY_FLAGS, &p->host.key);
	if (err == ERR_ABSENT)
		err = make(p);
	if (err)
		return err;
	p->host_floor_s = p->host.inception_s = signer_clock_load(p, SIGNER_HOST_CLOCK);
	tell_server(p);
	return 0;
}

/* Signatures. */

/* Without the file, the first packets after a restart may have earlier times than these, and are ignored by who has
 * heard these: that is no reason to sign nothing. */
static void reserve(struct signer_process *p)
{
	if (p->host.inception_s <= p->host_floor_s)
		return;
	p->host_floor_s = p->host.inception_s + AHEAD_S;
	(void)!signer_clock_store(p, SIGNER_HOST_CLOCK, p->host_floor_s);
}

void signer_host_forget_time(struct signer_process *p)
{
	p->host_floor_s = p->host.inception_s = 0;
}

/* What was said with a later time would be believed rather than what is said now. Where the present time is believed
 * although it is hours before (dnssec/time_check.h), it is the later one that was wrong. */
static bool is_held(struct signer_process *p, uint64_t now_s)
{
	char now[DATE_TEXT_CAP], until[DATE_TEXT_CAP];
	if (now_s + TIME_BACK_MAX_S < p->host.inception_s)
		signer_host_forget_time(p);
	const bool is_behind = now_s < p->host.inception_s;
	if (is_behind && !p->has_told_hold)
		log_warning(p->log,
			"no packet is signed: clock=%s until=%s error=\"the clock has been set "
			"back\" note=\"if this is the right time: ontap-zone keys clock\"",
			date_text(now_s, now), date_text(p->host.inception_s, until));
	p->has_told_hold = is_behind;
	return is_behind;
}

/* Leaves the data empty if it is not signed. */
static enum signing_refusal sign(
	struct signer_process *p, const uint8_t *packet, size_t len, struct sig0_rdata *ret)
{
	const uint64_t now_s = signer_now();
	ret->len = 0;
	if (!signer_clock_is_good(p, now_s) || is_held(p, now_s))
		return SIGNING_DONE; /* which has been told */
	const enum signing_refusal refusal = signing_sign_packet(&p->host, now_s, packet, len, ret);
	if (refusal == SIGNING_DONE)
		reserve(p);
	else
		ret->len = 0;
	return refusal;
}

int signer_host_sign(
	struct signer_process *p, const struct channel_message *m, enum signing_refusal *refused)
{
	enum { TICKET_LEN = sizeof(uint64_t) };
	uint8_t answer[TICKET_LEN + SIG0_RDATA_MAX];
	struct sig0_rdata rdata;
	if (m->len < TICKET_LEN || !has_host(p))
		return -EBADMSG;
	*refused = sign(p, m->bytes + TICKET_LEN, m->len - TICKET_LEN, &rdata);
	memcpy(answer, m->bytes, TICKET_LEN);
	memcpy(answer + TICKET_LEN, rdata.bytes, rdata.len);
	channel_put(&p->channel, FROM_SIGNER_PACKET, answer, TICKET_LEN + rdata.len);
	return 0;
}

/* What is asked. */

bool signer_host_put(const struct signer_process *p, struct buf *out)
{
	struct jsonw w = {.out = out};
	struct buf key = {0};
	char name[NAME_TEXT_CAP], file[KEY_FILE_NAME_CAP];
	const struct key_pair *pair = &p->host.key;
	if (!has_host(p) || key_file_name(p->host.name.wire, pair->alg, pair->tag, file))
		return false;
	name_to_text(p->host.name.wire, name);
	buf_printf(&key, "%s IN KEY ", name);
	key_text_dnskey(&key, pair);
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "host", name);
	jsonw_number(&w, "algorithm", pair->alg);
	jsonw_number(&w, "tag", pair->tag);
	jsonw_text(&w, "key", buf_text(&key));
	buf_clear(&key);
	buf_printf(&key, "%s/keys/%s", p->state_dir, file);
	jsonw_text(&w, "files", buf_text(&key));
	jsonw_close(&w, '}');
	buf_puts(out, "\n");
	buf_fini(&key);
	return true;
}
