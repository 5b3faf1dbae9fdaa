/* SPDX-License-Identifier: ISC */
/* Numbers of a master file that are not what they should be. Of one that is larger than its field ldns takes
 * what is left of it, so that "MX 65536" would be "MX 0"; half a byte it fills up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* Whether the TTL, and the numbers that the data begins with, fit in their fields. `text` has one record, from
 * the start of its line, which was read as one of that type. */
bool zonenumber_fits(const char *text, size_t len, uint16_t type) NONNULL;

/* Whether the hexadecimal digits at the end, where the type has such, are whole bytes. */
bool zonenumber_is_even(const char *text, size_t len, uint16_t type) NONNULL;
