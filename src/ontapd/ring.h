/* SPDX-License-Identifier: ISC */
/* A ring buffer that BPF programs write (BPF_MAP_TYPE_RINGBUF, kernel/bpf/ringbuf.c), read without libbpf and without
 * a privilege. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct ring {
	unsigned long *consumer;       /* NULL: not open */
	const unsigned long *producer; /* the data begin a page behind it, twice */
	const uint8_t *data;
	size_t size, page;
};

/* Maps the ring buffer of `size` bytes; the descriptor becomes readable when there are records, and is the
 * caller's. -errno. */
int ring_open(struct ring *r, int fd, size_t size) NONNULL MUSTCHECK;
void ring_close(struct ring *r) NONNULL;

/* Copies the next record, at most `cap` bytes, and frees its place. Returns its length, 0: there is none yet. */
size_t ring_take(struct ring *r, void *out, size_t cap) NONNULL;
