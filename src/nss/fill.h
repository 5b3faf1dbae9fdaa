/* SPDX-License-Identifier: ISC */
/*
 * Converts an answer to the structures of the C library, in the caller's buffer, including
 * everything that they point to.
 */
#pragma once

#include <netdb.h>
#include <nss.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "nss/answer.h"

/* The rest of the caller's buffer; it may begin at any address. */
struct fill_space {
	char *at;
	size_t left;
};

/* Writes all addresses as a chain of tuples, each with the canonical name. ERR_SPACE: the buffer is
 * too small; ERR_ABSENT: there are no addresses. */
int fill_tuples(const struct answer *a, struct fill_space space,
	struct gaih_addrtuple **ret) NONNULL MUSTCHECK;

/* Writes the canonical name with the addresses of that family. Leaves out link-local ones of IPv6:
 * the structure has no field for their scope. Errors as for fill_tuples(). */
int fill_host(const struct answer *a, int family, struct fill_space space,
	struct hostent *ret) NONNULL MUSTCHECK;

/* Writes the names of that address: the first as the name, the others as aliases. Errors as
 * for fill_tuples(). */
int fill_host_of_addr(const struct answer *a, const struct answer_addr *addr,
	struct fill_space space, struct hostent *ret) NONNULL MUSTCHECK;

/* 4, or 16. */
size_t fill_addr_len(int family);
