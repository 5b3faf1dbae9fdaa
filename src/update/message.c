/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of UPDATE messages: their form, as far as it does not depend on the zone.
 * Never decides what an update may do.
 */
#include "update/message.h"

#include <stdlib.h>
#include <string.h>

#include "wire/rr.h"

/* RFC 2136 §2 names the sections zone, prerequisite and update. */
enum { SECTION_PREREQUISITE = SECTION_ANSWER, SECTION_UPDATE = SECTION_AUTHORITY };

/* Most bytes of a record in `bytes` beyond those in the message: its owner, and two names in its rdata. */
enum { GROWTH = 3 * NAME_CAP };

/* Copies the owner and the rdata to `w`. False: malformed. */
static bool take_record(
	const struct rd *r, const struct rr *rr, struct wr *w, struct update_record *ret)
{
	uint8_t *at = w->at;
	wr_bytes(w, rr->owner.wire, rr->owner.len);
	*ret = (struct update_record){
		.owner = at, .type = rr->type, .class = rr->class, .ttl = rr->ttl};
	at = w->at;
	/* Without bytes it stands for a whole set, or a type may have none (§2.4, §2.5). */
	if (rr->rdata_len > 0 && rr_rdata_expand(r, rr, w))
		return false;
	ret->rdata = (struct rdata){at, (uint16_t)(w->at - at)};
	return !w->err && w->at - at <= UINT16_MAX &&
	       (rr->rdata_len == 0 || rdata_is_valid(rr->type, at, ret->rdata.len));
}

static bool take_records(struct rd *r, struct wr *w, struct update_message *m)
{
	struct rr rr;
	/* Progress: each turn reads at least eleven bytes, or ends. */
	for (size_t i = 0; i < m->count; i++) {
		rd_rr(r, &rr);
		if (r->err || !take_record(r, &rr, w, &m->records[i]))
			return false;
	}
	return true;
}

int update_message_parse(const uint8_t *msg, size_t len, struct update_message *ret)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct question zone;
	rd_header(&r, &header);
	rd_question(&r, &zone);
	if (r.err || header.qdcount != 1)
		return RCODE_FORMERR;
	struct update_message m = {.zone = zone.name,
		.zone_type = zone.type,
		.zone_class = zone.class,
		.prerequisite_count = header.count[SECTION_PREREQUISITE]};
	m.count = m.prerequisite_count + header.count[SECTION_UPDATE];
	if (m.count > LIMIT_UPDATE_RECORDS)
		return RCODE_REFUSED;
	size_t cap = len + m.count * GROWTH;
	m.records = calloc(m.count + 1, sizeof(*m.records));
	m.bytes = malloc(cap);
	struct wr w = wr_init(m.bytes, m.bytes ? cap : 0);
	int rcode = !m.records || !m.bytes     ? RCODE_SERVFAIL
		    : take_records(&r, &w, &m) ? RCODE_NOERROR
					       : RCODE_FORMERR;
	if (rcode)
		update_message_fini(&m);
	else
		*ret = m;
	return rcode;
}

void update_message_fini(struct update_message *m)
{
	free(m->records);
	free(m->bytes);
	m->records = NULL;
	m->bytes = NULL;
}
