/* SPDX-License-Identifier: ISC */
/* The commands of ontap-zone; each returns the program's exit code. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/exit.h"
#include "io/log.h"

/* `conf` is moved in; `args` are for reading it again on SIGHUP. */
int command_serve(struct conf *conf, const struct options_args *args, struct log *log) NONNULL;
int command_export(struct conf *conf, struct log *log) NONNULL;
int command_check(struct conf *conf, const struct log *log) NONNULL;

/* names, status, explain, watch, graph: asks the running daemon. */
int command_ask(const struct conf *conf, enum conf_command command, const struct log *log) NONNULL;
