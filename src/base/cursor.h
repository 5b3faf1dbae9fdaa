/* SPDX-License-Identifier: ISC */
/*
 * Cursors over byte buffers, network byte order, with a sticky error: a read or write that does not
 * fit sets `err` and does nothing. All later ones do nothing either (reads return zero). A parser
 * reads a whole unit and then checks `err` once. Nothing here allocates memory or moves outside its
 * buffer.
 */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/steps.h"

struct rd {
	const uint8_t *start; /* of the whole buffer: offsets count from here */
	const uint8_t *at;
	const uint8_t *end;
	int err;        /* 0 or the first error */
	uint32_t jumps; /* compression pointers followed so far (wire/name.h) */
};

struct wr {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	int err;
};

static inline struct rd rd_init(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	return (struct rd){.start = p, .at = p, .end = p + len};
}

/* Bytes not read yet. */
static inline size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->at);
}

/* Offset of the next byte to be read. */
static inline size_t rd_off(const struct rd *r)
{
	return (size_t)(r->at - r->start);
}

/* Returns the next `len` bytes, borrowed, and moves the cursor behind them. NULL and ERR_SHORT if
 * there are fewer. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t len)
{
	STEPS(1);
	if (r->err)
		return NULL;
	if (rd_left(r) < len) {
		r->err = ERR_SHORT;
		return NULL;
	}
	const uint8_t *p = r->at;
	r->at += len;
	return p;
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 1);
	return p ? p[0] : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 2);
	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t rd_u32(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);
	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline struct wr wr_init(void *bytes, size_t cap)
{
	uint8_t *p = bytes;
	return (struct wr){.start = p, .at = p, .end = p + cap};
}

/* Bytes written so far. */
static inline size_t wr_len(const struct wr *w)
{
	return (size_t)(w->at - w->start);
}

/* Room left. */
static inline size_t wr_left(const struct wr *w)
{
	return (size_t)(w->end - w->at);
}

/* Returns room for `len` bytes, which the caller fills, and moves the cursor behind it. NULL and
 * ERR_SPACE if there is not enough room. */
static inline uint8_t *wr_room(struct wr *w, size_t len)
{
	STEPS(1 + len / STEP_BYTES);
	if (w->err)
		return NULL;
	if (wr_left(w) < len) {
		w->err = ERR_SPACE;
		return NULL;
	}
	uint8_t *p = w->at;
	w->at += len;
	return p;
}

static inline void wr_bytes(struct wr *w, const void *bytes, size_t len)
{
	uint8_t *p = wr_room(w, len);
	if (p && len > 0)
		memcpy(p, bytes, len);
}

static inline void put_u16(uint8_t *p, uint16_t v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_u32(uint8_t *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static inline uint16_t get_u16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t get_u32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *p = wr_room(w, 1);
	if (p)
		*p = v;
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *p = wr_room(w, 2);
	if (p)
		put_u16(p, v);
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_room(w, 4);
	if (p)
		put_u32(p, v);
}
