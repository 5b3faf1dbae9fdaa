/* SPDX-License-Identifier: ISC */
/*
 * Owns the way from defaults, file and command line to one checked struct conf.
 * Never opens a file, never changes a struct conf that is in use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/error.h"
#include "conf/value.h"

/* A key of the file, with its line. */
struct file_setting {
	const struct conf_option *option;
	const char *value;
	unsigned line;
};

/* The file taken apart: copied, and cut into texts at places that are white space or '='. */
struct file {
	const char *name;
	char *text;
	struct file_setting *settings;
	size_t count;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Ends the line where its comment begins: at a '#' that is its first byte or follows white space,
 * so that a '#' inside a word is only that. */
static void cut_comment(char *line)
{
	for (char *p = line; *p; p++)
		if (*p == '#' && (p == line || is_space(p[-1]))) {
			*p = '\0';
			return;
		}
}

/* Takes white space off both ends. */
static char *trim(char *text)
{
	while (is_space(*text))
		text++;
	size_t len = strlen(text);
	while (len > 0 && is_space(text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int unknown_key(struct conf_error *error, const char *file, unsigned line, const char *key)
{
	const struct conf_option *near = conf_option_nearest(key, strlen(key), CONF_COMMAND_COUNT);
	const char *bare = strncmp(key, "no-", 3) == 0 ? key + 3 : key;
	const struct conf_option *negated = conf_option_find(bare, strlen(bare));
	if (negated && bare != key && conf_option_may_be_no(negated))
		return conf_fail(error, "%s:%u: %s: write '%s = no'", file, line, key, bare);
	if (near)
		return conf_fail(error, "%s:%u: %s: unknown key; did you mean %s?", file, line, key,
			near->key);
	return conf_fail(error, "%s:%u: %s: unknown key", file, line, key);
}

/* Adds one key with its value. */
static int add_setting(
	struct file *f, unsigned line, const char *key, const char *value, struct conf_error *error)
{
	const struct conf_option *option = conf_option_find(key, strlen(key));
	if (!option)
		return unknown_key(error, f->name, line, key);
	if (option->is_cmdline_only)
		return conf_fail(
			error, "%s:%u: %s: is for the command line only", f->name, line, key);
	struct file_setting *grown = reallocarray(f->settings, f->count + 1, sizeof(*grown));
	if (!grown)
		return ERR_NOMEM;
	f->settings = grown;
	f->settings[f->count++] = (struct file_setting){option, value, line};
	return 0;
}

static int parse_line(struct file *f, unsigned number, char *line, struct conf_error *error)
{
	cut_comment(line);
	line = trim(line);
	if (*line == '\0')
		return 0;
	char *equals = strchr(line, '=');
	if (!equals)
		return conf_fail(error, "%s:%u: %s: is not 'key = value'", f->name, number, line);
	*equals = '\0';
	return add_setting(f, number, trim(line), trim(equals + 1), error);
}

/* Cuts `f->text`, which has `len` bytes and a zero, into lines and those into settings. */
static int parse_file(struct file *f, size_t len, struct conf_error *error)
{
	char *end = f->text + len;
	unsigned number = 1;
	for (char *line = f->text; line < end; number++) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *stop = newline ? newline : end;
		if (memchr(line, '\0', (size_t)(stop - line)))
			return conf_fail(error, "%s:%u: has a zero byte", f->name, number);
		*stop = '\0';
		int err = parse_line(f, number, line, error);
		if (err)
			return err;
		line = stop + 1;
	}
	return 0;
}

static int file_init(
	struct file *f, const char *name, const char *text, size_t len, struct conf_error *error)
{
	*f = (struct file){.name = name ? name : "configuration"};
	if (!text)
		return 0;
	f->text = malloc(len + 1);
	if (!f->text)
		return ERR_NOMEM;
	memcpy(f->text, text, len);
	f->text[len] = '\0';
	return parse_file(f, len, error);
}

static void file_fini(struct file *f)
{
	free(f->settings);
	free(f->text);
}

/* Reads what the command line says of `o`. Sets `*is_given` if it says anything. */
static int apply_args(struct conf *c, const struct conf_option *o, const struct conf_args *args,
	bool *is_given, struct conf_error *error)
{
	size_t nth = 0;
	for (size_t i = 0; i < args->setting_count; i++) {
		struct conf_why why;
		if (args->settings[i].option != o)
			continue;
		int err = conf_value_read(c, o, args->settings[i].value, nth++, &why);
		if (err)
			return err == ERR_SYNTAX ? conf_fail(error, "--%s: %s", o->key, why.text)
						 : err;
	}
	*is_given = nth > 0;
	return 0;
}

static int apply_file(struct conf *c, const struct conf_option *o, const struct file *f,
	bool *is_given, struct conf_error *error)
{
	size_t nth = 0;
	for (size_t i = 0; i < f->count; i++) {
		struct conf_why why;
		const struct file_setting *s = &f->settings[i];
		if (s->option != o)
			continue;
		int err = conf_value_read(c, o, s->value, nth++, &why);
		if (err == ERR_SYNTAX)
			return conf_fail(
				error, "%s:%u: %s: %s", f->name, s->line, o->key, why.text);
		if (err)
			return err;
	}
	*is_given = nth > 0;
	return 0;
}

static int apply_defaults(struct conf *c, const struct conf_option *o, struct conf_error *error)
{
	for (size_t i = 0; i < ARRAY_LEN(o->defaults) && o->defaults[i]; i++) {
		struct conf_why why;
		int err = conf_value_read(c, o, o->defaults[i], i, &why);
		if (err)
			return err == ERR_SYNTAX ? conf_fail(error, "%s: %s", o->key, why.text)
						 : err;
	}
	return 0;
}

/* Fills all of `c`: for each option from the first place that says something of it. */
static int apply_all(struct conf *c, const struct conf_args *args, const struct file *f,
	struct conf_error *error)
{
	for (size_t i = 0; i < conf_option_count; i++) {
		const struct conf_option *o = &conf_options[i];
		bool is_given = false;
		int err = apply_args(c, o, args, &is_given, error);
		if (!err && !is_given && conf_option_concerns(o, args->command))
			err = apply_file(c, o, f, &is_given, error);
		if (!err && !is_given)
			err = apply_defaults(c, o, error);
		if (err)
			return err;
	}
	return 0;
}

/* What options must not be together, or not be without. */
static int check_combinations(const struct conf *c, struct conf_error *error)
{
	if (c->on_export && c->exports.count == 0)
		return conf_fail(error, "on-export: there is no export that could be done");
	for (size_t i = 0; i < c->updates.count; i++)
		if (c->updates.at[i].key.len == 0)
			return conf_fail(error, "update: an update must be signed: ADDR[:PORT],key:NAME");
	if (c->exec && !c->output)
		return conf_fail(error, "--exec: there is no --output that could be written");
	if (c->view && c->format == CONF_TINYDNS)
		return conf_fail(error, "--view: format tinydns has both views, as locations");
	if (c->zone.len > 0 && c->format != CONF_ZONE)
		return conf_fail(error, "--zone: is for format zone only");
	return 0;
}

int conf_load(struct conf *ret, const struct conf_args *args, const char *file, const char *text,
	size_t len, struct conf_error *error)
{
	struct conf c = {.ready_fd = -1};
	struct file f;
	int err = file_init(&f, file, text, len, error);
	if (!err)
		err = apply_all(&c, args, &f, error);
	if (!err)
		err = check_combinations(&c, error);
	file_fini(&f);
	if (err)
		conf_fini(&c);
	else
		*ret = c;
	return err;
}

void conf_fini(struct conf *c)
{
	for (size_t i = 0; i < conf_option_count; i++)
		conf_value_free(c, &conf_options[i]);
	*c = (struct conf){.ready_fd = -1};
}

struct policy conf_policy(const struct conf *c)
{
	struct policy p = {
		.domain = c->domain,
		.ttl_s = c->ttl_s,
		.source_count = c->names.count,
		.duplicates = c->duplicates,
		.has_rootless = c->has_rootless,
		.has_temporary = c->has_temporary,
		.has_deprecated = c->has_deprecated,
		.has_self_mdns = c->has_self,
		.ignored = (const char *const *)c->ignored_hostnames.at,
		.ignored_count = (unsigned)c->ignored_hostnames.count,
		.mdns = c->mdns,
		.mdns_links = (const char *const *)c->mdns_ifaces.at,
		.mdns_link_count = (unsigned)c->mdns_ifaces.count,
	};
	memcpy(p.sources, c->names.at, sizeof(p.sources));
	return p;
}

bool conf_has_all_netns(const struct conf *c)
{
	return c->nsid_dir && strcmp(c->nsid_dir, "all") == 0;
}

const char *conf_netns_dir(const struct conf *c)
{
	return conf_has_all_netns(c) ? "/run/netns" : c->nsid_dir;
}
