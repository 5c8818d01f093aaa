/* Does a hold keep its seat for its buyer until the end that the buyer was told, and no longer than the buyer wants?
 *
 * One home Region and one seat. A buyer holds the seat, repeats the request with the same Idempotency-Key when the buyer
 * has given the first one up, and then buys with the hold or releases it. A rival holds or buys the seat. A call that
 * was given up is executed at any later time, or never. How a refusal becomes final is in purchase.pml.
 *
 * The clocks of the two machines differ by up to SKEW. Time passes at any moment, or stands still.
 */
#include "common.pml"

#define TICKS 5
#define SKEW 1
#define HOLD_SECONDS 2

#define NOBODY 0
#define OURS 1
#define RIVAL 2
byte now;
bool fast[2];                 /* the clocks of our machine and the rival's */
#define OUR_CLOCK (SKEW + now + fast[0] * SKEW)
#define RIVAL_CLOCK (SKEW + now + fast[1] * SKEW)

byte lock = NOBODY, lock_id, lock_end;
byte sold = NOBODY;
mtype = { none, holds, ended };
typedef Hold { mtype is = none; byte ends };
Hold hold[2];                 /* the record of the hold, by its id */
byte told_end;                /* the buyer was told that the hold ends then; 0: nothing was told */
bool released;
bool late[2];                 /* a call to hold may still be executed, by the id of the hold */
byte late_end[2];             /* with this end */

#ifdef OLD_HOLD_WITHOUT_KEY
#define ID(request) request   /* each request made a new id */
#else
#define ID(request) 0         /* the key makes the id */
#endif
#ifdef OLD_HOLD_ENDS_BY_ANY_CLOCK
#define ENDED(end, clock) (end < clock)
#else
#define ENDED(end, clock) (end < clock - SKEW)
#endif
#define FREE(who, id, clock) (lock == NOBODY || ENDED(lock_end, clock) || (lock == who && lock_id == id))

inline execute_hold(which, until) {
  STEP("sale.py:hold_steps is executed");
  HOLDS(A_RELEASED_HOLD_STAYS_RELEASED, !released);
  lock = OURS; lock_id = which; lock_end = until; hold[which].is = holds; hold[which].ends = until
}

#define VALID(id) (hold[id].is == holds && !ENDED(hold[id].ends, OUR_CLOCK))
#define CAN_HOLD(id) (sold == NOBODY && FREE(OURS, id, OUR_CLOCK) && hold[id].is == none)

proctype Buyer() {
  byte request;
  if :: fast[0] = true :: skip fi;
hold_it:
  atomic {
    if
    :: CAN_HOLD(ID(request)) ->
       execute_hold(ID(request), OUR_CLOCK + HOLD_SECONDS);
       STEP("ticket_purchase.py:_hold answers 201"); told_end = OUR_CLOCK + HOLD_SECONDS; goto have_it
    :: VALID(ID(request)) ->
       STEP("ticket_purchase.py:_hold answers 201 from the record"); told_end = hold[ID(request)].ends; goto have_it
    :: hold[ID(request)].is == holds && ENDED(hold[ID(request)].ends, OUR_CLOCK) ->
       STEP("ticket_purchase.py:_hold answers 409 hold-ended"); goto end_
    :: hold[ID(request)].is == none && sold == NOBODY && !FREE(OURS, ID(request), OUR_CLOCK) ->
       STEP("attempts.py:_taken answers 409 held");
       HOLDS(A_HOLD_DOES_NOT_REFUSE_ITS_OWN_BUYER, lock != OURS); goto end_
    :: hold[ID(request)].is == none && sold != NOBODY -> STEP("attempts.py:_taken answers 409 sold"); goto end_
    :: hold[ID(request)].is == none -> STEP("dynamo.py:transact gets no answer");
       late[ID(request)] = true; late_end[ID(request)] = OUR_CLOCK + HOLD_SECONDS;
       if :: request == 0 -> request = 1; goto hold_it :: true -> goto end_ fi
    fi
  };
have_it:
  if
  :: atomic {
       STEP("sale.py:purchase_steps with the hold is executed");
       if
       :: VALID(ID(request)) && sold == NOBODY && FREE(OURS, ID(request), OUR_CLOCK) ->
          HOLDS(NO_SEAT_SOLD_TWICE_WITHOUT_LOSS, sold == NOBODY);
          sold = OURS; lock = NOBODY; lock_end = 0; hold[ID(request)].is = ended
       :: else -> HOLDS(A_HOLD_LASTS_UNTIL_ITS_END, told_end < OUR_CLOCK)
       fi
     }
  :: atomic {
       hold[ID(request)].is == holds -> STEP("sale.py:release_steps is executed");
       if :: lock == OURS && lock_id == ID(request) -> lock = NOBODY; lock_end = 0 :: else fi;
#ifdef OLD_RELEASE_FORGETS_THE_HOLD
       hold[ID(request)].is = none;
#else
       hold[ID(request)].is = ended;
#endif
       released = true; told_end = 0
     }
  :: true
  fi;
end_:
  skip
}

#define RIVAL_CAN (sold == NOBODY && FREE(RIVAL, 0, RIVAL_CLOCK))
inline take() { HOLDS(A_HOLD_LASTS_UNTIL_ITS_END, lock != OURS || lock_end < OUR_CLOCK) }

proctype Rival() {
  if :: fast[1] = true :: skip fi;
end_rival:
  do
  :: atomic { RIVAL_CAN -> STEP("sale.py:hold_steps by the rival"); take(); lock = RIVAL; lock_end = RIVAL_CLOCK + HOLD_SECONDS }
  :: atomic { RIVAL_CAN -> STEP("sale.py:purchase_steps by the rival"); take(); sold = RIVAL; lock = NOBODY; lock_end = 0 }
  :: atomic { lock == RIVAL -> STEP("sale.py:release_steps by the rival"); lock = NOBODY; lock_end = 0 }
  od
}

proctype Network() {
end_network:
  do
  :: atomic { late[0] -> late[0] = false; if :: CAN_HOLD(0) -> execute_hold(0, late_end[0]) :: else fi; late_end[0] = 0 }
#ifdef OLD_HOLD_WITHOUT_KEY
  :: atomic { late[1] -> late[1] = false; if :: CAN_HOLD(1) -> execute_hold(1, late_end[1]) :: else fi; late_end[1] = 0 }
#endif
  od
}

proctype Clock() {
  do :: now < TICKS -> now++ :: now == TICKS -> break od
}

init { atomic { run Buyer(); run Rival(); run Network(); run Clock() } }
