// SPDX-License-Identifier: GPL-2.0-only
/*
 * Standard output of the commands that print as things happen: each message leaves at
 * once, a reader who has gone is noticed, and one who is slow can be waited for without
 * being deaf to Ctrl-C.
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

static FILE *memory;
static char *text;
static size_t text_size;

bool mq_output_is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

bool mq_output_is_coloured(void)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return mq_output_is_terminal() && !(no_colour && *no_colour) &&
	       term && *term && strcmp(term, "dumb");
}

FILE *mq_output(void)
{
	if (!memory)
		memory = open_memstream(&text, &text_size);
	if (!memory) {
		mq_error_explain(-ENOMEM, MQ_ACTION_ANY, NULL);
		exit(MQ_EXIT_FAILED);
	}
	return memory;
}

/*
 * Where poll(2) says that there is room, a pipe takes PIPE_BUF bytes without sleeping. A
 * signal that waits is heeded only where there is none: what has been taken is printed.
 */
static int room_wait(void)
{
	struct pollfd room = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (poll(&room, 1, 0) > 0)
		return 1;
	return mq_poll_wait(&room, 1, mq_deadline_new(MQ_TIMEOUT_NONE));
}

static int bytes_write(const char *bytes, size_t size)
{
	while (size) {
		ssize_t done = room_wait();

		if (done < 0)
			return done;
		done = write(STDOUT_FILENO, bytes, size < PIPE_BUF ? size : PIPE_BUF);
		if (done < 0 && errno == EAGAIN)	/* who shares it made it nonblocking */
			continue;
		if (done < 0)
			return -errno;
		bytes += done;
		size -= done;
	}
	return 0;
}

int mq_output_flush(void)
{
	FILE *out = mq_output();
	int error;

	if (fflush(out))
		return -ENOMEM;
	error = bytes_write(text, ftello(out));
	rewind(out);
	return error;
}

int mq_output_explain(int error)
{
	if (error == -EINTR)
		return MQ_EXIT_INTERRUPTED;
	if (error == -EPIPE)		/* as after `| head -n 1`: nothing to complain of */
		return MQ_EXIT_FAILED;
	return mq_error_show(MQ_EXIT_FAILED, "standard output cannot be written: %s",
			     strerror(-error));
}

struct pollfd mq_output_pollfd(void)
{
	/* POLLERR, POLLHUP and POLLNVAL come unasked. */
	return (struct pollfd){ .fd = STDOUT_FILENO };
}

void mq_text_show(FILE *out, const void *bytes, size_t size, bool lines)
{
	const char *at = bytes;
	mbstate_t state = { 0 };
	wchar_t wide;

	while (size) {
		size_t n = mbrtowc(&wide, at, size, &state);

		if (n > 0 && n <= size && (iswprint(wide) || (lines && strchr("\n\t", *at)))) {
			fwrite(at, 1, n, out);
		} else {
			fprintf(out, *at == '\n' ? "\\n" : "\\x%02x", (unsigned char)*at);
			memset(&state, 0, sizeof(state));
			n = 1;
		}
		at += n;
		size -= n;
	}
}

void mq_message_show(FILE *out, const struct mq_message *msg)
{
	const char *data = mq_message_data(msg);
	size_t size = mq_message_size(msg);

	if (mq_output_is_terminal())
		mq_text_show(out, data, size, true);
	else
		fwrite(data, 1, size, out);
	if (!size || data[size - 1] != '\n')
		putc('\n', out);
}
