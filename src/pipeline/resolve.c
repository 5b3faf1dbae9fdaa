/* SPDX-License-Identifier: ISC */
/*
 * Owns the answers to programs that resolve a name on this machine: which names are meant, where
 * they are looked up, and the format of the answer.
 * Never changes anything, and never knows which program asks.
 *
 *	NAME            NAME.DOMAIN, or NAME itself, in any of our zones
 *	NAME.local      our own mDNS records, with the link for a link-local address
 *	ADDRESS         PTR in our reverse zones, or our own mDNS records
 */
#include "pipeline/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "serve/answer.h"
#include "wire/msg.h"
#include "wire/pack.h"

/* The verdicts of nss/answer.h, in this module's terms. */
enum verdict { NXDOMAIN, NODATA, FOREIGN, FOUND };

enum { HOST_NAME_MAX_LEN = 253 };

/* A request in progress; it is on the heap. */
struct resolving {
	const struct resolve_source *source;
	struct buf *out;
	struct name name; /* the name asked for, later the target of its aliases */
	bool is_reverse;  /* looks for names, otherwise for addresses */
	bool has_alias;   /* the last lookup found an alias */
	bool is_held;     /* the last lookup found something in mDNS */
	uint32_t ttl_s;   /* the lowest of what was found */
	size_t name_count;
	size_t addr_count;
	struct {
		struct addr addr;
		uint32_t link; /* 0: no particular one */
	} addrs[LIMIT_RESOLVE_ADDRS];
	struct name names[LIMIT_PTR_TARGETS];
	uint8_t reply[MSG_CAP];
};

/* Output. */

/* Returns the name as programs know it. NULL: it has bytes that host names must not have. */
static const char *host_text(const uint8_t *name, char text[NAME_TEXT_CAP])
{
	static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-_.";
	size_t len = strlen(name_to_text(name, text)) - 1;
	text[len] = '\0'; /* removes the final dot */
	if (len == 0 || len > HOST_NAME_MAX_LEN)
		return NULL;
	return text[strspn(text, host_bytes)] ? NULL : text;
}

static void say_name(struct buf *out, const uint8_t *name)
{
	char text[NAME_TEXT_CAP];
	if (host_text(name, text))
		buf_printf(out, "name %s\n", text);
}

static void say_addr(struct buf *out, const struct addr *addr, uint32_t link)
{
	char text[ADDR_TEXT_CAP];
	buf_printf(out, link ? "address %s%%%u\n" : "address %s\n", addr_format(addr, text), link);
}

static void say_verdict(struct buf *out, enum verdict verdict)
{
	static const char *const texts[] = {[NXDOMAIN] = "nxdomain",
		[NODATA] = "nodata",
		[FOREIGN] = "foreign",
		[FOUND] = "found"};
	buf_printf(out, "end %s\n", texts[verdict]);
}

static void say_found(const struct resolving *r)
{
	for (size_t i = 0; i < r->name_count; i++)
		say_name(r->out, r->names[i].wire);
	buf_printf(r->out, "ttl %u\n", r->ttl_s);
	for (size_t i = 0; i < r->addr_count; i++)
		say_addr(r->out, &r->addrs[i].addr, r->addrs[i].link);
}

/* Results. */

static void note_ttl(struct resolving *r, uint32_t ttl_s)
{
	if (ttl_s < r->ttl_s)
		r->ttl_s = ttl_s;
}

static bool is_link_local_v6(const struct addr *addr)
{
	return addr->family == ADDR_V6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

/* Notes an address once, even if several links have it. A link-local address belongs to a link: it
 * is useless without it, or to a program in a namespace with other links. */
static void note_addr(struct resolving *r, const struct addr *addr, uint32_t link)
{
	bool needs_link = is_link_local_v6(addr);
	if (needs_link && (link == 0 || !r->source->has_links))
		return;
	link = needs_link ? link : 0;
	for (size_t i = 0; i < r->addr_count; i++)
		if (addr_equal(&r->addrs[i].addr, addr) && r->addrs[i].link == link)
			return;
	if (r->addr_count == LIMIT_RESOLVE_ADDRS)
		return;
	r->addrs[r->addr_count].addr = *addr;
	r->addrs[r->addr_count++].link = link;
}

static void note_name(struct resolving *r, const uint8_t *name)
{
	char text[NAME_TEXT_CAP];
	for (size_t i = 0; i < r->name_count; i++)
		if (name_equal(r->names[i].wire, name))
			return;
	if (r->name_count < LIMIT_PTR_TARGETS && host_text(name, text))
		name_copy(&r->names[r->name_count++], name);
}

/* Notes a record of an answer. `rdata` is well formed, without compression. */
static void note_record(
	struct resolving *r, uint16_t type, uint32_t ttl_s, const uint8_t *rdata, uint32_t link)
{
	if (type == RR_CNAME) {
		name_copy(&r->name, rdata);
		r->has_alias = true;
	} else if (type == RR_PTR && r->is_reverse) {
		note_name(r, rdata);
	} else if ((type == RR_A || type == RR_AAAA) && !r->is_reverse) {
		const struct addr addr = addr_make(type == RR_A ? ADDR_V4 : ADDR_V6, rdata);
		note_addr(r, &addr, link);
	} else {
		return;
	}
	note_ttl(r, ttl_s);
}

/* Unicast. */

/* Asks the answer path, as this machine over TCP. Returns the length of r->reply. */
static size_t put_question(struct resolving *r, const uint8_t *name, uint16_t type)
{
	static const uint8_t loopback[] = {127, 0, 0, 1};
	uint8_t query[UDP_PAYLOAD_MIN];
	struct pack p;
	struct serve_ctx ctx = {.zone = r->source->zone, .views = r->source->views};
	struct serve_client client = {
		.addr = addr_make(ADDR_V4, loopback), .port = 1024, .is_tcp = true};
	pack_init(&p, query, sizeof(query), 0, 0);
	if (pack_question(&p, name, type, CLASS_IN))
		return 0;
	return serve_answer(&ctx, &client, query, p.len, r->reply, sizeof(r->reply));
}

/* Notes the records of the answer. Returns how many of that type there are. */
static unsigned note_answer(
	struct resolving *r, struct rd *rd, const struct msg_header *header, uint16_t type)
{
	unsigned count = 0;
	for (unsigned i = 0; i < header->count[SECTION_ANSWER] && !rd->err; i++) {
		struct rr rr;
		uint8_t rdata[NAME_CAP];
		struct wr out = wr_init(rdata, sizeof(rdata));
		rd_rr(rd, &rr);
		if (rd->err || (rr.type != type && rr.type != RR_CNAME) ||
			rr_rdata_expand(rd, &rr, &out))
			continue;
		note_record(r, rr.type, rr.ttl, rdata, 0);
		count += rr.type == type;
	}
	return count;
}

/* True if our zones are authoritative for that name. */
static bool is_in_our_zones(struct resolving *r, const uint8_t *name)
{
	struct msg_header header;
	struct rd rd = rd_init(r->reply, put_question(r, name, RR_SOA));
	rd_header(&rd, &header);
	return !rd.err && header.flags & MSG_AA;
}

/* Looks up records of that type at r->name in the zones. r->name becomes the target of its
 * aliases. */
static enum verdict ask_zones(struct resolving *r, uint16_t type)
{
	struct msg_header header;
	struct question question;
	struct rd rd = rd_init(r->reply, put_question(r, r->name.wire, type));
	rd_header(&rd, &header);
	rd_question(&rd, &question);
	if (rd.err || !(header.flags & MSG_AA))
		return FOREIGN; /* refused, or delegated to others */
	if (msg_rcode(&header) == RCODE_NXDOMAIN)
		return NXDOMAIN;
	if (msg_rcode(&header) != RCODE_NOERROR)
		return FOREIGN;
	r->has_alias = false;
	if (note_answer(r, &rd, &header, type) > 0)
		return FOUND;
	return r->has_alias && !is_in_our_zones(r, r->name.wire) ? FOREIGN : NODATA;
}

static enum verdict ask_zones_for_addrs(struct resolving *r)
{
	enum verdict of_v4 = ask_zones(r, RR_A), of_v6 = ask_zones(r, RR_AAAA);
	if (r->addr_count > 0)
		return FOUND;
	return of_v4 == FOUND || of_v6 == FOUND ? NODATA : of_v6;
}

/* mDNS. */

static void note_held(void *arg, const struct mdns_held *held)
{
	struct resolving *r = arg;
	r->is_held = true;
	note_record(r, held->type, held->ttl_s, held->rdata.bytes, held->link);
}

/* Looks up r->name in our own mDNS records. r->name becomes the target of its aliases. Other hosts
 * are authoritative for names that we do not have. */
static enum verdict ask_mdns(struct resolving *r)
{
	/* Progress: each turn but the last follows an alias. */
	for (unsigned i = 0; i <= LIMIT_SERVE_CHAIN; i++) {
		const struct name asked = r->name;
		r->has_alias = r->is_held = false;
		mdns_each_held(r->source->mdns, asked.wire, note_held, r);
		if (r->addr_count > 0 || r->name_count > 0)
			return FOUND;
		if (!r->has_alias)
			return r->is_held ? NODATA : FOREIGN;
	}
	return NODATA;
}

/* Requests. */

/* If a word without a dot is not a name of ours, that proves nothing: it may exist elsewhere. */
static enum verdict find_name(struct resolving *r, const char *text)
{
	bool is_single = !strchr(text, '.');
	if (is_single && name_from_text(text, r->source->domain, &r->name) == 0) {
		enum verdict verdict = ask_zones_for_addrs(r);
		if (verdict == FOUND || verdict == NODATA)
			return verdict;
	}
	if (name_from_text(text, NULL, &r->name))
		return FOREIGN;
	if (name_is_below(r->name.wire, name_local))
		return ask_mdns(r);
	enum verdict verdict = ask_zones_for_addrs(r);
	return is_single && verdict == NXDOMAIN ? FOREIGN : verdict;
}

static enum verdict resolve_name(struct resolving *r, const char *text)
{
	enum verdict verdict = find_name(r, text);
	if (verdict == FOUND)
		note_name(r, r->name.wire);
	/* A host without a name that programs accept has none. */
	return verdict == FOUND && r->name_count == 0 ? NODATA : verdict;
}

static enum verdict resolve_addr(struct resolving *r, const char *text)
{
	struct addr addr;
	r->is_reverse = true;
	if (addr_parse(text, &addr))
		return FOREIGN;
	addr = addr_unmap(addr);
	name_reverse(&addr, 8 * (unsigned)addr_len(&addr), &r->name);
	enum verdict verdict = ask_zones(r, RR_PTR);
	if (verdict != FOREIGN)
		return r->name_count > 0 ? FOUND : verdict == FOUND ? NODATA : verdict;
	if (is_link_local_v6(&addr) && !r->source->has_links)
		return FOREIGN;
	name_reverse(&addr, 8 * (unsigned)addr_len(&addr), &r->name);
	return ask_mdns(r);
}

/* Returns what follows the verb and a space; NULL if the verb is another. */
static const char *operand_of(const char *request, const char *verb)
{
	size_t len = strlen(verb);
	return strncmp(request, verb, len) == 0 && request[len] == ' ' ? request + len + 1 : NULL;
}

void resolve_answer(const struct resolve_source *source, const char *request, struct buf *out)
{
	const char *name = operand_of(request, "resolve"), *addr = operand_of(request, "reverse");
	if (!name && !addr) {
		buf_puts(out, "end unknown\n");
		return;
	}
	struct resolving *r = malloc(sizeof(*r));
	if (!r) {
		out->err = ERR_NOMEM;
		return;
	}
	memset(r, 0, offsetof(struct resolving, addrs));
	r->source = source;
	r->out = out;
	r->ttl_s = UINT32_MAX;
	enum verdict verdict = name ? resolve_name(r, name) : resolve_addr(r, addr);
	if (verdict == FOUND)
		say_found(r);
	say_verdict(out, verdict);
	free(r);
}
