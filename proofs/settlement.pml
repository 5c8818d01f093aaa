/* Is each seat that was sold twice after a loss left with one sale, and is each other sale refunded?
 *
 * Region A was lost and returns; the home is C. Sales 0 and 1 of a seat are written in A, before the loss or while it was
 * cut off, and sale 2 in C, if the seat is free there. The number of a sale is its rank: the epoch, then the sale id.
 * Each ledger entry and each inventory item of A arrives in C alone, at any time; of two items, either may be the later
 * write. Two runs of the corrector work at once, on whatever the verifier has found, and each may stop after any step.
 * In the end everything has arrived, the verifier finds all of it, and one more run ends.
 */
#include "common.pml"

#define SALES 3
#define NONE 3
bool in_a[SALES], in_c[SALES];    /* the ledgers */
byte item = NONE;                 /* the inventory in C: whose the seat is */
bool item_came[SALES];
bool voided[SALES];               /* in C */
mtype = { nothing, pending, published, withdrawn };
mtype refund[SALES] = nothing;
bool returned;                    /* A answers */
byte over;                        /* runs that have ended */
byte s;                           /* of a loop inside an atomic step */

inline audit(which) {
  STEP("oversell_corrector.py:_audit_refund");
  if
  :: refund[which] == nothing || refund[which] == withdrawn -> refund[which] = pending
  :: else
  fi
}

proctype Correct(bool last) {
  bool found[SALES], dead[SALES], lost[SALES];
  byte seen, keeper, tries, sale;
again:
  atomic {
    STEP("ledger.py:read_seat");
    seen = item;
    for (s : 0 .. SALES - 1) {
      /* a hint of the verifier, or the sale of the item */
      if
      :: in_c[s] -> found[s] = true
      :: !in_c[s] && in_a[s] && returned -> found[s] = true
      :: !in_c[s] && in_a[s] && !returned && seen == s -> STEP("settlement.py:settlement waits for a Region"); goto end_
      :: !(seen == s) && !last -> found[s] = false    /* no hint */
      :: !in_a[s] && !in_c[s] -> found[s] = false
      fi;
      dead[s] = voided[s]
    };
    keeper = NONE;
    for (s : 0 .. SALES - 1) {
#ifdef WITHOUT_THE_RULE_OF_THE_LEDGER
      if :: found[s] && !dead[s] && (keeper == NONE || s == seen) -> keeper = s :: else fi     /* the item decides */
#else
      if :: found[s] && !dead[s] -> keeper = s :: else fi     /* ledger.winner */
#endif
    };
    for (s : 0 .. SALES - 1) { lost[s] = found[s] && !dead[s] && s != keeper };
    STEP("ledger.py:winner");
    s = 0
  };
  atomic {
    if
    :: keeper == NONE && seen == NONE -> goto refunds
    :: keeper == NONE && seen != NONE ->
       if
       :: item == seen ->
          STEP("settlement.py:_removal is executed");
          HOLDS(A_SOLD_SEAT_STAYS_TAKEN, voided[seen] || !(in_a[seen] || in_c[seen])); item = NONE
       :: else
       fi;
       goto refunds
    :: keeper != NONE && seen == keeper && !lost[0] && !lost[1] && !lost[2] -> goto refunds
    :: else -> for (s : 0 .. SALES - 1) { if :: lost[s] -> audit(s) :: else fi }; s = 0
    fi
  };
  if :: !last -> goto end_ :: true fi;
  atomic {
#ifdef WITHOUT_THE_RULE_OF_THE_LEDGER
#define KEEPS true
#else
#define KEEPS !voided[keeper]
#endif
    if
    :: KEEPS && !(lost[0] && voided[0]) && !(lost[1] && voided[1]) && !(lost[2] && voided[2]) && (item == NONE || item == seen || found[item]) ->
       STEP("settlement.py:settlement is executed");
       item = keeper;
       for (s : 0 .. SALES - 1) { if :: lost[s] -> voided[s] = true; dead[s] = true :: else fi };
       s = 0;
       HOLDS(LOSS_IS_SETTLED, (in_a[0] && !voided[0]) || (in_a[1] && !voided[1]) || (in_c[2] && !voided[2]))
    :: else ->
       STEP("settlement.py:settlement is refused");
       tries++; if :: tries < 2 -> goto again :: tries == 2 -> goto end_ fi
    fi
  };
refunds:
  for (sale : 0 .. SALES - 1) {
    if
    :: found[sale] && dead[sale] -> atomic { audit(sale) };
       atomic {
         if
         :: refund[sale] == pending ->
            STEP("oversell_corrector.py:_refund sends the refund");
            HOLDS(ONLY_A_VOIDED_SALE_IS_REFUNDED, voided[sale]); refund[sale] = published
         :: else
         fi
       }
    :: found[sale] && !dead[sale] ->
       atomic { if :: refund[sale] == pending -> STEP("corrections.py:set_refund to withdrawn"); refund[sale] = withdrawn :: else fi }
    :: else
    fi;
    if :: !last -> goto end_ :: true fi
  };
end_:
  atomic {
    over++; seen = 0; keeper = 0; tries = 0; sale = 0;
    found[0] = false; found[1] = false; found[2] = false; dead[0] = false; dead[1] = false; dead[2] = false;
    lost[0] = false; lost[1] = false; lost[2] = false
  }
}

proctype World() {
  /* what A sold: nothing, one of the two sales, or both */
  atomic { if :: in_a[0] = true :: true fi; if :: in_a[1] = true :: true fi };
  do
  :: atomic { !returned -> STEP("the lost Region returns"); returned = true }
  :: atomic { in_a[0] && returned && !in_c[0] -> STEP("a ledger entry arrives"); in_c[0] = true }
  :: atomic { in_a[1] && returned && !in_c[1] -> STEP("a ledger entry arrives"); in_c[1] = true }
  :: atomic { in_a[0] && !item_came[0] -> STEP("an inventory item arrives"); item_came[0] = true; if :: item = 0 :: item != NONE fi }
  :: atomic { in_a[1] && !item_came[1] -> STEP("an inventory item arrives"); item_came[1] = true; if :: item = 1 :: item != NONE fi }
  :: atomic { item == NONE && !in_c[2] && over == 0 -> STEP("sale.py:purchase_steps is executed"); in_c[2] = true; item = 2 }
  :: returned && in_c[0] == in_a[0] && in_c[1] == in_a[1] && item_came[0] == in_a[0] && item_came[1] == in_a[1] && over == 2 -> break
  od;
  run Correct(true);
  over == 3;
  if
  :: in_a[0] || in_a[1] || in_c[2] ->
     HOLDS(LOSS_IS_SETTLED, (in_c[0] && !voided[0]) + (in_c[1] && !voided[1]) + (in_c[2] && !voided[2]) == 1 && item != NONE && !voided[item]);
     HOLDS(A_201_IS_KEPT_OR_REFUNDED, (!voided[0] || refund[0] == published) && (!voided[1] || refund[1] == published) && (!voided[2] || refund[2] == published))
  :: else
  fi
}

init { atomic { run World(); run Correct(false); run Correct(false) } }
