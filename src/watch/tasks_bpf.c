/* SPDX-License-Identifier: ISC */
/*
 * Owns the BPF programs in the kernel, and reads the records that they write.
 * Never stores the records.
 */
#include "watch/tasks_bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "bpf/hostnames.h"
#include "bpf/object.h"
#include "io/dynlib.h"

enum { HOOKS_CAP = 8, LOOK_RECORDS = 32, READ_AT_ONCE = 8192 };

#define BPF_CALLS(CALL)                                                                            \
	CALL(bpf_iter_create)                                                                      \
	CALL(bpf_link__destroy)                                                                    \
	CALL(bpf_link__fd)                                                                         \
	CALL(bpf_map__fd)                                                                          \
	CALL(bpf_map__set_initial_value)                                                           \
	CALL(bpf_object__close)                                                                    \
	CALL(bpf_object__find_map_by_name)                                                         \
	CALL(bpf_object__load)                                                                     \
	CALL(bpf_object__next_program)                                                             \
	CALL(bpf_object__open_mem)                                                                 \
	CALL(bpf_program__attach)                                                                  \
	CALL(bpf_program__attach_iter)                                                             \
	CALL(bpf_program__autoload)                                                                \
	CALL(bpf_program__name)                                                                    \
	CALL(bpf_program__set_autoload)                                                            \
	CALL(libbpf_set_print)                                                                     \
	CALL(ring_buffer__consume)                                                                 \
	CALL(ring_buffer__epoll_fd)                                                                \
	CALL(ring_buffer__free)                                                                    \
	CALL(ring_buffer__new)

static const char *const call_names[] = DYNLIB_NAMES(BPF_CALLS);

struct tasks_bpf {
	void *library;
	DYNLIB_TABLE(BPF_CALLS) calls;
	struct bpf_object *object;
	struct bpf_link *look;
	struct bpf_link *hooks[HOOKS_CAP];
	size_t hook_count;
	struct ring_buffer *ring;      /* NULL without news */
	const struct bpf_state *state; /* of the BPF programs, mapped; NULL without news */
	uint64_t lost;                 /* lost records that have been reported */
	size_t read;                   /* number of records read by the running call */
	struct tasks_self self;
	const struct tasks_sink *sink; /* during a read */
};

static int be_quiet(
	enum libbpf_print_level level UNUSED, const char *format UNUSED, va_list args UNUSED)
{
	return 0; /* the census logs the result in one line */
}

/* --- loading ------------------------------------------------------------------------------ */

static int set_constants(struct tasks_bpf *t)
{
	struct bpf_map *map = t->calls.bpf_object__find_map_by_name(t->object, ".rodata");
	struct bpf_own own = {.net = t->self.net.cookie,
		.uts = t->self.uts_ino,
		.pid_ns = t->self.pid_ino,
		.user_ns = (uint32_t)t->self.net.user_ino,
		.pid = getpid()};
	return map ? t->calls.bpf_map__set_initial_value(map, &own, sizeof(own)) : -EINVAL;
}

static struct bpf_program *next_program(const struct tasks_bpf *t, struct bpf_program *program)
{
	return t->calls.bpf_object__next_program(t->object, program);
}

static bool is_look(const struct tasks_bpf *t, const struct bpf_program *program)
{
	return strcmp(t->calls.bpf_program__name(program), "look") == 0;
}

static int attach(struct tasks_bpf *t)
{
	for (struct bpf_program *program = next_program(t, NULL); program;
		program = next_program(t, program)) {
		if (!t->calls.bpf_program__autoload(program))
			continue;
		bool is_iter = is_look(t, program);
		if (!is_iter && t->hook_count == HOOKS_CAP)
			return -E2BIG;
		struct bpf_link *link = is_iter ? t->calls.bpf_program__attach_iter(program, NULL)
						: t->calls.bpf_program__attach(program);
		if (!link)
			return -errno;
		if (is_iter)
			t->look = link;
		else
			t->hooks[t->hook_count++] = link;
	}
	return t->look ? 0 : -EINVAL;
}

/* Locked-down kernels refuse to load a program that is attached to functions, before they look at
 * it. Loading the real programs to find out takes 20 ms. So we try one with an invalid target: if
 * EPERM is the error, the kernel refuses all. */
static bool may_have_hooks(void)
{
	const uint64_t return_0[] = {0xb7, 0x95}; /* r0 = 0; exit */
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = BPF_TRACE_FEXIT;
	attr.attach_btf_id = 1;
	attr.insns = (uintptr_t)return_0;
	attr.insn_cnt = ARRAY_LEN(return_0);
	attr.license = (uintptr_t) "GPL";
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != EPERM;
}

static int load(struct tasks_bpf *t, bool has_news)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ontap");
	t->object = t->calls.bpf_object__open_mem(bpf_hostnames_bytes, bpf_hostnames_len, &options);
	if (!t->object)
		return -errno;
	for (struct bpf_program *program = next_program(t, NULL); program;
		program = next_program(t, program))
		t->calls.bpf_program__set_autoload(program, has_news || is_look(t, program));
	int err = set_constants(t);
	return err ? err : t->calls.bpf_object__load(t->object);
}

static void take_record(struct tasks_bpf *t, const struct bpf_sight *record);

static int on_ring(void *arg, void *data, size_t size)
{
	struct tasks_bpf *t = arg;
	if (size >= sizeof(struct bpf_sight))
		take_record(t, data);
	return ++t->read < READ_AT_ONCE ? 0 : -1; /* the rest keeps the descriptor readable */
}

static int open_ring(struct tasks_bpf *t)
{
	struct bpf_map *news = t->calls.bpf_object__find_map_by_name(t->object, "news");
	struct bpf_map *bss = t->calls.bpf_object__find_map_by_name(t->object, ".bss");
	if (!news || !bss)
		return -EINVAL;
	int fd = t->calls.bpf_map__fd(bss);
	void *state = mmap(NULL, sizeof(*t->state), PROT_READ, MAP_SHARED, fd, 0);
	if (state == MAP_FAILED)
		return -errno;
	t->state = state;
	t->ring = t->calls.ring_buffer__new(t->calls.bpf_map__fd(news), on_ring, t, NULL);
	return t->ring ? 0 : -errno;
}

/* The library is loaded here, since the serving process does not need it. */
static int open_library(struct tasks_bpf *t)
{
	char why[DYNLIB_WHY_CAP];
	t->library = dynlib_open(BPF_SONAME, call_names, ARRAY_LEN(call_names), &t->calls, why);
	if (!t->library)
		return -ELIBACC;
	t->calls.libbpf_set_print(be_quiet);
	return 0;
}

static void close_library(struct tasks_bpf *t)
{
	for (size_t i = 0; i < t->hook_count; i++)
		t->calls.bpf_link__destroy(t->hooks[i]);
	t->calls.bpf_link__destroy(t->look);
	t->calls.ring_buffer__free(t->ring);
	t->calls.bpf_object__close(t->object);
	dynlib_close(t->library);
}

int tasks_bpf_open(struct tasks_bpf **ret, const struct tasks_self *self, bool has_news)
{
	if (has_news && !may_have_hooks())
		return -EPERM;
	struct tasks_bpf *t = calloc(1, sizeof(*t));
	if (!t)
		return ERR_NOMEM;
	t->self = *self;
	int err = open_library(t);
	if (!err)
		err = load(t, has_news);
	if (!err && has_news)
		err = open_ring(t);
	if (!err)
		err = attach(t);
	malloc_trim(0); /* libbpf had all types of the kernel in memory: 10 MB */
	if (err) {
		tasks_bpf_close(t);
		return err;
	}
	*ret = t;
	return 0;
}

void tasks_bpf_close(struct tasks_bpf *t)
{
	if (!t)
		return;
	if (t->library)
		close_library(t);
	if (t->state)
		munmap((void *)(uintptr_t)t->state, sizeof(*t->state));
	free(t);
}

int tasks_bpf_fd(const struct tasks_bpf *t)
{
	return t->ring ? t->calls.ring_buffer__epoll_fd(t->ring) : -1;
}

/* --- reading ------------------------------------------------------------------------------ */

static enum event_owner to_owner(unsigned owner)
{
	switch ((enum bpf_owner)owner) {
	case BPF_OWNER_HOST: return OWNER_HOST;
	case BPF_OWNER_SYSTEM: return OWNER_SYSTEM;
	case BPF_OWNER_USER: break;
	}
	return OWNER_USER;
}

/* Copies the name into a zeroed array, so that equal names have equal bytes. */
static void take_record(struct tasks_bpf *t, const struct bpf_sight *record)
{
	const struct tasks_sink *sink = t->sink;
	struct relation_sight sight = {.nsproxy = record->proxy,
		.net = record->net,
		.pid = record->pid,
		.owner = (uint8_t)to_owner(record->owner),
		.uid = record->uid,
		.uts = {.uts = record->uts, .is_own = record->uts == t->self.uts_ino}};
	sight.uts.owner = (uint8_t)(sight.uts.is_own ? OWNER_HOST : to_owner(record->uts_owner));
	memcpy(sight.uts.name, record->name, strnlen(record->name, HOSTNAME_CAP - 1));
	switch ((enum bpf_sight_kind)record->kind) {
	case BPF_SIGHT_SAW: sink->on_sight(sink->arg, &sight); break;
	case BPF_SIGHT_GONE: sink->on_gone(sink->arg, record->proxy); break;
	case BPF_SIGHT_RENAMED: sink->on_renamed(sink->arg, record->uts, sight.uts.name); break;
	}
}

int tasks_bpf_look(struct tasks_bpf *t, const struct tasks_sink *sink)
{
	struct bpf_sight records[LOOK_RECORDS];
	size_t have = 0;
	ssize_t len = 0;
	int fd = t->calls.bpf_iter_create(t->calls.bpf_link__fd(t->look));
	if (fd < 0)
		return fd;
	t->sink = sink;
	/* Progress: each turn reads some bytes, and the iterator ends. A record may be split over
	 * two reads. */
	while ((len = read(fd, (char *)records + have, sizeof(records) - have)) > 0 ||
		(len < 0 && (errno == EAGAIN || errno == EINTR))) {
		have += len > 0 ? (size_t)len : 0;
		size_t whole = have / sizeof(records[0]);
		for (size_t i = 0; i < whole; i++)
			take_record(t, &records[i]);
		have -= whole * sizeof(records[0]);
		memmove(records, &records[whole], have);
	}
	int err = len < 0 ? -errno : 0;
	close(fd);
	t->sink = NULL;
	return err;
}

bool tasks_bpf_read(struct tasks_bpf *t, const struct tasks_sink *sink)
{
	if (!t->ring)
		return true;
	t->sink = sink;
	t->read = 0;
	(void)t->calls.ring_buffer__consume(t->ring);
	t->sink = NULL;
	uint64_t lost = __atomic_load_n(&t->state->lost, __ATOMIC_RELAXED);
	bool is_whole = lost == t->lost;
	t->lost = lost;
	return is_whole;
}
