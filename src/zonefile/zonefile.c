/* SPDX-License-Identifier: ISC */
/*
 * Owns the conversion of a master file's records to sets.
 * Never returns a part of a file, never reads text itself.
 */
#include "zonefile/zonefile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "zonefile/check.h"
#include "zonefile/list.h"
#include "zonefile/reader.h"

struct zonefile {
	struct zonelist list;
	struct rdata *rdata; /* the data that the sets point to */
	struct rrset *sets;
	struct zonefile_owner *owners;
	size_t rdata_count, set_count, owner_count;
};

/* The state of making one zone. */
struct reader {
	struct zonefile *zone;
	const struct zonefile_source *source;
	struct zonefile_error *error;
	unsigned line; /* of the error; 0: none */
};

void zonefile_fail(
	struct zonefile_error *error, const char *path, unsigned line, const char *format, ...)
{
	char what[384];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (line > 0)
		snprintf(error->text, sizeof(error->text), "%.100s:%u: %s", path, line, what);
	else
		snprintf(error->text, sizeof(error->text), "%.100s: %s", path, what);
	for (unsigned char *p = (unsigned char *)error->text; *p; p++)
		if (*p < ' ' || *p >= 0x7f)
			*p = '?';
}

#define FAIL(r, ...)                                                                               \
	(zonefile_fail((r)->error, (r)->source->path, (r)->line, __VA_ARGS__), ERR_SYNTAX)

void zonefile_free(struct zonefile *z)
{
	if (!z)
		return;
	zonelist_fini(&z->list);
	free(z->rdata);
	free(z->sets);
	free(z->owners);
	free(z);
}

size_t zonefile_count(const struct zonefile *z)
{
	return z->owner_count;
}

struct zonefile_owner zonefile_owner(const struct zonefile *z, size_t index)
{
	return z->owners[index];
}

/* Adds an entry to the owner's last set, or to a new one. There is room for one set per record. */
static int take_entry(
	struct reader *r, struct zonefile_owner *owner, const struct zonelist_entry *e)
{
	struct zonefile *z = r->zone;
	struct rdata *rdata = &z->rdata[z->rdata_count++];
	*rdata = (struct rdata){.bytes = e->rdata, .len = e->rdata_len};
	if (e->line < owner->line)
		owner->line = e->line;
	if (owner->count == 0 || z->sets[z->set_count - 1].type != e->type) {
		z->sets[z->set_count++] = (struct rrset){
			.type = e->type, .view = VIEW_ANY, .ttl = e->ttl, .rdata = rdata};
		owner->count++;
	}
	struct rrset *set = &z->sets[z->set_count - 1];
	r->line = e->line;
	if (set->count == UINT16_MAX)
		return FAIL(r, "more records of one owner and type than a message could hold");
	set->count++;
	if (e->ttl < set->ttl)
		set->ttl = e->ttl; /* RFC 2181 §5.2: a set has one TTL; the lowest is harmless */
	return 0;
}

static int take_owner(void *arg, const struct zonelist_entry *entries, size_t count)
{
	struct reader *r = arg;
	struct zonefile *z = r->zone;
	struct zonefile_owner *owner = &z->owners[z->owner_count++];
	int err = 0;
	*owner = (struct zonefile_owner){
		.name = entries->owner, .sets = &z->sets[z->set_count], .line = entries->line};
	for (size_t i = 0; i < count && !err; i++)
		err = take_entry(r, owner, &entries[i]);
	return err;
}

/* Makes owners and sets from the list. Afterwards only the list's arena is needed. */
static int group(struct reader *r)
{
	struct zonefile *z = r->zone;
	struct zonelist *list = &z->list;
	if (list->count == 0)
		return 0;
	z->rdata = calloc(list->count, sizeof(*z->rdata));
	z->sets = calloc(list->count, sizeof(*z->sets));
	z->owners = calloc(list->count, sizeof(*z->owners));
	if (!z->rdata || !z->sets || !z->owners)
		return ERR_NOMEM;
	int err = zonelist_each_owner(list, take_owner, r);
	zonelist_forget(list);
	return err;
}

static int check_owners(struct reader *r, const uint8_t *apex)
{
	char text[ZONECHECK_TEXT_CAP];
	struct zonecheck check = {.apex = apex};
	for (size_t i = 0; i < r->zone->owner_count; i++) {
		const struct zonefile_owner *owner = &r->zone->owners[i];
		r->line = owner->line;
		if (zonecheck_owner(&check, owner->name, owner->sets, owner->count, text))
			return FAIL(r, "%s", text);
	}
	return 0;
}

/* Reads the text into the list of `r`. */
static int read_text(struct reader *r)
{
	struct zonereader_fault fault;
	int err = zonereader_read(&r->zone->list, r->source, &fault);
	r->line = 0;
	if (err != ERR_SYNTAX)
		return err;
	r->line = fault.line;
	return FAIL(r, "%s", fault.text);
}

int zonefile_parse(
	struct zonefile **ret, const struct zonefile_source *source, struct zonefile_error *error)
{
	struct reader r = {.source = source, .error = error};
	r.zone = calloc(1, sizeof(*r.zone));
	if (!r.zone)
		return ERR_NOMEM;
	int err = read_text(&r);
	if (!err)
		err = group(&r);
	if (!err)
		err = check_owners(&r, source->origin);
	if (err)
		zonefile_free(r.zone);
	else
		*ret = r.zone;
	return err;
}
