/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of when the file of the collector is written, and how: the keeper is a buffer, and the pipeline takes all.
 * Never opens a file: tests/net/test_collect.py does. Run by `make check`.
 */
#include "ontap-zone/collecting.h"

#include <string.h>

#include "base/err.h"
#include "collect_rig.h"
#include "net/dns_answer.h"
#include "unit.h"

enum { HEAD_LEN = sizeof("ontap-zone collected 1\n") - 1, MUCH = 3 << 20 };

static char opaque; /* what only the functions below get is here */

/* The keeper: its file, and what it was asked for. */
static struct buf file;
static unsigned wholes, entries;
static bool is_full;

void keeper_write_diary(
	struct keeper *k UNUSED, enum keeper_diary diary, bool is_all, const char *text, size_t len)
{
	assert_int_equal(diary, KEEPER_COLLECTED);
	if (is_all)
		buf_clear(&file);
	buf_add(&file, text, len);
	wholes += is_all;
	entries += !is_all;
}

bool keeper_is_full(const struct keeper *k UNUSED)
{
	return is_full;
}

int keeper_flush(struct keeper *k UNUSED, bool *ret_is_pending)
{
	*ret_is_pending = false;
	return 0;
}

/* The rest of the daemon. */

bool update_collected_knows(const struct update_collected *u UNUSED, const uint8_t *signer UNUSED)
{
	return false;
}

bool update_collected_is_taken(const struct update_collected *u UNUSED, const char *label UNUSED)
{
	return false;
}

int pipeline_put_collected(
	struct pipeline *p UNUSED, const char *label UNUSED, const struct names_said *said UNUSED)
{
	return 0;
}

bool pipeline_is_taken(const struct pipeline *p UNUSED, const char *label UNUSED)
{
	return false;
}

struct zone *pipeline_zone(const struct pipeline *p UNUSED)
{
	return (struct zone *)&opaque;
}

const struct node *zone_latest(const struct zone *z UNUSED, const uint8_t *name UNUSED)
{
	return NULL;
}

const uint8_t *pipeline_domain(const struct pipeline *p UNUSED)
{
	return (const uint8_t *)"\5vanya";
}

static struct runtime runtime;
static struct keeper *keeper;
static struct collecting *c;
static unsigned forgotten, unforgotten;

static void on_news(void *arg UNUSED, const struct collect_news *news UNUSED)
{
}

static void on_forgotten(void *arg UNUSED, bool is_done)
{
	forgotten += is_done;
	unforgotten += !is_done;
}

static void begin(void)
{
	const struct prefix prefix = {.addr = rig_addr("192.0.2.0"), .len = 24};
	const struct addr own = rig_addr("192.0.2.1");
	const struct mdns_link link = {.id = RIG_LINK,
		.mtu = 1500,
		.has_v4 = true,
		.prefixes = &prefix,
		.prefix_count = 1,
		.addrs = &own,
		.addr_count = 1};
	runtime.pipeline = (struct pipeline *)&opaque;
	runtime.conf.keep_s = 86400;
	runtime.conf.trusts_first = true;
	runtime.conf.collect = CONF_COLLECT_AUTO;
	c = collecting_new(&(struct collecting_config){.runtime = &runtime,
		.keeper = &keeper,
		.updates = (const struct update_collected *)&opaque,
		.on_news = on_news,
		.on_forgotten = on_forgotten});
	assert_non_null(c);
	collecting_link(c, &link, "br0");
}

static int setup(void **state)
{
	*state = NULL;
	keeper = (struct keeper *)&opaque;
	buf_clear(&file);
	is_full = false;
	wholes = entries = forgotten = unforgotten = 0;
	begin();
	return 0;
}

static int teardown(void **state UNUSED)
{
	collecting_free(c);
	buf_fini(&file);
	return 0;
}

static void write_now(void)
{
	const unsigned before = wholes + entries;
	collecting_poll(c, loop_now());
	assert_int_equal(wholes + entries, before + 1);
	collecting_written(c, 0);
}

static void send_signed(const struct rig_host *h, struct rig_packet *m, uint64_t ago_s)
{
	const struct mdns_path from = {.link = RIG_LINK,
		.peer = rig_addr("192.0.2.77"),
		.peer_port = MDNS_PORT,
		.is_multicast = true};
	packet_sign(m, h, dns_unix_time() - ago_s);
	collecting_hear(c, loop_now(), &from, m->bytes, m->len);
}

static void say_key(const struct rig_host *h)
{
	static struct rig_packet m;
	packet_begin(&m);
	packet_add_key(&m, h);
	send_signed(h, &m, 100);
	assert_int_equal(collect_stats(collecting_engine(c)).keys, 1);
}

/* TTL 0: a goodbye. */
static void say(const struct rig_host *h, const char *host, uint32_t ttl_s, uint64_t ago_s)
{
	static struct rig_packet m;
	const struct addr a = rig_addr("192.0.2.7");
	packet_begin(&m);
	packet_add_instance(&m, host, NULL, ttl_s);
	packet_add_addr(&m, host, &a, ttl_s);
	send_signed(h, &m, ago_s);
}

static void nothing_is_due_while_the_keeper_takes_nothing(void **state UNUSED)
{
	assert_int_equal(collecting_deadline(c), 0);
	is_full = true;
	assert_true(collecting_deadline(c) > 0);
	is_full = false;
	keeper = NULL;
	assert_true(collecting_deadline(c) > 0);
}

static void a_key_without_names_is_forgotten(void **state UNUSED)
{
	const struct rig_host h = rig_host(1);
	write_now();
	say_key(&h);
	assert_int_equal(collecting_forget(c, h.signer.wire), 0);
	write_now();
	assert_int_equal(forgotten, 1);
	assert_int_equal(unforgotten, 0);
	assert_int_equal(file.len, HEAD_LEN);
	assert_int_equal(collecting_forget(c, h.signer.wire), ERR_ABSENT);
}

/* The file as many runs leave it that say the same again and again. */
static struct buf grown_file(void)
{
	struct buf all = {0};
	buf_add(&all, file.bytes, file.len);
	while (all.len < MUCH)
		buf_add(&all, file.bytes + HEAD_LEN, file.len - HEAD_LEN);
	assert_int_equal(all.err, 0);
	return all;
}

static void a_file_that_is_too_long_is_made_anew(void **state UNUSED)
{
	const struct rig_host h = rig_host(1);
	say_key(&h);
	say(&h, "web", 120, 90);
	write_now();
	struct buf grown = grown_file();
	collecting_free(c);
	begin();
	assert_int_equal(collecting_load(c, grown.bytes, grown.len), 1);
	buf_fini(&grown);
	wholes = entries = 0;
	say(&h, "mail", 120, 60);
	write_now();
	assert_int_equal(wholes, 1);
	assert_true(file.len < 1000);
	say(&h, "news", 120, 30);
	write_now();
	assert_int_equal(wholes, 1);
	assert_int_equal(entries, 1);
}

/* What it becomes in one run. */
static void a_file_that_becomes_too_long_is_made_anew(void **state UNUSED)
{
	const struct rig_host h = rig_host(1);
	struct signer_keys none = {0};
	size_t longest = 0;
	write_now();
	wholes = 0;
	say_key(&h);
	say(&h, "web", 120, 90);
	say(&h, "web", 0, 60);
	while (wholes == 0) {
		write_now();
		longest = file.len > longest ? file.len : longest;
		assert_true(longest < MUCH);
		collecting_configure(c, &none); /* what is away is written again */
	}
	assert_true(file.len < 1000);
}

#define COLLECTING_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COLLECTING_TEST(nothing_is_due_while_the_keeper_takes_nothing),
		COLLECTING_TEST(a_key_without_names_is_forgotten),
		COLLECTING_TEST(a_file_that_is_too_long_is_made_anew),
		COLLECTING_TEST(a_file_that_becomes_too_long_is_made_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
