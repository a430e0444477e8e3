// SPDX-License-Identifier: GPL-2.0-only
/*
 * A container that was given /dev/mq: what it can do to others, and what it cannot. It is made as
 * container engines make one: user, pid, mount, IPC and UTS namespaces, a root directory in which
 * there is nothing but the device node, users mapped to sub-uids.
 *
 * Copyright (C) the mq authors
 */
#include "space.h"
#include "storm_lib.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define ENGINE 1001		/* the user who runs the container */
#define ROOT 100000		/* who its root is outside */
#define OVERFLOW 65534

static const struct mq_space_user engine = {
	.uid = ENGINE, .gid = ENGINE,
	.uids = "0 100000 1000\n", .gids = "0 100000 1000\n",
	.more = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS,
};

#define HOUSE "/tmp/mq-container"

/* In the container: nothing of the machine is left but the node. */
static void furnish(void)
{
	int node;

	MQ_OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MQ_OK(mount("none", HOUSE, "tmpfs", 0, NULL));
	MQ_OK(mkdir(HOUSE "/dev", 0755));
	MQ_OK(mkdir(HOUSE "/mnt", 0755));
	node = MQ_OK(open(HOUSE MQ_NODE, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	close(node);
	MQ_OK(mount(MQ_NODE, HOUSE MQ_NODE, NULL, MS_BIND, NULL));
	MQ_OK(chdir(HOUSE));
	MQ_OK(chroot("."));
	MQ_OK(chdir("/"));
	MQ_EQ(getpid(), 1);
	MQ_EQ(getuid(), 0);
}

struct container {
	void (*inside)(void);
	int inherited;
	volatile int ready, go;
};

static struct container *container;

static void container_main(void *arg)
{
	(void)arg;
	furnish();
	container->inside();
}

static pid_t container_start(void (*inside)(void))
{
	if (!container)
		container = mq_shared(sizeof(*container));
	container->inside = inside;
	container->ready = container->go = 0;
	mkdir(HOUSE, 0755);
	return mq_space_run(&engine, container_main, NULL);
}

static void container_run(void (*inside)(void))
{
	mq_join(container_start(inside));
}

/* ---- the node ----------------------------------------------------------------- */

static void finds_it_closed(void)
{
	MQ_ERR(open(MQ_NODE, O_RDWR | O_CLOEXEC), EACCES);
	MQ_ERR(open(MQ_NODE, O_RDONLY | O_CLOEXEC), EACCES);
	MQ_ERR(chmod(MQ_NODE, 0666), EPERM);
	MQ_ERR(chown(MQ_NODE, 0, 0), EPERM);
	MQ_ERR(mknod("/mnt/mq", S_IFCHR | 0666, 10 << 8), EPERM);
}

MQ_TEST(container_mode, "with the node's own mode, 0660, a container cannot open it: its root is nobody of the owner or the group, and cannot change that")
{
	container_run(finds_it_closed);
}

static void inherits_it(void)
{
	struct mq_status list[8];
	char byte;

	MQ_EQ(mq_cmd(container->inherited, "/reg forced"), -EPERM);
	MQ_EQ(mq_bind(container->inherited, "forced"), -EPERM);
	MQ_EQ(mq_bind(container->inherited, ""), -EPERM);
	MQ_EQ(mq_cmd(container->inherited, "/msg outer x"), -EACCES);
	MQ_EQ(mq_read(container->inherited, &byte, 1), -ENOENT);
	/* To ask is all that is left. */
	MQ_EQ(mq_ioc_list_all(container->inherited, list, 8), 1);
	MQ_EQ(list[0].pid, 0);
	MQ_EQ(list[0].uid, OVERFLOW);
}

MQ_TEST(container_inherited, "through a descriptor that its engine opened, and did not bind, it can ask, but neither register nor send")
{
	int outer = mq_bound("outer");

	container = mq_shared(sizeof(*container));
	container->inherited = mq_dev_flags(O_RDWR);
	container_run(inherits_it);
	MQ_FRAME_EMPTY(outer);
}

/* ---- given the node, with a mode that lets it in -------------------------------- */

static void uses_it(void)
{
	int bound, text = mq_dev(), i;
	struct mq_status list[8];

	/* Its own business: as any user. */
	bound = mq_bound("in");
	MQ_EQ(mq_cmd(text, "/reg intext"), 0);
	MQ_EQ(mq_cmd(text, "/msg in hi"), 0);
	MQ_EQ(MQ_FRAME_READS(bound, "intext", "hi")->pid, 1);

	/* Others: as any user; by name, by list, by broadcast. */
	MQ_EQ(mq_frame_send_text(bound, "open", "from a container"), 0);
	MQ_EQ(mq_frame_send_text(bound, "group", "x"), -EACCES);
	MQ_EQ(mq_frame_send_text(bound, "user", "x"), -EACCES);
	MQ_EQ(mq_cmd(text, "/msg user x"), -EACCES);
	MQ_EQ(mq_frame_broadcast(bound, "to all"), 0);
	MQ_FRAME_EMPTY(bound);
	MQ_EQ(mq_ioc_list_all(bound, list, 8), 5);
	for (i = 0; i < 5; i++) {
		MQ_EQ(list[i].pid, i < 3 ? 0 : 1);
		MQ_EQ(list[i].uid, i < 3 ? OVERFLOW : 0);
	}
	MQ_EQ(mq_cmd(text, "/unr"), 0);
	MQ_EQ(mq_cmd(text, "/reg open"), -EEXIST);
}

MQ_TEST(container_given, "given the node it is one more user: own names, messages to who takes them from anyone; seen outside with its sub-uid and its pid there",
	.open_to_all = true)
{
	int open = mq_bound("open"), group = mq_bound("group", .access = MQ_ACCESS_GROUP);
	int user = mq_bound("user", .access = MQ_ACCESS_USER);
	const struct mq_frame *frame;

	container_run(uses_it);
	frame = MQ_FRAME_READS(open, "in", "from a container");
	MQ_EQ(frame->uid, ROOT);
	MQ_NE(frame->pid, 1);
	MQ_FRAME_READS_FLAGS(open, "in", MQ_FRAME_BROADCAST, "to all");
	MQ_FRAME_EMPTY(group);
	MQ_FRAME_EMPTY(user);
}

static void has_no_rights(void)
{
	int fd = mq_dev();

	/* All of its capabilities are worth nothing here. */
	MQ_EQ(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN), 1);
	MQ_EQ(mq_bind(fd, ".system"), -EPERM);
	MQ_EQ(mq_cmd(fd, "/reg .system"), -EPERM);
	MQ_EQ(mq_bind(fd, "deep", .depth = 17), -EPERM);
	/* The machine's side of the driver. */
	MQ_ERR(mount("none", "/mnt", "debugfs", 0, NULL), EPERM);
	MQ_ERR(syscall(SYS_delete_module, "mq_driver", O_NONBLOCK), EPERM);
	MQ_ERR(syscall(SYS_init_module, "", 0, ""), EPERM);
	MQ_EQ(mq_bind(fd, "in"), 0);
}

MQ_TEST(container_rights, "its root has no right that this driver knows: no reserved name, no deeper mailbox, no debugfs, no unload",
	.open_to_all = true)
{
	container_run(has_no_rights);
}

static void takes_all(void)
{
	int i, err = 0, most = 0, fd;

	for (i = 0; i < 20 && !err; i++) {
		char name[16];

		snprintf(name, sizeof(name), "in%d", i);
		fd = mq_dev();
		/* By all of its users. */
		err = mq_bind(fd, name);
		most += !err;
	}
	MQ_EQ(err, -EDQUOT);
	MQ_EQ(most, 6);
	if (!mq_fork()) {
		MQ_OK(setresgid(7, 7, 7));
		MQ_OK(setresuid(7, 7, 7));
		MQ_EQ(mq_cmd(mq_dev(), "/reg in7"), -EDQUOT);
		MQ_EQ(mq_bind(mq_dev(), ""), -EDQUOT);
		_exit(0);
	}
	mq_join(-1);
}

MQ_TEST(container_limits, "all of its users together are held to what one user may have; others still find places",
	.params = "MAX_DEVICES=8", .open_to_all = true)
{
	struct mq_peer *bob = mq_peer_start_as(1002, 1002);
	pid_t pid = container_start(takes_all);

	mq_join(pid);
	pid = container_start(takes_all);
	mq_join(pid);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
}

static void floods(void)
{
	int fd = mq_bound(""), i;

	for (i = 0; i < 1000; i++)
		MQ_EQ(mq_frame_send_text(fd, "box", "flood"), 0);
}

MQ_TEST(container_flood, "it cannot flush a fair mailbox: what others wrote stays", .open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 8), own = mq_bound("own"), i;

	for (i = 0; i < 4; i++)
		MQ_EQ(mq_frame_send_text(own, "box", "ours"), 0);
	container_run(floods);
	for (i = 0; i < 4; i++)
		MQ_FRAME_READS(box, "own", "ours");
	for (i = 0; i < 4; i++)
		MQ_EQ(MQ_FRAME_READS(box, "", "flood")->uid, ROOT);
}

static void sees_nobody(void)
{
	int fd = mq_bound("outer"), watch = mq_bound_nonblock("", .flags = MQ_BIND_EVENTS);
	struct mq_status list[8], status;

	MQ_EQ(mq_ioc_list_all(fd, list, 8), 1);
	MQ_EQ(list[0].pid, 1);
	MQ_EQ(mq_ioc_status(fd, "other", &status), -ENOENT);
	MQ_EQ(mq_frame_send_text(fd, "other", "x"), -ENOENT);
	MQ_EQ(mq_frame_broadcast(fd, "x"), 0);
	container->ready = 1;
	mq_shared_until(&container->go, 1);
	MQ_FRAME_EMPTY(watch);
	MQ_FRAME_EMPTY(fd);
}

MQ_TEST(container_isolated, "with ISOLATE=1 it sees, reaches, and disturbs nobody outside, and nobody it; the same name is free",
	.params = "ISOLATE=1", .open_to_all = true)
{
	int outer = mq_bound("outer"), other = mq_bound("other");
	pid_t pid = container_start(sees_nobody);

	mq_shared_until(&container->ready, 1);
	MQ_EQ(mq_frame_send_text(other, "outer", "outside"), 0);
	MQ_EQ(mq_frame_broadcast(other, "outside"), 0);
	close(mq_bound("passing"));
	container->go = 1;
	mq_join(pid);
	MQ_FRAME_READS(outer, "other", "outside");
	MQ_FRAME_READS_FLAGS(outer, "other", MQ_FRAME_BROADCAST, "outside");
	MQ_FRAME_EMPTY(outer);
	MQ_FRAME_EMPTY(other);
}

static void waits_for_its_end(void)
{
	int fd = mq_dev();

	mq_bound("one");
	mq_bound("");
	MQ_EQ(mq_cmd(fd, "/reg two"), 0);
	MQ_EQ(mq_cmd(fd, "/msg one unread"), 0);
	if (!mq_fork()) {
		mq_bound("three");
		container->ready = 1;
	}
	for (;;)
		pause();
}

MQ_TEST(container_end, "when it ends, however that is, all that it had is free again", .params = "MAX_DEVICES=3 ROOT_DEVICES=0 USER_ENDPOINTS=9",
	.open_to_all = true)
{
	struct mq_counters all[4];
	pid_t pid = container_start(waits_for_its_end);

	mq_shared_until(&container->ready, 1);
	MQ_EQ(mq_counters_all(all, 4), 3);
	MQ_EQ(mq_bind(mq_dev(), "x"), -ENOSPC);
	/* Its process 1, of whom all we know is that he has a name. */
	MQ_TRUE(!strcmp(all[0].name, "one"));
	MQ_OK(kill(all[0].pid, SIGKILL));
	mq_wait_status(pid);
	MQ_EQ(mq_counters_all(all, 4), 0);
	mq_places_check(3);
}
