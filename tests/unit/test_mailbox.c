// SPDX-License-Identifier: GPL-2.0-only
#include "mailbox.h"

#include <stdlib.h>

#include "unit.h"

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
	mq_mailbox_init(&box, malloc(depth * sizeof(box.slots[0])), depth);
	return box;
}

static void an_empty_mailbox_gives_nothing(void **state)
{
	struct mq_mailbox box = new_mailbox(3);

	assert_null(mq_mailbox_pop(&box));
	assert_null(mq_mailbox_push(&box, message(0)));
	assert_ptr_equal(mq_mailbox_pop(&box), message(0));
	assert_null(mq_mailbox_pop(&box));
	free(box.slots);
}

static void first_in_first_out(void **state)
{
	struct mq_mailbox box = new_mailbox(5);
	unsigned int i;

	for (i = 0; i < 5; i++)
		assert_null(mq_mailbox_push(&box, message(i)));
	for (i = 0; i < 5; i++)
		assert_ptr_equal(mq_mailbox_pop(&box), message(i));
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
			assert_null(mq_mailbox_push(&box, message(i)));
		/* Three times round: each one pushes out exactly the oldest. */
		for (; i < 4 * depth; i++)
			assert_ptr_equal(mq_mailbox_push(&box, message(i)),
					 message(i - depth));
		assert_int_equal(box.count, depth);
		for (i = 3 * depth; i < 4 * depth; i++)
			assert_ptr_equal(mq_mailbox_pop(&box), message(i));
		assert_null(mq_mailbox_pop(&box));
		free(box.slots);
	}
}

/* Against the plainest queue there is: an array that is shifted. */
static void any_sequence_is_that_of_a_plain_queue(void **state)
{
	struct mq_message *plain[8];
	unsigned int round, i, count;

	srand(1);
	for (round = 0; round < 200; round++) {
		u32 depth = 1 + rand() % 8;
		struct mq_mailbox box = new_mailbox(depth);

		for (i = 0, count = 0; i < 300; i++) {
			struct mq_message *expected = NULL;

			if (rand() % 2) {
				if (count == depth) {
					expected = plain[0];
					for (count = 0; count < depth - 1; count++)
						plain[count] = plain[count + 1];
				}
				plain[count++] = message(i);
				assert_ptr_equal(mq_mailbox_push(&box, message(i)), expected);
			} else {
				unsigned int left = count;

				if (left) {
					expected = plain[0];
					for (count = 0; count < left - 1; count++)
						plain[count] = plain[count + 1];
				}
				assert_ptr_equal(mq_mailbox_pop(&box), expected);
			}
			assert_int_equal(box.count, count);
		}
		free(box.slots);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_mailbox_gives_nothing),
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(one_more_overwrites_the_oldest),
		cmocka_unit_test(any_sequence_is_that_of_a_plain_queue),
	};

	return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
