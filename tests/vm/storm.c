/* SPDX-License-Identifier: ISC */
/*
 * Owns a storm of short lives: many processes, one after the other, each in its own network and UTS
 * namespace with its own host name. It does the same as `unshare -nu sh -c 'hostname …'`, without
 * the cost of its start in a virtual machine.
 * Never leaves anything behind. Run by tests/vm/test_hostnames.py.
 *
 *	storm COUNT
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The raw system call: like fork(2), but in new namespaces from the first moment. */
static pid_t fork_into(unsigned long namespaces)
{
	return (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, NULL, NULL, NULL, NULL);
}

static void live(unsigned number)
{
	char name[32];
	int len = snprintf(name, sizeof(name), "s%u", number);
	_exit(sethostname(name, (size_t)len) ? 111 : 0);
}

/* Every second process begins in its parent's namespaces and leaves them by
 * unshare(2), as programs do. */
static int run(unsigned number)
{
	const int namespaces = CLONE_NEWNET | CLONE_NEWUTS;
	int status;
	pid_t child = fork_into(number % 2 ? namespaces : 0);
	if (child == 0) {
		if (number % 2 == 0 && unshare(namespaces))
			_exit(111);
		live(number);
	}
	return child < 0 || waitpid(child, &status, 0) != child || status != 0;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	for (unsigned i = 0; i < count; i++) {
		if (run(i)) {
			fprintf(stderr, "storm: life %u: %s\n", i, strerror(errno));
			return 111;
		}
	}
	return 0;
}
