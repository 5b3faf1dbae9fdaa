/* SPDX-License-Identifier: ISC */
/*
 * Owns the judgement on what is signed, and the form of requests and answers.
 * Never reads a clock, and believes no length.
 */
#include "dnssec/signing.h"

#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "wire/msg.h"
#include "wire/rr.h"

enum { ANSWER_HEAD = 10, ANSWER_ITEM = 1 + CRYPT_SIGNATURE_LEN };

const char *signing_refusal_text(unsigned refusal)
{
	switch (refusal) {
	case SIGNING_DONE: return "signed";
	case SIGNING_MALFORMED: return "not in the form that is signed";
	case SIGNING_TYPE: return "of a type that is not signed for others";
	case SIGNING_KEY: return "there is no such key";
	case SIGNING_OWNER: return "not in the zone of the key";
	case SIGNING_TIME: return "valid for too long, or the clock is wrong";
	case SIGNING_NO_MEMORY: return "out of memory";
	default: return "?";
	}
}

/* The rdata of an RRSIG without its signature. */
struct header {
	uint16_t covered;
	uint8_t alg, labels;
	uint32_t ttl, expiration, inception;
	uint16_t tag;
	struct name signer;
};

static bool is_lower(const struct name *name)
{
	for (unsigned i = 0; i < name->len; i++)
		if (name->wire[i] != byte_lower(name->wire[i]))
			return false;
	return true;
}

/* Reads a name that is whole, uncompressed and in lower case; otherwise it sets the error. */
static void read_name(struct rd *r, struct name *ret)
{
	const uint32_t jumps = r->jumps;
	rd_name(r, ret);
	if (!r->err && (r->jumps != jumps || !is_lower(ret)))
		r->err = ERR_SYNTAX;
}

static void read_header(struct rd *r, struct header *ret)
{
	ret->covered = rd_u16(r);
	ret->alg = rd_u8(r);
	ret->labels = rd_u8(r);
	ret->ttl = rd_u32(r);
	ret->expiration = rd_u32(r);
	ret->inception = rd_u32(r);
	ret->tag = rd_u16(r);
	read_name(r, &ret->signer);
}

/* Labels as an RRSIG counts them: without the root and a leading "*" (RFC 4034 §3.1.3). */
static unsigned count_labels(const uint8_t *name)
{
	const bool is_wildcard = name[0] == 1 && name[1] == '*';
	return name_labels(name) - is_wildcard;
}

/* Reads one record. It must be as the header says, of the owner of the first one, and after the last one in
 * canonical order. */
static void read_record(struct rd *r, const struct header *h, struct name *owner, struct rd *last)
{
	struct name name;
	read_name(r, &name);
	const uint16_t type = rd_u16(r), class = rd_u16(r);
	const uint32_t ttl = rd_u32(r);
	const uint16_t len = rd_u16(r);
	const uint8_t *rdata = rd_bytes(r, len);
	if (!rdata)
		return;
	const bool is_first = !last->start;
	if (is_first)
		*owner = name;
	if (type != h->covered || class != CLASS_IN || ttl != h->ttl ||
		!rdata_is_valid(type, rdata, len) || !name_equal(name.wire, owner->wire) ||
		(!is_first && rdata_cmp(last->start, rd_left(last), rdata, len) >= 0))
		r->err = ERR_SYNTAX;
	*last = rd_init(rdata, len);
}

/* Times are serial numbers of 32 bits (RFC 4034 §3.1.5). */
static bool is_time_good(const struct header *h, uint64_t now_s)
{
	const int32_t end = (int32_t)(h->expiration - (uint32_t)now_s);
	const int32_t begin = (int32_t)(h->inception - (uint32_t)now_s);
	return now_s != SIGNING_NEVER && end <= SIGNING_AHEAD_MAX_S &&
	       begin <= SIGNING_INCEPTION_MAX_S && begin < end;
}

enum signing_refusal signing_sign(const struct signing_keys *keys, uint64_t now_s,
	const uint8_t *message, size_t len, uint8_t ret[CRYPT_SIGNATURE_LEN])
{
	struct rd r = rd_init(message, len), last = {0};
	struct header h;
	struct name owner = {.len = 1};
	read_header(&r, &h);
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	do
		read_record(&r, &h, &owner, &last);
	while (!r.err && rd_left(&r) > 0);
	if (r.err || h.labels != count_labels(owner.wire))
		return SIGNING_MALFORMED;
	if (!rr_type_is_signable(h.covered, name_equal(owner.wire, h.signer.wire)))
		return SIGNING_TYPE;
	const struct key_pair *key = keys->find(keys->arg, h.signer.wire, h.alg, h.tag);
	if (!key)
		return SIGNING_KEY;
	if (!name_is_below(owner.wire, h.signer.wire))
		return SIGNING_OWNER;
	if (!is_time_good(&h, now_s))
		return SIGNING_TIME;
	key_sign(key, message, len, ret);
	return SIGNING_DONE;
}

/* A response by mDNS (RFC 6762 §18.2, 18.3) or an update (RFC 2136 §2.2). */
static bool is_of_host(const struct msg_header *h)
{
	const bool is_response = h->flags & MSG_QR;
	return msg_opcode(h) == (is_response ? OPCODE_QUERY : OPCODE_UPDATE);
}

/* Reads all of the packet. */
static enum signing_refusal judge_packet(const uint8_t *packet, size_t len)
{
	struct rd r = rd_init(packet, len);
	struct msg_header h;
	struct rr rr = {.type = 0};
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (unsigned left = rd_to_records(&r, &h); left > 0 && !r.err; left--)
		rd_rr_unnamed(&r, &rr);
	if (r.err || rd_left(&r) > 0 || len > MSG_CAP || rr.type == RR_SIG || rr.type == RR_TSIG)
		return SIGNING_MALFORMED;
	return is_of_host(&h) ? SIGNING_DONE : SIGNING_TYPE;
}

enum signing_refusal signing_sign_packet(struct signing_host *host, uint64_t now_s,
	const uint8_t *packet, size_t len, struct sig0_rdata *ret)
{
	const enum signing_refusal refusal = judge_packet(packet, len);
	if (refusal != SIGNING_DONE)
		return refusal;
	if (now_s == SIGNING_NEVER || now_s < host->inception_s)
		return SIGNING_TIME;
	if (now_s > host->inception_s + SIGNING_PACKET_BACK_S)
		host->inception_s = now_s - SIGNING_PACKET_BACK_S;
	return sig0_make(&host->key, host->name.wire, host->inception_s,
		       now_s + SIGNING_PACKET_AHEAD_S, packet, len, ret)
		       ? SIGNING_NO_MEMORY
		       : SIGNING_DONE;
}

static uint64_t read_ticket(struct rd *r)
{
	const uint64_t high = rd_u32(r);
	return high << 32 | rd_u32(r);
}

/* Reads the whole frame before anything is signed. */
static int check_request(const uint8_t *request, size_t len)
{
	struct rd r = rd_init(request, len);
	read_ticket(&r);
	const unsigned count = rd_u16(&r);
	for (unsigned i = 0; i < count && !r.err; i++)
		rd_bytes(&r, rd_u32(&r));
	return r.err || rd_left(&r) > 0 || count == 0 || count > SIGNING_COUNT_MAX ? ERR_SYNTAX : 0;
}

int signing_answer(const struct signing_keys *keys, uint64_t now_s, const uint8_t *request,
	size_t len, struct buf *out, enum signing_refusal *refused)
{
	struct rd r = rd_init(request, len);
	int err = check_request(request, len);
	if (err)
		return err;
	read_ticket(&r);
	const unsigned count = rd_u16(&r);
	*refused = SIGNING_DONE;
	if (buf_reserve(out, ANSWER_HEAD + count * ANSWER_ITEM))
		return ERR_NOMEM;
	buf_add(out, request, ANSWER_HEAD);
	for (unsigned i = 0; i < count; i++) {
		uint8_t item[ANSWER_ITEM] = {0};
		const uint32_t message_len = rd_u32(&r);
		const uint8_t *message = rd_bytes(&r, message_len);
		item[0] =
			message ? (uint8_t)signing_sign(keys, now_s, message, message_len, item + 1)
				: SIGNING_MALFORMED;
		if (item[0] != SIGNING_DONE)
			*refused = item[0];
		buf_add(out, item, sizeof(item));
	}
	return 0;
}

int signing_put_request(
	struct buf *out, uint64_t ticket, const struct signing_message *messages, size_t count)
{
	uint8_t head[ANSWER_HEAD], message_len[4];
	size_t whole = 0;
	for (size_t i = 0; i < count && i < SIGNING_COUNT_MAX; i++)
		whole += messages[i].len <= SIGNING_MESSAGE_MAX ? messages[i].len
								: SIGNING_REQUEST_MAX;
	if (count == 0 || count > SIGNING_COUNT_MAX || whole > SIGNING_REQUEST_MAX - 1024)
		return ERR_RANGE;
	if (buf_reserve(out, sizeof(head) + whole + count * sizeof(message_len)))
		return ERR_NOMEM;
	put_u32(head, (uint32_t)(ticket >> 32));
	put_u32(head + 4, (uint32_t)ticket);
	put_u16(head + 8, (uint16_t)count);
	buf_add(out, head, sizeof(head));
	for (size_t i = 0; i < count; i++) {
		put_u32(message_len, (uint32_t)messages[i].len);
		buf_add(out, message_len, sizeof(message_len));
		buf_add(out, messages[i].bytes, messages[i].len);
	}
	return 0;
}

int signing_parse_answer(const uint8_t *bytes, size_t len, struct signing_result *ret)
{
	struct rd r = rd_init(bytes, len);
	ret->ticket = read_ticket(&r);
	ret->count = rd_u16(&r);
	if (r.err || ret->count > SIGNING_COUNT_MAX || rd_left(&r) != ret->count * ANSWER_ITEM)
		return ERR_SYNTAX;
	for (size_t i = 0; i < ret->count; i++) {
		ret->is_refused[i] = rd_u8(&r) != SIGNING_DONE;
		memcpy(ret->signatures[i], rd_bytes(&r, CRYPT_SIGNATURE_LEN), CRYPT_SIGNATURE_LEN);
	}
	return 0;
}
