/* SPDX-License-Identifier: ISC */
/*
 * Owns the syntax of rights, and which names and types one covers.
 * Never verifies a signature.
 */
#include "update/right.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "wire/rr.h"

static const uint8_t challenge[] = "\17_acme-challenge";
static const uint8_t a_name[] = "\1a"; /* that is no apex and no wildcard */

/* Types without a row in wire/rr_types.h. */
enum { TYPE_NXT = 30, TYPE_NSEC3 = 50, TYPE_NSEC3PARAM = 51 };

/* Copies the text up to a colon to `out`. Returns the text behind it; NULL: there is no colon. Sets
 * `*ret_fits` to false if there is no room. */
static const char *take_part(const char *text, char out[NAME_TEXT_CAP], bool *ret_fits)
{
	const char *end = strchrnul(text, ':');
	size_t len = (size_t)(end - text);
	*ret_fits &= len < NAME_TEXT_CAP;
	len = len < NAME_TEXT_CAP ? len : 0;
	memcpy(out, text, len);
	out[len] = '\0';
	return *end ? end + 1 : NULL;
}

uint16_t update_type_from_text(const char *text, size_t len)
{
	enum { PREFIX = 4, DIGITS = 5 };
	unsigned number = 0;
	if (len <= PREFIX || len > PREFIX + DIGITS || strncasecmp(text, "TYPE", PREFIX) != 0)
		return rr_type_from_text(text, len);
	for (size_t i = PREFIX; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		number = number * 10 + (unsigned)(text[i] - '0');
	}
	return number <= UINT16_MAX ? (uint16_t)number : 0;
}

static const char *take_type(struct update_right *right, const char *word, size_t len)
{
	uint16_t type = update_type_from_text(word, len);
	if (type == RR_ANY) {
		right->has_all_types = true;
		return NULL;
	}
	if (type == 0)
		return "a type is unknown";
	if (update_right_is_for_none(type, a_name, name_root))
		return "records of such a type cannot be changed by an update";
	if (right->type_count == UPDATE_RIGHT_TYPES)
		return "there are more than 16 types: use another right for the rest, or ANY";
	right->types[right->type_count++] = type;
	return NULL;
}

static const char *take_types(struct update_right *right, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		const char *wrong = len > 0 ? take_type(right, text, len)
					    : "a type is missing behind ':' or ','";
		if (wrong || text[len] == '\0')
			return wrong;
		text += len + 1;
	}
}

static const char *take_pattern(struct update_right *right, const char *text)
{
	size_t len = strlen(text);
	if (len == 0)
		return "the pattern of names is missing";
	if (name_from_text(text, NULL, &right->pattern))
		return "the pattern is no name such as web.wan, *.wan or @";
	right->is_full = text[len - 1] == '.';
	return NULL;
}

const char *update_right_parse(const char *text, struct update_right *ret)
{
	struct update_right right = {.is_full = false};
	char part[NAME_TEXT_CAP];
	bool fits = true;
	const char *wrong = NULL;
	right.is_sig0 = strncmp(text, "sig0:", 5) == 0;
	const char *rest = text + (right.is_sig0 ? 5 : 4);
	if ((!right.is_sig0 && strncmp(text, "key:", 4) != 0) || *rest == '\0' || *rest == ':')
		return "it is not key:NAME, key:NAME:PATTERN or key:NAME:PATTERN:TYPE,..., or the "
		       "same with sig0";
	rest = take_part(rest, part, &fits);
	if (!fits || name_from_text(part, NULL, &right.key))
		return "the name of the key is no name";
	name_lower(&right.key);
	if (rest) {
		rest = take_part(rest, part, &fits);
		wrong = fits ? take_pattern(&right, part) : "the pattern is too long";
	}
	if (!wrong && rest)
		wrong = take_types(&right, rest);
	if (!wrong)
		*ret = right;
	return wrong;
}

static bool is_wildcard(const uint8_t *name)
{
	return name[0] == 1 && name[1] == '*';
}

bool update_right_is_for_none(uint16_t type, const uint8_t *owner, const uint8_t *apex)
{
	const bool is_apex = name_equal(owner, apex);
	switch (type) {
	case RR_NS: return is_apex || is_wildcard(owner);
	case RR_DNAME: return is_wildcard(owner);
	case RR_SOA:
	case TYPE_NXT:
	case RR_NSEC:
	case TYPE_NSEC3:
	case TYPE_NSEC3PARAM:
	case RR_ZONEMD: return true;
	default: return !rr_type_is_signable(type, is_apex);
	}
}

/* Patterns. */

static bool byte_matches(uint8_t pattern, uint8_t byte)
{
	return pattern == '?' || byte_lower(pattern) == byte_lower(byte);
}

/* At most the product of both lengths in steps: after a "*" only the last one is tried again. */
static bool label_matches(const uint8_t *pattern, const uint8_t *label)
{
	const uint8_t *p = pattern + 1, *p_end = p + pattern[0];
	const uint8_t *b = label + 1, *b_end = b + label[0];
	const uint8_t *star = NULL, *again = NULL;
	while (b < b_end) {
		if (p < p_end && *p == '*') {
			star = p++;
			again = b;
		} else if (p < p_end && byte_matches(*p, *b)) {
			p++;
			b++;
		} else if (star) {
			p = star + 1;
			b = ++again;
		} else {
			return false;
		}
	}
	while (p < p_end && *p == '*')
		p++;
	return p == p_end;
}

/* Compares the first `count` labels of both. */
static bool labels_match(const uint8_t *pattern, const uint8_t *name, unsigned count)
{
	for (; count > 0; count--) {
		if (!label_matches(pattern, name))
			return false;
		pattern = name_parent(pattern);
		name = name_parent(name);
	}
	return true;
}

/* True if the name is the pattern with `suffix` behind it. */
static bool pattern_matches(const uint8_t *pattern, const uint8_t *suffix, const uint8_t *name)
{
	if (!name_is_below(name, suffix))
		return false;
	unsigned wanted = name_labels(pattern), have = name_labels(name) - name_labels(suffix);
	bool has_any = pattern[0] == 1 && pattern[1] == '*';
	if (has_any) {
		pattern = name_parent(pattern);
		wanted--;
		for (; have > wanted + 1; have--)
			name = name_parent(name);
		if (have != wanted + 1)
			return false;
		name = name_parent(name);
		have--;
	}
	return have == wanted && labels_match(pattern, name, wanted);
}

static bool is_same_label(const uint8_t *a, const uint8_t *b)
{
	if (a[0] != b[0])
		return false;
	for (unsigned i = 1; i <= a[0]; i++)
		if (byte_lower(a[i]) != byte_lower(b[i]))
			return false;
	return true;
}

/* N in the domain, N.wan or N.lan, for a key with the only label N. */
static bool is_of_label(const uint8_t *key, const uint8_t *domain, const uint8_t *name)
{
	const uint8_t *above = name_parent(name);
	if (name_labels(key) != 1 || !is_same_label(key, name))
		return false;
	if (name_equal(above, domain))
		return true;
	return name_equal(name_parent(above), domain) &&
	       (is_same_label((const uint8_t *)"\3wan", above) ||
		       is_same_label((const uint8_t *)"\3lan", above));
}

static bool covers_name(const struct update_right *r, const uint8_t *domain, const uint8_t *name)
{
	if (r->pattern.len == 0)
		return name_equal(r->key.wire, name) || is_of_label(r->key.wire, domain, name);
	return pattern_matches(r->pattern.wire, r->is_full ? name_root : domain, name);
}

static bool covers(
	const struct update_right *r, const uint8_t *domain, const uint8_t *owner, uint16_t type)
{
	if (r->has_all_types || r->type_count > 0) {
		bool has_type = r->has_all_types || type == RR_ANY;
		for (unsigned i = 0; i < r->type_count; i++)
			has_type |= r->types[i] == type;
		return has_type && covers_name(r, domain, owner);
	}
	return (type == RR_TXT || type == RR_ANY) && is_same_label(challenge, owner) &&
	       covers_name(r, domain, name_parent(owner));
}

static bool is_of(const struct update_right *r, const struct update_signer *signer)
{
	return r->is_sig0 == signer->is_sig0 && name_equal(r->key.wire, signer->key);
}

bool update_rights_allow(const struct update_right *rights, size_t count, const uint8_t *domain,
	const struct update_signer *signer, const uint8_t *owner, uint16_t type)
{
	for (size_t i = 0; i < count; i++)
		if (is_of(&rights[i], signer) && covers(&rights[i], domain, owner, type))
			return true;
	return false;
}

bool update_rights_know(
	const struct update_right *rights, size_t count, const struct update_signer *signer)
{
	for (size_t i = 0; i < count; i++)
		if (is_of(&rights[i], signer))
			return true;
	return false;
}
