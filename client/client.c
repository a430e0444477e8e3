// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq-client - talk to other processes by name through /dev/mq
 * Copyright (C) the mq authors
 *
 * The whole protocol is text, and this program hides none of it: what you
 * type (/reg, /unr, /msg, /all, /from, /wait) goes to the driver as it is, one
 * write(2) per line, and each read(2) takes one message out of the mailbox of
 * this process. What the program adds: a prompt that tells when messages
 * wait, whole sentences instead of error numbers, and a screen that no
 * message can disturb.
 *
 * Read from the bottom: main() opens the device and runs one line after the
 * other; run_line() finds the command; the do_*() functions carry it out.
 * Where the lines come from, and how they are edited, is the matter of input.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>
#include "input.h"

#define NAME_MAX_LEN	23	/* the longest name; /reg itself takes 8 bytes */
#define PARAMETERS	"/sys/module/mq_driver/parameters/"

/* The exit statuses. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_DEVICE = 8 };

static const char *device = "/dev/mq";
static int mq_fd;			/* the open device */
static char my_name[NAME_MAX_LEN + 1];	/* "" while not registered */
static bool from_on;			/* do messages come with their sender? */
static bool any_failed;
static char *message;			/* room for any one message */
static size_t message_size;

/* A parameter of the loaded module. They are readable by everyone. */
static unsigned long parameter(const char *name, unsigned long otherwise)
{
	char path[128];
	unsigned long value;
	FILE *file;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	file = fopen(path, "r");
	if (!file)
		return otherwise;
	if (fscanf(file, "%lu", &value) != 1)
		value = otherwise;
	fclose(file);
	return value;
}

/* Every failure is one sentence on stderr and is remembered for the exit status. */
__attribute__((format(printf, 1, 2)))
static void fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	any_failed = true;
}

/*
 * Print bytes that somebody else chose. What this terminal can show is shown;
 * anything else, above all escape sequences and line ends that could pretend
 * to be another message, is spelled out.
 */
static void print_safely(const char *text, size_t len)
{
	mbstate_t state = { 0 };
	wchar_t wide;

	while (len) {
		size_t n = mbrtowc(&wide, text, len, &state);

		if (n > 0 && n <= len && iswprint(wide)) {
			fwrite(text, 1, n, stdout);
		} else {
			if (*text == '\n')
				printf("\\n");
			else
				printf("\\x%02x", (unsigned char)*text);
			memset(&state, 0, sizeof(state));
			n = 1;
		}
		text += n;
		len -= n;
	}
}

/* With /from on a message is the sender's name, one space, and the text. */
static void print_message(const char *text, size_t len)
{
	const char *space = from_on ? memchr(text, ' ', len) : NULL;

	if (space) {
		if (space == text)
			printf("(no name)");
		print_safely(text, space - text);
		printf(": ");
		len -= space + 1 - text;
		text = space + 1;
	}
	if (len && text[len - 1] == '\n')	/* as `echo` sends it */
		len--;
	print_safely(text, len);
	putchar('\n');
}

/* Is there something to read? Not registered counts as no. */
static bool messages_wait(void)
{
	struct pollfd pollfd = { .fd = mq_fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLIN);
}

/* The first word behind the command: a name, mostly. */
static const char *argument(const char *line)
{
	static char word[64];

	word[0] = '\0';
	sscanf(line, "%*s %63s", word);
	return word;
}

/*
 * What an errno means for a command, and what to do. %s is the command's first
 * argument; limit is the module's parameter that set the limit.
 */
static const struct sentence {
	const char *command;	/* NULL: any */
	int err;
	const char *text, *limit;
} sentences[] = {
	{ NULL, ENOMEM, "no memory, or your memory group is at its limit: nothing was done; try again later" },
	{ NULL, EMSGSIZE, "too long, nothing was done: send it in parts", "CMD_BUF_SIZE" },
	{ "/reg", EINVAL, "use: /reg NAME, one word of visible ASCII characters without @" },
	{ "/reg", ENAMETOOLONG, "the name %s is too long: /reg takes at most 8 characters" },
	{ "/reg", EPERM, "you may not be %s: a name with a dot in front is kept for the system (CAP_SYS_ADMIN)" },
	{ "/reg", EEXIST, "the name %s is taken: choose another, or wait until its process ends" },
	{ "/reg", EALREADY, "you have a name already: /unr drops it, then take %s" },
	{ "/reg", ENOSPC, "no place for %s, all names are in use: wait, or load the module with more", "MAX_DEVICES" },
	{ "/reg", EDQUOT, "no place for %s, you have as many names, or as much room for messages (USER_BYTES), as a user may: end some, or let root load the module with more", "USER_ENDPOINTS" },
	{ "/unr", EINVAL, "use: /unr, with nothing behind it" },
	{ "/msg", EINVAL, "use: /msg NAME TEXT, with one space on both sides of the name" },
	{ "/msg", EACCES, "%s takes no messages from you" },
	{ "/msg", ENOENT, "nobody is called %s: look at the spelling, or wait until the name is registered" },
	{ "/msg", ENOBUFS, "the mailbox of %s is full and keeps what it has: try again later" },
	{ "/all", EINVAL, "use: /all TEXT" },
	{ "/from", EINVAL, "use: /from on or /from off" },
	{ "/wait", EINVAL, "use: /wait [MS], a number of milliseconds from 0 to 2147483647" },
	{ "/wait", ETIMEDOUT, "no message came within %s ms" },
	{ NULL, ENOENT, "you are not registered: /reg NAME comes first" },
	{ NULL, ENOTCONN, "you are not registered: /reg NAME comes first" },
};

static bool is_word(const char *line, const char *word)
{
	size_t len = strcspn(line, " ");

	return len == strlen(word) && !strncmp(line, word, len);
}

static void explain(int err, const char *line)
{
	const struct sentence *s = sentences, *end = s + sizeof(sentences) / sizeof(*s);

	/* Where one errno has two reasons, this program knows which one it is. */
	if (err == EEXIST && my_name[0])
		err = EALREADY;
	if (err == EACCES && !my_name[0])
		err = ENOTCONN;
	while (s < end && (s->err != err || (s->command && !is_word(line, s->command))))
		s++;
	any_failed = true;
	fflush(stdout);
	if (s < end)
		fprintf(stderr, s->text, argument(line));
	else
		fprintf(stderr, "%s: %s", line, strerror(err));
	if (s < end && s->limit)
		fprintf(stderr, " (%s is %lu)", s->limit, parameter(s->limit, 0));
	fputc('\n', stderr);
}

/* One command is one write(2); the driver takes all of it or nothing. */
static bool send_line(const char *line, size_t len)
{
	if (write(mq_fd, line, len) >= 0)
		return true;
	if (errno != EINTR)		/* Ctrl-C: who pressed it knows */
		explain(errno, line);
	return false;
}

/* /msg and /all need nothing more than that. */
static void do_send(const char *line, size_t len)
{
	send_line(line, len);
}

/* One read(2) is one message, since there is room for the longest. */
static void do_read(const char *line, size_t len)
{
	unsigned long count = 0;
	ssize_t got;

	(void)len;
	while (!input_interrupted && (got = read(mq_fd, message, message_size)) >= 0) {
		print_message(message, got);
		count++;
	}
	if (input_interrupted)
		return;
	if (errno != EAGAIN)		/* EAGAIN: that was the last one */
		explain(errno, "/read");
	else if (!count && is_word(line, "/read"))
		puts("no messages");
}

static void do_from(const char *line, size_t len)
{
	if (send_line(line, len))
		from_on = !strcmp(argument(line), "on");
}

/* The sender's name is asked for at once: people want to know who speaks. */
static void do_register(const char *line, size_t len)
{
	if (!send_line(line, len))
		return;
	snprintf(my_name, sizeof(my_name), "%s", argument(line));
	do_from("/from on", strlen("/from on"));
}

static void do_unregister(const char *line, size_t len)
{
	if (send_line(line, len))
		my_name[0] = '\0';
}

static void do_wait(const char *line, size_t len)
{
	if (send_line(line, len))
		do_read(line, len);
}

static void do_help(const char *line, size_t len);

/* /exit has no function: run_line() tells main() to stop. */
static const struct command {
	const char *word, *arguments, *help;
	void (*run)(const char *line, size_t len);
} commands[] = {
	{ "/reg", "NAME", "take a name of at most 8 characters", do_register },
	{ "/unr", "", "give the name back; unread messages are gone", do_unregister },
	{ "/msg", "NAME TEXT", "send TEXT to NAME", do_send },
	{ "/all", "TEXT", "send TEXT to everyone else", do_send },
	{ "/read", "", "show all messages that wait", do_read },
	{ "/from", "on|off", "show who sent each message, or the bare text", do_from },
	{ "/wait", "[MS]", "wait for a message, MS milliseconds at most, and show it", do_wait },
	{ "/help", "", "this list", do_help },
	{ "/exit", "", "leave; the name is free again", NULL },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void do_help(const char *line, size_t len)
{
	(void)line;
	(void)len;
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("%-6s%-11s%s\n", commands[i].word, commands[i].arguments,
		       commands[i].help);
}

/* Carry out one line. False: the user wants to leave. */
static bool run_line(const char *line, size_t len)
{
	if (!len)
		return true;
	if (line[0] != '/') {
		fail("commands begin with a slash; /help lists them, /msg NAME TEXT sends");
		return true;
	}
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!is_word(line, commands[i].word))
			continue;
		if (!commands[i].run)
			return false;
		commands[i].run(line, len);
		return true;
	}
	fail("there is no command %.*s; /help lists them", (int)strcspn(line, " "), line);
	return true;
}

/* What stands in front of the cursor at a terminal. */
static const char *prompt(void)
{
	static char text[NAME_MAX_LEN + 32];

	snprintf(text, sizeof(text), "%s%s> ", messages_wait() ? "[messages wait] " : "",
		 my_name[0] ? my_name : "mq");
	return text;
}

static bool open_device(void)
{
	mq_fd = open(device, O_RDWR | O_CLOEXEC);
	if (mq_fd >= 0)
		return true;
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		fail("mq-client: there is no %s: load the module, with `modprobe mq_driver` or scripts/load",
		     device);
	else if (errno == EACCES)
		fail("mq-client: %s is for members of the group mq: `usermod -aG mq USER` as root, then log in again",
		     device);
	else
		fail("mq-client: %s: %s", device, strerror(errno));
	return false;
}

static void prepare(void)
{
	setlocale(LC_CTYPE, "");
	message_size = parameter("CMD_BUF_SIZE", 4096) + NAME_MAX_LEN + 1;
	message = malloc(message_size);
	if (!message) {
		fprintf(stderr, "mq-client: no memory\n");
		exit(EXIT_FAILED);
	}
}

/* The NAME of the command line: as if /reg NAME had been typed. */
static bool register_as(const char *name)
{
	char line[256];

	snprintf(line, sizeof(line), "/reg %s", name);
	run_line(line, strlen(line));
	return !any_failed;
}

static int usage(FILE *out, int status)
{
	fprintf(out, "use: mq-client [-d DEVICE] [NAME]\n"
		"Talk to other processes by name through /dev/mq; NAME registers at the start.\n"
		"Type /help for the commands; they can also be piped in, one a line. Exit status:\n"
		"0, 1 when a command that was piped in failed, 2 wrong use, 8 no device.\n");
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' }, { }
	};
	int option, watch;
	bool interactive;
	size_t len;
	char *line;

	while ((option = getopt_long(argc, argv, "d:h", options, NULL)) != -1) {
		if (option == 'h')
			return usage(stdout, EXIT_OK);
		if (option != 'd')
			return usage(stderr, EXIT_USAGE);
		device = optarg;
	}
	if (argc - optind > 1)
		return usage(stderr, EXIT_USAGE);
	if (!open_device())
		return EXIT_NO_DEVICE;
	prepare();
	interactive = input_start();
	if (optind < argc && !register_as(argv[optind]))
		return EXIT_FAILED;
	do {
		watch = my_name[0] && !messages_wait() ? mq_fd : -1;
		line = input_line(prompt, watch, &len);
	} while (line && run_line(line, len));
	if (fflush(stdout) || ferror(stdout))
		fail("mq-client: not all output could be written");
	return any_failed && !interactive ? EXIT_FAILED : EXIT_OK;
}
