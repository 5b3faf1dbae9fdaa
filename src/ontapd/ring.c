/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of a ring buffer of BPF.
 * Never looks into its records.
 */
#include "ontapd/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int ring_open(struct ring *r, int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	uint8_t *rest = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (rest == MAP_FAILED) {
		int err = -errno;
		munmap(consumer, page);
		return err;
	}
	*r = (struct ring){.consumer = consumer,
		.producer = (const unsigned long *)(const void *)rest,
		.data = rest + page,
		.size = size,
		.page = page};
	return 0;
}

void ring_close(struct ring *r)
{
	if (!r->consumer)
		return;
	munmap(r->consumer, r->page);
	munmap((void *)(uintptr_t)r->producer, r->page + 2 * r->size);
	*r = (struct ring){0};
}

/* The place is freed before the record is used: what ends us must not be read again by our successor. */
size_t ring_take(struct ring *r, void *out, size_t cap)
{
	unsigned long at = *r->consumer;
	/* Progress: each turn skips a record that was given up. */
	while (at != __atomic_load_n(r->producer, __ATOMIC_ACQUIRE)) {
		const uint8_t *record = r->data + (at & (r->size - 1));
		uint32_t head =
			__atomic_load_n((const uint32_t *)(const void *)record, __ATOMIC_ACQUIRE);
		if (head & BPF_RINGBUF_BUSY_BIT)
			return 0;
		size_t len = head & ~(uint32_t)(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		size_t taken = len < cap ? len : cap;
		memcpy(out, record + BPF_RINGBUF_HDR_SZ, taken);
		at += (len + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
		__atomic_store_n(r->consumer, at, __ATOMIC_RELEASE);
		if (!(head & BPF_RINGBUF_DISCARD_BIT) && taken > 0)
			return taken;
	}
	return 0;
}
