/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of which of a container's names counts, and what may be one.
 * Never starts a container: tests/net/test_oci.py does. Run by `make check`.
 */
#include <string.h>

#include "ontap-name/choose.h"
#include "unit.h"

struct given {
	const char *state, *config, *containers, *docker;
};

static json_t *parse(const char *text)
{
	json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
	assert_true(!text || value);
	return value;
}

/* What is chosen: "" if nothing is, "!NAME" if it must not be used. */
static const char *chosen(struct given g, char out[300])
{
	json_t *state = parse(g.state), *config = parse(g.config);
	json_t *containers = parse(g.containers), *docker = parse(g.docker);
	const struct choose_facts facts = {state, config, containers, docker};
	struct choose_name name = choose_name(&facts);
	snprintf(out, 300, "%s%s", name.text && !name.is_label ? "!" : "",
		name.text ? name.text : "");
	json_decref(state);
	json_decref(config);
	json_decref(containers);
	json_decref(docker);
	return out;
}

#define ASSERT_CHOSEN(expected, ...)                                                               \
	do {                                                                                       \
		char out[300];                                                                     \
		assert_string_equal(chosen((struct given){__VA_ARGS__}, out), expected);           \
	} while (0)

#define PODMAN                                                                                     \
	"[{\"id\": \"ab\", \"names\": [\"other\"]}, {\"id\": \"cd\", \"names\": [\"c1\", \"x\"]}]"

static void the_annotation_counts_before_all_other_names(void **state)
{
	(void)state;
	ASSERT_CHOSEN("www",
		.state = "{\"id\": \"cd\", \"annotations\": {\"ontap.name\": \"www\"}}",
		.containers = PODMAN, .docker = "{\"Name\": \"/d1\"}");
	ASSERT_CHOSEN("www", .state = "{\"id\": \"cd\"}",
		.config = "{\"annotations\": {\"ontap.name\": \"www\"}}", .containers = PODMAN);
	ASSERT_CHOSEN("c1", .state = "{\"id\": \"cd\", \"annotations\": {\"ontap.name\": \"\"}}",
		.containers = PODMAN);
}

static void each_engine_keeps_the_name_in_its_own_place(void **state)
{
	(void)state;
	ASSERT_CHOSEN("c1", .state = "{\"id\": \"cd\"}", .containers = PODMAN);
	ASSERT_CHOSEN("", .state = "{\"id\": \"ef\"}", .containers = PODMAN);
	ASSERT_CHOSEN("d1", .state = "{\"id\": \"cd\"}", .docker = "{\"Name\": \"/d1\"}");
	ASSERT_CHOSEN("", .state = "{\"id\": \"cd\"}", .docker = "{\"Name\": \"/\"}");
	ASSERT_CHOSEN("p1", .state = "{\"annotations\": {\"io.kubernetes.pod.name\": \"p1\"}}");
	ASSERT_CHOSEN(
		"p2", .state = "{\"annotations\": {\"io.kubernetes.cri.sandbox-name\": \"p2\"}}");
	ASSERT_CHOSEN("", .state = "{}");
	ASSERT_CHOSEN("", .state = NULL);
}

/* Whoever has made the image may have chosen its labels. */
static void labels_of_an_image_choose_no_name(void **state)
{
	(void)state;
	ASSERT_CHOSEN("d1", .state = "{}",
		.docker = "{\"Name\": \"/d1\", \"Config\": {\"Labels\": {\"ontap.name\": "
			  "\"wpad\"}}}");
	ASSERT_CHOSEN("!nervous_curie", .state = "{}",
		.docker = "{\"Name\": \"/nervous_curie\", \"Config\": {\"Labels\": "
			  "{\"ontap.name\": \"wpad\", \"com.docker.compose.project\": \"nervous\", "
			  "\"com.docker.compose.service\": \"wpad\"}}}");
}

static void what_holds_a_pod_together_has_no_name(void **state)
{
	(void)state;
	ASSERT_CHOSEN("", .state = "{\"id\": \"a\"}",
		.containers = "[{\"id\": \"a\", \"names\": [\"0123456789ab-infra\"]}]");
	ASSERT_CHOSEN("my-infra", .state = "{\"id\": \"a\"}",
		.containers = "[{\"id\": \"a\", \"names\": [\"my-infra\"]}]");
}

#define COMPOSE(name)                                                                              \
	"{\"Name\": \"/" name "\", \"Config\": {\"Labels\": {\"com.docker.compose.project\": "     \
	"\"shop\", \"com.docker.compose.service\": \"web\"}}}"

static void a_service_counts_before_a_name_that_compose_made_of_it(void **state)
{
	(void)state;
	ASSERT_CHOSEN("web", .state = "{}", .docker = COMPOSE("shop-web-1"));
	ASSERT_CHOSEN("web", .state = "{}", .docker = COMPOSE("shop_web_12"));
	ASSERT_CHOSEN("front", .state = "{}", .docker = COMPOSE("front"));
	ASSERT_CHOSEN("shop-web", .state = "{}", .docker = COMPOSE("shop-web"));
	ASSERT_CHOSEN(
		"web", .state = "{\"annotations\": {\"io.podman.compose.service\": \"web\"}}");
}

static void what_is_no_label_is_not_used(void **state)
{
	static const char *const bad[] = {"nervous_curie", "a.b", "-a", "a-", "a b", "a\\nb",
		"a/../b", "\\u00fc", "$(id)", "localhost", "lan"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char text[200], out[300];
		snprintf(text, sizeof(text), "{\"annotations\": {\"ontap.name\": \"%s\"}}", bad[i]);
		assert_int_equal(chosen((struct given){.state = text}, out)[0], '!');
	}
	char longest[64] = "", text[200], out[300];
	memset(longest, 'a', 63);
	snprintf(text, sizeof(text), "{\"annotations\": {\"ontap.name\": \"%s\"}}", longest);
	assert_string_equal(chosen((struct given){.state = text}, out), longest);
	snprintf(text, sizeof(text), "{\"annotations\": {\"ontap.name\": \"%sa\"}}", longest);
	assert_int_equal(chosen((struct given){.state = text}, out)[0], '!');
}

static void values_of_other_types_are_no_names(void **state)
{
	static const char *const odd[] = {"[]", "3", "\"x\"", "null", "{\"annotations\": 3}",
		"{\"annotations\": {\"ontap.name\": 3}}", "{\"annotations\": [\"ontap.name\"]}",
		"{\"id\": {}, \"Name\": [], \"Config\": {\"Labels\": []}}", "[{\"id\": 3}]",
		"[[], {\"id\": \"a\", \"names\": 3}, {\"id\": \"a\", \"names\": [3]}]"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		for (size_t j = 0; j < ARRAY_LEN(odd); j++) {
			char out[300];
			chosen((struct given){odd[i], odd[j], odd[j], odd[j]}, out);
			assert_string_equal(out, "");
			chosen((struct given){"{\"id\": \"a\"}", odd[i], odd[j], odd[i]}, out);
			assert_string_equal(out, "");
		}
}

static void an_id_is_no_way_to_other_files(void **state)
{
	static const char *const bad[] = {"..", ".", "a/b", "/etc", "a\\u0000b/c", ".hidden", ""};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char text[100];
		snprintf(text, sizeof(text), "{\"id\": \"%s\"}", bad[i]);
		json_t *object = json_loads(text, 0, NULL);
		assert_null(choose_id(object));
		json_decref(object);
	}
	json_t *good = parse("{\"id\": \"0123abc_D.e-f\"}");
	assert_string_equal(choose_id(good), "0123abc_D.e-f");
	json_decref(good);
	assert_null(choose_id(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_annotation_counts_before_all_other_names),
		cmocka_unit_test(each_engine_keeps_the_name_in_its_own_place),
		cmocka_unit_test(labels_of_an_image_choose_no_name),
		cmocka_unit_test(what_holds_a_pod_together_has_no_name),
		cmocka_unit_test(a_service_counts_before_a_name_that_compose_made_of_it),
		cmocka_unit_test(what_is_no_label_is_not_used),
		cmocka_unit_test(values_of_other_types_are_no_names),
		cmocka_unit_test(an_id_is_no_way_to_other_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
