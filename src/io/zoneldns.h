/* SPDX-License-Identifier: ISC */
/*
 * Parses unusual lines of a master file with ldns. The library is loaded when the first such line
 * is found. With its dependency libcrypto it is larger than all other memory of the daemon, and
 * many runs have no such line.
 */
#pragma once

#include "wire/rr_reader.h"

extern const struct rr_reader zoneldns_reader;
