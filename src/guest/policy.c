/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of policies.
 * Never judges an address.
 */
#include "guest/policy.h"

#include <string.h>

#include "base/err.h"

static const struct {
	const char *word;
	enum guest_kind kind;
} kinds[] = {{"dhcp", GUEST_KIND_DHCP}, {"slaac", GUEST_KIND_SLAAC}, {"any", GUEST_KIND_ANY}};

struct guest_policy guest_policy_default(void)
{
	return (struct guest_policy){.kinds = GUEST_KIND_DHCP | GUEST_KIND_SLAAC};
}

static bool add_kind(struct guest_policy *p, const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (len != strlen(kinds[i].word) || memcmp(word, kinds[i].word, len) != 0)
			continue;
		p->kinds |= kinds[i].kind;
		return true;
	}
	return false;
}

static int add_prefix(struct guest_policy *p, const char *word, size_t len)
{
	char text[ADDR_TEXT_CAP];
	if (len >= sizeof(text))
		return ERR_SYNTAX;
	memcpy(text, word, len);
	text[len] = '\0';
	if (p->prefix_count >= LIMIT_GUEST_RULE_PREFIXES)
		return ERR_SPACE;
	int err = prefix_parse(text, &p->prefixes[p->prefix_count]);
	if (!err)
		p->prefix_count++;
	return err;
}

int guest_policy_parse(const char *text, struct guest_policy *ret)
{
	struct guest_policy p = {0};
	for (const char *word = text;;) {
		size_t len = strcspn(word, ",");
		int err = add_kind(&p, word, len) ? 0 : add_prefix(&p, word, len);
		if (err)
			return err;
		if (word[len] == '\0')
			break;
		word += len + 1;
	}
	*ret = p;
	return 0;
}

static void add_word(char *out, const char *word)
{
	if (out[0])
		strcat(out, ",");
	strcat(out, word);
}

const char *guest_policy_format(const struct guest_policy *p, char *out)
{
	char text[ADDR_TEXT_CAP];
	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (p->kinds & kinds[i].kind)
			add_word(out, kinds[i].word);
	for (size_t i = 0; i < p->prefix_count; i++)
		add_word(out, prefix_format(&p->prefixes[i], text));
	return out;
}

bool guest_policy_equal(const struct guest_policy *p, const struct guest_policy *q)
{
	if (p->kinds != q->kinds || p->prefix_count != q->prefix_count)
		return false;
	for (size_t i = 0; i < p->prefix_count; i++)
		if (!prefix_equal(&p->prefixes[i], &q->prefixes[i]))
			return false;
	return true;
}
