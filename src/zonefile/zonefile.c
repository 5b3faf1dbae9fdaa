/* SPDX-License-Identifier: ISC */
/*
 * Owns the conversion of a master file to sets of records. A reader passed by the caller reads each
 * line that is not plain.
 * Never returns a part of a file, never opens a file that another file names.
 */
#include "zonefile/zonefile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/limits.h"
#include "zonefile/check.h"
#include "zonefile/list.h"
#include "zonefile/number.h"
#include "zonefile/plain.h"
#include "zonefile/text.h"

enum { RR_NSEC3 = 50, RR_NSEC3PARAM = 51 };

struct zonefile {
	struct zonelist list;
	struct rdata *rdata; /* the data that the sets point to */
	struct rrset *sets;
	struct zonefile_owner *owners;
	size_t rdata_count, set_count, owner_count;
};

/* The state of reading one file. */
struct reader {
	struct zonefile *zone;
	const struct zonefile_source *source;
	struct zonefile_error *error;
	const char *text;
	size_t len;
	void *rr_reader;              /* its state; NULL until a line needs it */
	char *ordered;                /* owned; NULL until needed */
	struct zoneplain plain;       /* the line before, if the fast reader read it */
	struct rr_reader_place place; /* the owner is set only when ldns is to continue */
	const uint8_t *owner; /* of the previous record, in the list's arena; NULL at first */
	unsigned line;        /* the line being read, or the line of the error */
};

void zonefile_fail(
	struct zonefile_error *error, const char *path, unsigned line, const char *format, ...)
{
	char what[384];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (line > 0)
		snprintf(error->text, sizeof(error->text), "%.100s:%u: %s", path, line, what);
	else
		snprintf(error->text, sizeof(error->text), "%.100s: %s", path, what);
	for (unsigned char *p = (unsigned char *)error->text; *p; p++)
		if (*p < ' ' || *p >= 0x7f)
			*p = '?';
}

#define FAIL(r, ...)                                                                               \
	(zonefile_fail((r)->error, (r)->source->path, (r)->line, __VA_ARGS__), ERR_SYNTAX)

void zonefile_free(struct zonefile *z)
{
	if (!z)
		return;
	zonelist_fini(&z->list);
	free(z->rdata);
	free(z->sets);
	free(z->owners);
	free(z);
}

size_t zonefile_count(const struct zonefile *z)
{
	return z->owner_count;
}

struct zonefile_owner zonefile_owner(const struct zonefile *z, size_t index)
{
	return z->owners[index];
}

/* Checks that a file may have the type. Excluded are types that exist only in queries, and types
 * about all names of a signed zone, since ours are not known when the file is written. */
static int check_type(const struct reader *r, uint16_t type)
{
	char text[RR_TYPE_TEXT_CAP];
	switch (type) {
	case RR_RRSIG:
	case RR_NSEC:
	case RR_NSEC3:
	case RR_NSEC3PARAM:
		return FAIL(r, "signed zones are not served: %s", rr_type_text(type, text));
	default: break;
	}
	if (rr_type_is_meta(type))
		return FAIL(r, "no record can have type %s", rr_type_text(type, text));
	return 0;
}

/* Sets the owner of the record being read: the pointer of the previous record, if it is the
 * same. */
static int set_owner(struct reader *r, const struct name *owner)
{
	if (r->owner && name_len(r->owner) == owner->len &&
		memcmp(r->owner, owner->wire, owner->len) == 0)
		return 0;
	r->owner = arena_copy(&r->zone->list.arena, owner->wire, owner->len);
	return r->owner ? 0 : ERR_NOMEM;
}

/* Adds a record that ldns has read. */
static int take_record(struct reader *r, const struct rr_reader_record *record)
{
	char text[RR_TYPE_TEXT_CAP];
	int err = check_type(r, record->type);
	if (err)
		return err;
	if (record->class != CLASS_IN)
		return FAIL(r, "the class is not IN");
	if (record->len > UINT16_MAX)
		return FAIL(r, "the record is too long");
	if (!record->is_whole || !rdata_is_valid(record->type, record->rdata, record->len))
		return FAIL(
			r, "the data is not that of a %s record", rr_type_text(record->type, text));
	if (!zonecheck_has_good_params(record->type, record->rdata, record->len))
		return FAIL(r, "a parameter is there twice, or is mandatory and not there");
	const uint8_t *rdata = arena_copy(&r->zone->list.arena, record->rdata, record->len);
	if (!rdata || set_owner(r, &r->place.owner))
		return ERR_NOMEM;
	return zonelist_add(
		&r->zone->list, &(struct zonelist_entry){.owner = r->owner,
					.rdata = rdata,
					.rdata_len = (uint16_t)record->len,
					.type = record->type,
					/* RFC 2181 §8: a TTL with the highest bit set is zero. */
					.ttl = record->ttl_s > INT32_MAX ? 0 : record->ttl_s,
					.line = r->line});
}

/* Continues with a copy of the text in which each line has its words in the order
 * that ldns expects. */
static int order_text(struct reader *r)
{
	r->ordered = malloc(r->len + 1);
	if (!r->ordered)
		return ERR_NOMEM;
	memcpy(r->ordered, r->text, r->len);
	zonetext_put_ttl_first(r->ordered, r->len);
	r->text = r->ordered;
	return 0;
}

/* Opens the reader at the first line that is not plain. */
static int open_rr_reader(struct reader *r)
{
	char why[RR_READER_WHY_CAP];
	if (r->rr_reader)
		return 0;
	if (!r->source->rr_reader)
		return FAIL(r, "this line is of a kind that is not read");
	if (order_text(r))
		return ERR_NOMEM;
	int err = r->source->rr_reader->open(&r->rr_reader, r->text, r->len, why);
	return err == ERR_ABSENT ? FAIL(r, "this line takes ldns to read: %s", why) : err;
}

/* Moves to `at`, and counts the lines on the way. */
static void advance(struct reader *r, size_t from, size_t at)
{
	const char *end = r->text + at;
	for (const char *p = r->text + from; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		r->line++;
	r->place.at = at;
}

/* Checks what ldns accepts although it is wrong. */
static int check_numbers(const struct reader *r, const char *text, size_t len, uint16_t type)
{
	if (!zonenumber_fits(text, len, type))
		return FAIL(r, "a number is too large");
	if (!zonenumber_is_even(text, len, type))
		return FAIL(r, "the hexadecimal digits end within a byte");
	return 0;
}

/* Lets ldns read a record, a directive, or a line that it takes as empty. */
static int read_by_rr_reader(struct reader *r)
{
	struct rr_reader_record record;
	bool has_record;
	const char *why;
	size_t from = r->place.at;
	int err = open_rr_reader(r);
	if (err)
		return err;
	zoneplain_forget(&r->plain);
	if (r->owner)
		name_copy(&r->place.owner, r->owner);
	err = r->source->rr_reader->read(r->rr_reader, &r->place, &record, &has_record, &why);
	if (err)
		return err == ERR_SYNTAX ? FAIL(r, "%s", why) : err;
	if (has_record)
		err = check_numbers(r, r->text + from, r->place.at - from, record.type);
	if (has_record && !err)
		err = take_record(r, &record);
	if (!err)
		advance(r, from, r->place.at);
	return err;
}

/* Returns the offset after `at` and the line ends there, which ldns skips after a record. */
static size_t behind_line_ends(const struct reader *r, size_t at)
{
	while (at < r->len && r->text[at] != '\0' && strchr("\f\n\r\v", r->text[at]))
		at++;
	return at;
}

/* Reads the line if it is a plain directive. Returns its length, or 0. */
static size_t read_directive(struct reader *r)
{
	struct zoneplain_directive directive;
	size_t len =
		zoneplain_read_directive(r->text + r->place.at, r->len - r->place.at, &directive);
	if (len == 0)
		return 0;
	switch (directive.key) {
	case ZONEPLAIN_ORIGIN:
		r->place.origin = directive.origin;
		zoneplain_forget(&r->plain);
		break;
	case ZONEPLAIN_TTL: r->place.ttl_s = directive.ttl_s; break;
	}
	return len;
}

/* Reads the line if it is plain and needs no state of ldns. `*ret_len` is its length, or 0. */
static int read_quickly(struct reader *r, size_t *ret_len)
{
	struct zoneplain *line = &r->plain;
	struct rr_reader_place *place = &r->place;
	if (r->text[place->at] == '$') {
		*ret_len = read_directive(r);
		return 0;
	}
	size_t len = zoneplain_read(r->text + place->at, r->len - place->at, &place->origin, line);
	if (len == 0 || !(line->has_owner || r->owner) || !(line->has_ttl || place->ttl_s > 0))
		return 0;
	if (line->has_owner && set_owner(r, &line->owner))
		return ERR_NOMEM;
	const uint8_t *rdata = arena_copy(&r->zone->list.arena, line->rdata, line->len);
	if (!rdata)
		return ERR_NOMEM;
	*ret_len = len;
	return zonelist_add(
		&r->zone->list, &(struct zonelist_entry){.owner = r->owner,
					.rdata = rdata,
					.rdata_len = line->len,
					.type = line->type,
					.ttl = line->has_ttl ? line->ttl_s : place->ttl_s,
					.line = r->line});
}

/* Skips empty lines and comments, so that a record begins at its own line. */
static void skip_empty_lines(struct reader *r)
{
	for (;;) {
		const char *p = r->text + r->place.at, *end = r->text + r->len;
		while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
			p++;
		if (p < end && *p == ';') {
			p = memchr(p, '\n', (size_t)(end - p));
			p = p ? p : end;
		}
		if (p < end && *p != '\n')
			return;
		r->line += p < end;
		r->place.at = (size_t)(p - r->text) + (p < end);
		if (r->place.at == r->len)
			return;
	}
}

/* Progress: each turn reads at least one byte. */
static int read_entries(struct reader *r)
{
	int err = 0;
	for (r->line = 1; !err;) {
		size_t len = 0;
		skip_empty_lines(r);
		size_t from = r->place.at;
		if (from == r->len)
			return 0;
		if (!r->source->has_no_plain_lines)
			err = read_quickly(r, &len);
		if (len > 0)
			advance(r, from, behind_line_ends(r, from + len));
		else if (!err)
			err = read_by_rr_reader(r);
	}
	return err;
}

/* Adds an entry to the owner's last set, or to a new one. There is room for one set per record. */
static int take_entry(
	struct reader *r, struct zonefile_owner *owner, const struct zonelist_entry *e)
{
	struct zonefile *z = r->zone;
	struct rdata *rdata = &z->rdata[z->rdata_count++];
	*rdata = (struct rdata){.bytes = e->rdata, .len = e->rdata_len};
	if (e->line < owner->line)
		owner->line = e->line;
	if (owner->count == 0 || z->sets[z->set_count - 1].type != e->type) {
		z->sets[z->set_count++] = (struct rrset){
			.type = e->type, .view = VIEW_ANY, .ttl = e->ttl, .rdata = rdata};
		owner->count++;
	}
	struct rrset *set = &z->sets[z->set_count - 1];
	r->line = e->line;
	if (set->count == UINT16_MAX)
		return FAIL(r, "more records of one owner and type than a message could hold");
	set->count++;
	if (e->ttl < set->ttl)
		set->ttl = e->ttl; /* RFC 2181 §5.2: a set has one TTL; the lowest is harmless */
	return 0;
}

static int take_owner(void *arg, const struct zonelist_entry *entries, size_t count)
{
	struct reader *r = arg;
	struct zonefile *z = r->zone;
	struct zonefile_owner *owner = &z->owners[z->owner_count++];
	int err = 0;
	*owner = (struct zonefile_owner){
		.name = entries->owner, .sets = &z->sets[z->set_count], .line = entries->line};
	for (size_t i = 0; i < count && !err; i++)
		err = take_entry(r, owner, &entries[i]);
	return err;
}

/* Makes owners and sets from the list. Afterwards only the list's arena is needed. */
static int group(struct reader *r)
{
	struct zonefile *z = r->zone;
	struct zonelist *list = &z->list;
	if (list->count == 0)
		return 0;
	z->rdata = calloc(list->count, sizeof(*z->rdata));
	z->sets = calloc(list->count, sizeof(*z->sets));
	z->owners = calloc(list->count, sizeof(*z->owners));
	if (!z->rdata || !z->sets || !z->owners)
		return ERR_NOMEM;
	int err = zonelist_each_owner(list, take_owner, r);
	zonelist_forget(list);
	return err;
}

static int check_owners(struct reader *r, const uint8_t *apex)
{
	char text[ZONECHECK_TEXT_CAP];
	struct zonecheck check = {.apex = apex};
	for (size_t i = 0; i < r->zone->owner_count; i++) {
		const struct zonefile_owner *owner = &r->zone->owners[i];
		r->line = owner->line;
		if (zonecheck_owner(&check, owner->name, owner->sets, owner->count, text))
			return FAIL(r, "%s", text);
	}
	return 0;
}

/* Reads the text of `r`, whose structure is correct. */
static int read_text(struct reader *r, const uint8_t *origin)
{
	name_copy(&r->place.origin, origin);
	int err = read_entries(r);
	if (!err)
		err = group(r);
	if (!err)
		err = check_owners(r, origin);
	if (r->rr_reader)
		r->source->rr_reader->close(r->rr_reader);
	free(r->ordered);
	return err;
}

/* Reads the text of `r` into a new zone. */
static int parse(struct reader *r, const uint8_t *origin, struct zonefile **ret)
{
	struct zonetext_fault fault;
	int err;
	r->zone = calloc(1, sizeof(*r->zone));
	if (!r->zone)
		return ERR_NOMEM;
	if (memchr(r->text, '\0', r->len)) {
		err = FAIL(r, "has a zero byte");
	} else if (zonetext_check(r->text, r->len, &fault)) {
		r->line = fault.line;
		err = FAIL(r, "%s", fault.what);
	} else {
		err = read_text(r, origin);
	}
	if (err)
		zonefile_free(r->zone);
	else
		*ret = r->zone;
	return err;
}

int zonefile_parse(
	struct zonefile **ret, const struct zonefile_source *source, struct zonefile_error *error)
{
	struct reader r = {.source = source,
		.error = error,
		.text = source->text,
		.len = source->len,
		.place.ttl_s = source->ttl_s};
	return parse(&r, source->origin, ret);
}
