/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the journal: any sequence of changes, and two secondaries that follow now
 * and then. At the end each must have the same as a whole transfer gives.
 * Never checks the bytes of messages: the secondary is strict about them. Run by a fuzzer, its
 * replay.
 */
#include <stdlib.h>

#include "base/cursor.h"
#include "secondary_rig.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct fuzz {
	struct zone *zone;
	struct journal *journal;
	uint32_t floor;
	struct secondary lan, wan;
};

static void on_change(void *arg, const struct zone_change *change)
{
	struct fuzz *f = arg;
	if (f->journal)
		journal_change(f->journal, change);
}

static void add_apex(struct fuzz *f, const char *text)
{
	struct name apex = name_of(text);
	(void)!zone_add_apex(f->zone,
		&(struct zone_apex){
			.name = apex.wire, .mname = apex.wire, .rname = apex.wire, .ttl_s = 60});
}

/* Puts 0 to 3 addresses at an owner, with views and TTLs selected by the byte. */
static void put(struct fuzz *f, uint8_t which, uint8_t what)
{
	static const char *const owners[] = {"a.example.", "B.example.", "c.sub.example.",
		"sub.example.", "d.c.sub.example.", "*.example.", "example.", "e.f.example."};
	static const uint8_t addresses[3][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}, {192, 0, 2, 3}};
	struct rdata rdata[3];
	struct name owner = name_of(owners[which % 8]);
	unsigned count = what & 3;
	for (unsigned i = 0; i < count; i++)
		rdata[i] = (struct rdata){addresses[(i + (what >> 6)) % 3], 4};
	struct rrset set = {.type = RR_A,
		.view = what >> 2 & 3,
		.ttl = 60 + (what >> 4 & 1),
		.count = (uint16_t)count,
		.rdata = rdata};
	(void)!zone_put(
		f->zone, what & 0x20 ? ZONE_STATIC : ZONE_DERIVED, owner.wire, &set, count > 0);
}

static void on_serial(void *arg, const uint8_t *apex, uint32_t serial)
{
	(void)arg;
	(void)apex;
	(void)serial;
}

static void commit(struct fuzz *f)
{
	zone_garbage_free(zone_commit(f->zone, ++f->floor));
	journal_commit(f->journal, f->floor, on_serial, f);
}

static void refresh(struct fuzz *f, struct secondary *s)
{
	if (!secondary_refresh(s, f->journal))
		abort();
}

static void step(struct fuzz *f, uint8_t op, uint8_t arg)
{
	struct name sub = name_of("sub.example.");
	switch (op % 8) {
	case 0: commit(f); break;
	case 1: add_apex(f, "sub.example."); break;
	case 2: (void)!zone_remove_apex(f->zone, sub.wire); break;
	case 3:
	case 4:
		commit(f);
		refresh(f, op % 8 == 3 ? &f->lan : &f->wan);
		break;
	default: put(f, op / 8, arg); break;
	}
}

static void check(struct fuzz *f, struct secondary *s)
{
	struct secondary whole;
	refresh(f, s);
	secondary_init(&whole, s->zone.wire, s->view);
	refresh(f, &whole);
	if (!secondary_equal(s, &whole))
		abort();
	secondary_fini(&whole);
}

/* The input: two bytes per step. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum { STEPS_MAX = 512 };
	struct fuzz f = {.floor = 100};
	struct name apex = name_of("example.");
	struct rd r = rd_init(bytes, len);
	f.zone = zone_new(1, (struct zone_listener){.on_change = on_change, .arg = &f});
	add_apex(&f, "example.");
	zone_garbage_free(zone_commit(f.zone, f.floor));
	f.journal = journal_new(1, f.zone);
	if (!f.journal)
		abort();
	secondary_init(&f.lan, apex.wire, VIEW_LAN);
	secondary_init(&f.wan, apex.wire, VIEW_WAN);
	for (int i = 0; i < STEPS_MAX && rd_left(&r) >= 2; i++) {
		uint8_t op = rd_u8(&r);
		step(&f, op, rd_u8(&r));
	}
	commit(&f);
	check(&f, &f.lan);
	check(&f, &f.wan);
	secondary_fini(&f.lan);
	secondary_fini(&f.wan);
	journal_free(f.journal);
	zone_free(f.zone);
	return 0;
}
