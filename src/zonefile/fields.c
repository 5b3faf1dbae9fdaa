/* SPDX-License-Identifier: ISC */
/*
 * Owns the conversion of a record's fields from text to wire form.
 * Never knows the fields of one type: wire/rr_types.h does.
 */
#include "zonefile/fields.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/err.h"
#include "wire/rr.h"
#include "zonefile/loc.h"
#include "zonefile/params.h"
#include "zonefile/scalar.h"

/* A number that has a name in text. */
struct mnemonic {
	const char *text;
	uint16_t value;
};

/* Algorithms of DNSSEC: the registry "DNS Security Algorithm Numbers". */
static const struct mnemonic algorithms[] = {{"RSAMD5", 1}, {"DH", 2}, {"DSA", 3}, {"RSASHA1", 5},
	{"DSA-NSEC3-SHA1", 6}, {"RSASHA1-NSEC3-SHA1", 7}, {"NSEC3DSA", 6}, {"NSEC3RSASHA1", 7},
	{"RSASHA256", 8}, {"RSASHA512", 10}, {"ECC-GOST", 12}, {"ECDSAP256SHA256", 13},
	{"ECDSAP384SHA384", 14}, {"ED25519", 15}, {"ED448", 16}, {"INDIRECT", 252},
	{"PRIVATEDNS", 253}, {"PRIVATEOID", 254}};

/* RFC 4398 §2.1. */
static const struct mnemonic certificates[] = {{"PKIX", 1}, {"SPKI", 2}, {"PGP", 3}, {"IPKIX", 4},
	{"ISPKI", 5}, {"IPGP", 6}, {"ACPKIX", 7}, {"IACPKIX", 8}, {"URI", 253}, {"OID", 254}};

/* RFC 9859 §2.1. */
static const struct mnemonic schemes[] = {{"NOTIFY", 1}};

bool zonefields_are_known(uint16_t type)
{
	const uint8_t *field = rr_info(type)->fields;
	while (*field != RF_END && *field != RF_OTHER && *field != RF_SIG)
		field++;
	return *field == RF_END;
}

/* Returns the number in "TYPE123"; 0 if there is none. */
static uint16_t type_number(const struct zoneword *word)
{
	enum { PREFIX = 4 };
	struct zonewords none = {0};
	uint32_t value;
	if (word->len <= PREFIX || strncasecmp(word->at, "TYPE", PREFIX) != 0)
		return 0;
	struct zoneword digits = {.at = word->at + PREFIX, .len = word->len - PREFIX};
	return zonescalar_number(&none, &digits, UINT16_MAX, &value) ? 0 : (uint16_t)value;
}

uint16_t zonefields_type(const struct zoneword *word)
{
	uint16_t type = word->is_quoted ? 0 : rr_type_from_text(word->at, word->len);
	return type || word->is_quoted ? type : type_number(word);
}

/* Reads a number of `bytes` bytes. */
static int put_number(struct zonewords *w, unsigned bytes, struct wr *out)
{
	struct zoneword word;
	uint32_t value;
	if (zonewords_need(w, &word) ||
		zonescalar_number(w, &word, UINT32_MAX >> (8 * (4 - bytes)), &value))
		return ERR_SYNTAX;
	for (unsigned i = bytes; i-- > 0;)
		wr_u8(out, (uint8_t)(value >> (8 * i)));
	return 0;
}

static int put_time(struct zonewords *w, struct wr *out)
{
	struct zoneword word;
	uint32_t value;
	if (zonewords_need(w, &word) || zonescalar_time(w, &word, &value))
		return ERR_SYNTAX;
	wr_u32(out, value);
	return 0;
}

/* Reads a mnemonic from the list, or a number of `bytes` bytes. */
static int put_mnemonic(struct zonewords *w, const struct mnemonic *list, size_t count,
	unsigned bytes, struct wr *out)
{
	struct zonewords ahead = *w;
	struct zoneword word;
	if (!zonewords_next(&ahead, &word))
		return zonewords_need(w, &word);
	for (size_t i = 0; i < count; i++) {
		if (!zoneword_is(&word, list[i].text))
			continue;
		*w = ahead;
		if (bytes == 2)
			wr_u16(out, list[i].value);
		else
			wr_u8(out, (uint8_t)list[i].value);
		return 0;
	}
	return put_number(w, bytes, out);
}

/* Reads the mnemonic of a record type. */
static int put_type(struct zonewords *w, struct wr *out)
{
	struct zoneword word;
	if (zonewords_need(w, &word))
		return ERR_SYNTAX;
	uint16_t type = zonefields_type(&word);
	if (type == 0)
		return zonewords_fail(w, &word, "not a record type");
	wr_u16(out, type);
	return 0;
}

static int put_address(struct zonewords *w, enum addr_family family, struct wr *out)
{
	char text[ADDR_TEXT_CAP];
	struct zoneword word;
	struct addr addr = {.family = family};
	bool is_v4 = family == ADDR_V4;
	if (zonewords_need(w, &word))
		return ERR_SYNTAX;
	bool fits = !word.is_quoted && word.len < sizeof(text);
	if (fits) {
		memcpy(text, word.at, word.len);
		text[word.len] = '\0';
	}
	if (!fits || inet_pton(is_v4 ? AF_INET : AF_INET6, text, addr.bytes) != 1)
		return zonewords_fail(
			w, &word, is_v4 ? "not an IPv4 address" : "not an IPv6 address");
	wr_bytes(out, addr.bytes, addr_len(&addr));
	return 0;
}

static int put_name(struct zonewords *w, const struct name *origin, struct wr *out)
{
	struct zoneword word;
	struct name name;
	if (zonewords_need(w, &word))
		return ERR_SYNTAX;
	if (word.is_quoted)
		return zonewords_fail(w, &word, "a name has no quotes");
	if (zonescalar_name(w, &word, origin, &name))
		return ERR_SYNTAX;
	wr_bytes(out, name.wire, name.len);
	return 0;
}

static int put_string(struct zonewords *w, struct wr *out)
{
	struct zoneword word;
	return zonewords_need(w, &word) ? ERR_SYNTAX : zonescalar_string(w, &word, out);
}

static int put_strings(struct zonewords *w, struct wr *out)
{
	int err = put_string(w, out);
	while (!err && zonewords_has_more(w))
		err = put_string(w, out);
	return err;
}

/* Reads letters and digits, which are a character string in wire form. */
static int put_word(struct zonewords *w, struct wr *out)
{
	struct zoneword word;
	if (zonewords_need(w, &word))
		return ERR_SYNTAX;
	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = byte_lower((uint8_t)word.at[i]);
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
			return zonewords_fail(w, &word, "not letters and digits only");
	}
	return word.len > 0 && !word.is_quoted
		       ? zonescalar_string(w, &word, out)
		       : zonewords_fail(w, &word, "not letters and digits only");
}

static int put_rest(struct zonewords *w, struct wr *out)
{
	struct zoneword word;
	return zonewords_need(w, &word) ? ERR_SYNTAX : zonescalar_bytes(w, &word, out);
}

/* Reads the last fields of AMTRELAY (RFC 8777 §4): a bit, the kind of relay, and the relay. */
static int put_relay(struct zonewords *w, const struct name *origin, struct wr *out)
{
	enum { OPTIONAL_BIT = 0x80, KINDS = 3 };
	struct zoneword bit, kind, none;
	uint32_t is_optional, value;
	if (zonewords_need(w, &bit) || zonescalar_number(w, &bit, 1, &is_optional) ||
		zonewords_need(w, &kind) || zonescalar_number(w, &kind, KINDS, &value))
		return ERR_SYNTAX;
	wr_u8(out, (uint8_t)(value | (is_optional ? OPTIONAL_BIT : 0)));
	switch (value) {
	case 1: return put_address(w, ADDR_V4, out);
	case 2: return put_address(w, ADDR_V6, out);
	case KINDS: return put_name(w, origin, out);
	default: break;
	}
	if (zonewords_need(w, &none))
		return ERR_SYNTAX;
	return zoneword_is(&none, ".") ? 0
				       : zonewords_fail(w, &none, "no relay is written as \".\"");
}

static int put_field(
	struct zonewords *w, enum rr_field field, const struct name *origin, struct wr *out)
{
	switch (field) {
	case RF_U8: return put_number(w, 1, out);
	case RF_U16: return put_number(w, 2, out);
	case RF_U32: return put_number(w, 4, out);
	case RF_TIME: return put_time(w, out);
	case RF_ALGORITHM: return put_mnemonic(w, algorithms, ARRAY_LEN(algorithms), 1, out);
	case RF_CERT_TYPE: return put_mnemonic(w, certificates, ARRAY_LEN(certificates), 2, out);
	case RF_SCHEME: return put_mnemonic(w, schemes, ARRAY_LEN(schemes), 1, out);
	case RF_TYPE: return put_type(w, out);
	case RF_V4: return put_address(w, ADDR_V4, out);
	case RF_V6: return put_address(w, ADDR_V6, out);
	case RF_NAME: return put_name(w, origin, out);
	case RF_STRING: return put_string(w, out);
	case RF_STRINGS: return put_strings(w, out);
	case RF_WORD: return put_word(w, out);
	case RF_REST: return put_rest(w, out);
	case RF_HEX: return zonescalar_hex(w, out);
	case RF_BASE64: return zonescalar_base64(w, out);
	case RF_PARAMS: return zoneparams_read(w, out);
	case RF_RELAY: return put_relay(w, origin, out);
	case RF_LOC: return zoneloc_read(w, out);
	case RF_SIG: /* of no type that is read here */
	case RF_OTHER:
	case RF_END: break;
	}
	return ERR_SYNTAX;
}

int zonefields_read(struct zonewords *w, uint16_t type, const struct name *origin, struct wr *out)
{
	struct zoneword surplus;
	const uint8_t *field = rr_info(type)->fields;
	for (; *field != RF_END; field++)
		if (put_field(w, (enum rr_field) * field, origin, out))
			return ERR_SYNTAX;
	if (zonewords_next(w, &surplus))
		return zonewords_fail(w, &surplus, "the record ends before this word");
	if (out->err)
		return zonewords_fail(w, NULL, "the record is too long");
	return w->fault ? ERR_SYNTAX : 0;
}

bool zonefields_are_generic(const struct zonewords *w)
{
	struct zonewords ahead = *w;
	struct zoneword word;
	return zonewords_next(&ahead, &word) && zoneword_is(&word, "\\#");
}

int zonefields_read_generic(struct zonewords *w, struct wr *out)
{
	struct zoneword word;
	uint32_t len;
	size_t start = wr_len(out);
	if (zonewords_need(w, &word) || zonewords_need(w, &word) ||
		zonescalar_number(w, &word, UINT16_MAX, &len))
		return ERR_SYNTAX;
	if ((len > 0 || zonewords_has_more(w)) && zonescalar_hex(w, out))
		return ERR_SYNTAX;
	if (w->fault)
		return ERR_SYNTAX;
	return wr_len(out) - start == len ? 0
					  : zonewords_fail(w, &word, "not the length of the data");
}

static bool has_strings(struct rd *r)
{
	do
		rd_bytes(r, rd_u8(r));
	while (!r->err && rd_left(r) > 0);
	return !r->err;
}

static bool has_word(struct rd *r)
{
	uint8_t len = rd_u8(r);
	const uint8_t *bytes = rd_bytes(r, len);
	for (uint8_t i = 0; bytes && i < len; i++) {
		uint8_t c = byte_lower(bytes[i]);
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
			return false;
	}
	return bytes && len > 0;
}

static bool has_name(struct rd *r)
{
	struct name name;
	const uint8_t *start = r->at;
	rd_name(r, &name);
	return !r->err && (size_t)(r->at - start) == name.len; /* else it is compressed */
}

static bool has_relay(struct rd *r)
{
	enum { KIND_BITS = 0x7f };
	switch (rd_u8(r) & KIND_BITS) {
	case 0: return !r->err;
	case 1: return rd_bytes(r, 4) != NULL;
	case 2: return rd_bytes(r, 16) != NULL;
	case 3: return has_name(r);
	default: return rd_bytes(r, rd_left(r)) != NULL; /* not defined yet */
	}
}

static bool has_field(struct rd *r, enum rr_field field)
{
	enum { LOC_LEN = 16 };
	size_t left = rd_left(r);
	switch (field) {
	case RF_U8:
	case RF_ALGORITHM:
	case RF_SCHEME: return rd_bytes(r, 1) != NULL;
	case RF_U16:
	case RF_CERT_TYPE:
	case RF_TYPE: return rd_bytes(r, 2) != NULL;
	case RF_U32:
	case RF_TIME:
	case RF_V4: return rd_bytes(r, 4) != NULL;
	case RF_V6: return rd_bytes(r, 16) != NULL;
	case RF_NAME: return has_name(r);
	case RF_STRING: rd_bytes(r, rd_u8(r)); return !r->err;
	case RF_STRINGS: return has_strings(r);
	case RF_WORD: return has_word(r);
	case RF_RELAY: return has_relay(r);
	case RF_LOC: return rd_bytes(r, LOC_LEN) != NULL;
	case RF_HEX:
	case RF_BASE64: return left > 0 && rd_bytes(r, left);
	case RF_REST:
	case RF_PARAMS: /* zonefile/check.h */
	case RF_SIG:
	case RF_OTHER: r->at = r->end; break;
	case RF_END: break;
	}
	return true;
}

bool zonefields_are_exact(uint16_t type, const uint8_t *rdata, size_t len)
{
	struct rd r = rd_init(rdata, len);
	const uint8_t *field = rr_info(type)->fields;
	for (; *field != RF_END && *field != RF_SIG; field++)
		if (!has_field(&r, (enum rr_field) * field))
			return false;
	return *field == RF_SIG || (!r.err && rd_left(&r) == 0);
}
