/* SPDX-License-Identifier: ISC */
/*
 * Parses the data of rare record types with ldns. The library is loaded when the first such record
 * is found. With its dependency libcrypto it is larger than all other memory of the daemon, and
 * most runs have no such record.
 */
#pragma once

#include "wire/rr_reader.h"

extern const struct rr_reader zoneldns_reader;
