/* SPDX-License-Identifier: ISC */
/* The name that a guest gives itself in DHCP, from the bytes of an option to text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* Bytes that are enough for such a name, with its zero (RFC 1035 §2.3.4). */
#define GUEST_NAME_CAP 256

/* Both write a name without a dot at its end to `out`. They return false if there is no name, or
 * if it has anything other than letters, digits, '-', '_', and single dots, or a label of more
 * than 63 bytes; then `out` is "". */

/* From text (options 12, and 81 without its bit E). Zeros at its end, which RFC 2132 §2
 * discourages, are left out. */
bool hostname_from_text(const uint8_t *bytes, size_t len, char out[static GUEST_NAME_CAP]) NONNULL;

/* From the wire format of DNS without compression (option 81 with E: RFC 4702 §2.3.1; DHCPv6
 * option 39: RFC 4704 §4.2). Without the root label at its end, the name is a partial one. */
bool hostname_from_wire(const uint8_t *bytes, size_t len, char out[static GUEST_NAME_CAP]) NONNULL;
