// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq monitor - what passes, whoever sends it to whom
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define BATCH 64
#define DEPTH 1024
#define SNAP 128

enum { OPTION_FROM = 256, OPTION_TO, OPTION_NAME, OPTION_KIND, OPTION_SNAP };

static const struct mq_usage usage = {
	.operands = "",
	.summary = "Print a line for each message that passes, or is refused, whoever sends it to whom. Needs\n"
		   "CAP_SYS_ADMIN. What it missed itself is counted where it is missing, and in the end.",
	.options = (const struct mq_option[]){
		{ OPTION_FROM, "from", "NAME", "only what NAME sends" },
		{ OPTION_TO, "to", "NAME", "only what is sent to NAME" },
		{ OPTION_NAME, "name", "NAME", "only what NAME sends or is sent" },
		{ OPTION_KIND, "kind", "KIND", "only message, broadcast, call, reply or refused; repeat it for more" },
		{ OPTION_SNAP, "snap", "BYTES", "show as many of a message's first bytes (128; 0: none, at most 4096)" },
		{ MQ_BINDING_DEPTH, "depth", "N", "messages that may wait to be printed (1024)" },
		{ 'n', "count", "N", "end after N messages" },
		{ 't', "timeout", "TIME", "end after TIME; status 124 if messages are missing then" },
		{ 'j', "json", NULL, "one object a line; mq(1) has the fields" },
		{ }
	},
};

static const char *const kinds[] = { "message", "broadcast", "call", "reply", "refused", NULL };

struct monitor {
	struct mq_endpoint *ep;
	struct mq_monitoring what;
	uint64_t wanted, seen, missed;	/* wanted 0: without end */
	int64_t deadline;
	bool json;
};

/* ---- one message ---- */

static const char *kind_find(const struct mq_message *msg)
{
	uint32_t flags = mq_passed_flags(msg);

	if (flags & MQ_FRAME_BROADCAST)
		return "broadcast";
	if (flags & MQ_FRAME_CALL)
		return "call";
	return flags & MQ_FRAME_REPLY ? "reply" : "message";
}

/* Of what it is to, names are of visible ASCII, so this cannot be one. */
static const char *to_find(const struct mq_message *msg)
{
	if (*mq_passed_to(msg))
		return mq_passed_to(msg);
	return mq_passed_flags(msg) & MQ_FRAME_BROADCAST ? "to all" : "(no name)";
}

/* Why a message was refused, in the words of who looks on. */
static const char *reason_find(int result)
{
	static const struct {
		int error;
		const char *text;
	} reasons[] = {
		{ ENOENT, "nobody is there" }, { EACCES, "may not" }, { ENOBUFS, "full" },
		{ EAGAIN, "full" }, { EPIPE, "ended" }, { EINTR, "interrupted" },
		{ ETIMEDOUT, "time over" }, { EOPNOTSUPP, "cannot answer" },
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].error == -result)
			return reasons[i].text;
	return strerror(-result);
}

/* All in one line, and whatever a sender chose spelled out, wherever it goes. */
static void message_text(FILE *out, const struct mq_message *msg)
{
	uint64_t time = mq_message_time(msg);

	fprintf(out, "%" PRIu64 ".%06" PRIu64 " %s pid %u > %s: %s of %zu", time / 1000000000,
		time % 1000000000 / 1000, *mq_message_name(msg) ? mq_message_name(msg) : "(no name)",
		mq_message_pid(msg), to_find(msg), kind_find(msg), mq_passed_length(msg));
	if (mq_passed_result(msg))
		fprintf(out, ", refused (%s)", reason_find(mq_passed_result(msg)));
	else if (mq_passed_flags(msg) & MQ_FRAME_BROADCAST)
		fprintf(out, ", %u reached", mq_passed_reached(msg));
	if (mq_passed_size(msg)) {
		fputs(": ", out);
		mq_text_show(out, mq_passed_data(msg), mq_passed_size(msg), false);
		if (mq_passed_size(msg) < mq_passed_length(msg))
			fputs("...", out);
	}
	putc('\n', out);
}

static void message_json(FILE *out, const struct mq_message *msg)
{
	char cookie[24];

	snprintf(cookie, sizeof(cookie), "%" PRIu64, mq_message_cookie(msg));
	mq_json_open(out);
	mq_json_show_text("kind", kind_find(msg));
	mq_json_show_text("to", mq_passed_to(msg));
	mq_json_show_text("from", mq_message_name(msg));
	mq_json_show_number("pid", mq_message_pid(msg));
	mq_json_show_number("uid", mq_message_uid(msg));
	mq_json_show_number("missed", mq_message_lost(msg));
	mq_json_show_time("time", mq_message_time(msg));
	mq_json_show_text("cookie", cookie);
	mq_json_show_number("errno", -mq_passed_result(msg));
	mq_json_show_number("reached", mq_passed_reached(msg));
	mq_json_show_number("size", mq_passed_length(msg));
	mq_json_show_data(mq_passed_data(msg), mq_passed_size(msg));
	mq_json_close();
}

static int message_take(struct monitor *m, const struct mq_message *msg)
{
	uint64_t missed = mq_message_lost(msg);
	int error;

	m->seen++;
	m->missed += missed;
	if (m->json) {
		message_json(mq_output(), msg);
	} else {
		if (missed)
			fprintf(mq_output(), "%" PRIu64 " missed\n", missed);
		message_text(mq_output(), msg);
	}
	error = mq_output_flush();
	return error ? mq_output_explain(error) : MQ_EXIT_OK;
}

/* ---- all of them ---- */

static int batch_take(struct monitor *m)
{
	const struct mq_message *msgs[BATCH];
	uint64_t left = m->wanted ? m->wanted - m->seen : BATCH;
	int error, status = MQ_EXIT_OK;
	size_t count, i;

	error = mq_endpoint_receive_many(m->ep, msgs, left < BATCH ? left : BATCH, &count, 0);
	if (error == -EAGAIN)
		return MQ_EXIT_OK;
	if (error)
		return mq_error_explain(error, MQ_ACTION_MONITOR, NULL);
	for (i = 0; i < count && !status; i++)
		status = message_take(m, msgs[i]);
	return status;
}

static int time_over(const struct monitor *m)
{
	if (m->wanted)
		return mq_error_show(MQ_EXIT_TIMEOUT, "%" PRIu64 " of %" PRIu64
				     " messages passed in time: allow more (-t)", m->seen, m->wanted);
	return m->seen ? MQ_EXIT_OK : mq_error_show(MQ_EXIT_TIMEOUT, "nothing passed in time");
}

static int look(struct monitor *m)
{
	int ready, status = MQ_EXIT_OK;
	bool over = false;

	while (!status && (!m->wanted || m->seen < m->wanted)) {
		struct pollfd fds[2] = {
			{ .fd = mq_endpoint_fd(m->ep), .events = POLLIN }, mq_output_pollfd(),
		};

		if (over)
			return time_over(m);
		ready = mq_poll_wait(fds, 2, m->deadline);
		if (ready == -EINTR)
			return MQ_EXIT_INTERRUPTED;
		if (ready < 0)
			return mq_error_explain(ready, MQ_ACTION_MONITOR, NULL);
		if (fds[1].revents)
			return mq_output_explain(-EPIPE);
		if (fds[0].revents)
			status = batch_take(m);
		over = !mq_deadline_left(m->deadline);
	}
	return status;
}

/* Who may look on, but not have so deep a mailbox, gets one as it is. */
static int monitor_bind(struct monitor *m)
{
	bool is_asked = m->what.depth;
	int error, status = mq_device_open(&m->ep);

	if (status)
		return status;
	if (!is_asked)
		m->what.depth = DEPTH;
	error = mq_monitor_bind(m->ep, &m->what);
	if (!is_asked && (error == -EPERM || error == -EDQUOT)) {
		m->what.depth = 0;
		error = mq_monitor_bind(m->ep, &m->what);
	}
	if (!error)
		return MQ_EXIT_OK;
	mq_endpoint_close(m->ep);
	return mq_error_explain(error, MQ_ACTION_MONITOR, NULL);
}

static const char *name_parse(const char *command, const char *name)
{
	if (!mq_name_is_possible(name))
		mq_usage_exit(command, "'%s' cannot be a name", name);
	return name;
}

static void option_take(struct monitor *m, const char *command, int letter, int64_t *timeout)
{
	switch (letter) {
	case OPTION_FROM:
		m->what.from = name_parse(command, optarg);
		break;
	case OPTION_TO:
		m->what.to = name_parse(command, optarg);
		break;
	case OPTION_KIND:
		m->what.see |= 1U << mq_word_parse(command, "--kind", optarg, kinds);
		break;
	case OPTION_SNAP:
		m->what.snap = mq_number_parse(command, "--snap", optarg, 0, MQ_SNAP_MAX);
		break;
	case MQ_BINDING_DEPTH:
		m->what.depth = mq_number_parse(command, "--depth", optarg, 1, MQ_DEPTH_MAX);
		break;
	case 'n':
		m->wanted = mq_number_parse(command, "-n", optarg, 1, INT64_MAX);
		break;
	case 't':
		*timeout = mq_duration_parse(command, optarg);
		break;
	default:
		m->json = true;
	}
}

int mq_command_monitor(int argc, char **argv)
{
	struct monitor m = { .what.snap = SNAP };
	int64_t timeout = MQ_TIMEOUT_NONE;
	const char *name = NULL;
	int letter, status;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1) {
		if (letter == OPTION_NAME)
			name = name_parse(argv[0], optarg);
		else
			option_take(&m, argv[0], letter, &timeout);
	}
	if (name && (m.what.from || m.what.to))
		mq_usage_exit(argv[0], "--name is both: leave --from and --to out");
	if (name) {
		m.what.from = name;
		m.what.to = name;
		m.what.see |= MQ_SEE_EITHER;
	}
	mq_signal_block();
	status = monitor_bind(&m);
	if (status)
		return status;
	m.deadline = mq_deadline_new(timeout);
	status = look(&m);
	mq_endpoint_close(m.ep);
	mq_error_show(0, "%" PRIu64 " seen, %" PRIu64 " missed", m.seen, m.missed);
	return status;
}
