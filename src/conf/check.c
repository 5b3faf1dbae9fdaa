/* SPDX-License-Identifier: ISC */
/*
 * Owns the rules for combinations of ontap-zone's options.
 * Never checks a single value: its type does.
 */
#include "conf/check.h"

int conf_check(void *values, const struct options_args *args, struct options_error *error)
{
	const struct conf *c = values;
	if (c->on_export && c->exports.count == 0)
		return options_fail(error, "on-export: there is no export that could be done");
	for (size_t i = 0; i < c->updates.count; i++)
		if (c->updates.at[i].key.len == 0)
			return options_fail(
				error, "update: an update must be signed: ADDR[:PORT],key:NAME");
	if (c->exec && !c->output)
		return options_fail(error, "--exec: there is no --output that could be written");
	if (c->view && c->format == CONF_TINYDNS)
		return options_fail(error, "--view: format tinydns has both views, as locations");
	if (c->zone.len > 0 && c->format != CONF_ZONE)
		return options_fail(error, "--zone: is for format zone only");
	if (c->is_json && c->is_watching && args->command == CONF_NAMES)
		return options_fail(error, "--watch: with --json there is the command watch");
	return 0;
}
