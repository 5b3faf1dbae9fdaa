/* SPDX-License-Identifier: ISC */
/*
 * Owns the signed data and its order, and the check of a signature.
 * Never reads a clock, never allocates.
 */
#include "transfer/tsig.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/nettle-meta.h>
#include <string.h>

#include "wire/rr.h"

enum {
	OFF_ARCOUNT = 10,
	MAC_LEN_MIN = 10 /* §5.2.2.1 */
};

/* The state of an HMAC with any of the algorithms. */
struct hmac {
	const struct nettle_mac *algorithm;
	union {
		struct hmac_sha1_ctx sha1;
		struct hmac_sha224_ctx sha224;
		struct hmac_sha256_ctx sha256;
		struct hmac_sha384_ctx sha384;
		struct hmac_sha512_ctx sha512;
	} state;
};

static const struct nettle_mac *algorithm(enum tsig_alg alg)
{
	static const struct nettle_mac *const algorithms[TSIG_ALG_COUNT] = {
		[TSIG_HMAC_SHA1] = &nettle_hmac_sha1,
		[TSIG_HMAC_SHA224] = &nettle_hmac_sha224,
		[TSIG_HMAC_SHA256] = &nettle_hmac_sha256,
		[TSIG_HMAC_SHA384] = &nettle_hmac_sha384,
		[TSIG_HMAC_SHA512] = &nettle_hmac_sha512,
	};
	return algorithms[alg];
}

/* nettle_hmac_* only takes keys as long as a digest; the functions below it take any length. */
static void hmac_begin(struct hmac *h, const struct tsig_key *key)
{
	h->algorithm = algorithm(key->alg);
	switch (key->alg) {
	case TSIG_HMAC_SHA1: hmac_sha1_set_key(&h->state.sha1, key->secret_len, key->secret); break;
	case TSIG_HMAC_SHA224:
		hmac_sha224_set_key(&h->state.sha224, key->secret_len, key->secret);
		break;
	case TSIG_HMAC_SHA256:
		hmac_sha256_set_key(&h->state.sha256, key->secret_len, key->secret);
		break;
	case TSIG_HMAC_SHA384:
		hmac_sha384_set_key(&h->state.sha384, key->secret_len, key->secret);
		break;
	case TSIG_HMAC_SHA512:
		hmac_sha512_set_key(&h->state.sha512, key->secret_len, key->secret);
		break;
	case TSIG_ALG_COUNT: break;
	}
}

static void hmac_add(struct hmac *h, const void *bytes, size_t len)
{
	STEPS(1 + len / STEP_BYTES);
	h->algorithm->update(&h->state, len, bytes);
}

/* Returns the length of the MAC. */
static uint8_t hmac_end(struct hmac *h, uint8_t mac[TSIG_MAC_CAP])
{
	h->algorithm->digest(&h->state, h->algorithm->digest_size, mac);
	return (uint8_t)h->algorithm->digest_size;
}

static void put_time(uint8_t out[TSIG_TIME_LEN], uint64_t time_s)
{
	put_u16(out, (uint16_t)(time_s >> 32));
	put_u32(out + 2, (uint32_t)time_s);
}

static uint64_t get_time(const uint8_t *p)
{
	return (uint64_t)get_u16(p) << 32 | get_u32(p + 2);
}

/* The rdata of a TSIG record (§4.2) except its MAC, in wire order. */
struct stamp {
	uint64_t time_s;
	uint16_t fudge_s, error, other_len;
	const uint8_t *other;
};

/* Adds the MAC that this one is chained to (§5.3.1): its length and its bytes. */
static void add_mac(struct hmac *h, const uint8_t *mac, uint16_t len)
{
	uint8_t len_bytes[2];
	put_u16(len_bytes, len);
	hmac_add(h, len_bytes, sizeof(len_bytes));
	hmac_add(h, mac, len);
}

/* Adds the TSIG variables (§4.3.3), or with `is_later` only the timers (§5.3.1). Names
 * are in lower case. */
static void add_stamp(
	struct hmac *h, const struct tsig_key *key, const struct stamp *s, bool is_later)
{
	uint8_t bytes[2 * NAME_CAP + 32];
	const uint8_t *alg = tsig_alg_name(key->alg);
	struct wr w = wr_init(bytes, sizeof(bytes));
	uint8_t time[TSIG_TIME_LEN];
	put_time(time, s->time_s);
	if (!is_later) {
		wr_bytes(&w, key->name.wire, key->name.len);
		wr_u16(&w, CLASS_ANY);
		wr_u32(&w, 0);
		wr_bytes(&w, alg, name_len(alg));
	}
	wr_bytes(&w, time, sizeof(time));
	wr_u16(&w, s->fudge_s);
	if (!is_later) {
		wr_u16(&w, s->error);
		wr_u16(&w, s->other_len);
	}
	hmac_add(h, bytes, wr_len(&w));
	if (!is_later)
		hmac_add(h, s->other, s->other_len);
}

/* Parses the rdata of a TSIG record. */
static int parse_rdata(const struct rd *message, const struct rr *rr, struct tsig_rr *ret)
{
	struct rd r = {.start = message->start, .at = rr->rdata, .end = rr->rdata + rr->rdata_len};
	rd_name(&r, &ret->alg);
	const uint8_t *time = rd_bytes(&r, TSIG_TIME_LEN);
	ret->time_s = time ? get_time(time) : 0;
	ret->fudge_s = rd_u16(&r);
	ret->mac_len = rd_u16(&r);
	ret->mac = rd_bytes(&r, ret->mac_len);
	ret->orig_id = rd_u16(&r);
	ret->error = rd_u16(&r);
	ret->other_len = rd_u16(&r);
	ret->other = rd_bytes(&r, ret->other_len);
	bool is_whole = !r.err && rd_left(&r) == 0 && rr->class == CLASS_ANY && rr->ttl == 0;
	return is_whole ? 1 : ERR_SYNTAX;
}

/* Parses the TSIG record at `ret->off`, whose body is in `rr`. */
static int parse_record(const struct rd *message, const struct rr *rr, struct tsig_rr *ret)
{
	struct rd at = rd_init(message->start, (size_t)(message->end - message->start));
	rd_bytes(&at, ret->off);
	rd_name(&at, &ret->key);
	return at.err ? ERR_SYNTAX : parse_rdata(message, rr, ret);
}

int tsig_find(const uint8_t *msg, size_t len, struct tsig_rr *ret)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct rr rr;
	rd_header(&r, &header);
	rd_skip_questions(&r, header.qdcount);
	/* Progress: each turn reads at least eleven bytes, or sets the error, which
	 * ends both loops. */
	for (int section = 0; section < SECTION_COUNT; section++)
		for (unsigned i = 0; i < header.count[section] && !r.err; i++) {
			ret->off = rd_off(&r);
			rd_rr_unnamed(&r, &rr);
			if (r.err || rr.type != RR_TSIG)
				continue;
			if (section != SECTION_ADDITIONAL || i + 1u != header.count[section])
				return ERR_SYNTAX;
			return parse_record(&r, &rr, ret);
		}
	return r.err ? ERR_SYNTAX : 0;
}

/* Adds the message without the TSIG record `rr`, as it was before signing (§4.3.2). */
static void add_message_without(struct hmac *h, const uint8_t *msg, const struct tsig_rr *rr)
{
	uint8_t header[MSG_HEADER_LEN];
	memcpy(header, msg, sizeof(header));
	put_u16(header, rr->orig_id);
	put_u16(header + OFF_ARCOUNT, get_u16(header + OFF_ARCOUNT) - 1);
	hmac_add(h, header, sizeof(header));
	hmac_add(h, msg + MSG_HEADER_LEN, rr->off - MSG_HEADER_LEN);
}

/* True if the MAC in the record equals the first bytes of the computed one. `is_chained`: the last
 * MAC of the exchange precedes the message. */
static bool is_mac_right(
	const struct tsig *t, bool is_chained, const uint8_t *msg, const struct tsig_rr *rr)
{
	const struct stamp stamp = {.time_s = rr->time_s,
		.fudge_s = rr->fudge_s,
		.error = rr->error,
		.other_len = rr->other_len,
		.other = rr->other};
	uint8_t mac[TSIG_MAC_CAP];
	struct hmac h;
	hmac_begin(&h, &t->key);
	if (is_chained)
		add_mac(&h, t->mac, t->mac_len);
	add_message_without(&h, msg, rr);
	add_stamp(&h, &t->key, &stamp, false);
	uint8_t len = hmac_end(&h, mac);
	return rr->mac_len > 0 && rr->mac_len <= len && memeql_sec(mac, rr->mac, rr->mac_len);
}

/* A fudge that is longer than usual counts as the usual one (§10): so long at most a message can be repeated. */
static bool is_in_time(const struct tsig_rr *rr, uint64_t now_s)
{
	uint64_t apart = now_s > rr->time_s ? now_s - rr->time_s : rr->time_s - now_s;
	return apart <= rr->fudge_s && apart <= LIMIT_TSIG_FUDGE_S;
}

/* A MAC shorter than half of the digest, or longer than all of it, is invalid (§5.2.2.1). */
static bool is_mac_len_sane(const struct tsig_key *key, uint16_t len)
{
	size_t whole = algorithm(key->alg)->digest_size;
	size_t least = whole / 2 > MAC_LEN_MIN ? whole / 2 : MAC_LEN_MIN;
	return len >= least && len <= whole;
}

int tsig_verify_request(const struct tsig_key *keys, size_t key_count, const uint8_t *msg,
	const struct tsig_rr *rr, uint64_t now_s, struct tsig *ret)
{
	struct tsig *t = ret;
	const struct tsig_key *key = tsig_key_find(keys, key_count, rr->key.wire);
	*t = (struct tsig){.alg = rr->alg, .time_s = rr->time_s};
	if (!key || !name_equal(tsig_alg_name(key->alg), rr->alg.wire)) {
		t->key.name = rr->key;
		t->error = TSIG_BADKEY;
		return 0;
	}
	t->key = *key;
	if (!is_mac_len_sane(key, rr->mac_len))
		return ERR_SYNTAX;
	if (!is_mac_right(t, false, msg, rr)) {
		t->error = TSIG_BADSIG;
		return 0;
	}
	t->mac_len = (uint8_t)rr->mac_len;
	memcpy(t->mac, rr->mac, rr->mac_len);
	if (!is_in_time(rr, now_s))
		t->error = TSIG_BADTIME;
	else if (rr->mac_len < algorithm(key->alg)->digest_size)
		t->error = TSIG_BADTRUNC;
	return 0;
}

size_t tsig_room(const struct tsig *t)
{
	return TSIG_RECORD_CAP + t->key.name.len + (t->error == TSIG_BADKEY ? t->alg.len : 0u);
}

/* Appends the record. Returns the new length of the message, or 0 if it does not fit. */
static size_t append(const struct tsig *t, uint8_t *msg, size_t len, size_t cap,
	const struct stamp *s, const uint8_t *mac, uint8_t mac_len)
{
	const uint8_t *alg = t->error == TSIG_BADKEY ? t->alg.wire : tsig_alg_name(t->key.alg);
	struct wr w = wr_init(msg, cap);
	uint8_t time[TSIG_TIME_LEN];
	put_time(time, s->time_s);
	wr_room(&w, len);
	wr_bytes(&w, t->key.name.wire, t->key.name.len);
	wr_u16(&w, RR_TSIG);
	wr_u16(&w, CLASS_ANY);
	wr_u32(&w, 0);
	wr_u16(&w, (uint16_t)(name_len(alg) + TSIG_TIME_LEN + 10u + mac_len + s->other_len));
	wr_bytes(&w, alg, name_len(alg));
	wr_bytes(&w, time, sizeof(time));
	wr_u16(&w, s->fudge_s);
	wr_u16(&w, mac_len);
	wr_bytes(&w, mac, mac_len);
	wr_bytes(&w, msg, 2); /* the original id */
	wr_u16(&w, s->error);
	wr_u16(&w, s->other_len);
	wr_bytes(&w, s->other, s->other_len);
	if (w.err)
		return 0;
	put_u16(msg + OFF_ARCOUNT, get_u16(msg + OFF_ARCOUNT) + 1);
	return wr_len(&w);
}

/* Signs the message, chained to the last MAC if there is one, and remembers the new MAC. */
static size_t sign(struct tsig *t, uint8_t *msg, size_t len, size_t cap, const struct stamp *s)
{
	uint8_t mac[TSIG_MAC_CAP];
	struct hmac h;
	hmac_begin(&h, &t->key);
	if (t->mac_len > 0)
		add_mac(&h, t->mac, t->mac_len);
	hmac_add(&h, msg, len);
	add_stamp(&h, &t->key, s, t->is_later);
	uint8_t mac_len = hmac_end(&h, mac);
	size_t whole = append(t, msg, len, cap, s, mac, mac_len);
	if (whole > 0) {
		memcpy(t->mac, mac, mac_len);
		t->mac_len = mac_len;
	}
	return whole;
}

size_t tsig_sign_reply(struct tsig *t, uint8_t *msg, size_t len, size_t cap, uint64_t now_s)
{
	uint8_t our_time[TSIG_TIME_LEN];
	struct stamp s = {.time_s = now_s,
		.fudge_s = LIMIT_TSIG_FUDGE_S,
		.error = t->error,
		.other = our_time};
	if (t->error == TSIG_BADKEY || t->error == TSIG_BADSIG) {
		s.time_s = t->time_s;
		return append(t, msg, len, cap, &s, NULL, 0);
	}
	if (t->error == TSIG_BADTIME) {
		/* §5.2.3: the client's time is repeated, and ours is in the other data. */
		s.time_s = t->time_s;
		s.other_len = sizeof(our_time);
		put_time(our_time, now_s);
	}
	size_t whole = sign(t, msg, len, cap, &s);
	t->is_later |= whole > 0;
	return whole;
}

size_t tsig_sign_request(struct tsig *t, const struct tsig_key *key, uint8_t *msg, size_t len,
	size_t cap, uint64_t now_s)
{
	const struct stamp s = {.time_s = now_s, .fudge_s = LIMIT_TSIG_FUDGE_S};
	*t = (struct tsig){.key = *key, .time_s = now_s};
	return sign(t, msg, len, cap, &s);
}

/* Returns how far the sender's clock is ahead of ours. With BADTIME its time is in the other data,
 * since the record repeats our time. */
static int64_t clock_ahead(const struct tsig_rr *rr, uint64_t now_s)
{
	bool is_told = rr->error == TSIG_BADTIME && rr->other_len == TSIG_TIME_LEN;
	return (int64_t)(is_told ? get_time(rr->other) : rr->time_s) - (int64_t)now_s;
}

int tsig_check_reply(
	const struct tsig *t, const uint8_t *msg, size_t len, uint64_t now_s, int64_t *ret_ahead_s)
{
	struct tsig_rr rr;
	if (tsig_find(msg, len, &rr) != 1 || !name_equal(rr.key.wire, t->key.name.wire))
		return ERR_ABSENT;
	if (rr.error == TSIG_BADKEY || rr.error == TSIG_BADSIG || rr.error == TSIG_BADTRUNC)
		return rr.error;
	if (!name_equal(rr.alg.wire, tsig_alg_name(t->key.alg)) ||
		rr.mac_len != algorithm(t->key.alg)->digest_size ||
		!is_mac_right(t, true, msg, &rr))
		return ERR_ABSENT;
	if (rr.error == TSIG_NOERROR && is_in_time(&rr, now_s))
		return TSIG_NOERROR;
	if (rr.error != TSIG_NOERROR && rr.error != TSIG_BADTIME)
		return ERR_ABSENT;
	*ret_ahead_s = clock_ahead(&rr, now_s);
	return TSIG_BADTIME;
}

bool tsig_verify_reply(const struct tsig *t, const uint8_t *msg, size_t len, uint64_t now_s)
{
	int64_t ahead_s;
	return tsig_check_reply(t, msg, len, now_s, &ahead_s) == TSIG_NOERROR;
}

const char *tsig_error_text(unsigned error)
{
	switch (error) {
	case TSIG_NOERROR: return "NOERROR";
	case TSIG_BADSIG: return "BADSIG";
	case TSIG_BADKEY: return "BADKEY";
	case TSIG_BADTIME: return "BADTIME";
	case TSIG_BADTRUNC: return "BADTRUNC";
	default: return "?";
	}
}
