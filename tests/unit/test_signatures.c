/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of signatures that outlive the daemon: what one run keeps, the next one takes, if it is still right, and
 * when they are written. The signer has real keys; the keeper is a buffer.
 * Never writes a file: tests/net/test_signatures.py does. Run by `make check`.
 */
#include "ontap-zone/signatures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/siphash.h"
#include "dnssec/signing.h"
#include "io/loop.h"
#include "unit.h"
#include "wire/rr.h"

enum { NOW = 1800000000, DAY = 86400, NAMES = 700, ENTRY_LEN = 88, BLOCKS_AT = 16 };
#define PAUSE_LEAST (3600 * NS_PER_S)

static const uint8_t apex[] = "\4zone";

/* The keeper: what it was sent, and its file. */
static struct buf sent, file;
static unsigned files_ended, files_dropped;
static bool is_full;

void keeper_write_signatures(struct keeper *k UNUSED, bool is_last, const char *bytes, size_t len)
{
	assert_int_equal(files_ended, 0);
	buf_add(&sent, bytes, len);
	files_ended += is_last;
}

void keeper_drop_signatures(struct keeper *k UNUSED)
{
	buf_clear(&sent);
	files_dropped++;
}

bool keeper_is_full(const struct keeper *k UNUSED)
{
	return is_full;
}

int keeper_send_all(struct keeper *k UNUSED)
{
	is_full = false;
	return 0;
}

/* A run of the daemon. */
struct run {
	struct zone *zone;
	struct signatures *signatures;
	struct keeper *keeper;
	struct key_pair key;
	struct log log;
	struct buf said; /* logged */
	uint32_t now_s;
	unsigned asked, taken;
};

static const struct key_pair *find_key(
	void *arg, const uint8_t *zone UNUSED, unsigned alg, unsigned tag)
{
	const struct run *run = arg;
	return run->key.alg == alg && run->key.tag == tag ? &run->key : NULL;
}

static void on_taken(void *arg)
{
	struct run *run = arg;
	run->taken++;
}

static void put_address(struct run *run, unsigned number, uint8_t last)
{
	struct name name;
	char label[16];
	const uint8_t bytes[4] = {192, 0, 2, last};
	const struct rdata rdata = {bytes, sizeof(bytes)};
	const struct rrset set = {
		.type = RR_A, .view = VIEW_ANY, .ttl = 60, .count = 1, .rdata = &rdata};
	snprintf(label, sizeof(label), "n%u", number);
	assert_int_equal(name_from_text(label, apex, &name), 0);
	assert_int_equal(zone_put(run->zone, ZONE_DERIVED, name.wire, &set, 1), 0);
}

static void add_apex(struct zone *z)
{
	const struct zone_apex a = {.name = apex,
		.mname = apex,
		.rname = apex,
		.refresh_s = 1,
		.retry_s = 1,
		.expire_s = 1,
		.minimum_s = 60,
		.ttl_s = 60};
	assert_int_equal(zone_add_apex(z, &a), 0);
}

static void set_keys(struct run *run)
{
	struct keyset set = {.active_count = 1, .active = {{run->key.tag, run->key.alg}}};
	struct zone_keys keys = {.active_count = 1, .set_count = 1};
	name_copy(&set.zone, apex);
	set.dnskey.count = 1;
	set.dnskey.rdata[0].len = (uint8_t)key_dnskey(&run->key, set.dnskey.rdata[0].bytes);
	signatures_keys(run->signatures, &set);
	const struct rdata rdata = {set.dnskey.rdata[0].bytes, set.dnskey.rdata[0].len};
	keys.active[0] = set.active[0];
	keys.sets[0] = (struct zone_key_set){.set = {.type = RR_DNSKEY,
						     .view = VIEW_ANY,
						     .ttl = 60,
						     .count = 1,
						     .rdata = &rdata},
		.sigs = {{.key = set.active[0], .expiration = UINT32_MAX}},
		.sig_count = 1};
	assert_int_equal(zone_set_keys(run->zone, apex, &keys), 0);
}

static void begin(struct run *run, unsigned alg, uint8_t secret_byte)
{
	uint8_t secret[CRYPT_SECRET_LEN];
	*run = (struct run){.now_s = NOW};
	run->log = (struct log){.fd = -1, .threshold = LOG_LEVEL_DEBUG, .copy = &run->said};
	memset(secret, secret_byte, sizeof(secret));
	assert_int_equal(key_from_secret(alg, secret, &run->key), 0);
	run->zone = zone_new(7, (struct zone_listener){0});
	run->keeper = (struct keeper *)&is_full; /* never looked into */
	run->signatures = signatures_new(&(struct signatures_config){.zone = run->zone,
		.keeper = &run->keeper,
		.log = &run->log,
		.on_taken = on_taken,
		.arg = run});
	assert_non_null(run->signatures);
	add_apex(run->zone);
	assert_int_equal(zone_sign(run->zone, apex), 0);
	set_keys(run);
	for (unsigned i = 0; i < NAMES; i++)
		put_address(run, i, 1);
}

static void end(struct run *run)
{
	signatures_free(run->signatures);
	zone_free(run->zone);
	buf_fini(&run->said);
}

/* What the signer does with a request. */
static void sign(struct run *run, const struct zone_request *request)
{
	const struct signing_keys keys = {find_key, run};
	uint8_t sigs[ZONE_REQUEST_MAX][RRSIG_BYTES];
	bool is_refused[ZONE_REQUEST_MAX];
	for (size_t i = 0; i < request->count; i++) {
		is_refused[i] = signing_sign(&keys, run->now_s, request->messages[i].bytes,
					request->messages[i].len, sigs[i]) != SIGNING_DONE;
		assert_false(is_refused[i]);
	}
	zone_signed(run->zone, request->ticket, (const uint8_t(*)[RRSIG_BYTES])sigs, is_refused,
		request->count);
	signatures_made(run->signatures, request->count);
	run->asked += (unsigned)request->count;
}

/* Until nothing waits. */
static void work(struct run *run)
{
	struct zone_request request;
	unsigned turns = 0;
	zone_set_clock(run->zone, run->now_s);
	do {
		assert_true(++turns < 1000);
		zone_garbage_free(zone_commit(run->zone, run->now_s));
		while (zone_next_request(run->zone, &request))
			sign(run, &request);
	} while (zone_is_signing(run->zone));
}

static uint64_t kept(const struct run *run)
{
	struct zone_sign_stats stats;
	assert_int_equal(zone_sign_stats(run->zone, apex, &stats), 0);
	return stats.kept;
}

/* Verifies all that is published. */
struct verifying {
	const struct run *run;
	uint32_t made_after_s;
	unsigned count, wrong, before;
};

static void verify(void *arg, const struct zone_message *message, const struct rrsig *sig)
{
	struct verifying *v = arg;
	const bool is_of_keys = get_u16(message->bytes) == RR_DNSKEY;
	v->count++;
	v->before += !is_of_keys && sig->inception + 3600 <= v->made_after_s;
	v->wrong += !is_of_keys && !crypt_verify(v->run->key.alg, v->run->key.public_key,
					   message->bytes, message->len, sig->bytes);
}

static struct verifying verify_all(const struct run *run, uint32_t made_after_s)
{
	struct verifying v = {.run = run, .made_after_s = made_after_s};
	struct name at;
	name_copy(&at, name_root);
	while (zone_each_signature(run->zone, apex, &at, 50, verify, &v) > 0)
		;
	assert_true(v.count > 2 * NAMES);
	return v;
}

static unsigned count_wrong(const struct run *run)
{
	return verify_all(run, 0).wrong;
}

/* Those that were made at that time or before. */
static unsigned count_before(const struct run *run, uint32_t s)
{
	return verify_all(run, s).before;
}

/* The keeper has written all of it. */
static void take_file(void)
{
	assert_int_equal(files_ended, 1);
	files_ended = 0;
	buf_fini(&file);
	buf_add(&file, sent.bytes, sent.len);
	buf_clear(&sent);
}

/* Goes on until the keeper has the whole file. */
static void write_on(struct run *run)
{
	for (unsigned turns = 0; files_ended == 0; turns++) {
		assert_true(turns < 1000);
		const ns_t at = signatures_deadline(run->signatures);
		assert_true(at != NS_NEVER);
		signatures_poll(run->signatures, ns_max(at, loop_now()));
	}
	take_file();
}

static void write_file(struct run *run)
{
	write_on(run);
	signatures_written(run->signatures, 0);
}

/* A first run, whose file is there then. */
static void first_run(unsigned alg, uint8_t secret)
{
	struct run run;
	begin(&run, alg, secret);
	work(&run);
	assert_int_equal(kept(&run), 0);
	signatures_open(run.signatures);
	write_file(&run);
	end(&run);
}

static void load(struct run *run)
{
	struct buf copy = {0};
	buf_add(&copy, file.bytes, file.len);
	signatures_load(run->signatures, &copy);
}

static bool has_logged(const struct run *run, const char *text)
{
	return strstr(buf_text(&run->said), text) != NULL;
}

static void the_next_run_signs_only_what_is_new(void **state UNUSED)
{
	static const unsigned algs[] = {DNSSEC_P256, DNSSEC_ED25519};
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		struct run run;
		first_run(algs[i], 1);
		begin(&run, algs[i], 1);
		run.now_s += DAY;
		load(&run);
		put_address(&run, 3, 9);
		work(&run);
		assert_in_range(run.asked, 1, 6);
		assert_true(kept(&run) > 2 * NAMES - 6);
		assert_true(run.taken >= kept(&run));
		assert_int_equal(count_wrong(&run), 0);
		signatures_open(run.signatures);
		assert_true(has_logged(&run, "all is signed: kept=14"));
		assert_int_equal(signatures_deadline(run.signatures), NS_NEVER);
		/* Nothing more is taken: the map is freed. */
		const uint64_t before = kept(&run);
		put_address(&run, 3, 1);
		work(&run);
		assert_int_equal(kept(&run), before);
		end(&run);
	}
}

static void those_of_another_key_are_not_taken(void **state UNUSED)
{
	struct run run;
	first_run(DNSSEC_P256, 1);
	begin(&run, DNSSEC_P256, 2);
	load(&run);
	work(&run);
	assert_int_equal(kept(&run), 0);
	assert_int_equal(count_wrong(&run), 0);
	end(&run);
}

/* Too old, or of the future: as any signature. */
static void times_are_looked_at(void **state UNUSED)
{
	static const int days[] = {9, 20, 400, -1, -400};
	first_run(DNSSEC_ED25519, 1);
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		struct run run;
		begin(&run, DNSSEC_ED25519, 1);
		run.now_s += (uint32_t)(days[i] * DAY);
		load(&run);
		work(&run);
		assert_int_equal(kept(&run), 0);
		assert_int_equal(count_wrong(&run), 0);
		end(&run);
	}
}

static void half_of_a_file_is_used(void **state UNUSED)
{
	struct run run;
	first_run(DNSSEC_ED25519, 1);
	file.len /= 2;
	begin(&run, DNSSEC_ED25519, 1);
	load(&run);
	work(&run);
	assert_in_range(kept(&run), NAMES / 2, NAMES);
	assert_int_equal(count_wrong(&run), 0);
	assert_true(has_logged(&run, "kept signatures are damaged"));
	end(&run);
}

/* Changes signatures and makes the checksums right: those from there on, each so many. */
static void forge(size_t from, size_t each)
{
	static const uint8_t checksum_key[SIPHASH_KEY_LEN] = "ontap signed  1";
	size_t number = 0;
	for (size_t at = BLOCKS_AT; at < file.len;) {
		uint8_t *block = (uint8_t *)file.bytes + at;
		const uint32_t count = get_u32(block);
		for (uint32_t i = 0; i < count; i++, number++)
			if (number >= from && number % each == 0)
				block[4 + i * ENTRY_LEN + ENTRY_LEN - 1] ^= 1;
		const size_t len = 4 + (size_t)count * ENTRY_LEN;
		const uint64_t sum = siphash(checksum_key, block, len);
		put_u32(block + len, (uint32_t)(sum >> 32));
		put_u32(block + len + 4, (uint32_t)sum);
		at += len + SIPHASH_LEN;
	}
}

static void a_wrong_one_among_the_first_is_not_served(void **state UNUSED)
{
	struct run run;
	first_run(DNSSEC_ED25519, 1);
	forge(0, 1);
	begin(&run, DNSSEC_ED25519, 1);
	load(&run);
	work(&run);
	assert_int_equal(kept(&run), 0);
	assert_int_equal(count_wrong(&run), 0);
	assert_true(has_logged(&run, "kept signatures are wrong"));
	end(&run);
}

/* It may be found only after some were taken: then these are made anew, soon. */
static void a_wrong_one_later_makes_all_be_made_anew(void **state UNUSED)
{
	struct run run;
	first_run(DNSSEC_ED25519, 1);
	forge(0, 20);
	begin(&run, DNSSEC_ED25519, 1);
	run.now_s += 60;
	load(&run);
	work(&run);
	assert_true(kept(&run) > 0 && kept(&run) < 64);
	assert_int_equal(count_before(&run, NOW), kept(&run));
	assert_true(has_logged(&run, "kept signatures are wrong"));
	for (unsigned seconds = 0; seconds < 10; seconds++) {
		run.now_s++;
		zone_set_clock(run.zone, run.now_s);
		(void)zone_refresh(run.zone);
		work(&run);
	}
	assert_int_equal(count_before(&run, NOW), 0);
	assert_int_equal(count_wrong(&run), 0);
	end(&run);
}

/* When it is written. */

static void few_are_not_written(void **state UNUSED)
{
	struct run run;
	begin(&run, DNSSEC_ED25519, 1);
	signatures_made(run.signatures, 999);
	assert_int_equal(signatures_deadline(run.signatures), NS_NEVER);
	zone_set_clock(run.zone, run.now_s);
	signatures_open(run.signatures);
	signatures_finish(run.signatures);
	assert_int_equal(sent.len, 0);
	end(&run);
}

static void a_file_is_written_when_much_is_new(void **state UNUSED)
{
	struct run run;
	begin(&run, DNSSEC_ED25519, 1);
	work(&run);
	assert_int_equal(signatures_deadline(run.signatures), NS_NEVER); /* not ready */
	signatures_open(run.signatures);
	write_file(&run);
	assert_int_equal(signatures_deadline(run.signatures), NS_NEVER);
	signatures_made(run.signatures, 999);
	assert_int_equal(signatures_deadline(run.signatures), NS_NEVER);
	signatures_made(run.signatures, 1);
	const ns_t next = signatures_deadline(run.signatures);
	assert_true(next > loop_now() + PAUSE_LEAST && next != NS_NEVER);
	signatures_poll(run.signatures, loop_now());
	assert_int_equal(sent.len, 0);
	/* At the end there is no pause. */
	is_full = true;
	signatures_finish(run.signatures);
	take_file();
	end(&run);
}

/* A keeper that is busy is not given more. */
static void a_busy_keeper_is_waited_for(void **state UNUSED)
{
	struct run run;
	begin(&run, DNSSEC_ED25519, 1);
	work(&run);
	signatures_open(run.signatures);
	signatures_poll(run.signatures, loop_now());
	const size_t before = sent.len;
	is_full = true;
	assert_int_equal(signatures_deadline(run.signatures), NS_NEVER);
	signatures_poll(run.signatures, loop_now() + NS_PER_S);
	assert_int_equal(sent.len, before);
	is_full = false;
	write_file(&run);
	end(&run);
}

static void what_fails_is_tried_again(void **state UNUSED)
{
	struct run run;
	begin(&run, DNSSEC_ED25519, 1);
	work(&run);
	signatures_open(run.signatures);
	for (unsigned i = 0; i < 3; i++) {
		write_on(&run);
		assert_int_equal(signatures_deadline(run.signatures), NS_NEVER);
		signatures_written(run.signatures, -ENOSPC);
		const ns_t next = signatures_deadline(run.signatures);
		assert_true(next > loop_now() && next < loop_now() + PAUSE_LEAST);
	}
	const char *first = strstr(buf_text(&run.said), "cannot write state: file=\"signatures\"");
	assert_non_null(first);
	assert_null(strstr(first + 1, "cannot write state")); /* once */
	write_file(&run);
	assert_true(has_logged(&run, "state written: file=\"signatures\""));
	end(&run);
}

/* A zone that goes while it is written is left out. */
static void a_zone_may_go(void **state UNUSED)
{
	struct run run;
	begin(&run, DNSSEC_ED25519, 1);
	work(&run);
	signatures_open(run.signatures);
	signatures_poll(run.signatures, loop_now());
	assert_int_equal(zone_remove_apex(run.zone, apex), 0);
	signatures_leave(run.signatures, apex);
	signatures_leave(run.signatures, apex);
	write_file(&run);
	end(&run);
}

static int forget_files(void **state UNUSED)
{
	buf_fini(&sent);
	buf_fini(&file);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_run_signs_only_what_is_new),
		cmocka_unit_test(those_of_another_key_are_not_taken),
		cmocka_unit_test(times_are_looked_at),
		cmocka_unit_test(half_of_a_file_is_used),
		cmocka_unit_test(a_wrong_one_among_the_first_is_not_served),
		cmocka_unit_test(a_wrong_one_later_makes_all_be_made_anew),
		cmocka_unit_test(few_are_not_written),
		cmocka_unit_test(a_file_is_written_when_much_is_new),
		cmocka_unit_test(a_busy_keeper_is_waited_for),
		cmocka_unit_test(what_fails_is_tried_again),
		cmocka_unit_test(a_zone_may_go),
	};
	return cmocka_run_group_tests(tests, NULL, forget_files);
}
