/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what happens to messages and endpoints, for whoever looks on with
 * tracefs, trace-cmd, perf or bpftrace. mq(4) says what each field is.
 *
 * None is called under a spinlock: one that is on may run a program of the
 * administrator's. What it tells of a mailbox was noted under the mailbox's lock (struct
 * mq_sent). What a monitor gets is not told of once more. Names are bytes of the alphabet,
 * of a length that is known.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mq

#if !defined(_MQ_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _MQ_TRACE_H

#include <linux/mq_driver.h>
#include <linux/tracepoint.h>

#include "endpoint.h"
#include "identity.h"
#include "message.h"

#define mq_trace_show_flags(flags)				\
	__print_flags(flags, "|",				\
		      { MQ_FRAME_BROADCAST, "broadcast" },	\
		      { MQ_FRAME_CALL, "call" },		\
		      { MQ_FRAME_EVENT, "event" },		\
		      { MQ_FRAME_COME, "come" },		\
		      { MQ_FRAME_GONE, "gone" })

/* Numbers, for programs that read the event's format: an enum has no value there. */
#define mq_trace_show_policy(policy)				\
	__print_symbolic(policy,				\
			 { 0, "overwrite" },			\
			 { 1, "reject" },			\
			 { 2, "block" },			\
			 { 3, "fair" })

TRACE_EVENT(mq_send,
	TP_PROTO(const struct mq_endpoint *ep, const struct mq_sent *sent),
	TP_ARGS(ep, sent),
	TP_STRUCT__entry(
		__array(char, name, MQ_NAME_SIZE)
		__array(char, sender, MQ_NAME_SIZE)
		__field(u64, number)
		__field(u32, size)
		__field(u32, queued)
		__field(u32, flags)
	),
	TP_fast_assign(
		memcpy(__entry->name, ep->name.bytes, MQ_NAME_SIZE);
		memcpy(__entry->sender, sent->sender.bytes, MQ_NAME_SIZE);
		__entry->number = sent->number;
		__entry->size = sent->size;
		__entry->queued = sent->queued;
		__entry->flags = sent->flags;
	),
	TP_printk("name=%s sender=%s number=%llu size=%u queued=%u flags=%s",
		  __entry->name, __entry->sender, __entry->number, __entry->size,
		  __entry->queued, mq_trace_show_flags(__entry->flags))
);

TRACE_EVENT(mq_receive,
	TP_PROTO(const struct mq_endpoint *ep, const struct mq_message *msg, u64 number),
	TP_ARGS(ep, msg, number),
	TP_STRUCT__entry(
		__array(char, name, MQ_NAME_SIZE)
		__array(char, sender, MQ_NAME_SIZE)
		__field(u64, number)
		__field(u32, size)
		__field(u32, flags)
	),
	TP_fast_assign(
		memcpy(__entry->name, ep->name.bytes, MQ_NAME_SIZE);
		memcpy(__entry->sender, msg->sender->name.bytes, MQ_NAME_SIZE);
		__entry->number = number;
		__entry->size = msg->text_len;
		__entry->flags = msg->flags;
	),
	TP_printk("name=%s sender=%s number=%llu size=%u flags=%s",
		  __entry->name, __entry->sender, __entry->number, __entry->size,
		  mq_trace_show_flags(__entry->flags))
);

TRACE_EVENT(mq_overwrite,
	TP_PROTO(const struct mq_endpoint *ep, const struct mq_identity *sender, u64 number,
		 u32 size, const struct mq_name *by),
	TP_ARGS(ep, sender, number, size, by),
	TP_STRUCT__entry(
		__array(char, name, MQ_NAME_SIZE)
		__array(char, sender, MQ_NAME_SIZE)
		__array(char, by, MQ_NAME_SIZE)
		__field(u64, number)
		__field(u32, size)
	),
	TP_fast_assign(
		memcpy(__entry->name, ep->name.bytes, MQ_NAME_SIZE);
		memcpy(__entry->sender, sender->name.bytes, MQ_NAME_SIZE);
		memcpy(__entry->by, by->bytes, MQ_NAME_SIZE);
		__entry->number = number;
		__entry->size = size;
	),
	TP_printk("name=%s sender=%s number=%llu size=%u by=%s",
		  __entry->name, __entry->sender, __entry->number, __entry->size,
		  __entry->by)
);

TRACE_EVENT(mq_reject,
	TP_PROTO(const char *name, const struct mq_message *msg, int error),
	TP_ARGS(name, msg, error),
	TP_STRUCT__entry(
		__array(char, name, MQ_NAME_SIZE)
		__array(char, sender, MQ_NAME_SIZE)
		__field(u32, size)
		__field(int, error)
	),
	TP_fast_assign(
		memcpy(__entry->name, name, MQ_NAME_SIZE);
		memcpy(__entry->sender, msg->sender->name.bytes, MQ_NAME_SIZE);
		__entry->size = msg->text_len;
		__entry->error = error;
	),
	TP_printk("name=%s sender=%s size=%u error=%d",
		  __entry->name, __entry->sender, __entry->size, __entry->error)
);

TRACE_EVENT(mq_broadcast,
	TP_PROTO(const struct mq_message *msg, u32 reached),
	TP_ARGS(msg, reached),
	TP_STRUCT__entry(
		__array(char, sender, MQ_NAME_SIZE)
		__field(u32, size)
		__field(u32, reached)
	),
	TP_fast_assign(
		memcpy(__entry->sender, msg->sender->name.bytes, MQ_NAME_SIZE);
		__entry->size = msg->text_len;
		__entry->reached = reached;
	),
	TP_printk("sender=%s size=%u reached=%u",
		  __entry->sender, __entry->size, __entry->reached)
);

TRACE_EVENT(mq_call,
	TP_PROTO(const struct mq_endpoint *ep, const struct mq_endpoint *from, u32 size,
		 u64 nanoseconds, int error),
	TP_ARGS(ep, from, size, nanoseconds, error),
	TP_STRUCT__entry(
		__array(char, name, MQ_NAME_SIZE)
		__array(char, sender, MQ_NAME_SIZE)
		__field(u64, nanoseconds)
		__field(u32, size)
		__field(int, error)
	),
	TP_fast_assign(
		memcpy(__entry->name, ep->name.bytes, MQ_NAME_SIZE);
		memcpy(__entry->sender, from->name.bytes, MQ_NAME_SIZE);
		__entry->nanoseconds = nanoseconds;
		__entry->size = size;
		__entry->error = error;
	),
	TP_printk("name=%s sender=%s size=%u nanoseconds=%llu error=%d",
		  __entry->name, __entry->sender, __entry->size, __entry->nanoseconds,
		  __entry->error)
);

TRACE_EVENT(mq_reply,
	TP_PROTO(const struct mq_endpoint *ep, u32 size, int error),
	TP_ARGS(ep, size, error),
	TP_STRUCT__entry(
		__array(char, name, MQ_NAME_SIZE)
		__field(u32, size)
		__field(int, error)
	),
	TP_fast_assign(
		memcpy(__entry->name, ep->name.bytes, MQ_NAME_SIZE);
		__entry->size = size;
		__entry->error = error;
	),
	TP_printk("name=%s size=%u error=%d", __entry->name, __entry->size, __entry->error)
);

TRACE_EVENT(mq_register,
	TP_PROTO(const struct mq_endpoint *ep),
	TP_ARGS(ep),
	TP_STRUCT__entry(
		__array(char, name, MQ_NAME_SIZE)
		__field(u32, pid)
		__field(u32, uid)
		__field(u32, depth)
		__field(u32, policy)
	),
	TP_fast_assign(
		memcpy(__entry->name, ep->name.bytes, MQ_NAME_SIZE);
		__entry->pid = pid_nr(ep->identity->pid);
		__entry->uid = __kuid_val(ep->identity->cred->euid);
		__entry->depth = ep->terms.depth;
		__entry->policy = ep->terms.policy;
	),
	TP_printk("name=%s pid=%u uid=%u depth=%u policy=%s",
		  __entry->name, __entry->pid, __entry->uid, __entry->depth,
		  mq_trace_show_policy(__entry->policy))
);

TRACE_EVENT(mq_unregister,
	TP_PROTO(const struct mq_endpoint *ep, const struct mq_status *end),
	TP_ARGS(ep, end),
	TP_STRUCT__entry(
		__array(char, name, MQ_NAME_SIZE)
		__field(u64, accepted)
		__field(u64, delivered)
		__field(u64, overwritten)
		__field(u64, discarded)
		__field(u64, rejected)
		__field(u32, pid)
		__field(u32, uid)
		__field(u32, depth)
		__field(u32, policy)
	),
	TP_fast_assign(
		memcpy(__entry->name, ep->name.bytes, MQ_NAME_SIZE);
		__entry->accepted = end->accepted;
		__entry->delivered = end->delivered;
		__entry->overwritten = end->overwritten;
		__entry->discarded = end->discarded;
		__entry->rejected = end->rejected;
		__entry->pid = pid_nr(ep->identity->pid);
		__entry->uid = __kuid_val(ep->identity->cred->euid);
		__entry->depth = ep->terms.depth;
		__entry->policy = ep->terms.policy;
	),
	TP_printk("name=%s pid=%u uid=%u depth=%u policy=%s accepted=%llu delivered=%llu overwritten=%llu discarded=%llu rejected=%llu",
		  __entry->name, __entry->pid, __entry->uid, __entry->depth,
		  mq_trace_show_policy(__entry->policy), __entry->accepted,
		  __entry->delivered, __entry->overwritten, __entry->discarded,
		  __entry->rejected)
);

#endif /* _MQ_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
