// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints: with nothing but /sys/kernel/tracing, as on a board.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"

#define TRACING "/sys/kernel/tracing/"

static void put(const char *file, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = MQ_OK(open(path, O_WRONLY | O_TRUNC | O_CLOEXEC));
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		MQ_FAIL("%s does not take '%s': %s", path, text, strerror(errno));
	close(fd);
}

/* What is told so far, a line each, from the event's name on. */
static const char *look(void)
{
	static char all[1 << 20];
	char line[512], *event;
	size_t used = 0;
	FILE *file;

	all[0] = '\0';
	file = fopen(TRACING "trace", "re");
	MQ_TRUE(file);
	while (fgets(line, sizeof(line), file)) {
		event = line[0] == '#' ? NULL : strstr(line, ": mq_");
		if (!event)
			continue;
		MQ_LE(used + strlen(event), sizeof(all) - 1);
		used += sprintf(all + used, "%s", event + 2);
	}
	fclose(file);
	return all;
}

/* The same, and forgotten. */
static const char *told(void)
{
	const char *all = look();

	put("trace", "");
	return all;
}

#define TOLD(...) do {							\
	char t_[4096];							\
	snprintf(t_, sizeof(t_), __VA_ARGS__);				\
	const char *g_ = told();					\
	mq_check_bytes(__FILE__, __LINE__, "what is told", g_,		\
		       strlen(g_), t_, strlen(t_));			\
} while (0)

/* From here on; the module is loaded, and its events are off. */
static void begin(const char *event)
{
	char file[64];

	put("trace", "");
	/* Names of commands are kept by patching the scheduler's code, at each on and off. */
	put("options/record-cmd", "0");
	snprintf(file, sizeof(file), "events/mq/%s/enable", event);
	put(event[0] ? file : "events/mq/enable", "1");
}

static int lines(const char *text, const char *event)
{
	int count = 0;

	while ((text = strstr(text, event))) {
		count++;
		text += strlen(event);
	}
	return count;
}

/* ---- fields ---------------------------------------------------------------- */

MQ_TEST(trace_fields, "mq_send, mq_receive, mq_register and mq_unregister tell of a frame's life: names, sizes, numbers")
{
	int alice, bob, me = getpid();

	begin("");
	alice = mq_bound("alice");
	bob = mq_bound("bob", .depth = 3, .policy = MQ_POLICY_REJECT);
	TOLD("mq_register: name=alice pid=%d uid=0 depth=16 policy=overwrite\n"
	     "mq_register: name=bob pid=%d uid=0 depth=3 policy=reject\n", me, me);
	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	MQ_EQ(mq_frame_send_text(bob, "bob", "to me"), 0);
	TOLD("mq_send: name=bob sender=alice number=1 size=2 queued=1 flags=\n"
	     "mq_send: name=bob sender=bob number=2 size=5 queued=2 flags=\n");
	MQ_FRAME_READS(bob, "alice", "hi");
	TOLD("mq_receive: name=bob sender=alice number=1 size=2 flags=\n");
	close(bob);
	TOLD("mq_unregister: name=bob pid=%d uid=0 depth=3 policy=reject accepted=2 delivered=1 overwritten=0 discarded=1 rejected=0\n", me);
}

MQ_TEST(trace_text, "the same of text, and of a process that is killed with unread messages", .open_to_all = true,
	.params = "QUEUE_LEN=2")
{
	struct mq_peer *bob = mq_peer_start_as(1002, 1003);
	int fd = mq_dev(), me = getpid(), pid, i;

	begin("");
	MQ_EQ(mq_cmd(fd, "/reg lamp"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	TOLD("mq_register: name=lamp pid=%d uid=0 depth=2 policy=overwrite\n"
	     "mq_register: name=bob pid=%d uid=1002 depth=2 policy=overwrite\n", me, bob->pid);
	for (i = 1; i <= 3; i++)
		MQ_EQ(mq_cmdf(fd, "/msg bob %.*s", i, "xxx"), 0);
	TOLD("mq_send: name=bob sender=lamp number=1 size=1 queued=1 flags=\n"
	     "mq_send: name=bob sender=lamp number=2 size=2 queued=2 flags=\n"
	     "mq_send: name=bob sender=lamp number=3 size=3 queued=2 flags=\n"
	     "mq_overwrite: name=bob sender=lamp number=1 size=1 by=lamp\n");
	/* Half of a message is not delivered. */
	MQ_EQ(mq_peer_read(bob, (char[1]){ 0 }, 1), 1);
	TOLD("%s", "");
	MQ_PEER_READS(bob, "x");
	TOLD("mq_receive: name=bob sender=lamp number=2 size=2 flags=\n");
	pid = bob->pid;
	mq_peer_kill(bob, SIGKILL);
	/* The work that ends it comes soon. */
	while (!strstr(look(), "mq_unregister"))
		mq_sleep_ms(1);
	TOLD("mq_unregister: name=bob pid=%d uid=1002 depth=2 policy=overwrite accepted=3 delivered=1 overwritten=1 discarded=1 rejected=0\n", pid);
}

MQ_TEST(trace_overwrite, "mq_overwrite tells whose message is lost, and by whose")
{
	int alice = mq_bound("alice"), carol = mq_bound("carol");

	mq_bound("bob", .depth = 1);
	MQ_EQ(mq_frame_send_text(alice, "bob", "first"), 0);
	begin("mq_overwrite");
	MQ_EQ(mq_frame_send_text(carol, "bob", "x"), 0);
	MQ_EQ(mq_frame_broadcast(alice, "all"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "y"), 0);
	TOLD("mq_overwrite: name=bob sender=alice number=1 size=5 by=carol\n"
	     "mq_overwrite: name=bob sender=carol number=2 size=1 by=alice\n"
	     "mq_overwrite: name=bob sender=alice number=3 size=3 by=alice\n");
}

MQ_TEST(trace_overwrite_number, "mq_overwrite has the number that the lost one had when it was sent: also behind one that is being read, of a fair mailbox, and of events",
	.open_to_all = true)
{
	struct mq_peer *eve = mq_peer_start_as(1005, 1005), *text = mq_peer_start();
	int alice = mq_bound("alice"), watch, i;

	MQ_EQ(mq_peer_bind(eve, "eve"), 0);
	MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
	mq_bound("fair", .depth = 3, .policy = MQ_POLICY_FAIR);
	watch = mq_bound("watch", .flags = MQ_BIND_EVENTS, .depth = 1);
	begin("mq_overwrite");
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_frame_send_text(alice, "text", "xx"), 0);
	/* Half of the first, which nothing overwrites any more. */
	MQ_EQ(mq_peer_read(text, (char[1]){ 0 }, 1), 1);
	for (i = 0; i < 15; i++)
		MQ_EQ(mq_frame_send_text(alice, "text", "xx"), 0);
	TOLD("mq_overwrite: name=text sender=alice number=2 size=2 by=alice\n");
	MQ_EQ(mq_peer_frame_send_text(eve, "fair", "of eve"), 0);
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_frame_send_text(alice, "fair", "xx"), 0);
	MQ_EQ(mq_peer_frame_send_text(eve, "fair", "of eve"), 0);
	TOLD("mq_overwrite: name=fair sender=alice number=2 size=2 by=alice\n"
	     "mq_overwrite: name=fair sender=eve number=1 size=6 by=eve\n");
	close(mq_bound("bob"));
	TOLD("mq_overwrite: name=watch sender=bob number=1 size=0 by=bob\n");
	MQ_FRAME_READS_FLAGS(watch, "bob", MQ_FRAME_EVENT | MQ_FRAME_GONE, "");
}

MQ_TEST(trace_reject, "mq_reject tells who was refused, by whom, and the errno", .open_to_all = true)
{
	struct mq_peer *eve = mq_peer_start_as(1005, 1005);
	int alice = mq_bound("alice");

	MQ_EQ(mq_peer_bind(eve, "eve"), 0);
	mq_bound("full", .depth = 1, .policy = MQ_POLICY_REJECT);
	mq_bound("slow", .depth = 1, .policy = MQ_POLICY_BLOCK);
	mq_bound("mine", .access = MQ_ACCESS_USER);
	MQ_EQ(mq_frame_send_text(alice, "full", "1"), 0);
	MQ_EQ(mq_frame_send_text(alice, "slow", "1"), 0);
	begin("mq_reject");
	MQ_EQ(mq_frame_send_text(alice, "full", "22"), -ENOBUFS);
	MQ_EQ(mq_frame_send_flags(alice, "slow", MQ_FRAME_DONTWAIT, "333"), -EAGAIN);
	MQ_EQ(mq_peer_frame_send_text(eve, "mine", "4444"), -EACCES);
	MQ_EQ(mq_frame_send_text(alice, "nobody", "55555"), -ENOENT);
	MQ_EQ(mq_frame_send_text(alice, "\x1b[31m%s", "666666"), -ENOENT);
	TOLD("mq_reject: name=full sender=alice size=2 error=-105\n"
	     "mq_reject: name=slow sender=alice size=3 error=-11\n"
	     "mq_reject: name=mine sender=eve size=4 error=-13\n"
	     "mq_reject: name=nobody sender=alice size=5 error=-2\n"
	     "mq_reject: name=?[31m%%s sender=alice size=6 error=-2\n");
	/* A broadcast passes by whom it may not reach, and is refused where there is no room. */
	MQ_EQ(mq_peer_frame_send_flags(eve, "", MQ_FRAME_BROADCAST, "all"), 0);
	TOLD("mq_reject: name=full sender=eve size=3 error=-105\n"
	     "mq_reject: name=slow sender=eve size=3 error=-11\n");
}

MQ_TEST(trace_reject_text, "mq_reject of a text sender: nobody has the name, whatever its bytes; no room")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg lamp"), 0);
	mq_bound("slow", .depth = 1, .policy = MQ_POLICY_BLOCK);
	MQ_EQ(mq_cmd(fd, "/msg slow 1"), 0);
	begin("mq_reject");
	MQ_EQ(mq_cmd(fd, "/msg nobody hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg a\x80\x07nameofmorebytesthanthereisroomfor hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg slow 22"), -ENOBUFS);
	TOLD("mq_reject: name=nobody sender=lamp size=2 error=-2\n"
	     "mq_reject: name=a??nameofmorebytesthant sender=lamp size=2 error=-2\n"
	     "mq_reject: name=slow sender=lamp size=2 error=-11\n");
}

MQ_TEST(trace_broadcast, "mq_broadcast tells how many it reached; and each mailbox has its mq_send")
{
	int alice = mq_bound("alice"), text = mq_dev();

	mq_bound("bob");
	mq_bound("full", .depth = 1, .policy = MQ_POLICY_REJECT);
	MQ_EQ(mq_frame_send_text(alice, "full", "1"), 0);
	MQ_EQ(mq_cmd(text, "/reg lamp"), 0);
	begin("");
	MQ_EQ(mq_frame_broadcast(alice, "all"), 0);
	TOLD("mq_send: name=bob sender=alice number=1 size=3 queued=1 flags=broadcast\n"
	     "mq_reject: name=full sender=alice size=3 error=-105\n"
	     "mq_send: name=lamp sender=alice number=1 size=3 queued=1 flags=broadcast\n"
	     "mq_broadcast: sender=alice size=3 reached=2\n");
	put("events/mq/mq_send/enable", "0");
	put("events/mq/mq_reject/enable", "0");
	MQ_EQ(mq_cmd(text, "/all hello"), 0);
	TOLD("mq_broadcast: sender=lamp size=5 reached=2\n");
}

MQ_TEST(trace_call, "mq_call and mq_reply tell of a call: who asked whom, how long it took, what became of it")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call;
	const char *text;
	unsigned long long took;
	uint64_t cookie;

	begin("mq_call");
	put("events/mq/mq_reply/enable", "1");
	call = mq_call_begin(alice, "bob", "ping", .cookie = 1);
	cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
	mq_sleep_ms(20);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong back"), 0);
	MQ_CALL_GETS(call, "bob", "pong back");
	MQ_EQ(mq_frame_reply(bob, cookie, "again"), -ENOENT);
	text = told();
	MQ_TRUE(strstr(text, "mq_reply: name=bob size=9 error=0\n"));
	MQ_TRUE(strstr(text, "mq_reply: name=bob size=5 error=-2\n"));
	text = strstr(text, "mq_call: ");
	MQ_TRUE(text);
	MQ_EQ(sscanf(text, "mq_call: name=bob sender=alice size=4 nanoseconds=%llu error=0", &took), 1);
	MQ_GE(took, 20000000);
	MQ_EQ(mq_call(alice, "bob", "x", .timeout = 1000000), -ETIMEDOUT);
	MQ_TRUE(strstr(told(), "error=-110\n"));
}

MQ_TEST(trace_events, "events to who asked for them are told of like messages; one that is lost as overwritten")
{
	int watch = mq_bound("", .flags = MQ_BIND_EVENTS, .depth = 1, .policy = MQ_POLICY_REJECT), bob;

	begin("");
	put("events/mq/mq_register/enable", "0");
	put("events/mq/mq_unregister/enable", "0");
	bob = mq_bound("bob");
	TOLD("mq_send: name= sender=bob number=1 size=0 queued=1 flags=event|come\n");
	close(bob);
	TOLD("mq_overwrite: name= sender=bob number=2 size=0 by=bob\n");
	MQ_FRAME_READS_FLAGS(watch, "bob", MQ_FRAME_EVENT | MQ_FRAME_COME, "");
	TOLD("mq_receive: name= sender=bob number=1 size=0 flags=event|come\n"
	     "mq_send: name= sender= number=3 size=0 queued=1 flags=event\n");
	MQ_FRAME_READS_FLAGS(watch, "", MQ_FRAME_EVENT, "");
	TOLD("mq_receive: name= sender= number=3 size=0 flags=event\n");
}

MQ_TEST(trace_block, "who waited for room is told of when the reader makes it")
{
	struct mq_peer *carol = mq_peer_bound("carol");
	int alice = mq_bound("alice"), bob = mq_bound("bob", .depth = 1, .policy = MQ_POLICY_BLOCK);

	MQ_EQ(mq_frame_send_text(alice, "bob", "fills it"), 0);
	begin("mq_send");
	mq_peer_frame_send_asleep(carol, "bob", "sleeps");
	TOLD("%s", "");
	MQ_FRAME_READS(bob, "alice", "fills it");
	MQ_EQ(mq_peer_end(carol), 0);
	/* What is being read counts as queued. */
	TOLD("mq_send: name=bob sender=carol number=2 size=6 queued=2 flags=\n");
	MQ_FRAME_READS(bob, "carol", "sleeps");
}

/* ---- several at a time, filters, counts -------------------------------------- */

MQ_TEST(trace_run, "frames that are written together, and read together, are told of one by one")
{
	char bytes[4096] __attribute__((aligned(8)));
	int alice = mq_bound("alice"), bob = mq_bound("bob", .depth = 4), i;
	size_t at = 0;
	const char *text;

	for (i = 0; i < 6; i++)
		at = mq_frame_push_text(bytes, at, "bob", "four");
	begin("");
	MQ_EQ(mq_write(alice, bytes, at), at);
	text = told();
	MQ_EQ(lines(text, "mq_send: name=bob sender=alice number="), 6);
	MQ_EQ(lines(text, "mq_overwrite: name=bob sender=alice number=1 size=4 by=alice\n"), 1);
	MQ_EQ(lines(text, "mq_overwrite: name=bob sender=alice number=2 size=4 by=alice\n"), 1);
	MQ_EQ(lines(text, "mq_overwrite: "), 2);
	MQ_TRUE(strstr(text, "number=6 size=4 queued=4 flags=\n"));
	MQ_EQ(mq_read(bob, bytes, sizeof(bytes)), 4 * 72);
	TOLD("mq_receive: name=bob sender=alice number=3 size=4 flags=\n"
	     "mq_receive: name=bob sender=alice number=4 size=4 flags=\n"
	     "mq_receive: name=bob sender=alice number=5 size=4 flags=\n"
	     "mq_receive: name=bob sender=alice number=6 size=4 flags=\n");
	put("events/mq/enable", "0");
	MQ_EQ(mq_write(alice, bytes, 0), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "unseen"), 0);
	TOLD("%s", "");
}

MQ_TEST(trace_filter, "filters compare names and sizes in the kernel")
{
	int alice = mq_bound("alice");

	mq_bound("lamp");
	mq_bound("lamp2");
	begin("mq_send");
	put("events/mq/mq_send/filter", "name == \"lamp\" && size > 2");
	MQ_EQ(mq_frame_send_text(alice, "lamp", "12"), 0);
	MQ_EQ(mq_frame_send_text(alice, "lamp", "123"), 0);
	MQ_EQ(mq_frame_send_text(alice, "lamp2", "123"), 0);
	TOLD("mq_send: name=lamp sender=alice number=2 size=3 queued=2 flags=\n");
	put("events/mq/mq_send/filter", "name ~ \"lamp*\" && sender != \"alice\"");
	MQ_EQ(mq_frame_send_text(alice, "lamp", "1"), 0);
	TOLD("%s", "");
	put("events/mq/mq_send/filter", "0");
}

static volatile int *stop;

static long sends(int fd, long arg)
{
	long i;

	for (i = 0; i < arg; i++) {
		mq_frame_send_flags(fd, "bob", MQ_FRAME_DONTWAIT, "one");
		MQ_EQ(mq_frame_broadcast(fd, "all"), 0);
	}
	return i;
}

static long reads(int fd, long arg)
{
	static char room[4096];
	long i;

	(void)arg;
	for (i = 0; !*stop; i++)
		mq_read(fd, room, i % 3 ? 4096 : 72);
	return i;
}

static long nonblock(int fd, long arg)
{
	return fcntl(fd, F_SETFL, (int)arg);
}

MQ_TEST(trace_counts, "under load as many events are told as the counters of the mailbox say",
	.timeout = 180)
{
	struct mq_peer *bob, *full, *sender[2];
	struct mq_status b, f;
	const char *text;
	char name[16];
	int i;

	stop = mq_shared(sizeof(int));
	bob = mq_peer_bound("bob", .depth = 3);
	full = mq_peer_bound("full", .depth = 3, .policy = MQ_POLICY_REJECT);
	mq_peer_do(bob, nonblock, O_NONBLOCK);
	mq_peer_do(full, nonblock, O_NONBLOCK);
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		sender[i] = mq_peer_bound(name);
	}
	begin("");
	mq_peer_do_begin(bob, reads, 0);
	mq_peer_do_begin(full, reads, 0);
	mq_peer_do_begin(sender[0], sends, 300);
	mq_peer_do_begin(sender[1], sends, 300);
	MQ_EQ(mq_peer_end(sender[0]), 300);
	MQ_EQ(mq_peer_end(sender[1]), 300);
	*stop = 1;
	mq_peer_end(bob);
	mq_peer_end(full);
	put("events/mq/enable", "0");
	b = mq_status_of("bob");
	f = mq_status_of("full");
	text = told();
	MQ_EQ(b.accepted, 1200);
	MQ_EQ(lines(text, "mq_send: name=bob "), b.accepted);
	MQ_EQ(lines(text, "mq_receive: name=bob "), b.delivered);
	MQ_EQ(lines(text, "mq_overwrite: name=bob "), b.overwritten);
	MQ_EQ(lines(text, "mq_send: name=full "), f.accepted);
	MQ_EQ(lines(text, "mq_receive: name=full "), f.delivered);
	MQ_EQ(lines(text, "mq_reject: name=full "), f.rejected);
	MQ_EQ(lines(text, "mq_broadcast: "), 600);
}

/* ---- load and unload ---------------------------------------------------------- */

MQ_TEST(trace_unload, "the module unloads while its events are on, they go with it, and come back switched off",
	.no_module = true)
{
	int i, fd;

	for (i = 0; i < 3; i++) {
		MQ_EQ(mq_load(NULL), 0);
		begin("");
		fd = mq_bound("bob");
		MQ_EQ(mq_frame_send_text(fd, "bob", "x"), 0);
		close(fd);
		MQ_EQ(lines(told(), "mq_"), 3);
		MQ_EQ(mq_unload(), 0);
		MQ_ERR(access(TRACING "events/mq", F_OK), ENOENT);
		MQ_EQ(lines(told(), "mq_"), 0);
	}
	MQ_EQ(mq_load(NULL), 0);
	put("trace", "");
	close(mq_bound("bob"));
	MQ_EQ(lines(told(), "mq_"), 0);
	MQ_EQ(mq_unload(), 0);
}
