/* SPDX-License-Identifier: ISC */
/* What the BPF programs (hostnames.bpf.c) and their reader (watch/tasks_bpf.c) share. */
#pragma once

/* The namespaces of our own process; set before loading. */
struct bpf_own {
	unsigned long long net; /* cookie */
	unsigned int uts;       /* inode number */
	unsigned int pid_ns;    /* inode number; pids are reported as numbers of this namespace */
	int pid;                /* its own actions, to look into namespaces, are not reported */
	unsigned int user_ns;   /* inode number */
};

struct bpf_state {
	unsigned long long lost;       /* records without room */
	unsigned long long last_proxy; /* of the previous task in the running walk */
};

enum bpf_sight_kind {
	BPF_SIGHT_SAW,    /* a proxy and its namespaces: from the inventory, or just made */
	BPF_SIGHT_GONE,   /* the proxy is gone; the other fields are not set */
	BPF_SIGHT_RENAMED /* the new name of the UTS namespace; `proxy` and `net` are not set */
};

/* Who owns a namespace: enum event_owner of model/event.h. */
enum bpf_owner { BPF_OWNER_USER, BPF_OWNER_SYSTEM, BPF_OWNER_HOST };

enum { BPF_SIGHT_NAME_CAP = 65 }; /* __NEW_UTS_LEN + 1 */
#define BPF_UID_UNKNOWN 0xffffffffu

/* A record of the iterator or of the ring buffer. */
struct bpf_sight {
	unsigned long long proxy; /* address of the struct nsproxy */
	unsigned long long net;   /* cookie */
	unsigned int uts;         /* inode number */
	int pid; /* of a task in it, or making it; 0 if not visible in our PID namespace */
	unsigned int uts_owner; /* enum bpf_owner */
	unsigned int kind;
	unsigned int owner; /* of BPF_SIGHT_SAW: of the less trusted of both namespaces */
	unsigned int uid;   /* and to whom that is accounted */
	char name[BPF_SIGHT_NAME_CAP];
	char zero[7];
};
