"""Resource types that hold data, or that AWS does not give back after their deletion.

``stateful.toml`` has them, with the reasons for the types that it leaves out. A source names a service and an operation
in botocore's service models, whose documentation says what deletion takes; a test looks them up.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

__all__ = ["KINDS", "STATEFUL", "StatefulType", "stateful_type"]


@dataclass(frozen=True, slots=True)
class StatefulType:
    """What the deletion of a resource takes with it.

    Attributes:
        type: such as ``aws_dynamodb_table``.
        kind: one of `KINDS`.
        holds: what is lost, as a subject: "the table's items".
        source: where AWS documents the deletion.
        protected_by: the argument that makes AWS refuse the deletion while it is set; "" if there is none.
        final_snapshot: the argument that decides whether the deletion leaves a snapshot; "" if there is none.
        emptied_by: the argument that lets the deletion take the content too: without it, AWS refuses to delete a
            resource that is not empty; "" if there is none.
        kept_by: the argument that lets Terraform forget the resource instead of deleting it; "" if there is none.
        rebuilt: whether what is lost is normally a copy that is loaded again: the loss is an outage, not the end of
            data.
    """

    type: str
    kind: str
    holds: str
    source: str
    protected_by: str = ""
    final_snapshot: str = ""
    emptied_by: str = ""
    kept_by: str = ""
    rebuilt: bool = False

    @property
    def rank(self) -> int:
        """The place of its kind in `KINDS`."""
        return KINDS.index(self.kind)


_TABLE = tomllib.loads(Path(__file__).with_name("stateful.toml").read_text(encoding="utf-8"))

KINDS: tuple[str, ...] = tuple(_TABLE["kinds"])
"""The kinds of stateful resources, in the order in which a plan of consequences lists them."""

STATEFUL: Mapping[str, StatefulType] = MappingProxyType(
    {type: StatefulType(type, **fields) for type, fields in _TABLE["types"].items()}
)
"""The stateful resource types, by type."""


def stateful_type(type: str) -> StatefulType | None:
    """What a resource of that type holds; None if nothing is lost with it."""
    return STATEFUL.get(type)
