/* SPDX-License-Identifier: ISC */
/*
 * Owns the records of all zone files together, one entry an owner.
 * Never changes once read; a reload makes a new one. Called by world.c.
 */
#include "ontap-zone/statics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/zonecheck.h"
#include "io/zonefile.h"

struct statics {
	struct zonefile **files; /* none once settled */
	size_t file_count;
	struct static_owner *owners; /* sorted by name; name and rdata are the files', or in `bytes` */
	size_t count;
	uint8_t *bytes;   /* settled: of the owners that are kept */
	uint8_t *settled; /* settled: names of the others, one behind the other */
	size_t settled_len;
};

void statics_free(struct statics *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->owners[i].sets);
	free(s->owners);
	for (size_t i = 0; i < s->file_count; i++)
		zonefile_free(s->files[i]);
	free(s->files);
	free(s->bytes);
	free(s->settled);
	free(s);
}

static int owner_cmp(const void *a, const void *b)
{
	const struct static_owner *x = a, *y = b;
	return name_cmp(x->name, y->name);
}

/* Copies one owner of a file; its name and the sets' rdata stay the file's. */
static int owner_copy(struct static_owner *ret, const struct zonefile_owner *from, const char *file)
{
	struct rrset *sets = calloc(from->count ? from->count : 1, sizeof(*sets));
	if (!sets)
		return ERR_NOMEM;
	memcpy(sets, from->sets, from->count * sizeof(*sets));
	ret->name = from->name;
	ret->sets = sets;
	ret->count = from->count;
	ret->is_local = name_is_below(from->name, name_local);
	ret->file = file;
	return 0;
}

static int file_add(struct statics *s, const char *path, const struct zonefile *file,
	const struct name *domain, struct conf_error *error)
{
	size_t more = zonefile_count(file);
	struct static_owner *owners = reallocarray(s->owners, s->count + more + 1, sizeof(*owners));
	if (!owners)
		return ERR_NOMEM;
	s->owners = owners;
	for (size_t i = 0; i < more; i++) {
		struct zonefile_owner from = zonefile_owner(file, i);
		int err = owner_copy(&owners[s->count], &from, path);
		if (err)
			return err;
		const struct static_owner *owner = &owners[s->count++];
		if (owner->is_local || name_is_below(owner->name, domain->wire))
			continue;
		struct zonefile_error why;
		char text[NAME_TEXT_CAP];
		zonefile_fail(&why, path, from.line, "%.255s is not in the zone, nor below .local",
			name_to_text(owner->name, text));
		snprintf(error->text, sizeof(error->text), "%s", why.text);
		return ERR_SYNTAX;
	}
	return 0;
}

/* Puts the sets of `from` to those of `to`; a type that both have is a mistake, and so is an alias. */
static int owner_merge(struct static_owner *to, struct static_owner *from, struct conf_error *error)
{
	for (size_t i = 0; i < to->count; i++)
		for (size_t j = 0; j < from->count; j++)
			if (to->sets[i].type == from->sets[j].type) {
				char text[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
				snprintf(error->text, sizeof(error->text),
					"%s: %.200s %s: %s has that set already", from->file,
					name_to_text(to->name, text),
					rr_type_text(to->sets[i].type, type), to->file);
				return ERR_SYNTAX;
			}
	if (to->sets[0].type == RR_CNAME || from->sets[0].type == RR_CNAME) {
		char text[NAME_TEXT_CAP];
		snprintf(error->text, sizeof(error->text),
			"%s: %.200s has a CNAME, and other records in %s", from->file,
			name_to_text(to->name, text), to->file);
		return ERR_SYNTAX;
	}
	struct rrset *sets = reallocarray(to->sets, to->count + from->count, sizeof(*sets));
	if (!sets)
		return ERR_NOMEM;
	memcpy(sets + to->count, from->sets, from->count * sizeof(*sets));
	to->sets = sets;
	to->count += from->count;
	return 0;
}

/* Each file is sorted, so one alone needs no more than this look. */
static bool is_sorted(const struct statics *s)
{
	for (size_t i = 1; i < s->count; i++)
		if (owner_cmp(&s->owners[i - 1], &s->owners[i]) > 0)
			return false;
	return true;
}

/* Sorts, and makes one owner of those that several files have. */
static int statics_join(struct statics *s, struct conf_error *error)
{
	size_t kept = 0;
	int err = 0;
	if (s->count == 0)
		return 0;
	if (!is_sorted(s))
		qsort(s->owners, s->count, sizeof(*s->owners), owner_cmp);
	for (size_t i = 0; i < s->count; i++) {
		if (!err && kept > 0 && owner_cmp(&s->owners[kept - 1], &s->owners[i]) == 0) {
			err = owner_merge(&s->owners[kept - 1], &s->owners[i], error);
			free(s->owners[i].sets);
		} else {
			s->owners[kept++] = s->owners[i];
		}
	}
	s->count = kept;
	return err;
}

/* What several files say together must be as right as what each of them says, which is known. */
static int statics_check(const struct statics *s, const struct name *domain, struct conf_error *error)
{
	char what[ZONECHECK_TEXT_CAP];
	struct zonecheck check = {.apex = domain->wire};
	for (size_t i = 0; i < s->count; i++) {
		const struct static_owner *owner = &s->owners[i];
		struct zonefile_error why;
		if (zonecheck_owner(&check, owner->name, owner->sets, owner->count, what) == 0)
			continue;
		zonefile_fail(&why, owner->file, 0, "%s", what);
		snprintf(error->text, sizeof(error->text), "%s", why.text);
		return ERR_SYNTAX;
	}
	return 0;
}

int statics_read(struct statics **ret, const struct conf_texts *files, const struct name *domain,
	struct conf_error *error)
{
	enum { DEFAULT_TTL_S = 3600 };
	struct statics *s = calloc(1, sizeof(*s));
	if (!s || !(s->files = calloc(files->count + 1, sizeof(struct zonefile *)))) {
		free(s);
		return ERR_NOMEM;
	}
	int err = 0;
	for (size_t i = 0; i < files->count && !err; i++) {
		struct zonefile_error why;
		err = zonefile_read(&s->files[i], files->at[i], domain->wire, DEFAULT_TTL_S, &why);
		if (err) {
			if (err != ERR_NOMEM)
				snprintf(error->text, sizeof(error->text), "%s", why.text);
			break;
		}
		s->file_count++;
		err = file_add(s, files->at[i], s->files[i], domain, error);
	}
	if (!err)
		err = statics_join(s, error);
	if (!err && s->file_count > 1)
		err = statics_check(s, domain, error);
	if (err) {
		statics_free(s);
		return err == ERR_NOMEM ? err : ERR_SYNTAX;
	}
	*ret = s;
	return 0;
}

size_t statics_count(const struct statics *s)
{
	return s ? s->count : 0;
}

const struct static_owner *statics_at(const struct statics *s, size_t i)
{
	return &s->owners[i];
}

const struct static_owner *statics_find(const struct statics *s, const uint8_t *name)
{
	struct static_owner key = {.name = name};
	if (!s || s->count == 0)
		return NULL;
	return bsearch(&key, s->owners, s->count, sizeof(key), owner_cmp);
}

const uint8_t *statics_next_settled(const struct statics *s, const uint8_t *name)
{
	if (!s)
		return NULL;
	const uint8_t *next = name ? name + name_len(name) : s->settled;
	return next < s->settled + s->settled_len ? next : NULL;
}

/* Bytes that an owner needs of its own: its name, and its records' rdata with their list. */
static size_t owner_size(const struct static_owner *owner)
{
	size_t size = name_len(owner->name);
	for (size_t i = 0; i < owner->count; i++)
		for (size_t j = 0; j < owner->sets[i].count; j++)
			size += sizeof(struct rdata) + owner->sets[i].rdata[j].len;
	return size;
}

/* Moves what an owner borrows from its file to `lists` and `bytes`, and those behind it. */
static void owner_adopt(struct static_owner *owner, struct rdata **lists, uint8_t **bytes)
{
	size_t len = name_len(owner->name);
	owner->name = memcpy(*bytes, owner->name, len);
	*bytes += len;
	owner->file = NULL;
	for (size_t i = 0; i < owner->count; i++) {
		struct rrset *set = &owner->sets[i];
		for (size_t j = 0; j < set->count; j++) {
			struct rdata rdata = set->rdata[j];
			if (rdata.len > 0)
				memcpy(*bytes, rdata.bytes, rdata.len);
			(*lists)[j] = (struct rdata){.bytes = *bytes, .len = rdata.len};
			*bytes += rdata.len;
		}
		set->rdata = *lists;
		*lists += set->count;
	}
}

static size_t owner_records(const struct static_owner *owner)
{
	size_t records = 0;
	for (size_t i = 0; i < owner->count; i++)
		records += owner->sets[i].count;
	return records;
}

int statics_settle(struct statics *s)
{
	size_t kept_size = 1, kept_records = 0, settled_len = 0, kept = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct static_owner *owner = &s->owners[i];
		kept_size += owner->is_local ? owner_size(owner) : 0;
		kept_records += owner->is_local ? owner_records(owner) : 0;
		settled_len += owner->is_local ? 0 : name_len(owner->name);
	}
	uint8_t *bytes = malloc(kept_size), *settled = malloc(settled_len + 1);
	if (!bytes || !settled) {
		free(bytes);
		free(settled);
		return ERR_NOMEM;
	}
	s->bytes = bytes;
	s->settled = settled;
	s->settled_len = settled_len;
	struct rdata *lists = (struct rdata *)bytes; /* first, for they are the ones to be aligned */
	bytes += kept_records * sizeof(*lists);
	for (size_t i = 0; i < s->count; i++) {
		struct static_owner *owner = &s->owners[i];
		if (owner->is_local) {
			owner_adopt(owner, &lists, &bytes);
			s->owners[kept++] = *owner;
			continue;
		}
		size_t len = name_len(owner->name);
		memcpy(settled, owner->name, len);
		settled += len;
		free(owner->sets);
	}
	s->count = kept;
	for (size_t i = 0; i < s->file_count; i++)
		zonefile_free(s->files[i]);
	s->file_count = 0;
	return 0;
}
