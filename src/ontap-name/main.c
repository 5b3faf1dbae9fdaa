/* SPDX-License-Identifier: ISC */
/*
 * Owns the hook of container engines: reads the state of a container, and names its links.
 * Never makes a container fail: errors are printed on standard error, and the exit code is 0.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/cmdline.h"
#include "io/file.h"
#include "ontap-name/choose.h"
#include "ontap-name/links.h"

enum { FILE_MAX = 16 << 20 };

struct settings {
	char *docker_dir;
};

static const struct option options[] = {
	{"docker-root", .type = &option_type_text, .offset = offsetof(struct settings, docker_dir),
		.arg = "DIR", .defaults = {"/var/lib/docker"},
		.help = "where docker keeps its containers (data-root)"},
	{"help", 'h', .type = &option_type_help, .help = "print this"},
	{"version", 'V', .type = &option_type_version, .help = "print the version"},
};

static const char *const usage[] = {"[options] <STATE", NULL};

static const struct options_table table = {
	.program = "ontap-name",
	.usage = usage,
	.about = "A hook of OCI runtimes (stage poststart): gives the links of a container the "
		 "name that people gave the container.",
	.options = options,
	.count = ARRAY_LEN(options),
	.size = sizeof(struct settings),
};

/* Returns the content of a file as JSON; the caller frees it. NULL: it does not
 * exist, or is not JSON. */
static json_t *read_json(const char *path)
{
	struct buf text = {0};
	int err = file_read(path, FILE_MAX, &text);
	json_t *value = err ? NULL : json_loadb(text.bytes ? text.bytes : "", text.len, 0, NULL);
	buf_fini(&text);
	return value;
}

static json_t *read_at(const char *dir, const char *id, const char *name)
{
	char *path = NULL;
	if (!dir || !id || asprintf(&path, "%s%s%s", dir, id, name) < 0)
		return NULL;
	json_t *value = read_json(path);
	free(path);
	return value;
}

/* podman's storage has two lists: of containers that survive a reboot, and of the others. */
static json_t *read_containers(const char *bundle)
{
	json_t *all = json_array();
	static const char *const lists[] = {
		"/../../containers.json", "/../../volatile-containers.json"};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		json_t *list = read_at(bundle, "", lists[i]);
		if (all && json_is_array(list))
			(void)!json_array_extend(all, list);
		json_decref(list);
	}
	return all;
}

/* --- naming ------------------------------------------------------------------------------- */

static void tell(const struct log *log, const char *name, int err, size_t count)
{
	if (err == ERR_DENIED)
		log_debug(log, "not named: name=%s note=\"it has no links but the host's\"", name);
	else if (err)
		log_warning(log, "not named: name=%s error=\"%s\"", name, err_text(err));
	else
		log_debug(log, "named: name=%s links=%zu", name, count);
}

static void name_links(const struct choose_facts *facts, const struct log *log)
{
	struct choose_name name = choose_name(facts);
	json_int_t pid = json_integer_value(json_object_get(facts->state, "pid"));
	char shown[LOG_TEXT_CAP];
	size_t count = 0;
	if (name.is_annotation && !name.is_label)
		log_warning(log, "not named: name=%s error=\"it is no label of a host name\"",
			log_escape(name.text, shown));
	if (!name.is_label)
		return;
	int err = pid > 0 && pid <= INT32_MAX ? links_set_alias((pid_t)pid, name.text, &count)
					      : ERR_ABSENT;
	tell(log, name.text, err, count);
}

static json_t *read_docker(const struct settings *s, const char *id)
{
	char *dir = NULL;
	if (asprintf(&dir, "%s/containers/", s->docker_dir) < 0)
		return NULL;
	json_t *docker = read_at(dir, id, "/config.v2.json");
	free(dir);
	return docker;
}

static void run(const struct settings *s, const struct log *log)
{
	json_t *state = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL);
	const char *bundle = json_string_value(json_object_get(state, "bundle"));
	json_t *config = read_at(bundle, "", "/config.json");
	json_t *containers = bundle ? read_containers(bundle) : NULL;
	json_t *docker = read_docker(s, choose_id(state));
	const struct choose_facts facts = {state, config, containers, docker};
	if (json_is_object(state))
		name_links(&facts, log);
	else
		log_warning(log, "not named: error=\"no state of a container on standard input\"");
	json_decref(docker);
	json_decref(containers);
	json_decref(config);
	json_decref(state);
}

int main(int argc, char **argv)
{
	const struct log log = {.fd = STDERR_FILENO, .threshold = LOG_LEVEL_INFO};
	struct options_args args;
	struct settings settings;
	int code = cmdline_parse(&args, &table, argc, argv, &log);
	if (code != CMDLINE_GO_ON)
		return code;
	code = cmdline_load(&settings, &table, &args, &log);
	options_args_fini(&args);
	if (code != CMDLINE_GO_ON)
		return code;
	run(&settings, &log);
	options_free(&settings, &table);
	return EXIT_DONE;
}
