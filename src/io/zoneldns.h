/* SPDX-License-Identifier: ISC */
/*
 * The lines of a master file that are not plain, read by ldns. The library is loaded with the first of
 * them, and only then: with what it brings along (libcrypto) it is larger than all else that the daemon
 * has in memory, and many a run meets no such line.
 */
#pragma once

#include "wire/rr_reader.h"

extern const struct rr_reader zoneldns_reader;
