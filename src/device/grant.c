/* SPDX-License-Identifier: ISC */
/*
 * Owns the name of a grant.
 * Never decides who may have one.
 */
#include "device/grant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "device/type.h"

const char *device_grant_format(const struct device_grant *grant, char *out)
{
	snprintf(out, DEVICE_GRANT_CAP, "%llu-%u-%u-%u-%s", (unsigned long long)grant->cookie,
		grant->ifindex, (uint32_t)grant->nsid, grant->uid, grant->parent);
	return out;
}

/* Reads a number up to `max` and a hyphen. Returns what follows, or NULL. */
static const char *read_number(const char *at, uint64_t max, uint64_t *ret)
{
	char *end;
	if (*at < '0' || *at > '9')
		return NULL;
	errno = 0;
	unsigned long long value = strtoull(at, &end, 10);
	if (errno || value > max || *end != '-')
		return NULL;
	*ret = value;
	return end + 1;
}

int device_grant_parse(const char *text, struct device_grant *ret)
{
	struct device_grant grant = {0};
	uint64_t ifindex, nsid, uid;
	const char *at = read_number(text, UINT64_MAX, &grant.cookie);
	if (at)
		at = read_number(at, INT32_MAX, &ifindex);
	if (at)
		at = read_number(at, UINT32_MAX, &nsid);
	if (at)
		at = read_number(at, UINT32_MAX, &uid);
	if (!at || grant.cookie == 0 || ifindex == 0 || !device_is_name(at))
		return ERR_SYNTAX;
	grant.ifindex = (uint32_t)ifindex;
	grant.nsid = (nsid_t)(uint32_t)nsid;
	grant.uid = (uint32_t)uid;
	memcpy(grant.parent, at, strlen(at));
	*ret = grant;
	return 0;
}
