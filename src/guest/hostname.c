/* SPDX-License-Identifier: ISC */
/*
 * Owns the two encodings of a guest's name.
 * Never judges whether a name may be served.
 */
#include "guest/hostname.h"

#include <string.h>

#include "base/cursor.h"

enum { LABEL_MAX = 63, NAME_MAX_LEN = GUEST_NAME_CAP - 3 };

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* Appends a label to the name of `*used` bytes. False: it is no label, or there is no room. */
static bool add_label(char *out, size_t *used, const uint8_t *label, size_t len)
{
	size_t dot = *used > 0;
	if (len == 0 || len > LABEL_MAX || *used + dot + len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_name_byte(label[i]))
			return false;
	if (dot)
		out[*used] = '.';
	memcpy(out + *used + dot, label, len);
	*used += dot + len;
	out[*used] = '\0';
	return true;
}

static bool no_name(char *out)
{
	out[0] = '\0';
	return false;
}

bool hostname_from_text(const uint8_t *bytes, size_t len, char out[static GUEST_NAME_CAP])
{
	size_t used = 0;
	while (len > 0 && bytes[len - 1] == '\0')
		len--;
	if (len > 0 && bytes[len - 1] == '.')
		len--;
	while (len > 0) {
		const uint8_t *dot = memchr(bytes, '.', len);
		size_t label = dot ? (size_t)(dot - bytes) : len;
		if (!add_label(out, &used, bytes, label))
			return no_name(out);
		size_t done = label + (dot != NULL);
		if (done == len && dot) /* an empty label at the end */
			return no_name(out);
		bytes += done;
		len -= done;
	}
	return used > 0 || no_name(out);
}

bool hostname_from_wire(const uint8_t *bytes, size_t len, char out[static GUEST_NAME_CAP])
{
	struct rd r = rd_init(bytes, len);
	size_t used = 0;
	while (rd_left(&r) > 0) {
		size_t label = rd_u8(&r);
		if (label == 0)
			break;
		const uint8_t *at = rd_bytes(&r, label);
		if (!at || !add_label(out, &used, at, label))
			return no_name(out);
	}
	return used > 0 || no_name(out);
}
