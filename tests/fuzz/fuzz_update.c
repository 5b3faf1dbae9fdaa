/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of updates from others (src/update): messages, judged one after the other, and the text in which
 * what they add is kept. Whatever comes, nothing is changed that the key may not change, and what was added is
 * the same after it was written and read.
 * Never signs: fuzz_answer has signatures. Run by a fuzzer, and its replay.
 *
 * The input: a byte; 0: text of a file follows. Otherwise messages, each behind two bytes of length.
 */
#include <stdlib.h>
#include <string.h>

#include "require.h"
#include "steps.h"
#include "update/diary.h"
#include "update/judge.h"
#include "update/signer_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { MESSAGES_MAX = 16, STEPS_A_BYTE = 400, STEPS_FIXED = 4000, NOW = 1700000000 };

struct fuzz {
	struct zone *zone;
	struct added *added;
	struct name apex, key;
	struct update_right rights[4];
};

static void put_set(struct fuzz *f, enum zone_source source, const char *owner, uint16_t type,
	const void *bytes, size_t len)
{
	struct name n = name_of(owner);
	const struct rdata rdata = {bytes, (uint16_t)len};
	const struct rrset set = {type, VIEW_ANY, 60, 1, &rdata};
	require(zone_put(f->zone, source, n.wire, &set, 1) == 0);
}

static void begin(struct fuzz *f)
{
	static const char *const rights[] = {
		"key:k:*.d:ANY", "key:k:a:A,TXT,CNAME", "key:k:w", "key:k"};
	static const uint8_t addr[] = {192, 0, 2, 1};
	*f = (struct fuzz){.zone = zone_new(1, (struct zone_listener){0}),
		.added = added_new(2),
		.apex = name_of("z."),
		.key = name_of("k.")};
	require(f->zone && f->added);
	const struct zone_apex apex = {f->apex.wire, f->apex.wire, f->apex.wire, 1, 2, 3, 4, 5};
	require(zone_add_apex(f->zone, &apex) == 0);
	put_set(f, ZONE_DERIVED, "a.z.", RR_A, addr, sizeof(addr));
	put_set(f, ZONE_STATIC, "c.d.z.", RR_CNAME, f->apex.wire, f->apex.len);
	for (size_t i = 0; i < ARRAY_LEN(rights); i++)
		require(!update_right_parse(rights[i], &f->rights[i]));
}

static void check_owner(void *arg, const struct added_owner *o)
{
	const struct fuzz *f = arg;
	require(name_is_below(o->name, f->apex.wire) && o->set_count > 0);
	require(added_owner_bytes(o) <= LIMIT_UPDATE_OWNER);
	for (unsigned i = 0; i < o->set_count; i++) {
		const struct added_set *set = o->sets[i];
		size_t at = 0;
		const struct update_signer signer = {f->key.wire, false};
		require(update_rights_allow(f->rights, ARRAY_LEN(f->rights), f->apex.wire, &signer,
			o->name, set->type));
		require(!update_right_is_for_none(set->type, o->name, f->apex.wire));
		for (unsigned r = 0; r < set->count; r++) {
			struct rdata rdata = added_set_next(set, &at);
			require(rdata_is_valid(set->type, rdata.bytes, rdata.len));
		}
		require(at == set->len && set->count <= LIMIT_UPDATE_SET);
	}
}

static int put(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	int err = zone_put(arg, ZONE_UPDATED, owner, sets, count);
	require(err != ERR_RANGE); /* what was judged has room */
	return err;
}

static int try(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return zone_try(arg, ZONE_UPDATED, owner, sets, count);
}

static void take_message(struct fuzz *f, const uint8_t *msg, size_t len, struct buf *text)
{
	struct update_message m;
	struct update_outcome outcome;
	struct added_draft d;
	const struct update_ground ground = {.zone = f->zone,
		.domain = f->apex.wire,
		.rights = f->rights,
		.right_count = ARRAY_LEN(f->rights),
		.by = {.key = f->key.wire, .when_s = NOW},
		.try = try,
		.try_arg = f->zone};
	struct sig0 sig;
	added_draft_init(&d, f->added);
	steps_begin();
	if (sig0_find(msg, len, &sig) == 1) /* the messages may have put a key of x.d.z. */
		(void)!signer_keys_verify(&(const struct signer_keys){0}, f->zone, msg, &sig, NOW);
	int rcode = update_message_parse(msg, len, &m);
	if (!rcode) {
		rcode = update_judge(&ground, &m, &d, &outcome);
		update_message_fini(&m);
		require(!rcode == !outcome.reason);
	}
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	if (!rcode && d.owners.count > 0) {
		diary_write_draft(text, &d);
		require(added_take(&d) == 0);
		require(added_put_all(f->added, put, f->zone) == 0);
	}
	added_draft_fini(&d);
	zone_garbage_free(zone_commit(f->zone, 1));
}

static bool is_equal(const struct added *a, const struct added *b)
{
	const struct added_stats x = added_stats(a), y = added_stats(b);
	return x.owners == y.owners && x.sets == y.sets && x.records == y.records &&
	       x.bytes == y.bytes;
}

static void check_text(const struct buf *text, const struct added *a)
{
	struct added *again = added_new(3);
	size_t bad;
	require(again && !text->err && diary_whole_len(text->bytes, text->len) == text->len);
	require(diary_read(again, text->bytes, text->len, &bad) == 0);
	require(bad == 0 && is_equal(a, again));
	added_free(again);
}

static void take_messages(const uint8_t *bytes, size_t len)
{
	struct rd r = rd_init(bytes, len);
	struct fuzz f;
	struct buf text = {0};
	begin(&f);
	diary_write_head(&text);
	for (int i = 0; i < MESSAGES_MAX && rd_left(&r) > 2; i++) {
		size_t want = rd_u16(&r);
		want = want > rd_left(&r) ? rd_left(&r) : want;
		want = want > LIMIT_UPDATE_UDP ? LIMIT_UPDATE_UDP : want;
		uint8_t *msg = malloc(want + 1);
		require(msg);
		memcpy(msg, rd_bytes(&r, want), want);
		take_message(&f, msg, want, &text);
		free(msg);
	}
	added_each(f.added, check_owner, &f);
	check_text(&text, f.added);
	added_free(f.added);
	zone_free(f.zone);
	buf_fini(&text);
}

static void take_text(const uint8_t *bytes, size_t len)
{
	struct added *a = added_new(1);
	struct buf text = {0};
	size_t bad = 0, whole = diary_whole_len((const char *)bytes, len);
	require(a && whole <= len);
	steps_begin();
	int err = diary_read(a, (const char *)bytes, len, &bad);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	require((err == 0) == (whole > 0));
	diary_write_all(&text, a);
	check_text(&text, a);
	buf_fini(&text);
	added_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len > 0 && bytes[0] == 0)
		take_text(bytes + 1, len - 1);
	else if (len > 0)
		take_messages(bytes + 1, len - 1);
	return 0;
}
