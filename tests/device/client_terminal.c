// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interactive client, at a terminal of its own and in a pipe. The program
 * is mq-client in the PATH, or what MQ_CLIENT names.
 *
 * Copyright (C) the mq authors
 */
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include "harness.h"

struct client {
	pid_t pid;
	int fd;			/* the terminal's other end, or what it writes */
	size_t length;
	char text[16384];	/* what it said and nobody has waited for yet */
};

static void client_exec(char *const argv[])
{
	const char *path = getenv("MQ_CLIENT");

	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	setenv("TERM", "dumb", 1);
	setenv("LC_ALL", "C", 1);
	execvp(path ? path : "mq-client", argv);
	perror(path ? path : "mq-client");
	_exit(127);
}

static struct client *client_at_terminal(void)
{
	static struct client client;
	char *argv[] = { "mq-client", NULL };

	client.fd = MQ_OK(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
	MQ_OK(grantpt(client.fd));
	MQ_OK(unlockpt(client.fd));
	client.pid = mq_fork();
	if (!client.pid) {
		setsid();
		int tty = MQ_OK(open(ptsname(client.fd), O_RDWR));

		ioctl(tty, TIOCSCTTY, 0);
		dup2(tty, 0);
		dup2(tty, 1);
		dup2(tty, 2);
		client_exec(argv);
	}
	return &client;
}

/* The client gets input as a pipe; what it says on either output is read. */
static struct client *client_in_pipe(const char *input, char *const argv[])
{
	static struct client client;	/* one at a time */
	int in[2], out[2];

	MQ_OK(pipe2(in, O_CLOEXEC));
	MQ_OK(pipe2(out, O_CLOEXEC));
	MQ_EQ(write(in[1], input, strlen(input)), strlen(input));
	memset(&client, 0, sizeof(client));
	client.fd = out[0];
	client.pid = mq_fork();
	if (!client.pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		client_exec(argv);
	}
	close(in[0]);
	close(in[1]);
	close(out[1]);
	return &client;
}

/* More of what the client says. False: it has closed its side. */
static bool client_hear(struct client *client)
{
	ssize_t got = read(client->fd, client->text + client->length,
			   sizeof(client->text) - 1 - client->length);

	if (got <= 0)
		return false;
	client->length += got;
	client->text[client->length] = '\0';
	return true;
}

/* Waits until the client has said this; what stood before it is forgotten. */
static void client_says(struct client *client, const char *words)
{
	char *found;

	while (!(found = strstr(client->text, words))) {
		if (!client_hear(client))
			MQ_FAIL("the client said \"%s\", not \"%s\"", client->text, words);
	}
	found += strlen(words);
	client->length -= found - client->text;
	memmove(client->text, found, client->length + 1);
}

static void client_type(struct client *client, const char *keys)
{
	MQ_EQ(write(client->fd, keys, strlen(keys)), strlen(keys));
}

static void client_ends(struct client *client, int status)
{
	while (client_hear(client))
		;
	int ended = mq_wait_status(client->pid);

	MQ_TRUE(WIFEXITED(ended));
	MQ_EQ(WEXITSTATUS(ended), status);
	close(client->fd);
}

MQ_TEST(client_prompt, "a message that comes while one sits at the prompt is told there")
{
	struct client *client = client_at_terminal();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	client_says(client, "mq> ");
	client_type(client, "/reg bob\r");
	client_says(client, "bob> ");
	MQ_EQ(mq_cmd(fd, "/msg bob one\ntwo \033[2J\x9b"), 0);
	client_says(client, "[messages wait] bob> ");
	client_type(client, "/read\r");
	client_says(client, "alice: one\\ntwo \\x1b[2J\\x9b\r\nbob> ");
	client_type(client, "/exit\r");
	client_ends(client, 0);
}

MQ_TEST(client_history, "the client edits lines and remembers them")
{
	struct client *client = client_at_terminal();
	struct mq_counters counters;

	client_says(client, "mq> ");
	client_type(client, "/reg boX\177b\r");
	client_says(client, "bob> ");
	MQ_EQ(mq_counters("bob", &counters), 0);
	client_type(client, "/unr\r");
	client_says(client, "mq> ");
	client_type(client, "\020\020\r");	/* Ctrl-P twice, Enter */
	client_says(client, "bob> ");
	MQ_EQ(mq_counters("bob", &counters), 0);
	client_type(client, "/exi\025/exit\r");	/* Ctrl-U */
	client_ends(client, 0);
}

MQ_TEST(client_interrupt, "Ctrl-C ends a /wait of the client, and not the client")
{
	struct client *client = client_at_terminal();

	client_says(client, "mq> ");
	client_type(client, "/reg bob\r");
	client_says(client, "bob> ");
	client_type(client, "/wait\r");
	client_says(client, "/wait\r\n");
	mq_until_asleep(client->pid, SYS_write);
	client_type(client, "\003");
	client_says(client, "bob> ");
	client_type(client, "/exit\r");
	client_ends(client, 0);
}

MQ_TEST(client_drops_line, "Ctrl-C at the client's prompt drops the line that was begun")
{
	struct client *client = client_at_terminal();
	struct mq_counters counters;

	client_says(client, "mq> ");
	client_type(client, "/reg bob");
	client_says(client, "/reg bob");
	client_type(client, "\003");
	client_says(client, "mq> ");
	client_type(client, "/read\r");
	client_says(client, "you are not registered");
	MQ_EQ(mq_counters("bob", &counters), -ENOENT);
	/* Before the prompt the terminal itself would take Ctrl-D. */
	client_says(client, "mq> ");
	client_type(client, "\004");		/* Ctrl-D: the end */
	client_ends(client, 0);
}

/* One client in a pipe: what it is given, says, and how it ends. */
static void check_pipe(const char *name, const char *input, const char *words, int status)
{
	char *argv[] = { "mq-client", (char *)name, NULL };
	struct client *client = client_in_pipe(input, argv);

	client_says(client, words);
	client_ends(client, status);
}

MQ_TEST(client_sentences, "the client says in a sentence what an errno means",
	.params = "MAX_DEVICES=2 CMD_BUF_SIZE=64")
{
	struct mq_peer *peer = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg taken"), 0);
	check_pipe("me", "/msg taken hello\n", "", 0);
	MQ_READS(fd, "hello");
	check_pipe("me", "/msg bob hello\n", "nobody is called bob: ", 1);
	check_pipe("me", "/reg you\n", "you have a name already: ", 1);
	check_pipe("me", "/wait 1\n", "no message came within 1 ms", 1);
	check_pipe("me", "/wait soon\n", "use: /wait [MS]", 1);
	check_pipe("me", "/from me\n", "use: /from on or /from off", 1);
	check_pipe("me", "/unr now\n", "use: /unr", 1);
	check_pipe("me", "/all\n", "use: /all TEXT", 1);
	check_pipe("me", "/msg taken\n", "use: /msg NAME TEXT", 1);
	check_pipe("me", "/msg taken 012345678901234567890123456789012345678901234567890123456789\n",
		   "send it in parts (CMD_BUF_SIZE is 64)", 1);
	check_pipe("taken", "", "the name taken is taken: ", 1);
	check_pipe("ninechars", "", "/reg takes at most 8 characters", 1);
	check_pipe("a@b", "", "use: /reg NAME", 1);
	check_pipe(NULL, "/msg taken hello\n", "you are not registered: ", 1);
	check_pipe(NULL, "/read\n", "you are not registered: ", 1);
	check_pipe(NULL, "hello\n", "commands begin with a slash", 1);
	check_pipe(NULL, "/hello\n", "there is no command /hello", 1);
	MQ_EQ(mq_peer_cmd(peer, "/reg second"), 0);
	check_pipe("me", "", "all names are in use: wait, or load the module with more (MAX_DEVICES is 2)", 1);
}

MQ_TEST(client_shows, "the client shows who sent a message, or the bare text, until it ends")
{
	struct client *client;
	char *argv[] = { "mq-client", "me", NULL };

	client = client_in_pipe("/read\n/msg me a\n/msg me b\n/read\n/from off\n"
				"/msg me c\n/wait\n/exit\n/msg me d\n", argv);
	client_says(client, "no messages\nme: a\nme: b\nc\n");
	client_ends(client, 0);
	MQ_EQ(client->length, 0);
}

MQ_TEST(client_device, "the client says why it cannot open the device")
{
	char *nowhere[] = { "mq-client", "-d", "/dev/nowhere", NULL };
	char *too_many[] = { "mq-client", "alice", "bob", NULL };
	struct client *client = client_in_pipe("", nowhere);

	client_says(client, "there is no /dev/nowhere: load the module");
	client_ends(client, 8);
	client = client_in_pipe("", too_many);
	client_says(client, "use: mq-client");
	client_ends(client, 2);
}

static void check_stranger(void *arg)
{
	mq_become(1005, 1005);
	check_pipe(NULL, "", "is for members of the group mq", 8);
	(void)arg;
}

MQ_TEST(client_stranger, "the client of a user who is not in the group mq says so")
{
	mq_join(mq_run(check_stranger, NULL));
}
