/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of model/neighbour.h: entries of tables of neighbours and of bridges as the kernel tells them, and the
 * filter, which the kernel runs on datagrams of a socketpair.
 * Run by `make check`.
 */
#include "model/neighbour.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum { CAP = 256, IFINDEX = 7 };

static const uint8_t HW[] = {0x52, 0x54, 0, 0, 0, 7}, V4[] = {10, 0, 0, 7},
		     V6[16] = {0x20, 1, [15] = 7};

/* An entry; a length of 0: without the attribute. */
struct entry {
	uint16_t type;
	uint8_t family;
	uint16_t state;
	const void *addr;
	size_t addr_len;
	const void *hwaddr;
	size_t hwaddr_len;
	int ifindex;
};

static _Alignas(8) char bytes[CAP];

static struct nlmsghdr *build(const struct entry *e)
{
	memset(bytes, 0, sizeof(bytes));
	struct nlmsghdr *h = mnl_nlmsg_put_header(bytes);
	h->nlmsg_type = e->type;
	struct ndmsg *fixed = mnl_nlmsg_put_extra_header(h, sizeof(*fixed));
	fixed->ndm_family = e->family;
	fixed->ndm_state = e->state;
	fixed->ndm_ifindex = e->ifindex;
	if (e->addr_len)
		mnl_attr_put(h, NDA_DST, e->addr_len, e->addr);
	if (e->hwaddr_len)
		mnl_attr_put(h, NDA_LLADDR, e->hwaddr_len, e->hwaddr);
	mnl_attr_put_u32(h, NDA_PROBES, 4); /* one that nobody reads */
	return h;
}

static const struct {
	struct entry entry;
	int kind;     /* of the event; -1: it says nothing of use */
	bool is_news; /* it passes the filter */
} cases[] = {
	{{RTM_NEWNEIGH, AF_INET, NUD_REACHABLE, V4, 4, HW, 6, IFINDEX}, NEIGHBOUR_IS_THERE, false},
	{{RTM_NEWNEIGH, AF_INET6, NUD_STALE, V6, 16, HW, 6, IFINDEX}, NEIGHBOUR_IS_THERE, false},
	{{RTM_NEWNEIGH, AF_INET, NUD_PERMANENT, V4, 4, HW, 6, IFINDEX}, NEIGHBOUR_IS_THERE, false},
	{{RTM_NEWNEIGH, AF_INET, NUD_INCOMPLETE, V4, 4, NULL, 0, IFINDEX}, -1, false},
	{{RTM_NEWNEIGH, AF_INET, NUD_NOARP, V4, 4, HW, 6, IFINDEX}, -1, false},
	{{RTM_NEWNEIGH, AF_INET, NUD_REACHABLE, V4, 4, NULL, 0, IFINDEX}, -1, false},
	{{RTM_NEWNEIGH, AF_INET, NUD_REACHABLE, V4, 4, HW, 4, IFINDEX}, -1, false},
	{{RTM_NEWNEIGH, AF_INET, NUD_REACHABLE, V6, 16, HW, 6, IFINDEX}, -1, false},
	{{RTM_NEWNEIGH, AF_INET6, NUD_REACHABLE, V4, 4, HW, 6, IFINDEX}, -1, false},
	{{RTM_NEWNEIGH, AF_INET, NUD_REACHABLE, NULL, 0, HW, 6, IFINDEX}, -1, false},
	{{RTM_NEWNEIGH, AF_INET, NUD_REACHABLE, V4, 4, HW, 6, 0}, -1, false},
	{{RTM_NEWNEIGH, AF_INET, NUD_FAILED, V4, 4, NULL, 0, IFINDEX}, NEIGHBOUR_IS_LOST, true},
	{{RTM_NEWNEIGH, AF_INET6, NUD_FAILED, V6, 16, HW, 6, IFINDEX}, NEIGHBOUR_IS_LOST, true},
	{{RTM_NEWNEIGH, AF_INET, NUD_FAILED, NULL, 0, NULL, 0, IFINDEX}, -1, true},
	{{RTM_DELNEIGH, AF_INET, NUD_FAILED, V4, 4, NULL, 0, IFINDEX}, -1, false},
	{{RTM_NEWNEIGH, AF_BRIDGE, NUD_REACHABLE, NULL, 0, HW, 6, IFINDEX}, NEIGHBOUR_IS_BEHIND,
		true},
	{{RTM_NEWNEIGH, AF_BRIDGE, NUD_REACHABLE, NULL, 0, NULL, 0, IFINDEX}, -1, true},
	{{RTM_NEWNEIGH, AF_BRIDGE, NUD_PERMANENT, NULL, 0, HW, 6, IFINDEX}, -1, false},
	{{RTM_NEWNEIGH, AF_BRIDGE, NUD_NOARP | NUD_PERMANENT, NULL, 0, HW, 6, IFINDEX}, -1, false},
	{{RTM_DELNEIGH, AF_BRIDGE, NUD_STALE, NULL, 0, HW, 6, IFINDEX}, -1, false},
	{{RTM_NEWADDR, AF_INET, NUD_FAILED, V4, 4, NULL, 0, IFINDEX}, -1, false},
};

static void entries_are_read(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct entry *e = &cases[i].entry;
		struct event_neighbour got = {.ifindex = 99};
		bool is_read = neighbour_read(build(e), &got);
		assert_int_equal(is_read, cases[i].kind >= 0);
		if (!is_read) {
			assert_int_equal(got.ifindex, 99);
			continue;
		}
		assert_int_equal(got.kind, cases[i].kind);
		assert_int_equal(got.ifindex, IFINDEX);
		assert_int_equal(got.vid, 0);
		if (got.kind == NEIGHBOUR_IS_BEHIND)
			assert_int_equal(got.addr.family, ADDR_NONE);
		else
			assert_memory_equal(got.addr.bytes, e->addr, e->addr_len);
		if (got.kind != NEIGHBOUR_IS_LOST)
			assert_memory_equal(got.hwaddr, HW, sizeof(HW));
	}
}

static void the_vlan_of_an_entry_is_read(void **state UNUSED)
{
	static const struct entry behind = {
		RTM_NEWNEIGH, AF_BRIDGE, NUD_REACHABLE, NULL, 0, HW, 6, IFINDEX};
	const uint16_t vlan[] = {20, 30};
	struct event_neighbour got;
	struct nlmsghdr *h = build(&behind);
	mnl_attr_put_u16(h, NDA_VLAN, vlan[0]);
	assert_true(neighbour_read(h, &got));
	assert_int_equal(got.vid, 20);
	h = build(&behind);
	mnl_attr_put(h, NDA_VLAN, sizeof(vlan), vlan);
	assert_false(neighbour_read(h, &got));
	h = build(&cases[0].entry);
	mnl_attr_put_u16(h, NDA_VLAN, vlan[0]);
	assert_true(neighbour_read(h, &got));
	assert_int_equal(got.vid, 0); /* no entry of a bridge */
}

/* A message that ends early, in a block of exactly its size, and one whose attribute is longer than it. */
static void cut_messages_say_nothing_wrong(void **state UNUSED)
{
	struct nlmsghdr *whole = build(&cases[0].entry);
	const size_t whole_len = whole->nlmsg_len;
	for (size_t len = sizeof(*whole); len < whole_len; len++) {
		struct event_neighbour got;
		whole->nlmsg_len = (uint32_t)len;
		struct nlmsghdr *copy = malloc(MNL_ALIGN(len));
		assert_non_null(copy);
		memcpy(copy, bytes, MNL_ALIGN(len));
		if (neighbour_read(copy, &got))
			assert_memory_equal(got.hwaddr, HW, sizeof(HW));
		free(copy);
	}
	build(&cases[0].entry);
	struct nlattr *first = mnl_nlmsg_get_payload_offset(whole, sizeof(struct ndmsg));
	first->nla_len = CAP;
	struct event_neighbour got;
	assert_false(neighbour_read(whole, &got));
}

static bool passes(int ends[2], const struct nlmsghdr *h)
{
	char got[CAP];
	(void)!send(ends[0], h, h->nlmsg_len, 0); /* one that is dropped may be an error */
	ssize_t len = recv(ends[1], got, sizeof(got), 0);
	assert_true(len == -1 || (size_t)len == h->nlmsg_len);
	return len >= 0;
}

static void only_news_pass_the_filter(void **state UNUSED)
{
	int ends[2];
	struct sock_filter code[NEIGHBOUR_FILTER_CAP];
	const struct sock_fprog program = {
		.len = (unsigned short)neighbour_filter_make(code), .filter = code};
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(
		setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(passes(ends, build(&cases[i].entry)), cases[i].is_news);
	struct nlmsghdr *cut = build(&cases[11].entry);
	cut->nlmsg_len = sizeof(*cut) + 4;
	assert_false(passes(ends, cut));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_read),
		cmocka_unit_test(the_vlan_of_an_entry_is_read),
		cmocka_unit_test(cut_messages_say_nothing_wrong),
		cmocka_unit_test(only_news_pass_the_filter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
