/* SPDX-License-Identifier: ISC */
/*
 * Owns the comparison of the delegation at the parent with what it should be.
 * Never changes anything there.
 */
#include "ontap-zone/delegation.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "export/text.h"
#include "io/control.h"
#include "io/exit.h"
#include "ontap-zone/answer.h"
#include "net/dns_ask.h"

enum { RESOLVERS = 3, SERVERS = 8, RECORDS = 64, TEXT_CAP = 1024, TTL_S = 3600 };

/* A record that was found. */
struct found {
	struct name owner;
	uint16_t type;
	char text[TEXT_CAP]; /* of its rdata */
};

struct founds {
	size_t count;
	unsigned rcode;
	bool is_authoritative;
	struct found at[RECORDS];
};

struct check {
	json_t *wanted;
	struct name domain, parent;
	struct addr resolvers[RESOLVERS];
	size_t resolver_count;
	char names[SERVERS][TEXT_CAP]; /* of the servers of the parent */
	struct addr server;            /* that has answered */
	struct founds ns, ds, scratch;
	uint8_t reply[MSG_CAP];
	unsigned missing, wrong;
	struct buf lines; /* to be pasted */
};

static int complain(const char *text, const char *detail)
{
	fprintf(stderr, "ontap-zone: %s%s%s\n", text, detail ? ": " : "", detail ? detail : "");
	return EXIT_SYSTEM;
}

/* --- answers ------------------------------------------------------------------------------- */

static void take_record(struct founds *f, const struct rd *r, const struct rr *rr)
{
	static uint8_t rdata[MSG_CAP];
	struct wr w = wr_init(rdata, sizeof(rdata));
	struct buf text = {0};
	if (f->count == RECORDS || rr->class != CLASS_IN || rr->type == RR_OPT ||
		rr_rdata_expand(r, rr, &w))
		return;
	struct found *found = &f->at[f->count];
	found->owner = rr->owner;
	found->type = rr->type;
	export_rdata_text(&text, rr->type, rdata, wr_len(&w));
	if (text.len < TEXT_CAP && !text.err) {
		memcpy(found->text, buf_text(&text), text.len + 1);
		f->count++;
	}
	buf_fini(&text);
}

/* Reads all records of all sections. */
static void take_reply(struct founds *f, const uint8_t *reply, size_t len)
{
	struct rd r = rd_init(reply, len);
	struct msg_header header;
	struct rr rr;
	f->count = 0;
	rd_header(&r, &header);
	rd_skip_questions(&r, header.qdcount);
	f->rcode = msg_rcode(&header);
	f->is_authoritative = header.flags & MSG_AA;
	for (int s = 0; s < SECTION_COUNT; s++)
		for (unsigned i = 0; i < header.count[s] && !r.err; i++) {
			rd_rr(&r, &rr);
			if (!r.err)
				take_record(f, &r, &rr);
		}
}

/* Asks the resolvers of this machine, one after the other. False: none answers. */
static bool resolve(struct check *c, const uint8_t *name, uint16_t type, struct founds *ret)
{
	for (size_t i = 0; i < c->resolver_count; i++) {
		int len = dns_ask(&c->resolvers[i], name, type, true, c->reply);
		if (len <= 0)
			continue;
		take_reply(ret, c->reply, (size_t)len);
		if (ret->rcode == RCODE_NOERROR || ret->rcode == RCODE_NXDOMAIN)
			return true;
	}
	return false;
}

static const struct found *find(
	const struct founds *f, const uint8_t *owner, uint16_t type, size_t *at)
{
	while (*at < f->count) {
		const struct found *found = &f->at[(*at)++];
		if (found->type == type && name_equal(found->owner.wire, owner))
			return found;
	}
	return NULL;
}

/* --- the parent ------------------------------------------------------------------------------ */

/* The zone above the domain: its SOA is in the answer, or says that there is no such name. */
static bool find_parent(struct check *c)
{
	if (!resolve(c, name_parent(c->domain.wire), RR_SOA, &c->scratch))
		return false;
	for (size_t i = 0; i < c->scratch.count; i++) {
		const struct found *found = &c->scratch.at[i];
		if (found->type != RR_SOA ||
			!name_is_below(name_parent(c->domain.wire), found->owner.wire))
			continue;
		c->parent = found->owner;
		return true;
	}
	return false;
}

/* Asks that server of the parent what it has of the domain. */
static bool ask_server(struct check *c, const struct addr *server)
{
	int len = dns_ask(server, c->domain.wire, RR_NS, false, c->reply);
	if (len <= 0)
		return false;
	take_reply(&c->ns, c->reply, (size_t)len);
	len = dns_ask(server, c->domain.wire, RR_DS, false, c->reply);
	if (len <= 0 || (c->ns.rcode != RCODE_NOERROR && c->ns.rcode != RCODE_NXDOMAIN))
		return false;
	take_reply(&c->ds, c->reply, (size_t)len);
	c->server = *server;
	return true;
}

static bool ask_named(struct check *c, const char *text)
{
	static const uint16_t types[] = {RR_A, RR_AAAA};
	struct name name;
	struct addr addr;
	if (name_from_text(text, NULL, &name))
		return false;
	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		size_t at = 0;
		if (!resolve(c, name.wire, types[t], &c->scratch))
			continue;
		/* An alias is followed by the resolver. */
		while (at < c->scratch.count) {
			const struct found *found = &c->scratch.at[at++];
			if (found->type == types[t] && addr_parse(found->text, &addr) == 0 &&
				ask_server(c, &addr))
				return true;
		}
	}
	return false;
}

/* Asks the servers of the parent until one answers. */
static bool ask_parent(struct check *c)
{
	size_t count = 0, at = 0;
	if (!resolve(c, c->parent.wire, RR_NS, &c->scratch))
		return false;
	for (const struct found *f;
		count < SERVERS && (f = find(&c->scratch, c->parent.wire, RR_NS, &at));)
		strcpy(c->names[count++], f->text);
	for (size_t i = 0; i < count; i++)
		if (ask_named(c, c->names[i]))
			return true;
	return false;
}

/* --- the comparison --------------------------------------------------------------------------- */

static bool has_record(
	const struct founds *f, const uint8_t *owner, uint16_t type, const char *text)
{
	size_t at = 0;
	for (const struct found *found; (found = find(f, owner, type, &at));)
		if (strcasecmp(found->text, text) == 0)
			return true;
	return false;
}

/* Prints whether the parent has the record. If not, it is one to be pasted. */
static void want(struct check *c, const struct founds *f, const uint8_t *owner, uint16_t type,
	const char *text)
{
	char name[NAME_TEXT_CAP], mnemonic[RR_TYPE_TEXT_CAP];
	const bool is_there = has_record(f, owner, type, text);
	name_to_text(owner, name);
	rr_type_text(type, mnemonic);
	printf("%-9s %s %s %s\n", is_there ? "is there" : "missing", name, mnemonic, text);
	if (is_there)
		return;
	c->missing++;
	buf_printf(&c->lines, "%s %d IN %s %s\n", name, TTL_S, mnemonic, text);
}

static bool is_wanted(const json_t *list, const char *key, const char *text)
{
	json_t *item;
	size_t i;
	json_array_foreach(list, i, item)
	{
		const char *wanted = key ? answer_text(item, key) : json_string_value(item);
		if (wanted && strcasecmp(wanted, text) == 0)
			return true;
	}
	return false;
}

/* Prints what the parent has and should not have. */
static void tell_wrong(
	struct check *c, const struct founds *f, uint16_t type, const json_t *list, const char *key)
{
	char name[NAME_TEXT_CAP], mnemonic[RR_TYPE_TEXT_CAP];
	size_t at = 0;
	for (const struct found *found; (found = find(f, c->domain.wire, type, &at));) {
		if (is_wanted(list, key, found->text))
			continue;
		c->wrong++;
		printf("%-9s %s %s %s\n", "wrong", name_to_text(c->domain.wire, name),
			rr_type_text(type, mnemonic), found->text);
	}
}

static void compare_server(struct check *c, const json_t *server)
{
	struct name name;
	json_t *item;
	struct addr addr;
	size_t i;
	want(c, &c->ns, c->domain.wire, RR_NS, answer_text(server, "name"));
	if (!answer_is_true(server, "inside") ||
		name_from_text(answer_text(server, "name"), NULL, &name))
		return;
	json_array_foreach(json_object_get(server, "addresses"), i, item)
	{
		const char *text = json_string_value(item);
		if (text && addr_parse(text, &addr) == 0)
			want(c, &c->ns, name.wire, addr.family == ADDR_V4 ? RR_A : RR_AAAA, text);
	}
	if (i > 0)
		return;
	c->wrong++;
	printf("%-9s %s has no global address here\n", "wrong", answer_text(server, "name"));
}

static void compare(struct check *c)
{
	const json_t *servers = json_object_get(c->wanted, "servers"),
		     *ds = json_object_get(c->wanted, "ds");
	json_t *item;
	size_t i;
	json_array_foreach(servers, i, item) compare_server(c, item);
	tell_wrong(c, &c->ns, RR_NS, servers, "name");
	json_array_foreach(ds, i, item)
		want(c, &c->ds, c->domain.wire, RR_DS, json_string_value(item));
	tell_wrong(c, &c->ds, RR_DS, ds, NULL);
	if (!answer_is_true(c->wanted, "signed"))
		puts("the zone is not signed (dnssec), so it needs no DS");
	else if (json_array_size(ds) == 0)
		puts("no DS is due now: see ontap-zone keys");
}

static int tell_outcome(const struct check *c)
{
	char parent[NAME_TEXT_CAP];
	name_to_text(c->parent.wire, parent);
	if (c->missing > 0)
		printf("\nlines for the zone %s\n%s", parent, buf_text(&c->lines));
	return c->missing + c->wrong > 0 ? EXIT_NO : EXIT_DONE;
}

static bool on_line(void *arg, const char *line)
{
	struct check *c = arg;
	if (!c->wanted)
		c->wanted = json_loads(line, 0, NULL);
	return false;
}

static int run(struct check *c, const struct conf *conf)
{
	char domain[NAME_TEXT_CAP], parent[NAME_TEXT_CAP], server[ADDR_TEXT_CAP];
	int err = control_ask(conf->socket_path, "delegation", on_line, c);
	if (err || !c->wanted || json_object_get(c->wanted, "error") ||
		name_from_text(answer_text(c->wanted, "domain"), NULL, &c->domain))
		return complain("cannot ask the daemon what it serves", err ? err_text(err) : NULL);
	name_to_text(c->domain.wire, domain);
	c->resolver_count = dns_ask_resolvers(c->resolvers, RESOLVERS);
	if (!find_parent(c))
		return complain(
			"the resolver of this machine does not find the zone above", domain);
	name_to_text(c->parent.wire, parent);
	if (!ask_parent(c))
		return complain("no server answers for the zone", parent);
	printf("%s in %s, as %s has it\n", domain, parent, addr_format(&c->server, server));
	compare(c);
	return tell_outcome(c);
}

int delegation_check(const struct conf *conf)
{
	struct check *c = calloc(1, sizeof(*c));
	if (!c)
		return complain(err_text(ERR_NOMEM), NULL);
	int code = run(c, conf);
	json_decref(c->wanted);
	buf_fini(&c->lines);
	free(c);
	return code;
}
