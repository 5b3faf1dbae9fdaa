/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of zone files and of exports of them: a zone that was read is written as a
 * master file, which reads as the same zone.
 * Never checks which texts are right: tests/unit/test_zonefile.c does. Run by a fuzzer and its
 * replay.
 */
#include "zonefile/zonefile.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "io/zoneldns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const uint8_t apex[] = "\1z";

static int read_text(struct zonefile **ret, const char *text, size_t len, bool has_no_plain_lines,
	struct zonefile_error *error)
{
	return zonefile_parse(ret,
		&(struct zonefile_source){.path = "z",
			.text = text,
			.len = len,
			.origin = apex,
			.ttl_s = 60,
			.rr_reader = &zoneldns_reader,
			.has_no_plain_lines = has_no_plain_lines},
		error);
}

static struct export *read_export(const char *text, size_t len, struct zonefile_error *error)
{
	struct zonefile *file;
	if (read_text(&file, text, len, false, error))
		return NULL;
	struct export *e = export_new();
	for (size_t i = 0; e && i < zonefile_count(file); i++) {
		struct zonefile_owner owner = zonefile_owner(file, i);
		for (size_t j = 0; j < owner.count; j++)
			for (unsigned k = 0; k < owner.sets[j].count; k++)
				export_add(e, &(struct zone_change){.owner = owner.name,
						      .view = VIEW_ANY,
						      .type = owner.sets[j].type,
						      .ttl = owner.sets[j].ttl,
						      .rdata = owner.sets[j].rdata[k]});
	}
	zonefile_free(file);
	return e;
}

static void write_all_formats(struct export *e, struct buf *out)
{
	for (enum export_format f = 0; f < EXPORT_FORMAT_COUNT; f++) {
		struct export_options options = {.format = f, .apex = apex};
		buf_clear(out);
		if (export_write(e, &options, out) && f != EXPORT_ZONE)
			abort();
	}
}

/* Writes the zone in master format. False if there is no SOA. */
static bool write_zone(struct export *e, struct buf *out)
{
	struct export_options options = {.format = EXPORT_ZONE, .apex = apex};
	buf_clear(out);
	return export_write(e, &options, out) == 0;
}

/* The written zone must be read again, and be written the same. */
static void check_round_trip(const struct buf *first)
{
	struct zonefile_error error;
	struct buf second = {0};
	struct export *again = read_export(first->bytes, first->len, &error);
	if (!again || !write_zone(again, &second) ||
		strcmp(buf_text(first), buf_text(&second)) != 0)
		abort();
	export_free(again);
	buf_fini(&second);
}

static bool is_same_set(const struct rrset *a, const struct rrset *b)
{
	if (a->type != b->type || a->view != b->view || a->ttl != b->ttl || a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (rdata_cmp(a->rdata[i].bytes, a->rdata[i].len, b->rdata[i].bytes,
			    b->rdata[i].len) != 0)
			return false;
	return true;
}

static bool is_same_owner(const struct zonefile_owner *a, const struct zonefile_owner *b)
{
	size_t len = name_len(a->name);
	if (a->line != b->line || a->count != b->count || name_len(b->name) != len ||
		memcmp(a->name, b->name, len) != 0)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!is_same_set(&a->sets[i], &b->sets[i]))
			return false;
	return true;
}

static void check_order(const struct zonefile *z)
{
	for (size_t i = 1; i < zonefile_count(z); i++)
		if (name_cmp(zonefile_owner(z, i - 1).name, zonefile_owner(z, i).name) >= 0)
			abort();
}

/* Plain lines must give the same records when they are read word by word, or the same message. */
static void check_quick_way(const char *text, size_t len)
{
	struct zonefile_error why, why_slow;
	struct zonefile *quick = NULL, *slow = NULL;
	int err = read_text(&quick, text, len, false, &why);
	if (read_text(&slow, text, len, true, &why_slow) != err)
		abort();
	if (err) {
		if (strcmp(why.text, why_slow.text) != 0)
			abort();
		return;
	}
	if (zonefile_count(quick) != zonefile_count(slow))
		abort();
	for (size_t i = 0; i < zonefile_count(quick); i++) {
		struct zonefile_owner a = zonefile_owner(quick, i), b = zonefile_owner(slow, i);
		if (!is_same_owner(&a, &b))
			abort();
	}
	check_order(quick);
	zonefile_free(quick);
	zonefile_free(slow);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct zonefile_error error = {{0}};
	static void *held;
	if (!held)
		held = dlopen(LDNS_SONAME, RTLD_NOW); /* otherwise it is loaded for each text */
	check_quick_way((const char *)bytes, len);
	struct buf out = {0};
	struct export *e = read_export((const char *)bytes, len, &error);
	if (!e && error.text[0] == '\0')
		abort(); /* an error without a reason */
	if (e) {
		write_all_formats(e, &out);
		if (write_zone(e, &out))
			check_round_trip(&out);
	}
	export_free(e);
	buf_fini(&out);
	return 0;
}
