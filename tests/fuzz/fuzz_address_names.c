/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the reader of --address-names: what is accepted is found again, and each
 * of its names is a label.
 * Never checks which texts are right: tests/unit/test_address_names.c does. Run by a fuzzer and its
 * replay.
 */
#include "name/address_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "name/label.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_found(const struct address_names *list)
{
	for (size_t i = 0; i < list->count; i++) {
		size_t count;
		const char *label = list->at[i].label;
		const struct address_name *found =
			address_names_find(list, &list->at[i].addr, &count);
		check(found && found <= &list->at[i] && &list->at[i] < found + count);
		check(label_judge(label, strlen(label)) == LABEL_OK);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len ? len : 1); /* of exactly this size, for the sanitizers */
	struct address_names list = {0};
	struct address_names_error error = {0};
	if (!text)
		return 0;
	if (len)
		memcpy(text, bytes, len);
	int err = address_names_read(&list, text, len, &error);
	check(err != ERR_SYNTAX || (error.line > 0 && error.text[0]));
	if (!err && address_names_settle(&list) == 0)
		check_found(&list);
	address_names_fini(&list);
	free(text);
	return 0;
}
