/* SPDX-License-Identifier: ISC */
/*
 * Owns the option table of ontapd.
 * Never opens anything.
 */
#include "ontapd/settings.h"

#include "device/type.h"

enum { RATE_MAX = 1000000, FD_MAX = 0xfffff };

static int add_parent(
	void *at, const struct option *o, const char *text, size_t nth, struct option_why *why)
{
	if (!device_is_name(text))
		return option_fail(why, "'%s': no link can have this name", text);
	return option_type_texts.read(at, o, text, nth, why);
}

static void free_parents(void *at)
{
	option_type_texts.free(at);
}

static const struct option_type type_parents = {
	.read = add_parent, .free = free_parents, .is_list = true};

#define AT(member) .offset = offsetof(struct settings, member)

static const struct option options[] = {
	{"parent", .is_operand = true, .type = &type_parents, AT(parents), .arg = "PARENT",
		.help = "link on which devices are made"},
	{"group", .type = &option_type_text, AT(group), .arg = "GROUP",
		.default_words = "the daemon's own", .help = "the sockets' group"},
	{"socket-dir", .type = &option_type_text, AT(socket_dir), .arg = "DIR",
		.defaults = {"/run/ontap"}, .help = "where the sockets are"},
	{"state", .type = &option_type_text, AT(state_dir), .arg = "DIR",
		.defaults = {SETTINGS_DEFAULT_STATE}, .help = "where the machine's secret is kept"},
	{"rules", .type = &option_type_text, AT(rules_file), .arg = "FILE",
		.default_words = "all may have all", .help = "who may have what"},
	{"max-user", .type = &option_type_number, AT(max_user), .arg = "N", .defaults = {"64"},
		.max = UINT32_MAX, .help = "devices of one user; root has no limit"},
	{"max-parent", .type = &option_type_number, AT(max_parent), .arg = "N",
		.defaults = {"4096"}, .max = UINT32_MAX, .help = "devices on one parent"},
	{"rate", .type = &option_type_number, AT(rate), .arg = "N", .defaults = {"20"},
		.max = RATE_MAX,
		.help = "requests of one user in a second; root has no limit; 0: nobody has"},
	{"ready-fd", .type = &option_type_fd, AT(ready_fd), .arg = "FD", .max = FD_MAX,
		.help = "write a newline there when the sockets are open"},
	{"verbosity", .type = &option_type_choice, AT(verbosity), .arg = "LEVEL",
		.defaults = {"info"}, .words = log_level_words,
		.help = "log what is this urgent, or more"},
	{"config", 'c', .is_cmdline_only = true, .type = &option_type_config, .arg = "FILE",
		.default_words = "/etc/ontap/ontapd.conf, if it is there",
		.help = "configuration file"},
	{"help", 'h', .is_cmdline_only = true, .type = &option_type_help, .help = "print this"},
	{"version", 'V', .is_cmdline_only = true, .type = &option_type_version,
		.help = "print the version"},
};

static const char *const usage[] = {"[options] PARENT...", NULL};

static void init(void *values)
{
	struct settings *s = values;
	s->ready_fd = -1;
}

const struct options_table settings_table = {
	.program = "ontapd",
	.usage = usage,
	.about = "Makes devices on PARENT for who may connect to DIR/port.PARENT.",
	.more = "What is set for good goes to the configuration file: ontapd(8).",
	.options = options,
	.count = ARRAY_LEN(options),
	.default_file = "/etc/ontap/ontapd.conf",
	.may_abbreviate = true,
	.size = sizeof(struct settings),
	.init = init,
};
