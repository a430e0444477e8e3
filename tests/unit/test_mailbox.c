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

static void free_mailbox(struct mq_mailbox *box)
{
	if (box->ledger) {
		free(box->ledger->shares);
		free(box->ledger->holders);
		free(box->ledger);
	}
	free(box->slots);
}

static void add_ledger(struct mq_mailbox *box, bool is_fair)
{
	struct mq_ledger *ledger;

	ledger = calloc(1, sizeof(*ledger) + box->depth * sizeof(ledger->numbers[0]));
	if (is_fair) {
		ledger->shares = calloc(box->depth, sizeof(ledger->shares[0]));
		ledger->holders = calloc(box->depth, sizeof(ledger->holders[0]));
	}
	box->ledger = ledger;
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
	u32 users[8];
	unsigned int count;
};

static struct mq_message *plain_take(struct plain *plain, unsigned int i, u64 *popped)
{
	struct mq_message *msg = plain->msgs[i];

	if (!plain->count)
		return NULL;
	*popped = plain->numbers[i];
	plain->count--;
	for (; i < plain->count; i++) {
		plain->msgs[i] = plain->msgs[i + 1];
		plain->numbers[i] = plain->numbers[i + 1];
		plain->users[i] = plain->users[i + 1];
	}
	return msg;
}

static struct mq_message *plain_pop(struct plain *plain, u64 *popped)
{
	return plain_take(plain, 0, popped);
}

/* What a user would hold when one more of NEWEST's has come. */
static unsigned int plain_share(const struct plain *plain, u32 user, u32 newest)
{
	unsigned int i, count = user == newest;

	for (i = 0; i < plain->count; i++)
		count += plain->users[i] == user;
	return count;
}

/* The oldest of those whose user would hold as much as any. */
static unsigned int plain_victim(const struct plain *plain, u32 newest)
{
	unsigned int i, victim = 0;

	for (i = 1; i < plain->count; i++)
		if (plain_share(plain, plain->users[i], newest) >
		    plain_share(plain, plain->users[victim], newest))
			victim = i;
	return victim;
}

static struct mq_message *plain_push(struct plain *plain, u32 depth, struct mq_message *msg,
				     u64 pushed, u32 user, bool is_fair, u64 *lost)
{
	struct mq_message *oldest = NULL;

	if (plain->count == depth)
		oldest = plain_take(plain, is_fair ? plain_victim(plain, user) : 0, lost);
	plain->msgs[plain->count] = msg;
	plain->numbers[plain->count] = pushed;
	plain->users[plain->count] = user;
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

enum kind {
	CLASSIC,
	SKIPS,		/* numbers are given to messages that are lost */
	FAIR,
};

static struct mq_message *push(struct mq_mailbox *box, struct mq_message *msg, u32 user,
			       enum kind kind)
{
	if (kind == FAIR)
		return mq_mailbox_push_fair(box, msg, user);
	return mq_mailbox_push(box, msg, kind == SKIPS);
}

static void is_like_a_plain_queue(enum kind kind)
{
	struct mq_message *expected;
	unsigned int round, i;
	u64 wanted, found;

	for (round = 0; round < 500; round++) {
		u32 depth = 1 + rand() % 8, users = 1 + rand() % 10;
		struct mq_mailbox box = new_mailbox(depth);
		struct plain plain = { .count = 0 };

		if (kind != CLASSIC)
			add_ledger(&box, kind == FAIR);
		for (i = 0; i < 100; i++) {
			if (kind == SKIPS && rand() % 4 == 0)
				mq_mailbox_skip(&box);
			if (rand() % 3) {
				/* some send more than others */
				u32 user = rand() % (1 + rand() % users);

				expected = plain_push(&plain, depth, message(i), box.last + 1,
						      user, kind == FAIR, &wanted);
				assert_ptr_equal(push(&box, message(i), user, kind), expected);
				if (expected)
					assert_int_equal(mq_mailbox_find_lost(&box), wanted);
			} else {
				wanted = found = 0;
				expected = plain_pop(&plain, &wanted);
				assert_ptr_equal(mq_mailbox_pop(&box, &found), expected);
				assert_int_equal(found, wanted);
			}
			compare(&box, &plain);
		}
		free_mailbox(&box);
	}
}

static void any_sequence_is_that_of_a_plain_queue(void **state)
{
	srand(1);
	is_like_a_plain_queue(CLASSIC);
}

static void skipped_numbers_are_gaps(void **state)
{
	srand(2);
	is_like_a_plain_queue(SKIPS);
}

static void a_fair_one_is_that_of_a_plain_queue(void **state)
{
	srand(3);
	is_like_a_plain_queue(FAIR);
}

/* The drawing in mailbox.h. */
static void a_fair_one_takes_from_who_has_most(void **state)
{
	/* a1 a2 b1 a3 a4 b2 b3 b4 b5 */
	static const u32 users[] = { 'a', 'a', 'b', 'a', 'a', 'b', 'b', 'b', 'b' };
	static const unsigned int victims[] = { 0, 1, 2, 5 };
	struct mq_mailbox box = new_mailbox(5);
	unsigned int i;

	add_ledger(&box, true);
	for (i = 0; i < 5; i++)
		assert_null(mq_mailbox_push_fair(&box, message(i), users[i]));
	for (; i < 9; i++)
		assert_ptr_equal(mq_mailbox_push_fair(&box, message(i), users[i]),
				 message(victims[i - 5]));
	/* Only b2 went past older ones. */
	assert_int_equal(box.ledger->spared, 1);
	assert_ptr_equal(mq_mailbox_pop(&box, &number), message(3));
	assert_int_equal(number, 4);
	free_mailbox(&box);
}

/* However much one sends, and in which order: nobody falls below depth / users. */
static void a_fair_one_leaves_everybody_a_share(void **state)
{
	unsigned int round, i, user;

	srand(4);
	for (round = 0; round < 200; round++) {
		u32 depth = 1 + rand() % 40, users = 1 + rand() % depth, loud = rand() % users;
		struct mq_mailbox box = new_mailbox(depth);

		add_ledger(&box, true);
		for (user = 0; user < users; user++)
			for (i = 0; i < depth / users; i++)
				mq_mailbox_push_fair(&box, message(0), user);
		for (i = 0; i < 3 * depth; i++)
			mq_mailbox_push_fair(&box, message(0), loud);
		assert_int_equal(box.count, depth);
		for (i = 0; i < box.ledger->users; i++)
			assert_true(box.ledger->shares[i].count >= depth / users);
		assert_int_equal(box.ledger->users, users);
		free_mailbox(&box);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_mailbox_gives_nothing),
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(one_more_overwrites_the_oldest),
		cmocka_unit_test(any_sequence_is_that_of_a_plain_queue),
		cmocka_unit_test(skipped_numbers_are_gaps),
		cmocka_unit_test(a_fair_one_is_that_of_a_plain_queue),
		cmocka_unit_test(a_fair_one_takes_from_who_has_most),
		cmocka_unit_test(a_fair_one_leaves_everybody_a_share),
	};

	return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
