/* SPDX-License-Identifier: ISC */
/*
 * Owns the way from defaults, file and command line to one checked struct of values.
 * Never opens a file, never changes values that are in use.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "options/file.h"

/* The state of one load. */
struct load {
	const struct options_table *table;
	const struct options_args *args;
	struct file_settings file;
	char *values; /* the values that are being made */
	struct options_error *error;
};

static int read_value(const struct load *l, const struct option *o, const char *text, size_t nth,
	struct option_why *why)
{
	return o->type->read(l->values + o->offset, o, text, nth, why);
}

/* Reads the values of `o` on the command line. Sets `*is_given` if there are any. */
static int apply_args(struct load *l, const struct option *o, bool *is_given)
{
	size_t nth = 0;
	for (size_t i = 0; i < l->args->setting_count; i++) {
		struct option_why why;
		if (l->args->settings[i].option != o)
			continue;
		int err = read_value(l, o, l->args->settings[i].value, nth++, &why);
		if (err == ERR_SYNTAX)
			return options_fail(l->error, "%s%s: %s", o->is_operand ? "" : "--",
				o->is_operand ? o->arg : o->key, why.text);
		if (err)
			return err;
	}
	*is_given = nth > 0;
	return 0;
}

static int apply_file(struct load *l, const struct option *o, bool *is_given)
{
	size_t nth = 0;
	for (size_t i = 0; i < l->file.count; i++) {
		struct option_why why;
		const struct file_setting *s = &l->file.at[i];
		if (s->option != o)
			continue;
		int err = read_value(l, o, s->value, nth++, &why);
		if (err == ERR_SYNTAX)
			return options_fail(
				l->error, "%s:%u: %s: %s", l->file.name, s->line, o->key, why.text);
		if (err)
			return err;
	}
	*is_given = nth > 0;
	return 0;
}

static int apply_defaults(struct load *l, const struct option *o)
{
	for (size_t i = 0; i < ARRAY_LEN(o->defaults) && o->defaults[i]; i++) {
		struct option_why why;
		int err = read_value(l, o, o->defaults[i], i, &why);
		if (err == ERR_SYNTAX)
			return options_fail(l->error, "%s: %s", o->key, why.text);
		if (err)
			return err;
	}
	return 0;
}

/* Makes all values, each from the first source that has it. */
static int apply_all(struct load *l)
{
	for (size_t i = 0; i < l->table->count; i++) {
		const struct option *o = &l->table->options[i];
		bool is_given = false;
		if (!o->type->read)
			continue;
		int err = apply_args(l, o, &is_given);
		if (!err && !is_given && option_concerns(o, l->args))
			err = apply_file(l, o, &is_given);
		if (!err && !is_given)
			err = apply_defaults(l, o);
		if (err)
			return err;
	}
	return 0;
}

static int load(struct load *l, const struct options_file *file)
{
	int err = file_settings_init(&l->file, l->table, file, l->error);
	if (!err)
		err = apply_all(l);
	if (!err && l->table->check)
		err = l->table->check(l->values, l->args, l->error);
	file_settings_fini(&l->file);
	return err;
}

static void init(void *values, const struct options_table *t)
{
	memset(values, 0, t->size);
	if (t->init)
		t->init(values);
}

int options_load(void *ret, const struct options_table *t, const struct options_args *args,
	const struct options_file *file, struct options_error *error)
{
	struct load l = {.table = t, .args = args, .values = malloc(t->size), .error = error};
	if (!l.values)
		return ERR_NOMEM;
	init(l.values, t);
	int err = load(&l, file);
	if (err)
		options_free(l.values, t);
	else
		memcpy(ret, l.values, t->size);
	free(l.values);
	return err;
}

void options_free(void *values, const struct options_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->options[i].type->free)
			t->options[i].type->free((char *)values + t->options[i].offset);
	init(values, t);
}
