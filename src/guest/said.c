/* SPDX-License-Identifier: ISC */
/*
 * Owns the names that the guest has said.
 * Never judges whether a name may be served.
 */
#include "guest/said.h"

#include <stdlib.h>
#include <string.h>

#include "guest/hold.h"

static const enum addr_family families[FAMILY_COUNT] = {
	[FAMILY_V4] = ADDR_V4, [FAMILY_V6] = ADDR_V6};

const char *said_name(const struct guest *g)
{
	for (int f = 0; f < FAMILY_COUNT; f++)
		if (g->names[f].text)
			return g->names[f].text;
	return "";
}

/* Puts `text`, on the heap, in place of a name; reports if that changes the name that counts. */
static void replace(struct guest *g, struct said_name *name, char *text)
{
	const struct guest_sink *sink = &g->config.sink;
	const char *before = said_name(g);
	char *old = name->text;
	*name = (struct said_name){.text = text};
	if (strcmp(before, said_name(g)) != 0 && sink->on_name)
		sink->on_name(sink->arg, said_name(g));
	free(old);
}

void said_set(struct guest *g, enum addr_family family, const char *name)
{
	struct said_name *of_family = &g->names[family == ADDR_V6 ? FAMILY_V6 : FAMILY_V4];
	if (strcmp(of_family->text ? of_family->text : "", name) == 0)
		return;
	char *text = name[0] ? strdup(name) : NULL;
	if (text || !name[0])
		replace(g, of_family, text);
}

void said_end_old(struct guest *g)
{
	for (int f = 0; f < FAMILY_COUNT; f++) {
		struct said_name *name = &g->names[f];
		bool has_lease = name->text && hold_has_lease(g, families[f]);
		if (name->has_lease && !has_lease)
			replace(g, name, NULL);
		else
			name->has_lease = has_lease;
	}
}

void said_fini(struct guest *g)
{
	for (int f = 0; f < FAMILY_COUNT; f++)
		free(g->names[f].text);
}
