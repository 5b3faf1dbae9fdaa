/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of the text of /proc about a caller.
 * Never opens a file.
 */
#include "ontapd/caller_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_BIT_NET_ADMIN = 12, FIELD_NAME = 2, FIELD_START = 22 };

/* The second field, in parentheses, may have any bytes. */
int caller_text_start_time(const char *stat, uint64_t *ret)
{
	const char *at = strrchr(stat, ')');
	for (int field = FIELD_NAME; at && field < FIELD_START; field++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	if (!at || *at < '0' || *at > '9')
		return -EINVAL;
	*ret = strtoull(at, NULL, 10);
	return 0;
}

/* Returns the numbers after a key, which begins a line: the kernel writes a newline in the name of the
 * program as "\n" (proc_task_name in fs/proc/array.c). NULL: there is none. */
static const char *find_status(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	return at ? at + strlen(key) : NULL;
}

bool caller_text_has_net_admin(const char *status)
{
	const char *caps = find_status(status, "\nCapEff:");
	return caps && (strtoull(caps, NULL, 16) >> CAP_BIT_NET_ADMIN & 1);
}

bool caller_text_is_of_user(const char *status, uid_t uid)
{
	char *end;
	const char *ids = find_status(status, "\nUid:");
	if (!ids)
		return false;
	return strtoul(ids, &end, 10) == uid || strtoul(end, NULL, 10) == uid;
}
