/* SPDX-License-Identifier: ISC */
/*
 * Owns the table of client views: the rules in it, and its publication.
 * Never frees a published table: the shell does this when no reader uses it any more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "pipeline/inside.h"

static void rules_add(struct pipeline_rules *r, const struct view_rule *rule)
{
	if (ARRAY_RESERVE(r->list, r->cap, r->count + 1))
		r->err = ERR_NOMEM;
	else
		r->list[r->count++] = *rule;
}

static void rules_add_onlink(void *arg, const struct names_onlink *onlink)
{
	struct view_rule rule = {.prefix = onlink->prefix,
		.view = VIEW_LAN,
		.reason = VIEW_BY_LINK,
		.wire = onlink->wire,
		.is_inner = onlink->is_inner};
	memcpy(rule.detail, onlink->ifname, strnlen(onlink->ifname, sizeof(rule.detail) - 1));
	rules_add(arg, &rule);
}

int pipeline_rules(const struct pipeline *p, struct pipeline_rules *ret)
{
	struct pipeline_rules rules = {0};
	names_each_onlink(p->names, rules_add_onlink, &rules);
	for (size_t i = 0; i < p->config.lan_count; i++)
		rules_add(&rules, &(struct view_rule){.prefix = p->config.lan[i],
					  .view = VIEW_LAN,
					  .reason = VIEW_BY_OPTION});
	if (rules.err) {
		free(rules.list);
		return rules.err;
	}
	*ret = rules;
	return 0;
}

struct view_table *views_update(struct pipeline *p)
{
	struct pipeline_rules rules;
	struct view_table *table = NULL;
	if (pipeline_rules(p, &rules) == 0) {
		table = view_table_new(rules.list, rules.count);
		free(rules.list);
	}
	if (!table) {
		if (p->sink.on_stale_views)
			p->sink.on_stale_views(p->sink.arg);
		return NULL;
	}
	p->has_new_views = false;
	struct view_table *before = view_slot_publish(&p->views, table);
	if (p->sink.on_views)
		p->sink.on_views(p->sink.arg);
	return before;
}

enum view pipeline_view_of(const struct pipeline *p, const struct addr *client)
{
	return view_slot_of(&p->views, client);
}
