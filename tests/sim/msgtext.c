/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of DNS messages in tests.
 * Never used by the product. Called by unit tests and the simulator.
 */
#include "msgtext.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "wire/msg.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum { PACKET_CAP = 9000, WORD_CAP = 1100 };

static void die(const char *what, const char *text)
{
	fprintf(stderr, "message text: %s: %s\n", what, text);
	exit(100);
}

struct name msgtext_name(const char *text)
{
	struct name name;
	if (name_from_text(text, NULL, &name))
		die("bad name", text);
	return name;
}

/* Reads the next word of `*text`, up to a space, comma or semicolon; "" at the end
 * of the statement. */
static const char *word(const char **text, char out[WORD_CAP])
{
	const char *p = *text + strspn(*text, " \t\n");
	size_t len = strcspn(p, " ,;\t\n");
	if (len >= WORD_CAP)
		die("word too long", p);
	memcpy(out, p, len);
	out[len] = '\0';
	*text = p + len;
	return out;
}

static uint16_t type_of(const char *text)
{
	if (strncmp(text, "TYPE", 4) == 0)
		return (uint16_t)atoi(text + 4);
	uint16_t type = rr_type_from_text(text, strlen(text));
	if (type == 0)
		die("unknown type", text);
	return type;
}

static void write_types(const char **text, struct wr *w)
{
	uint8_t bitmap[34] = {0};
	char buffer[WORD_CAP];
	uint8_t used = 0;
	while (*word(text, buffer)) {
		uint16_t type = type_of(buffer);
		bitmap[2 + type / 8] |= (uint8_t)(0x80 >> type % 8);
		if (type / 8 + 1 > used)
			used = (uint8_t)(type / 8 + 1);
	}
	bitmap[1] = used;
	wr_bytes(w, bitmap, 2u + used);
}

static void write_rdata(const char **text, uint16_t type, const uint8_t *owner, struct wr *w)
{
	char buffer[WORD_CAP];
	struct addr a;
	struct name name;
	switch (type) {
	case RR_A:
	case RR_AAAA:
		if (addr_parse(word(text, buffer), &a))
			die("bad address", buffer);
		wr_bytes(w, a.bytes, addr_len(&a));
		break;
	case RR_SRV:
		wr_u32(w, 0);
		wr_u16(w, (uint16_t)atoi(word(text, buffer)));
		/* fall through */
	case RR_PTR:
	case RR_CNAME:
	case RR_NS:
		name = msgtext_name(word(text, buffer));
		wr_bytes(w, name.wire, name.len);
		break;
	case RR_TXT:
		word(text, buffer);
		for (size_t at = 0, len = strlen(buffer); at < len || at == 0; at += 255) {
			size_t part = len - at < 255 ? len - at : 255;
			wr_u8(w, (uint8_t)part);
			wr_bytes(w, buffer + at, part);
		}
		break;
	case RR_NSEC:
		wr_bytes(w, owner, name_len(owner));
		write_types(text, w);
		break;
	default:
		word(text, buffer);
		wr_bytes(w, buffer, strlen(buffer));
		break;
	}
	if (w->err)
		die("rdata too long", buffer);
}

const char *msgtext_rdata(const char *text, const uint8_t *owner, uint16_t *ret_type,
	uint8_t *rdata, uint16_t *ret_len)
{
	char buffer[WORD_CAP];
	struct wr w = wr_init(rdata, MSGTEXT_RDATA_CAP);
	*ret_type = type_of(word(&text, buffer));
	write_rdata(&text, *ret_type, owner, &w);
	*ret_len = (uint16_t)wr_len(&w);
	text += strspn(text, " ");
	return *text == ',' ? text + 1 : NULL;
}

static void pack_record(struct pack *p, enum msg_section section, const char *text)
{
	char buffer[WORD_CAP];
	uint8_t rdata[MSGTEXT_RDATA_CAP];
	struct wr w = wr_init(rdata, sizeof(rdata));
	struct name owner = msgtext_name(word(&text, buffer));
	struct pack_rr rr = {.owner = owner.wire, .class = CLASS_IN, .rdata = rdata};
	rr.ttl = (uint32_t)atol(word(&text, buffer));
	rr.type = type_of(word(&text, buffer));
	const char *rest = text;
	if (strcmp(word(&text, buffer), "flush") == 0)
		rr.class |= 0x8000;
	else
		text = rest;
	write_rdata(&text, rr.type, owner.wire, &w);
	rr.rdata_len = (uint16_t)wr_len(&w);
	if (rr.type == RR_OPT)
		rr.class = 1440;
	if (pack_rr(p, section, &rr))
		die("message too long", buffer);
}

static void pack_one_question(struct pack *p, const char *text)
{
	char name_text[WORD_CAP], type_text[WORD_CAP], flag[WORD_CAP];
	struct name name = msgtext_name(word(&text, name_text));
	uint16_t type = type_of(word(&text, type_text));
	uint16_t class = strcmp(word(&text, flag), "qu") == 0 ? CLASS_IN | 0x8000 : CLASS_IN;
	if (pack_question(p, name.wire, type, class))
		die("message too long", name_text);
}

static void pack_statement(struct pack *p, const char *text)
{
	static const struct {
		const char *word;
		uint16_t flag;
	} flags[] = {
		{"qr", MSG_QR}, {"aa", MSG_AA}, {"tc", MSG_TC}, {"rd", MSG_RD}, {"ad", MSG_AD}};
	static const char *const sections[] = {"an", "ns", "ar"};
	char buffer[WORD_CAP];
	word(&text, buffer);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (strcmp(buffer, flags[i].word) == 0) {
			pack_set_flags(p, flags[i].flag);
			return;
		}
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (strcmp(buffer, sections[i]) == 0) {
			pack_record(p, (enum msg_section)i, text);
			return;
		}
	if (strcmp(buffer, "q") == 0)
		pack_one_question(p, text);
	else if (strncmp(buffer, "id=", 3) == 0)
		put_u16(p->start, (uint16_t)atoi(buffer + 3));
	else if (strncmp(buffer, "opcode=", 7) == 0)
		pack_set_flags(p, (uint16_t)(atoi(buffer + 7) << 11));
	else if (strncmp(buffer, "rcode=", 6) == 0)
		pack_set_flags(p, (uint16_t)atoi(buffer + 6));
	else if (*buffer)
		die("unknown statement", buffer);
}

size_t msgtext_pack(const char *text, uint8_t *out)
{
	struct pack p;
	pack_init(&p, out, PACKET_CAP, 0, 0);
	p.may_compress_srv = true;
	for (const char *at = text; at; at = strchr(at, ';') ? strchr(at, ';') + 1 : NULL) {
		char statement[2 * WORD_CAP];
		size_t len = strcspn(at, ";");
		if (len >= sizeof(statement))
			die("statement too long", at);
		memcpy(statement, at, len);
		statement[len] = '\0';
		pack_statement(&p, statement);
	}
	return p.len;
}

/* Message to text */

static void show_types(const uint8_t *rdata, size_t len, FILE *f)
{
	char text[RR_TYPE_TEXT_CAP];
	size_t name_bytes = name_len(rdata);
	for (size_t i = name_bytes + 2; i < len; i++)
		for (int bit = 0; bit < 8; bit++)
			if (rdata[i] & 0x80 >> bit)
				fprintf(f, " %s",
					rr_type_text(
						(uint16_t)(8 * (i - name_bytes - 2) + (size_t)bit),
						text));
}

void msgtext_show_rdata(uint16_t type, const uint8_t *rdata, size_t len, FILE *f)
{
	char text[NAME_TEXT_CAP];
	struct addr a;
	if (!rdata_is_valid(type, rdata, len)) {
		fputs(" invalid", f);
		return;
	}
	switch (type) {
	case RR_A:
	case RR_AAAA:
		a = addr_make(type == RR_A ? ADDR_V4 : ADDR_V6, rdata);
		fprintf(f, " %s", addr_format(&a, text));
		break;
	case RR_SRV:
		fprintf(f, " %u", get_u16(rdata + 4));
		/* fall through */
	case RR_PTR:
	case RR_CNAME:
	case RR_NS: fprintf(f, " %s", name_to_text(rdata + rr_layout(type).lead, text)); break;
	case RR_TXT: fprintf(f, " %.*s", rdata[0], (const char *)rdata + 1); break;
	case RR_NSEC: show_types(rdata, len, f); break;
	default: fprintf(f, " %zu bytes", len); break;
	}
}

static bool show_record(struct rd *r, const char *section, FILE *f)
{
	struct rr rr;
	char owner[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	uint8_t rdata[PACKET_CAP + NAME_CAP];
	struct wr w = wr_init(rdata, sizeof(rdata));
	rd_rr(r, &rr);
	if (r->err || rr_rdata_expand(r, &rr, &w))
		return false;
	fprintf(f, "; %s %s %u %s%s", section, name_to_text(rr.owner.wire, owner), rr.ttl,
		rr_type_text(rr.type, type), rr.class & 0x8000 ? " flush" : "");
	msgtext_show_rdata(rr.type, rdata, wr_len(&w), f);
	return true;
}

static void show_header(const struct msg_header *h, FILE *f)
{
	fprintf(f, "id=%u", h->id);
	if (h->flags & MSG_QR)
		fputs("; qr", f);
	if (h->flags & MSG_AA)
		fputs("; aa", f);
	if (h->flags & MSG_TC)
		fputs("; tc", f);
	if (h->flags & (uint16_t) ~(MSG_QR | MSG_AA | MSG_TC))
		fprintf(f, "; flags=%x", h->flags);
}

static bool show(const uint8_t *packet, size_t len, FILE *f)
{
	static const char *const sections[] = {"an", "ns", "ar"};
	char name[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	struct rd r = rd_init(packet, len);
	struct msg_header h;
	rd_header(&r, &h);
	if (r.err)
		return false;
	show_header(&h, f);
	for (unsigned i = 0; i < h.qdcount; i++) {
		struct question q;
		rd_question(&r, &q);
		if (r.err)
			return false;
		fprintf(f, "; q %s %s%s", name_to_text(q.name.wire, name),
			rr_type_text(q.type, type), q.class & 0x8000 ? " qu" : "");
	}
	for (int section = 0; section < SECTION_COUNT; section++)
		for (unsigned i = 0; i < h.count[section]; i++)
			if (!show_record(&r, sections[section], f))
				return false;
	return rd_left(&r) == 0;
}

const char *msgtext_show(const uint8_t *packet, size_t len)
{
	static char text[MSGTEXT_CAP];
	FILE *f = fmemopen(text, sizeof(text), "w");
	if (!f)
		die("no memory", "");
	bool is_sound = show(packet, len, f);
	fclose(f);
	return is_sound ? text : "malformed";
}
