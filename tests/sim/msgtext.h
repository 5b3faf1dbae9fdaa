/* SPDX-License-Identifier: ISC */
/*
 * DNS messages as text, for tests that a person can read. A message is statements with semicolons
 * between them, in this order:
 *
 *	id=7; qr; aa; tc; rd; opcode=4; rcode=3      (of the header; all optional)
 *	q NAME TYPE [qu]
 *	an|ns|ar NAME TTL TYPE [flush] RDATA
 *
 * RDATA: an address; a name for PTR, CNAME, NS; PORT and name for SRV; one word for TXT; types for
 * NSEC (the next name is the owner); nothing for OPT; else "-". Names without a dot at the end get
 * one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/name.h"

enum { MSGTEXT_CAP = 1 << 16, MSGTEXT_RDATA_CAP = 1024 };

/* Writes the message to `out`, which has 9000 bytes. Returns its length. Exits with a message if
 * the text is wrong: that is a mistake in a test. */
size_t msgtext_pack(const char *text, uint8_t *out);

/* Returns the text of a message in static storage; "malformed" if it cannot be read. */
const char *msgtext_show(const uint8_t *packet, size_t len);

/* Parses a record given as text: "A 192.0.2.1". Returns the rest of the text after the record and
 * its comma; NULL: that was the last. */
const char *msgtext_rdata(const char *text, const uint8_t *owner, uint16_t *ret_type,
	uint8_t *rdata, uint16_t *ret_len);

/* Writes rdata as text, with a blank before it. */
void msgtext_show_rdata(uint16_t type, const uint8_t *rdata, size_t len, FILE *f);

struct name msgtext_name(const char *text);
