/* SPDX-License-Identifier: ISC */
/*
 * Owns the BPF programs that report which tasks are in which network and UTS namespaces: all at one
 * moment (iter/task), and each change (fexit and fentry on the life of struct nsproxy and on host
 * names).
 * Never decides anything, except to skip our own pair of namespaces. Run by the kernel; loaded by
 * watch/tasks_bpf.c from the array that `make bpf-object` makes of this.
 *
 * The few members that are read are declared here, and are found in the running kernel by their
 * names (CO-RE), so no kernel headers are needed. No hook is on the path of a system call that does
 * not change namespaces or names.
 */
#include "bpf/types.bpf.h"

enum { BPF_MAP_TYPE_RINGBUF = 27, PID_NS_LEVELS_MAX = 32, USER_NS_LEVELS_MAX = 33 };

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/hostnames.h"

#define RELOCATED __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} RELOCATED;

typedef struct {
	__u32 val;
} kuid_t;

struct user_namespace {
	struct user_namespace *parent;
	kuid_t owner;
	struct ns_common ns;
} RELOCATED;

struct net {
	__u64 net_cookie;
	struct user_namespace *user_ns;
	struct ns_common ns;
} RELOCATED;

struct new_utsname {
	char nodename[BPF_SIGHT_NAME_CAP];
} RELOCATED;

struct uts_namespace {
	struct new_utsname name;
	struct user_namespace *user_ns;
	struct ns_common ns;
} RELOCATED;

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct net *net_ns;
} RELOCATED;

struct nsset {
	struct nsproxy *nsproxy;
} RELOCATED;

struct pid_namespace {
	struct ns_common ns;
} RELOCATED;

struct upid {
	int nr;
	struct pid_namespace *ns;
} RELOCATED;

/* The numbers of a task, one for each PID namespace that it is in, from the outermost down. */
struct pid {
	unsigned int level;
	struct upid numbers[1];
} RELOCATED;

struct task_struct {
	struct pid *thread_pid;
	struct task_struct *group_leader;
	struct nsproxy *nsproxy;
} RELOCATED;

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
} RELOCATED;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} RELOCATED;

const volatile struct bpf_own own;
struct bpf_state state;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 19); /* some four thousand records */
} news SEC(".maps");

static __always_inline bool is_ours(const struct nsproxy *proxy)
{
	return proxy->net_ns->net_cookie == own.net && proxy->uts_ns->ns.inum == own.uts;
}

#define OWNED_BY(owner, uid) ((__u64)(owner) << 32 | (uid))

/* Root of a user namespace may make others below it, so each one up to ours must belong to root.
 * This is the machine's root: only a process in the first user namespace may load this program. The lower half is
 * who made the last one below ours; BPF_UID_UNKNOWN for BPF_OWNER_HOST. */
static __attribute__((noinline)) __u64 owner_of(struct user_namespace *user)
{
	enum bpf_owner owner = BPF_OWNER_HOST;
	__u32 uid = BPF_UID_UNKNOWN;
#pragma clang loop unroll(disable)
	for (int i = 0; i < USER_NS_LEVELS_MAX && user; i++) {
		if (BPF_CORE_READ(user, ns.inum) == own.user_ns)
			return OWNED_BY(owner, uid);
		uid = BPF_CORE_READ(user, owner.val);
		if (owner == BPF_OWNER_HOST)
			owner = BPF_OWNER_SYSTEM;
		if (uid != 0)
			owner = BPF_OWNER_USER;
		user = BPF_CORE_READ(user, parent);
	}
	return OWNED_BY(BPF_OWNER_USER, BPF_UID_UNKNOWN);
}

static __always_inline void describe_uts(struct bpf_sight *s, struct uts_namespace *uts)
{
	s->uts = uts->ns.inum;
	s->uts_owner = owner_of(uts->user_ns) >> 32;
	bpf_probe_read_kernel(s->name, sizeof(s->name), uts->name.nodename);
}

static __always_inline void describe_proxy(struct bpf_sight *s, struct nsproxy *proxy)
{
	s->kind = BPF_SIGHT_SAW;
	s->proxy = (__u64)proxy;
	s->net = proxy->net_ns->net_cookie;
	describe_uts(s, proxy->uts_ns);
	__u64 net_owner = owner_of(proxy->net_ns->user_ns),
	      uts_owner = owner_of(proxy->uts_ns->user_ns);
	__u64 less_trusted = uts_owner >> 32 < net_owner >> 32 ? uts_owner : net_owner;
	s->owner = less_trusted >> 32;
	s->uid = (__u32)less_trusted;
}

/* Returns the number of a task in our PID namespace, as in our /proc; 0 if it is not visible
 * there. */
static __always_inline __s32 own_number(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	if (!pid)
		return 0; /* it has exited */
	unsigned int level = BPF_CORE_READ(pid, level);
	void *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);
	for (unsigned int i = 0; i <= PID_NS_LEVELS_MAX && i <= level; i++) {
		struct upid *number = numbers + i * bpf_core_type_size(struct upid);
		if (BPF_CORE_READ(number, ns, ns.inum) == own.pid_ns)
			return BPF_CORE_READ(number, nr);
	}
	return 0;
}

static __always_inline struct bpf_sight *news_begin(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();
	if (own_number(BPF_CORE_READ(task, group_leader)) == own.pid)
		return 0;
	struct bpf_sight *s = bpf_ringbuf_reserve(&news, sizeof(*s), 0);
	if (!s) {
		__sync_fetch_and_add(&state.lost, 1);
		return 0;
	}
	__builtin_memset(s, 0, sizeof(*s));
	s->pid = own_number(task);
	return s;
}

/* Without a flag, the reader is woken only if it had read everything: once per burst. */
static __always_inline void tell_proxy(struct nsproxy *proxy)
{
	struct bpf_sight *s = news_begin();
	if (!s)
		return;
	describe_proxy(s, proxy);
	bpf_ringbuf_submit(s, 0);
}

static __always_inline void tell_name(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();
	struct nsproxy *proxy = task->nsproxy;
	struct bpf_sight *s = proxy ? news_begin() : 0;
	if (!s)
		return;
	s->kind = BPF_SIGHT_RENAMED;
	describe_uts(s, proxy->uts_ns);
	bpf_ringbuf_submit(s, 0);
}

SEC("iter/task")
int look(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct bpf_sight s = {0};
	if (ctx->meta->seq_num == 0)
		state.last_proxy = 0;
	if (!task)
		return 0;
	struct nsproxy *proxy = task->nsproxy;
	if (!proxy || (__u64)proxy == state.last_proxy)
		return 0; /* most tasks share it with the previous one */
	state.last_proxy = (__u64)proxy;
	if (is_ours(proxy))
		return 0;
	describe_proxy(&s, proxy);
	s.pid = own_number(task);
	/* The task may have exited meanwhile, and its proxy may have been freed. */
	if (task->nsproxy == proxy)
		bpf_seq_write(ctx->meta->seq, &s, sizeof(s));
	return 0;
}

SEC("fexit/create_new_namespaces")
int BPF_PROG(on_made, unsigned long flags, struct task_struct *task, void *user_ns, void *fs,
	struct nsproxy *made)
{
	if ((__u64)made < (__u64)-4095 && !is_ours(made))
		tell_proxy(made);
	return 0;
}

/* setns(2) first makes a copy of the old proxy, and installs the new namespaces afterwards. A proxy
 * that becomes ours in this way is reported, too: it may have been reported as another before. */
SEC("fexit/netns_install")
int BPF_PROG(on_net_installed, struct nsset *nsset, struct ns_common *ns, int result)
{
	if (result == 0)
		tell_proxy(nsset->nsproxy);
	return 0;
}

SEC("fexit/utsns_install")
int BPF_PROG(on_uts_installed, struct nsset *nsset, struct ns_common *ns, int result)
{
	if (result == 0)
		tell_proxy(nsset->nsproxy);
	return 0;
}

/* The namespaces of a proxy that is freed cannot be found out any more, so each one is reported. */
SEC("fentry/free_nsproxy")
int BPF_PROG(on_freed, struct nsproxy *proxy)
{
	struct bpf_sight *s = news_begin();
	if (!s)
		return 0;
	s->kind = BPF_SIGHT_GONE;
	s->proxy = (__u64)proxy;
	bpf_ringbuf_submit(s, 0);
	return 0;
}

/* sethostname(2), on every architecture. */
SEC("fexit/uts_proc_notify")
int BPF_PROG(on_set)
{
	tell_name();
	return 0;
}

/* /proc/sys/kernel/hostname. */
SEC("fexit/proc_do_uts_string")
int BPF_PROG(on_written, void *table, int write)
{
	if (write)
		tell_name();
	return 0;
}

char bpf_license[] SEC("license") = "Dual BSD/GPL";
