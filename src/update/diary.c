/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the file of updates.
 * Never opens it.
 */
#include "update/diary.h"

#include <stdlib.h>
#include <string.h>

#include "base/entry.h"
#include "base/err.h"
#include "update/right.h"

static const struct entry_form form = {"ontap-zone updates 1\n", "ontap updates 1"};

/* In front of the name of a key. No text of a name begins like that: in it, "@" is behind a backslash. */
static const char *const marks[ADDED_KINDS] = {
	[ADDED_BY_SECRET] = "", [ADDED_BY_PAIR] = "sig0@", [ADDED_BY_REGISTRATION] = "srp@"};

/* Writing. */

static void write_rdata(struct buf *out, struct rdata rdata)
{
	words_put_hex(out, rdata.bytes, rdata.len);
}

static void write_record(struct buf *out, const struct added_set *set, size_t *at)
{
	const uint32_t until_s = added_set_until(set, *at);
	write_rdata(out, added_set_next(set, at));
	if (until_s != 0)
		buf_printf(out, "@%u", until_s);
}

static void write_owner(struct buf *out, const struct added_owner *o)
{
	char name[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	buf_printf(out, "N %s\n", name_to_text(o->name, name));
	for (unsigned i = 0; i < o->set_count; i++) {
		const struct added_set *set = o->sets[i];
		const uint8_t *key = added_set_key(set);
		size_t at = 0;
		buf_printf(out, "S %s %u %llu %s%s", rr_type_text(set->type, type), set->ttl,
			(unsigned long long)set->when_s, key ? marks[set->kind] : "",
			key ? name_to_text(key, name) : "-");
		for (unsigned r = 0; r < set->count; r++)
			write_record(out, set, &at);
		buf_puts(out, "\n");
	}
}

void diary_write_draft(struct buf *out, const struct added_draft *d)
{
	size_t start = out->len;
	MAP_EACH(o, &d->owners, struct added_owner, in_map)
		write_owner(out, o);
	entry_end(&form, out, start);
}

void diary_write_head(struct buf *out)
{
	buf_puts(out, form.head);
}

/* Each owner is an entry of its own: damage loses one. */
static void write_entry(void *arg, const struct added_owner *o)
{
	struct buf *out = arg;
	size_t start = out->len;
	write_owner(out, o);
	entry_end(&form, out, start);
}

void diary_write_all(struct buf *out, const struct added *a)
{
	diary_write_head(out);
	added_each(a, write_entry, out);
}

/* Reading. */

static bool take_name(const struct words *word, struct name *ret)
{
	char text[NAME_TEXT_CAP];
	return words_copy(word, text, sizeof(text)) && name_from_text(text, NULL, ret) == 0;
}

/* Reads the bytes of a record to `out`, which has room for half of the word. */
static bool take_rdata(const struct words *word, uint8_t *out, struct rdata *ret)
{
	size_t len;
	if (word->len / 2 > UINT16_MAX || !words_take_hex(word, out, &len))
		return false;
	*ret = (struct rdata){out, (uint16_t)len};
	return true;
}

/* The set of a line "S", with room for its records. */
struct set_line {
	uint16_t type;
	uint32_t ttl;
	struct name key;
	struct added_by by;
	struct rdata *rdata;
	uint32_t *until_s;
	size_t count;
};

/* Takes the mark from the word, if there is one. */
static enum added_kind take_kind(struct words *word)
{
	for (unsigned kind = 1; kind < ADDED_KINDS; kind++) {
		const size_t len = strlen(marks[kind]);
		if (word->len > len && memcmp(word->at, marks[kind], len) == 0) {
			word->at += len;
			word->len -= len;
			return (enum added_kind)kind;
		}
	}
	return ADDED_BY_SECRET;
}

/* Reads what is in front of the records. */
static bool take_set_head(struct words *line, struct set_line *s)
{
	struct words word;
	uint64_t ttl;
	if (!words_next(line, &word))
		return false;
	s->type = update_type_from_text(word.at, word.len);
	if (s->type == 0 || !words_next_number(line, UINT32_MAX, &ttl) ||
		!words_next_number(line, INT64_MAX, &s->by.when_s) || !words_next(line, &word))
		return false;
	s->ttl = (uint32_t)ttl;
	if (words_are(&word, "-"))
		return true;
	s->by.key = s->key.wire;
	s->by.kind = take_kind(&word);
	return take_name(&word, &s->key);
}

/* Takes "@" and the end of a lease from the end of the word, if they are there. */
static bool take_lease(struct words *word, uint32_t *ret)
{
	const char *at = memchr(word->at, '@', word->len);
	uint64_t until_s = 0;
	if (!at)
		return true;
	struct words number = {at + 1, word->len - (size_t)(at - word->at) - 1};
	word->len = (size_t)(at - word->at);
	bool is_right = words_next_number(&number, UINT32_MAX, &until_s) && until_s > 0;
	*ret = (uint32_t)until_s;
	return is_right;
}

/* Reads the records. */
static bool take_records(struct words line, struct set_line *s, uint8_t *bytes)
{
	struct words word;
	while (line.len > 0) {
		struct rdata *rdata = &s->rdata[s->count];
		if (!words_next(&line, &word) || !take_lease(&word, &s->until_s[s->count]) ||
			!take_rdata(&word, bytes, rdata) ||
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
	s.until_s = calloc(line.len / 2 + 1, sizeof(*s.until_s));
	uint8_t *bytes = malloc(line.len / 2 + 1);
	int result = s.rdata && s.until_s && bytes ? take_records(line, &s, bytes) : ERR_NOMEM;
	if (result == 1 && (s.count > LIMIT_UPDATE_SET || added_owner_set(o, s.type)))
		result = 0;
	if (result == 1 && added_owner_put(o, s.type, s.ttl, s.rdata, s.until_s, s.count, s.by))
		result = ERR_NOMEM;
	if (result == 1 && added_owner_bytes(o) > LIMIT_UPDATE_OWNER)
		result = 0;
	free(s.rdata);
	free(s.until_s);
	free(bytes);
	return result;
}

/* Begins an owner. Results as for take_set(). */
static int take_owner(struct added_draft *d, struct words line, struct added_owner **ret)
{
	struct words word;
	struct name name;
	if (!words_next(&line, &word) || line.len > 0 || !take_name(&word, &name))
		return 0;
	struct added_owner *o = added_draft_owner(d, name.wire);
	if (!o)
		return ERR_NOMEM;
	while (o->set_count > 0)
		(void)!added_owner_put(o, o->sets[0]->type, 0, NULL, NULL, 0, (struct added_by){0});
	*ret = o;
	return 1;
}

/* Reads the lines of an entry into the draft. Results as for take_set(). */
static int take_entry(struct added_draft *d, struct words entry)
{
	struct added_owner *o = NULL;
	struct words line;
	char letter;
	int more;
	while ((more = words_next_line(&entry, &letter, &line)) == 1) {
		int result = letter == 'N'   ? take_owner(d, line, &o)
			     : letter == 'S' ? take_set(o, line)
					     : 0;
		if (result != 1)
			return result;
	}
	return more == 0;
}

size_t diary_whole_len(const char *text, size_t len)
{
	return entry_whole_len(&form, text, len);
}

/* Results as for take_set(). */
static int read_entry(struct added *a, struct words entry)
{
	struct added_draft d;
	added_draft_init(&d, a);
	int result = take_entry(&d, entry);
	if (result == 1 && added_take(&d))
		result = ERR_NOMEM;
	added_draft_fini(&d);
	return result;
}

int diary_read(struct added *a, const char *text, size_t len, size_t *ret_bad)
{
	size_t bad = 0, at = 0;
	struct words entry;
	int result;
	while ((result = entry_next(&form, text, len, &at, &entry)) >= 0) {
		if (result == 1)
			result = read_entry(a, entry);
		if (result < 0)
			return result;
		bad += result == 0;
	}
	if (result != ERR_ABSENT)
		return result;
	*ret_bad = bad;
	return 0;
}
