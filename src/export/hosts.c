/* SPDX-License-Identifier: ISC */
/*
 * Owns the format of hosts(5): an address, its canonical name, its other names.
 * Never prints a name that is not a host name. Never prints an IPv6 link-local address, because the
 * file format has no field for the link.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "export/formats.h"

struct host {
	struct addr addr;
	const uint8_t *name;
	bool is_canonical; /* the reverse name points to it */
};

/* Letters, digits, hyphens (RFC 1123 §2.1), and underscores, which are in use. */
static bool is_host_name(const uint8_t *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	if (name[0] == 0)
		return false;
	for (; name[0]; name = name_parent(name))
		for (unsigned i = 1; i <= name[0]; i++)
			if (!memchr(allowed, byte_lower(name[i]), sizeof(allowed) - 1))
				return false;
	return true;
}

static bool is_canonical(struct erecords r, const struct addr *addr, const uint8_t *name)
{
	struct name reverse;
	size_t left;
	name_reverse(addr, addr->family == ADDR_V4 ? 32 : 128, &reverse);
	struct erecord *const *ptr = erecords_find(r, reverse.wire, RR_PTR, &left);
	for (; ptr && left > 0; ptr++, left--) {
		if ((*ptr)->type != RR_PTR || !name_equal((*ptr)->owner, reverse.wire))
			return false;
		if ((*ptr)->rdata_len == name_len(name) && name_equal((*ptr)->rdata, name))
			return true;
	}
	return false;
}

static bool host_from_record(struct erecords r, const struct erecord *record, struct host *ret)
{
	bool is_v4 = record->type == RR_A && record->rdata_len == 4;
	bool is_v6 = record->type == RR_AAAA && record->rdata_len == 16;
	if ((!is_v4 && !is_v6) || !is_host_name(record->owner))
		return false;
	ret->addr = addr_make(is_v4 ? ADDR_V4 : ADDR_V6, record->rdata);
	if (is_v6 && addr_scope(&ret->addr) == ADDR_SCOPE_LOCAL)
		return false;
	ret->name = record->owner;
	ret->is_canonical = is_canonical(r, &ret->addr, ret->name);
	return true;
}

/* Sorts by address; then the canonical name first, then by number of labels, then by name. */
static int host_cmp(const void *pa, const void *pb)
{
	const struct host *a = pa, *b = pb;
	int diff = addr_cmp(&a->addr, &b->addr);
	if (!diff)
		diff = b->is_canonical - a->is_canonical;
	if (!diff)
		diff = (int)name_labels(a->name) - (int)name_labels(b->name);
	return diff ? diff : name_cmp(a->name, b->name);
}

/* Without the final dot. */
static void put_name(struct buf *out, const uint8_t *name)
{
	char text[NAME_TEXT_CAP];
	name_to_text(name, text);
	buf_add(out, text, strlen(text) - 1);
}

static void put_hosts(struct buf *out, const struct host *hosts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[ADDR_TEXT_CAP];
		bool is_same = i > 0 && addr_equal(&hosts[i - 1].addr, &hosts[i].addr);
		if (is_same && name_equal(hosts[i - 1].name, hosts[i].name))
			continue; /* both views have it */
		if (!is_same)
			buf_printf(
				out, "%s%s", i > 0 ? "\n" : "", addr_format(&hosts[i].addr, text));
		buf_puts(out, is_same ? " " : "\t");
		put_name(out, hosts[i].name);
	}
	if (count > 0)
		buf_puts(out, "\n");
}

int export_hosts(struct erecords r, const struct export_options *options, struct buf *out)
{
	unsigned view = options->view ? options->view : VIEW_LAN;
	size_t count = 0;
	if (r.count == 0)
		return 0;
	struct host *hosts = reallocarray(NULL, r.count, sizeof(*hosts));
	if (!hosts)
		return ERR_NOMEM;
	for (size_t i = 0; i < r.count; i++)
		if (r.at[i]->view & view && host_from_record(r, r.at[i], &hosts[count]))
			count++;
	qsort(hosts, count, sizeof(*hosts), host_cmp);
	put_hosts(out, hosts, count);
	free(hosts);
	return 0;
}
