// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq watch - names as they come and go
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>

static const struct mq_usage usage = {
	.operands = "",
	.summary = "Print a line for each name that is there, and then for each that comes or goes.\n"
		   "Ends after -n lines or -t TIME, whichever comes first.",
	.options = (const struct mq_option[]){
		{ 'j', "json", NULL, "one object a line; mq(1) has the fields" },
		{ 'n', "count", "N", "end after N lines" },
		{ 't', "timeout", "TIME", "end after TIME; status 124 if lines are missing then" },
		{ }
	},
};

struct watcher {
	struct mq_watch *watch;
	uint64_t wanted, seen;		/* wanted 0: without end */
	int64_t deadline;
	bool json;
};

static void event_text(FILE *out, const struct mq_name_event *event)
{
	const char *colour = "", *plain = "";

	if (mq_output_is_coloured()) {
		colour = event->come ? "\033[32m" : "\033[31m";
		plain = "\033[m";
	}
	fprintf(out, "%s%s%s %s pid %u uid %u\n", colour, event->come ? "come" : "gone", plain,
		event->name, event->pid, event->uid);
}

static void event_json(FILE *out, const struct mq_name_event *event)
{
	mq_json_open(out);
	mq_json_show_text("event", event->come ? "come" : "gone");
	mq_json_show_text("name", event->name);
	mq_json_show_number("pid", event->pid);
	mq_json_show_number("uid", event->uid);
	mq_json_close();
}

/* All that is known now. Returns a status. */
static int events_show(struct watcher *w)
{
	struct mq_name_event event;
	int error;

	while (!w->wanted || w->seen < w->wanted) {
		error = mq_watch_next(w->watch, &event, 0);
		if (error == -EAGAIN || error == -ETIMEDOUT)
			return MQ_EXIT_OK;
		if (error)
			return mq_error_explain(error, MQ_ACTION_RECEIVE, NULL);
		if (w->json)
			event_json(mq_output(), &event);
		else
			event_text(mq_output(), &event);
		w->seen++;
		error = mq_output_flush();
		if (error)
			return mq_output_explain(error);
	}
	return MQ_EXIT_OK;
}

static int time_over(const struct watcher *w)
{
	if (w->wanted)
		return mq_error_show(MQ_EXIT_TIMEOUT, "%" PRIu64 " of %" PRIu64
				     " lines came in time: allow more (-t)", w->seen, w->wanted);
	return w->seen ? MQ_EXIT_OK : mq_error_show(MQ_EXIT_TIMEOUT, "nobody came in time");
}

static int watch(struct watcher *w)
{
	int ready, status;
	bool over = false;

	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = mq_watch_fd(w->watch), .events = POLLIN }, mq_output_pollfd(),
		};

		status = events_show(w);
		if (status || (w->wanted && w->seen >= w->wanted))
			return status;
		if (over)
			return time_over(w);
		ready = mq_poll_wait(fds, 2, w->deadline);
		if (ready == -EINTR)
			return MQ_EXIT_INTERRUPTED;
		if (ready < 0)
			return mq_error_explain(ready, MQ_ACTION_RECEIVE, NULL);
		if (fds[1].revents)
			return mq_output_explain(-EPIPE);
		over = !mq_deadline_left(w->deadline);
	}
}

int mq_command_watch(int argc, char **argv)
{
	struct watcher w = { 0 };
	int64_t timeout = MQ_TIMEOUT_NONE;
	int error, letter, status;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1) {
		if (letter == 'j')
			w.json = true;
		else if (letter == 'n')
			w.wanted = mq_number_parse(argv[0], "-n", optarg, 1, INT64_MAX);
		else
			timeout = mq_duration_parse(argv[0], optarg);
	}
	mq_signal_block();
	error = mq_watch_open(&w.watch, mq_device_path);
	if (error)
		return mq_error_explain(error, MQ_ACTION_OPEN, mq_device_path);
	w.deadline = mq_deadline_new(timeout);
	status = watch(&w);
	mq_watch_close(w.watch);
	return status;
}
