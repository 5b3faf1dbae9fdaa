/* SPDX-License-Identifier: ISC */
/*
 * Owns the option table of ontap, and the rules for combinations of options.
 * Never acts on them.
 */
#include "ontap/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"

enum {
	TIMEOUT_MAX_S = 366 * 86400, /* more than a year is a typing error */
	QUEUES_NOT_GIVEN = LIMIT_DEVICE_QUEUES + 1
};

/* --- types of values ---------------------------------------------------------------------- */

/* "ADDR/LEN", or an address without a length, which is then alone on its link. */
static int add_addr(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	struct settings_addrs *addrs = at;
	int err = addrs->count < SETTINGS_ADDRS_CAP
			  ? device_addr_parse(text, &addrs->at[addrs->count])
			  : ERR_SPACE;
	if (err)
		return option_fail_err(why, o, text, err);
	addrs->count++;
	return 0;
}

static int add_nets(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	int err = await_add_nets(at, text);
	return err ? option_fail_err(why, o, text, err) : 0;
}

/* For each address family, the last one counts. */
static int read_gateway(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	struct settings_gateways *gateways = at;
	struct addr addr;
	int err = addr_parse(text, &addr);
	if (err)
		return option_fail_err(why, o, text, err);
	*(addr.family == ADDR_V4 ? &gateways->v4 : &gateways->v6) = addr;
	return 0;
}

/* Reads six bytes in hexadecimal, with colons between them. */
static int read_hwaddr(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	struct settings_hwaddr hwaddr = {.is_given = true}, *ret = at;
	const char *rest = text;
	for (size_t i = 0; i < DEVICE_HWADDR_LEN; i++) {
		if (strspn(rest, digits) != 2 ||
			rest[2] != (i + 1 < DEVICE_HWADDR_LEN ? ':' : '\0'))
			return option_fail_err(why, o, text, ERR_SYNTAX);
		hwaddr.bytes[i] = (uint8_t)strtoul(rest, NULL, 16);
		rest += 3;
	}
	if (!device_is_hwaddr(hwaddr.bytes))
		return option_fail(why, "'%s': no link can have this hardware address", text);
	*ret = hwaddr;
	return 0;
}

static const struct option_type type_gateways = {.read = read_gateway, .is_list = true};
static const struct option_type type_hwaddr = {.read = read_hwaddr};
static const struct option_type type_addrs = {.read = add_addr, .is_list = true};
static const struct option_type type_nets = {.read = add_nets, .is_list = true};

static const char *const type_words[] = {
	[DEVICE_IPVLAN] = "ipvlan",
	[DEVICE_IPVTAP] = "ipvtap",
	[DEVICE_MACVLAN] = "macvlan",
	[DEVICE_MACVTAP] = "macvtap",
	[DEVICE_VETH] = "veth",
	[DEVICE_TAP] = "tap",
	[SETTINGS_TYPE_AUTO] = DEVICE_AUTO,
	NULL,
};

/* --- the table ---------------------------------------------------------------------------- */

#define AT(member) .offset = offsetof(struct settings, member)

static const struct option options[] = {
	{"SOCKET", .is_operand = true, .is_required = true, .type = &option_type_any_text,
		AT(socket), .arg = "SOCKET", .help = "of ontapd: /run/ontap/port.PARENT"},
	{"type", 't', .type = &option_type_choice, AT(type), .arg = "TYPE", .words = type_words,
		.help = "type of the device; auto: macvlan on a wire, ipvlan on Wi-Fi, veth on a "
			"bridge, and with --queues macvtap, ipvtap or tap"},
	{"name", 'n', .type = &option_type_text, AT(ifname), .arg = "IFNAME",
		.default_words = "one that is free", .help = "name of the link"},
	{"alias", 'a', .type = &option_type_any_text, AT(alias), .arg = "ALIAS",
		.help = "alias of the link: the name that ontap-zone serves"},
	{"queues", 'm', .type = &option_type_number, AT(queues), .arg = "QUEUES",
		.max = LIMIT_DEVICE_QUEUES, .default_words = "1 where there is a PROG",
		.help = "queues of a tap that are opened and passed as ONTAP_FD0...; 0: only "
			"create it"},
	{"mode", .type = &option_type_any_text, AT(mode), .arg = "MODE",
		.default_words = "bridge; l2",
		.help = "bridge, private, vepa, passthru, source; of an ipvlan: l2, l3, l3s, and "
			"with a comma bridge, private, vepa; of a veth or tap: bridge, private, "
			"open"},
	{"mtu", .type = &option_type_number, AT(mtu), .arg = "BYTES", .min = DEVICE_MTU_MIN,
		.max = DEVICE_MTU_MAX, .default_words = "the parent's", .help = "MTU of the link"},
	{"mac", .type = &type_hwaddr, AT(hwaddr), .arg = "HWADDR",
		.default_words = "derived from the alias",
		.help = "hardware address, but of an ipvlan or ipvtap"},
	{"autoconf", .type = &option_type_flag, AT(has_autoconf),
		.help = "the guest of a tap, macvtap or ipvtap configures itself by DHCP or SLAAC"},
	{"keep", .type = &option_type_flag, AT(is_kept), .help = "the device outlives PROG"},
	{"up", .type = &option_type_alias, .stands_for = {"down", "no"},
		.help = "set the link up (default)"},
	{"down", .type = &option_type_flag, AT(is_down), .help = "do not set the link up"},
	{"netns", .type = &option_type_flag, AT(has_netns),
		.help = "run PROG in a fresh network namespace"},
	{"hostname", .type = &option_type_text, AT(hostname), .arg = "NAME",
		.help = "run PROG in a fresh UTS namespace with that host name"},
	{"addr", .type = &type_addrs, AT(addrs), .arg = "ADDR/LEN", .help = "add that address"},
	{"gateway", .type = &type_gateways, AT(gateways), .arg = "ADDR",
		.help = "default route by that address"},
	{"dhcp", .type = &option_type_flag, AT(has_dhcp),
		.help = "run the system's DHCP client beside PROG"},
	{"wait", .type = &type_nets, AT(await), .arg = "CIDR[,CIDR...]",
		.help = "wait for a usable address in one of these"},
	{"timeout", .type = &option_type_seconds, AT(timeout), .arg = "SECONDS",
		.max = TIMEOUT_MAX_S, .help = "wait no longer than that: exit status 99"},
	{"user", .type = &option_type_text, AT(user), .arg = "NAME",
		.help = "run PROG as that user"},
	{"caps", .type = &option_type_text, AT(caps), .arg = "+NAME[,+NAME...]",
		.help = "keep these capabilities: +net_bind_service"},
	{"open", .type = &option_type_text, AT(opened), .arg = "IFNAME",
		.help = "open queues of a tap that is there"},
	{"remove", .type = &option_type_text, AT(removed), .arg = "IFNAME",
		.help = "remove a device that was kept"},
	{"watch", .type = &option_type_flag, AT(is_watching),
		.help = "give the callers' namespaces ids in this one, while PROG runs"},
	{"list", .type = &option_type_flag, AT(is_listing),
		.help = "print all devices of the parent"},
	{"json", 'j', .type = &option_type_flag, AT(has_json), .help = "with --list: as JSON"},
	{"verbosity", .type = &option_type_choice, AT(verbosity), .arg = "LEVEL",
		.defaults = {"warning"}, .words = log_level_words,
		.help = "log what is this urgent, or more"},
	{"help", 'h', .type = &option_type_help, .help = "print this"},
	{"version", 'V', .type = &option_type_version, .help = "print the version"},
};

/* --- combinations ------------------------------------------------------------------------- */

bool settings_has_own_addrs(const struct settings *s)
{
	return s->addrs.count > 0 || s->gateways.v4.family != ADDR_NONE ||
	       s->gateways.v6.family != ADDR_NONE || s->has_dhcp;
}

bool settings_needs_link(const struct settings *s)
{
	return settings_has_own_addrs(s) || s->await.criterion_count > 0;
}

/* Its link is in a namespace of ontapd's, where the guest's addresses are put on it; or it is a port of a bridge, which
 * carries all that the guest says. */
static int check_autoconf(const struct settings *s, bool is_tap, struct options_error *error)
{
	if (!is_tap || s->queues == 0)
		return options_fail(
			error, "--autoconf: only macvtap, ipvtap and tap, with a queue");
	if (!s->prog[0])
		return options_fail(error, "--autoconf: there is no program after --");
	const char *other = s->ifname                                        ? "name"
			    : s->is_kept                                     ? "keep"
			    : s->is_down                                     ? "down"
			    : s->addrs.count > 0                             ? "addr"
			    : s->gateways.v4.family || s->gateways.v6.family ? "gateway"
			    : s->has_dhcp                                    ? "dhcp"
			    : s->await.criterion_count > 0                   ? "wait"
									     : NULL;
	return other ? options_fail(error, "--autoconf: the guest decides: not with --%s", other)
		     : 0;
}

static int check_create(struct settings *s, struct options_error *error)
{
	struct device_mode mode;
	char known[64];
	options_list_words(type_words, known, sizeof(known));
	if (s->type == SETTINGS_TYPE_MISSING)
		return options_fail(error, "--type is missing: %s", known);
	bool is_auto = s->type == SETTINGS_TYPE_AUTO;
	bool is_tap = is_auto ? s->queues != QUEUES_NOT_GIVEN || s->has_autoconf
			      : device_type_is_tap(s->type);
	s->type_text = is_auto && is_tap ? DEVICE_AUTO_TAP : type_words[s->type];
	if (s->mode && !is_auto && device_mode_parse(s->type, s->mode, &mode))
		return options_fail(
			error, "--mode: '%s' is not a mode of %s", s->mode, s->type_text);
	if (s->hwaddr.is_given && !is_auto && device_type_is_ipvlan(s->type) && !s->has_autoconf)
		return options_fail(
			error, "--mac: an %s has the hardware address of its parent", s->type_text);
	if (s->ifname && !device_is_name(s->ifname))
		return options_fail(error, "--name: '%s': no link can have this name", s->ifname);
	if (s->alias && !device_is_alias(s->alias))
		return options_fail(error, "--alias: '%s': no link can have this alias", s->alias);
	if (s->queues == QUEUES_NOT_GIVEN)
		s->queues = is_tap && s->prog[0] ? 1 : 0;
	if (s->queues > 0 && !is_tap)
		return options_fail(error, "--queues: only ipvtap, macvtap and tap have queues");
	if (s->type == DEVICE_TAP && settings_needs_link(s))
		return options_fail(error, "%s", SETTINGS_NO_LINK_TEXT);
	if (s->has_autoconf)
		return check_autoconf(s, is_tap, error);
	/* Without PROG, no process would hold the device. */
	if (!s->prog[0])
		s->is_kept = true;
	return 0;
}

static int check_open(struct settings *s, struct options_error *error)
{
	if (s->queues == QUEUES_NOT_GIVEN)
		s->queues = 1;
	if (s->queues == 0)
		return options_fail(error, "--open: there is no queue to open: --queues=0");
	return s->prog[0] ? 0 : options_fail(error, "--open: there is no program after --");
}

static int find_task(struct settings *s, struct options_error *error)
{
	if (!!s->opened + !!s->removed + s->is_watching + s->is_listing > 1)
		return options_fail(
			error, "--open, --remove, --watch and --list exclude each other");
	if (s->has_json && !s->is_listing)
		return options_fail(error, "--json: needs --list");
	s->task = s->opened        ? TASK_OPEN
		  : s->removed     ? TASK_REMOVE
		  : s->is_watching ? TASK_WATCH
		  : s->is_listing  ? TASK_LIST
				   : TASK_CREATE;
	return 0;
}

static int check_task(struct settings *s, struct options_error *error)
{
	switch (s->task) {
	case TASK_CREATE: return check_create(s, error);
	case TASK_OPEN: return check_open(s, error);
	case TASK_REMOVE: return 0;
	case TASK_WATCH:
		return s->prog[0] ? 0
				  : options_fail(error, "--watch: there is no program after --");
	case TASK_LIST: return s->prog[0] ? options_fail(error, "--list: runs no program") : 0;
	}
	return 0;
}

static char *const no_prog[] = {NULL};

static int check(void *values, const struct options_args *args, struct options_error *error)
{
	struct settings *s = values;
	if (!args->prog && !s->is_listing)
		return options_fail(
			error, "the -- before the program is missing; --help tells more");
	s->prog = args->prog ? args->prog : no_prog;
	if (s->caps && !s->user && !s->has_netns)
		return options_fail(error, "--caps: needs --user or --netns");
	if (!s->prog[0] && (s->has_netns || s->has_dhcp))
		return options_fail(error, "--%s: there is no program after --",
			s->has_netns ? "netns" : "dhcp");
	int err = find_task(s, error);
	return err ? err : check_task(s, error);
}

static void init(void *values)
{
	struct settings *s = values;
	s->type = SETTINGS_TYPE_MISSING;
	s->queues = QUEUES_NOT_GIVEN;
	s->timeout = NS_NEVER;
}

static const char *const usage[] = {
	"-t TYPE [options] SOCKET [options] -- [PROG...]",
	"--open=IFNAME [-m QUEUES] SOCKET -- PROG...",
	"--remove=IFNAME SOCKET --",
	"--watch SOCKET -- PROG...",
	"--list [-j] SOCKET",
	NULL,
};

const struct options_table settings_table = {
	.program = "ontap",
	.usage = usage,
	.about = "Gets a network device from ontapd at SOCKET (/run/ontap/port.PARENT), exports "
		 "what it is called, and runs PROG; the device goes when PROG does. Without PROG "
		 "it is kept.",
	.options = options,
	.count = ARRAY_LEN(options),
	.has_prog = true,
	.may_abbreviate = true,
	.size = sizeof(struct settings),
	.init = init,
	.check = check,
};
