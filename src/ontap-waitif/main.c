/* SPDX-License-Identifier: ISC */
/*
 * Owns the options of ontap-waitif and its output.
 * Never polls: the kernel reports changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/time.h"
#include "io/cmdline.h"
#include "io/exit.h"
#include "io/ifwait.h"
#include "io/loop.h"

/* More than a year is a typing error. */
enum { TIMEOUT_MAX_S = 366 * 86400 };

struct settings {
	struct await await;
	ns_t timeout; /* NS_NEVER: none */
};

/* --- options ------------------------------------------------------------------------------ */

static int read_ifname(void *at, const struct option *o UNUSED, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	struct await *await = at;
	size_t len = strlen(text);
	if (len == 0 || len >= sizeof(await->ifname))
		return option_fail(why, "'%s' is no name of an interface", text);
	memcpy(await->ifname, text, len + 1);
	return 0;
}

static int add_nets(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	int err = await_add_nets(at, text);
	return err ? option_fail_err(why, o, text, err) : 0;
}

static int add_route(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	int err = await_add_route(at, text);
	return err ? option_fail_err(why, o, text, err) : 0;
}

static const struct option_type type_ifname = {.read = read_ifname};
static const struct option_type type_nets = {.read = add_nets, .is_list = true};
static const struct option_type type_route = {.read = add_route, .is_list = true};

#define AT(member) .offset = offsetof(struct settings, member)

static const struct option options[] = {
	{"IFNAME", .is_operand = true, .is_required = true, .type = &type_ifname, AT(await),
		.arg = "IFNAME", .help = "interface that is waited for"},
	{"addr-in-net", .type = &type_nets, AT(await), .arg = "CIDR[,CIDR...]",
		.help = "a usable address in one of these"},
	{"has-route", .type = &type_route, AT(await), .arg = "PREFIX",
		.help = "a route to PREFIX (::/0, 0.0.0.0/0)"},
	{"timeout", .type = &option_type_seconds, AT(timeout), .arg = "SECONDS",
		.max = TIMEOUT_MAX_S, .help = "give up after that time: exit status 99"},
	{"help", 'h', .type = &option_type_help, .help = "print this"},
	{"version", 'V', .type = &option_type_version, .help = "print the version"},
};

static void init(void *values)
{
	struct settings *s = values;
	s->timeout = NS_NEVER;
}

static const char *const usage[] = {"[options] IFNAME", NULL};

static const struct options_table table = {
	.program = "ontap-waitif",
	.usage = usage,
	.about = "Waits until IFNAME is there and has all that is asked for, and prints what it "
		 "found, each on its line: an address, or the gateway of a route.",
	.options = options,
	.count = ARRAY_LEN(options),
	.may_abbreviate = true,
	.size = sizeof(struct settings),
	.init = init,
};

/* --- wait --------------------------------------------------------------------------------- */

static int print_answers(const struct await *a)
{
	for (size_t i = 0; i < a->criterion_count; i++) {
		char text[ADDR_TEXT_CAP];
		struct addr addr = await_answer(a, i);
		puts(addr_format(&addr, text));
	}
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_SYSTEM;
}

static void tell_missing(const struct await *a, const struct log *log)
{
	struct buf missing = {0};
	await_missing(a, &missing);
	log_error(log, "timed out: interface=%s state=%s error=\"%s\"", a->ifname,
		a->ifindex == 0 ? "absent"
		: a->is_up      ? "up"
				: "down",
		buf_text(&missing));
	buf_fini(&missing);
}

static int wait_and_print(struct settings *s, const struct log *log)
{
	struct await *a = &s->await;
	ns_t deadline = s->timeout == NS_NEVER ? NS_NEVER : loop_now() + s->timeout;
	int err = ifwait(a, deadline, -1);
	if (!err)
		return print_answers(a);
	if (err == ERR_ABSENT) {
		tell_missing(a, log);
		return EXIT_TIMEOUT;
	}
	log_error(log, "cannot wait: error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

int main(int argc, char **argv)
{
	const struct log log = {.fd = STDERR_FILENO, .threshold = LOG_LEVEL_INFO};
	struct options_args args;
	int code = cmdline_parse(&args, &table, argc, argv, &log);
	if (code != CMDLINE_GO_ON)
		return code;
	struct settings *s = calloc(1, sizeof(*s));
	code = s ? (int)cmdline_load(s, &table, &args, &log) : EXIT_SYSTEM;
	options_args_fini(&args);
	if (code == CMDLINE_GO_ON)
		code = wait_and_print(s, &log);
	free(s);
	return code;
}
