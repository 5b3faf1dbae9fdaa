/* SPDX-License-Identifier: ISC */
/*
 * Owns the text form of rdata.
 * Never trusts rdata to be well formed.
 */
#include "export/text.h"

#include "base/addr.h"
#include "base/cursor.h"

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

/* Writes a quoted string; bytes that are not printable become \DDD. */
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
		r->err = ERR_SYNTAX; /* compressed: only a part of it is here */
	export_name_text(out, name.wire);
}

static void put_field(struct buf *out, struct rd *r, enum rr_field field)
{
	size_t left = rd_left(r);
	switch (field) {
	case RF_U8:
	case RF_ALGORITHM:
	case RF_SCHEME: buf_printf(out, "%u", rd_u8(r)); break;
	case RF_U16:
	case RF_CERT_TYPE: buf_printf(out, "%u", rd_u16(r)); break;
	case RF_U32:
	case RF_TIME: buf_printf(out, "%u", rd_u32(r)); break;
	case RF_V4: put_addr(out, r, ADDR_V4); break;
	case RF_V6: put_addr(out, r, ADDR_V6); break;
	case RF_NAME: put_name(out, r); break;
	case RF_STRING: put_counted(out, r); break;
	case RF_STRINGS: put_strings(out, r); break;
	case RF_WORD: put_word(out, r); break;
	case RF_REST: put_string(out, rd_bytes(r, left), left); break;
	case RF_HEX:
		if (left == 0)
			r->err = ERR_SHORT; /* an empty text could not be read back */
		put_hex(out, rd_bytes(r, left), left);
		break;
	case RF_TYPE: /* readers that know the type are rare */
	case RF_BASE64:
	case RF_PARAMS:
	case RF_RELAY:
	case RF_LOC:
	case RF_SIG: /* of no type with RR_HAS_TEXT */
	case RF_OTHER: r->err = ERR_SYNTAX; break;
	case RF_END: break;
	}
}

/* True if the layout of the type describes the whole rdata. */
static bool put_fields(struct buf *out, const uint8_t *fields, const uint8_t *rdata, size_t len)
{
	struct rd r = rd_init(rdata, len);
	for (; *fields != RF_END && !r.err; fields++) {
		put_field(out, &r, (enum rr_field) * fields);
		if (fields[1] != RF_END)
			buf_puts(out, " ");
	}
	return !r.err && rd_left(&r) == 0;
}

void export_rdata_text(struct buf *out, uint16_t type, const uint8_t *rdata, size_t len)
{
	struct buf line = {0};
	if (rr_type_has(type, RR_HAS_TEXT) && rdata_is_valid(type, rdata, len) &&
		put_fields(&line, rr_info(type)->fields, rdata, len)) {
		buf_add(out, line.bytes, line.len);
	} else {
		buf_printf(out, "\\# %zu%s", len, len > 0 ? " " : "");
		put_hex(out, rdata, len);
	}
	if (line.err)
		out->err = line.err;
	buf_fini(&line);
}
