/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the subcommands of mq share. Copyright (C) the mq authors
 *
 * main.c	finds the subcommand; the table of them
 * option.c	options, operands, durations, numbers, words
 * error.c	errno -> exit status and a sentence: the one table
 * device.c	opening the device and binding, with the errors said
 * signal.c	SIGINT, SIGTERM and SIGHUP; sleeping until something happens
 * output.c	standard output that may be a pipe whose reader goes away
 * json.c	objects, one a line
 * payload.c	what to send: an operand, standard input, a file
 * child.c	--exec
 *
 * A subcommand is one file with one entry, mq_command_NAME(argc, argv): argv[0] is its
 * name, the result is the exit status. A function here that says "returns a status"
 * has told the user on stderr what is wrong, if that is not MQ_EXIT_OK.
 */
#ifndef MQ_CLI_H
#define MQ_CLI_H

#include "libmq.h"
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The exit statuses; mq(1) promises them. */
enum mq_exit {
	MQ_EXIT_OK = 0,
	MQ_EXIT_FAILED = 1,		/* anything else */
	MQ_EXIT_USAGE = 2,
	MQ_EXIT_NO_NAME = 3,		/* nobody has that name */
	MQ_EXIT_PERMISSION = 4,
	MQ_EXIT_FULL = 5,
	MQ_EXIT_PEER_DIED = 6,
	MQ_EXIT_LOSS = 7,		/* with --fail-on-loss */
	MQ_EXIT_NO_DEVICE = 8,
	MQ_EXIT_TIMEOUT = 124,		/* as timeout(1) */
	MQ_EXIT_INTERRUPTED = 130,	/* as a shell counts SIGINT */
};

/* ---- option.c ---- */

/* One option of a subcommand; a table of them ends with an empty one. */
struct mq_option {
	int letter;		/* 'n', or for a long one alone any value over 255 */
	const char *name;	/* "count" for --count */
	const char *argument;	/* what the help calls it, NULL: takes none */
	const char *help;
};

/* How a subcommand is called: --help and errors are made of it. */
struct mq_usage {
	const char *operands;	/* "NAME [TEXT]" */
	const char *summary;	/* one or more lines, the last without a newline */
	const struct mq_option *options;	/* NULL: none of its own */
	int least, most;	/* operands; most -1: any number */
};

/*
 * The letter of the next option, with optarg, or -1 behind the last one: then the
 * operands are argv[optind] on, wherever they stood, and their number is right.
 * -D and --help are dealt with here. Exits after --help, and with MQ_EXIT_USAGE.
 */
int mq_option_next(int argc, char **argv, const struct mq_usage *usage);
/* "mq recv: FORMAT" and where help is, then exits with MQ_EXIT_USAGE. */
void mq_usage_exit(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* 200ms 2s 1m 1h 5us, 1.5s, or seconds without a unit, as ns; usage error if it is none. */
int64_t mq_duration_parse(const char *command, const char *text);
/* A decimal number from @least to @most; usage error if it is none. @what: "--depth". */
uint64_t mq_number_parse(const char *command, const char *what, const char *text,
			 uint64_t least, uint64_t most);
/* The place of @text in @words, which end with NULL; usage error if it is none. */
int mq_word_parse(const char *command, const char *what, const char *text,
		  const char *const *words);

/* Rows of a table of options for who takes a name, and what to do with their letters. */
#define MQ_BINDING_POLICY 300
#define MQ_BINDING_DEPTH 301
#define MQ_BINDING_ACCESS 302
#define MQ_OPTION_POLICY \
	{ MQ_BINDING_POLICY, "policy", "POLICY", "when full: overwrite (default), reject, block or fair" }
#define MQ_OPTION_DEPTH \
	{ MQ_BINDING_DEPTH, "depth", "N", "messages that the mailbox holds (QUEUE_LEN)" }
#define MQ_OPTION_ACCESS \
	{ MQ_BINDING_ACCESS, "access", "WHO", "who may send: anyone (default), group or user" }
/* Takes @letter with optarg if it is one of those. */
void mq_binding_parse(const char *command, int letter, struct mq_binding *how);

/* What enum mq_policy and enum mq_access are called. */
extern const char *const mq_policy_words[];	/* overwrite reject block fair NULL */
extern const char *const mq_access_words[];	/* anyone group user NULL */
const char *mq_policy_show(uint32_t policy);
const char *mq_access_show(uint32_t access);

/* ---- error.c ---- */

/* What was tried when an error came: the same errno has a reason for each. */
enum mq_action {
	MQ_ACTION_ANY,
	MQ_ACTION_OPEN,
	MQ_ACTION_BIND,
	MQ_ACTION_SEND,
	MQ_ACTION_BROADCAST,
	MQ_ACTION_RECEIVE,
	MQ_ACTION_CALL,
	MQ_ACTION_REPLY,
	MQ_ACTION_FIND,
	MQ_ACTION_LIST,
	MQ_ACTION_WAIT,
	MQ_ACTION_MONITOR,
};

/* "mq: FORMAT\n" on stderr. Returns @status. */
int mq_error_show(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * Say on stderr what @error (negative, from libmq) means for @action on @name (NULL:
 * none), with the limit and the remedy. Returns the exit status. -EINTR says nothing.
 */
int mq_error_explain(int error, enum mq_action action, const char *name);
/* Is it a name, or NULL, none? */
bool mq_name_is_possible(const char *name);
/* The same without a word: the status of @error. */
int mq_error_status(int error, enum mq_action action);
/*
 * The same sentence into @text, without "mq: " and newline, for who has a screen of his
 * own. Returns the exit status.
 */
int mq_error_format(char *text, size_t size, int error, enum mq_action action,
		    const char *name);

/* ---- device.c ---- */

/* The device: -D DEVICE, else MQ_DEVICE_PATH. */
extern const char *mq_device_path;

/* Open the device. Returns a status; @ep is NULL unless that is MQ_EXIT_OK. */
int mq_device_open(struct mq_endpoint **ep);
/* Open and bind as @name (NULL: anonymous), @how as in mq_endpoint_bind(). Likewise. */
int mq_device_bind(struct mq_endpoint **ep, const char *name, const struct mq_binding *how);
/* Limits of the driver that mq_device_open() opened last; before that all zero. */
const struct mq_info *mq_device_info(void);

/* ---- signal.c ---- */

/*
 * SIGINT, SIGTERM and SIGHUP end a program that sleeps in libmq at once: _exit() with
 * MQ_EXIT_INTERRUPTED. Call this first where there is nothing to put in order.
 */
void mq_signal_exit(void);
/*
 * From now on they are blocked and come only in mq_poll_wait(), so that what has been
 * taken from a mailbox is also printed. What was ignored at the start stays ignored.
 */
void mq_signal_block(void);
/* For a child between fork and exec: everything as it was at the start. */
void mq_signal_restore(void);
/* Did one come? */
bool mq_signal_is_caught(void);

/* When @timeout nanoseconds from now (MQ_TIMEOUT_NONE: never) will be, CLOCK_MONOTONIC. */
int64_t mq_deadline_new(int64_t timeout);
/* How long until then, for a timeout of libmq: 0 if it has passed. */
int64_t mq_deadline_left(int64_t deadline);
/* poll(2), with the signals let through: how many are ready, 0 at @deadline, or -EINTR. */
int mq_poll_wait(struct pollfd *fds, nfds_t count, int64_t deadline);

/* ---- output.c ---- */

/* Is standard output a terminal? Only there: tables, colour, redrawing. */
bool mq_output_is_terminal(void);
/* ... that shall have colour: NO_COLOR is not set, TERM is not dumb. */
bool mq_output_is_coloured(void);
/*
 * For who prints as it comes: print into mq_output(), then flush what is one unit. A
 * full pipe is waited for with the signals let through. Returns 0, -EINTR, or -EPIPE if
 * nobody reads any more. Without mq_signal_block() use printf() as everybody does.
 */
FILE *mq_output(void);
int mq_output_flush(void);
/* What an error of mq_output_flush() means. Returns a status, silently for -EINTR and -EPIPE. */
int mq_output_explain(int error);
/* A pollfd that becomes ready when nobody reads standard output any more. */
struct pollfd mq_output_pollfd(void);
/*
 * Bytes that somebody else chose, for a terminal: what it cannot show is spelled out
 * (\x1b), and so is a line end unless @lines.
 */
void mq_text_show(FILE *out, const void *text, size_t size, bool lines);

/* The payload as people read it: one newline at the end, safe where @out is a terminal's. */
void mq_message_show(FILE *out, const struct mq_message *msg);

/* ---- json.c: one object, one line; names and values as mq(1) documents them ---- */

void mq_json_open(FILE *out);
void mq_json_show_text(const char *key, const char *text);
void mq_json_show_number(const char *key, uint64_t number);
void mq_json_show_bool(const char *key, bool value);
/* Nanoseconds as "1234.567890123", seconds. */
void mq_json_show_time(const char *key, uint64_t ns);
/* "data": UTF-8 as it is, anything else with "encoding":"base64". */
void mq_json_show_data(const void *data, size_t size);
/* Ends the line. Flushing is the caller's. */
void mq_json_close(void);
/* A whole message as `recv --json` prints it; @to: the endpoint that received it. */
void mq_json_show_message(FILE *out, const struct mq_message *msg, const char *to);

/* An endpoint as `list --json` and `info --json` print it, on stdout (info.c). */
void mq_status_show_json(const struct mq_status *status);

/* ---- payload.c ---- */

/* Bytes to send. */
struct mq_payload {
	void *data;
	size_t size;
};

/*
 * What shall be sent: @text, or standard input if it is NULL or "-", or @file if that is
 * not NULL. Call it with the device open, for the limit. Returns a status.
 */
int mq_payload_read(struct mq_payload *payload, const char *text, const char *file);
void mq_payload_free(struct mq_payload *payload);

/* ---- child.c ---- */

/*
 * Run @command with sh -c for @msg: its payload on standard input, MQ_FROM, MQ_PID,
 * MQ_UID, MQ_SEQUENCE and MQ_LOST in the environment. With @out its standard output is
 * put there, up to @most bytes (@out->size is @most + 1 if there was more), else it goes
 * where ours goes. Returns its exit status (128 + N after signal N), -EINTR if one of our
 * signals came meanwhile (it was sent SIGTERM), or another negative errno.
 */
int mq_child_run(const char *command, const struct mq_message *msg, struct mq_payload *out,
		 size_t most);

/* ---- the subcommands ---- */

int mq_command_list(int argc, char **argv);
int mq_command_info(int argc, char **argv);
int mq_command_send(int argc, char **argv);
int mq_command_all(int argc, char **argv);
int mq_command_recv(int argc, char **argv);
int mq_command_call(int argc, char **argv);
int mq_command_serve(int argc, char **argv);
int mq_command_wait(int argc, char **argv);
int mq_command_watch(int argc, char **argv);
int mq_command_monitor(int argc, char **argv);
int mq_command_top(int argc, char **argv);
int mq_command_bench(int argc, char **argv);
int mq_command_shell(int argc, char **argv);
int mq_command_doctor(int argc, char **argv);

#endif /* MQ_CLI_H */
