/* SPDX-License-Identifier: ISC */
/*
 * Owns how a thread that answers begins.
 * Never knows what it does.
 */
#include "net/dns_thread.h"

#include <signal.h>

int dns_thread_start(pthread_t *thread, void *(*body)(void *arg), void *arg)
{
	sigset_t all, before;
	/* Threads inherit the mask of the thread that makes them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(thread, NULL, body, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}
