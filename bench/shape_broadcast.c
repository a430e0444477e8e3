// SPDX-License-Identifier: GPL-2.0-only
/*
 * Broadcast: one process sends the same message to many others
 *
 * Each receiver is a process of its own. The receivers sleep on a pipe of ours
 * while the sender is counted, so that its cost is that of sending, not of
 * waking; then each in turn empties its mailbox and counts that itself. So no
 * mailbox ever overflows, and no two countings mix.
 *
 * Copyright (C) the mq authors
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS	8	/* messages that lie in each mailbox at most */

/**
 * struct crowd - the receivers of a broadcast
 * @n: how many
 * @home: the sender's own channel
 * @channels: theirs
 * @children: they
 * @go: pipes, one for each: a byte tells it to empty its mailbox
 * @done: one pipe for all: a byte says that it has
 * @ticks: shared with them: what the last emptying took
 */
struct crowd {
	unsigned int n;
	struct bench_channel home;
	struct bench_channel channels[BENCH_MANY];
	pid_t children[BENCH_MANY];
	int go[BENCH_MANY][2];
	int done[2];
	uint64_t *ticks;
};

static void token_send(int to)
{
	if (write(to, "", 1) != 1)
		bench_die("broadcast: no answer from a process of ours");
}

static void token_receive(int from)
{
	char byte;

	if (read(from, &byte, 1) != 1)
		bench_die("broadcast: a process of ours has died");
}

static void send_one(struct crowd *crowd)
{
	const struct bench_peer *peer = crowd->home.peer;

	if (peer->send_all) {
		peer->send_all(&crowd->home);
		return;
	}
	for (unsigned int i = 0; i < crowd->n; i++)
		peer->send(&crowd->channels[i]);
}

/* counts per receiver and message */
static double batch_send(struct crowd *crowd)
{
	uint64_t from = bench_count();

	for (int i = 0; i < ROUNDS; i++)
		send_one(crowd);
	return bench_count_show(bench_count() - from) / ROUNDS / crowd->n;
}

static double batch_receive(struct crowd *crowd)
{
	double sum = 0;

	for (unsigned int i = 0; i < crowd->n; i++) {
		token_send(crowd->go[i][1]);
		token_receive(crowd->done[0]);
		sum += bench_count_show(crowd->ticks[i]);
	}
	return sum / ROUNDS / crowd->n;
}

static uint64_t drain(struct bench_channel *c)
{
	uint64_t from = bench_count();

	for (int i = 0; i < ROUNDS; i++)
		c->peer->receive(c);
	return bench_count() - from;
}

static _Noreturn void receiver(struct crowd *crowd, unsigned int i)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_channel_join(&crowd->channels[i]);
	for (;;) {
		token_send(crowd->done[1]);
		token_receive(crowd->go[i][0]);
		crowd->ticks[i] = drain(&crowd->channels[i]);
		bench_channel_check(&crowd->channels[i], 1);
	}
}

static void receiver_new(struct crowd *crowd, unsigned int i)
{
	bench_channel_open(&crowd->channels[i], crowd->home.peer, crowd->home.size, 1);
	if (pipe(crowd->go[i]))
		bench_die("broadcast: no pipe for receiver %u: %m", i);
	crowd->children[i] = fork();
	if (crowd->children[i] < 0)
		bench_die("broadcast: no process for receiver %u: %m", i);
	if (crowd->children[i] == 0)
		receiver(crowd, i);
	token_receive(crowd->done[0]);
}

static void crowd_init(struct crowd *crowd, const struct bench_peer *peer, size_t size,
		       unsigned int n)
{
	memset(crowd, 0, sizeof(*crowd));
	crowd->n = n;
	crowd->ticks = mmap(NULL, sizeof(*crowd->ticks) * n, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (crowd->ticks == MAP_FAILED || pipe(crowd->done))
		bench_die("broadcast: no pipe or no memory: %m");
	bench_channel_open(&crowd->home, peer, size, 1);
	bench_channel_join(&crowd->home);
	for (unsigned int i = 0; i < n; i++)
		receiver_new(crowd, i);
}

static void crowd_deinit(struct crowd *crowd)
{
	for (unsigned int i = 0; i < crowd->n; i++) {
		kill(crowd->children[i], SIGKILL);
		waitpid(crowd->children[i], NULL, 0);
		bench_channel_close(&crowd->channels[i]);
		close(crowd->go[i][0]);
		close(crowd->go[i][1]);
	}
	bench_channel_close(&crowd->home);
	close(crowd->done[0]);
	close(crowd->done[1]);
	munmap(crowd->ticks, sizeof(*crowd->ticks) * crowd->n);
}

/* what follows from two figures: @a_share of one and @b_share of the other */
static void derive(const char *measure, const struct bench_figure *a, double a_share,
		   const struct bench_figure *b, double b_share)
{
	struct bench_figure *f = bench_figure_new(&bench_broadcast, measure, a->peer, a->size,
						  a->n);

	f->median = a_share * a->median + b_share * b->median;
	f->least = a_share * a->least + b_share * b->least;
	f->spread = a->spread > b->spread ? a->spread : b->spread;
}

/* returns the figure of the sending */
static struct bench_figure *run_crowd(const struct bench_peer *peer, size_t size, unsigned int n)
{
	struct bench_figure *send = bench_figure_new(&bench_broadcast, "send", peer, size, n);
	struct bench_figure *receive = bench_figure_new(&bench_broadcast, "receive", peer, size, n);
	static struct crowd crowd;
	bool is_done;

	crowd_init(&crowd, peer, size, n);
	for (int i = 0; i < 8; i++) {
		batch_send(&crowd);
		batch_receive(&crowd);
	}
	do {
		bench_figure_push(send, batch_send(&crowd));
		bench_figure_push(receive, batch_receive(&crowd));
		is_done = bench_figure_is_done(send);
		/* Both are asked: that is when a figure takes in its samples. */
		is_done = bench_figure_is_done(receive) && is_done;
	} while (!is_done);
	crowd_deinit(&crowd);
	derive("total", send, 1, receive, 1);
	return send;
}

static void run(const struct bench_peer *peer, size_t size)
{
	const double more = BENCH_MANY - BENCH_FEW;
	const struct bench_figure *few, *many;

	if (bench_forever)
		run_crowd(peer, size, BENCH_MANY);
	few = run_crowd(peer, size, BENCH_FEW);
	many = run_crowd(peer, size, BENCH_MANY);
	derive("marginal", many, BENCH_MANY / more, few, -BENCH_FEW / more);
}

const struct bench_shape bench_broadcast = {
	.name = "broadcast",
	.flag = BENCH_BROADCAST,
	.run = run,
};
