// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the lines of mq shell come from: a terminal, with editing, history and completion
 * by libedit, or a pipe or file. Built with MQ_NO_LIBEDIT a terminal has its own backspace
 * and no more.
 * Copyright (C) the mq authors
 */
#include "shell.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#ifndef MQ_NO_LIBEDIT
#include <histedit.h>
#endif

static const struct shell_input *input;
static bool interactive;

/* ---- signals ---- */

static volatile sig_atomic_t interrupted, ended, resized, stopped;
static sigset_t blocked, asleep;

/*
 *	shell_signals_open()
 *					SIGINT: interrupted = 1
 *	mq_endpoint_call(): sleeps, and nobody wakes it
 *
 * So SIGINT comes back as SIGALRM, once a second, until shell_signals_close().
 */
static void on_signal(int sig)
{
	if (sig == SIGINT)
		interrupted = 1;
	else if (sig == SIGWINCH)
		resized = 1;
	else if (sig == SIGTSTP)
		stopped = 1;
	else if (sig != SIGALRM)
		ended = 1;
	if (sig == SIGINT || sig == SIGALRM || ended)
		alarm(1);
}

static void signal_bind(int sig)
{
	struct sigaction before, action = { .sa_handler = on_signal };

	/* What nohup(1) or a shell for a background job has set to be ignored stays so. */
	sigaction(sig, NULL, &before);
	if (before.sa_handler == SIG_IGN)
		return;
	sigaction(sig, &action, NULL);
	sigaddset(&blocked, sig);
}

static void signals_bind(void)
{
	sigemptyset(&blocked);
	signal_bind(SIGTERM);
	signal_bind(SIGHUP);
	signal_bind(SIGALRM);
	if (interactive) {
		signal_bind(SIGINT);
		signal_bind(SIGWINCH);
		signal_bind(SIGTSTP);
	}
	sigprocmask(SIG_BLOCK, &blocked, &asleep);
}

void shell_signals_open(void)
{
	sigset_t through = blocked;

	/* Control-Z works there as everywhere: nothing of the terminal is ours then. */
	signal(SIGTSTP, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &through, NULL);
}

void shell_signals_close(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigprocmask(SIG_BLOCK, &blocked, NULL);
	alarm(0);
	if (sigismember(&blocked, SIGTSTP))
		sigaction(SIGTSTP, &action, NULL);
}

bool shell_is_interrupted(void)
{
	return interrupted;
}

bool shell_is_ended(void)
{
	return ended;
}

/* Sleep until the keyboard or the watched file has something: bit 0, bit 1, or -1. */
static int input_wait(bool keyboard, bool sleeps)
{
	const struct timespec at_once = { };
	struct pollfd fds[2] = {
		{ .fd = keyboard ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = input->watch(), .events = POLLIN },
	};

	fflush(stdout);
	if (ppoll(fds, 2, sleeps ? NULL : &at_once, &asleep) < 0)
		return -1;
	return (fds[0].revents ? 1 : 0) | (fds[1].revents ? 2 : 0);
}

/* ---- lines as they are: from a pipe, a file, or a terminal without libedit ---- */

static char *buffer;
static size_t buffer_size, buffer_used, line_used;
static bool at_end;

/* Read more. False: there is no more. */
static bool buffer_fill(void)
{
	ssize_t got;

	if (buffer_size - buffer_used < 2) {
		char *more = realloc(buffer, 2 * buffer_size + 4096);

		if (!more)
			return false;
		buffer = more;
		buffer_size = 2 * buffer_size + 4096;
	}
	do {
		got = read(STDIN_FILENO, buffer + buffer_used, buffer_size - buffer_used - 1);
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		buffer_used += got;
	return got > 0;
}

/* The line at the beginning of the buffer, NULL if it has not ended yet. */
static char *buffer_line(void)
{
	char *newline = buffer_used ? memchr(buffer, '\n', buffer_used) : NULL;

	if (!newline && !(at_end && buffer_used))
		return NULL;
	line_used = newline ? (size_t)(newline - buffer) + 1 : buffer_used;
	buffer[line_used - !!newline] = '\0';
	return buffer;
}

static void buffer_forget(void)
{
	memmove(buffer, buffer + line_used, buffer_used - line_used);
	buffer_used -= line_used;
	line_used = 0;
}

static char *plain_line(void)
{
	char *line;
	int ready;

	if (line_used)
		buffer_forget();
	if (interactive)
		fputs(input->prompt(), stdout);
	for (;;) {
		line = buffer_line();
		ready = input_wait(!line && !at_end, !line && !at_end);
		if (ended)
			return NULL;
		if (ready > 0 && ready & 2) {	/* messages first: they came before the line */
			if (interactive)
				putchar('\r');
			input->ready();
			if (interactive)
				fputs(input->prompt(), stdout);
		}
		if (interrupted || line || (at_end && !(ready & 2)))
			return line;
		if (ready > 0 && ready & 1)
			at_end = !buffer_fill();
	}
}

/* ---- lines that are edited ---- */

#ifdef MQ_NO_LIBEDIT

static char *edited_line(void)
{
	return plain_line();
}

#else

static EditLine *editor;
static History *past_lines;

static char *show_prompt(EditLine *el)
{
	(void)el;
	return (char *)input->prompt();
}

/* What the terminal can do, without the pauses that very old ones need; NULL: not that. */
static const char *capability(const char *name)
{
	char *text = NULL;

	if (el_get(editor, EL_GETTC, name, &text) || !text || !*text)
		return NULL;
	return text;
}

static void capability_put(const char *text)
{
	while (*text) {
		if (text[0] == '$' && text[1] == '<' && strchr(text, '>'))
			text = strchr(text, '>') + 1;
		else
			putchar(*text++);
	}
}

/* Columns that the prompt and what stands before the cursor take. */
static size_t columns_before_cursor(void)
{
	const LineInfo *line = el_line(editor);
	const char *at = line->buffer;
	size_t columns = strlen(input->prompt());
	mbstate_t state = { 0 };

	while (at < line->cursor) {
		wchar_t wide;
		size_t n = mbrtowc(&wide, at, line->cursor - at, &state);
		int width;

		if (n == 0 || n > (size_t)(line->cursor - at)) {
			memset(&state, 0, sizeof(state));
			n = 1;
			width = 4;	/* as libedit spells it out: \ooo */
		} else {
			width = wcwidth(wide);
		}
		columns += width < 0 ? 2 : width;	/* ^X */
		at += n;
	}
	return columns;
}

/* Take the line that is being typed off the screen; a terminal that cannot gets a new one. */
static void line_hide(void)
{
	const char *up = capability("up"), *clear = capability("cd");
	int width = 0;

	el_get(editor, EL_GETTC, "co", &width);
	if (!up || !clear || width <= 0) {
		putchar('\n');
		return;
	}
	for (size_t rows = columns_before_cursor() / width; rows; rows--)
		capability_put(up);
	putchar('\r');
	capability_put(clear);
}

static void line_put(void)
{
	fflush(stdout);
	el_set(editor, EL_REFRESH);
}

static void editor_stop(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t stop;

	stopped = 0;
	el_set(editor, EL_PREP_TERM, 0);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	signal(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);	/* here it stops, until SIGCONT */
	sigprocmask(SIG_BLOCK, &stop, NULL);
	sigaction(SIGTSTP, &action, NULL);
	el_set(editor, EL_PREP_TERM, 1);
	line_put();
}

/* Sleep until a key is pressed. False: the line is given up. */
static bool key_wait(void)
{
	while (!interrupted && !ended) {
		int ready = input_wait(true, true);

		if (resized) {
			resized = 0;
			el_resize(editor);
		}
		if (stopped)
			editor_stop();
		if (ready > 0 && ready & 2) {
			line_hide();
			input->ready();
			line_put();
		}
		if (ready > 0 && ready & 1)
			return true;
	}
	return false;
}

/* libedit asks for one character: 1 there it is, 0 the end, -1 give up. */
static int key_read(EditLine *el, wchar_t *key)
{
	mbstate_t state = { 0 };
	char byte;

	(void)el;
	while (key_wait()) {
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

/* ---- completion ---- */

/* How many candidates begin as the word does; @common: what all of them begin with. */
static size_t candidates_match(const char *line, size_t word, char *common, size_t size)
{
	size_t len = strlen(line + word), matches = 0;
	const char *name;

	common[0] = '\0';
	for (size_t n = 0; (name = input->candidate(line, word, n)); n++) {
		size_t same = 0;

		if (strncmp(name, line + word, len))
			continue;
		if (!matches++)
			snprintf(common, size, "%s", name);
		while (common[same] && common[same] == name[same])
			same++;
		common[same] = '\0';
	}
	return matches;
}

static void candidates_show(const char *line, size_t word)
{
	size_t len = strlen(line + word);
	const char *name;

	line_hide();
	for (size_t n = 0; (name = input->candidate(line, word, n)); n++) {
		if (!strncmp(name, line + word, len))
			printf("%s  ", name);
	}
	putchar('\n');
	line_put();
}

static unsigned char complete(EditLine *el, int key)
{
	const LineInfo *info = el_line(el);
	char line[256], common[64];
	size_t word = 0, matches, len = info->cursor - info->buffer;

	(void)key;
	if (len >= sizeof(line))
		return CC_ERROR;
	memcpy(line, info->buffer, len);
	line[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (line[i] == ' ')
			word = i + 1;
	}
	matches = candidates_match(line, word, common, sizeof(common) - 1);
	if (!matches)
		return CC_ERROR;
	if (matches == 1)
		strcat(common, " ");
	if (common[len - word]) {
		el_insertstr(el, common + (len - word));
		return CC_REFRESH;
	}
	candidates_show(line, word);
	return CC_NORM;
}

static void editor_start(void)
{
	HistEvent event;

	editor = el_init("mq", stdin, stdout, stderr);
	past_lines = history_init();
	if (!editor || !past_lines) {
		fprintf(stderr, "mq shell: no memory\n");
		exit(1);
	}
	history(past_lines, &event, H_SETSIZE, 500);
	el_set(editor, EL_PROMPT, show_prompt);
	el_set(editor, EL_HIST, history, past_lines);
	el_set(editor, EL_EDITOR, "emacs");
	el_set(editor, EL_SIGNAL, 0);	/* key_wait() does that, without a race */
	el_set(editor, EL_GETCFN, key_read);
	el_set(editor, EL_ADDFN, "mq-complete", "complete a command or a name", complete);
	el_source(editor, NULL);	/* ~/.editrc, as every program with libedit */
	el_set(editor, EL_BIND, "^I", "mq-complete", NULL);
}

static char *edited_line(void)
{
	static char *line;
	const char *typed;
	HistEvent event;
	int got;

	if (!editor)
		editor_start();
	typed = el_gets(editor, &got);
	if (!typed || got <= 0)
		return NULL;
	if (got > 1)
		history(past_lines, &event, H_ENTER, typed);
	free(line);
	line = strndup(typed, strcspn(typed, "\n"));
	return line;
}

#endif

/* ---- both ---- */

bool shell_input_start(void)
{
	interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	signals_bind();
	return interactive;
}

char *shell_input_line(const struct shell_input *asked)
{
	char *line;

	input = asked;
	alarm(0);
	do {			/* Control-C drops the line, not the session */
		interrupted = 0;
		line = interactive ? edited_line() : plain_line();
		if (!line && interactive)
			putchar('\n');
	} while (!line && interrupted && !ended);
	alarm(0);
	fflush(stdout);
	return line;
}
