"""The faults of a rehearsal: an oversell, and a Region that is cut off for a while."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

from ticketgen.history.recorder import Recorder
from ticketgen.rehearsal.applied_stack import AppliedStack
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.rehearsal.sale import Buyers, SaleEvent
from ticketgen.rehearsal.scoreboard import Fault
from ticketgen.spec.model import Environment

__all__ = ["FaultInjector", "region_to_disconnect"]


class FaultInjector:
    """Injects faults during the sale and waits for their correction."""

    def __init__(
        self,
        aws: EmulatedAws,
        stack: AppliedStack,
        shows: Sequence[SaleEvent],
        cut_region: str,
        buyers: Buyers,
        seconds: float,
        opened: float,
        progress: Callable[[str], None],
        history: Recorder | None = None,
    ) -> None:
        self._history = history
        self._aws, self._stack, self._shows, self._cut_region = aws, stack, shows, cut_region
        self._buyers = buyers
        self._seconds, self._opened, self._progress = seconds, opened, progress
        self.planted: dict[str, float] = {}
        self.moments: list[Fault] = []

    def inject(self) -> None:
        """Plant an oversell at a quarter of the sale; cut off a Region from two fifths to two thirds."""
        self._wait_for_share(0.25)
        self._oversell()
        self._wait_for_share(0.4)
        self._aws.control(f"cut/{self._cut_region}")
        self._note(f"{self._cut_region} cut off")
        self._wait_for_share(0.66)
        self._aws.control(f"heal/{self._cut_region}")
        self._note(f"{self._cut_region} reconnected")

    def wait_for_corrections(self, seconds: float) -> list[float]:
        """Return the seconds until each planted oversell was voided; uncorrected ones are missing."""
        deadline = time.monotonic() + seconds
        caught: dict[str, float] = {}
        while time.monotonic() < deadline and len(caught) < len(self.planted):
            for region in self._stack.regions:
                for entry in self._stack.ledger_entries(region):
                    voided = entry.get("voids", {}).get("S", "")
                    if voided in self.planted and voided not in caught:
                        at = int(entry["voided_at"]["N"]) / 1000
                        caught[voided] = at - self.planted[voided]
            time.sleep(0.5)
        return list(caught.values())

    def _oversell(self) -> None:
        """Sell a sold seat again in another Region, as a lost home Region does when it returns."""
        show = self._shows[0]
        for _ in range(100):
            sold = [e for e in self._stack.ledger_entries(show.home) if e["event_id"]["S"] == show.event_id]
            if sold:
                break
            time.sleep(0.2)
        else:
            return
        other = _conflict_region(list(self._stack.regions), show.home, self._cut_region)
        entry = dict(sold[0])
        order = f"{int(time.time() * 1000):013d}-{os.urandom(8).hex()}"
        entry |= {
            "order_id": {"S": order},
            "sale_id": {"S": f"{order}-00"},
            "seats": {"L": [entry["seat_id"]]},
            "buyer": {"S": "planted"},
            "home_region": {"S": other},
            "sold_at": {"N": order[:13]},
            "idempotency_key": {"S": f"planted-{order}"},
        }
        if self._history:
            planted = {"kind": "planted", "event": show.event_id, "order_id": order}
            self._history.write([{**planted, "begin": self._history.now()}])
        self._stack.client("dynamodb", other).put_item(
            TableName=self._stack.tables["ticket-sales"], Item=entry
        )
        self.planted[entry["sale_id"]["S"]] = time.time()
        self._note(f"seat {entry['seat_id']['S']} sold again in {other}")

    def _wait_for_share(self, share: float) -> None:
        """Wait until this share of the time has passed or of the seats is sold; fast machines sell out early."""
        while max((time.monotonic() - self._opened) / self._seconds, self._buyers.share_sold()) < share:
            time.sleep(0.05)

    def _note(self, what: str) -> None:
        self.moments.append(Fault(round(time.monotonic() - self._opened, 1), what))
        self._progress(what)


def region_to_disconnect(environment: Environment) -> str:
    """Choose a Region without verification if there is one, else the secondary, else the primary."""
    hubs = {environment.primary_region, environment.secondary_region}
    others = [region for region in environment.regions if region not in hubs]
    return others[-1] if others else environment.secondary_region or environment.primary_region


def _conflict_region(regions: Sequence[str], home: str, cut_region: str) -> str:
    """Choose the Region of the conflicting sale: not the home and, if possible, not the one to cut off."""
    return min(regions, key=lambda region: (region == home, region == cut_region))
