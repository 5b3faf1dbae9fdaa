/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of device/message.h: messages that are written can be read, and no others.
 * Never opens a socket. Run by `make check`.
 */
#include "device/message.h"

#include <string.h>

#include "unit.h"

enum { CAP = DEVICE_MESSAGE_CAP };

static int decode_request(const void *bytes, size_t len, struct device_request *ret)
{
	struct rd r = rd_init(bytes, len);
	return device_request_decode(&r, ret);
}

/* Compares each field: the padding may differ. */
static void assert_requests_equal(const struct device_request *a, const struct device_request *b)
{
	assert_int_equal(a->op, b->op);
	assert_string_equal(a->type, b->type);
	assert_string_equal(a->mode, b->mode);
	assert_string_equal(a->ifname, b->ifname);
	assert_string_equal(a->alias, b->alias);
	assert_int_equal(a->queues, b->queues);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->mtu, b->mtu);
	assert_int_equal(a->hwaddr_len, b->hwaddr_len);
	assert_memory_equal(a->hwaddr, b->hwaddr, HWADDR_CAP);
}

static void assert_replies_equal(const struct device_reply *a, const struct device_reply *b)
{
	assert_int_equal(a->op, b->op);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->error, b->error);
	assert_string_equal(a->text, b->text);
	assert_string_equal(a->ifname, b->ifname);
	assert_int_equal(a->ifindex, b->ifindex);
	assert_int_equal(a->hwaddr_len, b->hwaddr_len);
	assert_memory_equal(a->hwaddr, b->hwaddr, a->hwaddr_len);
	assert_int_equal(a->queues, b->queues);
	assert_int_equal(a->mtu, b->mtu);
	assert_int_equal(a->has_id, b->has_id);
	assert_memory_equal(a->id, b->id, DEVICE_ID_LEN);
}

static void a_request_is_read_as_it_was_written(void **state UNUSED)
{
	const struct device_request req = {.op = DEVICE_CREATE,
		.type = "macvtap",
		.mode = "l3s,private",
		.ifname = "fifteen-bytes.x",
		.alias = "www, mail",
		.queues = 64,
		.flags = DEVICE_KEEP | DEVICE_STAY_DOWN,
		.mtu = 1280,
		.hwaddr = {2, 0, 0, 0, 0, 1},
		.hwaddr_len = 6};
	struct device_request back;
	uint8_t bytes[CAP];
	struct wr w = wr_init(bytes, sizeof(bytes));
	assert_int_equal(device_request_encode(&req, &w), 0);
	assert_int_equal(decode_request(bytes, wr_len(&w), &back), 0);
	assert_requests_equal(&req, &back);
}

static void the_longest_messages_fit(void **state UNUSED)
{
	struct device_request req = {
		.op = DEVICE_CREATE, .queues = 1, .flags = 1, .mtu = 1, .hwaddr_len = HWADDR_CAP};
	struct device_reply reply = {.op = DEVICE_CREATE,
		.status = DEVICE_SYSTEM,
		.error = 1,
		.ifindex = 1,
		.hwaddr_len = HWADDR_CAP,
		.queues = 1,
		.mtu = 1,
		.has_id = true};
	uint8_t bytes[CAP];
	memset(req.type, 'a', sizeof(req.type) - 1);
	memset(req.mode, 'a', sizeof(req.mode) - 1);
	memset(req.ifname, 'a', sizeof(req.ifname) - 1);
	memset(req.alias, 'a', sizeof(req.alias) - 1);
	memset(reply.text, 'a', sizeof(reply.text) - 1);
	memset(reply.ifname, 'a', sizeof(reply.ifname) - 1);
	struct wr w = wr_init(bytes, sizeof(bytes));
	assert_int_equal(device_request_encode(&req, &w), 0);
	w = wr_init(bytes, sizeof(bytes));
	assert_int_equal(device_reply_encode(&reply, &w), 0);
	struct device_reply back;
	struct rd r = rd_init(bytes, wr_len(&w));
	assert_int_equal(device_reply_decode(&r, &back), 0);
	assert_replies_equal(&reply, &back);
}

static void a_buffer_that_is_too_small_is_an_error(void **state UNUSED)
{
	const struct device_request req = {.op = DEVICE_CREATE, .type = "macvtap"};
	uint8_t bytes[8];
	struct wr w = wr_init(bytes, sizeof(bytes));
	assert_int_equal(device_request_encode(&req, &w), ERR_SPACE);
}

static void what_is_not_of_the_form_is_refused(void **state UNUSED)
{
	static const struct {
		const char *bytes;
		size_t len;
		int err;
	} cases[] = {
		{"", 0, ERR_SHORT}, {"\1\1\0", 3, ERR_SHORT},
		{"\2\1\0\0", 4, ERR_RANGE},  /* another version */
		{"\1\0\0\0", 4, ERR_SYNTAX}, /* operations begin at 1 */
		{"\1\6\0\0", 4, ERR_SYNTAX}, {"\1\x81\0\0", 4, ERR_SYNTAX}, /* a reply */
		{"\1\1\0\1", 4, ERR_SYNTAX},                                /* must be zero */
		{"\1\1\0\0\0\1", 6, ERR_SHORT},                             /* half an attribute */
		{"\1\1\0\0\0\1\0\2a", 9, ERR_SHORT},            /* longer than the message */
		{"\1\1\0\0\0\1\0\2a\0", 10, ERR_SYNTAX},        /* a zero in a text */
		{"\1\1\0\0\0\x63\0\0", 8, ERR_SYNTAX},          /* unknown */
		{"\1\1\0\0\x80\x63\0\0", 8, 0},                 /* unknown, and may be ignored */
		{"\1\1\0\0\0\5\0\1\1", 9, ERR_SYNTAX},          /* queues in one byte */
		{"\1\1\0\0\0\6\0\4\0\0\0\x80", 12, ERR_SYNTAX}, /* an unknown flag */
		{"\1\1\0\0\0\3\0\x10"
		 "0123456789abcdef",
			24, ERR_SYNTAX}, /* a name of 16 bytes */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct device_request req = {.op = DEVICE_WATCH};
		assert_int_equal(decode_request(cases[i].bytes, cases[i].len, &req), cases[i].err);
		if (cases[i].err)
			assert_int_equal(req.op, DEVICE_WATCH);
	}
}

static void an_entry_is_read_as_it_was_written(void **state UNUSED)
{
	static const nsid_t nsids[] = {NSID_OWN, 0, INT32_MAX};
	for (size_t i = 0; i < ARRAY_LEN(nsids); i++) {
		struct device_entry e = {.type = "macvtap",
			.ifindex = 7,
			.hwaddr_len = HWADDR_CAP,
			.is_kept = true,
			.uid = UINT32_MAX,
			.pid = 9,
			.nsid = nsids[i]};
		struct device_entry back;
		uint8_t bytes[CAP];
		memset(e.mode, 'a', sizeof(e.mode) - 1);
		memset(e.ifname, 'a', sizeof(e.ifname) - 1);
		memset(e.alias, 'a', sizeof(e.alias) - 1);
		memset(e.addrs, 'a', i * (sizeof(e.addrs) - 1) / 2);
		struct wr w = wr_init(bytes, sizeof(bytes));
		assert_int_equal(device_entry_encode(&e, &w), 0);
		struct rd r = rd_init(bytes, wr_len(&w));
		assert_int_equal(device_entry_decode(&r, &back), 0);
		assert_int_equal(rd_left(&r), 0);
		assert_memory_equal(&e, &back, sizeof(e));
		for (size_t len = 0; len < wr_len(&w); len++) {
			r = rd_init(bytes, len);
			assert_int_equal(device_entry_decode(&r, &back), ERR_SHORT);
		}
	}
}

static void an_entry_that_is_not_of_the_form_is_refused(void **state UNUSED)
{
	static const struct {
		const char *bytes;
		size_t len;
		int err;
	} cases[] = {
		{"\0\0", 2, 0}, {"\0\4\0\x63\0\0", 6, ERR_SYNTAX}, /* unknown */
		{"\0\4\x80\x63\0\0", 6, 0},     /* unknown, and may be passed over */
		{"\0\3\0\x0a\0", 5, ERR_SHORT}, /* half an attribute */
		{"\0\5\0\x0a\0\2\1", 7, ERR_SHORT}, {"\0\6\0\x0a\0\2\1\1", 8, ERR_SYNTAX},
		{"\0\x8\0\x10\0\4\x80\0\0\1", 10, ERR_SYNTAX}, /* no nsid */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct device_entry e = {.nsid = 99};
		struct rd r = rd_init(cases[i].bytes, cases[i].len);
		assert_int_equal(device_entry_decode(&r, &e), cases[i].err);
		assert_int_equal(e.nsid, cases[i].err ? 99 : NSID_OWN);
	}
}

static void a_reply_with_a_status_of_tomorrow_is_refused(void **state UNUSED)
{
	static const uint8_t bytes[] = {1, 0x81, 0, 0, 0, 7, 0, 4, 0, 0, 0, DEVICE_STATUS_COUNT};
	struct device_reply reply;
	struct rd r = rd_init(bytes, sizeof(bytes));
	assert_int_equal(device_reply_decode(&r, &reply), ERR_SYNTAX);
}

static void each_status_has_its_words(void **state UNUSED)
{
	for (int i = 0; i < DEVICE_STATUS_COUNT; i++)
		assert_non_null(device_status_text((enum device_status)i));
	assert_string_equal(device_status_text((enum device_status)99), "unknown status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_as_it_was_written),
		cmocka_unit_test(the_longest_messages_fit),
		cmocka_unit_test(a_buffer_that_is_too_small_is_an_error),
		cmocka_unit_test(what_is_not_of_the_form_is_refused),
		cmocka_unit_test(an_entry_is_read_as_it_was_written),
		cmocka_unit_test(an_entry_that_is_not_of_the_form_is_refused),
		cmocka_unit_test(a_reply_with_a_status_of_tomorrow_is_refused),
		cmocka_unit_test(each_status_has_its_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
