/* SPDX-License-Identifier: ISC */
/*
 * Owns the rules for combinations of ontap-zone's options.
 * Never checks a single value: its type does.
 */
#include "conf/check.h"

/* A primary that takes our updates signs the domain itself, or nobody does. */
static int check_dnssec(const struct conf *c, struct options_error *error)
{
	char text[NAME_TEXT_CAP];
	if (c->updates.count > 0 && c->dnssec != CONF_DNSSEC_NO && conf_signs(c, c->domain.wire))
		return options_fail(error,
			"dnssec: %s is sent to a primary too (update), which signs it by itself",
			name_to_text(c->domain.wire, text));
	return 0;
}

/* Names are collected where multicast DNS is spoken, from those who are trusted. */
static int check_collect(const struct conf *c, struct options_error *error)
{
	if (c->collect == CONF_COLLECT_NONE)
		return 0;
	if (c->mdns == NAME_MDNS_NONE)
		return options_fail(error, "collect: multicast DNS is spoken on no link (mdns)");
	return 0;
}

int conf_check(void *values, const struct options_args *args, struct options_error *error)
{
	const struct conf *c = values;
	if (c->on_export && c->exports.count == 0)
		return options_fail(error, "on-export: there is no export that could be done");
	if (args->command == CONF_KEYS && c->keys_verb >= CONF_KEYS_ROLL &&
		c->keys_verb != CONF_KEYS_CLOCK && !c->keys_zone)
		return options_fail(error, "keys: which zone?");
	if (c->keys_verb == CONF_KEYS_CLOCK && c->keys_zone)
		return options_fail(error, "keys clock: is for no zone");
	if (c->is_of_host && (c->keys_verb != CONF_KEYS_SHOW || c->keys_zone))
		return options_fail(error, "--host: is for keys show only, without a zone");
	if (c->rolled_alg && c->keys_verb != CONF_KEYS_ROLL)
		return options_fail(error, "--algorithm: is for keys roll only");
	int err = check_dnssec(c, error);
	if (!err)
		err = check_collect(c, error);
	if (err)
		return err;
	for (size_t i = 0; i < c->updates.count; i++)
		if (c->updates.at[i].key.len == 0 && !c->updates.at[i].is_sig0)
			return options_fail(error,
				"update: an update must be signed: ADDR[:PORT],key:NAME or "
				"ADDR[:PORT],sig0");
	for (size_t i = 0; i < c->notifies.count; i++)
		if (c->notifies.at[i].is_sig0)
			return options_fail(error, "notify: sig0 is for update only");
	if (c->forgotten.count > 2)
		return options_fail(error, "forget: there are more words than NAME and TYPE");
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
