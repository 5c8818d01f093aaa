/* Does a buyer with several tabs never hold and have more seats than the event allows, and always as many?
 *
 * One buyer, whose limit is one order. The buyer's item counts what was bought, and lists the holds with their ends. One
 * tab holds and buys, one only holds, and one buys at once. Each reads the item, and then makes a transaction on the
 * condition that the item is as it was read. A call that was given up is executed at any later time, or never.
 * DynamoDB's TTL deletes an item that counts nothing. The conditions on seats are in purchase.pml and hold.pml.
 *
 * The clocks of the tabs' machines differ by up to SKEW. Time passes at any moment, or stands still.
 */
#include "common.pml"

#define TICKS 4
#define SKEW 1
#define HOLD_SECONDS 2

byte now;
bool fast[3];                 /* the clocks of the tabs' machines */
#define CLOCK(tab) (SKEW + now + fast[tab] * SKEW)
#define FASTEST (SKEW + now + SKEW)
#define SLOWEST (SKEW + now)

typedef Item { bool there; byte version; byte bought; byte ends[2] };   /* ends: of the hold of each tab, 0: none */
Item item;
byte versions;                /* how many versions there were */
byte record[2];               /* the holds by their own records: their ends, 0 if they were bought or never made */
byte sales;                   /* in the ledger */

typedef Call { bool late; bool buys; byte version; bool there; byte bought; byte ends[2]; byte clock; byte until };
Call call[3];
bool done[3];                 /* the record of each tab's hold and purchase */
bool bought_by[3];

#define COUNTS(end, clock) (end > 0 && end >= clock - SKEW)
#ifdef WITHOUT_ENDS
#define LISTED(end, clock) (end > 0)
#else
#define LISTED(end, clock) COUNTS(end, clock)
#endif
/* What the buyer surely has: by the fastest clock, the holds whose ends were told. */
#define HAS (sales + (record[0] > 0 && record[0] >= FASTEST) + (record[1] > 0 && record[1] >= FASTEST))
#ifdef WITHOUT_A_CONDITION_ON_THE_ITEM
#define AS_READ(tab) true
#else
#define AS_READ(tab) (item.there == call[tab].there && (!item.there || item.version == call[tab].version))
#endif
#ifdef LIMIT_VERSIONS_COUNT_UP
#define NEXT_VERSION (item.there -> item.version + 1 : 1)
#else
#define NEXT_VERSION (versions + 1)     /* random: never the same again */
#endif

/* Read the item, and build the transaction: a hold, or a purchase of the tab's own hold, or of other seats. */
inline read(tab, purchase) {
  STEP("buyer_seats.py:read");
  call[tab].there = item.there; call[tab].version = item.version; call[tab].buys = purchase;
  call[tab].clock = CLOCK(tab); call[tab].until = CLOCK(tab) + HOLD_SECONDS;
  call[tab].bought = item.bought;
  call[tab].ends[0] = (item.there && LISTED(item.ends[0], CLOCK(tab)) -> item.ends[0] : 0);
  call[tab].ends[1] = (item.there && LISTED(item.ends[1], CLOCK(tab)) -> item.ends[1] : 0)
}
#define OTHERS(tab) (call[tab].bought + (tab != 0 && call[tab].ends[0] > 0) + (tab != 1 && call[tab].ends[1] > 0))
#define OWN(tab) (tab < 2 && call[tab].ends[tab % 2] > 0)
#ifdef WITHOUT_FITTING_IN_AGAIN
#define FITS(tab) (OTHERS(tab) == 0 || (call[tab].buys && tab < 2))
#else
#define FITS(tab) (OTHERS(tab) == 0 || (call[tab].buys && OWN(tab)))
#endif
#define CAN(tab) (AS_READ(tab) && (call[tab].buys -> !bought_by[tab] && (tab == 2 || COUNTS(record[tab % 2], call[tab].clock)) : !done[tab]))

inline forget(tab) {              /* so that states that differ in it only are one */
  call[tab].there = false; call[tab].version = 0; call[tab].buys = false; call[tab].clock = 0; call[tab].until = 0;
  call[tab].bought = 0; call[tab].ends[0] = 0; call[tab].ends[1] = 0
}

inline execute(tab) {
  item.version = NEXT_VERSION; versions++; item.there = true;
  item.ends[0] = call[tab].ends[0]; item.ends[1] = call[tab].ends[1]; item.bought = call[tab].bought;
  if
  :: call[tab].buys ->
     STEP("buyer_seats.py:buy is executed");
     item.bought++; sales++; bought_by[tab] = true;
     if :: tab < 2 -> item.ends[tab % 2] = 0; record[tab % 2] = 0 :: else fi
  :: else ->
     STEP("buyer_seats.py:hold is executed");
     item.ends[tab % 2] = call[tab].until; record[tab % 2] = call[tab].until; done[tab] = true
  fi;
  HOLDS(A_BUYER_STAYS_WITHIN_THE_LIMIT, HAS <= 1);
  forget(tab)
}

/* Tab 0 holds and buys what it holds, tab 1 only holds, and tab 2 buys at once. */
proctype Tab(byte tab) {
  bool purchase = tab == 2;
  if :: fast[tab] = true :: skip fi;
ask:
  atomic { read(tab, purchase) };
  if
  :: atomic {
       !FITS(tab) -> STEP("ticket_purchase.py:_counted answers 409 buyer-limit");
       HOLDS(WHAT_HAS_ENDED_LEAVES_ROOM,
         call[tab].bought > 0 || COUNTS(call[tab].ends[0], call[tab].clock) || COUNTS(call[tab].ends[1], call[tab].clock));
       forget(tab)
     }
  :: atomic { FITS(tab) && CAN(tab) -> execute(tab) }
  :: atomic { FITS(tab) && !AS_READ(tab) -> STEP("attempts.py:carry_out counts again"); goto ask }
  :: atomic { FITS(tab) && AS_READ(tab) && !CAN(tab) -> STEP("attempts.py:_taken answers 409 hold-ended"); forget(tab) }
  :: atomic { FITS(tab) -> STEP("dynamo.py:transact gets no answer"); call[tab].late = true }
  fi;
  if
  :: tab == 0 && !purchase && done[0] && !call[0].late -> purchase = true; goto ask
  :: else
  fi
}

proctype Network() {
  byte tab;
end_network:
  do
  :: atomic {
       if :: call[0].late -> tab = 0 :: call[1].late -> tab = 1 :: call[2].late -> tab = 2 fi;
       call[tab].late = false;
       if :: CAN(tab) -> execute(tab) :: else -> forget(tab) fi;
       tab = 0
     }
  :: atomic {
       item.there && item.bought == 0 && !COUNTS(item.ends[0], SLOWEST) && !COUNTS(item.ends[1], SLOWEST) ->
       item.there = false; item.version = 0; item.bought = 0; item.ends[0] = 0; item.ends[1] = 0
     }
  od
}

proctype Clock() {
  do :: now < TICKS -> now++ :: now == TICKS -> break od
}

init { atomic { run Tab(0); run Tab(1); run Tab(2); run Network(); run Clock() } }
