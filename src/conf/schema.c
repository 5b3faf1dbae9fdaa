/* SPDX-License-Identifier: ISC */
/*
 * Owns the option table: each option once, with its type, range, default and help.
 * Never reads a value.
 */
#include "conf/schema.h"

#include <string.h>
#include <sys/un.h>

#include "base/limits.h"
#include "wire/rrset.h"

enum {
	SERVE = 1 << CONF_SERVE | 1 << CONF_CHECK,
	EXPORT = 1 << CONF_EXPORT,
	PUBLISH = SERVE | EXPORT,
	EXPLAIN = 1 << CONF_EXPLAIN,
	ASK = 1 << CONF_NAMES | 1 << CONF_STATUS | EXPLAIN | 1 << CONF_WATCH | 1 << CONF_GRAPH,
	ALL = PUBLISH | ASK,

	TTL_MAX = 0x7fffffff, /* RFC 2181 §8 */
	THREADS_MAX = 1024,
	RATE_MAX = 1000000,
	SOCKET_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
	FD_MAX = 0xfffff
};

const char *const conf_format_words[] = {"tinydns", "zone", "hosts", "json", NULL};
const char *const conf_source_words[] = {"alias", "hostname", "netns", NULL};
static const char *const census_words[] = {"auto", "fexit", "iter", "proc", "none", NULL};
static const char *const cookies_words[] = {"no", "yes", "strict", NULL};
static const char *const duplicates_words[] = {"merge", "first", "number", NULL};
static const char *const verbosity_words[] = {"error", "warning", "info", "debug", NULL};
static const char *const view_words[] = {
	[0] = "", [VIEW_LAN] = "lan", [VIEW_WAN] = "wan", [VIEW_ANY] = NULL};

#define AT(member) .offset = offsetof(struct conf, member)

const struct conf_option conf_options[] = {
	{"domain", .kind = CONF_KIND_DOMAIN, .commands = PUBLISH, AT(domain), .arg = "NAME",
		.defaults = {"home.arpa"}, .help = "the zone in which names are served"},
	{"listen", .kind = CONF_KIND_LISTENS, .commands = SERVE, AT(listens), .arg = "ADDR[:PORT]",
		.defaults = {"0.0.0.0:53", "[::]:53"},
		.help = "answer unicast DNS there, over UDP and TCP; may be repeated"},
	{"mdns", .kind = CONF_KIND_MDNS, .commands = SERVE, AT(mdns_ifaces), .arg = "IFACE",
		.defaults = {"auto"},
		.help = "speak multicast DNS there; may be repeated; auto: on each link that can"},
	{"zone-file", .kind = CONF_KIND_TEXTS, .commands = PUBLISH, AT(zone_files), .arg = "FILE",
		.help = "serve the records of this master file too; may be repeated"},
	{"ns", .kind = CONF_KIND_HOST, .commands = PUBLISH, AT(ns), .arg = "NAME",
		.help = "name of this server in NS and SOA (default: this host's name)"},
	{"hostmaster", .kind = CONF_KIND_MAILBOX, .commands = PUBLISH, AT(hostmaster),
		.arg = "NAME",
		.help = "mailbox in the SOA, as name or mail address (default: hostmaster.DOMAIN)"},
	{"ttl", .kind = CONF_KIND_NUMBER, .commands = PUBLISH, AT(ttl_s), .arg = "SECONDS",
		.defaults = {"60"}, .max = TTL_MAX, .help = "TTL of host records"},
	{"lan", .kind = CONF_KIND_PREFIXES, .commands = PUBLISH, AT(lan), .arg = "PREFIX",
		.help = "clients from there are \"lan\" too; may be repeated"},
	{"names", .kind = CONF_KIND_SOURCES, .commands = PUBLISH, AT(names),
		.arg = "SOURCE[,SOURCE]",
		.defaults = {"alias,hostname"},
		.help = "where names come from, in order of preference: alias, hostname, netns"},
	{"ignore-hostname", .kind = CONF_KIND_TEXTS, .commands = PUBLISH, AT(ignored_hostnames),
		.arg = "PATTERN",
		.help = "host names that are no names, such as 'build-*'; may be repeated"},
	{"self", .kind = CONF_KIND_FLAG, .commands = PUBLISH, AT(has_self), .defaults = {"yes"},
		.help = "this host's own name is a name too, over multicast DNS as well"},
	{"duplicates", .kind = CONF_KIND_CHOICE, .commands = PUBLISH, AT(duplicates),
		.arg = "POLICY",
		.defaults = {"merge"}, .words = duplicates_words,
		.help = "two workloads with one name: merge, first or number"},
	{"rootless", .kind = CONF_KIND_FLAG, .commands = PUBLISH, AT(has_rootless),
		.defaults = {"no"}, .help = "serve namespaces that other user namespaces own"},
	{"grants", .kind = CONF_KIND_DIR, .commands = PUBLISH, AT(grants_dir), .arg = "DIR",
		.defaults = {"/run/ontap/grants"},
		.help = "serve names there too that ontapd has granted to devices in such namespaces"},
	{"temporary", .kind = CONF_KIND_FLAG, .commands = PUBLISH, AT(has_temporary),
		.defaults = {"no"}, .help = "publish temporary addresses (RFC 8981) too"},
	{"deprecated", .kind = CONF_KIND_FLAG, .commands = PUBLISH, AT(has_deprecated),
		.defaults = {"no"}, .help = "publish deprecated addresses too"},
	{"assign-nsid", .kind = CONF_KIND_DIR, .commands = PUBLISH, AT(nsid_dir), .arg = "all|DIR",
		.defaults = {"all"},
		.help = "give an nsid to each network namespace that is bound there; "
			"all: in /run/netns, and to each that has a process"},
	{"hostnames-by", .kind = CONF_KIND_CHOICE, .commands = PUBLISH, AT(census), .arg = "MEANS",
		.defaults = {"auto"}, .words = census_words,
		.help = "how host names are found: fexit or iter (BPF), proc, none; auto: the best"},
	{"tsig", .kind = CONF_KIND_KEYS, .commands = SERVE, AT(keys), .arg = "NAME:ALG:BASE64",
		.help = "a key to sign with (RFC 8945); may be repeated; better in a file"},
	{"tsig-file", .kind = CONF_KIND_TEXTS, .commands = SERVE, AT(key_files), .arg = "FILE",
		.help = "keys, NAME:ALG:BASE64 one a line; may be repeated"},
	{"allow-transfer", .kind = CONF_KIND_ALLOWS, .commands = SERVE, AT(transfers),
		.arg = "PREFIX|key:NAME",
		.help = "who may transfer zones (default: nobody); may be repeated"},
	{"notify", .kind = CONF_KIND_PEERS, .commands = SERVE, AT(notifies),
		.arg = "ADDR[:PORT][,key:NAME]",
		.help = "tell that secondary of changes; may be repeated"},
	{"update", .kind = CONF_KIND_PEERS, .commands = SERVE, AT(updates),
		.arg = "ADDR[:PORT],key:NAME",
		.help = "send the names of DOMAIN to that primary (RFC 2136); may be repeated"},
	{"cookies", .kind = CONF_KIND_CHOICE, .commands = SERVE, AT(cookies), .arg = "POLICY",
		.defaults = {"yes"}, .words = cookies_words,
		.help = "DNS cookies (RFC 7873): yes, no, or strict: over UDP none but good ones"},
	{"cookie-secret", .kind = CONF_KIND_TEXT, .commands = SERVE, AT(cookie_file), .arg = "FILE",
		.help = "secrets of cookies that several servers share, in hexadecimal, one a line"},
	{"rate-limit", .kind = CONF_KIND_NUMBER, .commands = SERVE, AT(rate_limit), .arg = "N",
		.defaults = {"0"}, .max = RATE_MAX,
		.help = "UDP replies of a kind a second to a /24 or /56, of each worker; 0: no limit"},
	{"nsid", .kind = CONF_KIND_TEXT, .commands = SERVE, AT(nsid), .arg = "TEXT",
		.max = LIMIT_IDENTITY, .help = "name of this server, for who asks by EDNS (RFC 5001)"},
	{"identity", .kind = CONF_KIND_TEXT, .commands = SERVE, AT(identity), .arg = "TEXT",
		.max = LIMIT_IDENTITY, .help = "the same, for who asks for id.server CH TXT (RFC 4892)"},
	{"trust-subnet", .kind = CONF_KIND_PREFIXES, .commands = SERVE, AT(trusted),
		.arg = "PREFIX",
		.help = "resolvers that may say where their clients are (RFC 7871); may be repeated"},
	{"threads", .kind = CONF_KIND_NUMBER, .commands = SERVE, AT(threads), .arg = "N",
		.min = 1, .max = THREADS_MAX,
		.help = "unicast workers (default: one per online CPU)"},
	{"export", .kind = CONF_KIND_EXPORTS, .commands = SERVE, AT(exports), .arg = "FORMAT:FILE",
		.help = "keep that file up to date; may be repeated; formats as for --format"},
	{"on-export", .kind = CONF_KIND_TEXT, .commands = SERVE, AT(on_export), .arg = "CMD",
		.help = "shell command to run after files of --export were written"},
	{"socket", .kind = CONF_KIND_TEXT, .commands = SERVE | ASK, AT(socket_path), .arg = "PATH",
		.defaults = {"/run/ontap/zone.sock"}, .max = SOCKET_PATH_MAX, .help = "control socket"},
	{"state", .kind = CONF_KIND_TEXT, .commands = SERVE, AT(state_dir), .arg = "DIR",
		.defaults = {"/var/lib/ontap"}, .help = "what must outlive a restart"},
	{"user", .kind = CONF_KIND_TEXT, .commands = SERVE, AT(user), .arg = "NAME",
		.help = "run as (default: ontap, where there is such a user)"},
	{"ready-fd", .kind = CONF_KIND_FD, .commands = SERVE, AT(ready_fd), .arg = "N",
		.max = FD_MAX,
		.help = "write a newline there once names are being served"},
	{"verbosity", .kind = CONF_KIND_CHOICE, .commands = PUBLISH, AT(verbosity), .arg = "LEVEL",
		.defaults = {"info"}, .words = verbosity_words,
		.help = "log what is that urgent: error, warning, info or debug"},

	{"format", .is_cmdline_only = true, .kind = CONF_KIND_CHOICE, .commands = EXPORT,
		AT(format),
		.arg = "FORMAT", .defaults = {"zone"}, .words = conf_format_words,
		.help = "tinydns, zone, hosts or json"},
	{"view", .is_cmdline_only = true, .kind = CONF_KIND_CHOICE, .commands = EXPORT, AT(view),
		.arg = "VIEW", .words = view_words,
		.help = "as clients there see it: lan or wan (default: wan for zone, lan for hosts)"},
	{"zone", .is_cmdline_only = true, .kind = CONF_KIND_NAME, .commands = EXPORT, AT(zone),
		.arg = "NAME", .help = "format zone: which zone (default: DOMAIN)"},
	{"watch", .is_cmdline_only = true, .kind = CONF_KIND_FLAG, .commands = EXPORT,
		AT(is_watching),
		.defaults = {"no"}, .help = "go on: again after each change"},
	{"output", .is_cmdline_only = true, .kind = CONF_KIND_TEXT, .commands = EXPORT, AT(output),
		.arg = "FILE", .help = "write there, atomically (default: standard output)"},
	{"exec", .is_cmdline_only = true, .kind = CONF_KIND_TEXT, .commands = EXPORT, AT(exec),
		.arg = "CMD", .help = "shell command to run after each time FILE was written"},

	{"client", .is_cmdline_only = true, .kind = CONF_KIND_ADDR, .commands = EXPLAIN, AT(client),
		.arg = "ADDR", .help = "as a client with this address sees it"},
	{"json", 'j', .is_cmdline_only = true, .kind = CONF_KIND_FLAG, .commands = ASK, AT(is_json),
		.defaults = {"no"}, .help = "print JSON"},

	{"config", 'c', .is_cmdline_only = true, .kind = CONF_KIND_ARGS, .commands = ALL,
		.arg = "FILE",
		.help = "configuration file (default: " CONF_DEFAULT_FILE ", if there is one)"},
	{"help", 'h', .is_cmdline_only = true, .kind = CONF_KIND_ARGS, .commands = ALL,
		.help = "print this"},
	{"version", 'V', .is_cmdline_only = true, .kind = CONF_KIND_ARGS, .commands = ALL,
		.help = "print the version"},
};

const size_t conf_option_count = ARRAY_LEN(conf_options);

const struct conf_option *conf_option_find(const char *key, size_t len)
{
	for (size_t i = 0; i < conf_option_count; i++) {
		const char *known = conf_options[i].key;
		if (strlen(known) == len && memcmp(known, key, len) == 0)
			return &conf_options[i];
	}
	return NULL;
}

enum { KEY_CAP = 24 }; /* longer than any key of the table */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;
	return least < c ? least : c;
}

/* How many bytes must be put in, taken out or changed to make one text of the other (Levenshtein).
 * `a_len` is at most KEY_CAP. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[KEY_CAP + 1];
	for (size_t i = 0; i <= a_len; i++)
		row[i] = (unsigned)i;
	for (size_t j = 0; j < b_len; j++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)j + 1;
		for (size_t i = 0; i < a_len; i++) {
			unsigned changed = diagonal + (a[i] != b[j]);
			diagonal = row[i + 1];
			row[i + 1] = min3(changed, row[i] + 1, row[i + 1] + 1);
		}
	}
	return row[a_len];
}

const struct conf_option *conf_option_nearest(
	const char *key, size_t len, enum conf_command command)
{
	const struct conf_option *nearest = NULL;
	if (len > KEY_CAP)
		return NULL;
	unsigned least = (unsigned)(len + 1) / 2 + 1;
	for (size_t i = 0; i < conf_option_count; i++) {
		const struct conf_option *o = &conf_options[i];
		if (command != CONF_COMMAND_COUNT && !conf_option_concerns(o, command))
			continue;
		unsigned distance = edit_distance(key, len, o->key, strlen(o->key));
		if (distance < least) {
			least = distance;
			nearest = o;
		}
	}
	return nearest;
}

bool conf_option_concerns(const struct conf_option *o, enum conf_command command)
{
	return o->commands >> command & 1;
}

bool conf_option_may_be_no(const struct conf_option *o)
{
	return o->kind == CONF_KIND_FLAG || o->kind == CONF_KIND_DIR || o->kind == CONF_KIND_MDNS;
}

int conf_word_index(const char *const *words, const char *text, size_t len)
{
	for (int i = 0; words[i]; i++)
		if (len > 0 && strlen(words[i]) == len && memcmp(words[i], text, len) == 0)
			return i;
	return -1;
}
