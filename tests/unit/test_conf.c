/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of src/conf: command line, file, their precedence, messages; and that the manual
 * pages and the sample configuration agree with the option table.
 * Never starts the daemon. Run by `make check`.
 */
#include "conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "unit.h"
#include "wire/rrset.h"

enum { ARGS_MAX = 16 };

/* A command line as one text, with a space between words, and its result. */
struct line {
	char text[512];
	char *argv[ARGS_MAX];
	int argc;
	struct options_args args;
	struct conf conf;
	struct options_error error;
};

static void split(struct line *l, const char *text)
{
	snprintf(l->text, sizeof(l->text), "ontap-zone %s", text);
	l->argc = 0;
	for (char *word = strtok(l->text, " "); word; word = strtok(NULL, " ")) {
		assert_true(l->argc < ARGS_MAX - 1);
		l->argv[l->argc++] = word;
	}
	l->argv[l->argc] = NULL;
}

static int load_file(struct line *l, const char *text, size_t len)
{
	const struct options_file file = {.name = "z.conf", .text = text, .len = len};
	return options_load(&l->conf, &conf_table, &l->args, text ? &file : NULL, &l->error);
}

/* Reads a command line and, unless it is NULL, a file. Returns as options_load() does. */
static int load(struct line *l, const char *text, const char *file)
{
	memset(l, 0, sizeof(*l));
	split(l, text);
	int err = options_parse(&l->args, &conf_table, l->argc, l->argv, &l->error);
	if (err)
		return err;
	err = load_file(l, file, file ? strlen(file) : 0);
	if (err)
		options_args_fini(&l->args);
	return err;
}

static void unload(struct line *l)
{
	conf_fini(&l->conf);
	options_args_fini(&l->args);
}

static void assert_loads(struct line *l, const char *text, const char *file)
{
	if (load(l, text, file))
		fail_msg("\"%s\": %s", text, l->error.text);
}

static void assert_fails(const char *text, const char *file, const char *message)
{
	struct line l;
	assert_int_equal(load(&l, text, file), ERR_SYNTAX);
	assert_string_equal(l.error.text, message);
}

static void assert_fails_somehow(const char *text, const char *file)
{
	struct line l;
	assert_int_equal(load(&l, text, file), ERR_SYNTAX);
}

static void assert_name(const struct name *name, const char *text)
{
	char got[NAME_TEXT_CAP];
	assert_string_equal(name_to_text(name->wire, got), text);
}

static void assert_listen(const struct listen_rule *listen, const char *addr, unsigned port)
{
	char got[ADDR_TEXT_CAP];
	assert_int_equal(listen->kind, LISTEN_ADDR);
	assert_string_equal(addr_format(&listen->addr, got), addr);
	assert_int_equal(listen->port, port);
}

static void defaults_are_those_of_the_table(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve", NULL);
	assert_int_equal(l.args.command, CONF_SERVE);
	assert_name(&l.conf.domain, "home.arpa.");
	assert_int_equal(l.conf.ns.len, 0);
	assert_int_equal(l.conf.ttl_s, 60);
	assert_int_equal(l.conf.listens.count, 1);
	assert_int_equal(l.conf.listens.at[0].kind, LISTEN_AUTO);
	assert_int_equal(l.conf.listens.at[0].port, 53);
	assert_int_equal(l.conf.mdns, NAME_MDNS_AUTO);
	assert_true(l.conf.has_sleep_goodbye);
	assert_int_equal(l.conf.names.count, 3);
	assert_int_equal(l.conf.names.at[0], NAME_ALIAS);
	assert_int_equal(l.conf.names.at[1], NAME_HOSTNAME);
	assert_int_equal(l.conf.names.at[2], NAME_DHCP);
	assert_int_equal(l.conf.guests, NAME_GUESTS_AUTO);
	assert_true(l.conf.has_self);
	assert_int_equal(l.conf.census, CONF_CENSUS_AUTO);
	assert_int_equal(l.conf.duplicates, DUPLICATES_MERGE);
	assert_true(conf_has_all_netns(&l.conf));
	assert_string_equal(conf_netns_dir(&l.conf), "/run/netns");
	assert_string_equal(l.conf.socket_path, "/run/ontap-zone/zone.sock");
	assert_string_equal(l.conf.state_dir, "/var/lib/ontap/zone");
	assert_null(l.conf.user);
	assert_int_equal(l.conf.threads, 0);
	assert_int_equal(l.conf.ready_fd, -1);
	assert_int_equal(l.conf.verbosity, CONF_LOG_INFO);
	assert_int_equal(l.conf.rootless, ROOTLESS_SYSTEM);
	assert_false(l.conf.has_temporary || l.conf.has_deprecated);
	unload(&l);
}

static void values_may_follow_with_equals_sign_or_as_next_word(void **state)
{
	struct line l;
	(void)state;
	assert_loads(
		&l, "serve --ttl=5 --domain vanya --ready-fd 3 --rootless --no-temporary", NULL);
	assert_int_equal(l.conf.ttl_s, 5);
	assert_int_equal(l.conf.ready_fd, 3);
	assert_name(&l.conf.domain, "vanya.");
	assert_int_equal(l.conf.rootless, ROOTLESS_YES);
	assert_false(l.conf.has_temporary);
	unload(&l);
}

static void rootless_is_a_word_or_a_flag(void **state)
{
	static const struct {
		const char *line;
		enum name_rootless rootless;
	} cases[] = {{"serve", ROOTLESS_SYSTEM}, {"serve --rootless=system", ROOTLESS_SYSTEM},
		{"serve --rootless", ROOTLESS_YES}, {"serve --rootless=yes", ROOTLESS_YES},
		{"serve --rootless=no", ROOTLESS_NO}, {"serve --no-rootless", ROOTLESS_NO}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct line l;
		assert_loads(&l, cases[i].line, NULL);
		assert_int_equal(l.conf.rootless, cases[i].rootless);
		unload(&l);
	}
}

static void options_may_precede_the_command(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "--ttl=5 -c /x export --format json", NULL);
	assert_int_equal(l.args.command, CONF_EXPORT);
	assert_string_equal(l.args.config_file, "/x");
	assert_int_equal(l.conf.format, CONF_JSON);
	unload(&l);
}

static void a_key_may_be_an_option_of_several_commands(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "graph --format=svg", NULL);
	assert_int_equal(l.conf.graph_format, CONF_GRAPH_SVG);
	assert_int_equal(l.conf.format, CONF_ZONE);
	unload(&l);
	assert_loads(&l, "--format=text graph", NULL);
	assert_int_equal(l.conf.graph_format, CONF_GRAPH_TEXT);
	unload(&l);
	assert_loads(&l, "graph", NULL);
	assert_int_equal(l.conf.graph_format, CONF_GRAPH_DEFAULT);
	unload(&l);
}

static void lists_add_up_and_of_single_values_the_last_counts(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l,
		"serve --listen=192.0.2.1 --listen=[2001:db8::1]:5300 --listen=::1 --listen=[::1] "
		"--listen=192.0.2.1:54 --ttl=1 --ttl=2 --lan=10.0.0.0/8 --lan=2001:db8::/32",
		NULL);
	assert_int_equal(l.conf.listens.count, 5);
	assert_listen(&l.conf.listens.at[0], "192.0.2.1", 53);
	assert_listen(&l.conf.listens.at[1], "2001:db8::1", 5300);
	assert_listen(&l.conf.listens.at[2], "::1", 53);
	assert_listen(&l.conf.listens.at[3], "::1", 53);
	assert_listen(&l.conf.listens.at[4], "192.0.2.1", 54);
	assert_int_equal(l.conf.ttl_s, 2);
	assert_int_equal(l.conf.lan.count, 2);
	assert_int_equal(l.conf.lan.at[1].len, 32);
	unload(&l);
}

static void a_link_local_address_is_listened_on_with_its_link(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve --listen=[fe80::1%eth0]:54 --listen=fe80::2%eth1", NULL);
	assert_listen(&l.conf.listens.at[0], "fe80::1", 54);
	assert_string_equal(l.conf.listens.at[0].ifname, "eth0");
	assert_listen(&l.conf.listens.at[1], "fe80::2", 53);
	assert_string_equal(l.conf.listens.at[1].ifname, "eth1");
	unload(&l);
	assert_int_equal(load(&l, "serve --listen=fe80::1", NULL), ERR_SYNTAX);
	assert_int_equal(load(&l, "serve --listen=2001:db8::1%eth0", NULL), ERR_SYNTAX);
	assert_int_equal(
		load(&l, "serve --listen=fe80::1%a-name-that-is-too-long", NULL), ERR_SYNTAX);
}

static void a_link_is_listened_on_by_its_name(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l,
		"serve --listen=eth0 --listen=br-lan.7:5300 --listen=any:54 --listen=auto:55",
		NULL);
	const struct listen_rule *at = l.conf.listens.at;
	assert_int_equal(l.conf.listens.count, 4);
	assert_int_equal(at[0].kind, LISTEN_LINK);
	assert_string_equal(at[0].ifname, "eth0");
	assert_int_equal(at[0].port, 53);
	assert_int_equal(at[1].kind, LISTEN_LINK);
	assert_string_equal(at[1].ifname, "br-lan.7");
	assert_int_equal(at[1].port, 5300);
	assert_int_equal(at[2].kind, LISTEN_ANY);
	assert_int_equal(at[2].port, 54);
	assert_int_equal(at[3].kind, LISTEN_AUTO);
	assert_int_equal(at[3].port, 55);
	unload(&l);
}

static void the_command_line_replaces_what_the_file_says_of_an_option(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve --ttl=7 --listen=::1 --no-mdns",
		"ttl = 9\nlisten = 192.0.2.1\nlisten = 192.0.2.2\nmdns = eth0\nduplicates = "
		"first\n");
	assert_int_equal(l.conf.ttl_s, 7);
	assert_int_equal(l.conf.listens.count, 1);
	assert_int_equal(l.conf.mdns, NAME_MDNS_NONE);
	assert_int_equal(l.conf.mdns_ifaces.count, 0);
	assert_int_equal(l.conf.duplicates, DUPLICATES_FIRST);
	unload(&l);
}

static void a_file_has_comments_blanks_and_any_line_end(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve",
		"# all of it\r\n\n\t ttl\t=  9  # seconds\r\non-export=a#b c # d\nexport = "
		"hosts:/a b\n"
		"mdns=eth0\nmdns = eth1\nassign-nsid = no\nrootless = yes");
	assert_int_equal(l.conf.ttl_s, 9);
	assert_string_equal(l.conf.on_export, "a#b c");
	assert_int_equal(l.conf.exports.count, 1);
	assert_int_equal(l.conf.exports.at[0].format, CONF_HOSTS);
	assert_string_equal(l.conf.exports.at[0].path, "/a b");
	assert_int_equal(l.conf.mdns, NAME_MDNS_LISTED);
	assert_int_equal(l.conf.mdns_ifaces.count, 2);
	assert_string_equal(l.conf.mdns_ifaces.at[1], "eth1");
	assert_null(l.conf.nsid_dir);
	assert_int_equal(l.conf.rootless, ROOTLESS_YES);
	unload(&l);
}

static void keys_that_do_not_concern_the_command_are_not_looked_at(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "names", "ttl = x\nsocket = /s\n");
	assert_string_equal(l.conf.socket_path, "/s");
	unload(&l);
}

static void an_error_in_a_file_names_file_line_and_key(void **state)
{
	(void)state;
	assert_fails("serve", "\n# x\nttl = 1x\n",
		"z.conf:3: ttl: '1x' is no number from 0 to 2147483647");
	assert_fails("serve", "ttl\n", "z.conf:1: ttl: is not 'key = value'");
	assert_fails(
		"serve", "dommain = x\n", "z.conf:1: dommain: unknown key; did you mean domain?");
	assert_fails("serve", "xyzzyxyzzy = x\n", "z.conf:1: xyzzyxyzzy: unknown key");
	assert_fails("serve", "no-mdns = yes\n", "z.conf:1: no-mdns: write 'mdns = no'");
	assert_fails("serve", "watch = yes\n", "z.conf:1: watch: is for the command line only");
	assert_fails("serve", "user = \n", "z.conf:1: user: is empty");
	assert_fails("serve", "rootless = maybe\n",
		"z.conf:1: rootless: 'maybe' is not no, system or yes");
	assert_fails("serve", "\ndomain = x.local\n",
		"z.conf:2: domain: names under local are mDNS's (RFC 6762 §3), not a zone");
}

static void a_zero_byte_in_a_file_is_an_error(void **state)
{
	static const char text[] = "ttl = 5\nuser = a\0b\n";
	struct line l;
	(void)state;
	assert_loads(&l, "serve", NULL);
	assert_int_equal(load_file(&l, text, sizeof(text) - 1), ERR_SYNTAX);
	assert_string_equal(l.error.text, "z.conf:2: has a zero byte");
	unload(&l);
}

static void an_error_leaves_the_configuration_in_force_alone(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve", "domain = vanya\nuser = joe\n");
	struct conf before = l.conf;
	static const char bad[] = "domain = other\nuser = bill\nttl = x\n";
	assert_int_equal(load_file(&l, bad, strlen(bad)), ERR_SYNTAX);
	assert_memory_equal(&before, &l.conf, sizeof(before));
	assert_string_equal(l.conf.user, "joe");
	unload(&l);
}

static void an_error_on_the_command_line_names_the_option(void **state)
{
	(void)state;
	assert_fails("", NULL, "no command; --help lists them");
	assert_fails("nmaes", NULL, "nmaes: unknown command; did you mean names?");
	assert_fails("frobnicate", NULL, "frobnicate: unknown command; --help lists them");
	assert_fails("sevre", NULL, "sevre: unknown command; did you mean serve?");
	assert_fails(
		"serve --domian=x", NULL, "--domian=x: unknown option; did you mean --domain?");
	assert_fails("serve -x", NULL, "-x: unknown option; --help lists them");
	assert_fails("serve --ttl", NULL, "--ttl: needs a value: --ttl=SECONDS");
	assert_fails("serve --no-ttl", NULL, "--no-ttl: unknown option; did you mean --ttl?");
	assert_fails("serve --no-mdns=x", NULL, "--no-mdns=x: takes no value");
	assert_fails("serve --help=x", NULL, "--help=x: takes no value");
	assert_fails("serve x", NULL, "x: serve takes no such argument");
	assert_fails("explain", NULL, "explain: NAME is missing; --help tells more");
	assert_fails("explain a b", NULL, "b: explain takes only one NAME");
	assert_fails("names --ttl=5", NULL, "--ttl: is no option of names");
	assert_fails("serve --client=::1", NULL, "--client: is no option of serve");
	assert_fails("explain x --client=y", NULL, "--client: 'y' is no address");
	assert_fails("serve --rootless=x", NULL, "--rootless: 'x' is not no, system or yes");
	assert_fails("export --format=tinydsn", NULL,
		"--format: 'tinydsn' is not tinydns, zone, hosts or json; did you mean tinydns?");
	assert_fails("serve --names=alias,hostnames", NULL,
		"--names: 'hostnames' is not alias, hostname, netns, label or dhcp; did you mean "
		"hostname?");
	assert_fails("serve --export=host:/x", NULL,
		"--export: 'host' is not tinydns, zone, hosts or json; did you mean hosts?");
}

static void the_path_of_a_socket_is_no_longer_than_the_kernel_takes(void **state)
{
	struct line l;
	char longest[108] = "/"; /* sun_path of unix(7) */
	char text[sizeof("serve --socket=x") + sizeof(longest)], file[sizeof(text)];
	(void)state;
	memset(longest + 1, 'a', sizeof(longest) - 2);
	snprintf(text, sizeof(text), "serve --socket=%s", longest);
	assert_loads(&l, text, NULL);
	assert_string_equal(l.conf.socket_path, longest);
	unload(&l);
	snprintf(text, sizeof(text), "check --socket=%sb", longest);
	assert_fails(text, NULL, "--socket: is longer than 107 bytes");
	snprintf(file, sizeof(file), "socket = %sb", longest);
	assert_fails("status", file, "z.conf:1: socket: is longer than 107 bytes");
}

static void every_kind_of_value_is_checked(void **state)
{
	static const char *const bad[] = {
		"serve --ttl=2147483648",
		"serve --ttl=-1",
		"serve --ttl=+1",
		"serve --ttl=0x10",
		"serve --ttl=",
		"serve --ttl=99999999999999999999",
		"serve --threads=0",
		"serve --threads=1025",
		"serve --lan=10.0.0.1/8",
		"serve --lan=10.0.0.0/33",
		"serve --lan=foo",
		"serve --listen=a-name-that-is-too-long",
		"serve --listen=a/b",
		"serve --listen=192.0.2",
		"serve --listen=192.0.2.300",
		"serve --listen=eth0:x",
		"serve --listen=eth0%eth1",
		"serve --listen=192.0.2.1:0",
		"serve --listen=192.0.2.1:65536",
		"serve --listen=192.0.2.1:",
		"serve --listen=[::1",
		"serve --listen=[::1]x",
		"serve --listen=::1:x",
		"serve --listen=",
		"serve --names=",
		"serve --names=alias,",
		"serve --names=alias,alias",
		"serve --names=hostname,hostname",
		"serve --hostnames-by=magic",
		"serve --duplicates=all",
		"serve --mdns=",
		"serve --mdns=a/b",
		"serve --mdns=sixteen-letters-",
		"serve --mdns=auto --mdns=eth0",
		"serve --mdns=eth0 --no-mdns",
		"serve --collect=a/b",
		"serve --collect=eth0 --no-collect",
		"serve --trust=",
		"serve --trust=:web",
		"serve --trust=f:",
		"serve --trust=f:web,",
		"serve --trust=f:we_b",
		"serve --keep=59",
		"serve --keep=",
		"serve --keep=d",
		"serve --keep=3dd",
		"serve --keep=99999d",
		"serve --away=gone",
		"serve --export=hosts",
		"serve --export=hosts:",
		"serve --export=foo:/x",
		"serve --export=:/x",
		"serve --domain=a..b",
		"serve --domain=",
		"serve --domain=a:b",
		"serve --hostmaster=@",
		"serve --hostmaster=x@",
		"serve --hostmaster=@x",
		"serve --verbosity=loud",
		"serve --socket=",
		"serve --ready-fd=-1",
		"export --format=",
		"export --view=",
		"export --view=any",
	};
	struct line l;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (load(&l, bad[i], NULL) != ERR_SYNTAX || l.error.text[0] == '\0')
			fail_msg("\"%s\" is taken", bad[i]);
}

static void combinations_are_checked(void **state)
{
	static const char *const bad[] = {
		"serve --domain=local", "serve --domain=a.LOCAL", "serve --domain=.",
		"serve --domain=arpa", "serve --domain=2.0.192.in-addr.arpa",
		"serve --domain=ip6.arpa", "serve --on-export=x", "export --exec=x",
		"export --format=tinydns --view=lan", "export --format=json --zone=x",
		NULL, /* below */
	};
	char long_name[300] = "serve --domain=";
	struct line l;
	(void)state;
	for (int i = 0; i < 95; i++)
		strcat(long_name, "a.");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (load(&l, bad[i] ? bad[i] : long_name, NULL) != ERR_SYNTAX)
			fail_msg("\"%s\" is taken", bad[i] ? bad[i] : long_name);
}

static void a_mailbox_may_be_written_as_mail_address(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve --hostmaster=first.last@example.org", NULL);
	assert_name(&l.conf.hostmaster, "first\\.last.example.org.");
	unload(&l);
	assert_loads(&l, "serve --hostmaster=first\\.last.example.org", NULL);
	assert_name(&l.conf.hostmaster, "first\\.last.example.org.");
	unload(&l);
}

static void the_name_of_explain_is_read(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "explain web --client=::1", NULL);
	assert_string_equal(l.conf.explained, "web");
	unload(&l);
	assert_loads(&l, "explain -- -web", NULL);
	assert_string_equal(l.conf.explained, "-web");
	unload(&l);
}

static void help_and_version_need_no_command(void **state)
{
	struct line l;
	(void)state;
	split(&l, "--help");
	assert_int_equal(options_parse(&l.args, &conf_table, l.argc, l.argv, &l.error), 0);
	assert_true(l.args.is_help);
	options_args_fini(&l.args);
	split(&l, "serve -hV");
	assert_int_equal(options_parse(&l.args, &conf_table, l.argc, l.argv, &l.error), 0);
	assert_true(l.args.is_help && l.args.is_version && l.args.has_command);
	options_args_fini(&l.args);
}

static void help_of_a_command_has_its_options_only(void **state)
{
	struct line l;
	struct buf all = {0}, one = {0};
	(void)state;
	assert_loads(&l, "explain x", NULL);
	options_help(&one, &conf_table, &l.args);
	unload(&l);
	options_help(&all, &conf_table, &(struct options_args){0});
	assert_int_equal(all.err + one.err, 0);
	const struct options_args explain = {.command = CONF_EXPLAIN, .has_command = true};
	for (size_t i = 0; i < conf_table.count; i++) {
		char text[64];
		const struct option *o = &conf_table.options[i];
		if (o->is_operand)
			continue;
		snprintf(text, sizeof(text), "--%s%s", o->key, o->bare ? "[=" : o->arg ? "=" : " ");
		assert_non_null(strstr(buf_text(&all), text));
		assert_int_equal(
			strstr(buf_text(&one), text) != NULL, option_concerns(o, &explain));
	}
	buf_fini(&all);
	buf_fini(&one);
}

static void messages_have_no_bytes_that_steer_a_terminal(void **state)
{
	struct line l;
	(void)state;
	assert_int_equal(load(&l, "serve --domain=\x1b[2J\x7f", NULL), ERR_SYNTAX);
	assert_null(strchr(l.error.text, '\x1b'));
	assert_null(strchr(l.error.text, '\x7f'));
}

static void what_is_collected_is_read(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve", NULL);
	assert_int_equal(l.conf.collect, CONF_COLLECT_NONE);
	assert_int_equal(l.conf.away, CONF_AWAY_KEEP);
	assert_int_equal(l.conf.keep_s, 30 * 24 * 3600);
	assert_false(l.conf.trusts_first);
	unload(&l);
	assert_loads(&l,
		"serve --collect --collect-prefix=192.0.2.0/24 --trust-first --away=withdraw "
		"--keep=90m "
		"--trust=/k/K.key --trust=/k:x/K.key --trust=a.key:web,lap-*",
		NULL);
	assert_int_equal(l.conf.collect, CONF_COLLECT_AUTO);
	assert_int_equal(l.conf.collect_prefixes.count, 1);
	assert_true(l.conf.trusts_first);
	assert_int_equal(l.conf.away, CONF_AWAY_WITHDRAW);
	assert_int_equal(l.conf.keep_s, 90 * 60);
	assert_int_equal(l.conf.trusts.count, 3);
	assert_string_equal(l.conf.trusts.at[1].file, "/k:x/K.key");
	assert_int_equal(l.conf.trusts.at[1].patterns.count, 0);
	assert_string_equal(l.conf.trusts.at[2].file, "a.key");
	assert_int_equal(l.conf.trusts.at[2].patterns.count, 2);
	assert_string_equal(l.conf.trusts.at[2].patterns.at[1], "lap-*");
	unload(&l);
	assert_loads(&l, "serve --collect=eth0 --collect=eth1 --keep=120", NULL);
	assert_int_equal(l.conf.collect, CONF_COLLECT_LISTED);
	assert_int_equal(l.conf.collect_links.count, 2);
	assert_int_equal(l.conf.keep_s, 120);
	unload(&l);
	assert_fails("serve --collect --no-mdns", NULL,
		"collect: multicast DNS is spoken on no link (mdns)");
}

static void transfers_and_their_keys_are_read(void **state)
{
	(void)state;
	struct line l;
	assert_loads(&l,
		"serve --tsig=One:hmac-sha256:YWJj --allow-transfer=10.0.0.0/8 "
		"--allow-transfer=key:one --notify=192.0.2.1 --notify=[2001:db8::1]:5353,key:ONE "
		"--update=192.0.2.2:54,key:one --sig0-file=Ka.key --sig0-file=Kb.key",
		NULL);
	assert_int_equal(l.conf.keys.count, 1);
	assert_int_equal(l.conf.transfers.count, 2);
	assert_int_equal(l.conf.transfers.at[0].prefix.len, 8);
	assert_int_equal(l.conf.transfers.at[1].prefix.addr.family, ADDR_NONE);
	assert_true(name_equal(l.conf.transfers.at[1].key.wire, l.conf.keys.at[0].name.wire));
	assert_int_equal(l.conf.notifies.count, 2);
	assert_int_equal(l.conf.notifies.at[0].port, 53);
	assert_int_equal(l.conf.notifies.at[0].key.len, 0);
	assert_int_equal(l.conf.notifies.at[1].port, 5353);
	assert_true(name_equal(l.conf.notifies.at[1].key.wire, l.conf.keys.at[0].name.wire));
	assert_int_equal(l.conf.updates.at[0].port, 54);
	assert_int_equal(l.conf.sig0_files.count, 2);
	assert_string_equal(l.conf.sig0_files.at[1], "Kb.key");
	unload(&l);
}

static void faulty_transfers_are_told_and_secrets_are_not(void **state)
{
	(void)state;
	assert_fails("serve --tsig=one:hmac-sha256:se!cret", NULL,
		"--tsig: the secret is no base64, or too long");
	assert_fails("serve --tsig=one:hmac-md5:YWJj", NULL,
		"--tsig: the algorithm is not hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384 or "
		"hmac-sha512");
	assert_fails("serve --tsig=one:hmac-sha1:YWJj --tsig=ONE:hmac-sha1:YWJj", NULL,
		"--tsig: there are two keys of that name");
	assert_fails("serve --allow-transfer=key:", NULL,
		"--allow-transfer: 'key:' is neither a prefix such as 192.0.2.0/24 nor key:NAME");
	assert_fails("serve --notify=host", NULL,
		"--notify: 'host' is not of the form 192.0.2.1:53 or [2001:db8::1]:53");
	assert_fails("serve --notify=192.0.2.1:0", NULL,
		"--notify: '192.0.2.1:0': the port is no number from 1 to 65535");
	assert_fails("serve --notify=192.0.2.1,one", NULL, "--notify: 'one' is not key:NAME");
	assert_fails("serve --update=192.0.2.1", NULL,
		"update: an update must be signed: ADDR[:PORT],key:NAME or ADDR[:PORT],sig0");
	assert_fails("serve --update=192.0.2.1,sig1", NULL, "--update: 'sig1' is not key:NAME");
	assert_fails("serve --notify=192.0.2.1,sig0", NULL, "notify: sig0 is for update only");
}

static void who_signs_with_a_key_pair_has_a_key_of_the_host(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve --update=192.0.2.1,key:one --tsig=one:hmac-sha1:YWJj", NULL);
	assert_false(conf_has_host_key(&l.conf));
	unload(&l);
	assert_loads(&l, "serve --update=[2001:db8::1]:54,sig0", NULL);
	assert_true(conf_has_host_key(&l.conf));
	assert_true(l.conf.updates.at[0].is_sig0);
	assert_int_equal(l.conf.updates.at[0].port, 54);
	unload(&l);
}

static bool publishes(const struct conf *c, const char *text)
{
	struct name name;
	assert_int_equal(name_from_text(text, NULL, &name), 0);
	return conf_publishes(c, name.wire);
}

static void public_names_are_those_of_hosts_in_the_domain(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve --domain=example.org --publish=www,db-*", NULL);
	assert_true(publishes(&l.conf, "www.example.org."));
	assert_true(publishes(&l.conf, "WWW.wan.example.org."));
	assert_true(publishes(&l.conf, "db-1.LAN.Example.ORG."));
	assert_false(publishes(&l.conf, "mail.example.org."));
	assert_false(publishes(&l.conf, "www.dyn.example.org."));
	assert_false(publishes(&l.conf, "_ontap.www.wan.example.org."));
	assert_false(publishes(&l.conf, "www.wan.wan.example.org."));
	assert_false(publishes(&l.conf, "wan.example.org."));
	assert_false(publishes(&l.conf, "example.org."));
	assert_false(publishes(&l.conf, "org."));
	assert_false(publishes(&l.conf, "."));
	unload(&l);
}

static void the_policy_is_that_of_the_configuration(void **state)
{
	struct line l;
	(void)state;
	assert_loads(
		&l, "serve --names=netns,alias --mdns=eth0 --duplicates=number --deprecated", NULL);
	struct policy p = conf_policy(&l.conf);
	assert_int_equal(p.source_count, 2);
	assert_int_equal(p.sources[0], NAME_NETNS);
	assert_int_equal(p.sources[1], NAME_ALIAS);
	assert_int_equal(p.duplicates, DUPLICATES_NUMBER);
	assert_int_equal(p.mdns, NAME_MDNS_LISTED);
	assert_string_equal(p.mdns_links[0], "eth0");
	assert_true(p.has_deprecated);
	unload(&l);
}

/* The content of a file of the source tree, to be freed. */
static char *source_file(const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096], *text = calloc(1, 1 << 18);
	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", name);
	FILE *f = fopen(path, "r");
	if (!f || !text)
		fail_msg("cannot read %s", path);
	assert_true(fread(text, 1, (1 << 18) - 1, f) > 0);
	fclose(f);
	return text;
}

/* Returns how many lines of the page begin with `macro` and have the word "`sign`KEY". */
static unsigned count_lines(const char *page, const char *macro, const char *sign, const char *key)
{
	char wanted[64];
	unsigned count = 0;
	snprintf(wanted, sizeof(wanted), " %s%s ", sign, key);
	for (const char *line = page; *line; line += strcspn(line, "\n"), line += *line != '\0') {
		char words[512];
		snprintf(words, sizeof(words), "%.*s ", (int)strcspn(line, "\n"), line);
		char *value = strstr(words, " No = ");
		if (value)
			value[1] = '\0'; /* words of a value are no keys */
		count += strncmp(words, macro, strlen(macro)) == 0 && strstr(words, wanted);
	}
	return count;
}

static void a_key_is_explained_by_the_page_of_the_file_and_named_by_that_of_the_program(
	void **state)
{
	char *file_page = source_file("man/ontap-zone.conf.5");
	char *page = source_file("man/ontap-zone.8");
	(void)state;
	for (size_t i = 0; i < conf_table.count; i++) {
		const struct option *o = &conf_table.options[i];
		if (o->is_cmdline_only)
			continue;
		if (count_lines(file_page, ".It Cm ", "", o->key) != 1)
			fail_msg("ontap-zone.conf.5 does not explain %s once", o->key);
		if (count_lines(page, ".It Fl ", "-", o->key) != 0)
			fail_msg("ontap-zone.8 explains --%s, too", o->key);
		if (count_lines(page, ".Fl ", "-", o->key) == 0)
			fail_msg("ontap-zone.8 does not name --%s", o->key);
	}
	free(file_page);
	free(page);
}

static void what_is_no_key_is_explained_by_the_page_of_the_program(void **state)
{
	char *file_page = source_file("man/ontap-zone.conf.5");
	char *page = source_file("man/ontap-zone.8");
	(void)state;
	for (size_t i = 0; i < conf_table.count; i++) {
		const struct option *o = &conf_table.options[i];
		if (!o->is_cmdline_only || o->is_operand)
			continue;
		if (count_lines(page, ".It Fl ", "-", o->key) != 1)
			fail_msg("ontap-zone.8 does not explain --%s once", o->key);
		if (count_lines(file_page, ".It Cm ", "", o->key) != 0)
			fail_msg("ontap-zone.conf.5 explains %s, which is no key", o->key);
	}
	free(file_page);
	free(page);
}

static void signed_zones_are_the_domain_and_reverse_zones_or_those_named(void **state)
{
	static const struct {
		const char *line, *zone;
		bool is_signed;
	} cases[] = {
		{"serve --domain=example.org", "example.org.", false},
		{"serve --domain=example.org --dnssec", "Example.ORG.", true},
		{"serve --domain=example.org --dnssec=auto", "example.org.", true},
		{"serve --domain=example.org --no-dnssec", "example.org.", false},
		{"serve --domain=example.org --dnssec", "other.org.", false},
		{"serve --domain=example.org --dnssec", "sub.example.org.", false},
		{"serve --domain=example.org --dnssec=Other.org", "other.org.", true},
		{"serve --domain=example.org --dnssec=other.org", "example.org.", false},
		{"serve --dnssec=a.org --dnssec=b.org", "b.org.", true},
		{"serve --dnssec", "home.arpa.", false},
		{"serve --dnssec", "0.0.0.0.0.0.1.2.0.0.0.0.a.2.ip6.arpa.", true},
		{"serve --dnssec", "2.0.192.in-addr.arpa.", true},
		{"serve --dnssec", "8.b.d.0.1.0.0.2.ip6.arpa.", true},
		{"serve --dnssec", "1.0.10.in-addr.arpa.", false},
		{"serve --dnssec", "168.192.in-addr.arpa.", false},
		{"serve --dnssec", "15.172.in-addr.arpa.", true},
		{"serve --dnssec", "16.172.in-addr.arpa.", false},
		{"serve --dnssec", "7.31.172.in-addr.arpa.", false},
		{"serve --dnssec", "32.172.in-addr.arpa.", true},
		{"serve --dnssec", "63.100.in-addr.arpa.", true},
		{"serve --dnssec", "5.64.100.in-addr.arpa.", false},
		{"serve --dnssec", "127.100.in-addr.arpa.", false},
		{"serve --dnssec", "1.0.0.0.0.0.d.f.ip6.arpa.", false},
		{"serve --dnssec", "0.8.e.f.ip6.arpa.", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct line l;
		struct name zone;
		assert_loads(&l, cases[i].line, NULL);
		assert_int_equal(name_from_text(cases[i].zone, NULL, &zone), 0);
		if (conf_signs(&l.conf, zone.wire) != cases[i].is_signed)
			fail_msg("%s: %s", cases[i].line, cases[i].zone);
		unload(&l);
	}
}

static void what_cannot_be_signed_is_refused(void **state)
{
	(void)state;
	assert_fails("serve --dnssec=home.arpa", NULL,
		"--dnssec: 'home.arpa' cannot have a DS: no parent delegates it to one owner");
	assert_fails("serve", "\ndnssec = 10.in-addr.arpa\n",
		"z.conf:2: dnssec: '10.in-addr.arpa' cannot have a DS: no parent delegates it to "
		"one owner");
	assert_fails("serve --dnssec=auto --dnssec=example.org", NULL,
		"--dnssec: 'example.org': auto, no and names of zones exclude each other");
	assert_fails("serve --dnssec=a..b", NULL, "--dnssec: 'a..b' is no domain name");
	assert_fails("serve --dnssec-algorithm=8", NULL,
		"--dnssec-algorithm: '8' is not 13 (ECDSAP256SHA256) or 15 (ED25519)");
	assert_fails("serve --domain=example.org --dnssec --tsig=k:hmac-sha256:c2VjcmV0 "
		     "--update=192.0.2.1,key:k",
		NULL,
		"dnssec: example.org. is sent to a primary too (update), which signs it by itself");
}

static void patterns_of_public_names_are_read(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "serve", NULL);
	assert_false(conf_has_host_key(&l.conf));
	unload(&l);
	assert_loads(&l, "serve --publish=www,db-*", NULL);
	assert_true(conf_has_host_key(&l.conf));
	assert_int_equal(l.conf.published.count, 2);
	assert_string_equal(l.conf.published.at[1], "db-*");
	unload(&l);
	assert_loads(&l, "serve", "publish = a\npublish = [!b]?,c\n");
	assert_int_equal(l.conf.published.count, 3);
	assert_string_equal(l.conf.published.at[1], "[!b]?");
	unload(&l);
	static const char *const wrong[] = {"", "a,", ",a", "a,,b", "a.b", "a b", "_a",
		"a123456789b123456789c123456789d123456789e123456789f123456789g123"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char text[256];
		snprintf(text, sizeof(text), "publish = %s\n", wrong[i]);
		assert_fails_somehow("serve", text);
	}
}

static void keys_has_a_verb_and_a_zone(void **state)
{
	struct line l;
	(void)state;
	assert_loads(&l, "keys", NULL);
	assert_int_equal(l.conf.keys_verb, CONF_KEYS_SHOW);
	assert_null(l.conf.keys_zone);
	unload(&l);
	assert_loads(&l, "keys roll example.org --algorithm=15", NULL);
	assert_int_equal(l.conf.keys_verb, CONF_KEYS_ROLL);
	assert_string_equal(l.conf.keys_zone, "example.org");
	assert_int_equal(l.conf.rolled_alg, 15);
	unload(&l);
	assert_fails("keys ds-seen", NULL, "keys: which zone?");
	assert_fails("keys clock example.org", NULL, "keys clock: is for no zone");
	assert_loads(&l, "keys clock", NULL);
	assert_int_equal(l.conf.keys_verb, CONF_KEYS_CLOCK);
	unload(&l);
	assert_loads(&l, "keys show --host", NULL);
	assert_true(l.conf.is_of_host);
	unload(&l);
	assert_fails("keys ds --host", NULL, "--host: is for keys show only, without a zone");
	assert_fails("keys show example.org --host", NULL,
		"--host: is for keys show only, without a zone");
	assert_fails("keys ds --algorithm=13", NULL, "--algorithm: is for keys roll only");
	assert_fails("keys rol example.org", NULL,
		"[show|ds|roll|ds-seen|unsign|clock] [ZONE]: 'rol' is not show, ds, roll, "
		"ds-seen, unsign or clock; did you mean roll?");
	assert_fails("keys ds a..b", NULL,
		"[show|ds|roll|ds-seen|unsign|clock] [ZONE]: 'a..b' is no domain name");
	assert_fails("keys ds a b", NULL,
		"[show|ds|roll|ds-seen|unsign|clock] [ZONE]: 'b' follows the zone, and nothing "
		"may");
}

/* Removes the comment sign from lines of the form "#key = value". */
static void uncomment(char *text)
{
	char *to = text;
	for (char *from = text; *from; from++) {
		bool is_start = from == text || from[-1] == '\n';
		if (is_start && from[0] == '#' && from[1] >= 'a' && from[1] <= 'z')
			continue;
		*to++ = *from;
	}
	*to = '\0';
}

static void the_sample_configuration_loads_with_and_without_comment_signs(void **state)
{
	struct line l;
	char *text = source_file("zones/zone.conf");
	(void)state;
	assert_loads(&l, "serve", text);
	assert_name(&l.conf.domain, "home.arpa.");
	unload(&l);
	uncomment(text);
	assert_loads(&l, "serve", text);
	assert_int_equal(l.conf.exports.count, 2);
	assert_int_equal(l.conf.ttl_s, 60);
	unload(&l);
	for (size_t i = 0; i < conf_table.count; i++) {
		const struct option *o = &conf_table.options[i];
		char key[64];
		snprintf(key, sizeof(key), "\n%s = ", o->key);
		if (!o->is_cmdline_only && !strstr(text, key))
			fail_msg("the sample lacks %s", o->key);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_table),
		cmocka_unit_test(values_may_follow_with_equals_sign_or_as_next_word),
		cmocka_unit_test(rootless_is_a_word_or_a_flag),
		cmocka_unit_test(options_may_precede_the_command),
		cmocka_unit_test(a_key_may_be_an_option_of_several_commands),
		cmocka_unit_test(lists_add_up_and_of_single_values_the_last_counts),
		cmocka_unit_test(a_link_local_address_is_listened_on_with_its_link),
		cmocka_unit_test(a_link_is_listened_on_by_its_name),
		cmocka_unit_test(the_command_line_replaces_what_the_file_says_of_an_option),
		cmocka_unit_test(a_file_has_comments_blanks_and_any_line_end),
		cmocka_unit_test(keys_that_do_not_concern_the_command_are_not_looked_at),
		cmocka_unit_test(an_error_in_a_file_names_file_line_and_key),
		cmocka_unit_test(a_zero_byte_in_a_file_is_an_error),
		cmocka_unit_test(an_error_leaves_the_configuration_in_force_alone),
		cmocka_unit_test(an_error_on_the_command_line_names_the_option),
		cmocka_unit_test(the_path_of_a_socket_is_no_longer_than_the_kernel_takes),
		cmocka_unit_test(every_kind_of_value_is_checked),
		cmocka_unit_test(combinations_are_checked),
		cmocka_unit_test(a_mailbox_may_be_written_as_mail_address),
		cmocka_unit_test(the_name_of_explain_is_read),
		cmocka_unit_test(help_and_version_need_no_command),
		cmocka_unit_test(help_of_a_command_has_its_options_only),
		cmocka_unit_test(messages_have_no_bytes_that_steer_a_terminal),
		cmocka_unit_test(what_is_collected_is_read),
		cmocka_unit_test(transfers_and_their_keys_are_read),
		cmocka_unit_test(faulty_transfers_are_told_and_secrets_are_not),
		cmocka_unit_test(who_signs_with_a_key_pair_has_a_key_of_the_host),
		cmocka_unit_test(public_names_are_those_of_hosts_in_the_domain),
		cmocka_unit_test(the_policy_is_that_of_the_configuration),
		cmocka_unit_test(
			a_key_is_explained_by_the_page_of_the_file_and_named_by_that_of_the_program),
		cmocka_unit_test(what_is_no_key_is_explained_by_the_page_of_the_program),
		cmocka_unit_test(signed_zones_are_the_domain_and_reverse_zones_or_those_named),
		cmocka_unit_test(what_cannot_be_signed_is_refused),
		cmocka_unit_test(patterns_of_public_names_are_read),
		cmocka_unit_test(keys_has_a_verb_and_a_zone),
		cmocka_unit_test(the_sample_configuration_loads_with_and_without_comment_signs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
