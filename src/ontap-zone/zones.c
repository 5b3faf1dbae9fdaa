/* SPDX-License-Identifier: ISC */
/*
 * Owns the finding and opening of zone files, and the look whether they have changed.
 * Never decides what they may contain: zonefile/ does.
 */
#include "ontap-zone/zones.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "io/file.h"
#include "io/zoneldns.h"

/* A file that was written this short before it was read may be written again within one tick of the
 * clock that its times are taken from. */
#define UNSURE_NS 2000000000u

void zones_free(struct zones *z)
{
	for (size_t i = 0; i < z->count; i++)
		free(z->paths[i]);
	free(z->paths);
	free(z->stamps);
	*z = (struct zones){0};
}

static int add_path(struct zones *z, const char *path)
{
	if (ARRAY_RESERVE(z->paths, z->cap, z->count + 1) ||
		ARRAY_RESERVE(z->stamps, z->stamp_cap, z->count + 1))
		return ERR_NOMEM;
	char *copy = strdup(path);
	if (!copy)
		return ERR_NOMEM;
	z->stamps[z->count] = (struct zones_stamp){0};
	z->paths[z->count++] = copy;
	return 0;
}

static int add_matches(struct zones *z, const char *pattern, struct conf_error *error)
{
	glob_t found;
	int err = 0, result = glob(pattern, GLOB_ERR, NULL, &found);
	if (result == GLOB_NOMATCH)
		return 0;
	if (result == GLOB_ABORTED) {
		snprintf(error->text, sizeof(error->text), "%.400s: cannot list the directory",
			pattern);
		return ERR_SYNTAX;
	}
	if (result)
		return ERR_NOMEM;
	if (found.gl_pathc > LIMIT_ZONE_FILES) {
		snprintf(error->text, sizeof(error->text), "%.400s: more than %d files", pattern,
			LIMIT_ZONE_FILES);
		err = ERR_SYNTAX;
	}
	for (size_t i = 0; i < found.gl_pathc && !err; i++)
		err = add_path(z, found.gl_pathv[i]);
	globfree(&found);
	return err;
}

int zones_find(struct zones *ret, const struct options_texts *files, struct conf_error *error)
{
	int err = 0;
	*ret = (struct zones){0};
	for (size_t i = 0; i < files->count && !err; i++)
		err = strpbrk(files->at[i], "*?[") ? add_matches(ret, files->at[i], error)
						   : add_path(ret, files->at[i]);
	if (err)
		zones_free(ret);
	return err;
}

/* Reads the text and stamps it. */
static int read_text(const char *path, struct zones_stamp *stamp, struct buf *text)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	stamp->read_at = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	int err = file_read_regular(path, LIMIT_ZONE_FILE, text, &stamp->st);
	if (!err)
		stamp->content = hash_bytes(0, text->bytes, text->len);
	return err;
}

static const char *reason(int err)
{
	return err == ERR_RANGE    ? "is larger than a zone file may be"
	       : err == ERR_DENIED ? "is not a regular file"
				   : err_text(err);
}

static int zones_read_one(struct collection *collection, struct zones *z, size_t i,
	const struct name *domain, struct zonefile_error *error)
{
	enum { DEFAULT_TTL_S = 3600 };
	struct buf text = {0};
	int err = read_text(z->paths[i], &z->stamps[i], &text);
	if (err && err != ERR_NOMEM) {
		zonefile_fail(error, z->paths[i], 0, "%s", reason(err));
		err = ERR_SYNTAX;
	}
	if (!err)
		err = collection_add(collection,
			&(struct zonefile_source){.path = z->paths[i],
				.text = buf_text(&text),
				.len = text.len,
				.origin = domain->wire,
				.ttl_s = DEFAULT_TTL_S,
				.is_signed = z->is_signed,
				.rr_reader = &zoneldns_reader},
			error);
	buf_fini(&text);
	return err;
}

int zones_read(struct collection **ret, struct zones *z, const struct name *domain,
	struct conf_error *error)
{
	struct zonefile_error why = {"out of memory"};
	struct collection *collection = collection_new(domain->wire);
	int err = collection ? 0 : ERR_NOMEM;
	z->domain = *domain;
	for (size_t i = 0; i < z->count && !err; i++)
		err = zones_read_one(collection, z, i, domain, &why);
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

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* By size and times (stat(2)). False also if the times say too little. */
static bool has_same_stamp(const struct stat *st, const struct zones_stamp *before)
{
	uint64_t changed = (uint64_t)before->st.st_ctim.tv_sec * 1000000000u +
			   (uint64_t)before->st.st_ctim.tv_nsec;
	return st->st_dev == before->st.st_dev && st->st_ino == before->st.st_ino &&
	       st->st_size == before->st.st_size &&
	       is_same_time(&st->st_mtim, &before->st.st_mtim) &&
	       is_same_time(&st->st_ctim, &before->st.st_ctim) &&
	       before->read_at > changed + UNSURE_NS;
}

static bool is_same_file(
	const char *path, struct zones_stamp *stamp, const struct zones_stamp *before)
{
	struct buf text = {0};
	if (stat(path, &stamp->st))
		return false;
	if (has_same_stamp(&stamp->st, before)) {
		*stamp = *before;
		return true;
	}
	bool is_same = stamp->st.st_size == before->st.st_size &&
		       read_text(path, stamp, &text) == 0 && stamp->content == before->content;
	buf_fini(&text);
	return is_same;
}

bool zones_are_same(struct zones *z, const struct zones *before, const struct name *domain)
{
	bool is_same = z->count == before->count && name_equal(domain->wire, before->domain.wire);
	for (size_t i = 0; i < z->count && is_same; i++)
		is_same = strcmp(z->paths[i], before->paths[i]) == 0 &&
			  is_same_file(z->paths[i], &z->stamps[i], &before->stamps[i]);
	z->domain = *domain;
	return is_same;
}
