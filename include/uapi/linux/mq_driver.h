/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * /dev/mq: messages between processes by name.
 *
 * The text protocol needs nothing but open(2), write(2) and read(2); of it this header
 * names the limits. Frames are for programs: MQ_IOC_BIND makes an open file the owner
 * of an endpoint, and from then on write(2) takes, and read(2) returns, whole frames.
 * See mq(4) for each command, frame and ioctl, and mq(7) for the model.
 *
 * From version 0.1.0 on this interface only grows. A structure for an ioctl begins
 * with its size, as the program was compiled; a longer one of a newer program is taken
 * as long as what the driver does not know is zero (else E2BIG), a shorter one of an
 * older program is taken as if zeros followed. Unknown flags and reserved fields that
 * are not zero are EINVAL. The layout is the same for 32-bit and 64-bit programs.
 */
#ifndef _UAPI_LINUX_MQ_DRIVER_H
#define _UAPI_LINUX_MQ_DRIVER_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The device node. */
#define MQ_DEVICE_PATH		"/dev/mq"

/* Version of this interface, as mq_info.version: major << 16 | minor << 8 | patch. */
#define MQ_VERSION		0x000100

/* Bytes in the longest name, each 0x21 to 0x7e but '@'. */
#define MQ_NAME_MAX		23

/* Room for any name and the NUL behind it. */
#define MQ_NAME_SIZE		(MQ_NAME_MAX + 1)

/* Bytes in the longest name that the text command /reg takes. */
#define MQ_TEXT_NAME_MAX	8

/* Milliseconds of the longest timed /wait, 2^31 - 1. */
#define MQ_TEXT_WAIT_MAX	2147483647

/* Messages in the deepest mailbox that may be asked for. */
#define MQ_DEPTH_MAX		65536

/* The same for one with MQ_POLICY_FAIR, which looks at each message to choose one. */
#define MQ_FAIR_DEPTH_MAX	4096

/**
 * struct mq_frame - the header of a frame; 64 bytes, one cache line
 * @size: bytes of this header and the payload behind it, without padding: 64 + 1 to
 *	64 + CMD_BUF_SIZE; an event has no payload, a monitor's frame one of its own kind
 *	(MQ_FRAME_MONITOR). The next frame begins at the next multiple of 8; padding is
 *	ignored when written, may be missing behind the last frame, and is zero when read
 * @flags: MQ_FRAME_*
 * @sequence: read: number of the message in this mailbox. The first is 1; a gap is
 *	exactly the messages that were overwritten, and the events, or what passed a monitor,
 *	that were lost. 0 in a reply
 * @time: read: when the message was made, CLOCK_MONOTONIC, nanoseconds
 * @cookie: the sender's to choose and given to the reader as it is, 0 from a text
 *	sender. In a request (MQ_FRAME_CALL) and its answer (MQ_FRAME_REPLY) it is the
 *	driver's; the caller finds his own in the reply
 * @pid: read: the sender's process as the reader sees it, 0 where he cannot
 * @uid: read: the sender's effective user when his endpoint was made, as the reader's
 *	user namespace maps it (or the overflow uid)
 * @name: written: the destination, empty with MQ_FRAME_BROADCAST and MQ_FRAME_REPLY.
 *	Read: the sender, empty if he has no name. NUL-terminated and zero behind
 *
 * @sequence, @time, @pid and @uid are 0 in a frame that is written.
 */
struct mq_frame {
	__u32 size;
	__u32 flags;
	__aligned_u64 sequence;
	__aligned_u64 time;
	__aligned_u64 cookie;
	__u32 pid;
	__u32 uid;
	char name[MQ_NAME_SIZE];
};

/* Where a frame ends, padding included, if it begins at a multiple of 8. */
#define MQ_FRAME_SPACE(size)	(((size) + 7) & ~7)

/* Written: to every other endpoint. Read: it was sent so. */
#define MQ_FRAME_BROADCAST	(1U << 0)
/* Written: do not sleep for room in a blocking mailbox (EAGAIN). */
#define MQ_FRAME_DONTWAIT	(1U << 1)
/* Read: a request, whose sender waits for the reply. */
#define MQ_FRAME_CALL		(1U << 2)
/* Written: the reply to the request with this cookie. Read: likewise. */
#define MQ_FRAME_REPLY		(1U << 3)
/*
 * Read: no message; the named endpoint came or went. With none of the two below: the reader
 * itself is named, and the newest events before this one were lost.
 */
#define MQ_FRAME_EVENT		(1U << 4)
/* Read, with MQ_FRAME_EVENT: it has come. */
#define MQ_FRAME_COME		(1U << 5)
/* Read, with MQ_FRAME_EVENT: it has gone. */
#define MQ_FRAME_GONE		(1U << 6)
/* Read: a message that passed; struct mq_passed and its first bytes are the payload. */
#define MQ_FRAME_MONITOR	(1U << 7)

/* Bytes of each message that a monitor gets at most. */
#define MQ_SNAP_MAX		4096

/**
 * struct mq_passed - what became of a message, as a monitor is told
 * @size: bytes of this structure, behind which the message's first bytes are
 * @length: bytes of the message's payload, however many of them follow
 * @flags: MQ_FRAME_* with which it is received
 * @result: 0, or the errno with which it was refused
 * @reached: mailboxes that it was put into; 1 for a reply that was given to the caller
 * @reserved: 0
 * @name: to whom, as struct mq_frame.name; empty if that is everybody or somebody without a
 *	name, no possible name, or a reply that nobody waits for
 *
 * The frame around it has the sender's name, pid and uid, the time and the cookie as the
 * receiver gets them.
 */
struct mq_passed {
	__u32 size;
	__u32 length;
	__u32 flags;
	__u32 result;
	__u32 reached;
	__u32 reserved;
	char name[MQ_NAME_SIZE];
};

/**
 * struct mq_info - what MQ_IOC_INFO tells
 * @size: sizeof(struct mq_info); afterwards what the driver knows
 * @version: MQ_VERSION of the driver
 * @features: MQ_FEATURE_* that this driver has
 * @max_devices: MAX_DEVICES, named endpoints that may exist at once
 * @queue_len: QUEUE_LEN, depth of a mailbox that asks for 0
 * @cmd_buf_size: CMD_BUF_SIZE, bytes of the longest payload
 * @depth_max: messages in the deepest mailbox
 * @user_bytes: USER_BYTES, what a user's mailboxes may take together, each counted as
 *	its depth times CMD_BUF_SIZE
 * @own_bytes: what the caller's take now
 * @user_endpoints: USER_ENDPOINTS, how many a user may have, anonymous ones included
 * @own_endpoints: how many the caller has now
 * @root_devices: ROOT_DEVICES, places of MAX_DEVICES that are kept for CAP_SYS_RESOURCE
 * @fair_depth_max: messages in the deepest mailbox with MQ_POLICY_FAIR
 *
 * Who has CAP_SYS_RESOURCE when he makes an endpoint is held to no limit of users, and
 * that endpoint is not counted.
 */
struct mq_info {
	__u32 size;
	__u32 version;
	__aligned_u64 features;
	__u32 max_devices;
	__u32 queue_len;
	__u32 cmd_buf_size;
	__u32 depth_max;
	__aligned_u64 user_bytes;
	__aligned_u64 own_bytes;
	__u32 user_endpoints;
	__u32 own_endpoints;
	__u32 root_devices;
	__u32 fair_depth_max;
};

/* All that this header describes, in every driver of version 0.1.0 and later. */
#define MQ_FEATURE_FRAMES	(1ULL << 0)
/* Loaded with FAIR=1: the mailboxes of processes have MQ_POLICY_FAIR. */
#define MQ_FEATURE_FAIR		(1ULL << 1)
/* Loaded with ISOLATE=1: each pid namespace has names of its own. */
#define MQ_FEATURE_ISOLATE	(1ULL << 2)
/* There are monitors: MQ_BIND_MONITOR. */
#define MQ_FEATURE_MONITOR	(1ULL << 3)

/**
 * enum mq_policy - what a full mailbox does
 * @MQ_POLICY_OVERWRITE: the newest message takes the place of the oldest
 * @MQ_POLICY_REJECT: the sender gets ENOBUFS
 * @MQ_POLICY_BLOCK: the sender sleeps until there is room, first come, first served
 * @MQ_POLICY_FAIR: the newest message takes the place of one of the user's who would hold
 *	the most of the mailbox, the new message counted: his oldest. Of several users who
 *	hold as many, it is the one whose message is the oldest. So nobody is driven
 *	below an equal share, depth / users who have messages there
 */
enum mq_policy {
	MQ_POLICY_OVERWRITE = 0,
	MQ_POLICY_REJECT = 1,
	MQ_POLICY_BLOCK = 2,
	MQ_POLICY_FAIR = 3,
};

/**
 * enum mq_access - who may send to an endpoint
 * @MQ_ACCESS_ANYONE: who may open the device
 * @MQ_ACCESS_GROUP: whose groups, effective or supplementary, have the endpoint's gid
 * @MQ_ACCESS_USER: who has the endpoint's effective uid
 *
 * CAP_IPC_OWNER may always.
 */
enum mq_access {
	MQ_ACCESS_ANYONE = 0,
	MQ_ACCESS_GROUP = 1,
	MQ_ACCESS_USER = 2,
};

/* mq_bind.flags: a frame for each other named endpoint that comes or goes. */
#define MQ_BIND_EVENTS		(1U << 0)
/*
 * mq_bind.flags: a frame for each message that passes, whoever sends it to whom, and that
 * @see, @from and @to let through. Needs CAP_SYS_ADMIN in the initial user namespace, the
 * empty name, and a policy that refuses or overwrites; not together with MQ_BIND_EVENTS.
 * EUSERS: there are as many monitors as there may be.
 */
#define MQ_BIND_MONITOR		(1U << 1)

/* mq_bind.see: sent to one name, */
#define MQ_SEE_MESSAGE		(1U << 0)
/* sent to all, */
#define MQ_SEE_BROADCAST	(1U << 1)
/* sent to one name, and a reply is waited for, */
#define MQ_SEE_CALL		(1U << 2)
/* the reply, */
#define MQ_SEE_REPLY		(1U << 3)
/* or any of these that was refused. Each message is of one of these five kinds. */
#define MQ_SEE_REFUSED		(1U << 4)
/* mq_bind.see, beside the kinds: it is enough that one of @from and @to fits. */
#define MQ_SEE_EITHER		(1U << 5)

/**
 * struct mq_bind - what MQ_IOC_BIND asks for
 * @size: sizeof(struct mq_bind)
 * @flags: MQ_BIND_*
 * @policy: enum mq_policy
 * @depth: messages that the mailbox holds, 0 for QUEUE_LEN; more than that needs
 *	CAP_SYS_RESOURCE
 * @access: enum mq_access
 * @reserved: 0
 * @name: the name, NUL-terminated and zero behind; empty for an anonymous endpoint
 * @see: MQ_SEE_*, what a monitor sees; no kind is all of them
 * @snap: how many of each message's first bytes it gets, MQ_SNAP_MAX at most
 * @from: whose messages alone it sees, as @name; empty: everybody's
 * @to: to whom, likewise; a broadcast is to no name
 *
 * From @see on 0 without MQ_BIND_MONITOR.
 */
struct mq_bind {
	__u32 size;
	__u32 flags;
	__u32 policy;
	__u32 depth;
	__u32 access;
	__u32 reserved;
	char name[MQ_NAME_SIZE];
	__u32 see;
	__u32 snap;
	char from[MQ_NAME_SIZE];
	char to[MQ_NAME_SIZE];
};

/* mq_exchange.timeout: wait as long as it takes. */
#define MQ_FOREVER		(~0ULL)

/**
 * struct mq_exchange - frames to and from the driver in one ioctl
 * @size: sizeof(struct mq_exchange)
 * @flags: 0
 * @send: address of the one frame to send
 * @receive: address of the room for frames
 * @send_size: bytes at @send; 0 for none
 * @receive_size: bytes at @receive; 64 + CMD_BUF_SIZE, rounded up to 8, always do, but
 *	a monitor needs 64 + sizeof(struct mq_passed) + mq_bind.snap, rounded up to 8
 * @timeout: nanoseconds, or MQ_FOREVER; CLOCK_MONOTONIC
 *
 * The ioctl's value is the number of bytes at @receive, padding included.
 */
struct mq_exchange {
	__u32 size;
	__u32 flags;
	__aligned_u64 send;
	__aligned_u64 receive;
	__u32 send_size;
	__u32 receive_size;
	__aligned_u64 timeout;
};

/**
 * struct mq_status - one named endpoint, all figures of one moment
 * @size: sizeof(struct mq_status); afterwards what the driver knows
 * @flags: MQ_STATUS_*
 * @name: its name
 * @pid: process that made it, 0 where the caller cannot see it
 * @uid: its effective user when it was made, as the caller's user namespace maps it
 * @policy: enum mq_policy
 * @access: enum mq_access
 * @depth: messages that the mailbox holds
 * @queued: messages that wait to be read, those included whose reading has begun
 * @accepted: messages put into the mailbox so far; all figures from here on count up
 * @delivered: read to the last byte
 * @overwritten: lost to newer ones
 * @discarded: unread at the end; 0 as long as it lives
 * @rejected: refused for want of room
 * @spared: of those overwritten, how many were not the oldest of the mailbox: how often
 *	MQ_POLICY_FAIR kept somebody else's message
 *
 * accepted = delivered + overwritten + discarded + queued.
 */
struct mq_status {
	__u32 size;
	__u32 flags;
	char name[MQ_NAME_SIZE];
	__u32 pid;
	__u32 uid;
	__u32 policy;
	__u32 access;
	__u32 depth;
	__u32 queued;
	__aligned_u64 accepted;
	__aligned_u64 delivered;
	__aligned_u64 overwritten;
	__aligned_u64 discarded;
	__aligned_u64 rejected;
	__aligned_u64 spared;
};

/* A process's, made by /reg; else an open file's. */
#define MQ_STATUS_PROCESS	(1U << 0)
/* It asked for events. */
#define MQ_STATUS_EVENTS	(1U << 1)

/**
 * struct mq_list - where MQ_IOC_LIST puts endpoints
 * @size: sizeof(struct mq_list)
 * @entry_size: sizeof(struct mq_status): from one entry to the next
 * @entries: address of the array
 * @count: room in it, in entries; afterwards how many were put there
 * @position: 0 to begin; afterwards where to go on. All have been listed when @count
 *	comes back smaller than it was
 *
 * Who is there from the first call to the last is listed exactly once.
 */
struct mq_list {
	__u32 size;
	__u32 entry_size;
	__aligned_u64 entries;
	__u32 count;
	__u32 position;
};

/**
 * struct mq_totals - all endpoints together, those that have gone included
 * @size: sizeof(struct mq_totals); afterwards what the driver knows
 * @flags: 0
 * @names: named endpoints that there are
 * @anonymous: endpoints without a name that there are
 * @come: endpoints that were made so far
 * @gone: of those, how many have ended; come = gone + names + anonymous
 * @queued: messages that wait to be read
 * @accepted: messages put into mailboxes, a broadcast once for each; here and in the next
 *	four as in struct mq_status, since the module was loaded
 * @delivered: read to the last byte
 * @overwritten: lost to newer ones
 * @discarded: unread when their endpoint ended
 * @rejected: refused for want of room
 * @broadcasts: broadcasts begun
 * @calls: requests put into mailboxes; they are among those accepted
 * @endpoints: endpoints in memory: also those that have ended while somebody still has
 *	the file by which they were made open
 * @endpoint_bytes: of the endpoints themselves
 * @slots: places for messages in all mailboxes, taken or not
 * @slot_bytes: of these, with the places of those that are being read
 * @messages: pieces of memory for messages: for those queued, one for a broadcast, and
 *	for frames written together to one name; those being written; one that a sender may
 *	keep for his next; the slots of senders in the kernel; what monitors are told; and
 *	one for each endpoint that asked for events
 * @message_bytes: of these, as they are taken from the kernel
 *
 * accepted = delivered + overwritten + discarded + queued, where what monitors are told does
 * not count. What open files, processes' identities and tables take is not in the bytes.
 */
struct mq_totals {
	__u32 size;
	__u32 flags;
	__aligned_u64 names;
	__aligned_u64 anonymous;
	__aligned_u64 come;
	__aligned_u64 gone;
	__aligned_u64 queued;
	__aligned_u64 accepted;
	__aligned_u64 delivered;
	__aligned_u64 overwritten;
	__aligned_u64 discarded;
	__aligned_u64 rejected;
	__aligned_u64 broadcasts;
	__aligned_u64 calls;
	__aligned_u64 endpoints;
	__aligned_u64 endpoint_bytes;
	__aligned_u64 slots;
	__aligned_u64 slot_bytes;
	__aligned_u64 messages;
	__aligned_u64 message_bytes;
};

/*
 * The ioctls. INFO, STATUS and LIST work on any open file, TOTALS too; CALL, RECEIVE and PEEK
 * only on one that is bound (else ENOTCONN).
 *
 * MQ_IOC_INFO	  struct mq_info: limits and features.
 * MQ_IOC_BIND	  struct mq_bind: make this file the owner of an endpoint, once (EBUSY).
 * MQ_IOC_CALL	  struct mq_exchange: send one frame, wait for its reply.
 * MQ_IOC_RECEIVE struct mq_exchange: first answer, if @send_size is not 0, then take one
 *		  frame. As soon as the answer is on its way @send_size is set to 0, so
 *		  that the same call again never repeats it.
 * MQ_IOC_PEEK	  struct mq_exchange: the next frames, as many as fit, without taking
 *		  them; 0 bytes if there are none. @send_size and @timeout are 0.
 * MQ_IOC_STATUS  struct mq_status: the endpoint called @name (ENOENT).
 * MQ_IOC_LIST	  struct mq_list: all named endpoints.
 * MQ_IOC_TOTALS  struct mq_totals: all endpoints together; needs CAP_SYS_ADMIN (EPERM).
 */
#define MQ_IOC_TYPE		0xBC
#define MQ_IOC_INFO		_IO(MQ_IOC_TYPE, 0)
#define MQ_IOC_BIND		_IO(MQ_IOC_TYPE, 1)
#define MQ_IOC_CALL		_IO(MQ_IOC_TYPE, 2)
#define MQ_IOC_RECEIVE		_IO(MQ_IOC_TYPE, 3)
#define MQ_IOC_PEEK		_IO(MQ_IOC_TYPE, 4)
#define MQ_IOC_STATUS		_IO(MQ_IOC_TYPE, 5)
#define MQ_IOC_LIST		_IO(MQ_IOC_TYPE, 6)
#define MQ_IOC_TOTALS		_IO(MQ_IOC_TYPE, 7)

#endif /* _UAPI_LINUX_MQ_DRIVER_H */
