/* SPDX-License-Identifier: ISC */
/*
 * Owns the changes of user and capabilities.
 * Never decides when; the programs do. Called at the start of the daemon and of its threads.
 */
#include "io/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

int privilege_find_user(const char *name, struct privilege_user *ret)
{
	errno = 0;
	const struct passwd *pw = getpwnam(name);
	if (!pw) /* getpwnam(3): ENOENT is said too where there is no such user, or no file of users */
		return errno && errno != ENOENT && errno != ESRCH ? ERR_SYS : ERR_ABSENT;
	*ret = (struct privilege_user){.uid = pw->pw_uid, .gid = pw->pw_gid};
	return 0;
}

int privilege_become(const struct privilege_user *user)
{
	capng_clear(CAPNG_SELECT_BOTH);
	capng_updatev(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
		CAP_NET_BIND_SERVICE, -1);
	if (capng_change_id((int)user->uid, (int)user->gid,
		    (capng_flags_t)(CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING)))
		return ERR_SYS;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? ERR_SYS : 0;
}

/* The system call, because capabilities are a thread's own and libcap-ng's state is not. */
static int get_capabilities(struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	return (int)syscall(SYS_capget, &header, data);
}

static void set_capabilities(const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	(void)!syscall(SYS_capset, &header, data);
}

/* Of the capabilities, all in the first word, leaves those in `keep`. */
static void keep_only(uint32_t keep)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (get_capabilities(data))
		return;
	data[0].effective &= keep;
	data[0].permitted &= keep;
	data[0].inheritable = data[1].inheritable = 0;
	data[1].effective = data[1].permitted = 0;
	set_capabilities(data);
}

void privilege_keep_watching(void)
{
	keep_only(CAP_TO_MASK(CAP_NET_ADMIN) | CAP_TO_MASK(CAP_NET_BROADCAST) |
		CAP_TO_MASK(CAP_SYS_ADMIN) | CAP_TO_MASK(CAP_SYS_PTRACE));
}

uint64_t privilege_effective(void)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	if (get_capabilities(data))
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

void privilege_keep_devices(void)
{
	keep_only(CAP_TO_MASK(CAP_NET_ADMIN) | CAP_TO_MASK(CAP_NET_BROADCAST) |
		CAP_TO_MASK(CAP_SYS_ADMIN) | CAP_TO_MASK(CAP_SYS_PTRACE) |
		CAP_TO_MASK(CAP_MKNOD));
}

void privilege_drop_thread(void)
{
	static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
	set_capabilities(none);
}
