/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of keys: signatures by the vectors of the RFCs, records by those of others, files.
 * Never runs programs of others: tests/net/test_signer.py does. Run by `make check`.
 */
#include "dnssec/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "dnssec/date.h"
#include "dnssec/key_file.h"
#include "unit.h"

static size_t unhex(const char *text, uint8_t *out)
{
	size_t len = 0;
	for (; text[2 * len]; len++) {
		unsigned byte;
		assert_int_equal(sscanf(text + 2 * len, "%2x", &byte), 1);
		out[len] = (uint8_t)byte;
	}
	return len;
}

struct vector {
	unsigned alg;
	const char *secret, *public_key, *message, *signature;
};

/* RFC 6979 A.2.5, with SHA-256. */
#define RFC6979_SECRET "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"
#define RFC6979_PUBLIC                                                                             \
	"60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"                         \
	"7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"

static const struct vector vectors[] = {
	{DNSSEC_P256, RFC6979_SECRET, RFC6979_PUBLIC, "73616d706c65",
		"EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
		"F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
	{DNSSEC_P256, RFC6979_SECRET, RFC6979_PUBLIC, "74657374",
		"F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
		"019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"},
	/* RFC 8032 §7.1, tests 1 to 3. */
	{DNSSEC_ED25519, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		"5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{DNSSEC_ED25519, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{DNSSEC_ED25519, "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void signatures_are_those_of_the_rfcs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct vector *v = &vectors[i];
		uint8_t secret[32], public_key[64], message[8], wanted[64], made[64];
		struct key_pair key;
		unhex(v->secret, secret);
		const size_t public_len = unhex(v->public_key, public_key);
		const size_t len = unhex(v->message, message);
		unhex(v->signature, wanted);
		assert_int_equal(key_from_secret(v->alg, secret, &key), 0);
		assert_int_equal(crypt_public_len(v->alg), public_len);
		assert_memory_equal(key.public_key, public_key, public_len);
		key_sign(&key, message, len, made);
		assert_memory_equal(made, wanted, sizeof(wanted));
	}
}

static void a_changed_bit_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct vector *v = &vectors[i];
		uint8_t public_key[64], message[8], signature[64];
		unhex(v->public_key, public_key);
		const size_t len = unhex(v->message, message);
		unhex(v->signature, signature);
		assert_true(crypt_verify(v->alg, public_key, message, len, signature));
		for (size_t bit = 0; bit < 8 * sizeof(signature); bit += 7) {
			signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(crypt_verify(v->alg, public_key, message, len, signature));
			signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t bit = 0; bit < 8 * len; bit++) {
			message[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(crypt_verify(v->alg, public_key, message, len, signature));
			message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		public_key[9] ^= 1;
		assert_false(crypt_verify(v->alg, public_key, message, len, signature));
	}
}

static void what_is_no_secret_is_refused(void **state)
{
	(void)state;
	uint8_t secret[32];
	struct key_pair key;
	memset(secret, 0, sizeof(secret));
	assert_int_equal(key_from_secret(DNSSEC_P256, secret, &key), ERR_RANGE);
	memset(secret, 0xff, sizeof(secret));
	assert_int_equal(key_from_secret(DNSSEC_P256, secret, &key), ERR_RANGE);
	assert_int_equal(key_from_secret(DNSSEC_ED25519, secret, &key), 0);
	assert_int_equal(key_from_secret(8, secret, &key), ERR_RANGE);
}

/* The key and the DS of RFC 6605 §6.1. */
#define RFC6605_SECRET "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ="
#define RFC6605_FILE                                                                               \
	"Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: " RFC6605_SECRET   \
	"\n"

static void records_are_those_of_the_rfc(void **state)
{
	(void)state;
	struct key_pair key;
	uint64_t created;
	struct buf text = {0};
	assert_int_equal(key_file_parse(RFC6605_FILE, &key, &created), 0);
	assert_int_equal(key.tag, 55648);
	assert_int_equal(created, 0);
	key_text_dnskey(&text, &key);
	assert_string_equal(buf_text(&text),
		"257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+"
		"e+MAnLr+Wi9xMWyQLc8NAA==");
	buf_clear(&text);
	key_text_ds(&text, &key, (const uint8_t *)"\7Example\3NET");
	assert_string_equal(buf_text(&text),
		"55648 13 2 B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17");
	buf_fini(&text);
}

/* The key of a host has other flags, and so another tag, as dnssec-keygen -T KEY -n HOST has it. */
static void a_key_of_a_host_is_none_of_a_zone(void **state)
{
	(void)state;
	struct key_pair key;
	uint64_t created;
	uint8_t rdata[DNSKEY_CAP];
	struct buf text = {0};
	assert_int_equal(key_file_parse(RFC6605_FILE, &key, &created), 0);
	key_set_flags(&key, KEY_FLAGS);
	assert_int_equal(key_dnskey(&key, rdata), DNSKEY_CAP);
	assert_int_equal(key.tag, key_tag(rdata, DNSKEY_CAP));
	assert_int_equal(key.tag, 55648 - DNSKEY_FLAGS + KEY_FLAGS);
	key_file_put_public(&text, &key, (const uint8_t *)"\1h\7example\3org", 60, 0);
	assert_non_null(strstr(buf_text(&text), "\nh.example.org. 60 IN KEY 512 3 13 GojIhhXU"));
	assert_null(strstr(buf_text(&text), "key-signing"));
	key_set_flags(&key, DNSKEY_FLAGS);
	assert_int_equal(key.tag, 55648);
	buf_fini(&text);
}

/* RFC 8080 §6.1. */
static void so_are_those_of_ed25519(void **state)
{
	(void)state;
	struct key_pair key;
	uint64_t created;
	struct buf text = {0};
	assert_int_equal(
		key_file_parse("Private-key-format: v1.2\nAlgorithm: 15 (ED25519)\n"
			       "PrivateKey: ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=\n",
			&key, &created),
		0);
	assert_int_equal(key.tag, 3613);
	key_text_dnskey(&text, &key);
	assert_string_equal(
		buf_text(&text), "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=");
	buf_clear(&text);
	key_text_ds(&text, &key, (const uint8_t *)"\7example\3com");
	assert_string_equal(buf_text(&text),
		"3613 15 2 3AA5AB37EFCE57F737FC1627013FEE07BDF241BD10F3B1964AB55C78E79A304B");
	buf_fini(&text);
}

static void a_file_that_was_written_is_read(void **state)
{
	(void)state;
	for (unsigned alg = DNSSEC_P256; alg <= DNSSEC_ED25519; alg += 2) {
		struct key_pair key, again;
		uint64_t created;
		struct buf text = {0};
		uint8_t secret[32];
		memset(secret, 7, sizeof(secret));
		assert_int_equal(key_from_secret(alg, secret, &key), 0);
		key_file_put_secret(&text, &key, 1700000000);
		assert_int_equal(key_file_parse(buf_text(&text), &again, &created), 0);
		assert_memory_equal(&again, &key, sizeof(key));
		assert_int_equal(created, 1700000000);
		/* Cut short anywhere, it is refused, or says the same. */
		while (text.len-- > 0) {
			text.bytes[text.len] = '\0';
			if (key_file_parse(text.bytes, &again, &created) == 0)
				assert_memory_equal(again.secret, secret, sizeof(secret));
		}
		buf_fini(&text);
	}
}

static void other_files_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int err;
	} files[] = {
		{"", ERR_SYNTAX},
		{"Algorithm: 13\nPrivateKey: " RFC6605_SECRET "\n", ERR_SYNTAX},
		{"Private-key-format: v1.3\nPrivateKey: " RFC6605_SECRET "\n", ERR_SYNTAX},
		{"Private-key-format: v1.3\nAlgorithm: 13\n", ERR_SYNTAX},
		{"Private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: abcd\n", ERR_SYNTAX},
		{"Private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: "
		 "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6m!=\n",
			ERR_SYNTAX},
		{"Private-key-format: v1.3\nAlgorithm: 8\nPrivateKey: " RFC6605_SECRET "\n",
			ERR_RANGE},
		{"Private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: "
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
			ERR_RANGE},
	};
	struct key_pair key;
	uint64_t created;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		assert_int_equal(key_file_parse(files[i].text, &key, &created), files[i].err);
}

static void names_of_files_are_those_of_bind(void **state)
{
	(void)state;
	char name[KEY_FILE_NAME_CAP];
	uint8_t longest[NAME_CAP];
	assert_int_equal(
		key_file_name((const uint8_t *)"\7Example\3ORG", DNSSEC_P256, 42, name), 0);
	assert_string_equal(name, "Kexample.org.+013+00042");
	assert_int_equal(key_file_name((const uint8_t *)"\4a/.b", DNSSEC_ED25519, 65535, name), 0);
	assert_string_equal(name, "Ka%2F%2Eb.+015+65535");
	assert_int_equal(key_file_name((const uint8_t *)"", DNSSEC_P256, 1, name), 0);
	assert_string_equal(name, "K.+013+00001");
	memset(longest, '/', sizeof(longest));
	longest[0] = longest[64] = longest[128] = 63;
	longest[192] = 61;
	longest[254] = 0;
	assert_int_equal(key_file_name(longest, DNSSEC_P256, 1, name), ERR_RANGE);
	assert_int_equal(key_file_zone(longest, name), ERR_RANGE);
}

static void dates_are_calendar_dates(void **state)
{
	(void)state;
	static const struct {
		uint64_t time_s;
		const char *text;
	} dates[] = {{0, "19700101000000"}, {951782399, "20000228235959"},
		{951782400, "20000229000000"}, {1709251199, "20240229235959"},
		{4107542400, "21000301000000"}, {253402300799, "99991231235959"}};
	char text[DATE_TEXT_CAP];
	uint64_t time_s;
	for (size_t i = 0; i < ARRAY_LEN(dates); i++) {
		assert_string_equal(date_text(dates[i].time_s, text), dates[i].text);
		assert_int_equal(date_parse(dates[i].text, &time_s), 0);
		assert_int_equal(time_s, dates[i].time_s);
	}
	assert_string_equal(date_text(UINT64_MAX, text), "99991231235959");
	static const char *const bad[] = {"", "2024", "20240230000000", "20231301000000",
		"20230001000000", "20230100000000", "20230101240000", "20230101006000",
		"20230101000060", "2023010100000x", "19690101000000"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(date_parse(bad[i], &time_s), ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_are_those_of_the_rfcs),
		cmocka_unit_test(a_changed_bit_is_found),
		cmocka_unit_test(what_is_no_secret_is_refused),
		cmocka_unit_test(records_are_those_of_the_rfc),
		cmocka_unit_test(a_key_of_a_host_is_none_of_a_zone),
		cmocka_unit_test(so_are_those_of_ed25519),
		cmocka_unit_test(a_file_that_was_written_is_read),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(names_of_files_are_those_of_bind),
		cmocka_unit_test(dates_are_calendar_dates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
