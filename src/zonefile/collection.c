/* SPDX-License-Identifier: ISC */
/*
 * Owns the records of all zone files together, one entry per owner.
 * Never changes the records; a reload makes a new collection.
 */
#include "zonefile/collection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "zonefile/check.h"
#include "zonefile/zonefile.h"

struct collection {
	struct zonefile **files;
	size_t file_count, file_cap;
	const uint8_t *domain;       /* borrowed until all files are read */
	bool has_reverse;            /* there are reverse names, so files may say PTRs themselves */
	struct static_owner *owners; /* sorted by name; their data is in the files, or below */
	size_t count;
	struct arena merged; /* sets of owners that occur in several files */
	uint32_t *index;     /* NULL, or a hash table of names: 0, or place in `owners` + 1 */
	size_t index_mask;
};

static void release_files(struct collection *s)
{
	for (size_t i = 0; i < s->file_count; i++)
		zonefile_free(s->files[i]);
	s->file_count = 0;
	arena_fini(&s->merged);
	free(s->index);
	s->index = NULL;
}

void collection_free(struct collection *s)
{
	if (!s)
		return;
	release_files(s);
	free(s->owners);
	free(s->files);
	free(s);
}

static int owner_cmp(const void *a, const void *b)
{
	const struct static_owner *x = a, *y = b;
	return name_cmp(x->name, y->name);
}

/* Drops SOA and NS at the top of a reverse zone, which a SOA marks. Which reverse zones we have follows
 * from the addresses, not from files: NS at another name would be a delegation, and the names below it
 * lost. ERR_NOMEM. */
static int drop_reverse_top(struct collection *s, struct static_owner *owner)
{
	bool is_top = false;
	size_t kept = 0;
	for (size_t i = 0; i < owner->count; i++)
		is_top |= owner->sets[i].type == RR_SOA;
	if (!is_top)
		return 0;
	struct rrset *sets = arena_take(&s->merged, owner->count * sizeof(*sets));
	if (!sets)
		return ERR_NOMEM;
	for (size_t i = 0; i < owner->count; i++)
		if (owner->sets[i].type != RR_SOA && owner->sets[i].type != RR_NS)
			sets[kept++] = owner->sets[i];
	owner->sets = sets;
	owner->count = kept;
	return 0;
}

static int file_add(struct collection *s, const char *path, const struct zonefile *file,
	struct zonefile_error *error)
{
	size_t more = zonefile_count(file);
	struct static_owner *owners = reallocarray(s->owners, s->count + more + 1, sizeof(*owners));
	if (!owners)
		return ERR_NOMEM;
	s->owners = owners;
	for (size_t i = 0; i < more; i++) {
		struct zonefile_owner from = zonefile_owner(file, i);
		owners[s->count] = (struct static_owner){.name = from.name,
			.sets = from.sets,
			.count = from.count,
			.is_local = name_is_mdns(from.name),
			.file = path};
		struct static_owner *owner = &owners[s->count++];
		if (owner->is_local || name_is_below(owner->name, s->domain))
			continue;
		owner->is_reverse = name_is_reverse(owner->name);
		s->has_reverse |= owner->is_reverse;
		if (owner->is_reverse && drop_reverse_top(s, owner))
			return ERR_NOMEM;
		s->count -= owner->count == 0;
		if (owner->is_reverse)
			continue;
		char text[NAME_TEXT_CAP];
		zonefile_fail(error, path, from.line,
			"%.255s is not in the zone, nor below .local, nor a reverse name",
			name_to_text(owner->name, text));
		return ERR_SYNTAX;
	}
	return 0;
}

static bool set_has(const struct rrset *set, const struct rdata *rdata)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->rdata[i].len == rdata->len &&
			memcmp(set->rdata[i].bytes, rdata->bytes, rdata->len) == 0)
			return true;
	return false;
}

/* Adds the records of `from` to `to`. `*room` is how many fit at the place of `to`, 0 if that is not
 * ours; it doubles, so many files with one record each cost little. ERR_NOMEM, ERR_RANGE. */
static int set_merge(struct collection *s, struct rrset *to, const struct rrset *from, size_t *room)
{
	const size_t most = (size_t)to->count + from->count;
	if (most > UINT16_MAX)
		return ERR_RANGE;
	if (most > *room) {
		struct rdata *all = arena_take(&s->merged, 2 * most * sizeof(*all));
		if (!all)
			return ERR_NOMEM;
		memcpy(all, to->rdata, to->count * sizeof(*all));
		to->rdata = all;
		*room = 2 * most;
	}
	struct rdata *at = (struct rdata *)(uintptr_t)to->rdata;
	for (size_t i = 0; i < from->count; i++)
		if (!set_has(to, &from->rdata[i]))
			at[to->count++] = from->rdata[i];
	to->ttl = from->ttl < to->ttl ? from->ttl : to->ttl; /* RFC 2181 §5.2 */
	return 0;
}

/* The instances of one type of service: each may have a file of its own. Others on the link have such
 * records, too (RFC 6763 §4.1). */
static bool is_shared(const struct static_owner *owner, const struct rrset *set)
{
	return owner->is_local && set->type == RR_PTR;
}

static const struct rrset *find_shared(const struct static_owner *owner)
{
	for (size_t i = 0; i < owner->count; i++)
		if (is_shared(owner, &owner->sets[i]))
			return &owner->sets[i];
	return NULL;
}

/* Returns a copy of the owner's sets with `first` as the first one; NULL: no memory. */
static struct rrset *copy_sets(
	struct collection *s, const struct static_owner *owner, const struct rrset *first)
{
	struct rrset *sets = arena_take(&s->merged, owner->count * sizeof(*sets));
	size_t count = 1;
	if (!sets)
		return NULL;
	sets[0] = *first;
	for (const struct rrset *set = owner->sets; set < owner->sets + owner->count; set++)
		if (set != first)
			sets[count++] = *set;
	return sets;
}

/* Merges the shared set of `from` into that of `to`, if both have one, and takes it out of `from`. */
static int owner_share(
	struct collection *s, struct static_owner *to, struct static_owner *from, size_t *room)
{
	const struct rrset *have = find_shared(to), *more = find_shared(from);
	if (!have || !more)
		return 0;
	struct rrset *sets = copy_sets(s, to, have);
	struct rrset *rest = from->count > 1 ? copy_sets(s, from, more) : sets;
	int err = sets && rest ? set_merge(s, sets, more, room) : ERR_NOMEM;
	if (err)
		return err;
	to->sets = sets;
	from->sets = rest + 1;
	from->count--;
	return 0;
}

/* Adds the sets of `from` to those of `to`. A type that both have is an error, unless it is shared,
 * and so is an alias. */
static int owner_merge(struct collection *s, struct static_owner *to, struct static_owner *from,
	size_t *room, struct zonefile_error *error)
{
	int err = owner_share(s, to, from, room);
	if (err || from->count == 0)
		return err;
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
	struct rrset *sets = arena_take(&s->merged, (to->count + from->count) * sizeof(*sets));
	if (!sets)
		return ERR_NOMEM;
	memcpy(sets, to->sets, to->count * sizeof(*sets));
	memcpy(sets + to->count, from->sets, from->count * sizeof(*sets));
	to->sets = sets;
	to->count += from->count;
	return 0;
}

static bool is_sorted(const struct collection *s)
{
	for (size_t i = 1; i < s->count; i++)
		if (owner_cmp(&s->owners[i - 1], &s->owners[i]) > 0)
			return false;
	return true;
}

/* Merges owners that occur in several files, and are sorted. */
static int merge_owners(struct collection *s, struct zonefile_error *error)
{
	size_t kept = 0, room = 0;
	int err = 0;
	for (size_t i = 0; i < s->count; i++) {
		if (!err && kept > 0 && name_equal(s->owners[kept - 1].name, s->owners[i].name)) {
			err = owner_merge(s, &s->owners[kept - 1], &s->owners[i], &room, error);
		} else {
			room = 0;
			s->owners[kept++] = s->owners[i];
		}
	}
	s->count = kept;
	return err;
}

/* A single file is sorted and has each owner once. */
static int collection_join(struct collection *s, struct zonefile_error *error)
{
	if (s->count == 0 || s->file_count == 1)
		return 0;
	if (!is_sorted(s))
		qsort(s->owners, s->count, sizeof(*s->owners), owner_cmp);
	return merge_owners(s, error);
}

/* Checks the files together; each file by itself has been checked. */
static int collection_check(const struct collection *s, struct zonefile_error *error)
{
	char what[ZONECHECK_TEXT_CAP];
	struct zonecheck check = {.apex = s->domain};
	for (size_t i = 0; i < s->count && s->file_count > 1; i++) {
		const struct static_owner *owner = &s->owners[i];
		if (zonecheck_owner(&check, owner->name, owner->sets, owner->count, what) == 0)
			continue;
		zonefile_fail(error, owner->file, 0, "%s", what);
		return ERR_SYNTAX;
	}
	return 0;
}

struct collection *collection_new(const uint8_t *domain)
{
	static const uint8_t arpa[] = "\4arpa";
	struct collection *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->domain = domain;
	s->has_reverse = name_is_reverse(domain) || name_is_below(arpa, domain);
	return s;
}

int collection_add(
	struct collection *s, const struct zonefile_source *source, struct zonefile_error *error)
{
	if (ARRAY_RESERVE(s->files, s->file_cap, s->file_count + 1))
		return ERR_NOMEM;
	int err = zonefile_parse(&s->files[s->file_count], source, error);
	if (err)
		return err;
	return file_add(s, source->path, s->files[s->file_count++], error);
}

/* True if the files say themselves where the reverse name leads. */
static bool has_pointer(const struct collection *s, const uint8_t *reverse)
{
	const struct static_owner *owner = s->has_reverse ? collection_find(s, reverse) : NULL;
	for (size_t i = 0; owner && i < owner->count; i++)
		if (owner->sets[i].type == RR_PTR || owner->sets[i].type == RR_CNAME)
			return true;
	return false;
}

enum { PTR_COUNTERS = 2 * LIMIT_STATIC_PTRS };

/* The PTRs so far. An address has a counter by the hash of its reverse name. If two addresses have
 * the same one, which is rare, they share the limit. */
struct pointers {
	const struct collection *all;
	struct buf text; /* a master file */
	size_t count;
	uint8_t *of_addr; /* owned, PTR_COUNTERS */
};

/* Writes a PTR for each address in the set. A set of PTRs must fit in a message, however many names
 * have the address. */
static void write_pointers(
	struct pointers *p, const struct static_owner *owner, const struct rrset *set)
{
	enum addr_family family = set->type == RR_A ? ADDR_V4 : ADDR_V6;
	char from[NAME_TEXT_CAP], to[NAME_TEXT_CAP];
	for (size_t i = 0; i < set->count && p->count < LIMIT_STATIC_PTRS; i++) {
		struct addr addr = addr_make(family, set->rdata[i].bytes);
		struct name reverse;
		name_reverse(&addr, 8 * (unsigned)addr_len(&addr), &reverse);
		uint8_t *count = &p->of_addr[name_hash(0, reverse.wire) % PTR_COUNTERS];
		if (*count == LIMIT_PTR_TARGETS || has_pointer(p->all, reverse.wire))
			continue;
		buf_printf(&p->text, "%s %u PTR %s\n", name_to_text(reverse.wire, from), set->ttl,
			name_to_text(owner->name, to));
		p->count++;
		++*count;
	}
}

/* Writes the PTRs of all names in the zone that are those of hosts. */
static void write_all_pointers(struct pointers *p)
{
	for (size_t i = 0; i < p->all->count; i++) {
		const struct static_owner *owner = &p->all->owners[i];
		bool is_wildcard = owner->name[0] == 1 && owner->name[1] == '*';
		if (owner->is_local || owner->is_reverse || is_wildcard)
			continue;
		for (size_t k = 0; k < owner->count; k++)
			if (owner->sets[k].type == RR_A || owner->sets[k].type == RR_AAAA)
				write_pointers(p, owner, &owner->sets[k]);
	}
}

/* Merges the sorted owners from `first` on with the sorted ones before: much faster than to sort
 * all of a large zone again. */
static int merge_sorted(struct collection *s, size_t first)
{
	struct static_owner *all = calloc(s->count + 1, sizeof(*all));
	if (!all)
		return ERR_NOMEM;
	for (size_t to = 0, i = 0, k = first; to < s->count; to++) {
		bool is_left = k == s->count ||
			       (i < first && owner_cmp(&s->owners[i], &s->owners[k]) <= 0);
		all[to] = s->owners[is_left ? i++ : k++];
	}
	free(s->owners);
	s->owners = all;
	return 0;
}

/* Adds the PTRs as if they were in one more file. */
static int add_pointers(struct collection *s, struct zonefile_error *error)
{
	struct pointers p = {.all = s, .of_addr = calloc(PTR_COUNTERS, 1)};
	size_t first = s->count;
	if (!p.of_addr)
		return ERR_NOMEM;
	write_all_pointers(&p);
	free(p.of_addr);
	int err = p.text.err;
	if (!err && p.text.len > 0)
		err = collection_add(s,
			&(struct zonefile_source){.path = "reverse names",
				.text = p.text.bytes,
				.len = p.text.len,
				.origin = name_root},
			error);
	buf_fini(&p.text);
	if (err || s->count == first)
		return err;
	err = merge_sorted(s, first);
	return err ? err : merge_owners(s, error);
}

int collection_finish(struct collection *s, struct zonefile_error *error)
{
	int err = collection_join(s, error);
	if (!err && s->file_count > 1)
		err = collection_check(s, error);
	if (!err)
		err = add_pointers(s, error);
	s->domain = NULL;
	return err;
}

size_t collection_count(const struct collection *s)
{
	return s ? s->count : 0;
}

const struct static_owner *collection_at(const struct collection *s, size_t i)
{
	return &s->owners[i];
}

size_t collection_zone_count(const struct collection *s)
{
	size_t count = 0;
	for (size_t i = 0; i < s->count; i++)
		count += !s->owners[i].is_local;
	return count;
}

/* Returns the place of the name in the index, or where it would be: there is always an empty place.
 * The hash needs no secret, since the names come from our own files. */
static size_t index_place(const struct collection *s, const uint8_t *name)
{
	size_t at = name_hash(0, name) & s->index_mask;
	while (s->index[at] && !name_equal(s->owners[s->index[at] - 1].name, name))
		at = (at + 1) & s->index_mask;
	return at;
}

int collection_index(struct collection *s)
{
	size_t places = 2;
	while (places / 2 <= s->count)
		places *= 2;
	s->index = calloc(places, sizeof(*s->index));
	if (!s->index)
		return ERR_NOMEM;
	s->index_mask = places - 1;
	for (size_t i = 0; i < s->count; i++)
		s->index[index_place(s, s->owners[i].name)] = (uint32_t)i + 1;
	return 0;
}

const struct static_owner *collection_find(const struct collection *s, const uint8_t *name)
{
	struct static_owner key = {.name = name};
	if (!s || s->count == 0)
		return NULL;
	if (!s->index)
		return bsearch(&key, s->owners, s->count, sizeof(key), owner_cmp);
	uint32_t place = s->index[index_place(s, name)];
	return place ? &s->owners[place - 1] : NULL;
}
