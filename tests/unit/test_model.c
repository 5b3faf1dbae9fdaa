/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of model/model.h: changes and their reports, one rule per case.
 * Never tests long histories: test_sync.c does, with the automaton. Run by `make check`.
 */
#include "model/model.h"

#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "unit.h"

/* The reports to the listener, as text: "+n5 +l5.2 +a5.2.1 ~… -…" (new, changed, gone). */
struct world {
	struct model *model;
	char told[8192];
	uint32_t mtu_before;
};

static void note(
	struct world *w, enum model_change change, enum model_change first, const char *what)
{
	char text[64];
	snprintf(text, sizeof(text), "%s%c%s", w->told[0] ? " " : "", "+~-"[change - first], what);
	if (strlen(w->told) + strlen(text) < sizeof(w->told))
		strcat(w->told, text);
}

static void on_ns(void *arg, enum model_change change, const struct model_ns *ns)
{
	struct world *w = arg;
	char text[32];
	snprintf(text, sizeof(text), "n%d", ns->nsid);
	note(w, change, MODEL_NS_NEW, text);
	assert_int_equal(model_ns(w->model, ns->nsid) == NULL, change == MODEL_NS_GONE);
}

static void on_link(void *arg, enum model_change change, const struct model_link *link,
	const struct event_link *before)
{
	struct world *w = arg;
	char text[32];
	snprintf(text, sizeof(text), "l%d.%u", link->ns->nsid, link->info.ifindex);
	note(w, change, MODEL_LINK_NEW, text);
	const struct model_link *found = model_link(w->model, link->ns->nsid, link->info.ifindex);
	assert_ptr_equal(found, change == MODEL_LINK_GONE ? NULL : link);
	assert_int_equal(before != NULL, change == MODEL_LINK_CHANGED);
	w->mtu_before = before ? before->mtu : 0;
}

static void on_addr(void *arg, enum model_change change, const struct model_addr *a,
	const struct event_addr *before)
{
	struct world *w = arg;
	char text[32];
	snprintf(text, sizeof(text), "a%d.%u.%u", a->link->ns->nsid, a->info.ifindex,
		a->info.addr.bytes[3]);
	note(w, change, MODEL_ADDR_NEW, text);
	assert_true(a->link->is_present);
	assert_int_equal(before != NULL, change == MODEL_ADDR_CHANGED);
}

static void on_hostnames(void *arg, const struct model_ns *ns)
{
	struct world *w = arg;
	char text[HOSTNAME_CAP + 16];
	if (strlen(w->told) + LIMIT_NS_HOSTNAMES * sizeof(text) > sizeof(w->told))
		return; /* what is told is not looked at here */
	snprintf(text, sizeof(text), "%sh%d", w->told[0] ? " " : "", ns->nsid);
	strcat(w->told, text);
	LIST_EACH(model_hostname, &ns->hostnames, struct model_hostname, in_ns) {
		snprintf(text, sizeof(text), ".%s", model_hostname->info.name);
		strcat(w->told, text);
	}
}

static int begin(void **state)
{
	static struct world world;
	memset(&world, 0, sizeof(world));
	world.model = model_new(7, (struct model_listener){.on_ns = on_ns,
					   .on_link = on_link,
					   .on_addr = on_addr,
					   .on_hostnames = on_hostnames,
					   .arg = &world});
	*state = &world;
	return world.model ? 0 : -1;
}

static int end(void **state)
{
	model_free(((struct world *)*state)->model);
	return 0;
}

static struct addr ip(uint8_t last)
{
	const uint8_t bytes[4] = {10, 0, 0, last};
	return addr_make(ADDR_V4, bytes);
}

static void apply(struct world *w, const struct event *ev)
{
	assert_int_equal(model_apply(w->model, ev), 0);
}

static void give_link(struct world *w, nsid_t nsid, uint32_t ifindex, uint32_t mtu, bool is_dump)
{
	struct event ev = {.type = EV_LINK, .nsid = nsid, .is_dump = is_dump};
	ev.link.ifindex = ifindex;
	ev.link.mtu = mtu;
	apply(w, &ev);
}

static void take_link(struct world *w, nsid_t nsid, uint32_t ifindex)
{
	struct event ev = {.type = EV_LINK_GONE, .nsid = nsid};
	ev.link.ifindex = ifindex;
	apply(w, &ev);
}

static struct event addr_event(enum event_type type, nsid_t nsid, uint32_t ifindex, uint8_t last)
{
	struct event ev = {.type = type, .nsid = nsid};
	ev.addr.ifindex = ifindex;
	ev.addr.addr = ip(last);
	ev.addr.prefix_len = 24;
	return ev;
}

static void give_addr(struct world *w, nsid_t nsid, uint32_t ifindex, uint8_t last, bool is_dump)
{
	struct event ev = addr_event(EV_ADDR, nsid, ifindex, last);
	ev.is_dump = is_dump;
	apply(w, &ev);
}

static void take_addr(struct world *w, nsid_t nsid, uint32_t ifindex, uint8_t last)
{
	struct event ev = addr_event(EV_ADDR_GONE, nsid, ifindex, last);
	apply(w, &ev);
}

static void tell(struct world *w, enum event_type type, nsid_t nsid)
{
	struct event ev = {.type = type, .nsid = nsid};
	apply(w, &ev);
}

static void expect(struct world *w, const char *told)
{
	assert_string_equal(w->told, told);
	w->told[0] = '\0';
}

/* Makes namespace 5 with links 1 and 2, with an address on each, all reported. */
static void furnish(struct world *w)
{
	for (uint32_t l = 1; l <= 2; l++) {
		give_link(w, 5, l, 1500, false);
		give_addr(w, 5, l, (uint8_t)l, false);
	}
	expect(w, "+n5 +l5.1 +a5.1.1 +l5.2 +a5.2.2");
}

static void an_event_that_changes_nothing_is_not_told(void **state)
{
	struct world *w = *state;
	furnish(w);
	give_link(w, 5, 1, 1500, false);
	give_addr(w, 5, 1, 1, false);
	tell(w, EV_NS, 5);
	expect(w, "");
	take_addr(w, 5, 1, 99);
	take_link(w, 5, 99);
	take_addr(w, 9, 1, 1);
	take_link(w, 9, 1);
	tell(w, EV_NS_GONE, 9);
	expect(w, "");
	assert_null(model_ns(w->model, 9));
}

static void a_change_is_told_with_what_was_before(void **state)
{
	struct world *w = *state;
	furnish(w);
	give_link(w, 5, 1, 9000, false);
	expect(w, "~l5.1");
	assert_int_equal(w->mtu_before, 1500);
	struct event ev = addr_event(EV_ADDR, 5, 1, 1);
	ev.addr.flags = 0x40;
	apply(w, &ev);
	expect(w, "~a5.1.1");
	ev = (struct event){.type = EV_NS, .nsid = 5, .ns.name = "web"};
	apply(w, &ev);
	expect(w, "~n5");
	assert_string_equal(model_ns(w->model, 5)->info.name, "web");
}

static void a_link_that_goes_reports_its_addresses_first(void **state)
{
	struct world *w = *state;
	furnish(w);
	take_link(w, 5, 1);
	expect(w, "-a5.1.1 -l5.1");
	struct model_stats stats = model_stats(w->model);
	assert_int_equal(stats.links, 1);
	assert_int_equal(stats.addrs, 1);
}

static void a_namespace_that_goes_takes_everything_with_it(void **state)
{
	struct world *w = *state;
	furnish(w);
	tell(w, EV_NS_GONE, 5);
	expect(w, "-a5.1.1 -l5.1 -a5.2.2 -l5.2 -n5");
	struct model_stats stats = model_stats(w->model);
	assert_int_equal(stats.namespaces + stats.links + stats.addrs, 0);
	furnish(w); /* the id may soon belong to another */
}

static void give_hostname(
	struct world *w, nsid_t nsid, uint64_t uts, const char *name, bool is_rootless)
{
	struct event ev = {.type = EV_HOSTNAME, .nsid = nsid};
	ev.hostname.uts = uts;
	ev.hostname.owner = is_rootless ? OWNER_USER : OWNER_HOST;
	snprintf(ev.hostname.name, sizeof(ev.hostname.name), "%s", name);
	apply(w, &ev);
}

static void host_names_come_change_and_go_and_stand_in_order(void **state)
{
	struct world *w = *state;
	struct event ev = {.type = EV_HOSTNAME_GONE, .nsid = 5, .hostname.uts = 7};
	apply(w, &ev);
	expect(w, "");
	give_hostname(w, 5, 9, "b", false);
	expect(w, "+n5 h5.b");
	give_hostname(w, 5, 1, "c", true); /* foreign ones after ours */
	give_hostname(w, 5, 7, "a", false);
	expect(w, "h5.b.c h5.a.b.c");
	give_hostname(w, 5, 7, "a", false);
	expect(w, "");
	give_hostname(w, 5, 7, "x", false);
	apply(w, &ev);
	expect(w, "h5.x.b.c h5.b.c");
	tell(w, EV_SYNC_BEGIN, 5); /* dumps do not concern host names */
	tell(w, EV_SYNC_END, 5);
	expect(w, "");
	tell(w, EV_NS_GONE, 5);
	expect(w, "-n5");
}

static void others_host_names_never_push_out_ours(void **state)
{
	struct world *w = *state;
	for (uint64_t i = 0; i < LIMIT_NS_HOSTNAMES; i++) {
		give_hostname(w, 5, 100 + i, "a", true);
		w->told[0] = '\0';
	}
	struct event ev = {
		.type = EV_HOSTNAME, .nsid = 5, .hostname = {.uts = 1, .owner = OWNER_USER}};
	assert_int_equal(model_apply(w->model, &ev), ERR_RANGE);
	ev.hostname.owner = OWNER_HOST;
	assert_int_equal(model_apply(w->model, &ev), 0);
	const struct model_ns *ns = model_ns(w->model, 5);
	assert_int_equal(ns->hostname_count, LIMIT_NS_HOSTNAMES);
	assert_int_equal(
		container_of(ns->hostnames.next, struct model_hostname, in_ns)->info.uts, 1);
}

static void an_address_is_held_back_until_its_link_is_known(void **state)
{
	struct world *w = *state;
	const struct addr addr = ip(1);
	give_addr(w, 5, 1, 1, false);
	expect(w, "+n5");
	assert_null(model_addr(w->model, 5, 1, &addr));
	assert_null(model_link(w->model, 5, 1));
	assert_int_equal(model_stats(w->model).addrs, 0);
	give_link(w, 5, 1, 1500, false);
	expect(w, "+l5.1 +a5.1.1");
	assert_non_null(model_addr(w->model, 5, 1, &addr));
	give_addr(w, 5, 2, 2, false);
	take_addr(w, 5, 2, 2); /* and its placeholder with it */
	give_link(w, 5, 2, 1500, false);
	expect(w, "+l5.2");
}

static void one_ipv4_address_may_be_there_with_several_prefix_lengths(void **state)
{
	struct world *w = *state;
	const struct addr addr = ip(1);
	furnish(w);
	struct event ev = addr_event(EV_ADDR, 5, 1, 1);
	ev.addr.prefix_len = 16;
	apply(w, &ev);
	expect(w, "+a5.1.1");
	take_addr(w, 5, 1, 1); /* the /24 */
	expect(w, "-a5.1.1");
	assert_int_equal(model_addr(w->model, 5, 1, &addr)->info.prefix_len, 16);
}

static void an_ipv6_address_may_change_its_peer(void **state)
{
	struct world *w = *state;
	struct event ev = {.type = EV_ADDR, .nsid = 5};
	ev.addr.ifindex = 1;
	ev.addr.prefix_len = 64;
	assert_int_equal(addr_parse("2001:db8::1", &ev.addr.addr), 0);
	furnish(w);
	apply(w, &ev);
	assert_int_equal(addr_parse("2001:db8::2", &ev.addr.peer), 0);
	ev.addr.prefix_len = 128;
	apply(w, &ev);
	expect(w, "+a5.1.184 ~a5.1.184");
}

static void a_dump_that_finds_nothing_new_changes_nothing(void **state)
{
	struct world *w = *state;
	furnish(w);
	for (int i = 0; i < 2; i++) {
		tell(w, EV_SYNC_BEGIN, 5);
		give_link(w, 5, 2, 1500, true);
		give_link(w, 5, 1, 1500, true);
		tell(w, EV_SYNC_LINKS, 5);
		give_addr(w, 5, 1, 1, true);
		give_addr(w, 5, 2, 2, true);
		tell(w, EV_SYNC_END, 5);
	}
	expect(w, "");
}

static void what_a_dump_does_not_name_is_gone_at_its_end(void **state)
{
	struct world *w = *state;
	furnish(w);
	tell(w, EV_SYNC_BEGIN, 5);
	give_link(w, 5, 2, 1500, true);
	expect(w, "");
	tell(w, EV_SYNC_LINKS, 5);
	expect(w, "-a5.1.1 -l5.1");
	give_addr(w, 5, 2, 3, true);
	tell(w, EV_SYNC_END, 5);
	expect(w, "+a5.2.3 -a5.2.2");
}

static void a_dump_sweeps_its_own_namespace_only(void **state)
{
	struct world *w = *state;
	furnish(w);
	give_link(w, 6, 1, 1500, false);
	expect(w, "+n6 +l6.1");
	tell(w, EV_SYNC_BEGIN, 6);
	tell(w, EV_SYNC_LINKS, 6);
	tell(w, EV_SYNC_END, 6);
	expect(w, "-l6.1");
	assert_int_equal(model_stats(w->model).links, 2);
}

static void an_aborted_dump_concludes_nothing_from_absence(void **state)
{
	struct world *w = *state;
	furnish(w);
	tell(w, EV_SYNC_BEGIN, 5);
	give_link(w, 5, 3, 1500, true);
	tell(w, EV_SYNC_ABORT, 5);
	expect(w, "+l5.3");
	assert_int_equal(model_stats(w->model).links, 3);
	tell(w, EV_SYNC_LINKS, 5); /* of no dump */
	tell(w, EV_SYNC_END, 5);
	expect(w, "");
}

static void news_during_a_dump_wins_over_it(void **state)
{
	struct world *w = *state;
	furnish(w);
	tell(w, EV_SYNC_BEGIN, 5);
	give_link(w, 5, 1, 9000, false);
	give_link(w, 5, 1, 1500, true);  /* from before */
	give_link(w, 5, 3, 1500, false); /* made after the snapshot */
	give_addr(w, 5, 3, 3, false);
	give_link(w, 5, 2, 1500, true);
	tell(w, EV_SYNC_LINKS, 5);
	give_addr(w, 5, 1, 1, true);
	give_addr(w, 5, 2, 2, true);
	tell(w, EV_SYNC_END, 5);
	expect(w, "~l5.1 +l5.3 +a5.3.3");
	assert_int_equal(model_link(w->model, 5, 1)->info.mtu, 9000);
}

static void what_news_removed_is_not_brought_back_by_a_dump(void **state)
{
	struct world *w = *state;
	furnish(w);
	tell(w, EV_SYNC_BEGIN, 5);
	take_addr(w, 5, 2, 2);
	take_addr(w, 5, 2, 3); /* not known, but the dump may list it */
	take_link(w, 5, 1);
	take_link(w, 5, 7);
	expect(w, "-a5.2.2 -a5.1.1 -l5.1");
	give_link(w, 5, 1, 1500, true);
	give_link(w, 5, 2, 1500, true);
	give_link(w, 5, 7, 1500, true);
	tell(w, EV_SYNC_LINKS, 5);
	give_addr(w, 5, 1, 1, true);
	give_addr(w, 5, 2, 2, true);
	give_addr(w, 5, 2, 3, true);
	give_addr(w, 5, 7, 1, true);
	tell(w, EV_SYNC_END, 5);
	expect(w, "");
	tell(w, EV_SYNC_BEGIN, 5); /* the tombstones are gone */
	give_link(w, 5, 7, 1500, true);
	give_addr(w, 5, 7, 1, true);
	expect(w, "+l5.7 +a5.7.1");
}

static void a_link_made_again_does_not_get_back_its_old_addresses(void **state)
{
	struct world *w = *state;
	furnish(w);
	tell(w, EV_SYNC_BEGIN, 5);
	take_link(w, 5, 1);
	give_link(w, 5, 1, 1500, false);
	give_addr(w, 5, 1, 4, false);
	expect(w, "-a5.1.1 -l5.1 +l5.1 +a5.1.4");
	give_link(w, 5, 2, 1500, true);
	tell(w, EV_SYNC_LINKS, 5);
	give_addr(w, 5, 1, 1, true);
	give_addr(w, 5, 2, 2, true);
	tell(w, EV_SYNC_END, 5);
	expect(w, "");
}

static void records_of_no_dump_in_progress_are_passed_over(void **state)
{
	struct world *w = *state;
	give_link(w, 5, 1, 1500, true);
	give_addr(w, 5, 1, 1, true);
	expect(w, "");
	assert_null(model_ns(w->model, 5));
}

static void append_nsid(void *arg, const struct model_ns *ns)
{
	char *text = arg;
	snprintf(text + strlen(text), 16, "%d ", ns->nsid);
}

static void namespaces_are_visited_in_order_with_our_own_first(void **state)
{
	struct world *w = *state;
	static const nsid_t ids[] = {1000, 3, NSID_OWN, 0, 77};
	char text[128] = "";
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		tell(w, EV_NS, ids[i]);
	assert_int_equal(model_each_ns(w->model, append_nsid, text), 0);
	assert_string_equal(text, "-1 0 3 77 1000 ");
}

static void events_that_the_kernel_half_never_makes_are_refused(void **state)
{
	struct world *w = *state;
	struct event ev = {.type = EV_LINK, .nsid = 5};
	memset(ev.link.alias, 'x', sizeof(ev.link.alias));
	assert_int_equal(model_apply(w->model, &ev), ERR_SYNTAX);
	ev = (struct event){.type = EV_LINK, .nsid = 5, .link.hwaddr_len = HWADDR_CAP + 1};
	assert_int_equal(model_apply(w->model, &ev), ERR_SYNTAX);
	ev = (struct event){.type = EV_COUNT, .nsid = 5};
	assert_int_equal(model_apply(w->model, &ev), ERR_SYNTAX);
	ev = addr_event(EV_ADDR, NSID_UNKNOWN, 1, 1);
	assert_int_equal(model_apply(w->model, &ev), ERR_SYNTAX);
	ev = addr_event(EV_ADDR, 5, 1, 1);
	ev.addr.prefix_len = 33;
	assert_int_equal(model_apply(w->model, &ev), ERR_SYNTAX);
	expect(w, "");
}

static void set_owner(struct world *w, nsid_t nsid, enum event_owner owner)
{
	struct event ev = {.type = EV_NS, .nsid = nsid, .ns.owner = (uint8_t)owner};
	apply(w, &ev);
}

static void the_limit_of_links_is_kept_and_counted_down_again(void **state)
{
	struct world *w = *state;
	struct event ev = {.type = EV_LINK, .nsid = 5};
	set_owner(w, 5, OWNER_HOST);
	set_owner(w, 6, OWNER_HOST);
	for (uint32_t i = 1; i <= LIMIT_MODEL_LINKS; i++) {
		ev.link.ifindex = i;
		apply(w, &ev);
	}
	w->told[0] = '\0';
	ev.link.ifindex = LIMIT_MODEL_LINKS + 1;
	assert_int_equal(model_apply(w->model, &ev), ERR_RANGE);
	ev.nsid = 6;
	assert_int_equal(model_apply(w->model, &ev), ERR_RANGE);
	expect(w, "");
	take_link(w, 5, 1);
	apply(w, &ev);
	expect(w, "-l5.1 +l6.131073");
}

/* A user makes as many links and addresses as he likes; root's namespaces, and other users', are seen
 * all the same. */

enum { FEW_LINKS = 320, FEW_ADDRS = 640 };

static void narrow(struct world *w)
{
	model_set_limits(w->model, (struct model_limits){64, FEW_LINKS, FEW_ADDRS});
}

static void set_user(struct world *w, nsid_t nsid, uint32_t uid)
{
	struct event ev = {.type = EV_NS, .nsid = nsid, .ns = {.owner = OWNER_USER, .uid = uid}};
	apply(w, &ev);
}

/* Makes links of that namespace until one is refused. Returns how many there are. */
static uint32_t fill_links(struct world *w, nsid_t nsid)
{
	struct event ev = {.type = EV_LINK, .nsid = nsid};
	for (ev.link.ifindex = 1; ev.link.ifindex <= FEW_LINKS; ev.link.ifindex++)
		if (model_apply(w->model, &ev) == ERR_RANGE)
			return ev.link.ifindex - 1;
	return FEW_LINKS;
}

static uint32_t fill_addrs(struct world *w, nsid_t nsid)
{
	for (uint32_t i = 0; i < FEW_ADDRS; i++) {
		struct event ev = addr_event(EV_ADDR, nsid, 1, 1);
		ev.addr.addr =
			addr_make(ADDR_V4, (uint8_t[]){10, 0, (uint8_t)(i >> 8), (uint8_t)i});
		if (model_apply(w->model, &ev) == ERR_RANGE)
			return i;
	}
	return FEW_ADDRS;
}

static void each_stranger_has_a_share_and_all_have_half(void **state)
{
	struct world *w = *state;
	narrow(w);
	assert_int_equal(fill_links(w, 5), FEW_LINKS / 16); /* nobody knows whose it is */
	set_user(w, 5, 1000);
	set_user(w, 6, 1000);
	assert_int_equal(fill_links(w, 6), 0);
	uint32_t sum = FEW_LINKS / 16;
	for (nsid_t nsid = 7; nsid < 7 + 7; nsid++) {
		set_user(w, nsid, 1000 + (uint32_t)nsid);
		sum += fill_links(w, nsid);
	}
	assert_int_equal(sum, FEW_LINKS / 2);
	set_user(w, 20, 2000);
	assert_int_equal(fill_links(w, 20), 0);
	set_owner(w, 21, OWNER_SYSTEM);
	assert_int_equal(fill_links(w, 21), FEW_LINKS / 2);
	apply(w, &(struct event){.type = EV_NS_GONE, .nsid = 5});
	assert_int_equal(fill_links(w, 6), FEW_LINKS / 16);
}

static void a_stranger_s_addresses_have_a_share_too(void **state)
{
	struct world *w = *state;
	narrow(w);
	set_user(w, 5, 1000);
	assert_int_equal(fill_addrs(w, 5), FEW_ADDRS / 16);
	set_user(w, 6, 1001);
	assert_int_equal(fill_addrs(w, 6), FEW_ADDRS / 16);
	set_owner(w, 5, OWNER_HOST); /* it is root's after all */
	assert_int_equal(fill_addrs(w, 5), FEW_ADDRS - FEW_ADDRS / 16);
}

static void a_stranger_s_namespaces_have_a_share_too(void **state)
{
	struct world *w = *state;
	struct event ev = {.type = EV_NS, .ns = {.owner = OWNER_USER, .uid = 1000}};
	nsid_t nsid;
	narrow(w);
	for (ev.nsid = 0; ev.nsid < 64 / 16; ev.nsid++)
		apply(w, &ev);
	assert_int_equal(model_apply(w->model, &ev), ERR_RANGE);
	assert_true(model_is_lacking(w->model));
	assert_true(model_next_lacking(w->model, &nsid));
	assert_int_equal(nsid, NSID_UNKNOWN); /* all have to be asked */
	model_is_asked(w->model, nsid);
	assert_false(model_is_lacking(w->model));
	ev.ns.uid = 1001;
	apply(w, &ev);
}

/* What was refused is asked for again as soon as there is room, root's namespaces first. */
static void what_is_lacking_is_known_until_it_was_asked(void **state)
{
	struct world *w = *state;
	nsid_t nsid;
	narrow(w);
	assert_false(model_is_lacking(w->model));
	set_user(w, 5, 1000);
	set_user(w, 6, 1000);
	fill_links(w, 5);
	fill_links(w, 6);
	set_owner(w, 7, OWNER_HOST);
	fill_links(w, 7);
	assert_true(model_is_lacking(w->model));
	assert_false(model_next_lacking(w->model, &nsid));
	struct event gone = {.type = EV_LINK_GONE, .nsid = 5, .link.ifindex = 1};
	apply(w, &gone);
	assert_true(model_next_lacking(w->model, &nsid));
	assert_int_equal(nsid, 7);
	model_is_asked(w->model, 7);
	assert_true(model_next_lacking(w->model, &nsid));
	assert_int_not_equal(nsid, 7);
	apply(w, &(struct event){.type = EV_NS_GONE, .nsid = 5});
	assert_true(model_next_lacking(w->model, &nsid));
	assert_int_equal(nsid, 6);
	model_is_asked(w->model, 6);
	assert_false(model_is_lacking(w->model));
}

static void host_names_that_are_lacking_are_known_too(void **state)
{
	struct world *w = *state;
	nsid_t nsid;
	struct event ev = {.type = EV_HOSTNAME, .nsid = 5, .hostname.owner = OWNER_USER};
	for (ev.hostname.uts = 1; ev.hostname.uts <= LIMIT_NS_HOSTNAMES; ev.hostname.uts++)
		apply(w, &ev);
	assert_int_equal(model_apply(w->model, &ev), ERR_RANGE);
	assert_false(model_next_lacking(w->model, &nsid));
	ev.type = EV_HOSTNAME_GONE;
	ev.hostname.uts = 1;
	apply(w, &ev);
	assert_true(model_next_lacking(w->model, &nsid));
	assert_int_equal(nsid, 5);
}

static void a_link_is_up_with_carrier_or_where_the_driver_cannot_tell(void **state)
{
	struct event_link link = {.flags = IFF_UP | IFF_LOWER_UP, .operstate = IF_OPER_UP};
	(void)state;
	assert_true(model_link_is_up(&link));
	link.operstate = IF_OPER_UNKNOWN; /* loopback, tun */
	assert_true(model_link_is_up(&link));
	link.operstate = IF_OPER_DORMANT; /* 802.1X not done */
	assert_false(model_link_is_up(&link));
	link.operstate = IF_OPER_UP;
	link.flags = IFF_UP;
	assert_false(model_link_is_up(&link));
	link.flags = IFF_LOWER_UP;
	assert_false(model_link_is_up(&link));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		CASE(an_event_that_changes_nothing_is_not_told),
		CASE(a_change_is_told_with_what_was_before),
		CASE(a_link_that_goes_reports_its_addresses_first),
		CASE(a_namespace_that_goes_takes_everything_with_it),
		CASE(host_names_come_change_and_go_and_stand_in_order),
		CASE(others_host_names_never_push_out_ours),
		CASE(an_address_is_held_back_until_its_link_is_known),
		CASE(one_ipv4_address_may_be_there_with_several_prefix_lengths),
		CASE(an_ipv6_address_may_change_its_peer),
		CASE(a_dump_that_finds_nothing_new_changes_nothing),
		CASE(what_a_dump_does_not_name_is_gone_at_its_end),
		CASE(a_dump_sweeps_its_own_namespace_only),
		CASE(an_aborted_dump_concludes_nothing_from_absence),
		CASE(news_during_a_dump_wins_over_it),
		CASE(what_news_removed_is_not_brought_back_by_a_dump),
		CASE(a_link_made_again_does_not_get_back_its_old_addresses),
		CASE(records_of_no_dump_in_progress_are_passed_over),
		CASE(namespaces_are_visited_in_order_with_our_own_first),
		CASE(events_that_the_kernel_half_never_makes_are_refused),
		CASE(the_limit_of_links_is_kept_and_counted_down_again),
		CASE(each_stranger_has_a_share_and_all_have_half),
		CASE(a_stranger_s_addresses_have_a_share_too),
		CASE(a_stranger_s_namespaces_have_a_share_too),
		CASE(what_is_lacking_is_known_until_it_was_asked),
		CASE(host_names_that_are_lacking_are_known_too),
		cmocka_unit_test(a_link_is_up_with_carrier_or_where_the_driver_cannot_tell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
