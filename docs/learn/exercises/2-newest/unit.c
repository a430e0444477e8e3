// SPDX-License-Identifier: GPL-2.0-only
/* Exercise 2: a full mailbox drops the newest. For the driver as it is this does not compile: mailbox.h lacks mq_mailbox_offer(). */
#include "mailbox.h"

#include <stdlib.h>

#include "unit.h"

/* A mailbox does not look into messages: any distinct pointers will do. */
static char messages[1024];

static struct mq_message *message(unsigned int i)
{
	return (struct mq_message *)&messages[i % sizeof(messages)];
}

/* Exactly as many places as it may touch: ASan watches the borders. */
static struct mq_mailbox new_mailbox(u32 depth)
{
	struct mq_ledger *ledger = calloc(1, sizeof(*ledger) + depth * sizeof(ledger->numbers[0]));
	struct mq_mailbox box;

	mq_mailbox_init(&box, malloc(depth * sizeof(box.slots[0])), ledger, depth);
	return box;
}

static void free_mailbox(struct mq_mailbox *box)
{
	free(box->ledger);
	free(box->slots);
}

static void there_is_room(void **state)
{
	struct mq_mailbox box = new_mailbox(3);
	unsigned int i;
	u64 number;

	for (i = 0; i < 3; i++)
		assert_null(mq_mailbox_offer(&box, message(i)));
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(mq_mailbox_pop(&box, &number), message(i));
		assert_int_equal(number, i + 1);
	}
	free_mailbox(&box);
}

/* Who offers it gets the reference back: what is returned is the message that is lost. */
static void when_it_is_full_the_newest_is_lost(void **state)
{
	struct mq_mailbox box = new_mailbox(2);
	u64 number;

	assert_null(mq_mailbox_offer(&box, message(0)));
	assert_null(mq_mailbox_offer(&box, message(1)));
	assert_ptr_equal(mq_mailbox_offer(&box, message(2)), message(2));
	assert_int_equal(box.count, 2);
	assert_ptr_equal(mq_mailbox_pop(&box, &number), message(0));
	assert_ptr_equal(mq_mailbox_pop(&box, &number), message(1));
	assert_null(mq_mailbox_pop(&box, &number));
	free_mailbox(&box);
}

/* The reader learns of a loss by the gap in the numbers. */
static void a_lost_one_has_used_a_number(void **state)
{
	struct mq_mailbox box = new_mailbox(1);
	u64 number;

	assert_null(mq_mailbox_offer(&box, message(0)));
	assert_ptr_equal(mq_mailbox_offer(&box, message(1)), message(1));
	assert_ptr_equal(mq_mailbox_offer(&box, message(2)), message(2));
	assert_ptr_equal(mq_mailbox_pop(&box, &number), message(0));
	assert_int_equal(number, 1);
	assert_null(mq_mailbox_offer(&box, message(3)));
	assert_ptr_equal(mq_mailbox_pop(&box, &number), message(3));
	assert_int_equal(number, 4);
	free_mailbox(&box);
}

static void any_sequence(void **state)
{
	unsigned int round, i, first, count;
	u64 number, numbers[8];

	srand(1);
	for (round = 0; round < 300; round++) {
		u32 depth = 1 + rand() % 8;
		struct mq_mailbox box = new_mailbox(depth);

		for (i = 0, first = 0, count = 0; i < 200; i++) {
			if (rand() % 3 && count < depth) {
				numbers[(first + count++) % 8] = box.last + 1;
				assert_null(mq_mailbox_offer(&box, message(box.last + 1)));
			} else if (rand() % 2 && count == depth) {
				number = box.last;
				assert_ptr_equal(mq_mailbox_offer(&box, message(7)), message(7));
				assert_int_equal(box.last, number + 1);
			} else if (count) {
				assert_ptr_equal(mq_mailbox_pop(&box, &number),
						 message(numbers[first % 8]));
				assert_int_equal(number, numbers[first % 8]);
				first++;
				count--;
			}
			assert_int_equal(box.count, count);
		}
		free_mailbox(&box);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_room),
		cmocka_unit_test(when_it_is_full_the_newest_is_lost),
		cmocka_unit_test(a_lost_one_has_used_a_number),
		cmocka_unit_test(any_sequence),
	};

	return cmocka_run_group_tests_name("2-newest", tests, NULL, NULL);
}
