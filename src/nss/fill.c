/* SPDX-License-Identifier: ISC */
/*
 * Owns the layout of results in a caller's buffer.
 * Never writes outside of it, and allocates nothing.
 */
#include "nss/fill.h"

#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"

size_t fill_addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* Reserves `size` aligned bytes of the buffer. NULL: too few are left. */
static void *take_room(struct fill_space *space, size_t size, size_t align)
{
	size_t gap = -(uintptr_t)space->at & (align - 1);
	if (space->left < gap || space->left - gap < size)
		return NULL;
	char *room = space->at + gap;
	space->at = room + size;
	space->left -= gap + size;
	return room;
}

static char *copy_name(struct fill_space *space, const char *name)
{
	size_t size = strlen(name) + 1;
	char *room = take_room(space, size, 1);
	return room ? memcpy(room, name, size) : NULL;
}

static struct gaih_addrtuple *add_tuple(
	struct fill_space *space, const struct answer_addr *addr, char *name)
{
	struct gaih_addrtuple *tuple =
		take_room(space, sizeof(*tuple), alignof(struct gaih_addrtuple));
	if (!tuple)
		return NULL;
	*tuple = (struct gaih_addrtuple){
		.name = name, .family = addr->family, .scopeid = addr->scope};
	memcpy(tuple->addr, addr->bytes, fill_addr_len(addr->family));
	return tuple;
}

int fill_tuples(const struct answer *a, struct fill_space space, struct gaih_addrtuple **ret)
{
	struct gaih_addrtuple *first = NULL, **last = &first;
	const char *canonical = answer_next_name(a, NULL);
	if (!canonical || a->addr_count == 0)
		return ERR_ABSENT;
	char *name = copy_name(&space, canonical);
	if (!name)
		return ERR_SPACE;
	for (size_t i = 0; i < a->addr_count; i++) {
		*last = add_tuple(&space, &a->addrs[i], name);
		if (!*last)
			return ERR_SPACE;
		last = &(*last)->next;
	}
	*ret = first;
	return 0;
}

/* Reserves an array of `count` pointers and a NULL. NULL: there is no room. */
static char **take_list(struct fill_space *space, size_t count)
{
	char **list = take_room(space, (count + 1) * sizeof(*list), alignof(char *));
	if (list)
		list[count] = NULL;
	return list;
}

static bool is_for_host(const struct answer_addr *addr, int family)
{
	return addr->family == family && addr->scope == 0;
}

static int fill_addrs(const struct answer *a, int family, struct fill_space *space, char ***ret)
{
	size_t count = 0, len = fill_addr_len(family);
	for (size_t i = 0; i < a->addr_count; i++)
		count += is_for_host(&a->addrs[i], family);
	if (count == 0)
		return ERR_ABSENT;
	char **list = take_list(space, count);
	char *bytes = list ? take_room(space, count * len, alignof(uint32_t)) : NULL;
	if (!bytes)
		return ERR_SPACE;
	*ret = list;
	for (size_t i = 0; i < a->addr_count; i++) {
		if (!is_for_host(&a->addrs[i], family))
			continue;
		*list++ = memcpy(bytes, a->addrs[i].bytes, len);
		bytes += len;
	}
	return 0;
}

int fill_host(const struct answer *a, int family, struct fill_space space, struct hostent *ret)
{
	struct hostent host = {.h_addrtype = family, .h_length = (int)fill_addr_len(family)};
	const char *canonical = answer_next_name(a, NULL);
	int err = canonical ? fill_addrs(a, family, &space, &host.h_addr_list) : ERR_ABSENT;
	if (err)
		return err;
	host.h_aliases = take_list(&space, 0);
	host.h_name = host.h_aliases ? copy_name(&space, canonical) : NULL;
	if (!host.h_name)
		return ERR_SPACE;
	*ret = host;
	return 0;
}

/* Fills in the names after the first one. */
static char **fill_aliases(const struct answer *a, const char *first, struct fill_space *space)
{
	size_t count = 0, i = 0;
	for (const char *name = first; (name = answer_next_name(a, name));)
		count++;
	char **list = take_list(space, count);
	for (const char *name = first; list && (name = answer_next_name(a, name)); i++) {
		list[i] = copy_name(space, name);
		if (!list[i])
			return NULL;
	}
	return list;
}

int fill_host_of_addr(const struct answer *a, const struct answer_addr *addr,
	struct fill_space space, struct hostent *ret)
{
	size_t len = fill_addr_len(addr->family);
	struct hostent host = {.h_addrtype = addr->family, .h_length = (int)len};
	const char *first = answer_next_name(a, NULL);
	if (!first)
		return ERR_ABSENT;
	host.h_addr_list = take_list(&space, 1);
	char *bytes = host.h_addr_list ? take_room(&space, len, alignof(uint32_t)) : NULL;
	host.h_aliases = bytes ? fill_aliases(a, first, &space) : NULL;
	host.h_name = host.h_aliases ? copy_name(&space, first) : NULL;
	if (!host.h_name)
		return ERR_SPACE;
	host.h_addr_list[0] = memcpy(bytes, addr->bytes, len);
	*ret = host;
	return 0;
}
