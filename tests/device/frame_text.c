// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text and frames meet: either sends to the other, and a broadcast reaches both.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <sys/syscall.h>

#define LONGEST "abcdefghijklmnopqrstuvw"

static struct mq_peer *text;
static int bob;

static void setup(void)
{
	text = mq_peer_start();
	MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
	bob = mq_bound("bob");
}

MQ_TEST(frame_text_written, "text written to a bound file is EINVAL, every command, and does nothing")
{
	static const char *const commands[] = {
		"/reg eve", "/unr", "/msg text hi", "/all hi", "/from on",
		"/from off", "/wait", "/wait 0", "/", "x", "hello\n",
		"/msg text a text that is longer than the header of a frame, which is 64 bytes",
	};
	int own = mq_dev();
	size_t i;

	setup();
	MQ_EQ(mq_cmd(own, "/reg own"), 0);
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		MQ_EQ(mq_cmd(bob, commands[i]), -EINVAL);
	MQ_TRUE(mq_is_there("own") && mq_is_there("bob") && !mq_is_there("eve"));
	MQ_EQ(mq_status_of("text").accepted, 0);
	MQ_EQ(mq_status_of("own").accepted, 0);
}

MQ_TEST(frame_text_to_frames, "/msg reaches a bound file: a frame with the bytes of TEXT, from the process's name")
{
	static const char bytes[] = "/msg bob with\0NUL, newline\n and spaces  ";
	char room[256] __attribute__((aligned(8)));
	const struct mq_frame *f;
	size_t at = 0;
	ssize_t got;

	setup();
	MQ_EQ(mq_peer_cmd(text, "/msg bob hi"), 0);
	f = MQ_FRAME_READS(bob, "text", "hi");
	MQ_EQ(f->sequence, 1);
	MQ_EQ(f->pid, text->pid);
	MQ_EQ(f->uid, 0);
	MQ_EQ(f->cookie, 0);
	MQ_EQ(mq_peer_cmd_bytes(text, bytes, sizeof(bytes) - 1), 0);
	got = mq_read(bob, room, sizeof(room));
	MQ_GE(got, 72);
	f = mq_frame_next(room, got, &at);
	MQ_BYTES(mq_frame_data(f), mq_frame_data_size(f), "with\0NUL, newline\n and spaces  ");
}

MQ_TEST(frame_text_to_longest, "/msg reaches a name of 23 bytes, longer than /reg makes")
{
	int longest = mq_bound(LONGEST);

	setup();
	MQ_EQ(mq_peer_cmd(text, "/msg " LONGEST " hi"), 0);
	MQ_FRAME_READS(longest, "text", "hi");
	MQ_EQ(mq_peer_cmd(text, "/msg " LONGEST "x hi"), -ENOENT);
	MQ_EQ(mq_peer_cmd(text, "/msg abcdefghijklmnopqrstuv hi"), -ENOENT);
	MQ_FRAME_EMPTY(longest);
}

MQ_TEST(frame_text_from_frames, "a frame reaches a process: its read gives the payload, byte for byte, nothing added")
{
	char buffer[64];

	setup();
	MQ_EQ(mq_frame_send_text(bob, "text", "hello"), 0);
	MQ_PEER_READS(text, "hello");
	MQ_EQ(mq_frame_send(bob, "text", 0, 77, "\0a\n\0", 4), 72);
	MQ_EQ(mq_peer_read(text, buffer, sizeof(buffer)), 4);
	MQ_TRUE(!memcmp(buffer, "\0a\n\0", 4));
	MQ_EQ(mq_frame_send_text(bob, "text", "in parts"), 0);
	MQ_EQ(mq_peer_read(text, buffer, 3), 3);
	MQ_PEER_READS(text, "parts");
	MQ_EQ(mq_peer_read(text, buffer, sizeof(buffer)), -EAGAIN);
}

MQ_TEST(frame_text_largest, "a frame's largest payload reaches a process, though its command would not fit",
	.params = "CMD_BUF_SIZE=100")
{
	char payload[101];

	setup();
	memset(payload, 'x', 100);
	payload[100] = 0;
	MQ_EQ(mq_frame_send_text(bob, "text", payload), 0);
	MQ_PEER_READS(text, payload);
	MQ_EQ(mq_peer_cmdf(text, "/msg bob %s", payload), -EMSGSIZE);
	MQ_EQ(mq_peer_cmdf(text, "/msg bob %s", payload + 9), 0);
	MQ_FRAME_READS(bob, "text", payload + 9);
}

MQ_TEST(frame_text_broadcast, "a broadcast reaches both, whichever sends it, and its sender not")
{
	struct mq_peer *other = mq_peer_start();
	int carol = mq_bound("carol");

	setup();
	MQ_EQ(mq_peer_cmd(other, "/reg other"), 0);
	MQ_EQ(mq_peer_cmd(text, "/all from text"), 0);
	MQ_FRAME_READS_FLAGS(bob, "text", MQ_FRAME_BROADCAST, "from text");
	MQ_FRAME_READS_FLAGS(carol, "text", MQ_FRAME_BROADCAST, "from text");
	MQ_PEER_READS(other, "from text");
	MQ_EQ(mq_frame_broadcast(bob, "from frames"), 0);
	MQ_FRAME_READS_FLAGS(carol, "bob", MQ_FRAME_BROADCAST, "from frames");
	MQ_PEER_READS(other, "from frames");
	MQ_PEER_READS(text, "from frames");
	MQ_FRAME_EMPTY(bob);
	MQ_FRAME_EMPTY(carol);
	MQ_EQ(mq_peer_poll(text), POLLOUT);
	MQ_EQ(mq_peer_poll(other), POLLOUT);
}

MQ_TEST(frame_text_from, "/from puts a bound sender's name in front, and just the space for one without a name")
{
	int longest = mq_bound(LONGEST), nameless = mq_bound("");

	setup();
	MQ_EQ(mq_peer_cmd(text, "/from on"), 0);
	MQ_EQ(mq_frame_send_text(bob, "text", "hi"), 0);
	MQ_PEER_READS(text, "bob hi");
	MQ_EQ(mq_frame_send_text(longest, "text", "hi"), 0);
	MQ_PEER_READS(text, LONGEST " hi");
	MQ_EQ(mq_frame_send_text(nameless, "text", "hi"), 0);
	MQ_PEER_READS(text, " hi");
	MQ_EQ(mq_frame_broadcast(nameless, "all"), 0);
	MQ_PEER_READS(text, " all");
	MQ_EQ(mq_frame_broadcast(longest, "all"), 0);
	MQ_PEER_READS(text, LONGEST " all");
}

MQ_TEST(frame_text_wakes, "a frame wakes a process that sleeps in /wait, and poll tells it")
{
	int i;

	setup();
	for (i = 0; i < 4; i++) {
		mq_peer_cmd_begin(text, "/wait");
		mq_until_asleep(text->pid, SYS_write);
		MQ_TRUE(!mq_peer_is_done(text));
		MQ_EQ(i % 2 ? mq_frame_broadcast(bob, "hi") :
			      mq_frame_send_text(bob, "text", "hi"), 0);
		MQ_EQ(mq_peer_end(text), strlen("/wait"));
		MQ_EQ(mq_peer_poll(text), POLLIN | POLLOUT);
		MQ_PEER_READS(text, "hi");
	}
}

MQ_TEST(frame_text_apart, "a process's own endpoint and its files' are apart: each has its messages and its end")
{
	int own = mq_dev();

	setup();
	MQ_EQ(mq_cmd(own, "/reg own"), 0);
	MQ_EQ(mq_peer_cmd(text, "/msg own to the process"), 0);
	MQ_EQ(mq_peer_cmd(text, "/msg bob to the file"), 0);
	MQ_READS(own, "to the process");
	MQ_EQ(mq_poll(own), POLLOUT);
	MQ_FRAME_READS(bob, "text", "to the file");
	MQ_EQ(mq_cmd(own, "/msg bob as process"), 0);
	MQ_FRAME_READS(bob, "own", "as process");
	MQ_EQ(mq_frame_send_text(bob, "own", "as file"), 0);
	MQ_READS(own, "as file");
	MQ_EQ(mq_cmd(own, "/all to all"), 0);
	MQ_FRAME_READS_FLAGS(bob, "own", MQ_FRAME_BROADCAST, "to all");
	MQ_EQ(mq_cmd(own, "/unr"), 0);
	MQ_TRUE(mq_is_there("bob"));
	MQ_EQ(mq_cmd(own, "/reg again"), 0);
	close(bob);
	MQ_TRUE(mq_is_there("again"));
}

MQ_TEST(frame_text_handed_over, "a name and its place go from a process to a file and back, at once",
	.params = "MAX_DEVICES=2")
{
	struct mq_peer *alice = mq_peer_start();
	int fd, i;

	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	for (i = 0; i < 5; i++) {
		struct mq_peer *process = mq_peer_start();

		MQ_EQ(mq_peer_cmd(process, "/reg name"), 0);
		MQ_EQ(mq_peer_cmd(alice, "/msg name to the process"), 0);
		MQ_EQ(mq_status_of("name").flags, MQ_STATUS_PROCESS);
		if (i % 2)
			mq_peer_kill(process, SIGKILL);
		else
			MQ_EQ(mq_peer_cmd(process, "/unr"), 0);
		fd = mq_bound("name");
		MQ_EQ(mq_status_of("name").flags, 0);
		MQ_FRAME_EMPTY(fd);
		MQ_EQ(mq_peer_cmd(alice, "/msg name to the file"), 0);
		MQ_EQ(MQ_FRAME_READS(fd, "alice", "to the file")->sequence, 1);
		close(fd);
	}
}

MQ_TEST(frame_text_counters, "debugfs mq/endpoints shows a line for a bound file too, with what its status says")
{
	struct mq_counters c;
	struct mq_status s;
	int i, fd;

	setup();
	fd = mq_bound(LONGEST, .depth = 3);
	for (i = 0; i < 5; i++)
		MQ_EQ(mq_peer_cmd(text, "/msg " LONGEST " x"), 0);
	MQ_EQ(MQ_FRAME_READS(fd, "text", "x")->sequence, 3);
	MQ_EQ(mq_counters(LONGEST, &c), 0);
	s = mq_status_of(LONGEST);
	MQ_EQ(c.pid, getpid());
	MQ_EQ(c.uid, 0);
	MQ_EQ(c.depth, 3);
	MQ_EQ(c.queued, 2);
	MQ_EQ(c.accepted, 5);
	MQ_EQ(c.delivered, 1);
	MQ_EQ(c.overwritten, 2);
	MQ_EQ(s.queued, 2);
	MQ_EQ(s.accepted, 5);
	MQ_EQ(s.delivered, 1);
	MQ_EQ(s.overwritten, 2);
	close(fd);
	MQ_EQ(mq_counters(LONGEST, &c), -ENOENT);
}
