/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) the mq authors */
#ifndef MQ_CLIENT_INPUT_H
#define MQ_CLIENT_INPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* Set by Ctrl-C at a terminal: whoever sleeps or loops shall come to an end. */
extern volatile sig_atomic_t input_interrupted;

/* Call once, first. True: a person sits at a terminal. */
bool input_start(void);

/*
 * The next line without its newline, or NULL at the end of the input. At a
 * terminal it is edited behind prompt(), which is asked again as soon as
 * something can be read from the file watch (-1: none). From a pipe or a file
 * the line is read as it is, and nothing is printed.
 */
char *input_line(const char *(*prompt)(void), int watch, size_t *len);

#endif
