// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once, for as long as one likes: users that send, broadcast, call, serve and
 * read under every policy, by frames and by text, while others register and bind, talk, fork,
 * exec, pass descriptors and are killed, in namespaces and in a memory group that is at its
 * limit; a monitor comes and stays. All the while each mailbox's figures add up, and those of all
 * together, and those who stay keep books: what a receiver read and what its numbers skipped is
 * what it accepted, and that and what it refused is what was sent to it.
 *
 * Without the environment's MQ_SOAK it sends a bounded number of messages; with it, it goes on
 * for so many seconds (tests/soak/run).
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "group.h"
#include "storm_lib.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define MS 1000000ULL
#define MIB (1024 * 1024LL)
#define STAYING_GID 2000
#define SENDERS 4		/* s0 to s4, one of them by text */
#define BATCH 6

/* Those who keep books. They take messages from their group alone, which the victims are not in. */
enum { OVERWRITE, REJECT, BLOCK, FAIR, DEEP, OPEN, RECEIVERS };

static const struct kind {
	const char *name;
	uint32_t policy, depth, access;
} kinds[RECEIVERS] = {
	[OVERWRITE] = { "overwrite", MQ_POLICY_OVERWRITE, 8, MQ_ACCESS_GROUP },
	[REJECT] = { "reject", MQ_POLICY_REJECT, 8, MQ_ACCESS_GROUP },
	[BLOCK] = { "block", MQ_POLICY_BLOCK, 4, MQ_ACCESS_GROUP },
	[FAIR] = { "fair", MQ_POLICY_FAIR, 12, MQ_ACCESS_GROUP },
	/* The one in the memory group sends here: it has to hold more than that may. */
	[DEEP] = { "deep", MQ_POLICY_OVERWRITE, 2048, MQ_ACCESS_GROUP },
	/* Of the victims' broadcasts nobody knows how many there are. */
	[OPEN] = { "open", MQ_POLICY_OVERWRITE, 16, MQ_ACCESS_ANYONE },
};

static const struct mq_who staying[] = {
	{ .uid = 1001, .gid = STAYING_GID },
	{ .uid = 1002, .gid = STAYING_GID },
	{ .uid = 1005, .gid = STAYING_GID },
};

struct soak {
	volatile int stop, ready, limited;
	long long sent[RECEIVERS];	/* taken in by it */
	long long refused[RECEIVERS];	/* ENOBUFS or EAGAIN */
	long long broadcasts;
	long long read[RECEIVERS], lost[RECEIVERS];
	long long text_read, events, event_gaps;
	long long calls, calls_late, served, no_memory, snapshots, seen;
	volatile int bound, registered, target;
};

struct role {
	struct soak *soak;
	int number;
};

static void count(long long *figure, long long by)
{
	__atomic_fetch_add(figure, by, __ATOMIC_RELAXED);
}

static long long figure(const long long *figure)
{
	return __atomic_load_n(figure, __ATOMIC_RELAXED);
}

static void begin(struct role *role)
{
	mq_shared_add(&role->soak->ready, 1);
}

static bool has_fair(void)
{
	struct mq_info info;
	int fd = mq_dev();

	MQ_EQ(mq_ioc_info(fd, &info), 0);
	close(fd);
	return info.features & MQ_FEATURE_FAIR;
}

/* ---- those who receive frames ------------------------------------------------ */

struct receiver {
	struct soak *soak;
	int number, fd, set;
	uint64_t sequence;
	unsigned long last[SENDERS + 1];	/* by sender: its messages come in order */
	struct mq_dice dice;
};

/* However one may wait. */
static ssize_t receiver_take(struct receiver *r, void *bytes, size_t size)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	struct epoll_event event;

	switch (mq_dice_throw(&r->dice, 5)) {
	case 0:
		return mq_ioc_receive(r->fd, NULL, NULL, bytes, size, MQ_FOREVER);
	case 1:
		return mq_ioc_receive(r->fd, NULL, NULL, bytes, size, MS);
	case 2:
		MQ_EQ(poll(&p, 1, -1), 1);
		break;
	case 3:
		MQ_EQ(epoll_wait(r->set, &event, 1, -1), 1);
		break;
	default:
		break;
	}
	return mq_read(r->fd, bytes, size);
}

/* Whole, and behind what the same sender has sent before. */
static void check_proof(unsigned long *last, const char *text, size_t length)
{
	struct mq_proof proof;

	MQ_TRUE(mq_proof_parse(text, length, &proof));
	MQ_LE(proof.sender, SENDERS);
	MQ_GE(proof.number, last[proof.sender] + 1);
	last[proof.sender] = proof.number;
}

static void receiver_count(struct receiver *r, const struct mq_frame *frame)
{
	MQ_GE(frame->sequence, r->sequence + 1);
	count(&r->soak->lost[r->number], frame->sequence - r->sequence - 1);
	count(&r->soak->read[r->number], 1);
	r->sequence = frame->sequence;
}

/* False: it was the last. */
static bool receiver_check(struct receiver *r, const struct mq_frame *frame)
{
	receiver_count(r, frame);
	if (!strcmp(frame->name, "last"))
		return false;
	/* Of the victims nothing comes but to who takes it from anyone. */
	if (frame->name[0] == 's' || r->number != OPEN)
		check_proof(r->last, mq_frame_data(frame), mq_frame_data_size(frame));
	return true;
}

static bool receiver_read(struct receiver *r)
{
	static char bytes[16384] __attribute__((aligned(8)));
	size_t size = mq_dice_throw(&r->dice, 2) ? sizeof(bytes) : MQ_FRAME_ROOM, at = 0;
	ssize_t got = receiver_take(r, bytes, size);
	const struct mq_frame *frame;
	bool more = true;

	if (got == -ETIMEDOUT)
		return true;
	MQ_GE(got, 64);
	while ((frame = mq_frame_next(bytes, got, &at)))
		more &= receiver_check(r, frame);
	return more;
}

/* Nobody sends any more. */
static void receiver_books(struct receiver *r)
{
	struct mq_status status = mq_status_of(kinds[r->number].name);
	struct soak *soak = r->soak;

	MQ_EQ(status.queued, 0);
	MQ_EQ(status.accepted, r->sequence);
	MQ_EQ(status.delivered, soak->read[r->number]);
	MQ_EQ(status.overwritten, soak->lost[r->number]);
	if (r->number == OPEN)
		return;
	if ((long long)(status.accepted + status.rejected) !=
	    soak->sent[r->number] + soak->refused[r->number] + soak->broadcasts)
		MQ_FAIL("%s: %llu accepted, %llu rejected, but %lld were sent, %lld refused, %lld broadcast",
			kinds[r->number].name, (unsigned long long)status.accepted,
			(unsigned long long)status.rejected, soak->sent[r->number],
			soak->refused[r->number], soak->broadcasts);
}

/* Until who may not hold more memory has asked for it; the others may fill it, too. */
static void receiver_hold(struct soak *soak)
{
	long long seen = figure(&soak->no_memory), until = mq_now_ms() + 2000;

	while (!soak->stop && figure(&soak->no_memory) == seen && mq_now_ms() < until)
		mq_sleep_ms(1);
}

static void receiver_main(void *arg)
{
	struct role *role = arg;
	const struct kind *kind = &kinds[role->number];
	struct receiver r = { .soak = role->soak, .number = role->number };
	struct epoll_event event = { .events = EPOLLIN };
	uint32_t policy = kind->policy;

	if (policy == MQ_POLICY_FAIR && !has_fair())
		policy = MQ_POLICY_OVERWRITE;
	mq_become_who(&staying[role->number % 3]);
	r.fd = mq_bound(kind->name, .policy = policy, .depth = kind->depth,
			.access = kind->access);
	r.set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	MQ_OK(epoll_ctl(r.set, EPOLL_CTL_ADD, r.fd, &event));
	mq_dice_init(&r.dice, 100 + role->number);
	begin(role);
	while (receiver_read(&r)) {
		mq_dice_yield(&r.dice);
		if (role->number == DEEP && !mq_dice_throw(&r.dice, 50))
			receiver_hold(role->soak);
	}
	receiver_books(&r);
}

/* ---- one who receives text ---------------------------------------------------- */

static void text_main(void *arg)
{
	struct role *role = arg;
	unsigned long last[SENDERS + 1] = { 0 };
	struct mq_status status;
	char text[4096], *space;
	ssize_t got;
	int fd;

	mq_become_who(&staying[0]);
	fd = mq_dev();
	MQ_EQ(mq_cmd(fd, "/reg text"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	begin(role);
	do {
		MQ_EQ(mq_cmd(fd, "/wait"), 0);
		got = mq_read(fd, text, sizeof(text));
		MQ_GE(got, 2);
		space = memchr(text, ' ', got);
		MQ_TRUE(space);
		count(&role->soak->text_read, 1);
		if (text[0] == 's')
			check_proof(last, space + 1, text + got - space - 1);
	} while (strncmp(text, "last ", 5));
	status = mq_status_of("text");
	MQ_EQ(status.queued, 0);
	MQ_EQ(status.delivered, role->soak->text_read);
}

/* ---- those who send ------------------------------------------------------------- */

struct sender {
	struct soak *soak;
	int fd, number;
	unsigned long next;
	size_t longest;
	struct mq_dice dice;
};

/* The deep mailbox is for who has a memory limit, and for broadcasts. */
static int sender_choose(struct sender *s)
{
	int to = mq_dice_throw(&s->dice, RECEIVERS - 1);

	return to < DEEP ? to : to + 1;
}

static size_t sender_show(struct sender *s, char *text, size_t size)
{
	return mq_proof_show(text, size, s->number, ++s->next,
			     mq_dice_throw(&s->dice, s->longest));
}

/* What one frame to a receiver became. */
static void sender_count(struct sender *s, int to, long result)
{
	if (result > 0)
		count(&s->soak->sent[to], 1);
	else if (result == -ENOBUFS || result == -EAGAIN)
		count(&s->soak->refused[to], 1);
	else if (result == -ENOMEM)
		count(&s->soak->no_memory, 1);
	else
		MQ_FAIL("a send to %s is %ld", kinds[to].name, result);
}

static void sender_one(struct sender *s, int to)
{
	uint32_t flags = mq_dice_throw(&s->dice, 2) ? MQ_FRAME_DONTWAIT : 0;
	char text[4000];
	size_t size = sender_show(s, text, sizeof(text));

	sender_count(s, to, mq_frame_send(s->fd, kinds[to].name, flags, 0, text, size));
}

/* The first that fails was tried, those behind it were not. */
static void sender_batch(struct sender *s)
{
	static char bytes[BATCH * 1024] __attribute__((aligned(8)));
	int to[BATCH], wanted = 2 + mq_dice_throw(&s->dice, BATCH - 1), i;
	size_t ends[BATCH], at = 0;
	char text[512];
	ssize_t done;

	for (i = 0; i < wanted; i++) {
		size_t size = mq_proof_show(text, sizeof(text), s->number, ++s->next,
					    mq_dice_throw(&s->dice, 300));

		to[i] = i && mq_dice_throw(&s->dice, 3) ? to[i - 1] : sender_choose(s);
		at = mq_frame_push(bytes, at, kinds[to[i]].name, 0, 0, text, size);
		ends[i] = at;
	}
	done = mq_write(s->fd, bytes, at);
	for (i = 0; i < wanted && done > 0 && ends[i] <= (size_t)done; i++)
		sender_count(s, to[i], 1);
	if (i < wanted)
		sender_count(s, to[i], done < 0 ? done : -ENOBUFS);
}

static void sender_broadcast(struct sender *s)
{
	char text[4000];
	size_t size = sender_show(s, text, sizeof(text));
	ssize_t done = mq_frame_send(s->fd, "", MQ_FRAME_BROADCAST, 0, text, size);

	if (done == -ENOMEM) {
		count(&s->soak->no_memory, 1);
		return;
	}
	MQ_GE(done, 64);
	count(&s->soak->broadcasts, 1);
}

/* Now and then it does not wait long enough. */
static void sender_call(struct sender *s)
{
	uint64_t timeout = mq_dice_throw(&s->dice, 3) ? MQ_FOREVER : MS / 20;
	char text[64];
	long result;

	sprintf(text, "question %lu", ++s->next);
	result = mq_call(s->fd, "server", text, .timeout = timeout);
	if (result == -ETIMEDOUT) {
		count(&s->soak->calls_late, 1);
		return;
	}
	MQ_EQ(result, MQ_FRAME_SPACE(64 + strlen(text)));
	count(&s->soak->calls, 1);
}

/* A file of its own, bound by one and used by another who got it over a socket. */
static void sender_pass(struct sender *s)
{
	int pair[2], fd, fresh = mq_bound("");
	char text[256];
	size_t size = mq_proof_show(text, sizeof(text), s->number, ++s->next, 5);

	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	mq_file_send(pair[0], fresh);
	close(fresh);
	fd = mq_file_receive(pair[1]);
	MQ_EQ(mq_frame_send(fd, "", MQ_FRAME_BROADCAST, 0, text, size),
	      MQ_FRAME_SPACE(64 + size));
	count(&s->soak->broadcasts, 1);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

static void sender_act(struct sender *s)
{
	switch (mq_dice_throw(&s->dice, 8)) {
	case 0:
		sender_broadcast(s);
		break;
	case 1:
		sender_call(s);
		break;
	case 2:
		sender_batch(s);
		break;
	case 3:
		if (!mq_dice_throw(&s->dice, 8))
			sender_pass(s);
		break;
	default:
		sender_one(s, sender_choose(s));
	}
}

static void sender_main(void *arg)
{
	struct role *role = arg;
	struct sender s = { .soak = role->soak, .number = role->number, .longest = 600 };
	char name[8];

	mq_become_who(&staying[role->number % 3]);
	sprintf(name, "s%d", role->number);
	s.fd = mq_bound(name, .depth = 1, .access = MQ_ACCESS_GROUP);
	mq_dice_init(&s.dice, role->number + 1);
	begin(role);
	while (!role->soak->stop) {
		sender_act(&s);
		mq_dice_yield(&s.dice);
	}
}

/* By text, also to who receives text. */
static void text_sender_main(void *arg)
{
	struct role *role = arg;
	struct sender s = { .soak = role->soak, .number = role->number, .longest = 600 };
	char command[1024];
	size_t head, size;
	int to, error;

	mq_become_who(&staying[1]);
	s.fd = mq_dev();
	MQ_EQ(mq_cmdf(s.fd, "/reg s%d", role->number), 0);
	mq_dice_init(&s.dice, role->number + 1);
	begin(role);
	while (!role->soak->stop) {
		to = mq_dice_throw(&s.dice, 4) ? sender_choose(&s) : RECEIVERS;
		head = sprintf(command, "/msg %s ", to < RECEIVERS ? kinds[to].name : "text");
		size = sender_show(&s, command + head, sizeof(command) - head);
		error = mq_cmd_bytes(s.fd, command, head + size);
		if (to < RECEIVERS)
			sender_count(&s, to, error ? error : 1);
		else
			MQ_EQ(error, 0);
		mq_dice_yield(&s.dice);
	}
}

/* In a memory group whose limit is less than the deep mailbox may hold of it. */
static void poor_main(void *arg)
{
	struct role *role = arg;
	struct sender s = { .soak = role->soak, .number = role->number, .longest = 3000 };

	mq_group_enter_locked("mq-soak");
	mq_become_who(&staying[2]);
	s.fd = mq_bound("s2", .depth = 1, .access = MQ_ACCESS_GROUP);
	mq_dice_init(&s.dice, role->number + 1);
	sender_one(&s, DEEP);
	begin(role);
	/* What it takes between the look at its group's usage and the limit could be above that. */
	mq_shared_until(&role->soak->limited, 1);
	while (!role->soak->stop) {
		sender_one(&s, DEEP);
		if (!mq_dice_throw(&s.dice, 50))
			sender_broadcast(&s);
	}
}

/* ---- one who serves ------------------------------------------------------------ */

static void server_main(void *arg)
{
	struct role *role = arg;
	char answer[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	char bytes[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	const struct mq_frame *frame = (const void *)bytes;
	uint32_t size = 0;
	long got;
	int fd;

	mq_become_who(&staying[2]);
	fd = mq_bound("server", .policy = MQ_POLICY_BLOCK, .depth = 8,
		      .access = MQ_ACCESS_GROUP);
	begin(role);
	for (;;) {
		got = mq_ioc_receive(fd, answer, &size, bytes, sizeof(bytes), MQ_FOREVER);
		if (got == -ENOENT) {		/* who asked did not wait */
			size = 0;
			continue;
		}
		MQ_GE(got, 64);
		MQ_EQ(size, 0);
		if (!strcmp(frame->name, "last"))
			return;
		if (!(frame->flags & MQ_FRAME_CALL))
			continue;
		size = mq_frame_push(answer, 0, "", MQ_FRAME_REPLY, frame->cookie,
				     mq_frame_data(frame), mq_frame_data_size(frame));
		count(&role->soak->served, 1);
	}
}

/* ---- those who look on ---------------------------------------------------------- */

static void watcher_main(void *arg)
{
	struct role *role = arg;
	static char bytes[8192] __attribute__((aligned(8)));
	const struct mq_frame *frame;
	struct mq_status status;
	uint64_t sequence = 0;
	bool stopped = false;
	int fd;

	mq_become_who(&staying[1]);
	fd = mq_bound("watcher", .flags = MQ_BIND_EVENTS, .depth = 64,
		      .access = MQ_ACCESS_GROUP);
	begin(role);
	while (!stopped) {
		ssize_t got = mq_read(fd, bytes, sizeof(bytes));
		size_t at = 0;

		MQ_GE(got, 64);
		while ((frame = mq_frame_next(bytes, got, &at))) {
			MQ_GE(frame->sequence, sequence + 1);
			count(&role->soak->event_gaps, frame->sequence - sequence - 1);
			count(&role->soak->events, 1);
			sequence = frame->sequence;
			stopped |= !strcmp(frame->name, "last") && !frame->flags;
		}
	}
	/* What comes or goes after the last word is not read any more. */
	status = mq_status_of("watcher");
	MQ_EQ(status.delivered, role->soak->events);
	MQ_EQ(status.overwritten, role->soak->event_gaps);
}

/*
 * It comes when the soak is under way, for without a monitor messages take other ways, and
 * stays: the kernel patches the driver's code for its coming and going, and emulated processors
 * have been seen to run, for ever, what was there a moment before.
 */
static void monitor_main(void *arg)
{
	static char bytes[16384] __attribute__((aligned(8)));
	struct role *role = arg;
	struct soak *soak = role->soak;
	const struct mq_frame *frame;
	const struct mq_passed *passed;
	struct pollfd p = { .events = POLLIN };
	uint64_t sequence = 0;
	ssize_t got;
	size_t at;

	begin(role);
	mq_shared_until(&soak->registered, 10);
	p.fd = mq_bound_nonblock("", .flags = MQ_BIND_MONITOR, .depth = 256, .snap = 32);
	while (!soak->stop) {
		if (!MQ_OK(poll(&p, 1, 100)))
			continue;
		got = mq_read(p.fd, bytes, sizeof(bytes));
		MQ_GE(got, 64);
		for (at = 0; (frame = mq_frame_next(bytes, got, &at)); ) {
			passed = (const void *)mq_frame_data(frame);
			MQ_EQ(frame->flags, MQ_FRAME_MONITOR);
			MQ_GE(frame->sequence, sequence + 1);
			MQ_EQ(passed->size, sizeof(*passed));
			MQ_EQ(mq_frame_data_size(frame), sizeof(*passed) +
			      (passed->length < 32 ? passed->length : 32));
			sequence = frame->sequence;
			count(&soak->seen, 1);
		}
	}
}

static void snapshots_main(void *arg)
{
	static struct mq_status list[256];
	struct mq_totals totals, before = mq_totals_now();
	struct role *role = arg;
	int fd = mq_dev(), there;
	long entries, i;

	begin(role);
	while (!role->soak->stop) {
		mq_endpoints_check();
		totals = mq_totals_now();
		mq_totals_check_later(&before, &totals);
		MQ_GE(totals.names, RECEIVERS);
		before = totals;
		entries = mq_ioc_list_all(fd, list, 256);
		MQ_LE(entries, 256);
		there = 0;
		for (i = 0; i < entries; i++) {
			mq_status_check(&list[i]);
			there += list[i].name[0] != 'n';
		}
		/* Who stays is listed, once. */
		MQ_GE(there, RECEIVERS);
		mq_status_of(kinds[role->soak->snapshots % RECEIVERS].name);
		count(&role->soak->snapshots, 1);
		mq_sleep_ms(20);
	}
}

/* ---- those who come and go -------------------------------------------------------- */

static void frames_victims(void *arg)
{
	struct role *role = arg;

	mq_storm_frames_victims(&role->soak->bound, &role->soak->target, role->number);
}

static void text_victims(void *arg)
{
	struct role *role = arg;

	mq_storm_register_victims(&role->soak->registered, &role->soak->target, role->number);
}

static void frames_victims_main(void *arg)
{
	mq_become(1003, 1003);
	frames_victims(arg);
}

static void text_victims_main(void *arg)
{
	mq_become(1004, 1004);
	text_victims(arg);
}

/* Either kind, in namespaces of its own. */
static void stranger_main(void *arg)
{
	struct role *role = arg;
	pid_t pid;

	mq_become(1003, 1003);
	MQ_OK(unshare(CLONE_NEWUSER | CLONE_NEWPID));
	pid = mq_run(role->number % 2 ? frames_victims : text_victims, role);
	mq_join(pid);
}

/* ---- all of it --------------------------------------------------------------------- */

/* In the order of their beginning, and of their end: nobody misses whom he talks to. */
static const struct part {
	void (*main)(void *arg);
	int number;
} parts[] = {
	{ receiver_main, OVERWRITE }, { receiver_main, REJECT }, { receiver_main, BLOCK },
	{ receiver_main, FAIR }, { receiver_main, DEEP }, { receiver_main, OPEN },
	{ text_main, 0 }, { server_main, 0 }, { watcher_main, 0 },
#define FIRST_SENDER 9
	{ sender_main, 0 }, { sender_main, 1 }, { poor_main, 2 }, { sender_main, 3 },
	{ text_sender_main, 4 }, { snapshots_main, 0 }, { monitor_main, 0 },
};

#define PARTS ((int)(sizeof(parts) / sizeof(parts[0])))

static void (*const victims[])(void *arg) = {
	frames_victims_main, text_victims_main, stranger_main, stranger_main
};

#define VICTIMS ((int)(sizeof(victims) / sizeof(victims[0])))

static long long sum(const long long *figures)
{
	long long all = 0;
	int i;

	for (i = 0; i < RECEIVERS; i++)
		all += figure(&figures[i]);
	return all;
}

static void show(const struct soak *soak, long seconds)
{
	printf("# soak: %ld s, %lld sent, %lld refused, %lld broadcasts, %lld read, %lld lost, %lld read as text, %lld calls, %lld not waited for, %lld events, %lld events lost, %d files bound, %d processes registered, %lld times no memory, %lld seen by a monitor, %lld snapshots\n",
	       seconds, sum(soak->sent), sum(soak->refused), figure(&soak->broadcasts),
	       sum(soak->read), sum(soak->lost), figure(&soak->text_read),
	       figure(&soak->calls), figure(&soak->calls_late), figure(&soak->events),
	       figure(&soak->event_gaps), soak->bound, soak->registered,
	       figure(&soak->no_memory), figure(&soak->seen), figure(&soak->snapshots));
	fflush(stdout);
}

static bool is_over(const struct soak *soak, long long began)
{
	const char *seconds = getenv("MQ_SOAK");

	if (seconds)
		return mq_now_ms() - began >= atol(seconds) * 1000LL;
	return sum(soak->sent) >= mq_storm_count(3000) && soak->bound > 20 &&
	       soak->registered > 20 && figure(&soak->snapshots) > 5 &&
	       figure(&soak->no_memory) && figure(&soak->calls) &&
	       figure(&soak->seen) && figure(&soak->lost[OVERWRITE]);
}

/* Children that nobody waits for come here; one of ours must not end yet. */
static void reap(const pid_t *pids, int number)
{
	pid_t pid;
	int i;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (i = 0; i < number; i++)
			if (pids[i] == pid)
				MQ_FAIL("part %d has ended too early", i);
}

static void say_last(struct soak *soak)
{
	static const char *const others[] = { "text", "server", "watcher" };
	int fd = mq_bound("last"), i, error;

	for (i = 0; i < RECEIVERS; i++) {
		/* Counted as the others are, and before: who gets it looks into the books. */
		count(&soak->sent[i], 1);
		while ((error = mq_frame_send_text(fd, kinds[i].name, "last"))) {
			MQ_EQ(error, -ENOBUFS);
			count(&soak->refused[i], 1);
			sched_yield();
		}
	}
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_frame_send_text(fd, others[i], "last"), 0);
	close(fd);
}

static void soak_run(struct soak *soak, struct role *roles, pid_t *pids)
{
	long long began = mq_now_ms(), shown = began;
	int i;

	for (i = 0; i < PARTS; i++) {
		roles[i] = (struct role){ soak, parts[i].number };
		pids[i] = mq_run(parts[i].main, &roles[i]);
		mq_shared_until(&soak->ready, i + 1);
	}
	mq_group_limit("mq-soak", mq_group_usage("mq-soak") + MIB);
	soak->limited = 1;
	for (; i < PARTS + VICTIMS; i++) {
		roles[i] = (struct role){ soak, i };
		pids[i] = mq_run(victims[i - PARTS], &roles[i]);
	}
	while (!is_over(soak, began)) {
		reap(pids, PARTS + VICTIMS);
		mq_sleep_ms(50);
		if (mq_now_ms() - shown >= 5000) {
			shown = mq_now_ms();
			show(soak, (shown - began) / 1000);
		}
	}
	soak->target = 0;
	for (i = PARTS; i < PARTS + VICTIMS; i++)
		mq_join(pids[i]);
	mq_in_flight_collect();
	soak->stop = 1;
	for (i = FIRST_SENDER; i < PARTS; i++)
		mq_join(pids[i]);
	say_last(soak);
	for (i = 0; i < FIRST_SENDER; i++)
		mq_join(pids[i]);
	show(soak, (mq_now_ms() - began) / 1000);
}

MQ_TEST(soak, "all at once: every way to send and receive, by several users, under a monitor, while others die, at a memory limit: each mailbox's books are right, and nothing is left",
	.params = "QUEUE_LEN=2048 FAIR=1", .timeout = 300, .open_to_all = true)
{
	struct soak *soak = mq_shared(sizeof(*soak));
	struct role roles[PARTS + VICTIMS];
	pid_t pids[PARTS + VICTIMS];

	mq_group_new("mq-soak");
	soak->target = 1 << 30;
	soak_run(soak, roles, pids);
	/* All that may happen did: else it proves less than it says. */
	MQ_GE(soak->no_memory, 1);
	MQ_GE(soak->calls, 1);
	MQ_GE(soak->seen, 1);
	MQ_GE(soak->lost[OVERWRITE] + soak->lost[FAIR], 1);
	mq_group_check_nobody_killed("mq-soak");
	while (waitpid(-1, NULL, 0) > 0)
		;
	mq_endpoints_until_none();
	mq_group_limit("mq-soak", 1LL << 40);
	mq_group_free("mq-soak");
}
