// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of mq top, by ncurses. Built with MQ_NO_TOP there is none, and only tables
 * can be printed (mq top -b).
 * Copyright (C) the mq authors
 */
#include "top.h"

#ifdef MQ_NO_TOP

int top_screen_show(struct top_view *view)
{
	(void)view;
	return mq_error_show(MQ_EXIT_USAGE, "top: built without ncurses (TOP=no): use mq top -b");
}

#else

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

static bool is_open;
static size_t first_row;	/* of those that are on the screen */

/* ---- the terminal ---- */

/* However this program ends, the terminal is as it was. */
static void screen_close(void)
{
	if (is_open)
		endwin();
	is_open = false;
}

static int terminal_refuse(void)
{
	const char *term = getenv("TERM");

	return mq_error_show(MQ_EXIT_FAILED,
		"top: nothing is known about a terminal called '%s': install terminfo (ncurses-base, ncurses-terminfo), or try TERM=linux or TERM=vt100, or print tables with mq top -b",
		term ? term : "");
}

static int screen_open(void)
{
	sigset_t resize;
	int err;

	if (!isatty(STDIN_FILENO) || !mq_output_is_terminal())
		return mq_error_show(MQ_EXIT_USAGE,
			"top: this is no terminal: print tables with mq top -b");
	/* Asked first, because initscr() would print its own words and exit. */
	if (setupterm(NULL, STDOUT_FILENO, &err) == ERR)
		return terminal_refuse();
	if (!cursor_address)
		return terminal_refuse();
	/* Only poll() lets it in, and so sleeps through no change of size. */
	sigemptyset(&resize);
	sigaddset(&resize, SIGWINCH);
	sigprocmask(SIG_BLOCK, &resize, NULL);
	if (!newterm(NULL, stdout, stdin))
		return terminal_refuse();
	is_open = true;
	atexit(screen_close);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	if (mq_output_is_coloured() && start_color() == OK && use_default_colors() == OK)
		init_pair(1, COLOR_RED, -1);
	return MQ_EXIT_OK;
}

/* ---- what is on it ---- */

/* On a small screen the list is worth more. */
static bool totals_visible(const struct top_view *view)
{
	return view->has_totals && LINES > 10;
}

/* Lines above the list. */
static int head_lines(const struct top_view *view)
{
	return totals_visible(view) ? 4 : 3;
}

static size_t rows_visible(const struct top_view *view)
{
	int room = LINES - head_lines(view);	/* `lines` is a word of term.h */

	return room > 0 ? room : 1;
}

static void line_put(int y, const char *line, attr_t attributes, short pair)
{
	if (y >= LINES)
		return;
	move(y, 0);
	attr_set(attributes, pair, NULL);
	addnstr(line, COLS);
	attr_set(A_NORMAL, 0, NULL);
}

static void row_put(int y, const struct top_row *row)
{
	bool coloured = mq_output_is_coloured() && has_colors();
	char line[TOP_LINE_SIZE];

	top_row_show(row, line, sizeof(line), COLS);
	if (!top_row_has_loss(row))
		line_put(y, line, A_NORMAL, 0);
	else
		line_put(y, line, coloured ? A_NORMAL : A_BOLD, coloured);
}

static void screen_put(const struct top_view *view)
{
	size_t room = rows_visible(view);
	int head = head_lines(view);
	char line[TOP_LINE_SIZE];

	if (first_row + room > view->count)
		first_row = view->count > room ? view->count - room : 0;
	erase();
	top_summary_show(view, line, sizeof(line));
	line_put(0, line, A_NORMAL, 0);
	snprintf(line, sizeof(line),
		 "sorted by %s%s: s by the next column, r reverses, space looks at once, q quits",
		 top_column_show(view->sort), view->reverse ? ", reversed" : "");
	line_put(1, line, A_NORMAL, 0);
	if (totals_visible(view)) {
		top_totals_show(view, line, sizeof(line));
		line_put(2, line, A_NORMAL, 0);
	}
	top_header_show(line, sizeof(line), COLS);
	line_put(head - 1, line, A_REVERSE, 0);
	for (size_t i = 0; i < room && first_row + i < view->count; i++)
		row_put(head + i, &view->rows[first_row + i]);
	refresh();
}

static void scroll_by(long rows)
{
	if (rows < 0 && first_row < (size_t)-rows)
		first_row = 0;
	else
		first_row += rows;
}

/* One key. False: the user has enough. *@look: do not wait for the next snapshot. */
static bool key_run(struct top_view *view, int key, bool *look)
{
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case 's':
		view->sort = (view->sort + 1) % TOP_COLUMNS;
		top_view_sort(view);
		break;
	case 'r':
		view->reverse = !view->reverse;
		top_view_sort(view);
		break;
	case ' ':
		*look = true;
		break;
	case KEY_UP:
	case KEY_DOWN:
		scroll_by(key == KEY_UP ? -1 : 1);
		break;
	case KEY_PPAGE:
	case KEY_NPAGE:
		scroll_by(key == KEY_PPAGE ? -(long)rows_visible(view) : (long)rows_visible(view));
		break;
	case KEY_RESIZE:	/* ncurses knows the new size already */
		clearok(stdscr, TRUE);
		break;
	}
	return true;
}

/*
 * Keys until the next snapshot is due: 1, or 0: enough, or -EINTR. A change of size is a key
 * too.
 */
static int screen_wait(struct top_view *view, int64_t deadline)
{
	struct pollfd pollfd = { .fd = STDIN_FILENO, .events = POLLIN };
	bool look = false;
	int key, ready;

	while (!look) {
		screen_put(view);
		ready = mq_poll_wait(&pollfd, 1, deadline);
		if (!ready)
			break;
		if (mq_signal_is_caught())
			return -EINTR;
		while ((key = getch()) != ERR) {
			if (!key_run(view, key, &look))
				return 0;
		}
		/* A terminal that has gone has no keys, and is readable for ever. */
		if (ready > 0 && pollfd.revents & (POLLHUP | POLLERR | POLLNVAL))
			return -EINTR;
	}
	return 1;
}

int top_screen_show(struct top_view *view)
{
	int status = screen_open(), more = 1, err = 0;

	if (status)
		return status;
	while (more > 0) {
		err = top_view_next(view);
		if (err)
			break;
		if (view->tables == 1) {
			screen_put(view);
			break;
		}
		if (view->tables)
			view->tables--;
		more = screen_wait(view, mq_deadline_new(view->delay));
	}
	screen_close();
	if (err)
		return mq_error_explain(err, MQ_ACTION_LIST, NULL);
	return more < 0 ? MQ_EXIT_INTERRUPTED : MQ_EXIT_OK;
}

#endif
