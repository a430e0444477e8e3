// SPDX-License-Identifier: GPL-2.0-only
#include "quota.h"

#include <linux/hashtable.h>
#include <linux/slab.h>

#include "driver.h"
#include "identity.h"

/**
 * struct mq_quota - what a user has; there is one for each user who has something
 * @by_user: in the table
 * @user: who
 * @endpoints: how many, at least one
 * @bytes: what their mailboxes may take
 */
struct mq_quota {
	struct hlist_node by_user;
	kuid_t user;
	u32 endpoints;
	u64 bytes;
};

static DEFINE_HASHTABLE(mq_quotas, 6);

static struct mq_quota *mq_quota_find_locked(kuid_t user)
{
	struct mq_quota *quota;

	hash_for_each_possible(mq_quotas, quota, by_user, __kuid_val(user))
		if (uid_eq(quota->user, user))
			return quota;
	return NULL;
}

static struct mq_quota *mq_quota_new_locked(kuid_t user)
{
	struct mq_quota *quota = kzalloc(sizeof(*quota), MQ_GFP);

	if (!quota)
		return NULL;
	quota->user = user;
	hash_add(mq_quotas, &quota->by_user, __kuid_val(user));
	return quota;
}

static u64 mq_quota_bytes(u32 depth)
{
	return (u64)depth * mq_cmd_buf_size;
}

/**
 * mq_quota_get_locked - take an endpoint's share of what its user may have
 * @owner: whose endpoint
 * @depth: of its mailbox
 *
 * May sleep.
 *
 * Return: 0, -EDQUOT, -ENOMEM.
 */
int mq_quota_get_locked(const struct mq_identity *owner, u32 depth)
{
	u64 bytes = mq_quota_bytes(depth);
	struct mq_quota *quota;

	if (owner->is_unlimited)
		return 0;
	quota = mq_quota_find_locked(owner->account);
	if (bytes > mq_user_bytes ||
	    (quota && (quota->endpoints >= mq_user_endpoints ||
		       quota->bytes > mq_user_bytes - bytes)))
		return -EDQUOT;
	if (!quota)
		quota = mq_quota_new_locked(owner->account);
	if (!quota)
		return -ENOMEM;
	quota->endpoints++;
	quota->bytes += bytes;
	return 0;
}

/**
 * mq_quota_put_locked - give it back
 * @owner: whose endpoint
 * @depth: of its mailbox
 */
void mq_quota_put_locked(const struct mq_identity *owner, u32 depth)
{
	struct mq_quota *quota;

	if (owner->is_unlimited)
		return;
	quota = mq_quota_find_locked(owner->account);
	quota->bytes -= mq_quota_bytes(depth);
	if (--quota->endpoints)
		return;
	hash_del(&quota->by_user);
	kfree(quota);
}

/**
 * mq_quota_show_locked - what a user has now
 * @user: who
 * @endpoints: receives how many
 * @bytes: receives what their mailboxes may take
 */
void mq_quota_show_locked(kuid_t user, u32 *endpoints, u64 *bytes)
{
	struct mq_quota *quota = mq_quota_find_locked(user);

	*endpoints = quota ? quota->endpoints : 0;
	*bytes = quota ? quota->bytes : 0;
}
