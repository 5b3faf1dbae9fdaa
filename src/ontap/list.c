/* SPDX-License-Identifier: ISC */
/*
 * Owns the output of --list.
 * Never asks the kernel.
 */
#include "ontap/list.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "export/jsonw.h"
#include "io/exit.h"
#include "libontap/ontap.h"
#include "show/table.h"

enum { NUMBER_CAP = 16, HWADDR_CAP_TEXT = 3 * 32 + 1 };

static const struct table_column columns[] = {
	{.title = "NAME"},
	{.title = "LINK"},
	{.title = "TYPE"},
	{.title = "MODE", .is_optional = true},
	{.title = "HWADDR"},
	{.title = "ADDRS", .is_optional = true},
	{.title = "USER"},
	{.title = "PID"},
	{.title = "NSID", .is_optional = true},
};

struct output {
	bool is_json;
	struct jsonw json;
	struct table table;
};

static const char *format_hwaddr(const struct ontap_entry *e, char out[HWADDR_CAP_TEXT])
{
	size_t len = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < e->hwaddr_len; i++)
		len += (size_t)snprintf(
			out + len, HWADDR_CAP_TEXT - len, "%s%02x", i ? ":" : "", e->hwaddr[i]);
	return out;
}

static const char *format_number(long long number, char out[NUMBER_CAP])
{
	snprintf(out, NUMBER_CAP, "%lld", number);
	return out;
}

static void put_addrs(struct jsonw *w, const char *addrs)
{
	if (!*addrs)
		return;
	jsonw_open(w, "addrs", '[');
	/* Progress: each turn writes one address, and skips the comma after it. */
	while (*addrs) {
		char text[64];
		size_t len = strcspn(addrs, ",");
		snprintf(text, sizeof(text), "%.*s", (int)len, addrs);
		jsonw_text(w, NULL, text);
		addrs += len + (addrs[len] == ',');
	}
	jsonw_close(w, ']');
}

static void put_json(struct jsonw *w, const struct ontap_entry *e)
{
	char hwaddr[HWADDR_CAP_TEXT];
	const struct passwd *user = getpwuid(e->uid);
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "alias", e->alias);
	jsonw_text(w, "link", e->ifname);
	jsonw_number(w, "ifindex", e->ifindex);
	jsonw_text(w, "type", e->type);
	jsonw_text(w, "mode", e->mode);
	jsonw_text(w, "hwaddr", format_hwaddr(e, hwaddr));
	put_addrs(w, e->addrs);
	jsonw_number(w, "uid", e->uid);
	jsonw_text(w, "user", user ? user->pw_name : "");
	jsonw_bool(w, "kept", e->is_kept);
	if (e->pid)
		jsonw_number(w, "pid", e->pid);
	if (e->nsid >= 0)
		jsonw_number(w, "nsid", e->nsid);
	jsonw_close(w, '}');
}

/* A device in ontapd's own namespace has no number there. */
static void put_row(struct table *t, const struct ontap_entry *e)
{
	char hwaddr[HWADDR_CAP_TEXT], number[NUMBER_CAP];
	const struct passwd *user = getpwuid(e->uid);
	table_put(t, TEXT_NAME, e->alias[0] ? e->alias : "-");
	table_put(t, TEXT_PLAIN, e->ifname);
	table_put(t, TEXT_PLAIN, e->type);
	table_put(t, TEXT_PLAIN, e->mode);
	table_put(t, TEXT_PLAIN, format_hwaddr(e, hwaddr));
	table_put(t, TEXT_PLAIN, e->addrs);
	table_put(t, TEXT_PLAIN, user ? user->pw_name : format_number(e->uid, number));
	table_put(t, TEXT_PLAIN, e->is_kept ? "kept" : format_number(e->pid, number));
	table_put(t, TEXT_PLAIN, e->nsid >= 0 ? format_number(e->nsid, number) : "");
}

static void put_entry(void *arg, const struct ontap_entry *e)
{
	struct output *out = arg;
	if (out->is_json)
		put_json(&out->json, e);
	else
		put_row(&out->table, e);
}

static int write_out(struct output *out, struct buf *text)
{
	if (out->is_json) {
		jsonw_close(&out->json, ']');
		buf_puts(text, "\n");
	} else {
		table_write(&out->table, text, 0, false);
	}
	if (text->err || fputs(buf_text(text), stdout) < 0)
		return EXIT_SYSTEM;
	return EXIT_DONE;
}

int list_print(const struct settings *o, int fd, int netns_fd, const struct log *log)
{
	struct buf text = {0};
	struct output out = {.is_json = o->has_json, .json = {.out = &text, .has_lines = true}};
	struct ontap_error error = {0};
	table_init(&out.table, columns, ARRAY_LEN(columns));
	if (out.is_json)
		jsonw_open(&out.json, NULL, '[');
	int code = EXIT_SYSTEM, status = ontap_list(fd, netns_fd, put_entry, &out, &error);
	if (status) {
		log_error(log, "no list: status=\"%s\" error=\"%s\"", ontap_status_text(status),
			error.text);
		code = status == ONTAP_DISCONNECTED ? EXIT_SYSTEM : EXIT_NO;
	} else {
		code = write_out(&out, &text);
	}
	table_fini(&out.table);
	buf_fini(&text);
	return code;
}
