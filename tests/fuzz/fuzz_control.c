/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the control socket, both ends. The daemon: any request, about workloads with any names,
 * is answered by lines of JSON. The client: any lines, also those of a daemon of another kind, are printed
 * without a byte that could command a terminal.
 * Never opens a socket. Run by a fuzzer, and its replay.
 *
 * The input: a byte with the kind; of a request ('x' explain, 'n' names, 'g' graph, 'f' forget, 'd' delegation), an alias, a host name
 * and the words, each ended by a newline; of an answer ('N' 'S' 'X' 'G' 'K' 'W'), a byte for the width and the lines.
 */
#include <net/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "ontap-zone/print.h"
#include "ontap-zone/report_part.h"
#include "pipeline/pipeline.h"
#include "require.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000 /* linux/if.h, which net/if.h excludes */
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { ETH0 = 2, WORKLOAD = 4, LINES_MAX = 64 };

static void add_link(struct pipeline *p, nsid_t nsid, const char *alias, const char *addr)
{
	struct event ev = {.type = EV_LINK, .nsid = nsid};
	ev.link.ifindex = ETH0;
	ev.link.flags = IFF_UP | IFF_LOWER_UP | IFF_MULTICAST;
	ev.link.operstate = 6; /* IF_OPER_UP */
	ev.link.type = ARPHRD_ETHER;
	ev.link.mtu = 1500;
	ev.link.parent_nsid = nsid;
	strcpy(ev.link.name, "eth0");
	strncpy(ev.link.alias, alias, sizeof(ev.link.alias) - 1);
	require(pipeline_apply(p, &ev) == 0);
	ev = (struct event){.type = EV_ADDR, .nsid = nsid};
	ev.addr.ifindex = ETH0;
	require(addr_parse(addr, &ev.addr.addr) == 0);
	ev.addr.prefix_len = 24;
	ev.addr.rt_scope = RT_SCOPE_UNIVERSE;
	require(pipeline_apply(p, &ev) == 0);
}

static struct pipeline *furnish(const char *alias, const char *hostname)
{
	const struct pipeline_config config = {.has_self = true,
		.policy = {.domain = name_of("x."),
			.ttl_s = 60,
			.sources = {NAME_ALIAS, NAME_HOSTNAME},
			.source_count = 2}};
	struct pipeline *p = pipeline_new(7, &config, (struct pipeline_sink){0});
	struct pipeline_retired retired;
	struct event ns = {.type = EV_NS, .nsid = WORKLOAD, .ns = {.owner = OWNER_HOST}};
	struct event told = {.type = EV_HOSTNAME, .nsid = WORKLOAD, .hostname = {.uts = 1}};
	require(p && pipeline_set_self(p, "host") == 0 && pipeline_apply(p, &ns) == 0);
	add_link(p, NSID_OWN, "", "10.0.0.1");
	add_link(p, WORKLOAD, alias, "10.0.0.7");
	strncpy(told.hostname.name, hostname, sizeof(told.hostname.name) - 1);
	(void)!pipeline_apply(p, &told);
	pipeline_flush(p, 1, &retired);
	zone_garbage_free(retired.garbage);
	view_table_free(retired.views);
	return p;
}

/* What a terminal shows: no control but the newline, and no C1 control (U+0080 to U+009F, which UTF-8 begins with
 * C2). */
static void check_output(const struct buf *out)
{
	for (size_t i = 0; i < out->len; i++) {
		const uint8_t c = (uint8_t)out->bytes[i];
		require((c >= 0x20 || c == '\n') && c != 0x7f);
		require(c != 0xc2 || i + 1 == out->len || (uint8_t)out->bytes[i + 1] >= 0xa0);
	}
}

static void print(uint8_t kind, uint8_t width, const char *text)
{
	const struct look look = {.width = width,
		.has_all = width & 1,
		.is_brief = width & 2,
		.format = CONF_GRAPH_DEFAULT};
	struct buf out = {0};
	json_t *lines = json_array();
	for (unsigned i = 0; *text && i < LINES_MAX; i++) {
		size_t len = strcspn(text, "\n");
		json_t *line = json_loadb(text, len, 0, NULL);
		if (line)
			json_array_append_new(lines, line);
		text += len + (text[len] == '\n');
	}
	switch (kind) {
	case 'N': print_names(&look, lines, &out); break;
	case 'S': print_status(&look, lines, &out); break;
	case 'X': print_explain(&look, lines, &out); break;
	case 'G': print_graph(&look, lines, &out); break;
	case 'K': print_keys(&look, lines, &out); break;
	default: print_watch(&look, lines, &out); break;
	}
	check_output(&out);
	json_decref(lines);
	buf_fini(&out);
}

/* Each line of the answer is an object, and can be printed. */
static void check_answer(uint8_t kind, struct buf *out)
{
	require(!out->err);
	for (const char *at = buf_text(out); *at;) {
		size_t len = strcspn(at, "\n");
		json_t *line = json_loadb(at, len, 0, NULL);
		require(json_is_object(line) && at[len] == '\n');
		json_decref(line);
		at += len + 1;
	}
	print(kind == 'n' ? 'N' : kind == 'g' ? 'G' : 'X', 80, buf_text(out));
	buf_fini(out);
}

/* What an update has added: the words as TXT, at the name of the workload. */
static struct added *add_update(const struct pipeline *p, const char *words)
{
	const size_t len = strlen(words) < 255 ? strlen(words) : 255;
	uint8_t bytes[256] = {(uint8_t)len};
	struct added *a = added_new(1);
	struct added_draft d;
	struct name owner;
	require(a && name_prepend("web", 3, pipeline_domain(p), &owner) == 0);
	memcpy(bytes + 1, words, len);
	added_draft_init(&d, a);
	struct added_owner *o = added_draft_owner(&d, owner.wire);
	require(o != NULL);
	require(added_owner_add(o, RR_TXT, 60, (struct rdata){bytes, (uint16_t)(1 + len)},
			(struct added_by){.key = owner.wire, .when_s = 1}) == 0);
	require(added_take(&d) == 0);
	added_draft_fini(&d);
	return a;
}

/* `forget`: a name and a type, or an error. */
static void forget(const struct report *r, const char *words, struct buf *out)
{
	struct name name;
	uint16_t type;
	if (report_read_forget(pipeline_domain(r->pipeline), words, &name, &type, out))
		report_forgotten(type == 0, out);
}

static void answer(uint8_t kind, char *text)
{
	const char *alias = strsep(&text, "\n"), *hostname = text ? strsep(&text, "\n") : "";
	const char *words = text ? text : "";
	struct pipeline *p = furnish(alias, hostname);
	struct mdns *m = mdns_new(1);
	struct buf out = {0};
	require(m != NULL);
	struct added *added = add_update(p, words);
	const struct report report = {.pipeline = p, .mdns = m, .added = added};
	switch (kind) {
	case 'n': report_names(&report, &out); break;
	case 'g': report_graph(&report, &out); break;
	case 'f': forget(&report, words, &out); break;
	case 'd': report_delegation(&report, &out); break;
	default: report_explain(&report, words, &out); break;
	}
	check_answer(kind, &out);
	mdns_free(m);
	added_free(added);
	pipeline_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len < 2)
		return 0;
	char *text = malloc(len);
	require(text != NULL);
	memcpy(text, bytes + 1, len - 1);
	text[len - 1] = '\0';
	if (strchr("xngfd", bytes[0]))
		answer(bytes[0], text);
	else
		print(bytes[0], bytes[1], text + 1);
	free(text);
	return 0;
}
