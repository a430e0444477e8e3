// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq list - who is there
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct mq_usage usage = {
	.operands = "",
	.summary = "Print all names with their owners and mailboxes: a table on a terminal, else columns\n"
		   "with tabs between them and no heading, the first one being the name.",
	.options = (const struct mq_option[]){
		{ 'j', "json", NULL, "one object a line; mq(1) has the fields" },
		{ }
	},
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct mq_status *)a)->name, ((const struct mq_status *)b)->name);
}

/* Only ever longer: scripts count these columns. */
static void line_show(const struct mq_status *s)
{
	printf("%s\t%u\t%u\t%s\t%s\t%s\t%u\t%u\t", s->name, s->pid, s->uid,
	       s->flags & MQ_STATUS_PROCESS ? "process" : "file", mq_policy_show(s->policy),
	       mq_access_show(s->access), s->depth, s->queued);
	printf("%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n",
	       (uint64_t)s->accepted, (uint64_t)s->delivered, (uint64_t)s->overwritten,
	       (uint64_t)s->rejected, (uint64_t)s->spared);
}

static void table_show(const struct mq_status *list, size_t count)
{
	size_t i;

	if (count)
		printf("%-*s %7s %5s  %-7s  %-9s  %-6s  %12s %10s %9s %8s %8s\n", MQ_NAME_MAX, "NAME",
		       "PID", "UID", "OWNER", "POLICY", "FROM", "QUEUED/DEPTH", "ACCEPTED",
		       "LOST", "REJECTED", "SPARED");
	for (i = 0; i < count; i++) {
		const struct mq_status *s = list + i;
		char fill[24];

		snprintf(fill, sizeof(fill), "%u/%u", s->queued, s->depth);
		printf("%-*s %7u %5u  %-7s  %-9s  %-6s  %12s %10" PRIu64 " %9" PRIu64 " %8" PRIu64
		       " %8" PRIu64 "\n", MQ_NAME_MAX, s->name, s->pid, s->uid,
		       s->flags & MQ_STATUS_PROCESS ? "process" : "file",
		       mq_policy_show(s->policy), mq_access_show(s->access), fill,
		       (uint64_t)s->accepted, (uint64_t)s->overwritten, (uint64_t)s->rejected,
		       (uint64_t)s->spared);
	}
	if (!count)
		puts("nobody is there; mq recv NAME takes a name");
}

static void list_show(const struct mq_status *list, size_t count, bool json)
{
	size_t i;

	if (!json && mq_output_is_terminal()) {
		table_show(list, count);
		return;
	}
	for (i = 0; i < count; i++) {
		if (json)
			mq_status_show_json(list + i);
		else
			line_show(list + i);
	}
}

int mq_command_list(int argc, char **argv)
{
	struct mq_endpoint *ep;
	struct mq_status *list;
	bool json = false;
	size_t count;
	int status;

	while (mq_option_next(argc, argv, &usage) != -1)
		json = true;
	status = mq_device_open(&ep);
	if (status)
		return status;
	status = mq_endpoint_list(ep, &list, &count);
	if (status) {
		status = mq_error_explain(status, MQ_ACTION_LIST, NULL);
	} else {
		qsort(list, count, sizeof(*list), by_name);
		list_show(list, count, json);
		mq_list_free(list);
	}
	mq_endpoint_close(ep);
	return status;
}
