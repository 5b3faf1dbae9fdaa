/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of what the signer signs and what it refuses, of the form of requests and answers, and of the records
 * about keys.
 * Never runs the process: tests/net/test_signer.py does. Run by `make check`.
 */
#include "dnssec/signing.h"

#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "dnssec/ds_answer.h"
#include "dnssec/keyset.h"
#include "unit.h"
#include "wire/msg.h"
#include "wire/rr.h"

enum { NOW = 1800000000, DAY = 86400, CAP = 4096 };

static const uint8_t example[] = "\7example\3org", www[] = "\3www\7example\3org";

static struct key_pair make_key(unsigned alg, uint8_t filler)
{
	struct key_pair key;
	uint8_t secret[CRYPT_SECRET_LEN];
	memset(secret, filler, sizeof(secret));
	assert_int_equal(key_from_secret(alg, secret, &key), 0);
	return key;
}

static const struct key_pair *find(void *arg, const uint8_t *zone, unsigned alg, unsigned tag)
{
	const struct key_pair *key = arg;
	return name_equal(zone, example) && key->alg == alg && key->tag == tag ? key : NULL;
}

/* A message, with what a test may change. */
struct ask {
	const uint8_t *zone, *owner, *second_owner; /* NULL: the same */
	uint16_t type, record_type, class;
	uint8_t labels;
	uint32_t ttl, record_ttl, expiration, inception;
	uint16_t tag;
	uint8_t alg;
	const uint8_t *rdata[2]; /* of `rdata_len` bytes; NULL: none */
	uint16_t rdata_len;
};

static struct ask usual(const struct key_pair *key)
{
	return (struct ask){.zone = example,
		.owner = www,
		.type = RR_A,
		.record_type = RR_A,
		.class = CLASS_IN,
		.labels = 3,
		.ttl = 60,
		.record_ttl = 60,
		.expiration = NOW + 14 * DAY,
		.inception = NOW - 3600,
		.tag = key->tag,
		.alg = key->alg,
		.rdata = {(const uint8_t *)"\300\0\2\1", (const uint8_t *)"\300\0\2\2"},
		.rdata_len = 4};
}

static size_t write_ask(const struct ask *a, uint8_t out[CAP])
{
	struct wr w = wr_init(out, CAP);
	wr_u16(&w, a->type);
	wr_u8(&w, a->alg);
	wr_u8(&w, a->labels);
	wr_u32(&w, a->ttl);
	wr_u32(&w, a->expiration);
	wr_u32(&w, a->inception);
	wr_u16(&w, a->tag);
	wr_bytes(&w, a->zone, name_len(a->zone));
	for (int i = 0; i < 2 && a->rdata[i]; i++) {
		const uint8_t *owner = i && a->second_owner ? a->second_owner : a->owner;
		wr_bytes(&w, owner, name_len(owner));
		wr_u16(&w, a->record_type);
		wr_u16(&w, a->class);
		wr_u32(&w, a->record_ttl);
		wr_u16(&w, a->rdata_len);
		wr_bytes(&w, a->rdata[i], a->rdata_len);
	}
	assert_int_equal(w.err, 0);
	return wr_len(&w);
}

static unsigned judge(const struct key_pair *key, const struct ask *a)
{
	uint8_t message[CAP], signature[CRYPT_SIGNATURE_LEN];
	const struct signing_keys keys = {find, (void *)(uintptr_t)key};
	const size_t len = write_ask(a, message);
	unsigned refusal = signing_sign(&keys, NOW, message, len, signature);
	if (refusal == SIGNING_DONE)
		assert_true(crypt_verify(key->alg, key->public_key, message, len, signature));
	return refusal;
}

static void records_of_the_zone_are_signed(void **state)
{
	(void)state;
	for (unsigned alg = DNSSEC_P256; alg <= DNSSEC_ED25519; alg += 2) {
		const struct key_pair key = make_key(alg, 1);
		struct ask a = usual(&key);
		assert_int_equal(judge(&key, &a), SIGNING_DONE);
		a.rdata[1] = NULL;
		assert_int_equal(judge(&key, &a), SIGNING_DONE);
		a.owner = example;
		a.labels = 2;
		assert_int_equal(judge(&key, &a), SIGNING_DONE);
		a.owner = (const uint8_t *)"\1*\7example\3org";
		assert_int_equal(judge(&key, &a), SIGNING_DONE);
	}
}

/* What a change makes of the usual message. */
#define REFUSED(change, why)                                                                       \
	do {                                                                                       \
		const struct key_pair key = make_key(DNSSEC_P256, 1);                              \
		struct ask a = usual(&key);                                                        \
		assert_int_equal(judge(&key, &a), SIGNING_DONE);                                   \
		change;                                                                            \
		assert_int_equal(judge(&key, &a), why);                                            \
	} while (0)

static void types_of_keys_are_the_signers_own(void **state)
{
	(void)state;
	static const uint16_t types[] = {RR_DNSKEY, RR_CDS, RR_CDNSKEY, RR_RRSIG, RR_SIG, 0, RR_OPT,
		RR_TSIG, RR_ANY, RR_AXFR};
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct key_pair key = make_key(DNSSEC_P256, 1);
		struct ask a = usual(&key);
		static const uint8_t rdata[40] = {1, 1, 3, 13, [18] = 0};
		a.owner = example;
		a.labels = 2;
		a.type = a.record_type = types[i];
		a.rdata[0] = rdata;
		a.rdata[1] = NULL;
		a.rdata_len = sizeof(rdata);
		assert_int_equal(judge(&key, &a), SIGNING_TYPE);
	}
}

static void a_ds_is_of_a_zone_below(void **state)
{
	(void)state;
	const struct key_pair key = make_key(DNSSEC_P256, 1);
	struct ask a = usual(&key);
	static const uint8_t rdata[36] = {1, 1, 13, 2};
	a.type = a.record_type = RR_DS;
	a.rdata[0] = rdata;
	a.rdata[1] = NULL;
	a.rdata_len = sizeof(rdata);
	assert_int_equal(judge(&key, &a), SIGNING_DONE);
	a.owner = example;
	a.labels = 2;
	assert_int_equal(judge(&key, &a), SIGNING_TYPE);
}

static void other_keys_and_zones_are_refused(void **state)
{
	(void)state;
	REFUSED(a.tag++, SIGNING_KEY);
	REFUSED(a.alg = DNSSEC_ED25519, SIGNING_KEY);
	REFUSED(a.zone = (const uint8_t *)"\3org", SIGNING_KEY);
	REFUSED(a.zone = www, SIGNING_KEY);
	REFUSED(a.owner = (const uint8_t *)"\3www\10yexample\3org", SIGNING_OWNER);
	REFUSED((a.owner = (const uint8_t *)"\3org", a.labels = 1), SIGNING_OWNER);
}

static void times_have_bounds(void **state)
{
	(void)state;
	REFUSED(a.expiration = NOW + 15 * DAY + 1, SIGNING_TIME);
	REFUSED(a.expiration = NOW + 1000 * DAY, SIGNING_TIME);
	REFUSED(a.inception = NOW + 3601, SIGNING_TIME);
	REFUSED(a.expiration = a.inception, SIGNING_TIME);
	const struct key_pair key = make_key(DNSSEC_P256, 1);
	struct ask a = usual(&key);
	a.expiration = NOW + 15 * DAY;
	a.inception = NOW + 3600;
	assert_int_equal(judge(&key, &a), SIGNING_DONE);
}

static void what_is_not_canonical_is_refused(void **state)
{
	(void)state;
	const uint8_t *swapped;
	REFUSED((swapped = a.rdata[0], a.rdata[0] = a.rdata[1], a.rdata[1] = swapped),
		SIGNING_MALFORMED);
	REFUSED(a.rdata[1] = a.rdata[0], SIGNING_MALFORMED);
	REFUSED(a.second_owner = example, SIGNING_MALFORMED);
	REFUSED(a.owner = (const uint8_t *)"\3wWw\7example\3org", SIGNING_MALFORMED);
	REFUSED(a.zone = (const uint8_t *)"\7Example\3org", SIGNING_MALFORMED);
	REFUSED(a.record_type = RR_AAAA, SIGNING_MALFORMED);
	REFUSED(a.class = CLASS_CH, SIGNING_MALFORMED);
	REFUSED(a.record_ttl = 61, SIGNING_MALFORMED);
	REFUSED(a.labels = 2, SIGNING_MALFORMED);
	REFUSED(a.labels = 4, SIGNING_MALFORMED);
	REFUSED(a.rdata_len = 3, SIGNING_MALFORMED);
	REFUSED(a.rdata[0] = NULL, SIGNING_MALFORMED);
}

/* Writes a packet with a record. Returns its length. */
static size_t write_packet(uint8_t out[CAP], uint16_t flags, uint16_t type)
{
	struct wr w = wr_init(out, CAP);
	for (int i = 0; i < 6; i++)
		wr_u16(&w, i == 1 ? flags : i == 5);
	wr_bytes(&w, "\1h\5local", 9);
	wr_u16(&w, type);
	wr_u16(&w, CLASS_IN);
	wr_u32(&w, 120);
	wr_u16(&w, 4);
	wr_u32(&w, 0xc0000201);
	return wr_len(&w);
}

static struct signing_host make_host(unsigned alg)
{
	struct signing_host host = {.key = make_key(alg, 5)};
	key_set_flags(&host.key, KEY_FLAGS);
	name_copy(&host.name, (const uint8_t *)"\1h\7example\3org");
	return host;
}

enum { RESPONSE = MSG_QR | MSG_AA, UPDATE = OPCODE_UPDATE << 11 };

static void a_host_signs_packets(void **state)
{
	(void)state;
	static const uint16_t flags[] = {RESPONSE, MSG_QR, UPDATE};
	for (size_t i = 0; i < 2 * ARRAY_LEN(flags); i++) {
		struct signing_host host = make_host(i % 2 ? DNSSEC_P256 : DNSSEC_ED25519);
		uint8_t packet[CAP], key[DNSKEY_CAP];
		struct sig0_rdata rdata;
		struct sig0 sig;
		size_t len = write_packet(packet, flags[i / 2], RR_A);
		const size_t before = len;
		const struct rdata public_key = {key, (uint16_t)key_dnskey(&host.key, key)};
		assert_int_equal(
			signing_sign_packet(&host, NOW, packet, len, &rdata), SIGNING_DONE);
		assert_int_equal(
			sig0_append(packet, &len, before + sig0_room(name_local, rdata.len) - 1,
				name_local, CLASS_IN, rdata.bytes, rdata.len),
			ERR_SPACE);
		assert_int_equal(len, before);
		assert_int_equal(sig0_append(packet, &len, CAP, name_local, CLASS_IN, rdata.bytes,
					 rdata.len),
			0);
		assert_int_equal(len, before + sig0_room(name_local, rdata.len));
		assert_int_equal(get_u16(packet + 10), 2);
		assert_int_equal(sig0_find(packet, len, &sig), 1);
		assert_int_equal(sig.off, before);
		assert_int_equal(sig.inception, NOW - SIGNING_PACKET_BACK_S);
		assert_int_equal(sig.expiration, NOW + SIGNING_PACKET_AHEAD_S);
		assert_true(name_equal(sig.signer.wire, host.name.wire));
		assert_true(sig0_is_by(&sig, public_key));
		assert_int_equal(sig0_verify(packet, &sig, public_key), 0);
		for (size_t at = 0; at < len; at++) {
			packet[at] ^= 0x10;
			if (sig0_find(packet, len, &sig) == 1 && sig0_is_by(&sig, public_key) &&
				sig0_verify(packet, &sig, public_key) == 0 &&
				/* Of the record itself, owner, class and TTL are not signed (RFC 2931 §3). */
				(at < before || at >= before + sizeof(name_local) + 10))
				fail_msg("byte %zu", at);
			packet[at] ^= 0x10;
		}
	}
}

/* Whoever asks: no query, no message that is signed already, nothing that is none. */
static void a_host_signs_nothing_else(void **state)
{
	(void)state;
	static const uint16_t flags[] = {0, MSG_RD, OPCODE_NOTIFY << 11, MSG_QR | UPDATE,
		MSG_QR | OPCODE_NOTIFY << 11, 1 << 11, MSG_QR | 2 << 11, MSG_QR | 15 << 11};
	struct signing_host host = make_host(DNSSEC_ED25519);
	uint8_t packet[CAP];
	struct sig0_rdata rdata;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		assert_int_equal(signing_sign_packet(&host, NOW, packet,
					 write_packet(packet, flags[i], RR_A), &rdata),
			SIGNING_TYPE);
	size_t len = write_packet(packet, RESPONSE, RR_SIG);
	assert_int_equal(signing_sign_packet(&host, NOW, packet, len, &rdata), SIGNING_MALFORMED);
	len = write_packet(packet, UPDATE, RR_TSIG);
	assert_int_equal(signing_sign_packet(&host, NOW, packet, len, &rdata), SIGNING_MALFORMED);
	len = write_packet(packet, RESPONSE, RR_A);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(
			signing_sign_packet(&host, NOW, packet, cut, &rdata), SIGNING_MALFORMED);
	assert_int_equal(
		signing_sign_packet(&host, NOW, packet, len + 1, &rdata), SIGNING_MALFORMED);
	assert_true(host.inception_s == 0);
	/* Neither is its key one that signs records, nor are those of zones ones that sign packets. */
	const struct signing_keys keys = {find, &host.key};
	struct ask a = usual(&host.key);
	a.zone = host.name.wire;
	a.owner = host.name.wire;
	uint8_t message[CAP], signature[CRYPT_SIGNATURE_LEN];
	len = write_ask(&a, message);
	assert_int_equal(signing_sign(&keys, NOW, message, len, signature), SIGNING_KEY);
	put_u16(message, 0);
	assert_int_not_equal(signing_sign(&keys, NOW, message, len, signature), SIGNING_DONE);
}

static void times_of_packets_never_go_back(void **state)
{
	(void)state;
	struct signing_host host = make_host(DNSSEC_ED25519);
	static const struct {
		int64_t at;
		int64_t inception; /* -1: it is refused */
	} steps[] = {{0, -60}, {1, -59}, {1, -59}, {-30, -59}, {-59, -59}, {-60, -1}, {-86400, -1},
		{-58, -59}, {100, 40}, {39, -1}, {40, 40}, {86400, 86340}};
	uint8_t packet[CAP];
	const size_t len = write_packet(packet, RESPONSE, RR_A);
	struct sig0_rdata rdata;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		const uint64_t now = (uint64_t)(NOW + steps[i].at);
		const enum signing_refusal got =
			signing_sign_packet(&host, now, packet, len, &rdata);
		assert_int_equal(got, steps[i].inception == -1 ? SIGNING_TIME : SIGNING_DONE);
		if (got != SIGNING_DONE)
			continue;
		assert_int_equal(get_u32(rdata.bytes + 8), now + 120);
		assert_int_equal(get_u32(rdata.bytes + 12), NOW + steps[i].inception);
	}
	assert_int_equal(
		signing_sign_packet(&host, SIGNING_NEVER, packet, len, &rdata), SIGNING_TIME);
}

static void a_message_that_is_cut_is_refused(void **state)
{
	(void)state;
	const struct key_pair key = make_key(DNSSEC_P256, 1);
	const struct signing_keys keys = {find, (void *)(uintptr_t)&key};
	struct ask a = usual(&key);
	uint8_t message[CAP], signature[CRYPT_SIGNATURE_LEN];
	size_t len = write_ask(&a, message), good = 0;
	for (size_t cut = 0; cut < len; cut++)
		good += signing_sign(&keys, NOW, message, cut, signature) == SIGNING_DONE;
	assert_int_equal(good, 1); /* with the first record only */
}

static void requests_are_answered_in_order(void **state)
{
	(void)state;
	const struct key_pair key = make_key(DNSSEC_ED25519, 1);
	const struct signing_keys keys = {find, (void *)(uintptr_t)&key};
	uint8_t bytes[SIGNING_COUNT_MAX][CAP];
	struct signing_message messages[SIGNING_COUNT_MAX];
	struct signing_result result;
	enum signing_refusal refused;
	struct buf request = {0}, answer = {0};
	for (unsigned i = 0; i < SIGNING_COUNT_MAX; i++) {
		struct ask a = usual(&key);
		a.ttl = a.record_ttl = i;
		a.tag = (uint16_t)(key.tag + (i == 7));
		messages[i] = (struct signing_message){bytes[i], write_ask(&a, bytes[i])};
	}
	assert_int_equal(
		signing_put_request(&request, 0x123456789abcdef0, messages, SIGNING_COUNT_MAX), 0);
	assert_int_equal(signing_answer(&keys, NOW, (uint8_t *)request.bytes, request.len, &answer,
				 &refused),
		0);
	assert_int_equal(refused, SIGNING_KEY);
	assert_int_equal(signing_parse_answer((uint8_t *)answer.bytes, answer.len, &result), 0);
	assert_true(result.ticket == 0x123456789abcdef0);
	assert_int_equal(result.count, SIGNING_COUNT_MAX);
	for (unsigned i = 0; i < SIGNING_COUNT_MAX; i++) {
		assert_int_equal(result.is_refused[i], i == 7);
		if (i != 7)
			assert_true(crypt_verify(key.alg, key.public_key, messages[i].bytes,
				messages[i].len, result.signatures[i]));
	}
	/* Nothing but the whole is an answer, or a request. */
	for (size_t cut = 0; cut < answer.len; cut++)
		assert_int_equal(
			signing_parse_answer((uint8_t *)answer.bytes, cut, &result), ERR_SYNTAX);
	for (size_t cut = 0; cut < request.len; cut += 1 + cut / 64) {
		struct buf none = {0};
		assert_int_equal(
			signing_answer(&keys, NOW, (uint8_t *)request.bytes, cut, &none, &refused),
			ERR_SYNTAX);
		assert_int_equal(none.len, 0);
	}
	buf_fini(&request);
	buf_fini(&answer);
}

static void requests_have_bounds(void **state)
{
	(void)state;
	static uint8_t bytes[SIGNING_MESSAGE_MAX + 1];
	struct signing_message messages[SIGNING_COUNT_MAX + 1];
	struct buf request = {0};
	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		messages[i] = (struct signing_message){bytes, 100};
	assert_int_equal(signing_put_request(&request, 1, messages, 0), ERR_RANGE);
	assert_int_equal(
		signing_put_request(&request, 1, messages, SIGNING_COUNT_MAX + 1), ERR_RANGE);
	messages[1].len = SIGNING_MESSAGE_MAX + 1;
	assert_int_equal(signing_put_request(&request, 1, messages, 2), ERR_RANGE);
	messages[0].len = messages[1].len = SIGNING_MESSAGE_MAX;
	assert_int_equal(signing_put_request(&request, 1, messages, 2), ERR_RANGE);
	assert_int_equal(request.len, 0);
	assert_int_equal(signing_put_request(&request, 1, messages, 1), 0);
	buf_fini(&request);
}

/* The records about keys. */

static void check_signatures(const struct keyset_set *set, uint16_t type,
	const struct key_pair *pairs, unsigned pair_count)
{
	for (unsigned i = 0; i < set->signature_count; i++) {
		const struct rrsig *sig = &set->signatures[i];
		const struct key_pair *key = pairs;
		uint8_t message[CAP];
		struct wr w = wr_init(message, sizeof(message));
		while (key < pairs + pair_count && key->tag != sig->key.tag)
			key++;
		assert_true(key < pairs + pair_count);
		assert_int_equal(sig->labels, 2);
		assert_int_equal(sig->inception, NOW - KEYSET_BACK_S);
		assert_int_equal(sig->expiration, NOW + KEYSET_VALIDITY_S);
		wr_u16(&w, type);
		wr_u8(&w, key->alg);
		wr_u8(&w, 2);
		wr_u32(&w, set->ttl_s);
		wr_u32(&w, sig->expiration);
		wr_u32(&w, sig->inception);
		wr_u16(&w, key->tag);
		wr_bytes(&w, example, sizeof(example));
		for (unsigned r = 0; r < set->count; r++) {
			wr_bytes(&w, example, sizeof(example));
			wr_u16(&w, type);
			wr_u16(&w, CLASS_IN);
			wr_u32(&w, set->ttl_s);
			wr_u16(&w, set->rdata[r].len);
			wr_bytes(&w, set->rdata[r].bytes, set->rdata[r].len);
			if (r > 0)
				assert_true(
					rdata_cmp(set->rdata[r - 1].bytes, set->rdata[r - 1].len,
						set->rdata[r].bytes, set->rdata[r].len) < 0);
		}
		assert_true(
			crypt_verify(key->alg, key->public_key, message, wr_len(&w), sig->bytes));
	}
}

static struct roll one_key(const struct key_pair *key, enum roll_state state)
{
	struct roll r = {.count = 1};
	name_copy(&r.zone, example);
	r.keys[0] = (struct roll_key){.id = {.tag = key->tag, .alg = key->alg}, .state = state};
	return r;
}

static void check_all(const struct keyset *k, const struct key_pair *pairs, unsigned count)
{
	assert_true(keyset_is_sound(k));
	check_signatures(&k->dnskey, RR_DNSKEY, pairs, count);
	check_signatures(&k->cds, RR_CDS, pairs, count);
	check_signatures(&k->cdnskey, RR_CDNSKEY, pairs, count);
}

static void one_key_signs_what_tells_of_it(void **state)
{
	(void)state;
	const struct key_pair key = make_key(DNSSEC_P256, 3);
	struct roll r = one_key(&key, ROLL_PUBLISHED);
	struct keyset k;
	uint8_t ds[DS_LEN];
	keyset_make(&r, &key, 1, 3600, NOW, &k);
	check_all(&k, &key, 1);
	assert_int_equal(k.active_count, 1);
	assert_int_equal(k.dnskey.count, 1);
	assert_int_equal(k.dnskey.signature_count, 1);
	assert_int_equal(k.cds.count + k.cdnskey.count, 0); /* not yet */
	r.keys[0].state = ROLL_SUBMITTED;
	keyset_make(&r, &key, 1, 3600, NOW, &k);
	check_all(&k, &key, 1);
	assert_int_equal(k.cds.count, 1);
	key_ds(&key, example, ds);
	assert_memory_equal(k.cds.rdata[0].bytes, ds, sizeof(ds));
	assert_int_equal(k.cds.rdata[0].len, sizeof(ds));
	assert_int_equal(k.cdnskey.rdata[0].len, k.dnskey.rdata[0].len);
	r.mode = ROLL_UNSIGNING;
	keyset_make(&r, &key, 1, 3600, NOW, &k);
	check_all(&k, &key, 1);
	assert_int_equal(k.cds.count, 1);
	assert_memory_equal(k.cds.rdata[0].bytes, "\0\0\0\0\0", 5);
	assert_memory_equal(k.cdnskey.rdata[0].bytes, "\0\0\3\0\0", 5);
}

static void two_keys_sign_while_one_follows_the_other(void **state)
{
	(void)state;
	for (unsigned alg = DNSSEC_P256; alg <= DNSSEC_ED25519; alg += 2) {
		const struct key_pair pairs[2] = {make_key(alg, 4), make_key(DNSSEC_P256, 5)};
		struct roll r = one_key(&pairs[1], ROLL_ACTIVE);
		struct keyset k;
		const bool is_same = alg == DNSSEC_P256;
		r.count = 2;
		r.keys[1] = (struct roll_key){
			.id = {.tag = pairs[0].tag, .alg = pairs[0].alg}, .state = ROLL_SUBMITTED};
		keyset_make(&r, pairs, 2, 60, NOW, &k);
		check_all(&k, pairs, 2);
		assert_int_equal(k.dnskey.count, 2);
		assert_int_equal(k.dnskey.signature_count, 2);
		assert_int_equal(k.cds.count, 1);
		assert_int_equal(k.cds.signature_count, 2);
		assert_int_equal(k.active_count, is_same ? 1 : 2);
		assert_int_equal(k.active[0].tag, pairs[1].tag);
		assert_memory_equal(k.cds.rdata[0].bytes,
			((uint8_t[]){(uint8_t)(pairs[0].tag >> 8), (uint8_t)pairs[0].tag}), 2);
		r.keys[1].state = ROLL_SIGNING;
		if (is_same)
			continue;
		keyset_make(&r, pairs, 2, 60, NOW, &k);
		check_all(&k, pairs, 2);
		assert_int_equal(k.dnskey.count, 1);
		assert_int_equal(k.dnskey.signature_count, 1);
		assert_int_equal(k.cds.signature_count, 2);
		assert_int_equal(k.active_count, 2);
	}
}

static void an_unsound_keyset_is_found(void **state)
{
	(void)state;
	const struct key_pair key = make_key(DNSSEC_P256, 3);
	const struct roll r = one_key(&key, ROLL_SUBMITTED);
	struct keyset good, bad;
	keyset_make(&r, &key, 1, 3600, NOW, &good);
	assert_true(keyset_is_sound(&good));
#define UNSOUND(change)                                                                            \
	do {                                                                                       \
		bad = good;                                                                        \
		change;                                                                            \
		assert_false(keyset_is_sound(&bad));                                               \
	} while (0)
	UNSOUND(bad.zone.len--);
	UNSOUND(bad.zone.wire[0] = 0xc0);
	UNSOUND(bad.active_count = 3);
	UNSOUND(bad.dnskey.count = 3);
	UNSOUND(bad.dnskey.signature_count = 3);
	UNSOUND(bad.dnskey.signature_count = 0);
	UNSOUND(bad.cds.rdata[0].len = DNSKEY_CAP + 1);
}

/* What the parent has. */

static size_t write_answer(
	uint8_t *out, uint16_t flags, const uint8_t (*ds)[DS_LEN], unsigned count, size_t ds_len)
{
	struct wr w = wr_init(out, CAP);
	wr_u16(&w, 1);
	wr_u16(&w, flags);
	wr_u16(&w, 1);
	wr_u16(&w, (uint16_t)count);
	wr_u32(&w, 0);
	wr_bytes(&w, example, sizeof(example));
	wr_u16(&w, RR_DS);
	wr_u16(&w, CLASS_IN);
	for (unsigned i = 0; i < count; i++) {
		wr_u16(&w, 0xc00c);
		wr_u16(&w, RR_DS);
		wr_u16(&w, CLASS_IN);
		wr_u32(&w, 60);
		wr_u16(&w, (uint16_t)ds_len);
		wr_bytes(&w, ds[i], ds_len);
	}
	assert_int_equal(w.err, 0);
	return wr_len(&w);
}

static void the_parent_has_the_ds_or_not(void **state)
{
	(void)state;
	const struct key_pair key = make_key(DNSSEC_P256, 3), other = make_key(DNSSEC_P256, 4);
	uint8_t msg[CAP], ds[DS_ANSWER_MAX + 1][DS_LEN];
	struct ds_answer a;
	struct name zone;
	name_copy(&zone, (const uint8_t *)"\7Example\3ORG");
	for (size_t i = 0; i < ARRAY_LEN(ds); i++)
		key_ds(i == 1 ? &other : &key, example, ds[i]);
#define ANSWER(flags, count, ds_len)                                                               \
	ds_answer_parse(msg,                                                                       \
		write_answer(msg, flags, (const uint8_t(*)[DS_LEN])ds, count, ds_len), &zone, &a)
	ANSWER(0x8180, 1, DS_LEN);
	assert_true(a.is_known && a.count == 1 && name_equal(a.zone.wire, example));
	assert_true(ds_answer_is_of(&a, &key));
	assert_false(ds_answer_is_of(&a, &other));
	ANSWER(0x8180, 2, DS_LEN); /* the old one is there still */
	assert_true(a.is_known && a.count == 2);
	assert_false(ds_answer_is_of(&a, &key) || ds_answer_is_of(&a, &other));
	ANSWER(0x8180, 0, DS_LEN);
	assert_true(a.is_known && a.count == 0);
	assert_false(ds_answer_is_of(&a, &key));
	ANSWER(0x8180, 1, 3);
	assert_false(a.is_known);
	ANSWER(0x8180, DS_ANSWER_MAX + 1, DS_LEN);
	assert_false(a.is_known);
	ANSWER(0x8182, 0, DS_LEN); /* SERVFAIL */
	assert_false(a.is_known);
	ANSWER(0x0180, 0, DS_LEN); /* a question */
	assert_false(a.is_known);
	ANSWER(0x8380, 0, DS_LEN); /* cut */
	assert_false(a.is_known);
	ds[0][4] ^= 1;
	ANSWER(0x8180, 1, DS_LEN);
	assert_false(ds_answer_is_of(&a, &key));
	ds[0][3] = 4; /* another digest */
	ANSWER(0x8180, 1, DS_LEN);
	assert_true(ds_answer_is_of(&a, &key));
	const size_t len = write_answer(msg, 0x8180, (const uint8_t(*)[DS_LEN])ds, 1, DS_LEN);
	for (size_t cut = 0; cut < len; cut++) {
		ds_answer_parse(msg, cut, &zone, &a);
		assert_false(a.is_known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_the_zone_are_signed),
		cmocka_unit_test(types_of_keys_are_the_signers_own),
		cmocka_unit_test(a_ds_is_of_a_zone_below),
		cmocka_unit_test(other_keys_and_zones_are_refused),
		cmocka_unit_test(times_have_bounds),
		cmocka_unit_test(what_is_not_canonical_is_refused),
		cmocka_unit_test(a_host_signs_packets),
		cmocka_unit_test(a_host_signs_nothing_else),
		cmocka_unit_test(times_of_packets_never_go_back),
		cmocka_unit_test(a_message_that_is_cut_is_refused),
		cmocka_unit_test(requests_are_answered_in_order),
		cmocka_unit_test(requests_have_bounds),
		cmocka_unit_test(one_key_signs_what_tells_of_it),
		cmocka_unit_test(two_keys_sign_while_one_follows_the_other),
		cmocka_unit_test(an_unsound_keyset_is_found),
		cmocka_unit_test(the_parent_has_the_ds_or_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
