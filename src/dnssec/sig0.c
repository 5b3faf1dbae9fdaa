/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of SIG(0) records, and the check of one.
 * Never looks for a key, and never decides what one may do.
 */
#include "dnssec/sig0.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/serial.h"
#include "wire/msg.h"
#include "wire/rr.h"

enum {
	OFF_ARCOUNT = 10,
	KEY_NO_AUTHENTICATION = 0x8000, /* RFC 2535 §3.1.2 */
	KEY_PROTOCOL_ALL = 255          /* RFC 2535 §3.1.3 */
};

static int parse_rdata(const struct rd *message, const struct rr *rr, struct sig0 *ret)
{
	struct rd r = {.start = message->start, .at = rr->rdata, .end = rr->rdata + rr->rdata_len};
	ret->head = r.at;
	const uint16_t covered = rd_u16(&r);
	ret->alg = rd_u8(&r);
	rd_u8(&r); /* labels */
	rd_u32(&r);
	ret->expiration = rd_u32(&r);
	ret->inception = rd_u32(&r);
	ret->tag = rd_u16(&r);
	rd_name(&r, &ret->signer);
	ret->signature_len = rd_left(&r);
	ret->signature = rd_bytes(&r, ret->signature_len);
	return r.err || covered != 0 ? ERR_SYNTAX : 1;
}

int sig0_find(const uint8_t *msg, size_t len, struct sig0 *ret)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct rr rr = {.type = 0};
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (unsigned left = rd_to_records(&r, &header); left > 0 && !r.err; left--) {
		ret->off = rd_off(&r);
		rd_rr_unnamed(&r, &rr);
	}
	if (r.err)
		return ERR_SYNTAX;
	if (rr.type != RR_SIG || header.count[SECTION_ADDITIONAL] == 0)
		return 0;
	return parse_rdata(&r, &rr, ret);
}

/* RFC 2931 §3.1: the data of the record without the signature, and the message without the record, whose header counts
 * `arcount` records then. */
static uint8_t *signed_bytes(const uint8_t head[SIG0_HEAD], const uint8_t *signer,
	const uint8_t *msg, size_t msg_len, unsigned arcount, size_t *ret_len)
{
	const size_t len = SIG0_HEAD + name_len(signer) + msg_len;
	uint8_t *bytes = malloc(len);
	if (!bytes)
		return NULL;
	struct wr w = wr_init(bytes, len);
	wr_bytes(&w, head, SIG0_HEAD);
	wr_bytes(&w, signer, name_len(signer));
	uint8_t *copy = w.at;
	wr_bytes(&w, msg, msg_len);
	put_u16(copy + OFF_ARCOUNT, (uint16_t)arcount);
	*ret_len = len;
	return bytes;
}

bool sig0_is_valid(const struct sig0 *sig, uint64_t now_s, uint32_t most_s)
{
	const uint32_t now = (uint32_t)now_s;
	return !serial_is_after(sig->inception, now) && !serial_is_after(now, sig->expiration) &&
	       sig->expiration - now <= most_s;
}

/* Times are serial numbers of 32 bits (RFC 4034 §3.1.5). */
static uint64_t time_near(uint32_t serial, uint64_t now_s)
{
	const int64_t from_now = (int32_t)(serial - (uint32_t)now_s);
	return from_now < 0 && (uint64_t)-from_now > now_s ? 0 : now_s + (uint64_t)from_now;
}

uint64_t sig0_since(const struct sig0 *sig, uint64_t now_s)
{
	return time_near(sig->inception, now_s);
}

uint64_t sig0_until(const struct sig0 *sig, uint64_t now_s)
{
	return time_near(sig->expiration, now_s);
}

const char *sig0_key_wrong(struct rdata key)
{
	if (key.len < DNSKEY_HEAD)
		return "the key is too short";
	if (get_u16(key.bytes) & KEY_NO_AUTHENTICATION)
		return "the key may not authenticate";
	if (key.bytes[2] != DNSKEY_PROTOCOL && key.bytes[2] != KEY_PROTOCOL_ALL)
		return "the key is for another protocol than DNSSEC";
	if (!crypt_is_known(key.bytes[3]))
		return "the algorithm is not 13 (ECDSAP256SHA256) or 15 (ED25519)";
	if (key.len != DNSKEY_HEAD + crypt_public_len(key.bytes[3]))
		return "the key does not have the length of its algorithm";
	return NULL;
}

bool sig0_is_by(const struct sig0 *sig, struct rdata key)
{
	return !sig0_key_wrong(key) && key.bytes[3] == sig->alg &&
	       key_tag(key.bytes, key.len) == sig->tag;
}

int sig0_verify(const uint8_t *msg, const struct sig0 *sig, struct rdata key)
{
	size_t len;
	if (sig->signature_len != CRYPT_SIGNATURE_LEN)
		return ERR_DENIED;
	const unsigned arcount = get_u16(msg + OFF_ARCOUNT) - 1u;
	uint8_t *bytes = signed_bytes(sig->head, sig->signer.wire, msg, sig->off, arcount, &len);
	if (!bytes)
		return ERR_NOMEM;
	bool is_right = crypt_verify(sig->alg, key.bytes + DNSKEY_HEAD, bytes, len, sig->signature);
	free(bytes);
	return is_right ? 0 : ERR_DENIED;
}

int sig0_make(const struct key_pair *key, const uint8_t *signer, uint64_t inception_s,
	uint64_t expiration_s, const uint8_t *msg, size_t len, struct sig0_rdata *ret)
{
	uint8_t signature[CRYPT_SIGNATURE_LEN];
	size_t signed_len;
	struct wr w = wr_init(ret->bytes, sizeof(ret->bytes));
	wr_u16(&w, 0); /* type covered: none, it is a message */
	wr_u8(&w, key->alg);
	wr_u8(&w, 0);  /* labels */
	wr_u32(&w, 0); /* original TTL */
	wr_u32(&w, (uint32_t)expiration_s);
	wr_u32(&w, (uint32_t)inception_s);
	wr_u16(&w, key->tag);
	wr_bytes(&w, signer, name_len(signer));
	uint8_t *bytes =
		signed_bytes(ret->bytes, signer, msg, len, get_u16(msg + OFF_ARCOUNT), &signed_len);
	if (!bytes)
		return ERR_NOMEM;
	key_sign(key, bytes, signed_len, signature);
	free(bytes);
	wr_bytes(&w, signature, sizeof(signature));
	ret->len = (uint16_t)wr_len(&w);
	return 0;
}

size_t sig0_room(const uint8_t *owner, size_t rdata_len)
{
	enum { TYPE_TO_LENGTH = 10 };
	return name_len(owner) + TYPE_TO_LENGTH + rdata_len;
}

int sig0_append(uint8_t *msg, size_t *len, size_t cap, const uint8_t *owner, uint16_t class,
	const uint8_t *rdata, size_t rdata_len)
{
	if (cap - *len < sig0_room(owner, rdata_len))
		return ERR_SPACE;
	struct wr w = wr_init(msg + *len, cap - *len);
	wr_bytes(&w, owner, name_len(owner));
	wr_u16(&w, RR_SIG);
	wr_u16(&w, class);
	wr_u32(&w, 0);
	wr_u16(&w, (uint16_t)rdata_len);
	wr_bytes(&w, rdata, rdata_len);
	put_u16(msg + OFF_ARCOUNT, (uint16_t)(get_u16(msg + OFF_ARCOUNT) + 1));
	*len += wr_len(&w);
	return 0;
}
