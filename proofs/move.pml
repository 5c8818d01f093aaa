/* Does a planned move sell no seat twice, keep each order, and keep a closed event closed?
 *
 * An event moves from Region A to Region C. Two runs of the script and one that cancels work at once, and each may stop
 * after any step. Purchases begin in any Region and at any time: with KEYS, two with one key, for different seats; with
 * SEATS, two buyers for one seat. Without either, somebody closes the event. Each item of the event is replicated
 * alone, and later writes replace earlier ones.
 *
 * A purchase that has read the event is executed at any later time, or never, but not after the quiet time: the
 * lease, the timeout of the function and the skew, which console.py has as quiet_seconds. A script that is slow stands
 * for its calls that are executed late: they have no bound.
 */
#include "common.pml"

#define A 0
#define C 1
#define RUNS 3

/* Epoch 1 and its state, which are written in A; what C has of them. */
byte changed, moving, c_moving;   /* moving: the id of the move, 0 without one */
bool closed, next, c_next;        /* next: epoch 2 is there, with its home in C */
bool closed_in_2;                 /* the state with which epoch 2 begins */

bool sold[4];                     /* the inventory and the ledger: Region * 2 + seat */
bool bought[2];                   /* the record of the key of purchases 0 and 1, by Region */
byte sales[2];                    /* by seat */
byte orders;                      /* of that key */
bool running[RUNS];               /* purchases that have read an event which is on sale */

#define KEY(n) (n < 2)
#define SEAT(n) (n == 1)

proctype Purchase(byte n) {
  byte home;
  atomic {
    STEP("events.py:get reads the event, consistently, from the Region's replica");
    if
    :: moving == 0 && !next && !closed -> home = A
    :: next && !closed_in_2 -> home = C
    :: c_moving == 0 && !c_next -> home = A
    :: c_next && !closed_in_2 -> home = C
    :: true -> goto end_      /* 503: the event is moving; or there is no such request */
    fi;
    running[n] = true
  }
  atomic {
    running[n] = false;
    if
    :: KEY(n) && bought[home] -> STEP("ticket_purchase.py:_purchase answers from the record")
    :: !(KEY(n) && bought[home]) && sold[home * 2 + SEAT(n)] -> STEP("attempts.py:_refuse answers 409")
    :: !(KEY(n) && bought[home]) && !sold[home * 2 + SEAT(n)] ->
       STEP("sale.py:purchase_steps is executed");
       sold[home * 2 + SEAT(n)] = true; sales[SEAT(n)]++;
       HOLDS(NO_SEAT_SOLD_TWICE_WITHOUT_LOSS, sales[SEAT(n)] == 1);
       if
       :: KEY(n) -> bought[home] = true; orders++; HOLDS(ONE_ORDER_PER_KEY, orders == 1)
       :: else
       fi
    :: true -> STEP("dynamo.py:transact is never executed")
    fi
  }
end_:
  skip
}

/* event_replicas.find reads the home, and only once the home has the newest epoch. */
#define FOUND (!next || c_next)

proctype Move(byte run_id) {
  byte seen, id;
  bool was_closed;
  bool wait[RUNS];
  atomic {
    FOUND; STEP("event_replicas.py:find");
    if :: next -> goto end_ :: else fi;
    seen = changed; id = moving; was_closed = closed
  }
  if :: true :: goto end_ fi;
  atomic {
    if
    :: id != 0 -> STEP("moves.py:stop_sales resumes a move")
    :: id == 0 && changed == seen && !next ->
       STEP("event_steps.py:announce"); id = run_id; moving = id; changed++; seen = changed
    :: else -> goto end_
    fi
  }
  if :: true :: goto end_ fi;
#ifndef WITHOUT_WAITING_FOR_REPLICAS
  if :: c_next || c_moving == id :: true -> goto end_ /* the deadline */ fi;
#endif
  atomic {
    STEP("event_replicas.py:wait_until every Region has seen the move");
    wait[0] = running[0]; wait[1] = running[1]; wait[2] = running[2]
  }
  atomic {
    FOUND; STEP("moves.py:stop_sales");
    if :: next || moving != id -> goto end_ :: else fi;
    seen = changed
#ifndef OLD_MOVE_REOPENS_A_CLOSED_EVENT
    ; was_closed = closed
#endif
  }
#ifndef LIMIT_NO_QUIET_TIME
  atomic { !(wait[0] && running[0]) && !(wait[1] && running[1]) && !(wait[2] && running[2]) -> wait[0] = false; wait[1] = false; wait[2] = false }
#endif
  atomic {
    STEP("home_copy.py:complete");
    sold[2] = sold[2] || sold[0]; sold[3] = sold[3] || sold[1]
#ifndef OLD_RECORDS_STAY_BEHIND
    ; STEP("home_copy.py:_remember"); bought[C] = bought[C] || bought[A]
#endif
  }
  do
  :: atomic {
#ifdef OLD_MOVE_REOPENS_A_CLOSED_EVENT
       if
       :: moving == id && !next ->
#else
       if
       :: changed == seen && !next ->
#endif
          STEP("event_steps.py:finish");
          next = true; closed_in_2 = was_closed; changed++;
          HOLDS(A_CLOSED_EVENT_STAYS_CLOSED, !closed || closed_in_2); break
       :: else -> STEP("event_steps.py:finish is refused")
       fi
     };
     atomic {
       FOUND; STEP("event_replicas.py:find");
       if :: next || moving != id -> break :: else -> seen = changed; was_closed = closed fi
     }
  :: goto end_
  od;
end_:
  atomic { seen = 0; id = 0; was_closed = false; wait[0] = false; wait[1] = false; wait[2] = false }
}

proctype Cancel() {
  byte seen;
  do
  :: atomic {
#ifdef OLD_CANCEL_READS_STALE_HOME
       STEP("moves.py:cancel_move reads the home without its epoch");
       if
       :: next && !c_next && c_moving != 0 ->   /* C decides, and has not received that it is the home */
          HOLDS(ONE_HOME_PER_EPOCH, false)      /* it writes: epoch 2, home A */
       :: next && !(!c_next && c_moving != 0) -> break
       :: else
       fi;
#endif
       FOUND; STEP("event_replicas.py:find");
       if :: next || moving == 0 -> break :: else -> seen = changed fi
     };
     atomic {
       if
       :: changed == seen && !next -> STEP("event_steps.py:cancel"); moving = 0; changed++; break
       :: else -> STEP("event_steps.py:cancel is refused")
       fi
     }
  :: break
  od;
  seen = 0
}

proctype Close() {
  byte seen;
  bool in_2;
  atomic { FOUND; STEP("event_replicas.py:find"); seen = changed; in_2 = next };
  atomic {
    if
    :: in_2 -> STEP("event_steps.py:change in the new home"); closed_in_2 = true
    :: !in_2 && changed == seen && !next -> STEP("event_steps.py:change in the old home"); closed = true; changed++
    :: else -> STEP("event_steps.py:change is refused")
    fi
  };
  atomic { seen = 0; in_2 = false }
}

/* The items arrive in C, each alone. What A has once epoch 2 is there makes no difference to C. */
proctype Replication() {
end_replication:
  do
  :: atomic { c_moving != moving -> c_moving = moving }
  :: atomic { next && !c_next -> c_next = true }
  od
}

init {
  atomic {
#ifdef KEYS
    run Purchase(0); run Purchase(1);
#elif defined(SEATS)
    run Purchase(0); run Purchase(2);
#else
    run Close();
#endif
    run Move(1); run Move(2); run Cancel(); run Replication()
  }
}
