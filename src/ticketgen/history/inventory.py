"""Judge the final inventory: it names the order that is charged for a seat, and nothing else."""

from __future__ import annotations

from ticketgen.findings.histories import CHARGE_WITHOUT_SEAT
from ticketgen.history.facts import Facts
from ticketgen.history.notes import Notes, name_seats

__all__ = ["judge_inventory"]


def judge_inventory(facts: Facts, notes: Notes) -> None:
    """Find seats about which inventory and ledger disagree; nothing without both."""
    if facts.ledger is None or "inventory" not in facts.reads:
        return
    charged = {
        (event, charge.seat): (order, charge.line)
        for (event, order), charges in facts.charges.items()
        for charge in charges
        if charge.voided_at is None
    }
    for (event, seat), (order, line) in charged.items():
        item = facts.items.get((event, seat))
        text = f"order {order} is charged for {name_seats(event, seat)}, which the inventory "
        if item is None:
            notes.note(CHARGE_WITHOUT_SEAT, text + "does not have", line)
        elif item[0] != order:
            notes.note(CHARGE_WITHOUT_SEAT, text + f"has for {item[0]}", line, item[1])
    for (event, seat), (order, line) in facts.items.items():
        if (event, seat) not in charged:
            text = f"the inventory has {name_seats(event, seat)} for order {order}, which is not charged"
            notes.note(CHARGE_WITHOUT_SEAT, text, line)
