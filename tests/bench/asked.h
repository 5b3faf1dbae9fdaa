/* SPDX-License-Identifier: ISC */
/* Question files, as questions.py writes them, the check of replies, and a socket for questions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum { ASKED_LEN_MAX = 512 };

/* A question: the message, and the requirements for its reply. */
struct asked {
	uint16_t len;
	uint8_t rcode;
	uint8_t answers; /* least number of answers */
	const uint8_t *bytes;
};

/* Prints what failed and why (errno), and ends the program with 111. */
_Noreturn void asked_die(const char *what) NONNULL;

/* Returns a UDP socket that is connected to the IPv4 address and port, and waits `patience_ms` for a reply, less
 * than a second. Dies if that cannot be had. */
int asked_connect(const char *addr, const char *port, unsigned patience_ms) NONNULL;

/* Reads a question file; the questions live until the program ends. Sets `*ret_asked` to an array
 * and returns its length, at least one; dies if the file is not a question file. */
size_t asked_read(const char *path, struct asked **ret_asked) NONNULL;

/* True if a reply, which has at least a header, has the rcode and enough answers. */
static inline bool asked_is_right(const struct asked *a, const uint8_t *reply)
{
	return (reply[3] & 15) == a->rcode && (reply[6] << 8 | reply[7]) >= a->answers;
}
