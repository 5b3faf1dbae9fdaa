/* SPDX-License-Identifier: ISC */
/*
 * Owns the way from a master file to sets of records; ldns reads the lines.
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
#include "io/zonetext.h"

enum { RR_NSEC3 = 50, RR_NSEC3PARAM = 51, RDLENGTH_LEN = 2 };

/* One record as it was read. */
struct entry {
	uint8_t *owner; /* allocated; RDLENGTH and the rdata follow it in the same memory */
	const uint8_t *rdata;
	uint16_t rdata_len;
	uint16_t type;
	uint32_t ttl;
	unsigned line;
};

struct zonefile {
	struct entry *entries;
	struct rdata *rdata; /* of each entry, in the same order: what the sets point to */
	struct rrset *sets;
	struct zonefile_owner *owners;
	size_t entry_count, entry_cap, set_count, owner_count;
};

/* The state of reading one file. */
struct reader {
	struct zonefile *zone;
	const char *path;
	struct zonefile_error *error;
	FILE *stream;
	ldns_rdf *origin, *prev;
	uint32_t ttl_s;
	int line; /* ldns's count: the last one that was read */
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
	(zonefile_fail((r)->error, (r)->path, (unsigned)(r)->line, __VA_ARGS__), ERR_SYNTAX)

void zonefile_free(struct zonefile *z)
{
	if (!z)
		return;
	for (size_t i = 0; i < z->entry_count; i++)
		free(z->entries[i].owner);
	free(z->entries);
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

static struct entry *add_entry(struct zonefile *z)
{
	if (z->entry_count == z->entry_cap) {
		size_t cap = z->entry_cap ? 2 * z->entry_cap : 64;
		struct entry *grown = reallocarray(z->entries, cap, sizeof(*grown));
		if (!grown)
			return NULL;
		z->entries = grown;
		z->entry_cap = cap;
	}
	return &z->entries[z->entry_count];
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

/* Copies what ldns has read. Its owner is a whole name in wire form, of at most NAME_CAP bytes. */
static int take_record(struct reader *r, const ldns_rr *rr)
{
	char text[RR_TYPE_TEXT_CAP];
	const ldns_rdf *owner = ldns_rr_owner(rr);
	uint16_t type = (uint16_t)ldns_rr_get_type(rr);
	size_t owner_len = ldns_rdf_size(owner), len = rdata_len(rr);
	int err = check_type(r, type);
	if (err)
		return err;
	if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		return FAIL(r, "the class is not IN");
	struct entry *entry = add_entry(r->zone);
	if (len > UINT16_MAX)
		return FAIL(r, "the record is too long");
	uint8_t *bytes = entry ? malloc(owner_len + RDLENGTH_LEN + len) : NULL;
	if (!bytes)
		return ERR_NOMEM;
	uint8_t *rdata = bytes + owner_len + RDLENGTH_LEN;
	memcpy(bytes, ldns_rdf_data(owner), owner_len);
	put_u16(rdata - RDLENGTH_LEN, (uint16_t)len);
	copy_rdata(rr, rdata);
	*entry = (struct entry){.owner = bytes,
		.rdata = rdata,
		.rdata_len = (uint16_t)len,
		.type = type,
		.ttl = ldns_rr_ttl(rr),
		.line = (unsigned)r->line};
	r->zone->entry_count++;
	if (!rdata_is_valid(type, rdata, len) ||
		!is_whole(type, rdata - RDLENGTH_LEN, RDLENGTH_LEN + len))
		return FAIL(r, "the data is not that of a %s record", rr_type_text(type, text));
	/* RFC 2181 §8: a TTL with the highest bit set is zero. */
	if (entry->ttl > INT32_MAX)
		entry->ttl = 0;
	return 0;
}

/* Reads up to the next record, directive or empty line. Each call takes at least one byte or comes
 * to the end. */
static int read_entry(struct reader *r)
{
	ldns_rr *rr = NULL;
	ldns_status status =
		ldns_rr_new_frm_fp_l(&rr, r->stream, &r->ttl_s, &r->origin, &r->prev, &r->line);
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

static int read_entries(struct reader *r)
{
	long at = ftell(r->stream);
	int err = 0;
	while (!err && !feof(r->stream)) {
		err = read_entry(r);
		long now_at = ftell(r->stream);
		if (!err && now_at <= at && !feof(r->stream))
			err = FAIL(r, "cannot be read on from here");
		at = now_at;
	}
	return err;
}

/* Owner, type, rdata; of equal records the one with the lowest TTL, then line. */
static int entry_cmp(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int diff = name_cmp(a->owner, b->owner);
	if (!diff)
		diff = a->type - b->type;
	if (!diff)
		diff = rdata_cmp(a->rdata, a->rdata_len, b->rdata, b->rdata_len);
	if (!diff)
		diff = (a->ttl > b->ttl) - (a->ttl < b->ttl);
	return diff ? diff : (a->line > b->line) - (a->line < b->line);
}

static void drop_repeated(struct zonefile *z)
{
	size_t kept = 0;
	for (size_t i = 0; i < z->entry_count; i++) {
		const struct entry *last = kept > 0 ? &z->entries[kept - 1] : NULL;
		struct entry *e = &z->entries[i];
		if (last && last->type == e->type && name_equal(last->owner, e->owner) &&
			rdata_cmp(last->rdata, last->rdata_len, e->rdata, e->rdata_len) == 0)
			free(e->owner);
		else
			z->entries[kept++] = *e;
	}
	z->entry_count = kept;
}

/* Puts the entry at `index` into the last set, or into a new one of the last owner or of a new one.
 * The arrays have room for a set and an owner each. */
static int group_entry(struct reader *r, size_t index)
{
	struct zonefile *z = r->zone;
	const struct entry *e = &z->entries[index], *before = e - 1;
	bool is_new_owner = index == 0 || !name_equal(before->owner, e->owner);
	z->rdata[index] = (struct rdata){.bytes = e->rdata, .len = e->rdata_len};
	if (is_new_owner)
		z->owners[z->owner_count++] = (struct zonefile_owner){
			.name = e->owner, .sets = &z->sets[z->set_count], .line = e->line};
	struct zonefile_owner *owner = &z->owners[z->owner_count - 1];
	if (e->line < owner->line) {
		owner->line = e->line;
		owner->name = e->owner; /* its first spelling */
	}
	if (is_new_owner || before->type != e->type) {
		z->sets[z->set_count++] = (struct rrset){.type = e->type,
			.view = VIEW_ANY,
			.ttl = e->ttl,
			.rdata = &z->rdata[index]};
		owner->count++;
	}
	struct rrset *set = &z->sets[z->set_count - 1];
	r->line = (int)e->line;
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
	int err = 0;
	if (z->entry_count == 0)
		return 0;
	qsort(z->entries, z->entry_count, sizeof(*z->entries), entry_cmp);
	drop_repeated(z);
	z->rdata = calloc(z->entry_count, sizeof(*z->rdata));
	z->sets = calloc(z->entry_count, sizeof(*z->sets));
	z->owners = calloc(z->entry_count, sizeof(*z->owners));
	if (!z->rdata || !z->sets || !z->owners)
		return ERR_NOMEM;
	for (size_t i = 0; i < z->entry_count && !err; i++)
		err = group_entry(r, i);
	return err;
}

/* What records of one owner must not be together: an alias has nothing else (RFC 1034 §3.6.2, RFC
 * 2181 §10.1), nor more than one target (RFC 6672 §2.4). */
static int check_owner(struct reader *r, const struct zonefile_owner *owner)
{
	char text[NAME_TEXT_CAP];
	r->line = (int)owner->line;
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

static int parse_stream(struct reader *r, const uint8_t *origin)
{
	r->origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name_len(origin), origin);
	int err = r->origin ? read_entries(r) : ERR_NOMEM;
	if (!err)
		err = group(r);
	if (!err)
		err = check_owners(r);
	ldns_rdf_deep_free(r->origin);
	ldns_rdf_deep_free(r->prev);
	return err;
}

int zonefile_parse(struct zonefile **ret, const char *path, const char *text, size_t len,
	const uint8_t *origin, uint32_t ttl_s, struct zonefile_error *error)
{
	struct zonefile *zone = calloc(1, sizeof(*zone));
	struct reader r = {.zone = zone, .path = path, .error = error, .ttl_s = ttl_s};
	struct zonetext_fault fault;
	int err = ERR_NOMEM;
	if (!zone)
		return ERR_NOMEM;
	if (memchr(text, '\0', len)) {
		err = FAIL(&r, "has a zero byte");
	} else if (zonetext_check(text, len, &fault)) {
		r.line = (int)fault.line;
		err = FAIL(&r, "%s", fault.what);
	} else if (len == 0) {
		err = 0;
	} else if ((r.stream = fmemopen((char *)(uintptr_t)text, len, "r"))) {
		err = parse_stream(&r, origin);
		fclose(r.stream);
	}
	if (err)
		zonefile_free(zone);
	else
		*ret = zone;
	return err;
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
