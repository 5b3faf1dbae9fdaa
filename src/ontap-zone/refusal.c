/* SPDX-License-Identifier: ISC */
/*
 * Owns the advice for a refused connection: which group may connect, and how to join it.
 * Never changes anything.
 */
#include "ontap-zone/refusal.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

void refusal_explain(const char *path, struct buf *out)
{
	struct stat st;
	bool is_known = stat(path, &st) == 0;
	const struct group *group = is_known && st.st_gid != 0 ? getgrgid(st.st_gid) : NULL;
	const struct passwd *user = getpwuid(getuid());
	buf_printf(out, "permission denied: %s", path);
	if (group)
		buf_printf(out, " is for group %s: sudo usermod -aG %s %s, or sudo", group->gr_name,
			group->gr_name, user ? user->pw_name : "USER");
	else
		buf_puts(out, is_known && st.st_gid == 0 ? " is root's: sudo" : ": sudo");
}
