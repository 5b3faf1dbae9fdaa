/* SPDX-License-Identifier: ISC */
/*
 * Owns the records of zone files as text: the real reader without the daemon.
 * Never serves anything. Run by tests/net/test_zone_grammar.py.
 *
 *	zone-dump [ORIGIN FILE]...
 *
 * For each file, prints a line "FILE", then one line for each record, "OWNER TTL TYPE \# LENGTH
 * HEX", or "refused WHY", and an empty line.
 */
#include <stdio.h>

#include "base/err.h"
#include "io/file.h"
#include "io/zoneldns.h"
#include "wire/rr.h"
#include "zonefile/collection.h"

enum { FILE_CAP = 1 << 20, DEFAULT_TTL_S = 3600 };

static void print_set(const uint8_t *owner, const struct rrset *set)
{
	char name[NAME_TEXT_CAP];
	for (unsigned i = 0; i < set->count; i++) {
		printf("%s %u TYPE%u \\# %u ", name_to_text(owner, name), set->ttl, set->type,
			set->rdata[i].len);
		for (unsigned k = 0; k < set->rdata[i].len; k++)
			printf("%02x", set->rdata[i].bytes[k]);
		printf("\n");
	}
}

static void print_zone(const struct collection *files)
{
	for (size_t i = 0; i < collection_count(files); i++) {
		const struct static_owner *owner = collection_at(files, i);
		for (size_t k = 0; k < owner->count && !owner->is_reverse; k++)
			print_set(owner->name, &owner->sets[k]);
	}
}

static int read_file(struct collection *files, const char *path, const struct name *origin,
	struct zonefile_error *error)
{
	struct buf text = {0};
	int err = file_read(path, FILE_CAP, &text);
	if (!err)
		err = collection_add(files,
			&(struct zonefile_source){.path = path,
				.text = buf_text(&text),
				.len = text.len,
				.origin = origin->wire,
				.ttl_s = DEFAULT_TTL_S,
				.rr_reader = &zoneldns_reader},
			error);
	buf_fini(&text);
	return err ? err : collection_finish(files, error);
}

static void print_file(const char *path, const struct name *origin)
{
	struct collection *files = collection_new(origin->wire);
	struct zonefile_error error = {"cannot be read"};
	printf("%s\n", path);
	if (!files || read_file(files, path, origin, &error))
		printf("refused %s\n", error.text);
	else
		print_zone(files);
	printf("\n");
	collection_free(files);
}

int main(int argc, char **argv)
{
	struct name origin;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (name_from_text(argv[i], NULL, &origin))
			return 100;
		print_file(argv[i + 1], &origin);
	}
	return 0;
}
