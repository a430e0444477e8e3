// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a program that cannot go on, and of all its processes
 *
 * Copyright (C) the mq authors
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

#include "bench.h"

static const char *program;
static pid_t main_process;

/**
 * bench_die_init - called first, by the process that the others come from
 * @name: of the program, for its messages
 */
void bench_die_init(const char *name)
{
	program = name;
	main_process = getpid();
}

/**
 * bench_die - say what went wrong, and end all processes of the program
 * @format: as for printf
 */
void bench_die(const char *format, ...)
{
	int error = errno;
	va_list values;

	fprintf(stderr, "%s: ", program);
	errno = error;
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
	if (getpid() != main_process)
		kill(main_process, SIGTERM);
	_exit(1);
}
