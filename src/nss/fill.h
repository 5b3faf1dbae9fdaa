/* SPDX-License-Identifier: ISC */
/*
 * From an answer to the structures of the C library, in the buffer that its caller gave. All that they
 * point to is in there, too.
 */
#pragma once

#include <netdb.h>
#include <nss.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "nss/answer.h"

/* What is left of the caller's buffer; it may begin anywhere. */
struct fill_space {
	char *at;
	size_t left;
};

/* All addresses as a chain of tuples, each with the canonical name. ERR_SPACE: the buffer is too small;
 * ERR_ABSENT: there is no address. */
int fill_tuples(const struct answer *a, struct fill_space space,
	struct gaih_addrtuple **ret) NONNULL MUSTCHECK;

/* The canonical name with the addresses of that family; without link-local ones of IPv6, for here is no
 * place for their scope. As fill_tuples(). */
int fill_host(const struct answer *a, int family, struct fill_space space,
	struct hostent *ret) NONNULL MUSTCHECK;

/* The names of that address, the first as the name, the others as aliases. As fill_tuples(). */
int fill_host_of_addr(const struct answer *a, const struct answer_addr *addr,
	struct fill_space space, struct hostent *ret) NONNULL MUSTCHECK;

/* 4, or 16. */
size_t fill_addr_len(int family);
