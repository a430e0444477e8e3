// SPDX-License-Identifier: GPL-2.0-only
/*
 * See fault_lib.h.
 *
 * Copyright (C) the mq authors
 */
#include "fault_lib.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define FAULTS "/sys/kernel/debug"

/* ---- the nth fault ----------------------------------------------------------- */

static int fault_fd = -1;

static void fault_setting(const char *file, const char *value)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", FAULTS, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	MQ_EQ(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

void mq_fault_open(void)
{
	if (fault_fd >= 0)
		close(fault_fd);
	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fault_fd < 0)
		mq_skip("the kernel injects no faults");
	fault_setting("failslab/ignore-gfp-wait", "N");
	fault_setting("failslab/verbose", "0");
	fault_setting("fail_page_alloc/ignore-gfp-wait", "N");
	fault_setting("fail_page_alloc/ignore-gfp-highmem", "N");
	fault_setting("fail_page_alloc/min-order", "0");
	fault_setting("fail_page_alloc/verbose", "0");
	fault_setting("fail_usercopy/verbose", "0");
}

void mq_fault_begin(int nth)
{
	char text[16];
	int length = sprintf(text, "%d", nth);

	MQ_EQ(pwrite(fault_fd, text, length, 0), length);
}

/* Looking copies to and from us, too, and may be what fails. */
bool mq_fault_end(void)
{
	char text[16] = "";

	if (pread(fault_fd, text, sizeof(text) - 1, 0) < 0) {
		MQ_EQ(errno, EFAULT);
		return false;
	}
	if (atoi(text) == 0)
		return true;
	while (pwrite(fault_fd, "0", 1, 0) < 0)
		MQ_EQ(errno, EFAULT);
	return false;
}

void mq_attempt_all(const struct mq_attempt *attempt, int fd)
{
	bool hit = true, no_memory = false;
	int nth, hits = 0;
	long result;

	for (nth = 1; hit; nth++) {
		mq_fault_begin(nth);
		result = attempt->call(fd);
		hit = mq_fault_end();
		hits += hit;
		if (result == attempt->expected) {
			attempt->undo(fd);
			continue;
		}
		MQ_TRUE(hit);
		MQ_TRUE(result == -ENOMEM || result == -EFAULT);
		no_memory |= result == -ENOMEM;
		attempt->check(fd);
		MQ_EQ(attempt->call(fd), attempt->expected);
		attempt->undo(fd);
	}
	MQ_GE(hits, 1);
	MQ_TRUE(no_memory || !attempt->allocates);
}

/* ---- held pages -------------------------------------------------------------- */

void mq_held_need(void)
{
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (uffd < 0 && errno == ENOSYS)
		mq_skip("the kernel has no userfaultfd");
	close(MQ_OK(uffd));
}

static void held_page_make(struct mq_held *held)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	held->uffd = MQ_OK(syscall(SYS_userfaultfd, O_CLOEXEC));
	MQ_OK(ioctl(held->uffd, UFFDIO_API, &api));
	held->page = mmap(NULL, 2 * MQ_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MQ_TRUE(held->page != MAP_FAILED);
	held->page += MQ_PAGE;
	reg.range.start = (uintptr_t)held->page;
	reg.range.len = MQ_PAGE;
	MQ_OK(ioctl(held->uffd, UFFDIO_REGISTER, &reg));
}

static void *held_main(void *arg)
{
	struct mq_held *held = arg;

	held->result = held->call(held->fd, held->page);
	return NULL;
}

struct mq_held *mq_held_begin(long (*call)(int fd, void *page), int fd)
{
	struct mq_held *held = calloc(1, sizeof(*held));
	struct uffd_msg event;

	mq_held_need();
	held->call = call;
	held->fd = fd;
	held_page_make(held);
	MQ_EQ(pthread_create(&held->thread, NULL, held_main, held), 0);
	MQ_EQ(read(held->uffd, &event, sizeof(event)), sizeof(event));
	MQ_EQ(event.event, UFFD_EVENT_PAGEFAULT);
	return held;
}

long mq_held_end(struct mq_held *held, const void *bytes, size_t size)
{
	char *content = aligned_alloc(MQ_PAGE, MQ_PAGE);
	struct uffdio_copy copy = {
		.dst = (uintptr_t)held->page, .src = (uintptr_t)content, .len = MQ_PAGE,
	};

	memset(content, 0, MQ_PAGE);
	memcpy(content, bytes, size);
	MQ_OK(ioctl(held->uffd, UFFDIO_COPY, &copy));
	MQ_EQ(pthread_join(held->thread, NULL), 0);
	free(content);
	return held->result;
}
