/* After a Region is lost, does one new home remain, whatever happens at once and when the lost Region returns?
 *
 * The home of an event, Region A, is lost: nobody reaches it, but its own moves of the event go on. Two people take the
 * event over at the same time, one to Region C and one to D, each of whom runs the script up to twice, and a third
 * cancels. Each item of the event is replicated alone. Region A returns at any time, and then everything that was
 * written there arrives.
 *
 * The takeovers name only A as lost. Whoever names the other new home as lost too, as in a network that is split in
 * two halves with an operator in each, makes two homes: of these, the greater key remains.
 */
#include "common.pml"

#define C 0
#define D 1
#define OTHER(x) (1 - x)
/* The key of an epoch or a takeover: its number, then its Region. A reaches 1..3 by itself. */
#define KEY(number, region) (number * 4 + 1 + region)
#define NUMBER(key) (key / 4)
#define A_KEY(number) (number * 4)
#ifdef OLD_TAKEOVER_TAKES_THE_NEXT_NUMBER
#define NEXT(number) (number + 1)
#define MOST 5
#else
#define NEXT(number) ((number / 4 + 1) * 4)       /* MOVES_PER_TAKEOVER is 4 here */
#define MOST 8
#endif

byte takeover[2], epoch[2];       /* keys that are written in C and in D, 0: none */
bool withdrawn[2];
byte shown_takeover[2], shown_epoch[2];  /* what the other of both has received of them */
bool shown_withdrawn[2];
byte a_epoch = 1, a_shown[2] = 1; /* the number of A's newest epoch; and what C and D have received of it */
bool healed;
#ifdef OLD_EPOCHS_IN_ONE_ITEM
bool a_later;                     /* A wrote the item after it was taken over */
#endif

/* What Region x shows. */
#define MAX(a, b) (a > b -> a : b)
#define HERE_T(x, owner) (x == owner -> takeover[owner] : shown_takeover[owner])
#define HERE_E(x, owner) (x == owner -> epoch[owner] : shown_epoch[owner])
#define HERE_W(x, owner) (x == owner -> withdrawn[owner] : shown_withdrawn[owner])
#ifdef OLD_EPOCHS_IN_ONE_ITEM
#define NEWEST(x) ((healed && a_later) -> A_KEY(a_shown[x]) : MAX(A_KEY(a_shown[x]), MAX(HERE_E(x, C), HERE_E(x, D))))
#else
#define NEWEST(x) MAX(A_KEY(a_shown[x]), MAX(HERE_E(x, C), HERE_E(x, D)))
#endif
#define AHEAD(x, owner) (HERE_T(x, owner) > NEWEST(x) && !HERE_W(x, owner))
#define BY_A(key) (key % 4 == 0)

/* event_replicas.find asks every Region, and returns what one of those shows that know the newest epoch. */
#define READ_NEWEST(view) if :: NEWEST(C) >= NEWEST(D) -> view = C :: NEWEST(D) >= NEWEST(C) -> view = D fi

proctype Take(byte x) {
  byte tries, from, mine, number, view;
again:
  tries++;
  atomic {
    READ_NEWEST(view);
    STEP("event_replicas.py:find");
    from = NEWEST(view);
    if :: !BY_A(from) -> goto end_ :: else fi;         /* there is a new home: it is not lost */
#ifndef OLD_TAKEOVERS_DO_NOT_LOOK
    if :: AHEAD(view, OTHER(x)) -> STEP("moves.py:_refuse_rivals"); goto end_ :: else fi;
#endif
    mine = (AHEAD(view, x) -> HERE_T(view, x) : 0)
  };
  if :: true :: goto end_ fi;
  atomic {
    if
    :: mine != 0 -> STEP("moves.py:stop_sales resumes a takeover")
    :: mine == 0 ->
       number = MAX(NUMBER(NEWEST(x)), MAX(NUMBER(HERE_T(x, C)), NUMBER(HERE_T(x, D))));
       number = NEXT(MAX(NUMBER(from), number));
       if :: number > MOST -> goto end_ :: else fi;
       STEP("event_steps.py:announce_takeover");
       mine = KEY(number, x); number = 0; takeover[x] = mine; withdrawn[x] = false
    fi
  };
  if :: true :: goto end_ fi;
  if
  :: NEWEST(OTHER(x)) > from
  :: AHEAD(OTHER(x), x) && (HERE_T(OTHER(x), x) == mine || AHEAD(OTHER(x), OTHER(x)))
  :: true -> goto end_     /* the deadline */
  fi;
  atomic {
    STEP("event_replicas.py:wait_until every Region has seen the takeover");
    READ_NEWEST(view);
#ifndef OLD_TAKEOVERS_DO_NOT_LOOK
    if
    :: NEWEST(view) != from || AHEAD(view, OTHER(x)) || !(AHEAD(view, x) && HERE_T(view, x) == mine) ->
       STEP("moves.py:stop_sales gives up"); if :: tries < 2 -> goto again :: goto end_ fi
    :: else
    fi;
#endif
    STEP("moves.py:stop_sales")
  };
  if :: true :: goto end_ fi;
  atomic {
    if
    :: takeover[x] == mine && !withdrawn[x] && epoch[x] < mine ->
       STEP("event_steps.py:finish");
       epoch[x] = mine;
#ifdef OLD_EPOCHS_IN_ONE_ITEM
       a_later = false;
#endif
       HOLDS(ONE_HOME_PER_EPOCH, epoch[OTHER(x)] == 0)
    :: else -> STEP("event_steps.py:finish is refused"); if :: tries < 2 -> goto again :: goto end_ fi
    fi
  };
end_:
  atomic { tries = 0; from = 0; mine = 0; view = 0; number = 0 }
}

proctype Cancel() {
  byte x;
  atomic {
    if :: takeover[C] != 0 -> x = C :: takeover[D] != 0 -> x = D :: true -> goto end_ fi;
    if
    :: !withdrawn[x] && epoch[x] != takeover[x] -> STEP("event_steps.py:cancel"); withdrawn[x] = true
    :: else -> STEP("event_steps.py:cancel is refused")
    fi
  };
end_:
  x = 0
}

proctype LostRegion() {
  do
  :: atomic {
       a_epoch < 3 -> STEP("event_steps.py:finish in the lost Region"); a_epoch++
#ifdef OLD_EPOCHS_IN_ONE_ITEM
       ; a_later = true
#endif
     }
  :: break
  od;
  atomic { STEP("the lost Region returns"); healed = true }
}

#define STAYS(x) HOLDS(AFTER_A_LOSS_THE_NEW_HOME_STAYS, epoch[x] == 0 || !BY_A(NEWEST(x)))

proctype Replication() {
  byte x;
end_replication:
  do
  :: atomic { shown_takeover[C] != takeover[C] -> shown_takeover[C] = takeover[C]; shown_withdrawn[C] = false }
  :: atomic { shown_takeover[D] != takeover[D] -> shown_takeover[D] = takeover[D]; shown_withdrawn[D] = false }
  :: atomic { shown_takeover[C] == takeover[C] && !shown_withdrawn[C] && withdrawn[C] -> shown_withdrawn[C] = true }
  :: atomic { shown_takeover[D] == takeover[D] && !shown_withdrawn[D] && withdrawn[D] -> shown_withdrawn[D] = true }
  :: atomic { shown_epoch[C] != epoch[C] -> shown_epoch[C] = epoch[C] }
  :: atomic { shown_epoch[D] != epoch[D] -> shown_epoch[D] = epoch[D] }
  :: atomic { healed && a_shown[C] < a_epoch -> STEP("an epoch of the lost Region arrives in C"); a_shown[C] = a_epoch; STAYS(C) }
  :: atomic { healed && a_shown[D] < a_epoch -> STEP("an epoch of the lost Region arrives in D"); a_shown[D] = a_epoch; STAYS(D) }
  od
}

init { atomic { run Take(C); run Take(D); run Cancel(); run LostRegion(); run Replication() } }
