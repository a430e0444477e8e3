// SPDX-License-Identifier: GPL-2.0-only
#include "identity.h"

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "driver.h"
#include "message.h"

DEFINE_STATIC_KEY_FALSE(mq_identity_isolated);

/**
 * mq_identity_is_capable - whether the caller may use a capability through a file
 * @opener: the file
 * @cap: the capability, in the initial user namespace
 *
 * It counts only if who opened the file had it too: nobody makes a setuid program use
 * its rights for him by handing it a file.
 *
 * Return: true if both have it.
 */
bool mq_identity_is_capable(struct file *opener, int cap)
{
	return capable(cap) && file_ns_capable(opener, &init_user_ns, cap);
}

/*
 * Nobody makes a setuid program register for him by handing it a file: the file must
 * have been opened with the identity that the endpoint would get.
 */
static bool mq_identity_is_allowed(struct file *opener, const struct mq_name *name)
{
	if (!uid_eq(opener->f_cred->euid, current_euid()) ||
	    !gid_eq(opener->f_cred->egid, current_egid()))
		return false;
	return name->bytes[0] != '.' || mq_identity_is_capable(opener, CAP_SYS_ADMIN);
}

/**
 * mq_identity_has_right - the same where everybody asks: no audit sees a refusal
 * @opener: the file
 * @cap: the capability
 *
 * Return: true if both have it.
 */
bool mq_identity_has_right(struct file *opener, int cap)
{
	return ns_capable_noaudit(&init_user_ns, cap) &&
	       file_ns_capable(opener, &init_user_ns, cap);
}

/*
 * Whoever makes a user namespace may be given many users there, and would have as many
 * shares: they all count for him. Those that root makes are of different people, and each
 * counts for the user that its own root is outside.
 */
static kuid_t mq_identity_find_maker(struct user_namespace *ns)
{
	kuid_t root;

	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	if (!uid_eq(ns->owner, GLOBAL_ROOT_UID))
		return ns->owner;
	root = make_kuid(ns, 0);
	return uid_valid(root) ? root : ns->owner;
}

/**
 * mq_identity_find_account - the user that a task's share of anything is counted for
 * @cred: the task's credentials
 *
 * Return: the effective user; in a user namespace, whoever the outermost one around it
 * belongs to.
 */
kuid_t mq_identity_find_account(const struct cred *cred)
{
	if (cred->user_ns == &init_user_ns)
		return cred->euid;
	return mq_identity_find_maker(cred->user_ns);
}

/**
 * mq_identity_new - the identity of an endpoint that the caller makes
 * @opener: the file through which
 * @name: the name that it shall have; the empty one for none
 *
 * The memory is charged to the caller's memory control group. May sleep.
 *
 * Return: the identity with one reference, ERR_PTR(-EPERM), ERR_PTR(-ENOMEM).
 */
struct mq_identity *mq_identity_new(struct file *opener, const struct mq_name *name)
{
	struct mq_identity *identity;

	if (!mq_identity_is_allowed(opener, name))
		return ERR_PTR(-EPERM);
	identity = kmalloc(sizeof(*identity), MQ_GFP);
	if (!identity)
		return ERR_PTR(-ENOMEM);

	refcount_set(&identity->refs, 1);
	identity->name = *name;
	identity->pid = get_pid(task_tgid(current));
	/* Taking a reference, the kernel's inline function clears plainly a flag that is clear. */
	identity->cred = data_race(get_current_cred());
	identity->spare = NULL;
	identity->account = mq_identity_find_account(identity->cred);
	identity->is_ipc_owner = mq_identity_has_right(opener, CAP_IPC_OWNER);
	identity->is_unlimited = mq_identity_has_right(opener, CAP_SYS_RESOURCE);
	return identity;
}

/**
 * mq_identity_new_kernel - the identity of a sender in the kernel
 * @name: the name that it shall have
 *
 * The kernel vouches for it: that is process 0 of the initial pid namespace, with root's
 * credentials and all rights. The memory is charged to nobody. May sleep.
 *
 * Return: the identity with one reference, or NULL.
 */
struct mq_identity *mq_identity_new_kernel(const struct mq_name *name)
{
	struct mq_identity *identity = kmalloc(sizeof(*identity), GFP_KERNEL);

	if (!identity)
		return NULL;
	refcount_set(&identity->refs, 1);
	identity->name = *name;
	identity->pid = get_pid(task_pid(&init_task));
	identity->cred = get_task_cred(&init_task);
	identity->spare = NULL;
	identity->account = GLOBAL_ROOT_UID;
	identity->is_ipc_owner = true;
	identity->is_unlimited = true;
	return identity;
}

/**
 * mq_identity_free - the end of an identity without references
 * @identity: the identity
 */
void mq_identity_free(struct mq_identity *identity)
{
	put_pid(identity->pid);
	put_cred(identity->cred);
	mq_message_free_spare(identity->spare);
	kfree(identity);
}

/* The kernel looks up groups of the current credentials only, so they become those. */
static bool mq_identity_has_group(const struct mq_identity *identity, kgid_t gid)
{
	const struct cred *old = override_creds(identity->cred);
	bool has = in_egroup_p(gid);

	revert_creds(old);
	return has;
}

/**
 * mq_identity_has_access - whether somebody may send to somebody
 * @sender: who wants to send
 * @owner: whose endpoint
 * @access: whom it lets send
 *
 * Return: true if he may.
 */
bool mq_identity_has_access(const struct mq_identity *sender,
			    const struct mq_identity *owner, enum mq_access access)
{
	if (access == MQ_ACCESS_ANYONE || sender->is_ipc_owner)
		return true;
	if (access == MQ_ACCESS_GROUP)
		return mq_identity_has_group(sender, owner->cred->egid);
	return uid_eq(sender->cred->euid, owner->cred->euid);
}
