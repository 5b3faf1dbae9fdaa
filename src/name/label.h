/* SPDX-License-Identifier: ISC */
/* From the text of an alias to host labels (RFC 1123 §2.1): letters, digits, hyphen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "wire/name.h"

/* Whether a word in an alias is a name, and if not, why. */
enum label_verdict {
	LABEL_OK,
	LABEL_TOO_LONG,   /* over 63 bytes */
	LABEL_BAD_BYTE,   /* something other than letters, digits and hyphen */
	LABEL_BAD_HYPHEN, /* first or last byte is a hyphen */
	LABEL_RESERVED,   /* "wan" and "lan" are branches of the zone */
	LABEL_LOCALHOST,  /* each machine's own (RFC 6761 §6.3) */
	LABEL_IGNORED,    /* matches --ignore-hostname: never from label_judge() */
	LABEL_SURPLUS,    /* more names than a link of others may have: likewise */
	LABEL_COUNT
};

/* A pattern of --ignore-hostname for the ids of container engines. It is not a pattern of glob(7),
 * which can only count characters. */
#define LABEL_CONTAINER_ID "container-id"

/* True if the host name is an id made by a container engine: 12 hexadecimal digits (Docker,
 * Podman), or all 64 of the id. */
bool label_is_container_id(const char *hostname) NONNULL;

enum label_verdict label_judge(const char *bytes, size_t len) NONNULL;

/* Returns a short text for people. Static storage. */
const char *label_verdict_text(enum label_verdict verdict);

/* Copies N of the names that a host has in its domain: N.DOMAIN, N.wan.DOMAIN or N.lan.DOMAIN. False: it is none of these. */
bool label_in_domain(const uint8_t *name, const uint8_t *domain, char ret[LABEL_CAP + 1]) NONNULL;

/* Finds the next word at `*at` in a text with spaces and commas between the words. Returns its
 * start and length, and moves `*at` behind it. Returns NULL if there are no more words. */
const char *label_next_word(const char **at, size_t *ret_len) NONNULL;

/* True if the label is like one of the patterns of fnmatch(3), in capitals or not. */
bool label_is_like(const char *label, const char *const *patterns, size_t count) NONNULL_ARGS(1);

/* True if that label is one of the words of the text. */
bool label_is_word_of(const char *text, const char *label, size_t len) NONNULL;
