"""Judge a history: no seat sold twice, no answer taken back, no charge without a seat.

A judge takes the operations one by one, in any order, keeps what it needs of each, and gives its findings at the end.
It works on what is certain: an operation happened at some moment between its beginning and its end. A fault is reported
only if there is no order of these moments in which everything is right.

What a judge has to allow for: a Region may sell on old knowledge of an event for the quiet time; the clocks of the
machines that write `voided_at` and `expires_at` differ from that of the history; and after a move without waiting for a
lost home, seats may be sold twice until the loser is refunded.
"""

from __future__ import annotations

from ticketgen.findings import Finding, FindingKind
from ticketgen.history.allowances import Allowances
from ticketgen.history.buyers import judge_buyers
from ticketgen.history.charges import judge_charges, judge_refunds
from ticketgen.history.closes import judge_late_holds
from ticketgen.history.collecting import Collector
from ticketgen.history.completeness import judge_completeness
from ticketgen.history.facts import Facts
from ticketgen.history.holds import judge_holds
from ticketgen.history.inventory import judge_inventory
from ticketgen.history.keys import judge_keys
from ticketgen.history.line_model import HistoryLine
from ticketgen.history.notes import Notes
from ticketgen.history.seats import judge_seats

__all__ = ["Judge"]


class Judge:
    """Takes the operations of a history, and finds what is wrong.

    Args:
        file: its name in findings.
        allowances: what is not held against the system.
    """

    def __init__(self, file: str, allowances: Allowances) -> None:
        self._facts, self._notes = Facts(allowances), Notes(file)
        self._collector = Collector(self._facts, self._notes)

    @property
    def operations(self) -> int:
        """The number of operations so far, without the lines of ledger and inventory."""
        return self._collector.operations

    @property
    def entries(self) -> int:
        """The number of the ledger's entries so far."""
        return self._collector.entries

    def add(self, line: int, operation: HistoryLine) -> None:
        """Take the operation of a line, counted from 1."""
        self._collector.add(line, operation)

    def note(self, kind: FindingKind, message: str, line: int) -> None:
        """Note that a line cannot be taken."""
        self._notes.note(kind, message, line)

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, after the last operation."""
        facts, notes = self._facts, self._notes
        judge_completeness(facts, notes, self._collector)
        facts.settle(self._collector.entries)
        judge_keys(facts, notes)
        judge_charges(facts, notes)
        judge_seats(facts, notes)
        judge_late_holds(facts, notes)
        judge_holds(facts, notes)
        judge_buyers(facts, notes)
        judge_inventory(facts, notes)
        judge_refunds(facts, notes)
        return notes.findings()
