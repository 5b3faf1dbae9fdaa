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

const char *device_mark_format(const struct device_mark *mark, char *out)
{
	snprintf(out, DEVICE_MARK_CAP, DEVICE_NEW_PREFIX "%u-%c-%u-%llu-%u-%08x-%016llx-%s",
		mark->uid, mark->is_kept ? 'k' : 'p', mark->pid,
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

int device_mark_parse(const char *text, struct device_mark *ret)
{
	struct device_mark mark = {0};
	uint64_t uid, pid, instance, serial;
	size_t prefix_len = strlen(DEVICE_NEW_PREFIX);
	if (strncmp(text, DEVICE_NEW_PREFIX, prefix_len) != 0)
		return ERR_SYNTAX;
	const char *at = read_number(text + prefix_len, 10, UINT32_MAX, &uid);
	if (!at || (at[0] != 'k' && at[0] != 'p') || at[1] != '-')
		return ERR_SYNTAX;
	mark.is_kept = at[0] == 'k';
	at = read_number(at + 2, 10, INT32_MAX, &pid);
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
