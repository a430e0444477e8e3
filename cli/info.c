// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq info - all about one name, or about the driver
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <inttypes.h>
#include <stddef.h>

static const struct mq_usage usage = {
	.operands = "[NAME]",
	.summary = "Print all that is known of NAME, or without one the limits of the driver, what you\n"
		   "have of them, and for root what became of all messages and the memory they take.",
	.options = (const struct mq_option[]){
		{ 'j', "json", NULL, "as one object; mq(1) has the fields" },
		{ }
	},
	.most = 1,
};

/* What a sentence about a mailbox says of its policy, and of who may send. */
static const char *const policy_help[] = {
	"a new message takes the place of the oldest",
	"a new message is refused, its sender told",
	"its sender waits for room",
	"who holds most of it loses his oldest message",
};

static const char *const access_help[] = {
	"whoever may open the device",
	"who is in the owner's group",
	"who is the owner's user",
};

void mq_status_show_json(const struct mq_status *s)
{
	mq_json_open(stdout);
	mq_json_show_text("name", s->name);
	mq_json_show_number("pid", s->pid);
	mq_json_show_number("uid", s->uid);
	mq_json_show_text("owner", s->flags & MQ_STATUS_PROCESS ? "process" : "file");
	mq_json_show_text("policy", mq_policy_show(s->policy));
	mq_json_show_text("access", mq_access_show(s->access));
	mq_json_show_bool("events", s->flags & MQ_STATUS_EVENTS);
	mq_json_show_number("depth", s->depth);
	mq_json_show_number("queued", s->queued);
	mq_json_show_number("accepted", s->accepted);
	mq_json_show_number("delivered", s->delivered);
	mq_json_show_number("overwritten", s->overwritten);
	mq_json_show_number("discarded", s->discarded);
	mq_json_show_number("rejected", s->rejected);
	mq_json_show_number("spared", s->spared);
	mq_json_close();
}

static void count_show(const char *key, uint64_t count, const char *help)
{
	printf("%-15s%" PRIu64 " %s\n", key, count, help);
}

static void status_show(const struct mq_status *s)
{
	printf("%-15s%s\n", "name", s->name);
	printf("%-15s%s\n", "owner", s->flags & MQ_STATUS_PROCESS ?
	       "a process (text protocol): it cannot answer calls" : "an open file (frames)");
	if (s->pid)
		printf("%-15s%u\n", "pid", s->pid);
	else
		printf("%-15s%s\n", "pid", "not to be seen from here (another pid namespace)");
	printf("%-15s%u\n", "uid", s->uid);
	printf("%-15s%s: %s\n", "may send", mq_access_show(s->access),
	       s->access < 3 ? access_help[s->access] : "a newer driver's");
	printf("%-15s%s: %s\n", "when full", mq_policy_show(s->policy),
	       s->policy < 4 ? policy_help[s->policy] : "a newer driver's");
	printf("%-15s%s\n", "events", s->flags & MQ_STATUS_EVENTS ?
	       "is told of names that come and go" : "none");
	count_show("depth", s->depth, "messages at most");
	count_show("queued", s->queued, "wait to be read");
	count_show("accepted", s->accepted, "put into the mailbox so far");
	count_show("delivered", s->delivered, "read");
	count_show("overwritten", s->overwritten, "lost to newer ones");
	count_show("rejected", s->rejected, "refused for want of room");
	count_show("spared", s->spared, "of those overwritten were not the oldest (fair)");
}

/* What all endpoints counted together, in the order of debugfs. */
static const struct {
	const char *key;
	size_t offset;
	const char *help;
} totals_fields[] = {
	{ "names", offsetof(struct mq_totals, names), "there are" },
	{ "anonymous", offsetof(struct mq_totals, anonymous), "endpoints without a name" },
	{ "come", offsetof(struct mq_totals, come), "endpoints were made since the module was loaded" },
	{ "gone", offsetof(struct mq_totals, gone), "of them have ended" },
	{ "queued", offsetof(struct mq_totals, queued), "messages wait to be read" },
	{ "accepted", offsetof(struct mq_totals, accepted), "were put into mailboxes" },
	{ "delivered", offsetof(struct mq_totals, delivered), "read" },
	{ "overwritten", offsetof(struct mq_totals, overwritten), "lost to newer ones" },
	{ "discarded", offsetof(struct mq_totals, discarded), "unread when their endpoint ended" },
	{ "rejected", offsetof(struct mq_totals, rejected), "refused for want of room" },
	{ "broadcasts", offsetof(struct mq_totals, broadcasts), "sent" },
	{ "calls", offsetof(struct mq_totals, calls), "put into mailboxes" },
	{ "endpoints", offsetof(struct mq_totals, endpoints), "in memory" },
	{ "endpoint_bytes", offsetof(struct mq_totals, endpoint_bytes), "of theirs" },
	{ "slots", offsetof(struct mq_totals, slots), "places in mailboxes, taken or not" },
	{ "slot_bytes", offsetof(struct mq_totals, slot_bytes), "of theirs" },
	{ "messages", offsetof(struct mq_totals, messages), "pieces of memory for messages" },
	{ "message_bytes", offsetof(struct mq_totals, message_bytes), "of theirs" },
};

/* For who may see them. */
static void totals_show(const struct mq_endpoint *ep, bool json)
{
	struct mq_totals totals;

	if (mq_endpoint_totals_sized(ep, &totals, sizeof(totals)))
		return;
	for (size_t i = 0; i < sizeof(totals_fields) / sizeof(*totals_fields); i++) {
		uint64_t value = *(uint64_t *)((char *)&totals + totals_fields[i].offset);

		if (json)
			mq_json_show_number(totals_fields[i].key, value);
		else
			count_show(totals_fields[i].key, value, totals_fields[i].help);
	}
}

static void driver_show_json(const struct mq_endpoint *ep, const struct mq_info *info,
			     const char *version)
{
	mq_json_open(stdout);
	mq_json_show_text("device", mq_device_path);
	mq_json_show_text("version", version);
	mq_json_show_number("max_devices", info->max_devices);
	mq_json_show_number("queue_len", info->queue_len);
	mq_json_show_number("cmd_buf_size", info->cmd_buf_size);
	mq_json_show_number("depth_max", info->depth_max);
	mq_json_show_number("fair_depth_max", info->fair_depth_max);
	mq_json_show_number("root_devices", info->root_devices);
	mq_json_show_number("user_endpoints", info->user_endpoints);
	mq_json_show_number("own_endpoints", info->own_endpoints);
	mq_json_show_number("user_bytes", info->user_bytes);
	mq_json_show_number("own_bytes", info->own_bytes);
	mq_json_show_bool("fair", info->features & MQ_FEATURE_FAIR);
	mq_json_show_bool("isolate", info->features & MQ_FEATURE_ISOLATE);
	totals_show(ep, true);
	mq_json_close();
}

static void user_limits_show(const struct mq_info *info)
{
	count_show("ROOT_DEVICES", info->root_devices, "of the names are kept for root (CAP_SYS_RESOURCE)");
	printf("%-15s%u endpoints that a user may have, you have %u\n", "USER_ENDPOINTS",
	       info->user_endpoints, info->own_endpoints);
	printf("%-15s%" PRIu64 " bytes that a user's mailboxes may take, yours take %" PRIu64 "\n",
	       "USER_BYTES", (uint64_t)info->user_bytes, (uint64_t)info->own_bytes);
	printf("%-15s%s\n", "FAIR", info->features & MQ_FEATURE_FAIR ?
	       "1 mailboxes of processes are fair" : "0 mailboxes of processes overwrite the oldest");
	printf("%-15s%s\n", "ISOLATE", info->features & MQ_FEATURE_ISOLATE ?
	       "1 each pid namespace has names of its own" : "0 all have the same names");
}

static void driver_show(const struct mq_endpoint *ep, const struct mq_info *info, bool json)
{
	char version[32];

	snprintf(version, sizeof(version), "%u.%u.%u", info->version >> 16,
		 info->version >> 8 & 255, info->version & 255);
	if (json) {
		driver_show_json(ep, info, version);
		return;
	}
	printf("%-15s%s\n", "device", mq_device_path);
	printf("%-15s%s\n", "version", version);
	count_show("MAX_DEVICES", info->max_devices, "names at once");
	count_show("QUEUE_LEN", info->queue_len, "messages in a mailbox that asks for nothing else");
	count_show("CMD_BUF_SIZE", info->cmd_buf_size, "bytes of the longest message");
	count_show("depth", info->depth_max, "messages in the deepest mailbox (CAP_SYS_RESOURCE)");
	count_show("fair depth", info->fair_depth_max, "messages in the deepest fair mailbox");
	if (info->user_endpoints)	/* else the driver is older than they are */
		user_limits_show(info);
	totals_show(ep, false);
}

static int name_show(const struct mq_endpoint *ep, const char *name, bool json)
{
	struct mq_status status;
	int error = mq_endpoint_find(ep, name, &status);

	if (error)
		return mq_error_explain(error, MQ_ACTION_FIND, name);
	if (json)
		mq_status_show_json(&status);
	else
		status_show(&status);
	return MQ_EXIT_OK;
}

int mq_command_info(int argc, char **argv)
{
	struct mq_endpoint *ep;
	bool json = false;
	int status;

	while (mq_option_next(argc, argv, &usage) != -1)
		json = true;
	status = mq_device_open(&ep);
	if (status)
		return status;
	if (optind < argc)
		status = name_show(ep, argv[optind], json);
	else
		driver_show(ep, mq_device_info(), json);
	mq_endpoint_close(ep);
	return status;
}
