/* SPDX-License-Identifier: ISC */
/*
 * Owns the making of the directory of grants, and who may own it.
 * Never reads a grant: watch/grants.c does.
 */
#include "ontap-zone/grants_dir.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/privilege.h"

void grants_dir_make(const char *path)
{
	char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	if (slash)
		*slash = '\0';
	if (slash && *parent)
		mkdir(parent, 0755);
	mkdir(path, 0755);
	free(parent);
}

uid_t grants_dir_owner(const char *path)
{
	struct stat st;
	struct privilege_user user;
	if (!path || stat(path, &st) || st.st_uid == 0 || privilege_find_user("ontapd", &user))
		return 0;
	return user.uid;
}
