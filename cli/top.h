/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mq top: what is shown (top.c), and the screen it is shown on (top_screen.c).
 *
 * A view has the latest snapshot and what became of it since the one before. It owns
 * both; nobody else keeps a pointer into them.
 * Copyright (C) the mq authors
 */
#ifndef MQ_CLI_TOP_H
#define MQ_CLI_TOP_H

#include "cli.h"

#define TOP_BAR_WIDTH	10
#define TOP_LINE_SIZE	160
#define TOP_REST_WIDTH	65	/* of a line, all but the name */
#define TOP_MORE_WIDTH	18	/* what only a wide screen has: SPARED and POLICY */

/* In the order in which the screen shows them. */
enum top_column {
	TOP_NAME, TOP_PID, TOP_UID, TOP_DEPTH, TOP_FILL, TOP_ACCEPTED, TOP_DELIVERED,
	TOP_OVERWRITTEN, TOP_REJECTED, TOP_SPARED, TOP_COLUMNS
};

/* One endpoint: as it is, and a second's worth of what it does, -1 while unknown. */
struct top_row {
	struct mq_status now;
	double accepted, delivered, overwritten, rejected, spared;
};

struct top_view {
	struct mq_endpoint *ep;
	enum top_column sort;
	bool reverse;
	int64_t delay;		/* nanoseconds */
	uint64_t tables;	/* how many are still to come, 0: no end */
	struct mq_status *before;
	size_t before_count;
	int64_t before_time;
	struct top_row *rows;
	size_t count;
	struct mq_totals totals;
	bool has_totals;	/* for root; else, and with an older driver, there are none */
};

/* Take a new snapshot, and sort it. Returns 0 or a negative errno. */
int top_view_next(struct top_view *view);
void top_view_sort(struct top_view *view);
/* Lines of text, without a newline, for a screen with so many columns. */
void top_summary_show(const struct top_view *view, char *line, size_t size);
/* What all endpoints counted since the load; only with @has_totals. */
void top_totals_show(const struct top_view *view, char *line, size_t size);
void top_header_show(char *line, size_t size, int columns);
void top_row_show(const struct top_row *row, char *line, size_t size, int columns);
/* Was something lost since the snapshot before? */
bool top_row_has_loss(const struct top_row *row);
const char *top_column_show(enum top_column column);

/* Show it on the terminal until the user has enough. Returns an exit status. */
int top_screen_show(struct top_view *view);

#endif
