/* SPDX-License-Identifier: ISC */
/*
 * Owns the table of the names in a message that pointers can refer to, and their hash.
 * Never writes to the message, never allocates.
 */
#include "wire/suffix.h"

#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "wire/name.h"

void suffixes_init(struct suffixes *s)
{
	s->count = 0;
	s->oldest = 1;
	memset(s->heads, 0, sizeof(s->heads));
}

static struct suffix *ring_at(struct suffixes *s, uint16_t number)
{
	return &s->ring[number % SUFFIX_COUNT];
}

static uint16_t *head_of(struct suffixes *s, uint16_t hash)
{
	return &s->heads[hash % SUFFIX_HEADS];
}

/* Returns two to eight bytes as a number. */
static uint64_t word_of(const uint8_t *bytes, size_t len)
{
	uint64_t word;
	uint32_t first, last;
	uint16_t first_two;
	if (len == sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		return word;
	}
	if (len >= sizeof(first)) {
		/* The two overlap. */
		memcpy(&first, bytes, sizeof(first));
		memcpy(&last, bytes + len - sizeof(last), sizeof(last));
		return (uint64_t)last << 32 | first;
	}
	memcpy(&first_two, bytes, sizeof(first_two));
	return (uint64_t)bytes[len - 1] << 16 | first_two;
}

/* Returns the hash of a label followed by a name with hash `hash`. Case is folded by setting a
 * bit, in all bytes, not only in letters. Names that differ only in this bit collide; the
 * comparison tells them apart. */
static uint64_t hash_label(uint64_t hash, const uint8_t *label)
{
	const uint64_t fold = 0x2020202020202020;
	const uint8_t *end = label + 1 + label[0];
	for (; end - label > 8; label += 8)
		hash = hash_mix(hash, word_of(label, 8) | fold);
	/* If one byte is left, take the byte before it, too. */
	if (end - label == 1)
		label--;
	return hash_mix(hash, word_of(label, (size_t)(end - label)) | fold);
}

unsigned suffix_hashes(const uint8_t *name, uint16_t *hashes)
{
	const uint8_t *labels[NAME_LABELS_MAX];
	unsigned count = 0;
	uint64_t hash = 0;
	for (; *name; name = name_parent(name))
		labels[count++] = name;
	STEPS(count);
	for (unsigned i = count; i-- > 0;) {
		hash = hash_label(hash, labels[i]);
		hashes[i] = (uint16_t)hash;
	}
	return count;
}

static bool is_same_label(const uint8_t *a, const uint8_t *b, bool is_exact)
{
	size_t len = 1u + a[0];
	if (memcmp(a, b, len) == 0)
		return true;
	/* Length bytes are below 64: folding case does not change them. */
	for (size_t i = 0; i < len; i++)
		if (is_exact || byte_lower(a[i]) != byte_lower(b[i]))
			return false;
	return true;
}

/* True if the name at `off` in the message is `name`. We wrote it, so it is well formed. */
static bool is_name_at(const uint8_t *message, size_t off, const uint8_t *name, bool is_exact)
{
	for (;; off += 1u + name[0], name = name_parent(name)) {
		STEPS(1);
		while (message[off] >= 0xc0)
			off = get_u16(message + off) & SUFFIX_OFF_MAX;
		if (message[off] != name[0])
			return false;
		if (name[0] == 0)
			return true;
		if (!is_same_label(message + off, name, is_exact))
			return false;
	}
}

uint16_t suffixes_find(struct suffixes *s, const uint8_t *message, uint16_t hash,
	const uint8_t *name, bool is_exact)
{
	uint16_t number = *head_of(s, hash);
	for (int i = 0; i < SUFFIX_TRIES && number >= s->oldest && number <= s->count; i++) {
		const struct suffix known = *ring_at(s, number);
		if (known.hash == hash && is_name_at(message, known.off, name, is_exact)) {
			if (s->count - number > SUFFIX_COUNT / 2)
				suffixes_add(s, known.off, hash);
			return known.off;
		}
		number = known.older;
	}
	return 0;
}

void suffixes_add(struct suffixes *s, size_t off, uint16_t hash)
{
	if (off > SUFFIX_OFF_MAX || s->count == UINT16_MAX)
		return;
	uint16_t *head = head_of(s, hash);
	s->count++;
	*ring_at(s, s->count) = (struct suffix){(uint16_t)off, hash, *head};
	*head = s->count;
	if (s->count - s->oldest == SUFFIX_COUNT)
		s->oldest++;
}

void suffixes_rewind(struct suffixes *s, uint16_t count)
{
	if (count + 1 < s->oldest) {
		/* Later entries have replaced all that were added before. */
		memset(s->heads, 0, sizeof(s->heads));
		s->count = count;
		s->oldest = count + 1;
		return;
	}
	for (; s->count > count; s->count--) {
		STEPS(1);
		const struct suffix *last = ring_at(s, s->count);
		*head_of(s, last->hash) = last->older;
	}
}
