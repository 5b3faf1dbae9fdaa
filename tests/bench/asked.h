/* SPDX-License-Identifier: ISC */
/* Files of questions, as questions.py writes them, and whether a reply is right. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum { ASKED_LEN_MAX = 512 };

/* A question: the message, and what its reply has to have. */
struct asked {
	uint16_t len;
	uint8_t rcode;
	uint8_t answers; /* at least so many */
	const uint8_t *bytes;
};

/* Prints what failed and why (errno), and ends the program with 111. */
_Noreturn void asked_die(const char *what) NONNULL;

/* Reads a file of questions; both it and they last until the program ends. Sets `*ret_asked` to an
 * array and returns how many there are, one at least; dies if the file is not such a one. */
size_t asked_read(const char *path, struct asked **ret_asked) NONNULL;

/* Whether a reply of at least a header's length has the rcode and enough answers. */
static inline bool asked_is_right(const struct asked *a, const uint8_t *reply)
{
	return (reply[3] & 15) == a->rcode && (reply[6] << 8 | reply[7]) >= a->answers;
}
