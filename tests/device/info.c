// SPDX-License-Identifier: GPL-2.0-only
/*
 * MQ_IOC_INFO and MQ_IOC_STATUS: limits, features, one endpoint; and the
 * structures that grow.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#define ALICE 1001

static const struct mq_who nobody = { .uid = ALICE, .gid = ALICE };

MQ_TEST(info_limits, "info tells version, features and the limits that the module was loaded with",
	.params = "MAX_DEVICES=77 QUEUE_LEN=33 CMD_BUF_SIZE=555")
{
	struct mq_info info;
	int fd = mq_dev();

	MQ_EQ(mq_ioc_info(fd, &info), 0);
	MQ_EQ(info.size, sizeof(info));
	MQ_EQ(info.version, MQ_VERSION);
	MQ_TRUE(info.features & MQ_FEATURE_FRAMES);
	MQ_EQ(info.max_devices, 77);
	MQ_EQ(info.queue_len, 33);
	MQ_EQ(info.cmd_buf_size, 555);
	MQ_EQ(info.depth_max, 65536);
	MQ_EQ(info.fair_depth_max, 4096);
}

/* All three answer there. */
static void check_answers(int fd)
{
	struct mq_status status, entries[8];
	struct mq_info info;

	MQ_EQ(mq_ioc_info(fd, &info), 0);
	MQ_EQ(mq_ioc_status(fd, "bob", &status), 0);
	MQ_EQ(status.pid, getpid());
	MQ_GE(mq_ioc_list_all(fd, entries, 8), 1);
}

MQ_TEST(info_any_file, "limits, lists and statistics are for any file: unbound, registered, bound, anonymous, of any mode")
{
	int fd = mq_dev();

	mq_bound("bob");
	check_answers(fd);
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	check_answers(fd);
	check_answers(mq_bound("carol"));
	check_answers(mq_bound(""));
	check_answers(mq_dev_flags(O_RDONLY));
	check_answers(mq_dev_flags(O_WRONLY));
	check_answers(mq_dev_flags(O_RDWR | O_NONBLOCK));
}

static long asks(int fd, long pid)
{
	struct mq_status status, entries[8];
	struct mq_info info;

	MQ_EQ(mq_ioc_info(fd, &info), 0);
	MQ_EQ(mq_ioc_list_all(fd, entries, 8), 1);
	MQ_TRUE(!strcmp(entries[0].name, "bob"));
	MQ_EQ(entries[0].pid, pid);
	MQ_EQ(entries[0].uid, 0);
	MQ_EQ(entries[0].access, MQ_ACCESS_USER);
	MQ_EQ(entries[0].depth, 3);
	MQ_EQ(entries[0].accepted, 5);
	MQ_EQ(entries[0].queued, 2);
	MQ_EQ(entries[0].delivered, 1);
	MQ_EQ(entries[0].overwritten, 2);
	MQ_EQ(mq_ioc_status(fd, "bob", &status), 0);
	MQ_TRUE(!memcmp(&status, entries, sizeof(status)));
	return 0;
}

MQ_TEST(info_unprivileged, "an unprivileged caller reads them all, of whoever's endpoint", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_who(&nobody);
	int alice = mq_bound(""), bob = mq_bound("bob", .access = MQ_ACCESS_USER, .depth = 3), i;

	for (i = 0; i < 5; i++)
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	MQ_FRAME_READS(bob, "", "x");
	MQ_EQ(mq_peer_do(peer, asks, getpid()), 0);
}

MQ_TEST(info_status_process, "the status of a process's endpoint says so: MQ_STATUS_PROCESS, overwrite, anyone",
	.params = "QUEUE_LEN=9")
{
	struct mq_peer *bob = mq_peer_start();
	struct mq_status s;

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	s = mq_status_of("bob");
	MQ_EQ(s.flags, MQ_STATUS_PROCESS);
	MQ_EQ(s.pid, bob->pid);
	MQ_EQ(s.policy, MQ_POLICY_OVERWRITE);
	MQ_EQ(s.access, MQ_ACCESS_ANYONE);
	MQ_EQ(s.depth, 9);
}

MQ_TEST(info_status_nobody, "the status of a name that nobody has, or ever has, is ENOENT")
{
	struct mq_status s;
	int fd = mq_bound("bob");

	MQ_EQ(mq_ioc_status(fd, "nobody", &s), -ENOENT);
	MQ_EQ(mq_ioc_status(fd, "bo", &s), -ENOENT);
	MQ_EQ(mq_ioc_status(fd, "bobo", &s), -ENOENT);
	MQ_EQ(mq_ioc_status(fd, "", &s), -ENOENT);
	MQ_EQ(mq_ioc_status(fd, "12345678901234567890123", &s), -ENOENT);
	close(fd);
	fd = mq_dev();
	MQ_EQ(mq_ioc_status(fd, "bob", &s), -ENOENT);
}

MQ_TEST(info_status_counts, "accepted, delivered, overwritten, rejected and queued count what they say, and add up")
{
	int bob = mq_bound("bob", .depth = 3), alice = mq_bound("alice");
	struct mq_status s;
	int i;

	for (i = 1; i <= 7; i++) {
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
		s = mq_status_of("bob");
		MQ_EQ(s.accepted, i);
		MQ_EQ(s.queued, i < 3 ? i : 3);
		MQ_EQ(s.overwritten, i < 3 ? 0 : i - 3);
	}
	for (i = 1; i <= 3; i++) {
		MQ_FRAME_READS(bob, "alice", "x");
		s = mq_status_of("bob");
		MQ_EQ(s.delivered, i);
		MQ_EQ(s.queued, 3 - i);
	}
	MQ_EQ(s.accepted, 7);
	MQ_EQ(s.rejected, 0);
	MQ_EQ(s.discarded, 0);
	s = mq_status_of("alice");
	MQ_EQ(s.accepted + s.queued + s.delivered + s.overwritten + s.rejected, 0);
}

/* ---- while traffic runs ------------------------------------------------ */

static volatile int *stop;

static long sends(int fd, long arg)
{
	long i;

	(void)arg;
	for (i = 0; !i || !*stop; i++) {
		MQ_EQ(mq_frame_send_text(fd, "bob", "one"), 0);
		MQ_EQ(mq_frame_broadcast(fd, "all"), 0);
	}
	return i;
}

static long reads(int fd, long arg)
{
	static char room[4096];
	long i, count = 0;

	(void)arg;
	for (i = 0; !*stop; i++) {
		ssize_t got = i % 5 ? mq_read(fd, room, i % 3 ? 4096 : 72) :
				      mq_read(fd, NULL, 144);

		if (got != -EAGAIN && got != -EFAULT)
			MQ_GE(got, 72);
		count += got > 0;
	}
	return count;
}

static long nonblock(int fd, long arg)
{
	(void)arg;
	return fcntl(fd, F_SETFL, O_NONBLOCK);
}

MQ_TEST(info_status_sum, "accepted = delivered + overwritten + discarded + queued in any one snapshot, under load",
	.timeout = 180)
{
	struct mq_status s, old = { 0 };
	struct mq_peer *bob, *sender[2];
	int i;

	stop = mq_shared(sizeof(int));
	bob = mq_peer_bound("bob", .depth = 5);
	mq_peer_do(bob, nonblock, 0);
	sender[0] = mq_peer_bound("s0");
	sender[1] = mq_peer_bound("s1");
	mq_peer_do_begin(bob, reads, 0);
	mq_peer_do_begin(sender[0], sends, 0);
	mq_peer_do_begin(sender[1], sends, 0);
	for (i = 0; i < 500 || !old.overwritten || !old.delivered; i++) {
		s = mq_status_of("bob");	/* checks the sum */
		MQ_LE(s.queued, 2 * s.depth);
		MQ_GE(s.accepted, old.accepted);
		MQ_GE(s.delivered, old.delivered);
		MQ_GE(s.overwritten, old.overwritten);
		old = s;
	}
	*stop = 1;
	MQ_GE(mq_peer_end(bob), 1);
	MQ_GE(mq_peer_end(sender[0]), 1);
	MQ_GE(mq_peer_end(sender[1]), 1);
}

/* ---- structures that grow ---------------------------------------------- */

struct grown {
	union {
		struct mq_info info;
		struct mq_status status;
		struct mq_list list;
		struct mq_totals totals;
	};
	char more[200];
};

static const struct {
	unsigned long command;
	uint32_t size;
} growing[] = {
	{ MQ_IOC_INFO, sizeof(struct mq_info) },
	{ MQ_IOC_STATUS, sizeof(struct mq_status) },
	{ MQ_IOC_LIST, sizeof(struct mq_list) },
	{ MQ_IOC_TOTALS, sizeof(struct mq_totals) },
};

#define GROWING 4

static struct grown grown_make(int which)
{
	static struct mq_status entries[4];
	struct grown g = { 0 };

	if (which == 1)
		strcpy(g.status.name, "bob");
	if (which == 2)
		g.list = (struct mq_list){ .entry_size = sizeof(*entries),
			.entries = (uintptr_t)entries, .count = 4 };
	g.info.size = growing[which].size;
	return g;
}

MQ_TEST(info_longer, "a longer structure is taken if what the driver does not know is zero, else E2BIG")
{
	int fd = mq_bound("bob"), which;
	struct grown g;
	uint32_t i;

	for (which = 0; which < GROWING; which++) {
		g = grown_make(which);
		g.info.size += 100;
		MQ_EQ(mq_ioctl(fd, growing[which].command, &g), 0);
		for (i = 0; i < 100; i++) {
			g = grown_make(which);
			g.info.size += 100;
			((char *)&g)[growing[which].size + i] = 1;
			MQ_EQ(mq_ioctl(fd, growing[which].command, &g), -E2BIG);
		}
	}
	/* Afterwards the size is what the driver knows. */
	g = grown_make(0);
	g.info.size += 100;
	MQ_EQ(mq_ioctl(fd, MQ_IOC_INFO, &g), 0);
	MQ_EQ(g.info.size, sizeof(struct mq_info));
	g = grown_make(1);
	g.status.size += 100;
	MQ_EQ(mq_ioctl(fd, MQ_IOC_STATUS, &g), 0);
	MQ_EQ(g.status.size, sizeof(struct mq_status));
}

static const uint32_t first[] = { 32, 96, 24, 152 };	/* in version 0.1.0, and so for ever */

MQ_TEST(info_shorter, "a structure shorter than that of version 0.1.0 is EINVAL, and nothing is written")
{
	int fd = mq_bound("bob"), which;
	struct grown g, before;
	uint32_t size;

	for (which = 0; which < GROWING; which++) {
		MQ_GE(growing[which].size, first[which]);
		for (size = 0; size < first[which]; size++) {
			g = grown_make(which);
			g.info.size = size;
			before = g;
			MQ_EQ(mq_ioctl(fd, growing[which].command, &g), -EINVAL);
			MQ_TRUE(!memcmp(&g, &before, sizeof(g)));
		}
	}
}

/* Whatever stands behind what an older program knows is its own, zero or not. */
MQ_TEST(info_older, "the structure of an older program is filled as far as it knows it, and nothing behind is read or written")
{
	int fd = mq_bound("bob"), which;
	struct grown g, whole;
	uint32_t size, i;

	for (which = 0; which < GROWING; which++) {
		whole = grown_make(which);
		MQ_EQ(mq_ioctl(fd, growing[which].command, &whole), 0);
		for (size = first[which]; size <= growing[which].size; size++) {
			g = grown_make(which);
			g.info.size = size;
			memset((char *)&g + size, 0x5a, sizeof(g) - size);
			MQ_EQ(mq_ioctl(fd, growing[which].command, &g), 0);
			MQ_EQ(g.info.size, growing[which].size);
			MQ_TRUE(!memcmp(&g, &whole, size));
			for (i = size; i < sizeof(g); i++)
				MQ_EQ(((char *)&g)[i], 0x5a);
		}
	}
}

MQ_TEST(info_efault, "EFAULT where the structure is not there")
{
	int fd = mq_bound("bob"), which;
	struct grown g;
	char *edge;

	for (which = 0; which < GROWING; which++) {
		MQ_EQ(mq_ioctl(fd, growing[which].command, NULL), -EFAULT);
		MQ_EQ(mq_ioctl(fd, growing[which].command, (void *)16), -EFAULT);
		MQ_EQ(mq_ioctl(fd, growing[which].command, mq_edge_new(3)), -EFAULT);
		g = grown_make(which);
		edge = mq_edge_new(growing[which].size - 1);
		memcpy(edge, &g, growing[which].size - 1);
		MQ_EQ(mq_ioctl(fd, growing[which].command, edge), -EFAULT);
		edge = mq_edge_new(growing[which].size);
		memcpy(edge, &g, growing[which].size);
		MQ_EQ(mq_ioctl(fd, growing[which].command, edge), 0);
	}
}

MQ_TEST(info_unknown_ioctl, "an unknown ioctl is ENOTTY, on an unbound and on a bound file")
{
	int files[] = { mq_dev(), mq_bound("bob") }, i, number;
	char bytes[256] = { 0 };

	for (i = 0; i < 2; i++) {
		for (number = 8; number < 256; number++)
			MQ_EQ(mq_ioctl(files[i], _IO(MQ_IOC_TYPE, number), bytes), -ENOTTY);
		MQ_EQ(mq_ioctl(files[i], _IO(MQ_IOC_TYPE + 1, 0), bytes), -ENOTTY);
		MQ_EQ(mq_ioctl(files[i], _IOW(MQ_IOC_TYPE, 0, int), bytes), -ENOTTY);
		MQ_EQ(mq_ioctl(files[i], 0, bytes), -ENOTTY);
	}
}
