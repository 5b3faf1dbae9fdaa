/* SPDX-License-Identifier: ISC */
/*
 * Owns the environment variables.
 * Never runs PROG.
 */
#include "ontap/environ.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NAME_CAP = 32,
	VALUE_CAP = 16,
	HWADDR_TEXT_CAP = 3 * 32 + 1,
	FDS_CAP = 1024,
	COUNT_MAX = 9999
};

/* Returns a count that a previous call has left, or 0 if it is not a number. */
static unsigned get_count(const char *name)
{
	const char *text = getenv(name);
	char *end;
	unsigned long value = text ? strtoul(text, &end, 10) : 0;
	return text && *text && !*end && value <= COUNT_MAX ? (unsigned)value : 0;
}

static int put_text(const char *name, const char *text)
{
	return setenv(name, text, 1) ? -errno : 0;
}

static int put_number(const char *name, unsigned value)
{
	char text[VALUE_CAP];
	snprintf(text, sizeof(text), "%u", value);
	return put_text(name, text);
}

static const char *format_hwaddr(const struct ontap_device *device, char out[HWADDR_TEXT_CAP])
{
	size_t len = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < device->hwaddr_len; i++)
		len += (size_t)snprintf(out + len, HWADDR_TEXT_CAP - len, "%s%02x", i ? ":" : "",
			device->hwaddr[i]);
	return out;
}

/* Writes the name of a variable about device number `index`. Returns `out`. */
static const char *name_of(const char *name, unsigned index, char out[NAME_CAP])
{
	snprintf(out, NAME_CAP, "%s%u", name, index);
	return out;
}

/* --- the devices of all calls ------------------------------------------------------------- */

static bool is_text(const char *name, const char *wanted)
{
	const char *text = getenv(name);
	return text && strcmp(text, wanted) == 0;
}

/* True if device number `index` is this one. In two namespaces, devices may have the same name
 * and ifindex; then their hardware addresses differ, except for ipvlans. */
static bool is_known_as(const struct ontap_device *device, unsigned index)
{
	char name[NAME_CAP], number[VALUE_CAP], hwaddr[HWADDR_TEXT_CAP];
	snprintf(number, sizeof(number), "%u", device->ifindex);
	return is_text(name_of("ONTAP_IFNAME", index, name), device->ifname) &&
	       is_text(name_of("ONTAP_IFINDEX", index, name), number) &&
	       is_text(name_of("ONTAP_HWADDR", index, name), format_hwaddr(device, hwaddr));
}

/* Returns the number that the device got in an earlier call; otherwise the next one, `count`.
 * The last call is tried first: it was made in our namespace. */
static unsigned find_index(const struct ontap_device *device, unsigned count)
{
	for (unsigned i = count; i-- > 0;)
		if (is_known_as(device, i))
			return i;
	return count;
}

/* Sets the variables of one device; `suffix` is appended to each name. */
static int put_device(const struct ontap_device *device, const char *suffix)
{
	char name[NAME_CAP], hwaddr[HWADDR_TEXT_CAP];
	snprintf(name, sizeof(name), "ONTAP_IFNAME%s", suffix);
	int err = put_text(name, device->ifname);
	snprintf(name, sizeof(name), "ONTAP_HWADDR%s", suffix);
	if (!err)
		err = put_text(name, format_hwaddr(device, hwaddr));
	snprintf(name, sizeof(name), "ONTAP_IFINDEX%s", suffix);
	if (!err)
		err = put_number(name, device->ifindex);
	snprintf(name, sizeof(name), "ONTAP_MTU%s", suffix);
	return err ? err : put_number(name, device->mtu);
}

/* --- the descriptors ---------------------------------------------------------------------- */

static bool is_descriptor(const char *variable)
{
	size_t prefix_len = strlen("ONTAP_FD");
	if (strncmp(variable, "ONTAP_FD", prefix_len) != 0)
		return false;
	size_t digits = strspn(variable + prefix_len, "0123456789");
	return digits > 0 && variable[prefix_len + digits] == '=';
}

/* Removes ONTAP_FD0... of earlier calls. Their count may be missing: importas -u unsets the
 * variables that it reads. Progress: each turn removes a variable, or moves to the next. */
static int forget_descriptors(void)
{
	for (size_t i = 0; environ && environ[i];) {
		char name[NAME_CAP];
		if (!is_descriptor(environ[i])) {
			i++;
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(environ[i], "="), environ[i]);
		if (unsetenv(name))
			return -errno;
		if (getenv(name))
			i++;
	}
	return 0;
}

/* Appends the descriptors to `out`, with colons between them, for qemu's fds=. */
static const char *format_fds(const int *fds, unsigned count, char out[FDS_CAP])
{
	size_t len = strlen(out);
	for (unsigned i = 0; i < count && len < FDS_CAP; i++)
		len += (size_t)snprintf(out + len, FDS_CAP - len, "%s%d", len ? ":" : "", fds[i]);
	return out;
}

static int put_fds(const int *fds, unsigned count)
{
	char name[NAME_CAP], list[FDS_CAP] = "";
	int err = forget_descriptors();
	for (unsigned i = 0; i < count && !err; i++)
		err = put_number(name_of("ONTAP_FD", i, name), (unsigned)fds[i]);
	if (!err)
		err = put_text("ONTAP_FDS", format_fds(fds, count, list));
	return err ? err : put_number("ONTAP_NFDS", count);
}

/* The descriptors of one device are those of all calls about it. */
static int put_fds_of_device(unsigned index, bool is_known, const int *fds, unsigned count)
{
	char name[NAME_CAP], list[FDS_CAP] = "";
	name_of("ONTAP_FDS", index, name);
	const char *before = is_known ? getenv(name) : NULL;
	if (before)
		snprintf(list, sizeof(list), "%s", before);
	return put_text(name, format_fds(fds, count, list));
}

int environ_export(const struct ontap_device *device, const int *fds, unsigned fd_count)
{
	char suffix[VALUE_CAP];
	unsigned count = get_count("ONTAP_NDEVS"), index = find_index(device, count);
	bool is_known = index < count;
	snprintf(suffix, sizeof(suffix), "%u", index);
	int err = put_device(device, suffix);
	if (!err)
		err = put_device(device, "");
	if (!err)
		err = put_fds(fds, fd_count);
	if (!err)
		err = put_fds_of_device(index, is_known, fds, fd_count);
	return err ? err : put_number("ONTAP_NDEVS", is_known ? count : index + 1);
}

void environ_print(const struct ontap_device *device)
{
	char hwaddr[HWADDR_TEXT_CAP];
	printf("ONTAP_IFNAME=%s\nONTAP_IFINDEX=%u\nONTAP_HWADDR=%s\nONTAP_MTU=%u\n", device->ifname,
		device->ifindex, format_hwaddr(device, hwaddr), device->mtu);
}
