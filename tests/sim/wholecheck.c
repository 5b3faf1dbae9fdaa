/* SPDX-License-Identifier: ISC */
/*
 * Owns the comparison of the whole daemon with the naive model, and the checks of each packet.
 * Never changes the run.
 */
#include "wholecheck.h"

#include <string.h>
#include <strings.h>

#include "wire/msg.h"

/* --- puts ---------------------------------------------------------------------------------- */

static struct whole_put *find_put(struct whole *w, uint32_t link, const uint8_t *owner)
{
	for (size_t i = 0; i < w->put_count; i++)
		if (w->puts[i].link == link && name_equal(w->puts[i].owner.wire, owner))
			return &w->puts[i];
	return NULL;
}

static void set_add(struct naive_set *set, const struct addr *addr)
{
	size_t at = 0;
	while (at < set->count && addr_cmp(&set->at[at], addr) < 0)
		at++;
	if (set->count == NAIVE_SET_CAP || (at < set->count && addr_equal(&set->at[at], addr)))
		return;
	memmove(&set->at[at + 1], &set->at[at], (set->count - at) * sizeof(*addr));
	set->at[at] = *addr;
	set->count++;
}

static bool set_equal(const struct naive_set *a, const struct naive_set *b)
{
	return a->count == b->count && memcmp(a->at, b->at, a->count * sizeof(a->at[0])) == 0;
}

static bool set_has(const struct naive_set *set, const struct addr *addr)
{
	for (size_t i = 0; i < set->count; i++)
		if (addr_equal(&set->at[i], addr))
			return true;
	return false;
}

static enum addr_family family_of(uint16_t type)
{
	return type == RR_A ? ADDR_V4 : type == RR_AAAA ? ADDR_V6 : ADDR_NONE;
}

void wholecheck_note_put(struct whole *w, uint32_t link, const uint8_t *owner,
	const struct mdns_rrset *sets, size_t count)
{
	struct whole_put *put = find_put(w, link, owner);
	if (!put && count == 0)
		return;
	if (!put && w->put_count == WHOLE_PUTS) {
		sim_fail(&w->net, "more names than the checks can count");
		return;
	}
	if (!put)
		put = &w->puts[w->put_count++];
	if (count == 0) {
		*put = w->puts[--w->put_count];
		return;
	}
	*put = (struct whole_put){.link = link};
	name_copy(&put->owner, owner);
	for (size_t i = 0; i < count; i++) {
		enum addr_family family = family_of(sets[i].set.type);
		put->is_alias |= sets[i].set.type == RR_CNAME;
		for (unsigned j = 0; family != ADDR_NONE && j < sets[i].set.count; j++) {
			struct addr addr = addr_make(family, sets[i].set.rdata[j].bytes);
			set_add(&put->addrs, &addr);
		}
	}
}

void wholecheck_forget_link(struct whole *w, uint32_t link)
{
	size_t kept = 0;
	for (size_t i = 0; i < w->put_count; i++)
		if (w->puts[i].link != link)
			w->puts[kept++] = w->puts[i];
	w->put_count = kept;
}

/* --- answers ------------------------------------------------------------------------------- */

/* The content of the answer section of a reply. */
struct answer {
	struct naive_set addrs;
	size_t aliases, pointers;
};

static void ask(struct whole *w, enum whole_client client, const char *name, uint16_t type,
	struct answer *ret)
{
	static uint8_t reply[65535];
	struct rd r = rd_init(reply, whole_ask(w, client, name, type, reply, sizeof(reply)));
	struct msg_header h;
	struct question q;
	*ret = (struct answer){0};
	rd_header(&r, &h);
	rd_question(&r, &q);
	for (unsigned i = 0; i < h.count[SECTION_ANSWER] && !r.err; i++) {
		struct rr rr;
		uint8_t rdata[NAME_CAP];
		struct wr out = wr_init(rdata, sizeof(rdata));
		rd_rr(&r, &rr);
		if (r.err || rr_rdata_expand(&r, &rr, &out))
			break;
		enum addr_family family = family_of(rr.type);
		struct addr addr;
		if (family != ADDR_NONE)
			addr = addr_make(family, rdata), set_add(&ret->addrs, &addr);
		ret->aliases += rr.type == RR_CNAME;
		ret->pointers += rr.type == RR_PTR;
	}
	if (r.err)
		sim_fail(&w->net, "the reply about %s is malformed", name);
}

static struct naive naive_of(const struct whole *w)
{
	return (struct naive){.kernel = &w->kernel, .file = naive_files[w->file]};
}

/* --- packets ------------------------------------------------------------------------------- */

/* The name of ours whose current name on that link is `current`. */
struct search {
	uint32_t link;
	const uint8_t *current;
	struct name name;
	bool is_found;
};

static void look(void *arg, const struct mdns_status *status)
{
	struct search *s = arg;
	if (status->link != s->link || !name_equal(status->current.wire, s->current))
		return;
	s->name = status->name;
	s->is_found = true;
}

static bool is_said_by_file(const struct whole *w, const struct name *name)
{
	const struct naive_record *file = naive_files[w->file];
	char text[NAME_TEXT_CAP];
	name_to_text(name->wire, text);
	text[strlen(text) - 1] = '\0'; /* removes the final dot */
	for (size_t i = 0; i < NAIVE_RECORDS && file[i].owner; i++)
		if (strcasecmp(file[i].owner, text) == 0)
			return true;
	return false;
}

/* A name of the kernel must have that address in unicast DNS, too. */
static void check_answered(struct whole *w, const struct name *name, const struct addr *addr)
{
	struct answer answer;
	char text[80];
	if (addr_scope(addr) == ADDR_SCOPE_LOCAL || is_said_by_file(w, name))
		return;
	snprintf(text, sizeof(text), "%.*s.%s.%s.", name->wire[0], (const char *)name->wire + 1,
		addr_scope_text(addr_scope(addr)), NAIVE_DOMAIN);
	ask(w, WHOLE_LAN, text, addr->family == ADDR_V4 ? RR_A : RR_AAAA, &answer);
	if (!set_has(&answer.addrs, addr))
		sim_fail(&w->net, "an address is announced, but %s has it not", text);
}

static void check_sent(struct whole *w, uint32_t link, const struct rr *rr, const uint8_t *rdata)
{
	enum addr_family family = family_of(rr->type);
	struct search s = {.link = link, .current = rr->owner.wire};
	char text[NAME_TEXT_CAP];
	if (family == ADDR_NONE)
		return;
	if (rr->ttl == 0) {
		w->goodbyes++;
		return;
	}
	struct addr addr = addr_make(family, rdata);
	mdns_each_status(w->net.hosts[WHOLE_HOST].m, look, &s);
	const struct whole_put *put = s.is_found ? find_put(w, link, s.name.wire) : NULL;
	if (!put || !set_has(&put->addrs, &addr))
		sim_fail(&w->net, "an address is sent for %s that was not put",
			name_to_text(rr->owner.wire, text));
	else
		check_answered(w, &s.name, &addr);
}

void wholecheck_note_sent(
	void *arg, unsigned host, const struct mdns_path *to, const uint8_t *packet, size_t len)
{
	struct rd r = rd_init(packet, len);
	struct msg_header h;
	struct whole *w = arg;
	rd_header(&r, &h);
	if (host != WHOLE_HOST)
		return;
	w->packets++;
	if (!(h.flags & MSG_QR))
		return;
	rd_skip_questions(&r, h.qdcount);
	unsigned count = (unsigned)h.count[0] + h.count[1] + h.count[2];
	for (unsigned i = 0; i < count && !r.err; i++) {
		struct rr rr;
		uint8_t rdata[1024];
		struct wr out = wr_init(rdata, sizeof(rdata));
		rd_rr(&r, &rr);
		if (!r.err && rr_rdata_expand(&r, &rr, &out) == 0)
			check_sent(w, to->link, &rr, rdata);
	}
}

/* --- at rest ------------------------------------------------------------------------------- */

/* `is_near`: the client is on somebody's wire, and may get only the addresses there. */
static bool is_good_answer(const struct naive_set *want, const struct naive_set *have, bool is_near)
{
	bool has_some = !want->count == !have->count;
	if (!is_near)
		return set_equal(want, have);
	for (size_t i = 0; i < have->count; i++)
		if (!set_has(want, &have->at[i]))
			return false;
	return has_some;
}

static void compare_name(struct whole *w, const struct naive *n, const char *label,
	enum naive_branch branch, enum whole_client client)
{
	static const char *const prefixes[] = {"", "", "lan.", "wan."};
	char name[80];
	snprintf(name, sizeof(name), "%s.%s%s.", label, prefixes[branch], NAIVE_DOMAIN);
	for (enum addr_family f = ADDR_V4; f <= ADDR_V6; f++) {
		struct naive_set want;
		struct answer have;
		naive_unicast(n, label, branch, f, &want);
		ask(w, client, name, f == ADDR_V4 ? RR_A : RR_AAAA, &have);
		if (!is_good_answer(&want, &have.addrs, client == WHOLE_NEAR))
			sim_fail(&w->net, "%s has %zu addresses of family %d, and should have %zu",
				name, have.addrs.count, f, want.count);
		bool is_alias = branch <= NAIVE_BARE_WAN && naive_is_alias(n, label);
		if (is_alias != (have.aliases > 0))
			sim_fail(&w->net, "%s %s an alias", name, is_alias ? "is not" : "is");
	}
}

static void compare_label(struct whole *w, const struct naive *n, const char *label)
{
	const struct addr near = whole_client(WHOLE_NEAR);
	compare_name(w, n, label, NAIVE_LAN, WHOLE_WAN);
	compare_name(w, n, label, NAIVE_WAN, WHOLE_LAN);
	compare_name(w, n, label, NAIVE_BARE_LAN, WHOLE_LAN);
	compare_name(w, n, label, NAIVE_BARE_WAN, WHOLE_WAN);
	compare_name(w, n, label, naive_is_on_link(n, &near) ? NAIVE_BARE_LAN : NAIVE_BARE_WAN,
		WHOLE_NEAR);
}

/* Collects the different addresses that the kernel has. */
static void all_addrs(const struct whole *w, struct naive_set *ret)
{
	ret->count = 0;
	for (int s = 0; s < KERNEL_SPACES; s++)
		for (int l = 0; l < KERNEL_LINKS; l++)
			for (int a = 0; a < KERNEL_ADDRS; a++) {
				const struct kernel_addr *addr =
					&w->kernel.spaces[s].links[l].addrs[a];
				if (w->kernel.spaces[s].is_there && addr->is_there)
					set_add(ret, &addr->addr);
			}
}

static void compare_reverse(struct whole *w, const struct naive *n, const struct addr *addr)
{
	struct name owner;
	char text[NAME_TEXT_CAP];
	struct answer have;
	if (addr_scope(addr) == ADDR_SCOPE_LOCAL)
		return;
	name_reverse(addr, 8 * (unsigned)addr_len(addr), &owner);
	ask(w, WHOLE_LAN, name_to_text(owner.wire, text), RR_PTR, &have);
	if (have.pointers != naive_reverse(n, addr))
		sim_fail(&w->net, "%s leads to %zu names, and should to %zu", text, have.pointers,
			naive_reverse(n, addr));
}

/* Compares each name that should be on the link. Returns their number. */
static size_t compare_labels(struct whole *w, const struct naive *n, int link)
{
	size_t count = 0;
	for (size_t i = 0; i < naive_label_count; i++) {
		struct naive_set want;
		char text[80];
		struct name owner;
		snprintf(text, sizeof(text), "%s.local.", naive_labels[i]);
		(void)!name_from_text(text, NULL, &owner);
		const struct whole_put *put = find_put(w, (uint32_t)link + 1, owner.wire);
		bool is_wanted = naive_has_local(n, naive_labels[i], link);
		naive_mdns(n, naive_labels[i], link, &want);
		count += is_wanted;
		if (is_wanted != (put != NULL))
			sim_fail(&w->net, "%s is %s on link %d", text, put ? "put" : "not put",
				link);
		else if (put && !set_equal(&put->addrs, &want))
			sim_fail(&w->net, "%s has %zu addresses on link %d, and should have %zu",
				text, put->addrs.count, link, want.count);
		else if (put && put->is_alias != naive_is_local_alias(n, naive_labels[i], link))
			sim_fail(&w->net, "%s %s an alias on link %d", text,
				put->is_alias ? "is" : "is not", link);
	}
	return count;
}

static size_t compare_local_reverse(
	struct whole *w, const struct naive *n, const struct naive_set *addrs, int link)
{
	size_t count = 0;
	for (size_t i = 0; i < addrs->count; i++) {
		struct name owner;
		char text[NAME_TEXT_CAP];
		bool is_wanted = naive_has_reverse(n, &addrs->at[i], link);
		name_reverse(&addrs->at[i], 8 * (unsigned)addr_len(&addrs->at[i]), &owner);
		count += is_wanted;
		if (is_wanted != (find_put(w, (uint32_t)link + 1, owner.wire) != NULL))
			sim_fail(&w->net, "%s is %s on link %d", name_to_text(owner.wire, text),
				is_wanted ? "not put" : "put", link);
	}
	return count;
}

/* Counts records of the file whose owners are not labels of ours: services. */
static size_t count_services(const struct whole *w)
{
	const struct naive_record *file = naive_files[w->file];
	size_t count = 0;
	for (size_t i = 0; i < NAIVE_RECORDS && file[i].owner; i++)
		count += file[i].owner[0] == '_';
	return count;
}

static void check_status(void *arg, const struct mdns_status *status)
{
	struct whole *w = arg;
	char text[NAME_TEXT_CAP];
	if (!find_put(w, status->link, status->name.wire))
		sim_fail(&w->net, "the engine has %s, which nobody put",
			name_to_text(status->name.wire, text));
}

/* --- the model ----------------------------------------------------------------------------- */

static bool is_same_link(const struct kernel_link *want, const struct model_link *have)
{
	if (!want->is_there || !have)
		return want->is_there == (have != NULL);
	return have->info.mtu == want->mtu && have->info.parent == want->lower &&
	       model_link_is_up(&have->info) == want->is_up &&
	       strcmp(have->info.alias, want->alias) == 0 &&
	       (!want->lower || have->info.parent_nsid == NSID_OWN);
}

static bool is_same_addr(const struct kernel_addr *want, const struct model_addr *have)
{
	return have && have->info.flags == want->flags && have->info.prefix_len == want->prefix_len;
}

static void compare_model_link(struct whole *w, int space, int l)
{
	const struct model *m = pipeline_model(w->pipeline);
	const struct kernel_link *want = &w->kernel.spaces[space].links[l];
	const struct model_link *have = model_link(m, space - 1, (uint32_t)l + 1);
	if (!is_same_link(want, have))
		sim_fail(&w->net, "link %d of namespace %d is not as the kernel has it", l, space);
	for (int a = 0; a < KERNEL_ADDRS; a++)
		if (want->addrs[a].is_there &&
			!is_same_addr(&want->addrs[a],
				model_addr(m, space - 1, (uint32_t)l + 1, &want->addrs[a].addr)))
			sim_fail(&w->net, "an address of link %d of namespace %d is missing", l,
				space);
}

static void compare_model(struct whole *w)
{
	struct model_stats have = model_stats(pipeline_model(w->pipeline)), want = {0};
	for (int s = 0; s < KERNEL_SPACES; s++) {
		want.namespaces += w->kernel.spaces[s].is_there;
		for (int l = 0; l < KERNEL_LINKS; l++) {
			compare_model_link(w, s, l);
			want.links += w->kernel.spaces[s].links[l].is_there;
			for (int a = 0; a < KERNEL_ADDRS; a++)
				want.addrs += w->kernel.spaces[s].links[l].addrs[a].is_there;
		}
	}
	if (have.namespaces != want.namespaces || have.links != want.links ||
		have.addrs != want.addrs)
		sim_fail(&w->net, "there is more in the model than the kernel has");
}

void wholecheck_compare(struct whole *w)
{
	const struct naive n = naive_of(w);
	struct naive_set addrs;
	size_t puts = 0;
	compare_model(w);
	for (size_t i = 0; i < naive_label_count; i++)
		compare_label(w, &n, naive_labels[i]);
	all_addrs(w, &addrs);
	for (size_t i = 0; i < addrs.count; i++)
		compare_reverse(w, &n, &addrs.at[i]);
	for (int link = 0; link < WHOLE_WIRES; link++) {
		puts += compare_labels(w, &n, link) + compare_local_reverse(w, &n, &addrs, link);
		puts += naive_is_spoken(&n, link) ? count_services(w) : 0;
	}
	if (puts != w->put_count)
		sim_fail(&w->net, "%zu names are put, and %zu should be", w->put_count, puts);
	mdns_each_status(w->net.hosts[WHOLE_HOST].m, check_status, w);
}
