/* SPDX-License-Identifier: ISC */
/*
 * Owns the environment variables.
 * Never runs PROG.
 */
#include "ontap/environ.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_CAP = 32, VALUE_CAP = 16, HWADDR_TEXT_CAP = 3 * 32 + 1, COUNT_MAX = 9999 };

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
	return err ? err : put_number(name, device->ifindex);
}

int environ_export(const struct ontap_device *device, const int *fds, unsigned fd_count)
{
	char text[NAME_CAP];
	unsigned devices = get_count("ONTAP_NDEVS"), known_fds = get_count("ONTAP_NFDS");
	snprintf(text, sizeof(text), "%u", devices);
	int err = put_device(device, text);
	if (!err)
		err = put_device(device, "");
	for (unsigned i = 0; i < fd_count && !err; i++) {
		snprintf(text, sizeof(text), "ONTAP_FD%u", known_fds + i);
		err = put_number(text, (unsigned)fds[i]);
	}
	if (!err)
		err = put_number("ONTAP_NFDS", known_fds + fd_count);
	return err ? err : put_number("ONTAP_NDEVS", devices + 1);
}

void environ_print(const struct ontap_device *device)
{
	char hwaddr[HWADDR_TEXT_CAP];
	printf("ONTAP_IFNAME=%s\nONTAP_IFINDEX=%u\nONTAP_HWADDR=%s\n", device->ifname,
		device->ifindex, format_hwaddr(device, hwaddr));
}
