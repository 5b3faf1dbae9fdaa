/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the output of the asking commands, from recorded answers of the daemon,
 * compared with tests/unit/golden. SHOW_GOLDEN=DIR writes the present output to that directory.
 */
#include <string.h>

#include "golden_file.h"
#include "ontap-zone/print.h"
#include "show/text.h"
#include "unit.h"

/* Reads the answer in a file of tests/unit/golden, one object per line. */
static json_t *answer(const char *name)
{
	json_t *lines = json_array();
	const char *text = golden_read(name);
	while (*text) {
		size_t len = strcspn(text, "\n");
		json_t *line = json_loadb(text, len, 0, NULL);
		assert_non_null(line);
		json_array_append_new(lines, line);
		text += len + 1;
	}
	return lines;
}

static void check(print_fn *print, const char *name, const struct look *look, const char *golden)
{
	struct buf out = {0};
	json_t *lines = answer(name);
	print(look, lines, &out);
	golden_check(&out, golden);
	json_decref(lines);
}

static void names_fit_narrow_and_wide_terminals(void **state)
{
	(void)state;
	check(print_names, "names.json", &(struct look){.width = 80}, "names-80.txt");
	check(print_names, "names.json", &(struct look){.width = 200}, "names-200.txt");
}

static void names_are_whole_where_there_is_no_terminal(void **state)
{
	(void)state;
	check(print_names, "names.json", &(struct look){0}, "names.txt");
	check(print_names, "names.json", &(struct look){.has_all = true}, "names-all.txt");
}

static void brief_names_are_a_line_each(void **state)
{
	(void)state;
	check(print_names, "names.json", &(struct look){.is_brief = true, .width = 80},
		"names-brief-80.txt");
}

static void names_have_the_colour_of_their_state(void **state)
{
	(void)state;
	check(print_names, "names.json", &(struct look){.has_colour = true, .width = 200},
		"names-colour.txt");
}

/* Returns the length of the longest line, in columns. */
static size_t widest(const char *text)
{
	size_t most = 0;
	while (*text) {
		char line[1024];
		size_t len = strcspn(text, "\n");
		assert_true(len < sizeof(line));
		memcpy(line, text, len);
		line[len] = '\0';
		size_t columns = text_columns(line);
		most = columns > most ? columns : most;
		text += len + (text[len] == '\n');
	}
	return most;
}

static void no_line_of_names_is_wider_than_the_terminal(void **state)
{
	(void)state;
	json_t *lines = answer("names.json");
	for (size_t width = 80; width <= 240; width++) {
		struct buf out = {0};
		print_names(&(struct look){.width = width}, lines, &out);
		assert_true(widest(buf_text(&out)) <= width);
		buf_fini(&out);
	}
	json_decref(lines);
}

static void explain_says_what_is_withheld_from_this_client(void **state)
{
	(void)state;
	check(print_explain, "explain-wan.json", &(struct look){0}, "explain-wan.txt");
	check(print_explain, "explain-refused.json", &(struct look){0}, "explain-refused.txt");
	check(print_explain, "explain-local.json", &(struct look){0}, "explain-local.txt");
	check(print_explain, "explain-nxdomain.json", &(struct look){0}, "explain-nxdomain.txt");
}

static void what_a_guest_has_taken_has_its_origin(void **state)
{
	(void)state;
	check(print_explain, "explain-guest.json", &(struct look){0}, "explain-guest.txt");
	check(print_names, "names-guest.json", &(struct look){0}, "names-guest.txt");
}

static void what_updates_have_added_has_its_key_and_age(void **state)
{
	(void)state;
	check(print_explain, "explain-update.json", &(struct look){0}, "explain-update.txt");
	check(print_names, "names-updates.json", &(struct look){0}, "names-updates.txt");
	check(print_names, "names-updates.json", &(struct look){.width = 100},
		"names-updates-100.txt");
	check(print_names, "names-updates.json", &(struct look){.is_brief = true},
		"names-updates-brief.txt");
}

static int code_of(const char *name)
{
	json_t *lines = answer(name);
	int code = print_explain_code(json_array_get(lines, 0));
	json_decref(lines);
	return code;
}

static void only_an_answer_is_success_for_scripts(void **state)
{
	(void)state;
	assert_int_equal(code_of("explain-local.json"), 0);
	assert_int_equal(code_of("explain-wan.json"), 1);
	assert_int_equal(code_of("explain-refused.json"), 1);
	assert_int_equal(code_of("explain-nxdomain.json"), 1);
}

static void watch_says_when_and_whose(void **state)
{
	(void)state;
	check(print_watch, "watch.json", &(struct look){0}, "watch.txt");
}

static void graph_has_all_names_of_a_workload_on_its_wire(void **state)
{
	(void)state;
	check(print_graph, "graph.json", &(struct look){.format = CONF_GRAPH_TEXT, .width = 80},
		"graph-80.txt");
	check(print_graph, "graph.json", &(struct look){.format = CONF_GRAPH_DOT}, "graph.dot");
}

/* An answer without any of the keys, and one with other types: nothing is printed, and
 * no harm is done. */
static void answers_of_another_form_do_no_harm(void **state)
{
	static const char *const answers[] = {"[]", "[{}]", "[{\"name\": 1, \"addresses\": {}}]",
		"[{\"addresses\": [1, {}, null], \"local\": [3], \"links\": 7}]",
		"[{\"links\": [1, {}], \"names\": 3, \"answers\": [null], \"zones\": [1]}]", "[3]"};
	print_fn *const printers[] = {
		print_names, print_status, print_explain, print_watch, print_graph};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		for (size_t j = 0; j < ARRAY_LEN(printers); j++) {
			struct buf out = {0};
			json_t *lines = json_loads(answers[i], 0, NULL);
			assert_non_null(lines);
			printers[j](&(struct look){.width = 80}, lines, &out);
			assert_int_equal(out.err, 0);
			buf_fini(&out);
			json_decref(lines);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_fit_narrow_and_wide_terminals),
		cmocka_unit_test(names_are_whole_where_there_is_no_terminal),
		cmocka_unit_test(brief_names_are_a_line_each),
		cmocka_unit_test(names_have_the_colour_of_their_state),
		cmocka_unit_test(no_line_of_names_is_wider_than_the_terminal),
		cmocka_unit_test(explain_says_what_is_withheld_from_this_client),
		cmocka_unit_test(what_a_guest_has_taken_has_its_origin),
		cmocka_unit_test(what_updates_have_added_has_its_key_and_age),
		cmocka_unit_test(only_an_answer_is_success_for_scripts),
		cmocka_unit_test(watch_says_when_and_whose),
		cmocka_unit_test(graph_has_all_names_of_a_workload_on_its_wire),
		cmocka_unit_test(answers_of_another_form_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
