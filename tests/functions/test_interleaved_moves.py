"""Exhaustive tests of an event that moves, while it is sold, closed, or not there: see `test_interleavings`.

Each replicated item travels by itself, and arrives at any moment or only after everything else.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from interleaved_move import Move
from interleaved_sale import FEW, SOME_OR_ALL, A, B, Choose, TwoRegions, everything
from interleavings import Action


@SOME_OR_ALL
def test_a_planned_move_sells_nothing_twice(regions: TwoRegions, faults: int, runs: int | None) -> None:
    def run(choose: Choose) -> None:
        move = Move(regions, choose, faults)
        move.moves()
        move.sale.buys("ann", A, "A-1")
        move.sale.run.go()
        move.settle()
        move.sell_and_check(B)

    everything(run, runs)


@pytest.mark.parametrize(("quiet", "sold"), [(5 + 2 + 2, 2), (22, 1)], ids=["lease+call+skew", "whole"])
def test_a_move_waits_for_a_process_that_pauses_before_its_call(
    regions: TwoRegions, quiet: float, sold: int
) -> None:
    """A process may pause between its clock check and its call, so a move waits for a function's timeout."""

    def ann_pauses(actions: Sequence[Action]) -> Action:
        def rank(action: Action) -> tuple[bool, int]:
            paused = action.program == "ann" and action.subject.startswith("TransactWriteItems")
            return paused, ("call", "deliver", "time").index(action.what)

        return min(actions, key=rank)

    move = Move(regions, ann_pauses, quiet=quiet)
    move.sale.buys("ann", A, "A-1")
    move.moves(patience="60")
    move.sale.run.go()
    move.then(("call", "time", "deliver"), lambda: move.sale.buys("leo", B, "A-1"))
    move.deliver()
    live = move.sale.world.live_sales(move.sale.event_id)
    assert len(live["A-1"]) == sold, move.sale.run.trace


@SOME_OR_ALL
def test_a_move_that_is_cancelled_while_it_is_finished_has_one_home(
    regions: TwoRegions, faults: int, runs: int | None
) -> None:
    homes = set()

    def run(choose: Choose) -> None:
        move = Move(regions, choose, faults)
        moved, cancelled = move.moves(), move.cancels()
        move.sale.run.go()
        home = move.settle(may_stay=True)
        homes.add(home)
        if moved == [0]:
            assert home == B, move.sale.run.trace
        elif cancelled == [0]:
            assert home == A, move.sale.run.trace
        move.sell_and_check(home)

    everything(run, runs)
    assert homes == {A, B} or runs == FEW


@SOME_OR_ALL
def test_an_event_that_is_closed_while_it_moves_stays_closed(
    regions: TwoRegions, faults: int, runs: int | None
) -> None:
    closings = set()

    def run(choose: Choose) -> None:
        move = Move(regions, choose, faults)
        move.moves()
        closed = move.spawn("closer", "event", "close", move.sale.event_id)
        move.sale.run.go()
        move.settle()
        closings.add(tuple(closed))
        state = move.event(A).state
        if closed == [0]:
            assert state == "closed", move.sale.run.trace
        move.sell_and_check(B)
        assert move.event(B).state == state, move.sale.run.trace
        assert (state == "closed") == (not move.sale.answers), move.sale.run.trace

    everything(run, runs)
    assert (0,) in closings or runs == FEW


@SOME_OR_ALL
def test_a_region_that_was_lost_while_it_gave_the_event_away_changes_nothing_when_it_heals(
    regions: TwoRegions, faults: int, runs: int | None
) -> None:
    """A is cut off from B's operator, goes on with its own move, or cancels it, and heals."""

    def run(choose: Choose) -> None:
        move = Move(regions, choose, faults)
        move.moves("mover in the lost Region")
        taken = move.moves("rescuer", A)
        move.sale.run.go()
        move.deliver()
        if taken == [0]:
            assert move.event(B).epoch >= 1_000_000, move.sale.run.trace
        if move.event(B).moving:
            move.then(("call", "deliver", "time"), lambda: move.moves("rescuer again", A))
            move.deliver()
        assert move.event(A) == move.event(B), move.sale.run.trace
        assert not move.event(A).moving
        home = move.event(A).home_region
        assert home == B, move.sale.run.trace
        move.sell_and_check(home)

    everything(run, runs)
