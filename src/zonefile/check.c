/* SPDX-License-Identifier: ISC */
/*
 * Owns the rules about which records may exist together in a zone.
 * Never reads a file, never changes anything.
 */
#include "zonefile/check.h"

#include <stdio.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/limits.h"
#include "wire/msg.h"
#include "wire/rr.h"
#include "zonefile/params.h"

enum { SVCB_PRIORITY_LEN = 2 };

/* Size limits of an owner and of a set. Within them, there is always room in the store and in a
 * message: 64 KiB without header, question, EDNS and a signature. A larger set could be
 * transferred, but never be in an answer. */
enum { OWNER_CAP = 64000, SET_CAP = MSG_CAP - 1024, RECORD_HEAD = 12 };

/* The special sets of an owner. Most owners have none. */
struct sight {
	const struct rrset *cname, *dname, *soa, *ns;
	const struct rrset *repeated; /* has several records, but its type allows only one */
};

static struct sight look_at(const struct rrset *sets, size_t count)
{
	struct sight s = {NULL, NULL, NULL, NULL, NULL};
	for (const struct rrset *set = sets; set < sets + count; set++) {
		switch (set->type) {
		case RR_CNAME: s.cname = set; break;
		case RR_DNAME: s.dname = set; break;
		case RR_SOA: s.soa = set; break;
		case RR_NS: s.ns = set; break;
		default: break;
		}
		if (set->count > 1 && rr_type_has(set->type, RR_IS_SINGLE))
			s.repeated = set;
	}
	return s;
}

/* Returns what is wrong with the owner itself, or NULL. */
static const char *judge(
	const struct sight *s, size_t count, const uint8_t *apex, const uint8_t *name)
{
	if (s->cname && count > 1)
		return "has a CNAME and other records"; /* RFC 1034 §3.6.2 */
	if (s->soa && !name_equal(name, apex) && !name_is_reverse(name))
		return "has a SOA and is not the top of the zone"; /* RFC 1035 §5.2 */
	if (s->dname && s->ns && !name_equal(name, apex))
		return "has a DNAME and NS"; /* RFC 6672 §2.3 */
	return NULL;
}

/* Returns the size of a set; `head` is what precedes the rdata of each record. */
static size_t set_size(const struct rrset *set, size_t head)
{
	size_t size = 0;
	for (size_t i = 0; i < set->count; i++)
		size += head + set->rdata[i].len;
	return size;
}

/* Returns the type of a set that is too large; 0 if none is; RR_ANY if all sets together are. */
static uint16_t too_large(const struct rrset *sets, size_t count)
{
	enum { LEN_HEAD = 2 };
	size_t sum = 0;
	for (size_t i = 0; i < count; i++) {
		sum += set_size(&sets[i], LEN_HEAD);
		if (set_size(&sets[i], RECORD_HEAD) > SET_CAP)
			return sets[i].type;
	}
	return sum > OWNER_CAP ? RR_ANY : 0;
}

/* True if multicast DNS cannot announce the owner: what is its alone must fit into one probe
 * (RFC 6762 §8.2). PTRs are shared with other hosts, and are not probed for. */
static bool is_too_large_for_mdns(const uint8_t *name, const struct rrset *sets, size_t count)
{
	size_t size = 0;
	for (size_t i = 0; i < count; i++)
		if (sets[i].type != RR_PTR)
			size += set_size(&sets[i], RECORD_HEAD);
	return name_is_mdns(name) && size > LIMIT_MDNS_OWNER_BYTES;
}

/* Writes "NAME WHAT", followed by `other`. */
static int fail(
	char text[ZONECHECK_TEXT_CAP], const uint8_t *name, const char *what, const char *other)
{
	char own[NAME_TEXT_CAP];
	snprintf(text, ZONECHECK_TEXT_CAP, "%s %s%s", name_to_text(name, own), what, other);
	return ERR_SYNTAX;
}

int zonecheck_owner(struct zonecheck *check, const uint8_t *name, const struct rrset *sets,
	size_t count, char text[ZONECHECK_TEXT_CAP])
{
	char above[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	struct sight s = look_at(sets, count);
	if (s.repeated)
		return fail(text, name, "has more than one ", rr_type_text(s.repeated->type, type));
	const char *fault = judge(&s, count, check->apex, name);
	if (fault)
		return fail(text, name, fault, "");
	uint16_t large = too_large(sets, count);
	if (large)
		return fail(
			text, name, "has more than 64 KiB of records: ", rr_type_text(large, type));
	if (is_too_large_for_mdns(name, sets, count))
		return fail(text, name, "has more records than multicast DNS can announce", "");
	/* Names below a DNAME are elsewhere (RFC 6672 §2.4). In canonical order they
	 * follow it directly. */
	if (check->dname && name_is_below(name, check->dname))
		return fail(
			text, name, "is below the DNAME of ", name_to_text(check->dname, above));
	if (s.dname)
		check->dname = name;
	return 0;
}

bool zonecheck_has_good_params(uint16_t type, const uint8_t *rdata, size_t len)
{
	struct rd r = rd_init(rdata, len);
	struct name target;
	if (type != RR_SVCB && type != RR_HTTPS)
		return true;
	rd_bytes(&r, SVCB_PRIORITY_LEN);
	rd_name(&r, &target);
	return !r.err && zoneparams_are_good(r.at, rd_left(&r));
}
