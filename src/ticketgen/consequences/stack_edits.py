"""Edits that lose many resources at once, and the losses that follow from each edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ticketgen.consequences.deployment import Deployment
from ticketgen.findings import FindingKind, Severity
from ticketgen.findings.losses import (
    ACCOUNT_CHANGED,
    ENVIRONMENT_REMOVED,
    ENVIRONMENT_RENAMED,
    PRIMARY_CHANGED,
    PROJECT_RENAMED,
    REGION_REMOVED,
    SECONDARY_CHANGED,
    STATE_MOVED,
    STATE_SPLIT,
    SUFFIX_CHANGED,
)
from ticketgen.findings.stacks import REGION_DESTROYED
from ticketgen.wording import join_words

__all__ = ["MOVE_HOME", "StackChange", "StackEdit", "find_edits"]

MOVE_HOME = "ops/move_home.py"
"""The script that moves events to another home Region."""


@dataclass(frozen=True, slots=True)
class StackChange:
    """A stack before and after.

    Attributes:
        environment: the name of the environment.
        before: the deployed stack.
        after: the new one; None if the environment is no longer rendered.
        retired: the Regions that the spec retires.
        created: the names of environments that are rendered for the first time.
        moves_homes: whether the stack has the script that moves events to another home.
    """

    environment: str
    before: Deployment
    after: Deployment | None
    retired: frozenset[str] = frozenset()
    created: tuple[str, ...] = ()
    moves_homes: bool = False


@dataclass(frozen=True, slots=True)
class StackEdit:
    """One edit.

    Attributes:
        kind: the kind of the finding about the edit.
        what: the edit, with the old and the new value.
        key: the path in the spec, below the environment, of the value that was edited; () for the environment.
        help: the fix for this edit; None for the fix of its kind.
        regions: the Regions whose root modules lose something because of it; None for all root modules, empty for none.
        loses_states: whether something is lost, although no plan replaces or destroys it.
        severity: the severity of the finding; None if it depends on the environment's protection.
    """

    kind: FindingKind
    what: str
    key: tuple[str, ...] = ()
    help: str | None = None
    regions: frozenset[str] | None = None
    loses_states: bool = False
    severity: Severity | None = None

    def covers(self, root: str) -> bool:
        """Whether losses of a root module follow from the edit."""
        return self.regions is None or root.rpartition("/")[2] in self.regions


def find_edits(change: StackChange) -> tuple[StackEdit, ...]:
    """Find the edits, largest loss first: a loss is attributed to the first edit that covers it."""
    found = tuple(edit for find in _EDITS for edit in find(change))
    # A new name or account implies new states, so a finding about moved states would add nothing.
    return found if any(edit.kind in _OTHER_STATES for edit in found) else (*found, *_states_moved(change))


def _environment_gone(change: StackChange) -> Iterator[StackEdit]:
    if change.after is not None:
        return
    name = change.environment
    if len(change.created) == 1:
        new = change.created[0]
        yield StackEdit(ENVIRONMENT_RENAMED, f"the environment {name} is renamed to {new}")
    else:
        help = (
            f"put it back; once it is no longer needed, run `make -C stacks/{name} destroy`, then "
            "`ticketgen render --destroyed`"
        )
        yield StackEdit(ENVIRONMENT_REMOVED, f"the environment {name} is removed", help=help)


def _account_changed(change: StackChange) -> Iterator[StackEdit]:
    if change.after is None:
        return
    old, new = change.before.accounts, change.after.accounts
    if old and new and not old & new:
        what = f"the account changes from {join_words(sorted(old))} to {join_words(sorted(new))}"
        yield StackEdit(ACCOUNT_CHANGED, what, ("account_id",), loses_states=True)


def _project_renamed(change: StackChange) -> Iterator[StackEdit]:
    if change.after is not None and _changed(change.before.project, change.after.project):
        what = f"the project is renamed from {change.before.project} to {change.after.project}"
        yield StackEdit(PROJECT_RENAMED, what, ("project",))


def _suffix_changed(change: StackChange) -> Iterator[StackEdit]:
    if change.after is not None and _changed(change.before.suffix, change.after.suffix):
        what = f"environment_suffix changes from {change.before.suffix} to {change.after.suffix}"
        yield StackEdit(SUFFIX_CHANGED, what)


def _state_split(change: StackChange) -> Iterator[StackEdit]:
    if change.after is not None and change.before.has_one_state and not change.after.has_one_state:
        yield StackEdit(STATE_SPLIT, "the stack's single root module becomes one for each Region")


def _regions_removed(change: StackChange) -> Iterator[StackEdit]:
    if change.after is None:
        return
    for region in sorted(change.before.names.regions - change.after.names.regions - change.retired):
        yield StackEdit(
            REGION_REMOVED,
            f"{region} is removed from the spec without being retired",
            ("regions",),
            f"put {region} back, then run `ticketgen remove-region {region}`, which retires it first",
            frozenset({region}),
        )


def _regions_retired(change: StackChange) -> Iterator[StackEdit]:
    """Regions that the spec retires: the next apply destroys what they hold, as it should."""
    if change.after is None:
        return
    stack = f"stacks/{change.environment}"
    for region in sorted(change.retired & change.before.names.regions - change.after.names.regions):
        script = f", with `python {stack}/{MOVE_HOME}`" if change.moves_homes else ""
        yield StackEdit(
            REGION_DESTROYED,
            f"`make -C {stack} apply` destroys all that {stack}/regions/{region} and {stack}/data/{region} hold, with "
            f"the locks and holds of events whose home is {region}, and the replicas of the global tables there",
            ("retired_regions",),
            f"{REGION_DESTROYED.fix}{script}; sold seats stay in the other Regions. After the apply, "
            f"`ticketgen remove-region {region} --destroyed` deletes the folders",
            frozenset({region}),
            loses_states=True,
            severity=REGION_DESTROYED.severity,
        )


def _hubs_changed(change: StackChange) -> Iterator[StackEdit]:
    if change.after is None:
        return
    old, new = change.before.names, change.after.names
    if _changed(old.primary, new.primary):
        what = f"primary_region changes from {old.primary} to {new.primary}"
        help = PRIMARY_CHANGED.fix.replace(
            "put primary_region back", f"put primary_region {old.primary} back"
        )
        # Every Region's replicas belong to the primary Region's tables.
        yield StackEdit(PRIMARY_CHANGED, what, ("primary_region",), help)
    elif old.primary is not None and old.secondary is not None and old.secondary != new.secondary:
        what = (
            f"secondary_region changes from {old.secondary} to {new.secondary}"
            if new.secondary
            else f"secondary_region {old.secondary} is removed"
        )
        regions = frozenset(filter(None, (old.secondary, new.secondary)))
        yield StackEdit(SECONDARY_CHANGED, what, ("secondary_region",), regions=regions)


def _states_moved(change: StackChange) -> Iterator[StackEdit]:
    if change.after is None:
        return
    moved = {
        folder: (root.state, change.after.roots[folder].state)
        for folder, root in change.before.roots.items()
        if folder in change.after.roots and root.instances and root.state != change.after.roots[folder].state
    }
    if not moved:
        return
    folder, (old, new) = next(iter(sorted(moved.items())))
    roots = f"{folder} and {len(moved) - 1} more root modules" if len(moved) > 1 else folder
    what = f"the state of {roots} moves from {_place(old)} to {_place(new)}"
    # From the folder to a bucket, Terraform itself asks whether to copy the state.
    severity = None if old else Severity.WARNING
    none = frozenset[str]()  # the plan of an empty state replaces and destroys nothing
    yield StackEdit(STATE_MOVED, what, ("state",), regions=none, loses_states=True, severity=severity)


def _place(state: tuple[tuple[str, str], ...]) -> str:
    settings = dict(state)
    place = "/".join(value for name, value in sorted(settings.items()) if name != "type")
    return f"{settings['type']} {place}".strip() if settings else "the folder"


def _changed(old: str | None, new: str | None) -> bool:
    return old is not None and new is not None and old != new


_OTHER_STATES = frozenset({ACCOUNT_CHANGED, PROJECT_RENAMED, SUFFIX_CHANGED, STATE_SPLIT})
"""Kinds of edits that give every root module another state."""

_EDITS: tuple[Callable[[StackChange], Iterator[StackEdit]], ...] = (
    _environment_gone,
    _account_changed,
    _project_renamed,
    _suffix_changed,
    _state_split,
    _regions_removed,
    _hubs_changed,  # before a retirement, which is only a warning
    _regions_retired,
)
