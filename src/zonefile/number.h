/* SPDX-License-Identifier: ISC */
/* Checks of numbers in a master file that ldns does not make. If a number is larger than its
 * field, ldns truncates it, so that "MX 65536" would become "MX 0". If the last byte of a
 * hexadecimal string has one digit only, ldns pads it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* True if the TTL and the numbers at the start of the rdata fit in their fields. `text` is one
 * record, from the start of its line. It was already read as a record of that type. */
bool zonenumber_fits(const char *text, size_t len, uint16_t type) NONNULL;

/* True if the hexadecimal string at the end of the record consists of whole bytes. True for
 * types without such a string. */
bool zonenumber_is_even(const char *text, size_t len, uint16_t type) NONNULL;
