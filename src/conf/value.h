/* SPDX-License-Identifier: ISC */
/* From the text of one value to its member of struct conf, by the option table. */
#pragma once

#include "conf/schema.h"

/* What is wrong with a value, without the place. */
struct conf_why {
	char text[384];
};

/* Reads `text` as a value of `o` into its member of `c`. `nth`: how many values it was given before
 * in the same place; a list grows, of a single value the last counts. ERR_SYNTAX with `*why`
 * filled, ERR_NOMEM; `c` is still whole then. */
int conf_value_read(struct conf *c, const struct conf_option *o, const char *text, size_t nth,
	struct conf_why *why) NONNULL MUSTCHECK;

/* Frees what the member of `o` in `c` owns. */
void conf_value_free(struct conf *c, const struct conf_option *o) NONNULL;
