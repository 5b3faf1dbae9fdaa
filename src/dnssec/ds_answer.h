/* SPDX-License-Identifier: ISC */
/* What the parent has of a zone: the DS in the answer of a resolver. */
#pragma once

#include "base/compiler.h"
#include "dnssec/keys.h"

enum { DS_ANSWER_MAX = 16, DS_ANSWER_LEN = 4 + 64 /* SHA-512 would fit, too */ };

/* A plain value without pointers. */
struct ds_answer {
	struct name zone;  /* in lower case */
	uint32_t is_known; /* there was an answer: with these, or with none */
	uint32_t count;
	struct {
		uint8_t len;
		uint8_t bytes[DS_ANSWER_LEN];
	} ds[DS_ANSWER_MAX];
};

/* Reads a message, the answer to a question for the DS of that zone. What is no answer, or has more DS than there is room
 * for, is not known. */
void ds_answer_parse(
	const uint8_t *msg, size_t len, const struct name *zone, struct ds_answer *ret) NONNULL;

/* True if the parent has a DS of that key, and none of another one. Digests other than SHA-256 are believed by the
 * tag. */
bool ds_answer_is_of(const struct ds_answer *a, const struct key_pair *key) NONNULL MUSTCHECK;
