/* SPDX-License-Identifier: ISC */
/*
 * Owns the forms of domain names: wire form, text, order, hash, reverse names.
 * Never allocates.
 */
#include "wire/name.h"

#include <assert.h>

#include "base/hash.h"
#include "wire/msg.h"

const uint8_t name_root[1] = {0};
const uint8_t name_local[7] = "\5local";

static const uint8_t in_addr_arpa[] = "\7in-addr\4arpa";
static const uint8_t ip6_arpa[] = "\3ip6\4arpa";

size_t name_len(const uint8_t *name)
{
	const uint8_t *p = name;
	while (*p) {
		STEPS(1);
		p += 1 + *p;
	}
	return (size_t)(p - name) + 1;
}

unsigned name_labels(const uint8_t *name)
{
	unsigned count = 0;
	for (; *name; name = name_parent(name))
		count++;
	return count;
}

/* Compares `len` bytes without regard to ASCII case. */
static int bytes_casecmp(const uint8_t *a, const uint8_t *b, size_t len)
{
	STEPS(1 + len / STEP_BYTES);
	for (size_t i = 0; i < len; i++) {
		int diff = byte_lower(a[i]) - byte_lower(b[i]);
		if (diff)
			return diff;
	}
	return 0;
}

bool name_equal(const uint8_t *a, const uint8_t *b)
{
	/* Length bytes are below 64: folding case does not change them. */
	size_t len = name_len(a);
	return len == name_len(b) && bytes_casecmp(a, b, len) == 0;
}

static int label_cmp(const uint8_t *a, const uint8_t *b)
{
	size_t shorter = a[0] < b[0] ? a[0] : b[0];
	int diff = bytes_casecmp(a + 1, b + 1, shorter);
	return diff ? diff : a[0] - b[0];
}

/* Fills `labels` with the start of each label, from first to last. Returns their number. */
static unsigned split(const uint8_t *name, const uint8_t *labels[NAME_LABELS_MAX])
{
	unsigned count = 0;
	for (; *name; name = name_parent(name))
		labels[count++] = name;
	STEPS(count);
	return count;
}

int name_cmp(const uint8_t *a, const uint8_t *b)
{
	const uint8_t *in_a[NAME_LABELS_MAX], *in_b[NAME_LABELS_MAX];
	unsigned left_a = split(a, in_a), left_b = split(b, in_b);
	while (left_a > 0 && left_b > 0) {
		int diff = label_cmp(in_a[--left_a], in_b[--left_b]);
		if (diff)
			return diff;
	}
	return (left_a > 0) - (left_b > 0);
}

bool name_is_below(const uint8_t *name, const uint8_t *apex)
{
	size_t len = name_len(name), apex_len = name_len(apex);
	while (len > apex_len) {
		len -= 1u + name[0];
		name = name_parent(name);
	}
	return len == apex_len && bytes_casecmp(name, apex, len) == 0;
}

bool name_is_mdns(const uint8_t *name)
{
	return name_is_below(name, name_local);
}

bool name_is_reverse(const uint8_t *name)
{
	return name_is_below(name, in_addr_arpa) || name_is_below(name, ip6_arpa);
}

uint64_t name_hash(uint64_t seed, const uint8_t *name)
{
	struct name lower;
	name_copy(&lower, name);
	name_lower(&lower);
	return hash_bytes(seed, lower.wire, lower.len);
}

const uint8_t *name_copy(struct name *dst, const uint8_t *name)
{
	dst->len = (uint8_t)name_len(name);
	memcpy(dst->wire, name, dst->len);
	STEPS(dst->len / STEP_BYTES);
	return dst->wire;
}

void name_lower(struct name *name)
{
	STEPS(name->len / STEP_BYTES);
	for (size_t i = 0; i < name->len; i++)
		name->wire[i] = byte_lower(name->wire[i]);
}

/* Reads one byte of a label from `*text`, and resolves escapes. ERR_SYNTAX. */
static int byte_from_text(const char **text, uint8_t *ret)
{
	const char *p = *text;
	if (*p != '\\') {
		*ret = (uint8_t)*p;
		*text = p + 1;
		return 0;
	}
	p++;
	if (*p == '\0')
		return ERR_SYNTAX;
	if (*p < '0' || *p > '9') {
		*ret = (uint8_t)*p;
		*text = p + 1;
		return 0;
	}
	unsigned value = 0;
	for (int i = 0; i < 3; i++, p++) {
		if (*p < '0' || *p > '9')
			return ERR_SYNTAX;
		value = 10 * value + (unsigned)(*p - '0');
	}
	if (value > 255)
		return ERR_SYNTAX;
	*ret = (uint8_t)value;
	*text = p;
	return 0;
}

/* Reads one label from `*text`, up to its dot or the end, and writes it. */
static int label_from_text(const char **text, struct wr *w)
{
	uint8_t *len = wr_room(w, 1);
	if (!len)
		return ERR_RANGE;
	*len = 0;
	while (**text && **text != '.') {
		uint8_t byte;
		int err = byte_from_text(text, &byte);
		if (err)
			return err;
		if (*len == LABEL_CAP)
			return ERR_RANGE;
		wr_u8(w, byte);
		++*len;
	}
	return *len == 0 ? ERR_SYNTAX : w->err ? ERR_RANGE : 0;
}

int name_from_text(const char *text, const uint8_t *origin, struct name *ret)
{
	struct name name;
	struct wr w = wr_init(name.wire, sizeof(name.wire));
	bool is_absolute = strcmp(text, ".") == 0;

	if (!origin)
		origin = name_root;
	if (*text == '\0')
		return ERR_SYNTAX;
	if (is_absolute || strcmp(text, "@") == 0)
		text = "";
	while (*text) {
		int err = label_from_text(&text, &w);
		if (err)
			return err;
		if (*text == '.') {
			text++;
			is_absolute = *text == '\0';
		}
	}
	if (is_absolute)
		origin = name_root;
	wr_bytes(&w, origin, name_len(origin));
	if (w.err)
		return ERR_RANGE;
	name.len = (uint8_t)wr_len(&w);
	memcpy(ret, &name, sizeof(name));
	return 0;
}

static char *byte_to_text(uint8_t c, char *out)
{
	if (c <= ' ' || c >= 0x7f) {
		*out++ = '\\';
		*out++ = (char)('0' + c / 100);
		*out++ = (char)('0' + c / 10 % 10);
		*out++ = (char)('0' + c % 10);
		return out;
	}
	if (strchr(".\\\"();@$", c))
		*out++ = '\\';
	*out++ = (char)c;
	return out;
}

const char *name_to_text(const uint8_t *name, char *out)
{
	char *p = out;
	if (*name == 0)
		*p++ = '.';
	for (; *name; name = name_parent(name)) {
		for (unsigned i = 1; i <= name[0]; i++)
			p = byte_to_text(name[i], p);
		*p++ = '.';
	}
	*p = '\0';
	return out;
}

int name_prepend(const void *label, size_t label_len, const uint8_t *suffix, struct name *ret)
{
	size_t suffix_len = name_len(suffix);
	if (label_len == 0 || label_len > LABEL_CAP || 1 + label_len + suffix_len > NAME_CAP)
		return ERR_RANGE;
	memmove(ret->wire + 1 + label_len, suffix, suffix_len);
	ret->wire[0] = (uint8_t)label_len;
	memcpy(ret->wire + 1, label, label_len);
	ret->len = (uint8_t)(1 + label_len + suffix_len);
	return 0;
}

static void wr_decimal_label(struct wr *w, uint8_t value)
{
	char digits[3];
	uint8_t len = 0;
	if (value >= 100)
		digits[len++] = (char)('0' + value / 100);
	if (value >= 10)
		digits[len++] = (char)('0' + value / 10 % 10);
	digits[len++] = (char)('0' + value % 10);
	wr_u8(w, len);
	wr_bytes(w, digits, len);
}

void name_reverse(const struct addr *a, unsigned bits, struct name *ret)
{
	static const char hex[] = "0123456789abcdef";
	struct wr w = wr_init(ret->wire, sizeof(ret->wire));
	assert(bits <= 8 * addr_len(a));
	if (a->family == ADDR_V4) {
		for (unsigned i = bits / 8; i-- > 0;)
			wr_decimal_label(&w, a->bytes[i]);
		wr_bytes(&w, in_addr_arpa, sizeof(in_addr_arpa));
	} else {
		for (unsigned i = bits / 4; i-- > 0;) {
			uint8_t byte = a->bytes[i / 2];
			wr_u8(&w, 1);
			wr_u8(&w, (uint8_t)hex[i % 2 ? byte & 15 : byte >> 4]);
		}
		wr_bytes(&w, ip6_arpa, sizeof(ip6_arpa));
	}
	ret->len = (uint8_t)wr_len(&w);
}

/* Returns the value of a decimal label without leading zeros, or -1. */
static int decimal_label(const uint8_t *label)
{
	int value = 0;
	if (label[0] < 1 || label[0] > 3 || (label[0] > 1 && label[1] == '0'))
		return -1;
	for (unsigned i = 1; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9')
			return -1;
		value = 10 * value + label[i] - '0';
	}
	return value <= 255 ? value : -1;
}

static int hex_label(const uint8_t *label)
{
	uint8_t c = label[0] == 1 ? byte_lower(label[1]) : 0;
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int name_to_addr(const uint8_t *name, struct addr *ret)
{
	struct addr a = {0};
	unsigned labels = name_labels(name);
	a.family = labels == 6 ? ADDR_V4 : labels == 34 ? ADDR_V6 : ADDR_NONE;
	if (a.family == ADDR_NONE)
		return ERR_SYNTAX;
	for (unsigned i = labels - 2; i-- > 0; name = name_parent(name)) {
		int value = a.family == ADDR_V4 ? decimal_label(name) : hex_label(name);
		if (value < 0)
			return ERR_SYNTAX;
		if (a.family == ADDR_V4)
			a.bytes[i] = (uint8_t)value;
		else
			a.bytes[i / 2] |= (uint8_t)(i % 2 ? value : value << 4);
	}
	if (!name_equal(name, a.family == ADDR_V4 ? in_addr_arpa : ip6_arpa))
		return ERR_SYNTAX;
	*ret = a;
	return 0;
}

/* Returns where reading continues at a compression pointer. The target must be before `limit`, so
 * that each jump goes further back, and after the header, where no name can be (RFC 9267 §2).
 * Otherwise sets the error and returns NULL. */
static const uint8_t *follow_pointer(struct rd *r, uint8_t high, uint8_t low, const uint8_t *limit)
{
	size_t off = (size_t)(high & 0x3f) << 8 | low;
	const uint8_t *target = r->start + off;
	if (off < MSG_HEADER_LEN || target >= limit) {
		r->err = ERR_LOOP;
		return NULL;
	}
	return target;
}

/* Counts a pointer. Sets the error if there are too many. */
static void count_jump(struct rd *at, const struct rd *before)
{
	at->jumps++;
	if (at->jumps - before->jumps > NAME_JUMPS_MAX || at->jumps > (size_t)(at->end - at->start))
		at->err = ERR_LOOP;
}

void rd_name(struct rd *r, struct name *ret)
{
	struct wr w = wr_init(ret->wire, sizeof(ret->wire));
	const uint8_t *limit = r->at; /* for the target of the next pointer */
	struct rd at = *r;            /* follows pointers; `r` stays after the name's own bytes */
	bool has_jumped = false;

	while (!at.err) {
		uint8_t len = rd_u8(&at);
		if (at.err || len == 0)
			break;
		if (len <= LABEL_CAP) {
			const uint8_t *label = rd_bytes(&at, len);
			if (!label)
				break;
			wr_u8(&w, len);
			wr_bytes(&w, label, len);
			if (w.err)
				at.err = ERR_RANGE;
		} else if (len >= 0xc0) {
			uint8_t low = rd_u8(&at);
			if (!has_jumped)
				r->at = at.at;
			has_jumped = true;
			if (!at.err)
				count_jump(&at, r);
			const uint8_t *target =
				at.err ? NULL : follow_pointer(&at, len, low, limit);
			at.at = limit = target ? target : limit;
		} else {
			at.err = ERR_SYNTAX;
		}
	}
	if (!has_jumped)
		r->at = at.at;
	r->jumps = at.jumps;
	wr_u8(&w, 0);
	if (!at.err && w.err)
		at.err = ERR_RANGE;
	if (at.err) {
		if (!r->err)
			r->err = at.err;
		ret->wire[0] = 0;
		ret->len = 1;
		return;
	}
	ret->len = (uint8_t)wr_len(&w);
}

void rd_skip_name(struct rd *r)
{
	while (!r->err) {
		uint8_t len = rd_u8(r);
		if (len == 0)
			return;
		if (len >= 0xc0) {
			rd_u8(r);
			return;
		}
		if (len > LABEL_CAP)
			r->err = ERR_SYNTAX;
		rd_bytes(r, len);
	}
}
