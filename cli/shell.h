/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mq shell: what it does (shell.c), and where its lines come from (shell_input.c).
 *
 * Signals: at a terminal SIGINT drops what is being done. Outside of a sleep, here or
 * between shell_signals_open() and shell_signals_close(), all are blocked, so that none
 * comes between a look at a flag and a sleep.
 * Copyright (C) the mq authors
 */
#ifndef MQ_CLI_SHELL_H
#define MQ_CLI_SHELL_H

#include <stdbool.h>
#include <stddef.h>

/* What the input asks who wants a line. */
struct shell_input {
	/* What stands in front of the cursor. */
	const char *(*prompt)(void);
	/* A file that is watched meanwhile; -1: none. */
	int (*watch)(void);
	/* It is readable. What is printed here does not disturb the line being typed. */
	void (*ready)(void);
	/*
	 * What the word that begins at @word of @line may be: the number @n of them, NULL
	 * behind the last. Asked with @n 0 first, then in order.
	 */
	const char *(*candidate)(const char *line, size_t word, size_t n);
};

/* Call once, first. True: a person sits at a terminal. */
bool shell_input_start(void);
/*
 * The next line without its newline, valid until the next call; NULL at the end of the
 * input, or if SIGTERM or SIGHUP came.
 */
char *shell_input_line(const struct shell_input *input);

/* Let signals through to a system call that sleeps: -EINTR. */
void shell_signals_open(void);
void shell_signals_close(void);
/* Did Control-C come since the last line? */
bool shell_is_interrupted(void);
/* Did SIGTERM or SIGHUP come? */
bool shell_is_ended(void);

#endif
