/* SPDX-License-Identifier: ISC */
/*
 * Owns the command line of ontap: options before and after SOCKET, "--", and the program to run.
 * Never does what it says.
 */
#include "ontap/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"

const char options_help[] =
	"usage: ontap -t TYPE [options] SOCKET [options] -- [PROG...]\n"
	"       ontap --open=IFNAME [-m QUEUES] SOCKET -- PROG...\n"
	"       ontap --remove=IFNAME SOCKET --\n"
	"       ontap --watch SOCKET -- PROG...\n"
	"\n"
	"Gets a network device from ontapd at SOCKET (/run/ontap/port.PARENT), exports what it is\n"
	"called, and runs PROG; the device goes when PROG does. Without PROG it is kept.\n"
	"\n"
	"  -t, --type=TYPE        ipvlan, ipvtap, macvlan, macvtap\n"
	"  -n, --name=IFNAME      name of the link (a free one)\n"
	"  -a, --alias=ALIAS      alias of the link: the name that ontap-zone serves\n"
	"  -m, --queues=QUEUES    queues of a tap that are opened and passed as ONTAP_FD0...\n"
	"                         (1 where there is a PROG); 0: only create\n"
	"      --mode=MODE        bridge, private, vepa, passthru, source; of an ipvlan: l2, l3, l3s,\n"
	"                         and with a comma bridge, private, vepa (bridge; l2)\n"
	"      --keep             the device outlives PROG\n"
	"      --up, --down       set the link up (it is), or not\n"
	"      --netns            run PROG in a fresh network namespace\n"
	"      --hostname=NAME    run PROG in a fresh UTS namespace with that host name\n"
	"      --addr=ADDR/LEN    add that address; may be repeated\n"
	"      --dhcp             run the system's DHCP client beside PROG\n"
	"      --wait=CIDR[,...]  wait for a usable address there; may be repeated\n"
	"      --timeout=SECONDS  wait no longer than that: exit status 99\n"
	"      --user=NAME        run PROG as that user\n"
	"      --caps=+NAME[,...] keep these capabilities: +net_bind_service\n"
	"      --open=IFNAME      open queues of a tap that is there\n"
	"      --remove=IFNAME    remove a device that was kept\n"
	"      --watch            give the callers' namespaces ids in this one, while PROG runs\n"
	"      --verbosity=LEVEL  error, warning, info, debug (warning)\n"
	"      --help, --version\n";

enum {
	OPTION_MODE = 256,
	OPTION_KEEP,
	OPTION_UP,
	OPTION_DOWN,
	OPTION_NETNS,
	OPTION_HOSTNAME,
	OPTION_ADDR,
	OPTION_DHCP,
	OPTION_WAIT,
	OPTION_TIMEOUT,
	OPTION_USER,
	OPTION_CAPS,
	OPTION_OPEN,
	OPTION_REMOVE,
	OPTION_WATCH,
	OPTION_VERBOSITY,
	OPTION_VERSION
};

static const struct option long_options[] = {
	{"type", required_argument, NULL, 't'},
	{"name", required_argument, NULL, 'n'},
	{"alias", required_argument, NULL, 'a'},
	{"queues", required_argument, NULL, 'm'},
	{"mode", required_argument, NULL, OPTION_MODE},
	{"keep", no_argument, NULL, OPTION_KEEP},
	{"up", no_argument, NULL, OPTION_UP},
	{"down", no_argument, NULL, OPTION_DOWN},
	{"netns", no_argument, NULL, OPTION_NETNS},
	{"hostname", required_argument, NULL, OPTION_HOSTNAME},
	{"addr", required_argument, NULL, OPTION_ADDR},
	{"dhcp", no_argument, NULL, OPTION_DHCP},
	{"wait", required_argument, NULL, OPTION_WAIT},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"user", required_argument, NULL, OPTION_USER},
	{"caps", required_argument, NULL, OPTION_CAPS},
	{"open", required_argument, NULL, OPTION_OPEN},
	{"remove", required_argument, NULL, OPTION_REMOVE},
	{"watch", no_argument, NULL, OPTION_WATCH},
	{"verbosity", required_argument, NULL, OPTION_VERBOSITY},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

/* --- values ------------------------------------------------------------------------------- */

static int read_number(const char *text, unsigned max, unsigned *ret)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		return ERR_SYNTAX;
	if (value > max)
		return ERR_RANGE;
	*ret = (unsigned)value;
	return 0;
}

static int read_queues(const char *text, struct options *o)
{
	o->has_queues = true;
	return read_number(text, LIMIT_DEVICE_QUEUES, &o->queues);
}

static int read_timeout(const char *text, struct options *o)
{
	unsigned seconds;
	int err = read_number(text, 366 * 86400, &seconds);
	if (!err)
		o->timeout = seconds * NS_PER_S;
	return err;
}

static int read_verbosity(const char *text, struct options *o)
{
	int level = log_level_parse(text);
	if (level < 0)
		return ERR_SYNTAX;
	o->verbosity = (enum log_level)level;
	return 0;
}

/* "ADDR/LEN", or an address alone, which is then alone on its link. */
static int read_addr(const char *text, struct options *o)
{
	char copy[ADDR_TEXT_CAP];
	size_t len = strcspn(text, "/");
	unsigned prefix_len;
	if (o->addr_count == OPTIONS_ADDRS_CAP)
		return ERR_SPACE;
	if (len >= sizeof(copy))
		return ERR_SYNTAX;
	memcpy(copy, text, len);
	copy[len] = '\0';
	struct device_addr *a = &o->addrs[o->addr_count];
	int err = addr_parse(copy, &a->addr);
	if (err)
		return err;
	prefix_len = (unsigned)(8 * addr_len(&a->addr));
	if (text[len] == '/')
		err = read_number(text + len + 1, prefix_len, &prefix_len);
	a->prefix_len = (uint8_t)prefix_len;
	o->addr_count += !err;
	return err;
}

static int set_task(struct options *o, enum task task, const char *ifname)
{
	if (o->task != TASK_CREATE)
		return ERR_EXISTS;
	o->task = task;
	if (ifname)
		o->ifname = ifname;
	return 0;
}

static int set_flag(bool *flag, bool value)
{
	*flag = value;
	return 0;
}

static int set_text(const char **text, const char *value)
{
	*text = value;
	return *value ? 0 : ERR_SYNTAX;
}

static int read_option(int letter, struct options *o)
{
	switch (letter) {
	case 't': return set_text(&o->type, optarg);
	case 'n': return set_text(&o->ifname, optarg);
	case 'a': o->alias = optarg; return 0;
	case 'm': return read_queues(optarg, o);
	case OPTION_MODE: o->mode = optarg; return 0;
	case OPTION_KEEP: return set_flag(&o->is_kept, true);
	case OPTION_UP: return set_flag(&o->is_down, false);
	case OPTION_DOWN: return set_flag(&o->is_down, true);
	case OPTION_NETNS: return set_flag(&o->has_netns, true);
	case OPTION_HOSTNAME: return set_text(&o->hostname, optarg);
	case OPTION_ADDR: return read_addr(optarg, o);
	case OPTION_DHCP: return set_flag(&o->has_dhcp, true);
	case OPTION_WAIT: return await_add_nets(&o->await, optarg);
	case OPTION_TIMEOUT: return read_timeout(optarg, o);
	case OPTION_USER: return set_text(&o->user, optarg);
	case OPTION_CAPS: return set_text(&o->caps, optarg);
	case OPTION_OPEN: return set_task(o, TASK_OPEN, optarg);
	case OPTION_REMOVE: return set_task(o, TASK_REMOVE, optarg);
	case OPTION_WATCH: return set_task(o, TASK_WATCH, NULL);
	case OPTION_VERBOSITY: return read_verbosity(optarg, o);
	case 'h': return set_flag(&o->is_help, true);
	case OPTION_VERSION: return set_flag(&o->is_version, true);
	default: return ERR_ABSENT; /* getopt's '?': it has told */
	}
}

/* --- the whole ---------------------------------------------------------------------------- */

static int complain(const struct log *log, const char *what)
{
	log_error(log, "usage: error=\"%s\" note=\"see ontap --help\"", what);
	return ERR_SYNTAX;
}

static int check_create(struct options *o, const struct log *log)
{
	enum device_type type;
	struct device_mode mode;
	if (!o->type || device_type_parse(o->type, &type))
		return complain(log, "--type has to be ipvlan, ipvtap, macvlan or macvtap");
	if (o->mode && device_mode_parse(type, o->mode, &mode))
		return complain(log, "--mode is none of that type");
	if (o->ifname && !device_is_name(o->ifname))
		return complain(log, "no link can have the name in --name");
	if (o->alias && !device_is_alias(o->alias))
		return complain(log, "no link can have the alias in --alias");
	if (o->queues > 0 && !device_type_is_tap(type))
		return complain(log, "only ipvtap and macvtap have queues");
	if (!o->has_queues)
		o->queues = device_type_is_tap(type) && o->prog[0] ? 1 : 0;
	/* There is nobody whom the device could go with. */
	if (!o->prog[0])
		o->is_kept = true;
	return 0;
}

static int check(struct options *o, const struct log *log)
{
	if (o->caps && !o->user && !o->has_netns)
		return complain(log, "--caps wants --user or --netns");
	if (!o->prog[0] && (o->has_netns || o->has_dhcp))
		return complain(log, "without a program nothing lives in the namespace");
	switch (o->task) {
	case TASK_CREATE: return check_create(o, log);
	case TASK_OPEN:
		if (!o->has_queues)
			o->queues = 1;
		if (o->queues == 0 || !o->prog[0])
			return complain(log, "--open wants queues and a program");
		return 0;
	case TASK_REMOVE: return 0;
	case TASK_WATCH: return o->prog[0] ? 0 : complain(log, "--watch wants a program");
	}
	return 0;
}

/* SOCKET alone before "--", PROG after it. getopt_long() has brought the options to the front. */
static int split(struct options *o, int argc, char **argv, int dashes, const struct log *log)
{
	if (dashes == argc)
		return complain(log, "the -- before the program is missing");
	if (optind >= argc)
		return complain(log, "the socket of ontapd is missing");
	o->socket = argv[optind];
	if (argc - optind - 1 != argc - dashes - 1)
		return complain(log, "one socket of ontapd is wanted before --");
	o->prog = argv + dashes + 1;
	return 0;
}

/* Index of the "--" that ends the options, or argc. An option's own value is never "--" here. */
static int find_dashes(int argc, char **argv)
{
	int i = 1;
	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	return i;
}

int options_parse(struct options *ret, int argc, char **argv, const struct log *log)
{
	int letter, index = -1, dashes = find_dashes(argc, argv);
	*ret = (struct options){.timeout = NS_NEVER, .verbosity = LOG_LEVEL_WARNING};
	while ((letter = getopt_long(argc, argv, "t:n:a:m:h", long_options, &index)) != -1) {
		int err = read_option(letter, ret);
		if (err && err != ERR_ABSENT)
			log_error(log, "usage: option=%.*s%s value=\"%s\" error=\"%s\"",
				index < 0 ? 1 : 2, "--",
				index < 0 ? (char[]){(char)letter, 0} : long_options[index].name,
				optarg ? optarg : "", err_text(err));
		if (err)
			return ERR_SYNTAX;
		index = -1;
	}
	if (ret->is_help || ret->is_version)
		return 0;
	int err = split(ret, argc, argv, dashes, log);
	return err ? err : check(ret, log);
}
