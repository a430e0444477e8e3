// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report: a table for people
 *
 * Copyright (C) the mq authors
 */
#include <string.h>
#include <sys/utsname.h>

#include "bench.h"

/* columns side by side in 100 characters, and in all */
#define COLUMNS		4
#define COLUMNS_MAX	32

/* what varies by more than this is said to, in percent */
#define STEADY		1.0

/* what the table shows, in this order; the CSV has all */
static const struct block {
	const char *shape;
	const char *measure;
	const char *title;
	const char *repeated;	/* by what, NULL where the shape is not */
} blocks[] = {
	{ "self", "message", "Send and receive in one process, per message", NULL },
	{ "batch", "message", "Several by one call, in one process, per message", "per call" },
	{ "trip", "trip", "Round trip between two processes", NULL },
	{ "call", "trip", "The same by call and reply, where there is such a thing", NULL },
	{ "stream", "message", "From one process to another, per message", "per call" },
	{ "many", "message", "From several processes to one, per message", "senders" },
	{ "pairs", "message", "From one to another in several pairs, per message", "pairs" },
	{ "broadcast", "send", "Broadcast, sending, per receiver", "to" },
	{ "broadcast", "marginal", "Broadcast, sending, per receiver more", "from 64 to" },
	{ "broadcast", "total", "Broadcast, sending and receiving, per receiver", "to" },
	{ "broadcast", "total-batch", "Broadcast, sending, and receiving 8 by one call",
	  "to" },
	{ "growth", "message", "To names drawn at random, per message", "names" },
	{ "memory", "mailbox", "Kernel memory of a mailbox that nobody uses, bytes", "slots" },
	{ "group-self", "message", "In a child memory group: send and receive in one process", NULL },
	{ "group-batch", "message", "In a child memory group: several by one call", "per call" },
};

#define N_BLOCKS	(sizeof(blocks) / sizeof(*blocks))

/* a column has one size and one repetition */
struct column {
	size_t size;
	unsigned int n;
};

static const char *thousands(char text[32], double value)
{
	char digits[32];
	int n = snprintf(digits, sizeof(digits), "%.0f", value), at = 0;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0 && digits[i - 1] != '-')
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
	return text;
}

static bool is_in(const struct bench_figure *f, const struct block *b)
{
	return !strcmp(f->shape, b->shape) && !strcmp(f->measure, b->measure);
}

static bool is_before(const struct column *a, const struct column *b)
{
	return a->size != b->size ? a->size < b->size : a->n < b->n;
}

/* the column of a figure has its place among @n sorted ones; returns how many there are then */
static unsigned int column_push(struct column *columns, unsigned int n,
				const struct bench_figure *f)
{
	struct column new = { f->size, f->n };
	unsigned int at = n;

	while (at && is_before(&new, &columns[at - 1]))
		at--;
	if (n == COLUMNS_MAX || (at && !is_before(&columns[at - 1], &new)))
		return n;
	memmove(&columns[at + 1], &columns[at], (n - at) * sizeof(*columns));
	columns[at] = new;
	return n + 1;
}

static unsigned int columns_get(const struct block *b, struct column *columns)
{
	const struct bench_figure *f;
	unsigned int n = 0;

	for (unsigned int i = 0; (f = bench_figure_get(i)); i++)
		if (is_in(f, b))
			n = column_push(columns, n, f);
	return n;
}

static void head_show(FILE *out, const struct block *b, const struct column *columns,
		      unsigned int n)
{
	char word[64], text[32];

	fprintf(out, "\n%s\n%25s", b->title, "");
	for (unsigned int i = 0; i < n; i++) {
		snprintf(word, sizeof(word), "%s B", thousands(text, (double)columns[i].size));
		fprintf(out, "%18s", word);
	}
	for (unsigned int i = 0; b->repeated && i < n; i++) {
		snprintf(word, sizeof(word), "%s %s", b->repeated,
			 thousands(text, (double)columns[i].n));
		fprintf(out, i ? "%18s" : "\n%43s", word);
	}
	fputc('\n', out);
}

static const struct bench_figure *figure_at(const struct block *b, const char *peer,
					    const struct column *column)
{
	const struct bench_figure *f;

	for (unsigned int i = 0; (f = bench_figure_get(i)); i++)
		if (is_in(f, b) && !strcmp(f->peer->name, peer) && f->size == column->size &&
		    f->n == column->n)
			return f;
	return NULL;
}

static void cell_show(FILE *out, const struct bench_figure *f)
{
	char text[32];

	if (!f)
		fprintf(out, "%11s %6s", "-", "");
	else if (bench_figure_ratio(f))
		fprintf(out, "%11s %6.2f", thousands(text, f->median), bench_figure_ratio(f));
	else
		fprintf(out, "%11s %6s", thousands(text, f->median), "");
}

static bool has_line(const struct block *b, const char *peer, const struct column *columns,
		     unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (figure_at(b, peer, &columns[i]))
			return true;
	return false;
}

/* the first of a peer's figures in the block stands for its line */
static void lines_show(FILE *out, const struct block *b, const struct column *columns,
		       unsigned int n)
{
	const struct bench_figure *f, *other;
	unsigned int before;

	for (unsigned int i = 0; (f = bench_figure_get(i)); i++) {
		if (!is_in(f, b) || !has_line(b, f->peer->name, columns, n))
			continue;
		for (before = 0; (other = bench_figure_get(before)) != f; before++)
			if (is_in(other, b) && !strcmp(other->peer->name, f->peer->name))
				break;
		if (other != f)
			continue;
		fprintf(out, "  %s%-*s", f->peer->name, 23 - (int)strlen(f->peer->name),
			f->peer->role == BENCH_FLOOR ? " (floor)" : "");
		for (unsigned int column = 0; column < n; column++)
			cell_show(out, figure_at(b, f->peer->name, &columns[column]));
		fputc('\n', out);
	}
}

static void block_show(FILE *out, const struct block *b)
{
	struct column columns[COLUMNS_MAX];
	unsigned int n = columns_get(b, columns);

	for (unsigned int at = 0; at < n; at += COLUMNS) {
		unsigned int some = n - at < COLUMNS ? n - at : COLUMNS;

		head_show(out, b, columns + at, some);
		lines_show(out, b, columns + at, some);
	}
}

static void unsteady_show(FILE *out)
{
	const struct bench_figure *f;
	unsigned int shown = 0;
	char text[32];

	for (unsigned int i = 0; (f = bench_figure_get(i)); i++) {
		if (f->spread <= STEADY || !f->n_samples)
			continue;
		if (!shown++)
			fprintf(out, "\nOf these the middle half of the batches does not lie within %.0f %%:\n",
				STEADY);
		fprintf(out, "  %-12s %-14s %-22s %6zu B %5u %9s +- %.1f %%\n", f->shape, f->measure,
			f->peer->name, f->size, f->n, thousands(text, f->median), f->spread);
	}
	if (!shown)
		fprintf(out, "\nOf every figure the middle half of the batches lies within %.0f %%.\n",
			STEADY);
}

static void file_show(FILE *out, const char *label, const char *path)
{
	char line[256];
	FILE *f = fopen(path, "r");

	if (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		fprintf(out, "%s%s", label, line);
	}
	if (f)
		fclose(f);
}

static void place_show(FILE *out)
{
	struct utsname system;

	uname(&system);
	fprintf(out, "Linux %s %s", system.release, system.machine);
	file_show(out, ", memory group ", "/proc/self/cgroup");
	file_show(out, ", mq_driver ", "/sys/module/mq_driver/version");
	file_show(out, ", QUEUE_LEN ", "/sys/module/mq_driver/parameters/QUEUE_LEN");
	file_show(out, "\nwith ", "/mq/users");
	fprintf(out, "\nFigures are %s; behind each its ratio to the best peer.\n",
		bench_count_unit());
	if (!bench_count_is_exact())
		fprintf(out, "NOT an instruction-counting CPU: these are ticks of its clock, and vary.\n");
}

/**
 * bench_report_show - show what was measured
 * @out: to here
 */
void bench_report_show(FILE *out)
{
	place_show(out);
	for (unsigned int i = 0; i < N_BLOCKS; i++)
		block_show(out, &blocks[i]);
	unsteady_show(out);
}
