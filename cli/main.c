// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq - messages between processes by name, from a shell
 * Copyright (C) the mq authors
 *
 * One subcommand, one file, on libmq alone. Read command_run() here, cli.h for what the
 * subcommands share, and then any of them.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int command_help(int argc, char **argv);

static const struct command {
	const char *name, *operands, *help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "list", "", "who is there", mq_command_list },
	{ "info", "[NAME]", "all about one name, or about the driver", mq_command_info },
	{ "send", "NAME [TEXT]", "send a message", mq_command_send },
	{ "all", "[TEXT]", "send a message to everyone", mq_command_all },
	{ "recv", "NAME", "take a name and print what comes", mq_command_recv },
	{ "call", "NAME [TEXT]", "send a request and print the answer", mq_command_call },
	{ "serve", "NAME", "take a name and answer requests", mq_command_serve },
	{ "wait", "NAME", "sleep until a name is there, or gone", mq_command_wait },
	{ "watch", "", "print names as they come and go", mq_command_watch },
	{ "monitor", "", "print what others send each other, for root", mq_command_monitor },
	{ "top", "", "a live view of all mailboxes", mq_command_top },
	{ "bench", "", "how fast this machine is", mq_command_bench },
	{ "shell", "[NAME]", "talk to others, line by line", mq_command_shell },
	{ "doctor", "", "is everything in order, and if not, what to do", mq_command_doctor },
	{ "help", "[COMMAND]", "this list, or all about one command", command_help },
};

#define N_COMMANDS (sizeof(commands) / sizeof(*commands))

static void help_show(FILE *out)
{
	size_t i;

	fputs("use: mq [-D DEVICE] COMMAND [OPTION]... [OPERAND]...\n\n", out);
	for (i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  mq %-7s%-13s%s\n", commands[i].name, commands[i].operands,
			commands[i].help);
	fputs("\nmq COMMAND --help lists its options, mq(1) has examples.\n"
	      "Exit status: 0, 1 failed, 2 wrong use, 3 no such name, 4 no permission, 5 full,\n"
	      "6 the other side ended, 7 messages lost, 8 no device, 124 time over, 130 interrupted.\n",
	      out);
}

static int version_show(void)
{
	printf("mq %d.%d.%d\n", MQ_VERSION >> 16, MQ_VERSION >> 8 & 255, MQ_VERSION & 255);
	return MQ_EXIT_OK;
}

static int command_run(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(commands[i].name, argv[0]))
			return commands[i].run(argc, argv);
	}
	return mq_error_show(MQ_EXIT_USAGE, "there is no command %s; mq help lists them", argv[0]);
}

static int command_help(int argc, char **argv)
{
	char *arguments[3] = { NULL };

	if (argc > 2)
		return mq_error_show(MQ_EXIT_USAGE, "use: mq help [COMMAND]");
	if (argc == 2 && strcmp(argv[1], "help") && argv[1][0] != '-') {
		arguments[0] = argv[1];
		arguments[1] = (char *)"--help";	/* getopt_long() only moves it */
		return command_run(2, arguments);
	}
	help_show(stdout);
	return MQ_EXIT_OK;
}

/*
 * Otherwise the device itself could become standard output, and text would go there.
 * What cannot be written to makes who writes there fail, as it should.
 */
static void standard_files_open(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Only -D may stand in front of a command. */
static int option_refuse(const char *option)
{
	if (!strcmp(option, "-D") || !strcmp(option, "--device"))
		return mq_error_show(MQ_EXIT_USAGE, "%s needs a device: mq %s DEVICE COMMAND", option,
				     option);
	return mq_error_show(MQ_EXIT_USAGE,
			     "%s stands behind the command, if that has it: mq COMMAND %s (mq help)",
			     option, option);
}

/* What stands in front of the command. Returns where that ends. */
static int global_options(int argc, char **argv)
{
	int at = 1;

	while (at < argc && argv[at][0] == '-') {
		if (!strncmp(argv[at], "--device=", 9)) {
			mq_device_path = argv[at] + 9;
		} else if ((!strcmp(argv[at], "-D") || !strcmp(argv[at], "--device")) &&
			   at + 1 < argc) {
			mq_device_path = argv[++at];
		} else if (!strncmp(argv[at], "-D", 2) && argv[at][2]) {
			mq_device_path = argv[at] + 2;
		} else {
			break;
		}
		at++;
	}
	return at;
}

static int begin(int argc, char **argv)
{
	if (argv[0][0] != '-')
		return command_run(argc, argv);
	if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))
		return command_help(argc, argv);
	if (!strcmp(argv[0], "--version") || !strcmp(argv[0], "-V"))
		return version_show();
	return option_refuse(argv[0]);
}

int main(int argc, char **argv)
{
	int at, status;

	standard_files_open();
	setlocale(LC_CTYPE, "");
	at = global_options(argc, argv);
	if (at >= argc) {
		help_show(stderr);
		return MQ_EXIT_USAGE;
	}
	status = begin(argc - at, argv + at);
	if ((fflush(stdout) || ferror(stdout)) && !status)
		status = mq_error_show(MQ_EXIT_FAILED, "standard output cannot be written: %s",
				       strerror(errno));
	return status;
}
