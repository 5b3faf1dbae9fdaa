/* SPDX-License-Identifier: ISC */
/*
 * Owns the command line of ontap-waitif and what it prints.
 * Never polls: the kernel says when something changes.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "device/type.h"
#include "io/ifwait.h"
#include "io/log.h"
#include "io/loop.h"

enum exit_code { EXIT_DONE = 0, EXIT_TIMED_OUT = 99, EXIT_USAGE = 100, EXIT_SYSTEM = 111 };

/* More than a year is a typing mistake. */
enum { TIMEOUT_MAX_S = 366 * 86400 };

struct options {
	struct await await;
	ns_t timeout; /* NS_NEVER: none */
	bool is_help, is_version;
};

static const char help[] =
	"usage: ontap-waitif [options] IFNAME\n"
	"\n"
	"Waits until IFNAME is there and has all that is asked for, and prints what it found, each\n"
	"on its line: an address, or the gateway of a route.\n"
	"\n"
	"  --addr-in-net=CIDR[,CIDR...]  a usable address in one of these; may be repeated\n"
	"  --has-route=PREFIX            a route to PREFIX (::/0, 0.0.0.0/0); may be repeated\n"
	"  --timeout=SECONDS             give up after that time, with exit status 99\n"
	"  --help, --version\n";

static const struct option long_options[] = {
	{"addr-in-net", required_argument, NULL, 'a'},
	{"has-route", required_argument, NULL, 'r'},
	{"timeout", required_argument, NULL, 't'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

static int read_timeout(const char *text, ns_t *ret)
{
	char *end;
	errno = 0;
	double seconds = strtod(text, &end);
	if (end == text || *end || errno || !(seconds >= 0 && seconds <= TIMEOUT_MAX_S))
		return ERR_SYNTAX;
	*ret = (ns_t)(seconds * (double)NS_PER_S);
	return 0;
}

/* One option. The error has not been told yet. */
static int read_option(int letter, struct options *options)
{
	switch (letter) {
	case 'a': return await_add_nets(&options->await, optarg);
	case 'r': return await_add_route(&options->await, optarg);
	case 't': return read_timeout(optarg, &options->timeout);
	case 'h': options->is_help = true; return 0;
	case 'V': options->is_version = true; return 0;
	default: return ERR_ABSENT; /* getopt's '?': it has told */
	}
}

static int read_options(int argc, char **argv, struct options *options, const struct log *log)
{
	int letter, index = 0;
	while ((letter = getopt_long(argc, argv, "hV", long_options, &index)) != -1) {
		int err = read_option(letter, options);
		if (err && err != ERR_ABSENT)
			log_error(log, "usage: option=--%s value=\"%s\" error=\"%s\"",
				long_options[index].name, optarg, err_text(err));
		if (err)
			return err;
	}
	if (options->is_help || options->is_version)
		return 0;
	if (optind + 1 != argc || strlen(argv[optind]) >= sizeof(options->await.ifname) ||
		argv[optind][0] == '\0') {
		log_error(log, "usage: error=\"one interface name is wanted\"");
		return ERR_SYNTAX;
	}
	memcpy(options->await.ifname, argv[optind], strlen(argv[optind]));
	return 0;
}

static int print_answers(const struct await *a)
{
	for (size_t i = 0; i < a->criterion_count; i++) {
		char text[ADDR_TEXT_CAP];
		struct addr addr = await_answer(a, i);
		puts(addr_format(&addr, text));
	}
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_SYSTEM;
}

static int wait_and_print(struct options *options, const struct log *log)
{
	struct await *a = &options->await;
	ns_t deadline = options->timeout == NS_NEVER ? NS_NEVER : loop_now() + options->timeout;
	int err = ifwait(a, deadline);
	if (!err)
		return print_answers(a);
	if (err == ERR_ABSENT) {
		log_error(log, "timed out: interface=%s state=%s", a->ifname,
			a->ifindex == 0 ? "absent" : a->is_up ? "up" : "down");
		return EXIT_TIMED_OUT;
	}
	log_error(log, "cannot wait: error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

int main(int argc, char **argv)
{
	const struct log log = {.fd = STDERR_FILENO, .threshold = LOG_LEVEL_INFO};
	struct options *options = calloc(1, sizeof(*options));
	if (!options)
		return EXIT_SYSTEM;
	options->timeout = NS_NEVER;
	int code = EXIT_DONE;
	if (read_options(argc, argv, options, &log))
		code = EXIT_USAGE;
	else if (options->is_help)
		fputs(help, stdout);
	else if (options->is_version)
		puts("ontap-waitif " PACKAGE_VERSION);
	else
		code = wait_and_print(options, &log);
	free(options);
	return code;
}
