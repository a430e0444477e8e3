// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options and operands of the subcommands, from one table each: what getopt_long() is
 * asked for and what --help says cannot differ.
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 24

const char *const mq_policy_words[] = { "overwrite", "reject", "block", "fair", NULL };
const char *const mq_access_words[] = { "anyone", "group", "user", NULL };

/* What every subcommand has. */
static const struct mq_option common[] = {
	{ 'D', "device", "DEVICE", "use DEVICE in place of " MQ_DEVICE_PATH },
	{ 'h', "help", NULL, "this text" },
	{ }
};

static const struct mq_usage *current;
static struct option long_options[OPTIONS_MAX + 1];
static char short_options[2 * OPTIONS_MAX + 2];

static const char *word_show(const char *const *words, size_t count, uint32_t value)
{
	return value < count ? words[value] : "unknown";
}

const char *mq_policy_show(uint32_t policy)
{
	return word_show(mq_policy_words, 4, policy);
}

const char *mq_access_show(uint32_t access)
{
	return word_show(mq_access_words, 3, access);
}

void mq_usage_exit(const char *command, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "mq %s: ", command);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (mq %s --help)\n", command);
	exit(MQ_EXIT_USAGE);
}

static void option_show(const struct mq_option *option)
{
	char left[40], letter[5] = "    ";

	if (option->letter <= 255)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name,
		 option->argument ? " " : "", option->argument ? option->argument : "");
	printf("  %-26s%s\n", left, option->help);
}

static void usage_show(const char *command, const struct mq_usage *usage)
{
	const struct mq_option *option;

	printf("use: mq %s [OPTION]...%s%s\n%s\n\n", command, *usage->operands ? " " : "",
	       usage->operands, usage->summary);
	for (option = usage->options; option && option->name; option++)
		option_show(option);
	for (option = common; option->name; option++)
		option_show(option);
}

/* Add @option to what getopt_long() knows, as number @at. */
static void option_link(const struct mq_option *option, int at)
{
	char *letters = short_options + strlen(short_options);

	long_options[at].name = option->name;
	long_options[at].has_arg = option->argument ? required_argument : no_argument;
	long_options[at].val = option->letter;
	if (option->letter > 255)
		return;
	*letters++ = option->letter;
	if (option->argument)
		*letters++ = ':';
	*letters = '\0';
}

static void options_begin(const struct mq_usage *usage)
{
	const struct mq_option *option;
	int count = 0;

	memset(long_options, 0, sizeof(long_options));
	strcpy(short_options, ":");
	for (option = usage->options; option && option->name && count < OPTIONS_MAX - 2; option++)
		option_link(option, count++);
	for (option = common; option->name; option++)
		option_link(option, count++);
	current = usage;
	opterr = 0;
	optind = 0;
}

/* The long name that getopt_long() means by its variable optopt, NULL: none of ours. */
static const char *option_name(int letter)
{
	const struct option *option;

	for (option = long_options; option->name; option++)
		if (option->val == letter)
			return option->name;
	return NULL;
}

/* Does the command take a text, which may look like an option or consist of words? */
static bool takes_text(const struct mq_usage *usage)
{
	return strstr(usage->operands, "TEXT");
}

static void option_refuse(char **argv, int reason)
{
	const char *name = optopt ? option_name(optopt) : NULL;
	const char *remedy = takes_text(current) ? "; a text that begins with - goes behind --" : "";

	if (reason == ':')
		mq_usage_exit(argv[0], "--%s needs a value", name ? name : "?");
	if (name)
		mq_usage_exit(argv[0], "--%s takes no value", name);
	if (optopt)
		mq_usage_exit(argv[0], "there is no option -%c%s", optopt, remedy);
	mq_usage_exit(argv[0], "there is no option %s%s", argv[optind - 1], remedy);
}

static void operands_check(int argc, char **argv, const struct mq_usage *usage)
{
	int count = argc - optind;

	if (count < usage->least)
		mq_usage_exit(argv[0], "something is missing: mq %s %s", argv[0], usage->operands);
	if (usage->most >= 0 && count > usage->most)
		mq_usage_exit(argv[0], "'%s' is one too many: mq %s %s%s",
			      argv[optind + usage->most], argv[0],
			      *usage->operands ? usage->operands : "takes none",
			      takes_text(usage) ? "; a text with spaces is quoted" : "");
}

int mq_option_next(int argc, char **argv, const struct mq_usage *usage)
{
	int letter;

	if (current != usage)
		options_begin(usage);
	while ((letter = getopt_long(argc, argv, short_options, long_options, NULL)) == 'D')
		mq_device_path = optarg;
	if (letter == '?' || letter == ':')
		option_refuse(argv, letter);
	if (letter == 'h') {
		usage_show(argv[0], usage);
		exit(fflush(stdout) ? MQ_EXIT_FAILED : MQ_EXIT_OK);
	}
	if (letter == -1) {
		current = NULL;
		operands_check(argc, argv, usage);
	}
	return letter;
}

/* Nanoseconds in a unit, 0: there is no such unit. */
static double unit_find(const char *unit)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", 1e9 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 },
		{ "h", 3600e9 }, { "d", 86400e9 },
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(units[i].name, unit))
			return units[i].ns;
	return 0;
}

int64_t mq_duration_parse(const char *command, const char *text)
{
	size_t digits = strspn(text, "0123456789.");
	char *end = NULL;
	double value = 0, unit = unit_find(text + digits);

	if (digits)
		value = strtod(text, &end);
	/* Not "1e3", "0x10", "inf" or "1.2.3", which strtod() takes or leaves half. */
	if (!digits || end != text + digits || !unit)
		mq_usage_exit(command, "'%s' is no time: 200ms, 2s, 1.5m, 1h, or seconds", text);
	if (value * unit > 9e18)
		mq_usage_exit(command, "'%s' is too long a time: leave it out to wait forever",
			      text);
	return (int64_t)(value * unit);
}

uint64_t mq_number_parse(const char *command, const char *what, const char *text,
			 uint64_t least, uint64_t most)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value = 0;

	/* 19 digits always fit. */
	if (digits && digits <= 19 && !text[digits])
		value = strtoull(text, NULL, 10);
	if (!digits || digits > 19 || text[digits] || value < least || value > most)
		mq_usage_exit(command, "%s: '%s' is no number from %" PRIu64 " to %" PRIu64,
			      what, text, least, most);
	return value;
}

int mq_word_parse(const char *command, const char *what, const char *text,
		  const char *const *words)
{
	char all[128] = "";
	int i;

	for (i = 0; words[i]; i++) {
		if (!strcmp(words[i], text))
			return i;
		if (i)
			strncat(all, words[i + 1] ? ", " : " or ", sizeof(all) - strlen(all) - 1);
		strncat(all, words[i], sizeof(all) - strlen(all) - 1);
	}
	mq_usage_exit(command, "%s: '%s' is not %s", what, text, all);
}

void mq_binding_parse(const char *command, int letter, struct mq_binding *how)
{
	if (letter == MQ_BINDING_POLICY)
		how->policy = mq_word_parse(command, "--policy", optarg, mq_policy_words);
	else if (letter == MQ_BINDING_DEPTH)
		how->depth = mq_number_parse(command, "--depth", optarg, 1, MQ_DEPTH_MAX);
	else if (letter == MQ_BINDING_ACCESS)
		how->access = mq_word_parse(command, "--access", optarg, mq_access_words);
}
