/* SPDX-License-Identifier: ISC */
/* What the collector is told of the configuration: whom it trusts, and for what. */
#pragma once

#include "base/compiler.h"
#include "collect/collect.h"
#include "conf/conf.h"
#include "update/signer_key.h"

/* Borrows what it was made of. */
struct collecting_trust {
	struct collect_config config;
	struct collect_trust *trust; /* owned: each key */
};

/* `keys`: of the files of conf->trusts. ERR_NOMEM. */
int collecting_trust_make(struct collecting_trust *ret, const struct conf *conf,
	const struct signer_keys *keys) NONNULL MUSTCHECK;
void collecting_trust_free(struct collecting_trust *t) NONNULL;
