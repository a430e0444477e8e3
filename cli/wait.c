// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq wait - sleep until a name is there, or gone
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>

#define OPTION_GONE 256

static const struct mq_usage usage = {
	.operands = "NAME",
	.summary = "Sleep until NAME is there, or with --gone until it is not. Ends at once if that is so.",
	.options = (const struct mq_option[]){
		{ OPTION_GONE, "gone", NULL, "wait for the end of NAME" },
		{ 't', "timeout", "TIME", "wait that long at most, then status 124" },
		{ }
	},
	.least = 1, .most = 1,
};

static int wait_explain(int error, const char *name, bool gone)
{
	switch (error) {
	case 0:
		return MQ_EXIT_OK;
	case -ETIMEDOUT:
	case -EAGAIN:
		if (gone)
			return mq_error_show(MQ_EXIT_TIMEOUT,
					     "%s is still there: allow more time (-t), or look who it is (mq info %s)",
					     name, name);
		return mq_error_show(MQ_EXIT_TIMEOUT,
				     "%s did not come in time: allow more (-t), or look at the spelling",
				     name);
	case -EINVAL:		/* nobody could ever have it: to wait for that is a mistake */
		return mq_error_explain(error, MQ_ACTION_BIND, name);
	default:		/* the device is opened for this */
		return mq_error_explain(error, MQ_ACTION_OPEN, mq_device_path);
	}
}

int mq_command_wait(int argc, char **argv)
{
	int64_t timeout = MQ_TIMEOUT_NONE;
	bool gone = false;
	const char *name;
	int error, letter;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1) {
		if (letter == 't')
			timeout = mq_duration_parse(argv[0], optarg);
		else
			gone = true;
	}
	name = argv[optind];
	mq_signal_exit();
	error = mq_name_wait(mq_device_path, name, gone, timeout);
	return wait_explain(error, name, gone);
}
