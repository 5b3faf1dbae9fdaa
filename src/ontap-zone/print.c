/* SPDX-License-Identifier: ISC */
/*
 * Owns the text that the asking commands print: tables, sentences, dot.
 * Never trusts strings from the daemon to be harmless on a terminal.
 */
#include <stdio.h>
#include <string.h>

#include "ontap-zone/ask.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* Prints the text padded to `width`. Control characters, which a terminal could interpret, are made
 * visible. */
static void print_safe(const char *text, int width)
{
	int used = 0;
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		used += *p < ' ' || *p == 0x7f ? printf("\\x%02x", *p) : (putchar(*p), 1);
	for (; used < width; used++)
		putchar(' ');
}

static void print_colour(const struct ask *ask, const char *sequence)
{
	if (ask->has_colour)
		fputs(sequence, stdout);
}

/* The namespace of an address: its name, "host" for our own, or its nsid. */
static void print_netns(const json_t *object, int width)
{
	char id[32];
	const char *name = text_of(object, "netns");
	long long nsid = number_of(object, "nsid");
	snprintf(id, sizeof(id), "nsid %lld", nsid);
	print_safe(*name ? name : nsid == -1 ? "host" : id, width);
}

static void print_names_row(const struct ask *ask, const char *name, const json_t *addr)
{
	bool is_served = json_is_true(json_object_get(addr, "served"));
	print_colour(ask, is_served ? "\033[1m" : "\033[2m");
	print_safe(name, 20);
	print_colour(ask, is_served ? "\033[0m" : "");
	putchar(' ');
	print_safe(text_of(addr, "scope"), 6);
	print_safe(text_of(addr, "address"), 40);
	print_netns(addr, 16);
	putchar(' ');
	print_safe(text_of(addr, "link"), 16);
	print_safe(is_served ? "" : text_of(addr, "reason"), 0);
	print_colour(ask, is_served ? "" : "\033[0m");
	putchar('\n');
}

static void print_names(struct ask *ask, const json_t *line)
{
	const json_t *addrs = json_object_get(line, "addresses"), *addr;
	const char *rejected = text_of(line, "rejected");
	size_t i;
	if (*rejected) {
		print_safe(rejected, 20);
		fputs(" not served: ", stdout);
		print_safe(text_of(line, "reason"), 0);
		fputs(", ", stdout);
		print_netns(line, 0);
		putchar(' ');
		print_safe(text_of(line, "link"), 0);
		putchar('\n');
		return;
	}
	json_array_foreach((json_t *)addrs, i, addr)
		print_names_row(ask, i == 0 ? text_of(line, "name") : "", addr);
	if (json_array_size(addrs) == 0) {
		print_safe(text_of(line, "name"), 20);
		puts(" (no address)");
	}
}

/* Prints another mDNS responder of this host. */
static void print_neighbour(const json_t *item)
{
	const char *program = text_of(item, "program");
	print_safe(text_of(item, "link"), 16);
	putchar(' ');
	print_safe(*program ? program : "another responder", 0);
	if (json_object_get(item, "pid"))
		printf(" (pid %lld)", number_of(item, "pid"));
	printf(" answers for this host, %llds", number_of(item, "seconds"));
	if (json_object_get(item, "peer")) {
		fputs(" from ", stdout);
		print_safe(text_of(item, "peer"), 0);
	}
	putchar('\n');
}

/* Prints one level of keys and values; objects and lists within it are indented. */
static void print_value(const char *key, const json_t *value, int depth)
{
	const char *inner;
	json_t *item;
	size_t i;
	printf("%*s", 2 * depth, "");
	print_safe(key, 22 - 2 * depth);
	if (json_is_string(value)) {
		putchar(' ');
		print_safe(json_string_value(value), 0);
	} else if (json_is_integer(value)) {
		printf(" %lld", (long long)json_integer_value(value));
	} else if (json_is_boolean(value)) {
		fputs(json_is_true(value) ? " yes" : " no", stdout);
	} else if (json_is_array(value)) {
		printf(" %zu", json_array_size(value));
	}
	putchar('\n');
	if (depth > 4)
		return;
	json_object_foreach((json_t *)value, inner, item) print_value(inner, item, depth + 1);
	json_array_foreach(value, i, item)
	{
		if (json_object_get(item, "program")) {
			printf("%*s", 2 * depth + 2, "");
			print_neighbour(item);
		} else if (json_is_object(item)) {
			const char *state = text_of(item, "state");
			printf("%*s", 2 * depth + 2, "");
			print_safe(text_of(item, "name"), 30);
			putchar(' ');
			print_safe(text_of(item, "link"), 16);
			putchar(' ');
			print_safe(state, 12);
			printf(" %llds", number_of(item, "seconds"));
			if (json_object_get(item, "renamed")) {
				fputs(" as ", stdout);
				print_safe(text_of(item, "renamed"), 0);
			}
			if (json_object_get(item, "against")) {
				fputs(" against ", stdout);
				print_safe(text_of(item, "against"), 0);
			}
			putchar('\n');
		} else {
			printf("%*s", 2 * depth + 2, "");
			print_safe(json_is_string(item) ? json_string_value(item) : "", 0);
			putchar('\n');
		}
	}
}

static void print_status(struct ask *ask, const json_t *line)
{
	const char *key;
	json_t *value;
	(void)ask;
	json_object_foreach((json_t *)line, key, value) print_value(key, value, 0);
}

static void print_rule(const json_t *line)
{
	const json_t *rule = json_object_get(line, "rule");
	fputs("client  ", stdout);
	print_safe(text_of(line, "client"), 0);
	printf(" is %s: ", text_of(line, "view"));
	print_safe(text_of(rule, "reason"), 0);
	if (*text_of(rule, "detail")) {
		putchar(' ');
		print_safe(text_of(rule, "detail"), 0);
	}
	if (*text_of(rule, "prefix"))
		printf(" (%s)", text_of(rule, "prefix"));
	putchar('\n');
}

static void print_hidden(const json_t *hidden)
{
	printf("hidden  %s ", text_of(hidden, "type"));
	print_safe(text_of(hidden, "data"), 0);
	printf(": %s\n", text_of(hidden, "reason"));
}

static void print_explain(struct ask *ask, const json_t *line)
{
	const json_t *answers = json_object_get(line, "answers"), *item;
	const json_t *addrs = json_object_get(line, "addresses");
	size_t i;
	fputs("name    ", stdout);
	print_safe(text_of(line, "name"), 0);
	putchar('\n');
	print_rule(line);
	printf("answer  %s\n", text_of(line, "rcode"));
	json_array_foreach((json_t *)answers, i, item)
	{
		fputs("        ", stdout);
		print_safe(text_of(item, "name"), 0);
		printf(" %lld %s ", number_of(item, "ttl"), text_of(item, "type"));
		print_safe(text_of(item, "data"), 0);
		putchar('\n');
	}
	if (json_object_get(line, "hidden"))
		print_hidden(json_object_get(line, "hidden"));
	if (json_array_size(addrs) > 0)
		puts("addresses of the workload");
	json_array_foreach((json_t *)addrs, i, item)
	{
		bool is_served = json_is_true(json_object_get(item, "served"));
		fputs("        ", stdout);
		print_safe(text_of(item, "address"), 40);
		print_safe(text_of(item, "scope"), 6);
		print_netns(item, 16);
		putchar(' ');
		print_safe(text_of(item, "link"), 16);
		print_safe(is_served ? "served" : text_of(item, "reason"), 0);
		putchar('\n');
	}
	json_array_foreach(json_object_get(line, "rejected"), i, item)
	{
		fputs("no name ", stdout);
		print_safe(text_of(item, "name"), 0);
		printf(" of ");
		print_netns(item, 0);
		putchar(' ');
		print_safe(text_of(item, "link"), 0);
		printf(": it %s\n", text_of(item, "reason"));
	}
	if (strcmp(text_of(line, "rcode"), "NXDOMAIN") == 0)
		ask->code = 1;
}

static void print_watch(struct ask *ask, const json_t *line)
{
	const char *event = text_of(line, "event");
	bool is_added = strcmp(event, "added") == 0;
	if (!is_added && strcmp(event, "removed") != 0) {
		print_safe(event, 0);
		putchar(' ');
		print_safe(text_of(line, "name"), 0);
		putchar(' ');
		print_safe(text_of(line, "current"), 0);
		putchar(' ');
		print_safe(text_of(line, "peer"), 0);
		putchar('\n');
		return;
	}
	print_colour(ask, is_added ? "\033[32m" : "\033[31m");
	fputs(is_added ? "+ " : "- ", stdout);
	print_safe(text_of(line, "name"), 0);
	printf(" %lld %s ", number_of(line, "ttl"), text_of(line, "type"));
	print_safe(text_of(line, "data"), 0);
	if (strcmp(text_of(line, "view"), "any") != 0)
		printf(" ; %s clients", text_of(line, "view"));
	print_colour(ask, "\033[0m");
	putchar('\n');
}

/* Prints a quoted string of dot. Quotes and backslashes are escaped; other printable bytes stay. */
static void print_dot_text(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			putchar('\\');
		if (*p < ' ' || *p == 0x7f)
			fputs("?", stdout);
		else
			putchar(*p);
	}
}

static void print_dot_link(long long nsid, const json_t *link)
{
	const json_t *addr;
	size_t i;
	printf("    \"%lld/%lld\" [label=\"", nsid, number_of(link, "ifindex"));
	print_dot_text(text_of(link, "link"));
	if (*text_of(link, "kind")) {
		fputs(" (", stdout);
		print_dot_text(text_of(link, "kind"));
		putchar(')');
	}
	json_array_foreach(json_object_get(link, "addresses"), i, addr)
	{
		fputs("\\n", stdout);
		print_dot_text(json_is_string(addr) ? json_string_value(addr) : "");
	}
	fputs("\"", stdout);
	if (!json_is_true(json_object_get(link, "up")))
		fputs(", style=dashed", stdout);
	puts("];");
	if (*text_of(link, "alias")) {
		printf("    \"%lld/%lld name\" [shape=oval, label=\"", nsid,
			number_of(link, "ifindex"));
		print_dot_text(text_of(link, "alias"));
		printf("\"];\n    \"%lld/%lld name\" -> \"%lld/%lld\" [style=dotted];\n", nsid,
			number_of(link, "ifindex"), nsid, number_of(link, "ifindex"));
	}
}

static void print_dot_edges(long long nsid, const json_t *link)
{
	long long parent_nsid = number_of(link, "parent_nsid");
	if (json_object_get(link, "parent") && parent_nsid != -2)
		printf("  \"%lld/%lld\" -> \"%lld/%lld\";\n", nsid, number_of(link, "ifindex"),
			parent_nsid, number_of(link, "parent"));
	if (json_object_get(link, "master"))
		printf("  \"%lld/%lld\" -> \"%lld/%lld\" [label=\"port\"];\n", nsid,
			number_of(link, "ifindex"), nsid, number_of(link, "master"));
}

static void print_graph(struct ask *ask, const json_t *line)
{
	const json_t *links = json_object_get(line, "links"), *link;
	long long nsid = number_of(line, "nsid");
	size_t i;
	(void)ask;
	printf("  subgraph \"cluster%lld\" {\n    label=\"", nsid);
	if (*text_of(line, "netns"))
		print_dot_text(text_of(line, "netns"));
	else if (nsid == -1)
		fputs("host", stdout);
	else
		printf("nsid %lld", nsid);
	puts("\";");
	json_array_foreach((json_t *)links, i, link) print_dot_link(nsid, link);
	puts("  }");
	json_array_foreach((json_t *)links, i, link) print_dot_edges(nsid, link);
}

ask_print_fn *ask_printer(enum conf_command command)
{
	switch (command) {
	case CONF_NAMES: return print_names;
	case CONF_STATUS: return print_status;
	case CONF_EXPLAIN: return print_explain;
	case CONF_WATCH: return print_watch;
	case CONF_GRAPH: return print_graph;
	case CONF_SERVE:
	case CONF_EXPORT:
	case CONF_CHECK:
	case CONF_RESOLVER:
	case CONF_COMMAND_COUNT: break;
	}
	return print_status;
}

void ask_begin(const struct ask *ask)
{
	if (ask->command == CONF_GRAPH)
		puts("digraph ontap {\n  rankdir=LR;\n  node [shape=box, "
		     "fontname=\"sans-serif\"];");
	else if (ask->command == CONF_NAMES)
		printf("%-20s %-6s%-40s%-16s %-16s%s\n", "NAME", "SCOPE", "ADDRESS", "NETNS",
			"LINK", "NOT SERVED BECAUSE");
}

void ask_end(const struct ask *ask)
{
	if (ask->command == CONF_GRAPH)
		puts("}");
}
