/* SPDX-License-Identifier: ISC */
/*
 * Owns what other hosts say of their names, signed: one statement a label.
 * Never judges who may say it: src/collect does; nor who has the name: host.c does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "name/index.h"

/* Copies a statement. NULL: no memory. */
static struct collected *collected_new(const char *label, const struct names_said *said)
{
	struct collected *c = malloc(sizeof(*c) + said->count * sizeof(*said->addrs));
	if (!c)
		return NULL;
	strcpy(c->label, label);
	c->ttl_s = said->ttl_s;
	c->count = said->count;
	if (said->count > 0)
		memcpy(c->addrs, said->addrs, said->count * sizeof(*said->addrs));
	return c;
}

static bool is_same(const struct collected *a, const struct collected *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a->label, b->label) == 0 && a->ttl_s == b->ttl_s && a->count == b->count &&
	       memcmp(a->addrs, b->addrs, a->count * sizeof(*a->addrs)) == 0;
}

int names_put_collected(struct names *n, const char *label, const struct names_said *said)
{
	char key[LABEL_TEXT_CAP];
	if (label_judge(label, strnlen(label, LABEL_TEXT_CAP)) != LABEL_OK)
		return ERR_RANGE;
	label_lower(key, label);
	struct collected *new = said->is_there ? collected_new(label, said) : NULL;
	if (said->is_there && !new)
		return ERR_NOMEM;
	struct group *group = new ? group_get(n, key) : group_find(n, key);
	if (!group) {
		free(new);
		return new ? ERR_NOMEM : 0;
	}
	if (is_same(new, group->collected)) {
		free(new);
		return 0;
	}
	n->lesser_claim_count -= group->collected != NULL;
	n->lesser_claim_count += new != NULL;
	free(group->collected);
	group->collected = new;
	/* No other group depends on it: may_be_numbered() and numbered_label() ask for claims. */
	group_mark(n, group);
	return 0;
}
