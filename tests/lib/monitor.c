// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_monitor_bind(3).
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

static struct mq_endpoint *monitor(struct mq_monitoring what)
{
	struct mq_endpoint *ep = mq_lib_open();

	MQ_LIB_EQ(mq_monitor_bind(ep, &what), 0);
	return ep;
}

static const struct mq_message *next(struct mq_endpoint *ep)
{
	const struct mq_message *msg;

	MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, 0), 0);
	return msg;
}

static int monitor_error(struct mq_monitoring what)
{
	struct mq_endpoint *ep = mq_lib_open();
	int error = MQ_LIB(mq_monitor_bind(ep, &what));

	mq_endpoint_close(ep);
	return error;
}

MQ_TEST(passed_fields, "each accessor tells what passed")
{
	struct mq_endpoint *see = monitor((struct mq_monitoring){ .snap = 3 });
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL), *ann = mq_lib_bind("ann", NULL);
	const struct mq_message *msg;

	mq_lib_send(ann, "bob", "hello");
	msg = next(see);
	MQ_TRUE(!strcmp(mq_message_name(msg), "ann"));
	MQ_TRUE(!strcmp(mq_passed_to(msg), "bob"));
	MQ_EQ(mq_message_pid(msg), getpid());
	MQ_EQ(mq_passed_length(msg), 5);
	MQ_EQ(mq_passed_size(msg), 3);
	MQ_TRUE(!memcmp(mq_passed_data(msg), "hel", 3));
	MQ_EQ(mq_passed_flags(msg), 0);
	MQ_EQ(mq_passed_result(msg), 0);
	MQ_EQ(mq_passed_reached(msg), 1);
	MQ_EQ(mq_message_lost(msg), 0);
	MQ_LIB_EQ(mq_endpoint_send(ann, "nobody", "x", 1), -ENOENT);
	msg = next(see);
	MQ_EQ(mq_passed_result(msg), -ENOENT);
	MQ_EQ(mq_passed_reached(msg), 0);
	MQ_LIB_EQ(mq_endpoint_broadcast(ann, "x", 1), 0);
	msg = next(see);
	MQ_EQ(mq_passed_flags(msg), MQ_FRAME_BROADCAST);
	MQ_TRUE(!strcmp(mq_passed_to(msg), ""));
	MQ_LIB_EQ(mq_endpoint_receive(see, &msg, 0), -EAGAIN);
	mq_endpoint_close(bob);
	mq_endpoint_close(ann);
	mq_endpoint_close(see);
}

MQ_TEST(passed_long, "the longest that it asks for fit, however short the driver's own messages are",
	.params = "CMD_BUF_SIZE=4096")
{
	struct mq_endpoint *see = monitor((struct mq_monitoring){ .snap = MQ_SNAP_MAX });
	struct mq_endpoint *ann = mq_lib_bind("ann", NULL);
	const struct mq_message *msg, *many[4];
	char data[4096];
	size_t count;

	memset(data, 'x', sizeof(data));
	MQ_LIB_EQ(mq_endpoint_send(ann, "ann", data, sizeof(data)), 0);
	msg = next(see);
	MQ_EQ(mq_passed_size(msg), 4096);
	MQ_TRUE(!memcmp(mq_passed_data(msg), data, 4096));
	MQ_LIB_EQ(mq_endpoint_send(ann, "ann", data, sizeof(data)), 0);
	MQ_LIB_EQ(mq_endpoint_send(ann, "ann", data, 1), 0);
	MQ_LIB_EQ(mq_endpoint_receive_many(see, many, 4, &count, 0), 0);
	MQ_EQ(count, 2);
	MQ_EQ(mq_passed_size(many[0]), 4096);
	MQ_EQ(mq_passed_size(many[1]), 1);
	mq_endpoint_close(ann);
	mq_endpoint_close(see);
}

MQ_TEST(passed_filter, "kinds, names, depth and policy are what the driver is asked for")
{
	struct mq_endpoint *ann = mq_lib_bind("ann", NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_endpoint *from = monitor((struct mq_monitoring){ .from = "ann", .depth = 1 });
	struct mq_endpoint *to = monitor((struct mq_monitoring){
		.to = "ann", .see = MQ_SEE_MESSAGE, .depth = 1, .policy = MQ_POLICY_REJECT });
	const struct mq_message *msg;
	int i;

	for (i = 0; i < 3; i++) {
		mq_lib_send(ann, "bob", "x");
		mq_lib_send(bob, "ann", "y");
	}
	msg = next(from);
	MQ_EQ(mq_message_lost(msg), 2);
	MQ_TRUE(!strcmp(mq_message_name(msg), "ann"));
	msg = next(to);
	MQ_EQ(mq_message_lost(msg), 0);
	MQ_TRUE(!strcmp(mq_passed_to(msg), "ann"));
	MQ_LIB_EQ(mq_endpoint_receive(to, &msg, 0), -EAGAIN);
	mq_endpoint_close(from);
	mq_endpoint_close(to);
	mq_endpoint_close(ann);
	mq_endpoint_close(bob);
}

MQ_TEST(passed_errors, "errors of mq_monitor_bind")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *all;

	MQ_LIB_EQ(mq_monitor_bind(ep, NULL), -EBUSY);
	mq_endpoint_close(ep);
	MQ_EQ(monitor_error((struct mq_monitoring){ .from = "123456789012345678901234" }), -EINVAL);
	MQ_EQ(monitor_error((struct mq_monitoring){ .to = "a@b" }), -EINVAL);
	MQ_EQ(monitor_error((struct mq_monitoring){ .snap = MQ_SNAP_MAX + 1 }), -EINVAL);
	MQ_EQ(monitor_error((struct mq_monitoring){ .see = 1U << 6 }), -EINVAL);
	MQ_EQ(monitor_error((struct mq_monitoring){ .policy = MQ_POLICY_BLOCK }), -EINVAL);
	all = mq_lib_open();
	MQ_LIB_EQ(mq_monitor_bind(all, NULL), 0);
	mq_endpoint_close(all);
}
