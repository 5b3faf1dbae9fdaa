/* SPDX-License-Identifier: ISC */
/*
 * The options of a program, described by one table. The command line, the configuration file and
 * --help are all made from it, and the manual page is checked against it. The values are one plain
 * struct of the program. Each option has an offset in this struct, and a type that can read its
 * value. A program may have types of its own.
 *
 *	options_parse(table, argv) -> args            the command, the file, the options given
 *	(the caller reads the file)
 *	options_load(table, args, file) -> values     command line, file, defaults, then the check
 *
 * An option on the command line replaces the same option in the file. If an option is repeated in
 * one of the two places, the values of a list add up, and of other values the last one counts. An
 * option that does not concern the command is an error on the command line. In the file, which all
 * commands share, it is ignored.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"

struct option;

/* What is wrong with a value, for a person, without the place. */
struct option_why {
	char text[384];
};

/* What is wrong, for a person: one line that begins with the place, "zone.conf:3: ttl: …" or
 * "--ttl: …", without bytes that do not print. */
struct options_error {
	char text[512];
};

/* The type of an option: how its values are written, and what is stored at its offset. */
struct option_type {
	/* Reads `text` into `at`. `nth`: how many values of this option came before in the same
	 * place. ERR_SYNTAX with `*why` filled, ERR_NOMEM; on error `at` is still valid. NULL:
	 * there is no value to store, the parser handles the option. */
	int (*read)(void *at, const struct option *o, const char *text, size_t nth,
		struct option_why *why);
	void (*free)(void *at); /* frees what is at `at`; NULL: it owns nothing */
	bool is_list;           /* values add up */
	bool may_be_no;         /* "--no-KEY" on the command line and "KEY = no" mean something */
};

struct option {
	/* Long form, and key of the file. Two options that are not keys of the file may have the
	 * same key, if no command has both and both have a value, or both are flags. */
	const char *key;
	char letter;          /* short form, or 0 */
	bool is_cmdline_only; /* not a key of the file */
	bool is_operand;      /* on the command line a plain word, not "--KEY" */
	bool is_required;     /* an operand that must be there */
	const struct option_type *type;
	unsigned commands; /* commands it concerns: bit 1 << command; 0: all */
	size_t offset;     /* of its value */
	const char *arg;   /* name of the value in --help; NULL: a flag */
	const char *bare;  /* the value of "--KEY" alone, if it may be left out; NULL: it may not.
			    * Only "--KEY=" has another value then, never the next word */
	const char *help;
	const char *defaults[2];   /* as the user would write them; NULL: none */
	const char *default_words; /* describes the default if `defaults` cannot */
	const char *const *words;  /* allowed values, NULL at the end; NULL: no list */
	uint32_t min, max;         /* of numbers; for texts, max (if not 0) is the longest */
	const char *stands_for[2]; /* option_type_alias: key and value of another option */
};

struct options_command {
	const char *word;
	const char *help;
};

struct options_args;

struct options_table {
	const char *program;
	const char *const *usage; /* forms, without the program's name, NULL at the end; NULL: made
				   * from the commands */
	const char *about;        /* paragraph at the start of --help, or NULL */
	const char *more;         /* paragraph at its end, or NULL */

	const struct options_command *commands; /* NULL: there are none */
	size_t command_count;
	const struct option *options;
	size_t count;

	const char *default_file; /* used without --config; NULL: no file at all */
	bool has_prog;            /* another program and its arguments follow "--" */
	bool may_abbreviate;      /* long options may be abbreviated (getopt_long(3)) */

	size_t size;                /* of the struct of values */
	void (*init)(void *values); /* sets initial values other than zero; or NULL */
	/* Checks which options exclude or need each other. May set values that follow from others.
	 * ERR_SYNTAX with `*error` filled, ERR_NOMEM. NULL: no check. */
	int (*check)(void *values, const struct options_args *args, struct options_error *error);
};

/* One option as it was given. */
struct option_setting {
	const struct option *option; /* of the table */
	const char *value;           /* borrowed */
};

/* A command line, split into options; the values are not yet read. All texts are borrowed from
 * argv. */
struct options_args {
	unsigned command;         /* index in the table's commands */
	bool has_command;         /* false with --help and --version only, or without commands */
	bool is_help, is_version; /* --help or --version: do only that */
	const char *config_file;  /* NULL: the default file, if it exists */
	char *const *prog;        /* what followed "--", NULL at the end; NULL: there was no "--" */
	struct option_setting *settings; /* in the order given */
	size_t setting_count;
};

/* A configuration file that was read. */
struct options_file {
	const char *name; /* for messages */
	const char *text;
	size_t len;
};

/* --- what a program calls ----------------------------------------------------------------- */

/* Splits argv[1] to argv[argc - 1]; a NULL must follow them. argv must stay valid as long as `ret`
 * is used. ERR_SYNTAX with `*error` filled, ERR_NOMEM; on error `ret` is unchanged. The caller owns
 * `ret`: options_args_fini(). */
int options_parse(struct options_args *ret, const struct options_table *t, int argc,
	char *const argv[], struct options_error *error) NONNULL MUSTCHECK;
void options_args_fini(struct options_args *args) NONNULL;

/* Makes all values from `args`, `file` (NULL: none) and the defaults, and checks them. They take
 * `t->size` bytes at `ret`. ERR_SYNTAX with `*error` filled, ERR_NOMEM; on error `ret` is
 * unchanged. The caller owns the content of `ret`: options_free(). */
int options_load(void *ret, const struct options_table *t, const struct options_args *args,
	const struct options_file *file, struct options_error *error) NONNULL_ARGS(1, 2, 3, 5)
	MUSTCHECK;

/* Frees what the values own, and resets them to their initial values. */
void options_free(void *values, const struct options_table *t) NONNULL;

/* Adds the text of --help to `out`: for all commands (`args->has_command` false), or for one. No
 * line is longer than OPTIONS_HELP_COLUMNS, unless a single word is longer. */
enum { OPTIONS_HELP_COLUMNS = 80 };
void options_help(
	struct buf *out, const struct options_table *t, const struct options_args *args) NONNULL;

/* --- the table ---------------------------------------------------------------------------- */

/* Returns the option with that key, or NULL. */
const struct option *options_find(
	const struct options_table *t, const char *key, size_t len) NONNULL;

/* True if the option concerns the command. Without a command (`has_command` false) all options
 * do. */
bool option_concerns(const struct option *o, const struct options_args *args) NONNULL;

/* Returns the index in `words` of the word `text` (`len` bytes), or -1. An empty word never
 * matches. */
int options_word_index(const char *const *words, const char *text, size_t len) NONNULL;

/* Writes "a, b or c" to `out`, cut to `cap` bytes. An empty first word is left out. */
void options_list_words(const char *const *words, char *out, size_t cap) NONNULL;

/* --- types -------------------------------------------------------------------------------- */

extern const struct option_type option_type_flag;       /* bool: "yes" or "no"; no value: "yes" */
extern const struct option_type option_type_number;     /* uint32_t, min to max */
extern const struct option_type option_type_fd;         /* int, min to max */
extern const struct option_type option_type_seconds;    /* ns_t, min to max seconds: "2", "0.5" */
extern const struct option_type option_type_text;       /* char *, not empty */
extern const struct option_type option_type_any_text;   /* char *, may be empty */
extern const struct option_type option_type_text_or_no; /* char *; "no" and "none" are NULL */
extern const struct option_type option_type_texts;      /* struct options_texts */
extern const struct option_type option_type_choice;     /* an enum: the index in `words` */

/* These types store no value at the offset: the parser handles them. */
extern const struct option_type option_type_help;
extern const struct option_type option_type_version;
extern const struct option_type option_type_config; /* the name of the file */
extern const struct option_type option_type_alias;  /* replaced by `stands_for` */

struct options_texts {
	char **at;
	size_t count;
};

/* Writes to `why` what is wrong with a value. Returns ERR_SYNTAX. For a program's own types. */
int option_fail(struct option_why *why, const char *format, ...) PRINTFLIKE(2, 3)
	NONNULL_ARGS(1, 2);

/* Writes to `why` that the `len` bytes of `text` are none of `words`, and which word may be meant.
 * Returns ERR_SYNTAX. */
int option_fail_choice(
	struct option_why *why, const char *const *words, const char *text, size_t len) NONNULL;

/* Writes to `why` that `text` is no value of `o`, because of `err`. Returns ERR_SYNTAX, or
 * ERR_NOMEM if `err` is ERR_NOMEM. For types whose parser returns the errors of base/err.h. */
int option_fail_err(
	struct option_why *why, const struct option *o, const char *text, int err) NONNULL;

/* Writes to `error` what is wrong, and where; non-printing bytes are shown as '?'. Returns
 * ERR_SYNTAX. For `check` of a table. */
int options_fail(struct options_error *error, const char *format, ...) PRINTFLIKE(2, 3)
	NONNULL_ARGS(1, 2);

/* Reads a number from `min` to `max`, written with decimal digits only. ERR_SYNTAX. */
int options_read_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret) NONNULL
	MUSTCHECK;

/* Makes room for one more element of `size` bytes behind the `count` elements of `array`, which only
 * this function has allocated, one element after the other (NULL: none yet). Returns the array,
 * which may have moved; NULL: no memory, and `array` is unchanged. */
void *options_grow(void *array, size_t count, size_t size) MUSTCHECK;
