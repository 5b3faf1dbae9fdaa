/* SPDX-License-Identifier: ISC */
/*
 * Owns how rdata is written as text.
 * Never trusts rdata to be well formed.
 */
#include "export/text.h"

#include "base/addr.h"
#include "base/cursor.h"

/* How a field of rdata is written. */
enum field {
	F_END,
	F_U8,
	F_U16,
	F_U32,
	F_V4,
	F_V6,
	F_NAME,
	F_STRING,  /* one character string (RFC 1035 §3.3) */
	F_STRINGS, /* as many as there are, at least one */
	F_WORD,    /* a string of letters and digits, without quotes: a CAA tag (RFC 8659 §4.1) */
	F_REST,    /* all that is left, as one quoted string */
	F_HEX      /* all that is left */
};

/* Types that are not here are written in the form for types that are not known, which every reader
 * must take (RFC 3597 §5). */
static const struct {
	uint16_t type;
	enum field fields[8];
} layouts[] = {
	{RR_A, {F_V4}},
	{RR_NS, {F_NAME}},
	{RR_CNAME, {F_NAME}},
	{RR_SOA, {F_NAME, F_NAME, F_U32, F_U32, F_U32, F_U32, F_U32}},
	{RR_PTR, {F_NAME}},
	{RR_HINFO, {F_STRING, F_STRING}},
	{RR_MX, {F_U16, F_NAME}},
	{RR_TXT, {F_STRINGS}},
	{RR_RP, {F_NAME, F_NAME}},
	{RR_AFSDB, {F_U16, F_NAME}},
	{RR_AAAA, {F_V6}},
	{RR_SRV, {F_U16, F_U16, F_U16, F_NAME}},
	{RR_NAPTR, {F_U16, F_U16, F_STRING, F_STRING, F_STRING, F_NAME}},
	{RR_DNAME, {F_NAME}},
	{RR_DS, {F_U16, F_U8, F_U8, F_HEX}},
	{RR_SSHFP, {F_U8, F_U8, F_HEX}},
	{RR_TLSA, {F_U8, F_U8, F_U8, F_HEX}},
	{RR_CAA, {F_U8, F_WORD, F_REST}},
};

static const enum field *layout_of(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		if (layouts[i].type == type)
			return layouts[i].fields;
	return NULL;
}

void export_name_text(struct buf *out, const uint8_t *name)
{
	char text[NAME_TEXT_CAP];
	buf_puts(out, name_to_text(name, text));
}

static void put_hex(struct buf *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < len; i++)
		buf_add(out, (char[2]){digits[bytes[i] >> 4], digits[bytes[i] & 15]}, 2);
}

/* A quoted string; bytes that do not print as \DDD. */
static void put_string(struct buf *out, const uint8_t *bytes, size_t len)
{
	buf_puts(out, "\"");
	for (size_t i = 0; i < len; i++) {
		uint8_t c = bytes[i];
		if (c < ' ' || c >= 0x7f)
			buf_printf(out, "\\%03u", c);
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else
			buf_add(out, &c, 1);
	}
	buf_puts(out, "\"");
}

static void put_addr(struct buf *out, struct rd *r, enum addr_family family)
{
	char text[ADDR_TEXT_CAP];
	const uint8_t *bytes = rd_bytes(r, family == ADDR_V4 ? 4 : 16);
	if (!bytes)
		return;
	struct addr a = addr_make(family, bytes);
	buf_puts(out, addr_format(&a, text));
}

static void put_counted(struct buf *out, struct rd *r)
{
	uint8_t len = rd_u8(r);
	const uint8_t *bytes = rd_bytes(r, len);
	if (bytes)
		put_string(out, bytes, len);
}

static void put_strings(struct buf *out, struct rd *r)
{
	put_counted(out, r);
	while (!r->err && rd_left(r) > 0) {
		buf_puts(out, " ");
		put_counted(out, r);
	}
}

static void put_word(struct buf *out, struct rd *r)
{
	uint8_t len = rd_u8(r);
	const uint8_t *bytes = rd_bytes(r, len);
	for (uint8_t i = 0; bytes && i < len; i++) {
		uint8_t lower = byte_lower(bytes[i]);
		if ((lower < 'a' || lower > 'z') && (lower < '0' || lower > '9'))
			r->err = ERR_SYNTAX;
	}
	if (len == 0)
		r->err = ERR_SYNTAX;
	if (!r->err)
		buf_add(out, bytes, len);
}

static void put_name(struct buf *out, struct rd *r)
{
	struct name name;
	const uint8_t *start = r->at;
	rd_name(r, &name);
	if (!r->err && (size_t)(r->at - start) != name.len)
		r->err = ERR_SYNTAX; /* compressed: only half of it is here */
	export_name_text(out, name.wire);
}

static void put_field(struct buf *out, struct rd *r, enum field field)
{
	size_t left = rd_left(r);
	switch (field) {
	case F_U8: buf_printf(out, "%u", rd_u8(r)); break;
	case F_U16: buf_printf(out, "%u", rd_u16(r)); break;
	case F_U32: buf_printf(out, "%u", rd_u32(r)); break;
	case F_V4: put_addr(out, r, ADDR_V4); break;
	case F_V6: put_addr(out, r, ADDR_V6); break;
	case F_NAME: put_name(out, r); break;
	case F_STRING: put_counted(out, r); break;
	case F_STRINGS: put_strings(out, r); break;
	case F_WORD: put_word(out, r); break;
	case F_REST: put_string(out, rd_bytes(r, left), left); break;
	case F_HEX:
		if (left == 0)
			r->err = ERR_SHORT; /* nothing at all could not be read back */
		put_hex(out, rd_bytes(r, left), left);
		break;
	case F_END: break;
	}
}

/* Whether the whole rdata could be written by the layout of its type. */
static bool put_fields(struct buf *out, const enum field *fields, const uint8_t *rdata, size_t len)
{
	struct rd r = rd_init(rdata, len);
	for (; *fields != F_END && !r.err; fields++) {
		put_field(out, &r, *fields);
		if (fields[1] != F_END)
			buf_puts(out, " ");
	}
	return !r.err && rd_left(&r) == 0;
}

void export_rdata_text(struct buf *out, uint16_t type, const uint8_t *rdata, size_t len)
{
	const enum field *fields = layout_of(type);
	struct buf line = {0};
	if (fields && rdata_is_valid(type, rdata, len) && put_fields(&line, fields, rdata, len)) {
		buf_add(out, line.bytes, line.len);
	} else {
		buf_printf(out, "\\# %zu%s", len, len > 0 ? " " : "");
		put_hex(out, rdata, len);
	}
	if (line.err)
		out->err = line.err;
	buf_fini(&line);
}
