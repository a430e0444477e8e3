// SPDX-License-Identifier: GPL-2.0-only
/*
 * terminal - a person at a terminal, for tests in shell
 * Copyright (C) the mq authors
 *
 *	terminal COMMAND [ARGUMENT]...
 *
 * Runs COMMAND at a terminal of its own (24 lines of 80 columns), and reads from standard
 * input what to do, a step a line:
 *
 *	wait TEXT	until the program has printed TEXT, behind what was waited for before
 *	type KEYS	press keys; \r \n \t \\ and \xHH as in C, also in TEXT
 *	size ROWS COLS	change the window
 *	raw		until it reads keys one by one: earlier ones would be the terminal's
 *	asleep		until the program sleeps in the kernel
 *	stopped		until it is stopped
 *	signal N	send it signal N
 *	do COMMAND	run a shell command; it must succeed
 *	not TEXT	what was printed from the beginning on has no TEXT
 *	exit STATUS	until the program has ended, with this status, and the terminal is as it was
 *
 * No step waits for a time. Exits 0 if all steps succeeded, else 1, with the reason.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int terminal, keeper = -1;
static pid_t pid;
static char text[1 << 20];	/* all that the program has printed */
static size_t length, waited;
static const char *step = "";
static struct termios before;

/* What was printed, readable. */
static void text_show(void)
{
	size_t from = length > 3000 ? length - 3000 : 0;

	fputs("# it printed: ", stdout);
	for (size_t i = from; i < length; i++) {
		unsigned char c = text[i];

		if (c == '\n')
			fputs("\n# ", stdout);
		else if (isprint(c))
			putchar(c);
		else if (c != '\r')
			printf("<%02x>", c);
	}
	putchar('\n');
}

__attribute__((noreturn, format(printf, 1, 2)))
static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# at \"%s\": ", step);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	text_show();
	if (pid > 0)
		kill(pid, SIGKILL);
	exit(1);
}

static void on_alarm(int sig)
{
	(void)sig;
	fail("nothing happens");
}

static void text_read(void)
{
	ssize_t got = read(terminal, text + length, sizeof(text) - 1 - length);

	if (got > 0)
		length += got;
	text[length] = '\0';
}

/* Has the program ended? It is left to be waited for. */
static bool is_ended(void)
{
	siginfo_t info = { };

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid;
}

/* More of what the program prints, unless there is none for a moment. False: it has ended. */
static bool text_wait(void)
{
	struct pollfd fd = { .fd = terminal, .events = POLLIN };
	bool ended = is_ended();

	if (poll(&fd, 1, ended ? 0 : 10) > 0)
		text_read();
	else if (ended)
		return false;
	return true;
}

static void program_start(char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		fail("no terminal: %s", strerror(errno));
	ioctl(terminal, TIOCSWINSZ, &size);
	/* Somebody has it open as long as its state is of interest. */
	keeper = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	tcgetattr(keeper, &before);
	pid = fork();
	if (pid)
		return;
	setsid();
	int tty = open(ptsname(terminal), O_RDWR);

	ioctl(tty, TIOCSCTTY, 0);
	dup2(tty, 0);
	dup2(tty, 1);
	dup2(tty, 2);
	if (tty > 2)
		close(tty);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* The character that *WORDS begins with, maybe written as in C; *WORDS is behind it then. */
static char escaped(const char **words)
{
	char c = *(*words)++;

	if (c != '\\' || !**words)
		return c;
	c = *(*words)++;
	if (c == 'x' && (*words)[0] && (*words)[1]) {
		char hex[3] = { (*words)[0], (*words)[1] };

		*words += 2;
		return strtol(hex, NULL, 16);
	}
	return c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
}

static void step_wait(const char *words)
{
	char wanted[1024], *found;
	size_t len = 0;

	while (*words)
		wanted[len++] = escaped(&words);
	while (!(found = memmem(text + waited, length - waited, wanted, len))) {
		if (!text_wait())
			fail("it has ended");
	}
	waited = found + len - text;
}

static void step_type(const char *keys)
{
	while (*keys) {
		char key = escaped(&keys);

		if (write(terminal, &key, 1) != 1)
			fail("cannot type: %s", strerror(errno));
	}
}

static void step_size(const char *numbers)
{
	struct winsize size = { };

	if (sscanf(numbers, "%hu %hu", &size.ws_row, &size.ws_col) != 2)
		fail("size ROWS COLS");
	ioctl(terminal, TIOCSWINSZ, &size);
}

/* The letter of its state in /proc. What it prints meanwhile is read, or it would not get on. */
static void step_state(char wanted)
{
	char path[64], line[512], state = '?';

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	while (state != wanted) {
		FILE *file = fopen(path, "r");

		if (!file || !fgets(line, sizeof(line), file))
			fail("it has ended");
		fclose(file);
		state = strrchr(line, ')')[2];
		if (state != wanted && !text_wait())
			fail("it has ended");
	}
}

static void step_exit(const char *number)
{
	struct termios after;
	int status;

	while (text_wait())
		;
	waitpid(pid, &status, 0);
	pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != atoi(number))
		fail("wait status 0x%x", status);
	tcgetattr(keeper, &after);
	if (after.c_lflag != before.c_lflag || after.c_iflag != before.c_iflag ||
	    after.c_oflag != before.c_oflag)
		fail("the terminal is not as it was: lflag %x, was %x", after.c_lflag, before.c_lflag);
}

static void step_raw(const char *none)
{
	struct termios now;

	(void)none;
	while (!tcgetattr(keeper, &now) && now.c_lflag & ICANON) {
		if (!text_wait())
			fail("it has ended");
	}
}

static void step_asleep(const char *none)
{
	(void)none;
	step_state('S');
}

static void step_stopped(const char *none)
{
	(void)none;
	step_state('T');
}

static void step_signal(const char *number)
{
	kill(pid, atoi(number));
}

static void step_do(const char *command)
{
	int status = system(command);

	if (status)
		fail("wait status 0x%x", status);
}

static void step_not(const char *words)
{
	if (memmem(text, length, words, strlen(words)))
		fail("it was printed");
}

static const struct {
	const char *word;
	void (*run)(const char *rest);
} steps[] = {
	{ "wait", step_wait }, { "type", step_type }, { "size", step_size },
	{ "raw", step_raw }, { "asleep", step_asleep }, { "stopped", step_stopped }, { "signal", step_signal },
	{ "do", step_do }, { "not", step_not }, { "exit", step_exit },
};

static void step_run(const char *line)
{
	size_t len = strcspn(line, " ");

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		if (strlen(steps[i].word) == len && !strncmp(steps[i].word, line, len)) {
			steps[i].run(line + len + (line[len] == ' '));
			return;
		}
	}
	fail("no such step");
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_alarm };
	FILE *script = fdopen(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), "r");
	char line[1024];

	if (argc < 2 || !script) {
		fprintf(stderr, "use: terminal COMMAND [ARGUMENT]... <STEPS\n");
		return 2;
	}
	/* What a step runs shall not read the steps. */
	if (!freopen("/dev/null", "r", stdin))
		fail("no /dev/null");
	sigaction(SIGALRM, &action, NULL);
	program_start(argv + 1);
	while (fgets(line, sizeof(line), script)) {
		line[strcspn(line, "\n")] = '\0';
		if (!line[0] || line[0] == '#')
			continue;
		step = line;
		alarm(120);
		step_run(line);
	}
	step = "the end";
	if (pid)
		fail("the steps have no exit");
	return 0;
}
