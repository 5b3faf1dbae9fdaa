/* SPDX-License-Identifier: ISC */
/*
 * Owns the option table: each option once, with its type, range, default and help.
 * Never reads a value.
 */
#include <sys/un.h>

#include "base/limits.h"
#include "conf/check.h"
#include "conf/value.h"
#include "name/label.h"
#include "wire/rrset.h"

enum {
	SERVE = 1 << CONF_SERVE | 1 << CONF_CHECK,
	EXPORT = 1 << CONF_EXPORT,
	PUBLISH = SERVE | EXPORT,
	EXPLAIN = 1 << CONF_EXPLAIN,
	RESOLVER = 1 << CONF_RESOLVER,
	NAMES = 1 << CONF_NAMES,
	GRAPH = 1 << CONF_GRAPH,
	KEYS = 1 << CONF_KEYS,
	ASK = NAMES | 1 << CONF_STATUS | EXPLAIN | 1 << CONF_WATCH | GRAPH | KEYS,

	FORGET = 1 << CONF_FORGET,
	COMMAND = 1 << CONF_RELOAD | 1 << CONF_STOP | FORGET,
	HELP = 1 << CONF_HELP,

	TTL_MAX = 0x7fffffff, /* RFC 2181 §8 */
	THREADS_MAX = 1024,
	RATE_MAX = 1000000,
	SOCKET_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
	FD_MAX = 0xfffff,
	KEEP_MIN = 60,
	KEEP_MAX = 0x7fffffff
};

static const char *const away_words[] = {
	[CONF_AWAY_KEEP] = "keep",
	[CONF_AWAY_WITHDRAW] = "withdraw",
	NULL,
};
static const char *const census_words[] = {
	[CONF_CENSUS_AUTO] = "auto",
	[CONF_CENSUS_FEXIT] = "fexit",
	[CONF_CENSUS_ITER] = "iter",
	[CONF_CENSUS_PROC] = "proc",
	[CONF_CENSUS_NONE] = "none",
	NULL,
};
static const char *const cookies_words[] = {
	[CONF_COOKIES_NONE] = "no",
	[CONF_COOKIES_GIVEN] = "yes",
	[CONF_COOKIES_STRICT] = "strict",
	NULL,
};
static const char *const duplicates_words[] = {
	[DUPLICATES_MERGE] = "merge",
	[DUPLICATES_FIRST] = "first",
	[DUPLICATES_NUMBER] = "number",
	[DUPLICATES_COUNT] = NULL,
};
static const char *const resolver_words[] = {
	[CONF_RESOLVED] = "resolved",
	[CONF_DNSMASQ] = "dnsmasq",
	[CONF_UNBOUND] = "unbound",
	[CONF_NETWORKMANAGER] = "networkmanager",
	[CONF_OPENWRT] = "openwrt",
	NULL,
};
static const char *const helped_words[] = {
	"", /* no command: all of them */
	[CONF_SERVE + 1] = "serve",
	[CONF_EXPORT + 1] = "export",
	[CONF_CHECK + 1] = "check",
	[CONF_NAMES + 1] = "names",
	[CONF_STATUS + 1] = "status",
	[CONF_EXPLAIN + 1] = "explain",
	[CONF_WATCH + 1] = "watch",
	[CONF_GRAPH + 1] = "graph",
	[CONF_KEYS + 1] = "keys",
	[CONF_RESOLVER + 1] = "resolver",
	[CONF_RELOAD + 1] = "reload",
	[CONF_STOP + 1] = "stop",
	[CONF_FORGET + 1] = "forget",
	[CONF_HELP + 1] = "help",
	[CONF_COMMAND_COUNT + 1] = NULL,
};
static const char *const graph_words[] = {
	[CONF_GRAPH_DEFAULT] = "",
	[CONF_GRAPH_TEXT] = "text",
	[CONF_GRAPH_DOT] = "dot",
	[CONF_GRAPH_SVG] = "svg",
	[CONF_GRAPH_COUNT] = NULL,
};
static const char *const verbosity_words[] = {
	[CONF_LOG_ERROR] = "error",
	[CONF_LOG_WARNING] = "warning",
	[CONF_LOG_INFO] = "info",
	[CONF_LOG_DEBUG] = "debug",
	NULL,
};
static const char *const rootless_words[] = {
	[ROOTLESS_NO] = "no",
	[ROOTLESS_SYSTEM] = "system",
	[ROOTLESS_YES] = "yes",
	NULL,
};
static const char *const view_words[] = {
	[0] = "",
	[VIEW_LAN] = "lan",
	[VIEW_WAN] = "wan",
	[VIEW_ANY] = NULL,
};

#define AT(member) .offset = offsetof(struct conf, member)

static const struct option options[] = {
	{"domain", .type = &conf_type_domain, .commands = PUBLISH | RESOLVER, AT(domain),
		.arg = "NAME", .defaults = {"home.arpa"},
		.help = "the zone in which names are served"},
	{"listen", .type = &conf_type_listens, .commands = SERVE | RESOLVER, AT(listens),
		.arg = "IFACE|ADDR[:PORT]", .defaults = {"auto"},
		.help = "answer unicast DNS there; auto: at 127.0.0.56, and on links with clients; "
			"any: everywhere"},
	{"mdns", .type = &conf_type_mdns, .commands = SERVE, AT(mdns_ifaces), .arg = "IFACE",
		.defaults = {"auto"},
		.help = "speak multicast DNS there; auto: on each link that can"},
	{"sleep-goodbye", .type = &option_type_flag, .commands = SERVE, AT(has_sleep_goodbye),
		.defaults = {"yes"},
		.help = "before the machine sleeps, tell the hosts of its links, where logind says "
			"so"},
	{"zone-file", .type = &option_type_texts, .commands = PUBLISH, AT(zone_files),
		.arg = "FILE", .help = "serve the records of this master file too"},
	{"ns", .type = &conf_type_host, .commands = PUBLISH, AT(ns), .arg = "NAME",
		.default_words = "this host's name", .help = "name of this server in NS and SOA"},
	{"hostmaster", .type = &conf_type_mailbox, .commands = PUBLISH, AT(hostmaster),
		.arg = "NAME", .default_words = "hostmaster.DOMAIN",
		.help = "mailbox in the SOA, as name or mail address"},
	{"ttl", .type = &option_type_number, .commands = PUBLISH, AT(ttl_s), .arg = "SECONDS",
		.defaults = {"60"}, .max = TTL_MAX, .help = "TTL of host records"},
	{"lan", .type = &conf_type_prefixes, .commands = PUBLISH, AT(lan), .arg = "PREFIX",
		.help = "clients from there are \"lan\" too"},
	{"names", .type = &conf_type_sources, .commands = PUBLISH, AT(names),
		.arg = "SOURCE[,SOURCE]", .defaults = {"alias,hostname,dhcp"},
		.words = conf_source_words,
		.help = "where names come from, in order of preference"},
	{"address-names", .type = &option_type_texts, .commands = PUBLISH, AT(address_files),
		.arg = "FILE",
		.help = "names of single addresses, as in hosts(5); each is served while a link "
			"has the address"},
	{"guests", .type = &conf_type_guests, .commands = SERVE, AT(guest_links),
		.arg = "auto|no|LINK", .defaults = {"auto"},
		.help = "find the addresses that guests behind that link take by themselves; auto: "
			"behind taps, macvtaps and ports of bridges"},
	{"ignore-hostname", .type = &option_type_texts, .commands = PUBLISH, AT(ignored_hostnames),
		.arg = "PATTERN", .defaults = {LABEL_CONTAINER_ID},
		.help = "host names that are no names, such as 'build-*'; container-id: "
			"12 or 64 hexadecimal digits"},
	{"self", .type = &option_type_flag, .commands = PUBLISH, AT(has_self), .defaults = {"yes"},
		.help = "this host's own name is a name too, over multicast DNS as well"},
	{"hide-lan", .type = &option_type_flag, .commands = PUBLISH, AT(hides_lan),
		.defaults = {"no"},
		.help = "clients outside get no name of lan addresses only, and none below "
			"lan.DOMAIN"},
	{"duplicates", .type = &option_type_choice, .commands = PUBLISH, AT(duplicates),
		.arg = "POLICY", .defaults = {"merge"}, .words = duplicates_words,
		.help = "what becomes of two workloads with one name"},
	{"rootless", .type = &conf_type_choice_or_no, .commands = PUBLISH, AT(rootless),
		.arg = "no|system|yes", .bare = "yes", .defaults = {"system"},
		.words = rootless_words,
		.help = "serve namespaces of other user namespaces: those that root made, or all"},
	{"grants", .type = &option_type_text_or_no, .commands = PUBLISH, AT(grants_dir),
		.arg = "DIR", .defaults = {"/run/ontap/grants"},
		.help = "serve names there too that ontapd has granted to devices in such "
			"namespaces"},
	{"temporary", .type = &option_type_flag, .commands = PUBLISH, AT(has_temporary),
		.defaults = {"no"}, .help = "publish temporary addresses (RFC 8981) too"},
	{"deprecated", .type = &option_type_flag, .commands = PUBLISH, AT(has_deprecated),
		.defaults = {"no"}, .help = "publish deprecated addresses too"},
	{"assign-nsid", .type = &option_type_text_or_no, .commands = PUBLISH, AT(nsid_dir),
		.arg = "all|DIR", .defaults = {"all"},
		.help = "give an nsid to each network namespace that is bound there; "
			"all: in /run/netns, and to each that has a process"},
	{"hostnames-by", .type = &option_type_choice, .commands = PUBLISH, AT(census),
		.arg = "MEANS", .defaults = {"auto"}, .words = census_words,
		.help = "how host names are found: by BPF (fexit, iter) or in /proc"},
	{"tsig", .type = &conf_type_keys, .commands = SERVE, AT(keys), .arg = "NAME:ALG:BASE64",
		.help = "a key to sign with (RFC 8945); better in a file"},
	{"tsig-file", .type = &option_type_texts, .commands = SERVE, AT(key_files), .arg = "FILE",
		.help = "keys, NAME:ALG:BASE64 one a line"},
	{"sig0-file", .type = &option_type_texts, .commands = SERVE, AT(sig0_files), .arg = "FILE",
		.help = "public keys of who signs updates with a key pair: KEY or DNSKEY records"},
	{"allow-transfer", .type = &conf_type_allows, .commands = SERVE, AT(transfers),
		.arg = "PREFIX|key:NAME", .default_words = "nobody",
		.help = "who may transfer zones"},
	{"allow-update", .type = &conf_type_rights, .commands = SERVE, AT(update_rights),
		.arg = "key|sig0:NAME[:PATTERN[:TYPE,...]]", .default_words = "nobody",
		.help = "who may update names and types of records (RFC 2136); without TYPE: TXT "
			"at "
			"_acme-challenge of the names"},
	{"srp", .type = &option_type_flag, .commands = SERVE, AT(has_srp),
		.help = "let clients of the lan register hosts and services (RFC 9665)"},
	{"collect", .type = &conf_type_collect, .commands = SERVE, AT(collect_links),
		.arg = "no|auto|LINK", .bare = "auto", .defaults = {"no"},
		.help = "serve the names that hosts on that link say by signed multicast DNS; "
			"auto: on all links of --mdns"},
	{"collect-prefix", .type = &conf_type_prefixes, .commands = SERVE, AT(collect_prefixes),
		.arg = "PREFIX", .default_words = "those of the link",
		.help = "only their addresses in there"},
	{"trust", .type = &conf_type_trusts, .commands = SERVE, AT(trusts),
		.arg = "FILE[:PATTERN,...]",
		.help = "the keys of hosts that may say names like PATTERN: KEY or DNSKEY "
			"records"},
	{"trust-first", .type = &option_type_flag, .commands = SERVE, AT(trusts_first),
		.defaults = {"no"},
		.help = "the key that says a free name first has it, whatever key it is"},
	{"away", .type = &option_type_choice, .commands = SERVE, AT(away), .arg = "keep|withdraw",
		.defaults = {"keep"}, .words = away_words,
		.help = "a name whose host is away keeps its addresses, or stays without"},
	{"keep", .type = &conf_type_age, .commands = SERVE, AT(keep_s), .arg = "TIME",
		.defaults = {"30d"}, .min = KEEP_MIN, .max = KEEP_MAX,
		.help = "how long a name whose host is away stays"},
	{"notify", .type = &conf_type_peers, .commands = SERVE, AT(notifies),
		.arg = "ADDR[:PORT][,key:NAME]", .help = "tell that secondary of changes"},
	{"update", .type = &conf_type_peers, .commands = SERVE, AT(updates),
		.arg = "ADDR[:PORT],key:NAME|sig0",
		.help = "send the names of DOMAIN to that primary (RFC 2136); sig0: signed by the "
			"key of this host"},
	{"publish", .type = &conf_type_patterns, .commands = SERVE, AT(published),
		.arg = "PATTERN[,PATTERN]", .default_words = "none",
		.help = "names that multicast DNS says with a signature, so that a collector can "
			"serve them to others"},
	{"dnssec", .type = &conf_type_dnssec, .commands = SERVE, AT(signed_zones),
		.arg = "no|auto|ZONE", .bare = "auto", .defaults = {"no"},
		.help = "sign that zone; auto: DOMAIN and reverse zones, if they can have a DS"},
	{"dnssec-algorithm", .type = &conf_type_algorithm, .commands = SERVE, AT(dnssec_alg),
		.arg = "13|15", .defaults = {"13"},
		.help = "of new keys: ECDSAP256SHA256 or ED25519"},
	{"dnssec-ttl", .type = &option_type_number, .commands = SERVE, AT(dnssec_ttl_s),
		.arg = "SECONDS", .defaults = {"3600"}, .max = TTL_MAX,
		.help = "TTL of DNSKEY, CDS and CDNSKEY"},
	{"dnssec-ds-ttl", .type = &option_type_number, .commands = SERVE, AT(dnssec_ds_ttl_s),
		.arg = "SECONDS", .defaults = {"86400"}, .max = TTL_MAX,
		.help = "TTL of the DS at the parent: old keys stay for so long"},
	{"dnssec-propagation", .type = &option_type_number, .commands = SERVE,
		AT(dnssec_propagation_s), .arg = "SECONDS", .defaults = {"3600"}, .max = TTL_MAX,
		.help = "how long a change needs to get to all servers of a zone"},
	{"parent-check", .type = &option_type_flag, .commands = SERVE, AT(has_parent_check),
		.defaults = {"no"},
		.help = "ask this system's resolver whether the parent has the DS of a new key"},
	{"cookies", .type = &option_type_choice, .commands = SERVE, AT(cookies), .arg = "POLICY",
		.defaults = {"yes"}, .words = cookies_words,
		.help = "DNS cookies (RFC 7873); strict: over UDP who sends one must send a good "
			"one"},
	{"cookie-secret", .type = &option_type_text, .commands = SERVE, AT(cookie_file),
		.arg = "FILE",
		.help = "secrets of cookies that several servers share, in hexadecimal, one a "
			"line"},
	{"rate-limit", .type = &option_type_number, .commands = SERVE, AT(rate_limit), .arg = "N",
		.defaults = {"0"}, .max = RATE_MAX,
		.help = "UDP replies of a kind a second to a /24 or /56, of each worker; 0: no "
			"limit"},
	{"nsid", .type = &option_type_text, .commands = SERVE, AT(nsid), .arg = "TEXT",
		.max = LIMIT_IDENTITY,
		.help = "name of this server, for who asks by EDNS (RFC 5001)"},
	{"identity", .type = &option_type_text, .commands = SERVE, AT(identity), .arg = "TEXT",
		.max = LIMIT_IDENTITY,
		.help = "the same, for who asks for id.server CH TXT (RFC 4892)"},
	{"trust-subnet", .type = &conf_type_prefixes, .commands = SERVE, AT(trusted),
		.arg = "PREFIX",
		.help = "resolvers that may say where their clients are (RFC 7871)"},
	{"threads", .type = &option_type_number, .commands = SERVE, AT(threads), .arg = "N",
		.min = 1, .max = THREADS_MAX, .default_words = "one for each online CPU",
		.help = "unicast workers"},
	{"export", .type = &conf_type_exports, .commands = SERVE, AT(exports), .arg = "FORMAT:FILE",
		.help = "keep that file up to date; formats as for --format"},
	{"on-export", .type = &option_type_text, .commands = SERVE, AT(on_export), .arg = "CMD",
		.help = "shell command to run after files of --export were written"},
	{"socket", .type = &option_type_text, .commands = SERVE | ASK | COMMAND | RESOLVER,
		AT(socket_path), .arg = "PATH", .defaults = {"/run/ontap-zone/zone.sock"},
		.max = SOCKET_PATH_MAX, .help = "control socket"},
	{"socket-group", .type = &option_type_text, .commands = SERVE, AT(socket_group),
		.arg = "NAME", .default_words = "ontap, where there is such a group",
		.help = "whose members may ask by the control socket"},
	{"resolve-socket", .type = &option_type_text_or_no, .commands = SERVE, AT(resolve_path),
		.arg = "PATH", .defaults = {"/run/ontap-zone/resolve.sock"}, .max = SOCKET_PATH_MAX,
		.help = "where programs of this machine resolve names: libnss_ontap(8)"},
	{"state", .type = &option_type_text, .commands = SERVE | KEYS, AT(state_dir), .arg = "DIR",
		.defaults = {CONF_DEFAULT_STATE}, .help = "what must outlive a restart"},
	{"user", .type = &option_type_text, .commands = SERVE, AT(user), .arg = "NAME",
		.default_words = "ontap, where there is such a user", .help = "run as this user"},
	{"ready-fd", .type = &option_type_fd, .commands = SERVE, AT(ready_fd), .arg = "N",
		.max = FD_MAX, .help = "write a newline there once names are being served"},
	{"verbosity", .type = &option_type_choice, .commands = PUBLISH, AT(verbosity),
		.arg = "LEVEL", .defaults = {"info"}, .words = verbosity_words,
		.help = "log what is this urgent, or more"},

	{"delegation", .is_cmdline_only = true, .type = &option_type_flag,
		.commands = 1 << CONF_CHECK, AT(has_delegation), .defaults = {"no"},
		.help = "ask the parent of the domain for NS, addresses and DS, and print what is "
			"missing there"},
	{"format", .is_cmdline_only = true, .type = &option_type_choice, .commands = EXPORT,
		AT(format), .arg = "FORMAT", .defaults = {"zone"}, .words = conf_format_words,
		.help = "how the records are written"},
	{"format", .is_cmdline_only = true, .type = &option_type_choice, .commands = GRAPH,
		AT(graph_format), .arg = "FORMAT", .words = graph_words,
		.default_words = "text on a terminal, else dot", .help = "how it is drawn"},
	{"view", .is_cmdline_only = true, .type = &option_type_choice, .commands = EXPORT, AT(view),
		.arg = "VIEW", .words = view_words, .default_words = "wan for zone, lan for hosts",
		.help = "as clients there see it"},
	{"zone", .is_cmdline_only = true, .type = &conf_type_name, .commands = EXPORT, AT(zone),
		.arg = "NAME", .default_words = "DOMAIN", .help = "which zone, of format zone"},
	{"watch", .is_cmdline_only = true, .type = &option_type_flag, .commands = EXPORT | NAMES,
		AT(is_watching), .defaults = {"no"}, .help = "go on: again after each change"},
	{"output", .is_cmdline_only = true, .type = &option_type_text, .commands = EXPORT,
		AT(output), .arg = "FILE", .default_words = "standard output",
		.help = "write there, in one step"},
	{"exec", .is_cmdline_only = true, .type = &option_type_text, .commands = EXPORT, AT(exec),
		.arg = "CMD", .help = "shell command to run after each time FILE was written"},

	{"NAME", .is_cmdline_only = true, .is_operand = true, .is_required = true,
		.type = &option_type_any_text, .commands = EXPLAIN, AT(explained), .arg = "NAME",
		.help = "what is explained"},
	{"NAME", .is_cmdline_only = true, .is_operand = true, .is_required = true,
		.type = &option_type_texts, .commands = FORGET, AT(forgotten), .arg = "NAME [TYPE]",
		.help = "a name in the domain, or a whole one with a dot at its end; with TYPE, "
			"records of that type only"},
	{"client", .is_cmdline_only = true, .type = &conf_type_addr, .commands = EXPLAIN,
		AT(client), .arg = "ADDR", .help = "as a client with this address sees it"},
	{"PATTERN", .is_cmdline_only = true, .is_operand = true, .type = &option_type_texts,
		.commands = NAMES, AT(patterns), .arg = "[PATTERN...]",
		.help = "only names like that"},
	{"VERB", .is_cmdline_only = true, .is_operand = true, .type = &conf_type_keys_words,
		.commands = KEYS, AT(keys_zone),
		.arg = "[show|ds|roll|ds-seen|unsign|clock] [ZONE]",
		.help = "show them; print the DS for the parent; begin a new key; say that the "
			"parent has the DS, or has none any more; become unsigned; say that the "
			"clock is right"},
	{"algorithm", .is_cmdline_only = true, .type = &conf_type_algorithm, .commands = KEYS,
		AT(rolled_alg), .arg = "13|15", .default_words = "that of --dnssec-algorithm",
		.help = "roll: of the new key"},
	{"host", .is_cmdline_only = true, .type = &option_type_flag, .commands = KEYS,
		AT(is_of_host), .defaults = {"no"},
		.help = "show: the key of this host, which signs what --publish names"},
	{"COMMAND", .is_cmdline_only = true, .is_operand = true, .type = &option_type_choice,
		.commands = HELP, AT(helped), .arg = "[COMMAND]", .words = helped_words,
		.help = "whose options are told"},
	{"all", 'a', .is_cmdline_only = true, .type = &option_type_flag, .commands = NAMES,
		AT(has_all), .defaults = {"no"},
		.help = "link-local addresses of ports of bridges, too"},
	{"brief", 'b', .is_cmdline_only = true, .type = &option_type_flag, .commands = NAMES,
		AT(is_brief), .defaults = {"no"}, .help = "one line for each name"},
	{"br", 'r', .is_cmdline_only = true, .type = &option_type_alias, .commands = NAMES,
		.help = "the same, so that -br is as with ip(8)", .stands_for = {"brief", "yes"}},
	{"json", 'j', .is_cmdline_only = true, .type = &option_type_flag, .commands = ASK | COMMAND,
		AT(is_json), .defaults = {"no"}, .help = "print JSON"},

	{"PROGRAM", .is_cmdline_only = true, .is_operand = true, .is_required = true,
		.type = &option_type_choice, .commands = RESOLVER, AT(resolver), .arg = "PROGRAM",
		.words = resolver_words},
	{"write", .is_cmdline_only = true, .type = &option_type_any_text, .commands = RESOLVER,
		AT(written), .arg = "FILE", .bare = "",
		.help = "write it there, by default to the file that PROGRAM reads; never over a "
			"file of others"},

	{"config", 'c', .is_cmdline_only = true, .type = &option_type_config, .arg = "FILE",
		.default_words = CONF_DEFAULT_FILE ", if it is there",
		.help = "configuration file"},
	{"help", 'h', .is_cmdline_only = true, .type = &option_type_help, .help = "print this"},
	{"version", 'V', .is_cmdline_only = true, .type = &option_type_version,
		.help = "print the version"},
};

static const struct options_command commands[] = {
	[CONF_SERVE] = {"serve", "answer DNS and mDNS, in the foreground"},
	[CONF_EXPORT] = {"export", "print the records for other programs"},
	[CONF_CHECK] = {"check", "start as serve does, but stop before any socket"},
	[CONF_NAMES] = {"names", "ask the running daemon for its names"},
	[CONF_STATUS] = {"status", "ask it for what it does"},
	[CONF_EXPLAIN] = {"explain", "ask it what it answers for NAME, or an address, and why"},
	[CONF_WATCH] = {"watch", "ask it for each change as it happens"},
	[CONF_GRAPH] = {"graph", "ask it for the wires, and whose links are on them"},
	[CONF_KEYS] = {"keys", "ask it for the keys of signed zones, or change them"},
	[CONF_RESOLVER] = {"resolver",
		"print what makes PROGRAM ask it: resolved, dnsmasq, unbound, "
		"networkmanager, openwrt"},
	[CONF_RELOAD] = {"reload", "tell it to read its configuration again"},
	[CONF_STOP] = {"stop", "tell it to end"},
	[CONF_FORGET] = {"forget", "tell it to remove what updates have added at NAME"},
	[CONF_HELP] = {"help", "print the options of COMMAND"},
};

static void init(void *values)
{
	struct conf *c = values;
	c->ready_fd = -1;
}

const struct options_table conf_table = {
	.program = "ontap-zone",
	.more = "What is set for good goes to the configuration file: ontap-zone.conf(5).",
	.commands = commands,
	.command_count = ARRAY_LEN(commands),
	.options = options,
	.count = ARRAY_LEN(options),
	.default_file = CONF_DEFAULT_FILE,
	.size = sizeof(struct conf),
	.init = init,
	.check = conf_check,
};
