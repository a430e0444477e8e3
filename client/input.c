// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the client's lines come from: a terminal, with line editing and
 * history by libedit, or else a pipe or a file. Built with MQ_NO_LIBEDIT there
 * is the terminal's own backspace and no more.
 * Copyright (C) the mq authors
 */
#define _GNU_SOURCE	/* ppoll() */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#ifndef MQ_NO_LIBEDIT
#include <histedit.h>
#endif
#include "input.h"

volatile sig_atomic_t input_interrupted;
static bool interactive;

static void on_sigint(int sig)
{
	(void)sig;
	input_interrupted = 1;
}

bool input_start(void)
{
	/* No SA_RESTART: Ctrl-C shall end a write(2) of /wait with EINTR. */
	struct sigaction action = { .sa_handler = on_sigint };

	interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (interactive)
		sigaction(SIGINT, &action, NULL);
	return interactive;
}

static char *get_plain_line(size_t *len)
{
	static char *line;
	static size_t size;
	ssize_t got = getline(&line, &size, stdin);

	clearerr(stdin);
	if (got < 0)
		return NULL;
	if (got && line[got - 1] == '\n')
		line[--got] = '\0';
	*len = got;
	return line;
}

#ifdef MQ_NO_LIBEDIT
static char *get_edited_line(const char *(*prompt)(void), int watch, size_t *len)
{
	(void)watch;
	fputs(prompt(), stdout);
	fflush(stdout);
	return get_plain_line(len);
}
#else
static EditLine *editor;
static History *past_lines;
static const char *(*current_prompt)(void);
static int watched;

static char *show_prompt(EditLine *el)
{
	(void)el;
	return (char *)current_prompt();
}

/*
 * As poll(), but a Ctrl-C that came before is a reason not to sleep. It is kept
 * out from the look at input_interrupted on, and ppoll() lets it in:
 *
 *	poll() alone			Ctrl-C
 *	no, nothing has come
 *					input_interrupted = 1
 *	sleep, until the next key
 */
static int sleep_unless_interrupted(struct pollfd *pollfds, nfds_t count)
{
	sigset_t sigint, before;
	int ready = -1;

	sigemptyset(&sigint);
	sigaddset(&sigint, SIGINT);
	sigprocmask(SIG_BLOCK, &sigint, &before);
	if (!input_interrupted)
		ready = ppoll(pollfds, count, NULL, &before);
	/* libedit's handler has sent it once more, to ours: here it comes. */
	sigprocmask(SIG_SETMASK, &before, NULL);
	return input_interrupted ? -1 : ready;
}

/*
 * Sleep until a key is pressed. What comes meanwhile on the watched file
 * changes the prompt, once: from then on only the keyboard is watched.
 */
static bool wait_for_key(EditLine *el)
{
	while (!input_interrupted) {
		struct pollfd pollfds[2] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = watched, .events = POLLIN },
		};

		if (sleep_unless_interrupted(pollfds, 2) < 0)
			continue;	/* a signal: Ctrl-C, or another window size */
		if (pollfds[0].revents)
			return true;
		watched = -1;
		el_set(el, EL_REFRESH);
	}
	return false;
}

/* libedit asks for one character: 1 there it is, 0 the end, -1 give up. */
static int read_key(EditLine *el, wchar_t *key)
{
	mbstate_t state = { 0 };
	char byte;

	while (wait_for_key(el)) {
		size_t n;

		if (read(STDIN_FILENO, &byte, 1) != 1)
			return 0;
		n = mbrtowc(key, &byte, 1, &state);
		if (n <= 1)
			return 1;
		if (n == (size_t)-1)	/* no character of this locale: forget it */
			memset(&state, 0, sizeof(state));
	}
	return -1;
}

static void start_editor(void)
{
	HistEvent event;

	editor = el_init("mq-client", stdin, stdout, stderr);
	past_lines = history_init();
	if (!editor || !past_lines) {
		fprintf(stderr, "mq-client: no memory\n");
		exit(1);
	}
	history(past_lines, &event, H_SETSIZE, 500);
	el_set(editor, EL_PROMPT, show_prompt);
	el_set(editor, EL_HIST, history, past_lines);
	el_set(editor, EL_EDITOR, "emacs");
	el_set(editor, EL_SIGNAL, 1);	/* the window's size, Ctrl-Z */
	el_set(editor, EL_GETCFN, read_key);
	el_source(editor, NULL);	/* ~/.editrc, as every program with libedit */
}

static char *get_edited_line(const char *(*prompt)(void), int watch, size_t *len)
{
	static char *line;
	const char *typed;
	HistEvent event;
	int got;

	current_prompt = prompt;
	watched = watch;
	if (!editor)
		start_editor();
	typed = el_gets(editor, &got);
	if (!typed || got <= 0)
		return NULL;
	if (got > 1)
		history(past_lines, &event, H_ENTER, typed);
	*len = strcspn(typed, "\n");
	free(line);
	line = strndup(typed, *len);
	return line;
}
#endif

char *input_line(const char *(*prompt)(void), int watch, size_t *len)
{
	char *line;

	fflush(stdout);
	if (!interactive)
		return get_plain_line(len);
	if (input_interrupted)	/* the terminal left the cursor behind ^C */
		putchar('\n');
	do {			/* Ctrl-C drops the line, not the session */
		input_interrupted = 0;
		line = get_edited_line(prompt, watch, len);
		if (!line)
			putchar('\n');
	} while (!line && input_interrupted);
	return line;
}
