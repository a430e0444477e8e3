// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_watch_open(3): names that come and go.
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

#include <sys/ioctl.h>

static struct mq_watch *watch_open(void)
{
	struct mq_watch *watch;

	MQ_LIB_EQ(mq_watch_open(&watch, NULL), 0);
	return watch;
}

/* The next event is this one; that of a process's end comes soon after waitpid() returns. */
static void watch_is(struct mq_watch *watch, const char *name, bool come, pid_t pid)
{
	struct mq_name_event event;

	MQ_LIB_EQ(mq_watch_next(watch, &event, 100 * MQ_SECOND), 0);
	mq_check_bytes(__FILE__, __LINE__, "name", event.name, strlen(event.name), name, strlen(name));
	MQ_EQ(event.come, come);
	MQ_EQ(event.pid, pid);
	MQ_EQ(event.uid, 0);
}

static void watch_is_empty(struct mq_watch *watch)
{
	struct mq_name_event event;

	MQ_LIB_EQ(mq_watch_next(watch, &event, 0), -EAGAIN);
}

/* "peer" is made by a child. */
static long peer_bind(int fd, long number)
{
	struct mq_bind bind = { .size = sizeof(bind) };

	sprintf(bind.name, "n%ld", number);
	return ioctl(fd, MQ_IOC_BIND, &bind) ? -errno : 0;
}

MQ_TEST(watch_begin, "first a come for each name that is there, then what changes")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL), *ann = mq_lib_bind("ann", NULL), *carl;
	struct mq_watch *watch = watch_open();

	watch_is(watch, "ann", true, getpid());
	watch_is(watch, "bob", true, getpid());
	watch_is_empty(watch);
	carl = mq_lib_bind("carl", NULL);
	watch_is(watch, "carl", true, getpid());
	mq_endpoint_close(bob);
	watch_is(watch, "bob", false, getpid());
	mq_endpoint_close(carl);
	mq_endpoint_close(ann);
	watch_is(watch, "carl", false, getpid());
	watch_is(watch, "ann", false, getpid());
	watch_is_empty(watch);
	MQ_LIB_EQ((mq_watch_close(watch), 0), 0);
	MQ_LIB_EQ((mq_watch_close(NULL), 0), 0);
}

MQ_TEST(watch_text, "names of the text protocol come and go too")
{
	struct mq_watch *watch = watch_open();
	struct mq_peer *peer = mq_peer_start();

	MQ_EQ(mq_peer_cmd(peer, "/reg text"), 0);
	watch_is(watch, "text", true, peer->pid);
	MQ_EQ(mq_peer_cmd(peer, "/unr"), 0);
	watch_is(watch, "text", false, peer->pid);
	MQ_EQ(mq_peer_cmd(peer, "/reg text"), 0);
	watch_is(watch, "text", true, peer->pid);
	mq_peer_kill(peer, SIGKILL);
	watch_is(watch, "text", false, peer->pid);
	mq_watch_close(watch);
}

MQ_TEST(watch_fd, "the descriptor is readable when there is something to tell")
{
	struct mq_watch *watch = watch_open();
	struct mq_endpoint *bob;
	int fd = MQ_LIB(mq_watch_fd(watch));

	watch_is_empty(watch);
	MQ_EQ(mq_lib_poll(fd) & POLLIN, 0);
	bob = mq_lib_bind("bob", NULL);
	MQ_EQ(mq_lib_poll(fd) & POLLIN, POLLIN);
	watch_is(watch, "bob", true, getpid());
	MQ_EQ(mq_lib_poll(fd) & POLLIN, 0);
	mq_endpoint_close(bob);
	mq_watch_close(watch);
}

static void watch_wait(struct mq_thread *self)
{
	struct mq_name_event event;

	self->result = MQ_LIB(mq_watch_next((struct mq_watch *)self->ep, &event, MQ_TIMEOUT_NONE));
}

MQ_TEST(watch_timeout, "timeouts, and signals, end the wait")
{
	struct mq_watch *watch = watch_open();
	struct mq_name_event event;
	struct mq_thread thread;
	struct mq_endpoint *bob;
	long long begin = mq_now_ms();

	MQ_LIB_EQ(mq_watch_next(watch, &event, MQ_SECOND / 20), -ETIMEDOUT);
	MQ_GE(mq_now_ms() - begin, 49);
	MQ_LIB_EQ(mq_watch_next(watch, &event, -2), -EINVAL);
	mq_thread_start(&thread, watch_wait, (void *)watch);
	mq_thread_interrupt(&thread, SYS_ioctl);
	mq_thread_join(&thread);
	MQ_EQ(thread.result, -EINTR);
	mq_thread_start(&thread, watch_wait, (void *)watch);
	mq_until_asleep(thread.tid, SYS_ioctl);
	bob = mq_lib_bind("bob", NULL);
	mq_thread_join(&thread);
	MQ_EQ(thread.result, 0);
	mq_endpoint_close(bob);
	mq_watch_close(watch);
}

/* ---- events that were lost ---- */

MQ_TEST(watch_gap, "when events were lost, what differs is told, each change once", .params = "QUEUE_LEN=2")
{
	struct mq_endpoint *stays = mq_lib_bind("stays", NULL), *goes = mq_lib_bind("goes", NULL);
	struct mq_watch *watch = watch_open();
	struct mq_endpoint *comes;
	int i;

	watch_is(watch, "goes", true, getpid());
	watch_is(watch, "stays", true, getpid());
	mq_endpoint_close(goes);
	comes = mq_lib_bind("comes", NULL);
	for (i = 0; i < 10; i++)
		mq_endpoint_close(mq_lib_bind("short", NULL));
	watch_is(watch, "comes", true, getpid());
	watch_is(watch, "goes", false, getpid());
	watch_is_empty(watch);
	mq_endpoint_close(stays);
	watch_is(watch, "stays", false, getpid());
	watch_is_empty(watch);
	mq_endpoint_close(comes);
	mq_watch_close(watch);
}

/*
 * The gap comes with GONE short. The list that it causes has n1 of the peer, and is newer
 * than what still waits in the mailbox: GONE n1 of this process, COME n1 of the peer.
 */
MQ_TEST(watch_gap_stale, "events that are older than the list are not told again", .params = "QUEUE_LEN=3")
{
	struct mq_peer *peer = mq_peer_start();
	struct mq_watch *watch = watch_open();
	struct mq_endpoint *mine = mq_lib_bind("n1", NULL);
	struct mq_name_event event;

	watch_is(watch, "n1", true, getpid());
	mq_endpoint_close(mq_lib_bind("short", NULL));
	mq_endpoint_close(mine);
	MQ_EQ(mq_peer_do(peer, peer_bind, 1), 0);
	watch_is(watch, "n1", false, getpid());
	watch_is(watch, "n1", true, peer->pid);
	/* Looking at them takes longer than this. */
	MQ_LIB_EQ(mq_watch_next(watch, &event, 1), -ETIMEDOUT);
	watch_is_empty(watch);
	mq_peer_kill(peer, SIGKILL);
	watch_is(watch, "n1", false, peer->pid);
	watch_is_empty(watch);
	mq_watch_close(watch);
}

MQ_TEST(watch_memory, "without memory for it nothing is forgotten: the next call tells it")
{
	struct mq_watch *watch = watch_open();
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL), *ann;
	struct mq_name_event event;

	watch_is(watch, "bob", true, getpid());
	ann = mq_lib_bind("ann", NULL);
	mq_endpoint_close(bob);
	mq_memory_limit(0);
	MQ_LIB_EQ(mq_watch_next(watch, &event, 0), -ENOMEM);
	MQ_LIB_EQ(mq_watch_next(watch, &event, 0), -ENOMEM);
	mq_memory_limit(-1);
	watch_is(watch, "ann", true, getpid());
	watch_is(watch, "bob", false, getpid());
	watch_is_empty(watch);
	mq_endpoint_close(ann);
	mq_watch_close(watch);
}

/* ---- a crowd ---- */

#define CROWD 40
#define ROUNDS 2000

/* Binds and closes names at random, in two processes, and ends with all of its own bound. */
static void crowd_run(void *arg)
{
	struct mq_endpoint *named[CROWD] = { 0 };
	unsigned int seed = *(int *)arg;
	char name[16];
	int i, n;

	for (i = 0; i < ROUNDS + CROWD; i++) {
		n = i < ROUNDS ? rand_r(&seed) % CROWD : i - ROUNDS;
		sprintf(name, "n%d", n);
		if (named[n] && i < ROUNDS) {
			mq_endpoint_close(named[n]);
			named[n] = NULL;
		} else if (!named[n]) {
			MQ_LIB_EQ(mq_endpoint_open(&named[n], NULL), 0);
			if (MQ_LIB(mq_endpoint_bind(named[n], name, NULL))) {
				mq_endpoint_close(named[n]);
				named[n] = NULL;
			}
		}
	}
	MQ_OK(raise(SIGSTOP));
}

/* Each name comes, goes, comes, ... */
static void crowd_count(bool *is_there, const struct mq_name_event *event)
{
	int n;

	MQ_EQ(sscanf(event->name, "n%d", &n), 1);
	MQ_TRUE(n >= 0 && n < CROWD);
	MQ_NE(is_there[n], event->come);
	is_there[n] = event->come;
}

static void crowd_is_listed(const bool *is_there)
{
	struct mq_endpoint *ep = mq_lib_open();
	struct mq_status status;
	char name[16];
	int n;

	for (n = 0; n < CROWD; n++) {
		sprintf(name, "n%d", n);
		MQ_LIB_EQ(mq_endpoint_find(ep, name, &status), is_there[n] ? 0 : -ENOENT);
	}
	mq_endpoint_close(ep);
}

static void crowd_watch(void)
{
	struct mq_watch *watch = watch_open();
	bool is_there[CROWD] = { false };
	struct mq_name_event event;
	int seeds[2] = { 1, 2 }, i, error = 0, stopped = 0;
	pid_t children[2];

	for (i = 0; i < 2; i++)
		children[i] = mq_run(crowd_run, &seeds[i]);
	while (stopped < 2 || !error) {
		if (stopped < 2)
			stopped += waitpid(-1, &i, WUNTRACED | WNOHANG) > 0;
		error = MQ_LIB(mq_watch_next(watch, &event, 0));
		MQ_TRUE(!error || error == -EAGAIN);
		if (!error)
			crowd_count(is_there, &event);
	}
	crowd_is_listed(is_there);
	for (i = 0; i < 2; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	mq_watch_close(watch);
}

MQ_TEST(watch_crowd, "in a crowd each name comes and goes by turns, and the end is right",
	.params = "QUEUE_LEN=256 MAX_DEVICES=100", .timeout = 120)
{
	crowd_watch();
}

MQ_TEST(watch_crowd_gaps, "also when most of the events are lost",
	.params = "QUEUE_LEN=2 MAX_DEVICES=100", .timeout = 120)
{
	crowd_watch();
}

/* ---- one name ---- */

MQ_TEST(name_wait_now, "a name that is as wanted is not waited for; 0 only looks")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL);

	MQ_LIB_EQ(mq_name_wait(NULL, "bob", false, MQ_TIMEOUT_NONE), 0);
	MQ_LIB_EQ(mq_name_wait(NULL, "bob", false, 0), 0);
	MQ_LIB_EQ(mq_name_wait(NULL, "bob", true, 0), -EAGAIN);
	MQ_LIB_EQ(mq_name_wait(MQ_NODE, "ann", true, MQ_TIMEOUT_NONE), 0);
	MQ_LIB_EQ(mq_name_wait(NULL, "ann", false, 0), -EAGAIN);
	MQ_LIB_EQ(mq_name_wait(NULL, "ann", false, MQ_SECOND / 50), -ETIMEDOUT);
	MQ_LIB_EQ(mq_name_wait(NULL, "ann", false, -2), -EINVAL);
	MQ_LIB_EQ(mq_name_wait("/dev/null", "ann", false, 0), -EPROTO);
	mq_endpoint_close(bob);
}

MQ_TEST(name_wait_impossible, "a name that nobody can have is -EINVAL")
{
	MQ_LIB_EQ(mq_name_wait(NULL, "", false, 0), -EINVAL);
	MQ_LIB_EQ(mq_name_wait(NULL, "a@b", false, 0), -EINVAL);
	MQ_LIB_EQ(mq_name_wait(NULL, "a b", false, 0), -EINVAL);
	MQ_LIB_EQ(mq_name_wait(NULL, "a\x7f", false, 0), -EINVAL);
	MQ_LIB_EQ(mq_name_wait(NULL, "\xc3\xa4", false, 0), -EINVAL);
	MQ_LIB_EQ(mq_name_wait(NULL, "abcdefghijklmnopqrstuvwx", false, 0), -EINVAL);
	MQ_LIB_EQ(mq_name_wait(NULL, "abcdefghijklmnopqrstuvw", false, 0), -EAGAIN);
}

/* Who returns too early finds the name not as wanted. */
static void wait_come(struct mq_thread *self)
{
	self->result = MQ_LIB(mq_name_wait(NULL, "bob", false, MQ_TIMEOUT_NONE));
	MQ_LIB_EQ(mq_name_wait(NULL, "bob", false, 0), self->result ? -EAGAIN : 0);
}

static void wait_gone(struct mq_thread *self)
{
	self->result = MQ_LIB(mq_name_wait(NULL, "bob", true, 100 * MQ_SECOND));
	MQ_LIB_EQ(mq_name_wait(NULL, "bob", true, 0), 0);
}

MQ_TEST(name_wait, "who waits for a name sleeps until it has come, or gone")
{
	struct mq_endpoint *bob, *bobby;
	struct mq_thread thread;

	mq_thread_start(&thread, wait_come, NULL);
	mq_until_asleep(thread.tid, SYS_ioctl);
	bobby = mq_lib_bind("bobby", NULL);
	mq_until_asleep(thread.tid, SYS_ioctl);
	bob = mq_lib_bind("bob", NULL);
	mq_thread_join(&thread);
	MQ_EQ(thread.result, 0);
	mq_thread_start(&thread, wait_gone, NULL);
	mq_until_asleep(thread.tid, SYS_ioctl);
	mq_endpoint_close(bobby);
	mq_until_asleep(thread.tid, SYS_ioctl);
	mq_endpoint_close(bob);
	mq_thread_join(&thread);
	MQ_EQ(thread.result, 0);
	mq_thread_start(&thread, wait_come, NULL);
	mq_thread_interrupt(&thread, SYS_ioctl);
	mq_thread_join(&thread);
	MQ_EQ(thread.result, -EINTR);
}
