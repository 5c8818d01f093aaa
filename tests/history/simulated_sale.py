"""A tiny sale that is right by construction, and its history.

Every request is decided at one moment. Its buyer learns of that later, or never: answers are lost, and calls that were
given up are decided late, unless the request was refused meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

__all__ = ["EVENT", "Line", "Sale", "simulate"]

Line = dict[str, Any]

EVENT = "gala"
SEATS = tuple(f"A-{number}" for number in range(1, 13))
BUYERS = ("ann", "bob", "cid")
HOLD_SECONDS = 12


@dataclass
class _Order:
    order_id: str
    buyer: str
    key: str
    prices: dict[str, int]
    voided: dict[str, float] = field(default_factory=dict)

    def receipt(self) -> Line:
        kept = {seat: price for seat, price in self.prices.items() if seat not in self.voided}
        seats = [{"seat_id": seat, "price": price} for seat, price in kept.items()]
        return {"order_id": self.order_id, "seats": seats, "total": sum(kept.values())}


@dataclass
class Sale:
    """The shop's own state, and the lines of the history so far."""

    chance: Random
    lines: list[Line] = field(default_factory=list)
    orders: dict[tuple[str, str], _Order] = field(default_factory=dict)
    owners: dict[str, _Order] = field(default_factory=dict)
    holds: dict[str, tuple[str, str, float]] = field(default_factory=dict)  # seat: hold, buyer, end
    asked: dict[tuple[str, str], tuple[tuple[str, ...], float]] = field(default_factory=dict)
    refused: dict[tuple[str, str], float] = field(default_factory=dict)
    late: list[tuple[float, float, tuple[str, str], tuple[str, ...]]] = field(default_factory=list)
    planned: list[tuple[float, tuple[str, str], tuple[str, ...], str]] = field(default_factory=list)
    closed: bool = False
    moves: bool = False
    number: int = 0

    def step(self, now: float) -> None:
        """Do one random thing at a moment."""
        for begun, due, who, seats in [*self.late]:
            if due <= now:
                self.late.remove((begun, due, who, seats))
                if self.refused.get(who, -1.0) < begun:  # a refusal is final for all requests before it
                    self._decide(who, seats, "", now)
        for due, who, seats, hold_id in [*self.planned]:
            if due <= now:
                self.planned.remove((due, who, seats, hold_id))
                self._buy(who, seats, now, hold_id)
        what = self.chance.choice(
            ("hold", "hold", "hold", "buy", "buy", "again", "again", "release", "void", "move", "close")
        )
        if what == "hold":
            self._hold(now)
        elif what == "buy":
            buyer = self.chance.choice(BUYERS)
            self._buy((buyer, f"key-{self._next()}"), self._some_seats(), now)
        elif what == "again" and self.asked:
            who = self.chance.choice([*self.asked])
            self._buy(who, self.asked[who][0], now)
        elif what == "release" and self.holds:
            self._release(now)
        elif what == "void" and self.owners:
            self._void(now)
        elif what == "move" and self.moves and self.chance.random() < 0.3:
            self.holds.clear()
            self._write({"kind": "move", "event": EVENT}, now, 200)
        elif what == "close" and self.chance.random() < 0.1:
            self.closed = True
            self._write({"kind": "close", "event": EVENT}, now, 200)

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _some_seats(self) -> tuple[str, ...]:
        return tuple(self.chance.sample(SEATS, self.chance.randint(1, 3)))

    def _write(
        self, line: Line, now: float, status: int, body: Line | None = None, after: float = 0.0
    ) -> float:
        """Write an operation that was decided now and began after a moment; return its end."""
        begin = max(after, now - self.chance.uniform(0, 2))
        if self.chance.random() < 0.15:
            self.lines.append({**line, "begin": begin})
            return now + 5  # when its buyer gives up
        end = now + self.chance.uniform(0, 2)
        unknown = self.chance.random() < 0.1
        answer = {"status": 503} if unknown else {"status": status, "body": body or {}}
        self.lines.append({**line, "begin": begin, "end": end, "answer": answer})
        return end

    def _free(self, seats: tuple[str, ...], hold_id: str, now: float) -> str:
        """The reason why seats cannot be had; "" if they can."""
        if self.closed:
            return "closed"
        if any(seat in self.owners for seat in seats):
            return "sold"
        held = [self.holds[seat] for seat in seats if seat in self.holds]
        return "held" if any(end >= now and by != hold_id for by, _, end in held) else ""

    def _hold(self, now: float) -> None:
        buyer, seats, hold_id = self.chance.choice(BUYERS), self._some_seats(), f"hold-{self._next()}"
        line = {"kind": "hold", "buyer": buyer, "event": EVENT, "seats": list(seats)}
        reason = self._free(seats, hold_id, now)
        if reason:
            self._write(line, now, 409, {"reason": reason})
            return
        end = now + HOLD_SECONDS
        self.holds |= dict.fromkeys(seats, (hold_id, buyer, end))
        self._write(line, now, 201, {"hold_id": hold_id, "expires_at": end})
        if self.chance.random() < 0.5:
            self.planned.append((now + 3, (buyer, f"key-{self._next()}"), seats, hold_id))

    def _release(self, now: float) -> None:
        hold_id, buyer, _ = self.chance.choice([*self.holds.values()])
        self.holds = {seat: held for seat, held in self.holds.items() if held[0] != hold_id}
        self._write({"kind": "release", "buyer": buyer, "event": EVENT, "hold_id": hold_id}, now, 204)

    def _buy(self, who: tuple[str, str], seats: tuple[str, ...], now: float, hold_id: str = "") -> None:
        after = self.asked[who][1] if who in self.asked else 0.0
        if after >= now:
            return  # the buyer still waits for the answer to the last request
        line: Line = {
            "kind": "purchase",
            "buyer": who[0],
            "event": EVENT,
            "seats": list(seats),
            "key": who[1],
        }
        line |= {"hold_id": hold_id} if hold_id else {}
        if not hold_id and self.chance.random() < 0.1:  # decided after its buyer has given it up
            begin = max(after, now - 1)
            self.lines.append({**line, "begin": begin})
            self.late.append((begin, now + self.chance.uniform(1, 9), who, seats))
            self.asked[who] = (seats, now + 0.5)
            return
        status, body = self._decide(who, seats, hold_id, now)
        if status == 409:
            self.refused[who] = now
        self.asked[who] = (seats, self._write(line, now, status, body, after))

    def _decide(
        self, who: tuple[str, str], seats: tuple[str, ...], hold_id: str, now: float
    ) -> tuple[int, Line]:
        order = self.orders.get(who)
        if order is None:
            reason = self._free(seats, hold_id, now)
            if reason:
                return 409, {"reason": reason}
            order = _Order(f"order-{self._next()}", *who, {seat: 100 + len(seat) for seat in seats})
            self.orders[who] = order
            self.owners |= dict.fromkeys(seats, order)
            self.holds = {seat: held for seat, held in self.holds.items() if held[0] != hold_id}
        receipt = order.receipt()
        return (201, receipt) if receipt["seats"] else (409, {"reason": "refunded"})

    def _void(self, now: float) -> None:
        seat = self.chance.choice([*self.owners])
        order = self.owners.pop(seat)
        order.voided[seat] = now
        if self.chance.random() < 0.5:
            line = {"kind": "void", "event": EVENT, "order_id": order.order_id, "seats": [seat]}
            self._write(line, now, 200)

    def finish(self, now: float) -> None:
        """Write the final ledger and the final inventory."""
        entries = []
        for order in self.orders.values():
            for seat, price in order.prices.items():
                entry: Line = {"kind": "entry", "event": EVENT, "seat": seat, "order_id": order.order_id}
                entry |= {"buyer": order.buyer, "key": order.key, "price": price}
                entries.append(entry | ({"voided_at": order.voided[seat]} if seat in order.voided else {}))
        items = [
            {"kind": "item", "event": EVENT, "seat": seat, "order_id": order.order_id}
            for seat, order in self.owners.items()
        ]
        self.chance.shuffle(self.lines)
        self.lines += [*entries, {"kind": "ledger", "begin": now, "end": now + 1, "count": len(entries)}]
        self.lines += [*items, {"kind": "inventory", "begin": now, "end": now + 1, "count": len(items)}]


def simulate(chance: Random, steps: int) -> list[Line]:
    """The history of a random sale."""
    sale, now = Sale(chance, moves=chance.random() < 0.5), 100.0
    sale._hold(now)  # without any request, a history is incomplete
    for _ in range(steps):
        now += chance.choice((0.1, 1.0, 4.0))
        sale.step(now)
    sale.lines.append({"kind": "open", "event": EVENT, "begin": 1.0})
    sale.finish(now + 100)
    return sale.lines
