/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of ontap's options: command lines as existing scripts use them, letter by letter,
 * and command lines that are refused.
 * Never asks ontapd. Run by `make check`.
 */
#include "ontap/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "unit.h"

enum { ARGS_MAX = 24 };

struct line {
	char text[512];
	char *argv[ARGS_MAX];
	struct options_error error;
	struct settings *settings;
};

static int load(struct line *l, const char *text)
{
	struct options_args args;
	int argc = 0;
	memset(l, 0, sizeof(*l));
	snprintf(l->text, sizeof(l->text), "%s", text);
	for (char *word = strtok(l->text, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < ARGS_MAX - 1);
		l->argv[argc++] = word;
	}
	int err = options_parse(&args, &settings_table, argc, l->argv, &l->error);
	if (err)
		return err;
	l->settings = calloc(1, sizeof(*l->settings));
	assert_non_null(l->settings);
	err = options_load(l->settings, &settings_table, &args, NULL, &l->error);
	options_args_fini(&args);
	return err;
}

static void unload(struct line *l)
{
	if (l->settings)
		options_free(l->settings, &settings_table);
	free(l->settings);
}

static const struct settings *assert_loads(struct line *l, const char *text)
{
	if (load(l, text))
		fail_msg("\"%s\": %s", text, l->error.text);
	return l->settings;
}

static void assert_fails(const char *text, const char *message)
{
	struct line l;
	assert_int_equal(load(&l, text), ERR_SYNTAX);
	assert_string_equal(l.error.text, message);
	unload(&l);
}

static void a_device_is_made_and_kept_where_there_is_no_program(void **state)
{
	struct line l;
	(void)state;
	const struct settings *s =
		assert_loads(&l, "ontap -t macvtap --name=nic0 /run/ontap/port.eth0 --");
	assert_int_equal(s->task, TASK_CREATE);
	assert_int_equal(s->type, DEVICE_MACVTAP);
	assert_string_equal(s->ifname, "nic0");
	assert_string_equal(s->socket, "/run/ontap/port.eth0");
	assert_true(s->is_kept);
	assert_int_equal(s->queues, 0);
	assert_null(s->prog[0]);
	unload(&l);
}

static void a_program_gets_one_queue_of_a_tap(void **state)
{
	struct line l;
	(void)state;
	const struct settings *s =
		assert_loads(&l, "ontap -t ipvtap -n nic1 /run/ontap/port.dummy0 -- PROG --arg");
	assert_int_equal(s->type, DEVICE_IPVTAP);
	assert_int_equal(s->queues, 1);
	assert_false(s->is_kept);
	assert_string_equal(s->prog[0], "PROG");
	assert_string_equal(s->prog[1], "--arg");
	assert_null(s->prog[2]);
	unload(&l);
}

static void options_may_stand_behind_the_socket(void **state)
{
	struct line l;
	(void)state;
	const struct settings *s = assert_loads(
		&l, "ontap -t ipvtap -m 1 /run/ontap/port.wlp3s0 --verbosity=debug -- PROG");
	assert_int_equal(s->queues, 1);
	assert_int_equal(s->verbosity, LOG_LEVEL_DEBUG);
	assert_string_equal(s->socket, "/run/ontap/port.wlp3s0");
	unload(&l);
}

static void a_call_ends_where_the_next_one_begins(void **state)
{
	struct line l;
	(void)state;
	const struct settings *s = assert_loads(
		&l, "ontap -t macvtap -n one /s -- ontap -t macvlan -n two --keep /s -- PROG");
	assert_string_equal(s->ifname, "one");
	assert_false(s->is_kept);
	assert_string_equal(s->prog[0], "ontap");
	assert_string_equal(s->prog[7], "--");
	unload(&l);
}

static void short_forms_are_as_by_getopt(void **state)
{
	struct line l;
	(void)state;
	const struct settings *s =
		assert_loads(&l, "ontap -tmacvtap -nnic0 -m4 -a web --verb=info --kee /s -- PROG");
	assert_int_equal(s->type, DEVICE_MACVTAP);
	assert_string_equal(s->ifname, "nic0");
	assert_string_equal(s->alias, "web");
	assert_int_equal(s->queues, 4);
	assert_int_equal(s->verbosity, LOG_LEVEL_INFO);
	assert_true(s->is_kept);
	unload(&l);
}

static void the_last_of_up_and_down_counts(void **state)
{
	struct line l;
	(void)state;
	assert_true(assert_loads(&l, "ontap -t macvlan --up --down /s -- x")->is_down);
	unload(&l);
	assert_false(assert_loads(&l, "ontap -t macvlan --down --up /s -- x")->is_down);
	unload(&l);
}

static void addresses_and_waits_add_up(void **state)
{
	struct line l;
	(void)state;
	const struct settings *s = assert_loads(&l,
		"ontap -t macvlan --addr=10.0.0.4/24 --addr=fd00::4 --wait=fc00::/7,2000::/3 "
		"--wait=10.0.0.0/8 --timeout=2 /s -- x");
	assert_int_equal(s->addrs.count, 2);
	assert_int_equal(s->addrs.at[0].prefix_len, 24);
	assert_int_equal(s->addrs.at[1].prefix_len, 128);
	assert_int_equal(s->await.criterion_count, 2);
	assert_int_equal(s->await.criteria[0].net_count, 2);
	assert_true(s->timeout == 2 * NS_PER_S);
	unload(&l);
}

static void auto_is_a_tap_where_queues_are_asked_for(void **state)
{
	struct line l;
	(void)state;
	assert_string_equal(assert_loads(&l, "ontap -t auto /s -- x")->type_text, "auto");
	assert_int_equal(l.settings->queues, 0);
	unload(&l);
	assert_string_equal(assert_loads(&l, "ontap -t auto -m 0 /s -- x")->type_text, "autotap");
	unload(&l);
	assert_string_equal(assert_loads(&l, "ontap -t auto -m 2 /s -- x")->type_text, "autotap");
	assert_int_equal(l.settings->queues, 2);
	unload(&l);
	assert_string_equal(assert_loads(&l, "ontap -t ipvtap /s -- x")->type_text, "ipvtap");
	unload(&l);
}

static void the_last_gateway_of_each_family_counts(void **state)
{
	struct line l;
	char text[ADDR_TEXT_CAP];
	(void)state;
	const struct settings *s = assert_loads(&l,
		"ontap -t macvlan --gateway=10.0.0.1 --gateway=fe80::1 --gateway=10.0.0.2 /s -- x");
	assert_string_equal(addr_format(&s->gateways.v4, text), "10.0.0.2");
	assert_string_equal(addr_format(&s->gateways.v6, text), "fe80::1");
	unload(&l);
}

static void other_tasks_name_a_link(void **state)
{
	struct line l;
	(void)state;
	const struct settings *s = assert_loads(&l, "ontap --open=nic0 -m 2 /s -- x");
	assert_int_equal(s->task, TASK_OPEN);
	assert_string_equal(s->opened, "nic0");
	assert_int_equal(s->queues, 2);
	unload(&l);
	s = assert_loads(&l, "ontap --open nic0 /s -- x");
	assert_int_equal(s->queues, 1);
	unload(&l);
	s = assert_loads(&l, "ontap --remove=nic0 /s --");
	assert_int_equal(s->task, TASK_REMOVE);
	assert_string_equal(s->removed, "nic0");
	unload(&l);
	assert_int_equal(assert_loads(&l, "ontap --watch /s -- x")->task, TASK_WATCH);
	unload(&l);
	assert_int_equal(assert_loads(&l, "ontap --list /s")->task, TASK_LIST);
	assert_false(l.settings->has_json);
	unload(&l);
	assert_true(assert_loads(&l, "ontap --list -j /s --")->has_json);
	unload(&l);
}

static void what_is_wrong_is_told_with_its_option(void **state)
{
	(void)state;
	assert_fails("ontap --tpye=macvlan /s -- x",
		"--tpye=macvlan: unknown option; did you mean --type?");
	assert_fails("ontap -t ipvaln /s -- x", "--type: 'ipvaln' is not ipvlan, ipvtap, macvlan, "
						"macvtap, veth, tap or auto; did you mean "
						"ipvlan?");
	assert_fails("ontap /s -- x",
		"--type is missing: ipvlan, ipvtap, macvlan, macvtap, veth, tap or auto");
	assert_fails("ontap -t macvlan -- x", "ontap: SOCKET is missing; --help tells more");
	assert_fails("ontap -t macvlan /s /t -- x", "/t: ontap takes only one SOCKET");
	assert_fails(
		"ontap -t macvlan /s", "the -- before the program is missing; --help tells more");
	assert_fails("ontap -t macvtap -m 65 /s -- x", "--queues: '65' is no number from 0 to 64");
	assert_fails("ontap -t macvlan -m 1 /s -- x",
		"--queues: only ipvtap, macvtap and tap have queues");
	assert_fails("ontap -t macvlan --mode=l2 /s -- x", "--mode: 'l2' is not a mode of macvlan");
	assert_fails(
		"ontap -t macvlan -n a/b /s -- x", "--name: 'a/b': no link can have this name");
	assert_fails("ontap -t macvlan --addr=10.0.0.4/33 /s -- x",
		"--addr: '10.0.0.4/33' is malformed; the form is ADDR/LEN");
	assert_fails("ontap -t macvlan --wait=x /s -- x",
		"--wait: 'x' is malformed; the form is CIDR[,CIDR...]");
	assert_fails(
		"ontap -t macvlan --mtu=67 /s -- x", "--mtu: '67' is no number from 68 to 65535");
	assert_fails("ontap -t macvlan --mac=02:00:00:00:00 /s -- x",
		"--mac: '02:00:00:00:00' is malformed; the form is HWADDR");
	assert_fails("ontap -t macvlan --mac=01:00:00:00:00:01 /s -- x",
		"--mac: '01:00:00:00:00:01': no link can have this hardware address");
	assert_fails("ontap -t ipvtap --mac=02:00:00:00:00:01 /s -- x",
		"--mac: an ipvtap has the hardware address of its parent");
	assert_fails("ontap -t macvlan --gateway=10.0.0.0/8 /s -- x",
		"--gateway: '10.0.0.0/8' is malformed; the form is ADDR");
	assert_fails("ontap -t macvlan --autoconf /s -- x",
		"--autoconf: only macvtap, ipvtap and tap, with a queue");
	assert_fails("ontap -t ipvtap -m 0 --autoconf /s -- x",
		"--autoconf: only macvtap, ipvtap and tap, with a queue");
	assert_fails("ontap -t ipvtap --autoconf /s --",
		"--autoconf: only macvtap, ipvtap and tap, with a queue");
	static const char *const others[] = {"name=nic0", "keep", "down", "addr=10.0.0.1/8",
		"gateway=10.0.0.1", "dhcp", "wait=10.0.0.0/8"};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char line[80], message[80];
		snprintf(line, sizeof(line), "ontap -t auto --autoconf --%s /s -- x", others[i]);
		snprintf(message, sizeof(message), "--autoconf: the guest decides: not with --%.*s",
			(int)strcspn(others[i], "="), others[i]);
		assert_fails(line, message);
	}
	assert_fails("ontap --open=a --watch /s -- x",
		"--open, --remove, --watch and --list exclude each other");
	assert_fails("ontap -j -t macvlan /s -- x", "--json: needs --list");
	assert_fails("ontap --list /s -- x", "--list: runs no program");
	assert_fails("ontap --open=a /s --", "--open: there is no program after --");
	assert_fails("ontap -t macvlan --netns /s --", "--netns: there is no program after --");
	assert_fails(
		"ontap -t macvlan --caps=+net_admin /s -- x", "--caps: needs --user or --netns");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_made_and_kept_where_there_is_no_program),
		cmocka_unit_test(a_program_gets_one_queue_of_a_tap),
		cmocka_unit_test(options_may_stand_behind_the_socket),
		cmocka_unit_test(a_call_ends_where_the_next_one_begins),
		cmocka_unit_test(short_forms_are_as_by_getopt),
		cmocka_unit_test(the_last_of_up_and_down_counts),
		cmocka_unit_test(addresses_and_waits_add_up),
		cmocka_unit_test(auto_is_a_tap_where_queues_are_asked_for),
		cmocka_unit_test(the_last_gateway_of_each_family_counts),
		cmocka_unit_test(other_tasks_name_a_link),
		cmocka_unit_test(what_is_wrong_is_told_with_its_option),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
