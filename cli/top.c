// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq top - mailboxes filling, overwriting and draining
 * Copyright (C) the mq authors
 */
#include "top.h"
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND		1000000000.0

static const char *const columns[TOP_COLUMNS + 1] = {
	"name", "pid", "uid", "depth", "fill", "accepted", "delivered", "overwritten",
	"rejected", "spared", NULL
};

const char *top_column_show(enum top_column column)
{
	return columns[column];
}

static int64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* ---- from two snapshots to rates ---- */

static int by_name(const void *a, const void *b)
{
	const struct mq_status *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/*
 * The same endpoint in the snapshot before. A name that has been given up and taken
 * again is another endpoint: another process, or counters that began anew.
 */
static const struct mq_status *before_find(const struct top_view *view,
					   const struct mq_status *now)
{
	const struct mq_status *found;

	if (!view->before)
		return NULL;
	found = bsearch(now, view->before, view->before_count, sizeof(*now), by_name);
	if (!found || found->pid != now->pid || found->accepted > now->accepted ||
	    found->delivered > now->delivered || found->overwritten > now->overwritten ||
	    found->rejected > now->rejected || found->spared > now->spared)
		return NULL;
	return found;
}

static void row_init(struct top_row *row, const struct mq_status *now,
		     const struct mq_status *before, double seconds)
{
	row->now = *now;
	if (!before || seconds <= 0) {
		row->accepted = -1;
		row->delivered = -1;
		row->overwritten = -1;
		row->rejected = -1;
		row->spared = -1;
		return;
	}
	row->accepted = (now->accepted - before->accepted) / seconds;
	row->delivered = (now->delivered - before->delivered) / seconds;
	row->overwritten = (now->overwritten - before->overwritten) / seconds;
	row->rejected = (now->rejected - before->rejected) / seconds;
	row->spared = (now->spared - before->spared) / seconds;
}

bool top_row_has_loss(const struct top_row *row)
{
	return row->overwritten > 0 || row->rejected > 0;
}

int top_view_next(struct top_view *view)
{
	int64_t now = time_now();
	struct mq_status *list;
	struct top_row *rows;
	size_t count;
	int err;

	/* Who may not see them is not asked again. */
	if (!view->before || view->has_totals)
		view->has_totals = !mq_endpoint_totals_sized(view->ep, &view->totals,
							     sizeof(view->totals));
	err = mq_endpoint_list(view->ep, &list, &count);
	if (err)
		return err;
	rows = realloc(view->rows, (count + 1) * sizeof(*rows));
	if (!rows) {
		mq_list_free(list);
		return -ENOMEM;
	}
	qsort(list, count, sizeof(*list), by_name);
	view->rows = rows;
	view->count = count;
	for (size_t i = 0; i < count; i++)
		row_init(&rows[i], &list[i], before_find(view, &list[i]),
			 (now - view->before_time) / SECOND);
	mq_list_free(view->before);
	view->before = list;
	view->before_count = count;
	view->before_time = now;
	top_view_sort(view);
	return 0;
}

/* ---- sorting ---- */

static double row_value(const struct top_row *row, enum top_column column)
{
	switch (column) {
	case TOP_PID:
		return row->now.pid;
	case TOP_UID:
		return row->now.uid;
	case TOP_DEPTH:
		return row->now.depth;
	case TOP_FILL:
		return (double)row->now.queued / row->now.depth;
	case TOP_ACCEPTED:
		return row->accepted;
	case TOP_DELIVERED:
		return row->delivered;
	case TOP_OVERWRITTEN:
		return row->overwritten;
	case TOP_REJECTED:
		return row->rejected;
	case TOP_SPARED:
		return row->spared;
	default:
		return 0;
	}
}

/* The greatest first, and where they are the same by name, so that lines keep their place. */
static int by_column(const void *a, const void *b, void *arg)
{
	const struct top_row *left = a, *right = b;
	const struct top_view *view = arg;
	double one = row_value(left, view->sort), two = row_value(right, view->sort);
	int order = (one < two) - (one > two);

	if (view->sort == TOP_NAME)
		order = by_name(&left->now, &right->now);
	if (view->reverse)
		order = -order;
	return order ? order : by_name(&left->now, &right->now);
}

void top_view_sort(struct top_view *view)
{
	qsort_r(view->rows, view->count, sizeof(*view->rows), by_column, view);
}

/* ---- text ---- */

void top_summary_show(const struct top_view *view, char *line, size_t size)
{
	double accepted = 0, delivered = 0, lost = 0, rejected = 0;
	const struct mq_info *info = mq_device_info();

	for (size_t i = 0; i < view->count; i++) {
		const struct top_row *row = &view->rows[i];

		if (row->accepted < 0)
			continue;
		accepted += row->accepted;
		delivered += row->delivered;
		lost += row->overwritten;
		rejected += row->rejected;
	}
	snprintf(line, size,
		 "%zu of %u names; a second: %.0f accepted, %.0f delivered, %.0f overwritten, %.0f rejected",
		 view->count, info->max_devices, accepted, delivered, lost, rejected);
}

void top_totals_show(const struct top_view *view, char *line, size_t size)
{
	const struct mq_totals *t = &view->totals;

	snprintf(line, size, "since the load: %" PRIu64 " accepted, %" PRIu64 " delivered, %" PRIu64
		 " overwritten, %" PRIu64 " rejected, %" PRIu64 " discarded; messages hold %" PRIu64
		 " KiB", (uint64_t)t->accepted, (uint64_t)t->delivered, (uint64_t)t->overwritten,
		 (uint64_t)t->rejected, (uint64_t)t->discarded,
		 (uint64_t)(t->message_bytes + 1023) / 1024);
}

/* Is there room for all columns, with the longest name? */
static bool is_wide(int columns)
{
	return columns >= MQ_NAME_MAX + TOP_REST_WIDTH + TOP_MORE_WIDTH;
}

/* Of a name that is too long for the screen the end is left out, and that is shown. */
static int name_width(int columns)
{
	int width = columns - TOP_REST_WIDTH;

	return width < 8 ? 8 : width > MQ_NAME_MAX ? MQ_NAME_MAX : width;
}

void top_header_show(char *line, size_t size, int columns)
{
	snprintf(line, size, "%-*s %7s %5s %5s %-*s %7s %7s %7s %7s%s", name_width(columns),
		 "NAME", "PID", "UID", "DEPTH", TOP_BAR_WIDTH + 2, "FILL", "ACCEPT", "DELIVER",
		 "OVERWR", "REJECT", is_wide(columns) ? "  SPARED POLICY" : "");
}

/* A bar is full only if the mailbox is, and empty only if nothing is queued. */
static void bar_show(const struct mq_status *now, char *bar)
{
	size_t filled = now->depth ? (size_t)now->queued * TOP_BAR_WIDTH / now->depth : 0;

	if (!filled && now->queued)
		filled = 1;
	if (filled > TOP_BAR_WIDTH)	/* the stage counts as queued, and takes no slot */
		filled = TOP_BAR_WIDTH;
	memset(bar, '#', filled);
	memset(bar + filled, '.', TOP_BAR_WIDTH - filled);
	bar[TOP_BAR_WIDTH] = '\0';
}

static const char *rate_show(double rate, char text[16])
{
	if (rate < 0)
		return "-";
	if (rate >= 1e6)
		snprintf(text, 16, "%.2fM", rate / 1e6);
	else
		snprintf(text, 16, rate > 0 && rate < 10 ? "%.1f" : "%.0f", rate);
	return text;
}

void top_row_show(const struct top_row *row, char *line, size_t size, int columns)
{
	char bar[TOP_BAR_WIDTH + 1], name[MQ_NAME_SIZE], rates[5][16];
	int used, width = name_width(columns);

	snprintf(name, sizeof(name), "%s", row->now.name);
	if (strlen(name) > (size_t)width)
		strcpy(name + width - 1, "+");
	bar_show(&row->now, bar);
	used = snprintf(line, size, "%-*s %7u %5u %5u [%s] %7s %7s %7s %7s", width, name,
			row->now.pid, row->now.uid, row->now.depth, bar,
			rate_show(row->accepted, rates[0]), rate_show(row->delivered, rates[1]),
			rate_show(row->overwritten, rates[2]), rate_show(row->rejected, rates[3]));
	if (is_wide(columns) && used > 0 && (size_t)used < size)
		snprintf(line + used, size - used, " %7s %s", rate_show(row->spared, rates[4]),
			 mq_policy_show(row->now.policy));
}

/* ---- without a terminal ---- */

static int batch_show(const struct top_view *view)
{
	char line[TOP_LINE_SIZE];
	FILE *out = mq_output();

	top_summary_show(view, line, sizeof(line));
	fprintf(out, "%s\n", line);
	if (view->has_totals) {
		top_totals_show(view, line, sizeof(line));
		fprintf(out, "%s\n", line);
	}
	top_header_show(line, sizeof(line), TOP_LINE_SIZE);
	fprintf(out, "%s\n", line);
	for (size_t i = 0; i < view->count; i++) {
		top_row_show(&view->rows[i], line, sizeof(line), TOP_LINE_SIZE);
		fprintf(out, "%s\n", line);
	}
	if (view->tables != 1)
		fputc('\n', out);
	return mq_output_flush();
}

/* Until the time for the next table: 0, or -EINTR, or -EPIPE if nobody reads any more. */
static int batch_wait(int64_t deadline)
{
	struct pollfd reader = mq_output_pollfd();
	int ready;

	do {
		ready = mq_poll_wait(&reader, 1, deadline);
	} while (ready == -EINTR && !mq_signal_is_caught());
	return ready > 0 ? -EPIPE : ready;
}

static int batch_run(struct top_view *view)
{
	int err;

	for (;;) {
		err = top_view_next(view);
		if (err)
			return mq_error_explain(err, MQ_ACTION_LIST, NULL);
		err = batch_show(view);
		if (err || view->tables == 1)
			break;
		if (view->tables)
			view->tables--;
		err = batch_wait(mq_deadline_new(view->delay));
		if (err)
			break;
	}
	return err ? mq_output_explain(err) : MQ_EXIT_OK;
}

/* ---- the command ---- */

/* A column may be said by its first letters. */
static enum top_column column_parse(const char *command, const char *text)
{
	size_t len = strlen(text);

	for (int i = 0; i < TOP_COLUMNS && len; i++) {
		if (!strncmp(columns[i], text, len) && (i != TOP_DEPTH || len > 2) &&
		    (i != TOP_DELIVERED || len > 2))
			return i;
	}
	return mq_word_parse(command, "--sort", text, columns);
}

static bool options_parse(int argc, char **argv, struct top_view *view)
{
	static const struct mq_option options[] = {
		{ 'b', "batch", NULL, "print one table after the other; for files and pipes" },
		{ 'd', "delay", "SECONDS", "time between two tables (1s)" },
		{ 'n', "count", "COUNT", "end after COUNT tables" },
		{ 's', "sort", "COLUMN", "name, pid, uid, depth, fill, accepted, delivered, ..." },
		{ }
	};
	static const struct mq_usage usage = {
		"", "Show all mailboxes and what a second brings, again and again.\n"
		"Keys: q quits, s sorts by the next column, r reverses, space looks at once.",
		options, 0, 0
	};
	bool batch = false;
	int letter;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1) {
		if (letter == 'b')
			batch = true;
		else if (letter == 'd')
			view->delay = mq_duration_parse(argv[0], optarg);
		else if (letter == 'n')
			view->tables = mq_number_parse(argv[0], "--count", optarg, 1, UINT32_MAX);
		else
			view->sort = column_parse(argv[0], optarg);
	}
	/* Without any pause it would only measure itself. */
	if (view->delay < 10000000)
		mq_usage_exit(argv[0], "--delay: at least 10ms");
	return batch;
}

int mq_command_top(int argc, char **argv)
{
	struct top_view view = { .sort = TOP_FILL, .delay = 1000000000 };
	bool batch = options_parse(argc, argv, &view);
	int status;

	mq_signal_block();
	status = mq_device_open(&view.ep);
	if (status)
		return status;
	status = batch ? batch_run(&view) : top_screen_show(&view);
	mq_list_free(view.before);
	free(view.rows);
	mq_endpoint_close(view.ep);
	return status;
}
