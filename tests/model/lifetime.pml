/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long an endpoint lives: the protocol of driver/registry.c and driver/endpoint.c, for spin,
 * which goes through every order of its steps. tests/model/run does that.
 *
 * Two processes register the same name, the first may /unr it, and they die. Another sends to
 * it: it looks the name up under RCU, and either puts its message in there (the common way) or
 * takes a reference first (as who may have to sleep does). The work ends what the dead have
 * left, and when no file is open any more the module is unloaded. Of the second owner only what
 * is needed is in here: he neither leaves by /unr nor has a wake-up too many.
 *
 * One name and two endpoints are all there is: nothing in the protocol asks for more. Names are
 * those of the driver:
 *
 *	here			there
 *	link()			mq_registry_link(), _link_named_locked()
 *	unlink_dead()		mq_registry_unlink_dead_locked()
 *	unlink()		mq_registry_unlink_locked()
 *	watch()			mq_registry_watch(), called under the lock of wait_pidfd
 *	work			mq_registry_work()
 *	end()			mq_endpoint_end()
 *	get_rcu(), put()	mq_endpoint_get_rcu(), mq_endpoint_put(), _free()
 *	grace			the kernel, which runs mq_endpoint_free_rcu() after a grace period
 *	module_exit		mq_registry_deinit()
 *
 * What is promised stands as assertions:
 *  - nobody touches an endpoint that has been freed, and it is freed once (touch(), grace);
 *  - no message is put into a mailbox that nobody will drain (grace);
 *  - once the parent has waited for the owner nobody can send to it, and the name is free
 *    (push(), link());
 *  - the name is free, too, for who has seen that its owner is dead (link());
 *  - each endpoint is on the list of the dead once, and is ended once (watch(), end());
 *  - none of the module's code runs, and nothing of it is left, after the unload (loaded()).
 * A deadlock, or a process that does not come to its end, is found by spin itself.
 *
 * Each -D below leaves one step out, or does it too early. Then one of the assertions must
 * fail: so the step is needed, and the model would show it if it were missing.
 *
 *	NO_GRACE	memory is freed with the last reference, without a grace period
 *	NO_GATE		a sender does not look, under the lock, whether the end has come
 *	GATE_BEFORE	he looks before he takes the lock
 *	DRAIN_FIRST	the mailbox is drained before the name is unlinked
 *	WATCH_TWICE	the callback does not mind that it has run before
 *	WATCH_LATE	the callback leaves it to the work to close the gate
 *	WATCH_STAYS	unlink leaves the callback on wait_pidfd
 *	DEAD_FIRST	the callback shows the owner dead before it puts him on the list
 *	NO_UNLINK_DEAD	who registers waits for the work to unlink the dead
 *	UNLINK_AGAIN	the work unlinks also what was unlinked already
 *	GET_ANY		a reference is taken also where the last one has gone
 *	PUT_EARLY	who finds a dead owner's name gives its link's reference back, as the work does
 *	LIST_DEAD	the unload puts also those on the list that are there
 *	NO_FLUSH	the unload does not wait for the work
 *	NO_BARRIER	the unload does not wait for the grace periods
 */

#define OWNERS	2		/* each with one endpoint, of the same number */
#ifndef SENDERS
#define SENDERS	1		/* two give twenty times as many states, and nothing new */
#endif
#define NOBODY	OWNERS

/* ---- endpoints ------------------------------------------------------------------- */

typedef endpoint {
	byte refs;		/* in use from 1 on */
	bit locked;		/* ep->lock */
	bit open;		/* ep->gate is not MQ_GATE_CLOSED */
	bit ended;
	bit dead;
	bit linked;
	bit watched;		/* ep->exit_watch is on wait_pidfd */
	bit watch_locked;	/* the lock of that */
	bit listed;		/* on mq_registry.dead */
	byte messages;		/* in the mailbox */
	bit waits;		/* call_rcu() was called */
	byte readers;		/* whose RCU sections began before */
	bit freed;
};

endpoint ep[OWNERS];

byte name = NOBODY;		/* the table of names: who has the one name there is */
bit registry_locked;		/* mq_registry.lock */
bit queued;			/* the work is on its queue */
bit running;			/* and it runs */
bit is_loaded = 1;
byte files;			/* open ones hold the module */
byte in_rcu;			/* senders in an RCU section, as bits */
bit waited_for[OWNERS];		/* by the parent */
byte done;			/* processes that have come to their end */

/* Whoever touches an endpoint does so while it is there. */
inline touch(e)		{ assert(!ep[e].freed) }
/* The module's code runs while the module is there. */
inline loaded()		{ assert(is_loaded) }

inline lock(e)
{
	atomic { touch(e); !ep[e].locked -> ep[e].locked = 1 }
}

inline unlock(e)
{
	atomic { touch(e); ep[e].locked = 0 }
}

inline lock_registry()
{
	atomic { !registry_locked -> registry_locked = 1 }
}

inline unlock_registry()
{
	registry_locked = 0
}

inline put(e)
{
	atomic {
		touch(e);
		assert(ep[e].refs > 0);
		ep[e].refs--;
		if
		:: ep[e].refs == 0 ->
			assert(!ep[e].waits);
			ep[e].waits = 1;
#ifdef NO_GRACE
			ep[e].readers = 0
#else
			ep[e].readers = in_rcu
#endif
		:: else
		fi
	}
}

/* Wakes the sleepers and drains the mailbox; what comes now finds the gate closed. */
inline end(e)
{
	lock(e);
	assert(!ep[e].ended);
	ep[e].ended = 1;
	ep[e].open = 0;
	ep[e].messages = 0;
	unlock(e)
}

inline drain_only(e)
{
	lock(e);
	ep[e].messages = 0;
	unlock(e)
}

/* ---- the registry, under its lock ---------------------------------------------------- */

inline unlink(e)
{
	touch(e);
	assert(ep[e].linked);
	ep[e].linked = 0;
	ep[e].open = 0;
	assert(name == e);
	name = NOBODY;
#ifndef WATCH_STAYS
	/* remove_wait_queue() takes the lock under which the callback runs. */
	atomic { !ep[e].watch_locked -> ep[e].watched = 0 }
#endif
}

inline unlink_dead()
{
#ifdef NO_UNLINK_DEAD
	skip
#else
	atomic {
		dead_one = 0;
		do
		:: dead_one < OWNERS && ep[dead_one].listed && ep[dead_one].linked -> break
		:: dead_one < OWNERS && !(ep[dead_one].listed && ep[dead_one].linked) -> dead_one++
		:: dead_one == OWNERS -> break
		od
	}
	/* The name is one: so is who has it. */
	if
	:: dead_one < OWNERS ->
		unlink(dead_one);
#ifdef PUT_EARLY
		put(dead_one)
#endif
	:: else
	fi
#endif
}

/* By process e, which lives. Two references: the registry's, and the caller's meanwhile. */
inline link(e)
{
	/* Whoever had the name at this moment and is gone, or seen dead (STATUS), does not count. */
	atomic {
		before = name;
		if
		:: before == NOBODY
		:: before != NOBODY -> touch(before); gone = waited_for[before] || !ep[before].open
		fi
	}
	lock_registry();
	unlink_dead();
	if
	:: name != NOBODY ->
		/* EEXIST; but not because of such a one. */
		assert(!(gone && name == before))
	:: else ->
		atomic {
			ep[e].refs = 2;
			ep[e].linked = 1;
			ep[e].open = 1;
			ep[e].watched = 1
		}
		name = e;
		is_mine = 1
	fi;
	unlock_registry();
	if
	:: is_mine -> put(e)
	:: else
	fi
}

/* ---- the end of a process --------------------------------------------------------------- */

inline list_dead(e)
{
	atomic { loaded(); touch(e); assert(!ep[e].listed); ep[e].listed = 1 }
}

inline show_dead(e)
{
	atomic { loaded(); touch(e); ep[e].dead = 1 };
#ifndef WATCH_LATE
	atomic { loaded(); touch(e); ep[e].open = 0 }
#endif
}

/*
 * A wake-up of wait_pidfd: some kernels have one when only the leader has ended, and most have
 * several for one end. Its lock is held meanwhile; who does not take that sees each step.
 */
inline watch(e, group_is_dead)
{
	atomic { !ep[e].watch_locked -> ep[e].watch_locked = 1 };
	if
#ifdef WATCH_TWICE
	:: ep[e].watched && group_is_dead ->
#else
	:: ep[e].watched && group_is_dead && !ep[e].dead ->
#endif
#ifdef DEAD_FIRST
		show_dead(e);
		list_dead(e);
#else
		list_dead(e);
		show_dead(e);
#endif
		atomic { loaded(); queued = 1 }
	:: ep[e].watched && !group_is_dead -> loaded(); touch(e)
	:: else
	fi;
	ep[e].watch_locked = 0
}

proctype owner(byte e)
{
	byte dead_one, before;
	bit is_mine, gone;

	link(e);
	if
	:: is_mine && e == 0 ->	/* /unr, by a thread of it */
		lock_registry();
#ifdef DRAIN_FIRST
		drain_only(e);
#endif
		unlink(e);
		unlock_registry();
#ifndef DRAIN_FIRST
		end(e);
#endif
		put(e)
	:: true
	fi;
	/* It closes its file, and lives on as long as it likes: also beyond the unload. */
	files--;
	if
	:: e == 0 -> watch(e, 0)
	:: else
	fi;
	watch(e, 1);
	/* Then its parent's wait returns: the reap wakes once more on newer kernels. */
	if
	:: e == 0 -> watch(e, 1)
	:: else
	fi;
	atomic { waited_for[e] = 1; done++ }
}

active proctype work()
{
	bit taken[OWNERS];
	byte e;

	do
	:: atomic { queued -> loaded(); queued = 0; running = 1 };
		lock_registry();
		atomic {	/* llist_del_all() */
			e = 0;
			do
			:: e < OWNERS -> taken[e] = ep[e].listed; ep[e].listed = 0; e++
			:: e == OWNERS -> break
			od
		};
		e = 0;
		do
		:: e < OWNERS ->
			if
#ifdef UNLINK_AGAIN
			:: taken[e] -> unlink(e)
#else
			:: taken[e] && ep[e].linked -> unlink(e)
#endif
			:: else
			fi;
			e++
		:: e == OWNERS -> break
		od;
		unlock_registry();
		e = 0;
		do
		:: e < OWNERS ->
			if
			:: taken[e] -> loaded(); end(e); put(e)
			:: else
			fi;
			e++
		:: e == OWNERS -> break
		od;
		atomic { loaded(); running = 0 }
	:: atomic { !is_loaded && !queued && done == OWNERS + SENDERS + 1 -> break }
	od
}

/* ---- sending --------------------------------------------------------------------------------- */

/* The way in: under the lock it looks whether the gate is open. */
inline push(e)
{
#ifdef GATE_BEFORE
	was_open = ep[e].open;
#endif
	lock(e);
	if
#ifdef NO_GATE
	:: true ->
#else
#ifdef GATE_BEFORE
	:: was_open ->
#else
	:: ep[e].open ->
#endif
#endif
		/* Who began after the parent's wait had returned does not reach the dead. */
		assert(!too_late[e]);
		ep[e].messages++
	:: else
	fi;
	unlock(e)
}

inline leave_rcu()
{
	atomic {
		in_rcu = in_rcu & ~(1 << s);
		e = 0;
		do
		:: e < OWNERS -> ep[e].readers = ep[e].readers & ~(1 << s); e++
		:: e == OWNERS -> break
		od;
		e = NOBODY
	}
}

proctype sender(byte s)
{
	bit too_late[OWNERS];
	bit was_open, has;
	byte e, found;

	atomic { loaded(); too_late[0] = waited_for[0]; too_late[1] = waited_for[1] };
	in_rcu = in_rcu | (1 << s);
	found = name;
	if
	:: found == NOBODY -> leave_rcu()
	:: found != NOBODY ->
		/* The common way: all of it in the RCU section. */
		push(found);
		leave_rcu()
	:: found != NOBODY ->
		/* With a reference, and then the section may end; get_rcu(). */
		atomic {
			touch(found);
			if
#ifdef GET_ANY
			:: true -> ep[found].refs++; has = 1
#else
			:: ep[found].refs > 0 -> ep[found].refs++; has = 1
			:: else
#endif
			fi
		};
		leave_rcu();
		if
		:: has -> push(found); put(found)
		:: else
		fi
	fi;
	atomic { loaded(); files--; done++ }
}

/* ---- the kernel, and the unload ------------------------------------------------------------------ */

/* A grace period is over: everybody has left who was in a section when it began. */
active proctype grace()
{
	byte e;

	do
	:: atomic {
		ep[0].waits && !ep[0].readers && !ep[0].freed -> e = 0;
		loaded();
		assert(ep[e].messages == 0);
		assert(ep[e].refs == 0 && !ep[e].linked && !ep[e].listed);
		ep[e].freed = 1
	}
	:: atomic {
		ep[1].waits && !ep[1].readers && !ep[1].freed -> e = 1;
		loaded();
		assert(ep[e].messages == 0);
		assert(ep[e].refs == 0 && !ep[e].linked && !ep[e].listed);
		ep[e].freed = 1
	}
	:: atomic {
		!is_loaded && done == OWNERS + SENDERS + 1 &&
		!(ep[0].waits && !ep[0].freed) && !(ep[1].waits && !ep[1].freed) -> break
	}
	od
}

proctype module_exit()
{
	byte e;

	/* The kernel refuses before. */
	files == 0;
	lock_registry();
	e = 0;
	do
	:: e < OWNERS ->
		if
		:: ep[e].linked ->
			unlink(e);
			atomic {
				if
#ifdef LIST_DEAD
				:: true -> assert(!ep[e].listed); ep[e].listed = 1
#else
				:: !ep[e].dead -> assert(!ep[e].listed); ep[e].listed = 1
				:: else
#endif
				fi
			}
		:: else
		fi;
		e++
	:: e == OWNERS -> break
	od;
	unlock_registry();
	/* No watch is left that could queue the work once more. */
	queued = 1;
#ifndef NO_FLUSH
	!queued && !running;
#endif
#ifndef NO_BARRIER
	!(ep[0].waits && !ep[0].freed) && !(ep[1].waits && !ep[1].freed);
#endif
	/* Nothing is left: neither in the tables, nor memory. */
	assert(name == NOBODY);
	assert(ep[0].refs == 0 && ep[1].refs == 0);
	is_loaded = 0;
	done++
}

init {
	byte n;

	atomic {
		files = OWNERS + SENDERS;
		n = 0;
		do
		:: n < OWNERS -> run owner(n); n++
		:: n == OWNERS -> break
		od;
		n = 0;
		do
		:: n < SENDERS -> run sender(n); n++
		:: n == SENDERS -> break
		od;
		run module_exit()
	}
}
