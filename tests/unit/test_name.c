// SPDX-License-Identifier: GPL-2.0-only
#include "name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

static void a_padded_name_has_an_end_and_zeros_behind(void **state)
{
	char bytes[MQ_NAME_SIZE] = "bob";

	assert_true(mq_name_is_padded(bytes));
	bytes[MQ_NAME_MAX] = 'x';
	assert_false(mq_name_is_padded(bytes));
	bytes[MQ_NAME_MAX] = 0;
	bytes[4] = 'x';
	assert_false(mq_name_is_padded(bytes));
	memset(bytes, 'x', sizeof(bytes));
	assert_false(mq_name_is_padded(bytes));
	bytes[MQ_NAME_MAX] = 0;
	assert_true(mq_name_is_padded(bytes));
	assert_true(mq_name_is_padded((const char[MQ_NAME_SIZE]){ 0 }));
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

/*
 * Names as people choose them, under many secrets, in a table as full as it gets before it grows: no
 * bucket holds more than the 16 from which on rhashtable refuses what it cannot spread (RHT_ELASTICITY).
 * How the numbers are drawn is fixed, so that this says the same each time.
 */
#define SECRETS		2000
#define BUCKETS		1024
#define CHAIN_MAX	16

static int chain_longest(const char *format, const struct mq_name_secret *secret, u32 seed)
{
	unsigned char chains[BUCKETS] = { 0 };
	struct mq_name name;
	char bytes[MQ_NAME_SIZE];
	int i, longest = 0;

	for (i = 0; i < BUCKETS; i++) {
		int len = snprintf(bytes, sizeof(bytes), format, i);
		u32 bucket;

		assert_int_equal(mq_name_parse(&name, bytes, len), 0);
		bucket = mq_name_hash(&name, secret, seed) % BUCKETS;
		if (++chains[bucket] > longest)
			longest = chains[bucket];
	}
	return longest;
}

static void names_of_a_family_are_spread(void **state)
{
	static const char *const formats[] = { "%d", "c%d", "lamp%d", "receiver%d", "b%03d", "%04d.sensor.kitchen" };
	struct mq_name_secret secret;
	size_t format, word;
	int round;

	srand48(1);
	for (round = 0; round < SECRETS; round++) {
		for (word = 0; word < sizeof(secret.words) / sizeof(*secret.words); word++)
			secret.words[word] = (u64)mrand48() << 32 ^ (u32)mrand48();
		for (format = 0; format < sizeof(formats) / sizeof(*formats); format++)
			assert_in_range(chain_longest(formats[format], &secret, mrand48()), 1, CHAIN_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_1_to_23_bytes),
		cmocka_unit_test(every_byte_is_in_the_alphabet_or_refused),
		cmocka_unit_test(a_name_is_zero_behind_its_bytes),
		cmocka_unit_test(a_padded_name_has_an_end_and_zeros_behind),
		cmocka_unit_test(a_refused_name_is_empty),
		cmocka_unit_test(what_is_shown_has_no_control_byte),
		cmocka_unit_test(what_is_shown_is_cut_to_fit),
		cmocka_unit_test(names_of_a_family_are_spread),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
