/* SPDX-License-Identifier: ISC */
/* Fresh namespaces for PROG, and the user it runs as. */
#pragma once

#include "io/log.h"
#include "ontap/settings.h"

/* Moves the process into the namespaces that are asked for: in a user namespace of its own too, where
 * it has not the privilege otherwise. What fails has been told. */
int space_enter(const struct settings *o, const struct log *log) NONNULL MUSTCHECK;

/* Becomes the user and keeps the capabilities that are asked for, for PROG too. ERR_SYNTAX: there
 * is no such capability. What fails has been told. */
int space_drop(const struct settings *o, const struct log *log) NONNULL MUSTCHECK;
