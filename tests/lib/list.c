// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_endpoint_list(3): who is there.
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

MQ_TEST(list_empty, "a list of nobody")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL);
	struct mq_status *list, status;
	size_t count = 7;

	MQ_LIB_EQ(mq_endpoint_list(ep, &list, &count), 0);
	MQ_EQ(count, 0);
	MQ_LIB_EQ((mq_list_free(list), 0), 0);
	MQ_LIB_EQ((mq_list_free(NULL), 0), 0);
	MQ_LIB_EQ(mq_endpoint_find(ep, "bob", &status), -ENOENT);
	MQ_LIB_EQ(mq_endpoint_find(ep, "abcdefghijklmnopqrstuvwx", &status), -ENOENT);
	mq_endpoint_close(ep);
}

static void status_is_bob(const struct mq_status *status)
{
	MQ_EQ(strcmp(status->name, "bob"), 0);
	MQ_EQ(status->pid, getpid());
	MQ_EQ(status->uid, geteuid());
	MQ_EQ(status->policy, MQ_POLICY_REJECT);
	MQ_EQ(status->depth, 3);
	MQ_EQ(status->queued, 2);
	MQ_EQ(status->accepted, 3);
	MQ_EQ(status->delivered, 1);
	MQ_EQ(status->overwritten, 0);
	MQ_EQ(status->rejected, 0);
	MQ_EQ(status->flags, 0);
}

MQ_TEST(list_figures, "list and find tell the same, also to who is not bound", .params = "QUEUE_LEN=3")
{
	struct mq_endpoint *ep = mq_lib_open(), *bob = mq_lib_bind_policy("bob", MQ_POLICY_REJECT);
	struct mq_status *list, status;
	size_t count;
	int fd = mq_dev();

	mq_lib_send(bob, "bob", "1");
	mq_lib_send(bob, "bob", "2");
	mq_lib_send(bob, "bob", "3");
	mq_lib_receive(bob, "1");
	MQ_LIB_EQ(mq_endpoint_list(ep, &list, &count), 0);
	MQ_EQ(count, 1);
	status_is_bob(list);
	mq_list_free(list);
	MQ_LIB_EQ(mq_endpoint_find(ep, "bob", &status), 0);
	status_is_bob(&status);
	MQ_EQ(mq_cmd(fd, "/reg text"), 0);
	MQ_LIB_EQ(mq_endpoint_find(ep, "text", &status), 0);
	MQ_EQ(status.flags, MQ_STATUS_PROCESS);
	close(fd);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

#define NAMES_MAX 260

/* Around the sizes of the array. */
MQ_TEST(list_many, "a list has everybody once", .params = "MAX_DEVICES=300")
{
	static const int counts[] = { 63, 64, 65, 127, 128, 129, 255, 256, NAMES_MAX };
	struct mq_endpoint *ep = mq_lib_open(), *named[NAMES_MAX];
	bool seen[NAMES_MAX];
	struct mq_status *list;
	size_t count, i;
	int made = 0, c, number;
	char name[16];

	for (c = 0; c < 9; c++) {
		for (; made < counts[c]; made++) {
			sprintf(name, "n%d", made);
			named[made] = mq_lib_bind(name, NULL);
		}
		MQ_LIB_EQ(mq_endpoint_list(ep, &list, &count), 0);
		MQ_EQ(count, made);
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < count; i++) {
			MQ_EQ(sscanf(list[i].name, "n%d", &number), 1);
			MQ_TRUE(number >= 0 && number < made && !seen[number]);
			seen[number] = true;
		}
		mq_list_free(list);
	}
	while (made)
		mq_endpoint_close(named[--made]);
	mq_endpoint_close(ep);
}
