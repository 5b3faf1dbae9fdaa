/* SPDX-License-Identifier: ISC */
/*
 * Owns the relation of links and labels: which link claims which name, by alias or namespace.
 * Never decides who gets a name: that is host.c. Called by names.c on changes of the model.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "name/index.h"

void label_lower(char *dst, const char *label)
{
	do
		*dst++ = (char)byte_lower((uint8_t)*label);
	while (*label++);
}

uint64_t label_hash(const struct names *n, const char *key)
{
	return hash_bytes(n->seed, key, strlen(key));
}

struct group *group_find(const struct names *n, const char *key)
{
	for (struct map_node *p = map_first(&n->groups, label_hash(n, key)); p; p = map_next(p)) {
		struct group *group = container_of(p, struct group, node);
		if (strcmp(group->label, key) == 0)
			return group;
	}
	return NULL;
}

static struct group *group_get(struct names *n, const char *key)
{
	struct group *group = group_find(n, key);
	if (group)
		return group;
	group = calloc(1, sizeof(*group));
	if (!group || map_add(&n->groups, &group->node, label_hash(n, key))) {
		free(group);
		return NULL;
	}
	strcpy(group->label, key);
	list_init(&group->claims);
	list_init(&group->hosts);
	list_init(&group->in_dirty);
	return group;
}

/* Frees a group that nothing refers to any more. A marked one stays until the flush. */
void group_unref(struct names *n, struct group *group)
{
	if (!list_is_empty(&group->claims) || !list_is_empty(&group->hosts) ||
		!list_is_empty(&group->in_dirty))
		return;
	map_remove(&n->groups, &group->node);
	free(group);
}

void group_mark(struct names *n, struct group *group)
{
	if (list_is_empty(&group->in_dirty))
		list_append(&n->dirty_groups, &group->in_dirty);
}

/* With --duplicates=number a name may be held by number: "web-2" by the second "web". Whether
 * somebody claims "web-2" outright then decides what "web" gives. */
static void group_mark_base(struct names *n, const struct group *group)
{
	char base[LABEL_TEXT_CAP];
	strcpy(base, group->label);
	char *hyphen = strrchr(base, '-');
	if (n->policy.duplicates != DUPLICATES_NUMBER || !hyphen)
		return;
	*hyphen = '\0';
	struct group *of = group_find(n, base);
	if (of)
		group_mark(n, of);
}

/* The other way round, a rootless "web-2" is refused while the host has a "web". This is rare
 * enough to look at all names. */
static void group_mark_numbered(struct names *n)
{
	if (n->policy.duplicates != DUPLICATES_NUMBER || !n->policy.has_rootless)
		return;
	MAP_FOR_EACH(p, &n->groups)
		group_mark(n, container_of(p, struct group, node));
}

static void group_changed(struct names *n, struct group *group)
{
	group_mark(n, group);
	group_mark_base(n, group);
	group_mark_numbered(n);
}

static bool has_claim(const struct nlink *nlink, const char *key)
{
	LIST_FOR_EACH(p, &nlink->claims)
		if (strcmp(container_of(p, struct claim, in_link)->group->label, key) == 0)
			return true;
	return false;
}

static int claim_add(struct names *n, struct nlink *nlink, const char *word, size_t len,
	bool is_self)
{
	char label[LABEL_TEXT_CAP], key[LABEL_TEXT_CAP];
	memcpy(label, word, len);
	label[len] = '\0';
	label_lower(key, label);
	if (has_claim(nlink, key))
		return 0;
	struct group *group = group_get(n, key);
	struct claim *claim = group ? calloc(1, sizeof(*claim)) : NULL;
	if (!claim) {
		if (group)
			group_unref(n, group);
		return ERR_NOMEM;
	}
	claim->nlink = nlink;
	claim->group = group;
	claim->is_self = is_self;
	strcpy(claim->label, label);
	list_append(&nlink->claims, &claim->in_link);
	list_append(&group->claims, &claim->in_group);
	n->stats.claims++;
	group_changed(n, group);
	return 0;
}

static void claim_remove(struct names *n, struct claim *claim)
{
	list_remove(&claim->in_link);
	list_remove(&claim->in_group);
	group_changed(n, claim->group);
	n->stats.claims--;
	free(claim);
}

void claims_drop(struct names *n, struct nlink *nlink)
{
	LIST_FOR_EACH(p, &nlink->claims)
		claim_remove(n, container_of(p, struct claim, in_link));
}

void claims_mark(struct names *n, struct nlink *nlink)
{
	LIST_FOR_EACH(p, &nlink->claims)
		group_mark(n, container_of(p, struct claim, in_link)->group);
}

/* The text in which a source has names for the link; "" if none. */
static const char *source_text(enum name_source source, const struct model_link *link)
{
	switch (source) {
	case NAME_ALIAS: return link->info.alias;
	case NAME_NETNS: return link->info.flags & IFF_LOOPBACK ? "" : link->ns->info.name;
	case NAME_SOURCE_COUNT: break;
	}
	return "";
}

static bool has_label(const char *text)
{
	size_t len;
	for (const char *word; (word = label_next_word(&text, &len));)
		if (label_judge(word, len) == LABEL_OK)
			return true;
	return false;
}

/* The text of the most preferred source that has a label at all, or that has anything. */
static const char *best_text(const struct names *n, const struct model_link *link)
{
	const char *fallback = "";
	for (unsigned i = 0; i < n->policy.source_count; i++) {
		const char *text = source_text(n->policy.sources[i], link);
		if (has_label(text))
			return text;
		if (*fallback == '\0')
			fallback = text;
	}
	return fallback;
}

void claims_each_reject(const struct names *n, const struct model_link *link, reject_fn *visit,
	void *arg)
{
	const char *text = best_text(n, link);
	size_t len;
	for (const char *word; (word = label_next_word(&text, &len));) {
		enum label_verdict verdict = label_judge(word, len);
		if (verdict != LABEL_OK)
			visit(arg, link, word, len, verdict);
	}
}

/* The name of this host, if the link is one of its own to be reached by; "" otherwise. */
static const char *self_text(const struct names *n, const struct model_link *link)
{
	bool is_own = link->ns->nsid == NSID_OWN && !(link->info.flags & IFF_LOOPBACK);
	return is_own ? n->policy.self : "";
}

/* All that a link is called: the words of its best source, then the host's own name. */
struct called {
	const char *text, *self;
	bool is_self; /* the last label was of `self` */
};

/* The next label of them; false when there is no more. Words that are no labels are passed over. */
static bool called_next(struct called *c, const char **ret_word, size_t *ret_len)
{
	for (;;) {
		*ret_word = label_next_word(c->is_self ? &c->self : &c->text, ret_len);
		if (*ret_word && label_judge(*ret_word, *ret_len) == LABEL_OK)
			return true;
		if (!*ret_word && c->is_self)
			return false;
		c->is_self |= !*ret_word;
	}
}

/* Whether the claims are, one for one and as spelled, what the link is called. */
static bool claims_match(const struct nlink *nlink, struct called called)
{
	const struct list *p = nlink->claims.next;
	const char *word;
	size_t len;
	while (called_next(&called, &word, &len)) {
		if (p == &nlink->claims)
			return false;
		const char *label = container_of(p, struct claim, in_link)->label;
		if (strlen(label) != len || memcmp(label, word, len) != 0)
			return false;
		p = p->next;
	}
	return p == &nlink->claims;
}

void claims_update(struct names *n, struct nlink *nlink, bool may_report)
{
	struct called called = {
		.text = best_text(n, nlink->link), .self = self_text(n, nlink->link)};
	const char *word;
	size_t len;
	if (may_report && n->sink.on_reject)
		claims_each_reject(n, nlink->link, n->sink.on_reject, n->sink.arg);
	if (claims_match(nlink, called))
		return;
	claims_drop(n, nlink);
	while (called_next(&called, &word, &len))
		names_check(n, claim_add(n, nlink, word, len, called.is_self));
}
