/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of a parent's devices as a file.
 * Never asks the kernel: the registry follows it.
 */
#include "ontapd/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "device/message.h"

static int compare(const void *left, const void *right)
{
	const struct device *a = *(const struct device *const *)left,
			    *b = *(const struct device *const *)right;
	if (a->nsid != b->nsid)
		return a->nsid < b->nsid ? -1 : 1;
	return a->ifindex < b->ifindex ? -1 : a->ifindex > b->ifindex;
}

/* A device without an alias has a name of its own making, which begins with a control byte. */
static struct device_entry entry_of(const struct device *d)
{
	struct device_entry e = {
		.ifindex = d->ifindex,
		.hwaddr_len = d->hwaddr_len,
		.is_kept = d->mark.is_kept,
		.uid = d->mark.uid,
		.pid = d->mark.pid,
		.nsid = d->nsid,
	};
	memcpy(e.type, device_type_text(d->type), strlen(device_type_text(d->type)));
	device_mode_format(d->type, d->mode, e.mode);
	memcpy(e.ifname, d->ifname, sizeof(e.ifname));
	if ((unsigned char)d->workload[0] >= ' ')
		memcpy(e.alias, d->workload, sizeof(e.alias));
	memcpy(e.hwaddr, d->hwaddr, sizeof(e.hwaddr));
	device_fixed_format(&d->fixed, e.addrs);
	return e;
}

/* A device that waits for its deletion is none any more, and a lost one cannot be found. */
static bool is_listed(const struct device *d, const char *parent)
{
	return !d->is_doomed && !d->is_lost && strcmp(d->mark.parent, parent) == 0;
}

/* Returns the devices on the parent in their order, for the caller to free; NULL if out of
 * memory. */
static const struct device **sort(const struct registry *r, const char *parent, size_t *ret_count)
{
	const struct device **all = calloc(r->devices.count + 1, sizeof(*all));
	size_t count = 0;
	if (!all)
		return NULL;
	MAP_EACH(d, &r->devices, const struct device, by_place)
		if (is_listed(d, parent))
			all[count++] = d;
	qsort(all, count, sizeof(*all), compare);
	*ret_count = count;
	return all;
}

static int format(const struct registry *r, const char *parent, struct buf *out)
{
	size_t count;
	const struct device **all = sort(r, parent, &count);
	if (!all)
		return ERR_NOMEM;
	int err = 0;
	for (size_t i = 0; i < count && !err; i++) {
		uint8_t bytes[DEVICE_MESSAGE_CAP];
		struct wr w = wr_init(bytes, sizeof(bytes));
		const struct device_entry e = entry_of(all[i]);
		err = device_entry_encode(&e, &w);
		buf_add(out, bytes, wr_len(&w));
	}
	free(all);
	return err ? err : out->err;
}

/* Memory takes all bytes at once, or the file stays incomplete. */
static int write_and_seal(int fd, const struct buf *text)
{
	ssize_t len = text->len > 0 ? write(fd, text->bytes, text->len) : 0;
	if (len < 0)
		return -errno;
	if ((size_t)len != text->len)
		return -ENOSPC;
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
		       ? -errno
		       : 0;
}

int list_devices(const struct registry *r, const char *parent, int *ret)
{
	struct buf text = {0};
	int err = format(r, parent, &text);
	int fd = err ? -1 : memfd_create("ontap-devices", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (!err)
		err = fd < 0 ? -errno : write_and_seal(fd, &text);
	buf_fini(&text);
	if (!err)
		*ret = fd;
	else if (fd >= 0)
		close(fd);
	return err;
}
