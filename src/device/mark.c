/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of the mark on a link.
 * Never decides what becomes of a marked link.
 */
#include "device/mark.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "device/type.h"

enum { OPTIONS_CAP = sizeof("aohXX") };

static const char *format_options(const struct device_mark *mark, char out[OPTIONS_CAP])
{
	static const char *const modes[] = {
		[DEVICE_PORT_BRIDGE] = "", [DEVICE_PORT_PRIVATE] = "i", [DEVICE_PORT_OPEN] = "o"};
	int len = snprintf(out, OPTIONS_CAP, "%s%s", mark->has_fixed ? "a" : "",
		mark->port_mode < ARRAY_LEN(modes) ? modes[mark->port_mode] : "");
	if (mark->has_first_byte)
		snprintf(out + len, OPTIONS_CAP - (size_t)len, "h%02x", mark->first_byte);
	return out;
}

const char *device_mark_format(const struct device_mark *mark, char *out)
{
	char text[OPTIONS_CAP];
	snprintf(out, DEVICE_MARK_CAP, DEVICE_NEW_PREFIX "%u-%c%s-%u-%llu-%u-%08x-%016llx-%s",
		mark->uid, mark->is_kept ? 'k' : 'p', format_options(mark, text), mark->pid,
		(unsigned long long)mark->start_time, mark->instance, mark->serial,
		(unsigned long long)mark->seal, mark->parent);
	return out;
}

/* Reads a number in that base up to `max`, and a hyphen. Returns what follows, or NULL. */
static const char *read_number(const char *at, int base, uint64_t max, uint64_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	char *end;
	if (!*at || !memchr(digits, *at, (size_t)base))
		return NULL;
	errno = 0;
	unsigned long long value = strtoull(at, &end, base);
	if (errno || value > max || *end != '-')
		return NULL;
	*ret = value;
	return end + 1;
}

/* Reads the options and a hyphen. Returns what follows, or NULL. */
static const char *read_options(const char *at, struct device_mark *mark)
{
	uint64_t byte;
	mark->has_fixed = *at == 'a';
	at += *at == 'a';
	if (*at == 'i' || *at == 'o')
		mark->port_mode = *at++ == 'i' ? DEVICE_PORT_PRIVATE : DEVICE_PORT_OPEN;
	if (*at != 'h')
		return *at == '-' ? at + 1 : NULL;
	at = read_number(at + 1, 16, UINT8_MAX, &byte);
	mark->has_first_byte = true;
	mark->first_byte = at ? (uint8_t)byte : 0;
	return at;
}

int device_mark_parse(const char *text, struct device_mark *ret)
{
	struct device_mark mark = {0};
	uint64_t uid, pid, instance, serial;
	size_t prefix_len = strlen(DEVICE_NEW_PREFIX);
	if (strncmp(text, DEVICE_NEW_PREFIX, prefix_len) != 0)
		return ERR_SYNTAX;
	const char *at = read_number(text + prefix_len, 10, UINT32_MAX, &uid);
	if (!at || (at[0] != 'k' && at[0] != 'p'))
		return ERR_SYNTAX;
	mark.is_kept = at[0] == 'k';
	at = read_options(at + 1, &mark);
	if (at)
		at = read_number(at, 10, INT32_MAX, &pid);
	if (at)
		at = read_number(at, 10, UINT64_MAX, &mark.start_time);
	if (at)
		at = read_number(at, 10, UINT32_MAX, &instance);
	if (at)
		at = read_number(at, 16, UINT32_MAX, &serial);
	if (at)
		at = read_number(at, 16, UINT64_MAX, &mark.seal);
	if (!at || !*at || strlen(at) >= sizeof(mark.parent))
		return ERR_SYNTAX;
	mark.uid = (uint32_t)uid;
	mark.pid = (uint32_t)pid;
	mark.instance = (uint32_t)instance;
	mark.serial = (uint32_t)serial;
	memcpy(mark.parent, at, strlen(at));
	*ret = mark;
	return 0;
}
