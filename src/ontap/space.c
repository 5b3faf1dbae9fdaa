/* SPDX-License-Identifier: ISC */
/*
 * Owns the change of namespaces, user and capabilities before PROG.
 * Never reverts it.
 */
#include "ontap/space.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "io/netlink.h"

enum { CAPS_CAP = 64, NAME_CAP = 64, IFINDEX_LOOPBACK = 1 };

static int complain(const struct log *log, const char *what, const char *of, int err)
{
	log_error(log, "%s: name=\"%s\" error=\"%s\"", what, of, err_text(err));
	return err;
}

/* --- namespaces --------------------------------------------------------------------------- */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* One write(2): the kernel takes it as a whole or not at all (proc(5)). */
	int err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* Maps our user and group to themselves, so PROG has the same ids inside. */
static int map_self(uid_t uid, gid_t gid)
{
	char text[64];
	int err = write_file("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "%u %u 1", gid, gid);
	if (!err)
		err = write_file("/proc/self/gid_map", text);
	snprintf(text, sizeof(text), "%u %u 1", uid, uid);
	return err ? err : write_file("/proc/self/uid_map", text);
}

static int set_loopback_up(void)
{
	struct asker a;
	int err = asker_open(&a);
	if (!err) {
		const struct rtnl_request request = request_set_up(++a.seq, IFINDEX_LOOPBACK);
		err = asker_ask(&a, &request, NSID_OWN);
	}
	asker_close(&a);
	return err;
}

/* The namespace is its program's alone, so each port may be, too, whoever runs it. Where /proc is
 * read-only, a program needs the capability for the ports below 1024. */
static void open_low_ports(void)
{
	(void)!write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
}

int space_enter(const struct settings *o, const struct log *log)
{
	int flags = (o->has_netns ? CLONE_NEWNET : 0) | (o->hostname ? CLONE_NEWUTS : 0);
	uid_t uid = geteuid();
	gid_t gid = getegid();
	bool is_user_fresh = flags && !space_has_cap(CAP_SYS_ADMIN);
	if (!flags)
		return 0;
	if (unshare(flags | (is_user_fresh ? CLONE_NEWUSER : 0)))
		return complain(
			log, "unshare", is_user_fresh ? "user namespace" : "namespaces", -errno);
	int err = is_user_fresh ? map_self(uid, gid) : 0;
	if (err)
		return complain(log, "user namespace", "map", err);
	err = o->has_netns ? set_loopback_up() : 0;
	if (err)
		return complain(log, "network namespace", "lo", err);
	if (o->has_netns)
		open_low_ports();
	if (o->hostname && sethostname(o->hostname, strlen(o->hostname)))
		return complain(log, "host name", o->hostname, -errno);
	return 0;
}

/* --- user and capabilities ---------------------------------------------------------------- */

struct caps {
	unsigned at[CAPS_CAP];
	size_t count;
};

/* Parses "+NAME,+NAME". The plus is optional. */
static int parse_caps(const char *text, struct caps *caps, const struct log *log)
{
	/* Progress: each turn reads one name and its comma. */
	while (text && *text) {
		char name[NAME_CAP];
		text += *text == '+';
		size_t len = strcspn(text, ",");
		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		int cap = len < sizeof(name) ? capng_name_to_capability(name) : -1;
		if (cap < 0 || caps->count == CAPS_CAP) {
			log_error(log, "usage: error=\"there is no capability %s\"", name);
			return ERR_SYNTAX;
		}
		caps->at[caps->count++] = (unsigned)cap;
		text += len;
		text += *text == ',';
	}
	return 0;
}

static int add_caps(const unsigned *caps, size_t count, unsigned types)
{
	for (size_t i = 0; i < count; i++)
		if (capng_update(CAPNG_ADD, (capng_type_t)types, caps[i]))
			return -EINVAL;
	errno = 0; /* some failures of libcap-ng are not system call errors */
	if (capng_apply(CAPNG_SELECT_CAPS))
		return errno ? -errno : -EPERM;
	return 0;
}

/* Ambient capabilities survive execve(2) of an ordinary file (capabilities(7)). */
int space_keep_caps(const unsigned *caps, size_t count)
{
	capng_clear(CAPNG_SELECT_CAPS);
	int err = add_caps(caps, count, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE);
	for (size_t i = 0; i < count && !err; i++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, caps[i], 0, 0))
			err = -errno;
	return err;
}

/* Empties the bounding set. The kernel has no more capabilities where it refuses to read one. */
static int empty_bounding_set(void)
{
	int is_in;
	for (unsigned long cap = 0; (is_in = prctl(PR_CAPBSET_READ, cap, 0, 0, 0)) >= 0; cap++)
		if (is_in && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -errno;
	return 0;
}

/* Closes the ways to more capabilities: files that have some, or another user, and the bounding
 * set. Capabilities to keep must be inheritable before, because the bounding set
 * limits the inheritable ones, too. */
static int close_ways_back(const struct caps *caps)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	capng_get_caps_process();
	int err = add_caps(caps->at, caps->count, CAPNG_INHERITABLE);
	return err ? err : empty_bounding_set();
}

static int become(const char *name, const struct log *log)
{
	errno = 0;
	const struct passwd *pw = getpwnam(name);
	if (!pw)
		return complain(log, "user", name, errno ? -errno : -ENOENT);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || initgroups(name, pw->pw_gid) ||
		setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
		setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		return complain(log, "user", name, -errno);
	return 0;
}

int space_drop(const struct settings *o, const struct log *log)
{
	struct caps caps = {0};
	const char *names = o->caps ? o->caps : "none";
	if (!o->user && !o->caps)
		return 0;
	int err = parse_caps(o->caps, &caps, log);
	if (err)
		return err;
	err = close_ways_back(&caps);
	if (err)
		return complain(log, "capabilities", names, err);
	if (o->user)
		err = become(o->user, log);
	if (err)
		return err;
	err = space_keep_caps(caps.at, caps.count);
	return err ? complain(log, "capabilities", names, err) : 0;
}

bool space_has_cap(unsigned cap)
{
	capng_get_caps_process();
	return capng_have_capability(CAPNG_EFFECTIVE, cap);
}
