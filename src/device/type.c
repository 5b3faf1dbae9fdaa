/* SPDX-License-Identifier: ISC */
/*
 * Owns the names of types and modes, and the rules for names of links.
 * Never asks whether the kernel has a type.
 */
#include "device/type.h"

#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "model/event.h"

static const char *const type_words[] = {
	[DEVICE_IPVLAN] = "ipvlan",
	[DEVICE_IPVTAP] = "ipvtap",
	[DEVICE_MACVLAN] = "macvlan",
	[DEVICE_MACVTAP] = "macvtap",
	[DEVICE_VETH] = "veth",
	[DEVICE_TAP] = "tap",
};

/* Of a tun or tap device (drivers/net/tun.c). */
#define KIND_TUN "tun"

struct word {
	const char *text;
	uint8_t value;
};

static const struct word macvlan_modes[] = {
	{"bridge", MACVLAN_MODE_BRIDGE},
	{"private", MACVLAN_MODE_PRIVATE},
	{"vepa", MACVLAN_MODE_VEPA},
	{"passthru", MACVLAN_MODE_PASSTHRU},
	{"source", MACVLAN_MODE_SOURCE},
	{NULL, 0},
};

static const struct word port_modes[] = {
	{"bridge", DEVICE_PORT_BRIDGE},
	{"private", DEVICE_PORT_PRIVATE},
	{"open", DEVICE_PORT_OPEN},
	{NULL, 0},
};

static const struct word ipvlan_modes[] = {
	{"l2", IPVLAN_MODE_L2},
	{"l3", IPVLAN_MODE_L3},
	{"l3s", IPVLAN_MODE_L3S},
	{NULL, 0},
};

static const struct word ipvlan_flags[] = {
	{"bridge", 0},
	{"private", IPVLAN_F_PRIVATE},
	{"vepa", IPVLAN_F_VEPA},
	{NULL, 0},
};

const char *device_type_text(enum device_type type)
{
	return (unsigned)type < DEVICE_TYPE_COUNT ? type_words[type] : "unknown";
}

int device_type_parse(const char *text, enum device_type *ret)
{
	for (int i = 0; i < DEVICE_TYPE_COUNT; i++)
		if (strcmp(text, type_words[i]) == 0) {
			*ret = (enum device_type)i;
			return 0;
		}
	return ERR_SYNTAX;
}

bool device_type_is_tap(enum device_type type)
{
	return type == DEVICE_IPVTAP || type == DEVICE_MACVTAP || type == DEVICE_TAP;
}

bool device_type_is_ipvlan(enum device_type type)
{
	return type == DEVICE_IPVLAN || type == DEVICE_IPVTAP;
}

bool device_type_is_port(enum device_type type)
{
	return type == DEVICE_VETH || type == DEVICE_TAP;
}

int device_type_of_kind(const char *kind, enum device_type *ret)
{
	return device_type_parse(strcmp(kind, KIND_TUN) == 0 ? "tap" : kind, ret);
}

static const struct word *find_word(const struct word *words, const char *text, size_t len)
{
	for (; words->text; words++)
		if (strlen(words->text) == len && memcmp(words->text, text, len) == 0)
			return words;
	return NULL;
}

static const char *word_of(const struct word *words, uint8_t value)
{
	for (; words->text; words++)
		if (words->value == value)
			return words->text;
	return "unknown";
}

/* Parses one word of an ipvlan's mode. Each kind of word may occur once. */
static int parse_ipvlan_word(
	const char *text, size_t len, struct device_mode *mode, bool *has_mode, bool *has_flag)
{
	const struct word *word = find_word(ipvlan_modes, text, len);
	if (word && !*has_mode) {
		*has_mode = true;
		mode->mode = word->value;
		return 0;
	}
	word = find_word(ipvlan_flags, text, len);
	if (!word || *has_flag)
		return ERR_SYNTAX;
	*has_flag = true;
	mode->flag = word->value;
	return 0;
}

/* Parses a mode that is one word. */
static int parse_word(
	const struct word *words, uint8_t fallback, const char *text, struct device_mode *ret)
{
	const struct word *word = find_word(words, text, strlen(text));
	if (!word && *text)
		return ERR_SYNTAX;
	*ret = (struct device_mode){.mode = word ? word->value : fallback};
	return 0;
}

int device_mode_parse(enum device_type type, const char *text, struct device_mode *ret)
{
	if (device_type_is_port(type))
		return parse_word(port_modes, DEVICE_PORT_BRIDGE, text, ret);
	if (!device_type_is_ipvlan(type))
		return parse_word(macvlan_modes, MACVLAN_MODE_BRIDGE, text, ret);
	struct device_mode mode = {.mode = IPVLAN_MODE_L2};
	bool has_mode = false, has_flag = false;
	while (*text) {
		size_t len = strcspn(text, ",");
		if (parse_ipvlan_word(text, len, &mode, &has_mode, &has_flag))
			return ERR_SYNTAX;
		text += len;
		if (*text == ',' && *++text == '\0')
			return ERR_SYNTAX;
	}
	*ret = mode;
	return 0;
}

const char *device_mode_format(enum device_type type, struct device_mode mode, char *out)
{
	if (device_type_is_ipvlan(type))
		snprintf(out, DEVICE_MODE_CAP, "%s,%s", word_of(ipvlan_modes, mode.mode),
			word_of(ipvlan_flags, mode.flag));
	else
		snprintf(out, DEVICE_MODE_CAP, "%s",
			word_of(device_type_is_port(type) ? port_modes : macvlan_modes, mode.mode));
	return out;
}

/* Like the kernel's dev_valid_name(), and stricter: conf/all and conf/default do not
 * belong to a link. */
bool device_is_name(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len >= IF_NAMESIZE)
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "all") == 0 ||
		strcmp(name, "default") == 0)
		return false;
	if (strncmp(name, DEVICE_NEW_PREFIX, strlen(DEVICE_NEW_PREFIX)) == 0)
		return false;
	for (const char *p = name; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("/:%", *p))
			return false;
	return true;
}

bool device_is_alias(const char *alias)
{
	size_t len = strlen(alias);
	if (len >= ALIAS_CAP)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)alias[i] < ' ' || alias[i] == 0x7f)
			return false;
	return true;
}

bool device_is_hwaddr(const uint8_t *hwaddr)
{
	static const uint8_t zeros[DEVICE_HWADDR_LEN];
	return !(hwaddr[0] & 1) && memcmp(hwaddr, zeros, sizeof(zeros)) != 0;
}
