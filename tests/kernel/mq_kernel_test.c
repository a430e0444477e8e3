// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that does nothing but send, on command and from each context, for
 * tests/device/kernel_send.c. It makes its sender when it is loaded, and frees it when it is
 * unloaded, also in the midst of a storm.
 *
 *	insmod mq_kernel_test.ko name=.test slots=16 size=64
 *	cd /sys/module/mq_kernel_test/parameters
 *	printf 'hard 3 bob hello' >run	three times, from an interrupt; * is a broadcast
 *	printf '1000 bob' >storm	from all contexts of two CPUs; 0: until it is unloaded
 *	cat status			how many still storm, and mq_sender_show()
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mq_kernel.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stop_machine.h>
#include <linux/string.h>

static char *name = ".test";
module_param(name, charp, 0444);

static unsigned int slots = 16;
module_param(slots, uint, 0444);

static unsigned long size = 64;
module_param(size, ulong, 0444);

/* So many messages to bob, all at once, and the sender is freed at once. */
static unsigned int last;
module_param(last, uint, 0444);

static struct mq_sender *test_sender;

/* What the module counted itself, to be compared with mq_sender_show(). */
static atomic64_t test_accepted, test_full;

static int test_send(const char *dest, const void *bytes, size_t len)
{
	int err;

	if (!strcmp(dest, "*"))
		err = mq_sender_broadcast(test_sender, bytes, len);
	else
		err = mq_sender_send(test_sender, dest, bytes, len);
	if (!err)
		atomic64_inc(&test_accepted);
	else if (err == -ENOBUFS)
		atomic64_inc(&test_full);
	return err;
}

/* ---- the same message, several times, from one context ---------------------- */

struct test_run {
	struct irq_work hard;
	struct tasklet_struct soft;
	struct completion done;
	unsigned int count;
	const char *dest;
	const char *text;
	size_t len;
	int err;
};

static void test_run_send(struct test_run *run)
{
	int err;

	run->err = 0;
	while (run->count--) {
		err = test_send(run->dest, run->text, run->len);
		if (!run->err)
			run->err = err;
	}
}

static void test_run_hard(struct irq_work *work)
{
	struct test_run *run = container_of(work, struct test_run, hard);

	WARN_ON(!in_hardirq());
	test_run_send(run);
	complete(&run->done);
}

static void test_run_soft(struct tasklet_struct *soft)
{
	struct test_run *run = container_of(soft, struct test_run, soft);

	WARN_ON(!in_serving_softirq() || in_hardirq());
	test_run_send(run);
	complete(&run->done);
}

/* All other CPUs stand still, so no work runs meanwhile: what fits is just the slots. */
static int test_run_stopped(void *run)
{
	WARN_ON(!irqs_disabled());
	test_run_send(run);
	return 0;
}

static void test_run_locked(struct test_run *run)
{
	static DEFINE_RAW_SPINLOCK(lock);
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	test_run_send(run);
	raw_spin_unlock_irqrestore(&lock, flags);
}

static int test_run_begin(struct test_run *run, const char *context)
{
	if (!strcmp(context, "process")) {
		test_run_send(run);
	} else if (!strcmp(context, "locked")) {
		test_run_locked(run);
	} else if (!strcmp(context, "softirq")) {
		tasklet_schedule(&run->soft);
		wait_for_completion(&run->done);
	} else if (!strcmp(context, "hard")) {
		irq_work_queue(&run->hard);
		wait_for_completion(&run->done);
	} else if (!strcmp(context, "stopped")) {
		return stop_machine(test_run_stopped, run, NULL);
	} else {
		return -EDOM;
	}
	return 0;
}

/* CONTEXT COUNT DEST TEXT; the value is what the first send that failed returned. */
static int test_run_parse(char *command)
{
	struct test_run run = { .hard = IRQ_WORK_INIT_HARD(test_run_hard) };
	char *context = strsep(&command, " ");
	char *count = strsep(&command, " ");
	int err;

	run.dest = strsep(&command, " ");
	run.text = command;
	if (!run.text || kstrtouint(count, 10, &run.count))
		return -EDOM;
	run.len = strlen(run.text);
	init_completion(&run.done);
	tasklet_setup(&run.soft, test_run_soft);

	err = test_run_begin(&run, context);
	tasklet_kill(&run.soft);
	irq_work_sync(&run.hard);
	return err ? err : run.err;
}

static int test_run_set(const char *value, const struct kernel_param *unused)
{
	char *command = kstrdup(value, GFP_KERNEL);
	int err = command ? test_run_parse(command) : -ENOMEM;

	kfree(command);
	return err;
}

static const struct kernel_param_ops test_run_ops = { .set = test_run_set };
module_param_cb(run, &test_run_ops, NULL, 0200);

/* ---- all contexts of two CPUs at once ------------------------------------------- */

enum { TEST_PROCESS, TEST_SOFTIRQ, TEST_HARD, TEST_CONTEXTS };
#define TEST_LANES	2

/*
 * A CPU's thread, with what interrupts it: a hard interrupt is due when the softirq begins to
 * send, and another one when the thread does. A number is used by one context only.
 */
struct test_lane {
	struct task_struct *task;
	struct irq_work hard;
	struct tasklet_struct soft;
	u32 numbers[TEST_CONTEXTS];
	u32 id;
};

static struct test_lane test_lanes[TEST_LANES];
static unsigned int test_rounds;
static char test_dest[64];
static atomic_t test_running;

static int test_lane_send(struct test_lane *lane, u32 context)
{
	u32 bytes[2] = { lane->id * TEST_CONTEXTS + context, ++lane->numbers[context] };

	return test_send(test_dest, bytes, sizeof(bytes));
}

static void test_lane_hard(struct irq_work *work)
{
	WARN_ON(!in_hardirq());
	test_lane_send(container_of(work, struct test_lane, hard), TEST_HARD);
}

static void test_lane_soft(struct tasklet_struct *soft)
{
	struct test_lane *lane = container_of(soft, struct test_lane, soft);

	irq_work_queue(&lane->hard);
	test_lane_send(lane, TEST_SOFTIRQ);
}

static int test_lane_main(void *arg)
{
	struct test_lane *lane = arg;
	unsigned int round;

	for (round = 0; !test_rounds || round < test_rounds; round++) {
		if (kthread_should_stop())
			break;
		tasklet_schedule(&lane->soft);
		irq_work_queue(&lane->hard);
		/* Where it is full for long, most would be refused. */
		if (test_lane_send(lane, TEST_PROCESS) == -ENOBUFS)
			schedule_timeout_interruptible(1);
		cond_resched();
	}
	tasklet_kill(&lane->soft);
	irq_work_sync(&lane->hard);
	atomic_dec(&test_running);

	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void test_storm_end(void)
{
	unsigned int i;

	for (i = 0; i < TEST_LANES; i++) {
		if (test_lanes[i].task)
			kthread_stop(test_lanes[i].task);
		test_lanes[i].task = NULL;
	}
}

static int test_storm_begin(void)
{
	unsigned int i, cpu = cpumask_first(cpu_online_mask);

	for (i = 0; i < TEST_LANES; i++) {
		struct test_lane *lane = &test_lanes[i];
		struct task_struct *task;

		*lane = (struct test_lane){ .hard = IRQ_WORK_INIT_HARD(test_lane_hard), .id = i };
		tasklet_setup(&lane->soft, test_lane_soft);
		task = kthread_create(test_lane_main, lane, "mq_test/%u", i);
		if (IS_ERR(task))
			return PTR_ERR(task);
		kthread_bind(task, cpu);
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
		atomic_inc(&test_running);
		lane->task = task;
	}
	for (i = 0; i < TEST_LANES; i++)
		wake_up_process(test_lanes[i].task);
	return 0;
}

static int test_storm_set(const char *value, const struct kernel_param *unused)
{
	test_storm_end();
	if (sscanf(value, "%u %63s", &test_rounds, test_dest) != 2)
		return -EDOM;
	return test_storm_begin();
}

static const struct kernel_param_ops test_storm_ops = { .set = test_storm_set };
module_param_cb(storm, &test_storm_ops, NULL, 0200);

static int test_status_get(char *buffer, const struct kernel_param *unused)
{
	struct mq_sender_status now;
	int running = atomic_read(&test_running);

	mq_sender_show(test_sender, &now);
	return sysfs_emit(buffer, "%d %llu %llu %llu %llu %llu %llu\n", running, now.queued,
			  now.accepted, now.sent, now.nobody, now.refused, now.full);
}

static const struct kernel_param_ops test_status_ops = { .get = test_status_get };
module_param_cb(status, &test_status_ops, NULL, 0444);

/* ---- load, unload ----------------------------------------------------------------- */

static int __init test_init(void)
{
	test_sender = mq_sender_new(name, slots, size);
	return PTR_ERR_OR_ZERO(test_sender);
}

/* What is on its way is still there: mq_sender_free() waits for it. */
static void __exit test_exit(void)
{
	struct test_run run = { .count = last, .dest = "bob", .text = "last", .len = 4 };
	struct mq_sender_status now;

	test_storm_end();
	WARN_ON(stop_machine(test_run_stopped, &run, NULL));
	mq_sender_show(test_sender, &now);
	mq_sender_free(test_sender);
	mq_sender_free(NULL);
	WARN_ON(now.accepted != atomic64_read(&test_accepted));
	WARN_ON(now.full != atomic64_read(&test_full));
	pr_info("accepted %llu, on their way %llu\n", now.accepted, now.queued);
}

module_init(test_init);
module_exit(test_exit);

MODULE_AUTHOR("the mq authors");
MODULE_DESCRIPTION("Sends to /dev/mq on command, for tests");
MODULE_LICENSE("GPL");
