// SPDX-License-Identifier: GPL-2.0-only
#include "name.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static int parse(const char *bytes)
{
	struct mq_name name;

	return mq_name_parse(&name, bytes, strlen(bytes));
}

static void a_name_has_1_to_23_bytes(void **state)
{
	assert_int_equal(parse("a"), 0);
	assert_int_equal(parse("12345678901234567890123"), 0);
	assert_int_equal(parse("123456789012345678901234"), -EINVAL);
	assert_int_equal(parse(""), -EINVAL);
}

static void every_byte_is_in_the_alphabet_or_refused(void **state)
{
	struct mq_name name;
	int byte;

	for (byte = 0; byte < 256; byte++) {
		char one = byte;
		bool good = byte >= 0x21 && byte <= 0x7e && byte != '@';

		assert_int_equal(mq_name_has_byte(one), good);
		assert_int_equal(mq_name_parse(&name, &one, 1), good ? 0 : -EINVAL);
	}
}

static void a_name_is_zero_behind_its_bytes(void **state)
{
	struct mq_name name, expected = { .bytes = "bob" };

	memset(&name, 0xa5, sizeof(name));
	assert_int_equal(mq_name_parse(&name, "bobby", 3), 0);
	assert_memory_equal(&name, &expected, sizeof(name));
}

static void a_refused_name_is_empty(void **state)
{
	struct mq_name name, empty = { .bytes = "" };

	memset(&name, 0xa5, sizeof(name));
	assert_int_equal(mq_name_parse(&name, "bo b", 4), -EINVAL);
	assert_memory_equal(&name, &empty, sizeof(name));
}

static void what_is_shown_has_no_control_byte(void **state)
{
	char out[MQ_NAME_SIZE];

	assert_int_equal(mq_name_show(out, sizeof(out), "a\033[2Jb\n", 7), 7);
	assert_string_equal(out, "a?[2Jb?");
	assert_int_equal(mq_name_show(out, sizeof(out), "x@y\0z", 5), 5);
	assert_string_equal(out, "x?y?z");
}

static void what_is_shown_is_cut_to_fit(void **state)
{
	char out[4];

	assert_int_equal(mq_name_show(out, sizeof(out), "abcdef", 6), 3);
	assert_string_equal(out, "abc");
	assert_int_equal(mq_name_show(out, 1, "abcdef", 6), 0);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_1_to_23_bytes),
		cmocka_unit_test(every_byte_is_in_the_alphabet_or_refused),
		cmocka_unit_test(a_name_is_zero_behind_its_bytes),
		cmocka_unit_test(a_refused_name_is_empty),
		cmocka_unit_test(what_is_shown_has_no_control_byte),
		cmocka_unit_test(what_is_shown_is_cut_to_fit),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
