/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device tests' harness.
 *
 * Every test runs in a process group of its own, with the module loaded
 * afresh for it and unloaded behind it. It fails by a failed assertion in any
 * of its processes, by its timeout, by an unload that is refused, and by a
 * complaint in the kernel log.
 *
 *	MQ_TEST(reg_twice, "a process has one endpoint", .params = "QUEUE_LEN=3")
 *	{
 *		int fd = mq_dev();
 *
 *		MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
 *		MQ_EQ(mq_cmd(fd, "/reg eve"), -EEXIST);
 *	}
 *
 * Calls named mq_* that can fail as the device does return -errno; calls that
 * only the test's surroundings can spoil fail the test themselves.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_HARNESS_H
#define MQ_TESTS_HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MQ_NODE "/dev/mq"
#define MQ_ENDPOINTS "/sys/kernel/debug/mq/endpoints"

/* ---- tests --------------------------------------------------------- */

struct mq_test {
	const char *file;
	const char *name;
	const char *promise;
	void (*run)(void);
	int line;
	/* What a test may set: */
	const char *params;	/* of the module */
	int timeout;		/* seconds; the default is -t, 60 */
	bool open_to_all;	/* /dev/mq gets mode 0666 */
	bool no_module;		/* the test loads and unloads by itself */
	const char *log_may;	/* kernel log lines that contain this are fine */
	bool log_traces;	/* so are stack traces without a complaint above them */
	struct mq_test *next;
};

void mq_test_add(struct mq_test *test);

#define MQ_TEST(id, says, ...)						\
	static void id(void);						\
	static struct mq_test mq_test_##id = {				\
		.file = __FILE__, .name = #id, .promise = says,		\
		.run = id, .line = __LINE__, __VA_ARGS__		\
	};								\
	__attribute__((constructor)) static void mq_test_add_##id(void)	\
	{								\
		mq_test_add(&mq_test_##id);				\
	}								\
	static void id(void)

/* Ends the test as skipped. Only from the test's first process. */
void mq_skip(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* ---- assertions, for every process and thread of a test ------------ */

void mq_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
void mq_check(const char *file, int line, const char *expression, bool good,
	      long long actual, const char *relation, long long expected);
void mq_check_bytes(const char *file, int line, const char *expression,
		    const void *actual, long long length,
		    const void *expected, size_t expected_length);

#define MQ_FAIL(...) mq_fail(__FILE__, __LINE__, __VA_ARGS__)
#define MQ_COMPARE(actual, relation, expected) do {			\
	long long mq_a_ = (long long)(actual);				\
	long long mq_e_ = (long long)(expected);			\
	mq_check(__FILE__, __LINE__, #actual, mq_a_ relation mq_e_,	\
		 mq_a_, #relation, mq_e_);				\
} while (0)
#define MQ_EQ(actual, expected) MQ_COMPARE(actual, ==, expected)
#define MQ_NE(actual, expected) MQ_COMPARE(actual, !=, expected)
#define MQ_GE(actual, expected) MQ_COMPARE(actual, >=, expected)
#define MQ_LE(actual, expected) MQ_COMPARE(actual, <=, expected)
#define MQ_TRUE(condition) do {						\
	if (!(condition))						\
		MQ_FAIL("not true: %s", #condition);			\
} while (0)

/* For calls that answer with -1 and errno. MQ_OK is the call's value. */
#define MQ_ERR(call, code) do {						\
	long long mq_r_ = (long long)(call);				\
	mq_check(__FILE__, __LINE__, #call, mq_r_ == -1 && errno == (code), \
		 mq_r_ == -1 ? -errno : mq_r_, "==", -(code));		\
} while (0)
#define MQ_OK(call) ({							\
	long long mq_r_ = (long long)(call);				\
	mq_check(__FILE__, __LINE__, #call, mq_r_ >= 0,			\
		 mq_r_ == -1 ? -errno : mq_r_, ">=", 0);		\
	mq_r_;								\
})

/* BYTES is an array of known size or a string: compared without its NUL. */
#define MQ_BYTES(actual, length, bytes)					\
	mq_check_bytes(__FILE__, __LINE__, #actual, actual, length, bytes, \
		       sizeof(bytes) - 1)
/* The next read gives exactly this string; from a file, or from a peer. */
#define MQ_READS(fd, text) do {						\
	static __thread char mq_b_[8192];				\
	const char *mq_t_ = (text);					\
	long long mq_n_ = mq_read(fd, mq_b_, sizeof(mq_b_));		\
	mq_check_bytes(__FILE__, __LINE__, "read(" #fd ")", mq_b_,	\
		       mq_n_, mq_t_, strlen(mq_t_));			\
} while (0)
#define MQ_PEER_READS(peer, text) do {					\
	static __thread char mq_b_[8192];				\
	const char *mq_t_ = (text);					\
	long long mq_n_ = mq_peer_read(peer, mq_b_, sizeof(mq_b_));	\
	mq_check_bytes(__FILE__, __LINE__, "read by " #peer, mq_b_,	\
		       mq_n_, mq_t_, strlen(mq_t_));			\
} while (0)

/* ---- the module and the log ----------------------------------------- */

int mq_load(const char *params);	/* 0 or -errno; NULL: no parameters */
int mq_unload(void);			/* 0 or -errno; never waits */
bool mq_is_loaded(void);
/* Another module, whose file is beside mq_driver's; what the test leaves, the runner unloads. */
int mq_load_beside(const char *name, const char *params);
int mq_unload_beside(const char *name);
void mq_open_to_all(void);		/* chmod 0666; for no_module tests */
long long mq_param(const char *name);	/* as /sys/module shows it */

int mq_log_open(void);			/* what is logged from now on */
/* Next line of the log, without its end: true; false: none at present. */
bool mq_log_next(int log, char *line, size_t size, int *level);

/* ---- the device ------------------------------------------------------ */

int mq_dev(void);			/* /dev/mq, O_RDWR | O_CLOEXEC */
int mq_dev_flags(int flags);		/* instead of O_RDWR | O_CLOEXEC */
ssize_t mq_write(int fd, const void *bytes, size_t length); /* or -errno */
ssize_t mq_read(int fd, void *buffer, size_t size);	    /* or -errno */
int mq_cmd(int fd, const char *command);	/* 0 or -errno */
int mq_cmd_bytes(int fd, const void *bytes, size_t length);
int mq_cmdf(int fd, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int mq_send_text(int fd, const char *name, const char *text);
short mq_poll(int fd);			/* revents at this moment */

struct mq_counters {
	char name[64];
	long long pid, uid, depth, queued;
	long long accepted, delivered, overwritten, discarded, rejected;
};

int mq_counters(const char *name, struct mq_counters *counters); /* -ENOENT */
int mq_counters_all(struct mq_counters *list, int max);	/* how many there are */

/* ---- processes -------------------------------------------------------- */

void *mq_shared(size_t size);		/* zeroed; shared with later children */
pid_t mq_fork(void);
pid_t mq_run(void (*function)(void *arg), void *arg);	/* in a child */
void mq_join(pid_t pid);		/* it must have exited with 0 */
int mq_wait_status(pid_t pid);		/* waitpid's status */
void mq_become(uid_t uid, gid_t gid);	/* for good, no groups, no rights */
void mq_stay(void);			/* on processor 0, with later children */
void mq_until_asleep(pid_t tid, long syscall_number);	/* is in that call, or has ended */
/* Stops a child, or lets it go on; returns when it has stopped, or was continued. */
void mq_process_stop(pid_t pid);
void mq_process_continue(pid_t pid);
/* Catches SIGUSR1 with these flags of sigaction, and counts from 0 on. */
void mq_signal_catch(int flags);
extern volatile int mq_signals;
void mq_sleep_ms(long ms);
long long mq_now_ms(void);		/* CLOCK_MONOTONIC */
void mq_clock_shift(long seconds);	/* CLOCK_REALTIME */

/* SIZE bytes, at most a page, behind which nothing can be touched: EFAULT. */
void *mq_edge_new(size_t size);

/*
 * A program of its own within the test binary: mq_exec replaces the process
 * by the helper of that name, whose return value is its exit status.
 */
struct mq_helper {
	const char *name;
	int (*run)(int argc, char **argv);
	struct mq_helper *next;
};

void mq_helper_add(struct mq_helper *helper);
void mq_exec(const char *name, ...) __attribute__((noreturn, sentinel));
/* The same by another file, a copy of this binary. */
void mq_exec_file(const char *path, const char *name, ...)
	__attribute__((noreturn, sentinel));
/* A copy of this binary with that mode: 04755 makes it a setuid program of root's. */
void mq_program_copy(const char *path, mode_t mode);

#define MQ_HELPER(id)							\
	static int id(int argc, char **argv);				\
	static struct mq_helper mq_helper_##id = { #id, id, NULL };	\
	__attribute__((constructor)) static void mq_helper_add_##id(void) \
	{								\
		mq_helper_add(&mq_helper_##id);				\
	}								\
	static int id(int argc __attribute__((unused)),			\
		      char **argv __attribute__((unused)))

/*
 * A peer: a child process with /dev/mq open that does what it is told.
 * begin/end split a call in two, for those that sleep.
 */
struct mq_peer {
	pid_t pid;
	int socket;
	struct mq_peer_desk *desk;
};

typedef long (*mq_peer_function)(int fd, long arg);

struct mq_peer *mq_peer_start(void);
struct mq_peer *mq_peer_start_as(uid_t uid, gid_t gid);	/* opens as these */
int mq_peer_cmd(struct mq_peer *peer, const char *command);
int mq_peer_cmdf(struct mq_peer *peer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int mq_peer_cmd_bytes(struct mq_peer *peer, const void *bytes, size_t length);
ssize_t mq_peer_read(struct mq_peer *peer, void *buffer, size_t size);
short mq_peer_poll(struct mq_peer *peer);
long mq_peer_do(struct mq_peer *peer, mq_peer_function function, long arg);
void mq_peer_cmd_begin(struct mq_peer *peer, const char *command);
void mq_peer_do_begin(struct mq_peer *peer, mq_peer_function function,
		      long arg);
long mq_peer_end(struct mq_peer *peer);	/* the begun call's result */
bool mq_peer_is_done(struct mq_peer *peer);	/* mq_peer_end would not wait */
/* Memory that both see, for what mq_peer_do is to be given and to give; a MiB. */
void *mq_peer_memory(struct mq_peer *peer);
void mq_peer_exit(struct mq_peer *peer);	/* exits, is waited for */
void mq_peer_kill(struct mq_peer *peer, int signal); /* and is waited for */

#endif
