/* Who steps the engine: daemon/engine_loop.cpp's turn with daemon/sinks/doorbell.hpp, step by step, on a
 * machine that keeps each processor's stores back in a buffer of its own (see ring.pml, which is about
 * the ring's slots; here the ring is two counts). Shown for every interleaving:
 *   - never do both threads have the turn, and whoever takes it sees all that the other did with it;
 *   - every item is taken, in passing by the producer or by the engine's thread: sleeping has no end by
 *     the clock here, so that an item that is forgotten is a state without a way on.
 * Broken on purpose (-DNO_FENCE_RING, -DNO_FENCE_WAIT, -DNO_SECOND_LOOK, -DTURN_FIRST, -DNO_TURN,
 * -DLEFT_UNTOLD) each must be found out; run.py asks for all.
 */
#define ITEMS 5
#define IN_PASSING 2 /* what the producer takes at most at once */

/* What is in memory. */
byte tail;          /* pushed */
byte head;          /* taken; belongs to whoever has the turn */
bool taken = true;  /* the turn is */
bool sleeping;
bool stopping;
byte event_fd;

byte in_turn = 1; /* how many believe that they have it */

mtype = {to_tail, to_head, to_taken, to_sleeping, to_stopping};
chan producer_stores = [4] of {mtype, byte};
chan engine_stores = [4] of {mtype, byte};

inline land(what, value) {
    if
    :: what == to_tail -> tail = value
    :: what == to_head -> head = value
    :: what == to_taken -> taken = value
    :: what == to_sleeping -> sleeping = value
    :: what == to_stopping -> stopping = value
    fi
}

active proctype memory() {
    mtype what;
    byte value;
end:
    do
    :: atomic { producer_stores ? what, value -> land(what, value) }
    :: atomic { engine_stores ? what, value -> land(what, value) }
    od
}

/* An exchange is a locked instruction: it waits for the buffer. */
inline exchange_taken(stores, old) {
    atomic { empty(stores) -> old = taken; taken = true }
}

/* Doorbell::ring, by the producer alone. */
inline ring() {
#ifndef NO_FENCE_RING
    empty(producer_stores);
#endif
    if
    :: !sleeping
    :: sleeping ->
        atomic {
            empty(producer_stores) ->
            if
            :: !sleeping
            :: sleeping -> sleeping = false; event_fd = 1
            fi
        }
    fi
}

active proctype producer() {
    byte pushed = 0, at, n;
    bool old;
    do
    :: pushed < ITEMS ->
        pushed++;
        producer_stores ! to_tail, pushed;
        if /* once a read of the socket, not once an item */
        :: pushed < ITEMS
        :: true -> /* EngineLoop::wake */
#ifdef NO_TURN
            empty(producer_stores);
            old = false;
#else
            exchange_taken(producer_stores, old);
#endif
            if
            :: old -> ring()
            :: !old ->
                in_turn++;
                assert(in_turn == 1);
                at = head;
                n = 0;
                do
                :: at < pushed && n < IN_PASSING -> at++; n++; producer_stores ! to_head, at
                :: else -> break
                od;
                in_turn--;
                producer_stores ! to_taken, false;
#ifndef LEFT_UNTOLD
                if
                :: n == IN_PASSING -> ring()
                :: else
                fi
#endif
            fi
        fi
    :: pushed == ITEMS -> break
    od;
    /* Nothing comes any more, and all is taken all the same. */
    head == ITEMS;
    producer_stores ! to_stopping, true;
    ring()
}

active proctype engine() {
    byte at = 0;
    bool last, took, old, given_away;
    do
    :: last = stopping; /* read before the ring is */
        took = false;
        do
        :: at < tail -> at++; took = true; engine_stores ! to_head, at
        :: at >= tail -> break
        od;
        if
        :: last && !took -> break /* with the turn */
        :: took
        :: !last && !took ->
            given_away = false;
#ifdef TURN_FIRST
            in_turn--;
            given_away = true;
            engine_stores ! to_taken, false;
#endif
            engine_stores ! to_sleeping, true;
#ifndef NO_FENCE_WAIT
            empty(engine_stores);
#endif
            if
#if !defined(NO_SECOND_LOOK) && !defined(TURN_FIRST)
            :: at < tail || stopping
            :: !(at < tail || stopping) ->
#else
            :: true ->
#endif
#ifndef TURN_FIRST
                in_turn--;
                given_away = true;
                engine_stores ! to_taken, false;
#endif
                event_fd > 0; /* poll, and no time at which it ends */
                event_fd = 0
            fi;
            engine_stores ! to_sleeping, false;
            if
            :: given_away ->
                do /* asks again; that has an end by the clock, so it needs no wake */
                :: exchange_taken(engine_stores, old);
                    if
                    :: old -> taken == false
                    :: !old -> break
                    fi
                od;
                in_turn++;
                assert(in_turn == 1);
                at = head
            :: !given_away
            fi
        fi
    od;
    assert(at == ITEMS)
}
