/* SPDX-License-Identifier: ISC */
/*
 * Owns the choice among a container's names, and which of them are allowed.
 * Never reads a file.
 */
#include "ontap-name/choose.h"

#include <stdio.h>
#include <string.h>

#include "name/label.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text && text[0] ? text : NULL;
}

const char *choose_id(const json_t *state)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
	const char *id = text_of(state, "id");
	bool is_plain = id && id[0] != '.' && strspn(id, allowed) == strlen(id);
	return is_plain ? id : NULL;
}

static const char *annotation_of(const struct choose_facts *f, const char *key)
{
	const char *text = text_of(json_object_get(f->state, "annotations"), key);
	if (!text)
		text = text_of(json_object_get(f->config, "annotations"), key);
	return text;
}

/* Returns the value of a label of docker. The image may have it, too, so whoever has made the image
 * may have chosen it. */
static const char *docker_label_of(const struct choose_facts *f, const char *key)
{
	return text_of(json_object_get(json_object_get(f->docker, "Config"), "Labels"), key);
}

/* podman: returns the name in the entry with that id. */
static const char *podman_name(const struct choose_facts *f)
{
	const char *id = text_of(f->state, "id");
	const json_t *entry;
	size_t i;
	json_array_foreach(f->containers, i, entry)
	{
		const char *found = text_of(entry, "id");
		if (found && id && strcmp(found, id) == 0)
			return json_string_value(
				json_array_get(json_object_get(entry, "names"), 0));
	}
	return NULL;
}

/* True for the container that holds a pod together. The engine has made its name:
 * "0123456789ab-infra". */
static bool is_infra(const char *name)
{
	size_t digits = strspn(name, "0123456789abcdef");
	return digits == 12 && strcmp(name + digits, "-infra") == 0;
}

static const char *engine_name(const struct choose_facts *f)
{
	const char *name = text_of(f->docker, "Name");
	if (name && name[0] == '/')
		name++;
	if (!name)
		name = podman_name(f);
	if (!name)
		name = annotation_of(f, "io.kubernetes.pod.name");
	if (!name)
		name = annotation_of(f, "io.kubernetes.cri.sandbox-name");
	return name && name[0] && !is_infra(name) ? name : NULL;
}

static const char *compose_label(const struct choose_facts *f, const char *key)
{
	char full[64];
	snprintf(full, sizeof(full), "com.docker.compose.%s", key);
	const char *text = annotation_of(f, full);
	if (!text)
		text = docker_label_of(f, full);
	if (!text) {
		snprintf(full, sizeof(full), "io.podman.compose.%s", key);
		text = annotation_of(f, full);
	}
	return text;
}

/* Moves `*at` past `word`, if it is there. */
static bool skip(const char **at, const char *word)
{
	size_t len = strlen(word);
	if (strncmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool skip_separator(const char **at)
{
	return skip(at, "-") || skip(at, "_");
}

/* The image cannot choose the container's name, so this also shows that the labels are of compose.
 * True for "PROJECT-SERVICE-NUMBER" and "PROJECT_SERVICE_NUMBER", which compose makes. */
static bool is_made_by_compose(const struct choose_facts *f, const char *name, const char *service)
{
	const char *project = compose_label(f, "project");
	return project && skip(&name, project) && skip_separator(&name) && skip(&name, service) &&
	       skip_separator(&name) && name[0] && name[strspn(name, "0123456789")] == '\0';
}

struct choose_name choose_name(const struct choose_facts *facts)
{
	struct choose_name ret = {.text = annotation_of(facts, "ontap.name")};
	const char *service = compose_label(facts, "service");
	ret.is_annotation = ret.text != NULL;
	if (!ret.text)
		ret.text = engine_name(facts);
	if (service && !ret.is_annotation &&
		(!ret.text || is_made_by_compose(facts, ret.text, service)))
		ret.text = service;
	ret.is_label = ret.text && label_judge(ret.text, strlen(ret.text)) == LABEL_OK;
	return ret;
}
