/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of files of entries.
 * Never opens one, and never knows what is in the lines.
 */
#include "base/entry.h"

#include <string.h>

#include "base/err.h"
#include "base/steps.h"

enum { SUM_DIGITS = 16, SUM_LINE_LEN = 2 + SUM_DIGITS + 1 };

void entry_end(const struct entry_form *form, struct buf *out, size_t start)
{
	if (!out->err)
		buf_printf(out, "= %016llx\n",
			(unsigned long long)siphash(
				form->checksum_key, out->bytes + start, out->len - start));
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_sum_right(const struct entry_form *form, const struct words *lines)
{
	const char *sum_line = lines->at + lines->len;
	uint64_t sum = 0;
	for (int i = 0; i < SUM_DIGITS; i++) {
		int digit = hex_digit(sum_line[2 + i]);
		if (digit < 0)
			return false;
		sum = sum << 4 | (unsigned)digit;
	}
	STEPS(1 + lines->len / STEP_BYTES);
	return sum == siphash(form->checksum_key, lines->at, lines->len);
}

/* Finds the line that ends the entry. Returns where the next one begins, 0: nowhere. `*ret_sum` is where the line
 * begins. */
static size_t find_end(const char *text, size_t len, size_t from, size_t *ret_sum)
{
	for (size_t at = from; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t next = end ? (size_t)(end - text) + 1 : len;
		STEPS(1 + (next - at) / STEP_BYTES);
		if (end && next - at == SUM_LINE_LEN && text[at] == '=' && text[at + 1] == ' ') {
			*ret_sum = at;
			return next;
		}
		at = next;
	}
	return 0;
}

static bool has_head(const struct entry_form *form, const char *text, size_t len)
{
	const size_t head_len = strlen(form->head);
	return len >= head_len && memcmp(text, form->head, head_len) == 0;
}

size_t entry_whole_len(const struct entry_form *form, const char *text, size_t len)
{
	size_t whole = strlen(form->head), sum;
	if (!has_head(form, text, len))
		return 0;
	for (size_t next; (next = find_end(text, len, whole, &sum)) > 0;)
		whole = next;
	return whole;
}

int entry_next(
	const struct entry_form *form, const char *text, size_t len, size_t *at, struct words *ret)
{
	size_t sum;
	if (*at == 0 && !has_head(form, text, len))
		return ERR_SYNTAX;
	if (*at == 0)
		*at = strlen(form->head);
	const size_t next = find_end(text, len, *at, &sum);
	if (next == 0)
		return ERR_ABSENT;
	*ret = (struct words){text + *at, sum - *at};
	*at = next;
	return is_sum_right(form, ret);
}

int words_next_line(struct words *entry, char *ret_letter, struct words *ret)
{
	if (entry->len == 0)
		return 0;
	const char *end = memchr(entry->at, '\n', entry->len);
	const size_t len = end ? (size_t)(end - entry->at) : entry->len;
	STEPS(1 + len / STEP_BYTES);
	if (!end || len < 2 || entry->at[1] != ' ')
		return ERR_SYNTAX;
	*ret_letter = entry->at[0];
	*ret = (struct words){entry->at + 2, len - 2};
	entry->at += len + 1;
	entry->len -= len + 1;
	return 1;
}

bool words_next(struct words *line, struct words *ret)
{
	if (line->len == 0)
		return false;
	const char *blank = memchr(line->at, ' ', line->len);
	size_t len = blank ? (size_t)(blank - line->at) : line->len;
	*ret = (struct words){line->at, len};
	line->at += len + (blank != NULL);
	line->len -= len + (blank != NULL);
	STEPS(1 + len / STEP_BYTES);
	return len > 0;
}

bool words_next_number(struct words *line, uint64_t max, uint64_t *ret)
{
	struct words word;
	uint64_t n = 0;
	if (!words_next(line, &word) || word.len > 12)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (word.at[i] < '0' || word.at[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(word.at[i] - '0');
	}
	*ret = n;
	return n <= max;
}

bool words_are(const struct words *word, const char *text)
{
	return word->len == strlen(text) && memcmp(word->at, text, word->len) == 0;
}

bool words_copy(const struct words *word, char *out, size_t cap)
{
	if (word->len >= cap || memchr(word->at, 0, word->len))
		return false;
	memcpy(out, word->at, word->len);
	out[word->len] = '\0';
	return true;
}

void words_put_hex(struct buf *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char piece[128];
	size_t used = 0;
	piece[used++] = ' ';
	if (len == 0)
		piece[used++] = '-';
	for (size_t i = 0; i < len; i++) {
		piece[used++] = digits[bytes[i] >> 4];
		piece[used++] = digits[bytes[i] & 15];
		if (used + 2 > sizeof(piece)) {
			buf_add(out, piece, used);
			used = 0;
		}
	}
	buf_add(out, piece, used);
}

bool words_take_hex(const struct words *word, uint8_t *out, size_t *ret_len)
{
	*ret_len = word->len / 2;
	if (words_are(word, "-"))
		return true;
	if (word->len % 2 != 0)
		return false;
	for (size_t i = 0; i < word->len / 2; i++) {
		int high = hex_digit(word->at[2 * i]), low = hex_digit(word->at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
