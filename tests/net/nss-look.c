/* SPDX-License-Identifier: ISC */
/*
 * Owns a program that resolves names like any program, for the tests of the module for the C
 * library.
 * Never asks the daemon itself: it only calls getaddrinfo(3). Run by tests/net/test_nss.py.
 *
 *	nss-look NAME...                 prints "ADDRESS SCOPE CANONICAL" of each, or why there is none
 *	nss-look -t THREADS COUNT NAME   many threads with many look-ups each, all with the same result
 *	nss-look -m NAME                 looks it up twice, with a mark on standard error before, between and after
 *	nss-look -s NAME                 first prints AT_SECURE and the effective user
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { TEXT_CAP = 4096, THREADS_MAX = 64, ERRNO_MARK = 12345 };

static size_t add_addr(char *text, size_t len, const struct addrinfo *info, const char *canonical)
{
	char addr[INET6_ADDRSTRLEN];
	const struct sockaddr_in *in = (const struct sockaddr_in *)info->ai_addr;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)info->ai_addr;
	bool is_v4 = info->ai_family == AF_INET;
	inet_ntop(info->ai_family, is_v4 ? (const void *)&in->sin_addr : &in6->sin6_addr, addr,
		sizeof(addr));
	return len + (size_t)snprintf(text + len, TEXT_CAP - len, "%s %u %s\n", addr,
			     is_v4 ? 0 : in6->sin6_scope_id, canonical);
}

static void look(const char *name, char text[TEXT_CAP])
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME};
	struct addrinfo *list = NULL;
	size_t len = 0;
	int err = getaddrinfo(name, NULL, &hints, &list);
	if (err)
		snprintf(text, TEXT_CAP, "%s\n", gai_strerror(err));
	for (const struct addrinfo *info = list; info && len < TEXT_CAP / 2; info = info->ai_next)
		len = add_addr(text, len, info, list->ai_canonname);
	if (list)
		freeaddrinfo(list);
}

struct job {
	pthread_t thread;
	const char *name, *expected;
	int count, wrong;
};

static void *look_often(void *arg)
{
	struct job *job = arg;
	char text[TEXT_CAP];
	for (int i = 0; i < job->count; i++) {
		errno = ERRNO_MARK;
		look(job->name, text);
		job->wrong += strcmp(text, job->expected) != 0 || errno != ERRNO_MARK;
	}
	return NULL;
}

static int open_descriptors(void)
{
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static int look_in_threads(int threads, int count, const char *name)
{
	static struct job jobs[THREADS_MAX];
	char text[TEXT_CAP];
	int wrong = 0, before = open_descriptors();
	look(name, text);
	for (int i = 0; i < threads && i < THREADS_MAX; i++) {
		jobs[i] = (struct job){.name = name, .expected = text, .count = count};
		if (pthread_create(&jobs[i].thread, NULL, look_often, &jobs[i]))
			return 1;
	}
	for (int i = 0; i < threads && i < THREADS_MAX; i++) {
		pthread_join(jobs[i].thread, NULL);
		wrong += jobs[i].wrong;
	}
	printf("%swrong %d left open %d\n", text, wrong, open_descriptors() - before);
	return 0;
}

static void mark(void)
{
	if (write(STDERR_FILENO, "mark\n", 5) != 5)
		abort();
}

int main(int argc, char **argv)
{
	char text[TEXT_CAP];
	int first = 1;
	if (argc == 5 && strcmp(argv[1], "-t") == 0)
		return look_in_threads(atoi(argv[2]), atoi(argv[3]), argv[4]);
	if (argc > 1 && strcmp(argv[1], "-s") == 0)
		printf("secure %lu euid %u\n", getauxval(AT_SECURE), geteuid());
	bool is_marked = argc == 3 && strcmp(argv[1], "-m") == 0;
	if (is_marked) {
		mark();
		look(argv[2], text);
		mark();
	}
	first += argc > 1 && argv[1][0] == '-';
	for (int i = first; i < argc; i++) {
		look(argv[i], text);
		if (is_marked)
			mark();
		fputs(text, stdout);
	}
	return 0;
}
