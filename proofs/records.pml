/* After a loss, does a move copy the record of each key, and of the order that the buyer still has?
 *
 * A buyer bought a seat in Region A with a key; A was lost, and the buyer repeated the request with the same key in the
 * new home, C, which knew nothing of the first order. A returns, both orders are in the ledger, and the one of the lower
 * rank is voided. Now the event moves to D, and home_copy._remember writes the records of the last day's orders.
 * Either order may have the lower id, because the lost Region goes on selling while it is cut off.
 */
#include "common.pml"

#define IN_A 1
#define IN_C 2
byte record;                 /* the record of the key in D: an order */
bool done;

active proctype Copy() {
  byte first, second;
  if :: first = IN_A; second = IN_C :: first = IN_C; second = IN_A fi;   /* in the order of their ids */
  /* A batch has at most 25 records; one that has a key twice is refused, and the move with it. */
  if
  :: STEP("home_copy.py:_remember writes both records in one batch");
#ifdef OLD_EVERY_ORDER_IS_REMEMBERED
     goto refused
#else
     record = IN_C
#endif
  :: STEP("home_copy.py:_remember writes them in two batches");
#ifdef OLD_EVERY_ORDER_IS_REMEMBERED
     record = first; record = second
#else
     record = IN_C            /* winner of the orders with the key, voided ones left out */
#endif
  fi;
  HOLDS(A_REPEATED_KEY_GETS_THE_ORDER_THAT_IS_KEPT, record == IN_C);
  done = true;
refused:
  HOLDS(A_MOVE_CAN_BE_FINISHED, done);
  first = 0; second = 0
}
