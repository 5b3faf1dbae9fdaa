/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the file of updates.
 * Never opens it.
 */
#include "update/diary.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/siphash.h"
#include "update/right.h"

static const char head[] = "ontap-zone updates 1\n";

/* It finds damage, not an attacker: who can write the file can write anything. */
static const uint8_t checksum_key[SIPHASH_KEY_LEN] = "ontap updates 1";

enum { HEAD_LEN = sizeof(head) - 1, SUM_DIGITS = 16, SUM_LINE_LEN = 2 + SUM_DIGITS + 1 };

/* Writing. */

static void write_hex(struct buf *out, struct rdata rdata)
{
	static const char digits[] = "0123456789abcdef";
	char piece[128];
	size_t used = 0;
	piece[used++] = ' ';
	if (rdata.len == 0)
		piece[used++] = '-';
	for (size_t i = 0; i < rdata.len; i++) {
		piece[used++] = digits[rdata.bytes[i] >> 4];
		piece[used++] = digits[rdata.bytes[i] & 15];
		if (used + 2 > sizeof(piece)) {
			buf_add(out, piece, used);
			used = 0;
		}
	}
	buf_add(out, piece, used);
}

static void write_owner(struct buf *out, const struct added_owner *o)
{
	char name[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	buf_printf(out, "N %s\n", name_to_text(o->name, name));
	for (unsigned i = 0; i < o->set_count; i++) {
		const struct added_set *set = o->sets[i];
		const uint8_t *key = added_set_key(set);
		size_t at = 0;
		buf_printf(out, "S %s %u %llu %s", rr_type_text(set->type, type), set->ttl,
			(unsigned long long)set->when_s, key ? name_to_text(key, name) : "-");
		for (unsigned r = 0; r < set->count; r++)
			write_hex(out, added_set_next(set, &at));
		buf_puts(out, "\n");
	}
}

/* Ends the entry that begins at `start`. */
static void write_end(struct buf *out, size_t start)
{
	if (!out->err)
		buf_printf(out, "= %016llx\n",
			(unsigned long long)siphash(
				checksum_key, out->bytes + start, out->len - start));
}

void diary_write_draft(struct buf *out, const struct added_draft *d)
{
	size_t start = out->len;
	MAP_EACH(o, &d->owners, struct added_owner, in_map)
		write_owner(out, o);
	write_end(out, start);
}

void diary_write_head(struct buf *out)
{
	buf_puts(out, head);
}

/* Each owner is an entry of its own: damage loses one. */
static void write_entry(void *arg, const struct added_owner *o)
{
	struct buf *out = arg;
	size_t start = out->len;
	write_owner(out, o);
	write_end(out, start);
}

void diary_write_all(struct buf *out, const struct added *a)
{
	diary_write_head(out);
	added_each(a, write_entry, out);
}

/* Reading. */

/* A line without its end, or what is left of one. */
struct words {
	const char *at;
	size_t len;
};

/* Takes the next word. False: there is none. */
static bool next_word(struct words *line, struct words *ret)
{
	if (line->len == 0)
		return false;
	const char *blank = memchr(line->at, ' ', line->len);
	size_t len = blank ? (size_t)(blank - line->at) : line->len;
	*ret = (struct words){line->at, len};
	line->at += len + (blank != NULL);
	line->len -= len + (blank != NULL);
	STEPS(1 + len / STEP_BYTES);
	return len > 0;
}

static bool next_number(struct words *line, uint64_t max, uint64_t *ret)
{
	struct words word;
	uint64_t n = 0;
	if (!next_word(line, &word) || word.len > 12)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (word.at[i] < '0' || word.at[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(word.at[i] - '0');
	}
	*ret = n;
	return n <= max;
}

static bool take_name(const struct words *word, struct name *ret)
{
	char text[NAME_TEXT_CAP];
	if (word->len >= sizeof(text) || memchr(word->at, 0, word->len))
		return false;
	memcpy(text, word->at, word->len);
	text[word->len] = '\0';
	return name_from_text(text, NULL, ret) == 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads the bytes of a record to `out`, which has room for half of the word. */
static bool take_hex(const struct words *word, uint8_t *out, struct rdata *ret)
{
	size_t len = word->len / 2;
	*ret = (struct rdata){out, (uint16_t)len};
	if (word->len == 1 && word->at[0] == '-')
		return true;
	if (word->len % 2 != 0 || len > UINT16_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(word->at[2 * i]), low = hex_digit(word->at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* The set of a line "S", with room for its records. */
struct set_line {
	uint16_t type;
	uint32_t ttl;
	struct name key;
	struct added_by by;
	struct rdata *rdata;
	size_t count;
};

/* Reads what is in front of the records. */
static bool take_set_head(struct words *line, struct set_line *s)
{
	struct words word;
	uint64_t ttl;
	if (!next_word(line, &word))
		return false;
	s->type = update_type_from_text(word.at, word.len);
	if (s->type == 0 || !next_number(line, UINT32_MAX, &ttl) ||
		!next_number(line, INT64_MAX, &s->by.when_s) || !next_word(line, &word))
		return false;
	s->ttl = (uint32_t)ttl;
	if (word.len == 1 && word.at[0] == '-')
		return true;
	s->by.key = s->key.wire;
	return take_name(&word, &s->key);
}

/* Reads the records. */
static bool take_records(struct words line, struct set_line *s, uint8_t *bytes)
{
	struct words word;
	while (line.len > 0) {
		struct rdata *rdata = &s->rdata[s->count];
		if (!next_word(&line, &word) || !take_hex(&word, bytes, rdata) ||
			!rdata_is_valid(s->type, rdata->bytes, rdata->len))
			return false;
		bytes += rdata->len;
		s->count++;
	}
	return s->count > 0;
}

/* Returns 1 if the line is right, 0 if it is not; ERR_NOMEM. */
static int take_set(struct added_owner *o, struct words line)
{
	struct set_line s = {.count = 0};
	if (!o || !take_set_head(&line, &s))
		return 0;
	/* A record has at least one character, and a blank. */
	s.rdata = calloc(line.len / 2 + 1, sizeof(*s.rdata));
	uint8_t *bytes = malloc(line.len / 2 + 1);
	int result = s.rdata && bytes ? take_records(line, &s, bytes) : ERR_NOMEM;
	if (result == 1 && (s.count > LIMIT_UPDATE_SET || added_owner_set(o, s.type)))
		result = 0;
	if (result == 1 && added_owner_put(o, s.type, s.ttl, s.rdata, s.count, s.by))
		result = ERR_NOMEM;
	if (result == 1 && added_owner_bytes(o) > LIMIT_UPDATE_OWNER)
		result = 0;
	free(s.rdata);
	free(bytes);
	return result;
}

/* Begins an owner. Results as for take_set(). */
static int take_owner(struct added_draft *d, struct words line, struct added_owner **ret)
{
	struct words word;
	struct name name;
	if (!next_word(&line, &word) || line.len > 0 || !take_name(&word, &name))
		return 0;
	struct added_owner *o = added_draft_owner(d, name.wire);
	if (!o)
		return ERR_NOMEM;
	while (o->set_count > 0)
		(void)!added_owner_put(o, o->sets[0]->type, 0, NULL, 0, (struct added_by){0});
	*ret = o;
	return 1;
}

/* Reads the lines of an entry into the draft. */
static int take_entry(struct added_draft *d, const char *text, size_t len)
{
	struct added_owner *o = NULL;
	int result = 1;
	for (size_t at = 0, line_len; at < len && result == 1; at += line_len + 1) {
		line_len = (size_t)((const char *)memchr(text + at, '\n', len - at) - (text + at));
		struct words line = {text + at + 2, line_len - 2};
		if (line_len < 2 || text[at + 1] != ' ')
			return 0;
		if (text[at] == 'N')
			result = take_owner(d, line, &o);
		else
			result = text[at] == 'S' ? take_set(o, line) : 0;
	}
	return result;
}

static bool is_sum_right(const char *text, size_t len, const char *sum_line)
{
	uint64_t sum = 0;
	for (int i = 0; i < SUM_DIGITS; i++) {
		int digit = hex_digit(sum_line[2 + i]);
		if (digit < 0)
			return false;
		sum = sum << 4 | (unsigned)digit;
	}
	STEPS(1 + len / STEP_BYTES);
	return sum == siphash(checksum_key, text, len);
}

/* Finds the line that ends the entry. Returns where the next one begins, 0: nowhere. `*ret_sum` is where the line
 * begins. */
static size_t find_end(const char *text, size_t len, size_t from, size_t *ret_sum)
{
	for (size_t at = from; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t next = end ? (size_t)(end - text) + 1 : len;
		STEPS(1 + (next - at) / STEP_BYTES);
		if (end && next - at == SUM_LINE_LEN && text[at] == '=' && text[at + 1] == ' ') {
			*ret_sum = at;
			return next;
		}
		at = next;
	}
	return 0;
}

size_t diary_whole_len(const char *text, size_t len)
{
	size_t whole = HEAD_LEN, sum;
	if (len < HEAD_LEN || memcmp(text, head, HEAD_LEN) != 0)
		return 0;
	for (size_t next; (next = find_end(text, len, whole, &sum)) > 0;)
		whole = next;
	return whole;
}

/* Results as for take_set(). */
static int read_entry(struct added *a, const char *text, size_t len, const char *sum_line)
{
	struct added_draft d;
	if (!is_sum_right(text, len, sum_line))
		return 0;
	added_draft_init(&d, a);
	int result = take_entry(&d, text, len);
	if (result == 1 && added_take(&d))
		result = ERR_NOMEM;
	added_draft_fini(&d);
	return result;
}

int diary_read(struct added *a, const char *text, size_t len, size_t *ret_bad)
{
	size_t bad = 0, at = HEAD_LEN, sum;
	if (len < HEAD_LEN || memcmp(text, head, HEAD_LEN) != 0)
		return ERR_SYNTAX;
	for (size_t next; (next = find_end(text, len, at, &sum)) > 0; at = next) {
		int result = read_entry(a, text + at, sum - at, text + sum);
		if (result < 0)
			return result;
		bad += result == 0;
	}
	*ret_bad = bad;
	return 0;
}
