// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to send: an operand, the whole of standard input, or a file.
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As much as one message takes, and one byte more to see that it was too much. */
static int all_read(struct mq_payload *payload, int fd, const char *what)
{
	size_t room = (size_t)mq_device_info()->cmd_buf_size + 1;
	ssize_t got;

	payload->size = 0;
	payload->data = malloc(room);
	if (!payload->data)
		return mq_error_explain(-ENOMEM, MQ_ACTION_ANY, NULL);
	while (payload->size < room) {
		got = read(fd, (char *)payload->data + payload->size, room - payload->size);
		if (!got)
			break;
		if (got < 0 && errno != EINTR)
			return mq_error_show(MQ_EXIT_FAILED, "%s: %s", what, strerror(errno));
		payload->size += got > 0 ? got : 0;
	}
	if (payload->size < room)
		return MQ_EXIT_OK;
	return mq_error_show(MQ_EXIT_FAILED,
			     "%s is too long for one message, nothing was sent: send it in parts (CMD_BUF_SIZE is %zu)",
			     what, room - 1);
}

static int file_read(struct mq_payload *payload, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int status;

	if (fd < 0)
		return mq_error_show(MQ_EXIT_FAILED, "%s: %s", file, strerror(errno));
	status = all_read(payload, fd, file);
	close(fd);
	return status;
}

static int input_read(struct mq_payload *payload)
{
	if (isatty(STDIN_FILENO))
		fputs("mq: type the message; Ctrl-D at the beginning of a line ends it\n", stderr);
	return all_read(payload, STDIN_FILENO, "standard input");
}

static int text_read(struct mq_payload *payload, const char *text)
{
	payload->size = strlen(text);
	payload->data = strdup(text);
	if (!payload->data)
		return mq_error_explain(-ENOMEM, MQ_ACTION_ANY, NULL);
	return MQ_EXIT_OK;
}

int mq_payload_read(struct mq_payload *payload, const char *text, const char *file)
{
	int status;

	*payload = (struct mq_payload){ 0 };
	if (file)
		status = file_read(payload, file);
	else if (!text || !strcmp(text, "-"))
		status = input_read(payload);
	else
		status = text_read(payload, text);
	if (!status && !payload->size)
		status = mq_error_show(MQ_EXIT_USAGE, "%s is empty: a message has 1 byte at least",
				       file ? file : text && strcmp(text, "-") ? "TEXT" :
				       "standard input");
	if (status)
		mq_payload_free(payload);
	return status;
}

void mq_payload_free(struct mq_payload *payload)
{
	free(payload->data);
	*payload = (struct mq_payload){ 0 };
}
