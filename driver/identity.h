/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An identity: who an endpoint is. Name, process and credentials, fixed when the
 * endpoint is made and constant from then on.
 *
 * The endpoint holds a reference, and so does each message it sent: what a message
 * says of its sender is true however long it lies in a mailbox. The last reference
 * frees it.
 *
 * A sender keeps the memory of one short message: the first of his that is freed while he
 * has none, for his next one. It is charged to him already, and no allocation, with its
 * accounting, is made for who sends one message after the other.
 */
#ifndef _MQ_IDENTITY_H
#define _MQ_IDENTITY_H

#include "name.h"

#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/jump_label.h>
#include <linux/mq_driver.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

struct file;
struct mq_message;

/**
 * struct mq_identity - who somebody is
 * @refs: how many hold it
 * @is_ipc_owner: had CAP_IPC_OWNER, so no endpoint refuses his messages
 * @is_unlimited: had CAP_SYS_RESOURCE, so no limit of users holds for him
 * @account: the user that his share of anything is counted for
 * @name: the name, or the empty one of an anonymous endpoint
 * @pid: the process (thread group); a reference
 * @cred: its credentials; a reference
 * @spare: memory for its next short message, or NULL; taken and given by exchange
 */
struct mq_identity {
	refcount_t refs;
	bool is_ipc_owner;
	bool is_unlimited;
	kuid_t account;
	struct mq_name name;
	struct pid *pid;
	const struct cred *cred;
	struct mq_message *spare;
};

/* Set with ISOLATE=1: see mq_identity_find_space(). */
DECLARE_STATIC_KEY_FALSE(mq_identity_isolated);

struct mq_identity *mq_identity_new(struct file *opener, const struct mq_name *name);
struct mq_identity *mq_identity_new_kernel(const struct mq_name *name);
kuid_t mq_identity_find_account(const struct cred *cred);
void mq_identity_free(struct mq_identity *identity);

bool mq_identity_is_capable(struct file *opener, int cap);
bool mq_identity_has_right(struct file *opener, int cap);
bool mq_identity_has_access(const struct mq_identity *sender,
			    const struct mq_identity *owner, enum mq_access access);

static inline struct mq_identity *mq_identity_get(struct mq_identity *identity)
{
	refcount_inc(&identity->refs);
	return identity;
}

/**
 * mq_identity_put - give a reference back
 * @identity: the identity, or NULL
 *
 * Any context: nothing sleeps.
 */
static inline void mq_identity_put(struct mq_identity *identity)
{
	if (identity && refcount_dec_and_test(&identity->refs))
		mq_identity_free(identity);
}

/**
 * mq_identity_find_pid - the process as the caller's pid namespace sees it
 * @identity: the identity
 *
 * Most callers are in the initial namespace, whose numbers come first.
 *
 * Return: its number, or 0 if it cannot be seen.
 */
static inline u32 mq_identity_find_pid(const struct mq_identity *identity)
{
	return likely(!task_pid(current)->level) ? identity->pid->numbers[0].nr :
						   pid_vnr(identity->pid);
}

/**
 * mq_identity_find_uid - the effective user as a user namespace sees it
 * @identity: the identity
 * @ns: the user namespace
 *
 * Most callers are in the initial namespace, which maps each user to himself.
 *
 * Return: the user's number, or the overflow uid if it has none.
 */
static inline u32 mq_identity_find_uid(const struct mq_identity *identity,
				       struct user_namespace *ns)
{
	kuid_t uid = identity->cred->euid;

	return likely(ns == &init_user_ns) ? __kuid_val(uid) : from_kuid_munged(ns, uid);
}

/**
 * mq_identity_find_space - among whose names its own is
 * @identity: the identity
 *
 * Return: its process's pid namespace with ISOLATE=1, else NULL: all are in one space.
 */
static inline const struct pid_namespace *
mq_identity_find_space(const struct mq_identity *identity)
{
	if (static_branch_unlikely(&mq_identity_isolated))
		return ns_of_pid(identity->pid);
	return NULL;
}

/* Likewise for the caller, who may have no identity. */
static inline const struct pid_namespace *mq_identity_find_own_space(void)
{
	if (static_branch_unlikely(&mq_identity_isolated))
		return task_active_pid_ns(current);
	return NULL;
}

/* Whether it is in that space; one NULL is all that there is. */
static inline bool mq_identity_is_in(const struct mq_identity *identity,
				     const struct pid_namespace *space)
{
	if (static_branch_unlikely(&mq_identity_isolated))
		return ns_of_pid(identity->pid) == space;
	return true;
}

/*
 * The memory that it keeps, which is the caller's now, or NULL. The look in front spares most
 * exchanges that would be for nothing; if it is out of date, memory is allocated.
 */
static inline struct mq_message *mq_identity_pop_spare(struct mq_identity *identity)
{
	return READ_ONCE(identity->spare) ? xchg(&identity->spare, NULL) : NULL;
}

/* True if it keeps the memory, which from then on may be in use again; the look likewise. */
static inline bool mq_identity_push_spare(struct mq_identity *identity,
					  struct mq_message *msg)
{
	return !READ_ONCE(identity->spare) && !cmpxchg(&identity->spare, NULL, msg);
}

#endif /* _MQ_IDENTITY_H */
