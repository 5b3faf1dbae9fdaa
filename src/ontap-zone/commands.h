/* SPDX-License-Identifier: ISC */
/* The commands of ontap-zone; each returns the program's exit code. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/exit.h"
#include "io/log.h"

/* Takes over `conf`. `args` are needed to read it again on SIGHUP. */
int command_serve(struct conf *conf, const struct options_args *args, struct log *log) NONNULL;
int command_export(struct conf *conf, struct log *log) NONNULL;
int command_check(struct conf *conf, const struct log *log) NONNULL;

/* Prints or writes configuration for a resolver: for the running daemon; or by `conf`, if the
 * daemon does not run or `args` have --domain or --listen. */
int command_resolver(
	const struct conf *conf, const struct options_args *args, const struct log *log) NONNULL;

/* The commands names, status, explain, watch and graph ask the running daemon; reload and stop tell
 * it what to do, and wait until that is done. */
int command_ask(const struct conf *conf, enum conf_command command) NONNULL;
