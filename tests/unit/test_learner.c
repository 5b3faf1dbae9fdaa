/* SPDX-License-Identifier: ISC */
/* Owns the tests of what ontapd does when the learner does not read its orders. Run by `make check`. */
#include "ontapd/learner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum { ORDERS_MAX = 10000 };

static void count(void *arg)
{
	++*(unsigned *)arg;
}

static void no_news(void *arg UNUSED, const struct learner_news *news UNUSED)
{
	fail();
}

static int order(struct learner *l, enum learner_order_type type)
{
	const struct learner_order o = {.type = type, .ifindex = 7};
	return learner_order(l, &o, -1);
}

/* Hints are dropped; another order waits once, and everything is told later. */
static void one_that_does_not_read_is_waited_for_once(void **state UNUSED)
{
	int fds[2];
	unsigned again = 0;
	struct learner_order o;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	struct learner l = {
		.watch.fd = fds[0], .on_news = no_news, .on_again = count, .arg = &again};
	int err = 0;
	for (int i = 0; i < ORDERS_MAX && !err; i++)
		err = order(&l, LEARNER_HINT);
	assert_int_equal(err, -EAGAIN);
	assert_false(l.is_stuck);
	assert_int_equal(again, 0);
	assert_int_equal(order(&l, LEARNER_END), -EAGAIN);
	assert_true(l.is_stuck);
	assert_int_equal(order(&l, LEARNER_END), -EAGAIN);
	assert_int_equal(again, 1); /* the second did not wait */
	while (recv(fds[1], &o, sizeof(o), MSG_DONTWAIT) > 0)
		assert_int_equal(o.type, LEARNER_HINT);
	assert_int_equal(order(&l, LEARNER_BEGIN), 0);
	assert_false(l.is_stuck);
	assert_int_equal(recv(fds[1], &o, sizeof(o), MSG_DONTWAIT), sizeof(o));
	assert_int_equal(o.type, LEARNER_BEGIN);
	close(fds[0]);
	close(fds[1]);
}

/* A learner that does not read before all its news are read. */
struct slow {
	struct learner learner;
	int fd; /* its end */
	unsigned depth, heard, ordered;
};

enum { NEWS = 100 };

static void read_orders(struct slow *s, unsigned *ret_end, unsigned *ret_forget)
{
	struct learner_order o;
	*ret_end = *ret_forget = 0;
	while (recv(s->fd, &o, sizeof(o), MSG_DONTWAIT) > 0) {
		*ret_end += o.type == LEARNER_END;
		*ret_forget += o.type == LEARNER_FORGET;
	}
}

static void forget(void *arg, const struct learner_news *news)
{
	struct slow *s = arg;
	unsigned end, more;
	assert_int_equal(s->depth++, 0);
	if (++s->heard == LEARNER_KEPT)
		read_orders(s, &end, &more);
	const struct learner_order o = {.type = LEARNER_FORGET, .ifindex = news->ifindex};
	assert_int_equal(learner_order(&s->learner, &o, -1), 0);
	s->ordered++;
	s->depth--;
}

static void must_not(void *arg UNUSED)
{
	fail();
}

static void orders_that_follow_from_news_wait_for_their_turn(void **state UNUSED)
{
	int fds[2];
	unsigned end, more;
	const struct learner_news news = {
		.type = LEARNER_GONE, .ifindex = 7, .addr = {.family = ADDR_V4}};
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	struct slow s = {.fd = fds[1]};
	s.learner = (struct learner){
		.watch.fd = fds[0], .on_news = forget, .on_again = must_not, .arg = &s};
	while (order(&s.learner, LEARNER_HINT) == 0)
		;
	for (int i = 0; i < NEWS; i++)
		assert_int_equal(send(fds[1], &news, sizeof(news), MSG_DONTWAIT), sizeof(news));
	assert_int_equal(order(&s.learner, LEARNER_END), 0);
	read_orders(&s, &end, &more);
	assert_int_equal(end, 1);
	assert_in_range(s.heard, LEARNER_KEPT, NEWS);
	assert_int_equal(more, s.ordered);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_does_not_read_is_waited_for_once),
		cmocka_unit_test(orders_that_follow_from_news_wait_for_their_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
