/* SPDX-License-Identifier: ISC */
/*
 * Owns what of an owner's added records goes to the zone.
 * Never decides when.
 */
#include "ontap-zone/update_put.h"

#include <stdlib.h>

#include "base/err.h"
#include "io/loop.h"
#include "update/right.h"

typedef int put_fn(
	struct pipeline *p, const uint8_t *owner, const struct rrset *sets, size_t count);

static void tell_left_out(struct update_put *u, const uint8_t *owner, uint16_t type)
{
	char name[NAME_TEXT_CAP], text[RR_TYPE_TEXT_CAP];
	if (log_limit_may(&u->left_out_limit, loop_now()))
		log_warning(u->log,
			"an updated set is not served: name=%s type=%s note=\"that name cannot "
			"have it: `ontap-zone forget` removes it\"",
			name_to_text(owner, name), rr_type_text(type, text));
}

/* Copies the sets that may be there; to try it, also those that are not to be served now. Returns how many. */
static size_t choose(struct update_put *u, bool is_try, const uint8_t *owner,
	const struct rrset *sets, size_t count, struct rrset *out)
{
	const uint8_t *apex = zone_apex_of(pipeline_zone(u->runtime->pipeline), owner);
	size_t chosen = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_try && update_collected_hides(u->collected, owner, sets[i].type))
			continue;
		if (!apex || !update_right_is_for_none(sets[i].type, owner, apex))
			out[chosen++] = sets[i];
		else
			tell_left_out(u, owner, sets[i].type);
	}
	return chosen;
}

static int put_chosen(struct update_put *u, put_fn *put, const uint8_t *owner,
	const struct rrset *sets, size_t count)
{
	struct rrset *chosen = calloc(count + 1, sizeof(*chosen));
	if (!chosen)
		return ERR_NOMEM;
	const bool is_try = put == pipeline_try_update;
	int err = put(
		u->runtime->pipeline, owner, chosen, choose(u, is_try, owner, sets, count, chosen));
	free(chosen);
	return err;
}

int update_put(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	struct update_put *u = arg;
	char name[NAME_TEXT_CAP];
	int err = put_chosen(u, pipeline_put_update, owner, sets, count);
	if (err == ERR_RANGE && zone_apex_of(pipeline_zone(u->runtime->pipeline), owner) &&
		log_limit_may(&u->no_room_limit, loop_now()))
		log_warning(u->log,
			"updated records are not served: name=%s note=\"there is no room for them "
			"beside those of files and links\"",
			name_to_text(owner, name));
	return err;
}

int update_put_try(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return put_chosen(arg, pipeline_try_update, owner, sets, count);
}
