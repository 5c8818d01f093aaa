"""Losses that the user accepts, by address, on the command line or in the spec."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ticketgen.findings import Finding, Location
from ticketgen.findings.losses import ACCEPTANCE_EXPIRED, ACCEPTANCE_UNUSED

__all__ = ["Acceptance", "AcceptedLosses", "LossPlace"]


@dataclass(frozen=True, slots=True)
class LossPlace:
    """Where a loss is: the environment, the root module's folder, and the address in it ("" for all of it)."""

    environment: str
    root: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The acceptance of every loss at an address.

    Attributes:
        address: one of ``ADDRESS``, ``ROOT:ADDRESS``, ``ENVIRONMENT:ADDRESS``, ``ENVIRONMENT/ROOT:ADDRESS``,
            ``ENVIRONMENT/ROOT`` and ``ENVIRONMENT``. As with ``terraform plan -target``, the address of a module or of
            a resource stands for everything in it.
        environment: the only environment to which it applies; "" for all.
        until: the last day on which it is valid; None if it does not expire.
        place: its place in the spec; None if it was given on the command line.
    """

    address: str
    environment: str = ""
    until: date | None = None
    place: Location | None = None

    def covers(self, loss: LossPlace) -> bool:
        """Whether a loss is accepted."""
        if self.environment and self.environment != loss.environment:
            return False
        whole = f"{loss.environment}/{loss.root}" if loss.root else loss.environment
        if loss.environment and self.address in {loss.environment, whole}:
            return True
        root, colon, address = _split(self.address)
        if colon and root not in {loss.root, whole, loss.environment}:
            return False
        return bool(loss.address) and _is_below(loss.address, address)


def _split(text: str) -> tuple[str, str, str]:
    """Split an address into root module, colon and address; a colon inside an instance key belongs to the address."""
    head, colon, rest = text.partition(":")
    return (head, colon, rest) if colon and "[" not in head else ("", "", text)


_TARGET = re.compile(
    r"(?:module\.[\w-]+(?:\[[^\]]*+\])?(?:\.|\Z))*+(?:[\w-]+\.[\w-]+(?:\[.*\])?)?", re.DOTALL
)
"""A complete address of a module or resource, not just its beginning."""


def _is_below(address: str, target: str) -> bool:
    rest = address[len(target) :]
    is_part = address.startswith(target) and (not rest or rest[0] in ".[")
    return bool(target) and is_part and _TARGET.fullmatch(target) is not None and not target.endswith(".")


class AcceptedLosses:
    """All acceptances of one run.

    Args:
        acceptances: those on the command line and those in the spec.
        today: the day that decides which acceptances have expired.
    """

    def __init__(self, acceptances: Iterable[Acceptance], today: date) -> None:
        every = tuple(acceptances)
        self._valid = tuple(each for each in every if each.until is None or today <= each.until)
        self._expired = tuple(each for each in every if each not in self._valid)
        self._used: set[Acceptance] = set()

    def covers(self, loss: LossPlace) -> bool:
        """Whether a loss is accepted."""
        covering = [each for each in self._valid if each.covers(loss)]
        self._used.update(covering)
        return bool(covering)

    def findings(self) -> Iterator[Finding]:
        """Report acceptances that have expired, and acceptances on the command line that covered nothing."""
        # An acceptance for the whole project is reported once when it expires, not once for each environment.
        for each in {(each.address, each.until, each.place): each for each in self._expired}.values():
            message = f"the acceptance of {each.address} expired on {each.until}"
            yield ACCEPTANCE_EXPIRED.found(message, at=each.place)
        for each in self._valid:
            if each.place is None and each not in self._used:
                yield ACCEPTANCE_UNUSED.found(f"--accept {each.address} accepts nothing that would be lost")
