// SPDX-License-Identifier: GPL-2.0-only
/*
 * Identity: fixed when the endpoint is made, by effective credentials.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define ALICE 1001
#define BOB 1002

static void in_child(void (*function)(void *))
{
	mq_join(mq_run(function, NULL));
}

static struct mq_counters line_of(const char *name)
{
	struct mq_counters c;

	MQ_EQ(mq_counters(name, &c), 0);
	return c;
}

MQ_TEST(identity_fields, "an endpoint has its name, its process and its maker's effective uid",
	.open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_as(ALICE, ALICE);
	struct mq_counters c;
	int fd = mq_dev();

	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/reg root"), 0);
	c = line_of("alice");
	MQ_EQ(c.pid, alice->pid);
	MQ_EQ(c.uid, ALICE);
	c = line_of("root");
	MQ_EQ(c.pid, getpid());
	MQ_EQ(c.uid, 0);
}

static void effective_differs(void *arg)
{
	int fd;

	(void)arg;
	MQ_OK(setresuid(BOB, ALICE, 0));
	fd = mq_dev();
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_OK(setresuid(0, 0, 0));
	MQ_EQ(line_of("bob").uid, ALICE);
}

MQ_TEST(identity_effective, "it is the effective uid that counts, not the real one",
	.open_to_all = true)
{
	in_child(effective_differs);
}

static void *registers(void *arg)
{
	MQ_EQ(mq_cmd(*(int *)arg, "/reg bob"), 0);
	MQ_NE(gettid(), getpid());
	return NULL;
}

MQ_TEST(identity_thread_group, "its process is the thread group, not the thread that registered")
{
	pthread_t thread;
	int fd = mq_dev();

	pthread_create(&thread, NULL, registers, &fd);
	pthread_join(thread, NULL);
	MQ_EQ(line_of("bob").pid, getpid());
}

static void other_uid(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	MQ_OK(seteuid(ALICE));
	MQ_EQ(mq_cmd(fd, "/reg bob"), -EPERM);
	MQ_OK(seteuid(0));
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
}

MQ_TEST(identity_opener_uid, "a file that was opened under another effective uid makes no endpoint (EPERM)")
{
	in_child(other_uid);
}

static void other_gid(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	MQ_OK(setegid(ALICE));
	MQ_EQ(mq_cmd(fd, "/reg bob"), -EPERM);
	MQ_OK(setegid(0));
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
}

MQ_TEST(identity_opener_gid, "a file that was opened under another effective gid makes no endpoint (EPERM)")
{
	in_child(other_gid);
}

static void drops_rights(void *arg)
{
	int early = mq_dev(), late;

	(void)arg;
	mq_become(ALICE, ALICE);
	MQ_EQ(mq_cmd(early, "/reg daemon"), -EPERM);
	late = mq_dev();
	MQ_EQ(mq_cmd(late, "/reg daemon"), 0);
	/* The endpoint is the process's: any of its files will do now. */
	MQ_EQ(mq_cmd(early, "/msg daemon hi"), 0);
	MQ_READS(early, "hi");
}

MQ_TEST(identity_daemon, "a daemon that drops its rights opens and registers afterwards",
	.open_to_all = true)
{
	in_child(drops_rights);
}

/* ---- capabilities --------------------------------------------------------- */

static void set_effective(uint32_t effective)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	data[0].effective = effective;
	data[0].permitted = 1 << CAP_SYS_ADMIN;
	MQ_OK(syscall(SYS_capset, &head, data));
}

static void only_sys_admin(void)
{
	MQ_OK(prctl(PR_SET_KEEPCAPS, 1));
	mq_become(ALICE, ALICE);
	set_effective(0);
}

static void opener_lacks(void *arg)
{
	int fd;

	(void)arg;
	only_sys_admin();
	fd = mq_dev();
	set_effective(1 << CAP_SYS_ADMIN);
	MQ_EQ(mq_cmd(fd, "/reg .sys"), -EPERM);
	fd = mq_dev();
	MQ_EQ(mq_cmd(fd, "/reg .sys"), 0);
}

MQ_TEST(identity_capability_opener, "a capability counts only if the opener had it too",
	.open_to_all = true)
{
	in_child(opener_lacks);
}

static void caller_lacks(void *arg)
{
	int fd;

	(void)arg;
	only_sys_admin();
	set_effective(1 << CAP_SYS_ADMIN);
	fd = mq_dev();
	set_effective(0);
	MQ_EQ(mq_cmd(fd, "/reg .sys"), -EPERM);
	MQ_EQ(mq_cmd(fd, "/reg sys"), 0);
}

MQ_TEST(identity_capability_caller, "a capability counts only while the caller has it",
	.open_to_all = true)
{
	in_child(caller_lacks);
}

static void in_user_namespace(void *arg)
{
	int fd;

	(void)arg;
	MQ_OK(unshare(CLONE_NEWUSER));
	fd = mq_dev();
	MQ_EQ(mq_cmd(fd, "/reg .sys"), -EPERM);
	MQ_EQ(mq_cmd(fd, "/reg sys"), 0);
}

MQ_TEST(identity_capability_namespace, "a capability in a user namespace of one's own counts for nothing",
	.open_to_all = true)
{
	in_child(in_user_namespace);
}

/* ---- a setuid program ----------------------------------------------------- */

#define SETUID_COPY "/mq-setuid-test"

MQ_HELPER(identity_setuid)
{
	int inherited = atoi(argv[1]);
	int fd;

	MQ_EQ(geteuid(), 0);
	MQ_EQ(mq_cmd(inherited, "/reg forced"), -EPERM);
	MQ_EQ(mq_cmd(inherited, "/reg .forced"), -EPERM);
	fd = mq_dev();
	MQ_EQ(mq_cmd(fd, "/reg willing"), 0);
	return 0;
}

static void execs_setuid(void *arg)
{
	char number[16];
	int fd;

	(void)arg;
	mq_become(ALICE, ALICE);
	fd = mq_dev_flags(O_RDWR);
	snprintf(number, sizeof(number), "%d", fd);
	mq_exec_file(SETUID_COPY, "identity_setuid", number, NULL);
}

MQ_TEST(identity_setuid_program, "nobody makes a setuid program register for him through a file he opened",
	.open_to_all = true)
{
	mq_program_copy(SETUID_COPY, 04755);
	in_child(execs_setuid);
	unlink(SETUID_COPY);
}

/* ---- what changes nothing -------------------------------------------------- */

static void checks_unchanged(pid_t pid)
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/msg bob still me"), 0);
	MQ_READS(fd, "still me");
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob whoami"), 0);
	MQ_READS(fd, "bob whoami");
	MQ_EQ(pid, getpid());
}

static long change_uid(int fd, long arg)
{
	(void)arg;
	mq_become(ALICE, ALICE);
	checks_unchanged(getpid());
	MQ_EQ(mq_cmd(fd, "/msg bob by the old file"), 0);
	MQ_READS(fd, "bob by the old file");
	return 0;
}

MQ_TEST(identity_setuid_after, "setuid after registering changes nothing of the endpoint",
	.open_to_all = true)
{
	struct mq_peer *bob = mq_peer_start();

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	mq_peer_do(bob, change_uid, 0);
	MQ_EQ(line_of("bob").uid, 0);
	MQ_EQ(line_of("bob").pid, bob->pid);
	/* A new endpoint takes the identity of its moment. */
	MQ_EQ(mq_peer_cmd(bob, "/unr"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), -EPERM);
}

MQ_HELPER(identity_after_exec)
{
	checks_unchanged(atoi(argv[1]));
	MQ_EQ(line_of("bob").pid, getpid());
	MQ_EQ(line_of("bob").uid, 0);
	return 0;
}

static void execs(void *arg)
{
	char number[16];
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	snprintf(number, sizeof(number), "%d", getpid());
	mq_exec("identity_after_exec", number, NULL);
}

MQ_TEST(identity_exec, "exec changes nothing of the endpoint")
{
	in_child(execs);
}

MQ_TEST(identity_fork, "fork changes nothing of the endpoint: name, process, uid stay the parent's")
{
	struct mq_peer *child;
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	child = mq_peer_start();
	MQ_EQ(mq_peer_cmd(child, "/msg bob hi"), -EACCES);
	MQ_EQ(line_of("bob").pid, getpid());
	checks_unchanged(getpid());
}

static int passing[2];

/* UID 0 stays what it is. */
static long gets_file(int own_fd, long uid)
{
	char buffer[16];
	int fd = mq_file_receive(passing[1]);

	(void)own_fd;
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), -EACCES);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
	MQ_EQ(mq_cmdf(fd, "/reg got%ld", uid), uid ? -EPERM : 0);
	return 0;
}

MQ_TEST(identity_passed, "passing the descriptor passes no endpoint: the receiver stays a stranger",
	.open_to_all = true)
{
	struct mq_peer *root, *alice;
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob mine"), 0);
	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, passing));
	root = mq_peer_start();
	alice = mq_peer_start_as(ALICE, ALICE);
	mq_file_send(passing[0], fd);
	mq_peer_do(root, gets_file, 0);
	mq_file_send(passing[0], fd);
	mq_peer_do(alice, gets_file, ALICE);
	MQ_EQ(line_of("got0").pid, root->pid);
	MQ_EQ(line_of("bob").pid, getpid());
	MQ_READS(fd, "mine");
}

/* ---- who sees what ----------------------------------------------------------- */

static void sees_overflow(void *arg)
{
	(void)arg;
	MQ_OK(unshare(CLONE_NEWUSER));
	MQ_EQ(line_of("alice").uid, 65534);
}

MQ_TEST(identity_uid_unmapped, "a uid is the overflow uid where the reader's user namespace does not map it",
	.open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_as(ALICE, ALICE);

	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	in_child(sees_overflow);
	MQ_EQ(line_of("alice").uid, ALICE);
}

static void write_file(const char *path, const char *text)
{
	int fd = MQ_OK(open(path, O_WRONLY | O_CLOEXEC));

	MQ_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int mapping[2];

static void sees_mapped(void *arg)
{
	char byte;

	(void)arg;
	MQ_OK(unshare(CLONE_NEWUSER));
	MQ_EQ(write(mapping[1], "u", 1), 1);
	MQ_EQ(read(mapping[1], &byte, 1), 1);
	MQ_EQ(line_of("alice").uid, 77);
	MQ_EQ(line_of("root").uid, 0);
}

MQ_TEST(identity_uid_mapped, "a uid is shown as the reader's user namespace maps it",
	.open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_as(ALICE, ALICE);
	char path[64], byte;
	int fd = mq_dev();
	pid_t pid;

	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/reg root"), 0);
	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, mapping));
	pid = mq_run(sees_mapped, NULL);
	MQ_EQ(read(mapping[0], &byte, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	write_file(path, "0 0 1\n77 1001 1\n");
	MQ_EQ(write(mapping[0], "m", 1), 1);
	mq_join(pid);
}

static void sees_no_pid(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(getpid(), 1);
	MQ_EQ(mq_cmd(fd, "/reg inner"), 0);
	MQ_EQ(line_of("outer").pid, 0);
	MQ_EQ(line_of("inner").pid, 1);
}

static void makes_pid_namespace(void *arg)
{
	(void)arg;
	MQ_OK(unshare(CLONE_NEWPID));
	in_child(sees_no_pid);
}

MQ_TEST(identity_pid_unseen, "a pid is 0 where the reader cannot see it")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg outer"), 0);
	in_child(makes_pid_namespace);
	MQ_EQ(line_of("outer").pid, getpid());
}

/* ---- a pid again ---------------------------------------------------------------- */

static pid_t fork_with_pid(pid_t wanted)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&wanted,
		.set_tid_size = 1,
	};

	return MQ_OK(syscall(SYS_clone3, &args, sizeof(args)));
}

static void is_stranger(int fd)
{
	char buffer[16];

	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -ENOENT);
	MQ_EQ(mq_poll(fd), POLLERR | POLLOUT);
	MQ_EQ(mq_cmd(fd, "/msg alice hi"), -EACCES);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
}

static void registers_bob(void *arg)
{
	MQ_EQ(mq_cmd(*(int *)arg, "/reg bob"), 0);
	MQ_EQ(mq_cmd(*(int *)arg, "/msg bob secret"), 0);
	MQ_EQ(mq_poll(*(int *)arg), POLLIN | POLLOUT);
}

MQ_TEST(identity_pid_reused, "a reused PID is a stranger")
{
	int own = mq_dev(), fd = mq_dev();
	pid_t pid, again;
	int i;

	MQ_EQ(mq_cmd(own, "/reg alice"), 0);
	for (i = 0; i < 10; i++) {
		pid = mq_run(registers_bob, &fd);
		mq_join(pid);
		again = fork_with_pid(pid);
		if (!again) {
			is_stranger(fd);
			_exit(0);
		}
		MQ_EQ(again, pid);
		mq_join(again);
	}
}
