/* SPDX-License-Identifier: ISC */
/* Words for what the collector knows, for people. */
#pragma once

#include "base/compiler.h"
#include "collect/collect.h"
#include "wire/name.h"

/* The name of a key's owner, its algorithm and its tag: "lap.example.org./13/4711". */
enum { COLLECTING_KEY_CAP = NAME_TEXT_CAP + 16 };
const char *collecting_key_text(
	const uint8_t *signer, uint8_t alg, uint16_t tag, char out[COLLECTING_KEY_CAP]) NONNULL;

/* "here", "silent", "away", "moved". Static storage, likewise below. */
const char *collecting_state_text(enum collect_state state);
/* "file", "zone", "first", or "" for a key that is not trusted any more. */
const char *collecting_origin_text(enum collect_origin origin);
/* "collect-key", "collect-name", "collect-state", … */
const char *collecting_news_text(enum collect_news_type type);
