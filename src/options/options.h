/* SPDX-License-Identifier: ISC */
/*
 * The options of a program, described by one table. The command line, the configuration file and
 * --help are all made from it, and the manual page is checked against it. The values are one plain
 * struct of the program: each option has an offset in it, and a type that knows how its value is
 * written. A program may have types of its own.
 *
 *	options_parse(table, argv) -> args            which command, which file, what was said
 *	(the caller reads the file)
 *	options_load(table, args, file) -> values     command line, file, defaults, then the check
 *
 * What the command line says of an option replaces what the file says of it. Within one of the two
 * a list adds up, and of a single value the last counts. An option that does not concern the
 * command is an error on the command line. In the file, which all commands share, it is not looked
 * at.
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

/* How values of an option are written, and what is at its offset. */
struct option_type {
	/* Reads `text` into `at`. `nth`: how many values it was given before in the same place.
	 * ERR_SYNTAX with `*why` filled, ERR_NOMEM; `at` is still whole then. NULL: there is nothing
	 * to read, the parser knows what to do. */
	int (*read)(void *at, const struct option *o, const char *text, size_t nth,
		struct option_why *why);
	void (*free)(void *at); /* frees what is at `at`; NULL: it owns nothing */
	bool is_list;           /* values add up */
	bool may_be_no;         /* "--no-KEY" on the command line and "KEY = no" mean something */
};

struct option {
	const char *key;      /* long form, and key of the file */
	char letter;          /* short form, or 0 */
	bool is_cmdline_only; /* not a key of the file */
	bool is_operand;      /* on the command line a word by itself, not "--KEY" */
	bool is_required;     /* an operand that must be there */
	const struct option_type *type;
	unsigned commands; /* that it concerns: bit 1 << command; 0: all */
	size_t offset;     /* of its value */
	const char *arg;   /* what the value is called in --help; NULL: a flag */
	const char *help;
	const char *defaults[2];   /* as a person would write them; NULL: none */
	const char *default_words; /* says what is so without it, where `defaults` cannot */
	const char *const *words;  /* that the value may be, NULL at the end; NULL: no such list */
	uint32_t min, max;         /* of numbers; of texts, max is the longest, if it is not 0 */
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

	const char *default_file; /* where --config names none; NULL: there is no file at all */
	bool has_prog;            /* what follows "--" is another program with its arguments */
	bool may_abbreviate; /* as by getopt_long(3): long options may be cut, if still clear */

	size_t size;                /* of the struct of values */
	void (*init)(void *values); /* sets what is not zero before anything is read; or NULL */
	/* What options must not be together, or not be without; may fill in what follows from
	 * others. ERR_SYNTAX with `*error` filled, ERR_NOMEM. NULL: nothing is to be checked. */
	int (*check)(void *values, const struct options_args *args, struct options_error *error);
};

/* One option as it was given. */
struct option_setting {
	const struct option *option; /* of the table */
	const char *value;           /* borrowed */
};

/* A command line, taken apart but with its values not yet read. All texts are borrowed from argv. */
struct options_args {
	unsigned command;         /* index in the table's commands */
	bool has_command;         /* false with --help and --version only, or without commands */
	bool is_help, is_version; /* asked for: do that and nothing else */
	const char *config_file;  /* NULL: the default one, if it is there */
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

/* Takes apart argv[1] to argv[argc - 1], after which a NULL stands; argv must stay as long as `ret`
 * is used. ERR_SYNTAX with `*error` filled, ERR_NOMEM; `ret` is untouched then. The caller owns
 * `ret`: options_args_fini(). */
int options_parse(struct options_args *ret, const struct options_table *t, int argc,
	char *const argv[], struct options_error *error) NONNULL MUSTCHECK;
void options_args_fini(struct options_args *args) NONNULL;

/* Makes all values, `t->size` bytes at `ret`, from `args`, `file` (NULL: none) and the defaults, and
 * checks them. ERR_SYNTAX with `*error` filled, ERR_NOMEM; `ret` is untouched then. The caller owns
 * what is in `ret`: options_free(). */
int options_load(void *ret, const struct options_table *t, const struct options_args *args,
	const struct options_file *file, struct options_error *error) NONNULL_ARGS(1, 2, 3, 5)
	MUSTCHECK;

/* Frees what the values own, and sets them to what they are before anything is read. */
void options_free(void *values, const struct options_table *t) NONNULL;

/* What --help prints: of all commands (`args->has_command` false), or of one. No line is longer than
 * OPTIONS_HELP_COLUMNS, unless a single word is. */
enum { OPTIONS_HELP_COLUMNS = 80 };
void options_help(
	struct buf *out, const struct options_table *t, const struct options_args *args) NONNULL;

/* --- the table ---------------------------------------------------------------------------- */

/* The option with that key, or NULL. */
const struct option *options_find(
	const struct options_table *t, const char *key, size_t len) NONNULL;

/* Whether it concerns the command; without a command (`has_command` false) all do. */
bool option_concerns(const struct option *o, const struct options_args *args) NONNULL;

/* Index of `len` bytes of text in `words`, or -1. An empty word is no word. */
int options_word_index(const char *const *words, const char *text, size_t len) NONNULL;

/* Writes "a, b or c" to `out`, cut to `cap` bytes. An empty word at the start is left out. */
void options_list_words(const char *const *words, char *out, size_t cap) NONNULL;

/* --- types -------------------------------------------------------------------------------- */

extern const struct option_type option_type_flag;       /* bool: "yes" or "no"; alone it is "yes" */
extern const struct option_type option_type_number;     /* uint32_t, min to max */
extern const struct option_type option_type_fd;         /* int, min to max */
extern const struct option_type option_type_seconds;    /* ns_t, min to max seconds: "2", "0.5" */
extern const struct option_type option_type_text;       /* char *, not empty */
extern const struct option_type option_type_any_text;   /* char *, may be empty */
extern const struct option_type option_type_text_or_no; /* char *; "no" and "none" are NULL */
extern const struct option_type option_type_texts;      /* struct options_texts */
extern const struct option_type option_type_choice;     /* an enum: the index in `words` */

/* These have no value at the offset: the parser knows what to do. */
extern const struct option_type option_type_help;
extern const struct option_type option_type_version;
extern const struct option_type option_type_config; /* names the file */
extern const struct option_type option_type_alias;  /* is `stands_for`, a key and its value */

struct options_texts {
	char **at;
	size_t count;
};

/* Says what is wrong with a value. Returns ERR_SYNTAX. For types of a program. */
int option_fail(struct option_why *why, const char *format, ...) PRINTFLIKE(2, 3)
	NONNULL_ARGS(1, 2);

/* Says that `len` bytes of `text` are none of `words`, and which one may be meant. Returns
 * ERR_SYNTAX. */
int option_fail_choice(
	struct option_why *why, const char *const *words, const char *text, size_t len) NONNULL;

/* Says that `text` has no value of `o` in it, because of `err`. Returns ERR_SYNTAX; ERR_NOMEM stays what
 * it is. For types whose parser has the errors of base/err.h. */
int option_fail_err(
	struct option_why *why, const struct option *o, const char *text, int err) NONNULL;

/* Says what is wrong, with the place; bytes that do not print are shown as '?'. Returns
 * ERR_SYNTAX. For `check` of a table. */
int options_fail(struct options_error *error, const char *format, ...) PRINTFLIKE(2, 3)
	NONNULL_ARGS(1, 2);

/* Reads decimal digits, and nothing else, as a number from `min` to `max`. ERR_SYNTAX. */
int options_read_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret) NONNULL
	MUSTCHECK;

/* Room for one more element of `size` bytes behind the `count` in `array`, moved; NULL: no memory,
 * and `array` is as it was. */
void *options_grow(void *array, size_t count, size_t size) MUSTCHECK;
