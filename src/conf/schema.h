/* SPDX-License-Identifier: ISC */
/* The option table, for the files of this directory and for the tests that compare it with the
 * manual page and the sample configuration. */
#pragma once

#include "conf/conf.h"

/* How the value is written, and what is at conf_option.offset. */
enum conf_kind {
	CONF_KIND_ARGS,     /* of struct conf_args, not of struct conf: --help, --config */
	CONF_KIND_FLAG,     /* bool: "yes" or "no"; alone on the command line is "yes" */
	CONF_KIND_NUMBER,   /* uint32_t, min to max */
	CONF_KIND_FD,       /* int, min to max */
	CONF_KIND_TEXT,     /* char *, not empty; at most max bytes, if that is not 0 */
	CONF_KIND_DIR,      /* char *; "no" is NULL */
	CONF_KIND_TEXTS,    /* struct conf_texts */
	CONF_KIND_HOST,     /* struct name of letters, digits, hyphens, underscores */
	CONF_KIND_DOMAIN,   /* the same, where a zone of ours can be */
	CONF_KIND_NAME,     /* struct name, any */
	CONF_KIND_MAILBOX,  /* struct name, also written as mail address (RFC 1035 §8) */
	CONF_KIND_ADDR,     /* struct addr */
	CONF_KIND_PREFIXES, /* struct conf_prefixes */
	CONF_KIND_LISTENS,  /* struct conf_listens */
	CONF_KIND_CHOICE,   /* an enum: the index in `words` */
	CONF_KIND_SOURCES,  /* struct conf_name_sources: words, with commas between */
	CONF_KIND_MDNS,     /* conf.mdns and, at the offset, conf.mdns_ifaces */
	CONF_KIND_EXPORTS,  /* struct conf_exports: FORMAT:FILE */
	CONF_KIND_KEYS,     /* struct conf_keys: NAME:ALGORITHM:BASE64 */
	CONF_KIND_ALLOWS,   /* struct conf_allows: PREFIX or key:NAME */
	CONF_KIND_PEERS,    /* struct conf_peers: ADDR[:PORT][,key:NAME] */
	CONF_KIND_COUNT
};

struct conf_option {
	const char *key;
	char letter;                /* short form, or 0 */
	bool is_cmdline_only;       /* not a key of the file */
	enum conf_kind kind;
	unsigned commands;          /* that it concerns: bit 1 << enum conf_command */
	size_t offset;              /* in struct conf */
	const char *arg;            /* what the value is called in --help; NULL: a flag */
	const char *help;
	const char *defaults[2];    /* as a person would write them; NULL: none */
	const char *const *words;   /* of CONF_KIND_CHOICE, with NULL at the end */
	uint32_t min, max;
};

extern const struct conf_option conf_options[];
extern const size_t conf_option_count;

extern const char *const conf_format_words[];
extern const char *const conf_source_words[];

/* The option with that key, or NULL. */
const struct conf_option *conf_option_find(const char *key, size_t len) NONNULL;

/* The option that concerns `command` (CONF_COMMAND_COUNT: any) and is spelled most like that, or
 * NULL if none is at all like it. */
const struct conf_option *conf_option_nearest(const char *key, size_t len,
	enum conf_command command) NONNULL;

bool conf_option_concerns(const struct conf_option *o, enum conf_command command) NONNULL;

/* Whether "--no-KEY" (and "KEY = no") is something. */
bool conf_option_may_be_no(const struct conf_option *o) NONNULL;

/* Index of `len` bytes of text in `words`, or -1. An empty word is no word. */
int conf_word_index(const char *const *words, const char *text, size_t len) NONNULL;
