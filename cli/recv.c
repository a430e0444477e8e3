// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq recv - take a name and print what comes
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>

#define BATCH 64
#define OPTION_EXEC 256
#define OPTION_FAIL 257

static const struct mq_usage usage = {
	.operands = "NAME",
	.summary = "Be called NAME and print each message as it comes, with a newline behind it unless it\n"
		   "ends with one. Ends after -n messages or -t TIME, whichever comes first.",
	.options = (const struct mq_option[]){
		{ 'n', "count", "N", "end after N messages" },
		{ 't', "timeout", "TIME", "end after TIME; status 124 if messages are missing then" },
		{ 'j', "json", NULL, "one object a line; mq(1) has the fields" },
		MQ_OPTION_POLICY,
		MQ_OPTION_DEPTH,
		MQ_OPTION_ACCESS,
		{ OPTION_EXEC, "exec", "CMD", "run sh -c CMD for each message, which is its input" },
		{ OPTION_FAIL, "fail-on-loss", NULL, "end with status 7 when messages were lost" },
		{ }
	},
	.least = 1, .most = 1,
};

struct receiver {
	struct mq_endpoint *ep;
	const char *name, *command;
	struct mq_binding how;
	uint64_t wanted, received;	/* wanted 0: without end */
	int64_t deadline;
	bool json, fail_on_loss;
	bool command_failed, call_seen;
};

static void loss_show(const struct receiver *r, uint64_t lost)
{
	uint32_t depth = r->how.depth ? r->how.depth : mq_device_info()->queue_len;

	mq_error_show(0, "%" PRIu64 " message%s lost before this one (mailbox full, depth %u; --depth N)",
		      lost, lost == 1 ? "" : "s", depth);
}

static void call_show(struct receiver *r, const struct mq_message *msg)
{
	if (r->call_seen)
		return;
	r->call_seen = true;
	mq_error_show(0, "%s waits for an answer, which recv does not give: use mq serve %s",
		      *mq_message_name(msg) ? mq_message_name(msg) : "someone", r->name);
}

static int command_run(struct receiver *r, const struct mq_message *msg)
{
	int result = mq_child_run(r->command, msg, NULL, 0);

	if (result == -EINTR)
		return MQ_EXIT_INTERRUPTED;
	if (result < 0)
		return mq_error_explain(result, MQ_ACTION_ANY, r->command);
	if (result) {
		r->command_failed = true;
		mq_error_show(0, "%s: ended with status %d", r->command, result);
	}
	return MQ_EXIT_OK;
}

static int message_print(const struct receiver *r, const struct mq_message *msg)
{
	int error;

	if (r->json)
		mq_json_show_message(mq_output(), msg, r->name);
	else
		mq_message_show(mq_output(), msg);
	error = mq_output_flush();
	return error ? mq_output_explain(error) : MQ_EXIT_OK;
}

static int message_take(struct receiver *r, const struct mq_message *msg)
{
	uint64_t lost = mq_message_lost(msg);
	int status;

	r->received++;
	if (lost)
		loss_show(r, lost);
	if (mq_message_is_call(msg))
		call_show(r, msg);
	status = r->command ? command_run(r, msg) : message_print(r, msg);
	if (!status && lost && r->fail_on_loss)
		return MQ_EXIT_LOSS;
	return status;
}

/* Never more than are wanted: what has been taken and not printed would be lost. */
static size_t batch_size(const struct receiver *r)
{
	uint64_t left = r->wanted ? r->wanted - r->received : BATCH;

	if (r->command || r->fail_on_loss)
		return 1;
	return left < BATCH ? left : BATCH;
}

static int batch_take(struct receiver *r)
{
	const struct mq_message *msgs[BATCH];
	int error, status = MQ_EXIT_OK;
	size_t count, i;

	error = mq_endpoint_receive_many(r->ep, msgs, batch_size(r), &count, 0);
	if (error == -EAGAIN)
		return MQ_EXIT_OK;
	if (error)
		return mq_error_explain(error, MQ_ACTION_RECEIVE, r->name);
	for (i = 0; i < count && !status; i++)
		status = message_take(r, msgs[i]);
	return status;
}

static int time_over(const struct receiver *r)
{
	if (r->wanted)
		return mq_error_show(MQ_EXIT_TIMEOUT,
				     "%" PRIu64 " of %" PRIu64 " messages for %s came in time: allow more (-t)",
				     r->received, r->wanted, r->name);
	if (r->received)
		return MQ_EXIT_OK;
	return mq_error_show(MQ_EXIT_TIMEOUT, "no message for %s came in time: allow more (-t)",
			     r->name);
}

/* Where messages never end the mailbox is always ready, so the clock is asked as well. */
static int receive(struct receiver *r)
{
	int ready, status = MQ_EXIT_OK;
	bool over = false;

	while (!status && (!r->wanted || r->received < r->wanted)) {
		struct pollfd fds[2] = {
			{ .fd = mq_endpoint_fd(r->ep), .events = POLLIN }, mq_output_pollfd(),
		};

		if (over)
			return time_over(r);
		ready = mq_poll_wait(fds, r->command ? 1 : 2, r->deadline);
		if (ready == -EINTR)
			return MQ_EXIT_INTERRUPTED;
		if (ready < 0)
			return mq_error_explain(ready, MQ_ACTION_RECEIVE, r->name);
		if (!r->command && fds[1].revents)
			return mq_output_explain(-EPIPE);
		if (fds[0].revents)
			status = batch_take(r);
		over = !mq_deadline_left(r->deadline);
	}
	return status;
}

static void option_take(struct receiver *r, const char *command, int letter, int64_t *timeout)
{
	switch (letter) {
	case 'n':
		r->wanted = mq_number_parse(command, "-n", optarg, 1, INT64_MAX);
		break;
	case 't':
		*timeout = mq_duration_parse(command, optarg);
		break;
	case 'j':
		r->json = true;
		break;
	case OPTION_EXEC:
		r->command = optarg;
		break;
	case OPTION_FAIL:
		r->fail_on_loss = true;
		break;
	default:
		mq_binding_parse(command, letter, &r->how);
	}
}

int mq_command_recv(int argc, char **argv)
{
	struct receiver r = { 0 };
	int64_t timeout = MQ_TIMEOUT_NONE;
	int letter, status;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1)
		option_take(&r, argv[0], letter, &timeout);
	if (r.json && r.command)
		mq_usage_exit(argv[0], "--exec takes the message as it is: leave --json out");
	r.name = argv[optind];
	mq_signal_block();
	status = mq_device_bind(&r.ep, r.name, &r.how);
	if (status)
		return status;
	r.deadline = mq_deadline_new(timeout);
	status = receive(&r);
	mq_endpoint_close(r.ep);
	if (!status && r.command_failed)
		return MQ_EXIT_FAILED;
	return status;
}
