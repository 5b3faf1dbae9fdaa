/* SPDX-License-Identifier: ISC */
/*
 * Owns everything about ldns: loads it, and reads single lines with it.
 * Never decides what a zone may contain.
 */
#include "io/zoneldns.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "io/dynlib.h"

#define LDNS_CALLS(CALL)                                                                           \
	CALL(ldns_get_errorstr_by_id)                                                              \
	CALL(ldns_rdf_data)                                                                        \
	CALL(ldns_rdf_deep_free)                                                                   \
	CALL(ldns_rdf_new_frm_data)                                                                \
	CALL(ldns_rdf_size)                                                                        \
	CALL(ldns_rr_free)                                                                         \
	CALL(ldns_rr_get_class)                                                                    \
	CALL(ldns_rr_get_type)                                                                     \
	CALL(ldns_rr_new)                                                                          \
	CALL(ldns_rr_new_frm_fp_l)                                                                 \
	CALL(ldns_rr_owner)                                                                        \
	CALL(ldns_rr_rd_count)                                                                     \
	CALL(ldns_rr_rdf)                                                                          \
	CALL(ldns_rr_set_type)                                                                     \
	CALL(ldns_rr_ttl)                                                                          \
	CALL(ldns_wire2rdf)

static const char *const call_names[] = DYNLIB_NAMES(LDNS_CALLS);

struct zoneldns {
	void *library;
	DYNLIB_TABLE(LDNS_CALLS) calls;
	FILE *stream; /* the text as ldns reads it */
	size_t len;
	uint8_t *counted; /* RDLENGTH and the data of the record read last */
};

enum { RDLENGTH_LEN = 2 };

_Static_assert((int)RR_READER_WHY_CAP >= (int)DYNLIB_WHY_CAP, "dynlib writes its reason there");

static void zoneldns_close(void *state)
{
	struct zoneldns *l = state;
	if (!l)
		return;
	if (l->stream)
		fclose(l->stream);
	dynlib_close(l->library);
	free(l->counted);
	free(l);
}

static int zoneldns_open(void **ret, const char *text, size_t len, char ret_why[RR_READER_WHY_CAP])
{
	struct zoneldns *l = calloc(1, sizeof(*l));
	if (!l)
		return ERR_NOMEM;
	l->len = len;
	l->library =
		dynlib_open(LDNS_SONAME, call_names, ARRAY_LEN(call_names), &l->calls, ret_why);
	if (!l->library) {
		zoneldns_close(l);
		return ERR_ABSENT;
	}
	l->stream = fmemopen((char *)(uintptr_t)text, len, "r");
	if (!l->stream) {
		zoneldns_close(l);
		return ERR_NOMEM;
	}
	*ret = l;
	return 0;
}

static int fail(const char **ret_why, const char *why)
{
	*ret_why = why;
	return ERR_SYNTAX;
}

/* Copies the fields of the record, one after the other, behind RDLENGTH. ldns has them in wire
 * format. */
static int copy_rdata(struct zoneldns *l, const ldns_rr *rr, size_t *ret_len)
{
	size_t len = 0, count = l->calls.ldns_rr_rd_count(rr);
	for (size_t i = 0; i < count; i++)
		len += l->calls.ldns_rdf_size(l->calls.ldns_rr_rdf(rr, i));
	uint8_t *counted = realloc(l->counted, RDLENGTH_LEN + len);
	if (!counted)
		return ERR_NOMEM;
	l->counted = counted;
	put_u16(counted, (uint16_t)len);
	uint8_t *to = counted + RDLENGTH_LEN;
	for (size_t i = 0; i < count; i++) {
		const ldns_rdf *field = l->calls.ldns_rr_rdf(rr, i);
		size_t size = l->calls.ldns_rdf_size(field);
		if (size > 0)
			memcpy(to, l->calls.ldns_rdf_data(field), size);
		to += size;
	}
	*ret_len = len;
	return 0;
}

/* True if ldns finds all fields of the type when it parses the data in wire format. Its text parser
 * accepts some incomplete records. */
static bool is_whole(const struct zoneldns *l, ldns_rr_type type, size_t len)
{
	size_t pos = 0;
	ldns_rr *rr = len <= UINT16_MAX ? l->calls.ldns_rr_new() : NULL;
	if (!rr)
		return false;
	l->calls.ldns_rr_set_type(rr, type);
	ldns_status status = l->calls.ldns_wire2rdf(rr, l->counted, RDLENGTH_LEN + len, &pos);
	l->calls.ldns_rr_free(rr);
	return status == LDNS_STATUS_OK && pos == RDLENGTH_LEN + len;
}

/* Returns NULL if there is no name, or if out of memory. */
static ldns_rdf *name_to_rdf(const struct zoneldns *l, const struct name *name)
{
	return name->len > 0
		       ? l->calls.ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name->len, name->wire)
		       : NULL;
}

/* ERR_SYNTAX if it is longer than a name may be. */
static int rdf_to_name(
	const struct zoneldns *l, const ldns_rdf *rdf, struct name *ret, const char **ret_why)
{
	if (l->calls.ldns_rdf_size(rdf) > NAME_CAP)
		return fail(ret_why, "the name is too long");
	name_copy(ret, l->calls.ldns_rdf_data(rdf));
	return 0;
}

static int take_record(struct zoneldns *l, const ldns_rr *rr, struct name *ret_owner,
	struct rr_reader_record *ret, const char **ret_why)
{
	size_t len;
	int err = rdf_to_name(l, l->calls.ldns_rr_owner(rr), ret_owner, ret_why);
	if (!err)
		err = copy_rdata(l, rr, &len);
	if (err)
		return err;
	ldns_rr_type type = l->calls.ldns_rr_get_type(rr);
	*ret = (struct rr_reader_record){.type = (uint16_t)type,
		.class = (uint16_t)l->calls.ldns_rr_get_class(rr),
		.ttl_s = l->calls.ldns_rr_ttl(rr),
		.rdata = l->counted + RDLENGTH_LEN,
		.len = len,
		.is_whole = is_whole(l, type, len)};
	return 0;
}

/* Lets ldns read from the current position of the stream. `*ret_rr` is NULL if that was not a
 * record. */
static int read_entry(
	struct zoneldns *l, struct rr_reader_place *place, ldns_rr **ret_rr, const char **ret_why)
{
	ldns_rdf *origin = name_to_rdf(l, &place->origin), *owner = name_to_rdf(l, &place->owner);
	ldns_status status = LDNS_STATUS_MEM_ERR;
	int err = 0;
	*ret_rr = NULL;
	if (origin && (owner || place->owner.len == 0))
		status = l->calls.ldns_rr_new_frm_fp_l(
			ret_rr, l->stream, &place->ttl_s, &origin, &owner, NULL);
	switch (status) {
	case LDNS_STATUS_OK:
	case LDNS_STATUS_SYNTAX_EMPTY:
	case LDNS_STATUS_SYNTAX_TTL: break;
	case LDNS_STATUS_SYNTAX_ORIGIN:
		err = rdf_to_name(l, origin, &place->origin, ret_why);
		break;
	case LDNS_STATUS_MEM_ERR: err = ERR_NOMEM; break;
	default: err = fail(ret_why, l->calls.ldns_get_errorstr_by_id(status));
	}
	if (status != LDNS_STATUS_OK)
		*ret_rr = NULL;
	l->calls.ldns_rdf_deep_free(origin);
	l->calls.ldns_rdf_deep_free(owner);
	return err;
}

static int zoneldns_read(void *state, struct rr_reader_place *place, struct rr_reader_record *ret,
	bool *ret_has_record, const char **ret_why)
{
	struct zoneldns *l = state;
	static const char is_stuck[] = "cannot be read on from here";
	if (ftell(l->stream) != (long)place->at && fseek(l->stream, (long)place->at, SEEK_SET))
		return fail(ret_why, is_stuck);
	ldns_rr *rr;
	int err = read_entry(l, place, &rr, ret_why);
	if (!err && rr)
		err = take_record(l, rr, &place->owner, ret, ret_why);
	l->calls.ldns_rr_free(rr);
	if (err)
		return err;
	*ret_has_record = rr != NULL;
	long at = feof(l->stream) ? (long)l->len : ftell(l->stream);
	if (at <= (long)place->at)
		return fail(ret_why, is_stuck);
	place->at = (size_t)at;
	return 0;
}

const struct rr_reader zoneldns_reader = {
	.open = zoneldns_open, .read = zoneldns_read, .close = zoneldns_close};
