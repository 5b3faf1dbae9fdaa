/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of records and directives: the order of their words, and what a record takes
 * from those before it. A reader passed by the caller reads the data of types that are not in the
 * table.
 * Never opens a file that another file names, never compares records.
 */
#include "zonefile/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "wire/rr.h"
#include "zonefile/check.h"
#include "zonefile/fields.h"
#include "zonefile/generate.h"
#include "zonefile/plain.h"
#include "zonefile/scalar.h"
#include "zonefile/words.h"

enum { RR_APL = 42, RR_NSEC3 = 50, RR_NSEC3PARAM = 51, RDATA_CAP = UINT16_MAX };

/* Where the TTL of a record without one comes from; the last is the strongest. */
enum ttl_origin { TTL_OF_CALLER, TTL_OF_RECORD, TTL_OF_DIRECTIVE };

/* The state of reading one file. */
struct reader {
	struct zonelist *list;
	const struct zonefile_source *source;
	struct zonereader_fault *fault;
	struct zonewords words;
	struct zoneplain plain; /* the line before, if it was read the quick way */
	struct name origin;
	const uint8_t *owner; /* of the previous record, in the list's arena; NULL at first */
	enum ttl_origin ttl_origin;
	uint32_t ttl_s;  /* for records without one */
	unsigned line;   /* where the entry begins */
	uint8_t *rdata;  /* owned, RDATA_CAP bytes; NULL until needed */
	void *rr_reader; /* its state; NULL until a record needs it */
};

/* What precedes the data of a record. */
struct head {
	bool has_ttl;
	uint32_t ttl_s;
	uint16_t type; /* 0: `mnemonic` is not in the table */
	struct zoneword mnemonic;
};

static int fail_with(struct reader *r, const char *what, const char *about, size_t about_len)
{
	enum { SHOWN = 60 };
	int len = about_len < SHOWN ? (int)about_len : SHOWN;
	r->fault->line = r->line;
	snprintf(r->fault->text, sizeof(r->fault->text), "%.290s%s%.*s", what, len > 0 ? ": " : "",
		len, len > 0 ? about : "");
	return ERR_SYNTAX;
}

static int fail(struct reader *r, const char *what)
{
	return fail_with(r, what, NULL, 0);
}

/* Reports a fault of a record of that type. */
static int fail_type(struct reader *r, const char *what, uint16_t type)
{
	char text[RR_TYPE_TEXT_CAP];
	rr_type_text(type, text);
	return fail_with(r, what, text, strlen(text));
}

/* Reports the fault that the words have. */
static int fail_words(struct reader *r, const struct zonewords *w)
{
	return fail_with(r, w->fault, w->about.at, w->about.len);
}

/* Checks that a file may have the type. Excluded are types that exist only in queries, and types
 * about all names of a signed zone, since ours are not known when the file is written. A signed zone has the keys of
 * the signer only, and nothing that it does not sign. */
static int check_type(struct reader *r, uint16_t type)
{
	switch (type) {
	case RR_RRSIG:
	case RR_NSEC:
	case RR_NSEC3:
	case RR_NSEC3PARAM: return fail_type(r, "signatures of a file are not served", type);
	default: break;
	}
	if (rr_type_is_meta(type))
		return fail_type(r, "no record can have that type", type);
	if (!r->source->is_signed ||
		rr_type_is_signable(type, name_equal(r->owner, r->source->origin)))
		return 0;
	if (rr_type_is_of_signer(type))
		return fail_type(r, "keys of a signed zone are the signer's", type);
	return fail_type(r,
		type == RR_DS ? "of a signed zone, the parent has that"
			      : "a signed zone cannot have that",
		type);
}

/* Sets the owner of the record being read: the pointer of the previous record, if it is the
 * same. */
static int set_owner(struct reader *r, const struct name *owner)
{
	if (r->owner && name_len(r->owner) == owner->len &&
		memcmp(r->owner, owner->wire, owner->len) == 0)
		return 0;
	r->owner = arena_copy(&r->list->arena, owner->wire, owner->len);
	return r->owner ? 0 : ERR_NOMEM;
}

/* Adds a record of the current owner. */
static int add(struct reader *r, uint16_t type, uint32_t ttl_s, const uint8_t *bytes, size_t len)
{
	const uint8_t *rdata = arena_copy(&r->list->arena, bytes, len);
	if (!rdata)
		return ERR_NOMEM;
	return zonelist_add(r->list, &(struct zonelist_entry){.owner = r->owner,
					     .rdata = rdata,
					     .rdata_len = (uint16_t)len,
					     .type = type,
					     .ttl = ttl_s,
					     .line = r->line});
}

/* Returns the TTL of a record, and remembers a stated one for the next records (RFC 1035 §5.1).
 * $TTL precedes it (RFC 2308 §4). */
static uint32_t settle_ttl(struct reader *r, bool has_ttl, uint32_t ttl_s)
{
	if (!has_ttl)
		return r->ttl_s;
	if (ttl_s > INT32_MAX)
		ttl_s = 0; /* RFC 2181 §8: a TTL with the highest bit set is zero */
	if (r->ttl_origin != TTL_OF_DIRECTIVE) {
		r->ttl_origin = TTL_OF_RECORD;
		r->ttl_s = ttl_s;
	}
	return ttl_s;
}

static int open_rr_reader(struct reader *r)
{
	char why[RR_READER_WHY_CAP], what[RR_READER_WHY_CAP + 32];
	if (r->rr_reader)
		return 0;
	if (!r->source->rr_reader)
		return fail(r, "this type is not known");
	int err = r->source->rr_reader->open(&r->rr_reader, why);
	if (err != ERR_ABSENT)
		return err;
	snprintf(what, sizeof(what), "this type takes ldns to read: %s", why);
	return fail(r, what);
}

/* Writes the type and the rest of the entry on one line. */
static int write_line(
	struct reader *r, struct zonewords *w, const struct head *head, struct buf *line)
{
	struct zoneword word;
	buf_add(line, head->mnemonic.at, head->mnemonic.len);
	while (zonewords_next(w, &word)) {
		if (!word.is_joined)
			buf_puts(line, " ");
		if (word.is_quoted)
			buf_puts(line, "\"");
		buf_add(line, word.at, word.len);
		if (word.is_quoted)
			buf_puts(line, "\"");
	}
	return w->fault ? fail_words(r, w) : line->err;
}

/* Lets the caller's reader read the data. `*ret` is valid until it reads again. */
static int read_by_rr_reader(struct reader *r, struct zonewords *w, const struct head *head,
	struct rr_reader_record *ret)
{
	struct buf line = {0};
	const char *why;
	int err = write_line(r, w, head, &line);
	if (!err)
		err = open_rr_reader(r);
	if (!err)
		err = r->source->rr_reader->read(
			r->rr_reader, buf_text(&line), &r->origin, ret, &why);
	else
		why = NULL;
	buf_fini(&line);
	if (err == ERR_SYNTAX && why)
		return fail_with(r, why, head->mnemonic.at, head->mnemonic.len);
	if (!err && !ret->is_whole)
		return fail_type(r, "the data is not that of the type", ret->type);
	return err;
}

/* Numbers at the start of such data are checked here: ldns truncates them. */
static int check_first_numbers(struct reader *r, const struct zonewords *w, uint16_t type)
{
	struct zonewords ahead = *w;
	for (const uint8_t *field = rr_info(type)->fields; *field == RF_U8 || *field == RF_U16;
		field++) {
		struct zoneword word;
		uint32_t value;
		if (zonewords_need(&ahead, &word) ||
			zonescalar_number(
				&ahead, &word, *field == RF_U8 ? UINT8_MAX : UINT16_MAX, &value))
			return fail_words(r, &ahead);
	}
	return 0;
}

/* Reads the data by the table, or as bytes. */
static int read_fields(
	struct reader *r, struct zonewords *w, uint16_t type, struct rr_reader_record *ret)
{
	if (!r->rdata)
		r->rdata = malloc(RDATA_CAP);
	if (!r->rdata)
		return ERR_NOMEM;
	struct wr out = wr_init(r->rdata, RDATA_CAP);
	int err = zonefields_are_generic(w) ? zonefields_read_generic(w, &out)
					    : zonefields_read(w, type, &r->origin, &out);
	if (err)
		return fail_words(r, w);
	*ret = (struct rr_reader_record){
		.type = type, .rdata = r->rdata, .len = wr_len(&out), .is_whole = true};
	return 0;
}

/* Bytes of a type that our table does not have whole: whoever reads its text checks them, too. */
static bool is_for_rr_reader(const struct reader *r, const struct head *head, bool is_generic)
{
	if (head->type == 0)
		return true;
	return !zonefields_are_known(head->type) && (!is_generic || r->rr_reader);
}

static int read_data(struct reader *r, struct zonewords *w, const struct head *head,
	struct rr_reader_record *ret)
{
	bool is_generic = zonefields_are_generic(w);
	int err = 0;
	if (!is_for_rr_reader(r, head, is_generic))
		return read_fields(r, w, head->type, ret);
	if (!is_generic)
		err = check_first_numbers(r, w, head->type);
	err = err ? err : read_by_rr_reader(r, w, head, ret);
	/* ldns takes nothing at all for the data of a type that it does not know. */
	if (!err && !is_generic && ret->len == 0 && ret->type != RR_APL)
		return fail_type(r, "the data is missing", ret->type);
	return err;
}

static bool is_other_class(const struct zoneword *word)
{
	enum { PREFIX = 5 };
	return zoneword_is(word, "CH") || zoneword_is(word, "HS") || zoneword_is(word, "CS") ||
	       zoneword_is(word, "NONE") ||
	       (!word->is_quoted && word->len > PREFIX &&
		       strncasecmp(word->at, "CLASS", PREFIX) == 0);
}

/* True if the word may be the name of a type that our table lacks. */
static bool is_mnemonic(const struct zoneword *word)
{
	enum { PREFIX = 4 };
	for (size_t i = 0; i < word->len; i++) {
		uint8_t c = byte_lower((uint8_t)word->at[i]);
		bool is_letter = c >= 'a' && c <= 'z';
		if (!is_letter && (i == 0 || ((c < '0' || c > '9') && c != '-')))
			return false;
	}
	bool is_number = word->len >= PREFIX && strncasecmp(word->at, "TYPE", PREFIX) == 0;
	return word->len > 0 && !word->is_quoted && !is_number && !zoneword_is(word, "IN");
}

/* Reads TTL and class, each optional, in either order, and the type. */
static int read_head(struct reader *r, struct zonewords *w, struct head *ret)
{
	struct zoneword word;
	bool has_class = false;
	*ret = (struct head){0};
	for (;;) {
		if (zonewords_need(w, &word))
			return fail_words(r, w);
		if (!ret->has_ttl && zonescalar_is_time(&word)) {
			if (zonescalar_time(w, &word, &ret->ttl_s))
				return fail_words(r, w);
			ret->has_ttl = true;
		} else if (!has_class &&
			   (zoneword_is(&word, "IN") || zoneword_is(&word, "CLASS1"))) {
			has_class = true;
		} else {
			break;
		}
	}
	if (is_other_class(&word))
		return fail(r, "the class is not IN");
	ret->mnemonic = word;
	ret->type = zonefields_type(&word);
	if (ret->type == 0 && !is_mnemonic(&word))
		return fail_with(r, "not a TTL, a class or a type", word.at, word.len);
	return ret->type ? check_type(r, ret->type) : 0;
}

/* Reads a record whose owner is known, up to the end of the entry. */
static int read_body(struct reader *r, struct zonewords *w)
{
	struct head head;
	struct rr_reader_record record;
	int err = read_head(r, w, &head);
	if (!err)
		err = read_data(r, w, &head, &record);
	if (!err && !head.type)
		err = check_type(r, record.type);
	if (err)
		return err;
	if (record.len > RDATA_CAP)
		return fail(r, "the record is too long");
	if (!rdata_is_valid(record.type, record.rdata, record.len) ||
		!zonefields_are_exact(record.type, record.rdata, record.len))
		return fail_type(r, "the data is not that of the type", record.type);
	if (!zonecheck_has_good_params(record.type, record.rdata, record.len))
		return fail(r, "a service parameter has a bad value, or needs another one");
	uint32_t ttl_s = settle_ttl(r, head.has_ttl, head.ttl_s);
	return add(r, record.type, ttl_s, record.rdata, record.len);
}

static int read_owner(struct reader *r, struct zonewords *w)
{
	struct zoneword word;
	struct name owner;
	if (*w->at == ' ' || *w->at == '\t')
		return r->owner ? 0 : fail(r, "the first record has no owner");
	if (zonewords_need(w, &word) || zonescalar_name(w, &word, &r->origin, &owner))
		return fail_words(r, w);
	return set_owner(r, &owner);
}

static int read_record(struct reader *r, struct zonewords *w)
{
	int err = read_owner(r, w);
	zoneplain_forget(&r->plain);
	return err ? err : read_body(r, w);
}

static int read_ttl(struct reader *r)
{
	struct zonewords *w = &r->words;
	struct zoneword word;
	uint32_t ttl_s;
	if (!zonewords_next(w, &word) || zonescalar_time(w, &word, &ttl_s) || ttl_s > INT32_MAX)
		return fail(r, "$TTL needs a time in seconds");
	r->ttl_s = ttl_s;
	r->ttl_origin = TTL_OF_DIRECTIVE;
	return 0;
}

static int read_origin(struct reader *r)
{
	struct zonewords *w = &r->words;
	struct zoneword word;
	struct name origin;
	if (!zonewords_next(w, &word) || zonescalar_name(w, &word, &r->origin, &origin))
		return fail(r, "$ORIGIN needs a name");
	r->origin = origin;
	return 0;
}

/* Reads the record on the line that $GENERATE has made. */
static int read_generated(struct reader *r, const struct buf *line)
{
	struct zonewords w = {
		.at = line->bytes, .end = line->bytes + line->len, .line = r->words.line};
	return read_record(r, &w);
}

/* Afterwards the previous owner is the one before the directive. */
static int read_generate(struct reader *r)
{
	const uint8_t *owner = r->owner;
	struct zonegenerate g;
	struct buf line = {0};
	if (zonegenerate_read(&r->words, &g))
		return fail_words(r, &r->words);
	int err = 0;
	for (uint32_t i = 0; i < g.count && !err; i++) {
		buf_clear(&line);
		err = zonegenerate_write(&g, &r->words, &line);
		if (err == ERR_SYNTAX)
			err = fail_words(r, &r->words);
		if (!err)
			err = read_generated(r, &line);
	}
	buf_fini(&line);
	r->owner = owner;
	return err;
}

static int read_directive(struct reader *r)
{
	struct zoneword key, surplus;
	int err;
	zoneplain_forget(&r->plain);
	if (zonewords_need(&r->words, &key))
		return fail_words(r, &r->words);
	if (zoneword_is(&key, "$TTL"))
		err = read_ttl(r);
	else if (zoneword_is(&key, "$ORIGIN"))
		err = read_origin(r);
	else if (zoneword_is(&key, "$GENERATE"))
		err = read_generate(r);
	else if (zoneword_is(&key, "$INCLUDE"))
		err = fail(r, "$INCLUDE is not read: name the other file in the configuration");
	else
		err = fail(r, "only $ORIGIN, $TTL and $GENERATE are read here");
	if (!err && zonewords_next(&r->words, &surplus))
		return fail_with(r, "the directive ends before this word", surplus.at, surplus.len);
	return !err && r->words.fault ? fail_words(r, &r->words) : err;
}

/* Reads the line if it is plain. `*ret_len` is its length, or 0. */
static int read_quickly(struct reader *r, size_t *ret_len)
{
	struct zonewords *w = &r->words;
	struct zoneplain *line = &r->plain;
	size_t len = zoneplain_read(w->at, (size_t)(w->end - w->at), &r->origin, line);
	if (len == 0 || !(line->has_owner || r->owner))
		return 0;
	if (line->has_owner && set_owner(r, &line->owner))
		return ERR_NOMEM;
	*ret_len = len;
	uint32_t ttl_s = settle_ttl(r, line->has_ttl, line->ttl_s);
	return add(r, line->type, ttl_s, line->rdata, line->len);
}

static int read_entry(struct reader *r)
{
	struct zonewords *w = &r->words;
	size_t len = 0;
	int err = r->source->has_no_plain_lines ? 0 : read_quickly(r, &len);
	if (len > 0) {
		w->at += len;
		w->line++;
		return err;
	}
	if (!err)
		err = *w->at == '$' ? read_directive(r) : read_record(r, w);
	if (!err)
		zonewords_end_entry(w);
	return err;
}

/* Progress: each turn reads at least one byte. */
static int read_entries(struct reader *r)
{
	int err = 0;
	while (!err && zonewords_find_entry(&r->words)) {
		r->line = r->words.line;
		err = read_entry(r);
	}
	return err;
}

int zonereader_read(
	struct zonelist *list, const struct zonefile_source *source, struct zonereader_fault *ret)
{
	struct reader r = {.list = list,
		.source = source,
		.fault = ret,
		.words = {.at = source->text, .end = source->text + source->len, .line = 1},
		.ttl_s = source->ttl_s};
	name_copy(&r.origin, source->origin);
	if (memchr(source->text, '\0', source->len))
		return fail(&r, "has a zero byte");
	int err = read_entries(&r);
	if (r.rr_reader)
		source->rr_reader->close(r.rr_reader);
	free(r.rdata);
	return err;
}
