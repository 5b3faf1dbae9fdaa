/* SPDX-License-Identifier: ISC */
/*
 * Owns the words for the fixed addresses of a name.
 * Never gives an address to a link.
 */
#include "device/fixed.h"

#include <stdio.h>
#include <string.h>

#define ADDR_WORD    "addr="
#define GATEWAY_WORD "gateway="

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool device_fixed_is_word(const char *word)
{
	return begins_with(word, ADDR_WORD) || begins_with(word, GATEWAY_WORD);
}

/* Link-local addresses are the kernel's choice, or the user's. */
static bool is_host(const struct addr *a)
{
	enum addr_scope scope = addr_scope(a);
	return scope == ADDR_SCOPE_LAN || scope == ADDR_SCOPE_WAN;
}

static bool has_addr(const struct device_fixed *f, const struct addr *a)
{
	for (size_t i = 0; i < f->count; i++)
		if (addr_equal(&f->at[i].addr, a))
			return true;
	return false;
}

static const char *add_addr(struct device_fixed *f, const char *text)
{
	struct device_addr a;
	if (device_addr_parse(text, &a) || !strchr(text, '/') || a.prefix_len == 0)
		return "addr= needs addresses with their prefix lengths, as 192.0.2.5/24";
	if (!is_host(&a.addr))
		return "addr= has an address that no host has";
	if (has_addr(f, &a.addr))
		return "addr= has an address twice";
	if (f->count == LIMIT_DEVICE_FIXED_ADDRS)
		return "addr= has too many addresses";
	f->at[f->count++] = a;
	return NULL;
}

static const char *add_gateway(struct device_fixed *f, const char *text)
{
	struct addr a;
	if (addr_parse(text, &a))
		return "gateway= needs addresses";
	/* The gateway of an IPv6 network may well be a link-local address. */
	if (!is_host(&a) && addr_scope(&a) != ADDR_SCOPE_LOCAL)
		return "gateway= has an address that no host has";
	struct addr *gateway = a.family == ADDR_V4 ? &f->gateway4 : &f->gateway6;
	if (gateway->family != ADDR_NONE)
		return "gateway= has two addresses of one family";
	*gateway = a;
	return NULL;
}

const char *device_fixed_add(struct device_fixed *f, const char *word)
{
	bool is_addr = begins_with(word, ADDR_WORD);
	const char *at = word + strlen(is_addr ? ADDR_WORD : GATEWAY_WORD), *why = NULL;
	/* Progress: each turn reads one address, and the comma before it. */
	for (bool is_first = true; !why && (is_first || *at == ','); is_first = false) {
		char text[ADDR_TEXT_CAP];
		at += !is_first;
		size_t len = strcspn(at, ",");
		/* What is too long is cut, and stays too long for an address. */
		snprintf(text, sizeof(text), "%.*s", (int)len, at);
		why = is_addr ? add_addr(f, text) : add_gateway(f, text);
		at += len;
	}
	return why;
}

static bool has_family(const struct device_fixed *f, uint8_t family)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->at[i].addr.family == family)
			return true;
	return false;
}

const char *device_fixed_check(const struct device_fixed *f)
{
	const struct addr *const gateways[] = {&f->gateway4, &f->gateway6};
	for (size_t i = 0; i < ARRAY_LEN(gateways); i++) {
		if (gateways[i]->family == ADDR_NONE)
			continue;
		if (!has_family(f, gateways[i]->family))
			return "gateway= has a family of which addr= has no address";
		if (has_addr(f, gateways[i]))
			return "an address cannot be its own gateway";
	}
	return NULL;
}

const struct addr *device_fixed_common(
	const struct device_fixed *f, const struct device_fixed *other)
{
	for (size_t i = 0; i < f->count; i++)
		if (has_addr(other, &f->at[i].addr))
			return &f->at[i].addr;
	return NULL;
}

const char *device_fixed_format(const struct device_fixed *f, char *out)
{
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < f->count; i++) {
		char text[ADDR_TEXT_CAP];
		len += (size_t)snprintf(out + len, DEVICE_FIXED_CAP - len, "%s%s/%u", i ? "," : "",
			addr_format(&f->at[i].addr, text), f->at[i].prefix_len);
	}
	return out;
}
