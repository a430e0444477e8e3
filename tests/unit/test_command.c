// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* Parses a copy of exactly the line's size, so that ASan sees a step beyond it. */
static int parse_bytes(struct mq_command *cmd, const char *line, size_t len)
{
	static char *copy;

	free(copy);
	copy = malloc(len ? len : 1);
	memcpy(copy, line, len);
	memset(cmd, 0xa5, sizeof(*cmd));
	return mq_command_parse(cmd, copy, len);
}

#define PARSE(cmd, line)	parse_bytes(cmd, line, sizeof(line) - 1)

#define assert_line(line, expected) do {			\
	struct mq_command cmd_;					\
	assert_int_equal(PARSE(&cmd_, line), expected);		\
} while (0)

static void other_commands_are_refused(void **state)
{
	assert_line("", -EINVAL);
	assert_line("/", -EINVAL);
	assert_line("hello", -EINVAL);
	assert_line("/REG bob", -EINVAL);
	assert_line(" /unr", -EINVAL);
	assert_line("/re", -EINVAL);
	assert_line("/regbob", -EINVAL);
	assert_line("/unrx", -EINVAL);
	assert_line("/wait5", -EINVAL);
	assert_line("/msg\tbob hi", -EINVAL);
	assert_line("\0/unr", -EINVAL);
}

static void reg_takes_one_name_of_1_to_8_bytes(void **state)
{
	struct mq_command cmd;

	assert_int_equal(PARSE(&cmd, "/reg bob"), 0);
	assert_int_equal(cmd.kind, MQ_COMMAND_REG);
	assert_string_equal(cmd.name.bytes, "bob");
	assert_int_equal(PARSE(&cmd, "/reg 12345678"), 0);
	assert_string_equal(cmd.name.bytes, "12345678");
	assert_line("/reg 123456789", -ENAMETOOLONG);
	assert_line("/reg 1234567890123456789012345678901234567890", -ENAMETOOLONG);
	assert_line("/reg", -EINVAL);
	assert_line("/reg ", -EINVAL);
	assert_line("/reg \n", -EINVAL);
	assert_line("/reg a b", -EINVAL);
	assert_line("/reg  bob", -EINVAL);
	assert_line("/reg bo@b", -EINVAL);
	assert_line("/reg bob\0x", -EINVAL);
	assert_line("/reg b\303\266b", -EINVAL);
}

static void a_wrong_byte_counts_before_the_length(void **state)
{
	assert_line("/reg 12345678@", -EINVAL);
	assert_line("/reg 1234567890123456789012345678901\177", -EINVAL);
}

static void spaces_nuls_and_one_newline_may_follow(void **state)
{
	assert_line("/reg bob\n", 0);
	assert_line("/reg bob\0", 0);
	assert_line("/reg bob\n\0", 0);
	assert_line("/reg bob  \0 \n \0", 0);
	assert_line("/reg bob\n\n", -EINVAL);
	assert_line("/unr\n", 0);
	assert_line("/unr \0", 0);
	assert_line("/unr\n\n", -EINVAL);
	assert_line("/from on\n", 0);
	assert_line("/wait \n", 0);
	assert_line("/wait 7 \n\0", 0);
	assert_line("/wait 7\n\n", -EINVAL);
	assert_line("/from on\n \n", -EINVAL);
}

static void unr_takes_nothing(void **state)
{
	struct mq_command cmd;

	assert_int_equal(PARSE(&cmd, "/unr"), 0);
	assert_int_equal(cmd.kind, MQ_COMMAND_UNR);
	assert_line("/unr bob", -EINVAL);
	assert_line("/unr x\n", -EINVAL);
}

static void msg_takes_a_destination_and_any_bytes(void **state)
{
	struct mq_command cmd;

	assert_int_equal(PARSE(&cmd, "/msg bob hello \0\n there\n\n"), 0);
	assert_int_equal(cmd.kind, MQ_COMMAND_MSG);
	assert_string_equal(cmd.name.bytes, "bob");
	assert_int_equal(cmd.word_len, 3);
	assert_memory_equal(cmd.word, "bob", 3);
	assert_int_equal(cmd.text_len, 16);
	assert_memory_equal(cmd.text, "hello \0\n there\n\n", 16);

	assert_int_equal(PARSE(&cmd, "/msg bob  x"), 0);
	assert_int_equal(cmd.text_len, 2);
	assert_memory_equal(cmd.text, " x", 2);

	assert_line("/msg", -EINVAL);
	assert_line("/msg ", -EINVAL);
	assert_line("/msg bob", -EINVAL);
	assert_line("/msg bob ", -EINVAL);
	assert_line("/msg bob\n", -EINVAL);
	assert_line("/msg  bob hi", -EINVAL);
}

static void an_impossible_destination_is_the_empty_name(void **state)
{
	static const struct mq_name empty;
	struct mq_command cmd;

	assert_int_equal(PARSE(&cmd, "/msg b@b hi"), 0);
	assert_memory_equal(&cmd.name, &empty, sizeof(empty));
	assert_int_equal(PARSE(&cmd, "/msg 123456789012345678901234 hi"), 0);
	assert_memory_equal(&cmd.name, &empty, sizeof(empty));
	assert_int_equal(PARSE(&cmd, "/msg bob\n hi"), 0);
	assert_memory_equal(&cmd.name, &empty, sizeof(empty));
}

static void all_takes_any_bytes(void **state)
{
	struct mq_command cmd;

	assert_int_equal(PARSE(&cmd, "/all  a b\n"), 0);
	assert_int_equal(cmd.kind, MQ_COMMAND_ALL);
	assert_int_equal(cmd.text_len, 5);
	assert_memory_equal(cmd.text, " a b\n", 5);
	assert_line("/all", -EINVAL);
	assert_line("/all ", -EINVAL);
	assert_line("/all\n", -EINVAL);
	assert_line("/all \n", 0);
}

static void from_takes_on_or_off(void **state)
{
	struct mq_command cmd;

	assert_int_equal(PARSE(&cmd, "/from on"), 0);
	assert_int_equal(cmd.kind, MQ_COMMAND_FROM);
	assert_true(cmd.on);
	assert_int_equal(PARSE(&cmd, "/from off"), 0);
	assert_false(cmd.on);
	assert_line("/from", -EINVAL);
	assert_line("/from o", -EINVAL);
	assert_line("/from onn", -EINVAL);
	assert_line("/from on off", -EINVAL);
	assert_line("/from  on", -EINVAL);
	assert_line("/from ON", -EINVAL);
}

static void wait_takes_milliseconds_or_nothing(void **state)
{
	struct mq_command cmd;

	assert_int_equal(PARSE(&cmd, "/wait"), 0);
	assert_int_equal(cmd.kind, MQ_COMMAND_WAIT);
	assert_int_equal(cmd.timeout, MQ_COMMAND_FOREVER);
	assert_int_equal(PARSE(&cmd, "/wait 0"), 0);
	assert_int_equal(cmd.timeout, 0);
	assert_int_equal(PARSE(&cmd, "/wait 2147483647"), 0);
	assert_int_equal(cmd.timeout, 2147483647);
	assert_int_equal(PARSE(&cmd, "/wait 0000000000000000000000000000012"), 0);
	assert_int_equal(cmd.timeout, 12);
	assert_line("/wait 2147483648", -EINVAL);
	assert_line("/wait 99999999999999999999999999999999999999", -EINVAL);
	assert_line("/wait -1", -EINVAL);
	assert_line("/wait +1", -EINVAL);
	assert_line("/wait 1.5", -EINVAL);
	assert_line("/wait 0x10", -EINVAL);
	assert_line("/wait 1 2", -EINVAL);
	assert_line("/wait  1", -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_commands_are_refused),
		cmocka_unit_test(reg_takes_one_name_of_1_to_8_bytes),
		cmocka_unit_test(a_wrong_byte_counts_before_the_length),
		cmocka_unit_test(spaces_nuls_and_one_newline_may_follow),
		cmocka_unit_test(unr_takes_nothing),
		cmocka_unit_test(msg_takes_a_destination_and_any_bytes),
		cmocka_unit_test(an_impossible_destination_is_the_empty_name),
		cmocka_unit_test(all_takes_any_bytes),
		cmocka_unit_test(from_takes_on_or_off),
		cmocka_unit_test(wait_takes_milliseconds_or_nothing),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
