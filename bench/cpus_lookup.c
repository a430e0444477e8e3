// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to random ones of many endpoints, each between two marks: which cache lines
 * does finding one by its name touch?
 *
 * Copyright (C) the mq authors
 */
#include <fcntl.h>
#include <linux/mq_driver.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cpus.h"
#include "cpus_mark.h"

#define ENDPOINTS	10000
#define LOOKUPS		1000

struct letter {
	struct mq_frame frame;
	char payload[CPUS_BYTES];
};

static uint64_t random_state;

/* 8 to 23 letters */
static void name_init(char *name)
{
	size_t len = 8 + bench_random(&random_state) % (MQ_NAME_MAX - 7);

	memset(name, 0, MQ_NAME_SIZE);
	for (size_t i = 0; i < len; i++)
		name[i] = (char)('a' + bench_random(&random_state) % 26);
}

static int endpoint_new(const char *name)
{
	struct mq_bind bind = { .size = sizeof(bind), .depth = 1 };
	int fd = open(MQ_DEVICE_PATH, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bench_die("%s: %m; load the driver first", MQ_DEVICE_PATH);
	memcpy(bind.name, name, sizeof(bind.name));
	if (ioctl(fd, MQ_IOC_BIND, &bind))
		bench_die("%s: bind '%s': %m; MAX_DEVICES is the limit of names",
			  MQ_DEVICE_PATH, name);
	return fd;
}

static void letter_send(int fd, const char *name, unsigned int series)
{
	struct letter letter = { .frame = { .size = sizeof(letter) } };
	ssize_t n;

	memcpy(letter.frame.name, name, sizeof(letter.frame.name));
	if (series)
		cpus_mark(series);
	n = write(fd, &letter, sizeof(letter));
	if (series)
		cpus_mark(CPUS_MARK_END);
	if (n != sizeof(letter))
		bench_die("%s: a frame to '%s': %m", MQ_DEVICE_PATH, name);
}

/**
 * cpus_lookup_run - send to random ones of many endpoints
 * @options: @n is how many there are
 */
void cpus_lookup_run(const struct cpus_options *options)
{
	static char names[65536][MQ_NAME_SIZE];
	unsigned int n = options->n ? options->n : ENDPOINTS;
	const struct rlimit files = { n + 64, n + 64 };
	int from;

	if (n > 65536 || setrlimit(RLIMIT_NOFILE, &files))
		bench_die("%u open files: %m", n);
	cpus_pin(0);
	from = endpoint_new((char[MQ_NAME_SIZE]){ 0 });
	for (unsigned int i = 0; i < n; i++) {
		name_init(names[i]);
		endpoint_new(names[i]);
	}
	/* The table grows in the background. */
	sleep(1);
	for (unsigned int i = 0; i < 100; i++)
		letter_send(from, names[bench_random(&random_state) % n], 0);
	for (unsigned int i = 0; i < LOOKUPS; i++)
		letter_send(from, names[bench_random(&random_state) % n], options->series);
}
