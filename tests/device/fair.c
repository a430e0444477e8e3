// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fair policy: when the mailbox is full, the user who would hold the most of it, the new
 * message counted, loses his oldest; of several who hold as many, the one whose message is the
 * oldest of the mailbox.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "space.h"
#include "storm_lib.h"

#define USERS 5
#define UID(number) (1001 + (number))

/* A sender of each user; he need not have a name. */
static struct mq_peer *senders[USERS];

static void senders_start(int count)
{
	int i;

	for (i = 0; i < count; i++) {
		senders[i] = mq_peer_start_as(UID(i), UID(i));
		MQ_EQ(mq_peer_bind(senders[i], ""), 0);
	}
}

struct load {
	char to[MQ_NAME_SIZE];
	int user, first, count;
};

/* Texts are "USER NUMBER". */
static long obey_send(int fd, long arg)
{
	const struct load *load = (const struct load *)arg;
	char text[32];
	int i;

	for (i = 0; i < load->count; i++) {
		snprintf(text, sizeof(text), "%d %d", load->user, load->first + i);
		MQ_EQ(mq_frame_send_text(fd, load->to, text), 0);
	}
	return 0;
}

static int next_number[USERS];

static void sends_to(const char *to, int user, int count)
{
	struct load *load = mq_peer_memory(senders[user]);

	*load = (struct load){ .user = user, .first = next_number[user], .count = count };
	strcpy(load->to, to);
	next_number[user] += count;
	MQ_EQ(mq_peer_do(senders[user], obey_send, (long)load), 0);
}

static void sends(int user, int count)
{
	sends_to("box", user, count);
}

/* The next message is this user's of that number; the value is its place in the sequence. */
static long long reads(int fd, int user, int number)
{
	const struct mq_frame *frame;
	char text[32];

	snprintf(text, sizeof(text), "%d %d", user, number);
	frame = MQ_FRAME_READS(fd, "", text);
	MQ_EQ(frame->uid, UID(user));
	return frame->sequence;
}

#define MQ_FAIR_COUNTS(name, lost, kept, waiting) do {			\
	struct mq_status mq_s_ = mq_status_of(name);			\
	MQ_EQ(mq_s_.policy, MQ_POLICY_FAIR);				\
	MQ_EQ(mq_s_.overwritten, lost);					\
	MQ_EQ(mq_s_.spared, kept);					\
	MQ_EQ(mq_s_.queued, waiting);					\
} while (0)

/* ---- the rule ---------------------------------------------------------------- */

MQ_TEST(fair_noisy, "who floods a fair mailbox loses his own oldest messages; another user's few stay, and the gaps are exactly what was lost",
	.open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 8), i;

	senders_start(2);
	sends(0, 2);
	sends(1, 100);
	MQ_FAIR_COUNTS("box", 94, 94, 8);
	MQ_EQ(reads(box, 0, 0), 1);
	MQ_EQ(reads(box, 0, 1), 2);
	for (i = 94; i < 100; i++)
		MQ_EQ(reads(box, 1, i), 3 + i);
	MQ_FRAME_EMPTY(box);
}

MQ_TEST(fair_alone, "for one user alone it is the classic policy: his oldest goes, and nobody was spared",
	.open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 5), i;

	senders_start(1);
	sends(0, 23);
	MQ_FAIR_COUNTS("box", 18, 0, 5);
	for (i = 18; i < 23; i++)
		MQ_EQ(reads(box, 0, i), i + 1);
	MQ_FRAME_EMPTY(box);
}

MQ_TEST(fair_share, "nobody loses below an equal share: depth / users who have messages there", .open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 11), i;

	senders_start(3);
	sends(0, 3);
	sends(1, 3);
	sends(2, 500);
	MQ_FAIR_COUNTS("box", 495, 495, 11);
	for (i = 0; i < 3; i++)
		MQ_EQ(reads(box, 0, i), 1 + i);
	for (i = 0; i < 3; i++)
		MQ_EQ(reads(box, 1, i), 4 + i);
	for (i = 495; i < 500; i++)
		MQ_EQ(reads(box, 2, i), 7 + i);
	MQ_FRAME_EMPTY(box);
}

MQ_TEST(fair_above_share, "above it he does lose: who filled the mailbox makes room for a latecomer, down to equal parts",
	.open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 10), i;

	senders_start(2);
	sends(0, 10);
	sends(1, 5);
	MQ_FAIR_COUNTS("box", 5, 0, 10);
	/* From here on each takes his own place. */
	sends(1, 3);
	sends(0, 4);
	MQ_FAIR_COUNTS("box", 12, 3, 10);
	MQ_EQ(reads(box, 0, 9), 10);
	for (i = 3; i < 8; i++)
		MQ_EQ(reads(box, 1, i), 11 + i);
	for (i = 10; i < 14; i++)
		MQ_EQ(reads(box, 0, i), 9 + i);
	MQ_FRAME_EMPTY(box);
}

MQ_TEST(fair_more_users, "more users than places: each has at most one message there, and the oldest gives way",
	.open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 2);

	senders_start(4);
	sends(0, 1);
	sends(1, 1);
	sends(2, 1);
	sends(3, 1);
	MQ_FAIR_COUNTS("box", 2, 0, 2);
	sends(3, 50);
	MQ_FAIR_COUNTS("box", 52, 50, 2);
	sends(2, 1);
	MQ_FAIR_COUNTS("box", 53, 50, 2);
	MQ_EQ(reads(box, 3, 50), 54);
	MQ_EQ(reads(box, 2, 1), 55);
	MQ_FRAME_EMPTY(box);
}

MQ_TEST(fair_one_place, "a mailbox of one message holds the newest, whoever sent it", .open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 1), i;

	senders_start(3);
	for (i = 0; i < 12; i++)
		sends(i % 3, 1);
	MQ_FAIR_COUNTS("box", 11, 0, 1);
	MQ_EQ(reads(box, 2, 3), 12);
	MQ_FRAME_EMPTY(box);
}

/* ---- many steps, beside a model ------------------------------------------------ */

struct model {
	int depth, count;
	int user[64], number[64];
	long long sequence[64], last, spared, overwritten, delivered;
};

static int model_victim(const struct model *m)
{
	int held[USERS] = { 0 }, most = 0, i;

	for (i = 0; i < m->count; i++)
		held[m->user[i]]++;
	for (i = 0; i < USERS; i++)
		most = held[i] > most ? held[i] : most;
	for (i = 0; held[m->user[i]] < most; i++)
		;
	return i;
}

static void model_drop(struct model *m, int at)
{
	m->count--;
	memmove(m->user + at, m->user + at + 1, (m->count - at) * sizeof(int));
	memmove(m->number + at, m->number + at + 1, (m->count - at) * sizeof(int));
	memmove(m->sequence + at, m->sequence + at + 1, (m->count - at) * sizeof(long long));
}

/* The new one counts, and is the last that could be chosen. */
static void model_push(struct model *m, int user, int number)
{
	int victim;

	m->user[m->count] = user;
	m->number[m->count] = number;
	m->sequence[m->count++] = ++m->last;
	if (m->count <= m->depth)
		return;
	victim = model_victim(m);
	m->overwritten++;
	m->spared += victim > 0;
	model_drop(m, victim);
}

static void model_read(struct model *m, int fd)
{
	if (!m->count) {
		MQ_FRAME_EMPTY(fd);
		return;
	}
	MQ_EQ(reads(fd, m->user[0], m->number[0]), m->sequence[0]);
	m->delivered++;
	model_drop(m, 0);
}

static void model_step(struct model *m, int fd, struct mq_dice *dice)
{
	/* One of them is noisier than the others. */
	int user = mq_dice_throw(dice, 3) ? 0 : (int)mq_dice_throw(dice, USERS);
	int count = 1 + mq_dice_throw(dice, 1 + m->depth / 2), i;

	if (!mq_dice_throw(dice, 4)) {
		for (i = 0; i < count; i++)
			model_read(m, fd);
		return;
	}
	for (i = 0; i < count; i++)
		model_push(m, user, next_number[user] + i);
	sends(user, count);
}

static void model_check(const struct model *m)
{
	struct mq_status s = mq_status_of("box");

	MQ_EQ(s.queued, m->count);
	MQ_EQ(s.accepted, m->last);
	MQ_EQ(s.delivered, m->delivered);
	MQ_EQ(s.overwritten, m->overwritten);
	MQ_EQ(s.spared, m->spared);
}

MQ_TEST(fair_model, "thousands of messages of five users at random: each read and each count is what the rule says",
	.open_to_all = true, .timeout = 180)
{
	static const int depths[] = { 1, 2, 3, 4, 7, 16, 33 };
	long steps = mq_storm_count(700), step;
	struct mq_dice dice;
	size_t i;
	int fd;

	senders_start(USERS);
	for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		struct model m = { .depth = depths[i] };

		mq_dice_init(&dice, 100 + i);
		fd = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = depths[i]);
		for (step = 0; step < steps; step++) {
			model_step(&m, fd, &dice);
			if (step % 16 == 0)
				model_check(&m);
		}
		while (m.count)
			model_read(&m, fd);
		MQ_FRAME_EMPTY(fd);
		model_check(&m);
		close(fd);
	}
}

/* ---- who is a user ---------------------------------------------------------------- */

MQ_TEST(fair_per_user, "it is the user that counts, not the endpoint and not the process", .open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 4), i;
	struct mq_peer *others[3];

	senders_start(2);
	sends(0, 2);
	for (i = 0; i < 3; i++) {
		others[i] = mq_peer_start_as(UID(1), UID(0));
		MQ_EQ(mq_peer_bind(others[i], ""), 0);
		MQ_EQ(mq_peer_frame_send_text(others[i], "box", "of three processes"), 0);
	}
	MQ_FAIR_COUNTS("box", 1, 1, 4);
	reads(box, 0, 0);
	reads(box, 0, 1);
	MQ_FRAME_READS(box, "", "of three processes");
	MQ_EQ(MQ_FRAME_READS(box, "", "of three processes")->uid, UID(1));
}

MQ_TEST(fair_namespace, "the sub-uids of one user are one user", .open_to_all = true)
{
	static const struct mq_space_user maker = {
		.uid = UID(1), .gid = UID(1),
		.uids = "0 1002 1\n1 100001 1000\n", .gids = "0 1002 1\n1 100001 1000\n",
	};
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 4), i;
	struct mq_peer *subs[4];

	senders_start(1);
	sends(0, 2);
	for (i = 0; i < 4; i++) {
		subs[i] = mq_space_peer_as(&maker, i);
		MQ_EQ(mq_peer_bind(subs[i], ""), 0);
		MQ_EQ(mq_peer_frame_send_text(subs[i], "box", "from below"), 0);
	}
	MQ_FAIR_COUNTS("box", 2, 2, 4);
	reads(box, 0, 0);
	reads(box, 0, 1);
	MQ_EQ(MQ_FRAME_READS(box, "", "from below")->uid, 100002);
	MQ_EQ(MQ_FRAME_READS(box, "", "from below")->uid, 100003);
}

MQ_TEST(fair_sender_gone, "messages count for their user also when he has gone", .open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 4);

	senders_start(2);
	sends(0, 4);
	mq_peer_kill(senders[0], SIGKILL);
	sends(1, 2);
	MQ_FAIR_COUNTS("box", 2, 0, 4);
	sends(1, 5);
	MQ_FAIR_COUNTS("box", 7, 5, 4);
	reads(box, 0, 2);
	reads(box, 0, 3);
	reads(box, 1, 5);
	reads(box, 1, 6);
}

/* ---- every way in ------------------------------------------------------------------- */

static long obey_run(int fd, long arg)
{
	char bytes[40 * 72] __attribute__((aligned(8)));
	size_t at = 0;
	int i;

	(void)arg;
	for (i = 0; i < 40; i++)
		at = mq_frame_push_text(bytes, at, "box", "in a run");
	return mq_write(fd, bytes, at) == (ssize_t)at ? 0 : -EIO;
}

MQ_TEST(fair_ways_in, "runs of frames, broadcasts and text count for their sender as single frames do",
	.open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 6), i;
	struct mq_peer *text = mq_peer_start_as(UID(2), UID(2));

	senders_start(2);
	MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
	sends(0, 2);
	MQ_EQ(mq_peer_do(senders[1], obey_run, 0), 0);
	MQ_FAIR_COUNTS("box", 36, 36, 6);
	for (i = 0; i < 9; i++)
		MQ_EQ(mq_peer_frame_send_flags(senders[1], "", MQ_FRAME_BROADCAST, "to all"), 0);
	MQ_FAIR_COUNTS("box", 45, 45, 6);
	for (i = 0; i < 9; i++)
		MQ_EQ(mq_peer_cmd(text, "/all of text"), 0);
	for (i = 0; i < 9; i++)
		MQ_EQ(mq_peer_cmd(text, "/msg box text"), 0);
	MQ_FAIR_COUNTS("box", 63, 63, 6);
	reads(box, 0, 0);
	reads(box, 0, 1);
	for (i = 0; i < 2; i++)
		MQ_FRAME_READS_FLAGS(box, "", MQ_FRAME_BROADCAST, "to all");
	for (i = 0; i < 2; i++)
		MQ_FRAME_READS(box, "text", "text");
}

MQ_TEST(fair_calls, "a request that is overwritten ends its call with ENOBUFS; somebody else's is spared and answered",
	.open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 3);
	int own = mq_bound("own");
	struct mq_caller *call = mq_call_begin(own, "box", "keep me");
	uint64_t cookie;

	senders_start(1);
	sends(0, 30);
	cookie = MQ_CALL_RECEIVES(box, "own", "keep me");
	MQ_EQ(mq_frame_reply(box, cookie, "kept"), 0);
	MQ_CALL_GETS(call, "box", "kept");
	MQ_FAIR_COUNTS("box", 28, 28, 2);

	/* Two of root's and one of the other's: root's own second one drives out his first. */
	reads(box, 0, 28);
	call = mq_call_begin(own, "box", "mine");
	MQ_EQ(mq_frame_send_text(own, "box", "second"), 0);
	MQ_EQ(mq_frame_send_text(own, "box", "third"), 0);
	MQ_EQ(mq_call_end(call), -ENOBUFS);
	reads(box, 0, 29);
	MQ_FRAME_READS(box, "own", "second");
	MQ_FRAME_READS(box, "own", "third");
}

static long comes_and_goes(int fd, long count)
{
	(void)fd;
	while (count--)
		close(mq_bound("restless"));
	return 0;
}

MQ_TEST(fair_events, "an event counts for whom it tells of: who comes and goes all the time drives out nobody's messages but his own",
	.open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 5, .flags = MQ_BIND_EVENTS);
	int i;

	senders_start(2);
	sends(0, 2);
	MQ_EQ(mq_peer_do(senders[1], comes_and_goes, 50), 0);
	MQ_FAIR_COUNTS("box", 97, 97, 5);
	MQ_EQ(reads(box, 0, 0), 1);
	MQ_EQ(reads(box, 0, 1), 2);
	for (i = 0; i < 3; i++) {
		struct mq_frame f;

		MQ_EQ(mq_read(box, &f, sizeof(f)), 64);
		MQ_EQ(f.flags, MQ_FRAME_EVENT | (i & 1 ? MQ_FRAME_COME : MQ_FRAME_GONE));
		MQ_TRUE(!strcmp(f.name, "restless"));
		MQ_EQ(f.uid, UID(1));
		MQ_EQ(f.sequence, 100 + i);
	}
	MQ_FRAME_EMPTY(box);
}

MQ_TEST(fair_staged, "what is being read takes no place, counts for nobody and is not lost", .open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 4), i;

	senders_start(2);
	sends(0, 4);
	/* A fault: the one that there was room for stays staged. */
	MQ_EQ(mq_read(box, (void *)8, 72), -EFAULT);
	sends(1, 40);
	MQ_FAIR_COUNTS("box", 39, 38, 5);
	MQ_EQ(reads(box, 0, 0), 1);
	MQ_EQ(reads(box, 0, 2), 3);
	MQ_EQ(reads(box, 0, 3), 4);
	for (i = 38; i < 40; i++)
		MQ_EQ(reads(box, 1, i), 5 + i);
	MQ_FRAME_EMPTY(box);
}

/* ---- chosen ----------------------------------------------------------------------------- */

MQ_TEST(fair_chosen, "a mailbox is fair because bind said so; else it is as before, also beside a fair one",
	.open_to_all = true)
{
	int plain = mq_bound("plain", .depth = 4), i;

	mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 4);
	senders_start(2);
	sends_to("plain", 0, 2);
	sends_to("plain", 1, 9);
	MQ_EQ(mq_status_of("plain").policy, MQ_POLICY_OVERWRITE);
	MQ_EQ(mq_status_of("plain").spared, 0);
	MQ_EQ(mq_status_of("plain").overwritten, 7);
	for (i = 5; i < 9; i++)
		MQ_EQ(reads(plain, 1, i), 3 + i);
}

static void fill_process(struct mq_peer *reader)
{
	struct mq_peer *quiet = mq_peer_start_as(UID(0), UID(0));
	struct mq_peer *noisy = mq_peer_start_as(UID(1), UID(1));
	int i;

	MQ_EQ(mq_peer_cmd(reader, "/reg reader"), 0);
	MQ_EQ(mq_peer_cmd(quiet, "/reg quiet"), 0);
	MQ_EQ(mq_peer_cmd(noisy, "/reg noisy"), 0);
	MQ_EQ(mq_peer_cmd(quiet, "/msg reader help"), 0);
	for (i = 0; i < 20; i++)
		MQ_EQ(mq_peer_cmdf(noisy, "/msg reader noise %d", i), 0);
}

MQ_TEST(fair_processes, "FAIR=1: the mailboxes of processes are fair, and INFO says so; bound ones are what bind said",
	.params = "FAIR=1 QUEUE_LEN=4", .open_to_all = true)
{
	struct mq_peer *reader = mq_peer_start();
	struct mq_info info;
	int fd = mq_dev();

	MQ_EQ(mq_ioc_info(fd, &info), 0);
	MQ_TRUE(info.features & MQ_FEATURE_FAIR);
	MQ_EQ(info.fair_depth_max, MQ_FAIR_DEPTH_MAX);
	fill_process(reader);
	MQ_FAIR_COUNTS("reader", 17, 17, 4);
	MQ_PEER_READS(reader, "help");
	MQ_PEER_READS(reader, "noise 17");
	mq_bound("plain");
	MQ_EQ(mq_status_of("plain").policy, MQ_POLICY_OVERWRITE);
}

MQ_TEST(fair_processes_off, "without FAIR=1 they overwrite the oldest, whoever sent it", .params = "QUEUE_LEN=4",
	.open_to_all = true)
{
	struct mq_peer *reader = mq_peer_start();
	struct mq_info info;
	int fd = mq_dev();

	MQ_EQ(mq_ioc_info(fd, &info), 0);
	MQ_TRUE(!(info.features & MQ_FEATURE_FAIR));
	MQ_EQ(info.fair_depth_max, MQ_FAIR_DEPTH_MAX);
	fill_process(reader);
	MQ_PEER_READS(reader, "noise 16");
	MQ_EQ(mq_status_of("reader").policy, MQ_POLICY_OVERWRITE);
	MQ_EQ(mq_status_of("reader").spared, 0);
}

MQ_TEST(fair_depth, "a fair mailbox holds 4096 messages at most: more is EINVAL, also for root; and its last place works",
	.params = "QUEUE_LEN=5000", .open_to_all = true, .timeout = 120)
{
	int box;

	MQ_EQ(mq_bind(mq_dev(), "box", .policy = MQ_POLICY_FAIR, .depth = 4097), -EINVAL);
	MQ_EQ(mq_bind(mq_dev(), "box", .policy = MQ_POLICY_FAIR, .depth = 65536), -EINVAL);
	/* 0 means QUEUE_LEN. */
	MQ_EQ(mq_bind(mq_dev(), "box", .policy = MQ_POLICY_FAIR), -EINVAL);
	MQ_EQ(mq_bind(mq_dev(), "other", .depth = 5000), 0);
	box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 4096);
	senders_start(2);
	sends(0, 1);
	sends(1, 4195);
	MQ_FAIR_COUNTS("box", 100, 100, 4096);
	MQ_EQ(reads(box, 0, 0), 1);
	MQ_EQ(reads(box, 1, 100), 102);
}

MQ_TEST(fair_depth_load, "FAIR=1 with a QUEUE_LEN over 4096: the load fails; FAIR is 0 or 1",
	.no_module = true)
{
	MQ_EQ(mq_load("FAIR=1 QUEUE_LEN=4097"), -EINVAL);
	MQ_EQ(mq_load("FAIR=2"), -EINVAL);
	MQ_EQ(mq_load("FAIR=0 QUEUE_LEN=4097"), 0);
	MQ_EQ(mq_unload(), 0);
	MQ_EQ(mq_load("FAIR=1 QUEUE_LEN=4096"), 0);
	MQ_EQ(mq_unload(), 0);
}

MQ_TEST(fair_shown, "what was spared stands in the last column of debugfs", .open_to_all = true)
{
	int box = mq_bound("box", .policy = MQ_POLICY_FAIR, .depth = 2);
	char line[512], *last;
	FILE *file;

	senders_start(2);
	sends(0, 1);
	sends(1, 8);
	MQ_EQ(mq_status_of("box").spared, 7);
	file = fopen(MQ_ENDPOINTS, "re");
	MQ_TRUE(file && fgets(line, sizeof(line), file));
	last = strrchr(line, ' ');
	MQ_TRUE(last && !strcmp(last, " SPARED\n"));
	MQ_TRUE(fgets(line, sizeof(line), file) && !strncmp(line, "box ", 4));
	last = strrchr(line, ' ');
	MQ_TRUE(last && !strcmp(last, " 7\n"));
	fclose(file);
	close(box);
}

/* ---- at once, on two processors ------------------------------------------------------------- */

#define NOISY 3
#define QUIET 3

struct fray {
	volatile int sent, stop;
};

static void makes_noise(void *arg)
{
	struct fray *fray = arg;
	int fd;

	mq_become(UID(0), UID(0));
	fd = mq_bound("");
	while (!fray->stop)
		MQ_EQ(mq_frame_send_text(fd, "box", "noise"), 0);
}

static void says_little(int user, struct fray *fray)
{
	int fd, i;

	mq_become(UID(user), UID(user));
	fd = mq_bound("");
	for (i = 0; i < 4; i++)
		MQ_EQ(mq_frame_send_text(fd, "box", "quiet"), 0);
	mq_shared_add(&fray->sent, 1);
}

MQ_TEST(fair_fray, "while several processes of one user flood at full speed, nobody else loses what is within his share",
	.open_to_all = true, .timeout = 180)
{
	long rounds = mq_storm_count(60), r;
	struct fray *fray = mq_shared(sizeof(*fray));
	int box = mq_bound_nonblock("box", .policy = MQ_POLICY_FAIR, .depth = 16);
	pid_t noisy[NOISY], quiet;
	int i, u, got;

	for (i = 0; i < NOISY; i++)
		noisy[i] = mq_run(makes_noise, fray);
	for (r = 0; r < rounds; r++) {
		for (u = 1; u <= QUIET; u++) {
			quiet = mq_fork();
			if (!quiet) {
				says_little(u, fray);
				_exit(0);
			}
			mq_join(quiet);
		}
		/* Four users, sixteen places: four each. */
		for (got = 0; got < 4 * QUIET;) {
			char bytes[128] __attribute__((aligned(8)));
			struct mq_frame *f = (struct mq_frame *)bytes;

			MQ_EQ(mq_read(box, bytes, 72), 72);
			if (f->uid == UID(0))
				continue;
			MQ_EQ(f->uid, UID(1 + got / 4));
			got++;
		}
	}
	fray->stop = 1;
	for (i = 0; i < NOISY; i++)
		mq_join(noisy[i]);
	MQ_GE(mq_status_of("box").spared, 1);
}
