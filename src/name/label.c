/* SPDX-License-Identifier: ISC */
/*
 * Owns the rules for host labels, and the splitting of an alias into words.
 * Never changes the case of a label.
 */
#include "name/label.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "wire/name.h"

static bool is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

bool label_is_container_id(const char *hostname)
{
	size_t len = strlen(hostname);
	return (len == 12 || len == 64) && strspn(hostname, "0123456789abcdefABCDEF") == len;
}

enum label_verdict label_judge(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_label_byte(bytes[i]))
			return LABEL_BAD_BYTE;
	if (len > LABEL_CAP)
		return LABEL_TOO_LONG;
	if (len == 0 || bytes[0] == '-' || bytes[len - 1] == '-')
		return LABEL_BAD_HYPHEN;
	if (len == 3 && (strncasecmp(bytes, "wan", 3) == 0 || strncasecmp(bytes, "lan", 3) == 0))
		return LABEL_RESERVED;
	if (len == 9 && strncasecmp(bytes, "localhost", 9) == 0)
		return LABEL_LOCALHOST;
	return LABEL_OK;
}

const char *label_verdict_text(enum label_verdict verdict)
{
	switch (verdict) {
	case LABEL_OK: return "is a host label";
	case LABEL_TOO_LONG: return "is longer than 63 bytes";
	case LABEL_BAD_BYTE: return "has a byte that is no letter, digit or hyphen";
	case LABEL_BAD_HYPHEN: return "begins or ends with a hyphen";
	case LABEL_RESERVED: return "is a branch of the zone, not a host name";
	case LABEL_LOCALHOST: return "is what each machine calls itself";
	case LABEL_SURPLUS: return "is one name too many for this link";
	case LABEL_IGNORED: return "is ignored (--ignore-hostname)";
	case LABEL_COUNT: break;
	}
	return "";
}

bool label_in_domain(const uint8_t *name, const uint8_t *domain, char ret[LABEL_CAP + 1])
{
	if (name[0] == 0 || memchr(name + 1, 0, name[0]))
		return false;
	const uint8_t *above = name_parent(name);
	const bool is_branch = label_judge((const char *)above + 1, above[0]) == LABEL_RESERVED;
	if (!name_equal(is_branch ? name_parent(above) : above, domain))
		return false;
	memcpy(ret, name + 1, name[0]);
	ret[name[0]] = '\0';
	return label_judge(ret, name[0]) != LABEL_RESERVED;
}

const char *label_next_word(const char **at, size_t *ret_len)
{
	const char *word = *at + strspn(*at, " ,");
	size_t len = strcspn(word, " ,");
	*at = word + len;
	if (len == 0)
		return NULL;
	*ret_len = len;
	return word;
}

bool label_is_like(const char *label, const char *const *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fnmatch(patterns[i], label, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

bool label_is_word_of(const char *text, const char *label, size_t len)
{
	const char *word;
	size_t word_len;
	while ((word = label_next_word(&text, &word_len)))
		if (word_len == len && strncasecmp(word, label, len) == 0)
			return true;
	return false;
}
