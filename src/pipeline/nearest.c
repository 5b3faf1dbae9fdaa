/* SPDX-License-Identifier: ISC */
/*
 * Owns the search for our zones, and for names with a similar spelling.
 * Never decides that one of them was meant.
 */
#include <stdio.h>
#include <string.h>

#include "base/edit.h"
#include "pipeline/explain.h"
#include "pipeline/inside.h"
#include "zone/node.h"

struct zones {
	void (*visit)(void *arg, const uint8_t *apex);
	void *arg;
};

static void visit_apex(void *arg, const struct node *n)
{
	const struct zones *zones = arg;
	zones->visit(zones->arg, node_spelling(n));
}

void explain_each_zone(
	const struct pipeline *p, void (*visit)(void *arg, const uint8_t *apex), void *arg)
{
	struct zones zones = {visit, arg};
	zone_each_apex(p->zone, visit_apex, &zones);
}

/* The search, among texts that are relative to `origin`. */
struct search {
	const uint8_t *origin;
	char asked[NAME_TEXT_CAP];
	unsigned max; /* a greater distance means another name */
	unsigned distances[EXPLAIN_NEAREST_MAX];
	char (*found)[NAME_TEXT_CAP];
	size_t count;
};

/* Writes the name without `origin`. False if it is not below `origin`. */
static bool relative_text(const uint8_t *name, const uint8_t *origin, char text[NAME_TEXT_CAP])
{
	char suffix[NAME_TEXT_CAP];
	if (!name_is_below(name, origin))
		return false;
	size_t len = strlen(name_to_text(name, text));
	size_t suffix_len = strlen(name_to_text(origin, suffix));
	if (len <= suffix_len + 1)
		return false;
	text[len - suffix_len - 1] = '\0';
	return true;
}

static bool is_found(const struct search *s, const char *text)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcasecmp(s->found[i], text) == 0)
			return true;
	return false;
}

/* Keeps the nearest, sorted; equally near ones alphabetically. */
static void offer(struct search *s, const char *text)
{
	unsigned distance = edit_distance(s->asked, text, s->max);
	size_t at = s->count;
	if (distance > s->max || is_found(s, text))
		return;
	while (at > 0 &&
		(s->distances[at - 1] > distance ||
			(s->distances[at - 1] == distance && strcmp(s->found[at - 1], text) > 0)))
		at--;
	if (at == EXPLAIN_NEAREST_MAX)
		return;
	if (s->count < EXPLAIN_NEAREST_MAX)
		s->count++;
	size_t behind = s->count - 1 - at;
	memmove(&s->distances[at + 1], &s->distances[at], behind * sizeof(s->distances[0]));
	memmove(s->found[at + 1], s->found[at], behind * sizeof(s->found[0]));
	s->distances[at] = distance;
	strcpy(s->found[at], text);
}

static void offer_node(void *arg, const struct node *n)
{
	struct search *s = arg;
	char text[NAME_TEXT_CAP];
	if (relative_text(node_spelling(n), s->origin, text))
		offer(s, text);
}

static void offer_host(void *arg, const struct names_host *host)
{
	if (host->addr_count > 0)
		offer(arg, host->label);
}

static void offer_static(void *arg, const struct static_owner *owner)
{
	char text[NAME_TEXT_CAP];
	if (relative_text(owner->name, name_local, text))
		offer(arg, text);
}

static void offer_local(const struct pipeline *p, struct search *s)
{
	(void)!names_each_host(p->names, offer_host, s);
	statics_each_local(p, offer_static, s);
}

/* Makes the full name without its final dot; a single label of the domain stays one. */
static void complete(char text[NAME_TEXT_CAP], const uint8_t *origin, bool is_local)
{
	char suffix[NAME_TEXT_CAP];
	size_t len = strlen(text);
	if (!is_local && !strchr(text, '.'))
		return;
	size_t suffix_len = strlen(name_to_text(origin, suffix)) - 1;
	if (len + 1 + suffix_len < NAME_TEXT_CAP)
		snprintf(text + len, NAME_TEXT_CAP - len, ".%.*s", (int)suffix_len, suffix);
}

/* Sets the text to compare: relative to its origin, or the whole name. */
static void start(struct search *s, const uint8_t *name)
{
	if (relative_text(name, s->origin, s->asked)) {
		s->max = (unsigned)(strlen(s->asked) + 2) / 3;
		return;
	}
	s->asked[strlen(name_to_text(name, s->asked)) - 1] = '\0';
	s->max = 0; /* it exists in the domain, or belongs to another host */
}

/* Of a very large zone only a part is looked at: others must not wait for this. */
static void offer_nodes(const struct pipeline *p, struct search *s)
{
	enum { SLOTS = 16384, TRIES = 65536 };
	struct zone_walk walk;
	for (unsigned i = 0; i < TRIES; i++)
		if (zone_walk_begin(p->zone, &walk)) {
			(void)!zone_walk_some(p->zone, &walk, SLOTS, offer_node, s);
			return;
		}
}

size_t explain_nearest(const struct pipeline *p, const struct explained *e,
	char ret[EXPLAIN_NEAREST_MAX][NAME_TEXT_CAP])
{
	struct search s = {
		.found = ret, .origin = e->is_local ? name_local : p->config.policy.domain.wire};
	start(&s, e->name.wire);
	if (e->is_local)
		offer_local(p, &s);
	else
		offer_nodes(p, &s);
	for (size_t i = 0; i < s.count; i++)
		complete(ret[i], s.origin, e->is_local);
	return s.count;
}
