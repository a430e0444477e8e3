// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every figure as CSV, for programs: written, and read back
 *
 * Copyright (C) the mq authors
 */
#include <string.h>

#include "bench.h"

static const char csv_head[] =
	"shape,measure,peer,role,bytes,n,median,least,spread_percent,batches,ratio_to_best_peer,unit\n";

static void line_show(FILE *csv, const struct bench_figure *f)
{
	static const char *const roles[] = { "ours", "peer", "user", "floor" };

	fprintf(csv, "%s,%s,%s,%s,%zu,%u,%.1f,%.1f,%.2f,%u,%.3f,%s\n", f->shape, f->measure,
		f->peer->name, roles[f->peer->role], f->size, f->n, f->median, f->least,
		f->spread, f->n_samples, bench_figure_ratio(f),
		f->unit ? f->unit : bench_count_unit());
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
 * bench_csv_load - take in all figures of an earlier run
 * @path: its CSV
 */
void bench_csv_load(const char *path)
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
 * bench_csv_show - write all figures
 * @csv: to here
 */
void bench_csv_show(FILE *csv)
{
	const struct bench_figure *f;

	fputs(csv_head, csv);
	for (unsigned int i = 0; (f = bench_figure_get(i)); i++)
		line_show(csv, f);
}
