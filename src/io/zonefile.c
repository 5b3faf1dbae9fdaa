/* SPDX-License-Identifier: ISC */
/*
 * Owns the way from a master file to sets of records; ldns reads each line that is not plain.
 * Never lets half a file out, never opens a file that another one names. Called by main.
 */
#include "io/zonefile.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/limits.h"
#include "io/file.h"
#include "io/zonelist.h"
#include "io/zoneplain.h"
#include "io/zonetext.h"

enum { RR_NSEC3 = 50, RR_NSEC3PARAM = 51, RDLENGTH_LEN = 2 };

struct zonefile {
	struct zonelist list;
	struct rdata *rdata; /* of each entry, in the same order: what the sets point to */
	struct rrset *sets;
	struct zonefile_owner *owners;
	size_t set_count, owner_count;
};

/* The state of reading one file. */
struct reader {
	struct zonefile *zone;
	const char *path;
	struct zonefile_error *error;
	const char *text;
	size_t len, at;        /* how much of the text is read */
	bool is_quick;         /* plain lines are not read by ldns */
	FILE *stream;          /* the text as ldns reads it; NULL until it has to */
	ldns_rdf *origin, *prev;
	const uint8_t *owner;  /* of the record before, in the list's arena; NULL before the first */
	bool is_prev_old;      /* `prev` is not yet what `owner` is */
	uint32_t ttl_s;
	unsigned line;         /* of what is being read, or is wrong */
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
	(zonefile_fail((r)->error, (r)->path, (r)->line, __VA_ARGS__), ERR_SYNTAX)

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

/* Bytes of the rdata, all fields in a row: ldns has them in wire form. */
static size_t rdata_len(const ldns_rr *rr)
{
	size_t len = 0;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
		len += ldns_rdf_size(ldns_rr_rdf(rr, i));
	return len;
}

static void copy_rdata(const ldns_rr *rr, uint8_t *to)
{
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *field = ldns_rr_rdf(rr, i);
		if (ldns_rdf_size(field) > 0)
			memcpy(to, ldns_rdf_data(field), ldns_rdf_size(field));
		to += ldns_rdf_size(field);
	}
}

/* Whether a file may have the type: not what only questions have, and not what is about all names
 * of a signed zone, which ours are not known when the file is written. */
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

/* Whether ldns, reading rdata as a message has it, finds all fields of the type. Its reader of
 * text lets some pass that are not whole. `counted` begins with RDLENGTH. */
static bool is_whole(uint16_t type, const uint8_t *counted, size_t len)
{
	size_t pos = 0;
	ldns_rr *rr = ldns_rr_new();
	if (!rr)
		return false;
	ldns_rr_set_type(rr, (ldns_rr_type)type);
	ldns_status status = ldns_wire2rdf(rr, counted, len, &pos);
	ldns_rr_free(rr);
	return status == LDNS_STATUS_OK && pos == len;
}

/* Makes `owner` that of the record being read: the pointer of the record before, if it is the same. */
static int set_owner(struct reader *r, const uint8_t *owner, size_t len)
{
	if (r->owner && name_len(r->owner) == len && memcmp(r->owner, owner, len) == 0)
		return 0;
	r->owner = arena_copy(&r->zone->list.arena, owner, len);
	return r->owner ? 0 : ERR_NOMEM;
}

/* Copies what ldns has read. */
static int take_record(struct reader *r, const ldns_rr *rr)
{
	char text[RR_TYPE_TEXT_CAP];
	const ldns_rdf *owner = ldns_rr_owner(rr);
	uint16_t type = (uint16_t)ldns_rr_get_type(rr);
	size_t len = rdata_len(rr);
	int err = check_type(r, type);
	if (err)
		return err;
	if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		return FAIL(r, "the class is not IN");
	if (len > UINT16_MAX)
		return FAIL(r, "the record is too long");
	uint8_t *rdata = arena_take(&r->zone->list.arena, RDLENGTH_LEN + len);
	if (!rdata || set_owner(r, ldns_rdf_data(owner), ldns_rdf_size(owner)))
		return ERR_NOMEM;
	put_u16(rdata, (uint16_t)len);
	copy_rdata(rr, rdata + RDLENGTH_LEN);
	if (!rdata_is_valid(type, rdata + RDLENGTH_LEN, len) ||
		!is_whole(type, rdata, RDLENGTH_LEN + len))
		return FAIL(r, "the data is not that of a %s record", rr_type_text(type, text));
	/* RFC 2181 §8: a TTL with the highest bit set is zero. */
	uint32_t ttl_s = ldns_rr_ttl(rr) > INT32_MAX ? 0 : ldns_rr_ttl(rr);
	return zonelist_add(&r->zone->list, &(struct zonelist_entry){.owner = r->owner,
			.rdata = rdata + RDLENGTH_LEN,
			.rdata_len = (uint16_t)len,
			.type = type,
			.ttl = ttl_s,
			.line = r->line});
}

/* Makes what ldns keeps from record to record what it would be had it read them all, and lets it read
 * on from where we are. */
static int prepare_ldns(struct reader *r)
{
	if (!r->stream)
		r->stream = fmemopen((char *)(uintptr_t)r->text, r->len, "r");
	if (!r->stream)
		return ERR_NOMEM;
	if (ftell(r->stream) != (long)r->at && fseek(r->stream, (long)r->at, SEEK_SET))
		return FAIL(r, "cannot be read on from here");
	if (!r->is_prev_old)
		return 0;
	ldns_rdf_deep_free(r->prev);
	r->prev = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name_len(r->owner), r->owner);
	r->is_prev_old = false;
	return r->prev ? 0 : ERR_NOMEM;
}

static int call_ldns(struct reader *r)
{
	ldns_rr *rr = NULL;
	ldns_status status =
		ldns_rr_new_frm_fp_l(&rr, r->stream, &r->ttl_s, &r->origin, &r->prev, NULL);
	int err = 0;
	switch (status) {
	case LDNS_STATUS_OK: err = take_record(r, rr); break;
	case LDNS_STATUS_SYNTAX_EMPTY:
	case LDNS_STATUS_SYNTAX_TTL:
	case LDNS_STATUS_SYNTAX_ORIGIN: break;
	case LDNS_STATUS_MEM_ERR: err = ERR_NOMEM; break;
	default: err = FAIL(r, "%s", ldns_get_errorstr_by_id(status));
	}
	if (status == LDNS_STATUS_OK)
		ldns_rr_free(rr);
	return err;
}

/* Moves on to `at`, and counts the lines in between. */
static void advance(struct reader *r, size_t at)
{
	const char *end = r->text + at;
	for (const char *p = r->text + r->at; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		r->line++;
	r->at = at;
}

/* Lets ldns read a record, a directive or what it takes for an empty line. */
static int read_by_ldns(struct reader *r)
{
	int err = prepare_ldns(r);
	if (!err)
		err = call_ldns(r);
	if (!err && r->prev)
		err = set_owner(r, ldns_rdf_data(r->prev), ldns_rdf_size(r->prev));
	if (err)
		return err;
	long at = feof(r->stream) ? (long)r->len : ftell(r->stream);
	if (at <= (long)r->at)
		return FAIL(r, "cannot be read on from here");
	advance(r, (size_t)at);
	return 0;
}

/* Offset of what is behind `at` and the ends of lines there: ldns passes over them after a record. */
static size_t behind_line_ends(const struct reader *r, size_t at)
{
	while (at < r->len && r->text[at] != '\0' && strchr("\f\n\r\v", r->text[at]))
		at++;
	return at;
}

/* Reads the line if it is plain and needs nothing that only ldns knows; says in `*ret_len` how long it
 * is, or 0. */
static int read_quickly(struct reader *r, size_t *ret_len)
{
	struct zoneplain line;
	size_t len = zoneplain_read(r->text + r->at, r->len - r->at, ldns_rdf_data(r->origin), &line);
	if (len == 0 || !(line.has_owner || r->owner) || !(line.has_ttl || r->ttl_s > 0))
		return 0;
	if (line.has_owner && set_owner(r, line.owner.wire, line.owner.len))
		return ERR_NOMEM;
	r->is_prev_old = true;
	const uint8_t *rdata = arena_copy(&r->zone->list.arena, line.rdata, line.len);
	if (!rdata)
		return ERR_NOMEM;
	*ret_len = len;
	return zonelist_add(&r->zone->list, &(struct zonelist_entry){.owner = r->owner,
			.rdata = rdata,
			.rdata_len = line.len,
			.type = line.type,
			.ttl = line.has_ttl ? line.ttl_s : r->ttl_s,
			.line = r->line});
}

/* Passes over empty lines and comments: so a record begins at its own line. */
static void skip_empty_lines(struct reader *r)
{
	for (;;) {
		const char *p = r->text + r->at, *end = r->text + r->len;
		while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
			p++;
		if (p < end && *p == ';') {
			p = memchr(p, '\n', (size_t)(end - p));
			p = p ? p : end;
		}
		if (p < end && *p != '\n')
			return;
		r->line += p < end;
		r->at = (size_t)(p - r->text) + (p < end);
		if (r->at == r->len)
			return;
	}
}

/* Each turn takes at least one byte. */
static int read_entries(struct reader *r)
{
	int err = 0;
	for (r->line = 1; !err;) {
		size_t len = 0;
		skip_empty_lines(r);
		if (r->at == r->len)
			return 0;
		if (r->is_quick)
			err = read_quickly(r, &len);
		if (len > 0)
			advance(r, behind_line_ends(r, r->at + len));
		else if (!err)
			err = read_by_ldns(r);
	}
	return err;
}

/* Puts the entry at `index` into the last set, or into a new one of the last owner or of a new one.
 * The arrays have room for a set and an owner each. */
static int group_entry(struct reader *r, size_t index)
{
	struct zonefile *z = r->zone;
	const struct zonelist_entry *e = &z->list.at[index], *before = e - 1;
	bool is_new_owner = index == 0 || before->owner != e->owner;
	z->rdata[index] = (struct rdata){.bytes = e->rdata, .len = e->rdata_len};
	if (is_new_owner)
		z->owners[z->owner_count++] = (struct zonefile_owner){
			.name = e->owner, .sets = &z->sets[z->set_count], .line = e->line};
	struct zonefile_owner *owner = &z->owners[z->owner_count - 1];
	if (e->line < owner->line)
		owner->line = e->line;
	if (is_new_owner || before->type != e->type) {
		z->sets[z->set_count++] = (struct rrset){.type = e->type,
			.view = VIEW_ANY,
			.ttl = e->ttl,
			.rdata = &z->rdata[index]};
		owner->count++;
	}
	struct rrset *set = &z->sets[z->set_count - 1];
	r->line = e->line;
	if (set->count == UINT16_MAX)
		return FAIL(r, "more records of one owner and type than a message could hold");
	set->count++;
	if (e->ttl < set->ttl)
		set->ttl = e->ttl; /* RFC 2181 §5.2: one TTL, and the lower does no harm */
	return 0;
}

static int group(struct reader *r)
{
	struct zonefile *z = r->zone;
	int err = zonelist_sort(&z->list);
	if (err || z->list.count == 0)
		return err;
	z->rdata = calloc(z->list.count, sizeof(*z->rdata));
	z->sets = calloc(z->list.count, sizeof(*z->sets));
	z->owners = calloc(z->list.count, sizeof(*z->owners));
	if (!z->rdata || !z->sets || !z->owners)
		return ERR_NOMEM;
	for (size_t i = 0; i < z->list.count && !err; i++)
		err = group_entry(r, i);
	return err;
}

/* What records of one owner must not be together: an alias has nothing else (RFC 1034 §3.6.2, RFC
 * 2181 §10.1), nor more than one target (RFC 6672 §2.4). */
static int check_owner(struct reader *r, const struct zonefile_owner *owner)
{
	char text[NAME_TEXT_CAP];
	r->line = owner->line;
	for (size_t i = 0; i < owner->count; i++) {
		const struct rrset *set = &owner->sets[i];
		bool is_alias = set->type == RR_CNAME;
		if (is_alias && owner->count > 1)
			return FAIL(r, "%s has a CNAME and other records",
				name_to_text(owner->name, text));
		if ((is_alias || set->type == RR_DNAME || set->type == RR_SOA) && set->count > 1)
			return FAIL(r, "%s has more than one %s", name_to_text(owner->name, text),
				is_alias              ? "CNAME"
				: set->type == RR_SOA ? "SOA"
						      : "DNAME");
	}
	return 0;
}

static int check_owners(struct reader *r)
{
	for (size_t i = 0; i < r->zone->owner_count; i++) {
		int err = check_owner(r, &r->zone->owners[i]);
		if (err)
			return err;
	}
	return 0;
}

static int read_text(struct reader *r, const uint8_t *origin)
{
	r->origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name_len(origin), origin);
	int err = r->origin ? read_entries(r) : ERR_NOMEM;
	if (!err)
		err = group(r);
	if (!err)
		err = check_owners(r);
	ldns_rdf_deep_free(r->origin);
	ldns_rdf_deep_free(r->prev);
	if (r->stream)
		fclose(r->stream);
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

int zonefile_parse(struct zonefile **ret, const char *path, const char *text, size_t len,
	const uint8_t *origin, uint32_t ttl_s, struct zonefile_error *error)
{
	struct reader r = {.path = path, .text = text, .len = len, .ttl_s = ttl_s, .error = error,
		.is_quick = true};
	return parse(&r, origin, ret);
}

int zonefile_parse_by_ldns(struct zonefile **ret, const char *path, const char *text, size_t len,
	const uint8_t *origin, uint32_t ttl_s, struct zonefile_error *error)
{
	struct reader r = {.path = path, .text = text, .len = len, .ttl_s = ttl_s, .error = error};
	return parse(&r, origin, ret);
}

int zonefile_read(struct zonefile **ret, const char *path, const uint8_t *origin, uint32_t ttl_s,
	struct zonefile_error *error)
{
	struct buf text = {0};
	int err = file_read(path, LIMIT_ZONE_FILE, &text);
	if (err == ERR_SYS)
		zonefile_fail(error, path, 0, "%s", strerror(errno));
	else if (err == ERR_RANGE)
		zonefile_fail(error, path, 0, "is larger than a zone file may be");
	if (!err)
		err = zonefile_parse(ret, path, buf_text(&text), text.len, origin, ttl_s, error);
	buf_fini(&text);
	return err;
}
