/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the kernel's tables of sockets.
 * Never reads a file.
 */
#include "model/socket_line.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"

/* The rest of the line. */
struct text {
	const char *at, *end;
};

static void skip_spaces(struct text *t)
{
	while (t->at < t->end && *t->at == ' ')
		t->at++;
}

static bool take(struct text *t, char c)
{
	if (t->at == t->end || *t->at != c)
		return false;
	t->at++;
	return true;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads a number of exactly `digits` hexadecimal digits, at most 8. */
static bool take_hex(struct text *t, unsigned digits, uint32_t *ret)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < digits; i++) {
		int digit = t->at < t->end ? digit_value(*t->at++) : -1;
		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*ret = value;
	return true;
}

/* Reads a decimal number. */
static bool take_number(struct text *t, uint64_t *ret)
{
	const char *start = t->at;
	uint64_t value = 0;
	for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*t->at - '0'), &value))
			return false;
	*ret = value;
	return t->at > start;
}

static bool skip_word(struct text *t)
{
	skip_spaces(t);
	const char *start = t->at;
	while (t->at < t->end && *t->at != ' ')
		t->at++;
	return t->at > start;
}

static size_t hex_digits(const struct text *t)
{
	const char *p = t->at;
	while (p < t->end && digit_value(*p) >= 0)
		p++;
	return (size_t)(p - t->at);
}

static bool take_addr(struct text *t, struct addr *ret)
{
	const size_t words = hex_digits(t) / 8;
	uint32_t value[4];
	if (words != 1 && words != ARRAY_LEN(value))
		return false;
	for (size_t i = 0; i < words; i++)
		if (!take_hex(t, 8, &value[i]))
			return false;
	*ret = addr_unmap(addr_make(words == 1 ? ADDR_V4 : ADDR_V6, value));
	return true;
}

int socket_line_parse(const char *line, size_t len, struct socket_line *ret)
{
	struct text t = {line, line + len};
	struct socket_line read;
	uint64_t slot;
	uint32_t port, state;
	skip_spaces(&t);
	if (!take_number(&t, &slot) || !take(&t, ':'))
		return ERR_SYNTAX;
	skip_spaces(&t);
	if (!take_addr(&t, &read.addr) || !take(&t, ':') || !take_hex(&t, 4, &port) ||
		!skip_word(&t))
		return ERR_SYNTAX;
	skip_spaces(&t);
	if (!take_hex(&t, 2, &state))
		return ERR_SYNTAX;
	for (int i = 0; i < 3; i++) /* queues, timer, retransmissions */
		if (!skip_word(&t))
			return ERR_SYNTAX;
	skip_spaces(&t);
	if (!take_number(&t, &read.uid) || !skip_word(&t)) /* timeout */
		return ERR_SYNTAX;
	skip_spaces(&t);
	if (!take_number(&t, &read.inode))
		return ERR_SYNTAX;
	read.port = (uint16_t)port;
	read.state = (uint8_t)state;
	*ret = read;
	return 0;
}
