/* SPDX-License-Identifier: ISC */
/*
 * Owns the translation of the configuration for the collector.
 * Never reads a file.
 */
#include "ontap-zone/collecting_trust.h"

#include <stdlib.h>

#include "base/err.h"

int collecting_trust_make(
	struct collecting_trust *ret, const struct conf *conf, const struct signer_keys *keys)
{
	struct collect_trust *trust = calloc(keys->count + 1, sizeof(*trust));
	if (!trust)
		return ERR_NOMEM;
	for (size_t i = 0; i < keys->count; i++) {
		const struct signer_key *key = &keys->at[i];
		const struct options_texts *patterns = &conf->trusts.at[key->file].patterns;
		trust[i] = (struct collect_trust){.signer = key->name.wire,
			.key = {key->rdata, key->len},
			.patterns = (const char *const *)patterns->at,
			.pattern_count = patterns->count};
	}
	*ret = (struct collecting_trust){.trust = trust,
		.config = {.away = (enum collect_away)conf->away,
			.keep_s = conf->keep_s,
			.trusts_first = conf->trusts_first,
			.prefixes = conf->collect_prefixes.at,
			.prefix_count = conf->collect_prefixes.count,
			.trust = trust,
			.trust_count = keys->count}};
	return 0;
}

void collecting_trust_free(struct collecting_trust *t)
{
	free(t->trust);
}
