/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the input of ontapd and its clients: messages of the protocol
 * (message.h), and, selected by the first byte, lists of devices, rules files, marks, modes, or
 * route messages of the kernel.
 * Never opens a socket. Built by tests/fuzz/local.mk.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "device/await.h"
#include "device/mark.h"
#include "device/message.h"
#include "device/rules.h"
#include "model/rtnl.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A message that was understood is written and understood again, as the same. */
static void one_request(const uint8_t *bytes, size_t len)
{
	struct device_request req, back;
	uint8_t again[DEVICE_MESSAGE_CAP];
	struct rd r = rd_init(bytes, len);
	if (device_request_decode(&r, &req))
		return;
	struct wr w = wr_init(again, sizeof(again));
	if (device_request_encode(&req, &w))
		abort();
	r = rd_init(again, wr_len(&w));
	if (device_request_decode(&r, &back) || memcmp(&req, &back, sizeof(req)) != 0)
		abort();
}

static void one_reply(const uint8_t *bytes, size_t len)
{
	struct device_reply reply, back;
	uint8_t again[DEVICE_MESSAGE_CAP];
	struct rd r = rd_init(bytes, len);
	if (device_reply_decode(&r, &reply))
		return;
	struct wr w = wr_init(again, sizeof(again));
	if (device_reply_encode(&reply, &w))
		abort();
	r = rd_init(again, wr_len(&w));
	if (device_reply_decode(&r, &back) || back.status != reply.status)
		abort();
}

static void entries(const uint8_t *bytes, size_t len)
{
	struct device_entry e, back;
	uint8_t again[DEVICE_MESSAGE_CAP];
	struct rd r = rd_init(bytes, len);
	while (rd_left(&r) > 0 && device_entry_decode(&r, &e) == 0) {
		struct wr w = wr_init(again, sizeof(again));
		if (device_entry_encode(&e, &w))
			abort();
		struct rd written = rd_init(again, wr_len(&w));
		if (device_entry_decode(&written, &back) || memcmp(&e, &back, sizeof(e)) != 0)
			abort();
	}
}

static int look_up(void *arg, bool is_group, const char *name, uint32_t *ret)
{
	(void)arg;
	*ret = is_group;
	return name[0] == 'x' ? ERR_ABSENT : 0;
}

static void one_rules_file(const uint8_t *bytes, size_t len)
{
	static const gid_t groups[] = {1};
	struct rules rules;
	struct rules_error error;
	if (rules_parse(&rules, (const char *)bytes, len, look_up, NULL, &error))
		return;
	const struct rule_question q = {.groups = groups,
		.group_count = 1,
		.type = DEVICE_IPVLAN,
		.parent = "eth0",
		.alias = "vm-1,test",
		.is_in_host = len % 2};
	(void)rules_find(&rules, &q);
	char text[DEVICE_FIXED_CAP];
	const struct device_fixed fixed = rules_find_fixed(&rules, &q);
	(void)device_fixed_format(&fixed, text);
	rules_fini(&rules);
}

static void one_text(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1), again[DEVICE_MARK_CAP], mode_text[DEVICE_MODE_CAP];
	struct device_mark mark, back;
	struct device_mode mode, mode_back;
	static struct await await;
	if (!text)
		return;
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (device_mark_parse(text, &mark) == 0 &&
		(device_mark_parse(device_mark_format(&mark, again), &back) ||
			memcmp(&mark, &back, sizeof(mark)) != 0))
		abort();
	if (device_mode_parse(DEVICE_IPVTAP, text, &mode) == 0 &&
		(device_mode_parse(DEVICE_IPVTAP,
			 device_mode_format(DEVICE_IPVTAP, mode, mode_text), &mode_back) ||
			mode.mode != mode_back.mode || mode.flag != mode_back.flag))
		abort();
	await = (struct await){0};
	(void)!await_add_nets(&await, text);
	(void)!await_add_route(&await, text);
	(void)device_is_name(text);
	(void)device_is_alias(text);
	free(text);
}

static void on_event(void *arg, const struct event *ev)
{
	await_event(arg, ev);
}

static void on_message(void *arg, const struct nlmsghdr *h)
{
	await_message(arg, h);
}

/* Unknown marks: alternative names are only parsed. */
static void on_altname(void *arg, const struct event *ev, const char *name)
{
	struct device_mark mark;
	(void)arg;
	(void)ev;
	(void)!device_mark_parse(name, &mark);
}

static void one_datagram(const uint8_t *bytes, size_t len)
{
	static struct await await;
	struct rtnl r = {.own_id = NSID_UNKNOWN,
		.sink = {.on_event = on_event,
			.on_message = on_message,
			.on_altname = on_altname,
			.arg = &await}};
	const struct rtnl_source source = {.origin = RTNL_NEWS, .nsid = NSID_OWN};
	struct rtnl_outcome outcome;
	void *datagram = malloc(len ? len : 1); /* aligned, and exactly as long as the message */
	if (!datagram)
		return;
	memcpy(datagram, bytes, len);
	await = (struct await){.ifname = "nic0"};
	(void)!await_add_route(&await, "::/0");
	(void)!await_add_nets(&await, "fc00::/7");
	rtnl_parse(&r, &source, datagram, len, &outcome);
	if (await_is_met(&await) && await_answer(&await, 0).family == ADDR_NONE)
		abort();
	free(datagram);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return 0;
	switch (bytes[0]) {
	case 'r': one_rules_file(bytes + 1, len - 1); break;
	case 't': one_text(bytes + 1, len - 1); break;
	case 'l': entries(bytes + 1, len - 1); break;
	case 'n': one_datagram(bytes + 1, len - 1); break;
	default: /* a message begins with its version */
		one_request(bytes, len);
		one_reply(bytes, len);
		break;
	}
	return 0;
}
