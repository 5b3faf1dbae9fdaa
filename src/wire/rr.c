/* SPDX-License-Identifier: ISC */
/*
 * Owns the table of record types: number, mnemonic, layout of names in rdata.
 * Never allocates.
 */
#include "wire/rr.h"

#include <stdio.h>

/* By number; what is not known has no text. */
static const struct {
	const char *text;
	struct rr_layout layout;
} types[] = {
	[RR_A] = {"A", {0}},
	[RR_NS] = {"NS", {0, 1, true}},
	[RR_MD] = {"MD", {0, 1, true}},
	[RR_MF] = {"MF", {0, 1, true}},
	[RR_CNAME] = {"CNAME", {0, 1, true}},
	[RR_SOA] = {"SOA", {0, 2, true}},
	[RR_MB] = {"MB", {0, 1, true}},
	[RR_MG] = {"MG", {0, 1, true}},
	[RR_MR] = {"MR", {0, 1, true}},
	[RR_PTR] = {"PTR", {0, 1, true}},
	[RR_HINFO] = {"HINFO", {0}},
	[RR_MINFO] = {"MINFO", {0, 2, true}},
	[RR_MX] = {"MX", {2, 1, true}},
	[RR_TXT] = {"TXT", {0}},
	[RR_RP] = {"RP", {0, 2, false}},
	[RR_AFSDB] = {"AFSDB", {2, 1, false}},
	[RR_RT] = {"RT", {2, 1, false}},
	[RR_SIG] = {"SIG", {18, 1, false}},
	[RR_PX] = {"PX", {2, 2, false}},
	[RR_AAAA] = {"AAAA", {0}},
	[RR_SRV] = {"SRV", {6, 1, false}},
	[RR_NAPTR] = {"NAPTR", {0}},
	[RR_KX] = {"KX", {2, 1, false}},
	[RR_DNAME] = {"DNAME", {0, 1, false}},
	[RR_OPT] = {"OPT", {0}},
	[RR_DS] = {"DS", {0}},
	[RR_SSHFP] = {"SSHFP", {0}},
	[RR_RRSIG] = {"RRSIG", {18, 1, false}},
	[RR_NSEC] = {"NSEC", {0, 1, false}},
	[RR_DNSKEY] = {"DNSKEY", {0}},
	[RR_TLSA] = {"TLSA", {0}},
	[RR_SVCB] = {"SVCB", {2, 1, false}},
	[RR_HTTPS] = {"HTTPS", {2, 1, false}},
	[RR_TSIG] = {"TSIG", {0}},
	[RR_IXFR] = {"IXFR", {0}},
	[RR_AXFR] = {"AXFR", {0}},
	[RR_ANY] = {"ANY", {0}},
	[RR_CAA] = {"CAA", {0}},
};

const char *rr_type_text(uint16_t type, char *out)
{
	if (type < ARRAY_LEN(types) && types[type].text)
		return strcpy(out, types[type].text);
	snprintf(out, RR_TYPE_TEXT_CAP, "TYPE%u", type);
	return out;
}

bool rr_type_is_meta(uint16_t type)
{
	return type == 0 || type == RR_OPT || (type >= 128 && type <= 255);
}

struct rr_layout rr_layout(uint16_t type)
{
	return type < ARRAY_LEN(types) ? types[type].layout : (struct rr_layout){0};
}

void rd_rdata(struct rd *r, uint16_t type, size_t len, struct wr *w)
{
	struct rr_layout layout = rr_layout(type);
	if (r->err || rd_left(r) < len) {
		r->err = r->err ? r->err : ERR_SHORT;
		return;
	}
	struct rd in = *r;
	in.end = r->at + len;

	const uint8_t *lead = rd_bytes(&in, layout.lead);
	if (lead)
		wr_bytes(w, lead, layout.lead);
	for (unsigned i = 0; i < layout.names && !in.err; i++) {
		struct name name;
		rd_name(&in, &name);
		wr_bytes(w, name.wire, name.len);
	}
	if (in.err) {
		r->err = in.err;
		return;
	}
	wr_bytes(w, in.at, rd_left(&in));
	r->at = in.end;
}

/* Whether the rdata is one or more character strings (RFC 1035 §3.3.14) that fill it. */
static bool is_strings(const uint8_t *rdata, size_t len)
{
	struct rd r = rd_init(rdata, len);
	do
		rd_bytes(&r, rd_u8(&r));
	while (!r.err && rd_left(&r) > 0);
	return !r.err;
}

bool rdata_is_valid(uint16_t type, const uint8_t *rdata, size_t len)
{
	struct rr_layout layout = rr_layout(type);
	struct rd r = rd_init(rdata, len);
	if (type == RR_A)
		return len == 4;
	if (type == RR_AAAA)
		return len == 16;
	if (type == RR_TXT)
		return is_strings(rdata, len);
	rd_bytes(&r, layout.lead);
	for (unsigned i = 0; i < layout.names && !r.err; i++) {
		struct name name;
		const uint8_t *start = r.at;
		rd_name(&r, &name);
		if (!r.err && (size_t)(r.at - start) != name.len)
			return false; /* compressed */
	}
	return !r.err;
}

int rdata_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t shorter = a_len < b_len ? a_len : b_len;
	int diff = shorter > 0 ? memcmp(a, b, shorter) : 0;
	return diff ? diff : (a_len > b_len) - (a_len < b_len);
}
