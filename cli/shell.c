// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq shell - talk to others line by line
 *
 * Messages are shown as they come, above the line that is being typed. The verbs of the
 * text protocol work too, so that who has learnt mq-client is at home; here a name
 * belongs to an endpoint, and another name is another endpoint.
 *
 * Read from the bottom: mq_command_shell() runs one line after the other, line_run()
 * finds the command, the do_*() functions carry it out.
 * Copyright (C) the mq authors
 */
#include "cli.h"
#include "shell.h"
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE		16	/* messages shown before the keyboard is looked at again */

static struct mq_endpoint *ep;
static char my_name[MQ_NAME_SIZE];	/* "": anonymous */
static bool interactive, live = true, any_failed;
static bool told;			/* the prompt says that messages wait */
/* A question that was shown and waits for /reply: the next message would take its place. */
static const struct mq_message *request;
static char asker[MQ_NAME_SIZE];

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

/* Who pressed Control-C knows that. */
static void explain(int err, enum mq_action action, const char *name)
{
	char text[512];

	if (err == -EINTR && shell_is_interrupted())
		return;
	mq_error_format(text, sizeof(text), err, action, name);
	fail("%s", text);
}

/* ---- messages ---- */

static void text_show(const void *data, size_t size)
{
	const char *text = data;

	if (size && text[size - 1] == '\n')	/* as echo sends it */
		size--;
	mq_text_show(stdout, text, size, false);
	putchar('\n');
}

static void message_show(const struct mq_message *msg)
{
	const char *name = mq_message_name(msg);

	if (mq_message_lost(msg))
		printf("(%llu lost here)\n", (unsigned long long)mq_message_lost(msg));
	printf("%s%s: ", *name ? name : "(no name)", mq_message_is_call(msg) ? " asks" :
	       mq_message_is_broadcast(msg) ? " to all" : "");
	text_show(mq_message_data(msg), mq_message_size(msg));
}

/*
 * Take a message and show it. A person is given the time to answer a question: until
 * then later messages wait. Returns 0 or a negative errno.
 */
static int message_next(void)
{
	const struct mq_message *msg;
	int err;

	request = NULL;		/* it does not outlive this call */
	err = mq_endpoint_receive(ep, &msg, 0);
	if (err)
		return err;
	message_show(msg);
	if (mq_message_is_call(msg)) {
		snprintf(asker, sizeof(asker), "%s", mq_message_name(msg));
		request = msg;
	}
	return 0;
}

static void messages_ready(void)
{
	int err, shown = 0;

	if (!live || (request && interactive)) {
		told = true;
		return;
	}
	do {
		err = message_next();
	} while (!err && !request && ++shown < AT_ONCE);
	if (err && err != -EAGAIN)
		explain(err, MQ_ACTION_RECEIVE, my_name);
}

static bool messages_wait(void)
{
	struct pollfd fd = { .fd = mq_endpoint_fd(ep), .events = POLLIN };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLIN;
}

/* ---- sending ---- */

/* The first word of @text, cut off; what stands behind it and one space is @rest. */
static char *word_cut(char *text, char **rest)
{
	*rest = text + strcspn(text, " ");
	if (**rest)
		*(*rest)++ = '\0';
	return text;
}

/* NAME TEXT; NULL if one of them is missing. */
static char *name_cut(char *arguments, char **text, const char *use)
{
	char *name = word_cut(arguments, text);

	if (*name && **text)
		return name;
	fail("use: %s NAME TEXT", use);
	return NULL;
}

static void do_msg(char *arguments)
{
	char *text, *name = name_cut(arguments, &text, "/msg");
	int err;

	if (!name)
		return;
	shell_signals_open();
	err = mq_endpoint_send(ep, name, text, strlen(text));
	shell_signals_close();
	if (err)
		explain(err, MQ_ACTION_SEND, name);
}

static void do_all(char *arguments)
{
	int err;

	if (!*arguments) {
		fail("use: /all TEXT");
		return;
	}
	err = mq_endpoint_broadcast(ep, arguments, strlen(arguments));
	if (err)
		explain(err, MQ_ACTION_BROADCAST, NULL);
}

static void do_call(char *arguments)
{
	char *text, *name = name_cut(arguments, &text, "/call");
	struct mq_message *reply;
	int err;

	if (!name)
		return;
	if (!strcmp(name, my_name)) {
		fail("you would wait for yourself: nobody else answers for %s", name);
		return;
	}
	shell_signals_open();
	err = mq_endpoint_call(ep, name, text, strlen(text), &reply, MQ_TIMEOUT_NONE);
	shell_signals_close();
	if (err) {
		explain(err, MQ_ACTION_CALL, name);
		return;
	}
	printf("%s answers: ", name);
	text_show(mq_message_data(reply), mq_message_size(reply));
	mq_message_free(reply);
}

static void do_reply(char *arguments)
{
	int err;

	if (!request || !*arguments) {
		fail(request ? "use: /reply TEXT" : "nobody has asked anything");
		return;
	}
	err = mq_endpoint_reply(ep, request, arguments, strlen(arguments));
	request = NULL;
	if (err == -ENOENT)
		fail("%s does not wait for the answer any more", *asker ? asker : "who asked");
	else if (err)
		explain(err, MQ_ACTION_REPLY, asker);
}

/* ---- receiving ---- */

static void do_read(char *arguments)
{
	bool any = false;
	int err;

	(void)arguments;
	/* Who reads on does not answer. */
	while (!(err = message_next()) && !request)
		any = true;
	if (err && err != -EAGAIN)
		explain(err, MQ_ACTION_RECEIVE, my_name);
	else if (err && !any)
		puts("no messages");
}

static void do_peek(char *arguments)
{
	const struct mq_message *msgs[64];
	size_t count;
	int err;

	(void)arguments;
	if (request) {
		fail("answer first (/reply TEXT), or go on without it (/read)");
		return;
	}
	err = mq_endpoint_peek(ep, msgs, 64, &count);
	if (err) {
		explain(err, MQ_ACTION_RECEIVE, my_name);
		return;
	}
	for (size_t i = 0; i < count; i++)
		message_show(msgs[i]);
	if (!count)
		puts("no messages");
}

static void do_live(char *arguments)
{
	if (strcmp(arguments, "on") && strcmp(arguments, "off"))
		fail("use: /live on or /live off");
	else
		live = !strcmp(arguments, "on");
}

/* ---- names ---- */

/* All names, or NULL after an error that has been told. */
static struct mq_status *names_list(size_t *count)
{
	struct mq_status *list;
	int err = mq_endpoint_list(ep, &list, count);

	if (!err)
		return list;
	explain(err, MQ_ACTION_LIST, NULL);
	return NULL;
}

static void do_list(char *arguments)
{
	size_t count;
	struct mq_status *list = names_list(&count);

	(void)arguments;
	if (!list)
		return;
	printf("%-23s %7s %5s %11s %10s\n", "NAME", "PID", "UID", "QUEUED", "LOST");
	for (size_t i = 0; i < count; i++)
		printf("%-23s %7u %5u %5u/%-5u %10llu\n", list[i].name, list[i].pid, list[i].uid,
		       list[i].queued, list[i].depth, (unsigned long long)list[i].overwritten);
	mq_list_free(list);
}

static void do_who(char *arguments)
{
	size_t count, others = 0;
	struct mq_status *list = names_list(&count);

	(void)arguments;
	if (!list)
		return;
	if (my_name[0])
		printf("you are %s\n", my_name);
	else
		puts("you have no name: /reg NAME takes one");
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, my_name))
			printf("%s%s", others++ ? " " : "", list[i].name);
	}
	puts(others ? "" : "nobody else is here");
	mq_list_free(list);
}

/*
 * A new endpoint in place of the present one, whose messages are shown before they are
 * gone. Returns 0 or a negative errno, and then nothing has changed.
 */
static int endpoint_take(const char *name)
{
	struct mq_endpoint *next = NULL;
	int err = mq_endpoint_open(&next, mq_device_path);

	if (!err)
		err = mq_endpoint_bind(next, name, NULL);
	if (err) {
		mq_endpoint_close(next);
		return err;
	}
	while (ep && !message_next())
		;
	request = NULL;
	mq_endpoint_close(ep);
	ep = next;
	snprintf(my_name, sizeof(my_name), "%s", name ? name : "");
	return 0;
}

static void do_reg(char *arguments)
{
	char *rest, *name = word_cut(arguments, &rest);
	int err;

	if (!*name || *rest) {
		fail("use: /reg NAME");
		return;
	}
	if (!strcmp(name, my_name)) {
		fail("you are %s already", name);
		return;
	}
	err = strlen(name) > MQ_NAME_MAX ? -EINVAL : endpoint_take(name);
	if (err)
		explain(err, MQ_ACTION_BIND, name);
}

static void do_unr(char *arguments)
{
	int err;

	(void)arguments;
	if (!my_name[0]) {
		fail("you have no name: /reg NAME takes one");
		return;
	}
	err = endpoint_take(NULL);
	if (err)
		explain(err, MQ_ACTION_BIND, my_name);
}

/* ---- lines ---- */

static void do_help(char *arguments);

/* /quit has no function: line_run() tells the caller to stop. */
static const struct command {
	const char *word, *arguments, *help;
	void (*run)(char *arguments);
	bool takes_name;
} commands[] = {
	{ "/msg", "NAME TEXT", "send TEXT to NAME", do_msg, true },
	{ "/all", "TEXT", "send TEXT to everyone else", do_all },
	{ "/call", "NAME TEXT", "ask NAME, and wait for the reply (Control-C: no longer)", do_call, true },
	{ "/reply", "TEXT", "answer who asked last", do_reply },
	{ "/list", "", "all names and their mailboxes", do_list },
	{ "/who", "", "who you are, and who else is here", do_who },
	{ "/live", "on|off", "show messages as they come, or let them wait", do_live },
	{ "/peek", "", "show what waits, and leave it there", do_peek },
	{ "/read", "", "show what waits", do_read },
	{ "/reg", "NAME", "take this name, in place of the one you have", do_reg },
	{ "/unr", "", "give the name back", do_unr },
	{ "/help", "", "this list", do_help },
	{ "/quit", "", "leave; the name is free again", NULL },
	{ "/exit", "", "the same", NULL },
};

#define N_COMMANDS (sizeof(commands) / sizeof(*commands))

static void do_help(char *arguments)
{
	(void)arguments;
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("%-7s%-11s%s\n", commands[i].word, commands[i].arguments, commands[i].help);
}

static const struct command *command_find(const char *word, size_t len)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strlen(commands[i].word) == len && !strncmp(commands[i].word, word, len))
			return &commands[i];
	}
	return NULL;
}

/* Carry out one line. False: the user wants to leave. */
static bool line_run(char *line)
{
	const struct command *command;
	char *arguments;

	if (!*line)
		return true;
	if (*line != '/') {
		fail("commands begin with a slash; /help lists them, /msg NAME TEXT sends");
		return true;
	}
	word_cut(line, &arguments);
	command = command_find(line, strlen(line));
	if (!command)
		fail("there is no command %s; /help lists them", line);
	else if (command->run)
		command->run(arguments);
	return !command || command->run;
}

/* ---- what the input asks ---- */

static const char *prompt(void)
{
	static char text[2 * MQ_NAME_SIZE + 64];
	int len = 0;

	if (request && interactive)
		len = snprintf(text, sizeof(text), "[%s asks, /reply answers] ",
			       *asker ? asker : "somebody");
	else if (!live && told)
		len = snprintf(text, sizeof(text), "[messages wait] ");
	snprintf(text + len, sizeof(text) - len, "%s> ", my_name[0] ? my_name : "mq");
	return text;
}

/* What waits is told once. */
static int watch(void)
{
	if (request && interactive)
		return -1;
	return live || !told ? mq_endpoint_fd(ep) : -1;
}

/* Of the names there is one list for each time that the tab key is pressed. */
static const char *name_candidate(size_t n)
{
	static struct mq_status *list;
	static size_t count;

	if (!n) {
		mq_list_free(list);
		list = NULL;
		count = 0;
		if (mq_endpoint_list(ep, &list, &count))
			list = NULL;
	}
	return list && n < count ? list[n].name : NULL;
}

static const char *candidate(const char *line, size_t word, size_t n)
{
	const struct command *command;
	size_t first = strcspn(line, " ");

	if (!word)
		return n < N_COMMANDS ? commands[n].word : NULL;
	command = command_find(line, first);
	return command && command->takes_name && word == first + 1 ? name_candidate(n) : NULL;
}

static const char *name_prompt(void)
{
	return "your name (empty: none): ";
}

static const char *no_candidate(const char *line, size_t word, size_t n)
{
	(void)line;
	(void)word;
	(void)n;
	return NULL;
}

/* Asked until it is a name that can be had. False: the user left. */
static bool name_ask(void)
{
	static const struct shell_input asking = { name_prompt, watch, messages_ready, no_candidate };
	char *line;

	do {
		line = shell_input_line(&asking);
		if (line && *line)
			do_reg(line);
	} while (line && *line && !my_name[0]);
	return line;
}

int mq_command_shell(int argc, char **argv)
{
	static const struct shell_input input = { prompt, watch, messages_ready, candidate };
	static const struct mq_usage usage = {
		"[NAME]", "Talk to others by hand: messages are shown as they come, /help lists the\n"
		"commands. They can also be piped in, one a line; the status is 1 if one failed.",
		NULL, 0, 1
	};
	char *line;
	int status;

	while (mq_option_next(argc, argv, &usage) != -1)
		;
	status = mq_device_bind(&ep, argv[optind], NULL);
	if (status)
		return status;
	snprintf(my_name, sizeof(my_name), "%s", argv[optind] ? argv[optind] : "");
	interactive = shell_input_start();
	if (interactive && !my_name[0] && !name_ask())
		return shell_is_ended() ? MQ_EXIT_INTERRUPTED : MQ_EXIT_OK;
	do {
		told = messages_wait() && !live;
		line = shell_input_line(&input);
	} while (line && line_run(line));
	if (fflush(stdout))
		fail("mq: shell: not all output could be written");
	mq_endpoint_close(ep);
	if (shell_is_ended())
		return MQ_EXIT_INTERRUPTED;
	return any_failed && !interactive ? MQ_EXIT_FAILED : MQ_EXIT_OK;
}
