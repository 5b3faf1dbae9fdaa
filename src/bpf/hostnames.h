/* SPDX-License-Identifier: ISC */
/* What the BPF programs (hostnames.bpf.c) and their reader (watch/tasks_bpf.c) share. */
#pragma once

/* Set before loading: what our own process is in. */
struct bpf_own {
	unsigned long long net; /* cookie */
	unsigned int uts;       /* inode number */
	unsigned int pid_ns;    /* inode number; of it are the numbers of processes that are told */
	int pid;                /* what it does itself, to look into namespaces, is not told */
	unsigned int zero;
};

struct bpf_state {
	unsigned long long lost;       /* records that found no room */
	unsigned long long last_proxy; /* of the task before, in the walk in progress */
};

enum bpf_sight_kind {
	BPF_SIGHT_SAW,    /* a proxy and what it is: of the inventory, or made just now */
	BPF_SIGHT_GONE,   /* the proxy is gone: nothing else of it is told */
	BPF_SIGHT_RENAMED /* the UTS namespace has that name: `proxy` and `net` mean nothing */
};

enum { BPF_SIGHT_NAME_CAP = 65 }; /* __NEW_UTS_LEN + 1 */

/* One record, of the iterator and of the ring buffer alike. */
struct bpf_sight {
	unsigned long long proxy; /* address of the struct nsproxy */
	unsigned long long net;   /* cookie */
	unsigned int uts;         /* inode number */
	int pid; /* of a task that is in it, or is making it; 0 if unseen from ours */
	unsigned int uts_owner; /* inode number of the user namespace that owns it */
	unsigned int kind;
	char name[BPF_SIGHT_NAME_CAP];
	char zero[7];
};
