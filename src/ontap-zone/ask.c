/* SPDX-License-Identifier: ISC */
/*
 * Owns the commands that ask the running daemon: sends the request and prints the answer in
 * readable form.
 * Never adds to what the daemon says: with -j its answer is printed unchanged.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/conf.h"
#include "io/control.h"
#include "ontap-zone/ask.h"
#include "ontap-zone/commands.h"
#include "ontap-zone/refusal.h"

static bool has_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	return isatty(STDOUT_FILENO) && (!no_color || *no_color == '\0');
}

/* Called when the first answer has arrived, not before. */
static void begin(struct ask *ask)
{
	if (!ask->has_begun)
		ask_begin(ask);
	ask->has_begun = true;
}

static bool on_line(void *arg, const char *line)
{
	struct ask *ask = arg;
	json_t *object = json_loads(line, 0, NULL);
	const char *error = json_string_value(json_object_get(object, "error"));
	if (!object || error) {
		log_error(ask->log, "cannot ask the daemon: error=\"%s\"",
			error ? error : "malformed answer");
		ask->code = object ? EXIT_NO : EXIT_SYSTEM;
	} else if (ask->is_json) {
		puts(line);
	} else {
		begin(ask);
		ask->print(ask, object);
	}
	json_decref(object);
	fflush(stdout);
	ask->lines++;
	return !ferror(stdout) && ask->code == EXIT_DONE;
}

static void make_request(struct buf *request, const struct conf *conf, enum conf_command command)
{
	char client[ADDR_TEXT_CAP];
	buf_puts(request, conf_table.commands[command].word);
	if (conf->explained)
		buf_printf(request, " %s", conf->explained);
	if (conf->client.family != ADDR_NONE)
		buf_printf(request, " %s", addr_format(&conf->client, client));
}

static void tell_refusal(const struct log *log, const char *path)
{
	struct buf text = {0};
	refusal_explain(path, &text);
	log_error(log, "cannot ask the daemon: error=\"%s\"", buf_text(&text));
	buf_fini(&text);
}

int command_ask(const struct conf *conf, enum conf_command command, const struct log *log)
{
	struct ask ask = {.log = log,
		.command = command,
		.is_json = conf->is_json,
		.has_colour = has_colour(),
		.print = ask_printer(command)};
	struct buf request = {0};
	make_request(&request, conf, command);
	int err = control_ask(conf->socket_path, buf_text(&request), on_line, &ask);
	buf_fini(&request);
	if (err == -EACCES) {
		tell_refusal(log, conf->socket_path);
		return EXIT_SYSTEM;
	}
	if (err && ask.code == EXIT_DONE) {
		log_error(log, "cannot ask the daemon: socket=\"%s\" error=\"%s\"",
			conf->socket_path,
			err == -ENOENT || err == -ECONNREFUSED
				? "no ontap-zone serves there: is it running? (--socket=PATH)"
				: err_text(err));
		return EXIT_SYSTEM;
	}
	if (!ask.is_json && ask.code != EXIT_SYSTEM) {
		begin(&ask);
		ask_end(&ask);
	}
	return ask.code;
}
