// SPDX-License-Identifier: GPL-2.0-only
/*
 * MQ_IOC_LIST: all named endpoints, each exactly once.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct mq_status *)a)->name,
		      ((const struct mq_status *)b)->name);
}

static const struct mq_status *find(const struct mq_status *entries, long count,
				    const char *name)
{
	const struct mq_status *found = NULL;
	long i;

	for (i = 0; i < count; i++) {
		if (strcmp(entries[i].name, name))
			continue;
		MQ_TRUE(!found);
		found = &entries[i];
	}
	return found;
}

MQ_TEST(list_all, "the list has every named endpoint, of processes and of files, as the status shows it")
{
	struct mq_peer *text = mq_peer_start();
	struct mq_status entries[8], s;
	int fd = mq_dev(), i;

	MQ_EQ(mq_ioc_list_all(fd, entries, 8), 0);
	MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
	mq_bound("bob", .policy = MQ_POLICY_REJECT, .depth = 2, .access = MQ_ACCESS_GROUP,
		 .flags = MQ_BIND_EVENTS);
	mq_bound("");
	mq_bound("abcdefghijklmnopqrstuvw");
	MQ_EQ(mq_peer_cmd(text, "/msg bob hi"), 0);
	memset(entries, 0x5a, sizeof(entries));
	MQ_EQ(mq_ioc_list_all(fd, entries, 8), 3);
	for (i = 0; i < 3; i++) {
		s = mq_status_of(entries[i].name);
		MQ_TRUE(!memcmp(&s, &entries[i], sizeof(s)));
		mq_status_check(&entries[i]);
	}
	MQ_EQ(find(entries, 3, "text")->flags, MQ_STATUS_PROCESS);
	MQ_EQ(find(entries, 3, "text")->pid, text->pid);
	MQ_EQ(find(entries, 3, "bob")->flags, MQ_STATUS_EVENTS);
	MQ_EQ(find(entries, 3, "bob")->policy, MQ_POLICY_REJECT);
	MQ_EQ(find(entries, 3, "bob")->access, MQ_ACCESS_GROUP);
	MQ_EQ(find(entries, 3, "bob")->depth, 2);
	MQ_TRUE(find(entries, 3, "abcdefghijklmnopqrstuvw"));
}

MQ_TEST(list_gone, "who has gone is not in it: a file once it is closed, a process once it was waited for")
{
	struct mq_peer *text = mq_peer_start(), *bound = mq_peer_start();
	struct mq_status entries[8];
	int fd = mq_dev(), file, i;

	for (i = 0; i < 10; i++) {
		file = mq_bound("file");
		MQ_EQ(mq_peer_bind(bound, "bound"), 0);
		MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
		MQ_EQ(mq_ioc_list_all(fd, entries, 8), 3);
		mq_peer_kill(text, SIGKILL);
		MQ_EQ(mq_ioc_list_all(fd, entries, 8), 2);
		MQ_TRUE(!find(entries, 2, "text"));
		mq_peer_kill(bound, SIGKILL);
		MQ_EQ(mq_ioc_list_all(fd, entries, 8), 1);
		MQ_TRUE(!find(entries, 1, "bound"));
		close(file);
		MQ_EQ(mq_ioc_list_all(fd, entries, 8), 0);
		text = mq_peer_start();
		bound = mq_peer_start();
	}
}

#define MANY 50

static void bind_many(int *files)
{
	char name[16];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "e%d", i);
		files[i] = mq_bound(name);
	}
}

MQ_TEST(list_pieces, "in arrays of any size: each once, and the end is a count that comes back smaller")
{
	struct mq_status entries[MANY + 2];
	int files[MANY], fd = mq_dev(), i;
	long got, count, size;
	uint32_t position, last;

	bind_many(files);
	for (size = 1; size <= MANY + 1; size++) {
		memset(entries, 0, sizeof(entries));
		position = 0;
		count = 0;
		do {
			last = position;
			got = mq_ioc_list(fd, entries + count, size, &position);
			MQ_LE(got, size);
			MQ_TRUE(!got || position != last);
			count += MQ_OK(got);
			MQ_LE(count, MANY);
		} while (got == size);
		MQ_EQ(count, MANY);
		qsort(entries, MANY, sizeof(*entries), compare);
		for (i = 1; i < MANY; i++)
			MQ_NE(compare(&entries[i - 1], &entries[i]), 0);
	}
	/* At the end it stays. */
	MQ_EQ(mq_ioc_list(fd, entries, 5, &position), 0);
	MQ_EQ(mq_ioc_list(fd, entries, 5, &position), 0);
}

MQ_TEST(list_room, "nothing is written behind the entries that there are room for")
{
	struct mq_status entries[4];
	int files[MANY], fd = mq_dev();
	uint32_t position = 0;

	bind_many(files);
	memset(entries, 0x5a, sizeof(entries));
	MQ_EQ(mq_ioc_list(fd, entries, 2, &position), 2);
	MQ_TRUE(entries[1].name[0] == 'e');
	MQ_EQ(entries[2].size, 0x5a5a5a5a);
	MQ_EQ(mq_ioc_list(fd, entries, 0, &position), 0);
	MQ_EQ(entries[2].size, 0x5a5a5a5a);
}

MQ_TEST(list_from_end, "a position that no call gave lists nothing or the rest, and harms nothing", .params = "MAX_DEVICES=60")
{
	static const uint32_t wild[] = { 59, 60, 61, 65536, 65537, 1U << 31, ~0U - 1, ~0U };
	struct mq_status entries[MANY];
	int files[MANY], fd = mq_dev();
	uint32_t position;
	size_t i;

	bind_many(files);
	for (i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
		position = wild[i];
		MQ_LE(mq_ioc_list(fd, entries, MANY, &position), MANY);
	}
}

static long list_raw(int fd, void *entries, uint32_t count, uint32_t entry_size)
{
	struct mq_list list = {
		.size = sizeof(list), .entry_size = entry_size,
		.entries = (uintptr_t)entries, .count = count,
	};
	long result = mq_ioctl(fd, MQ_IOC_LIST, &list);

	return result < 0 ? result : (long)list.count;
}

MQ_TEST(list_entry_larger, "a larger entry_size spaces the entries; each says how much of it the driver knows")
{
	enum { size = sizeof(struct mq_status) + 40 };
	struct mq_status *s;
	int files[MANY], fd = mq_dev(), i;
	static char bytes[MANY * size];

	bind_many(files);
	memset(bytes, 0, sizeof(bytes));
	MQ_EQ(list_raw(fd, bytes, MANY, size), MANY);
	for (i = 0; i < MANY; i++) {
		s = (struct mq_status *)(bytes + i * size);
		MQ_EQ(s->size, sizeof(*s));
		MQ_EQ(s->name[0], 'e');
		MQ_EQ(s->pid, getpid());
		MQ_EQ(bytes[i * size + sizeof(*s)], 0);
		MQ_EQ(bytes[i * size + size - 1], 0);
	}
}

#define FIRST 96		/* bytes of an entry in version 0.1.0 */

MQ_TEST(list_entry_smaller, "an entry_size smaller than that of version 0.1.0 is EINVAL, and nothing is written")
{
	struct mq_status entries[MANY];
	int files[MANY], fd = mq_dev();
	uint32_t size;

	bind_many(files);
	memset(entries, 0x5a, sizeof(entries));
	MQ_GE(sizeof(*entries), FIRST);
	for (size = 0; size < FIRST; size++)
		MQ_EQ(list_raw(fd, entries, MANY, size), -EINVAL);
	MQ_EQ(entries[0].size, 0x5a5a5a5a);
}

MQ_TEST(list_entry_older, "the entry_size of an older program spaces the entries, which are filled as far as it knows them")
{
	struct mq_status whole[MANY], *s;
	int files[MANY], fd = mq_dev(), i;
	static char bytes[(MANY + 1) * sizeof(*s)];
	uint32_t size;

	bind_many(files);
	MQ_EQ(list_raw(fd, whole, MANY, sizeof(*whole)), MANY);
	for (size = FIRST; size <= sizeof(*whole); size += 4) {
		memset(bytes, 0x5a, sizeof(bytes));
		MQ_EQ(list_raw(fd, bytes, MANY, size), MANY);
		for (i = 0; i < MANY; i++)
			MQ_TRUE(!memcmp(bytes + i * size, &whole[i], size));
		MQ_EQ(bytes[MANY * size], 0x5a);
		MQ_EQ(bytes[sizeof(bytes) - 1], 0x5a);
	}
}

MQ_TEST(list_efault, "EFAULT where the array is not there; what is there may be filled")
{
	int files[MANY], fd = mq_dev();
	struct mq_status *edge = mq_edge_new(3 * sizeof(*edge));

	bind_many(files);
	MQ_EQ(list_raw(fd, NULL, 5, sizeof(*edge)), -EFAULT);
	MQ_EQ(list_raw(fd, mq_edge_new(0), 1, sizeof(*edge)), -EFAULT);
	MQ_EQ(list_raw(fd, mq_edge_new(10), 1, sizeof(*edge)), -EFAULT);
	MQ_EQ(list_raw(fd, edge, 4, sizeof(*edge)), -EFAULT);
	MQ_EQ(list_raw(fd, edge, 3, sizeof(*edge)), 3);
}

/* ---- while others come and go ------------------------------------------ */

static volatile int *stop;

static void comes_and_goes(void *arg)
{
	char name[16];
	int i;

	for (i = 0; !*stop; i++) {
		snprintf(name, sizeof(name), "%c%d", *(char *)arg, i % 7);
		close(mq_bound(name));
	}
}

MQ_TEST(list_stable, "who is there from the first call to the last is listed exactly once, whoever comes and goes",
	.timeout = 180)
{
	static struct mq_status entries[4096];
	int files[MANY], fd = mq_dev(), i, j;
	uint32_t position;
	pid_t pid[2];
	char name[16];
	long got, count;

	stop = mq_shared(sizeof(int));
	pid[0] = mq_run(comes_and_goes, "x");
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "e%d", i);
		files[i] = mq_bound(name);
	}
	pid[1] = mq_run(comes_and_goes, "y");
	for (i = 0; i < 200; i++) {
		position = 0;
		count = 0;
		do {
			got = mq_ioc_list(fd, entries + count, 1 + i % 9, &position);
			count += MQ_OK(got);
			MQ_LE(count, 4000);
		} while (got == 1 + i % 9);
		for (j = 0; j < MANY; j++) {
			snprintf(name, sizeof(name), "e%d", j);
			MQ_TRUE(find(entries, count, name));
		}
	}
	*stop = 1;
	mq_join(pid[0]);
	mq_join(pid[1]);
	close(files[0]);
}
