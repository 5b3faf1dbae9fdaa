/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of answers to the module for the C library: any bytes, in any pieces, and
 * then a caller's buffer of any size. The pieces make no difference, accepted values are within
 * bounds, and nothing is written outside of the buffer.
 * Never opens a socket. Run by a fuzzer and its replay.
 *
 * The input: a byte for the length of the pieces, one for the size of the buffer (in units of 16
 * bytes), and the answer.
 */
#include "nss/answer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "nss/fill.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int feed_in_pieces(struct answer *a, const char *bytes, size_t len, size_t piece)
{
	int err = 0;
	for (size_t at = 0; at < len && !err; at += piece)
		err = answer_feed(a, bytes + at, len - at < piece ? len - at : piece);
	return err;
}

static void check_names(const struct answer *a)
{
	size_t size = 0;
	for (const char *name = NULL; (name = answer_next_name(a, name));) {
		require(answer_is_host_name(name, false));
		size += strlen(name) + 1;
	}
	require(size == a->names_len && size <= sizeof(a->names));
	require(a->verdict != ANSWER_FOUND || size > 0);
}

static void check_filling(const struct answer *a, size_t size)
{
	char *room = malloc(size + 1);
	struct gaih_addrtuple *tuple = NULL;
	struct hostent host = {0};
	size_t count = 0;
	require(room != NULL);
	struct fill_space space = {room + 1, size};
	if (fill_tuples(a, space, &tuple) == 0)
		for (; tuple; tuple = tuple->next)
			count += answer_is_host_name(tuple->name, false);
	require(count == 0 || count == a->addr_count);
	if (fill_host(a, AF_INET6, space, &host) == 0)
		require(answer_is_host_name(host.h_name, false) && host.h_addr_list[0]);
	if (fill_host_of_addr(a, &(struct answer_addr){.family = AF_INET}, space, &host) == 0)
		require(answer_is_host_name(host.h_name, false) && !host.h_addr_list[1]);
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct answer whole = {0}, parts = {0};
	if (len < 2)
		return 0;
	const char *text = (const char *)bytes + 2;
	int err = answer_feed(&whole, text, len - 2);
	require(feed_in_pieces(&parts, text, len - 2, bytes[0] + 1u) == err);
	if (err)
		return 0;
	require(memcmp(&whole, &parts, sizeof(whole)) == 0);
	require(whole.addr_count <= LIMIT_RESOLVE_ADDRS && whole.total <= LIMIT_RESOLVE_BYTES);
	check_names(&whole);
	check_filling(&whole, bytes[1] * 16u);
	return 0;
}
