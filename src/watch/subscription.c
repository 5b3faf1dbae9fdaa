/* SPDX-License-Identifier: ISC */
/*
 * Owns what is heard, and how our own namespace gets an id.
 * Never gives one to another namespace.
 */
#include "watch/subscription.h"

#include <errno.h>

#include "base/err.h"
#include "io/netns.h"

/* Assigns the id. -EPERM: CAP_NET_ADMIN is missing. */
static int take_own_id(struct asker *asker, struct subscription *ret)
{
	struct netns_self self = netns_self_open();
	int err = self.net_fd < 0 ? -ENOENT : asker_set_nsid(asker, self.net_fd, -1);
	if (!err || err == -EEXIST)
		err = asker_get_nsid(asker, self.net_fd, &ret->own_id);
	ret->own_cookie = self.cookie;
	netns_self_close(&self);
	return err;
}

static void go_on_alone(struct subscription *s, const struct log *log, const char *capability,
	const char *loss, int err)
{
	s->is_own_only = true;
	log_warning(log,
		"only our own network namespace is watched: missing=%s lost=\"%s\" error=\"%s\"",
		capability, loss, err_text(err));
}

int subscription_open(
	struct asker *asker, int news_fd, const struct log *log, struct subscription *ret)
{
	*ret = (struct subscription){.own_id = NSID_UNKNOWN};
	int err = take_own_id(asker, ret);
	if (err)
		go_on_alone(ret, log, "CAP_NET_ADMIN",
			"asking about other namespaces, giving them ids", err);
	if (!ret->is_own_only) {
		err = netlink_subscribe(news_fd, true);
		if (err == 0)
			return 0;
		go_on_alone(ret, log, "CAP_NET_BROADCAST", "hearing of changes in other namespaces",
			err);
	}
	return netlink_subscribe(news_fd, false);
}
