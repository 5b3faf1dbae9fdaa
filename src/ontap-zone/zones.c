/* SPDX-License-Identifier: ISC */
/*
 * Owns the opening of zone files.
 * Never decides what they may contain: zonefile/ does.
 */
#include "ontap-zone/zones.h"

#include <stdio.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/file.h"
#include "io/zoneldns.h"

static int zones_read_one(struct collection *collection, const char *path,
	const struct name *domain, struct zonefile_error *error)
{
	enum { DEFAULT_TTL_S = 3600 };
	struct buf text = {0};
	int err = file_read(path, LIMIT_ZONE_FILE, &text);
	if (err == ERR_RANGE)
		zonefile_fail(error, path, 0, "is larger than a zone file may be");
	else if (err && err != ERR_NOMEM)
		zonefile_fail(error, path, 0, "%s", err_text(err));
	if (!err)
		err = collection_add(collection,
			&(struct zonefile_source){.path = path,
				.text = buf_text(&text),
				.len = text.len,
				.origin = domain->wire,
				.ttl_s = DEFAULT_TTL_S,
				.rr_reader = &zoneldns_reader},
			error);
	buf_fini(&text);
	return err;
}

int zones_read(struct collection **ret, const struct options_texts *files,
	const struct name *domain, struct conf_error *error)
{
	struct zonefile_error why = {"out of memory"};
	struct collection *collection = collection_new(domain->wire);
	int err = collection ? 0 : ERR_NOMEM;
	for (size_t i = 0; i < files->count && !err; i++)
		err = zones_read_one(collection, files->at[i], domain, &why);
	if (!err)
		err = collection_finish(collection, &why);
	if (!err) {
		*ret = collection;
		return 0;
	}
	collection_free(collection);
	if (err == ERR_NOMEM)
		return err;
	snprintf(error->text, sizeof(error->text), "%s", why.text);
	return ERR_SYNTAX;
}
