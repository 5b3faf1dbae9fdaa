/* SPDX-License-Identifier: ISC */
/*
 * Owns how values are written: numbers, names, addresses, words, lists of them.
 * Never knows where a value stands.
 */
#include "conf/value.h"

#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { DNS_PORT = 53 };

_Static_assert(sizeof(enum conf_format) == sizeof(unsigned), "CONF_KIND_CHOICE writes an unsigned");
_Static_assert(sizeof(enum name_duplicates) == sizeof(unsigned), "the same");
_Static_assert(sizeof(enum conf_cookies) == sizeof(unsigned), "the same");
_Static_assert(sizeof(enum conf_verbosity) == sizeof(unsigned), "the same");

/* Says what is wrong. For `return fail(…)`. */
static int PRINTFLIKE(2, 3) fail(struct conf_why *why, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return ERR_SYNTAX;
}

/* Room for one more element of `size` bytes behind the `count` in `*array`; NULL: no memory. */
static void *grow(void *array, size_t count, size_t size)
{
	return reallocarray(array, count + 1, size);
}

static int read_flag(bool *ret, const char *text, struct conf_why *why)
{
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return fail(why, "'%s' is neither yes nor no", text);
	*ret = text[0] == 'y';
	return 0;
}

/* Decimal digits only: no sign, no white space, no other base. */
static int read_number(
	uint32_t *ret, const struct conf_option *o, const char *text, struct conf_why *why)
{
	size_t len = strlen(text);
	uint64_t value = 0;
	bool is_number = len > 0 && len <= 10 && strspn(text, "0123456789") == len;
	for (size_t i = 0; is_number && i < len; i++)
		value = 10 * value + (uint64_t)(text[i] - '0');
	if (!is_number || value < o->min || value > o->max)
		return fail(why, "'%s' is no number from %u to %u", text, o->min, o->max);
	*ret = (uint32_t)value;
	return 0;
}

static int read_text(char **ret, const char *text, struct conf_why *why)
{
	if (text[0] == '\0')
		return fail(why, "is empty");
	char *copy = strdup(text);
	if (!copy)
		return ERR_NOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

static int read_short_text(
	char **ret, const struct conf_option *o, const char *text, struct conf_why *why)
{
	if (o->max > 0 && strlen(text) > o->max)
		return fail(why, "is longer than %u bytes", o->max);
	return read_text(ret, text, why);
}

static int read_dir(char **ret, const char *text, struct conf_why *why)
{
	if (strcmp(text, "no") != 0 && strcmp(text, "none") != 0)
		return read_text(ret, text, why);
	free(*ret);
	*ret = NULL;
	return 0;
}

static int add_text(struct conf_texts *list, const char *text, struct conf_why *why)
{
	char *copy = NULL;
	int err = read_text(&copy, text, why);
	if (err)
		return err;
	char **at = grow(list->at, list->count, sizeof(*at));
	if (!at) {
		free(copy);
		return ERR_NOMEM;
	}
	list->at = at;
	list->at[list->count++] = copy;
	return 0;
}

static int read_name(struct name *ret, const char *text, struct conf_why *why)
{
	int err = name_from_text(text, NULL, ret);
	if (err == ERR_RANGE)
		return fail(why, "'%s' is longer than a domain name may be", text);
	return err ? fail(why, "'%s' is no domain name", text) : 0;
}

/* A name that clients can have in URLs: letters, digits, hyphens (RFC 1123 §2.1) and
 * underscores. */
static int read_host(struct name *ret, const char *text, struct conf_why *why)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	if (strspn(text, allowed) != strlen(text))
		return fail(why, "'%s' has other characters than letters, digits, hyphens", text);
	return read_name(ret, text, why);
}

/* The zone's place among names: not where mDNS or the reverse names are, and with room for what
 * goes in front of it, at most "label.wan.". */
static int read_domain(struct name *ret, const char *text, struct conf_why *why)
{
	static const uint8_t local[] = "\5local", arpa[] = "\4arpa";
	static const uint8_t in_addr[] = "\7in-addr\4arpa", ip6[] = "\3ip6\4arpa";
	int err = read_host(ret, text, why);
	if (err)
		return err;
	const uint8_t *domain = ret->wire;
	if (domain[0] == 0)
		return fail(why, "the root cannot be served");
	if (name_is_below(domain, local))
		return fail(why, "names under local are mDNS's (RFC 6762 §3), not a zone");
	if (name_equal(domain, arpa) || name_is_below(domain, in_addr) ||
		name_is_below(domain, ip6))
		return fail(why, "'%s' is a place of reverse names", text);
	if (ret->len + 1 + LABEL_CAP + sizeof("\3wan") - 1 > NAME_CAP)
		return fail(why, "'%s' is too long to have names in it", text);
	return 0;
}

/* "admin@example.org" is the name admin.example.org, with the dots of the local part inside its
 * first label (RFC 1035 §8). */
static int read_mailbox(struct name *ret, const char *text, struct conf_why *why)
{
	const char *at = strrchr(text, '@');
	struct name domain;
	if (!at)
		return read_name(ret, text, why);
	int err = read_name(&domain, at + 1, why);
	if (err)
		return err;
	if (name_prepend(text, (size_t)(at - text), domain.wire, ret))
		return fail(why, "'%s' is no mail address", text);
	return 0;
}

static int read_addr(struct addr *ret, const char *text, struct conf_why *why)
{
	return addr_parse(text, ret) ? fail(why, "'%s' is no address", text) : 0;
}

static int add_prefix(struct conf_prefixes *list, const char *text, struct conf_why *why)
{
	struct prefix prefix;
	int err = prefix_parse(text, &prefix);
	if (err == ERR_RANGE)
		return fail(
			why, "'%s' has bits set beyond its length, or too great a length", text);
	if (err)
		return fail(why, "'%s' is no prefix such as 192.0.2.0/24 or 2001:db8::/32", text);
	struct prefix *at = grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = prefix;
	return 0;
}

/* A kernel's rule for names of links: below IFNAMSIZ bytes, no slash, colon or white space. */
static bool is_ifname(const char *text)
{
	size_t len = strlen(text);
	return len > 0 && len < IF_NAMESIZE && strcspn(text, "/: \t") == len;
}

/* Copies the address of "ADDR", "ADDR:PORT", "[ADDR]" or "[ADDR]:PORT" to `addr`, "" if the text is
 * none of these, and returns where the port begins, or NULL. */
static const char *split_port(const char *text, char *addr, size_t cap)
{
	bool has_brackets = text[0] == '[';
	const char *end = has_brackets ? strchr(++text, ']') : strchr(text, ':');
	if (!has_brackets && end && strchr(end + 1, ':'))
		end = NULL; /* a bare IPv6 address */
	size_t len = end ? (size_t)(end - text) : strlen(text);
	if (len >= cap || (has_brackets && (!end || (end[1] && end[1] != ':'))))
		len = 0;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (end && has_brackets)
		end++;
	return end && *end ? end + 1 : NULL;
}

/* "fe80::1%eth0": link-local addresses, and only they, say on which link (RFC 4007 §11). */
static int read_scoped_addr(struct conf_listen *ret, char *text)
{
	char *percent = strchr(text, '%');
	if (percent)
		*percent = '\0';
	if (addr_parse(text, &ret->addr))
		return ERR_SYNTAX;
	bool is_scoped = ret->addr.family == ADDR_V6 && addr_scope(&ret->addr) == ADDR_SCOPE_LOCAL;
	if (is_scoped != (percent && is_ifname(percent + 1)))
		return ERR_SYNTAX;
	if (is_scoped)
		strcpy(ret->ifname, percent + 1);
	return 0;
}

static int add_listen(struct conf_listens *list, const char *text, struct conf_why *why)
{
	static const struct conf_option port_range = {.min = 1, .max = 65535};
	char addr[ADDR_TEXT_CAP + IF_NAMESIZE];
	struct conf_listen listen = {.port = 0};
	uint32_t number = DNS_PORT;
	const char *port = split_port(text, addr, sizeof(addr));
	if (read_scoped_addr(&listen, addr))
		return fail(why,
			"'%s' is not of the form 192.0.2.1:53, [2001:db8::1]:53 or "
			"[fe80::1%%eth0]:53",
			text);
	if (port && read_number(&number, &port_range, port, why))
		return fail(why, "'%s': the port is no number from 1 to 65535", text);
	listen.port = (uint16_t)number;
	struct conf_listen *at = grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = listen;
	return 0;
}

/* Writes "a, b or c" to `out`. */
static void list_words(const char *const *words, char *out, size_t cap)
{
	size_t len = 0;
	*out = '\0';
	for (int i = words[0][0] ? 0 : 1; words[i] && len < cap; i++) {
		const char *before = len == 0 ? "" : words[i + 1] ? ", " : " or ";
		len += (size_t)snprintf(out + len, cap - len, "%s%s", before, words[i]);
	}
}

static int read_choice(
	unsigned *ret, const char *const *words, const char *text, size_t len, struct conf_why *why)
{
	char known[128];
	int index = conf_word_index(words, text, len);
	if (index < 0) {
		list_words(words, known, sizeof(known));
		return fail(why, "'%.*s' is not %s", (int)(len < 64 ? len : 64), text, known);
	}
	*ret = (unsigned)index;
	return 0;
}

static int add_source(
	struct conf_name_sources *list, const char *word, size_t len, struct conf_why *why)
{
	unsigned source = 0;
	int err = read_choice(&source, conf_source_words, word, len, why);
	if (err)
		return err;
	for (unsigned i = 0; i < list->count; i++)
		if (list->at[i] == source)
			return fail(why, "'%.*s' stands there twice", (int)len, word);
	list->at[list->count++] = source;
	return 0;
}

static int read_sources(struct conf_name_sources *ret, const char *text, struct conf_why *why)
{
	struct conf_name_sources list = {.count = 0};
	for (;;) {
		size_t len = strcspn(text, ",");
		int err = add_source(&list, text, len, why);
		if (err)
			return err;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	*ret = list;
	return 0;
}

static int read_mdns(struct conf *c, const char *text, size_t nth, struct conf_why *why)
{
	enum name_mdns mode = NAME_MDNS_LISTED;
	if (strcmp(text, "auto") == 0)
		mode = NAME_MDNS_AUTO;
	else if (strcmp(text, "no") == 0)
		mode = NAME_MDNS_NONE;
	else if (!is_ifname(text))
		return fail(why, "'%s' is no name of a link", text);
	if (nth > 0 && mode != c->mdns)
		return fail(why, "'%s': auto, no and names of links exclude each other", text);
	c->mdns = mode;
	return mode == NAME_MDNS_LISTED ? add_text(&c->mdns_ifaces, text, why) : 0;
}

static int add_export(struct conf_exports *list, const char *text, struct conf_why *why)
{
	unsigned format = 0;
	size_t len = strcspn(text, ":");
	char *path = NULL;
	int err = read_choice(&format, conf_format_words, text, len, why);
	if (err)
		return err;
	if (text[len] == '\0' || text[len + 1] == '\0')
		return fail(why, "'%s' is not FORMAT:FILE", text);
	err = read_text(&path, text + len + 1, why);
	if (err)
		return err;
	struct conf_export *at = grow(list->at, list->count, sizeof(*at));
	if (!at) {
		free(path);
		return ERR_NOMEM;
	}
	list->at = at;
	list->at[list->count++] = (struct conf_export){.format = format, .path = path};
	return 0;
}

static int add_key(struct conf_keys *list, const char *text, struct conf_why *why)
{
	struct tsig_key key;
	const char *wrong = tsig_key_parse(text, &key);
	if (wrong)
		return fail(why, "%s", wrong); /* not the text: the secret is in it */
	if (tsig_key_find(list->at, list->count, key.name.wire))
		return fail(why, "there are two keys of that name");
	struct tsig_key *at = grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = key;
	return 0;
}

/* "key:NAME", as names of keys are compared: in lower case. */
static int read_key_name(struct name *ret, const char *text, struct conf_why *why)
{
	if (strncmp(text, "key:", 4) != 0 || text[4] == '\0')
		return fail(why, "'%s' is not key:NAME", text);
	int err = read_name(ret, text + 4, why);
	if (!err)
		name_lower(ret);
	return err;
}

static int add_allow(struct conf_allows *list, const char *text, struct conf_why *why)
{
	struct conf_allow allow = {0};
	int err = strncmp(text, "key:", 4) == 0 ? read_key_name(&allow.key, text, why)
						: prefix_parse(text, &allow.prefix);
	if (err && err != ERR_NOMEM)
		return fail(why, "'%s' is neither a prefix such as 192.0.2.0/24 nor key:NAME", text);
	struct conf_allow *at = grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = allow;
	return 0;
}

/* Reads "ADDR", "ADDR:PORT" or "[ADDR]:PORT". */
static int read_server(struct conf_peer *ret, const char *text, struct conf_why *why)
{
	static const struct conf_option port_range = {.min = 1, .max = 65535};
	char addr[ADDR_TEXT_CAP + IF_NAMESIZE];
	uint32_t number = DNS_PORT;
	const char *port = split_port(text, addr, sizeof(addr));
	if (addr_parse(addr, &ret->addr))
		return fail(why, "'%s' is not of the form 192.0.2.1:53 or [2001:db8::1]:53", text);
	if (port && read_number(&number, &port_range, port, why))
		return fail(why, "'%s': the port is no number from 1 to 65535", text);
	ret->port = (uint16_t)number;
	return 0;
}

static int add_peer(struct conf_peers *list, const char *text, struct conf_why *why)
{
	struct conf_peer peer = {0};
	char server[ADDR_TEXT_CAP + IF_NAMESIZE];
	size_t len = strcspn(text, ",");
	if (len >= sizeof(server))
		return fail(why, "'%s' is no ADDR[:PORT][,key:NAME]", text);
	memcpy(server, text, len);
	server[len] = '\0';
	int err = read_server(&peer, server, why);
	if (!err && text[len])
		err = read_key_name(&peer.key, text + len + 1, why);
	if (err)
		return err;
	struct conf_peer *at = grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = peer;
	return 0;
}

static int read_fd(int *ret, const struct conf_option *o, const char *text, struct conf_why *why)
{
	uint32_t number;
	int err = read_number(&number, o, text, why);
	if (!err)
		*ret = (int)number;
	return err;
}

int conf_value_read(struct conf *c, const struct conf_option *o, const char *text, size_t nth,
	struct conf_why *why)
{
	void *at = (char *)c + o->offset;
	switch (o->kind) {
	case CONF_KIND_FLAG: return read_flag(at, text, why);
	case CONF_KIND_NUMBER: return read_number(at, o, text, why);
	case CONF_KIND_FD: return read_fd(at, o, text, why);
	case CONF_KIND_TEXT: return read_short_text(at, o, text, why);
	case CONF_KIND_DIR: return read_dir(at, text, why);
	case CONF_KIND_TEXTS: return add_text(at, text, why);
	case CONF_KIND_HOST: return read_host(at, text, why);
	case CONF_KIND_DOMAIN: return read_domain(at, text, why);
	case CONF_KIND_NAME: return read_name(at, text, why);
	case CONF_KIND_MAILBOX: return read_mailbox(at, text, why);
	case CONF_KIND_ADDR: return read_addr(at, text, why);
	case CONF_KIND_PREFIXES: return add_prefix(at, text, why);
	case CONF_KIND_LISTENS: return add_listen(at, text, why);
	case CONF_KIND_CHOICE: return read_choice(at, o->words, text, strlen(text), why);
	case CONF_KIND_SOURCES: return read_sources(at, text, why);
	case CONF_KIND_MDNS: return read_mdns(c, text, nth, why);
	case CONF_KIND_EXPORTS: return add_export(at, text, why);
	case CONF_KIND_KEYS: return add_key(at, text, why);
	case CONF_KIND_ALLOWS: return add_allow(at, text, why);
	case CONF_KIND_PEERS: return add_peer(at, text, why);
	case CONF_KIND_ARGS:
	case CONF_KIND_COUNT: break;
	}
	return 0;
}

static void free_texts(struct conf_texts *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->at[i]);
	free(list->at);
}

static void free_exports(struct conf_exports *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->at[i].path);
	free(list->at);
}

void conf_value_free(struct conf *c, const struct conf_option *o)
{
	void *at = (char *)c + o->offset;
	switch (o->kind) {
	case CONF_KIND_TEXT:
	case CONF_KIND_DIR: free(*(char **)at); break;
	case CONF_KIND_MDNS:
	case CONF_KIND_TEXTS: free_texts(at); break;
	case CONF_KIND_PREFIXES: free(((struct conf_prefixes *)at)->at); break;
	case CONF_KIND_LISTENS: free(((struct conf_listens *)at)->at); break;
	case CONF_KIND_EXPORTS: free_exports(at); break;
	case CONF_KIND_KEYS:
		tsig_keys_free(((struct conf_keys *)at)->at, ((struct conf_keys *)at)->count);
		break;
	case CONF_KIND_ALLOWS: free(((struct conf_allows *)at)->at); break;
	case CONF_KIND_PEERS: free(((struct conf_peers *)at)->at); break;
	case CONF_KIND_FLAG:
	case CONF_KIND_NUMBER:
	case CONF_KIND_FD:
	case CONF_KIND_HOST:
	case CONF_KIND_DOMAIN:
	case CONF_KIND_NAME:
	case CONF_KIND_MAILBOX:
	case CONF_KIND_ADDR:
	case CONF_KIND_CHOICE:
	case CONF_KIND_SOURCES:
	case CONF_KIND_ARGS:
	case CONF_KIND_COUNT: break;
	}
}
