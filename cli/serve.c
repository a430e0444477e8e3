// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq serve - take a name and answer requests
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define OPTION_EXEC 256
#define OPTION_ECHO 257

static const struct mq_usage usage = {
	.operands = "NAME",
	.summary = "Be called NAME and answer each request, with itself or with what CMD prints.\n"
		   "Ends after -n answers or -t TIME, whichever comes first, and says how many there were.",
	.options = (const struct mq_option[]){
		{ OPTION_ECHO, "echo", NULL, "answer with the request itself" },
		{ OPTION_EXEC, "exec", "CMD", "answer with the output of sh -c CMD; the request is its input" },
		{ 'n', "count", "N", "end after N answers" },
		{ 't', "timeout", "TIME", "end after TIME; status 124 if there are fewer than -n then" },
		MQ_OPTION_POLICY,
		MQ_OPTION_DEPTH,
		MQ_OPTION_ACCESS,
		{ }
	},
	.least = 1, .most = 1,
};

struct server {
	struct mq_endpoint *ep;
	const char *name, *command;
	struct mq_binding how;
	uint64_t wanted;		/* 0: without end */
	uint64_t answered, vanished, failed, others;
	int64_t deadline;
};

/* An empty answer cannot be sent, and a caller shall not wait in vain. */
static void answer_fit(const struct server *s, struct mq_payload *answer, size_t most)
{
	if (answer->size > most) {
		answer->size = most;
		mq_error_show(0, "%s: prints more than a message holds, the answer was cut (CMD_BUF_SIZE is %zu)",
			      s->command, most);
	}
	if (!answer->size) {
		memcpy(answer->data, "\n", 1);
		answer->size = 1;
	}
}

/* What to answer @request with. Returns a status. */
static int answer_make(struct server *s, const struct mq_message *request,
		       struct mq_payload *answer)
{
	size_t most = mq_device_info()->cmd_buf_size;
	int result = mq_child_run(s->command, request, answer, most);

	if (result == -EINTR)
		return MQ_EXIT_INTERRUPTED;
	if (result < 0)
		return mq_error_explain(result, MQ_ACTION_ANY, s->command);
	if (result) {
		s->failed++;
		mq_error_show(0, "%s: ended with status %d; its output was the answer all the same",
			      s->command, result);
	}
	answer_fit(s, answer, most);
	return MQ_EXIT_OK;
}

/* Answer, and take what waits. A caller who has gone is no failure of ours. */
static int answer_send(struct server *s, const struct mq_message **request, const void *data,
		       size_t size)
{
	const struct mq_message *next;
	bool answered = false;
	int error;

	error = mq_endpoint_reply_receive(s->ep, *request, data, size, &answered, &next, 0);
	*request = error ? NULL : next;
	answered |= !error;
	s->answered += answered;
	if (answered)
		return error == -EAGAIN || error == -EINTR ? 0 : error;
	s->vanished += error == -ENOENT;
	return error == -ENOENT ? 0 : error;
}

/* @request: what was taken; afterwards what was taken in the same step, or NULL. */
static int request_answer(struct server *s, const struct mq_message **request)
{
	struct mq_payload answer = { 0 };
	int error, status = MQ_EXIT_OK;

	if (!mq_message_is_call(*request)) {
		s->others++;
		*request = NULL;
		return MQ_EXIT_OK;
	}
	if (s->command) {
		status = answer_make(s, *request, &answer);
		error = status ? 0 : answer_send(s, request, answer.data, answer.size);
		mq_payload_free(&answer);
	} else {
		error = answer_send(s, request, mq_message_data(*request),
				    mq_message_size(*request));
	}
	return error ? mq_error_explain(error, MQ_ACTION_REPLY, s->name) : status;
}

/* Sleep until there may be a message. Returns a status. */
static int server_wait(struct server *s)
{
	struct pollfd mailbox = { .fd = mq_endpoint_fd(s->ep), .events = POLLIN };
	int ready = mq_poll_wait(&mailbox, 1, s->deadline);

	if (ready > 0)
		return MQ_EXIT_OK;
	if (ready < 0)
		return mq_error_explain(ready, MQ_ACTION_RECEIVE, s->name);
	return MQ_EXIT_TIMEOUT;
}

static int serve(struct server *s)
{
	const struct mq_message *request = NULL;
	int error, status = MQ_EXIT_OK;

	while (!status && (!s->wanted || s->answered < s->wanted)) {
		if (request) {
			status = request_answer(s, &request);
			if (mq_signal_is_caught() && !status)
				status = MQ_EXIT_INTERRUPTED;
			else if (!status && !mq_deadline_left(s->deadline))
				status = MQ_EXIT_TIMEOUT;
			continue;
		}
		status = server_wait(s);
		if (status)
			break;
		error = mq_endpoint_receive(s->ep, &request, 0);
		if (error)
			request = NULL;
		if (error && error != -EAGAIN)
			status = mq_error_explain(error, MQ_ACTION_RECEIVE, s->name);
	}
	/* As recv does: time over is a failure only where answers are missing. */
	if (status == MQ_EXIT_TIMEOUT && !s->wanted && s->answered)
		status = MQ_EXIT_OK;
	return status;
}

static void counts_show(const struct server *s)
{
	char more[160] = "";
	size_t used = 0;

	if (s->vanished)
		used += snprintf(more, sizeof(more), ", %" PRIu64 " too late (the caller had gone)",
				 s->vanished);
	if (s->failed)
		used += snprintf(more + used, sizeof(more) - used, ", %" PRIu64 " by a command that failed",
				 s->failed);
	if (s->others)
		snprintf(more + used, sizeof(more) - used, ", %" PRIu64 " messages wanted none",
			 s->others);
	mq_error_show(0, "%s: %" PRIu64 " answered%s", s->name, s->answered, more);
}

static bool option_take(struct server *s, const char *command, int letter, int64_t *timeout)
{
	switch (letter) {
	case 'n':
		s->wanted = mq_number_parse(command, "-n", optarg, 1, INT64_MAX);
		break;
	case 't':
		*timeout = mq_duration_parse(command, optarg);
		break;
	case OPTION_EXEC:
		s->command = optarg;
		break;
	case OPTION_ECHO:
		return true;
	default:
		mq_binding_parse(command, letter, &s->how);
	}
	return false;
}

int mq_command_serve(int argc, char **argv)
{
	struct server s = { 0 };
	int64_t timeout = MQ_TIMEOUT_NONE;
	bool echo = false;
	int letter, status;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1)
		echo |= option_take(&s, argv[0], letter, &timeout);
	if (echo == !!s.command)
		mq_usage_exit(argv[0], "one of --echo and --exec CMD says how to answer");
	s.name = argv[optind];
	mq_signal_block();
	status = mq_device_bind(&s.ep, s.name, &s.how);
	if (status)
		return status;
	s.deadline = mq_deadline_new(timeout);
	status = serve(&s);
	counts_show(&s);
	mq_endpoint_close(s.ep);
	return status;
}
