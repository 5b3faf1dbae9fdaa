/* SPDX-License-Identifier: ISC */
/*
 * What ontap-zone was told, as one typed value. The option table (schema.c) drives the command
 * line, the configuration file, --help and the check of the manual page.
 *
 *	main: conf_args_parse(argv)            which command, which file, what was said
 *	      read the file (io/file.h)        the core opens nothing
 *	      conf_load(args, text) -> conf    on SIGHUP again, into a fresh one
 *
 * What the command line says of an option replaces what the file says of it. Within one of the two
 * a list adds up, of a single value the last counts. Options that do not concern the command are
 * errors on the command line; in the file, which all commands share, they are passed over.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "name/policy.h"
#include "wire/name.h"
#include "wire/tsig_key.h"

#define CONF_DEFAULT_FILE "/etc/ontap/zone.conf"

/* Commands of ontap-zone. */
enum conf_command {
	CONF_SERVE,
	CONF_EXPORT,
	CONF_CHECK,
	CONF_NAMES, /* this one and those below ask the running daemon */
	CONF_STATUS,
	CONF_EXPLAIN,
	CONF_WATCH,
	CONF_GRAPH,
	CONF_COMMAND_COUNT
};

/* In the order of enum export_format (export/export.h), which this layer may not include. */
enum conf_format { CONF_TINYDNS, CONF_ZONE, CONF_HOSTS, CONF_JSON };

/* In the order of enum log_level (io/log.h): what is logged is this urgent or more. */
enum conf_verbosity { CONF_LOG_ERROR, CONF_LOG_WARNING, CONF_LOG_INFO, CONF_LOG_DEBUG };

/* In the order of enum census_means (watch/census.h). */
enum conf_census { CONF_CENSUS_AUTO, CONF_CENSUS_FEXIT, CONF_CENSUS_ITER, CONF_CENSUS_PROC,
	CONF_CENSUS_NONE };

/* In the order of enum serve_cookies (serve/answer.h). */
enum conf_cookies { CONF_COOKIES_NONE, CONF_COOKIES_GIVEN, CONF_COOKIES_STRICT };

struct conf_texts {
	char **at;
	size_t count;
};

struct conf_prefixes {
	struct prefix *at;
	size_t count;
};

/* A unicast socket; the wildcard is 0.0.0.0 or ::. */
struct conf_listen {
	struct addr addr;
	uint16_t port;
	char ifname[IF_NAMESIZE]; /* of a link-local address, "" of others */
};

struct conf_listens {
	struct conf_listen *at;
	size_t count;
};

struct conf_keys {
	struct tsig_key *at;
	size_t count;
};

/* Who may transfer: whose address is in the prefix, or, where that has no family, who signs with that
 * key. */
struct conf_allow {
	struct prefix prefix;
	struct name key;
};

struct conf_allows {
	struct conf_allow *at;
	size_t count;
};

/* Another server, and the key by which we sign to it (len 0: we do not). */
struct conf_peer {
	struct addr addr;
	uint16_t port;
	struct name key;
};

struct conf_peers {
	struct conf_peer *at;
	size_t count;
};

/* A file that is kept up to date. */
struct conf_export {
	enum conf_format format;
	char *path;
};

struct conf_exports {
	struct conf_export *at;
	size_t count;
};

/* Sources of names in order of preference, no two the same. */
struct conf_name_sources {
	enum name_source at[NAME_SOURCE_COUNT];
	unsigned count;
};

struct conf {
	/* serve, export, check: what is published */
	struct name domain;
	struct name ns;         /* len 0: not given, this host's name is meant */
	struct name hostmaster; /* len 0: not given, "hostmaster" in the domain is meant */
	uint32_t ttl_s;
	struct conf_prefixes lan;
	struct conf_name_sources names;
	enum name_duplicates duplicates;
	bool has_rootless;
	bool has_temporary;
	bool has_deprecated;
	struct conf_texts zone_files;
	char *nsid_dir; /* as given: conf_netns_dir() and conf_has_all_netns() tell what it means */
	char *grants_dir; /* NULL: nothing is granted */
	struct conf_texts ignored_hostnames;
	bool has_self;
	enum conf_census census;

	/* serve, check: how it is served */
	struct conf_listens listens; /* never empty: both wildcards if none was given */
	enum name_mdns mdns;
	struct conf_texts mdns_ifaces; /* NAME_MDNS_LISTED: at least one */
	struct conf_keys keys;
	struct conf_texts key_files;   /* of more keys, which the core does not read */
	struct conf_allows transfers;  /* who may; none: nobody */
	struct conf_peers notifies;    /* secondaries that are told of changes */
	struct conf_peers updates;     /* primaries that are sent the records; each has a key */
	enum conf_cookies cookies;
	char *cookie_file;             /* of secrets, which the core does not read; NULL: none */
	uint32_t rate_limit;           /* replies of a kind a second to a network; 0: no limit */
	char *nsid;                    /* NULL: none */
	char *identity;                /* the same */
	struct conf_prefixes trusted;  /* resolvers whose client subnets count */
	uint32_t threads;              /* 0: one for each online CPU */
	struct conf_exports exports;
	char *on_export; /* run after each of `exports` was written, or NULL */
	char *state_dir;
	char *user;   /* NULL: not given, "ontap" where it exists is meant */
	int ready_fd; /* -1: none */

	/* all */
	char *socket_path;
	enum conf_verbosity verbosity;

	/* export */
	enum conf_format format;
	unsigned view; /* VIEW_LAN or VIEW_WAN (wire/rrset.h); 0: what the format is mostly for */
	struct name zone; /* len 0: not given, `domain` is meant */
	bool is_watching;
	char *output; /* NULL: standard output */
	char *exec;   /* run after `output` was written, or NULL */

	/* names, status, explain, watch, graph */
	bool is_json;
	struct addr client; /* ADDR_NONE: not given */
};

/* What is wrong, for a person: one line that begins with the place, "zone.conf:3: ttl: …" or
 * "--ttl: …", without non-printing bytes. */
struct conf_error {
	char text[512];
};

/* One option as it was given. */
struct conf_setting {
	const struct conf_option *option; /* of the table */
	const char *value;                /* borrowed from argv */
};

/* A command line, taken apart but with its values not yet read. */
struct conf_args {
	enum conf_command command;
	const char *operand;     /* explain: the NAME; else NULL. Borrowed from argv */
	const char *config_file; /* --config; NULL: CONF_DEFAULT_FILE if that exists. Borrowed */
	bool is_help, is_version; /* asked for: do that and nothing else */
	bool has_command;         /* false with these two only: `command` says nothing */
	struct conf_setting *settings; /* in the order given */
	size_t setting_count;
};

/* Takes apart argv[1] to argv[argc - 1]; argv must stay as long as `ret` is used. ERR_SYNTAX with
 * `*error` filled, ERR_NOMEM; `ret` needs no conf_args_fini() then. */
int conf_args_parse(struct conf_args *ret, int argc, char *const argv[], struct conf_error *error)
	NONNULL MUSTCHECK;
void conf_args_fini(struct conf_args *args) NONNULL;

/* Makes the whole configuration: defaults, then the file's `len` bytes of `text` (NULL: no file;
 * `file` is its name for messages), then `args`, then the check of combinations. ERR_SYNTAX with
 * `*error` filled, ERR_NOMEM; `ret` is untouched then. The caller owns `ret`: conf_fini(). */
int conf_load(struct conf *ret, const struct conf_args *args, const char *file, const char *text,
	size_t len, struct conf_error *error) NONNULL_ARGS(1, 2, 6) MUSTCHECK;
void conf_fini(struct conf *c) NONNULL;

/* The part of it that the name layer goes by. Its texts are `c`'s. */
struct policy conf_policy(const struct conf *c) NONNULL;

/* The directory whose namespaces are given an nsid, NULL: none; and whether each that has a process
 * is given one besides. */
const char *conf_netns_dir(const struct conf *c) NONNULL;
bool conf_has_all_netns(const struct conf *c) NONNULL;

/* What --help prints: of all (`has_command` false) or of one command. */
void conf_help(struct buf *out, const struct conf_args *args) NONNULL;

/* "serve", "export", … Static storage. */
const char *conf_command_text(enum conf_command command);
