/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing of an answer: bytes in, addresses and names out.
 * Never reads a descriptor or allocates, and keeps nothing outside of the answer.
 */
#include "nss/answer.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"

/* ASCII letters, whatever the program's locale is. */
static bool is_host_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

bool answer_is_host_name(const char *text, bool may_end_in_dot)
{
	size_t len = strnlen(text, ANSWER_NAME_CAP + 1);
	if (may_end_in_dot && len > 0 && text[len - 1] == '.')
		len--;
	if (len == 0 || len >= ANSWER_NAME_CAP)
		return false;
	bool is_in_label = false;
	for (size_t i = 0; i < len; i++) {
		if (!is_host_byte(text[i]) && (text[i] != '.' || !is_in_label))
			return false;
		is_in_label = text[i] != '.';
	}
	return is_in_label;
}

const char *answer_next_name(const struct answer *a, const char *name)
{
	const char *next = name ? name + strlen(name) + 1 : a->names;
	return next < a->names + a->names_len ? next : NULL;
}

/* Parses a decimal number of 32 bits, and nothing else. */
static int read_number(const char *text, uint32_t *ret)
{
	uint64_t number = 0;
	size_t digits = 0;
	for (; text[digits] >= '0' && text[digits] <= '9' && digits < 10; digits++)
		number = number * 10 + (uint64_t)(text[digits] - '0');
	if (digits == 0 || text[digits] || number > UINT32_MAX)
		return ERR_SYNTAX;
	*ret = (uint32_t)number;
	return 0;
}

static int read_name(struct answer *a, const char *text)
{
	if (!answer_is_host_name(text, false))
		return ERR_SYNTAX;
	size_t size = strlen(text) + 1;
	if (size > sizeof(a->names) - a->names_len)
		return 0;
	memcpy(a->names + a->names_len, text, size);
	a->names_len += size;
	return 0;
}

/* Parses "192.0.2.1", "2001:db8::1", or "fe80::1%3", where the ifindex is the scope. */
static int read_addr(struct answer *a, char *text)
{
	struct answer_addr addr = {.family = AF_INET};
	char *percent = strchr(text, '%');
	if (percent)
		*percent = '\0';
	if (inet_pton(AF_INET, text, addr.bytes) != 1) {
		addr.family = AF_INET6;
		if (inet_pton(AF_INET6, text, addr.bytes) != 1)
			return ERR_SYNTAX;
	}
	if (percent && (addr.family == AF_INET || read_number(percent + 1, &addr.scope)))
		return ERR_SYNTAX;
	if (a->addr_count < LIMIT_RESOLVE_ADDRS)
		a->addrs[a->addr_count++] = addr;
	return 0;
}

static int read_verdict(struct answer *a, const char *text)
{
	static const char *const texts[] = {
		[ANSWER_UNFINISHED] = "",
		[ANSWER_FOUND] = "found",
		[ANSWER_NODATA] = "nodata",
		[ANSWER_NXDOMAIN] = "nxdomain",
		[ANSWER_FOREIGN] = "foreign",
	};
	for (size_t i = ANSWER_FOUND; i < ARRAY_LEN(texts); i++)
		if (strcmp(text, texts[i]) == 0)
			a->verdict = (enum answer_verdict)i;
	/* A result must have a name. */
	bool is_sound =
		a->verdict != ANSWER_UNFINISHED && (a->verdict != ANSWER_FOUND || a->names_len > 0);
	return is_sound ? 0 : ERR_SYNTAX;
}

/* Parses a line without its newline. Ignores keywords of later versions. */
static int read_line(struct answer *a, char *line)
{
	char *value = strchr(line, ' ');
	if (!value)
		return ERR_SYNTAX;
	*value++ = '\0';
	if (strcmp(line, "name") == 0)
		return read_name(a, value);
	if (strcmp(line, "address") == 0)
		return read_addr(a, value);
	if (strcmp(line, "ttl") == 0)
		return read_number(value, &a->ttl_s);
	if (strcmp(line, "end") == 0)
		return read_verdict(a, value);
	return 0;
}

/* Adds bytes to the line; `has_end`: the line is complete. */
static int add_to_line(struct answer *a, const char *bytes, size_t len, bool has_end)
{
	if (len >= sizeof(a->line) - a->line_len)
		return ERR_RANGE;
	memcpy(a->line + a->line_len, bytes, len);
	a->line_len += len;
	if (!has_end)
		return 0;
	a->line[a->line_len] = '\0';
	bool has_zero = strlen(a->line) < a->line_len;
	a->line_len = 0;
	return has_zero ? ERR_SYNTAX : read_line(a, a->line);
}

int answer_feed(struct answer *a, const char *bytes, size_t len)
{
	const char *end = bytes + len;
	/* Progress: each turn reads a line, or all that is left. */
	while (bytes < end && a->verdict == ANSWER_UNFINISHED) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t part = (size_t)((newline ? newline : end) - bytes);
		size_t taken = part + (newline != NULL);
		if (taken > LIMIT_RESOLVE_BYTES - a->total)
			return ERR_RANGE;
		a->total += taken;
		int err = add_to_line(a, bytes, part, newline != NULL);
		if (err)
			return err;
		bytes += taken;
	}
	return 0;
}
