// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq send - one message, or each line of standard input as one
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 256
#define OPTION_AS 256

static const struct mq_usage usage = {
	.operands = "NAME [TEXT]",
	.summary = "Send TEXT to NAME, or standard input as it is if TEXT is - or missing. Without -t a\n"
		   "full mailbox that makes its senders wait is waited for.",
	.options = (const struct mq_option[]){
		{ 'l', "lines", NULL, "each line of standard input is a message" },
		{ 'f', "file", "FILE", "send what is in FILE" },
		{ 't', "timeout", "TIME", "wait for room that long at most; 0: do not wait" },
		{ OPTION_AS, "as", "NAME", "be called NAME meanwhile" },
		{ }
	},
	.least = 1, .most = 2,
};

struct sender {
	struct mq_endpoint *ep;
	const char *name;
	int64_t timeout;
};

/* Lines that have been read and not yet been sent. */
struct lines {
	char *buffer;
	size_t size, used;
	uint64_t sent;
	struct mq_letter letters[BATCH];
	size_t count;
};

/* EPOLLOUT is off from an EAGAIN on until that mailbox has room, or is gone. */
static int send_timed(const struct sender *s, const void *data, size_t size)
{
	struct pollfd room = { .fd = mq_endpoint_fd(s->ep), .events = POLLOUT };
	int64_t deadline = mq_deadline_new(s->timeout);
	int error;

	while ((error = mq_endpoint_try_send(s->ep, s->name, data, size)) == -EAGAIN) {
		if (!s->timeout)
			return error;
		error = mq_poll_wait(&room, 1, deadline);
		if (!error)
			return -ETIMEDOUT;
		if (error < 0 && error != -EINTR)
			return error;
	}
	return error;
}

static int send_one(const struct sender *s, const void *data, size_t size)
{
	if (s->timeout != MQ_TIMEOUT_NONE)
		return send_timed(s, data, size);
	return mq_endpoint_send(s->ep, s->name, data, size);
}

static int lines_explain(const struct lines *lines, const struct sender *s, int error)
{
	char text[512];
	int status = mq_error_format(text, sizeof(text), error, MQ_ACTION_SEND, s->name);

	return mq_error_show(status, "line %" PRIu64 ": %s", lines->sent + 1, text);
}

/* Send the letters that have been made of lines. Returns a status. */
static int lines_send(struct lines *lines, const struct sender *s)
{
	int error = 0;
	size_t sent = 0;

	if (s->timeout == MQ_TIMEOUT_NONE) {
		if (lines->count)
			error = mq_endpoint_send_many(s->ep, lines->letters, lines->count, &sent);
	} else {
		for (; sent < lines->count && !error; sent += !error)
			error = send_timed(s, lines->letters[sent].data,
					   lines->letters[sent].size);
	}
	lines->sent += sent;
	lines->count = 0;
	return error ? lines_explain(lines, s, error) : MQ_EXIT_OK;
}

/* An empty line is sent as its newline: a message has 1 byte at least. */
static int line_push(struct lines *lines, const struct sender *s, const char *line, size_t len)
{
	lines->letters[lines->count++] = (struct mq_letter){
		.name = s->name, .data = line, .size = len ? len : 1
	};
	return lines->count == BATCH ? lines_send(lines, s) : MQ_EXIT_OK;
}

/* All whole lines in the buffer, and at the @end what stands behind the last newline. */
static int lines_take(struct lines *lines, const struct sender *s, bool end)
{
	char *at = lines->buffer, *stop = at + lines->used, *newline;
	int status = MQ_EXIT_OK;

	while (!status && (newline = memchr(at, '\n', stop - at))) {
		status = line_push(lines, s, at, newline - at);
		at = newline + 1;
	}
	if (!status && end && at < stop) {
		status = line_push(lines, s, at, stop - at);
		at = stop;
	}
	if (!status)
		status = lines_send(lines, s);
	lines->used = stop - at;
	memmove(lines->buffer, at, lines->used);
	if (!status && lines->used == lines->size)
		status = lines_explain(lines, s, -EMSGSIZE);
	return status;
}

/* What is at hand goes in one batch, and a single line is not kept waiting for more. */
static int send_lines(const struct sender *s)
{
	struct lines lines = { .size = (size_t)mq_device_info()->cmd_buf_size + 2 };
	int status = MQ_EXIT_OK;
	ssize_t got = 1;

	if (lines.size < 65536)
		lines.size = 65536;
	lines.buffer = malloc(lines.size);
	if (!lines.buffer)
		return mq_error_explain(-ENOMEM, MQ_ACTION_ANY, NULL);
	while (!status && got) {
		got = read(STDIN_FILENO, lines.buffer + lines.used, lines.size - lines.used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			status = mq_error_show(MQ_EXIT_FAILED, "standard input: %s",
					       strerror(errno));
			break;
		}
		lines.used += got;
		status = lines_take(&lines, s, !got);
	}
	free(lines.buffer);
	return status;
}

static int send_payload(const struct sender *s, const char *text, const char *file)
{
	struct mq_payload payload;
	int error, status = mq_payload_read(&payload, text, file);

	if (status)
		return status;
	error = send_one(s, payload.data, payload.size);
	mq_payload_free(&payload);
	return error ? mq_error_explain(error, MQ_ACTION_SEND, s->name) : MQ_EXIT_OK;
}

int mq_command_send(int argc, char **argv)
{
	struct sender s = { .timeout = MQ_TIMEOUT_NONE };
	const char *as = NULL, *file = NULL, *text;
	bool lines = false;
	int letter, status;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1) {
		if (letter == 'l')
			lines = true;
		else if (letter == 'f')
			file = optarg;
		else if (letter == 't')
			s.timeout = mq_duration_parse(argv[0], optarg);
		else
			as = optarg;
	}
	s.name = argv[optind];
	text = optind + 1 < argc ? argv[optind + 1] : NULL;
	if (lines + !!file + !!text > 1)
		mq_usage_exit(argv[0], "of TEXT, -l and -f one alone says what to send");
	mq_signal_exit();
	status = mq_device_bind(&s.ep, as, NULL);
	if (status)
		return status;
	status = lines ? send_lines(&s) : send_payload(&s, text, file);
	mq_endpoint_close(s.ep);
	return status;
}
