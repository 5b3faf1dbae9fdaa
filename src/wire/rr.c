/* SPDX-License-Identifier: ISC */
/*
 * Owns everything that follows from the table of record types (wire/rr_types.h).
 * Never allocates.
 */
#include "wire/rr.h"

#include <stdio.h>
#include <strings.h>

#define RR_ROW(name, number, with, ...) [number] = {#name, {__VA_ARGS__}, (uint8_t)(with)},
/* Sorted by number. */
static const struct rr_info types[] = {RR_TYPES(RR_ROW)};
#undef RR_ROW

const struct rr_info *rr_info(uint16_t type)
{
	static const struct rr_info unknown = {.fields = {RF_OTHER}};
	return type < ARRAY_LEN(types) && types[type].text[0] ? &types[type] : &unknown;
}

const char *rr_type_text(uint16_t type, char *out)
{
	const struct rr_info *info = rr_info(type);
	if (info->text[0])
		return strcpy(out, info->text);
	snprintf(out, RR_TYPE_TEXT_CAP, "TYPE%u", type);
	return out;
}

uint16_t rr_type_from_text(const char *text, size_t len)
{
#define RR_MNEMONIC(name, number, ...) {#name, sizeof(#name) - 1, number},
	static const struct {
		char text[12];
		uint8_t len;
		uint16_t type;
	} mnemonics[] = {RR_TYPES(RR_MNEMONIC)};
#undef RR_MNEMONIC
	for (size_t i = 0; i < ARRAY_LEN(mnemonics); i++)
		if (mnemonics[i].len == len && strncasecmp(text, mnemonics[i].text, len) == 0)
			return mnemonics[i].type;
	return 0;
}

bool rr_type_is_meta(uint16_t type)
{
	return type == 0 || type == RR_OPT || (type >= 128 && type <= 255);
}

bool rr_type_is_of_signer(uint16_t type)
{
	return type == RR_DNSKEY || type == RR_CDS || type == RR_CDNSKEY;
}

bool rr_type_is_signable(uint16_t type, bool is_apex)
{
	switch (type) {
	case RR_SIG:
	case RR_RRSIG: return false;
	case RR_DS: return !is_apex;
	default: return !rr_type_is_of_signer(type) && !rr_type_is_meta(type);
	}
}

/* Lengths of the fields that have one; 0: it depends on the content. */
static const uint8_t field_sizes[] = {[RF_U8] = 1,
	[RF_U16] = 2,
	[RF_U32] = 4,
	[RF_TIME] = 4,
	[RF_ALGORITHM] = 1,
	[RF_CERT_TYPE] = 2,
	[RF_SCHEME] = 1,
	[RF_TYPE] = 2,
	[RF_V4] = 4,
	[RF_V6] = 16,
	[RF_SIG] = 18};

static unsigned field_size(uint8_t field)
{
	return field < ARRAY_LEN(field_sizes) ? field_sizes[field] : 0;
}

struct rr_layout rr_layout(uint16_t type)
{
	struct rr_layout layout = {0};
	const uint8_t *field = rr_info(type)->fields;
	for (; field_size(*field) > 0; field++)
		layout.lead = (uint8_t)(layout.lead + field_size(*field));
	while (field[layout.names] == RF_NAME)
		layout.names++;
	return layout.names > 0 ? layout : (struct rr_layout){0};
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

/* True if the rdata consists of one or more character strings (RFC 1035 §3.3.14). */
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
	switch (rr_info(type)->fields[0]) {
	case RF_V4: return len == 4;
	case RF_V6: return len == 16;
	case RF_STRINGS: return is_strings(rdata, len);
	default: break; /* checks the numbers and names at the beginning */
	}
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

void rdata_to_canonical(uint16_t type, uint8_t *rdata, size_t len)
{
	if (!rr_type_has(type, RR_LOWER))
		return;
	uint8_t *at = rdata, *end = rdata + len;
	for (const uint8_t *field = rr_info(type)->fields; *field != RF_END && at < end; field++) {
		size_t size = *field == RF_NAME     ? name_len(at)
			      : *field == RF_STRING ? 1u + *at
						    : field_size(*field);
		if (size == 0)
			return;
		/* The lengths of labels are not letters. */
		for (size_t i = 0; *field == RF_NAME && i < size; i++)
			at[i] = byte_lower(at[i]);
		at += size;
	}
}

int rdata_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t shorter = a_len < b_len ? a_len : b_len;
	STEPS(1 + shorter / STEP_BYTES);
	int diff = shorter > 0 ? memcmp(a, b, shorter) : 0;
	return diff ? diff : (a_len > b_len) - (a_len < b_len);
}
