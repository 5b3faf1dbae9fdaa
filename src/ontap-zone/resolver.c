/* SPDX-License-Identifier: ISC */
/*
 * Owns the command `resolver`: collects facts about the daemon and this machine, and writes the
 * text to its place.
 * Never knows the configuration of a resolver: recipe/ does.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/control.h"
#include "io/file.h"
#include "ontap-zone/commands.h"
#include "ontap-zone/refusal.h"
#include "recipe/recipe.h"

enum { VERSION_TEXT_MAX = 4096, FILE_MAX = 1 << 20 };

/* Facts about the daemon. */
struct daemon_facts {
	char *domain;
	char **reverse;
	size_t reverse_count;
	struct recipe_place *places;
	size_t place_count;
	bool is_malformed, has_no_memory;
};

static void facts_fini(struct daemon_facts *f)
{
	for (size_t i = 0; i < f->reverse_count; i++)
		free(f->reverse[i]);
	free(f->domain);
	free(f->reverse);
	free(f->places);
}

/* Returns the name of a zone without its final dot; the caller frees it. NULL: the name would need
 * escapes in a configuration file. */
static char *zone_text(struct daemon_facts *f, const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t len = text ? strlen(text) : 0;
	if (len < 2 || strspn(text, allowed) != len) {
		f->is_malformed = true;
		return NULL;
	}
	char *copy = strndup(text, text[len - 1] == '.' ? len - 1 : len);
	f->has_no_memory |= !copy;
	return copy;
}

static void add_reverse(struct daemon_facts *f, const char *text)
{
	char *zone = zone_text(f, text);
	if (zone && !recipe_wants_reverse(zone)) {
		free(zone);
		return;
	}
	char **grown = zone ? options_grow(f->reverse, f->reverse_count, sizeof(*grown)) : NULL;
	if (!grown) {
		f->has_no_memory |= zone != NULL;
		free(zone);
		return;
	}
	f->reverse = grown;
	f->reverse[f->reverse_count++] = zone;
}

static void add_place(struct daemon_facts *f, const struct addr *addr, uint16_t port)
{
	struct recipe_place *grown = options_grow(f->places, f->place_count, sizeof(*grown));
	if (!grown) {
		f->has_no_memory = true;
		return;
	}
	f->places = grown;
	f->places[f->place_count++] = (struct recipe_place){*addr, port};
}

/* --- from the daemon ---------------------------------------------------------------------- */

static void read_place(struct daemon_facts *f, const json_t *place)
{
	const char *text = json_string_value(json_object_get(place, "address"));
	json_int_t port = json_integer_value(json_object_get(place, "port"));
	struct addr addr;
	if (!text || addr_parse(text, &addr) || port < 1 || port > UINT16_MAX)
		f->is_malformed = true;
	else
		add_place(f, &addr, (uint16_t)port);
}

static bool on_line(void *arg, const char *line)
{
	struct daemon_facts *f = arg;
	json_t *object = json_loads(line, 0, NULL), *item;
	size_t i;
	if (!f->domain)
		f->domain = zone_text(f, json_string_value(json_object_get(object, "domain")));
	json_array_foreach(json_object_get(object, "reverse_zones"), i, item)
		add_reverse(f, json_string_value(item));
	json_array_foreach(json_object_get(object, "listening"), i, item) read_place(f, item);
	json_decref(object);
	return false;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int tell_refusal(const struct log *log, const char *path)
{
	struct buf text = {0};
	refusal_explain(path, &text);
	log_error(log, "cannot ask the daemon: error=\"%s\"", buf_text(&text));
	buf_fini(&text);
	return EXIT_SYSTEM;
}

/* Returns EXIT_DONE; EXIT_NO: no daemon runs; or another exit code, with the error logged. */
static int ask_daemon(struct daemon_facts *f, const struct conf *conf, const struct log *log)
{
	int err = control_ask(conf->socket_path, "resolver", on_line, f);
	if (err == -ENOENT || err == -ECONNREFUSED)
		return EXIT_NO;
	if (err == -EACCES)
		return tell_refusal(log, conf->socket_path);
	if (!err && (f->is_malformed || !f->domain))
		err = ERR_SYNTAX;
	if (err) {
		log_error(log, "cannot ask the daemon: socket=\"%s\" error=\"%s\"",
			conf->socket_path, err_text(err));
		return EXIT_SYSTEM;
	}
	if (f->reverse_count > 0)
		qsort(f->reverse, f->reverse_count, sizeof(f->reverse[0]), compare_texts);
	return EXIT_DONE;
}

/* --- from the configuration --------------------------------------------------------------- */

static void add_addr(struct daemon_facts *f, const struct addr *addr, uint16_t port)
{
	static const struct addr loopback[] = {
		[ADDR_V4] = {ADDR_V4, {127, 0, 0, 1}}, [ADDR_V6] = {ADDR_V6, {[15] = 1}}};
	add_place(f, addr_is_unspecified(addr) ? &loopback[addr->family] : addr, port);
}

/* The facts that are certain without the daemon. The addresses of links are not. */
static void add_listen(struct daemon_facts *f, const struct listen_rule *rule)
{
	static const struct addr any[] = {{.family = ADDR_V4}, {.family = ADDR_V6}};
	const struct addr host = LISTEN_HOST_ADDR;
	switch (rule->kind) {
	case LISTEN_AUTO: add_addr(f, &host, rule->port); break;
	case LISTEN_ADDR: add_addr(f, &rule->addr, rule->port); break;
	case LISTEN_LINK: break;
	case LISTEN_ANY:
		add_addr(f, &any[0], rule->port);
		add_addr(f, &any[1], rule->port);
		break;
	}
}

static void read_conf(struct daemon_facts *f, const struct conf *conf)
{
	char text[NAME_TEXT_CAP];
	f->domain = zone_text(f, name_to_text(conf->domain.wire, text));
	for (size_t i = 0; i < conf->listens.count; i++)
		add_listen(f, &conf->listens.at[i]);
}

/* True if the command line has the domain or an address: then the daemon is not asked. */
static bool is_told(const struct options_args *args)
{
	for (size_t i = 0; i < args->setting_count; i++) {
		const char *key = args->settings[i].option->key;
		if (strcmp(key, "domain") == 0 || strcmp(key, "listen") == 0)
			return true;
	}
	return false;
}

static int learn(struct daemon_facts *f, const struct conf *conf, const struct options_args *args,
	const struct log *log)
{
	bool has_to_ask = !is_told(args);
	int code = has_to_ask ? ask_daemon(f, conf, log) : EXIT_NO;
	if (code == EXIT_NO) {
		if (has_to_ask)
			log_warning(log,
				"no daemon runs: socket=\"%s\" note=\"the configuration counts, "
				"which has no reverse zones\"",
				conf->socket_path);
		read_conf(f, conf);
		code = EXIT_DONE;
	}
	if (f->has_no_memory) {
		log_error(log, "cannot print: error=\"%s\"", err_text(ERR_NOMEM));
		code = EXIT_SYSTEM;
	}
	return code;
}

/* --- installed programs ------------------------------------------------------------------- */

/* Appends the output of a shell command; nothing if it cannot be run. */
static void output_of(const char *command, struct buf *out)
{
	char chunk[512];
	size_t len;
	FILE *stream = popen(command, "re");
	while (stream && out->len < VERSION_TEXT_MAX &&
		(len = fread(chunk, 1, sizeof(chunk), stream)) > 0)
		buf_add(out, chunk, len);
	if (stream)
		pclose(stream);
}

static unsigned systemd_version(void)
{
	struct buf text = {0};
	output_of("resolvectl --version 2>/dev/null || systemctl --version 2>/dev/null", &text);
	unsigned version = recipe_version(buf_text(&text), "systemd");
	buf_fini(&text);
	return version;
}

/* Asks NetworkManager. If it does not run, /etc/resolv.conf shows whether resolved is in use. */
static enum recipe_manager manager_mode(void)
{
	struct buf text = {0};
	char target[256] = "";
	output_of("busctl get-property org.freedesktop.NetworkManager "
		  "/org/freedesktop/NetworkManager/DnsManager "
		  "org.freedesktop.NetworkManager.DnsManager Mode 2>/dev/null",
		&text);
	bool is_resolved = strstr(buf_text(&text), "systemd-resolved");
	if (text.len == 0 && readlink("/etc/resolv.conf", target, sizeof(target) - 1) > 0)
		is_resolved = strstr(target, "systemd/resolve");
	buf_fini(&text);
	return is_resolved ? RECIPE_MANAGER_RESOLVED : RECIPE_MANAGER_DNSMASQ;
}

/* Logs why resolved will not follow the recipe, if that is so. */
static bool has_rivals(const struct recipe *recipe, const struct log *log)
{
	struct buf text = {0};
	if (recipe_needs_no_rivals(recipe))
		output_of("resolvectl dns 2>/dev/null", &text);
	bool has = recipe_has_rivals(buf_text(&text), &recipe->server);
	buf_fini(&text);
	if (has)
		log_error(log,
			"resolved has other servers for all names: error=\"it would ask one of "
			"them for ours, or us for all\" note=\"give them to a link (resolvectl dns "
			"LINK SERVER), not to resolved.conf; or see libnss_ontap(8)\"");
	return has;
}

/* --- output ------------------------------------------------------------------------------- */

/* True if the file does not exist, or was written by this command. */
static bool may_replace(const char *path)
{
	struct buf text = {0};
	int err = file_read(path, FILE_MAX, &text);
	bool is_ours = strncmp(buf_text(&text), RECIPE_MARK, sizeof(RECIPE_MARK) - 1) == 0;
	buf_fini(&text);
	return err == -ENOENT || (!err && is_ours);
}

static int make_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash && slash > path ? strndup(path, (size_t)(slash - path)) : NULL;
	int err = dir ? file_make_dirs(dir) : 0;
	free(dir);
	return err;
}

static int write_recipe(const char *path, const struct buf *text, const struct log *log)
{
	if (!may_replace(path)) {
		log_error(log,
			"cannot write: file=\"%s\" error=\"somebody else's file is there\" "
			"note=\"remove it, or name another: --write=FILE\"",
			path);
		return EXIT_NO;
	}
	int err = make_parent(path);
	if (!err)
		err = file_write(path, text->bytes, text->len);
	if (err) {
		log_error(log, "cannot write: file=\"%s\" error=\"%s\"", path, err_text(err));
		return EXIT_SYSTEM;
	}
	log_info(
		log, "written: file=\"%s\" note=\"its second line says what makes it read\"", path);
	return EXIT_DONE;
}

static int deliver(const struct recipe *recipe, const char *written, const struct log *log)
{
	struct buf text = {0};
	const char *path = written && written[0] ? written : recipe_path(recipe);
	int code = EXIT_DONE;
	recipe_write(&text, recipe);
	if (text.err) {
		log_error(log, "cannot print: error=\"%s\"", err_text(text.err));
		code = EXIT_SYSTEM;
	} else if (written && !path) {
		log_error(log, "cannot write: error=\"these are commands for another machine\" "
			       "note=\"name a file: --write=FILE\"");
		code = EXIT_USAGE;
	} else if (written) {
		code = write_recipe(path, &text, log);
	} else if (fputs(buf_text(&text), stdout) < 0 || fflush(stdout)) {
		code = EXIT_SYSTEM;
	}
	buf_fini(&text);
	return code;
}

int command_resolver(
	const struct conf *conf, const struct options_args *args, const struct log *log)
{
	struct daemon_facts facts = {0};
	enum recipe_kind kind = (enum recipe_kind)conf->resolver;
	int code = learn(&facts, conf, args, log);
	int best = code == EXIT_DONE ? recipe_choose(kind, facts.places, facts.place_count) : -1;
	if (code == EXIT_DONE && best < 0) {
		log_error(log, "no address to ask: error=\"%s\" note=\"see --listen\"",
			kind == RECIPE_OPENWRT
				? "the daemon listens at none that other machines reach"
				: "the daemon listens at none that this host's resolver reaches");
		code = EXIT_NO;
	} else if (code == EXIT_DONE) {
		struct recipe recipe = {.kind = kind,
			.domain = facts.domain,
			.reverse = (const char *const *)facts.reverse,
			.reverse_count = facts.reverse_count,
			.server = facts.places[best],
			.has_network = recipe_has_network(facts.places, facts.place_count),
			.systemd = systemd_version()};
		if (kind == RECIPE_NETWORKMANAGER)
			recipe.manager = manager_mode();
		code = has_rivals(&recipe, log) ? EXIT_NO : deliver(&recipe, conf->written, log);
	}
	facts_fini(&facts);
	return code;
}
