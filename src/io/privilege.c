/* SPDX-License-Identifier: ISC */
/*
 * Owns the changes of user and capabilities.
 * Never decides when; the programs do.
 */
#include "io/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

/* The result that the child process reports about a user. */
struct finding {
	int err;
	struct privilege_user user;
};

/* The last uids below "nobody" (65534). A container with 65536 ids has them, too. */
enum { UNNAMED_LAST = 65533, UNNAMED_FIRST = 65520 };

/* Whom to look for. */
struct wanted {
	const char *name; /* NULL: a user without a name, … */
	bool is_group;
	uid_t but;         /* … but not this one, … */
	const char *reach; /* … who can list this directory, unless NULL */
};

static struct finding look_up(const char *name, bool is_group)
{
	errno = 0;
	const struct group *gr = is_group ? getgrnam(name) : NULL;
	const struct passwd *pw = is_group ? NULL : getpwnam(name);
	if (gr)
		return (struct finding){.user = {.gid = gr->gr_gid}};
	if (pw)
		return (struct finding){.user = {.uid = pw->pw_uid, .gid = pw->pw_gid}};
	/* getpwnam(3): ENOENT also means that there is no such user, or no file of users */
	bool is_absent = errno == 0 || errno == ENOENT || errno == ESRCH;
	return (struct finding){.err = is_absent ? ERR_ABSENT : -errno};
}

/* Of a path that does not exist, what is above it counts. */
static int check_reach(const char *path)
{
	return path && faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) && errno != ENOENT
		       ? -errno
		       : 0;
}

static struct finding look_for_unnamed(const struct wanted *wanted)
{
	for (uid_t uid = UNNAMED_LAST; uid >= UNNAMED_FIRST; uid--) {
		const struct privilege_user user = {uid, uid};
		if (uid == wanted->but || getpwuid(uid) || getgrgid(uid))
			continue;
		int err = privilege_become(&user);
		return (struct finding){
			.err = err ? err : check_reach(wanted->reach), .user = user};
	}
	return (struct finding){.err = ERR_ABSENT};
}

/* Receives the result from the child. */
static struct finding hear(int fd, pid_t child)
{
	struct finding finding;
	ssize_t len;
	do
		len = read(fd, &finding, sizeof(finding)); /* less than PIPE_BUF: in one piece */
	while (len < 0 && errno == EINTR);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (len == sizeof(finding))
		return finding;
	return (struct finding){.err = -EIO};
}

static int find(struct wanted wanted, struct privilege_user *ret)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid_t child = fork();
	if (child == 0) {
		struct finding finding = wanted.name ? look_up(wanted.name, wanted.is_group)
						     : look_for_unnamed(&wanted);
		_exit(write(fds[1], &finding, sizeof(finding)) != sizeof(finding));
	}
	struct finding finding = {.err = -errno};
	close(fds[1]);
	if (child > 0)
		finding = hear(fds[0], child);
	close(fds[0]);
	if (!finding.err)
		*ret = finding.user;
	return finding.err;
}

int privilege_find_user(const char *name, struct privilege_user *ret)
{
	return find((struct wanted){.name = name}, ret);
}

int privilege_find_unnamed(uid_t but, const char *reach, struct privilege_user *ret)
{
	return find((struct wanted){.but = but, .reach = reach}, ret);
}

int privilege_find_group(const char *name, gid_t *ret)
{
	struct privilege_user found;
	int err = find((struct wanted){.name = name, .is_group = true}, &found);
	if (!err)
		*ret = found.gid;
	return err;
}

/* Uses the system call, because capabilities belong to a thread, but the state of libcap-ng does
 * not. */
static int get_capabilities(struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	return (int)syscall(SYS_capget, &header, data);
}

uint64_t privilege_effective(void)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	if (get_capabilities(data))
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

int privilege_become(const struct privilege_user *user)
{
	errno = 0; /* some failures of capng_change_id() are not system call errors */
	capng_clear(CAPNG_SELECT_BOTH);
	if (privilege_effective() >> CAP_NET_BIND_SERVICE & 1)
		capng_updatev(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
			CAP_NET_BIND_SERVICE, -1);
	if (capng_change_id((int)user->uid, (int)user->gid,
		    (capng_flags_t)(CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING)))
		return errno ? -errno : -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

static void set_capabilities(const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	(void)!syscall(SYS_capset, &header, data);
}

/* Drops all capabilities except those in `keep`, all of which are in the first word, and the whole
 * bounding set. */
static void keep_only(uint32_t keep)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (get_capabilities(data))
		return;
	data[0].effective &= keep;
	data[0].permitted &= keep;
	data[0].inheritable = data[1].inheritable = 0;
	data[1].effective = data[1].permitted = 0;
	set_capabilities(data);
}

#define WATCHING                                                                                   \
	(CAP_TO_MASK(CAP_NET_ADMIN) | CAP_TO_MASK(CAP_NET_BROADCAST) | CAP_TO_MASK(CAP_NET_RAW) |  \
		CAP_TO_MASK(CAP_SYS_ADMIN) | CAP_TO_MASK(CAP_SYS_PTRACE))

void privilege_begin_watching(void)
{
	keep_only(WATCHING | CAP_TO_MASK(CAP_SETUID) | CAP_TO_MASK(CAP_SETGID));
}

/* A change from uid 0 takes the effective capabilities, and without PR_SET_KEEPCAPS the permitted ones. */
int privilege_keep_watching(const struct privilege_user *user)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	int err = 0;
	if (user) {
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		if (setgroups(0, NULL) || setresgid(user->gid, user->gid, user->gid) ||
			setresuid(user->uid, user->uid, user->uid))
			err = -errno;
		prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	}
	if (get_capabilities(data))
		return -errno;
	data[0].permitted &= WATCHING;
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted = 0;
	set_capabilities(data);
	return err;
}

void privilege_keep_serving(void)
{
	keep_only(CAP_TO_MASK(CAP_NET_BIND_SERVICE));
}

void privilege_keep_nothing(void)
{
	keep_only(0);
}

void privilege_keep_devices(void)
{
	keep_only(CAP_TO_MASK(CAP_NET_ADMIN) | CAP_TO_MASK(CAP_NET_BROADCAST) |
		  CAP_TO_MASK(CAP_SYS_ADMIN) | CAP_TO_MASK(CAP_SYS_PTRACE) |
		  CAP_TO_MASK(CAP_MKNOD) | CAP_TO_MASK(CAP_NET_RAW));
}

void privilege_drop_thread(void)
{
	static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
	set_capabilities(none);
}

void privilege_list(uint64_t capabilities, struct buf *out)
{
	const uint64_t all = ((uint64_t)1 << (CAP_LAST_CAP + 1)) - 1;
	const char *between = "";
	if (capabilities == 0 || (capabilities & all) == all) {
		buf_puts(out, capabilities ? "all" : "none");
		return;
	}
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++) {
		const char *name = capabilities >> i & 1 ? capng_capability_to_name(i) : NULL;
		if (!name)
			continue;
		buf_printf(out, "%s%s", between, name);
		between = " ";
	}
}
