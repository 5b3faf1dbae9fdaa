/* SPDX-License-Identifier: ISC */
/*
 * Owns the secondary's side of a transfer, for tests.
 * Never used by the product. Called by the tests of the journal, and a fuzz target.
 */
#include "secondary_rig.h"

#include <stdlib.h>
#include <string.h>

#include "wire/rr.h"

enum { ROW_HEAD = 8 };

void secondary_init(struct secondary *s, const uint8_t *zone, uint8_t view)
{
	/* An address has one view. */
	*s = (struct secondary){
		.view = view, .client = {.family = ADDR_V4, .bytes = {192, 0, 2, view}}};
	name_copy(&s->zone, zone);
}

/* Returns a list with room for one element more than `count`: doubled at each power of two. */
static void *grown(void *list, size_t count, size_t size)
{
	bool is_full = (count & (count - 1)) == 0;
	return is_full ? reallocarray(list, count ? 2 * count : 1, size) : list;
}

static void clear(struct secondary *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->rows[i]);
	s->count = 0;
}

void secondary_fini(struct secondary *s)
{
	clear(s);
	free(s->rows);
}

static uint8_t *row_of(
	const uint8_t *owner, uint16_t type, uint32_t ttl, const void *rdata, size_t len)
{
	struct name lower;
	name_copy(&lower, owner);
	name_lower(&lower);
	size_t whole = ROW_HEAD + lower.len + len;
	uint8_t *row = malloc(whole);
	if (!row || whole > UINT16_MAX)
		abort();
	put_u16(row, (uint16_t)whole);
	put_u16(row + 2, type);
	put_u32(row + 4, ttl);
	memcpy(row + ROW_HEAD, lower.wire, lower.len);
	if (len > 0)
		memcpy(row + ROW_HEAD + lower.len, rdata, len);
	return row;
}

static int row_cmp(const uint8_t *a, const uint8_t *b)
{
	size_t a_len = get_u16(a), b_len = get_u16(b);
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* Returns the place of the row, or where it belongs. */
static size_t find(const struct secondary *s, const uint8_t *row, bool *ret_is_there)
{
	size_t at = 0, end = s->count;
	while (at < end) {
		size_t middle = (at + end) / 2;
		if (row_cmp(s->rows[middle], row) < 0)
			at = middle + 1;
		else
			end = middle;
	}
	*ret_is_there = at < s->count && row_cmp(s->rows[at], row) == 0;
	return at;
}

static bool add(struct secondary *s, uint8_t *row)
{
	bool is_there;
	size_t at = find(s, row, &is_there);
	if (is_there) {
		free(row);
		return false;
	}
	s->rows = grown(s->rows, s->count, sizeof(*s->rows));
	if (!s->rows)
		abort();
	memmove(s->rows + at + 1, s->rows + at, (s->count - at) * sizeof(*s->rows));
	s->rows[at] = row;
	s->count++;
	return true;
}

static bool take_out(struct secondary *s, uint8_t *row)
{
	bool is_there;
	size_t at = find(s, row, &is_there);
	free(row);
	if (!is_there)
		return false;
	free(s->rows[at]);
	s->count--;
	memmove(s->rows + at, s->rows + at + 1, (s->count - at) * sizeof(*s->rows));
	return true;
}

/* The records of a transfer, across messages. */
struct stream {
	uint8_t **rows;
	uint32_t *serials; /* of a SOA, otherwise 0 */
	size_t count;
};

static void stream_free(struct stream *st)
{
	for (size_t i = 0; i < st->count; i++)
		free(st->rows[i]); /* NULL if it was moved */
	free(st->rows);
	free(st->serials);
}

static bool read_record(struct rd *r, struct stream *st)
{
	static uint8_t rdata[UINT16_MAX];
	struct rr rr;
	struct wr w = wr_init(rdata, sizeof(rdata));
	rd_rr(r, &rr);
	if (r->err || rr_rdata_expand(r, &rr, &w))
		return false;
	st->rows = grown(st->rows, st->count, sizeof(*st->rows));
	st->serials = grown(st->serials, st->count, sizeof(*st->serials));
	if (!st->rows || !st->serials)
		abort();
	st->serials[st->count] = rr.type == RR_SOA ? get_u32(rdata + wr_len(&w) - 20) : 0;
	st->rows[st->count++] = row_of(rr.owner.wire, rr.type, rr.ttl, rdata, wr_len(&w));
	return true;
}

static bool read_message(const uint8_t *msg, size_t len, bool is_first, struct stream *st)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct question question;
	rd_header(&r, &header);
	if (header.qdcount > 1 || (is_first && header.qdcount != 1) || msg_rcode(&header) != 0 ||
		!(header.flags & MSG_AA))
		return false;
	for (unsigned i = 0; i < header.qdcount; i++)
		rd_question(&r, &question);
	if (header.count[SECTION_ANSWER] == 0)
		return false;
	for (unsigned i = 0; i < header.count[SECTION_ANSWER]; i++)
		if (!read_record(&r, st))
			return false;
	return rd_left(&r) == 0;
}

static bool receive(struct secondary *s, struct xfr *x, struct stream *st)
{
	static uint8_t out[MSG_CAP];
	int len;
	s->messages = 0;
	while ((len = xfr_next(x, 0, out, sizeof(out))) > 0)
		if (!read_message(out, (size_t)len, s->messages++ == 0, st))
			return false;
	return len == 0;
}

static bool take_whole(struct secondary *s, struct stream *st)
{
	clear(s);
	for (size_t i = 0; i + 1 < st->count; i++) {
		if (i > 0 && st->serials[i])
			return false;
		bool is_new = add(s, st->rows[i]);
		st->rows[i] = NULL;
		if (!is_new)
			return false;
	}
	return true;
}

/* RFC 1995 §4: SOAs separate removed from added records; the very last equals the first. */
static bool take_steps(struct secondary *s, struct stream *st)
{
	bool is_adding = true;
	uint32_t serial = s->serial;
	for (size_t i = 1; i + 1 < st->count; i++) {
		if (st->serials[i]) {
			is_adding = !is_adding;
			if (!is_adding && st->serials[i] != serial)
				return false;
			serial = st->serials[i];
			s->steps += !is_adding;
		}
		bool is_good = is_adding ? add(s, st->rows[i]) : take_out(s, st->rows[i]);
		st->rows[i] = NULL;
		if (!is_good)
			return false;
	}
	return is_adding && serial == st->serials[0];
}

static bool take(struct secondary *s, struct stream *st)
{
	s->steps = 0;
	if (st->count == 1)
		return st->serials[0] == s->serial;
	if (st->count < 2 || !st->serials[0] || st->serials[0] != st->serials[st->count - 1])
		return false;
	bool is_incremental = st->count > 2 && st->serials[1] != 0;
	bool is_good = is_incremental ? take_steps(s, st) : take_whole(s, st);
	s->serial = st->serials[0];
	return is_good;
}

bool secondary_refresh(struct secondary *s, struct journal *j)
{
	struct xfr x = {.ask = {.zone = s->zone,
				.type = s->serial ? RR_IXFR : RR_AXFR,
				.serial = s->serial,
				.view = s->view,
				.client = s->client}};
	struct stream st = {0};
	int err;
	while ((err = journal_source(j, &x.ask, 0, &x.source)) == JOURNAL_LATER) {
		if (!journal_work(j, 0) && s->meanwhile)
			s->meanwhile(s->arg);
	}
	if (err)
		return false;
	bool is_good = receive(s, &x, &st) && take(s, &st);
	xfr_fini(&x);
	stream_free(&st);
	return is_good;
}

bool secondary_equal(const struct secondary *a, const struct secondary *b)
{
	if (a->count != b->count || a->serial != b->serial)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (row_cmp(a->rows[i], b->rows[i]))
			return false;
	return true;
}

bool secondary_has(const struct secondary *s, const uint8_t *owner, uint16_t type,
	const void *rdata, size_t len)
{
	uint8_t *wanted = row_of(owner, type, 0, rdata, len);
	bool has = false;
	for (size_t i = 0; i < s->count; i++) {
		size_t row_len = get_u16(s->rows[i]);
		has |= row_len == get_u16(wanted) && get_u16(s->rows[i] + 2) == type &&
		       memcmp(s->rows[i] + ROW_HEAD, wanted + ROW_HEAD, row_len - ROW_HEAD) == 0;
	}
	free(wanted);
	return has;
}
