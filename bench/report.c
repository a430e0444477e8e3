// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report: a table for people, and every figure as CSV
 *
 * Copyright (C) the mq authors
 */
#include <string.h>
#include <sys/utsname.h>

#include "bench.h"

/* what the table shows, in this order; the CSV has all */
static const struct block {
	const char *shape;
	const char *measure;
	unsigned int n;
	const char *title;
} blocks[] = {
	{ "self", "message", 1, "Send and receive in one process, per message" },
	{ "batch", "message", 8, "Send and receive in one process, 8 by one call, per message" },
	{ "batch", "message", 32, "Send and receive in one process, 32 by one call, per message" },
	{ "trip", "trip", 1, "Round trip between two processes" },
	{ "broadcast", "send", 64, "Broadcast to 64, sending, per receiver" },
	{ "broadcast", "marginal", 512, "Broadcast, sending, per receiver more (from 64 to 512)" },
	{ "broadcast", "total", 64, "Broadcast to 64, sending and receiving, per receiver" },
};

#define N_BLOCKS	(sizeof(blocks) / sizeof(*blocks))

static bool is_same_comparison(const struct bench_figure *a, const struct bench_figure *b)
{
	return !strcmp(a->shape, b->shape) && !strcmp(a->measure, b->measure) &&
	       a->size == b->size && a->n == b->n;
}

/* against the best of the peers; 0 where there is none or it means nothing */
static double ratio_get(const struct bench_figure *f)
{
	const struct bench_figure *other;
	double best = 0;

	for (unsigned int i = 0; (other = bench_figure_get(i)); i++)
		if (other->peer->role == BENCH_PEER && is_same_comparison(f, other) &&
		    (!best || other->median < best))
			best = other->median;
	return best ? f->median / best : 0;
}

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

static void cost_show(FILE *out, const struct bench_figure *f)
{
	char text[32];

	fprintf(out, " %9s  %5.2f", thousands(text, f->median), ratio_get(f));
}

static void steadiness_show(FILE *out, const struct bench_figure *f)
{
	char text[32];

	fprintf(out, " %9s %4.1f %%", thousands(text, f->least), f->spread);
}

static bool is_in(const struct bench_figure *f, const struct block *b)
{
	return !strcmp(f->shape, b->shape) && !strcmp(f->measure, b->measure) &&
	       f->n == b->n;
}

/* the block's figures are grouped by size first: here is one peer's line */
static void line_show(FILE *out, const struct block *b, const struct bench_peer *peer,
		      void (*cell)(FILE *out, const struct bench_figure *f))
{
	const struct bench_figure *f;

	fprintf(out, "  %s%-*s", peer->name, 24 - (int)strlen(peer->name),
		peer->role == BENCH_FLOOR ? " (floor)" : "");
	for (unsigned int i = 0; (f = bench_figure_get(i)); i++)
		if (f->peer == peer && is_in(f, b))
			cell(out, f);
	fputc('\n', out);
}

static void head_show(FILE *out, const struct block *b, const struct bench_peer *peer,
		      const char *columns)
{
	const struct bench_figure *f;

	fprintf(out, "\n%s\n%26s", b->title, "");
	for (unsigned int i = 0; (f = bench_figure_get(i)); i++)
		if (f->peer == peer && is_in(f, b))
			fprintf(out, " %7zu B %6s", f->size, columns);
	fputc('\n', out);
}

static void block_show(FILE *out, const struct block *b, const char *columns,
		       void (*cell)(FILE *out, const struct bench_figure *f))
{
	const struct bench_figure *f, *first = NULL;

	for (unsigned int i = 0; (f = bench_figure_get(i)); i++) {
		if (!is_in(f, b))
			continue;
		if (!first) {
			first = f;
			head_show(out, b, f->peer, columns);
		}
		if (f->size == first->size)
			line_show(out, b, f->peer, cell);
	}
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

static const char csv_head[] =
	"shape,measure,peer,role,bytes,n,median,least,spread_percent,batches,ratio_to_best_peer,unit\n";

static void csv_show(FILE *csv, const struct bench_figure *f)
{
	static const char *const roles[] = { "ours", "peer", "user", "floor" };

	fprintf(csv, "%s,%s,%s,%s,%zu,%u,%.1f,%.1f,%.2f,%u,%.3f,%s\n", f->shape, f->measure,
		f->peer->name, roles[f->peer->role], f->size, f->n, f->median, f->least,
		f->spread, f->n_samples, ratio_get(f), f->unit ? f->unit : bench_count_unit());
}

static char *text_new(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		bench_die("no memory for figures of an earlier run");
	return copy;
}

static void line_parse(const char *path, const char *line)
{
	char shape[64], measure[64], peer[64], unit[64];
	struct bench_figure f, *to;

	if (sscanf(line, "%63[^,],%63[^,],%63[^,],%*[^,],%zu,%u,%lf,%lf,%lf,%u,%*[^,],%63s", shape,
		   measure, peer, &f.size, &f.n, &f.median, &f.least, &f.spread, &f.n_samples,
		   unit) != 10)
		bench_die("%s: no line of ours: %s", path, line);
	f.unit = strcmp(unit, "bytes") ? NULL : "bytes";
	if (!f.unit && strcmp(unit, bench_count_unit()))
		bench_die("%s: %s cannot be compared with %s", path, unit, bench_count_unit());
	to = bench_figure_new(&(struct bench_shape){ .name = text_new(shape) }, text_new(measure),
			      bench_peer_get(peer), f.size, f.n);
	to->unit = f.unit;
	to->median = f.median;
	to->least = f.least;
	to->spread = f.spread;
	to->n_samples = f.n_samples;
}

/**
 * bench_report_load - take in all figures of an earlier run
 * @path: its CSV
 */
void bench_report_load(const char *path)
{
	FILE *csv = fopen(path, "r");
	char line[512];

	if (!csv)
		bench_die("%s: %m", path);
	if (!fgets(line, sizeof(line), csv) || strcmp(line, csv_head))
		bench_die("%s is no CSV of this program", path);
	while (fgets(line, sizeof(line), csv))
		line_parse(path, line);
	fclose(csv);
}

/**
 * bench_report_show - show all figures that were measured
 * @table: for people
 * @csv: for programs, or NULL
 */
void bench_report_show(FILE *table, FILE *csv)
{
	const struct bench_figure *f;

	place_show(table);
	for (unsigned int i = 0; i < N_BLOCKS; i++)
		block_show(table, &blocks[i], "ratio", cost_show);
	fprintf(table, "\nHow steady they are: the least batch, and within what the middle half lies\n");
	for (unsigned int i = 0; i < N_BLOCKS; i++)
		block_show(table, &blocks[i], "+-", steadiness_show);
	if (!csv)
		return;
	fputs(csv_head, csv);
	for (unsigned int i = 0; (f = bench_figure_get(i)); i++)
		csv_show(csv, f);
}
