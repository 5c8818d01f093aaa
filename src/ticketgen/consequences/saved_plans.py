"""Read a saved plan: the document that ``terraform show -json PLAN`` prints.

Source: https://developer.hashicorp.com/terraform/internals/json-format. No value of a resource is kept, because a plan
contains secrets in plain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ticketgen.aws.stateful import stateful_type
from ticketgen.consequences.consequence import Action, Consequence, RootPlan, report_order
from ticketgen.findings import Checked, Finding, Location
from ticketgen.findings.losses import PLAN_UNREADABLE

__all__ = ["MAX_PLAN_BYTES", "SavedPlan", "read_plan"]

MAX_PLAN_BYTES: Final = 200_000_000
"""Maximum size of a plan in bytes; the plan of a Region's root module has 2 MB."""

_FORMAT: Final = re.compile(r"1\.[0-9]+")
"""The format versions that are supported: minor versions only add fields."""

_ACTIONS: Final[Mapping[tuple[str, ...], Action]] = {
    ("create",): Action.CREATE,
    ("update",): Action.UPDATE,
    ("delete",): Action.DESTROY,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("forget",): Action.FORGET,
    ("create", "forget"): Action.FORGET,
}
_MALFORMED: Final = "a part of it is missing or has another type"
_MODES: Final = frozenset({"data", "managed"})
_NOTHING: Final = frozenset({("no-op",), ("read",)})

_REASONS: Final[Mapping[str, str]] = {
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "the plan was made with -replace",
    "replace_by_triggers": "replace_triggered_by names a resource that changes",
    "delete_because_no_resource_config": "it is no longer declared",
    "delete_because_no_module": "its module is no longer called",
    "delete_because_no_move_target": "a moved block leads to an address that is not declared",
    "delete_because_wrong_repetition": "its count or for_each was added or removed",
    "delete_because_count_index": "its index is beyond count",
    "delete_because_each_key": "its key is no longer in for_each",
}


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A saved plan.

    Attributes:
        plan: what happens to the root module.
        protected: whether a resource that changes has deletion protection.
        lifted: whether the plan lifts the deletion protection of a resource that stays.
        complete: whether the plan has all changes that Terraform will make.
        vanished: the addresses of resources that held data and were deleted outside Terraform.
    """

    plan: RootPlan
    protected: bool
    lifted: bool = False
    complete: bool = True
    vanished: tuple[str, ...] = ()


def read_plan(content: bytes, root: str, file: str) -> Checked[SavedPlan]:
    """Read a saved plan.

    Args:
        content: the document.
        root: the folder of the root module, below the stack's.
        file: the name of the file, for findings.
    """
    try:
        document = json.loads(content)
        version = document["format_version"]
        if not isinstance(version, str) or not _FORMAT.fullmatch(version):
            return _unreadable(
                file, f"its format is {str(version)[:20]}, and this ticketgen reads only format 1"
            )
        if document.get("errored"):
            return _unreadable(file, "Terraform ended with an error, so the plan is incomplete")
        if "planned_values" not in document:
            return _unreadable(file, "it is the document of a state and not of a plan")
        changes = _listed(document, "resource_changes")
        deferred = _listed(document, "deferred_changes")
        changes += [{**each["resource_change"], "deferred": each.get("reason")} for each in deferred]
        found = [each for change in changes if (each := _consequence(change))]
        protected = any(
            _has_protection(change.get("type"), change["change"].get("before")) for change in changes
        )
        complete = document.get("complete", True)
        lifted = any(map(_lifts_protection, changes))
        vanished = tuple(
            str(each["address"]) for each in _listed(document, "resource_drift") if _has_vanished(each)
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = "it is not JSON" if isinstance(error, ValueError) else _MALFORMED
        return _unreadable(file, reason)
    if not isinstance(complete, bool):
        return _unreadable(file, _MALFORMED)
    plan = RootPlan(root, tuple(sorted(found, key=report_order)))
    return Checked(SavedPlan(plan, protected, lifted, complete, vanished))


def _unreadable(file: str, why: str) -> Checked[SavedPlan]:
    found: Finding = PLAN_UNREADABLE.found(f"the plan cannot be read: {why}", at=Location(file))
    return Checked(None, (found,))


def _listed(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of changes; empty if the plan has none.

    Raises:
        TypeError: the value is not a list of changes.
    """
    found = document.get(name, [])
    if not isinstance(found, list):
        raise TypeError(name)
    return found


def _consequence(change: Mapping[str, Any]) -> Consequence | None:
    """What happens to one instance; None if nothing does, or if it is a data source."""
    actions = tuple(_actions(change["change"]["actions"]))
    before = change.get("previous_address") or ""
    if change["mode"] not in _MODES:
        raise TypeError("mode")
    if change["mode"] == "data":
        return None
    address, type = str(change["address"]), str(change["type"])
    importing = change["change"].get("importing") is not None
    if actions in _NOTHING:
        action = Action.IMPORT if importing else Action.MOVE
        return Consequence(address, type, action, before=str(before)) if importing or before else None
    # An action that only a later Terraform knows cannot be judged: the KeyError makes the plan unreadable.
    action = _ACTIONS[actions]
    reasons = tuple(_reasons(change)) if action.loses else ()
    keeps = _is_set(type, "kept_by", change["change"].get("before"))
    return Consequence(address, type, action, reasons, before=str(before), keeps=keeps)


def _actions(given: object) -> Iterator[str]:
    """The actions of a change.

    Raises:
        TypeError: it is not a list of names.
    """
    if not isinstance(given, list) or not given or not all(isinstance(each, str) for each in given):
        raise TypeError("actions")
    yield from given


def _reasons(change: Mapping[str, Any]) -> Iterator[str]:
    """Why Terraform replaces or destroys an instance, without values."""
    for path in change["change"].get("replace_paths") or ():
        yield f"{_path(path)} changes"
    given = str(change.get("action_reason"))
    if given in _REASONS:
        yield _REASONS[given]
    if change.get("deferred"):
        yield "Terraform defers it until it knows more"
    if change.get("deposed"):
        yield "it is left over from a replacement that was not finished"


def _path(steps: Sequence[object]) -> str:
    return ".".join(str(step) for step in steps if isinstance(step, str))


def _has_protection(type: object, values: object) -> bool:
    return _is_set(type, "protected_by", values)


def _lifts_protection(change: Mapping[str, Any]) -> bool:
    """Whether a resource stays but loses its deletion protection; an unknown value counts as no protection."""
    values = change["change"]
    stays = _ACTIONS.get(tuple(values["actions"])) is Action.UPDATE
    return (
        stays
        and _has_protection(change.get("type"), values.get("before"))
        and not _has_protection(change.get("type"), values.get("after"))
    )


def _has_vanished(change: Mapping[str, Any]) -> bool:
    """Whether something that holds data was deleted outside Terraform."""
    is_gone = tuple(_actions(change["change"]["actions"])) == ("delete",)
    return is_gone and change["mode"] == "managed" and stateful_type(str(change["type"])) is not None


def _is_set(type: object, kind: str, values: object) -> bool:
    """Whether the argument of a kind, such as ``protected_by``, is set in a resource's values."""
    stateful = stateful_type(str(type))
    name = getattr(stateful, kind) if stateful is not None else ""
    return bool(name) and isinstance(values, dict) and values.get(name) in (True, "ACTIVE")
