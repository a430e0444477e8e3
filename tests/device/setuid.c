// SPDX-License-Identifier: GPL-2.0-only
/*
 * A setuid program that is made to write into /dev/mq: it sends as whom the endpoint was made by,
 * and its rights are nobody's.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <linux/capability.h>
#include <sys/stat.h>

#define ALICE 1001
#define COPY "/mq-setuid-test"

/*
 * The program: it writes to its standard error what it was given as an argument, as many do that
 * complain, and exits with the errno.
 */
MQ_HELPER(setuid_complains)
{
	MQ_EQ(geteuid(), 0);
	return write(STDERR_FILENO, argv[1], strlen(argv[1])) < 0 ? errno : 0;
}

/* The same with a frame to the name of the first argument. */
MQ_HELPER(setuid_sends)
{
	MQ_EQ(geteuid(), 0);
	return -mq_frame_send_text(STDERR_FILENO, argv[1], "from root?");
}

/* It binds what it was given, as it is asked to. */
MQ_HELPER(setuid_binds)
{
	MQ_EQ(geteuid(), 0);
	return -mq_bind(STDERR_FILENO, argv[1], .depth = atoi(argv[2]));
}

MQ_HELPER(setuid_monitors)
{
	MQ_EQ(geteuid(), 0);
	return -mq_bind(STDERR_FILENO, "", .flags = MQ_BIND_MONITOR);
}

/* It is a user of the device itself, by text, and complains nevertheless. */
MQ_HELPER(setuid_registers)
{
	int own = mq_dev();

	MQ_EQ(mq_cmd(own, "/reg daemon"), 0);
	return write(STDERR_FILENO, argv[1], strlen(argv[1])) < 0 ? errno : 0;
}

struct attack {
	const char *helper, *arg, *more;
	const char *reg;	/* alice registers before, by text */
	const char *bind;	/* or binds the file */
};

static void attack(void *arg)
{
	const struct attack *a = arg;
	int fd;

	mq_become(ALICE, ALICE);
	fd = mq_dev();
	if (a->reg)
		MQ_EQ(mq_cmdf(fd, "/reg %s", a->reg), 0);
	if (a->bind)
		MQ_EQ(mq_bind(fd, a->bind), 0);
	MQ_OK(dup2(fd, STDERR_FILENO));
	mq_exec_file(COPY, a->helper, a->arg, a->more ? a->more : "0", NULL);
}

/* The errno at which the program ended. */
static int attacks(struct attack a)
{
	int status = mq_wait_status(mq_run(attack, &a));

	MQ_TRUE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

MQ_TEST(setuid_text, "made to write a command, it sends as the process was registered: under the attacker's name and uid; without a registration not at all",
	.open_to_all = true)
{
	int bob = mq_bound("bob"), closed = mq_bound("closed", .access = MQ_ACCESS_USER);
	const struct mq_frame *frame;

	mq_program_copy(COPY, 04755);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_complains", .arg = "/msg bob hi", .reg = "alice" }), 0);
	frame = MQ_FRAME_READS(bob, "alice", "hi");
	MQ_EQ(frame->uid, ALICE);
	/* Root's mailbox for root stays that. */
	MQ_EQ(attacks((struct attack){ .helper = "setuid_complains", .arg = "/msg closed hi", .reg = "alice" }), EACCES);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_complains", .arg = "/msg bob hi" }), EACCES);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_complains", .arg = "/all hi" }), EACCES);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_complains", .arg = "/reg root" }), EPERM);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_complains", .arg = "/reg .root" }), EPERM);
	MQ_FRAME_EMPTY(bob);
	MQ_FRAME_EMPTY(closed);
	unlink(COPY);
}

MQ_TEST(setuid_frames, "made to write a frame into a bound file, it sends as who bound it", .open_to_all = true)
{
	int bob = mq_bound("bob"), closed = mq_bound("closed", .access = MQ_ACCESS_USER);

	mq_program_copy(COPY, 04755);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_sends", .arg = "bob", .bind = "alice" }), 0);
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "from root?")->uid, ALICE);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_sends", .arg = "closed", .bind = "alice" }), EACCES);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_complains", .arg = "/msg bob hi", .bind = "alice" }), EINVAL);
	MQ_FRAME_EMPTY(bob);
	MQ_FRAME_EMPTY(closed);
	unlink(COPY);
}

MQ_TEST(setuid_bind, "made to bind a file that somebody else opened it gets EPERM: no name, no depth, no place of root's, no exemption",
	.params = "MAX_DEVICES=2 ROOT_DEVICES=2 USER_ENDPOINTS=1", .open_to_all = true)
{
	mq_program_copy(COPY, 04755);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_binds", .arg = "root" }), EPERM);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_binds", .arg = "" }), EPERM);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_binds", .arg = ".root" }), EPERM);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_binds", .arg = "", .more = "60000" }), EPERM);
	unlink(COPY);
}

MQ_TEST(setuid_monitor, "nor does it make somebody a monitor who could not be one", .open_to_all = true)
{
	mq_program_copy(COPY, 04755);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_monitors", .arg = "" }), EPERM);
	unlink(COPY);
	MQ_EQ(mq_bind(mq_dev(), "", .flags = MQ_BIND_MONITOR), 0);
}

MQ_TEST(setuid_registered, "but one that has registered itself by text sends as itself, through whatever file of the device it writes: it must not complain into what it was given",
	.open_to_all = true)
{
	int bob = mq_bound("bob");

	mq_program_copy(COPY, 04755);
	MQ_EQ(attacks((struct attack){ .helper = "setuid_registers", .arg = "/msg bob hi" }), 0);
	MQ_EQ(MQ_FRAME_READS(bob, "daemon", "hi")->uid, 0);
	/* A program that uses frames is not: what it is has nothing to do with the process. */
	MQ_EQ(attacks((struct attack){ .helper = "setuid_registers", .arg = "/msg bob hi", .bind = "alice" }), EINVAL);
	MQ_FRAME_EMPTY(bob);
	unlink(COPY);
}
