/* SPDX-License-Identifier: ISC */
/*
 * The directories of namespaces and of grants when inotify is used up: what is in them is found all the
 * same, later, and inotify is tried again. Run by `make check`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/buf.h"
#include "unit.h"
#include "watch/grants.h"
#include "watch/netns_dir.h"

static struct {
	char dir[32];
	int epoll_fd;
	bool has_instances, has_watches; /* of inotify */
	unsigned told;                   /* names that were reported */
	struct buf lines;
	struct log log;
	int null_fd;
} rig;

int __real_inotify_init1(int flags);
int __wrap_inotify_init1(int flags);
int __wrap_inotify_init1(int flags)
{
	if (rig.has_instances)
		return __real_inotify_init1(flags);
	errno = EMFILE;
	return -1;
}

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (rig.has_watches)
		return __real_inotify_add_watch(fd, path, mask);
	errno = ENOSPC;
	return -1;
}

static int identify(void *arg, int fd, nsid_t *ret)
{
	(void)arg, (void)fd;
	*ret = 7;
	return 0;
}

static void on_info(void *arg, nsid_t nsid, const struct event_ns *info)
{
	(void)arg;
	assert_int_equal(nsid, 7);
	rig.told += info->name[0] != '\0';
}

static int setup(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	strcpy(rig.dir, "/tmp/ontap-netns-XXXXXX");
	rig.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rig.null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	rig.log = (struct log){.fd = rig.null_fd, .threshold = LOG_LEVEL_INFO, .copy = &rig.lines};
	return mkdtemp(rig.dir) ? 0 : -1;
}

static void path_of(const char *name, char path[64])
{
	snprintf(path, 64, "%s/%s", rig.dir, name);
}

static int teardown(void **state)
{
	static const char *const names[] = {"a", "b", "c"};
	char path[64];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		path_of(names[i], path);
		(void)unlink(path);
	}
	close(rig.epoll_fd);
	close(rig.null_fd);
	buf_fini(&rig.lines);
	return rmdir(rig.dir);
}

/* A link to a namespace is as good as a mount of one. */
static void add(const char *name)
{
	char path[64];
	path_of(name, path);
	assert_int_equal(symlink("/proc/self/ns/net", path), 0);
}

static unsigned count_lines(const char *part)
{
	unsigned count = 0;
	for (const char *at = buf_text(&rig.lines); (at = strstr(at, part)); at++)
		count++;
	return count;
}

static void without_inotify_names_are_found_later(bool has_instances, const char *sysctl)
{
	const struct netns_dir_config config = {.path = rig.dir,
		.epoll_fd = rig.epoll_fd,
		.log = &rig.log,
		.identify = identify,
		.on_info = on_info};
	struct netns_dir *d = NULL;
	ns_t now = NS_PER_S;
	rig.has_instances = has_instances;
	add("a");
	assert_int_equal(netns_dir_new(&config, &d), 0);
	netns_dir_scan(d, now);
	assert_int_equal(rig.told, 1);
	assert_int_equal(count_lines(sysctl), 1);
	add("b");
	assert_true(netns_dir_deadline(d) > now && netns_dir_deadline(d) < NS_NEVER);
	for (int i = 0; i < 3; i++) {
		now = netns_dir_deadline(d);
		netns_dir_handle(d, now);
		assert_true(netns_dir_deadline(d) > now);
	}
	assert_true(rig.told > 1);
	assert_int_equal(count_lines("warning"), 1);
	rig.has_instances = rig.has_watches = true;
	now = netns_dir_deadline(d);
	netns_dir_handle(d, now);
	assert_int_equal(netns_dir_deadline(d), NS_NEVER);
	assert_int_equal(count_lines("inotify is back"), 1);
	const unsigned told = rig.told;
	add("c");
	netns_dir_handle(d, now); /* by an event: at once */
	assert_int_equal(rig.told, told + 1);
	netns_dir_free(d);
}

static void without_an_instance_names_are_found_later(void **state)
{
	(void)state;
	without_inotify_names_are_found_later(false, "fs.inotify.max_user_instances");
}

static void without_a_watch_names_are_found_later(void **state)
{
	(void)state;
	without_inotify_names_are_found_later(true, "fs.inotify.max_user_watches");
}

static void without_inotify_grants_are_read_before_they_are_needed(void **state)
{
	const struct grants_config config = {
		.path = rig.dir, .epoll_fd = rig.epoll_fd, .log = &rig.log};
	(void)state;
	struct grants *g = grants_open(&config);
	assert_non_null(g);
	assert_int_equal(count_lines("fs.inotify.max_user_instances"), 1);
	grants_handle(g, NS_PER_S);
	assert_true(grants_deadline(g) > NS_PER_S && grants_deadline(g) < NS_NEVER);
	rig.has_instances = rig.has_watches = true;
	grants_handle(g, grants_deadline(g));
	assert_int_equal(grants_deadline(g), NS_NEVER);
	grants_close(g);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_an_instance_names_are_found_later),
		TEST(without_a_watch_names_are_found_later),
		TEST(without_inotify_grants_are_read_before_they_are_needed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
