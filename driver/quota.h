/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quotas: how many endpoints each user has, and what their mailboxes may take, so that
 * none has all there is. A user is an identity's account.
 *
 * What is taken is counted while the endpoint is linked. Who is unlimited is not counted.
 * All of it lies under the registry's lock.
 */
#ifndef _MQ_QUOTA_H
#define _MQ_QUOTA_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct mq_identity;

int mq_quota_get_locked(const struct mq_identity *owner, u32 depth);
void mq_quota_put_locked(const struct mq_identity *owner, u32 depth);
void mq_quota_show_locked(kuid_t user, u32 *endpoints, u64 *bytes);

#endif /* _MQ_QUOTA_H */
