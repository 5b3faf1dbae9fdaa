/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of the master file format (RFC 1035 §5).
 * Never prints records of another zone.
 */
#include <string.h>

#include "base/err.h"
#include "export/formats.h"
#include "export/text.h"

/* Writes the owner relative to `apex`: "@", "www"; in full if that is the root. */
static void put_owner(struct buf *out, const uint8_t *owner, const uint8_t *apex)
{
	char text[NAME_TEXT_CAP], apex_text[NAME_TEXT_CAP];
	if (name_equal(owner, apex)) {
		buf_puts(out, "@");
		return;
	}
	name_to_text(owner, text);
	if (apex[0] != 0)
		text[strlen(text) - strlen(name_to_text(apex, apex_text)) - 1] = '\0';
	buf_puts(out, text);
}

static void put_record(struct buf *out, const struct erecord *r, const uint8_t *apex)
{
	char type[RR_TYPE_TEXT_CAP];
	put_owner(out, r->owner, apex);
	buf_printf(out, "\t%u\tIN\t%s\t", r->ttl, rr_type_text(r->type, type));
	export_rdata_text(out, r->type, r->rdata, r->rdata_len);
	buf_puts(out, "\n");
}

/* True if it was just written: two views may have the same record. */
static bool is_repeated(const struct erecord *before, const struct erecord *r)
{
	return before && before->type == r->type && name_equal(before->owner, r->owner) &&
	       rdata_cmp(before->rdata, before->rdata_len, r->rdata, r->rdata_len) == 0;
}

/* Writes the records at the apex and below. Of another zone below, it writes only the NS, which
 * delegates it. The records are sorted, so those of another zone follow its SOA. */
static void put_records(struct buf *out, struct erecords r, const uint8_t *apex, unsigned view)
{
	const uint8_t *child = NULL;
	const struct erecord *before = NULL;
	for (size_t i = 0; i < r.count; i++) {
		const struct erecord *record = r.at[i];
		if (!name_is_below(record->owner, apex))
			continue;
		if (record->type == RR_SOA && !name_equal(record->owner, apex) &&
			!(child && name_is_below(record->owner, child)))
			child = record->owner;
		bool is_elsewhere = child && name_is_below(record->owner, child);
		bool is_delegation =
			is_elsewhere && record->type == RR_NS && name_equal(record->owner, child);
		if (!(record->view & view) || (is_elsewhere && !is_delegation))
			continue;
		if (!is_repeated(before, record))
			put_record(out, record, apex);
		before = record;
	}
}

int export_zone(struct erecords r, const struct export_options *options, struct buf *out)
{
	unsigned view = options->view ? options->view : VIEW_WAN;
	size_t left;
	struct erecord *const *soa = erecords_find(r, options->apex, RR_SOA, &left);
	if (!soa)
		return ERR_ABSENT;
	buf_puts(out, "$ORIGIN ");
	export_name_text(out, options->apex);
	buf_printf(out, "\n$TTL %u\n", (*soa)->ttl);
	put_records(out, r, options->apex, view);
	return 0;
}
