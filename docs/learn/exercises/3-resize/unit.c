// SPDX-License-Identifier: GPL-2.0-only
/* Exercise 3: a mailbox gets another depth. For the driver as it is this does not compile: mailbox.h lacks mq_mailbox_resize(). */
#include "mailbox.h"

#include <stdlib.h>

#include "unit.h"

/* A mailbox does not look into messages: any distinct pointers will do. */
static char messages[1024];

static struct mq_message *message(unsigned int i)
{
	return (struct mq_message *)&messages[i % sizeof(messages)];
}

/* Exactly as many places as it may touch: ASan watches the borders, and what is freed. */
static struct mq_message **new_slots(u32 depth)
{
	return malloc(depth * sizeof(struct mq_message *));
}

/* Its messages are FIRST, FIRST + 1 ..., and so are their numbers. */
static struct mq_mailbox filled(u32 depth, u32 head, u32 count)
{
	struct mq_mailbox box;
	u64 number;
	u32 i;

	mq_mailbox_init(&box, new_slots(depth), NULL, depth);
	for (i = 1; i <= head; i++) {
		mq_mailbox_push(&box, message(i), false);
		mq_mailbox_pop(&box, &number);
	}
	for (; i <= head + count; i++)
		mq_mailbox_push(&box, message(i), false);
	return box;
}

/* The old slots are freed at once: nothing may be looked for there any more. */
static u32 resize(struct mq_mailbox *box, u32 depth, struct mq_message **lost)
{
	struct mq_message **old = box->slots;
	u32 count = mq_mailbox_resize(box, new_slots(depth), depth, lost);

	assert_ptr_not_equal(box->slots, old);
	assert_int_equal(box->depth, depth);
	free(old);
	return count;
}

static void pops(struct mq_mailbox *box, u32 from, u32 to)
{
	u64 number;
	u32 i;

	for (i = from; i <= to; i++) {
		assert_ptr_equal(mq_mailbox_pop(box, &number), message(i));
		assert_int_equal(number, i);
	}
	assert_null(mq_mailbox_pop(box, &number));
}

static void it_grows(void **state)
{
	struct mq_message *lost[8];
	struct mq_mailbox box = filled(4, 3, 4);

	assert_int_equal(resize(&box, 6, lost), 0);
	assert_null(mq_mailbox_push(&box, message(8), false));
	assert_null(mq_mailbox_push(&box, message(9), false));
	assert_ptr_equal(mq_mailbox_push(&box, message(10), false), message(4));
	pops(&box, 5, 10);
	free(box.slots);
}

static void it_shrinks_and_the_oldest_go(void **state)
{
	struct mq_message *lost[8];
	struct mq_mailbox box = filled(5, 4, 5);

	assert_int_equal(resize(&box, 2, lost), 3);
	assert_ptr_equal(lost[0], message(5));
	assert_ptr_equal(lost[1], message(6));
	assert_ptr_equal(lost[2], message(7));
	assert_ptr_equal(mq_mailbox_push(&box, message(10), false), message(8));
	pops(&box, 9, 10);
	free(box.slots);
}

static void an_empty_one_stays_empty(void **state)
{
	struct mq_message *lost[8];
	struct mq_mailbox box = filled(3, 2, 0);

	assert_int_equal(resize(&box, 1, lost), 0);
	assert_null(mq_mailbox_push(&box, message(3), false));
	pops(&box, 3, 3);
	free(box.slots);
}

static void from_any_state_to_any_depth(void **state)
{
	u32 depth, head, count, to, i, gone;
	struct mq_message *lost[8];

	for (depth = 1; depth <= 6; depth++)
		for (head = 0; head < depth; head++)
			for (count = 0; count <= depth; count++)
				for (to = 1; to <= 8; to++) {
					struct mq_mailbox box = filled(depth, head, count);

					gone = count > to ? count - to : 0;
					assert_int_equal(resize(&box, to, lost), gone);
					for (i = 0; i < gone; i++)
						assert_ptr_equal(lost[i], message(head + 1 + i));
					pops(&box, head + 1 + gone, head + count);
					free(box.slots);
				}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_grows),
		cmocka_unit_test(it_shrinks_and_the_oldest_go),
		cmocka_unit_test(an_empty_one_stays_empty),
		cmocka_unit_test(from_any_state_to_any_depth),
	};

	return cmocka_run_group_tests_name("3-resize", tests, NULL, NULL);
}
