/* SPDX-License-Identifier: ISC */
/* Points in time as text, in UTC: YYYYMMDDHHMMSS, as in RRSIG records (RFC 4034 §3.2) and in key files. */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

enum { DATE_TEXT_LEN = 14, DATE_TEXT_CAP = DATE_TEXT_LEN + 1 };

/* Writes the time, in seconds since 1970. Years after 9999 are written as the last second of that. Returns
 * `out`. */
const char *date_text(uint64_t time_s, char out[DATE_TEXT_CAP]) NONNULL;

/* Reads what date_text() writes, from its first 14 bytes; what follows is the caller's. ERR_SYNTAX: there are no
 * such digits, or there is no such day or time. */
int date_parse(const char *text, uint64_t *ret) NONNULL MUSTCHECK;
