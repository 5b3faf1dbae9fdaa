/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of src/options: a table with every type of option, read from a command line and a
 * file, and its help.
 * Never uses the table of a real program: that of ontap-zone is in test_conf.c. Run by `make
 * check`.
 */
#include "options/options.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "options/nearest.h"
#include "unit.h"

enum { ARGS_MAX = 16 };

enum colour { RED, GREEN, BLUE };
static const char *const colour_words[] = {[RED] = "red", [GREEN] = "green", [BLUE] = "blue", NULL};

struct values {
	struct options_texts places;
	bool is_big;
	uint32_t count;
	int fd;
	ns_t wait;
	char *label, *note, *dir, *copy;
	struct options_texts files;
	enum colour colour;
	bool is_checked; /* set by the table's check */
};

#define AT(member) .offset = offsetof(struct values, member)

static const struct option options[] = {
	{"place", .is_operand = true, .is_required = true, .type = &option_type_texts, AT(places),
		.arg = "PLACE", .help = "where"},
	{"big", 'b', .type = &option_type_flag, AT(is_big), .defaults = {"yes"},
		.help = "make it big"},
	{"small", .type = &option_type_alias, .is_cmdline_only = true, .stands_for = {"big", "no"},
		.help = "make it small"},
	{"count", 'n', .type = &option_type_number, AT(count), .arg = "N", .defaults = {"5"},
		.min = 1, .max = 10, .help = "how many"},
	{"fd", .type = &option_type_fd, AT(fd), .arg = "FD", .max = 100, .help = "a descriptor"},
	{"wait", 'w', .type = &option_type_seconds, AT(wait), .arg = "SECONDS", .max = 60,
		.help = "how long"},
	{"label", 'l', .type = &option_type_text, AT(label), .arg = "TEXT", .max = 8,
		.default_words = "none at all", .help = "what it is called"},
	{"note", .type = &option_type_any_text, AT(note), .arg = "TEXT", .help = "anything"},
	{"copy", .type = &option_type_any_text, AT(copy), .arg = "FILE", .bare = "./usual",
		.help = "keep a copy"},
	{"dir", .type = &option_type_text_or_no, AT(dir), .arg = "DIR", .defaults = {"/x"},
		.help = "where to keep it"},
	{"file", 'f', .type = &option_type_texts, AT(files), .arg = "FILE",
		.help = "something to read, with an explanation that is long enough to need "
			"several lines of eighty columns"},
	{"colour", .type = &option_type_choice, AT(colour), .arg = "COLOUR", .defaults = {"green"},
		.words = colour_words, .help = "what it looks like"},
	{"config", 'c', .is_cmdline_only = true, .type = &option_type_config, .arg = "FILE",
		.help = "configuration file"},
	{"help", 'h', .is_cmdline_only = true, .type = &option_type_help, .help = "print this"},
	{"version", 'V', .is_cmdline_only = true, .type = &option_type_version,
		.help = "print the version"},
};

static void init(void *values)
{
	struct values *v = values;
	v->fd = -1;
	v->wait = NS_NEVER;
}

static int check(void *values, const struct options_args *args UNUSED, struct options_error *error)
{
	struct values *v = values;
	v->is_checked = true;
	if (v->label && strcmp(v->label, "nothing") == 0)
		return options_fail(error, "--label: this is no label");
	return 0;
}

static const char *const usage[] = {"[options] PLACE...", "--other PLACE", NULL};

static const struct options_table table = {
	.program = "paint",
	.usage = usage,
	.about = "Paints.",
	.more = "That is all.",
	.options = options,
	.count = ARRAY_LEN(options),
	.default_file = "/etc/paint.conf",
	.size = sizeof(struct values),
	.init = init,
	.check = check,
};

/* A command line as one text, with a space between words, and its result. */
struct line {
	char text[512];
	char *argv[ARGS_MAX];
	int argc;
	struct options_args args;
	struct values values;
	struct options_error error;
};

static int parse(struct line *l, const struct options_table *t, const char *text)
{
	memset(l, 0, sizeof(*l));
	snprintf(l->text, sizeof(l->text), "paint %s", text);
	for (char *word = strtok(l->text, " "); word; word = strtok(NULL, " ")) {
		assert_true(l->argc < ARGS_MAX - 1);
		l->argv[l->argc++] = word;
	}
	return options_parse(&l->args, t, l->argc, l->argv, &l->error);
}

static int load(struct line *l, const char *text, const char *file_text)
{
	const struct options_file file = {
		"paint.conf", file_text ? file_text : "", file_text ? strlen(file_text) : 0};
	int err = parse(l, &table, text);
	if (err)
		return err;
	err = options_load(&l->values, &table, &l->args, file_text ? &file : NULL, &l->error);
	options_args_fini(&l->args);
	return err;
}

static void assert_loads(struct line *l, const char *text, const char *file_text)
{
	if (load(l, text, file_text))
		fail_msg("\"%s\": %s", text, l->error.text);
	assert_true(l->values.is_checked);
}

static void unload(struct line *l)
{
	options_free(&l->values, &table);
}

static void assert_fails(const char *text, const char *file_text, const char *message)
{
	struct line l;
	int err = load(&l, text, file_text);
	if (!err)
		unload(&l);
	assert_int_equal(err, ERR_SYNTAX);
	assert_string_equal(l.error.text, message);
}

static void what_is_not_said_is_as_the_table_says(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "here", NULL);
	assert_int_equal(l.values.places.count, 1);
	assert_true(l.values.is_big);
	assert_int_equal(l.values.count, 5);
	assert_int_equal(l.values.fd, -1);
	assert_true(l.values.wait == NS_NEVER);
	assert_null(l.values.label);
	assert_null(l.values.note);
	assert_string_equal(l.values.dir, "/x");
	assert_int_equal(l.values.files.count, 0);
	assert_int_equal(l.values.colour, GREEN);
	unload(&l);
}

static void each_type_is_read(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l,
		"-n3 --fd=7 -w 1.5 --label x --note= --no-dir -f a -fb --colour=blue here there",
		NULL);
	assert_int_equal(l.values.count, 3);
	assert_int_equal(l.values.fd, 7);
	assert_true(l.values.wait == 1500 * NS_PER_MS);
	assert_string_equal(l.values.label, "x");
	assert_string_equal(l.values.note, "");
	assert_null(l.values.dir);
	assert_int_equal(l.values.files.count, 2);
	assert_string_equal(l.values.files.at[1], "b");
	assert_int_equal(l.values.colour, BLUE);
	assert_int_equal(l.values.places.count, 2);
	assert_string_equal(l.values.places.at[1], "there");
	unload(&l);
}

static void seconds_may_have_a_fraction(void **state)
{
	static const struct {
		const char *text;
		ns_t wait;
	} good[] = {
		{"--wait=0 x", 0},
		{"--wait=60 x", 60 * NS_PER_S},
		{"--wait=60.0 x", 60 * NS_PER_S},
		{"--wait=.25 x", NS_PER_S / 4},
		{"--wait=2. x", 2 * NS_PER_S},
		{"--wait=0.000000001 x", 1},
	};
	static const char *const bad[] = {"60.1", "61", "-1", "", ".", "1e1", "1.5s", "0x1",
		"1.2.3", "0.0000000001", "99999999999999999999"};
	struct line l;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_loads(&l, good[i].text, NULL);
		assert_true(l.values.wait == good[i].wait);
		unload(&l);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char text[64], message[128];
		snprintf(text, sizeof(text), "--wait=%s x", bad[i]);
		snprintf(message, sizeof(message),
			"--wait: '%s' is no number of seconds from 0 to 60", bad[i]);
		assert_fails(text, NULL, message);
	}
}

static void a_value_that_may_be_left_out_is_never_the_next_word(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "--copy x", NULL);
	assert_string_equal(l.values.copy, "./usual");
	assert_string_equal(l.values.places.at[0], "x");
	unload(&l);
	assert_loads(&l, "--copy=other x", NULL);
	assert_string_equal(l.values.copy, "other");
	unload(&l);
	assert_loads(&l, "x", NULL);
	assert_null(l.values.copy);
	unload(&l);
}

static void of_an_option_and_its_opposite_the_last_counts(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "--big --small x", NULL);
	assert_false(l.values.is_big);
	unload(&l);
	assert_loads(&l, "--small --big x", NULL);
	assert_true(l.values.is_big);
	unload(&l);
	assert_loads(&l, "--no-big x", NULL);
	assert_false(l.values.is_big);
	unload(&l);
	assert_fails("--small=yes x", NULL, "--small=yes: takes no value");
}

static void operands_of_the_command_line_replace_those_of_the_file(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "-n 2 x", "place = a\nplace = b\ncount = 7\n");
	assert_int_equal(l.values.places.count, 1);
	assert_string_equal(l.values.places.at[0], "x");
	assert_int_equal(l.values.count, 2);
	unload(&l);
	assert_fails("--place=x y", NULL, "--place=x: unknown option; --help lists them");
}

static void messages_name_option_and_range(void **state)
{
	(void)state;
	assert_fails("--count=11 x", NULL, "--count: '11' is no number from 1 to 10");
	assert_fails("-n 0 x", NULL, "--count: '0' is no number from 1 to 10");
	assert_fails("--fd=101 x", NULL, "--fd: '101' is no number from 0 to 100");
	assert_fails("--label=123456789 x", NULL, "--label: is longer than 8 bytes");
	assert_fails("--label= x", NULL, "--label: is empty");
	assert_fails("--colour=gren x", NULL,
		"--colour: 'gren' is not red, green or blue; did you mean green?");
	assert_fails("--colour=mauve x", NULL, "--colour: 'mauve' is not red, green or blue");
	assert_fails("--label=nothing x", NULL, "--label: this is no label");
	assert_fails("x -n 4", "\ncount = 0\n# x\nfd = y\n",
		"paint.conf:4: fd: 'y' is no number from 0 to 100");
	assert_fails("", NULL, "paint: PLACE is missing; --help tells more");
}

static void messages_say_what_may_be_meant(void **state)
{
	(void)state;
	assert_fails("--cuont=1 x", NULL, "--cuont=1: unknown option; did you mean --count?");
	assert_fails("--no-dri x", NULL, "--no-dri: unknown option; did you mean --no-dir?");
	assert_fails("--no-count x", NULL, "--no-count: unknown option; did you mean --count?");
	assert_fails("--frobnicate x", NULL, "--frobnicate: unknown option; --help lists them");
	assert_fails(
		"x", "colur = red\n", "paint.conf:1: colur: unknown key; did you mean colour?");
	assert_fails("x", "confg = y\n", "paint.conf:1: confg: unknown key");
	assert_fails("x", "no-dir = y\n", "paint.conf:1: no-dir: write 'dir = no'");
	assert_fails("x", "config = y\n", "paint.conf:1: config: is for the command line only");
}

static void what_is_not_like_any_word_is_like_none(void **state)
{
	(void)state;
	assert_string_equal(nearest_word(colour_words, "bleu", 4), "blue");
	assert_null(nearest_word(colour_words, "transparent", 11));
	assert_null(nearest_word(colour_words, "", 0));
	assert_null(nearest_word(colour_words, "a-word-that-is-much-too-long-to-be-one", 38));
}

static void only_some_programs_take_abbreviations(void **state)
{
	struct options_table may = table;
	struct line l;
	(void)state;
	may.may_abbreviate = true;
	assert_fails("--cou=3 x", NULL, "--cou=3: unknown option; did you mean --count?");
	assert_int_equal(parse(&l, &may, "--cou=3 --lab y x"), 0);
	assert_int_equal(l.args.setting_count, 3);
	assert_string_equal(l.args.settings[0].option->key, "count");
	assert_string_equal(l.args.settings[1].value, "y");
	options_args_fini(&l.args);
	assert_int_equal(parse(&l, &may, "--co=3 x"), ERR_SYNTAX);
	assert_string_equal(l.error.text, "--co=3: may be --count or --config");
	assert_int_equal(parse(&l, &may, "--pla=3 x"), ERR_SYNTAX);
	assert_int_equal(parse(&l, &may, "--=3 x"), ERR_SYNTAX);
}

static void words_after_two_hyphens_are_operands_or_a_program(void **state)
{
	struct options_table has_prog = table;
	struct line l;
	(void)state;
	has_prog.has_prog = true;
	assert_int_equal(parse(&l, &table, "-b -- --big --"), 0);
	assert_int_equal(l.args.setting_count, 3);
	assert_null(l.args.prog);
	options_args_fini(&l.args);
	assert_int_equal(parse(&l, &has_prog, "x -n 3 -- sh --big -- y"), 0);
	assert_int_equal(l.args.setting_count, 2);
	assert_string_equal(l.args.prog[0], "sh");
	assert_string_equal(l.args.prog[3], "y");
	assert_null(l.args.prog[4]);
	options_args_fini(&l.args);
	assert_int_equal(parse(&l, &has_prog, "x --"), 0);
	assert_non_null(l.args.prog);
	assert_null(l.args.prog[0]);
	options_args_fini(&l.args);
	assert_int_equal(parse(&l, &has_prog, "x"), 0);
	assert_null(l.args.prog);
	options_args_fini(&l.args);
	/* An option takes the next word as its value, whatever it is. */
	assert_int_equal(parse(&l, &has_prog, "x -l -- -- sh"), 0);
	assert_string_equal(l.args.settings[1].value, "--");
	assert_string_equal(l.args.prog[0], "sh");
	options_args_fini(&l.args);
}

static void an_error_leaves_values_alone(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "--label=a x", NULL);
	struct values before = l.values;
	assert_int_equal(parse(&l, &table, "--label=b -f c --count=0 x"), 0);
	l.values = before;
	assert_int_equal(options_load(&l.values, &table, &l.args, NULL, &l.error), ERR_SYNTAX);
	options_args_fini(&l.args);
	assert_memory_equal(&before, &l.values, sizeof(before));
	assert_string_equal(l.values.label, "a");
	unload(&l);
	assert_int_equal(l.values.fd, -1);
	assert_null(l.values.label);
}

static void help_is_the_table_in_eighty_columns(void **state)
{
	static const char wanted[] =
		"usage: paint [options] PLACE...\n"
		"       paint --other PLACE\n"
		"\n"
		"Paints.\n"
		"\n"
		"options:\n"
		"  -b, --big                   make it big (default); --no-big: not\n"
		"      --small                 make it small\n"
		"  -n, --count=N               how many (default: 5)\n"
		"      --fd=FD                 a descriptor\n"
		"  -w, --wait=SECONDS          how long\n"
		"  -l, --label=TEXT            what it is called (default: none at all)\n"
		"      --note=TEXT             anything\n"
		"      --copy[=FILE]           keep a copy\n"
		"      --dir=DIR               where to keep it (default: /x); --no-dir: none\n"
		"  -f, --file=FILE             something to read, with an explanation that is\n"
		"                              long enough to need several lines of eighty\n"
		"                              columns; may be repeated\n"
		"      --colour=COLOUR         what it looks like (red, green or blue; default:\n"
		"                              green)\n"
		"  -c, --config=FILE           configuration file\n"
		"  -h, --help                  print this\n"
		"  -V, --version               print the version\n"
		"\n"
		"That is all.\n";
	struct buf out = {0};
	(void)state;
	options_help(&out, &table, &(struct options_args){0});
	assert_string_equal(buf_text(&out), wanted);
	buf_fini(&out);
}

static void a_long_option_stands_on_a_line_by_itself(void **state)
{
	static const struct option one[] = {{"an-option-of-such-a-length",
		.type = &option_type_texts, .arg = "N", .help = "is long"}};
	static const struct options_table t = {
		.program = "x", .usage = usage, .options = one, .count = 1};
	struct buf out = {0};
	(void)state;
	options_help(&out, &t, &(struct options_args){0});
	assert_non_null(
		strstr(buf_text(&out), "\n      --an-option-of-such-a-length=N\n"
				       "                              is long; may be repeated\n"));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_is_as_the_table_says),
		cmocka_unit_test(each_type_is_read),
		cmocka_unit_test(seconds_may_have_a_fraction),
		cmocka_unit_test(a_value_that_may_be_left_out_is_never_the_next_word),
		cmocka_unit_test(of_an_option_and_its_opposite_the_last_counts),
		cmocka_unit_test(operands_of_the_command_line_replace_those_of_the_file),
		cmocka_unit_test(messages_name_option_and_range),
		cmocka_unit_test(messages_say_what_may_be_meant),
		cmocka_unit_test(what_is_not_like_any_word_is_like_none),
		cmocka_unit_test(only_some_programs_take_abbreviations),
		cmocka_unit_test(words_after_two_hyphens_are_operands_or_a_program),
		cmocka_unit_test(an_error_leaves_values_alone),
		cmocka_unit_test(help_is_the_table_in_eighty_columns),
		cmocka_unit_test(a_long_option_stands_on_a_line_by_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
