/* SPDX-License-Identifier: ISC */
/*
 * Owns the syntax of values that only ontap-zone has: names, addresses, sockets, keys.
 * Never knows where a value comes from.
 */
#include "conf/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "wire/msg.h"
#include "wire/rrsig.h"

enum { PORT_MAX = 65535 };

const char *const conf_format_words[] = {
	[CONF_TINYDNS] = "tinydns",
	[CONF_ZONE] = "zone",
	[CONF_HOSTS] = "hosts",
	[CONF_JSON] = "json",
	NULL,
};
const char *const conf_source_words[] = {
	[NAME_ALIAS] = "alias",
	[NAME_HOSTNAME] = "hostname",
	[NAME_NETNS] = "netns",
	[NAME_LABEL] = "label",
	[NAME_DHCP] = "dhcp",
	[NAME_SOURCE_COUNT] = NULL,
};

const char *const conf_keys_words[CONF_KEYS_COUNT + 1] = {
	[CONF_KEYS_SHOW] = "show",
	[CONF_KEYS_DS] = "ds",
	[CONF_KEYS_ROLL] = "roll",
	[CONF_KEYS_DS_SEEN] = "ds-seen",
	[CONF_KEYS_UNSIGN] = "unsign",
	[CONF_KEYS_CLOCK] = "clock",
	[CONF_KEYS_COUNT] = NULL,
};

/* --- names -------------------------------------------------------------------------------- */

static int read_name(struct name *ret, const char *text, struct option_why *why)
{
	int err = name_from_text(text, NULL, ret);
	if (err == ERR_RANGE)
		return option_fail(why, "'%s' is longer than a domain name may be", text);
	return err ? option_fail(why, "'%s' is no domain name", text) : 0;
}

/* A name that is allowed in URLs: letters, digits, hyphens (RFC 1123 §2.1), and underscores. */
static int read_host(struct name *ret, const char *text, struct option_why *why)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	if (strspn(text, allowed) != strlen(text))
		return option_fail(
			why, "'%s' has other characters than letters, digits, hyphens", text);
	return read_name(ret, text, why);
}

static int read_name_value(void *at, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	return read_name(at, text, why);
}

static int read_host_value(void *at, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	return read_host(at, text, why);
}

/* The domain must be neither mDNS's nor a reverse name, and must leave room for the labels in front
 * of it, at most "label.wan.". */
static int read_domain(void *at, const struct option *o UNUSED, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	struct name *ret = at;
	static const uint8_t arpa[] = "\4arpa";
	int err = read_host(ret, text, why);
	if (err)
		return err;
	const uint8_t *domain = ret->wire;
	if (domain[0] == 0)
		return option_fail(why, "the root cannot be served");
	if (name_is_mdns(domain))
		return option_fail(why, "names under local are mDNS's (RFC 6762 §3), not a zone");
	if (name_equal(domain, arpa) || name_is_reverse(domain))
		return option_fail(why, "'%s' is a place of reverse names", text);
	if (ret->len + 1 + LABEL_CAP + sizeof("\3wan") - 1 > NAME_CAP)
		return option_fail(why, "'%s' is too long to have names in it", text);
	return 0;
}

/* "admin@example.org" becomes admin.example.org. Dots in the local part stay inside its first
 * label (RFC 1035 §8). */
static int read_mailbox(void *value, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	struct name *ret = value;
	const char *at = strrchr(text, '@');
	struct name domain;
	if (!at)
		return read_name(ret, text, why);
	int err = read_name(&domain, at + 1, why);
	if (err)
		return err;
	if (name_prepend(text, (size_t)(at - text), domain.wire, ret))
		return option_fail(why, "'%s' is no mail address", text);
	return 0;
}

/* --- addresses ---------------------------------------------------------------------------- */

static int read_addr(void *at, const struct option *o UNUSED, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	return addr_parse(text, at) ? option_fail(why, "'%s' is no address", text) : 0;
}

static int add_prefix(void *value, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	struct conf_prefixes *list = value;
	struct prefix prefix;
	int err = prefix_parse(text, &prefix);
	if (err == ERR_RANGE)
		return option_fail(
			why, "'%s' has bits set beyond its length, or too great a length", text);
	if (err)
		return option_fail(
			why, "'%s' is no prefix such as 192.0.2.0/24 or 2001:db8::/32", text);
	struct prefix *at = options_grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = prefix;
	return 0;
}

/* The kernel's rule for names of links: shorter than IFNAMSIZ bytes; no slash,
 * colon or white space. */
bool conf_is_ifname(const char *text)
{
	size_t len = strlen(text);
	return len > 0 && len < IF_NAMESIZE && strcspn(text, "/: \t") == len;
}

/* Splits "ADDR", "ADDR:PORT", "[ADDR]" or "[ADDR]:PORT": copies the address to `addr`, and returns
 * where the port begins, or NULL. `addr` becomes "" if the text has another form. */
static const char *split_port(const char *text, char *addr, size_t cap)
{
	bool has_brackets = text[0] == '[';
	const char *end = has_brackets ? strchr(++text, ']') : strchr(text, ':');
	if (!has_brackets && end && strchr(end + 1, ':'))
		end = NULL; /* an IPv6 address without brackets */
	size_t len = end ? (size_t)(end - text) : strlen(text);
	if (len >= cap || (has_brackets && (!end || (end[1] && end[1] != ':'))))
		len = 0;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (end && has_brackets)
		end++;
	return end && *end ? end + 1 : NULL;
}

/* "fe80::1%eth0": link-local addresses, and only these, need a link (RFC 4007 §11). */
static int read_scoped_addr(struct listen_rule *ret, char *text)
{
	char *percent = strchr(text, '%');
	if (percent)
		*percent = '\0';
	if (addr_parse(text, &ret->addr))
		return ERR_SYNTAX;
	bool is_scoped = ret->addr.family == ADDR_V6 && addr_scope(&ret->addr) == ADDR_SCOPE_LOCAL;
	if (is_scoped != (percent && conf_is_ifname(percent + 1)))
		return ERR_SYNTAX;
	if (is_scoped)
		strcpy(ret->ifname, percent + 1);
	ret->kind = LISTEN_ADDR;
	return 0;
}

/* A word without letters is an address with a mistake, not a link. */
static bool is_link_word(const char *text)
{
	return conf_is_ifname(text) && !strchr(text, '%') &&
	       strspn(text, "0123456789.") != strlen(text);
}

/* Reads the part before the port. Changes `text`. */
static int read_listen_place(struct listen_rule *ret, char *text)
{
	if (strcmp(text, "auto") == 0 || strcmp(text, "any") == 0) {
		ret->kind = text[1] == 'u' ? LISTEN_AUTO : LISTEN_ANY;
		return 0;
	}
	if (!is_link_word(text))
		return read_scoped_addr(ret, text);
	ret->kind = LISTEN_LINK;
	strcpy(ret->ifname, text);
	return 0;
}

static int add_listen(void *value, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	struct listen_rules *list = value;
	char place[ADDR_TEXT_CAP + IF_NAMESIZE];
	struct listen_rule rule = {.port = 0};
	uint32_t number = DNS_PORT;
	const char *port = split_port(text, place, sizeof(place));
	if (read_listen_place(&rule, place))
		return option_fail(why,
			"'%s' is none of auto, any, a link such as eth0, 192.0.2.1:53, "
			"[2001:db8::1]:53 or [fe80::1%%eth0]:53",
			text);
	if (port && options_read_number(port, 1, PORT_MAX, &number))
		return option_fail(why, "'%s': the port is no number from 1 to 65535", text);
	rule.port = (uint16_t)number;
	struct listen_rule *at = options_grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = rule;
	return 0;
}

static int add_source(
	struct conf_name_sources *list, const char *word, size_t len, struct option_why *why)
{
	int source = options_word_index(conf_source_words, word, len);
	if (source < 0)
		return option_fail_choice(why, conf_source_words, word, len);
	for (unsigned i = 0; i < list->count; i++)
		if (list->at[i] == (enum name_source)source)
			return option_fail(why, "'%.*s' stands there twice", (int)len, word);
	list->at[list->count++] = (enum name_source)source;
	return 0;
}

static int read_sources(void *at, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	struct conf_name_sources *ret = at;
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

static int read_dnssec(void *at, const struct option *o UNUSED, const char *text, size_t nth,
	struct option_why *why)
{
	struct conf *c = container_of(at, struct conf, signed_zones);
	struct conf_names *list = at;
	enum conf_dnssec mode = CONF_DNSSEC_LISTED;
	struct name zone;
	if (strcmp(text, "auto") == 0 || strcmp(text, "yes") == 0)
		mode = CONF_DNSSEC_AUTO;
	else if (strcmp(text, "no") == 0)
		mode = CONF_DNSSEC_NO;
	if (nth > 0 && mode != c->dnssec)
		return option_fail(
			why, "'%s': auto, no and names of zones exclude each other", text);
	c->dnssec = mode;
	int err = mode == CONF_DNSSEC_LISTED ? read_name(&zone, text, why) : 0;
	if (err || mode != CONF_DNSSEC_LISTED)
		return err;
	if (conf_is_nobodys(zone.wire))
		return option_fail(
			why, "'%s' cannot have a DS: no parent delegates it to one owner", text);
	struct name *names = options_grow(list->at, list->count, sizeof(*names));
	if (!names)
		return ERR_NOMEM;
	list->at = names;
	name_lower(&zone);
	list->at[list->count++] = zone;
	return 0;
}

static void free_names(void *at)
{
	struct conf_names *list = at;
	free(list->at);
	*list = (struct conf_names){0};
}

/* VERB, or VERB ZONE. */
static int read_keys_word(void *at, const struct option *o UNUSED, const char *text, size_t nth,
	struct option_why *why)
{
	struct conf *c = container_of(at, struct conf, keys_zone);
	struct name zone;
	if (nth == 0) {
		int verb = options_word_index(conf_keys_words, text, strlen(text));
		if (verb < 0)
			return option_fail_choice(why, conf_keys_words, text, strlen(text));
		c->keys_verb = (enum conf_keys_verb)verb;
		return 0;
	}
	if (nth > 1)
		return option_fail(why, "'%s' follows the zone, and nothing may", text);
	int err = read_name(&zone, text, why);
	if (err)
		return err;
	char *copy = strdup(text);
	if (!copy)
		return ERR_NOMEM;
	free(c->keys_zone);
	c->keys_zone = copy;
	return 0;
}

static void free_text(void *at)
{
	char **text = at;
	free(*text);
	*text = NULL;
}

static int read_algorithm(void *at, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	uint32_t alg;
	if (options_read_number(text, 0, UINT8_MAX, &alg) ||
		(alg != DNSSEC_P256 && alg != DNSSEC_ED25519))
		return option_fail(why, "'%s' is not 13 (ECDSAP256SHA256) or 15 (ED25519)", text);
	*(uint32_t *)at = alg;
	return 0;
}

static int add_export(void *value, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	struct conf_exports *list = value;
	size_t len = strcspn(text, ":");
	int format = options_word_index(conf_format_words, text, len);
	if (format < 0)
		return option_fail_choice(why, conf_format_words, text, len);
	if (text[len] == '\0' || text[len + 1] == '\0')
		return option_fail(why, "'%s' is not FORMAT:FILE", text);
	char *path = strdup(text + len + 1);
	if (!path)
		return ERR_NOMEM;
	struct conf_export *at = options_grow(list->at, list->count, sizeof(*at));
	if (!at) {
		free(path);
		return ERR_NOMEM;
	}
	list->at = at;
	list->at[list->count++] = (struct conf_export){(enum conf_format)format, path};
	return 0;
}

static int add_key(void *value, const struct option *o UNUSED, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	struct conf_keys *list = value;
	struct tsig_key key;
	const char *wrong = tsig_key_parse(text, &key);
	if (wrong)
		return option_fail(why, "%s", wrong); /* without the text: it has the secret */
	if (tsig_key_find(list->at, list->count, key.name.wire))
		return option_fail(why, "there are two keys of that name");
	struct tsig_key *at = options_grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = key;
	return 0;
}

/* "key:NAME". Names of keys are stored in lower case, as they are compared. */
static int read_key_name(struct name *ret, const char *text, struct option_why *why)
{
	if (strncmp(text, "key:", 4) != 0 || text[4] == '\0')
		return option_fail(why, "'%s' is not key:NAME", text);
	int err = read_name(ret, text + 4, why);
	if (!err)
		name_lower(ret);
	return err;
}

static int add_allow(void *value, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	struct conf_allows *list = value;
	struct conf_allow allow = {0};
	int err = strncmp(text, "key:", 4) == 0 ? read_key_name(&allow.key, text, why)
						: prefix_parse(text, &allow.prefix);
	if (err && err != ERR_NOMEM)
		return option_fail(
			why, "'%s' is neither a prefix such as 192.0.2.0/24 nor key:NAME", text);
	struct conf_allow *at = options_grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = allow;
	return 0;
}

static int add_right(void *value, const struct option *o UNUSED, const char *text,
	size_t nth UNUSED, struct option_why *why)
{
	struct conf_rights *list = value;
	struct update_right right;
	const char *wrong = update_right_parse(text, &right);
	if (wrong)
		return option_fail(why, "'%s': %s", text, wrong);
	struct update_right *at = options_grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = right;
	return 0;
}

/* Reads "ADDR", "ADDR:PORT" or "[ADDR]:PORT". */
static int read_server(struct conf_peer *ret, const char *text, struct option_why *why)
{
	char addr[ADDR_TEXT_CAP + IF_NAMESIZE];
	uint32_t number = DNS_PORT;
	const char *port = split_port(text, addr, sizeof(addr));
	if (addr_parse(addr, &ret->addr))
		return option_fail(
			why, "'%s' is not of the form 192.0.2.1:53 or [2001:db8::1]:53", text);
	if (port && options_read_number(port, 1, PORT_MAX, &number))
		return option_fail(why, "'%s': the port is no number from 1 to 65535", text);
	ret->port = (uint16_t)number;
	return 0;
}

static int add_peer(void *value, const struct option *o UNUSED, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	struct conf_peers *list = value;
	struct conf_peer peer = {0};
	char server[ADDR_TEXT_CAP + IF_NAMESIZE];
	size_t len = strcspn(text, ",");
	if (len >= sizeof(server))
		return option_fail(why, "'%s' is no ADDR[:PORT][,key:NAME]", text);
	memcpy(server, text, len);
	server[len] = '\0';
	int err = read_server(&peer, server, why);
	peer.is_sig0 = text[len] && strcmp(text + len + 1, "sig0") == 0;
	if (!err && text[len] && !peer.is_sig0)
		err = read_key_name(&peer.key, text + len + 1, why);
	if (err)
		return err;
	struct conf_peer *at = options_grow(list->at, list->count, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	list->at = at;
	list->at[list->count++] = peer;
	return 0;
}

/* --- freeing ------------------------------------------------------------------------------ */

static void free_prefixes(void *at)
{
	struct conf_prefixes *list = at;
	free(list->at);
}

static void free_listens(void *at)
{
	struct listen_rules *list = at;
	free(list->at);
}

static void free_exports(void *at)
{
	struct conf_exports *list = at;
	for (size_t i = 0; i < list->count; i++)
		free(list->at[i].path);
	free(list->at);
}

static void free_keys(void *at)
{
	struct conf_keys *list = at;
	tsig_keys_free(list->at, list->count);
}

static void free_allows(void *at)
{
	struct conf_allows *list = at;
	free(list->at);
}

static void free_rights(void *at)
{
	struct conf_rights *list = at;
	free(list->at);
}

static void free_peers(void *at)
{
	struct conf_peers *list = at;
	free(list->at);
}

static int read_choice(
	void *at, const struct option *o, const char *text, size_t nth, struct option_why *why)
{
	return option_type_choice.read(at, o, text, nth, why);
}

const struct option_type conf_type_host = {.read = read_host_value};
const struct option_type conf_type_domain = {.read = read_domain};
const struct option_type conf_type_name = {.read = read_name_value};
const struct option_type conf_type_mailbox = {.read = read_mailbox};
const struct option_type conf_type_addr = {.read = read_addr};
const struct option_type conf_type_prefixes = {
	.read = add_prefix, .free = free_prefixes, .is_list = true};
const struct option_type conf_type_listens = {
	.read = add_listen, .free = free_listens, .is_list = true};
const struct option_type conf_type_sources = {.read = read_sources};
const struct option_type conf_type_choice_or_no = {.read = read_choice, .may_be_no = true};
const struct option_type conf_type_dnssec = {
	.read = read_dnssec, .free = free_names, .is_list = true, .may_be_no = true};
const struct option_type conf_type_keys_words = {
	.read = read_keys_word, .free = free_text, .is_list = true};
const struct option_type conf_type_algorithm = {.read = read_algorithm};
const struct option_type conf_type_exports = {
	.read = add_export, .free = free_exports, .is_list = true};
const struct option_type conf_type_keys = {.read = add_key, .free = free_keys, .is_list = true};
const struct option_type conf_type_allows = {
	.read = add_allow, .free = free_allows, .is_list = true};
const struct option_type conf_type_rights = {
	.read = add_right, .free = free_rights, .is_list = true};
const struct option_type conf_type_peers = {.read = add_peer, .free = free_peers, .is_list = true};
