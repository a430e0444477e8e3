// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs of the manual pages, as `examples` took them out, do what their pages say.
 * MQ_EXAMPLES is where they are (/mq/examples).
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

struct program {
	pid_t pid;
	int in, out;	/* its standard input and output */
};

static struct program program_start(const char *page, const char *const *arguments)
{
	const char *dir = getenv("MQ_EXAMPLES");
	const char *argv[8] = { page };
	int in[2], out[2], i;
	char path[200];
	pid_t pid;

	for (i = 0; i < 6 && arguments[i]; i++)
		argv[i + 1] = arguments[i];
	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "/mq/examples", page);
	MQ_OK(access(path, X_OK));
	MQ_OK(pipe2(in, O_CLOEXEC));
	MQ_OK(pipe2(out, O_CLOEXEC));
	pid = mq_fork();
	if (!pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execv(path, (char **)argv);
		MQ_FAIL("%s: %s", path, strerror(errno));
	}
	close(in[0]);
	close(out[1]);
	return (struct program){ .pid = pid, .in = in[1], .out = out[0] };
}

#define PROGRAM(page, ...) program_start(page, (const char *[]){ __VA_ARGS__ __VA_OPT__(,) NULL })

/* What it prints next, which may come in pieces. */
static void program_prints(struct program *program, const char *text)
{
	char got[1024] = "";
	size_t have = 0, length = strlen(text);

	while (have < length) {
		ssize_t more = MQ_OK(read(program->out, got + have, length - have));

		if (!more)
			break;
		have += more;
	}
	mq_check_bytes(__FILE__, __LINE__, "what it prints", got, have, text, length);
}

/* It prints no more, and its exit status is this one. */
static void program_ends(struct program *program, int status)
{
	char more;

	MQ_EQ(read(program->out, &more, 1), 0);
	MQ_EQ(WEXITSTATUS(mq_wait_status(program->pid)), status);
	close(program->in);
	close(program->out);
}

static void name_is_there(const char *name)
{
	MQ_LIB_EQ(mq_name_wait(NULL, name, false, MQ_TIMEOUT_NONE), 0);
}

MQ_TEST(example_libmq, "libmq(3): the shortest program says hello")
{
	struct program program = PROGRAM("libmq");

	program_prints(&program, "hello says hello\n");
	program_ends(&program, 0);
}

MQ_TEST(example_libmq_no_module, "libmq(3): and says why it cannot", .no_module = true)
{
	struct program program = PROGRAM("libmq");

	program_ends(&program, 1);
}

MQ_TEST(example_open, "mq_endpoint_open(3): the lamp obeys until its standard input ends")
{
	struct program program = PROGRAM("mq_endpoint_open");
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL);

	name_is_there("lamp");
	MQ_EQ(mq_lib_find("lamp").depth, 1);
	mq_lib_send(ep, "lamp", "on");
	program_prints(&program, "orders of up to 4096 bytes\non\n");
	mq_lib_send(ep, "lamp", "off");
	program_prints(&program, "off\n");
	close(program.in);
	program_ends(&program, 0);
	mq_endpoint_close(ep);
}

MQ_TEST(example_send, "mq_endpoint_send(3): each word is a message")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL);
	struct program program = PROGRAM("mq_endpoint_send", "bob", "one", "two");

	program_prints(&program, "2 of 2 sent\n");
	program_ends(&program, 0);
	MQ_EQ(mq_message_cookie(mq_lib_receive(bob, "one")), 0);
	MQ_EQ(mq_message_cookie(mq_lib_receive(bob, "two")), 1);
	program = PROGRAM("mq_endpoint_send", "nobody", "one");
	program_prints(&program, "0 of 1 sent\n");
	program_ends(&program, 1);
	mq_endpoint_close(bob);
}

MQ_TEST(example_receive, "mq_endpoint_receive(3): the log shows all until one says end")
{
	struct program program = PROGRAM("mq_endpoint_receive");
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL);

	name_is_there("log");
	mq_lib_send(bob, "log", "one");
	mq_lib_send(bob, "log", "two");
	program_prints(&program, "bob: one\nbob: two\n");
	mq_lib_send(bob, "log", "end");
	program_prints(&program, "bob: end\n");
	program_ends(&program, 0);
	mq_endpoint_close(bob);
}

MQ_TEST(example_message, "mq_message_data(3): the diary prints what the page says")
{
	struct program program = PROGRAM("mq_message_data");

	program_prints(&program,
		       "message 2 of diary, uid 0, cookie 2: 3 bytes, 1 lost before it\n"
		       "message 3 of diary, uid 0, cookie 3: 5 bytes\n");
	program_ends(&program, 0);
}

MQ_TEST(example_call, "mq_endpoint_call(3): the server answers in capital letters")
{
	struct program server = PROGRAM("mq_endpoint_call"), client;
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL);

	name_is_there("upper");
	mq_lib_send(ep, "upper", "no request");
	client = PROGRAM("mq_endpoint_call", "hello there");
	program_prints(&client, "HELLO THERE\n");
	program_ends(&client, 0);
	client = PROGRAM("mq_endpoint_call", "again");
	program_prints(&client, "AGAIN\n");
	program_ends(&client, 0);
	MQ_OK(kill(server.pid, SIGTERM));
	MQ_EQ(WTERMSIG(mq_wait_status(server.pid)), SIGTERM);
	client = PROGRAM("mq_endpoint_call", "nobody there");
	program_ends(&client, 1);
	mq_endpoint_close(ep);
}

MQ_TEST(example_list, "mq_endpoint_list(3): who is there", .params = "QUEUE_LEN=2")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL);
	struct program program;

	mq_lib_send(bob, "bob", "1");
	mq_lib_send(bob, "bob", "2");
	mq_lib_send(bob, "bob", "3");
	program = PROGRAM("mq_endpoint_list");
	program_prints(&program, "bob 2/2 accepted 3 overwritten 1\n");
	program_ends(&program, 0);
	program = PROGRAM("mq_endpoint_list", "bob");
	program_prints(&program, "bob 2/2 accepted 3 overwritten 1\n");
	program_ends(&program, 0);
	program = PROGRAM("mq_endpoint_list", "nobody");
	program_ends(&program, 1);
	mq_endpoint_close(bob);
}

MQ_TEST(example_monitor, "mq_monitor_bind(3): who sends how much to whom")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL);
	struct program program = PROGRAM("mq_monitor_bind");
	const struct mq_message *msg;
	char whom = 0;

	/* It looks on from some moment on. */
	do {
		mq_lib_send(bob, "bob", "hello");
		MQ_LIB_EQ(mq_endpoint_receive(bob, &msg, 0), 0);
		mq_sleep_ms(1);
	} while (mq_lib_poll(program.out) == 0);
	MQ_LIB_EQ(mq_endpoint_send(bob, "nobody", "x", 1), -ENOENT);
	while (whom != 'n') {
		program_prints(&program, "bob > ");
		MQ_EQ(read(program.out, &whom, 1), 1);
		program_prints(&program, whom == 'n' ? "obody 1 refused\n" : "ob 5\n");
	}
	close(program.in);
	program_ends(&program, 0);
	mq_endpoint_close(bob);
}

MQ_TEST(example_watch, "mq_watch_open(3): names come and go")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL), *ann;
	struct program program = PROGRAM("mq_watch_open");

	program_prints(&program, "+ bob uid 0\n");
	ann = mq_lib_bind("ann", NULL);
	program_prints(&program, "+ ann uid 0\n");
	mq_endpoint_close(ann);
	program_prints(&program, "- ann uid 0\n");
	close(program.in);
	program_ends(&program, 0);
	mq_endpoint_close(bob);
}
