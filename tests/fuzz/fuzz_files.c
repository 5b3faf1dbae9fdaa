/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of small texts that come from files, from the environment, or from names that strangers
 * choose. What was understood is written and understood again, as the same, where there is a writer.
 * Never opens a file. Run by a fuzzer, and its replay.
 *
 * The first byte is the kind: see LLVMFuzzerTestOneInput().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "device/grant.h"
#include "device/subids.h"
#include "guest/hostname.h"
#include "mdns/mdns.h"
#include "name/label.h"
#include "ontap-zone/key_text.h"
#include "ontap-zone/sig0_files.h"
#include "ontap-zone/state.h"
#include "ontap/environ.h"
#include "ontap/lease.h"
#include "ontapd/caller_text.h"
#include "steps.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { ENVIRON_MAX = 256, VARIABLES_MAX = 512, STEPS_A_BYTE = 20, STEPS_FIXED = 200 };

/* A file of keys is read twice as often as it has lines that are none. */
static void key_file(char *text)
{
	struct conf_keys keys = {0};
	struct conf_error error;
	int err = key_text_take(&keys, "f", text, &error);
	require(err == 0 || (err == ERR_SYNTAX && strncmp(error.text, "f:", 2) == 0));
	for (size_t i = 0; i < keys.count; i++) {
		const struct tsig_key *k = &keys.at[i];
		require(k->secret_len > 0 && k->secret_len <= LIMIT_TSIG_SECRET &&
			k->alg < TSIG_ALG_COUNT);
		require(tsig_key_find(keys.at, keys.count, k->name.wire) == k); /* no name twice */
	}
	tsig_keys_free(keys.at, keys.count);
}

static void sig0_file(const char *text, size_t len)
{
	struct signer_keys keys = {0};
	struct zonefile_error error;
	int err = sig0_files_take(&keys, "f", text, len, name_local, &error);
	require(err == 0 || (err == ERR_SYNTAX && strncmp(error.text, "f:", 2) == 0));
	for (size_t i = 0; i < keys.count; i++) {
		const struct signer_key *k = &keys.at[i];
		require(!sig0_key_wrong((struct rdata){k->rdata, k->len}));
		require(name_len(k->name.wire) == k->name.len);
	}
	signer_keys_fini(&keys);
}

static void cookie_file(char *text)
{
	struct cookie_keys keys = {0};
	struct conf_error error;
	int err = key_text_take_cookies(&keys, "f", text, &error);
	require(err == 0 || err == ERR_SYNTAX);
	require(keys.count <= COOKIE_SECRETS_MAX && !keys.is_seed);
}

static void serial_file(const char *text)
{
	char again[STATE_SERIAL_CAP];
	uint32_t serial, back;
	if (!state_serial_parse(text, &serial))
		return;
	state_serial_text(serial, again);
	require(state_serial_parse(again, &back) && back == serial);
}

/* Returns what the engine would store of names that it has read. The caller frees it. */
static struct buf names_of(const char *text)
{
	struct mdns *m = mdns_new(1);
	struct state_names names = {.has_changed = true};
	struct log log = {.fd = -1, .threshold = LOG_LEVEL_ERROR};
	struct buf out = {0};
	require(m != NULL);
	state_take_names(text, &log, m);
	require(state_names_poll(&names, NS_PER_S, m, &out));
	mdns_free(m);
	return out;
}

static size_t lines_of(const char *text)
{
	size_t count = 0;
	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

/* The order may differ, the names may not. */
static void names_file(const char *text)
{
	struct buf once = names_of(text), again = names_of(buf_text(&once));
	require(once.len == again.len && lines_of(buf_text(&once)) == lines_of(buf_text(&again)));
	buf_fini(&once);
	buf_fini(&again);
}

static void grant_name(const char *text)
{
	struct device_grant grant, back;
	char again[DEVICE_GRANT_CAP];
	if (device_grant_parse(text, &grant))
		return;
	require(device_grant_parse(device_grant_format(&grant, again), &back) == 0);
	require(memcmp(&grant, &back, sizeof(grant)) == 0);
}

static int look_up(void *arg, bool is_group, const char *name, uint32_t *ret)
{
	(void)arg;
	require(!is_group && strlen(name) > 0);
	*ret = (uint32_t)strlen(name);
	return name[0] == 'x' ? ERR_ABSENT : 0;
}

static void subid_file(const char *text, size_t len)
{
	struct subids ids;
	require(subids_parse(&ids, text, len, look_up, NULL) == 0);
	for (size_t i = 0; i < ids.count; i++) {
		const struct subid_range *r = &ids.at[i];
		if (r->count == 0)
			continue;
		/* The owner is that of the first range that has it; root's ranges are no user's. */
		const uint32_t account = subids_account(&ids, r->first);
		require(i > 0 || account == (r->owner ? r->owner : r->first));
	}
	subids_fini(&ids);
}

static void alias_words(const char *text)
{
	const char *at = text, *word;
	size_t len;
	while ((word = label_next_word(&at, &len))) {
		struct name name;
		require(len > 0 && label_is_word_of(text, word, len));
		const enum label_verdict verdict = label_judge(word, len);
		require(*label_verdict_text(verdict));
		if (verdict == LABEL_OK)
			require(name_prepend(word, len, name_local, &name) == 0);
	}
	(void)label_is_container_id(text);
}

static void check_hostname(bool is_name, const char *name)
{
	char again[GUEST_NAME_CAP];
	require(is_name == (name[0] != '\0') && strlen(name) < GUEST_NAME_CAP - 2);
	if (!is_name)
		return;
	require(hostname_from_text((const uint8_t *)name, strlen(name), again));
	require(strcmp(name, again) == 0);
}

static void guest_hostname(const uint8_t *bytes, size_t len)
{
	char name[GUEST_NAME_CAP];
	check_hostname(hostname_from_text(bytes, len, name), name);
	steps_begin();
	const bool is_name = hostname_from_wire(bytes, len, name);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	check_hostname(is_name, name);
}

/* Lines: the address, the length of the prefix, the router, the seconds; an empty one is not set. */
static void dhcp_lease(char *text)
{
	const char *values[4] = {NULL};
	struct lease lease;
	for (size_t i = 0; i < ARRAY_LEN(values) && text; i++) {
		const char *line = strsep(&text, "\n");
		values[i] = *line ? line : NULL;
	}
	const struct lease_text lines = {values[0], values[1], values[2], values[3]};
	if (lease_parse(&lines, 1, &lease))
		return;
	require(lease.addr.addr.family == ADDR_V4 && lease.addr.prefix_len <= 32);
	require(lease.router.family == ADDR_V4 || lease.router.family == ADDR_NONE);
	require(lease.addr.lifetime_s > 0 && lease.addr.lifetime_s < UINT32_MAX);
}

static void proc_of_caller(const char *text)
{
	uint64_t start;
	(void)!caller_text_start_time(text, &start);
	(void)caller_text_has_net_admin(text);
	if (!strstr(text, "Uid:"))
		require(!caller_text_is_of_user(text, 0));
	(void)caller_text_is_of_user(text, 1000);
}

/* The environment of this program, which others in it need: the fuzzer, the sanitizers. */
static char *own_environment[VARIABLES_MAX];

static void keep_environment(void)
{
	for (size_t i = 0; !own_environment[0] && i < VARIABLES_MAX && environ[i]; i++)
		require((own_environment[i] = strdup(environ[i])) != NULL);
}

static void restore_environment(void)
{
	clearenv();
	for (size_t i = 0; i < VARIABLES_MAX && own_environment[i]; i++)
		require(putenv(own_environment[i]) == 0);
}

/* Lines become the environment, as programs before us have left it. */
static void nested_environment(char *text, size_t len)
{
	static const int fds[] = {3, 4};
	const struct ontap_device device = {
		.ifname = "eth0", .ifindex = 7, .mtu = 1500, .hwaddr_len = 6};
	if (len > ENVIRON_MAX)
		return;
	keep_environment();
	clearenv();
	while (text) {
		char *line = strsep(&text, "\n"), *sign = strchr(line, '=');
		if (!sign || sign == line)
			continue;
		*sign = '\0';
		require(setenv(line, sign + 1, 1) == 0);
	}
	require(environ_export(&device, fds, ARRAY_LEN(fds)) == 0);
	const char *count = getenv("ONTAP_NDEVS"), *name = getenv("ONTAP_IFNAME");
	require(count && atoi(count) > 0 && name && strcmp(name, "eth0") == 0);
	require(strcmp(getenv("ONTAP_FDS"), "3:4") == 0 && !getenv("ONTAP_FD2"));
	restore_environment();
}

static void one_text(uint8_t kind, const uint8_t *bytes, char *text, size_t len)
{
	switch (kind) {
	case 'k': key_file(text); break;
	case 'c': cookie_file(text); break;
	case 'z': sig0_file(text, len); break;
	case 's': serial_file(text); break;
	case 'n': names_file(text); break;
	case 'g': grant_name(text); break;
	case 'u': subid_file(text, len); break;
	case 'l': alias_words(text); break;
	case 'h': guest_hostname(bytes, len); break;
	case 'd': dhcp_lease(text); break;
	case 'p': proc_of_caller(text); break;
	case 'e': nested_environment(text, len); break;
	default: break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len < 1)
		return 0;
	char *text = malloc(len);
	require(text != NULL);
	memcpy(text, bytes + 1, len - 1);
	text[len - 1] = '\0';
	one_text(bytes[0], bytes + 1, text, len - 1);
	free(text);
	return 0;
}
