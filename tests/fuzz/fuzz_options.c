/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of src/options: a table that has every type, a command line, and a file.
 * Never checks which texts are right: tests/unit/test_options.c does. Run by a fuzzer, its replay.
 */
#include "options/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { WORDS_MAX = 16, PLACE_COMMAND = 1 };

static const char *const colour_words[] = {"", "red", "green", "blue", NULL};

struct values {
	char *place;
	bool is_big;
	uint32_t count;
	int fd;
	ns_t wait;
	char *label, *note, *dir;
	struct options_texts files;
	unsigned colour;
};

#define AT(member) .offset = offsetof(struct values, member)

static const struct option options[] = {
	{"place", .is_operand = true, .is_required = true, .type = &option_type_text, AT(place),
		.commands = 1 << PLACE_COMMAND, .arg = "PLACE", .help = "where"},
	{"big", 'b', .type = &option_type_flag, AT(is_big), .help = "make it big"},
	{"small", .type = &option_type_alias, .is_cmdline_only = true, .stands_for = {"big", "no"},
		.help = "make it small"},
	{"count", 'n', .type = &option_type_number, AT(count), .arg = "N", .min = 1, .max = 1000,
		.defaults = {"5"}, .help = "how many"},
	{"fd", .type = &option_type_fd, AT(fd), .arg = "FD", .max = 100, .help = "a descriptor"},
	{"wait", .type = &option_type_seconds, AT(wait), .arg = "SECONDS", .max = UINT32_MAX,
		.help = "how long"},
	{"label", .type = &option_type_text, AT(label), .arg = "TEXT", .max = 8, .help = "a name"},
	{"note", .type = &option_type_any_text, AT(note), .arg = "TEXT", .help = "anything"},
	{"dir", .type = &option_type_text_or_no, AT(dir), .arg = "DIR", .defaults = {"/x"},
		.help = "where to keep it"},
	{"file", .type = &option_type_texts, AT(files), .arg = "FILE", .help = "to be read"},
	{"colour", .type = &option_type_choice, AT(colour), .arg = "COLOUR", .words = colour_words,
		.commands = 1 << PLACE_COMMAND, .help = "what it looks like"},
	{"config", 'c', .is_cmdline_only = true, .type = &option_type_config, .arg = "FILE",
		.help = "configuration file"},
	{"help", 'h', .is_cmdline_only = true, .type = &option_type_help, .help = "print this"},
	{"version", 'V', .is_cmdline_only = true, .type = &option_type_version,
		.help = "print the version"},
};

static const struct options_command commands[] = {
	{"show", "show it"}, [PLACE_COMMAND] = {"put", "put it there"}};

/* The first byte of the input selects the kind of program. */
static struct options_table make_table(uint8_t kind)
{
	return (struct options_table){
		.program = "fuzz",
		.commands = kind & 1 ? commands : NULL,
		.command_count = kind & 1 ? ARRAY_LEN(commands) : 0,
		.options = options,
		.count = ARRAY_LEN(options),
		.has_prog = kind & 2,
		.may_abbreviate = kind & 4,
		.size = sizeof(struct values),
	};
}

/* Splits `text` at spaces into words after a program's name. Returns their number. */
static int split(char *text, char *argv[WORDS_MAX])
{
	static char program[] = "fuzz";
	int argc = 0;
	argv[argc++] = program;
	while (argc < WORDS_MAX - 1 && *text) {
		argv[argc++] = text;
		text += strcspn(text, " ");
		if (*text)
			*text++ = '\0';
	}
	argv[argc] = NULL;
	return argc;
}

/* Every message has text, in printable bytes. */
static void check_error(const struct options_error *error)
{
	if (error->text[0] == '\0')
		abort();
	for (const char *p = error->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			abort();
}

static void load(const struct options_table *t, const struct options_args *args, const char *text,
	size_t len)
{
	const struct options_file file = {.name = "fuzz.conf", .text = text, .len = len};
	struct values values;
	struct options_error error = {{0}};
	if (options_load(&values, t, args, &file, &error)) {
		check_error(&error);
		return;
	}
	if (values.count < 1 || values.count > 1000 || values.colour > 3 || values.wait < 0)
		abort();
	options_free(&values, t);
}

static void run(const struct options_table *t, char *line, const char *file, size_t len)
{
	char *argv[WORDS_MAX];
	struct options_args args;
	struct options_error error = {{0}};
	struct buf help = {0};
	if (options_parse(&args, t, split(line, argv), argv, &error)) {
		check_error(&error);
		return;
	}
	options_help(&help, t, &args);
	buf_fini(&help);
	load(t, &args, file, len);
	options_args_fini(&args);
}

/* The input: a byte for the kind of table, a command line, a zero byte, a file. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return 0;
	char *line = malloc(len);
	if (!line)
		return 0;
	memcpy(line, bytes + 1, len - 1);
	line[len - 1] = '\0';
	size_t line_len = strlen(line), file_at = line_len + 1 < len ? line_len + 2 : len;
	struct options_table t = make_table(bytes[0]);
	run(&t, line, (const char *)bytes + file_at, len - file_at);
	free(line);
	return 0;
}
