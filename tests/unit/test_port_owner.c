/* SPDX-License-Identifier: ISC */
/* Who has sockets on our ports: watch/port_owner.h, with the sockets of this process and a child. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "watch/port_owner.h"

/* What has been reported. */
struct heard {
	struct event_port owners[LIMIT_OWNED_PORTS * LIMIT_PORT_OWNERS];
	size_t count, listed, freed;
};

static void hear(void *arg, const struct event *ev)
{
	struct heard *heard = arg;
	if (ev->type == EV_PORT_OWNER)
		heard->owners[heard->count++] = ev->port;
	heard->listed += ev->type == EV_PORTS_LISTED;
	heard->freed += ev->type == EV_PORT_FREE;
}

/* A UDP socket on 127.0.0.1, or -1; `*port` 0: any port, which is stored. */
static int bind_at(const char *addr, uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(*port)};
	socklen_t len = sizeof(at);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, addr, &at.sin_addr);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
		getsockname(fd, (struct sockaddr *)&at, &len))
		return -1;
	*port = ntohs(at.sin_port);
	return fd;
}

/* Starts a child that has `count` sockets there, and has opened them when this returns. */
static pid_t child_with(const char *addr, uint16_t port, unsigned count)
{
	int ready[2];
	char byte;
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (unsigned i = 0; i < count; i++)
			if (bind_at(addr, &port) < 0)
				_exit(1);
		(void)!write(ready[1], "", 1);
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct port_owners *open_for(uint16_t first, uint16_t second, struct heard *heard)
{
	struct port_owners *p = NULL;
	const struct port_owner_config config = {
		.ports = {first, second}, .self = getpid(), .on_event = hear, .arg = heard};
	assert_int_equal(port_owners_new(&config, &p), 0);
	return p;
}

static void look(struct port_owners *p, struct heard *heard, ns_t now)
{
	*heard = (struct heard){.count = 0};
	port_owners_ask(p);
	port_owners_handle(p, now);
	assert_int_equal(heard->listed, 1);
}

static bool is_known(const struct heard *heard, pid_t pid)
{
	for (size_t i = 0; i < heard->count; i++)
		if (heard->owners[i].pid == pid)
			return true;
	return false;
}

static void our_own_sockets_take_no_place_of_others(void **state)
{
	(void)state;
	static struct heard heard;
	uint16_t port = 0;
	int ours[2 * LIMIT_PORT_OWNERS];
	ours[0] = bind_at("127.0.0.1", &port);
	assert_true(ours[0] >= 0);
	close(ours[0]);
	pid_t child = child_with("127.0.0.2", port, 1); /* it is last in the kernel's table */
	for (unsigned i = 0; i < ARRAY_LEN(ours); i++)
		assert_true((ours[i] = bind_at("127.0.0.1", &port)) >= 0);
	struct port_owners *p = open_for(port, 0, &heard);
	look(p, &heard, 0);
	assert_int_equal(heard.count, 1);
	assert_true(is_known(&heard, child));
	port_owners_free(p);
	for (unsigned i = 0; i < ARRAY_LEN(ours); i++)
		close(ours[i]);
	end_child(child);
}

static void sockets_on_one_port_do_not_displace_those_on_another(void **state)
{
	(void)state;
	static struct heard heard;
	uint16_t first = 0, second = 0;
	pid_t crowd[LIMIT_PORT_OWNERS / 64];
	int fd = bind_at("127.0.0.1", &first);
	int other = bind_at("127.0.0.1", &second);
	pid_t child = child_with("127.0.0.2", second, 1);
	for (unsigned i = 0; i < ARRAY_LEN(crowd); i++)
		crowd[i] = child_with("127.0.0.3", first, 200);
	struct port_owners *p = open_for(first, second, &heard);
	look(p, &heard, 0);
	assert_true(is_known(&heard, child));
	assert_int_equal(heard.count, 2); /* one for the whole crowd */
	port_owners_free(p);
	for (unsigned i = 0; i < ARRAY_LEN(crowd); i++)
		end_child(crowd[i]);
	end_child(child);
	close(fd);
	close(other);
}

static void who_has_ended_is_reported_with_his_address(void **state)
{
	(void)state;
	static struct heard heard;
	uint16_t port = 0;
	int fd = bind_at("127.0.0.1", &port);
	pid_t child = child_with("127.0.0.2", port, 1);
	struct port_owners *p = open_for(port, 0, &heard);
	look(p, &heard, 0);
	assert_int_equal(heard.freed, 0);
	end_child(child);
	port_owners_handle(p, 0);
	assert_int_equal(heard.freed, 1);
	port_owners_handle(p, 0);
	assert_int_equal(heard.freed, 1);
	port_owners_free(p);
	close(fd);
}

static void there_is_at_most_one_look_a_second(void **state)
{
	(void)state;
	static struct heard heard;
	struct port_owners *p = open_for(1, 0, &heard);
	assert_int_equal(port_owners_deadline(p), NS_NEVER);
	look(p, &heard, 5);
	for (ns_t now = 5; now < 5 + NS_PER_S; now += NS_PER_S / 8) {
		port_owners_ask(p);
		port_owners_handle(p, now);
	}
	assert_int_equal(heard.listed, 1);
	assert_int_equal(port_owners_deadline(p), 5 + NS_PER_S);
	port_owners_handle(p, 5 + NS_PER_S);
	assert_int_equal(heard.listed, 2);
	assert_int_equal(port_owners_deadline(p), NS_NEVER);
	port_owners_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_sockets_take_no_place_of_others),
		cmocka_unit_test(sockets_on_one_port_do_not_displace_those_on_another),
		cmocka_unit_test(who_has_ended_is_reported_with_his_address),
		cmocka_unit_test(there_is_at_most_one_look_a_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
