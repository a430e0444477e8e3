// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A driver that tells processes what happens, in the interrupts where it happens:
 *
 *	a timer (softirq) sends the time since boot to "clock", once a second;
 *	a pin (hard interrupt) sends "press 1", "press 2", ... to "button".
 *
 * In a shell, as root or as who may use /dev/mq:
 *
 *	modprobe mq_driver && insmod mq_sample.ko
 *	mq recv clock
 *
 * The pin is a real interrupt line with irq=NUMBER (cat /proc/interrupts; it must be shared).
 * Without, it is a line that this module makes up, which is not needed where there is a
 * device; then
 *
 *	echo 1 > /sys/module/mq_sample/parameters/press
 *
 * is the finger.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mq_kernel.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>

static unsigned int period = 1000;
module_param(period, uint, 0444);
MODULE_PARM_DESC(period, "milliseconds between two messages to clock (default 1000)");

static int irq = -1;
module_param(irq, int, 0444);
MODULE_PARM_DESC(irq, "the pin's interrupt; -1: one that is made up (default -1)");

static struct mq_sender *sample_sender;

/* ---- the timer ------------------------------------------------------------- */

static void sample_tick(struct timer_list *timer)
{
	char text[32];
	int len = scnprintf(text, sizeof(text), "%llu ms", ktime_to_ms(ktime_get_boottime()));

	/* Nobody listens, or the sender is full: that is counted, and there is nothing to do. */
	mq_sender_send(sample_sender, "clock", text, len);
	mod_timer(timer, jiffies + msecs_to_jiffies(period));
}

static DEFINE_TIMER(sample_timer, sample_tick);

/* ---- the pin: these lines are what a driver of a GPIO has ---------------------- */

static irqreturn_t sample_pin(int number, void *sender)
{
	static unsigned int presses;
	char text[32];
	int len = scnprintf(text, sizeof(text), "press %u", ++presses);

	mq_sender_send(sender, "button", text, len);
	return IRQ_HANDLED;
}

/* ---- a line that is made up, for machines without one ---------------------------- */

static int sample_line;

/* Runs as a hard interrupt, like an interrupt controller's handler. */
static void sample_raise(struct irq_work *work)
{
	generic_handle_irq(sample_line);
}

static struct irq_work sample_finger = IRQ_WORK_INIT_HARD(sample_raise);

static int sample_press(const char *value, const struct kernel_param *unused)
{
	if (!sample_line)
		return -ENODEV;
	irq_work_queue(&sample_finger);
	irq_work_sync(&sample_finger);
	return 0;
}

static const struct kernel_param_ops sample_press_ops = { .set = sample_press };
module_param_cb(press, &sample_press_ops, NULL, 0200);
MODULE_PARM_DESC(press, "write anything: the pin that is made up gets an interrupt");

static int sample_line_make(void)
{
	/* Without an owner: whoever requests the line would hold this very module by it. */
	int line = __irq_alloc_descs(-1, 1, 1, NUMA_NO_NODE, NULL, NULL);

	if (line < 0)
		return line;
	irq_set_chip_and_handler(line, &dummy_irq_chip, handle_simple_irq);
	irq_modify_status(line, IRQ_NOREQUEST | IRQ_NOAUTOEN, IRQ_NOPROBE);
	sample_line = line;
	return line;
}

/* A parameter is written under the lock: behind this nobody presses any more. */
static void sample_line_free(void)
{
	int line = sample_line;

	kernel_param_lock(THIS_MODULE);
	sample_line = 0;
	kernel_param_unlock(THIS_MODULE);
	if (line)
		irq_free_desc(line);
}

/* ---- load, unload ------------------------------------------------------------------ */

static int __init sample_init(void)
{
	int err;

	/* 32 messages of at most 32 bytes may be on their way at once. */
	sample_sender = mq_sender_new(".sample", 32, 32);
	if (IS_ERR(sample_sender))
		return PTR_ERR(sample_sender);

	if (irq < 0)
		irq = sample_line_make();
	err = irq;
	if (irq < 0)
		goto err_sender;
	err = request_irq(irq, sample_pin, IRQF_SHARED, KBUILD_MODNAME, sample_sender);
	if (err)
		goto err_line;
	mod_timer(&sample_timer, jiffies + msecs_to_jiffies(period));
	return 0;

err_line:
	sample_line_free();
err_sender:
	mq_sender_free(sample_sender);
	return err;
}

/* First whoever sends, then the sender: it waits for what it has accepted. */
static void __exit sample_exit(void)
{
	timer_delete_sync(&sample_timer);
	free_irq(irq, sample_sender);
	sample_line_free();
	mq_sender_free(sample_sender);
}

module_init(sample_init);
module_exit(sample_exit);

MODULE_AUTHOR("the mq authors");
MODULE_DESCRIPTION("Tells processes by /dev/mq what happens in interrupts");
MODULE_LICENSE("Dual MIT/GPL");
