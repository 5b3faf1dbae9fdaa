/* SPDX-License-Identifier: ISC */
/* The addresses and zones of this daemon, for a resolver. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "ontap-zone/report.h"

/* Appends the answer to the request "resolver": one object with the domain, its reverse zones, and
 * each address and port that is listened on. A wildcard stands for the addresses of its family that
 * this host has, loopback included. */
void served_report(const struct report *r, struct buf *out) NONNULL;
