/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the configuration: a command line, a zero byte or two, and a file.
 * Never checks which texts are right: tests/unit/test_conf.c does. Run by a fuzzer, its replay.
 */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { WORDS_MAX = 16 };

/* Splits `text` at spaces into words after a program's name. Returns their number. */
static int split(char *text, char *argv[WORDS_MAX])
{
	static char program[] = "ontap-zone";
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

static void load(const struct options_args *args, const char *text, size_t len)
{
	const struct options_file file = {.name = "fuzz.conf", .text = text, .len = len};
	struct conf conf;
	struct options_error error = {{0}};
	int err = options_load(&conf, &conf_table, args, &file, &error);
	if (err && error.text[0] == '\0')
		abort(); /* an error without a reason */
	if (!err)
		conf_fini(&conf);
}

/* The input: a command line, a zero byte, a file. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *line = malloc(len + 1), *argv[WORDS_MAX];
	struct options_args args;
	struct options_error error = {{0}};
	if (!line)
		return 0;
	if (len > 0)
		memcpy(line, bytes, len);
	line[len] = '\0';
	size_t line_len = strlen(line), file_at = line_len < len ? line_len + 1 : len;
	int argc = split(line, argv);
	if (options_parse(&args, &conf_table, argc, argv, &error) == 0) {
		load(&args, (const char *)bytes + file_at, len - file_at);
		options_args_fini(&args);
	} else if (error.text[0] == '\0') {
		abort();
	}
	free(line);
	return 0;
}
