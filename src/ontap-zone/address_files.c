/* SPDX-License-Identifier: ISC */
/*
 * Owns the opening of the files of --address-names.
 * Never decides what they may contain: name/address_names.c does.
 */
#include "ontap-zone/address_files.h"

#include <stdio.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/file.h"

static int read_one(struct address_names *list, const char *path, struct conf_error *error)
{
	struct buf text = {0};
	struct address_names_error why = {0};
	struct stat st;
	int err = file_read_regular(path, LIMIT_ADDRESS_FILE, &text, &st);
	if (err == ERR_RANGE)
		snprintf(error->text, sizeof(error->text),
			"%.200s: is larger than such a file may be", path);
	else if (err && err != ERR_NOMEM)
		snprintf(error->text, sizeof(error->text), "%.200s: %s", path,
			err == ERR_DENIED ? "is not a regular file" : err_text(err));
	if (err && err != ERR_NOMEM)
		err = ERR_SYNTAX;
	else if (!err &&
		 (err = address_names_read(list, buf_text(&text), text.len, &why)) == ERR_SYNTAX)
		snprintf(error->text, sizeof(error->text), "%.200s:%u: %s", path, why.line,
			why.text);
	buf_fini(&text);
	return err;
}

int address_files_read(
	struct address_names *ret, const struct options_texts *files, struct conf_error *error)
{
	int err = 0;
	*ret = (struct address_names){0};
	for (size_t i = 0; i < files->count && !err; i++)
		err = read_one(ret, files->at[i], error);
	if (!err)
		err = address_names_settle(ret);
	if (err)
		address_names_fini(ret);
	return err;
}
