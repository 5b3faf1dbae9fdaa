/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the text of the collector's state that no collector has written as it is here.
 * Run by `make check`.
 */
#include <stdio.h>
#include <string.h>

#include "base/entry.h"
#include "collect_rig.h"
#include "unit.h"

static struct rig rig;
static struct rig_host h2;

static int setup(void **state)
{
	(void)state;
	h2 = rig_host(2);
	rig_begin(&rig, &(struct collect_config){.keep_s = 86400, .trusts_first = true});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_end(&rig);
	return 0;
}

/* An entry of one key, and one name. */

static void add_key_entry(struct buf *text, const uint8_t *rdata, const char *host)
{
	const struct entry_form form = {"ontap-zone collected 1\n", "ontap collected"};
	const size_t start = text->len > 0 ? text->len : strlen(form.head);
	if (text->len == 0)
		buf_puts(text, form.head);
	buf_puts(text, "K h2.example. first 5");
	words_put_hex(text, rdata, h2.rdata_len);
	buf_printf(text, "\nN %s away link 1764520000 1764520000 0 1764520000 0 192.0.2.7\n", host);
	entry_end(&form, text, start);
}

static void add_gone_entry(struct buf *text, const char *host)
{
	const struct entry_form form = {"ontap-zone collected 1\n", "ontap collected"};
	const size_t start = text->len;
	buf_printf(text, "G %s\n", host);
	entry_end(&form, text, start);
}

/* Of another key of that signer's name, with the same tag. */
static void make_twin(uint8_t ret[DNSKEY_CAP])
{
	const size_t at = DNSKEY_HEAD;
	memcpy(ret, h2.rdata, h2.rdata_len);
	memcpy(ret + at, h2.rdata + at + 2, 2);
	memcpy(ret + at + 2, h2.rdata + at, 2);
	assert_int_equal(key_tag(ret, h2.rdata_len), key_tag(h2.rdata, h2.rdata_len));
	assert_memory_not_equal(ret, h2.rdata, h2.rdata_len);
}

static void read_own(const struct buf *text, size_t expected_bad)
{
	size_t bad;
	assert_int_equal(text->err, 0);
	assert_int_equal(collect_read(rig.c, rig.now, rig.now_s, text->bytes, text->len, &bad), 0);
	assert_int_equal(bad, expected_bad);
}

static void a_later_key_takes_the_tag_of_one_without_names(void **state)
{
	(void)state;
	uint8_t twin[DNSKEY_CAP];
	struct buf text = {0};
	make_twin(twin);
	add_key_entry(&text, h2.rdata, "web");
	add_gone_entry(&text, "web");
	add_key_entry(&text, twin, "web");
	add_key_entry(&text, twin, "mail");
	read_own(&text, 0);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_GONE_S);
	rig_assert(&rig, "mail", "192.0.2.7", COLLECT_TTL_GONE_S);
	buf_fini(&text);
}

static void a_name_that_cannot_be_restored_is_passed_over(void **state)
{
	(void)state;
	char host[16];
	uint8_t twin[DNSKEY_CAP];
	struct buf text = {0};
	make_twin(twin);
	add_key_entry(&text, h2.rdata, "web");
	for (unsigned i = 0; i < 50; i++) {
		snprintf(host, sizeof(host), "n%u", i);
		add_key_entry(&text, twin, host);
	}
	read_own(&text, 1);
	rig_assert(&rig, "web", NULL, 0);
	assert_int_equal(collect_stats(rig.c).names, 50);
	buf_fini(&text);
}

#define TEXT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEXT_TEST(a_later_key_takes_the_tag_of_one_without_names),
		TEXT_TEST(a_name_that_cannot_be_restored_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
