// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that register and end in every way there is, on all processors,
 * while others send to them, broadcast, poll and list. At the end every
 * endpoint is gone, every place is free, and the module can be unloaded.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#define NAMES 12
#define PLACES 10
#define WORKERS 6

/* Shared by all processes of a storm. */
struct storm {
	volatile int stop;
	volatile int ready;		/* of those that stay */
	volatile int registered;
	long rounds;
};

#define STEPS 5

struct role {
	struct storm *storm;
	int seed;
	volatile int *step;		/* how far the victim of this worker is */
	volatile int *registered;	/* how often anybody was */
};

/* ---- those that come and go ------------------------------------------------ */

static void victim_talk(int fd, struct mq_dice *dice)
{
	char text[64];
	int i;

	for (i = mq_dice_throw(dice, 6); i > 0; i--) {
		switch (mq_dice_throw(dice, 5)) {
		case 0:
			mq_cmdf(fd, "/msg n%u hello", mq_dice_throw(dice, NAMES));
			break;
		case 1:
			mq_cmd(fd, "/all hello");
			break;
		case 2:
			mq_read(fd, text, mq_dice_throw(dice, sizeof(text)));
			break;
		case 3:
			mq_cmd(fd, "/wait 1");
			break;
		default:
			mq_poll(fd);
		}
	}
}

static void *victim_unregister(void *arg)
{
	mq_cmd((long)arg, "/unr");
	return NULL;
}

static void *victim_wait(void *arg)
{
	for (;;)
		if (mq_cmd((long)arg, "/wait") != -EINTR)
			sched_yield();
	return NULL;
}

static void *victim_pause(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *victim_exit(void *arg)
{
	(void)arg;
	_exit(0);
}

static void *victim_exec(void *arg)
{
	(void)arg;
	mq_exec("storm_exec_end", NULL);
}

/* After exec still registered, perhaps without a file. */
MQ_HELPER(storm_exec_end)
{
	int fd = open(MQ_NODE, O_RDWR | O_CLOEXEC);

	if (getpid() % 2 && fd >= 0)
		mq_cmd(fd, "/unr");
	return 0;
}

static void victim_thread(void *(*main)(void *), long fd)
{
	pthread_t thread;

	MQ_EQ(pthread_create(&thread, NULL, main, (void *)fd), 0);
}

static void victim_grandchild(struct mq_dice *dice)
{
	pid_t pid = mq_fork();
	int fd;

	if (!pid) {
		fd = mq_dev();
		mq_cmdf(fd, "/reg n%u", mq_dice_throw(dice, NAMES));
		mq_dice_yield(dice);
		_exit(0);
	}
	if (mq_dice_throw(dice, 2))
		mq_wait_status(pid);
}

/* With one more thread, which does something at the same time. */
static void victim_end_threaded(int fd, struct mq_dice *dice, unsigned int how)
{
	switch (how) {
	case 0:			/* /unr races with exit */
		victim_thread(victim_unregister, fd);
		mq_dice_yield(dice);
		break;
	case 1:			/* exit while it is in a system call */
		victim_thread(victim_wait, fd);
		mq_dice_yield(dice);
		break;
	case 2:			/* the leader goes first, then the last thread */
		victim_thread(victim_exit, fd);
		syscall(SYS_exit, 0);
		break;
	case 3:			/* exec by that thread, a third one around */
		victim_thread(victim_pause, fd);
		victim_thread(victim_exec, fd);
		victim_pause(NULL);
		break;
	default:		/* killed while it is in /wait */
		victim_thread(victim_wait, fd);
		mq_dice_yield(dice);
		raise(SIGKILL);
	}
}

/* The end, in one of a dozen ways. */
static void victim_end(int fd, struct mq_dice *dice)
{
	unsigned int how = mq_dice_throw(dice, 11);

	switch (how) {
	case 5:			/* the file is closed first */
		close(fd);
		break;
	case 6:
		mq_cmd(fd, "/unr");
		break;
	case 7:
		mq_exec("storm_exec_end", NULL);
		break;
	case 8:			/* a child that registers itself, left or waited for */
		victim_grandchild(dice);
		break;
	case 9:
		raise(SIGSEGV);
		break;
	case 10:		/* unregister, register again, go */
		mq_cmd(fd, "/unr");
		mq_cmdf(fd, "/reg n%u", mq_dice_throw(dice, NAMES));
		break;
	default:
		victim_end_threaded(fd, dice, how);
	}
	_exit(0);
}

static void victim_main(struct role *role, struct mq_dice *dice)
{
	int fd = mq_dev();
	int error;

	*role->step = 1;
	error = mq_cmdf(fd, "/reg n%u", mq_dice_throw(dice, NAMES));

	if (error)
		MQ_TRUE(error == -EEXIST || error == -ENOSPC || error == -EDQUOT);
	else
		mq_shared_add(role->registered, 1);
	*role->step = 2;
	victim_talk(fd, dice);
	*role->step = 3;
	/* Further steps there are none: who waits for them waits for the end. */
	if (mq_dice_throw(dice, 12) == 0) {
		*role->step = STEPS;
		victim_pause(NULL);
	}
	victim_end(fd, dice);
}

static void victim_once(struct role *role, struct mq_dice *dice)
{
	pid_t pid;

	mq_dice_throw(dice, 2);
	pid = mq_fork();
	if (!pid)
		victim_main(role, dice);
	mq_victim_kill(pid, role->step, STEPS, dice);
}

static void worker_main(void *arg)
{
	struct role *role = arg;
	struct mq_dice dice;
	long round;

	role->step = mq_shared(sizeof(*role->step));
	mq_dice_init(&dice, role->seed);
	/* Orphans of a dead child go to the test's first process. */
	for (round = 0; round < role->storm->rounds; round++)
		victim_once(role, &dice);
}

void mq_storm_register_victims(volatile int *registered, volatile int *target, int seed)
{
	struct role role = { .registered = registered, .step = mq_shared(sizeof(*role.step)) };
	struct mq_dice dice;

	mq_dice_init(&dice, seed);
	while (*registered < *target) {
		victim_once(&role, &dice);
		/* Orphans, where nobody else gets them. */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* ---- those that watch and talk ------------------------------------------------ */

static void sender_main(void *arg)
{
	struct role *role = arg;
	struct mq_dice dice;
	int fd = mq_dev(), error;
	char text[64];

	mq_dice_init(&dice, role->seed);
	MQ_EQ(mq_cmdf(fd, "/reg s%d", role->seed), 0);
	mq_shared_add(&role->storm->ready, 1);
	while (!role->storm->stop) {
		error = mq_cmdf(fd, "/msg n%u hello there",
				mq_dice_throw(&dice, NAMES));
		MQ_TRUE(!error || error == -ENOENT);
		if (!mq_dice_throw(&dice, 8))
			MQ_EQ(mq_cmd(fd, "/all hello everyone"), 0);
		if (!mq_dice_throw(&dice, 4))
			mq_read(fd, text, sizeof(text));
	}
}

static void watcher_main(void *arg)
{
	struct role *role = arg;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int fd = mq_dev(), epoll = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	char text[64];

	MQ_EQ(mq_cmdf(fd, "/reg w%d", role->seed), 0);
	mq_shared_add(&role->storm->ready, 1);
	MQ_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	while (!role->storm->stop) {
		epoll_wait(epoll, &event, 1, 1);
		while (mq_read(fd, text, sizeof(text)) > 0)
			;
		mq_endpoints_check();
	}
}

static void storm_run(struct storm *storm, int workers)
{
	pid_t working[WORKERS], others[3];
	struct role roles[WORKERS + 3];
	int i;

	for (i = 0; i < workers + 3; i++) {
		roles[i].storm = storm;
		roles[i].seed = i + 1;
		roles[i].registered = &storm->registered;
	}
	for (i = 0; i < 2; i++)
		others[i] = mq_run(sender_main, &roles[workers + i]);
	others[2] = mq_run(watcher_main, &roles[workers + 2]);
	mq_shared_until(&storm->ready, 3);
	for (i = 0; i < workers; i++)
		working[i] = mq_run(worker_main, &roles[i]);
	for (i = 0; i < workers; i++)
		mq_join(working[i]);
	storm->stop = 1;
	for (i = 0; i < 3; i++)
		mq_join(others[i]);
	/* Grandchildren that were not waited for. */
	while (waitpid(-1, NULL, 0) > 0)
		;
}

MQ_TEST(storm_register, "a storm of processes that register and die in every way leaves nothing behind",
	.params = "MAX_DEVICES=10 QUEUE_LEN=3", .timeout = 400)
{
	struct storm *storm = mq_shared(sizeof(*storm));

	storm->rounds = mq_storm_count(60);
	storm_run(storm, WORKERS);
	MQ_GE(storm->registered, storm->rounds);
	mq_endpoints_until_none();
	mq_places_check(PLACES);
	mq_endpoints_until_none();
}

/* ---- the same few names ------------------------------------------------------------ */

struct race {
	volatile int owner[3];		/* pid of whoever owns the name */
	volatile int won;
	long rounds;
};

/* Registered: I am the only one. What I send to the name comes to me. */
static void race_check_owner(struct race *race, int fd, int name)
{
	char text[32], mine[32];
	ssize_t got;
	int nobody = 0;

	MQ_TRUE(__atomic_compare_exchange_n(&race->owner[name], &nobody, getpid(),
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST));
	mq_shared_add(&race->won, 1);
	snprintf(mine, sizeof(mine), "%d", getpid());
	MQ_EQ(mq_cmdf(fd, "/msg race%d %s", name, mine), 0);
	got = mq_read(fd, text, sizeof(text) - 1);
	MQ_GE(got, 1);
	text[got] = 0;
	MQ_EQ(strcmp(text, mine), 0);
	race->owner[name] = 0;
}

static void racer_main(void *arg)
{
	struct race *race = arg;
	struct mq_dice dice;
	int fd = mq_dev(), name, error;
	long i;

	mq_dice_init(&dice, getpid());
	for (i = 0; i < race->rounds; i++) {
		name = mq_dice_throw(&dice, 3);
		error = mq_cmdf(fd, "/reg race%d", name);
		if (error) {
			MQ_EQ(error, -EEXIST);
			MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
			continue;
		}
		race_check_owner(race, fd, name);
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
	}
}

MQ_TEST(storm_same_names, "many processes at once register the same names: each has one owner at a time",
	.timeout = 200)
{
	struct race *race = mq_shared(sizeof(*race));
	pid_t pids[8];
	int i;

	race->rounds = mq_storm_count(1000);
	for (i = 0; i < 8; i++)
		pids[i] = mq_run(racer_main, race);
	for (i = 0; i < 8; i++)
		mq_join(pids[i]);
	MQ_GE(race->won, race->rounds);
	mq_endpoints_until_none();
}

/* Owners that are killed: the next one registers over a dead one. */
static void dying_racer(void *arg)
{
	struct race *race = arg;
	int fd = mq_dev();

	while (mq_cmd(fd, "/reg race0"))
		sched_yield();
	race_check_owner(race, fd, 0);
	raise(SIGKILL);
}

static void dying_race_worker(void *arg)
{
	struct race *race = arg;
	long i;

	for (i = 0; i < race->rounds; i++)
		MQ_TRUE(WIFSIGNALED(mq_wait_status(mq_run(dying_racer, race))));
}

MQ_TEST(storm_over_the_dead, "a name whose owner was killed goes to exactly one of those who want it",
	.params = "MAX_DEVICES=1", .timeout = 200)
{
	struct race *race = mq_shared(sizeof(*race));
	pid_t pids[4];
	int i;

	race->rounds = mq_storm_count(100);
	for (i = 0; i < 4; i++)
		pids[i] = mq_run(dying_race_worker, race);
	for (i = 0; i < 4; i++)
		mq_join(pids[i]);
	MQ_EQ(race->won, 4 * race->rounds);
	mq_endpoints_until_none();
	mq_places_check(1);
}

/* ---- threads of one process ----------------------------------------------------------- */

struct own {
	volatile int registered;	/* successes of /reg less those of /unr */
	volatile int successes;
	long rounds;
};

static void *own_thread(void *arg)
{
	struct own *own = arg;
	int fd = mq_dev(), error;
	long i;

	for (i = 0; i < own->rounds; i++) {
		/* One name per thread: only the process can be in the way. */
		error = mq_cmdf(fd, "/reg t%lx", (long)fd);
		MQ_TRUE(!error || error == -EEXIST);
		if (!error) {
			MQ_EQ(mq_shared_add(&own->registered, 1), 1);
			mq_shared_add(&own->successes, 1);
			mq_shared_add(&own->registered, -1);
			MQ_EQ(mq_cmd(fd, "/unr"), 0);
		}
	}
	return NULL;
}

MQ_TEST(storm_threads, "threads of one process register at once: it has one endpoint at a time",
	.timeout = 200)
{
	struct own own = { .rounds = mq_storm_count(1000) };
	pthread_t threads[4];
	int i;

	for (i = 0; i < 4; i++)
		MQ_EQ(pthread_create(&threads[i], NULL, own_thread, &own), 0);
	for (i = 0; i < 4; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
	MQ_GE(own.successes, own.rounds);
	mq_endpoints_until_none();
}
