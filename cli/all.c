// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq all - a message to everyone
 * Copyright (C) the mq authors
 */
#include "cli.h"

#define OPTION_AS 256

static const struct mq_usage usage = {
	.operands = "[TEXT]",
	.summary = "Send TEXT to everyone who has a name, or standard input as it is if TEXT is - or\n"
		   "missing. Never waits: a full mailbox that keeps what it has is passed over.",
	.options = (const struct mq_option[]){
		{ 'f', "file", "FILE", "send what is in FILE" },
		{ OPTION_AS, "as", "NAME", "be called NAME meanwhile" },
		{ }
	},
	.most = 1,
};

int mq_command_all(int argc, char **argv)
{
	const char *as = NULL, *file = NULL;
	struct mq_payload payload;
	struct mq_endpoint *ep;
	int error, letter, status;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1) {
		if (letter == 'f')
			file = optarg;
		else
			as = optarg;
	}
	if (file && optind < argc)
		mq_usage_exit(argv[0], "of TEXT and -f one alone says what to send");
	mq_signal_exit();
	status = mq_device_bind(&ep, as, NULL);
	if (status)
		return status;
	status = mq_payload_read(&payload, argv[optind], file);
	if (!status) {
		error = mq_endpoint_broadcast(ep, payload.data, payload.size);
		if (error)
			status = mq_error_explain(error, MQ_ACTION_BROADCAST, NULL);
		mq_payload_free(&payload);
	}
	mq_endpoint_close(ep);
	return status;
}
