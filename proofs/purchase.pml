/* Does every answer to a purchase stay true, whenever a call that was given up is executed?
 *
 * One home Region. A buyer sends three requests with one Idempotency-Key, each when the buyer has an answer to the
 * request before, or has given it up. Other buyers hold the seat, and release it, at any time: so a call to sell that is
 * executed finds the seat free or taken. With TWO_BODIES, two requests may ask for two different seats.
 *
 * A call (a transaction that is sent to DynamoDB) is executed and answered; or it gets no answer, and is executed at
 * any later time or never. Then its function tries again, or ends with 503. There is no bound: the record of the
 * request has to make a refusal final, however late the call is executed.
 *
 * The machines' clocks differ by up to SKEW. Time passes at any moment, or stands still.
 */
#include "common.pml"

#ifdef TWO_BODIES
#define REQUESTS 2
#else
#define REQUESTS 3
#endif
#define TICKS 1
#define SKEW 1

/* The record of the request. It names a refusal by its request: 1 is that of request 0. */
#define NEVER 0
byte refusal = NEVER;
byte refused_at;
bool done;
byte order;                   /* the request that was carried out */

byte sales;

byte now;
typedef Request {
  bool second;                /* it asks for the second seat */
  bool begun;                 /* its function has begun */
  bool sale;                  /* a call to sell may still be executed, which names the refusal in the record */
  byte late_at                /* a call to refuse may still be executed, with this time, from 1 */
};
Request req[REQUESTS];
byte final;                   /* how many of the first requests were told that they are refused, or were given up before */

#define CLOCK (1 + now + fast * SKEW)

/* Calls that name another refusal than the record can never be executed any more. */
#define EVERY_REQUEST(does) does(0); does(1); does(REQUESTS - 1)
#define NO_SALE(n) req[n].sale = false
#define NO_REFUSAL(n) req[n].late_at = 0
inline forget_sales() { EVERY_REQUEST(NO_SALE) }
inline forget_all() { forget_sales(); EVERY_REQUEST(NO_REFUSAL); refused_at = 0; refusal = NEVER }

inline execute_sale(n) {
  STEP("sale.py:purchase_steps is executed");
  HOLDS(A_409_IS_FINAL, n >= final);
  sales++;
  HOLDS(ONE_ORDER_PER_KEY, sales == 1);
  done = true; order = n; forget_all()
}

#ifdef OLD_LATE_REFUSAL_REPLACES_NEWER
#define NEWER(at) true
#else
#define NEWER(at) (refusal == NEVER || refused_at < at)
#endif
inline execute_refusal(n, at) {
  STEP("sale.py:refusal_steps is executed");
  if
  :: !done && NEWER(at) -> refusal = n + 1; refused_at = at; forget_sales()
  :: else
  fi
}

inline tell_refused(n) {
  HOLDS(A_409_IS_FINAL, !(done && order <= n));
  if :: final < n + 1 -> final = n + 1 :: else fi
}

proctype Function(byte n) {
  byte named = NEVER, at, began;
  bool fast;                  /* its clock is ahead */

begin:
  atomic {
    if :: fast = true :: fast = false fi;
    began = CLOCK; req[n].begun = true;
#ifdef TWO_BODIES
    if :: req[n].second = true :: req[n].second = false fi;
#endif
    STEP("attempts.py:carry_out begins")
  }
try:
  atomic {
    if
    :: done -> goto replay
    :: !done && refusal == named -> execute_sale(n); goto carried_out
#ifdef OLD_REFUSAL_WITHOUT_RECORD
    :: !done -> STEP("ticket_purchase.py:_purchase answers 409"); tell_refused(n); goto end_
    :: !done && req[n].sale -> STEP("ticket_purchase.py:handler answers 409 busy"); tell_refused(n); goto end_
#else
    :: !done -> at = CLOCK; STEP("attempts.py:_refuse"); goto refuse
    :: !done && req[n].sale -> at = CLOCK; STEP("attempts.py:_refuse because DynamoDB was busy"); goto refuse
#endif
    :: !done && refusal != named ->
       if
       :: refused_at + SKEW >= began ->
#ifdef OLD_REPEATED_IS_NOT_WRITTEN
          STEP("attempts.py:carry_out answers 409 repeated"); tell_refused(n); goto end_
#else
          at = CLOCK; STEP("attempts.py:carry_out refuses what was refused a moment ago"); goto refuse
#endif
       :: else -> STEP("attempts.py:carry_out names the refusal that it has read"); named = refusal; goto try
       fi
    :: !done -> STEP("dynamo.py:transact gets no answer");
       if :: refusal == named -> req[n].sale = true :: else fi;
       if :: goto try :: goto unknown fi
    fi
  };
refuse:
  atomic {
    if
    :: done -> goto replay
    /* its ClientRequestToken is executed once */
    :: !done -> execute_refusal(n, at); req[n].late_at = 0; STEP("attempts.py:_refuse answers 409"); tell_refused(n); goto end_
    :: !done -> STEP("dynamo.py:transact gets no answer"); req[n].late_at = at; if :: goto refuse :: goto unknown fi
    fi
  };
replay:
  atomic {
    STEP("ticket_purchase.py:_purchase answers from the record");
    if
    :: req[order].second == req[n].second -> goto carried_out
    :: else -> goto end_     /* 422: the key was used for another request */
    fi
  };
carried_out:
  atomic {
    STEP("ticket_purchase.py:_purchase answers 201");
    HOLDS(A_201_IS_KEPT_OR_REFUNDED, done && req[order].second == req[n].second); goto end_
  };
unknown:
  STEP("ticket_purchase.py:handler answers 503");
end_:
  atomic { named = 0; at = 0; began = 0; fast = false }
}

active proctype Buyer() {
  byte n;
  do
  :: n < REQUESTS -> run Function(n);
#ifndef LIMIT_A_REQUEST_BEGINS_LATE
     req[n].begun;
#endif
     n++
  :: n == REQUESTS -> break
  od
}

active proctype Clock() {
  do
  :: now < TICKS -> now++
  :: now == TICKS -> break
  od
}

/* Execute calls that were given up. */
#define LATE(n) \
  :: atomic { req[n].sale && !done -> req[n].sale = false; if :: execute_sale(n) :: true /* the seat is taken */ fi } \
  :: atomic { req[n].late_at > 0 && !done -> execute_refusal(n, req[n].late_at); req[n].late_at = 0 }

active proctype Network() {
end_network:
  do
  LATE(0)
  LATE(1)
#if REQUESTS > 2
  LATE(2)
#endif
  od
}
