/* SPDX-License-Identifier: ISC */
/*
 * Owns the BPF programs and maps for guests.
 * Never decides what a guest may say.
 */
#include "ontapd/rewrite.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "bpf/object.h"
#include "device/filter.h"
#include "io/dynlib.h"

enum { READ_AT_ONCE = 256 };

#define BPF_CALLS(CALL)                                                                            \
	CALL(bpf_map_delete_elem)                                                                  \
	CALL(bpf_map_lookup_elem)                                                                  \
	CALL(bpf_map_update_elem)                                                                  \
	CALL(bpf_object__close)                                                                    \
	CALL(bpf_object__find_map_fd_by_name)                                                      \
	CALL(bpf_object__find_program_by_name)                                                     \
	CALL(bpf_object__load)                                                                     \
	CALL(bpf_object__open_mem)                                                                 \
	CALL(bpf_program__fd)                                                                      \
	CALL(libbpf_set_print)                                                                     \
	CALL(ring_buffer__consume)                                                                 \
	CALL(ring_buffer__epoll_fd)                                                                \
	CALL(ring_buffer__free)                                                                    \
	CALL(ring_buffer__new)

static const char *const call_names[] = DYNLIB_NAMES(BPF_CALLS);

static const struct program {
	const char *name;
	enum filter_way way;
} programs[REWRITE_PROGRAM_COUNT] = {
	[REWRITE_FROM_GUEST] = {"from_guest", FILTER_EGRESS},
	[REWRITE_TO_GUEST] = {"to_guest", FILTER_INGRESS},
	[REWRITE_ON_PARENT] = {"on_parent", FILTER_INGRESS},
};

struct rewrite {
	void *library;
	DYNLIB_TABLE(BPF_CALLS) calls;
	struct bpf_object *object;
	int programs[REWRITE_PROGRAM_COUNT];
	int guests, claims, parents, heard; /* maps */
	struct ring_buffer *strays;
	size_t read; /* by the running call */
	void (*on_stray)(void *arg, uint32_t ifindex, const struct addr *addr); /* during a call */
	void *arg;
};

/* --- loading ------------------------------------------------------------------------------ */

static int be_quiet(
	enum libbpf_print_level level UNUSED, const char *format UNUSED, va_list args UNUSED)
{
	return 0; /* the caller gets the reason */
}

static int fail(char ret_why[REWRITE_WHY_CAP], const char *what, int err)
{
	snprintf(ret_why, REWRITE_WHY_CAP, "%s: %s", what, err_text(err));
	return err;
}

static int find_programs(struct rewrite *r)
{
	for (size_t i = 0; i < REWRITE_PROGRAM_COUNT; i++) {
		struct bpf_program *program =
			r->calls.bpf_object__find_program_by_name(r->object, programs[i].name);
		r->programs[i] = program ? r->calls.bpf_program__fd(program) : -ENOENT;
		if (r->programs[i] < 0)
			return r->programs[i];
	}
	return 0;
}

static int on_ring(void *arg, void *data, size_t size);

static int find_maps(struct rewrite *r)
{
	r->guests = r->calls.bpf_object__find_map_fd_by_name(r->object, "guests");
	r->claims = r->calls.bpf_object__find_map_fd_by_name(r->object, "claims");
	r->parents = r->calls.bpf_object__find_map_fd_by_name(r->object, "parents");
	r->heard = r->calls.bpf_object__find_map_fd_by_name(r->object, "heard");
	int strays = r->calls.bpf_object__find_map_fd_by_name(r->object, "strays");
	if (r->guests < 0 || r->claims < 0 || r->parents < 0 || r->heard < 0 || strays < 0)
		return -ENOENT;
	r->strays = r->calls.ring_buffer__new(strays, on_ring, r, NULL);
	return r->strays ? 0 : -errno;
}

static int load(struct rewrite *r, char ret_why[REWRITE_WHY_CAP])
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ontap");
	r->library = dynlib_open(BPF_SONAME, call_names, ARRAY_LEN(call_names), &r->calls, ret_why);
	if (!r->library)
		return -ELIBACC;
	r->calls.libbpf_set_print(be_quiet);
	r->object = r->calls.bpf_object__open_mem(bpf_autoconf_bytes, bpf_autoconf_len, &options);
	if (!r->object)
		return fail(ret_why, "the programs cannot be read", -errno);
	int err = r->calls.bpf_object__load(r->object);
	if (err)
		return fail(ret_why, "the kernel takes no BPF programs", err);
	err = find_programs(r);
	if (!err)
		err = find_maps(r);
	malloc_trim(0);
	return err ? fail(ret_why, "the programs cannot be used", err) : 0;
}

int rewrite_open(struct rewrite **ret, char ret_why[REWRITE_WHY_CAP])
{
	_Static_assert((int)REWRITE_WHY_CAP >= (int)DYNLIB_WHY_CAP, "a reason may not fit");
	struct rewrite *r = calloc(1, sizeof(*r));
	if (!r)
		return fail(ret_why, "the programs cannot be loaded", -ENOMEM);
	int err = load(r, ret_why);
	if (err)
		rewrite_close(r);
	else
		*ret = r;
	return err;
}

void rewrite_close(struct rewrite *r)
{
	if (!r)
		return;
	if (r->library) {
		if (r->strays)
			r->calls.ring_buffer__free(r->strays);
		r->calls.bpf_object__close(r->object);
	}
	dynlib_close(r->library);
	free(r);
}

int rewrite_program_fd(const struct rewrite *r, enum rewrite_program program)
{
	return r->programs[program];
}

/* --- links -------------------------------------------------------------------------------- */

static int ask(struct asker *a, const struct rtnl_request *request)
{
	return asker_ask(a, request, NSID_OWN);
}

int rewrite_attach(
	struct rewrite *r, struct asker *a, uint32_t ifindex, enum rewrite_program program)
{
	const struct rtnl_request place = request_add_clsact(++a->seq, ifindex);
	int err = ask(a, &place);
	if (err && err != -EEXIST)
		return err;
	const struct rtnl_request filter =
		request_put_filter(++a->seq, ifindex, programs[program].way, r->programs[program]);
	return ask(a, &filter);
}

void rewrite_detach(struct asker *a, uint32_t ifindex, enum rewrite_program program)
{
	const struct rtnl_request request =
		request_delete_filter(++a->seq, ifindex, programs[program].way);
	(void)!ask(a, &request);
}

static void on_message(void *arg, const struct nlmsghdr *h)
{
	bool *is_behind = arg;
	*is_behind = *is_behind || filter_is_before_ours(h);
}

static void ignore(void *arg UNUSED, const struct event *ev UNUSED)
{
}

bool rewrite_is_behind_others(struct asker *a, uint32_t ifindex, enum rewrite_program program)
{
	bool is_behind = false;
	const struct rtnl_sink sink = {
		.on_event = ignore, .on_message = on_message, .arg = &is_behind};
	const struct rtnl_request request =
		request_dump_filters(++a->seq, ifindex, programs[program].way);
	(void)!asker_dump(a, &request, NSID_OWN, &sink);
	return is_behind;
}

/* --- maps --------------------------------------------------------------------------------- */

static int put(struct rewrite *r, int map, const void *key, const void *value)
{
	return r->calls.bpf_map_update_elem(map, key, value, BPF_ANY);
}

static void drop(struct rewrite *r, int map, const void *key)
{
	(void)!r->calls.bpf_map_delete_elem(map, key);
}

/* An array of guests or parents, whose values begin with the ifindex. */
struct places {
	int map;
	uint32_t count;
	size_t value_size;
};

static struct places guest_places(const struct rewrite *r)
{
	return (struct places){r->guests, BPF_GUESTS, sizeof(struct bpf_guest)};
}

static struct places parent_places(const struct rewrite *r)
{
	return (struct places){r->parents, BPF_PARENTS, sizeof(struct bpf_parent)};
}

/* Returns the place of the link, or else a free one, with what is there; negative: there is none. */
static int64_t find_place(
	struct rewrite *r, const struct places *places, uint32_t ifindex, void *ret_value)
{
	int64_t free_at = -ENOSPC;
	memset(ret_value, 0, places->value_size);
	for (uint32_t i = 0; i < BPF_PLACES; i++) {
		uint32_t at = (ifindex + i) % places->count, owner;
		if (r->calls.bpf_map_lookup_elem(places->map, &at, ret_value))
			return -errno;
		memcpy(&owner, ret_value, sizeof(owner));
		if (owner == ifindex)
			return at;
		if (owner == 0 && free_at < 0)
			free_at = at;
	}
	memset(ret_value, 0, places->value_size);
	return free_at;
}

static int put_at(struct rewrite *r, const struct places *places, int64_t at, const void *value)
{
	const uint32_t key = (uint32_t)at;
	return at < 0 ? (int)at : put(r, places->map, &key, value);
}

static void drop_at(struct rewrite *r, const struct places *places, uint32_t ifindex, void *room)
{
	int64_t at = find_place(r, places, ifindex, room);
	memset(room, 0, places->value_size);
	(void)!put_at(r, places, at, room);
}

int rewrite_put_guest(struct rewrite *r, uint32_t ifindex, const struct bpf_guest *guest)
{
	const struct places places = guest_places(r);
	struct bpf_guest copy = *guest, known;
	int64_t at = find_place(r, &places, ifindex, &known);
	copy.ifindex = ifindex;
	copy.spent = known.spent;
	return put_at(r, &places, at, &copy);
}

void rewrite_drop_guest(struct rewrite *r, uint32_t ifindex)
{
	const struct places places = guest_places(r);
	struct bpf_guest room;
	drop_at(r, &places, ifindex, &room);
}

int rewrite_put_parent(struct rewrite *r, uint32_t ifindex, const uint8_t hwaddr[BPF_HWADDR_LEN])
{
	const struct places places = parent_places(r);
	struct bpf_parent parent;
	int64_t at = find_place(r, &places, ifindex, &parent);
	parent.ifindex = ifindex;
	memcpy(parent.hwaddr, hwaddr, sizeof(parent.hwaddr));
	return put_at(r, &places, at, &parent);
}

void rewrite_drop_parent(struct rewrite *r, uint32_t ifindex)
{
	const struct places places = parent_places(r);
	struct bpf_parent room;
	drop_at(r, &places, ifindex, &room);
}

static struct bpf_claim claim_of(uint32_t wire, const struct addr *addr)
{
	struct bpf_claim claim = {.wire = wire};
	if (addr->family == ADDR_V6) {
		memcpy(claim.addr, addr->bytes, sizeof(claim.addr));
		return claim;
	}
	claim.addr[10] = claim.addr[11] = 0xff;
	memcpy(&claim.addr[12], addr->bytes, 4);
	return claim;
}

int rewrite_put_claim(struct rewrite *r, uint32_t wire, const struct addr *addr, uint32_t ifindex)
{
	const struct bpf_claim claim = claim_of(wire, addr);
	return put(r, r->claims, &claim, &ifindex);
}

void rewrite_drop_claim(struct rewrite *r, uint32_t wire, const struct addr *addr)
{
	const struct bpf_claim claim = claim_of(wire, addr);
	drop(r, r->claims, &claim);
}

/* --- strays ------------------------------------------------------------------------------- */

static int on_ring(void *arg, void *data, size_t size)
{
	struct rewrite *r = arg;
	const struct bpf_stray *stray = data;
	if (size >= sizeof(*stray) && r->on_stray) {
		struct addr addr = addr_unmap(addr_make(ADDR_V6, stray->addr));
		r->on_stray(r->arg, stray->ifindex, &addr);
	}
	return ++r->read < READ_AT_ONCE ? 0 : -1; /* the rest keeps the descriptor readable */
}

int rewrite_heard_fd(const struct rewrite *r)
{
	return r->heard;
}

int rewrite_strays_fd(const struct rewrite *r)
{
	return r->calls.ring_buffer__epoll_fd(r->strays);
}

void rewrite_read_strays(struct rewrite *r,
	void (*on_stray)(void *arg, uint32_t ifindex, const struct addr *addr), void *arg)
{
	r->on_stray = on_stray;
	r->arg = arg;
	r->read = 0;
	(void)!r->calls.ring_buffer__consume(r->strays);
	r->on_stray = NULL;
}
