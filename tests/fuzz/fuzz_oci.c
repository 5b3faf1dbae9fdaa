/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the name that a container gets: for any input, the name is a label, or none is used.
 * Never opens a file. Run by a fuzzer and its replay.
 *
 * The input is a JSON value. It is put into each of the places in turn, and then into all of them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ontap-name/choose.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(
	const json_t *state, const json_t *config, const json_t *list, const json_t *docker)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	const struct choose_facts facts = {state, config, list, docker};
	struct choose_name name = choose_name(&facts);
	require(name.text || !(name.is_label || name.is_annotation));
	if (name.is_label)
		require(strlen(name.text) <= 63 && strspn(name.text, allowed) == strlen(name.text));
	const char *id = choose_id(state);
	require(!id || (*id && *id != '.' && !strchr(id, '/')));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	json_t *value = json_loadb((const char *)bytes, len, 0, NULL);
	check(value, NULL, NULL, NULL);
	check(NULL, value, NULL, NULL);
	check(NULL, NULL, value, NULL);
	check(NULL, NULL, NULL, value);
	check(value, value, value, value);
	json_decref(value);
	return 0;
}
