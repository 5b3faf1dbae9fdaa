/* SPDX-License-Identifier: ISC */
/*
 * Owns the measurement of the answer path alone, without sockets: builds a zone of N names with one A
 * and two AAAA each, and answers a mix of questions in a loop (45 % AAAA, 35 % A, 10 % NXDOMAIN, 5 %
 * NODATA, 5 % apex, EDNS on). Prints time per query and memory. "signed": the zone is signed; "do": and the clients
 * want signatures. For instructions per query:
 *
 *	valgrind --tool=callgrind --toggle-collect=serve_answer tests/bench/serve-loop 1000 100000
 *
 * Run by bench.py.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/sign_rig.h"
#include "base/hash.h"
#include "base/time.h"
#include "serve/answer.h"
#include "wire/pack.h"

enum { QUERIES = 4096, QUERY_CAP = 512 };

static struct {
	size_t len;
	uint8_t bytes[QUERY_CAP];
} queries[QUERIES];

static void die(const char *what)
{
	fprintf(stderr, "serve-loop: %s\n", what);
	exit(111);
}

static ns_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static struct name name_of(const char *text)
{
	struct name n;
	if (name_from_text(text, NULL, &n))
		die("bad name");
	return n;
}

static void put_host(struct zone *z, unsigned i)
{
	char text[64];
	uint8_t bytes[3][16] = {{10}, {0x20, 1}, {0xfd}};
	struct rdata a = {bytes[0], 4}, aaaa[] = {{bytes[1], 16}, {bytes[2], 16}};
	const struct rrset sets[] = {
		{RR_A, VIEW_ANY, 60, 1, &a},
		{RR_AAAA, VIEW_ANY, 60, 2, aaaa},
	};
	snprintf(text, sizeof(text), "host%u.bench.example.", i);
	struct name owner = name_of(text);
	for (int b = 0; b < 3; b++) {
		put_u32(bytes[b] + (b ? 12 : 0), i);
		bytes[0][0] = 10;
	}
	if (zone_put(z, ZONE_STATIC, owner.wire, sets, ARRAY_LEN(sets)))
		die("zone_put failed");
}

static void make_query(unsigned i, unsigned names, bool has_do)
{
	char text[64];
	struct pack p;
	unsigned dice = i % 100, host = (unsigned)(hash_mix(i, 77) % names);
	uint16_t type = dice < 45 || (dice >= 80 && dice < 90) ? RR_AAAA
			: dice < 80                            ? RR_A
			: dice < 95                            ? RR_MX
							       : RR_SOA;
	if (dice >= 95)
		snprintf(text, sizeof(text), "bench.example.");
	else
		snprintf(text, sizeof(text),
			dice >= 80 && dice < 90 ? "none%u.bench.example." : "host%u.bench.example.",
			host);
	struct name name = name_of(text);
	const struct pack_rr opt = {name_root, RR_OPT, 1232, has_do ? 0x8000 : 0, name_root, 0};
	pack_init(&p, queries[i].bytes, QUERY_CAP, (uint16_t)i, 0);
	if (pack_question(&p, name.wire, type, CLASS_IN) || pack_rr(&p, SECTION_ADDITIONAL, &opt))
		die("no room for a query");
	queries[i].len = p.len;
}

static struct zone *make_zone(unsigned names)
{
	struct zone *z = zone_new(0x1234567890abcdef, (struct zone_listener){0});
	struct name apex = name_of("bench.example."), ns = name_of("ns.bench.example.");
	const struct zone_apex params = {apex.wire, ns.wire, ns.wire, 3600, 600, 86400, 60, 300};
	if (!z || zone_add_apex(z, &params))
		die("no zone");
	for (unsigned i = 0; i < names; i++)
		put_host(z, i);
	zone_garbage_free(zone_commit(z, 1));
	return z;
}

int main(int argc, char **argv)
{
	unsigned names = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 4000000;
	bool is_signed = argc > 3, has_do = is_signed && strcmp(argv[3], "do") == 0;
	if (names == 0 || rounds == 0)
		die("usage: serve-loop [NAMES [QUERIES [do | signed]]]");
	size_t heap = mallinfo2().uordblks + mallinfo2().hblkhd;
	ns_t start = now();
	struct zone *z = make_zone(names);
	struct sign_rig *rig = is_signed ? rig_sign(z, "bench.example.", 1, 's') : NULL;
	zone_garbage_free(zone_commit(z, 1));
	ns_t built = now();
	heap = mallinfo2().uordblks + mallinfo2().hblkhd - heap;
	for (unsigned i = 0; i < QUERIES; i++)
		make_query(i, names, has_do);

	static struct serve_ctx ctx;
	struct view_slot views = {view_table_new(NULL, 0)};
	struct serve_client client = {.port = 5353};
	static uint8_t reply[EDNS_PAYLOAD];
	uint64_t bytes = 0;
	client.addr.family = ADDR_V4;
	ctx.zone = zone_reader(z);
	ctx.views = &views;
	ns_t begin = now();
	for (unsigned long i = 0; i < rounds; i++)
		bytes += serve_answer(&ctx, &client, queries[i % QUERIES].bytes,
			queries[i % QUERIES].len, reply, sizeof(reply));
	ns_t end = now();

	struct zone_stats stats = zone_stats(z);
	printf("names=%zu records=%zu build_ms=%lld heap_kib=%zu node_and_table_kib=%zu\n",
		stats.names, stats.records, (long long)((built - start) / NS_PER_MS), heap / 1024,
		stats.bytes / 1024);
	printf("ns_per_query=%.1f bytes_per_reply=%.1f\n", (double)(end - begin) / (double)rounds,
		(double)bytes / (double)rounds);
	view_table_free(view_slot_publish(&views, NULL));
	if (rig)
		rig_sign_free(rig);
	zone_free(z);
	return 0;
}
