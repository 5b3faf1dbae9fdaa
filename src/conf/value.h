/* SPDX-License-Identifier: ISC */
/* Types of options that only ontap-zone has, for its option table. */
#pragma once

#include "conf/conf.h"

/* The words for enum conf_format and enum name_source, in that order, NULL at the end. */
extern const char *const conf_format_words[];
extern const char *const conf_source_words[];

/* The kernel's rule for names of links. */
bool conf_is_ifname(const char *text) NONNULL;

extern const struct option_type conf_type_host;     /* struct name of letters, digits, "-", "_" */
extern const struct option_type conf_type_domain;   /* the same, for a zone of ours */
extern const struct option_type conf_type_name;     /* struct name, any */
extern const struct option_type conf_type_mailbox;  /* struct name, or a mail address */
extern const struct option_type conf_type_addr;     /* struct addr */
extern const struct option_type conf_type_prefixes; /* struct conf_prefixes */
extern const struct option_type conf_type_listens;  /* struct listen_rules */
extern const struct option_type conf_type_sources;  /* struct conf_name_sources */
extern const struct option_type conf_type_choice_or_no; /* option_type_choice; --no-KEY is "no" */
extern const struct option_type conf_type_mdns;   /* conf.mdns and, at the offset, mdns_ifaces */
extern const struct option_type conf_type_guests; /* conf.guests and, at the offset, guest_links */
extern const struct option_type conf_type_patterns; /* struct options_texts: PATTERN[,PATTERN] */
extern const struct option_type
	conf_type_collect; /* conf.collect and, at the offset, collect_links */
extern const struct option_type conf_type_trusts; /* struct conf_trusts: FILE[:PATTERN,…] */
extern const struct option_type conf_type_age;    /* uint32_t, seconds, min to max: "90", "30d" */
extern const struct option_type conf_type_dnssec; /* conf.dnssec and, at the offset, signed_zones */
extern const struct option_type
	conf_type_keys_words; /* conf.keys_verb and, at the offset, keys_zone */
extern const struct option_type conf_type_algorithm; /* uint32_t: 13 or 15 */
extern const struct option_type conf_type_exports;   /* struct conf_exports: FORMAT:FILE */
extern const struct option_type conf_type_keys;      /* struct conf_keys: NAME:ALGORITHM:BASE64 */
extern const struct option_type conf_type_allows;    /* struct conf_allows: PREFIX or key:NAME */
extern const struct option_type conf_type_rights;    /* struct conf_rights: see update/right.h */
extern const struct option_type conf_type_peers;     /* struct conf_peers: ADDR[:PORT][,key:NAME] */
