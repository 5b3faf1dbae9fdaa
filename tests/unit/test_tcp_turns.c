/* SPDX-License-Identifier: ISC */
/* The TCP thread shares its time between connections (net/dns_conn.c). Its answers are those of this file. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/dns_answer.h"
#include "net/dns_part.h"
#include "unit.h"

enum { QUESTIONS = 1000, QUESTION_LEN = 12 };

/* Which client each question was from, by its port. */
static struct {
	sem_t is_held, may_go_on;
	_Atomic size_t count;
	uint16_t ports[QUESTIONS + 2];
} world;

/* The first question is answered only when the test says so. */
size_t __wrap_dns_answer(struct serve_ctx *ctx, struct transfers *transfers,
	const struct serve_client *client, uint8_t *query, size_t query_len, uint8_t *reply,
	size_t cap, struct transfer **ret_transfer);
size_t __wrap_dns_answer(struct serve_ctx *ctx UNUSED, struct transfers *transfers UNUSED,
	const struct serve_client *client, uint8_t *query, size_t query_len, uint8_t *reply,
	size_t cap, struct transfer **ret_transfer UNUSED)
{
	assert_true(query_len <= cap && world.count < QUESTIONS + 2);
	if (world.count == 0) {
		sem_post(&world.is_held);
		sem_wait(&world.may_go_on);
	}
	world.ports[world.count++] = client->port;
	memcpy(reply, query, query_len);
	return query_len;
}

static int listen_here(struct sockaddr_in *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	*ret = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)ret, sizeof(*ret)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &len), 0);
	return fd;
}

/* Connects, and returns the port that the server sees. */
static uint16_t connect_to(const struct sockaddr_in *server, int *ret_fd)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	*ret_fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*ret_fd, (const struct sockaddr *)server, sizeof(*server)), 0);
	assert_int_equal(getsockname(*ret_fd, (struct sockaddr *)&own, &len), 0);
	return ntohs(own.sin_port);
}

static void ask(int fd, size_t count)
{
	static uint8_t bytes[QUESTIONS * (2 + QUESTION_LEN)];
	for (size_t i = 0; i < count; i++)
		bytes[i * (2 + QUESTION_LEN) + 1] = QUESTION_LEN;
	assert_int_equal(
		send(fd, bytes, count * (2 + QUESTION_LEN), 0), count * (2 + QUESTION_LEN));
}

static void expect_answers(int fd, size_t count)
{
	uint8_t bytes[4096];
	for (size_t left = count * (2 + QUESTION_LEN); left > 0;) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
		assert_true(n > 0 && (size_t)n <= left);
		left -= (size_t)n;
	}
}

static void who_asks_much_at_once_holds_up_nobody(void **state UNUSED)
{
	static const struct dns_config config = {.workers = 1};
	struct sockaddr_in at;
	int greedy, modest;
	struct tcp_server *s = tcp_server_start(&config);
	assert_non_null(s);
	sem_init(&world.is_held, 0, 0);
	sem_init(&world.may_go_on, 0, 0);
	assert_true(tcp_server_listen(s, listen_here(&at)) >= 0);
	connect_to(&at, &greedy);
	ask(greedy, 1);
	sem_wait(&world.is_held);
	ask(greedy, QUESTIONS);
	uint16_t port = connect_to(&at, &modest);
	ask(modest, 1);
	sem_post(&world.may_go_on);
	expect_answers(modest, 1);
	expect_answers(greedy, QUESTIONS + 1); /* and loses nothing */
	size_t before = 0;
	while (world.ports[before] != port)
		before++;
	assert_in_range(before, 1, 1 + 3 * LIMIT_TCP_TURN_QUERIES);
	close(greedy);
	close(modest);
	tcp_server_stop(s);
}

/* However many connect, other parts of the process find a descriptor. */
static void connections_leave_descriptors_for_others(void **state UNUSED)
{
	enum { DESCRIPTORS = 80, CLIENTS = 60 };
	static const struct dns_config config = {.workers = 1};
	struct rlimit before, few;
	struct sockaddr_in at;
	struct dns_stats stats = {0};
	int fd = -1, clients[CLIENTS];
	int listener = listen_here(&at);
	for (size_t i = 0; i < CLIENTS; i++) /* they wait in the queue of the listening socket */
		connect_to(&at, &clients[i]);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){CLIENTS + DESCRIPTORS, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	world.count = 1;
	struct tcp_server *s = tcp_server_start(&config);
	assert_non_null(s);
	assert_true(tcp_server_listen(s, listener) >= 0);
	for (size_t i = 0; i < CLIENTS; i++)
		ask(clients[i], 1);
	expect_answers(clients[CLIENTS - 1], 1);
	tcp_server_add_stats(s, &stats);
	assert_in_range(stats.tcp_open, 1, (CLIENTS + DESCRIPTORS) / 4);
	fd = dup(0);
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < CLIENTS; i++)
		close(clients[i]);
	tcp_server_stop(s);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_much_at_once_holds_up_nobody),
		cmocka_unit_test(connections_leave_descriptors_for_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
