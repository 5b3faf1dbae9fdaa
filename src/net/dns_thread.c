/* SPDX-License-Identifier: ISC */
/*
 * Owns the start of an answering thread.
 * Never knows what the thread does.
 */
#include "net/dns_thread.h"

#include <signal.h>

#include "io/sandbox_lists.h"

int dns_thread_start(pthread_t *thread, void *(*body)(void *arg), void *arg)
{
	sigset_t all, before;
	sandbox_thread_prepare();
	/* A thread inherits the signal mask of its creator. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(thread, NULL, body, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}
