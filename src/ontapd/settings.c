/* SPDX-License-Identifier: ISC */
/*
 * Owns the command line of ontapd.
 * Never opens anything.
 */
#include "ontapd/settings.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "device/type.h"

const char settings_help[] =
	"usage: ontapd [options] PARENT...\n"
	"\n"
	"Makes devices on PARENT for who may connect to DIR/port.PARENT.\n"
	"\n"
	"  --group=GROUP         the sockets' group (the daemon's own)\n"
	"  --socket-dir=DIR      where the sockets are (/run/ontap)\n"
	"  --state=DIR           where the machine's secret is kept (/var/lib/ontap)\n"
	"  --rules=FILE          who may have what; without it, all may have all\n"
	"  --max-user=N          devices of one user, but root (64)\n"
	"  --max-parent=N        devices on one parent (4096)\n"
	"  --rate=N              requests a second of one user, but root; 0: no limit (20)\n"
	"  --ready-fd=FD         write a newline there when ready\n"
	"  --verbosity=LEVEL     error, warning, info, debug (info)\n"
	"  --help, --version\n";

enum {
	OPTION_GROUP = 256,
	OPTION_SOCKET_DIR,
	OPTION_STATE,
	OPTION_RULES,
	OPTION_MAX_USER,
	OPTION_MAX_PARENT,
	OPTION_RATE,
	OPTION_READY_FD,
	OPTION_VERBOSITY,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option long_options[] = {
	{"group", required_argument, NULL, OPTION_GROUP},
	{"socket-dir", required_argument, NULL, OPTION_SOCKET_DIR},
	{"state", required_argument, NULL, OPTION_STATE},
	{"rules", required_argument, NULL, OPTION_RULES},
	{"max-user", required_argument, NULL, OPTION_MAX_USER},
	{"max-parent", required_argument, NULL, OPTION_MAX_PARENT},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"ready-fd", required_argument, NULL, OPTION_READY_FD},
	{"verbosity", required_argument, NULL, OPTION_VERBOSITY},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

static int read_number(const char *text, unsigned max, unsigned *ret)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > max)
		return ERR_SYNTAX;
	*ret = (unsigned)value;
	return 0;
}

static int read_verbosity(const char *text, enum log_level *ret)
{
	int level = log_level_parse(text);
	if (level < 0)
		return ERR_SYNTAX;
	*ret = (enum log_level)level;
	return 0;
}

static int read_ready_fd(const char *text, int *ret)
{
	unsigned value;
	int err = read_number(text, INT_MAX, &value);
	if (!err)
		*ret = (int)value;
	return err;
}

static int read_option(int letter, struct settings *s)
{
	switch (letter) {
	case OPTION_GROUP: s->group = optarg; return 0;
	case OPTION_SOCKET_DIR: s->socket_dir = optarg; return 0;
	case OPTION_STATE: s->state_dir = optarg; return 0;
	case OPTION_RULES: s->rules_file = optarg; return 0;
	case OPTION_MAX_USER: return read_number(optarg, UINT_MAX, &s->max_user);
	case OPTION_MAX_PARENT: return read_number(optarg, UINT_MAX, &s->max_parent);
	case OPTION_RATE: return read_number(optarg, 1000000, &s->rate);
	case OPTION_READY_FD: return read_ready_fd(optarg, &s->ready_fd);
	case OPTION_VERBOSITY: return read_verbosity(optarg, &s->verbosity);
	case OPTION_HELP: s->is_help = true; return 0;
	case OPTION_VERSION: s->is_version = true; return 0;
	default: return ERR_ABSENT; /* getopt's '?': it has told */
	}
}

static int check_parents(const struct settings *s, const struct log *log)
{
	for (size_t i = 0; i < s->parent_count; i++) {
		if (device_is_name(s->parents[i]))
			continue;
		char text[LOG_TEXT_CAP];
		log_error(log, "usage: parent=%s error=\"no link can have this name\"",
			log_escape(s->parents[i], text));
		return ERR_SYNTAX;
	}
	return 0;
}

int settings_parse(struct settings *ret, int argc, char **argv, const struct log *log)
{
	struct settings s = {
		.socket_dir = "/run/ontap",
		.state_dir = "/var/lib/ontap",
		.max_user = 64,
		.max_parent = 4096,
		.rate = 20,
		.ready_fd = -1,
		.verbosity = LOG_LEVEL_INFO,
	};
	int letter, index = 0;
	while ((letter = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		int err = read_option(letter, &s);
		if (err == ERR_SYNTAX)
			log_error(log, "usage: option=--%s value=\"%s\" error=\"%s\"",
				long_options[index].name, optarg, err_text(err));
		if (err)
			return ERR_SYNTAX;
	}
	s.parents = argv + optind;
	s.parent_count = (size_t)(argc - optind);
	int err = check_parents(&s, log);
	if (!err)
		*ret = s;
	return err;
}
