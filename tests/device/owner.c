// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner is the process: what its endpoint survives, and what ends it.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#define ROUNDS 10

static void *thread_registers(void *arg)
{
	MQ_EQ(mq_cmd(*(int *)arg, "/reg bob"), 0);
	return NULL;
}

static void *thread_uses(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(mq_cmd(fd, "/reg eve"), -EEXIST);
	MQ_READS(fd, "one");
	MQ_EQ(mq_cmd(fd, "/msg bob two"), 0);
	return NULL;
}

static void *thread_unregisters(void *arg)
{
	MQ_EQ(mq_cmd(*(int *)arg, "/unr"), 0);
	return NULL;
}

static void in_thread(void *(*function)(void *), void *arg)
{
	pthread_t thread;

	MQ_EQ(pthread_create(&thread, NULL, function, arg), 0);
	pthread_join(thread, NULL);
}

MQ_TEST(owner_threads, "every thread of the process shares its endpoint, whichever registered")
{
	int fd = mq_dev();

	in_thread(thread_registers, &fd);
	MQ_EQ(mq_cmd(fd, "/msg bob one"), 0);
	in_thread(thread_uses, NULL);
	MQ_READS(fd, "two");
	in_thread(thread_unregisters, &fd);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
}

MQ_TEST(owner_files, "every open file of the process shares its endpoint, of any mode")
{
	int in = mq_dev_flags(O_RDONLY), out = mq_dev_flags(O_WRONLY);
	int both = mq_dev();

	MQ_EQ(mq_cmd(out, "/reg bob"), 0);
	MQ_EQ(mq_cmd(both, "/msg bob one"), 0);
	MQ_EQ(mq_cmd(out, "/msg bob two"), 0);
	MQ_READS(in, "one");
	MQ_READS(both, "two");
	MQ_EQ(mq_poll(in), POLLOUT);
	MQ_EQ(mq_cmd(both, "/unr"), 0);
	MQ_EQ(mq_cmd(out, "/unr"), -ENOENT);
}

MQ_TEST(owner_close, "the endpoint survives close of every file, and reopening")
{
	struct mq_peer *alice = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob one"), 0);
	close(fd);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob two"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/reg bob"), -EEXIST);
	fd = mq_dev();
	MQ_READS(fd, "one");
	MQ_READS(fd, "two");
	close(fd);
	fd = mq_dev();
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
}

MQ_HELPER(owner_after_exec)
{
	int fd = mq_dev();

	MQ_READS(fd, "before exec");
	MQ_EQ(mq_cmd(fd, "/reg eve"), -EEXIST);
	MQ_EQ(mq_cmd(fd, "/msg bob after exec"), 0);
	MQ_READS(fd, "after exec");
	return 0;
}

static void exec_registered(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob before exec"), 0);
	mq_exec("owner_after_exec", NULL);
}

MQ_TEST(owner_exec, "the endpoint and its messages survive exec; the exit after it ends them")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	mq_join(mq_run(exec_registered, NULL));
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), -ENOENT);
}

static void *thread_execs(void *arg)
{
	(void)arg;
	mq_exec("owner_after_exec", NULL);
	return NULL;
}

static void exec_from_thread(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob before exec"), 0);
	in_thread(thread_execs, NULL);
}

MQ_TEST(owner_exec_thread, "the endpoint survives exec by a thread that is not the leader")
{
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	for (i = 0; i < ROUNDS; i++) {
		mq_join(mq_run(exec_from_thread, NULL));
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), -ENOENT);
	}
}

static void stranger(void *arg)
{
	int fd = *(int *)arg;
	char buffer[16];

	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), -EACCES);
	MQ_EQ(mq_cmd(fd, "/all hi"), -EACCES);
	MQ_EQ(mq_cmd(fd, "/from on"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/wait 0"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
}

MQ_TEST(owner_fork, "a fork inherits no registration, also on the same open file")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob mine"), 0);
	mq_join(mq_run(stranger, &fd));
	MQ_READS(fd, "mine");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

static void registers_itself(void *arg)
{
	int fd = *(int *)arg;

	MQ_EQ(mq_cmd(fd, "/reg bob"), -EEXIST);
	MQ_EQ(mq_cmd(fd, "/reg child"), 0);
	MQ_EQ(mq_cmd(fd, "/msg child to child"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob to bob"), 0);
	MQ_READS(fd, "to child");
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg child2"), 0);
}

MQ_TEST(owner_fork_registers, "a fork may register itself; its end leaves its parent's endpoint alone")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	mq_join(mq_run(registers_itself, &fd));
	MQ_READS(fd, "to bob");
	MQ_EQ(mq_cmd(fd, "/msg child2 hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_READS(fd, "hi");
}

/* ---- ends ------------------------------------------------------------- */

static struct mq_peer *heir;
static int own;

/* MAX_DEVICES is 2: this process and the one that ends. */
static void begin_ends(void)
{
	own = mq_dev();
	heir = mq_peer_start();
	MQ_EQ(mq_cmd(own, "/reg alice"), 0);
}

/* Right after waitpid: nobody can send, name and place are free. */
static void check_ended(void)
{
	MQ_EQ(mq_cmd(own, "/msg bob hi"), -ENOENT);
	MQ_EQ(mq_peer_cmd(heir, "/reg bob"), 0);
	MQ_EQ(mq_cmd(own, "/msg bob hi"), 0);
	MQ_PEER_READS(heir, "hi");
	MQ_EQ(mq_peer_cmd(heir, "/unr"), 0);
}

/* The place is free by itself, not only the name's. */
static void check_place(void)
{
	MQ_EQ(mq_peer_cmd(heir, "/reg other"), 0);
	MQ_EQ(mq_cmd(own, "/msg bob hi"), -ENOENT);
	MQ_EQ(mq_peer_cmd(heir, "/unr"), 0);
}

static void registered_then(void *how)
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob unread"), 0);
	((void (*)(void))how)();
	pause();
}

static void check_way(void (*how)(void), int status)
{
	int i;

	begin_ends();
	for (i = 0; i < ROUNDS; i++) {
		MQ_EQ(mq_wait_status(mq_run(registered_then, how)), status);
		if (i & 1)
			check_place();
		else
			check_ended();
	}
}

static void way_exit(void)
{
	_exit(0);
}

MQ_TEST(owner_ends_exit, "after exit and waitpid the name and its place are free",
	.params = "MAX_DEVICES=2")
{
	check_way(way_exit, 0);
}

static void way_sigkill(void)
{
	kill(getpid(), SIGKILL);
}

MQ_TEST(owner_ends_sigkill, "after SIGKILL and waitpid the name and its place are free",
	.params = "MAX_DEVICES=2")
{
	check_way(way_sigkill, SIGKILL);
}

static void way_crash(void)
{
	signal(SIGABRT, SIG_DFL);
	raise(SIGABRT);
}

MQ_TEST(owner_ends_crash, "after a crash and waitpid the name and its place are free",
	.params = "MAX_DEVICES=2")
{
	check_way(way_crash, SIGABRT);
}

static void *thread_exits_group(void *arg)
{
	(void)arg;
	_exit(0);
}

static void way_thread_exit(void)
{
	in_thread(thread_exits_group, NULL);
}

MQ_TEST(owner_ends_thread, "after exit by a thread that is not the leader the name and its place are free",
	.params = "MAX_DEVICES=2")
{
	check_way(way_thread_exit, 0);
}

static void *thread_sleeps(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static void way_many_threads(void)
{
	pthread_t thread;
	int i;

	for (i = 0; i < 8; i++)
		MQ_EQ(pthread_create(&thread, NULL, thread_sleeps, NULL), 0);
	kill(getpid(), SIGKILL);
}

MQ_TEST(owner_ends_threads, "after SIGKILL of a process of many threads the name and its place are free",
	.params = "MAX_DEVICES=2")
{
	check_way(way_many_threads, SIGKILL);
}

static bool is_zombie(pid_t pid, pid_t tid)
{
	char path[64], text[512] = "", *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	end = strrchr(text, ')');
	return end && end[1] && end[2] == 'Z';
}

/* The process lives as long as one thread of it does. */
static void *last_thread(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	while (!is_zombie(getpid(), getpid()))
		mq_sleep_ms(1);
	MQ_READS(fd, "unread");
	MQ_EQ(mq_cmd(fd, "/msg bob still here"), 0);
	MQ_READS(fd, "still here");
	MQ_EQ(mq_cmd(fd, "/msg alice from the thread"), 0);
	syscall(SYS_exit, 0);
	return NULL;
}

static void way_leader_first(void)
{
	pthread_t thread;

	MQ_EQ(pthread_create(&thread, NULL, last_thread, NULL), 0);
	syscall(SYS_exit, 0);
}

MQ_TEST(owner_ends_leader_first, "the endpoint outlives the leading thread and ends with the last one",
	.params = "MAX_DEVICES=2")
{
	check_way(way_leader_first, 0);
	MQ_READS(own, "from the thread");
}

static int tell[2];

static void tells_then_sleeps(void)
{
	MQ_EQ(write(tell[1], "r", 1), 1);
	for (;;)
		pause();
}

static pid_t start_registered(void)
{
	char byte;
	pid_t pid;

	MQ_OK(pipe(tell));
	pid = mq_run(registered_then, tells_then_sleeps);
	MQ_EQ(read(tell[0], &byte, 1), 1);
	close(tell[0]);
	close(tell[1]);
	return pid;
}

MQ_TEST(owner_ends_traced, "a process that its parent traces ends like any other",
	.params = "MAX_DEVICES=2")
{
	int i, status;

	begin_ends();
	for (i = 0; i < ROUNDS; i++) {
		pid_t pid = start_registered();

		MQ_OK(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT));
		MQ_OK(kill(pid, SIGTERM));
		MQ_EQ(waitpid(pid, &status, 0), pid);
		MQ_TRUE(WIFSTOPPED(status));
		MQ_EQ(mq_cmd(own, "/msg bob stopped, not dead"), 0);
		MQ_OK(ptrace(PTRACE_CONT, pid, 0, SIGTERM));
		while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
			MQ_OK(ptrace(PTRACE_CONT, pid, 0, 0));
		MQ_TRUE(WIFSIGNALED(status));
		check_ended();
	}
}

static long trace(int fd, long pid)
{
	(void)fd;
	return MQ_OK(ptrace(PTRACE_SEIZE, pid, 0, 0));
}

static long reap_traced(int fd, long pid)
{
	(void)fd;
	return mq_wait_status(pid);
}

MQ_TEST(owner_ends_traced_by_other, "a process that a third one traces ends once its parent has waited",
	.params = "MAX_DEVICES=2")
{
	struct mq_peer *tracer = mq_peer_start();
	int i;

	begin_ends();
	for (i = 0; i < ROUNDS; i++) {
		pid_t pid = start_registered();

		mq_peer_do(tracer, trace, pid);
		MQ_OK(kill(pid, SIGKILL));
		MQ_EQ(mq_peer_do(tracer, reap_traced, pid), SIGKILL);
		MQ_EQ(mq_wait_status(pid), SIGKILL);
		check_ended();
	}
}

MQ_TEST(owner_ends_autoreap, "where SIGCHLD is ignored the endpoint ends too",
	.params = "MAX_DEVICES=2")
{
	int i, status;

	begin_ends();
	for (i = 0; i < ROUNDS; i++) {
		pid_t pid = start_registered();

		MQ_TRUE(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
		MQ_OK(kill(pid, SIGKILL));
		MQ_ERR(waitpid(pid, &status, 0), ECHILD);
		MQ_TRUE(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
		check_ended();
	}
}

static int orphan_pipe[2];

static void orphan_maker(void *arg)
{
	pid_t pid = start_registered();

	(void)arg;
	MQ_EQ(write(orphan_pipe[1], &pid, sizeof(pid)), sizeof(pid));
}

MQ_TEST(owner_ends_orphan, "an orphan's endpoint ends once its new parent has waited",
	.params = "MAX_DEVICES=2")
{
	int i;

	begin_ends();
	MQ_OK(pipe(orphan_pipe));
	for (i = 0; i < ROUNDS; i++) {
		pid_t pid;

		mq_join(mq_run(orphan_maker, NULL));
		MQ_EQ(read(orphan_pipe[0], &pid, sizeof(pid)), sizeof(pid));
		MQ_EQ(mq_cmd(own, "/msg bob still there"), 0);
		MQ_OK(kill(pid, SIGKILL));
		MQ_EQ(mq_wait_status(pid), SIGKILL);
		check_ended();
	}
}

static void exits_with_open_file_elsewhere(void *arg)
{
	MQ_EQ(mq_cmd(*(int *)arg, "/reg bob"), 0);
}

MQ_TEST(owner_ends_file_lives, "an endpoint ends with its process, also where the file lives on elsewhere",
	.params = "MAX_DEVICES=2")
{
	int fd, i;

	begin_ends();
	fd = mq_dev();
	for (i = 0; i < ROUNDS; i++) {
		mq_join(mq_run(exits_with_open_file_elsewhere, &fd));
		check_ended();
	}
}

static void registers_and_closes(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	close(fd);
}

MQ_TEST(owner_ends_no_file, "an endpoint ends with its process, also without any open file",
	.params = "MAX_DEVICES=2")
{
	int i;

	begin_ends();
	for (i = 0; i < ROUNDS; i++) {
		mq_join(mq_run(registers_and_closes, NULL));
		check_ended();
	}
}

MQ_TEST(owner_ends_often, "places do not leak: processes register and die by the hundred",
	.params = "MAX_DEVICES=2")
{
	int i;

	begin_ends();
	for (i = 0; i < 300; i++) {
		mq_join(mq_run(registers_and_closes, NULL));
		MQ_EQ(mq_cmd(own, "/msg bob hi"), -ENOENT);
		MQ_EQ(mq_cmd(own, "/all hi"), 0);
	}
	check_ended();
}

/*
 * On one processor, and before any of the kernel's own threads: nothing that
 * the driver left for later has been done when waitpid returns.
 */
static void become_first(void)
{
	struct sched_param first = { .sched_priority = 1 };

	mq_stay();
	MQ_OK(sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first));
}

MQ_TEST(owner_ends_at_once, "name and place are free when waitpid returns, not some time later",
	.params = "MAX_DEVICES=1")
{
	int fd = mq_dev(), i;

	become_first();
	for (i = 0; i < 50; i++) {
		mq_join(mq_run(registers_and_closes, NULL));
		MQ_EQ(mq_cmd(fd, i & 1 ? "/reg bob" : "/reg other"), 0);
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
	}
}

MQ_TEST(owner_ends_unreachable, "nobody can send to it when waitpid returns",
	.params = "MAX_DEVICES=2")
{
	int fd = mq_dev(), i;

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	become_first();
	for (i = 0; i < 50; i++) {
		mq_join(mq_run(registers_and_closes, NULL));
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), -ENOENT);
	}
}

static void way_waits(void)
{
}

/* No parent's wait comes first: who looks does so on the other processor, all the time. */
MQ_TEST(owner_ends_seen, "whoever sees that nobody has the name any more can take it",
	.params = "MAX_DEVICES=1")
{
	struct mq_status status;
	int eye = mq_dev(), fd, i;
	pid_t pid;

	for (i = 0; i < 100; i++) {
		pid = mq_run(registered_then, way_waits);
		while (mq_ioc_status(eye, "bob", &status))
			sched_yield();
		MQ_OK(kill(pid, SIGKILL));
		while (!mq_ioc_status(eye, "bob", &status))
			;
		fd = mq_bound("bob");
		close(fd);
		MQ_EQ(mq_wait_status(pid), SIGKILL);
	}
}
