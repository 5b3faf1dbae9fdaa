/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the configuration file: lines, comments, "key = value".
 * Never opens a file, never interprets a value.
 */
#include "options/file.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "options/nearest.h"

/* The walk through the lines. */
struct walk {
	struct file_settings *settings;
	const struct options_table *table;
	unsigned line;
	struct options_error *error;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Ends the line where its comment begins: at a '#' at its start or after white space. A '#' inside
 * a word is an ordinary character. */
static void cut_comment(char *line)
{
	for (char *p = line; *p; p++)
		if (*p == '#' && (p == line || is_space(p[-1]))) {
			*p = '\0';
			return;
		}
}

/* Removes white space at both ends. */
static char *trim(char *text)
{
	while (is_space(*text))
		text++;
	size_t len = strlen(text);
	while (len > 0 && is_space(text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int fail(struct walk *w, const char *key, const char *what)
{
	return options_fail(w->error, "%s:%u: %s: %s", w->settings->name, w->line, key, what);
}

static int unknown_key(struct walk *w, const char *key)
{
	const struct options_table *t = w->table;
	const char *bare = strncmp(key, "no-", 3) == 0 ? key + 3 : key;
	const struct option *negated = options_find(t, bare, strlen(bare));
	if (negated && bare != key && negated->type->may_be_no)
		return options_fail(w->error, "%s:%u: %s: write '%s = no'", w->settings->name,
			w->line, key, bare);
	struct nearest n = nearest_begin(key, strlen(key));
	for (size_t i = 0; i < t->count; i++)
		if (!t->options[i].is_cmdline_only)
			nearest_offer(&n, t->options[i].key);
	if (n.word)
		return options_fail(w->error, "%s:%u: %s: unknown key; did you mean %s?",
			w->settings->name, w->line, key, n.word);
	return fail(w, key, "unknown key");
}

/* Adds one key with its value. */
static int add_setting(struct walk *w, const char *key, const char *value)
{
	struct file_settings *f = w->settings;
	const struct option *option = options_find(w->table, key, strlen(key));
	if (!option)
		return unknown_key(w, key);
	if (option->is_cmdline_only)
		return fail(w, key, "is for the command line only");
	struct file_setting *grown = options_grow(f->at, f->count, sizeof(*grown));
	if (!grown)
		return ERR_NOMEM;
	f->at = grown;
	f->at[f->count++] = (struct file_setting){option, value, w->line};
	return 0;
}

static int parse_line(struct walk *w, char *line)
{
	cut_comment(line);
	line = trim(line);
	if (*line == '\0')
		return 0;
	char *equals = strchr(line, '=');
	if (!equals)
		return fail(w, line, "is not 'key = value'");
	*equals = '\0';
	return add_setting(w, trim(line), trim(equals + 1));
}

/* Splits the text into lines, and those into settings. It has `len` bytes and a zero. */
static int parse_lines(struct walk *w, size_t len)
{
	char *end = w->settings->text + len;
	for (char *line = w->settings->text; line < end; w->line++) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *stop = newline ? newline : end;
		if (memchr(line, '\0', (size_t)(stop - line)))
			return options_fail(
				w->error, "%s:%u: has a zero byte", w->settings->name, w->line);
		*stop = '\0';
		int err = parse_line(w, line);
		if (err)
			return err;
		line = stop + 1;
	}
	return 0;
}

int file_settings_init(struct file_settings *ret, const struct options_table *t,
	const struct options_file *file, struct options_error *error)
{
	*ret = (struct file_settings){.name = file ? file->name : ""};
	if (!file)
		return 0;
	ret->text = malloc(file->len + 1);
	if (!ret->text)
		return ERR_NOMEM;
	memcpy(ret->text, file->text, file->len);
	ret->text[file->len] = '\0';
	struct walk w = {.settings = ret, .table = t, .line = 1, .error = error};
	return parse_lines(&w, file->len);
}

void file_settings_fini(struct file_settings *f)
{
	free(f->at);
	free(f->text);
	*f = (struct file_settings){0};
}
