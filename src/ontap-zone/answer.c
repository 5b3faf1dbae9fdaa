/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing of the daemon's answers.
 * Never relies on a key: the daemon may be older than this program.
 */
#include "ontap-zone/answer.h"

#include <string.h>

const char *answer_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

long long answer_number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

bool answer_is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

bool answer_is(const json_t *object, const char *key, const char *text)
{
	return strcmp(answer_text(object, key), text) == 0;
}

const char *answer_name(const json_t *line)
{
	static const char *const keys[] = {"name", "collected", "updated", "rejected"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (*answer_text(line, keys[i]))
			return answer_text(line, keys[i]);
	return "";
}

void answer_workload(struct buf *out, const json_t *object)
{
	const char *netns = answer_text(object, "netns"), *name = answer_text(object, "hostname");
	long long nsid = answer_number(object, "nsid");
	if (*netns || *name)
		buf_puts(out, *netns ? netns : name);
	else if (nsid == -1)
		buf_puts(out, "host");
	else if (json_object_get(object, "nsid"))
		buf_printf(out, "nsid %lld", nsid);
}

void answer_origin(struct buf *out, const json_t *addr)
{
	if (!answer_is(addr, "origin", "guest"))
		return;
	buf_printf(out, "guest%s%s", *answer_text(addr, "source") ? " " : "",
		answer_text(addr, "source"));
}

void answer_age(struct buf *out, long long seconds)
{
	enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
	if (seconds < 2 * MINUTE)
		buf_printf(out, "%lld s ago", seconds);
	else if (seconds < 2 * HOUR)
		buf_printf(out, "%lld min ago", seconds / MINUTE);
	else if (seconds < 2 * DAY)
		buf_printf(out, "%lld h ago", seconds / HOUR);
	else
		buf_printf(out, "%lld d ago", seconds / DAY);
}
