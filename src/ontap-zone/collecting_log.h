/* SPDX-License-Identifier: ISC */
/* The lines of the log about what the collector hears. Everybody on the link may cause them, so they are limited. */
#pragma once

#include "base/compiler.h"
#include "collect/collect.h"
#include "io/log.h"

struct collecting_log {
	const struct log *log;
	struct log_limit limits[COLLECT_NEWS_COUNT], unasked_limit;
};

void collecting_log_news(struct collecting_log *l, const struct collect_news *news) NONNULL;
/* Nobody asks for that name. */
void collecting_log_unasked(struct collecting_log *l, const uint8_t *name, int err) NONNULL;
