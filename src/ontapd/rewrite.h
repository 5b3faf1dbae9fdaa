/* SPDX-License-Identifier: ISC */
/*
 * The BPF programs for guests (bpf/autoconf.bpf.c) in the kernel: they write hardware addresses anew between an
 * ipvtap and its guest, and guard what a guest may say. They stay on their links after our end, with what
 * they know; the next start puts its own in their place.
 */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "bpf/autoconf.h"
#include "io/netlink.h"

enum { REWRITE_WHY_CAP = 256 };

enum rewrite_program {
	REWRITE_FROM_GUEST, /* egress of a tap */
	REWRITE_TO_GUEST,   /* ingress of a tap */
	REWRITE_ON_PARENT,  /* ingress of a parent */
	REWRITE_PROGRAM_COUNT
};

struct rewrite; /* opaque */

/* Loads libbpf and the programs. -errno, with the reason for people in `ret_why`. */
int rewrite_open(struct rewrite **ret, char ret_why[REWRITE_WHY_CAP]) NONNULL MUSTCHECK;
void rewrite_close(struct rewrite *r);

/* The program's descriptor. Borrowed. */
int rewrite_program_fd(const struct rewrite *r, enum rewrite_program program) NONNULL;

/* Attaches the program to the link in the namespace of `a`, beside those of others. If ours is there already,
 * it is replaced in one step. -errno. */
int rewrite_attach(struct rewrite *r, struct asker *a, uint32_t ifindex,
	enum rewrite_program program) NONNULL MUSTCHECK;
/* Removes it. What is gone already is no error. */
void rewrite_detach(struct asker *a, uint32_t ifindex, enum rewrite_program program) NONNULL;

/* True if programs of others run before ours on the link; they may end the chain. */
bool rewrite_is_behind_others(
	struct asker *a, uint32_t ifindex, enum rewrite_program program) NONNULL;

/* Tells the programs what they need to know; what they remember about a guest stays. -errno;
 * -ENOSPC: too many ifindexes are alike. */
int rewrite_put_guest(struct rewrite *r, uint32_t ifindex, const struct bpf_guest *guest) NONNULL
	MUSTCHECK;
void rewrite_drop_guest(struct rewrite *r, uint32_t ifindex) NONNULL;
int rewrite_put_parent(struct rewrite *r, uint32_t ifindex,
	const uint8_t hwaddr[BPF_HWADDR_LEN]) NONNULL MUSTCHECK;
void rewrite_drop_parent(struct rewrite *r, uint32_t ifindex) NONNULL;
/* The address on that wire (ifindex of the parent) is the tap's; 0: it must be no tap's. */
int rewrite_put_claim(struct rewrite *r, uint32_t wire, const struct addr *addr,
	uint32_t ifindex) NONNULL MUSTCHECK;
void rewrite_drop_claim(struct rewrite *r, uint32_t wire, const struct addr *addr) NONNULL;

/* The ring buffer with the frames that say which addresses guests have (struct bpf_heard). Borrowed. */
int rewrite_heard_fd(const struct rewrite *r) NONNULL;

/* Readable when the guard has dropped frames whose source is not learnt. */
int rewrite_strays_fd(const struct rewrite *r) NONNULL;
/* Calls `on_stray` for each, at most a few hundred in a call: the tap, and the source. */
void rewrite_read_strays(struct rewrite *r,
	void (*on_stray)(void *arg, uint32_t ifindex, const struct addr *addr), void *arg)
	NONNULL_ARGS(1, 2);
