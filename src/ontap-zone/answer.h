/* SPDX-License-Identifier: ISC */
/* Reads the objects of the daemon's answers. An absent key reads as "", 0 or no items. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"

/* Borrowed from the object. Untrusted: write it with text_put() only. */
const char *answer_text(const json_t *object, const char *key) NONNULL_ARGS(2);
long long answer_number(const json_t *object, const char *key) NONNULL_ARGS(2);
bool answer_is_true(const json_t *object, const char *key) NONNULL_ARGS(2);

/* True if the text of the key is `text`. */
bool answer_is(const json_t *object, const char *key, const char *text) NONNULL_ARGS(2, 3);

/* Returns the name that a line of the answer to "names" is about. Borrowed, untrusted. */
const char *answer_name(const json_t *line);

/* Appends the name of an address's workload for people: the name of its namespace, otherwise its
 * host name, otherwise "host" for the daemon's own namespace, otherwise its nsid. Untrusted. */
void answer_workload(struct buf *out, const json_t *object) NONNULL_ARGS(1);

/* Appends how long ago something was, for people: "5 min ago". */
void answer_age(struct buf *out, long long seconds) NONNULL;

/* Appends where an address is from for people, if a guest has taken it by itself: "guest dhcp" with the source
 * of its name. Untrusted. */
void answer_origin(struct buf *out, const json_t *addr) NONNULL_ARGS(1);
