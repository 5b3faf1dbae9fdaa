/* SPDX-License-Identifier: ISC */
/*
 * Owns the making of zones from text, for tests.
 * Never used by the product. Called by the tests of zone and serve.
 */
#include "zone_rig.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { SETS_MAX = 16, RDATA_MAX = 1024, RDATA_CAP = 256, LINE_CAP = 32768 };

struct name rig_name(const char *text)
{
	struct name n;
	assert_int_equal(name_from_text(text, NULL, &n), 0);
	return n;
}

void rig_apex(struct zone *z, const char *name)
{
	struct name apex = rig_name(name), mname, rname;
	assert_int_equal(name_prepend("ns", 2, apex.wire, &mname), 0);
	assert_int_equal(name_prepend("hostmaster", 10, apex.wire, &rname), 0);
	const struct zone_apex params = {
		apex.wire, mname.wire, rname.wire, 3600, 600, 86400, 30, 300};
	assert_int_equal(zone_add_apex(z, &params), 0);
}

static uint16_t type_of(const char *text)
{
	if (strncmp(text, "TYPE", 4) == 0)
		return (uint16_t)atoi(text + 4);
	uint16_t type = rr_type_from_text(text, strlen(text));
	if (type == 0)
		fail_msg("no type: %s", text);
	return type;
}

static unsigned hex_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static uint16_t make_rdata(const char *word, uint8_t *out)
{
	struct addr a;
	if (word[0] == '#') {
		size_t len = strlen(++word) / 2;
		for (size_t i = 0; i < len; i++)
			out[i] =
				(uint8_t)(hex_digit(word[2 * i]) << 4 | hex_digit(word[2 * i + 1]));
		return (uint16_t)len;
	}
	if (addr_parse(word, &a) == 0) {
		memcpy(out, a.bytes, addr_len(&a));
		return (uint16_t)addr_len(&a);
	}
	struct name n = rig_name(word);
	memcpy(out, n.wire, n.len);
	return n.len;
}

/* Makes the set of a line; its data is in `rdata` and `bytes`. */
static struct rrset make_set(const char *line, struct rdata *rdata, uint8_t (*bytes)[RDATA_CAP])
{
	static char copy[LINE_CAP];
	char *rest = NULL;
	assert_true(strlen(line) < sizeof(copy));
	strcpy(copy, line);
	struct rrset set = {.view = VIEW_ANY, .rdata = rdata};
	set.ttl = (uint32_t)atol(strtok_r(copy, " ", &rest));
	set.type = type_of(strtok_r(NULL, " ", &rest));
	for (char *word; (word = strtok_r(NULL, " ", &rest));) {
		if (word[0] == '@') {
			set.view = strcmp(word, "@lan") == 0 ? VIEW_LAN : VIEW_WAN;
			continue;
		}
		assert_true(set.count < RDATA_MAX);
		rdata[set.count] =
			(struct rdata){bytes[set.count], make_rdata(word, bytes[set.count])};
		set.count++;
	}
	return set;
}

int rig_put(struct zone *z, enum zone_source source, const char *owner, ...)
{
	static struct rdata rdata[SETS_MAX][RDATA_MAX];
	static uint8_t bytes[SETS_MAX][RDATA_MAX][RDATA_CAP];
	struct rrset sets[SETS_MAX];
	struct name name = rig_name(owner);
	size_t count = 0;
	va_list lines;
	va_start(lines, owner);
	for (const char *line; (line = va_arg(lines, const char *)); count++) {
		assert_true(count < SETS_MAX);
		sets[count] = make_set(line, rdata[count], bytes[count]);
	}
	va_end(lines);
	return zone_put(z, source, name.wire, sets, count);
}

void rig_commit(struct zone *z, uint32_t floor)
{
	zone_garbage_free(zone_commit(z, floor));
}
