"""An event that moves from one Region to the other under the deterministic scheduler, and its operators."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from interleaved_sale import A, B, Choose, Sale, TwoRegions
from interleavings import INSTEAD, Action, Run
from rendered_functions import script

from events import Event

__all__ = ["Move"]

ONE_SECOND = "1"  # of patience: an operator runs the command again, here as in life


class Move:
    """An event that may move from A to B, and what people do meanwhile.

    Args:
        quiet: how long the scripts wait for sales in progress, in seconds.
    """

    def __init__(
        self, regions: TwoRegions, choose: Choose, faults: int = 0, *, quiet: float = 22, **event: Any
    ) -> None:
        # A call that is executed even later is a sale by a Region that is not the home: the verifier settles it.
        self.sale = Sale(regions, choose, faults, travels=True, late_seconds=10, **event)
        folder = regions.world.folder / f"quiet-{quiet}"
        folder.mkdir(exist_ok=True)
        facts = json.loads((regions.world.folder / "stack.json").read_text()) | {"quiet_seconds": quiet}
        (folder / "stack.json").write_text(json.dumps(facts))
        self._folder = folder

    def script(self, name: str, *arguments: str) -> int:
        """Run an operator's script on the event; return its exit code."""
        code: int = _script(name, self._folder).main([*arguments, "--apply"])
        return code

    def spawn(self, who: str, name: str, *arguments: str) -> list[int]:
        """Add an operator who runs a script once; the list gets its exit code, unless the script is killed."""
        codes: list[int] = []
        self.sale.run.spawn(who, lambda: codes.append(self.script(name, *arguments)))
        return codes

    def moves(self, who: str = "mover", *lost: str, patience: str = ONE_SECOND) -> list[int]:
        """Add an operator who moves the event to B."""
        told = [self.sale.event_id, "--to", B, "--patience", patience]
        return self.spawn(who, "move_home", *told, *(word for region in lost for word in ("--lost", region)))

    def cancels(self, who: str = "canceller") -> list[int]:
        """Add an operator who cancels the move."""
        return self.spawn(who, "move_home", self.sale.event_id, "--cancel")

    def deliver(self) -> None:
        """Let everything arrive that is in transit."""
        assert self.sale.replication is not None
        while self.sale.replication.deliver():
            pass

    def then(self, order: Sequence[str], begin: Callable[[], object]) -> None:
        """Another run, a minute later, without faults, in which such actions are taken in this order."""

        def choose(actions: Sequence[Action]) -> Action:
            return min((a for a in actions if a.what in order), key=lambda action: order.index(action.what))

        sale, before = self.sale, self.sale.run
        sale.run = Run(sale.event_id, sale.world.proxy.send, choose, sale.replication)
        sale.run.now, sale.run.trace = before.now + 60, before.trace
        begin()
        sale.run.go()

    def event(self, region: str) -> Event:
        """The event as a Region has it."""
        event = self.sale.world.event(region, self.sale.event_id)
        assert event is not None, self.sale.run.trace
        return event

    def settle(self, *, may_stay: bool = False) -> str:
        """Finish the move as an operator would, and return the home; if it may stay, cancel it."""
        attempts = 0
        while self.event(A).moving or not (may_stay or self.event(A).home_region == B):
            attempts += 1
            assert attempts < 5, "\n".join(self.sale.run.trace)
            self.deliver()
            again = self.cancels if may_stay else self.moves
            self.then(("call", "deliver", "time"), lambda: again(f"attempt {attempts}"))  # noqa: B023
        return self.event(A).home_region

    def sell_and_check(self, home: str) -> None:
        """Sell in both Regions at once, before anything arrives, which is the hardest case; then check everything."""
        self.then(("call", "time", "deliver"), lambda: self.sale.buys("liz", A, "A-1"))
        self.then(("call", "time", "deliver"), lambda: self.sale.buys("leo", B, "A-1", "A-2"))
        self.deliver()
        self.then(("call", "time", "deliver"), lambda: self.sale.buys("max", B, "A-3"))
        self.deliver()
        trace = "\n".join(self.sale.run.trace)
        assert self.event(A) == self.event(B), trace
        assert self.event(A).home_region == home, trace
        self.sale.check(home)


@functools.cache
def _script(name: str, folder: Path) -> Any:
    module = script(name, folder, INSTEAD)
    if name == "event":
        module.PATIENCE_SECONDS = float(ONE_SECOND)
    return module
