// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three parameters: defaults, where they are seen, which values load.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sys/stat.h>

static const struct {
	const char *name;
	unsigned int normal, min, max;
} mq_parameters[] = {
	{ "MAX_DEVICES", 64, 1, 65536 },
	{ "QUEUE_LEN", 16, 1, 65536 },
	{ "CMD_BUF_SIZE", 4096, 16, 1048576 },
};

#define PARAMETERS 3

static const char *parameter_path(int i)
{
	static char path[256];

	snprintf(path, sizeof(path), "/sys/module/mq_driver/parameters/%s",
		 mq_parameters[i].name);
	return path;
}

MQ_TEST(module_defaults, "without parameters: 64 devices, 16 messages, 4096 bytes")
{
	struct mq_counters c;
	int i, fd = mq_dev();

	for (i = 0; i < PARAMETERS; i++)
		MQ_EQ(mq_param(mq_parameters[i].name), mq_parameters[i].normal);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_counters("bob", &c), 0);
	MQ_EQ(c.depth, 16);
}

MQ_TEST(module_parameters_read_only, "parameters can be read under /sys, by anyone, and not written")
{
	struct stat st;
	int i;

	for (i = 0; i < PARAMETERS; i++) {
		MQ_OK(stat(parameter_path(i), &st));
		MQ_EQ(st.st_mode & 0777, 0444);
		MQ_ERR(open(parameter_path(i), O_WRONLY | O_CLOEXEC), EACCES);
	}
	mq_become(1005, 1005);
	for (i = 0; i < PARAMETERS; i++)
		MQ_EQ(mq_param(mq_parameters[i].name), mq_parameters[i].normal);
}

/* A number in a text, not a part of a longer number. */
static bool has_number(const char *text, const char *number)
{
	const char *at = text;
	size_t length = strlen(number);

	for (; (at = strstr(at, number)); at++)
		if ((at == text || at[-1] < '0' || at[-1] > '9') &&
		    (at[length] < '0' || at[length] > '9'))
			return true;
	return false;
}

static bool says_all(const char *line, int i, const char *value)
{
	char min[16], max[16];

	snprintf(min, sizeof(min), "%u", mq_parameters[i].min);
	snprintf(max, sizeof(max), "%u", mq_parameters[i].max);
	return has_number(line, value) && has_number(line, min) &&
	       has_number(line, max);
}

static void refuses(int i, const char *value)
{
	int log = mq_log_open(), lines = 0;
	char params[64], line[1024];

	snprintf(params, sizeof(params), "%s=%s", mq_parameters[i].name, value);
	MQ_EQ(mq_load(params), -EINVAL);
	MQ_TRUE(!mq_is_loaded());
	MQ_ERR(access(MQ_NODE, F_OK), ENOENT);
	while (mq_log_next(log, line, sizeof(line), NULL)) {
		/* The kernel's own words on a module that it did not build. */
		if (!strstr(line, "mq_driver") || strstr(line, "taint"))
			continue;
		lines++;
		if (!strstr(line, mq_parameters[i].name) ||
		    !says_all(line, i, value))
			MQ_FAIL("%s: the log says \"%s\"", params, line);
	}
	MQ_EQ(lines, 1);
	close(log);
}

MQ_TEST(module_out_of_range, "a value out of range: EINVAL, and one log line names parameter, value and range",
	.no_module = true)
{
	char value[16];
	int i;

	for (i = 0; i < PARAMETERS; i++) {
		refuses(i, "0");
		refuses(i, "4294967295");
		snprintf(value, sizeof(value), "%u", mq_parameters[i].max + 1);
		refuses(i, value);
		snprintf(value, sizeof(value), "%u", mq_parameters[i].min - 1);
		refuses(i, value);
	}
}

MQ_TEST(module_in_range, "the first and the last value of each range load",
	.no_module = true)
{
	char params[64];
	int i, last;

	for (i = 0; i < PARAMETERS; i++) {
		for (last = 0; last < 2; last++) {
			unsigned int value = last ? mq_parameters[i].max :
						    mq_parameters[i].min;

			snprintf(params, sizeof(params), "%s=%u",
				 mq_parameters[i].name, value);
			MQ_EQ(mq_load(params), 0);
			MQ_EQ(mq_param(mq_parameters[i].name), value);
			MQ_EQ(mq_unload(), 0);
		}
	}
}

MQ_TEST(module_no_number, "what is no unsigned 32-bit number the kernel refuses, with its own errno",
	.no_module = true)
{
	static const struct {
		const char *value;
		int error;
	} cases[] = {
		{ "many", -EINVAL },	{ "-1", -EINVAL },
		{ "8x", -EINVAL },	{ "", -EINVAL },
		{ "1.5", -EINVAL },	{ "4294967296", -ERANGE },
		{ "99999999999999999999", -ERANGE },
	};
	char params[64];
	size_t c;
	int i;

	for (i = 0; i < PARAMETERS; i++) {
		/* Each case is a load, which is slow: all for one parameter. */
		for (c = 0; c < (i ? 2 : sizeof(cases) / sizeof(cases[0])); c++) {
			snprintf(params, sizeof(params), "%s=%s",
				 mq_parameters[i].name, cases[c].value);
			MQ_EQ(mq_load(params), cases[c].error);
		}
		MQ_TRUE(!mq_is_loaded());
	}
}
