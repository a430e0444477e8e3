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

/* What a program calls that was compiled with the header of 0.1.0. */
int old_list(const struct mq_endpoint *ep, void **list, size_t *count) __asm__("mq_endpoint_list");
int old_find(const struct mq_endpoint *ep, const char *name, void *status)
	__asm__("mq_endpoint_find");

#define OLD_STATUS 96	/* bytes of struct mq_status then */

MQ_TEST(list_old, "a program of 0.1.0 gets the structures of 0.1.0")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL), *carol = mq_lib_bind("carol", NULL);
	char status[OLD_STATUS + 64];
	struct mq_status now;
	void *list;
	size_t count, i;

	mq_lib_send(bob, "bob", "1");
	memset(status, 0x5a, sizeof(status));
	MQ_LIB_EQ(old_find(bob, "bob", status), 0);
	MQ_LIB_EQ(mq_endpoint_find(bob, "bob", &now), 0);
	MQ_TRUE(!memcmp(status, &now, OLD_STATUS));
	for (i = OLD_STATUS; i < sizeof(status); i++)
		MQ_EQ(status[i], 0x5a);
	MQ_LIB_EQ(old_list(bob, &list, &count), 0);
	MQ_EQ(count, 2);
	for (i = 0; i < 2; i++) {
		struct mq_status *at = list + i * OLD_STATUS;

		MQ_LIB_EQ(mq_endpoint_find(bob, at->name, &now), 0);
		MQ_TRUE(!memcmp(at, &now, OLD_STATUS));
	}
	mq_list_free(list);
	mq_endpoint_close(carol);
	mq_endpoint_close(bob);
}

MQ_TEST(list_sized, "a program of another age says how large its structures are")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL);
	struct {
		struct mq_status known;
		char more[56];
	} *list, one;
	struct mq_status *base;
	size_t count;

	memset(&one, 0x5a, sizeof(one));
	MQ_LIB_EQ(mq_endpoint_find_sized(bob, "bob", &one.known, sizeof(one)), 0);
	MQ_EQ(strcmp(one.known.name, "bob"), 0);
	MQ_EQ(one.known.size, sizeof(one.known));
	MQ_EQ(one.more[0] | one.more[55], 0);
	MQ_LIB_EQ(mq_endpoint_list_sized(bob, &base, &count, sizeof(one)), 0);
	list = (void *)base;
	MQ_EQ(count, 1);
	MQ_EQ(strcmp(list->known.name, "bob"), 0);
	MQ_EQ(list->more[0] | list->more[55], 0);
	mq_list_free(base);
	MQ_LIB_EQ(mq_endpoint_find_sized(bob, "bob", &one.known, OLD_STATUS - 1), -EINVAL);
	MQ_LIB_EQ(mq_endpoint_find_sized(bob, "bob", &one.known, 4097), -EINVAL);
	MQ_LIB_EQ(mq_endpoint_list_sized(bob, &base, &count, OLD_STATUS - 1), -EINVAL);
	MQ_TRUE(!base);
	MQ_LIB_EQ(mq_endpoint_list_sized(bob, &base, &count, 4097), -EINVAL);
	mq_endpoint_close(bob);
}
