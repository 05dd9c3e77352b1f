/* The hand-over between a feed's thread and the engine's: core/spsc_ring.hpp with
 * daemon/sinks/doorbell.hpp, step by step, on a machine that keeps each processor's stores back in a
 * buffer of its own (as x86 does; a release store leaves in its place behind the earlier ones, and a
 * seq_cst fence waits until the buffer is empty). Shown for every interleaving:
 *   - an item is taken whole, in order, and once: no slot is read while it is written, none is
 *     overwritten before it was taken;
 *   - nobody sleeps while an item waits: sleeping has no end by the clock here, so that a wake that is
 *     lost is a state without a way on.
 * Broken on purpose (-DNO_FENCE_RING, -DNO_FENCE_WAIT, -DNO_SECOND_LOOK, -DSTAMP_FIRST, -DHEAD_EARLY,
 * -DCLEAR_LATE) each must be found out; run.py asks for all.
 */
#define CAPACITY 4 /* a power of two */
#define STRIDE 2   /* the head is published whenever it has come so far, and when the ring is empty */
#define ITEMS 7    /* nearly twice around */

/* What is in memory. The two halves of a slot's payload are written and read one after the other. */
byte stamp[CAPACITY];
byte half_a[CAPACITY];
byte half_b[CAPACITY];
byte head_published;
bool sleeping;
bool stopping;
byte event_fd;

byte given, lost; /* pushed, and turned away because the ring was full */

/* Stores that have not reached memory yet: what, where, value. */
mtype = {to_stamp, to_half_a, to_half_b, to_head, to_sleeping, to_stopping};
chan producer_stores = [6] of {mtype, byte, byte};
chan consumer_stores = [4] of {mtype, byte, byte};

inline land(what, where, value) {
    if
    :: what == to_stamp -> stamp[where] = value
    :: what == to_half_a -> half_a[where] = value
    :: what == to_half_b -> half_b[where] = value
    :: what == to_head -> head_published = value
    :: what == to_sleeping -> sleeping = value
    :: what == to_stopping -> stopping = value
    fi
}

/* Each processor's buffer empties in its order, whenever it likes. */
active proctype memory() {
    mtype what;
    byte where, value;
end:
    do
    :: atomic { producer_stores ? what, where, value -> land(what, where, value) }
    :: atomic { consumer_stores ? what, where, value -> land(what, where, value) }
    od
}

#define producer_fence() empty(producer_stores)
#define consumer_fence() empty(consumer_stores)

/* Doorbell::ring. The exchange is a locked instruction: it waits for the buffer, too. */
inline ring() {
#ifndef NO_FENCE_RING
    producer_fence();
#endif
    if
    :: !sleeping
    :: sleeping ->
        atomic {
            producer_fence() ->
            if
            :: !sleeping
            :: sleeping -> sleeping = false; event_fd = 1
            fi
        }
    fi
}

active proctype producer() {
    byte tail = 0, head_seen = 0, offered = 0;
    bool pushed = false;
    do
    :: offered < ITEMS ->
        offered++;
        if /* has_room */
        :: tail - head_seen < CAPACITY
        :: else -> head_seen = head_published
        fi;
        if
        :: tail - head_seen < CAPACITY ->
#ifdef STAMP_FIRST
            producer_stores ! to_stamp, tail % CAPACITY, tail + 1;
#endif
            producer_stores ! to_half_a, tail % CAPACITY, tail + 1;
            producer_stores ! to_half_b, tail % CAPACITY, tail + 1;
#ifndef STAMP_FIRST
            producer_stores ! to_stamp, tail % CAPACITY, tail + 1;
#endif
            tail++;
            given++;
            pushed = true
        :: else -> lost++
        fi;
        if /* once a read of the socket, not once an item */
        :: skip
        :: pushed -> pushed = false; ring()
        fi
    :: offered == ITEMS -> break
    od;
    /* The stop: what was pushed before it is still taken. */
    producer_stores ! to_stopping, 0, true;
    ring()
}

active proctype consumer() {
    byte head = 0, a, b, published = 0;
    bool last, took;
    do
    :: last = stopping; /* read before the ring is */
        took = false;
        do /* SpscRing::pop */
        :: stamp[head % CAPACITY] == head + 1 ->
#ifdef HEAD_EARLY
            consumer_stores ! to_head, 0, head + 1;
            published = head + 1;
#endif
            a = half_a[head % CAPACITY];
            b = half_b[head % CAPACITY];
            assert(a == head + 1 && b == head + 1);
#ifndef CLEAR_LATE
            consumer_stores ! to_stamp, head % CAPACITY, 0;
#endif
            head++;
            took = true;
            if
            :: head % STRIDE == 0 && published != head -> consumer_stores ! to_head, 0, head; published = head
            :: else
            fi;
#ifdef CLEAR_LATE
            consumer_stores ! to_stamp, (head - 1) % CAPACITY, 0
#endif
        :: stamp[head % CAPACITY] != head + 1 -> break
        od;
        if
        :: published != head -> consumer_stores ! to_head, 0, head; published = head
        :: else
        fi;
        if
        :: last && !took -> break
        :: took
        :: !last && !took -> /* Doorbell::wait */
            consumer_stores ! to_sleeping, 0, true;
#ifndef NO_FENCE_WAIT
            consumer_fence();
#endif
            if
#ifndef NO_SECOND_LOOK
            :: stamp[head % CAPACITY] == head + 1 || stopping
            :: !(stamp[head % CAPACITY] == head + 1 || stopping) ->
#else
            :: true ->
#endif
                event_fd > 0; /* poll, and no time at which it ends */
                event_fd = 0
            fi;
            consumer_stores ! to_sleeping, 0, false
        fi
    od;
    assert(head == given && given + lost == ITEMS)
}
