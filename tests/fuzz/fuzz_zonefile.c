/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of zone files and of what is exported of them: a zone that was read is
 * written as a master file that reads as the same zone.
 * Never checks which texts are right: that is tests/unit/test_zonefile.c. Run by a fuzzer and its
 * replay.
 */
#include "io/zonefile.h"

#include <stdlib.h>
#include <string.h>

#include "export/export.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const uint8_t apex[] = "\1z";

static struct export *read_export(const char *text, size_t len, struct zonefile_error *error)
{
	struct zonefile *file;
	if (zonefile_parse(&file, "z", text, len, apex, 60, error))
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

/* The zone in master format; false if there is no SOA. */
static bool write_zone(struct export *e, struct buf *out)
{
	struct export_options options = {.format = EXPORT_ZONE, .apex = apex};
	buf_clear(out);
	return export_write(e, &options, out) == 0;
}

/* Names whose text is longer than a name's bytes may be are more than ldns reads. */
static bool has_long_line(const char *text)
{
	for (; *text; text += strcspn(text, "\n") + 1)
		if (strcspn(text, "\n") >= NAME_CAP)
			return true;
	return false;
}

/* The zone as it was written must be read again, and written the same. */
static void check_round_trip(const struct buf *first)
{
	struct zonefile_error error;
	struct buf second = {0};
	struct export *again = read_export(first->bytes, first->len, &error);
	if (!again && has_long_line(buf_text(first)))
		return;
	if (!again || !write_zone(again, &second) ||
		strcmp(buf_text(first), buf_text(&second)) != 0)
		abort();
	export_free(again);
	buf_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct zonefile_error error = {{0}};
	struct buf out = {0};
	struct export *e = read_export((const char *)bytes, len, &error);
	if (!e && error.text[0] == '\0')
		abort(); /* no reason given */
	if (e) {
		write_all_formats(e, &out);
		if (write_zone(e, &out))
			check_round_trip(&out);
	}
	export_free(e);
	buf_fini(&out);
	return 0;
}
