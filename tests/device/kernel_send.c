// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other drivers send, by <linux/mq_kernel.h>: tests/kernel/mq_kernel_test.c does as it is told
 * here, and examples/kernel/mq_sample.c as it says itself.
 *
 * Copyright (C) the mq authors
 */
#include "fault_lib.h"
#include "space.h"
#include "storm_lib.h"

#include <dirent.h>
#include <sched.h>

#define MODULE "mq_kernel_test"
#define SAMPLE "mq_sample"
#define ALICE 1001

/* ---- the module ------------------------------------------------------------- */

/* 0 or -errno */
static int parameter_write(const char *module, const char *name, const char *value)
{
	char path[128];
	int fd, result = 0;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	fd = MQ_OK(open(path, O_WRONLY | O_CLOEXEC));
	if (write(fd, value, strlen(value)) < 0)
		result = -errno;
	close(fd);
	return result;
}

/* CONTEXT COUNT DEST TEXT: what the first send that failed returned, or 0. */
static int run(const char *command)
{
	return parameter_write(MODULE, "run", command);
}

struct counts {
	int running;
	long long queued, accepted, sent, nobody, refused, full;
};

static struct counts counts_now(void)
{
	struct counts c;
	FILE *file = fopen("/sys/module/" MODULE "/parameters/status", "re");

	MQ_TRUE(file);
	MQ_EQ(fscanf(file, "%d %lld %lld %lld %lld %lld %lld", &c.running, &c.queued,
		     &c.accepted, &c.sent, &c.nobody, &c.refused, &c.full), 7);
	fclose(file);
	MQ_EQ(c.accepted, c.sent + c.nobody + c.refused + c.queued);
	return c;
}

/* When all that was accepted has been passed on. */
static struct counts settled(void)
{
	struct counts c;

	while ((c = counts_now()).queued || c.running)
		mq_sleep_ms(1);
	return c;
}

static void counts_are(long long sent, long long nobody, long long refused, long long full)
{
	struct counts c = settled();

	MQ_EQ(c.sent, sent);
	MQ_EQ(c.nobody, nobody);
	MQ_EQ(c.refused, refused);
	MQ_EQ(c.full, full);
}

/* Until all slots have memory again, and as many go at once as there are. */
static void slots_are_free(int slots)
{
	char command[64];

	snprintf(command, sizeof(command), "stopped %d nobody x", slots);
	while (run(command))
		mq_sleep_ms(1);
	settled();
}

/* ---- making a sender ---------------------------------------------------------- */

static const struct {
	const char *params;
	int error;
} makings[] = {
	{ "name=test", -EINVAL },
	{ "name=", -EINVAL },
	{ "name=.a@b", -EINVAL },
	{ "name=.2345678901234567890123", 0 },
	{ "name=.23456789012345678901234", -EINVAL },
	{ "name=.", 0 },
	{ "slots=0", -EINVAL },
	{ "slots=1", 0 },
	{ "slots=4096 size=1", 0 },
	{ "slots=4097 size=1", -EINVAL },
	{ "slots=1 size=0", -EINVAL },
	{ "slots=1 size=512", 0 },
	{ "slots=1 size=513", -EMSGSIZE },
};

MQ_TEST(kernel_making, "a sender's name begins with '.' and is one; slots 1 to 4096; size 1 to CMD_BUF_SIZE",
	.params = "CMD_BUF_SIZE=512")
{
	size_t i;

	for (i = 0; i < sizeof(makings) / sizeof(*makings); i++) {
		int error = mq_load_beside(MODULE, makings[i].params);

		if (error != makings[i].error)
			MQ_FAIL("%s: %d, should be %d", makings[i].params, error,
				makings[i].error);
		MQ_EQ(mq_unload_beside(MODULE), error ? -ENOENT : 0);
	}
}

/* ---- sending -------------------------------------------------------------------- */

static const char *const contexts[] = { "process", "locked", "stopped", "softirq", "hard" };
#define CONTEXTS 5

MQ_TEST(kernel_contexts, "from a process, with a lock held, with interrupts off, in a softirq, in a hard interrupt: it arrives")
{
	int text = mq_dev(), bob = mq_bound("bob");
	const struct mq_frame *frame;
	char command[64];
	uint64_t before;
	int i;

	MQ_EQ(mq_load_beside(MODULE, NULL), 0);
	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	for (i = 0; i < CONTEXTS; i++) {
		before = mq_now_ns();
		snprintf(command, sizeof(command), "%s 1 bob from %s", contexts[i], contexts[i]);
		MQ_EQ(run(command), 0);
		settled();
		frame = MQ_FRAME_READS(bob, ".test", strstr(command, "from "));
		MQ_EQ(frame->pid, 0);
		MQ_EQ(frame->uid, 0);
		MQ_EQ(frame->cookie, 0);
		MQ_EQ(frame->sequence, i + 1);
		MQ_TRUE(frame->time >= before && frame->time <= mq_now_ns());

		snprintf(command, sizeof(command), "%s 1 text from %s", contexts[i], contexts[i]);
		MQ_EQ(run(command), 0);
		settled();
		MQ_READS(text, strstr(command, "from "));
	}
	MQ_EQ(mq_cmd(text, "/from on"), 0);
	MQ_EQ(run("hard 1 text who?"), 0);
	settled();
	MQ_READS(text, ".test who?");
	counts_are(2 * CONTEXTS + 1, 0, 0, 0);
}

MQ_TEST(kernel_broadcast, "a broadcast reaches all named endpoints, from each context")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), text = mq_dev(), i;
	char command[64];

	MQ_EQ(mq_load_beside(MODULE, NULL), 0);
	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	for (i = 0; i < CONTEXTS; i++) {
		snprintf(command, sizeof(command), "%s 1 * to all", contexts[i]);
		MQ_EQ(run(command), 0);
		settled();
		MQ_FRAME_READS_FLAGS(alice, ".test", MQ_FRAME_BROADCAST, "to all");
		MQ_FRAME_READS_FLAGS(bob, ".test", MQ_FRAME_BROADCAST, "to all");
		MQ_READS(text, "to all");
	}
	/* What is no broadcast behind one is none. */
	MQ_EQ(run("hard 1 bob to one"), 0);
	settled();
	MQ_FRAME_READS(bob, ".test", "to one");
	counts_are(CONTEXTS + 1, 0, 0, 0);
}

MQ_TEST(kernel_errors, "no bytes and no possible name: EINVAL; more than the size: EMSGSIZE; neither is counted")
{
	int bob = mq_bound("bob");

	MQ_EQ(mq_load_beside(MODULE, "size=8"), 0);
	MQ_EQ(run("hard 1 bob "), -EINVAL);
	MQ_EQ(run("hard 1 * "), -EINVAL);
	MQ_EQ(run("hard 1  x"), -EINVAL);
	MQ_EQ(run("hard 1 b@b x"), -EINVAL);
	MQ_EQ(run("hard 1 123456789012345678901234 x"), -EINVAL);
	MQ_EQ(run("hard 1 bob 123456789"), -EMSGSIZE);
	MQ_EQ(run("hard 1 * 123456789"), -EMSGSIZE);
	counts_are(0, 0, 0, 0);
	MQ_FRAME_EMPTY(bob);
	MQ_EQ(run("hard 1 bob 12345678"), 0);
	MQ_EQ(run("hard 1 bob 1"), 0);
	counts_are(2, 0, 0, 0);
	MQ_FRAME_READS(bob, ".test", "12345678");
	MQ_FRAME_READS(bob, ".test", "1");
}

MQ_TEST(kernel_full, "as many as there are slots are accepted, and arrive; the next is ENOBUFS, counted, and changes nothing")
{
	struct counts before, after;
	int i;

	mq_bound("bob");
	MQ_EQ(mq_load_beside(MODULE, "slots=5"), 0);
	for (i = 1; i <= 3; i++) {
		slots_are_free(5);
		before = counts_now();
		MQ_EQ(run("stopped 7 bob x"), -ENOBUFS);
		after = settled();
		MQ_EQ(after.sent, before.sent + 5);
		MQ_EQ(after.accepted, before.accepted + 5);
		MQ_EQ(after.full, before.full + 2);
		MQ_EQ(mq_status_of("bob").accepted, 5 * i);
	}
}

MQ_TEST(kernel_counted, "what becomes of a message is counted: sent, nobody there, refused by a full mailbox that rejects or blocks")
{
	int reject = mq_bound("reject", .depth = 1, .policy = MQ_POLICY_REJECT);
	int block = mq_bound("block", .depth = 1, .policy = MQ_POLICY_BLOCK);
	char line[256] = "";
	FILE *file;

	mq_bound("over", .depth = 1);
	MQ_EQ(mq_load_beside(MODULE, "slots=9 size=100"), 0);
	MQ_EQ(run("hard 3 reject x"), 0);
	counts_are(1, 0, 2, 0);
	MQ_EQ(run("hard 3 block x"), 0);
	counts_are(2, 0, 4, 0);
	MQ_EQ(run("hard 3 nobody x"), 0);
	counts_are(2, 3, 4, 0);
	MQ_EQ(run("hard 3 over x"), 0);
	counts_are(5, 3, 4, 0);
	MQ_EQ(mq_status_of("reject").rejected, 2);
	MQ_EQ(mq_status_of("block").rejected, 2);
	MQ_EQ(mq_status_of("over").overwritten, 2);
	MQ_FRAME_READS(reject, ".test", "x");
	MQ_FRAME_READS(block, ".test", "x");
	MQ_EQ(run("hard 1 block y"), 0);
	counts_are(6, 3, 4, 0);
	MQ_FRAME_READS(block, ".test", "y");

	file = fopen("/sys/kernel/debug/mq/senders", "re");
	MQ_TRUE(file && fgets(line, sizeof(line), file));
	MQ_TRUE(!strcmp(line, "NAME SLOTS SIZE QUEUED ACCEPTED SENT NOBODY REFUSED FULL\n"));
	MQ_TRUE(fgets(line, sizeof(line), file));
	MQ_TRUE(!strcmp(line, ".test 9 100 0 13 6 3 4 0\n"));
	MQ_TRUE(!fgets(line, sizeof(line), file));
	fclose(file);
	MQ_EQ(mq_unload_beside(MODULE), 0);
}

/* ---- who it is -------------------------------------------------------------------- */

static void reads_without_map(void *arg)
{
	char room[72] __attribute__((aligned(8)));

	MQ_OK(unshare(CLONE_NEWUSER));
	MQ_EQ(mq_frame_receive(*(int *)arg, room, 8), sizeof(room));
	MQ_EQ(((struct mq_frame *)room)->uid, 65534);
	MQ_EQ(((struct mq_frame *)room)->pid, 0);
}

MQ_TEST(kernel_identity, "no endpoint refuses it for whom it lets send; its uid is 0, the overflow uid where that is not mapped",
	.open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_as(ALICE, ALICE), *group = mq_peer_start_as(ALICE, ALICE);
	int bob = mq_bound("bob");

	MQ_EQ(mq_peer_bind(alice, "alice", .access = MQ_ACCESS_USER), 0);
	MQ_EQ(mq_peer_bind(group, "group", .access = MQ_ACCESS_GROUP), 0);
	MQ_EQ(mq_load_beside(MODULE, NULL), 0);
	MQ_EQ(run("hard 1 alice hi"), 0);
	MQ_EQ(run("hard 1 group hi"), 0);
	MQ_EQ(run("hard 1 bob hi"), 0);
	counts_are(3, 0, 0, 0);
	MQ_PEER_FRAME_READS(alice, ".test", "hi");
	MQ_PEER_FRAME_READS(group, ".test", "hi");
	mq_join(mq_run(reads_without_map, &bob));
}

static long obey_receive_nowait(int fd, long arg)
{
	(void)arg;
	return mq_frame_receive_nowait(fd);
}

static void reaches_inner(long long sent, long long nobody)
{
	struct mq_peer *inner = mq_space_peer();
	int outer = mq_bound("outer");

	MQ_EQ(mq_peer_bind(inner, "inner"), 0);
	MQ_EQ(mq_load_beside(MODULE, NULL), 0);
	MQ_EQ(run("hard 1 outer hi"), 0);
	MQ_EQ(run("hard 1 inner hi"), 0);
	MQ_EQ(run("hard 1 * all"), 0);
	counts_are(sent, nobody, 0, 0);
	MQ_FRAME_READS(outer, ".test", "hi");
	MQ_FRAME_READS_FLAGS(outer, ".test", MQ_FRAME_BROADCAST, "all");
	MQ_EQ(mq_status_of("outer").accepted, 2);
	if (!nobody) {
		MQ_PEER_FRAME_READS(inner, ".test", "hi");
		MQ_PEER_FRAME_READS_FLAGS(inner, ".test", MQ_FRAME_BROADCAST, "all");
	} else {
		MQ_EQ(mq_peer_do(inner, obey_receive_nowait, 0), -EAGAIN);
	}
}

MQ_TEST(kernel_space, "it reaches the endpoints of all pid namespaces")
{
	reaches_inner(3, 0);
}

MQ_TEST(kernel_space_isolated, "with ISOLATE=1 it reaches those of the initial pid namespace",
	.params = "ISOLATE=1")
{
	reaches_inner(2, 1);
}

/* ---- order, and exact counts --------------------------------------------------------- */

#define LANES		2
#define SOURCES		(LANES * 3)

/* What the module sends in a storm: which CPU's context, and its how many-th message. */
struct note {
	uint32_t source;
	uint32_t number;
};

struct listener {
	int fd;
	long count;
	uint32_t last[SOURCES];
	uint64_t sequence;
	struct note *notes;
};

static void note_take(struct listener *l, const struct mq_frame *frame)
{
	struct note note;

	MQ_EQ(mq_frame_data_size(frame), sizeof(note));
	memcpy(&note, mq_frame_data(frame), sizeof(note));
	MQ_EQ(frame->sequence, ++l->sequence);
	MQ_TRUE(note.source < SOURCES);
	if (note.number <= l->last[note.source])
		MQ_FAIL("source %u: %u behind %u", note.source, note.number,
			l->last[note.source]);
	l->last[note.source] = note.number;
	l->notes[l->count++] = note;
}

static bool notes_read(struct listener *l)
{
	static char bytes[16 * 72] __attribute__((aligned(8)));
	const struct mq_frame *frame;
	ssize_t length = mq_read(l->fd, bytes, sizeof(bytes));
	size_t at = 0;

	if (length == -EAGAIN)
		return false;
	MQ_GE(length, 1);
	while ((frame = mq_frame_next(bytes, length, &at)))
		note_take(l, frame);
	return true;
}

#define ROUNDS		1000
#define DEPTH		65536

static struct listener listener_of(const char *name)
{
	struct listener l = {
		.fd = mq_bound_nonblock(name, .depth = DEPTH),
		.notes = calloc(DEPTH * 4, sizeof(*l.notes)),
	};

	return l;
}

static void storm_begin(long rounds, const char *dest)
{
	char command[64];

	snprintf(command, sizeof(command), "%ld %s", rounds, dest);
	MQ_EQ(parameter_write(MODULE, "storm", command), 0);
}

/* A storm from its beginning to the last message. */
static struct counts storm_read(const char *dest, struct listener *listeners, int count)
{
	struct counts c;
	int i;

	storm_begin(mq_storm_count(ROUNDS), dest);
	do {
		c = counts_now();
		for (i = 0; i < count; i++)
			while (notes_read(&listeners[i]))
				;
	} while (c.running || c.queued);
	return c;
}

/* All that was accepted arrived, once, in each source's order; the rest was refused. */
static void notes_check(const struct listener *l, const struct counts *c)
{
	long long tried = 0;
	int i;

	MQ_EQ(l->count, c->accepted);
	MQ_EQ(c->sent, c->accepted);
	for (i = 0; i < SOURCES; i++) {
		MQ_GE(l->last[i], 1);
		tried += l->last[i];
	}
	/* A source's last ones may have been refused. */
	MQ_LE(tried, c->accepted + c->full);
}

MQ_TEST(kernel_order, "from all contexts of two CPUs at once: each context's messages arrive in order, and just those accepted",
	.timeout = 120)
{
	struct listener bob = listener_of("bob");
	struct counts c;

	MQ_EQ(mq_load_beside(MODULE, "slots=64"), 0);
	c = storm_read("bob", &bob, 1);
	notes_check(&bob, &c);
	MQ_EQ(mq_unload_beside(MODULE), 0);
}

MQ_TEST(kernel_order_broadcast, "all receivers see a sender's broadcasts in one order",
	.timeout = 120)
{
	struct listener both[] = { listener_of("alice"), listener_of("bob") };
	struct counts c;

	MQ_EQ(mq_load_beside(MODULE, "slots=64"), 0);
	c = storm_read("*", both, 2);
	notes_check(&both[0], &c);
	notes_check(&both[1], &c);
	MQ_TRUE(!memcmp(both[0].notes, both[1].notes, c.sent * sizeof(struct note)));
	MQ_EQ(mq_unload_beside(MODULE), 0);
}

/* ---- the end ------------------------------------------------------------------------- */

/* What the module says when it is gone. */
static void log_accepted(int log, unsigned long long *accepted, unsigned long long *queued)
{
	char line[512], *at;

	while (mq_log_next(log, line, sizeof(line), NULL)) {
		at = strstr(line, MODULE ": accepted ");
		if (at && sscanf(at, MODULE ": accepted %llu, on their way %llu", accepted,
				 queued) == 2)
			return;
	}
	MQ_FAIL("the module did not say what it accepted");
}

static void users_send(void *arg)
{
	int fd = mq_bound("user");

	(void)arg;
	for (;;)
		MQ_EQ(mq_frame_send_text(fd, "other", "hello"), 0);
}

MQ_TEST(kernel_end, "a driver that is unloaded amid its messages: what was accepted arrives, what is unread stays",
	.timeout = 120)
{
	int times = 4, i;
	unsigned long long accepted, queued;
	int log = mq_log_open();
	pid_t user;

	mq_bound("other", .depth = 4);
	user = mq_run(users_send, NULL);
	for (i = 0; i < times; i++) {
		int bob = mq_bound("bob", .depth = 16);

		MQ_EQ(mq_load_beside(MODULE, "slots=64"), 0);
		storm_begin(0, "bob");
		while (counts_now().sent < 20)
			mq_sleep_ms(1);
		MQ_EQ(mq_unload_beside(MODULE), 0);
		log_accepted(log, &accepted, &queued);
		MQ_EQ(mq_status_of("bob").accepted, accepted);
		MQ_EQ(mq_status_of("bob").queued, 16);
		MQ_GE(mq_frame_receive_nowait(bob), 72);
		close(bob);
	}
	kill(user, SIGKILL);
	mq_wait_status(user);
}

MQ_TEST(kernel_end_in_flight, "freed with every slot on its way: all of them arrive")
{
	int log = mq_log_open(), i;
	unsigned long long accepted, queued, in_flight = 0;

	mq_bound("bob", .depth = 4096);
	for (i = 1; i <= 5; i++) {
		MQ_EQ(mq_load_beside(MODULE, "slots=800 last=800"), 0);
		MQ_EQ(mq_unload_beside(MODULE), 0);
		log_accepted(log, &accepted, &queued);
		MQ_EQ(accepted, 800);
		MQ_EQ(mq_status_of("bob").accepted, 800 * i);
		in_flight += queued;
	}
	printf("# %llu of %d messages were on their way when their sender was freed\n", in_flight,
	       800 * 5);
}

MQ_TEST(kernel_holds, "mq_driver is not unloaded as long as a driver that sends is there",
	.no_module = true)
{
	MQ_EQ(mq_load(NULL), 0);
	MQ_EQ(mq_load_beside(MODULE, NULL), 0);
	MQ_EQ(run("hard 10 nobody x"), 0);
	MQ_EQ(mq_unload(), -EWOULDBLOCK);
	MQ_EQ(mq_unload_beside(MODULE), 0);
	MQ_EQ(mq_unload(), 0);
}

/* ---- no memory ------------------------------------------------------------------------ */

static void setting(const char *path, const char *value)
{
	int fd = MQ_OK(open(path, O_WRONLY | O_CLOEXEC));

	MQ_EQ(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

/* It may have gone. */
static void worker_starves(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		MQ_TRUE(write(fd, value, 1) == 1 || errno == ESRCH);
		close(fd);
	}
}

/* The kernel's threads for works, and who makes new ones, get no memory from slab caches; or do again. */
static void workers_starve(bool starve)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300], name[32];

	setting("/sys/kernel/debug/failslab/task-filter", "Y");
	setting("/sys/kernel/debug/failslab/times", "-1");
	setting("/sys/kernel/debug/failslab/probability", starve ? "100" : "0");
	MQ_TRUE(proc);
	while ((entry = readdir(proc))) {
		FILE *comm;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		comm = fopen(path, "re");
		if (!comm)
			continue;
		name[0] = 0;
		if (fgets(name, sizeof(name), comm) &&
		    (!strncmp(name, "kworker/", 8) || !strncmp(name, "kthreadd", 8))) {
			snprintf(path, sizeof(path), "/proc/%s/make-it-fail", entry->d_name);
			worker_starves(path, starve ? "1" : "0");
		}
		fclose(comm);
	}
	closedir(proc);
}

MQ_TEST(kernel_memory, "what is accepted needs no memory on its way; without, the slots stay bare: ENOBUFS, and later all is well",
	.timeout = 120)
{
	int bob = mq_bound("bob"), i, error, bare[2];

	mq_fault_open();
	MQ_EQ(mq_load_beside(MODULE, "slots=4 size=1000"), 0);
	workers_starve(true);
	error = run("stopped 5 bob x");
	settled();
	bare[0] = run("hard 1 bob x");
	bare[1] = run("hard 1 bob x");
	workers_starve(false);

	MQ_EQ(error, -ENOBUFS);
	MQ_EQ(bare[0], -ENOBUFS);
	MQ_EQ(bare[1], -ENOBUFS);
	MQ_EQ(mq_status_of("bob").accepted, 4);
	for (i = 0; i < 4; i++)
		MQ_FRAME_READS(bob, ".test", "x");
	slots_are_free(4);
	MQ_EQ(run("hard 1 bob y"), 0);
	settled();
	MQ_FRAME_READS(bob, ".test", "y");
	MQ_EQ(mq_unload_beside(MODULE), 0);

	workers_starve(true);
	error = mq_load_beside(MODULE, "slots=4 size=1000");
	workers_starve(false);
	MQ_EQ(error, -ENOMEM);
	MQ_EQ(mq_load_beside(MODULE, "slots=4 size=1000"), 0);
	MQ_EQ(mq_unload_beside(MODULE), 0);
}

MQ_TEST(kernel_load_faults, "a new sender that finds no memory is ENOMEM and leaves nothing; the next one works",
	.timeout = 120)
{
	int nth, error, failed = 0;
	bool hit = true;

	mq_fault_open();
	nth = mq_fault_load_points(MODULE, "slots=0", -EINVAL) - MQ_FAULT_LOADERS;
	MQ_GE(mq_fault_load_points(MODULE, "slots=4 size=1000", 0),
	      nth + MQ_FAULT_LOADERS + 2);
	MQ_EQ(mq_unload_beside(MODULE), 0);
	for (; hit; nth++) {
		mq_fault_begin(nth);
		error = mq_load_beside(MODULE, "slots=4 size=1000");
		hit = mq_fault_end();
		if (!error) {
			MQ_EQ(mq_unload_beside(MODULE), 0);
			continue;
		}
		MQ_TRUE(hit && (error == -ENOMEM || error == -EFAULT));
		failed++;
	}
	/* The sender, and who it is. */
	MQ_GE(failed, 2);
}

/* ---- the sample ------------------------------------------------------------------------ */

MQ_TEST(kernel_sample, "the sample's timer reports to clock, and its pin's interrupt to button")
{
	int button = mq_bound("button"), clock = mq_bound("clock"), i;
	char room[128] __attribute__((aligned(8))), text[32];
	unsigned long long ms, last = 0;
	const struct mq_frame *frame;
	size_t at;

	MQ_EQ(mq_load_beside(SAMPLE, "period=20"), 0);
	for (i = 1; i <= 3; i++) {
		at = 0;
		frame = mq_frame_next(room, mq_read(clock, room, sizeof(room)), &at);
		MQ_TRUE(!strcmp(frame->name, ".sample"));
		snprintf(text, sizeof(text), "%.*s", (int)mq_frame_data_size(frame),
			 mq_frame_data(frame));
		MQ_EQ(sscanf(text, "%llu ms", &ms), 1);
		MQ_GE(ms, last + 1);
		last = ms;

		MQ_EQ(parameter_write(SAMPLE, "press", "1"), 0);
		snprintf(text, sizeof(text), "press %d", i);
		MQ_FRAME_READS(button, ".sample", text);
	}
	MQ_EQ(mq_unload_beside(SAMPLE), 0);
}
