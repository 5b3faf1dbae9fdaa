/* SPDX-License-Identifier: ISC */
/* The check of the option table of ontap-zone. */
#pragma once

#include "conf/conf.h"

/* Checks which options of `values`, a struct conf, exclude or need each other. ERR_SYNTAX with
 * `*error` filled. */
int conf_check(void *values, const struct options_args *args, struct options_error *error) NONNULL
	MUSTCHECK;
