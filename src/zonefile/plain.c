/* SPDX-License-Identifier: ISC */
/*
 * Owns the fast reader for the plain lines of a master file.
 * Never reports an error in a line: it leaves the line to the whole reader.
 */
#include "zonefile/plain.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "wire/rr.h"

/* Longer lines and words are rare: leave them to the whole reader. */
enum { LINE_CAP = 600, WORD_CAP = 250, TTL_DIGITS = 9, U32_DIGITS = 10, U16_DIGITS = 5 };

/* The part of the line that has not been read. */
struct line {
	const char *at, *end; /* `end` is at its newline, or at its comment */
	const struct name *origin;
};

struct word {
	const char *at;
	size_t len; /* 0: there is none, or it is not plain */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* True if the byte stands for itself everywhere in a master file (RFC 1035 §5.1): printable
 * characters except blanks and "$();@\ */
static bool is_plain(char c)
{
	static const bool plain[UINT8_MAX + 1] = {['!'] = true,
		['#'] = true,
		['%' ... '\''] = true,
		['*' ... ':'] = true,
		['<' ... '?'] = true,
		['A' ... '['] = true,
		[']' ... '~'] = true};
	return plain[(uint8_t)c];
}

/* True if the byte also stands for itself between quotes. */
static bool is_quotable(char c)
{
	return c == ' ' || c == ';' || c == '@' || c == '$';
}

static void skip_blanks(struct line *l)
{
	while (l->at < l->end && is_blank(*l->at))
		l->at++;
}

/* Reads the next word and the blanks after it. */
static struct word next_word(struct line *l)
{
	struct word w = {.at = l->at};
	while (l->at < l->end && is_plain(*l->at))
		l->at++;
	w.len = (size_t)(l->at - w.at);
	if (w.len > WORD_CAP || (l->at < l->end && !is_blank(*l->at)))
		w.len = 0;
	skip_blanks(l);
	return w;
}

static bool is_word(struct word w, const char *text)
{
	return w.len == strlen(text) && strncasecmp(w.at, text, w.len) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads a word of at most `most` digits (ten or less) and nothing else: no units. */
static bool read_number(struct word w, size_t most, uint32_t *ret)
{
	uint64_t value = 0;
	if (w.len == 0 || w.len > most)
		return false;
	for (size_t i = 0; i < w.len; i++) {
		if (!is_digit(w.at[i]))
			return false;
		value = 10 * value + (uint64_t)(w.at[i] - '0');
	}
	*ret = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* Reads a word, or the sign for the origin. */
static struct word next_name_word(struct line *l)
{
	if (l->at == l->end || *l->at != '@')
		return next_word(l);
	struct word w = {.at = l->at++, .len = 1};
	if (l->at < l->end && !is_blank(*l->at))
		w.len = 0;
	skip_blanks(l);
	return w;
}

/* Appends the origin to the labels. */
static bool end_name(struct name *name, size_t len, const struct name *origin)
{
	if (len + origin->len > NAME_CAP)
		return false;
	memcpy(name->wire + len, origin->wire, origin->len);
	name->len = (uint8_t)(len + origin->len);
	return true;
}

/* A plain word has no escapes. So the wire form is the text with lengths instead of dots, each
 * before its label: hence one byte further on. */
static bool read_name(const struct line *l, struct word w, struct name *ret)
{
	const struct name *origin = l->origin;
	size_t start = 0; /* of the current label */
	if (w.len == 1 && (*w.at == '@' || *w.at == '.')) {
		*ret = *w.at == '@' ? *origin : (struct name){.len = 1};
		return true;
	}
	for (size_t i = 0; i <= w.len; i++) {
		if (i < w.len && w.at[i] != '.') {
			ret->wire[i + 1] = (uint8_t)w.at[i];
			continue;
		}
		if (i == start && i == w.len && i > 0) /* the final dot */
			return end_name(ret, start, &(struct name){.len = 1});
		if (i == start || i - start > LABEL_CAP)
			return false;
		ret->wire[start] = (uint8_t)(i - start);
		start = i + 1;
	}
	return end_name(ret, start, origin);
}

static bool put_name(struct line *l, struct wr *w)
{
	struct name name;
	if (!read_name(l, next_name_word(l), &name))
		return false;
	wr_bytes(w, name.wire, name.len);
	return true;
}

static bool put_address(struct line *l, enum addr_family family, struct wr *w)
{
	char text[ADDR_TEXT_CAP];
	struct word word = next_word(l);
	struct addr addr = {.family = family};
	if (word.len == 0 || word.len >= sizeof(text))
		return false;
	memcpy(text, word.at, word.len);
	text[word.len] = '\0';
	if (inet_pton(family == ADDR_V4 ? AF_INET : AF_INET6, text, addr.bytes) != 1)
		return false;
	wr_bytes(w, addr.bytes, addr_len(&addr));
	return true;
}

static bool put_u16_word(struct line *l, struct wr *w)
{
	uint32_t value;
	if (!read_number(next_word(l), U16_DIGITS, &value) || value > UINT16_MAX)
		return false;
	wr_u16(w, (uint16_t)value);
	return true;
}

/* A time with units is not plain. */
static bool put_u32_word(struct line *l, struct wr *w)
{
	uint32_t value;
	if (!read_number(next_word(l), U32_DIGITS, &value))
		return false;
	wr_u32(w, value);
	return true;
}

/* Reads a quoted string or a word; length 0: there is none, or it is not plain. */
static struct word next_string(struct line *l)
{
	if (l->at == l->end || *l->at != '"')
		return next_word(l);
	struct word w = {.at = ++l->at};
	while (l->at < l->end && (is_plain(*l->at) || is_quotable(*l->at)))
		l->at++;
	w.len = (size_t)(l->at - w.at);
	bool is_closed = l->at < l->end && *l->at == '"';
	l->at += is_closed;
	if (!is_closed || w.len > WORD_CAP || (l->at < l->end && !is_blank(*l->at)))
		w.len = 0;
	skip_blanks(l);
	return w;
}

/* Each becomes a character string (RFC 1035 §3.3.14). */
static bool put_strings(struct line *l, struct wr *w)
{
	do {
		struct word word = next_string(l);
		if (word.len == 0)
			return false;
		wr_u8(w, (uint8_t)word.len);
		wr_bytes(w, word.at, word.len);
	} while (l->at < l->end);
	return true;
}

static bool put_field(struct line *l, enum rr_field field, struct wr *w)
{
	switch (field) {
	case RF_U16: return put_u16_word(l, w);
	case RF_U32:
	case RF_TIME: return put_u32_word(l, w);
	case RF_V4: return put_address(l, ADDR_V4, w);
	case RF_V6: return put_address(l, ADDR_V6, w);
	case RF_NAME: return put_name(l, w);
	case RF_STRINGS: return put_strings(l, w);
	case RF_U8:
	case RF_STRING:
	case RF_WORD:
	case RF_REST:
	case RF_HEX:
	case RF_ALGORITHM:
	case RF_CERT_TYPE:
	case RF_SCHEME:
	case RF_TYPE:
	case RF_BASE64:
	case RF_PARAMS:
	case RF_RELAY:
	case RF_LOC:
	case RF_SIG:
	case RF_OTHER:
	case RF_END: break; /* no type with RR_IS_PLAIN has it */
	}
	return false;
}

static bool put_rdata(struct line *l, uint16_t type, struct wr *w)
{
	const uint8_t *field = rr_info(type)->fields;
	while (*field != RF_END && put_field(l, (enum rr_field) * field, w))
		field++;
	return *field == RF_END;
}

/* Returns the first semicolon that is not between quotes, or NULL. */
static const char *find_comment(const struct line *l)
{
	bool is_quoted = false;
	const char *p = memchr(l->at, ';', (size_t)(l->end - l->at));
	if (!p || !memchr(l->at, '"', (size_t)(p - l->at)))
		return p;
	for (p = l->at; p < l->end; p++) {
		is_quoted ^= *p == '"';
		if (*p == ';' && !is_quoted)
			return p;
	}
	return NULL;
}

/* Sets `l->end` to the comment, if one follows a blank. False if the comment has quotes,
 * parentheses, escapes, or bytes that are not text. */
static bool cut_comment(struct line *l)
{
	const char *newline = l->end, *comment = find_comment(l);
	if (!comment)
		return true;
	for (const char *p = comment; p < newline; p++)
		if ((uint8_t)*p < ' ' ? *p != '\t' : strchr("\"()\\", *p) != NULL)
			return false;
	l->end = comment;
	return comment > l->at && is_blank(comment[-1]);
}

/* True if the line begins with the same word as the line before. */
static bool has_same_owner(const struct line *l, const struct zoneplain *before)
{
	return before->word && (size_t)(l->end - l->at) > before->word_len &&
	       is_blank(l->at[before->word_len]) &&
	       memcmp(l->at, before->word, before->word_len) == 0;
}

/* Reads the owner, or blanks instead of it. */
static bool read_owner(struct line *l, struct zoneplain *ret)
{
	ret->has_owner = !is_blank(*l->at) && !has_same_owner(l, ret);
	if (ret->has_owner) {
		struct word w = next_name_word(l);
		ret->word = w.at;
		ret->word_len = w.len;
		return read_name(l, w, &ret->owner);
	}
	if (!is_blank(*l->at))
		l->at += ret->word_len;
	skip_blanks(l);
	return true;
}

/* Reads TTL and class, each optional, in either order (RFC 1035 §5.1), and the type. */
static bool read_head(struct line *l, struct zoneplain *ret)
{
	struct word w = next_word(l);
	bool has_class = is_word(w, "IN");
	if (has_class)
		w = next_word(l);
	ret->has_ttl = w.len > 0 && is_digit(w.at[0]);
	if (ret->has_ttl && !read_number(w, TTL_DIGITS, &ret->ttl_s))
		return false;
	if (ret->has_ttl)
		w = next_word(l);
	if (!has_class && is_word(w, "IN"))
		w = next_word(l);
	ret->type = rr_type_from_text(w.at, w.len);
	return rr_type_has(ret->type, RR_IS_PLAIN);
}

static bool read_line(struct line *l, struct zoneplain *ret)
{
	struct wr rdata = wr_init(ret->rdata, sizeof(ret->rdata));
	if (!read_owner(l, ret) || !read_head(l, ret))
		return false;
	if (!put_rdata(l, ret->type, &rdata) || rdata.err || l->at < l->end)
		return false;
	ret->len = (uint16_t)wr_len(&rdata);
	return true;
}

/* Cuts off the first line of `text`; `*ret` is this line without its comment. Returns its length
 * including the newline; 0 if it is empty, or cannot be plain. */
static size_t cut_line(const char *text, size_t len, struct line *ret)
{
	const char *newline = memchr(text, '\n', len < LINE_CAP ? len : LINE_CAP);
	*ret = (struct line){.at = text, .end = newline, .origin = ret->origin};
	if (!newline || newline == text || !cut_comment(ret))
		return 0;
	return (size_t)(newline - text) + 1;
}

size_t zoneplain_read(
	const char *text, size_t len, const struct name *origin, struct zoneplain *line)
{
	struct line l = {.origin = origin};
	size_t line_len = cut_line(text, len, &l);
	return line_len > 0 && read_line(&l, line) ? line_len : 0;
}
