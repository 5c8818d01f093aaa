"""Judge whether a history is whole: whatever is missing in it was not judged."""

from __future__ import annotations

from ticketgen.findings.histories import INCOMPLETE_HISTORY
from ticketgen.history.collecting import Collector
from ticketgen.history.facts import Facts
from ticketgen.history.notes import Notes

__all__ = ["judge_completeness"]


def judge_completeness(facts: Facts, notes: Notes, collected: Collector) -> None:
    """Find a history without requests, or without all lines of its final ledger or inventory."""
    if not collected.asked:
        notes.note(INCOMPLETE_HISTORY, "the history has no hold and no purchase, so no sale was judged", 1)
    for kind, count in (("ledger", collected.entries), ("inventory", len(facts.items))):
        if kind in facts.reads:
            line, read = facts.reads[kind]
            if read.count != count:
                text = f"the {kind} had {read.count:,} lines, and the history has {count:,} of them"
                notes.note(INCOMPLETE_HISTORY, text, line)
        elif count or (kind == "ledger" and facts.allowances.ledger and collected.operations):
            text = f"the history has no line `{kind}`, so it does not say that its {kind} is whole"
            notes.note(INCOMPLETE_HISTORY, text, 1)
