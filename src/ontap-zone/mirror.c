/* SPDX-License-Identifier: ISC */
/*
 * Owns the proof that each enum of conf/conf.h has the same values as the enum that it is cast to.
 * The layers of the core must not include each other; this directory may include both.
 * Never has code.
 */
#include "conf/conf.h"
#include "export/export.h"
#include "io/log.h"
#include "serve/answer.h"
#include "watch/watcher.h"

#define SAME(a, b) _Static_assert((int)(a) == (int)(b), #a " is " #b)

SAME(CONF_TINYDNS, EXPORT_TINYDNS);
SAME(CONF_ZONE, EXPORT_ZONE);
SAME(CONF_HOSTS, EXPORT_HOSTS);
SAME(CONF_JSON, EXPORT_JSON);
SAME(CONF_JSON + 1, EXPORT_FORMAT_COUNT);

SAME(CONF_LOG_ERROR, LOG_LEVEL_ERROR);
SAME(CONF_LOG_WARNING, LOG_LEVEL_WARNING);
SAME(CONF_LOG_INFO, LOG_LEVEL_INFO);
SAME(CONF_LOG_DEBUG, LOG_LEVEL_DEBUG);
SAME(CONF_LOG_DEBUG + 1, LOG_LEVEL_COUNT);

SAME(CONF_CENSUS_AUTO, CENSUS_AUTO);
SAME(CONF_CENSUS_FEXIT, CENSUS_FEXIT);
SAME(CONF_CENSUS_ITER, CENSUS_ITER);
SAME(CONF_CENSUS_PROC, CENSUS_PROC);
SAME(CONF_CENSUS_NONE, CENSUS_NONE);
SAME(CONF_CENSUS_NONE + 1, CENSUS_MEANS_COUNT);

SAME(CONF_COOKIES_NONE, SERVE_COOKIES_NONE);
SAME(CONF_COOKIES_GIVEN, SERVE_COOKIES_GIVEN);
SAME(CONF_COOKIES_STRICT, SERVE_COOKIES_STRICT);
