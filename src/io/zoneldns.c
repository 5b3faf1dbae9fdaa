/* SPDX-License-Identifier: ISC */
/*
 * Owns everything about ldns: loads it, and reads the data of single records with it.
 * Never decides what a zone may contain.
 */
#include "io/zoneldns.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
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
	CALL(ldns_rr_get_type)                                                                     \
	CALL(ldns_rr_new)                                                                          \
	CALL(ldns_rr_new_frm_str)                                                                  \
	CALL(ldns_rr_rd_count)                                                                     \
	CALL(ldns_rr_rdf)                                                                          \
	CALL(ldns_rr_set_type)                                                                     \
	CALL(ldns_wire2rdf)

static const char *const call_names[] = DYNLIB_NAMES(LDNS_CALLS);

struct zoneldns {
	void *library;
	DYNLIB_TABLE(LDNS_CALLS) calls;
	struct buf line;  /* the record as ldns reads it */
	uint8_t *counted; /* RDLENGTH and the data of the record read last */
};

enum { RDLENGTH_LEN = 2 };

_Static_assert((int)RR_READER_WHY_CAP >= (int)DYNLIB_WHY_CAP, "dynlib writes its reason there");

static void zoneldns_close(void *state)
{
	struct zoneldns *l = state;
	if (!l)
		return;
	buf_fini(&l->line);
	dynlib_close(l->library);
	free(l->counted);
	free(l);
}

static int zoneldns_open(void **ret, char ret_why[RR_READER_WHY_CAP])
{
	struct zoneldns *l = calloc(1, sizeof(*l));
	if (!l)
		return ERR_NOMEM;
	l->library =
		dynlib_open(LDNS_SONAME, call_names, ARRAY_LEN(call_names), &l->calls, ret_why);
	if (!l->library) {
		zoneldns_close(l);
		return ERR_ABSENT;
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

static int take_record(struct zoneldns *l, const ldns_rr *rr, struct rr_reader_record *ret)
{
	size_t len;
	int err = copy_rdata(l, rr, &len);
	if (err)
		return err;
	ldns_rr_type type = l->calls.ldns_rr_get_type(rr);
	*ret = (struct rr_reader_record){.type = (uint16_t)type,
		.rdata = l->counted + RDLENGTH_LEN,
		.len = len,
		.is_whole = is_whole(l, type, len)};
	return 0;
}

static int zoneldns_read(void *state, const char *text, const struct name *origin,
	struct rr_reader_record *ret, const char **ret_why)
{
	struct zoneldns *l = state;
	ldns_rr *rr = NULL;
	buf_clear(&l->line);
	buf_printf(&l->line, ". 0 IN %s", text);
	ldns_rdf *place =
		l->calls.ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin->len, origin->wire);
	ldns_status status = LDNS_STATUS_MEM_ERR;
	if (place && !l->line.err)
		status = l->calls.ldns_rr_new_frm_str(&rr, buf_text(&l->line), 0, place, NULL);
	int err = status == LDNS_STATUS_MEM_ERR ? ERR_NOMEM
		  : status != LDNS_STATUS_OK
			  ? fail(ret_why, l->calls.ldns_get_errorstr_by_id(status))
			  : take_record(l, rr, ret);
	if (status == LDNS_STATUS_OK)
		l->calls.ldns_rr_free(rr);
	l->calls.ldns_rdf_deep_free(place);
	return err;
}

const struct rr_reader zoneldns_reader = {
	.open = zoneldns_open, .read = zoneldns_read, .close = zoneldns_close};
