/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the directory of grants: whatever is made, renamed and removed there, what the watcher has heard
 * of it by inotify is what a new look finds.
 * Never leaves a directory of its own. Run by a fuzzer, and its replay.
 *
 * The input: lines. "+NAME TARGET" makes a link, ">NAME OTHER" renames it, "-NAME" removes it, "." lets the watcher
 * hear what has happened so far.
 */
#include "watch/grants.c"

#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { LINES_MAX = 64 };

static char room[] = "/tmp/ontap-grants.XXXXXX";
static int room_fd = -1;

static void empty_room(void)
{
	DIR *dir = fdopendir(dup(room_fd));
	require(dir != NULL);
	rewinddir(dir);
	for (const struct dirent *de; (de = readdir(dir));)
		(void)!unlinkat(room_fd, de->d_name, 0);
	closedir(dir);
}

static void remove_room(void)
{
	empty_room();
	(void)!rmdir(room);
}

static nsid_t find_ns(void *arg UNUSED, uint64_t cookie UNUSED)
{
	return NSID_UNKNOWN;
}

static void on_link(void *arg UNUSED, const struct event *ev UNUSED)
{
	abort(); /* no namespace is known */
}

/* Two names for one link: ontapd makes none, and what counts depends on the order. */
static bool has_other_name(const char *name)
{
	struct device_grant of, other;
	bool has_other = false;
	if (device_grant_parse(name, &of))
		return false;
	DIR *dir = fdopendir(dup(room_fd));
	require(dir != NULL);
	rewinddir(dir);
	for (const struct dirent *de; (de = readdir(dir));)
		has_other |= strcmp(de->d_name, name) != 0 &&
			     device_grant_parse(de->d_name, &other) == 0 &&
			     other.cookie == of.cookie && other.ifindex == of.ifindex;
	closedir(dir);
	return has_other;
}

static bool is_name(const char *name)
{
	return name && *name && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static void change(struct grants *g, char *line)
{
	char *rest = line + 1;
	const char *name = strsep(&rest, " ");
	if (*line == '.')
		grants_handle(g, 0);
	else if (*line == '-' && is_name(name))
		(void)!unlinkat(room_fd, name, 0);
	else if (*line == '+' && is_name(name) && rest && !has_other_name(name))
		(void)!symlinkat(rest, room_fd, name);
	else if (*line == '>' && is_name(name) && is_name(rest) && !has_other_name(rest))
		(void)!renameat(room_fd, name, room_fd, rest);
}

static struct grants *watched_room(void)
{
	static struct log log = {.fd = -1, .threshold = LOG_LEVEL_ERROR};
	require(mkdtemp(room) != NULL && atexit(remove_room) == 0);
	const struct grants_config config = {.path = room,
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.log = &log,
		.find_ns = find_ns,
		.on_link = on_link};
	struct grants *g = grants_open(&config);
	require(g && g->is_watched);
	room_fd = g->dir_fd;
	return g;
}

/* A new look, without inotify: to end that takes the kernel ten milliseconds. */
static void compare(const struct grants *g)
{
	struct grants fresh = {.config = g->config, .dir_fd = room_fd, .inotify_fd = -1};
	map_init(&fresh.all);
	scan(&fresh, false);
	require(g->all.count == fresh.all.count);
	MAP_EACH(grant, &fresh.all, struct grant, node) {
		const struct grant *heard = find(g, grant->cookie, grant->ifindex);
		require(heard && heard->uid == grant->uid &&
			memcmp(heard->alias, grant->alias, sizeof(heard->alias)) == 0);
		drop(&fresh, grant);
	}
	map_fini(&fresh.all);
}

/* The same watch for all inputs: each ends with an empty directory. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct grants *g;
	if (!g)
		g = watched_room();
	char *text = malloc(len + 1), *rest = text, *line;
	require(text != NULL);
	memcpy(text, bytes, len);
	text[len] = '\0';
	for (unsigned i = 0; i < LINES_MAX && (line = strsep(&rest, "\n")); i++)
		change(g, line);
	free(text);
	grants_handle(g, 0);
	compare(g);
	empty_room();
	grants_handle(g, 0);
	require(g->all.count == 0 && !g->has_missed);
	return 0;
}
