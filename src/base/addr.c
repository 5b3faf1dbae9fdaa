/* SPDX-License-Identifier: ISC */
/*
 * Owns the arithmetic and the text of addresses and prefixes, and the table of their scopes.
 * Never asks the kernel or a resolver.
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"

struct addr addr_make(enum addr_family family, const void *bytes)
{
	struct addr a = {.family = (uint8_t)family};
	memcpy(a.bytes, bytes, addr_len(&a));
	return a;
}

size_t addr_len(const struct addr *a)
{
	return a->family == ADDR_V4 ? 4 : a->family == ADDR_V6 ? 16 : 0;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int addr_cmp(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a));
}

int addr_parse(const char *text, struct addr *ret)
{
	struct addr a = {0};
	if (inet_pton(AF_INET, text, a.bytes) == 1)
		a.family = ADDR_V4;
	else if (inet_pton(AF_INET6, text, a.bytes) == 1)
		a.family = ADDR_V6;
	else
		return ERR_SYNTAX;
	*ret = a;
	return 0;
}

const char *addr_format(const struct addr *a, char *out)
{
	if (a->family == ADDR_NONE)
		return strcpy(out, "-");
	inet_ntop(a->family == ADDR_V4 ? AF_INET : AF_INET6, a->bytes, out, ADDR_TEXT_CAP);
	return out;
}

/* The first row that contains the address decides. If there is none: ADDR_SCOPE_NONE for IPv6,
 * ADDR_SCOPE_WAN for IPv4 (the RFC 6890 registries, except for addresses that no host can have). */
static const struct {
	struct prefix prefix;
	enum addr_scope scope;
} scopes[] = {
	{{{ADDR_V4, {127}}, 8}, ADDR_SCOPE_NONE},
	{{{ADDR_V4, {0}}, 8}, ADDR_SCOPE_NONE},
	{{{ADDR_V4, {224}}, 3}, ADDR_SCOPE_NONE}, /* multicast and 240/4 */
	{{{ADDR_V4, {169, 254}}, 16}, ADDR_SCOPE_LOCAL},
	{{{ADDR_V4, {10}}, 8}, ADDR_SCOPE_LAN},
	{{{ADDR_V4, {172, 16}}, 12}, ADDR_SCOPE_LAN},
	{{{ADDR_V4, {192, 168}}, 16}, ADDR_SCOPE_LAN},
	{{{ADDR_V4, {100, 64}}, 10}, ADDR_SCOPE_LAN}, /* RFC 6598 */
	{{{ADDR_V6, {0xfe, 0x80}}, 10}, ADDR_SCOPE_LOCAL},
	{{{ADDR_V6, {0xfc}}, 7}, ADDR_SCOPE_LAN},
	{{{ADDR_V6, {0x20}}, 3}, ADDR_SCOPE_WAN},
};

enum addr_scope addr_scope(const struct addr *a)
{
	for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
		if (prefix_has(&scopes[i].prefix, a))
			return scopes[i].scope;
	return a->family == ADDR_V4 ? ADDR_SCOPE_WAN : ADDR_SCOPE_NONE;
}

const char *addr_scope_text(enum addr_scope scope)
{
	switch (scope) {
	case ADDR_SCOPE_NONE: return "none";
	case ADDR_SCOPE_LOCAL: return "local";
	case ADDR_SCOPE_LAN: return "lan";
	case ADDR_SCOPE_WAN: return "wan";
	case ADDR_SCOPE_COUNT: break;
	}
	return "none";
}

bool addr_is_unspecified(const struct addr *a)
{
	static const uint8_t none[sizeof(a->bytes)];
	return memcmp(a->bytes, none, sizeof(none)) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
	static const struct addr loopback6 = {ADDR_V6, {[15] = 1}};
	return (a->family == ADDR_V4 && a->bytes[0] == 127) || addr_equal(a, &loopback6);
}

bool addr_is_multicast(const struct addr *a)
{
	return (a->family == ADDR_V4 && (a->bytes[0] & 0xf0) == 0xe0) ||
	       (a->family == ADDR_V6 && a->bytes[0] == 0xff);
}

struct addr addr_unmap(struct addr a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (a.family != ADDR_V6 || memcmp(a.bytes, mapped, sizeof(mapped)) != 0)
		return a;
	return addr_make(ADDR_V4, a.bytes + sizeof(mapped));
}

struct prefix prefix_make(const struct addr *a, unsigned len)
{
	struct prefix p = {.addr = *a, .len = (uint8_t)len};
	size_t whole = len / 8;
	if (len % 8 != 0) {
		p.addr.bytes[whole] &= (uint8_t)(0xff00u >> (len % 8));
		whole++;
	}
	memset(p.addr.bytes + whole, 0, sizeof(p.addr.bytes) - whole);
	return p;
}

bool prefix_has(const struct prefix *p, const struct addr *a)
{
	if (a->family != p->addr.family)
		return false;
	size_t whole = p->len / 8;
	if (memcmp(a->bytes, p->addr.bytes, whole) != 0)
		return false;
	unsigned rest = p->len % 8;
	return rest == 0 ||
	       ((a->bytes[whole] ^ p->addr.bytes[whole]) & (0xff00u >> rest) & 0xff) == 0;
}

bool prefixes_have(const struct prefix *p, size_t count, const struct addr *a)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_has(&p[i], a))
			return true;
	return false;
}

bool prefix_equal(const struct prefix *p, const struct prefix *q)
{
	return p->len == q->len && addr_equal(&p->addr, &q->addr);
}

int prefix_parse(const char *text, struct prefix *ret)
{
	char host[ADDR_TEXT_CAP];
	size_t host_len = strcspn(text, "/");
	if (host_len >= sizeof(host))
		return ERR_SYNTAX;
	memcpy(host, text, host_len);
	host[host_len] = '\0';

	struct addr a;
	int err = addr_parse(host, &a);
	if (err)
		return err;

	unsigned max = 8 * (unsigned)addr_len(&a), len = max;
	if (text[host_len] == '/') {
		const char *p = text + host_len + 1;
		if (*p < '0' || *p > '9')
			return ERR_SYNTAX;
		for (len = 0; *p >= '0' && *p <= '9' && len <= max; p++)
			len = 10 * len + (unsigned)(*p - '0');
		if (*p != '\0' && len <= max)
			return ERR_SYNTAX;
		if (len > max)
			return ERR_RANGE;
	}
	struct prefix prefix = prefix_make(&a, len);
	if (!addr_equal(&prefix.addr, &a))
		return ERR_RANGE;
	*ret = prefix;
	return 0;
}

const char *prefix_format(const struct prefix *p, char *out)
{
	addr_format(&p->addr, out);
	size_t used = strlen(out);
	snprintf(out + used, ADDR_TEXT_CAP - used, "/%u", p->len);
	return out;
}
