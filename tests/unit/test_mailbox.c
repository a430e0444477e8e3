// SPDX-License-Identifier: GPL-2.0-only
#include "mailbox.h"

#include <stdlib.h>

#include "unit.h"

/* Where a test does not ask for it. */
static u64 number;

/* A mailbox does not look into messages: any distinct pointers will do. */
static char messages[1024];

static struct mq_message *message(unsigned int i)
{
	return (struct mq_message *)&messages[i % sizeof(messages)];
}

static struct mq_mailbox new_mailbox(u32 depth)
{
	struct mq_mailbox box;

	/* Exactly as many slots as it may touch: ASan watches the borders. */
	mq_mailbox_init(&box, malloc(depth * sizeof(box.slots[0])), NULL, depth);
	return box;
}

static void an_empty_mailbox_gives_nothing(void **state)
{
	struct mq_mailbox box = new_mailbox(3);

	assert_null(mq_mailbox_pop(&box, &number));
	assert_null(mq_mailbox_push(&box, message(0), false));
	assert_ptr_equal(mq_mailbox_pop(&box, &number), message(0));
	assert_null(mq_mailbox_pop(&box, &number));
	free(box.slots);
}

static void first_in_first_out(void **state)
{
	struct mq_mailbox box = new_mailbox(5);
	unsigned int i;

	for (i = 0; i < 5; i++)
		assert_null(mq_mailbox_push(&box, message(i), false));
	for (i = 0; i < 5; i++)
		assert_ptr_equal(mq_mailbox_pop(&box, &number), message(i));
	free(box.slots);
}

static void one_more_overwrites_the_oldest(void **state)
{
	static const u32 depths[] = { 1, 2, 3, 5, 7, 16, 64, 100 };
	unsigned int d, i;

	for (d = 0; d < sizeof(depths) / sizeof(depths[0]); d++) {
		u32 depth = depths[d];
		struct mq_mailbox box = new_mailbox(depth);

		for (i = 0; i < depth; i++)
			assert_null(mq_mailbox_push(&box, message(i), false));
		/* Three times round: each one pushes out exactly the oldest. */
		for (; i < 4 * depth; i++)
			assert_ptr_equal(mq_mailbox_push(&box, message(i), false),
					 message(i - depth));
		assert_int_equal(box.count, depth);
		for (i = 3 * depth; i < 4 * depth; i++)
			assert_ptr_equal(mq_mailbox_pop(&box, &number), message(i));
		assert_null(mq_mailbox_pop(&box, &number));
		free(box.slots);
	}
}

/* The plainest queue there is: an array that is shifted. */
struct plain {
	struct mq_message *msgs[8];
	u64 numbers[8];
	unsigned int count;
};

static struct mq_message *plain_pop(struct plain *plain, u64 *popped)
{
	struct mq_message *msg = plain->msgs[0];
	unsigned int i;

	if (!plain->count)
		return NULL;
	*popped = plain->numbers[0];
	plain->count--;
	for (i = 0; i < plain->count; i++) {
		plain->msgs[i] = plain->msgs[i + 1];
		plain->numbers[i] = plain->numbers[i + 1];
	}
	return msg;
}

static struct mq_message *plain_push(struct plain *plain, u32 depth, struct mq_message *msg,
				     u64 pushed)
{
	struct mq_message *oldest = NULL;
	u64 ignored;

	if (plain->count == depth)
		oldest = plain_pop(plain, &ignored);
	plain->msgs[plain->count] = msg;
	plain->numbers[plain->count] = pushed;
	plain->count++;
	return oldest;
}

static void compare(const struct mq_mailbox *box, const struct plain *plain)
{
	unsigned int i, begin;
	u64 n;

	assert_int_equal(box->count, plain->count);
	for (i = 0; i < plain->count; i++) {
		assert_ptr_equal(mq_mailbox_peek(box, i, &n), plain->msgs[i]);
		assert_int_equal(n, plain->numbers[i]);
	}
	for (n = 0; n <= box->last + 1; n++) {
		for (begin = 0; begin < plain->count && plain->numbers[begin] <= n; begin++)
			;
		assert_int_equal(mq_mailbox_find(box, n), begin);
	}
}

/* @skips: numbers are given to messages that are lost, so the mailbox stores them. */
static void is_like_a_plain_queue(bool skips)
{
	struct mq_message *expected;
	unsigned int round, i;
	u64 wanted, found;

	for (round = 0; round < 200; round++) {
		u32 depth = 1 + rand() % 8;
		struct mq_mailbox box = new_mailbox(depth);
		struct plain plain = { .count = 0 };

		if (skips)
			box.numbers = malloc(depth * sizeof(box.numbers[0]));
		for (i = 0; i < 100; i++) {
			if (skips && rand() % 4 == 0)
				mq_mailbox_skip(&box);
			if (rand() % 2) {
				expected = plain_push(&plain, depth, message(i),
						      box.last + 1);
				assert_ptr_equal(mq_mailbox_push(&box, message(i), skips), expected);
			} else {
				wanted = found = 0;
				expected = plain_pop(&plain, &wanted);
				assert_ptr_equal(mq_mailbox_pop(&box, &found), expected);
				assert_int_equal(found, wanted);
			}
			compare(&box, &plain);
		}
		free(box.numbers);
		free(box.slots);
	}
}

static void any_sequence_is_that_of_a_plain_queue(void **state)
{
	srand(1);
	is_like_a_plain_queue(false);
}

static void skipped_numbers_are_gaps(void **state)
{
	srand(2);
	is_like_a_plain_queue(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_mailbox_gives_nothing),
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(one_more_overwrites_the_oldest),
		cmocka_unit_test(any_sequence_is_that_of_a_plain_queue),
		cmocka_unit_test(skipped_numbers_are_gaps),
	};

	return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
