/* SPDX-License-Identifier: ISC */
/* The messages between the serving process and the keeper. Both are of one program and one start, so
 * numbers are in the order of this machine. */
#pragma once

#include <stdint.h>

/* To the keeper. */
enum keeper_ask {
	ASK_EXPORT = 1, /* struct keeper_piece, and a piece of the file */
	ASK_SERIAL,     /* the text of the file */
	ASK_NAMES,      /* a byte: it is the last piece; and a piece of the file */
	ASK_RELOAD,     /* nothing */
	ASK_DIARY,      /* struct keeper_entry, and a piece of the text */
	ASK_SIGNATURES  /* struct keeper_signatures, and a piece of the file */
};

/* To the serving process. The first load and each reload is one series:
 *
 *	{EXPECT, CONF*, ADDRESSES*, KEYS*, COOKIES, SIGNERS*, TRUSTED*, APPLY, OWNERS*, LOADED} or {REFUSED}
 *
 * LOG may come in between. Nothing is sent before all files have been read, and found right. */
enum keeper_say {
	SAY_SERIAL = 1, /* uint32_t: of the state directory, 0: none; at the start only */
	SAY_NAMES,      /* a piece of the mDNS names; at the start only */
	SAY_EXPECT,     /* uint32_t: owners for the zone; at the start only */
	SAY_CONF,       /* a piece of the configuration file; for a reload only */
	SAY_ADDRESSES,  /* an array of struct address_name, settled */
	SAY_KEYS,       /* an array of struct tsig_key */
	SAY_COOKIES,    /* struct cookie_keys */
	SAY_APPLY,      /* struct keeper_apply: that was all but the records */
	SAY_OWNERS,     /* see owners.h */
	SAY_LOADED,     /* nothing: those were all records */
	SAY_REFUSED, /* uint32_t: the exit code, if this is the start. The reason has been logged */
	SAY_LOG,     /* lines that the keeper has logged while it read */
	SAY_WRITTEN, /* struct keeper_written */
	SAY_SANDBOX, /* struct sandbox_report; at the start only */
	SAY_DIARY,   /* uint32_t: enum keeper_diary, and a piece of it; at the start only */
	SAY_SIGNERS, /* an array of struct signer_key: of who signs updates */
	SAY_SIGNATURES, /* a piece of the file of signatures (dnssec/kept.h); at the start only */
	SAY_TRUSTED     /* an array of struct signer_key: of whom the collector trusts */
};

/* A piece of an export. The keeper knows the path. */
struct keeper_piece {
	uint32_t
		generation; /* of the configuration: a reload may have changed the list of exports */
	uint32_t export;    /* number in the list */
	uint32_t is_last;
};

/* Files of the state directory to whose ends entries are written. */
enum keeper_diary {
	KEEPER_UPDATES,   /* what updates have added: update/diary.h */
	KEEPER_COLLECTED, /* what other hosts say: collect/collect.h */
	KEEPER_DIARIES
};

/* An entry for the end of the file, or all of it. */
struct keeper_entry {
	uint32_t diary; /* enum keeper_diary */
	uint32_t is_all;
	uint32_t is_last; /* piece */
};

/* A piece of the file of signatures, or its end. */
struct keeper_signatures {
	uint32_t is_last;
	uint32_t is_dropped; /* the old file stays */
};

struct keeper_apply {
	uint32_t generation; /* from now on */
	uint32_t has_file;   /* there is a configuration file */
};

/* What was written, or why not. */
struct keeper_written {
	uint32_t what;               /* enum keeper_ask */
	uint32_t generation, export; /* as asked */
	uint32_t diary;              /* likewise */
	int32_t err;
};

/* A piece is shorter than a message. */
enum { KEEPER_PIECE = 32768 };
