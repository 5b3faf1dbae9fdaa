/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of src/collect about keys: trust, rights, replays, the bound on signatures, and the text of the state.
 * Run by `make check`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "collect_rig.h"
#include "unit.h"

enum { KEEP_S = 30 * 86400 };

static struct rig rig;
static struct rig_packet m;
static struct rig_host h1, h2;

static struct collect_trust trust_of(const struct rig_host *h)
{
	return (struct collect_trust){
		.signer = h->signer.wire, .key = {h->rdata, (uint16_t)h->rdata_len}};
}

/* A collector that trusts h1, by a file. */
static int setup(void **state)
{
	static struct collect_trust trust;
	(void)state;
	h1 = rig_host(1);
	h2 = rig_host(2);
	trust = trust_of(&h1);
	rig_begin(&rig,
		&(struct collect_config){.keep_s = KEEP_S, .trust = &trust, .trust_count = 1});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_end(&rig);
	return 0;
}

static enum collect_verdict say(const struct rig_host *h, const char *host, const char *addrs)
{
	return rig_say(&rig, h, host, host, addrs, 120);
}

static void configure(void)
{
	assert_int_equal(collect_set_config(rig.c, rig.now, rig.now_s, &rig.config), 0);
}

/* The form of the signature. */

static void make(const struct rig_host *h, const char *host)
{
	const struct addr a = rig_addr("192.0.2.7");
	packet_begin(&m);
	packet_add_instance(&m, host, NULL, 120);
	packet_add_addr(&m, host, &a, 120);
	packet_sign(&m, h, rig.now_s - 60);
}

static enum collect_verdict send(void)
{
	return packet_send(&rig, RIG_LINK, &m);
}

static void only_signatures_of_that_form_count(void **state)
{
	(void)state;
	const size_t rdata_len = 18 + h1.signer.len + CRYPT_SIGNATURE_LEN;
	make(&h1, "web");
	uint8_t *behind_owner = m.bytes + m.len - rdata_len - 10;
	put_u16(behind_owner + 2, CLASS_IN | CLASS_FLUSH);
	assert_int_equal(send(), COLLECT_UNSIGNED);
	put_u16(behind_owner + 2, CLASS_ANY);
	assert_int_equal(send(), COLLECT_UNSIGNED);
	put_u16(behind_owner + 2, CLASS_IN);
	put_u32(behind_owner + 4, 1);
	assert_int_equal(send(), COLLECT_UNSIGNED);
	put_u32(behind_owner + 4, 0);
	m.bytes[2] &= 0x7f; /* a query */
	assert_int_equal(send(), COLLECT_UNSIGNED);
	m.bytes[2] |= 0x80;
	m.len--;
	assert_int_equal(send(), COLLECT_MALFORMED);
	m.len++;
	assert_int_equal(send(), COLLECT_ACCEPTED);
}

static void the_signature_is_at_a_name_of_the_link(void **state)
{
	(void)state;
	struct rig_host h = h1;
	assert_int_equal(name_from_text("h1.example.", NULL, &h.local), 0);
	make(&h, "web");
	assert_int_equal(send(), COLLECT_UNSIGNED);
}

/* But in the name at which the record is: that is not signed, and tells nothing but whom to ask for a key. */
static void no_byte_can_be_changed(void **state)
{
	(void)state;
	make(&h1, "web");
	const size_t rdata_len = 18 + h1.signer.len + CRYPT_SIGNATURE_LEN;
	for (size_t i = 0; i < m.len; i++) {
		if (i >= m.p.len && i < m.len - rdata_len - 10)
			continue;
		rig.now += NS_PER_S; /* there is a budget again */
		m.bytes[i] ^= 0x10;
		const enum collect_verdict v = send();
		assert_int_not_equal(v, COLLECT_ACCEPTED);
		m.bytes[i] ^= 0x10;
	}
	assert_int_equal(collect_stats(rig.c).names, 0);
	assert_int_equal(send(), COLLECT_ACCEPTED);
}

/* Trust and rights. */

static void strangers_are_not_verified(void **state)
{
	(void)state;
	assert_int_equal(say(&h2, "web", "192.0.2.7"), COLLECT_STRANGER);
	assert_int_equal(collect_stats(rig.c).verified, 0);
	assert_int_equal(rig.asks, 1);
}

static void a_key_in_the_zone_is_trusted_while_it_is_there(void **state)
{
	(void)state;
	rig.in_zone = &h2;
	assert_int_equal(say(&h2, "web", "192.0.2.7"), COLLECT_ACCEPTED);
	rig.in_zone = NULL;
	rig_pass(&rig, 60);
	assert_int_equal(say(&h2, "web", "192.0.2.7"), COLLECT_STRANGER);
	rig_pass(&rig, 60);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_SILENT);
	rig.in_zone = &h2;
	assert_int_equal(say(&h2, "web", "192.0.2.7"), COLLECT_ACCEPTED);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_HERE);
}

/* Hosts sign with the tag of their KEY, whatever a file has. */
static void a_dnskey_stands_for_the_key(void **state)
{
	(void)state;
	struct rig_host h = h1;
	key_set_flags(&h.key, DNSKEY_FLAGS);
	h.rdata_len = key_dnskey(&h.key, h.rdata);
	const struct collect_trust trust = trust_of(&h);
	rig.config.trust = &trust;
	configure();
	assert_int_equal(say(&h1, "web", "192.0.2.7"), COLLECT_ACCEPTED);
	assert_int_equal(collect_stats(rig.c).keys, 1);
}

static void patterns_are_rights(void **state)
{
	static const char *const patterns[] = {"web-?", "MAIL"};
	(void)state;
	struct collect_trust trust[] = {trust_of(&h1), trust_of(&h2)};
	trust[0].patterns = patterns;
	trust[0].pattern_count = 2;
	rig.config.trust = trust;
	rig.config.trust_count = 2;
	configure();
	assert_int_equal(say(&h1, "web-1", "192.0.2.7"), COLLECT_ACCEPTED);
	assert_int_equal(say(&h1, "web-10", "192.0.2.7"), COLLECT_ACCEPTED);
	assert_int_equal(say(&h2, "mail", "192.0.2.8"), COLLECT_ACCEPTED);
	assert_int_equal(say(&h2, "other", "192.0.2.8"), COLLECT_ACCEPTED);
	rig_assert(&rig, "web-1", "192.0.2.7", COLLECT_TTL_HERE_S);
	rig_assert(&rig, "web-10", NULL, 0);
	rig_assert(&rig, "mail", NULL, 0); /* h1 may have it by a pattern */
	rig_assert(&rig, "other", "192.0.2.8", COLLECT_TTL_HERE_S);
	/* Rights that change count at once. */
	trust[0].pattern_count = 0;
	configure();
	rig_assert(&rig, "web-10", "192.0.2.7", COLLECT_TTL_HERE_S);
	rig_assert(&rig, "mail", "192.0.2.8", COLLECT_TTL_HERE_S);
	trust[1].patterns = patterns;
	trust[1].pattern_count = 2;
	configure();
	assert_int_equal(rig_state(&rig, "other"), COLLECT_AWAY);
	assert_int_equal(rig_state(&rig, "web-1"), COLLECT_AWAY);
}

static void names_of_a_key_that_is_not_trusted_any_more_fall_silent(void **state)
{
	(void)state;
	assert_int_equal(say(&h1, "web", "192.0.2.7"), COLLECT_ACCEPTED);
	rig.config.trust_count = 0;
	configure();
	rig_pass(&rig, 60);
	assert_int_equal(say(&h1, "web", "192.0.2.7"), COLLECT_STRANGER);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
	rig_pass(&rig, 180);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_AWAY);
}

static void a_configuration_that_is_wrong_changes_nothing(void **state)
{
	(void)state;
	struct collect_trust trust = trust_of(&h2);
	trust.key.len--;
	struct collect_config config = rig.config;
	config.trust = &trust;
	assert_int_equal(collect_set_config(rig.c, rig.now, rig.now_s, &config), ERR_RANGE);
	assert_int_equal(say(&h1, "web", "192.0.2.7"), COLLECT_ACCEPTED);
}

/* The first that comes. */

static enum collect_verdict say_key(const struct rig_host *h)
{
	packet_begin(&m);
	packet_add_key(&m, h);
	packet_sign(&m, h, rig.now_s - 60);
	return send();
}

static void the_first_key_is_asked_for_and_kept(void **state)
{
	(void)state;
	rig.config.trusts_first = true;
	configure();
	assert_int_equal(say(&h2, "web", "192.0.2.7"), COLLECT_STRANGER);
	assert_string_equal(rig.last_ask, "h2.local.");
	assert_int_equal(rig.last_ask_type, RR_KEY);
	assert_int_equal(rig.asks, 2);
	assert_int_equal(say_key(&h2), COLLECT_ACCEPTED);
	assert_int_equal(rig.asks, 1);
	assert_int_equal(rig.news[COLLECT_NEWS_KEY], 1);
	rig_pass(&rig, 1);
	assert_int_equal(say(&h2, "web", "192.0.2.7"), COLLECT_ACCEPTED);
	/* Another key of that signer's name comes too late; also after a restart. */
	struct rig_host other = rig_host(9);
	other.signer = h2.signer;
	assert_int_equal(say_key(&other), COLLECT_STRANGER);
	rig_restart(&rig);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
	rig_pass(&rig, 1);
	assert_int_equal(say_key(&other), COLLECT_STRANGER);
	assert_int_equal(say(&h2, "web", "192.0.2.8"), COLLECT_ACCEPTED);
	/* Until it is forgotten with its last name. */
	assert_int_equal(collect_forget(rig.c, rig.now, rig.now_s, "web"), 0);
	assert_int_equal(collect_stats(rig.c).keys, 1);
	assert_int_equal(say_key(&other), COLLECT_ACCEPTED);
	assert_int_equal(say_key(&h2), COLLECT_STRANGER);
}

static void no_key_comes_first_where_there_is_one(void **state)
{
	(void)state;
	rig.config.trusts_first = true;
	configure();
	struct rig_host other = rig_host(9);
	other.signer = h1.signer;
	assert_int_equal(say_key(&other), COLLECT_STRANGER);
	rig.in_zone = &h2;
	other.signer = h2.signer;
	assert_int_equal(say_key(&other), COLLECT_STRANGER);
	assert_int_equal(collect_stats(rig.c).verified, 0);
	assert_int_equal(rig.asks, 1);
}

static void no_key_comes_first_with_the_name_of_somebody(void **state)
{
	(void)state;
	rig.config.trusts_first = true;
	configure();
	rig.known = h2.signer.wire;
	assert_int_equal(say_key(&h2), COLLECT_STRANGER);
	assert_int_equal(collect_stats(rig.c).verified, 0);
	assert_false(collect_has_signer(rig.c, h2.signer.wire));
	rig.known = NULL;
	assert_int_equal(say_key(&h2), COLLECT_ACCEPTED);
	assert_false(collect_has_signer(rig.c, h2.signer.wire)); /* it is of no file */
	assert_true(collect_has_signer(rig.c, h1.signer.wire));
}

static void a_forgotten_signer_has_nothing_left(void **state)
{
	(void)state;
	rig.config.trusts_first = true;
	configure();
	assert_int_equal(say_key(&h2), COLLECT_ACCEPTED);
	rig_pass(&rig, 1);
	assert_int_equal(say(&h2, "web", "192.0.2.7"), COLLECT_ACCEPTED);
	assert_int_equal(say(&h2, "mail", "192.0.2.7"), COLLECT_ACCEPTED);
	assert_int_equal(collect_forget_signer(rig.c, rig.now, rig.now_s, h2.signer.wire), 0);
	assert_int_equal(collect_stats(rig.c).names, 0);
	assert_int_equal(collect_stats(rig.c).keys, 1);
	assert_int_equal(rig.asks, 1);
	assert_int_equal(
		collect_forget_signer(rig.c, rig.now, rig.now_s, h2.signer.wire), ERR_ABSENT);
}

/* Replays. */

static void what_is_older_than_the_last_packet_is_refused(void **state)
{
	(void)state;
	static struct rig_packet old;
	assert_int_equal(say(&h1, "web", "192.0.2.7"), COLLECT_ACCEPTED);
	make(&h1, "mail");
	old = m;
	assert_int_equal(send(), COLLECT_ACCEPTED);
	assert_int_equal(send(), COLLECT_KNOWN);
	rig_pass(&rig, 1);
	assert_int_equal(rig_say(&rig, &h1, "mail", "mail", "192.0.2.7", 0), COLLECT_ACCEPTED);
	assert_int_equal(packet_send(&rig, RIG_LINK, &old), COLLECT_REPLAYED);
	assert_int_equal(rig_state(&rig, "mail"), COLLECT_AWAY);
	/* Nor is the goodbye taken twice, after a restart in the same second. */
	static struct rig_packet goodbye;
	packet_begin(&goodbye);
	packet_add_instance(&goodbye, "web", "web", 0);
	packet_sign(&goodbye, &h1, rig.now_s - 60);
	assert_int_equal(packet_send(&rig, RIG_LINK, &goodbye), COLLECT_ACCEPTED);
	rig_restart(&rig);
	assert_int_equal(packet_send(&rig, RIG_LINK, &goodbye), COLLECT_REPLAYED);
	assert_int_equal(packet_send(&rig, RIG_LINK, &old), COLLECT_REPLAYED);
	rig_pass(&rig, 1);
	assert_int_equal(say(&h1, "web", "192.0.2.7"), COLLECT_ACCEPTED);
}

/* More packets in a second than are remembered: what may have been here counts as seen. */
static void what_is_forgotten_counts_as_seen(void **state)
{
	(void)state;
	static struct rig_packet all[LIMIT_COLLECT_SEEN + 8];
	const uint64_t inception_s = rig.now_s - 60;
	unsigned accepted = 0;
	for (unsigned i = 0; i < LIMIT_COLLECT_SEEN + 8; i++) {
		const uint8_t bytes[] = {192, 0, 2, (uint8_t)(1 + i % 200)};
		const struct addr a = addr_make(ADDR_V4, bytes);
		packet_begin(&all[i]);
		packet_add_addr(&all[i], "web", &a, 1 + i);
		packet_sign(&all[i], &h1, inception_s);
		rig.now += NS_PER_S / 5;
		const enum collect_verdict v = packet_send(&rig, RIG_LINK, &all[i]);
		accepted += v == COLLECT_ACCEPTED;
		assert_true(v == COLLECT_ACCEPTED || v == COLLECT_REPLAYED);
	}
	assert_true(accepted >= LIMIT_COLLECT_SEEN && accepted <= LIMIT_COLLECT_SEEN + 1);
	for (unsigned i = 0; i < LIMIT_COLLECT_SEEN + 8; i++)
		assert_int_not_equal(packet_send(&rig, RIG_LINK, &all[i]), COLLECT_ACCEPTED);
}

/* Five minutes are left for clocks that differ. */
static void packets_are_valid_for_a_while(void **state)
{
	(void)state;
	const uint64_t made_s = rig.now_s;
	make(&h1, "web");
	rig.now_s = made_s - 60 - LIMIT_TSIG_FUDGE_S - 1;
	assert_int_equal(send(), COLLECT_UNTIMELY);
	rig.now_s = made_s + 120 + LIMIT_TSIG_FUDGE_S + 1;
	assert_int_equal(send(), COLLECT_UNTIMELY);
	rig.now_s--;
	assert_int_equal(send(), COLLECT_ACCEPTED);
	rig.now_s = made_s;
	make(&h1, "mail");
	rig.now_s = made_s - 60 - LIMIT_TSIG_FUDGE_S;
	assert_int_equal(send(), COLLECT_ACCEPTED);
}

/* The bound. */

/* 2 000 packets a second with wrong signatures. */
static void send_forged(unsigned seconds, const struct addr *peers, unsigned count)
{
	static uint32_t number;
	for (unsigned s = 0; s < seconds; s++)
		for (unsigned i = 0; i < 2000; i++) {
			rig.now += NS_PER_S / 2000;
			put_u32(m.bytes + m.len - CRYPT_SIGNATURE_LEN, ++number);
			(void)packet_send_from(&rig, RIG_LINK, &m, &peers[i % count]);
		}
}

static void a_flood_is_cheap_and_good_hosts_go_on(void **state)
{
	(void)state;
	struct addr peers[64];
	for (unsigned i = 0; i < 64; i++) {
		const uint8_t bytes[] = {192, 0, 2, (uint8_t)(100 + i)};
		peers[i] = addr_make(ADDR_V4, bytes);
	}
	assert_int_equal(say(&h1, "web", "192.0.2.7"), COLLECT_ACCEPTED);
	/* From one address. */
	make(&h1, "mail");
	uint64_t before = collect_stats(rig.c).verified;
	send_forged(4, peers, 1);
	uint64_t verified = collect_stats(rig.c).verified - before;
	assert_true(verified >= 4 * LIMIT_COLLECT_SOURCE_S);
	assert_true(verified <= 5 * LIMIT_COLLECT_SOURCE_S + 1);
	/* From many: half of all. */
	before = collect_stats(rig.c).verified;
	send_forged(4, peers, 64);
	verified = collect_stats(rig.c).verified - before;
	assert_true(verified >= 4 * LIMIT_COLLECT_VERIFY_S / 2);
	assert_true(verified <= 4 * LIMIT_COLLECT_VERIFY_S / 2 + LIMIT_COLLECT_STRANGERS + 1);
	/* What is known already is read as seldom. */
	make(&h1, "web");
	before = collect_stats(rig.c).verified;
	send_forged(4, peers, 64);
	assert_int_equal(collect_stats(rig.c).verified, before);
	const uint64_t known = collect_stats(rig.c).packets[COLLECT_KNOWN];
	assert_true(known >= 3 * LIMIT_COLLECT_VERIFY_S / 2);
	assert_true(known <= 4 * LIMIT_COLLECT_VERIFY_S / 2 + LIMIT_COLLECT_STRANGERS + 1);
	/* The host that was heard before is heard. */
	rig.now_s += 12;
	assert_int_equal(say(&h1, "web", "192.0.2.9"), COLLECT_ACCEPTED);
	assert_true(collect_stats(rig.c).packets[COLLECT_BUSY] > 15000);
}

/* The text. */

static void fill(void)
{
	rig.keeps_text = true;
	rig.config.trusts_first = true;
	configure();
	assert_int_equal(say(&h1, "web", "192.0.2.7 2001:db8::7"), COLLECT_ACCEPTED);
	assert_int_equal(say(&h1, "mail", "192.0.2.7"), COLLECT_ACCEPTED);
	assert_int_equal(say_key(&h2), COLLECT_ACCEPTED);
	rig_pass(&rig, 2);
	assert_int_equal(
		rig_say(&rig, &h2, "A b\\.\\000c", "other", "10.0.0.1", 120), COLLECT_ACCEPTED);
	rig_pass(&rig, 2);
	assert_int_equal(rig_say(&rig, &h1, "mail", "mail", "192.0.2.7", 0), COLLECT_ACCEPTED);
	assert_int_equal(collect_forget(rig.c, rig.now, rig.now_s, "mail"), 0);
	rig_write(&rig);
	rig_pass(&rig, 2);
	assert_int_equal(say(&h1, "web", "192.0.2.8"), COLLECT_ACCEPTED);
}

static void a_restart_answers_as_before(void **state)
{
	(void)state;
	fill();
	for (int i = 0; i < 3; i++) {
		rig_restart(&rig);
		rig_assert(&rig, "web", "192.0.2.8 2001:db8::7", COLLECT_TTL_HERE_S);
		rig_assert(&rig, "other", "10.0.0.1", COLLECT_TTL_HERE_S);
		rig_assert(&rig, "mail", NULL, 0);
		assert_int_equal(rig.asks, 1 + 2 + 2);
	}
	/* Much later: silent, and for two minutes at least. */
	rig.now_s += 5 * 86400;
	rig_restart(&rig);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_HERE);
	collect_poll(rig.c, rig.now, rig.now_s);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_SILENT);
	rig_pass(&rig, 119);
	rig_assert(&rig, "web", "192.0.2.8 2001:db8::7", COLLECT_TTL_GONE_S);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_SILENT);
	rig_pass(&rig, 1);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_AWAY);
}

/* The names and addresses of a collector as text. */
static void list_name(void *arg, const struct collect_name *name)
{
	char addr[ADDR_TEXT_CAP];
	buf_printf(arg, "%s", name->label);
	for (size_t i = 0; i < name->addr_count; i++)
		buf_printf(arg, " %s", addr_format(&name->addrs[i], addr));
	buf_puts(arg, "\n");
}

static struct buf names_of(const char *text, size_t len)
{
	struct buf names = {0};
	struct rig other;
	size_t bad;
	char *copy = malloc(len + 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	rig_begin(&other, &rig.config);
	const int err = collect_read(other.c, rig.now, rig.now_s, copy, len, &bad);
	assert_int_equal(err == 0, collect_whole_len(copy, len) > 0);
	if (!err)
		assert_int_equal(bad, 0);
	collect_each_name(other.c, list_name, &names);
	rig_end(&other);
	free(copy);
	return names;
}

static void a_file_that_was_cut_off_is_that_of_before(void **state)
{
	(void)state;
	fill();
	size_t whole = 0;
	struct buf last = {0};
	for (size_t len = 0; len <= rig.text.len; len++) {
		struct buf names = names_of(rig.text.bytes, len);
		const size_t now_whole = collect_whole_len(rig.text.bytes, len);
		assert_true(now_whole <= len);
		if (now_whole == whole)
			assert_string_equal(buf_text(&names), buf_text(&last));
		whole = now_whole;
		buf_fini(&last);
		last = names;
	}
	assert_int_equal(whole, rig.text.len);
	buf_fini(&last);
}

static void an_entry_may_be_read_twice(void **state)
{
	(void)state;
	fill();
	struct buf twice = {0}, once = names_of(rig.text.bytes, rig.text.len);
	const size_t head = collect_whole_len("ontap-zone collected 1\n", 23);
	assert_int_equal(head, 23);
	buf_add(&twice, rig.text.bytes, rig.text.len);
	buf_add(&twice, rig.text.bytes + head, rig.text.len - head);
	struct buf names = names_of(twice.bytes, twice.len);
	assert_string_equal(buf_text(&names), buf_text(&once));
	buf_fini(&names);
	buf_fini(&twice);
	buf_fini(&once);
}

static void damage_is_passed_over(void **state)
{
	(void)state;
	size_t bad = 0;
	fill();
	struct buf text = {0};
	collect_write_all(rig.c, rig.now, rig.now_s, &text);
	char *web = strstr(text.bytes, "N web ");
	assert_non_null(web);
	web[2] = 'x';
	struct rig other;
	rig_begin(&other, &rig.config);
	assert_int_equal(collect_read(other.c, rig.now, rig.now_s, text.bytes, text.len, &bad), 0);
	assert_int_equal(bad, 1);
	rig_assert(&other, "other", "10.0.0.1", COLLECT_TTL_HERE_S);
	assert_int_equal(collect_stats(other.c).names, 1);
	assert_int_equal(
		collect_read(other.c, rig.now, rig.now_s, "nonsense\n", 9, &bad), ERR_SYNTAX);
	rig_end(&other);
	buf_fini(&text);
}

#define KEY_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEY_TEST(only_signatures_of_that_form_count),
		KEY_TEST(the_signature_is_at_a_name_of_the_link),
		KEY_TEST(no_byte_can_be_changed),
		KEY_TEST(strangers_are_not_verified),
		KEY_TEST(a_key_in_the_zone_is_trusted_while_it_is_there),
		KEY_TEST(a_dnskey_stands_for_the_key),
		KEY_TEST(patterns_are_rights),
		KEY_TEST(names_of_a_key_that_is_not_trusted_any_more_fall_silent),
		KEY_TEST(a_configuration_that_is_wrong_changes_nothing),
		KEY_TEST(the_first_key_is_asked_for_and_kept),
		KEY_TEST(no_key_comes_first_where_there_is_one),
		KEY_TEST(no_key_comes_first_with_the_name_of_somebody),
		KEY_TEST(a_forgotten_signer_has_nothing_left),
		KEY_TEST(what_is_older_than_the_last_packet_is_refused),
		KEY_TEST(what_is_forgotten_counts_as_seen),
		KEY_TEST(packets_are_valid_for_a_while),
		KEY_TEST(a_flood_is_cheap_and_good_hosts_go_on),
		KEY_TEST(a_restart_answers_as_before),
		KEY_TEST(a_file_that_was_cut_off_is_that_of_before),
		KEY_TEST(an_entry_may_be_read_twice),
		KEY_TEST(damage_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
