/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of ontapd's options, on the command line and in its configuration file.
 * Never starts the daemon. Run by `make check`.
 */
#include "ontapd/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "unit.h"

enum { ARGS_MAX = 16 };

struct line {
	char text[512];
	char *argv[ARGS_MAX];
	struct options_error error;
	struct settings settings;
};

static int load(struct line *l, const char *text, const char *file_text)
{
	const struct options_file file = {
		"ontapd.conf", file_text ? file_text : "", file_text ? strlen(file_text) : 0};
	struct options_args args;
	int argc = 0;
	memset(l, 0, sizeof(*l));
	snprintf(l->text, sizeof(l->text), "%s", text);
	for (char *word = strtok(l->text, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < ARGS_MAX - 1);
		l->argv[argc++] = word;
	}
	int err = options_parse(&args, &settings_table, argc, l->argv, &l->error);
	if (err)
		return err;
	err = options_load(
		&l->settings, &settings_table, &args, file_text ? &file : NULL, &l->error);
	options_args_fini(&args);
	return err;
}

static const struct settings *assert_loads(struct line *l, const char *text, const char *file)
{
	if (load(l, text, file))
		fail_msg("\"%s\": %s", text, l->error.text);
	return &l->settings;
}

static void unload(struct line *l)
{
	options_free(&l->settings, &settings_table);
}

static void assert_fails(const char *text, const char *file, const char *message)
{
	struct line l;
	assert_int_equal(load(&l, text, file), ERR_SYNTAX);
	assert_string_equal(l.error.text, message);
}

static void defaults_are_those_of_the_manual(void **state)
{
	struct line l;
	(void)state;
	const struct settings *s = assert_loads(&l, "ontapd", NULL);
	assert_int_equal(s->parents.count, 0);
	assert_string_equal(s->socket_dir, "/run/ontap");
	assert_string_equal(s->state_dir, "/var/lib/ontap/device");
	assert_null(s->group);
	assert_null(s->rules_file);
	assert_int_equal(s->max_user, 64);
	assert_int_equal(s->max_parent, 4096);
	assert_int_equal(s->rate, 20);
	assert_int_equal(s->ready_fd, -1);
	assert_int_equal(s->verbosity, LOG_LEVEL_INFO);
	unload(&l);
}

static void command_lines_of_service_files_are_read(void **state)
{
	struct line l;
	(void)state;
	const struct settings *s = assert_loads(&l, "ontapd --group=kvm --ready-fd=3 eth0", NULL);
	assert_string_equal(s->group, "kvm");
	assert_int_equal(s->ready_fd, 3);
	assert_int_equal(s->parents.count, 1);
	unload(&l);
	s = assert_loads(&l, "ontapd eth0 --max-u 3 wlan0 --rate=0", NULL);
	assert_int_equal(s->parents.count, 2);
	assert_string_equal(s->parents.at[1], "wlan0");
	assert_int_equal(s->max_user, 3);
	unload(&l);
}

static void the_file_says_what_the_command_line_does_not(void **state)
{
	static const char file[] = "# devices\ngroup = kvm\nmax-user = 5\nparent = eth0\n"
				   "parent = eth1 # and that\nverbosity = debug\n";
	struct line l;
	(void)state;
	const struct settings *s = assert_loads(&l, "ontapd --max-user=7", file);
	assert_string_equal(s->group, "kvm");
	assert_int_equal(s->max_user, 7);
	assert_int_equal(s->verbosity, LOG_LEVEL_DEBUG);
	assert_int_equal(s->parents.count, 2);
	assert_string_equal(s->parents.at[1], "eth1");
	unload(&l);
	s = assert_loads(&l, "ontapd wlan0", file);
	assert_int_equal(s->parents.count, 1);
	assert_string_equal(s->parents.at[0], "wlan0");
	unload(&l);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	(void)state;
	assert_fails(
		"ontapd --gruop=x eth0", NULL, "--gruop=x: unknown option; did you mean --group?");
	assert_fails("ontapd --rate=1000001 eth0", NULL,
		"--rate: '1000001' is no number from 0 to 1000000");
	assert_fails("ontapd --verbosity=loud eth0", NULL,
		"--verbosity: 'loud' is not error, warning, info or debug");
	assert_fails("ontapd a/b", NULL, "PARENT: 'a/b': no link can have this name");
	assert_fails("ontapd", "\nparent = a/b\n",
		"ontapd.conf:2: parent: 'a/b': no link can have this name");
	assert_fails("ontapd", "parnet = eth0\n",
		"ontapd.conf:1: parnet: unknown key; did you mean parent?");
	assert_fails("ontapd", "max-user = -1\n",
		"ontapd.conf:1: max-user: '-1' is no number from 0 to 4294967295");
	assert_fails(
		"ontapd", "config = x\n", "ontapd.conf:1: config: is for the command line only");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(command_lines_of_service_files_are_read),
		cmocka_unit_test(the_file_says_what_the_command_line_does_not),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
