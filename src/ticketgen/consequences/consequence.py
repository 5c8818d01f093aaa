"""What happens to one resource instance, and the plan of a root module."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ticketgen.aws.stateful import StatefulType, stateful_type
from ticketgen.findings import Location

__all__ = ["Action", "Consequence", "RootPlan", "report_order"]


class Action(StrEnum):
    """What Terraform does to a resource instance, in the order of a report."""

    DESTROY = "destroy"
    REPLACE = "replace"
    FORGET = "forget"
    CREATE = "create"
    UPDATE = "update"
    MOVE = "move"
    IMPORT = "import"

    @property
    def loses(self) -> bool:
        """Whether the existing resource is lost."""
        return self in {Action.DESTROY, Action.REPLACE}


_ORDER = {action: place for place, action in enumerate(Action)}
_LAST = 1_000


@dataclass(frozen=True, slots=True)
class Consequence:
    """What happens to one resource instance.

    Attributes:
        address: the address after the change, or before it if there is none then.
        type: the type of the resource.
        action: what Terraform does.
        reasons: why, such as the arguments that force the replacement.
        place: the declaration that causes it; None if there is none.
        before: the address before a move; "" if it is the same.
        keeps: whether Terraform leaves the existing resource in AWS, because the configuration says so.
    """

    address: str
    type: str
    action: Action
    reasons: tuple[str, ...] = ()
    place: Location | None = None
    before: str = ""
    keeps: bool = False

    @property
    def stateful(self) -> StatefulType | None:
        """The kind of data that the resource holds; None if it can be recreated without a loss."""
        return stateful_type(self.type)

    @property
    def loss(self) -> StatefulType | None:
        """The kind of data that is lost; None if nothing is lost."""
        return self.stateful if self.action.loses and not self.keeps else None


def report_order(each: Consequence) -> tuple[bool, int, int, str]:
    """Sort losses first, and resources that hold data before other resources."""
    stateful = each.stateful
    return each.loss is None, stateful.rank if stateful else _LAST, _ORDER[each.action], each.address


@dataclass(frozen=True, slots=True)
class RootPlan:
    """What happens to one root module.

    Attributes:
        root: its path below the stack's folder; "" for the stack's folder itself.
        consequences: one for each instance that changes, losses first.
    """

    root: str
    consequences: tuple[Consequence, ...] = ()

    def count(self, action: Action) -> int:
        """The number of instances with an action."""
        return sum(each.action is action for each in self.consequences)
