/* SPDX-License-Identifier: ISC */
/*
 * Owns the commands that ask the running daemon: sends the request and prints the answer in
 * readable form.
 * Never adds to the daemon's answer: with -j it is printed unchanged.
 */
#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/conf.h"
#include "io/control.h"
#include "ontap-zone/answer.h"
#include "ontap-zone/commands.h"
#include "ontap-zone/live.h"
#include "ontap-zone/print.h"
#include "ontap-zone/refusal.h"
#include "ontap-zone/signer_msg.h"
#include "ontap-zone/terminal.h"
#include "show/text.h"

/* A question to the daemon. */
struct ask {
	const struct conf *conf;
	enum conf_command command;
	struct look look;
	json_t *lines;  /* of the answer, not printed yet */
	struct buf *to; /* where they are printed; NULL: standard output */
	bool is_done;   /* reload, stop: the daemon has said so */
	int code;       /* enum exit_code */
};

/* Prints an error for people, with untrusted bytes made visible. */
static void complain(const char *text)
{
	struct buf safe = {0};
	text_put(&safe, text);
	fprintf(stderr, "ontap-zone: %s\n", buf_text(&safe));
	buf_fini(&safe);
}

static print_fn *printer_of(enum conf_command command)
{
	switch (command) {
	case CONF_NAMES: return print_names;
	case CONF_EXPLAIN: return print_explain;
	case CONF_WATCH: return print_watch;
	case CONF_GRAPH: return print_graph;
	case CONF_KEYS: return print_keys;
	case CONF_STATUS:
	case CONF_SERVE:
	case CONF_EXPORT:
	case CONF_CHECK:
	case CONF_RESOLVER:
	case CONF_RELOAD:
	case CONF_STOP:
	case CONF_FORGET:
	case CONF_HELP:
	case CONF_COMMAND_COUNT: break;
	}
	return print_status;
}

/* Prints the lines received so far, and forgets them. */
static void print_lines(struct ask *ask)
{
	struct buf out = {0}, *to = ask->to ? ask->to : &out;
	printer_of(ask->command)(&ask->look, ask->lines, to);
	fwrite(buf_text(&out), 1, out.len, stdout);
	fflush(stdout);
	if (to->err || ferror(stdout))
		ask->code = EXIT_SYSTEM;
	buf_fini(&out);
	json_array_clear(ask->lines);
}

/* True if the line is about a name that the command line asks for. */
static bool is_asked_for(const struct ask *ask, const json_t *line)
{
	const struct options_texts *patterns = &ask->conf->patterns;
	const char *name = answer_name(line);
	for (size_t i = 0; i < patterns->count; i++)
		if (fnmatch(patterns->at[i], name, FNM_CASEFOLD) == 0)
			return true;
	return patterns->count == 0;
}

static void take_object(struct ask *ask, const char *text, json_t *object)
{
	if (ask->command == CONF_EXPLAIN)
		ask->code = print_explain_code(object);
	if (!is_asked_for(ask, object))
		return;
	if (ask->conf->is_json) {
		puts(text);
		fflush(stdout);
		return;
	}
	json_array_append(ask->lines, object);
	if (ask->command == CONF_WATCH)
		print_lines(ask);
}

static bool is_command(enum conf_command command)
{
	return command == CONF_RELOAD || command == CONF_STOP || command == CONF_FORGET;
}

/* A line about a command that the daemon carries out: what it logs meanwhile, and the outcome. */
static void take_outcome(struct ask *ask, const char *text, json_t *object)
{
	const char *logged = json_string_value(json_object_get(object, "log"));
	ask->is_done = true;
	if (json_is_false(json_object_get(object, "reloaded")))
		ask->code = EXIT_USAGE;
	if (ask->conf->is_json) {
		puts(text);
		fflush(stdout);
	} else if (logged) {
		complain(logged);
	}
}

static bool on_line(void *arg, const char *text)
{
	struct ask *ask = arg;
	json_t *object = json_loads(text, 0, NULL);
	const char *error = json_string_value(json_object_get(object, "error"));
	if (!object || error) {
		complain(error ? error : "malformed answer of the daemon");
		/* What explain is refused for is a name or an address that is none. */
		ask->code = !object                        ? EXIT_SYSTEM
			    : ask->command == CONF_EXPLAIN ? EXIT_USAGE
							   : EXIT_NO;
		json_decref(object);
		return false;
	}
	if (is_command(ask->command))
		take_outcome(ask, text, object);
	else
		take_object(ask, text, object);
	json_decref(object);
	return !ferror(stdout);
}

/* The words of signer_command(). */
static void put_keys_words(struct buf *request, const struct conf *conf)
{
	buf_puts(request, conf->is_of_host ? "host" : conf_keys_words[conf->keys_verb]);
	if (conf->keys_zone)
		buf_printf(request, " %s", conf->keys_zone);
	if (conf->rolled_alg)
		buf_printf(request, " %u", conf->rolled_alg);
}

static void make_request(struct buf *request, const struct conf *conf, enum conf_command command)
{
	char client[ADDR_TEXT_CAP];
	buf_puts(request, conf_table.commands[command].word);
	if (command == CONF_KEYS) {
		buf_puts(request, " ");
		put_keys_words(request, conf);
	}
	if (conf->explained)
		buf_printf(request, " %s", conf->explained);
	for (size_t i = 0; i < conf->forgotten.count; i++)
		buf_printf(request, " %s", conf->forgotten.at[i]);
	if (conf->client.family != ADDR_NONE)
		buf_printf(request, " %s", addr_format(&conf->client, client));
}

static void tell_fault(const char *path, int err)
{
	struct buf text = {0};
	if (err == -EACCES)
		refusal_explain(path, &text);
	else if (err == -ENOENT || err == -ECONNREFUSED)
		buf_printf(&text, "no daemon serves at %s: is it running? (--socket=PATH)", path);
	else
		buf_printf(&text, "cannot ask the daemon at %s: %s", path, err_text(err));
	complain(buf_text(&text));
	buf_fini(&text);
}

static bool is_change_of_keys(const struct ask *ask)
{
	return ask->command == CONF_KEYS && ask->conf->keys_verb >= CONF_KEYS_ROLL;
}

/* Keys are changed by who may open their directory. */
static int run_keys(struct ask *ask)
{
	struct buf request = {0}, text = {0};
	put_keys_words(&request, ask->conf);
	int err = chdir(ask->conf->state_dir) || chdir("keys") ? -errno : 0;
	if (!err)
		err = control_ask(SIGNER_CONTROL, buf_text(&request), on_line, ask);
	buf_fini(&request);
	if (!err) {
		if (!ask->conf->is_json && ask->code == EXIT_DONE)
			print_lines(ask);
		return ask->code;
	}
	buf_printf(&text, "cannot change keys by %s/keys: %s%s", ask->conf->state_dir,
		err_text(err),
		err == -EACCES ? ": only root, or the user that started the daemon, may"
			       : ": does the daemon run? (--state=DIR)");
	complain(buf_text(&text));
	buf_fini(&text);
	return EXIT_SYSTEM;
}

/* Asks, and reads all lines of the answer. */
static int run_ask(struct ask *ask)
{
	struct buf request = {0};
	if (is_change_of_keys(ask))
		return run_keys(ask);
	make_request(&request, ask->conf, ask->command);
	int err = control_ask(ask->conf->socket_path, buf_text(&request), on_line, ask);
	buf_fini(&request);
	if (err && ask->code == EXIT_DONE) {
		tell_fault(ask->conf->socket_path, err);
		return EXIT_SYSTEM;
	}
	if (is_command(ask->command)) {
		if (!ask->is_done && ask->code == EXIT_DONE) {
			complain("the daemon has ended");
			return EXIT_SYSTEM;
		}
		return ask->code;
	}
	bool has_failed = ask->code != EXIT_DONE && json_array_size(ask->lines) == 0;
	if (!ask->conf->is_json && ask->command != CONF_WATCH && !has_failed)
		print_lines(ask);
	return ask->code;
}

static int draw_names(void *arg, const struct terminal *terminal, struct buf *out)
{
	struct ask *ask = arg;
	ask->look.width = terminal->width;
	ask->look.has_colour = terminal->has_colour;
	ask->to = out;
	return run_ask(ask);
}

static int run_live(struct ask *ask)
{
	int code;
	int err = live_run(ask->conf->socket_path, draw_names, ask, &code);
	if (err) {
		tell_fault(ask->conf->socket_path, err);
		return EXIT_SYSTEM;
	}
	if (code == EXIT_SYSTEM)
		complain("the daemon has ended");
	return code;
}

/* The default: text on a terminal, otherwise input for a drawing program. */
static enum conf_graph format_of(const struct conf *conf, const struct terminal *terminal)
{
	if (conf->graph_format != CONF_GRAPH_DEFAULT)
		return conf->graph_format;
	return terminal->is_terminal ? CONF_GRAPH_TEXT : CONF_GRAPH_DOT;
}

int command_ask(const struct conf *conf, enum conf_command command)
{
	struct terminal terminal = terminal_look();
	struct ask ask = {.conf = conf,
		.command = command,
		.look = {.width = terminal.width,
			.has_colour = terminal.has_colour,
			.has_all = conf->has_all,
			.is_brief = conf->is_brief,
			.format = format_of(conf, &terminal),
			.keys_verb = conf->keys_verb},
		.lines = json_array()};
	if (!ask.lines) {
		complain(err_text(ERR_NOMEM));
		return EXIT_SYSTEM;
	}
	bool is_live = command == CONF_NAMES && conf->is_watching;
	int code = is_live ? run_live(&ask) : run_ask(&ask);
	json_decref(ask.lines);
	return code;
}
