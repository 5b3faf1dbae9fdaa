/* SPDX-License-Identifier: ISC */
/* Master files of home.arpa from a text, for unit tests of their reader. The file is called "z". */
#pragma once

#include "unit.h"
#include "zonefile/zonefile.h"

extern const uint8_t home_arpa[];

/* Reads the text, with the reader by ldns for rare types. As zonefile_parse(). */
int read_text(struct zonefile **ret, const char *text, size_t len, struct zonefile_error *error);

/* Reads a text that is right. The caller frees the result. */
struct zonefile *parse(const char *text);

/* The text is refused with that message. */
void assert_refused(const char *text, const char *message);
/* The message begins with that text. */
void assert_refused_for(const char *text, const char *reason);

void assert_owner(const struct zonefile *z, size_t index, const char *name, size_t sets);
