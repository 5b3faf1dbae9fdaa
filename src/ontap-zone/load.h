/* SPDX-License-Identifier: ISC */
/* The configuration, from its file and the command line. */
#pragma once

#include "conf/conf.h"
#include "io/log.h"

/* Reads the configuration file that `args` name and makes the configuration. On failure the reason
 * has been logged, and the exit code is returned; 0 else. */
int command_load(struct conf *ret, const struct conf_args *args, const struct log *log) NONNULL;
