/* SPDX-License-Identifier: ISC */
/*
 * The configuration of ontap-zone, as one typed value. src/options reads its option table
 * (schema.c), and has the rules for the command line and the file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "name/listen.h"
#include "name/policy.h"
#include "options/options.h"
#include "update/right.h"
#include "wire/name.h"
#include "wire/tsig_key.h"

#define CONF_DEFAULT_FILE  "/etc/ontap/zone.conf"
#define CONF_DEFAULT_STATE "/var/lib/ontap/zone"

/* Commands of ontap-zone. */
enum conf_command {
	CONF_SERVE,
	CONF_EXPORT,
	CONF_CHECK,
	CONF_NAMES, /* this and the commands below ask the running daemon */
	CONF_STATUS,
	CONF_EXPLAIN,
	CONF_WATCH,
	CONF_GRAPH,
	CONF_KEYS,
	CONF_RESOLVER,
	CONF_RELOAD, /* this and the next ones are commands to the running daemon */
	CONF_STOP,
	CONF_FORGET,
	CONF_HELP,
	CONF_COMMAND_COUNT
};

/* These five have the values of enum export_format (export/export.h), log_level (io/log.h),
 * census_means (watch/census.h), serve_cookies (serve/answer.h) and recipe_kind (recipe/recipe.h),
 * which this layer may not include. ontap-zone/mirror.c checks that they are equal. */
enum conf_format { CONF_TINYDNS, CONF_ZONE, CONF_HOSTS, CONF_JSON };

/* How `graph` is drawn. The default depends on whether standard output is a terminal. */
enum conf_graph {
	CONF_GRAPH_DEFAULT,
	CONF_GRAPH_TEXT,
	CONF_GRAPH_DOT,
	CONF_GRAPH_SVG,
	CONF_GRAPH_COUNT
};

/* Only messages of this urgency or higher are logged. */
enum conf_verbosity { CONF_LOG_ERROR, CONF_LOG_WARNING, CONF_LOG_INFO, CONF_LOG_DEBUG };

enum conf_census {
	CONF_CENSUS_AUTO,
	CONF_CENSUS_FEXIT,
	CONF_CENSUS_ITER,
	CONF_CENSUS_PROC,
	CONF_CENSUS_NONE
};

enum conf_resolver { CONF_RESOLVED, CONF_DNSMASQ, CONF_UNBOUND, CONF_NETWORKMANAGER, CONF_OPENWRT };

enum conf_cookies { CONF_COOKIES_NONE, CONF_COOKIES_GIVEN, CONF_COOKIES_STRICT };

/* Which zones are signed. */
enum conf_dnssec {
	CONF_DNSSEC_NO,
	CONF_DNSSEC_AUTO,  /* the domain, and reverse zones, if they can have a DS */
	CONF_DNSSEC_LISTED /* those that are named */
};

/* On which links names of other hosts are collected (collect/collect.h). */
enum conf_collect { CONF_COLLECT_AUTO, CONF_COLLECT_LISTED, CONF_COLLECT_NONE };

/* What becomes of a name whose host is away. */
enum conf_away {
	CONF_AWAY_KEEP,    /* it keeps the last addresses */
	CONF_AWAY_WITHDRAW /* it stays, without addresses */
};

/* Whose names are collected: the keys of a file. */
struct conf_trust {
	char *file;
	struct options_texts patterns; /* of names without dots; empty: any */
};

struct conf_trusts {
	struct conf_trust *at;
	size_t count;
};

/* What `keys` does. */
enum conf_keys_verb {
	CONF_KEYS_SHOW,
	CONF_KEYS_DS,
	CONF_KEYS_ROLL,
	CONF_KEYS_DS_SEEN,
	CONF_KEYS_UNSIGN,
	CONF_KEYS_CLOCK, /* it needs no zone */
	CONF_KEYS_COUNT
};

extern const char *const conf_keys_words[CONF_KEYS_COUNT + 1]; /* NULL at the end */

struct conf_names {
	struct name *at;
	size_t count;
};

struct conf_prefixes {
	struct prefix *at;
	size_t count;
};

struct conf_keys {
	struct tsig_key *at;
	size_t count;
};

/* Who may transfer a zone: clients with an address in the prefix; or, if the prefix has no family,
 * clients that sign with that key. */
struct conf_allow {
	struct prefix prefix;
	struct name key;
};

struct conf_allows {
	struct conf_allow *at;
	size_t count;
};

/* What keys may update. */
struct conf_rights {
	struct update_right *at;
	size_t count;
};

/* Another server, and the key with which we sign messages to it (len 0: we do not sign, or with the host's key pair). */
struct conf_peer {
	struct addr addr;
	uint16_t port;
	struct name key;
	bool is_sig0; /* with the host's key pair */
};

struct conf_peers {
	struct conf_peer *at;
	size_t count;
};

/* An export to a file, which is kept up to date. */
struct conf_export {
	enum conf_format format;
	char *path;
};

struct conf_exports {
	struct conf_export *at;
	size_t count;
};

/* Sources of names in order of preference, without duplicates. */
struct conf_name_sources {
	enum name_source at[NAME_SOURCE_COUNT];
	unsigned count;
};

struct conf {
	/* serve, export, check: what is published */
	struct name domain;
	struct name ns;         /* len 0: not given, use this host's name */
	struct name hostmaster; /* len 0: not given, use "hostmaster" in the domain */
	uint32_t ttl_s;
	struct conf_prefixes lan;
	struct conf_name_sources names;
	enum name_duplicates duplicates;
	enum name_rootless rootless;
	bool has_temporary;
	bool has_deprecated;
	struct options_texts zone_files;
	struct options_texts address_files; /* of --address-names; the core does not open them */
	char *nsid_dir;   /* as given; see conf_netns_dir() and conf_has_all_netns() */
	char *grants_dir; /* NULL: no grants */
	struct options_texts ignored_hostnames;
	bool hides_lan;
	bool has_self;
	enum conf_census census;
	enum name_guests guests;
	struct options_texts guest_links; /* NAME_GUESTS_LISTED: at least one */

	/* serve, check: how it is served */
	struct listen_rules listens; /* never empty: `auto` if none was given */
	enum name_mdns mdns;
	struct options_texts mdns_ifaces; /* NAME_MDNS_LISTED: at least one */
	bool has_sleep_goodbye;           /* by mDNS, before the machine sleeps */
	struct conf_keys keys;
	struct options_texts key_files;   /* files of more keys; the core does not read them */
	struct options_texts sig0_files;  /* of public keys; the same */
	struct conf_allows transfers;     /* who may transfer; empty: nobody */
	struct conf_rights update_rights; /* who may update us, and what; empty: nobody */
	bool has_srp;                     /* clients of the lan may register services (RFC 9665) */
	enum conf_collect collect;
	struct options_texts collect_links;    /* CONF_COLLECT_LISTED: at least one */
	struct conf_prefixes collect_prefixes; /* empty: those that are on-link */
	struct conf_trusts trusts;
	bool trusts_first; /* and any key that says a free label first */
	enum conf_away away;
	uint32_t keep_s;            /* a name whose host is away */
	struct conf_peers notifies; /* secondaries to notify of changes */
	struct conf_peers
		updates; /* primaries to update with our records; each has a key, or is_sig0 */
	enum conf_dnssec dnssec;
	struct conf_names signed_zones; /* CONF_DNSSEC_LISTED: at least one, in lower case */
	uint32_t dnssec_alg;            /* of new keys: 13 or 15 */
	uint32_t dnssec_ttl_s;          /* of DNSKEY, CDS, CDNSKEY */
	uint32_t dnssec_ds_ttl_s;       /* of the DS at the parent */
	bool has_parent_check;          /* ask it for the DS */
	uint32_t dnssec_propagation_s;  /* until all servers of a zone have a change */
	struct options_texts
		published; /* patterns of names that are public: said with a signature */
	enum conf_cookies cookies;
	char *cookie_file;            /* file of secrets; the core does not read it; NULL: none */
	uint32_t rate_limit;          /* similar replies per second and network; 0: no limit */
	char *nsid;                   /* NULL: none */
	char *identity;               /* the same */
	struct conf_prefixes trusted; /* resolvers whose client subnet option is used */
	uint32_t threads;             /* 0: one for each online CPU */
	struct conf_exports exports;
	char *on_export;    /* run after each write of one of `exports`, or NULL */
	char *socket_group; /* NULL: not given, use "ontap" if it exists */
	char *resolve_path; /* NULL: no resolve socket */
	char *state_dir;
	char *user;   /* NULL: not given, use "ontap" if it exists */
	int ready_fd; /* -1: none */

	/* all */
	char *socket_path;
	enum conf_verbosity verbosity;

	/* check */
	bool has_delegation; /* ask the parent, too */

	/* export */
	enum conf_format format;
	unsigned view;    /* VIEW_LAN or VIEW_WAN (wire/rrset.h); 0: the usual one for the format */
	struct name zone; /* len 0: not given, use `domain` */
	bool is_watching; /* names, too */
	char *output;     /* NULL: standard output */
	char *exec;       /* run after each write of `output`, or NULL */

	/* resolver */
	enum conf_resolver resolver;
	char *written; /* the file to write; "": the usual one; NULL: print */

	/* names, status, explain, watch, graph */
	bool is_json;
	struct options_texts patterns; /* names: of those only; empty: of all */
	bool has_all, is_brief;        /* names */
	enum conf_graph graph_format;

	/* keys */
	enum conf_keys_verb keys_verb;
	char *keys_zone;     /* NULL: all */
	bool is_of_host;     /* show: the key of the host, not of zones */
	uint32_t rolled_alg; /* roll: 0: that of the configuration */

	/* help */
	unsigned helped; /* enum conf_command + 1; 0: the program */

	char *explained;                /* explain: the NAME; else NULL */
	struct options_texts forgotten; /* forget: NAME, and perhaps TYPE */
	struct addr client;             /* ADDR_NONE: not given */
};

/* An error in something that the configuration names, for example a file of keys or a zone file.
 * One line for people, which begins with the place. */
struct conf_error {
	char text[512];
};

/* The options; their commands are enum conf_command, their values struct conf. */
extern const struct options_table conf_table;

/* Frees what options_load() with conf_table has allocated. */
void conf_fini(struct conf *c) NONNULL;

/* Returns the part of the configuration that the name layer uses. Its texts are borrowed from
 * `c`. */
struct policy conf_policy(const struct conf *c) NONNULL;

/* True if anybody may update us. */
bool conf_has_updates(const struct conf *c) NONNULL;

/* True if the zone with that apex is to be signed. A reverse zone is one if it is of a global prefix. */
bool conf_signs(const struct conf *c, const uint8_t *apex) NONNULL;
/* True if that is a name that a host has in the domain (label_in_domain()), and public. */
bool conf_publishes(const struct conf *c, const uint8_t *name) NONNULL;
/* True if messages are signed with a key of this host. */
bool conf_has_host_key(const struct conf *c) NONNULL;
/* True if no parent can have a DS for that zone: everybody has his own (RFC 6303, RFC 7793, RFC 8375), or it is no
 * zone of the DNS (RFC 6761, RFC 6762). Prefixes for documentation are like others, so that examples work. */
bool conf_is_nobodys(const uint8_t *apex) NONNULL;

/* conf_netns_dir() returns the directory whose namespaces get an nsid; NULL: none.
 * conf_has_all_netns() is true if each namespace with a process gets one too. */
const char *conf_netns_dir(const struct conf *c) NONNULL;
bool conf_has_all_netns(const struct conf *c) NONNULL;
