// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq call - a request and its answer
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>

#define OPTION_AS 256

static const struct mq_usage usage = {
	.operands = "NAME [TEXT]",
	.summary = "Send TEXT to NAME as a request, or standard input as it is if TEXT is - or missing,\n"
		   "and print the answer.",
	.options = (const struct mq_option[]){
		{ 't', "timeout", "TIME", "wait for room and for the answer that long at most" },
		{ 'f', "file", "FILE", "send what is in FILE" },
		{ 'j', "json", NULL, "the answer as one object; mq(1) has the fields" },
		{ OPTION_AS, "as", "NAME", "be called NAME meanwhile" },
		{ }
	},
	.least = 1, .most = 2,
};

struct request {
	const char *name, *as, *text, *file;
	int64_t timeout;
	bool json;
};

static int call_explain(int error, const char *name)
{
	/* Ctrl-C ends this program before it sees that; what is left is a stop or a tracer. */
	if (error == -EINTR)
		return mq_error_show(MQ_EXIT_INTERRUPTED,
				     "the call to %s was interrupted: it may still be carried out",
				     name);
	return mq_error_explain(error, MQ_ACTION_CALL, name);
}

static int call(struct mq_endpoint *ep, const struct request *r,
		const struct mq_payload *payload)
{
	struct mq_message *reply;
	int error = mq_endpoint_call(ep, r->name, payload->data, payload->size, &reply,
				     r->timeout);

	if (error)
		return call_explain(error, r->name);
	if (r->json)
		mq_json_show_message(stdout, reply, r->as);
	else
		mq_message_show(stdout, reply);
	mq_message_free(reply);
	return MQ_EXIT_OK;
}

static int request_run(const struct request *r)
{
	struct mq_payload payload;
	struct mq_endpoint *ep;
	int status = mq_device_bind(&ep, r->as, NULL);

	if (status)
		return status;
	status = mq_payload_read(&payload, r->text, r->file);
	if (!status) {
		status = call(ep, r, &payload);
		mq_payload_free(&payload);
	}
	mq_endpoint_close(ep);
	return status;
}

int mq_command_call(int argc, char **argv)
{
	struct request r = { .timeout = MQ_TIMEOUT_NONE };
	int letter;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1) {
		if (letter == 't')
			r.timeout = mq_duration_parse(argv[0], optarg);
		else if (letter == 'f')
			r.file = optarg;
		else if (letter == 'j')
			r.json = true;
		else
			r.as = optarg;
	}
	r.name = argv[optind];
	r.text = argv[optind + 1];
	if (r.text && r.file)
		mq_usage_exit(argv[0], "of TEXT and -f one alone says what to send");
	mq_signal_exit();
	return request_run(&r);
}
