/* SPDX-License-Identifier: ISC */
/*
 * Owns the loading of libraries while the program runs.
 * Never knows their functions.
 */
#include "io/dynlib.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* Copies the text, because dlclose() frees the text of dlerror(). */
static void copy_error(char ret_why[DYNLIB_WHY_CAP])
{
	const char *error = dlerror();
	snprintf(ret_why, DYNLIB_WHY_CAP, "%s", error ? error : "");
}

void *dynlib_open(const char *soname, const char *const names[], size_t count, void *table,
	char ret_why[DYNLIB_WHY_CAP])
{
	/* RTLD_NOW: a version that lacks a function must be detected here, not during later
	 * work. */
	void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; handle && i < count; i++) {
		void *function = dlsym(handle, names[i]);
		if (!function) {
			copy_error(ret_why);
			dlclose(handle);
			return NULL;
		}
		/* POSIX lets a function's address stand in a void pointer (dlsym). */
		memcpy((char *)table + i * sizeof(function), &function, sizeof(function));
	}
	if (!handle)
		copy_error(ret_why);
	return handle;
}

void dynlib_close(void *handle)
{
	if (handle)
		dlclose(handle);
}
