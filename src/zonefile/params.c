/* SPDX-License-Identifier: ISC */
/*
 * Owns the service parameters of SVCB and HTTPS records, in text and in wire form.
 * Never looks at the rest of the record.
 */
#include "zonefile/params.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/err.h"
#include "zonefile/scalar.h"

/* The registry "Service Parameter Keys (SvcParamKeys)". */
enum key {
	KEY_MANDATORY,
	KEY_ALPN,
	KEY_NO_DEFAULT_ALPN,
	KEY_PORT,
	KEY_IPV4HINT,
	KEY_ECH,
	KEY_IPV6HINT,
	KEY_DOHPATH,
	KEY_OHTTP,
	KEY_COUNT
};
static const char *const key_names[KEY_COUNT] = {"mandatory", "alpn", "no-default-alpn", "port",
	"ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"};

enum { PARAMS_MOST = 24, LIST_CAP = 2048, ITEM_CAP = 256, KEY_INVALID = 65535 };

/* One parameter in text. */
struct param {
	uint16_t key;
	bool has_value;
	struct zoneword word;  /* for messages */
	struct zoneword value; /* with escapes */
};

static int param_cmp(const void *a, const void *b)
{
	const struct param *x = a, *y = b;
	return (x->key > y->key) - (x->key < y->key);
}

/* Reads a key: its name, or "key123". False if it is neither. */
static bool read_key(const char *at, size_t len, uint16_t *ret)
{
	enum { PREFIX = 3 };
	struct zonewords none = {0};
	uint32_t number;
	for (uint16_t key = 0; key < KEY_COUNT; key++)
		if (strlen(key_names[key]) == len && memcmp(at, key_names[key], len) == 0) {
			*ret = key;
			return true;
		}
	if (len <= PREFIX || memcmp(at, "key", PREFIX) != 0)
		return false;
	struct zoneword digits = {.at = at + PREFIX, .len = len - PREFIX};
	if ((*digits.at == '0' && digits.len > 1) ||
		zonescalar_number(&none, &digits, KEY_INVALID - 1, &number))
		return false;
	*ret = (uint16_t)number;
	return true;
}

/* Reads one parameter: key, key=value, or key="value". */
static int read_param(struct zonewords *w, struct param *ret)
{
	struct zoneword word;
	if (zonewords_need(w, &word))
		return ERR_SYNTAX;
	const char *sign = memchr(word.at, '=', word.len);
	size_t key_len = sign ? (size_t)(sign - word.at) : word.len;
	*ret = (struct param){.word = word, .has_value = sign != NULL};
	ret->value.at = word.at + word.len; /* empty, if there is no sign */
	if (word.is_quoted || !read_key(word.at, key_len, &ret->key))
		return zonewords_fail(w, &word, "not a service parameter");
	if (!sign)
		return 0;
	ret->value = (struct zoneword){.at = sign + 1, .len = word.len - key_len - 1};
	/* A quote that follows the sign begins the value. */
	struct zonewords ahead = *w;
	if (ret->value.len == 0 && zonewords_next(&ahead, &word) && word.is_joined &&
		word.is_quoted) {
		ret->value = word;
		*w = ahead;
	}
	return 0;
}

/* Separates the next item of a comma-separated list (RFC 9460 Appendix A.1): in the value, without
 * the escapes of a string, a backslash before a comma or a backslash escapes it. Writes the
 * item to `out`. False at the end. */
static bool next_item(struct rd *list, struct wr *out)
{
	if (rd_left(list) == 0)
		return false;
	while (rd_left(list) > 0) {
		uint8_t c = rd_u8(list);
		if (c == ',')
			return true;
		wr_u8(out, c == '\\' && rd_left(list) > 0 ? rd_u8(list) : c);
	}
	return true;
}

static bool put_alpn(const uint8_t *item, size_t len, struct wr *out)
{
	if (len > UINT8_MAX)
		return false;
	wr_u8(out, (uint8_t)len);
	wr_bytes(out, item, len);
	return true;
}

static bool put_hint(int family, const uint8_t *item, size_t len, struct wr *out)
{
	char text[ADDR_TEXT_CAP];
	uint8_t bytes[16];
	if (len >= sizeof(text) || memchr(item, '\0', len))
		return false;
	memcpy(text, item, len);
	text[len] = '\0';
	if (inet_pton(family, text, bytes) != 1)
		return false;
	wr_bytes(out, bytes, family == AF_INET ? 4 : 16);
	return true;
}

static int key_cmp(const void *a, const void *b)
{
	return memcmp(a, b, 2);
}

static bool put_key(const uint8_t *item, size_t len, struct wr *out)
{
	uint16_t key;
	if (!read_key((const char *)item, len, &key))
		return false;
	wr_u16(out, key);
	return true;
}

static bool put_item(enum key key, const uint8_t *item, size_t len, struct wr *out)
{
	switch (key) {
	case KEY_MANDATORY: return put_key(item, len, out);
	case KEY_ALPN: return put_alpn(item, len, out);
	case KEY_IPV4HINT: return put_hint(AF_INET, item, len, out);
	default: return put_hint(AF_INET6, item, len, out);
	}
}

/* Reads a list that is not empty, and whose items are not. */
static bool put_list(enum key key, const uint8_t *bytes, size_t len, struct wr *out)
{
	uint8_t item[ITEM_CAP]; /* longer items are no value of any key */
	struct rd list = rd_init(bytes, len);
	struct wr one = wr_init(item, sizeof(item));
	size_t start = wr_len(out);
	while (next_item(&list, &one)) {
		if (wr_len(&one) == 0 || one.err || !put_item(key, item, wr_len(&one), out))
			return false;
		one = wr_init(item, sizeof(item));
	}
	if (key == KEY_MANDATORY && !out->err)
		qsort(out->start + start, (wr_len(out) - start) / 2, 2, key_cmp);
	return len > 0 && bytes[len - 1] != ',';
}

static int put_port(struct zonewords *w, const struct zoneword *value, struct wr *out)
{
	struct zoneword bare = *value;
	uint32_t port;
	bare.is_quoted = false;
	if (zonescalar_number(w, &bare, UINT16_MAX, &port))
		return ERR_SYNTAX;
	wr_u16(out, (uint16_t)port);
	return 0;
}

static int put_ech(struct zonewords *w, const struct zoneword *value, struct wr *out)
{
	struct zonewords text = {.at = value->at, .end = value->at + value->len};
	return zonescalar_base64(&text, out) ? zonewords_fail(w, value, "not base64") : 0;
}

static int put_listed(struct zonewords *w, const struct param *p, struct wr *out)
{
	uint8_t bytes[LIST_CAP];
	struct wr value = wr_init(bytes, sizeof(bytes));
	if (zonescalar_bytes(w, &p->value, &value))
		return ERR_SYNTAX;
	return put_list((enum key)p->key, bytes, wr_len(&value), out)
		       ? 0
		       : zonewords_fail(w, &p->word, "not a list of values of this parameter");
}

static int put_value(struct zonewords *w, const struct param *p, struct wr *out)
{
	switch (p->key) {
	case KEY_MANDATORY:
	case KEY_ALPN:
	case KEY_IPV4HINT:
	case KEY_IPV6HINT: return put_listed(w, p, out);
	case KEY_PORT: return put_port(w, &p->value, out);
	case KEY_ECH: return put_ech(w, &p->value, out);
	case KEY_NO_DEFAULT_ALPN:
	case KEY_OHTTP:
		return p->value.len == 0 ? 0 : zonewords_fail(w, &p->word, "it has no value");
	default: return p->has_value ? zonescalar_bytes(w, &p->value, out) : 0;
	}
}

static int put_param(struct zonewords *w, const struct param *p, struct wr *out)
{
	wr_u16(out, p->key);
	uint8_t *len = wr_room(out, 2);
	if (!len)
		return zonewords_fail(w, NULL, "the record is too long");
	size_t start = wr_len(out);
	if (put_value(w, p, out))
		return ERR_SYNTAX;
	if (out->err || wr_len(out) - start > UINT16_MAX)
		return zonewords_fail(w, NULL, "the record is too long");
	put_u16(len, (uint16_t)(wr_len(out) - start));
	return 0;
}

int zoneparams_read(struct zonewords *w, struct wr *out)
{
	struct param params[PARAMS_MOST];
	size_t count = 0;
	int err = 0;
	while (!err && zonewords_has_more(w)) {
		if (count == PARAMS_MOST)
			return zonewords_fail(w, NULL, "more service parameters than are read");
		err = read_param(w, &params[count++]);
	}
	if (!err)
		qsort(params, count, sizeof(*params), param_cmp);
	for (size_t i = 0; i < count && !err; i++) {
		if (i > 0 && params[i].key == params[i - 1].key)
			return zonewords_fail(w, &params[i].word, "a parameter is there twice");
		err = put_param(w, &params[i], out);
	}
	return err || w->fault ? ERR_SYNTAX : 0;
}

static bool has_param(const uint8_t *params, size_t len, uint16_t wanted)
{
	struct rd r = rd_init(params, len);
	while (rd_left(&r) > 0 && !r.err) {
		uint16_t key = rd_u16(&r);
		rd_bytes(&r, rd_u16(&r));
		if (key == wanted)
			return !r.err;
	}
	return false;
}

/* The keys must increase, be parameters of the record, and not be "mandatory" itself. */
static bool is_mandatory_list(
	const uint8_t *list, size_t list_len, const uint8_t *params, size_t len)
{
	struct rd r = rd_init(list, list_len);
	uint16_t last = KEY_MANDATORY;
	while (rd_left(&r) > 0) {
		uint16_t key = rd_u16(&r);
		if (r.err || key <= last || !has_param(params, len, key))
			return false;
		last = key;
	}
	return list_len > 0;
}

static bool is_alpn_list(const uint8_t *list, size_t len)
{
	struct rd r = rd_init(list, len);
	while (rd_left(&r) > 0) {
		uint8_t size = rd_u8(&r);
		if (size == 0 || !rd_bytes(&r, size))
			return false;
	}
	return len > 0;
}

static bool is_good_value(
	uint16_t key, const uint8_t *value, size_t value_len, const uint8_t *params, size_t len)
{
	switch (key) {
	case KEY_MANDATORY: return is_mandatory_list(value, value_len, params, len);
	case KEY_ALPN: return is_alpn_list(value, value_len);
	/* RFC 9460 §7.1.1: it has no meaning without alpn. */
	case KEY_NO_DEFAULT_ALPN: return value_len == 0 && has_param(params, len, KEY_ALPN);
	case KEY_PORT: return value_len == 2;
	case KEY_IPV4HINT: return value_len > 0 && value_len % 4 == 0;
	case KEY_IPV6HINT: return value_len > 0 && value_len % 16 == 0;
	case KEY_ECH: return value_len > 0;
	case KEY_OHTTP: return value_len == 0;
	default: return key != KEY_INVALID;
	}
}

bool zoneparams_are_good(const uint8_t *params, size_t len)
{
	struct rd r = rd_init(params, len);
	int32_t last = -1;
	/* Progress: each turn reads at least four bytes, or sets the error. */
	while (!r.err && rd_left(&r) > 0) {
		uint16_t key = rd_u16(&r), value_len = rd_u16(&r);
		const uint8_t *value = rd_bytes(&r, value_len);
		if (!value || key <= last || !is_good_value(key, value, value_len, params, len))
			return false;
		last = key;
	}
	return !r.err;
}
