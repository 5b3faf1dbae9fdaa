/* SPDX-License-Identifier: ISC */
/*
 * What ontap-zone was told, as one typed value. Its option table (schema.c) is read by src/options,
 * which has the rules of command line and file.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "name/policy.h"
#include "options/options.h"
#include "wire/name.h"
#include "wire/tsig_key.h"

#define CONF_DEFAULT_FILE  "/etc/ontap/zone.conf"
#define CONF_DEFAULT_STATE "/var/lib/ontap/zone"

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

/* These four have the values of enum export_format (export/export.h), log_level (io/log.h),
 * census_means (watch/census.h) and serve_cookies (serve/answer.h), which this layer may not
 * include: ontap-zone/mirror.c proves it. */
enum conf_format { CONF_TINYDNS, CONF_ZONE, CONF_HOSTS, CONF_JSON };

/* What is logged is this urgent or more. */
enum conf_verbosity { CONF_LOG_ERROR, CONF_LOG_WARNING, CONF_LOG_INFO, CONF_LOG_DEBUG };

enum conf_census {
	CONF_CENSUS_AUTO,
	CONF_CENSUS_FEXIT,
	CONF_CENSUS_ITER,
	CONF_CENSUS_PROC,
	CONF_CENSUS_NONE
};

enum conf_cookies { CONF_COOKIES_NONE, CONF_COOKIES_GIVEN, CONF_COOKIES_STRICT };

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
	struct options_texts zone_files;
	char *nsid_dir; /* as given: conf_netns_dir() and conf_has_all_netns() tell what it means */
	char *grants_dir; /* NULL: nothing is granted */
	struct options_texts ignored_hostnames;
	bool has_self;
	enum conf_census census;

	/* serve, check: how it is served */
	struct conf_listens listens; /* never empty: both wildcards if none was given */
	enum name_mdns mdns;
	struct options_texts mdns_ifaces; /* NAME_MDNS_LISTED: at least one */
	struct conf_keys keys;
	struct options_texts key_files; /* of more keys, which the core does not read */
	struct conf_allows transfers;   /* who may; none: nobody */
	struct conf_peers notifies;     /* secondaries that are told of changes */
	struct conf_peers updates;      /* primaries that are sent the records; each has a key */
	enum conf_cookies cookies;
	char *cookie_file;            /* of secrets, which the core does not read; NULL: none */
	uint32_t rate_limit;          /* replies of a kind a second to a network; 0: no limit */
	char *nsid;                   /* NULL: none */
	char *identity;               /* the same */
	struct conf_prefixes trusted; /* resolvers whose client subnets count */
	uint32_t threads;             /* 0: one for each online CPU */
	struct conf_exports exports;
	char *on_export;    /* run after each of `exports` was written, or NULL */
	char *socket_group; /* NULL: not given, "ontap" where it exists is meant */
	char *resolve_path; /* NULL: there is no resolve socket */
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
	char *explained;    /* explain: the NAME; else NULL */
	struct addr client; /* ADDR_NONE: not given */
};

/* What is wrong with what the configuration names, files of keys and zones for instance, for a
 * person: one line that begins with the place. */
struct conf_error {
	char text[512];
};

/* The options; their commands are enum conf_command, their values struct conf. */
extern const struct options_table conf_table;

/* Makes the whole configuration from the command line and the file (NULL: none), as options_load()
 * does by that table. The caller owns `ret`: conf_fini(). */
int conf_load(struct conf *ret, const struct options_args *args, const struct options_file *file,
	struct options_error *error) NONNULL_ARGS(1, 2, 4) MUSTCHECK;
void conf_fini(struct conf *c) NONNULL;

/* The part of it that the name layer goes by. Its texts are `c`'s. */
struct policy conf_policy(const struct conf *c) NONNULL;

/* The directory whose namespaces are given an nsid, NULL: none; and whether each that has a process
 * is given one besides. */
const char *conf_netns_dir(const struct conf *c) NONNULL;
bool conf_has_all_netns(const struct conf *c) NONNULL;
