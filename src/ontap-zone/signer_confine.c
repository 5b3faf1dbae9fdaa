/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of what the signer may do.
 * Never decides what it signs.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <unistd.h>

#include "base/err.h"
#include "io/empty_root.h"
#include "io/sandbox_lists.h"
#include "io/sandbox_tell.h"
#include "ontap-zone/signer_process.h"

/* The end of the channel, and who comes to the directory of the keys. It can make no socket. */
static const struct sandbox_call talking[] = {
	SANDBOX_CALL(sendto), SANDBOX_CALL(recvfrom), SANDBOX_CALL(accept4)};

static int limit_calls(void)
{
	static struct sandbox_calls calls;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, talking, ARRAY_LEN(talking));
	sandbox_allow_basic(&calls);
	sandbox_allow_reading(&calls);
	sandbox_allow_writing(&calls);
	sandbox_kill_deadly(&calls);
	return sandbox_calls_enforce(&calls, sandbox_verdict);
}

static int limit_files(const struct signer_process *p, int *ret_level)
{
	const struct sandbox_path own[] = {
		{.path = ".",
			.access = SANDBOX_READ | SANDBOX_WRITE | SANDBOX_SOCKET,
			.at = p->dir},
		{.path = sandbox_has_sanitizer ? "/proc/self" : NULL, .access = SANDBOX_READ}};
	*ret_level = 0;
	return sandbox_tell(
		p->log, "signer", "landlock", sandbox_limit_files(own, ARRAY_LEN(own), ret_level));
}

/* Looks at what is in force. Where /proc could not be opened, nothing is known. */
static int check(struct signer_process *p, const struct sandbox_threads *threads,
	const struct sandbox_claim *claim)
{
	struct sandbox_report found = {0};
	if (threads->count == 0 || sandbox_threads_look(threads, &found))
		return 0;
	found.landlock = p->sandbox.landlock;
	p->sandbox = found;
	if (sandbox_is_as_claimed(&found, claim))
		return 0;
	(void)sandbox_tell(p->log, "signer", "look", ERR_DENIED);
	return ERR_DENIED;
}

int signer_confine(struct signer_process *p)
{
	struct sandbox_claim claim = {
		.has_empty_bounding = privilege_effective() >> CAP_SETPCAP & 1};
	struct sandbox_threads threads = {0};
	const int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int level = 0;
	if (tasks >= 0 && sandbox_threads_open(tasks, &threads))
		threads = (struct sandbox_threads){0};
	if (tasks >= 0)
		close(tasks);
	if (!sandbox_has_sanitizer)
		(void)!empty_root_enter(); /* Landlock is the stronger one, where there is one */
	(void)!setgroups(0, NULL);
	privilege_keep_nothing();
	int err = limit_files(p, &level);
	sandbox_hide_memory();
	sandbox_limit_growth(false, true);
	if (!err && !sandbox_has_sanitizer) {
		err = limit_calls();
		claim.has_filter = !err;
		err = sandbox_tell(p->log, "signer", "seccomp", err);
	}
	p->sandbox.landlock = (uint8_t)level;
	if (!err)
		err = check(p, &threads, &claim);
	sandbox_threads_close(&threads);
	return err;
}
