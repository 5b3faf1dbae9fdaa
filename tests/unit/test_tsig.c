/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of TSIG, its keys, and the first check that recognizes signed queries.
 * Never compares with other implementations: tests/net/test_transfer.py does. Run by `make check`.
 */
#include "transfer/tsig.h"

#include <stdio.h>
#include <string.h>

#include "transfer/request.h"
#include "unit.h"
#include "wire/pack.h"

enum { NOW = 1700000000, CAP = 2048 };

static const char secret[] = "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMgbG9uZw==";

static struct tsig_key key_of(const char *name, const char *alg)
{
	struct tsig_key key;
	char text[256];
	snprintf(text, sizeof(text), "%s:%s:%s", name, alg, secret);
	assert_null(tsig_key_parse(text, &key));
	return key;
}

/* A query for the SOA of "example.". */
static size_t make_query(uint8_t *out)
{
	static const uint8_t example[] = "\7example";
	struct pack p;
	pack_init(&p, out, CAP, 0x1234, MSG_RD);
	assert_int_equal(pack_question(&p, example, RR_SOA, CLASS_IN), 0);
	return p.len;
}

static size_t make_signed(const struct tsig_key *key, struct tsig *t, uint8_t *out)
{
	size_t len = tsig_sign_request(t, key, out, make_query(out), CAP, NOW);
	assert_true(len > 0);
	return len;
}

static unsigned verify(const struct tsig_key *keys, const uint8_t *msg, size_t len, uint64_t now_s,
	struct tsig *ret)
{
	struct tsig_rr rr;
	assert_int_equal(tsig_find(msg, len, &rr), 1);
	assert_int_equal(tsig_verify_request(keys, 1, msg, &rr, now_s, ret), 0);
	return ret->error;
}

static void keys_are_read_from_text(void **state)
{
	(void)state;
	struct tsig_key key = key_of("Key.Example.", "HMAC-SHA512");
	assert_int_equal(key.alg, TSIG_HMAC_SHA512);
	assert_int_equal(key.secret_len, 34);
	assert_memory_equal(key.secret, "secret of the tests, 32 bytes long", 34);
	assert_memory_equal(key.name.wire, "\3key\7example", 13);
	assert_null(tsig_key_parse("k:hmac-sha1:YQ==", &key));
	assert_int_equal(key.secret_len, 1);
	assert_null(tsig_key_parse("k:hmac-sha1:YWJj", &key));
	assert_memory_equal(key.secret, "abc", 3);
}

static void faulty_keys_are_told_without_the_secret(void **state)
{
	(void)state;
	struct tsig_key key;
	static const char *const faulty[] = {"", "k", "k:hmac-sha256",
		"k:hmac-sha256:", ":hmac-sha256:YQ==", "k:hmac-md5:YQ==", "k:hmac-sha256:Y",
		"k:hmac-sha256:YQ=", "k:hmac-sha256:YQ==x",
		"k:hmac-sha256:Y!==", "..:hmac-sha256:YQ=="};
	for (size_t i = 0; i < ARRAY_LEN(faulty); i++) {
		const char *wrong = tsig_key_parse(faulty[i], &key);
		assert_non_null(wrong);
		assert_null(strstr(wrong, "YQ"));
	}
}

static void requests_and_replies_verify_with_each_algorithm(void **state)
{
	(void)state;
	static const char *const algs[TSIG_ALG_COUNT] = {
		"hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"};
	for (int alg = 0; alg < TSIG_ALG_COUNT; alg++) {
		uint8_t msg[CAP];
		struct tsig ours, theirs;
		struct tsig_key key = key_of("k", algs[alg]);
		size_t len = make_signed(&key, &ours, msg);
		assert_int_equal(verify(&key, msg, len, NOW, &theirs), TSIG_NOERROR);
		uint8_t reply[CAP];
		size_t reply_len = make_query(reply);
		reply_len = tsig_sign_reply(&theirs, reply, reply_len, CAP, NOW);
		assert_true(reply_len > 0);
		assert_true(tsig_verify_reply(&ours, reply, reply_len, NOW));
		reply[13] ^= 0x20;
		assert_false(tsig_verify_reply(&ours, reply, reply_len, NOW));
	}
}

/* Each bit of a signed message counts, except those of the id, which TSIG repeats. */
static void no_bit_can_be_changed(void **state)
{
	(void)state;
	uint8_t msg[CAP], changed[CAP];
	struct tsig ours, theirs;
	struct tsig_key key = key_of("k", "hmac-sha256");
	size_t len = make_signed(&key, &ours, msg);
	for (size_t bit = 16; bit < 8 * len; bit++) {
		struct tsig_rr rr;
		memcpy(changed, msg, len);
		changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (tsig_find(changed, len, &rr) != 1)
			continue;
		if (tsig_verify_request(&key, 1, changed, &rr, NOW, &theirs))
			continue;
		/* Names are compared without case, so the key's name in another case is the
		 * same. */
		bool is_same = name_equal(rr.key.wire, key.name.wire) &&
			       changed[bit / 8] != msg[bit / 8] &&
			       (changed[bit / 8] ^ msg[bit / 8]) == 0x20 &&
			       theirs.error == TSIG_NOERROR;
		assert_true(theirs.error != TSIG_NOERROR || is_same);
	}
}

/* RFC 8945 §5.2.3: BADTIME is signed, has our time and, in the other data, the server's. */
static void clocks_that_are_apart_are_told_by_how_much(void **state)
{
	(void)state;
	uint8_t msg[CAP], reply[CAP];
	struct tsig ours, theirs;
	int64_t ahead_s = 1;
	struct tsig_key key = key_of("k", "hmac-sha256");
	const uint64_t clocks[] = {NOW + 4000, NOW - 4000};
	for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
		size_t len = make_signed(&key, &ours, msg);
		assert_int_equal(verify(&key, msg, len, clocks[i], &theirs), TSIG_BADTIME);
		len = tsig_sign_reply(&theirs, reply, make_query(reply), CAP, clocks[i]);
		assert_int_equal(tsig_check_reply(&ours, reply, len, NOW, &ahead_s), TSIG_BADTIME);
		assert_int_equal(ahead_s, (int64_t)(clocks[i] - NOW));
		reply[13] ^= 0x20; /* from a sender without the key */
		assert_int_equal(tsig_check_reply(&ours, reply, len, NOW, &ahead_s), ERR_ABSENT);
	}
	/* A server with another time that does not check times. */
	size_t len = make_signed(&key, &ours, msg);
	assert_int_equal(verify(&key, msg, len, NOW, &theirs), TSIG_NOERROR);
	len = tsig_sign_reply(&theirs, reply, make_query(reply), CAP, NOW + 500);
	assert_int_equal(tsig_check_reply(&ours, reply, len, NOW, &ahead_s), TSIG_BADTIME);
	assert_int_equal(ahead_s, 500);
}

static void errors_without_a_signature_are_told_and_not_trusted(void **state)
{
	(void)state;
	uint8_t msg[CAP], reply[CAP];
	struct tsig ours, theirs;
	int64_t ahead_s;
	struct tsig_key key = key_of("k", "hmac-sha256"), other = key_of("other", "hmac-sha256");
	size_t len = make_signed(&key, &ours, msg);
	assert_int_equal(verify(&other, msg, len, NOW, &theirs), TSIG_BADKEY);
	len = tsig_sign_reply(&theirs, reply, make_query(reply), CAP, NOW);
	assert_int_equal(tsig_check_reply(&ours, reply, len, NOW, &ahead_s), TSIG_BADKEY);
	assert_false(tsig_verify_reply(&ours, reply, len, NOW));
	assert_int_equal(
		tsig_check_reply(&ours, reply, make_query(reply), NOW, &ahead_s), ERR_ABSENT);
}

static void errors_are_told_in_the_order_of_the_rfc(void **state)
{
	(void)state;
	uint8_t msg[CAP];
	struct tsig ours, theirs;
	struct tsig_key key = key_of("k", "hmac-sha256"), other = key_of("other", "hmac-sha256");
	struct tsig_key alg = key_of("k", "hmac-sha512"), wrong = key;
	size_t len = make_signed(&key, &ours, msg);
	wrong.secret[0] ^= 1;
	assert_int_equal(verify(&other, msg, len, NOW, &theirs), TSIG_BADKEY);
	assert_int_equal(verify(&alg, msg, len, NOW, &theirs), TSIG_BADKEY);
	assert_int_equal(verify(&wrong, msg, len, NOW + 1000, &theirs), TSIG_BADSIG);
	assert_int_equal(verify(&key, msg, len, NOW + LIMIT_TSIG_FUDGE_S, &theirs), TSIG_NOERROR);
	assert_int_equal(
		verify(&key, msg, len, NOW + LIMIT_TSIG_FUDGE_S + 1, &theirs), TSIG_BADTIME);
	assert_int_equal(
		verify(&key, msg, len, NOW - LIMIT_TSIG_FUDGE_S - 1, &theirs), TSIG_BADTIME);
}

static void truncated_macs_are_badtrunc_and_shorter_ones_formerr(void **state)
{
	(void)state;
	uint8_t msg[CAP];
	struct tsig ours, theirs;
	struct tsig_rr rr;
	struct tsig_key key = key_of("k", "hmac-sha256");
	size_t len = make_signed(&key, &ours, msg);
	assert_int_equal(tsig_find(msg, len, &rr), 1);
	rr.mac_len = 16;
	assert_int_equal(tsig_verify_request(&key, 1, msg, &rr, NOW, &theirs), 0);
	assert_int_equal(theirs.error, TSIG_BADTRUNC);
	for (unsigned mac_len = 0; mac_len < 16; mac_len++) {
		rr.mac_len = (uint16_t)mac_len;
		assert_int_equal(tsig_verify_request(&key, 1, msg, &rr, NOW, &theirs), ERR_SYNTAX);
	}
}

static void replies_to_bad_keys_and_signatures_are_not_signed(void **state)
{
	(void)state;
	uint8_t msg[CAP], reply[CAP];
	struct tsig ours, theirs;
	struct tsig_rr rr;
	struct tsig_key key = key_of("k", "hmac-sha256"), other = key_of("other", "hmac-sha256");
	size_t len = make_signed(&key, &ours, msg);
	assert_int_equal(verify(&other, msg, len, NOW, &theirs), TSIG_BADKEY);
	len = tsig_sign_reply(&theirs, reply, make_query(reply), CAP, NOW);
	assert_int_equal(tsig_find(reply, len, &rr), 1);
	assert_int_equal(rr.mac_len, 0);
	assert_int_equal(rr.error, TSIG_BADKEY);
	assert_true(name_equal(rr.key.wire, key.name.wire));
}

static void badtime_is_signed_and_tells_our_time(void **state)
{
	(void)state;
	uint8_t msg[CAP], reply[CAP];
	struct tsig ours, theirs;
	struct tsig_rr rr;
	struct tsig_key key = key_of("k", "hmac-sha256");
	size_t len = make_signed(&key, &ours, msg);
	assert_int_equal(verify(&key, msg, len, NOW + 5000, &theirs), TSIG_BADTIME);
	len = tsig_sign_reply(&theirs, reply, make_query(reply), CAP, NOW + 5000);
	assert_int_equal(tsig_find(reply, len, &rr), 1);
	assert_int_equal(rr.mac_len, 32);
	assert_int_equal(rr.time_s, NOW);
	assert_int_equal(rr.other_len, 6);
	assert_int_equal(get_u32(rr.other + 2), NOW + 5000);
}

static void the_record_must_be_the_last(void **state)
{
	(void)state;
	static const uint8_t opt[] = {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0};
	uint8_t msg[CAP];
	struct tsig ours;
	struct tsig_rr rr;
	struct request request;
	struct tsig_key key = key_of("k", "hmac-sha256");
	size_t len = make_signed(&key, &ours, msg);
	memcpy(msg + len, opt, sizeof(opt));
	msg[11]++;
	assert_int_equal(tsig_find(msg, len + sizeof(opt), &rr), ERR_SYNTAX);
	assert_int_equal(request_parse(msg, len + sizeof(opt), &request), ERR_SYNTAX);
}

/* RFC 3225 §3, RFC 6891 §6.1.1. */
static void a_refusal_has_the_edns_of_its_query(void **state)
{
	(void)state;
	static const uint8_t opt[] = {0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0};
	uint8_t msg[CAP], reply[CAP];
	struct request request;
	size_t len = make_query(msg);
	memcpy(msg + len, opt, sizeof(opt));
	msg[11]++;
	assert_int_equal(request_parse(msg, len + sizeof(opt), &request), 0);
	assert_int_equal(
		request_refuse(&request, msg, RCODE_REFUSED, reply, CAP), len + sizeof(opt));
	assert_memory_equal(reply + len, opt, sizeof(opt));
	msg[len + 7] = 0;
	assert_int_equal(request_parse(msg, len + sizeof(opt), &request), 0);
	assert_int_equal(
		request_refuse(&request, msg, RCODE_REFUSED, reply, CAP), len + sizeof(opt));
	assert_int_equal(reply[len + 7], 0);
}

static void a_record_that_does_not_fit_leaves_the_message_as_it_was(void **state)
{
	(void)state;
	uint8_t msg[CAP], before[CAP];
	struct tsig t;
	struct tsig_key key = key_of("k", "hmac-sha256");
	size_t len = make_query(msg);
	for (size_t cap = len; cap < len + 70; cap++) {
		memcpy(before, msg, 12);
		assert_int_equal(tsig_sign_request(&t, &key, msg, len, cap, NOW), 0);
		assert_memory_equal(msg, before, 12);
	}
}

/* The first check of each query: recognizes what concerns transfers, and passes nearly all
 * others. */
static void the_first_look_sees_what_concerns_us(void **state)
{
	(void)state;
	static const uint8_t www[] = "\3www\7example";
	static const uint8_t cookie[] = {
		0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 12, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	static const struct {
		uint16_t type;
		bool is_ours;
	} types[] = {{RR_A, false}, {RR_AAAA, false}, {RR_ANY, false}, {RR_SOA, true},
		{RR_AXFR, true}, {RR_IXFR, true}};
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		uint8_t msg[CAP];
		struct pack p;
		struct tsig t;
		struct tsig_key key = key_of("k", "hmac-sha256");
		pack_init(&p, msg, CAP, 1, 0);
		assert_int_equal(pack_question(&p, www, types[i].type, CLASS_IN), 0);
		size_t len = p.len;
		assert_int_equal(request_concerns(msg, len), types[i].is_ours);
		memcpy(msg + len, cookie, 11);
		msg[len + 10] = 0;
		msg[11] = 1;
		assert_int_equal(request_concerns(msg, len + 11), types[i].is_ours);
		memcpy(msg + len, cookie, sizeof(cookie));
		assert_int_equal(request_concerns(msg, len + sizeof(cookie)), types[i].is_ours);
		size_t whole = tsig_sign_request(&t, &key, msg, len + sizeof(cookie), CAP, NOW);
		assert_true(request_concerns(msg, whole));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read_from_text),
		cmocka_unit_test(faulty_keys_are_told_without_the_secret),
		cmocka_unit_test(requests_and_replies_verify_with_each_algorithm),
		cmocka_unit_test(no_bit_can_be_changed),
		cmocka_unit_test(clocks_that_are_apart_are_told_by_how_much),
		cmocka_unit_test(errors_without_a_signature_are_told_and_not_trusted),
		cmocka_unit_test(errors_are_told_in_the_order_of_the_rfc),
		cmocka_unit_test(truncated_macs_are_badtrunc_and_shorter_ones_formerr),
		cmocka_unit_test(replies_to_bad_keys_and_signatures_are_not_signed),
		cmocka_unit_test(badtime_is_signed_and_tells_our_time),
		cmocka_unit_test(the_record_must_be_the_last),
		cmocka_unit_test(a_refusal_has_the_edns_of_its_query),
		cmocka_unit_test(a_record_that_does_not_fit_leaves_the_message_as_it_was),
		cmocka_unit_test(the_first_look_sees_what_concerns_us),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
