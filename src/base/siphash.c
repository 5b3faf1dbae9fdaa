/* SPDX-License-Identifier: ISC */
/*
 * Owns SipHash-2-4.
 * Never keeps state: key and bytes in, number out.
 */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static uint64_t word_at(const uint8_t *bytes)
{
	uint64_t word;
	memcpy(&word, bytes, sizeof(word));
	return le64toh(word);
}

static void run_rounds(struct state *s, int count)
{
	while (count-- > 0) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = rotate(s->b, 17) ^ s->c;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c = rotate(s->c, 32);
	}
}

static void take_word(struct state *s, uint64_t word)
{
	s->d ^= word;
	run_rounds(s, 2);
	s->a ^= word;
}

uint64_t siphash(const uint8_t key[SIPHASH_KEY_LEN], const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t low = word_at(key), high = word_at(key + 8);
	/* The constants are "somepseudorandomlygeneratedbytes". */
	struct state s = {low ^ 0x736f6d6570736575, high ^ 0x646f72616e646f6d,
		low ^ 0x6c7967656e657261, high ^ 0x7465646279746573};
	uint8_t last[8] = {[7] = (uint8_t)len};
	size_t left = len;
	for (; left >= 8; left -= 8, p += 8)
		take_word(&s, word_at(p));
	memcpy(last, p, left);
	take_word(&s, word_at(last));
	s.c ^= 0xff;
	run_rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
