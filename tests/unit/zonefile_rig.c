/* SPDX-License-Identifier: ISC */
/*
 * Owns how a master file is read from a text, for the tests of its reader.
 * Never judges what is read: the tests do.
 */
#include "zonefile_rig.h"

#include <string.h>

#include "base/err.h"
#include "io/zoneldns.h"

const uint8_t home_arpa[] = "\4home\4arpa";

int read_text(struct zonefile **ret, const char *text, size_t len, struct zonefile_error *error)
{
	return zonefile_parse(ret,
		&(struct zonefile_source){.path = "z",
			.text = text,
			.len = len,
			.origin = home_arpa,
			.ttl_s = 60,
			.rr_reader = &zoneldns_reader},
		error);
}

struct zonefile *parse(const char *text)
{
	struct zonefile *z = NULL;
	struct zonefile_error error;
	if (read_text(&z, text, strlen(text), &error))
		fail_msg("%s", error.text);
	return z;
}

void assert_refused(const char *text, const char *message)
{
	struct zonefile *z = NULL;
	struct zonefile_error error;
	assert_int_equal(read_text(&z, text, strlen(text), &error), ERR_SYNTAX);
	assert_null(z);
	assert_string_equal(error.text, message);
}

void assert_refused_for(const char *text, const char *reason)
{
	struct zonefile *z = NULL;
	struct zonefile_error error;
	assert_int_equal(read_text(&z, text, strlen(text), &error), ERR_SYNTAX);
	if (strncmp(error.text, reason, strlen(reason)) != 0)
		fail_msg("%s: %s", text, error.text);
}

void assert_owner(const struct zonefile *z, size_t index, const char *name, size_t sets)
{
	char text[NAME_TEXT_CAP];
	struct zonefile_owner owner = zonefile_owner(z, index);
	assert_string_equal(name_to_text(owner.name, text), name);
	assert_int_equal(owner.count, sets);
}
