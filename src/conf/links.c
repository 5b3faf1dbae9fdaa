/* SPDX-License-Identifier: ISC */
/*
 * Owns the syntax of options that choose links, or names by patterns.
 * Never knows which there are.
 */
#include <string.h>

#include "base/err.h"
#include "conf/value.h"

/* The options of links have modes in one order: all that are fit, those that are named, none. */
enum { LINKS_AUTO, LINKS_LISTED, LINKS_NONE };
_Static_assert((int)NAME_MDNS_AUTO == LINKS_AUTO && (int)NAME_MDNS_LISTED == LINKS_LISTED &&
		       (int)NAME_MDNS_NONE == LINKS_NONE,
	"");
_Static_assert((int)NAME_GUESTS_AUTO == LINKS_AUTO && (int)NAME_GUESTS_LISTED == LINKS_LISTED &&
		       (int)NAME_GUESTS_NONE == LINKS_NONE,
	"");
_Static_assert((int)CONF_COLLECT_AUTO == LINKS_AUTO && (int)CONF_COLLECT_LISTED == LINKS_LISTED &&
		       (int)CONF_COLLECT_NONE == LINKS_NONE,
	"");

/* Adds a link to the texts at `at`, or sets another mode; `*mode` is that of the values before. */
static int read_link(void *at, const struct option *o, const char *text, size_t nth,
	struct option_why *why, unsigned *mode)
{
	unsigned now = LINKS_LISTED;
	if (strcmp(text, "auto") == 0)
		now = LINKS_AUTO;
	else if (strcmp(text, "no") == 0)
		now = LINKS_NONE;
	else if (!conf_is_ifname(text))
		return option_fail(why, "'%s' is no name of a link", text);
	if (nth > 0 && now != *mode)
		return option_fail(
			why, "'%s': auto, no and names of links exclude each other", text);
	*mode = now;
	return now == LINKS_LISTED ? option_type_texts.read(at, o, text, nth, why) : 0;
}

static int read_mdns(
	void *at, const struct option *o, const char *text, size_t nth, struct option_why *why)
{
	struct conf *c = container_of(at, struct conf, mdns_ifaces);
	unsigned mode = c->mdns;
	int err = read_link(at, o, text, nth, why, &mode);
	c->mdns = (enum name_mdns)mode;
	return err;
}

static int read_guests(
	void *at, const struct option *o, const char *text, size_t nth, struct option_why *why)
{
	struct conf *c = container_of(at, struct conf, guest_links);
	unsigned mode = c->guests;
	int err = read_link(at, o, text, nth, why, &mode);
	c->guests = (enum name_guests)mode;
	return err;
}

static int read_collect(
	void *at, const struct option *o, const char *text, size_t nth, struct option_why *why)
{
	struct conf *c = container_of(at, struct conf, collect_links);
	unsigned mode = c->collect;
	int err = read_link(at, o, text, nth, why, &mode);
	c->collect = (enum conf_collect)mode;
	return err;
}

/* Patterns of fnmatch(3) for one label. */
static int read_patterns(
	void *at, const struct option *o, const char *text, size_t nth, struct option_why *why)
{
	static const char bytes[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
		"*?[]!^";
	char word[LABEL_CAP + 1];
	for (int err;;) {
		const size_t len = strcspn(text, ",");
		if (len == 0 || len > LABEL_CAP || strspn(text, bytes) < len)
			return option_fail(why,
				"'%.*s' is no pattern of a name without dots, such as www or "
				"'db-*'",
				(int)len, text);
		memcpy(word, text, len);
		word[len] = '\0';
		err = option_type_texts.read(at, o, word, nth++, why);
		if (err || text[len] == '\0')
			return err;
		text += len + 1;
	}
}

static void free_texts(void *at)
{
	option_type_texts.free(at);
}

const struct option_type conf_type_mdns = {
	.read = read_mdns, .free = free_texts, .is_list = true, .may_be_no = true};
const struct option_type conf_type_guests = {
	.read = read_guests, .free = free_texts, .is_list = true, .may_be_no = true};
const struct option_type conf_type_collect = {
	.read = read_collect, .free = free_texts, .is_list = true, .may_be_no = true};
const struct option_type conf_type_patterns = {
	.read = read_patterns, .free = free_texts, .is_list = true};
