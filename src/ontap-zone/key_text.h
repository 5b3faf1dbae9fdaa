/* SPDX-License-Identifier: ISC */
/* What files with secrets say: TSIG keys, and secrets of cookies; one on a line, "#" begins a comment. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "serve/cookie.h"

/* Adds a copy of the key. The former list is wiped and freed. ERR_NOMEM: the list is as before. */
int key_text_add(struct conf_keys *keys, const struct tsig_key *key) NONNULL MUSTCHECK;

/* Both add what the text says, the content of `file`, and change the text (it is cut at blanks). ERR_SYNTAX
 * with `*error` filled: what stood before the wrong line has been added; ERR_NOMEM. */
int key_text_take(struct conf_keys *keys, const char *file, char *text,
	struct conf_error *error) NONNULL MUSTCHECK;
int key_text_take_cookies(struct cookie_keys *keys, const char *file, char *text,
	struct conf_error *error) NONNULL MUSTCHECK;
