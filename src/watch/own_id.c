/* SPDX-License-Identifier: ISC */
/*
 * Owns how our own namespace gets an id.
 * Never gives one to another namespace.
 */
#include "watch/own_id.h"

#include <errno.h>

#include "io/netns.h"

int own_id_take(struct asker *asker, nsid_t *ret_id, uint64_t *ret_cookie)
{
	struct netns_self self = netns_self_open();
	int err = self.net_fd < 0 ? -ENOENT : asker_set_nsid(asker, self.net_fd, -1);
	if (!err || err == -EEXIST)
		err = asker_get_nsid(asker, self.net_fd, ret_id);
	*ret_cookie = self.cookie;
	netns_self_close(&self);
	return err;
}
