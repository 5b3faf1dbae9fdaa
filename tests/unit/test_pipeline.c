/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of pipeline/pipeline.h: the decisions between an event and a record. The sink
 * keeps the puts for mDNS, as lines of text.
 * Never has a clock, a file or a socket.
 */
#include "pipeline/pipeline.h"

#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "pipeline/explain.h"
#include "serve/answer.h"
#include "wire/msg.h"
#include "wire/pack.h"
#include "unit.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000 /* linux/if.h, which net/if.h excludes */
#endif

enum { ETH0 = 2, PUTS_CAP = 512, TEXT_CAP = 512 };

static struct rig {
	struct pipeline *p;
	struct pipeline_config config;
	char puts[PUTS_CAP][TEXT_CAP]; /* "web.local. A unique" */
	uint32_t ttls[256];            /* of the last put, by type */
	unsigned counts[256];          /* likewise, of its records */
	unsigned put_count, links, hidden, records, views, crowded, no_room;
	uint16_t crowded_type;
	struct pipeline_retired retired;
} rig;

static int put_mdns(
	void *arg, uint32_t link, const uint8_t *owner, const struct mdns_rrset *sets, size_t count)
{
	char *line = rig.puts[rig.put_count++], name[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	(void)arg;
	assert_true(rig.put_count < PUTS_CAP);
	assert_int_equal(link, ETH0);
	int len = snprintf(line, TEXT_CAP, "%s", name_to_text(owner, name));
	for (size_t i = 0; i < count; i++) {
		rig.ttls[sets[i].set.type % ARRAY_LEN(rig.ttls)] = sets[i].set.ttl;
		rig.counts[sets[i].set.type % ARRAY_LEN(rig.counts)] = sets[i].set.count;
	}
	for (size_t i = 0; i < count; i++)
		len += snprintf(line + len, TEXT_CAP - (size_t)len, " %s%s%s%s",
			rr_type_text(sets[i].set.type, type),
			sets[i].is_known_unique ? "(known)"
			: sets[i].is_unique     ? ""
						: "(shared)",
			sets[i].is_public ? "(public)" : "", sets[i].is_quiet ? "(quiet)" : "");
	return 0;
}

static int put_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	(void)arg;
	(void)link;
	(void)is_gone;
	rig.links++;
	return 0;
}

static void on_hidden_alias(void *arg, const uint8_t *owner, const uint8_t *target)
{
	(void)arg;
	(void)owner;
	(void)target;
	rig.hidden++;
}

static void on_crowded(void *arg, const uint8_t *owner, uint16_t type, size_t count)
{
	(void)arg, (void)owner;
	assert_int_equal(type, rig.crowded_type);
	rig.crowded = (unsigned)count;
}

static void on_no_room(void *arg, const uint8_t *owner)
{
	(void)arg, (void)owner;
	rig.no_room++;
}

static void on_record(void *arg, const struct zone_change *change)
{
	(void)arg;
	rig.records += change->type != RR_SOA;
}

static void on_views(void *arg)
{
	(void)arg;
	rig.views++;
}

static struct name name_of(const char *text)
{
	struct name name;
	assert_int_equal(name_from_text(text, NULL, &name), 0);
	return name;
}

static int setup(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.config = (struct pipeline_config){.has_self = true,
		.policy = {.domain = name_of("example."),
			.ttl_s = 60,
			.sources = {NAME_ALIAS},
			.source_count = 1,
			.mdns = NAME_MDNS_AUTO}};
	rig.p = pipeline_new(7, &rig.config,
		(struct pipeline_sink){.put_mdns = put_mdns,
			.put_mdns_link = put_mdns_link,
			.on_hidden_alias = on_hidden_alias,
			.on_crowded = on_crowded,
			.on_no_room = on_no_room,
			.on_record = on_record,
			.on_views = on_views});
	return rig.p ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pipeline_free(rig.p);
	return 0;
}

static void flush_at(uint32_t serial_floor)
{
	rig.put_count = rig.hidden = 0;
	pipeline_flush(rig.p, serial_floor, &rig.retired);
	zone_garbage_free(rig.retired.garbage);
	view_table_free(rig.retired.views);
}

static void flush(void)
{
	flush_at(100);
}

static int add_file(struct collection *files, const char *text, struct zonefile_error *error)
{
	const struct zonefile_source source = {.path = "z",
		.text = text,
		.len = strlen(text),
		.origin = rig.config.policy.domain.wire,
		.ttl_s = 60};
	return collection_add(files, &source, error);
}

static void set_files(const char *text)
{
	struct zonefile_error error;
	struct collection *files = collection_new(rig.config.policy.domain.wire);
	if (add_file(files, text, &error) || collection_finish(files, &error))
		fail_msg("%s", error.text);
	assert_int_equal(pipeline_set_files(rig.p, files), 0);
}

static void give_link(nsid_t nsid, uint32_t ifindex, const char *alias)
{
	struct event ev = {.type = EV_LINK, .nsid = nsid};
	ev.link.ifindex = ifindex;
	ev.link.flags = IFF_UP | IFF_LOWER_UP | IFF_MULTICAST;
	ev.link.operstate = 6; /* IF_OPER_UP */
	ev.link.type = ARPHRD_ETHER;
	ev.link.mtu = 1500;
	ev.link.parent_nsid = nsid;
	strcpy(ev.link.name, "eth0");
	strcpy(ev.link.alias, alias);
	assert_int_equal(pipeline_apply(rig.p, &ev), 0);
}

static void change_addr(enum event_type type, nsid_t nsid, uint32_t ifindex, const char *prefix)
{
	struct event ev = {.type = type, .nsid = nsid};
	char text[64];
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(prefix, "/"), prefix);
	ev.addr.ifindex = ifindex;
	assert_int_equal(addr_parse(text, &ev.addr.addr), 0);
	ev.addr.prefix_len = (uint8_t)atoi(strchr(prefix, '/') + 1);
	ev.addr.rt_scope = RT_SCOPE_UNIVERSE;
	assert_int_equal(pipeline_apply(rig.p, &ev), 0);
}

/* Makes our eth0 with 10.0.0.1/24, and on its wire a workload "web" with 10.0.0.7/24. */
static void furnish(void)
{
	struct event ns = {.type = EV_NS, .nsid = 4, .ns = {.owner = OWNER_HOST}};
	assert_int_equal(pipeline_apply(rig.p, &ns), 0);
	give_link(NSID_OWN, ETH0, "");
	change_addr(EV_ADDR, NSID_OWN, ETH0, "10.0.0.1/24");
	give_link(4, 2, "web");
	change_addr(EV_ADDR, 4, 2, "10.0.0.7/24");
}

/* Returns the number of answers, and the rcode. */
static unsigned ask(const char *name, uint16_t type, unsigned *ret_rcode)
{
	uint8_t query[UDP_PAYLOAD_MIN], reply[4096];
	struct serve_ctx ctx = {
		.zone = zone_reader(pipeline_zone(rig.p)), .views = pipeline_views(rig.p)};
	struct serve_client client = {.port = 1024, .is_tcp = true};
	struct msg_header header;
	struct pack pack;
	assert_int_equal(addr_parse("10.0.0.9", &client.addr), 0);
	pack_init(&pack, query, sizeof(query), 0, 0);
	assert_int_equal(pack_question(&pack, name_of(name).wire, type, CLASS_IN), 0);
	struct rd r =
		rd_init(reply, serve_answer(&ctx, &client, query, pack.len, reply, sizeof(reply)));
	rd_header(&r, &header);
	assert_int_equal(r.err, 0);
	*ret_rcode = msg_rcode(&header);
	return header.count[SECTION_ANSWER];
}

static void assert_answers(const char *name, uint16_t type, unsigned count)
{
	unsigned rcode;
	assert_int_equal(ask(name, type, &rcode), count);
}

static bool was_put(const char *line)
{
	for (unsigned i = 0; i < rig.put_count; i++)
		if (strcmp(rig.puts[i], line) == 0)
			return true;
	return false;
}

static void assert_put(const char *line)
{
	if (was_put(line))
		return;
	for (unsigned i = 0; i < rig.put_count; i++)
		print_error("%s\n", rig.puts[i]);
	fail_msg("not put: %s", line);
}

/* The MNAME of the domain's SOA, as text. */
static void note_mname(void *arg, const struct zone_change *record)
{
	if (record->type == RR_SOA && name_equal(record->owner, rig.config.policy.domain.wire))
		name_to_text(record->rdata.bytes, arg);
}

static void assert_mname(const char *name)
{
	char text[NAME_TEXT_CAP] = "";
	assert_int_equal(zone_each_record(pipeline_zone(rig.p), rig.config.policy.domain.wire,
				 note_mname, text),
		0);
	assert_string_equal(text, name);
}

static void the_soa_follows_the_hosts_name_in_the_domain_or_not(void **state)
{
	(void)state;
	assert_mname("ns.example.");
	assert_int_equal(pipeline_set_self(rig.p, "box"), 0);
	assert_mname("box.example.");
	assert_int_equal(pipeline_set_self(rig.p, "a.elsewhere.test"), 0);
	assert_mname("a.elsewhere.test.");
	assert_int_equal(pipeline_set_self(rig.p, "b.elsewhere.test"), 0);
	assert_mname("b.elsewhere.test.");
	assert_int_equal(pipeline_set_self(rig.p, "no name"), 0);
	assert_mname("ns.example.");
}

static void the_hosts_own_name_leads_to_its_own_links(void **state)
{
	(void)state;
	furnish();
	assert_int_equal(pipeline_set_self(rig.p, "box"), 0);
	flush();
	assert_answers("box.example", RR_A, 1);
	assert_put("box.local. A");
	assert_int_equal(pipeline_set_self(rig.p, "crate"), 0);
	assert_true(pipeline_is_dirty(rig.p));
	flush();
	assert_answers("box.example", RR_A, 0);
	assert_answers("crate.example", RR_A, 1);
	assert_put("box.local.");
	/* Of a host name with a domain of its own, the first label. */
	assert_int_equal(pipeline_set_self(rig.p, "host.elsewhere.test"), 0);
	flush();
	assert_answers("crate.example", RR_A, 0);
	assert_answers("host.example", RR_A, 1);
	assert_put("host.local. A");
}

static void set_published(const char *const *patterns, size_t count)
{
	static const uint8_t key[] = {2, 0, 3, 15, 7};
	rig.config.host_key = (struct rdata){key, sizeof(key)};
	rig.config.published = patterns;
	rig.config.published_count = count;
	assert_int_equal(pipeline_set_config(rig.p, &rig.config), 0);
}

static void a_public_name_has_an_instance_and_is_listed(void **state)
{
	static const char *const patterns[] = {"mail", "W?B"};
	(void)state;
	set_published(patterns, ARRAY_LEN(patterns));
	furnish();
	assert_int_equal(pipeline_set_self(rig.p, "box"), 0);
	flush();
	assert_put("web.local. A(public)");
	assert_put("web._ontap._udp.local. SRV(public) TXT(public)");
	assert_put("_ontap._udp.local. PTR(shared)(public)");
	assert_put("_services._dns-sd._udp.local. PTR(shared)");
	assert_put("box.local. A KEY(public)(quiet)");
	assert_false(was_put("box._ontap._udp.local. SRV(public) TXT(public)"));
	assert_false(pipeline_is_dirty(rig.p));
	/* What did not change is not put again. */
	change_addr(EV_ADDR, NSID_OWN, ETH0, "10.0.0.2/24");
	flush();
	assert_false(was_put("_ontap._udp.local. PTR(shared)(public)"));
	/* A second name is listed with the first. */
	give_link(4, 2, "web mail");
	flush();
	assert_put("mail._ontap._udp.local. SRV(public) TXT(public)");
	assert_put("_ontap._udp.local. PTR(shared)(public)");
	assert_int_equal(rig.counts[RR_PTR], 1); /* of _services._dns-sd._udp, which is put last */
	change_addr(EV_ADDR_GONE, 4, 2, "10.0.0.7/24");
	flush();
	assert_put("web.local.");
	assert_put("web._ontap._udp.local.");
	assert_put("mail._ontap._udp.local.");
	assert_put("_ontap._udp.local.");
	assert_put("_services._dns-sd._udp.local.");
}

static void a_list_has_what_files_say_too(void **state)
{
	static const char *const patterns[] = {"*"};
	(void)state;
	furnish();
	set_files("_services._dns-sd._udp.local. PTR _http._tcp.local.\n"
		  "_http._tcp.local. PTR x._http._tcp.local.\n"
		  "printer.local. A 10.0.0.50\n");
	set_published(patterns, 1);
	flush();
	assert_put("printer.local. A(public)");
	assert_put("printer._ontap._udp.local. SRV(public) TXT(public)");
	assert_put("_services._dns-sd._udp.local. PTR(shared)");
	assert_int_equal(rig.counts[RR_PTR], 2);
	assert_put("_http._tcp.local. PTR(shared)");
	set_files("");
	assert_put("printer._ontap._udp.local.");
	flush();
	assert_put("_services._dns-sd._udp.local. PTR(shared)"); /* of the workload */
	assert_int_equal(rig.counts[RR_PTR], 1);
}

static void nothing_is_public_without_a_key(void **state)
{
	static const char *const patterns[] = {"*"};
	(void)state;
	rig.config.published = patterns;
	rig.config.published_count = 1;
	assert_int_equal(pipeline_set_config(rig.p, &rig.config), 0);
	furnish();
	assert_int_equal(pipeline_set_self(rig.p, "box"), 0);
	flush();
	assert_put("web.local. A");
	assert_put("box.local. A");
	assert_false(was_put("web._ontap._udp.local. SRV(public) TXT(public)"));
}

/* "ns" is not this host's name, but a name server needs an address: so it is in unicast DNS
 * only. */
static void a_name_server_without_a_host_name_is_in_unicast_dns_alone(void **state)
{
	(void)state;
	furnish();
	flush();
	assert_answers("ns.example", RR_A, 1);
	assert_false(was_put("ns.local. A"));
	assert_int_equal(pipeline_set_self(rig.p, "ns"), 0);
	flush();
	assert_put("ns.local. A");
}

static void a_reverse_name_needs_no_probe_and_service_pointers_are_shared(void **state)
{
	(void)state;
	set_files("_http._tcp.local. PTR web._http._tcp.local.\n"
		  "web._http._tcp.local. TXT x\n");
	furnish();
	flush();
	assert_put("7.0.0.10.in-addr.arpa. PTR(known)");
	assert_put("_http._tcp.local. PTR(shared)");
	assert_put("web._http._tcp.local. TXT");
	assert_put("web.local. A");
}

/* One file a service is how Avahi has them. */
static void instances_of_a_service_may_be_in_many_files(void **state)
{
	enum { FILES = 40 };
	struct zonefile_error error = {""};
	struct collection *files = collection_new(rig.config.policy.domain.wire);
	char text[256];
	(void)state;
	for (int i = 0; i < FILES; i++) {
		snprintf(text, sizeof(text),
			"_http._tcp.local. PTR i%d._http._tcp.local.\n PTR all._http._tcp.local.\n"
			"i%d._http._tcp.local. SRV 0 0 80 web.local.\n",
			i, i);
		assert_int_equal(add_file(files, text, &error), 0);
	}
	assert_int_equal(add_file(files, "_http._tcp.local. TXT x\n", &error), 0);
	assert_int_equal(collection_finish(files, &error), 0);
	struct name type;
	assert_int_equal(name_from_text("_http._tcp.local.", NULL, &type), 0);
	const struct static_owner *owner = collection_find(files, type.wire);
	assert_int_equal(owner->count, 2);
	assert_int_equal(owner->sets[0].type, RR_PTR);
	assert_int_equal(owner->sets[0].count, FILES + 1);
	assert_int_equal(owner->sets[1].type, RR_TXT);
	collection_free(files);

	files = collection_new(rig.config.policy.domain.wire);
	assert_int_equal(add_file(files, "_http._tcp.local. TXT x\n", &error), 0);
	assert_int_equal(add_file(files, "_http._tcp.local. TXT y\n", &error), 0);
	assert_int_equal(collection_finish(files, &error), ERR_SYNTAX);
	collection_free(files);
}

/* RFC 6762 §10: caches would have the host of before for hours. */
static void what_has_a_host_name_in_it_lives_for_two_minutes_in_mdns(void **state)
{
	(void)state;
	furnish();
	set_files("$TTL 4500\n_http._tcp.local. PTR w._http._tcp.local.\n"
		  "w._http._tcp.local. SRV 0 0 80 web.local.\nw._http._tcp.local. TXT x\n"
		  "db.local. A 10.0.0.8\ndb.local. AAAA fe80::8\ndb.local. HINFO x y\n"
		  "alias.local. CNAME web.local.\n");
	flush();
	static const uint16_t of_hosts[] = {RR_SRV, RR_A, RR_AAAA, RR_HINFO, RR_CNAME};
	for (size_t i = 0; i < ARRAY_LEN(of_hosts); i++)
		assert_int_equal(rig.ttls[of_hosts[i]], 120);
	assert_int_equal(rig.ttls[RR_TXT], 4500);
	set_files("$TTL 30\nw._http._tcp.local. SRV 0 0 80 web.local.\n");
	flush();
	assert_int_equal(rig.ttls[RR_SRV], 30);
}

/* A service of `web`, one of another host, and one of both. */
static const char three_services[] =
	"_http._tcp.local. PTR w._http._tcp.local.\n PTR p._http._tcp.local.\n"
	" PTR b._http._tcp.local.\n"
	"w._http._tcp.local. SRV 0 0 80 WEB.local.\nw._http._tcp.local. TXT x\n"
	"p._http._tcp.local. SRV 0 0 80 printer.local.\np._http._tcp.local. TXT x\n"
	"b._http._tcp.local. SRV 0 0 80 web.local.\n SRV 1 0 80 printer.local.\n";

static void assert_service_is_said(void)
{
	assert_put("w._http._tcp.local. TXT SRV");
	assert_put("_http._tcp.local. PTR(shared)");
	assert_int_equal(rig.counts[RR_PTR], 3);
}

static void assert_service_is_withheld(void)
{
	assert_put("w._http._tcp.local.");
	assert_put("_http._tcp.local. PTR(shared)");
	assert_int_equal(rig.counts[RR_PTR], 2);
	assert_false(was_put("p._http._tcp.local."));
	assert_false(was_put("b._http._tcp.local."));
}

static void a_service_comes_and_goes_with_the_address_of_its_host(void **state)
{
	(void)state;
	furnish();
	flush();
	rig.put_count = 0;
	set_files(three_services);
	assert_service_is_said();
	flush();
	assert_false(was_put("w._http._tcp.local."));
	for (int i = 0; i < 3; i++) {
		change_addr(EV_ADDR_GONE, 4, 2, "10.0.0.7/24");
		flush();
		assert_service_is_withheld();
		flush();
		assert_int_equal(rig.put_count, 0);
		rig.put_count = 0;
		set_files(three_services); /* again: it stays so */
		assert_service_is_withheld();
		change_addr(EV_ADDR, 4, 2, "10.0.0.7/24");
		flush();
		assert_service_is_said();
	}
	give_link(4, 2, ""); /* not the host's name any more */
	flush();
	assert_service_is_withheld();
}

static void a_service_of_a_host_that_is_not_ours_or_has_an_address_in_a_file_is_said(void **state)
{
	(void)state;
	set_files(three_services);
	struct event ev = {.type = EV_NS, .nsid = 4, .ns = {.owner = OWNER_HOST}};
	give_link(NSID_OWN, ETH0, "");
	change_addr(EV_ADDR, NSID_OWN, ETH0, "10.0.0.1/24");
	flush();
	assert_service_is_said(); /* web may be another machine */
	assert_int_equal(pipeline_apply(rig.p, &ev), 0);
	give_link(4, 2, "web"); /* no, it is one of ours without an address yet */
	flush();
	assert_service_is_withheld();
	rig.put_count = 0;
	set_files("w._http._tcp.local. SRV 0 0 80 web.local.\nweb.local. A 10.0.0.9\n");
	flush();
	assert_put("w._http._tcp.local. SRV");
}

static void what_a_file_and_the_kernel_say_of_a_local_name_is_one_put(void **state)
{
	(void)state;
	furnish();
	flush();
	rig.put_count = 0;
	set_files("web.local. TXT x\ndb.local. A 10.0.0.8\n");
	assert_true(was_put("db.local. A"));
	assert_false(was_put("web.local. TXT")); /* it would remove the address for a moment */
	flush();
	assert_put("web.local. TXT A");
	rig.put_count = 0;
	set_files("web.local. A 10.0.0.99\n");
	assert_true(was_put("db.local."));
	flush();
	assert_put("web.local. A"); /* only the file's */
	set_files("");
	assert_false(was_put("web.local."));
	flush();
	assert_put("web.local. A");
	change_addr(EV_ADDR_GONE, 4, 2, "10.0.0.7/24");
	flush();
	assert_put("web.local.");
}

static void a_link_that_changes_keeps_what_files_say_on_it(void **state)
{
	(void)state;
	set_files("web.local. TXT x\ndb.local. A 10.0.0.8\n");
	furnish();
	flush();
	assert_int_equal(rig.links, 1);
	assert_put("db.local. A");
	assert_put("web.local. TXT A");
	change_addr(EV_ADDR, NSID_OWN, ETH0, "10.1.0.1/16");
	flush();
	assert_int_equal(rig.links, 2);
	assert_false(was_put("web.local. TXT"));
	assert_false(was_put("db.local. A"));
}

static void an_alias_in_a_file_gives_way_to_a_workload_and_comes_back(void **state)
{
	unsigned rcode;
	(void)state;
	set_files("web CNAME db\nweb.local. CNAME db.local.\n");
	flush();
	assert_answers("web.example", RR_CNAME, 1);
	furnish();
	flush();
	assert_answers("web.example", RR_CNAME, 0);
	assert_answers("web.example", RR_A, 1);
	assert_put("web.local. A");
	assert_int_equal(rig.hidden, 2);
	set_files("web CNAME other\nweb.local. CNAME other.local.\n");
	assert_false(was_put("web.local. CNAME"));
	change_addr(EV_ADDR_GONE, 4, 2, "10.0.0.7/24");
	give_link(4, 2, "");
	flush();
	assert_answers("web.example", RR_CNAME, 1);
	assert_put("web.local. CNAME");
	set_files("");
	flush();
	assert_int_equal(ask("web.example", RR_CNAME, &rcode), 0);
	assert_int_equal(rcode, RCODE_NXDOMAIN);
}

static void give_guest(const char *name, const char *text)
{
	struct event ev = {.type = EV_GUEST_NAME, .nsid = 4, .guest = {.ifindex = 3}};
	give_link(4, 3, "");
	strcpy(ev.guest.name, name);
	assert_int_equal(pipeline_apply(rig.p, &ev), 0);
	ev = (struct event){.type = EV_ADDR, .nsid = 4, .addr = {.ifindex = 3, .prefix_len = 32}};
	ev.addr.is_guest = true;
	assert_int_equal(addr_parse(text, &ev.addr.addr), 0);
	assert_int_equal(pipeline_apply(rig.p, &ev), 0);
}

/* A guest chooses its name itself: it does not add an address to what an administrator wrote, nor hide an alias. */
static void what_a_guest_calls_itself_gives_way_to_a_file(void **state)
{
	static const char *const files[] = {"db A 10.0.0.1\n", "DB CNAME web\n", "db TXT x\n",
		"db.lan A 10.0.0.1\n", "db.wan A 192.0.2.1\n", "db.local. A 10.0.0.1\n"};
	(void)state;
	rig.config.policy.sources[rig.config.policy.source_count++] = NAME_DHCP;
	assert_int_equal(pipeline_set_config(rig.p, &rig.config), 0);
	furnish();
	give_guest("Db", "10.0.0.8");
	flush();
	assert_answers("db.lan.example", RR_A, 1);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		set_files(files[i]);
		flush();
		assert_false(names_has(pipeline_names(rig.p), "db"));
		assert_put(i == 5 ? "Db.local. A" : "Db.local.");
		set_files(i % 2 ? "" : "_x._tcp.db SRV 0 0 1 web\n");
		flush();
		assert_true(names_has(pipeline_names(rig.p), "db"));
		assert_answers("db.lan.example", RR_A, 1);
		assert_answers("db.example", RR_CNAME, 0);
	}
	set_files("db A 10.0.0.1\n");
	give_link(4, 2, "web db"); /* a workload shares it with the file, as before */
	flush();
	assert_answers("db.lan.example", RR_A, 1);
	assert_answers("db.example", RR_A, 2);
}

/* What an administrator wrote is not changed by what other hosts say. */
static void what_another_host_says_gives_way_to_a_file_and_is_in_our_reverse_zone(void **state)
{
	static const char *const files[] = {"db A 10.0.0.1\n", "DB CNAME web\n", "db TXT x\n",
		"db.lan A 10.0.0.1\n", "db.wan A 192.0.2.1\n", "db.local. A 10.0.0.1\n"};
	struct addr addr;
	(void)state;
	assert_int_equal(addr_parse("10.0.0.9", &addr), 0);
	const struct names_said said = {.addrs = &addr, .count = 1, .ttl_s = 30, .is_there = true};
	assert_int_equal(pipeline_put_collected(rig.p, "db", &said), 0);
	assert_true(pipeline_is_dirty(rig.p));
	flush(); /* no zone takes its reverse name */
	assert_answers("db.lan.example", RR_A, 1);
	furnish();
	flush();
	assert_answers("9.0.0.10.in-addr.arpa", RR_PTR, 1);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		set_files(files[i]);
		flush();
		assert_int_equal(
			names_judge_collected(pipeline_names(rig.p), "db"), COLLECTED_FILE);
		assert_true(pipeline_is_taken(rig.p, "DB"));
		assert_answers("9.0.0.10.in-addr.arpa", RR_PTR, 0);
		set_files("_x._tcp.db SRV 0 0 1 web\n");
		flush();
		assert_answers("db.lan.example", RR_A, 1);
		assert_answers("db.example", RR_CNAME, 0);
		assert_false(pipeline_is_taken(rig.p, "db"));
	}
	assert_int_equal(pipeline_set_self(rig.p, "Hub"), 0);
	assert_true(pipeline_is_taken(rig.p, "hub"));
	const struct names_said gone = {.is_there = false};
	assert_int_equal(pipeline_put_collected(rig.p, "db", &gone), 0);
	flush();
	assert_false(names_has(pipeline_names(rig.p), "db"));
	assert_answers("9.0.0.10.in-addr.arpa", RR_PTR, 0);
}

static void clients_of_an_on_link_prefix_are_lan_clients_from_the_flush_on(void **state)
{
	struct prefix prefix;
	struct addr client;
	(void)state;
	assert_int_equal(addr_parse("198.51.100.9", &client), 0);
	assert_int_equal(prefix_parse("198.51.100.0/24", &prefix), 0);
	assert_int_equal(pipeline_view_of(rig.p, &client), VIEW_WAN);
	flush();
	assert_int_equal(pipeline_view_of(rig.p, &client), VIEW_WAN);
	give_link(NSID_OWN, ETH0, "");
	change_addr(EV_ADDR, NSID_OWN, ETH0, "198.51.100.1/24");
	assert_int_equal(pipeline_view_of(rig.p, &client), VIEW_WAN);
	flush();
	assert_non_null(rig.retired.views);
	assert_int_equal(pipeline_view_of(rig.p, &client), VIEW_LAN);
	change_addr(EV_ADDR_GONE, NSID_OWN, ETH0, "198.51.100.1/24");
	flush();
	assert_int_equal(pipeline_view_of(rig.p, &client), VIEW_WAN);
	rig.config.lan = &prefix;
	rig.config.lan_count = 1;
	assert_int_equal(pipeline_set_config(rig.p, &rig.config), 0);
	assert_true(pipeline_is_dirty(rig.p));
	flush();
	assert_int_equal(pipeline_view_of(rig.p, &client), VIEW_LAN);
	assert_int_equal(rig.views, 4);
	flush();
	assert_null(rig.retired.views);
}

static uint32_t serial(void)
{
	return zone_serial(pipeline_zone(rig.p), rig.config.policy.domain.wire);
}

static void a_serial_is_the_floor_or_later_than_all_before(void **state)
{
	(void)state;
	flush_at(5000);
	assert_int_equal(serial(), 5000);
	furnish();
	flush_at(4000);
	assert_int_equal(serial(), 5001);
	flush_at(4000);
	assert_null(rig.retired.garbage); /* nothing has changed */
	assert_int_equal(serial(), 5001);
	assert_int_equal(pipeline_next_serial(rig.p, 4000), 5002);
	assert_int_equal(pipeline_next_serial(rig.p, 6000), 6000);
	change_addr(EV_ADDR_GONE, 4, 2, "10.0.0.7/24");
	flush_at(6000);
	assert_int_equal(serial(), 6000);
}

static void records_are_told_from_the_end_of_the_first_flush_on(void **state)
{
	(void)state;
	set_files("db A 10.0.0.8\n");
	furnish();
	flush();
	assert_int_equal(rig.records, 0);
	set_files("db A 10.0.0.9\n");
	assert_int_equal(rig.records, 4); /* one removed, one added; likewise their PTRs */
}

static void another_domain_takes_the_names_along(void **state)
{
	unsigned rcode;
	(void)state;
	furnish();
	flush();
	rig.config.policy.domain = name_of("other.");
	assert_int_equal(pipeline_set_config(rig.p, &rig.config), 0);
	set_files("db A 10.0.0.8\n");
	flush();
	assert_answers("web.other", RR_A, 1);
	assert_answers("db.other", RR_A, 1);
	assert_int_equal(ask("web.example", RR_A, &rcode), 0);
	assert_int_equal(rcode, RCODE_REFUSED);
	assert_mname("ns.other.");
}

static void count_reject(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	(void)link;
	(void)word;
	(void)len;
	assert_int_equal(verdict, LABEL_BAD_BYTE);
	++*(unsigned *)arg;
}

static void a_word_that_is_no_label_is_explained_to_who_asks_for_it(void **state)
{
	static struct explained e;
	unsigned count = 0;
	(void)state;
	give_link(4, 2, "web_1 db_1");
	flush();
	assert_null(explain_start(rig.p, "web_1", &e));
	assert_string_equal(e.rcode, "NXDOMAIN");
	explain_each_reject(rig.p, &e, count_reject, &count);
	assert_int_equal(count, 1);
}

static void count_record(void *arg, const struct zone_change *record)
{
	unsigned *counts = arg;
	counts[record->type % 64]++;
}

static void each_alias_on_the_way_is_explained_once(void **state)
{
	static struct explained e;
	unsigned counts[64] = {0};
	(void)state;
	furnish();
	set_files("a CNAME b\nb CNAME web\nelse CNAME www.example.org.\n");
	flush();
	assert_null(explain_start(rig.p, "a 10.0.0.9", &e));
	explain_each_answer(rig.p, &e, count_record, counts);
	assert_int_equal(counts[RR_CNAME], 2);
	assert_int_equal(counts[RR_A], 1);
	assert_null(explain_start(rig.p, "else 10.0.0.9", &e));
	explain_each_answer(rig.p, &e, count_record, counts);
	assert_int_equal(counts[RR_CNAME], 3);
}

static void a_set_that_other_servers_refuse_is_told_and_served(void **state)
{
	struct buf text = {0};
	(void)state;
	rig.crowded_type = RR_TXT;
	for (unsigned i = 0; i <= LIMIT_TRANSFER_SET; i++) {
		buf_printf(&text, "crowd TXT %u\n", i);
		if (i + 1 < LIMIT_TRANSFER_SET)
			continue;
		set_files(buf_text(&text));
		flush();
		assert_int_equal(rig.crowded, i + 1 > LIMIT_TRANSFER_SET ? i + 1 : 0);
		assert_answers("crowd.example.", RR_TXT, i + 1);
	}
	buf_fini(&text);
}

/* Whoever comes last. */
static void a_set_of_a_file_and_of_workloads_that_others_refuse_is_told(void **state)
{
	(void)state;
	rig.crowded_type = RR_A;
	furnish();
	set_files("$GENERATE 1-99 web A 10.0.1.$\n$GENERATE 1-100 db A 10.0.1.$\n");
	flush();
	assert_int_equal(rig.crowded, 0);
	change_addr(EV_ADDR, 4, 2, "10.0.0.8/24");
	flush();
	assert_int_equal(rig.crowded, 101);
	assert_answers("web.example.", RR_A, 101);
	rig.crowded = 0;
	set_files("");
	flush();
	set_files("$GENERATE 1-100 web A 10.0.1.$\n");
	assert_int_equal(rig.crowded, 102);
}

static void what_a_file_leaves_no_room_for_is_told(void **state)
{
	static const char *const types[] = {"TXT", "SPF", "WALLET"};
	struct buf text = {0};
	(void)state;
	for (unsigned i = 0; i < 244; i++)
		buf_printf(&text, "web %s %03u%0250u\n", types[i % ARRAY_LEN(types)], i, 0);
	set_files(buf_text(&text));
	buf_fini(&text);
	furnish();
	flush();
	assert_int_equal(rig.no_room, 0);
	for (unsigned i = 1; i <= 100; i++) {
		char addr[64];
		snprintf(addr, sizeof(addr), "2001:db8::%x/64", i);
		change_addr(EV_ADDR, 4, 2, addr);
		snprintf(addr, sizeof(addr), "fd00::%x/64", i);
		change_addr(EV_ADDR, 4, 2, addr);
		snprintf(addr, sizeof(addr), "10.0.1.%u/24", i);
		change_addr(EV_ADDR, 4, 2, addr);
		snprintf(addr, sizeof(addr), "198.51.100.%u/24", i);
		change_addr(EV_ADDR, 4, 2, addr);
	}
	flush();
	assert_true(rig.no_room > 0);
}

/* The reason for one address of the answer to explain, NULL: it is told. */
struct asked_addr {
	struct explained *e;
	const char *addr, *withheld;
	bool is_found;
};

static void note_withheld(void *arg, const struct names_addr *na)
{
	struct asked_addr *asked = arg;
	char text[ADDR_TEXT_CAP];
	struct mdns *mdns = mdns_new(1);
	assert_non_null(mdns);
	if (strcmp(addr_format(&na->addr->info.addr, text), asked->addr) == 0) {
		asked->withheld = explain_withheld(rig.p, mdns, asked->e, na);
		asked->is_found = true;
	}
	mdns_free(mdns);
}

static void assert_withheld(const char *words, const char *addr, const char *reason)
{
	static struct explained e;
	struct asked_addr asked = {.e = &e, .addr = addr};
	assert_null(explain_start(rig.p, words, &e));
	explain_each_addr(rig.p, &e, note_withheld, &asked);
	assert_true(asked.is_found);
	if (reason)
		assert_string_equal(asked.withheld, reason);
	else
		assert_null(asked.withheld);
}

static void each_client_has_its_own_reason_for_an_address(void **state)
{
	(void)state;
	furnish();
	change_addr(EV_ADDR, 4, 2, "198.51.100.7/32");
	change_addr(EV_ADDR, 4, 2, "fe80::7/64");
	change_addr(EV_ADDR, 4, 2, "2001:db8::7/128");
	flush();
	assert_withheld("web 10.0.0.9", "10.0.0.7", NULL);
	assert_withheld(
		"web 10.0.0.9", "198.51.100.7", "a wan address; a lan client is told the lan ones");
	assert_withheld("web 10.0.0.9", "2001:db8::7", NULL);
	assert_withheld("web 192.0.2.1", "198.51.100.7", NULL);
	assert_withheld("web 192.0.2.1", "10.0.0.7", "a lan address, and the client is wan");
	assert_withheld(
		"web 192.0.2.1", "fe80::7", "a link-local address; only multicast DNS tells it");
	assert_withheld("web.wan.example", "10.0.0.7", "a lan address; names below wan have none");
	assert_withheld(
		"web.lan.example", "198.51.100.7", "a wan address; names below lan have none");
	assert_withheld("web.local", "10.0.0.7", "on no link where the name is ours");
	set_files("web.local. A 10.0.0.99\n");
	flush();
	assert_withheld("web.local", "10.0.0.7", "a zone file has records in its place");
	assert_withheld("web.local", "2001:db8::7", "on no link where the name is ours");
}

static void of_several_lan_addresses_the_near_one_is_told(void **state)
{
	(void)state;
	furnish();
	give_link(5, 3, "web");
	change_addr(EV_ADDR, 5, 3, "10.1.0.7/24");
	struct event ns = {.type = EV_NS, .nsid = 5, .ns = {.owner = OWNER_HOST}};
	assert_int_equal(pipeline_apply(rig.p, &ns), 0);
	flush();
	assert_withheld("web 10.1.0.9", "10.1.0.7", NULL);
	assert_withheld("web 10.1.0.9", "10.0.0.7", "another address is on the client's own link");
	assert_withheld("web 10.2.0.9", "10.0.0.7", NULL);
}

static size_t nearest(const char *words, char ret[EXPLAIN_NEAREST_MAX][NAME_TEXT_CAP])
{
	static struct explained e;
	assert_null(explain_start(rig.p, words, &e));
	return explain_nearest(rig.p, &e, ret);
}

static void names_that_are_spelled_nearly_so_are_found(void **state)
{
	char found[EXPLAIN_NEAREST_MAX][NAME_TEXT_CAP];
	(void)state;
	furnish();
	set_files("weeb A 192.0.2.1\nwebb A 192.0.2.2\nwebbs A 192.0.2.3\nmail A 192.0.2.4\n"
		  "$ORIGIN local.\nprinter A 10.0.0.8\n");
	flush();
	assert_int_equal(nearest("wbe", found), 1);
	assert_string_equal(found[0], "web");
	assert_int_equal(nearest("webz", found), EXPLAIN_NEAREST_MAX);
	assert_string_equal(found[0], "web");
	assert_string_equal(found[1], "webb");
	assert_int_equal(nearest("web.lna.example", found), 1);
	assert_string_equal(found[0], "web.lan.example");
	assert_int_equal(nearest("mail.lan", found), 0);
	assert_int_equal(nearest("web.lan", found), 1);
	assert_string_equal(found[0], "web.lan.example");
	assert_int_equal(nearest("prinetr.local", found), 1);
	assert_string_equal(found[0], "printer.local");
	assert_int_equal(nearest("x", found), 0);
	assert_int_equal(nearest(".", found), 0);
}

static void count_zone(void *arg, const uint8_t *apex)
{
	unsigned *counts = arg;
	struct name domain = name_of("example."), reverse = name_of("10.in-addr.arpa.");
	counts[0] += name_equal(apex, domain.wire);
	counts[1] += name_equal(apex, reverse.wire);
	counts[2]++;
}

static void all_zones_of_ours_are_found(void **state)
{
	unsigned counts[3] = {0};
	(void)state;
	furnish();
	flush();
	explain_each_zone(rig.p, count_zone, counts);
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[1], 1);
	assert_int_equal(counts[2], 2);
}

static unsigned rcode_of(const char *name, uint16_t type)
{
	unsigned rcode;
	(void)ask(name, type, &rcode);
	return rcode;
}

/* Whether its top is that of a zone of ours or not: NS there would be a delegation. */
static void the_file_of_a_reverse_zone_is_read_and_makes_no_zone(void **state)
{
	(void)state;
	furnish();
	set_files("$ORIGIN 2.1.10.in-addr.arpa.\n@ SOA ns.example.org. h 1 2 3 4 5\n NS "
		  "ns.example.org.\n"
		  "3 PTR a.example.\n TXT x\n$ORIGIN 10.in-addr.arpa.\n"
		  "@ SOA ns.example.org. h 1 2 3 4 5\n NS ns.example.org.\n TXT y\n4.2.1 PTR "
		  "b.example.\n");
	flush();
	assert_answers("3.2.1.10.in-addr.arpa.", RR_PTR, 1);
	assert_answers("4.2.1.10.in-addr.arpa.", RR_PTR, 1);
	assert_answers("10.in-addr.arpa.", RR_SOA, 1);
	assert_answers("10.in-addr.arpa.", RR_NS, 1);
	assert_answers("10.in-addr.arpa.", RR_TXT, 1);
	assert_answers("2.1.10.in-addr.arpa.", RR_SOA, 0);
	assert_answers("2.1.10.in-addr.arpa.", RR_NS, 0);
	assert_int_equal(rcode_of("9.2.1.10.in-addr.arpa.", RR_PTR), RCODE_NXDOMAIN);
}

static void an_address_in_a_zone_file_has_a_reverse_name_in_our_reverse_zones(void **state)
{
	(void)state;
	furnish();
	set_files("printer A 10.1.2.3\n AAAA 2001:db8::9\nalso A 10.1.2.3\n*.apps A 10.1.2.4\n"
		  "own A 10.1.2.5\n5.2.1.10.in-addr.arpa. PTR other.test.\n"
		  "9.9.in-addr.arpa. TXT \"no zone of ours\"\nweb A 10.0.0.7\n"
		  "6.2.1.10.in-addr.arpa. CNAME 6.0-7.2.1.10.in-addr.arpa.\nc A 10.1.2.6\n");
	flush();
	assert_answers("3.2.1.10.in-addr.arpa.", RR_PTR, 2);
	assert_answers("7.0.0.10.in-addr.arpa.", RR_PTR, 2); /* web.lan of the kernel, and web */
	assert_answers("5.2.1.10.in-addr.arpa.", RR_PTR, 1);
	assert_answers("6.2.1.10.in-addr.arpa.", RR_PTR, 1);
	assert_int_equal(rcode_of("4.2.1.10.in-addr.arpa.", RR_PTR), RCODE_NXDOMAIN);
	assert_int_equal(rcode_of("9.9.in-addr.arpa.", RR_TXT), RCODE_REFUSED);
	/* A reverse zone that appears later, and one that goes and comes back. */
	struct name reverse;
	char text[NAME_TEXT_CAP];
	struct addr addr;
	assert_int_equal(addr_parse("2001:db8::9", &addr), 0);
	name_reverse(&addr, 128, &reverse);
	name_to_text(reverse.wire, text);
	assert_int_equal(rcode_of(text, RR_PTR), RCODE_REFUSED);
	for (unsigned turn = 0; turn < 2; turn++) {
		change_addr(EV_ADDR, 4, 2, "2001:db8::7/64");
		flush();
		assert_answers(text, RR_PTR, 1);
		change_addr(EV_ADDR_GONE, 4, 2, "2001:db8::7/64");
		flush();
		assert_int_equal(rcode_of(text, RR_PTR), RCODE_REFUSED);
	}
	/* However many names have an address, the set of its PTRs fits in a message. */
	set_files("own A 10.1.2.5\n$GENERATE 1-9000 h$ A 10.1.2.7\n");
	flush();
	assert_answers("7.2.1.10.in-addr.arpa.", RR_PTR, LIMIT_PTR_TARGETS);
	assert_answers("5.2.1.10.in-addr.arpa.", RR_PTR, 1);
	assert_int_equal(rcode_of("3.2.1.10.in-addr.arpa.", RR_PTR), RCODE_NXDOMAIN);
}

static void count_pointer(void *arg, const struct zone_change *record)
{
	*(unsigned *)arg += record->type == RR_PTR && name_labels(record->owner) == 34;
}

static unsigned pointers(void)
{
	unsigned count = 0;
	assert_int_equal(
		zone_each_record(pipeline_zone(rig.p), name_root, count_pointer, &count), 0);
	return count;
}

/* Flushes until nothing is left. Returns how many flushes that took. */
static unsigned flush_all(void)
{
	unsigned count = 0;
	do
		flush();
	while (++count < 1000 && pipeline_has_more(rig.p));
	return count;
}

/* No flush takes long, however many records of files are in a reverse zone that comes or goes. */
static void a_large_reverse_zone_comes_and_goes_in_pieces(void **state)
{
	enum { HOSTS = 3000 };
	(void)state;
	furnish();
	set_files("$GENERATE 1-3000 h$ AAAA 2001:db8::$\n");
	flush();
	assert_false(pipeline_has_more(rig.p));
	change_addr(EV_ADDR, 4, 2, "2001:db8::ffff/64");
	flush();
	assert_in_range(pointers(), 2, HOSTS / 2);
	assert_true(pipeline_has_more(rig.p) && !pipeline_is_dirty(rig.p));
	assert_in_range(flush_all(), 2, HOSTS);
	assert_int_equal(pointers(), HOSTS + 1);
	/* It goes, and is served meanwhile. */
	change_addr(EV_ADDR_GONE, 4, 2, "2001:db8::ffff/64");
	flush();
	assert_in_range(pointers(), HOSTS / 2, HOSTS);
	/* It comes back before it has gone. */
	change_addr(EV_ADDR, 4, 2, "2001:db8::ffff/64");
	flush_all();
	assert_int_equal(pointers(), HOSTS + 1);
	/* Records change while it goes and another one comes. */
	change_addr(EV_ADDR_GONE, 4, 2, "2001:db8::ffff/64");
	change_addr(EV_ADDR, 4, 2, "2001:db8:1::ffff/64");
	flush();
	set_files("$GENERATE 1-2000 h$ AAAA 2001:db8::$\n$GENERATE 1-1000 g$ AAAA 2001:db8:1::$\n");
	flush_all();
	assert_int_equal(pointers(), 1001);
	assert_int_equal(zone_stats(pipeline_zone(rig.p)).zones, 3);
}

/* A PTR of a zone file at address `host` of network `net`, or none. */
static void put_pointer(unsigned net, unsigned host, bool is_there)
{
	const struct addr addr = {.family = ADDR_V6,
		.bytes = {0x20, 0x01, 0x0d, 0xb8, 0,
			(uint8_t)net, [14] = (uint8_t)(host >> 8), [15] = (uint8_t)host}};
	const struct name to = name_of("h.example.");
	const struct rdata rdata = {to.wire, to.len};
	const struct rrset set = {
		.type = RR_PTR, .view = VIEW_ANY, .ttl = 60, .count = 1, .rdata = &rdata};
	struct name owner;
	name_reverse(&addr, 128, &owner);
	assert_int_equal(pipeline_put_static(rig.p, owner.wire, &set, is_there), 0);
}

/* Networks come and go, and records in files too, whatever is under way. */
enum { NETS = 4, NET_HOSTS = 900, NET_STEPS = 1000 };
static struct {
	bool has_host[NETS][NET_HOSTS], has_net[NETS];
} nets;

static void change_nets(void)
{
	const unsigned net = (unsigned)rand() % NETS, host = (unsigned)rand() % NET_HOSTS;
	char addr[64];
	snprintf(addr, sizeof(addr), "2001:db8:%x::ffff/64", net);
	switch (rand() % 4) {
	case 0:
		nets.has_net[net] = !nets.has_net[net];
		change_addr(nets.has_net[net] ? EV_ADDR : EV_ADDR_GONE, 4, 2, addr);
		break;
	case 1: flush(); break;
	default:
		nets.has_host[net][host] = !nets.has_host[net][host];
		put_pointer(net, host, nets.has_host[net][host]);
	}
}

static unsigned expected_pointers(void)
{
	unsigned expected = 0;
	for (unsigned net = 0; net < NETS; net++)
		expected += nets.has_net[net];
	for (unsigned i = 0; i < NETS * NET_HOSTS; i++)
		expected += nets.has_net[i % NETS] && nets.has_host[i % NETS][i / NETS];
	return expected;
}

static void reverse_zones_end_in_the_right_state_after_any_history(void **state)
{
	(void)state;
	srand(1);
	furnish();
	flush();
	memset(&nets, 0, sizeof(nets));
	for (unsigned i = 0; i < NETS * NET_HOSTS; i++)
		put_pointer(i % NETS, i / NETS, nets.has_host[i % NETS][i / NETS] = i % 3 > 0);
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < NET_STEPS; i++)
			change_nets();
		flush_all();
		assert_int_equal(pointers(), expected_pointers());
	}
}

static void count_holder(void *arg, const struct model_addr *addr)
{
	assert_int_equal(addr->link->ns->nsid, 4);
	++*(unsigned *)arg;
}

static void an_address_is_looked_back(void **state)
{
	static struct explained e;
	unsigned count = 0;
	char text[NAME_TEXT_CAP];
	(void)state;
	furnish();
	change_addr(EV_ADDR, 4, 2, "2001:db8::7/64");
	flush();
	assert_null(explain_start(rig.p, "10.0.0.7", &e));
	assert_string_equal(name_to_text(e.name.wire, text), "7.0.0.10.in-addr.arpa.");
	assert_string_equal(e.rcode, "NOERROR");
	assert_int_equal(explain_each_holder(rig.p, &e, count_holder, &count), 0);
	assert_int_equal(count, 1);
	assert_null(explain_start(rig.p, "2001:db8::7", &e));
	assert_string_equal(e.rcode, "NOERROR");
	assert_null(explain_start(rig.p, "10.0.0.8", &e));
	assert_string_equal(e.rcode, "NXDOMAIN");
	assert_null(explain_start(rig.p, "web", &e));
	assert_int_equal(explain_each_holder(rig.p, &e, count_holder, &count), 0);
	assert_int_equal(count, 1);
}

static const struct model_link *link_of(
	const char *owner, uint16_t type, const void *rdata, size_t len, struct addr *ret_addr)
{
	const struct name name = name_of(owner);
	return explain_find_link(rig.p,
		&(struct zone_change){
			.owner = name.wire, .type = type, .rdata = {rdata, (uint16_t)len}},
		ret_addr);
}

static void a_record_leads_to_the_link_of_its_workload(void **state)
{
	static const uint8_t seven[] = {10, 0, 0, 7}, eight[] = {10, 0, 0, 8};
	const struct name target = name_of("web.lan.example.");
	struct addr addr;
	(void)state;
	furnish();
	flush();
	const struct model_link *link = link_of("web.example.", RR_A, seven, 4, &addr);
	assert_non_null(link);
	assert_int_equal(link->ns->nsid, 4);
	assert_ptr_equal(link_of("web.lan.example.", RR_A, seven, 4, &addr), link);
	assert_ptr_equal(
		link_of("7.0.0.10.in-addr.arpa.", RR_PTR, target.wire, target.len, &addr), link);
	assert_null(link_of("web.example.", RR_A, eight, 4, &addr));
	assert_int_equal(addr.family, ADDR_V4);
	assert_null(link_of("other.example.", RR_A, seven, 4, &addr));
	assert_null(link_of("web.example.", RR_NS, target.wire, target.len, &addr));
	assert_int_equal(addr.family, ADDR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		CASE(the_soa_follows_the_hosts_name_in_the_domain_or_not),
		CASE(the_hosts_own_name_leads_to_its_own_links),
		CASE(a_name_server_without_a_host_name_is_in_unicast_dns_alone),
		CASE(a_reverse_name_needs_no_probe_and_service_pointers_are_shared),
		CASE(instances_of_a_service_may_be_in_many_files),
		CASE(a_public_name_has_an_instance_and_is_listed),
		CASE(a_list_has_what_files_say_too),
		CASE(nothing_is_public_without_a_key),
		CASE(what_has_a_host_name_in_it_lives_for_two_minutes_in_mdns),
		CASE(a_service_comes_and_goes_with_the_address_of_its_host),
		CASE(a_service_of_a_host_that_is_not_ours_or_has_an_address_in_a_file_is_said),
		CASE(what_a_file_and_the_kernel_say_of_a_local_name_is_one_put),
		CASE(a_link_that_changes_keeps_what_files_say_on_it),
		CASE(an_alias_in_a_file_gives_way_to_a_workload_and_comes_back),
		CASE(what_a_guest_calls_itself_gives_way_to_a_file),
		CASE(what_another_host_says_gives_way_to_a_file_and_is_in_our_reverse_zone),
		CASE(clients_of_an_on_link_prefix_are_lan_clients_from_the_flush_on),
		CASE(a_serial_is_the_floor_or_later_than_all_before),
		CASE(records_are_told_from_the_end_of_the_first_flush_on),
		CASE(another_domain_takes_the_names_along),
		CASE(each_client_has_its_own_reason_for_an_address),
		CASE(of_several_lan_addresses_the_near_one_is_told),
		CASE(names_that_are_spelled_nearly_so_are_found),
		CASE(all_zones_of_ours_are_found),
		CASE(an_address_in_a_zone_file_has_a_reverse_name_in_our_reverse_zones),
		CASE(a_large_reverse_zone_comes_and_goes_in_pieces),
		CASE(reverse_zones_end_in_the_right_state_after_any_history),
		CASE(an_address_is_looked_back),
		CASE(a_record_leads_to_the_link_of_its_workload),
		CASE(a_word_that_is_no_label_is_explained_to_who_asks_for_it),
		CASE(each_alias_on_the_way_is_explained_once),
		CASE(a_set_that_other_servers_refuse_is_told_and_served),
		CASE(a_set_of_a_file_and_of_workloads_that_others_refuse_is_told),
		CASE(what_a_file_leaves_no_room_for_is_told),
		CASE(the_file_of_a_reverse_zone_is_read_and_makes_no_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
