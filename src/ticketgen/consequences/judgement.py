"""Judge a plan of consequences: errors where the environment is protected, warnings elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ticketgen.consequences.accepted_losses import AcceptedLosses, LossPlace
from ticketgen.consequences.consequence import Action, Consequence
from ticketgen.consequences.stack_edits import StackEdit
from ticketgen.consequences.stack_plan import StackPlan
from ticketgen.escaping import as_shell_word
from ticketgen.findings import Finding, Location, Severity
from ticketgen.findings.losses import (
    PLAN_UNKNOWN,
    PROTECTION_LIFTED,
    STATEFUL_DESTROYED,
    STATEFUL_REPLACED,
)
from ticketgen.wording import counted, join_words, plural

__all__ = ["judge_losses", "judge_plan"]

_MAX_NAMED = 3
"""The number of losses that the finding about an edit names; the plan lists all of them."""
_MAX_ROOTS = 4
"""The number of root modules that a finding names."""


def judge_plan(
    plan: StackPlan,
    accepted: AcceptedLosses,
    *,
    protect: bool,
    place_of: Callable[[StackEdit], Location | None],
    below: Callable[[Location], Location],
) -> Iterator[Finding]:
    """Report the losses of a plan that are not accepted.

    Args:
        plan: the plan of one stack.
        accepted: the losses that the user accepts.
        protect: whether the environment is protected before or after the change.
        place_of: returns the place of an edited value in the spec.
        below: returns the location of a file of the stack, relative to the project's folder.
    """
    severity = Severity.ERROR if protect else Severity.WARNING
    environment = plan.environment
    left = [
        (root, each)
        for root, each in plan.losses()
        if not accepted.covers(LossPlace(environment, root, each.address))
    ]
    for edit in plan.edits:
        mine = [pair for pair in left if edit.covers(pair[0])]
        left = [pair for pair in left if not edit.covers(pair[0])]
        loses = bool(mine) or (edit.loses_states and not accepted.covers(LossPlace(environment, "")))
        if loses:
            message = f"{environment}: {edit.what}{_and_loses(mine)}"
            help = edit.help or edit.kind.fix
            if edit.severity is None:
                help += f"; `--accept {environment}` accepts that it is lost"
            yield edit.kind.found(message, help, at=place_of(edit), severity=edit.severity or severity)
    yield from _loss_findings(environment, left, severity, below)
    if (plan.unread or plan.shortages) and not accepted.covers(LossPlace(environment, "")):
        help = PLAN_UNKNOWN.fix.replace("ENVIRONMENT", environment)
        for path in plan.unread:
            why = "the deployed file is missing or cannot be read, so nothing is known about its resources"
            yield PLAN_UNKNOWN.found(why, help, at=below(Location(path)), severity=severity)
        for why in plan.shortages:
            message = f"{environment}: not all resources can be compared: {why}"
            yield PLAN_UNKNOWN.found(message, help, severity=severity)
    if plan.lifted:
        yield PROTECTION_LIFTED.found(
            f"{environment}: tables and databases lose their deletion protection",
            at=place_of(StackEdit(PROTECTION_LIFTED, "", ("protect",))),
        )


def judge_losses(
    plan: StackPlan, accepted: AcceptedLosses, severity: Severity, file: str, hint: str = ""
) -> Iterator[Finding]:
    """Report the losses of a saved plan; all findings are located at the plan's file.

    Args:
        plan: the plan of one root module.
        accepted: the losses that the user accepts.
        severity: the severity of the findings.
        file: the name of the plan's file.
        hint: the text to append to the fix of each finding.
    """
    left = [
        (root, replace(each, place=Location(file)))
        for root, each in plan.losses()
        if not accepted.covers(LossPlace(plan.environment, root, each.address))
    ]
    for each in _loss_findings(plan.environment, left, severity, lambda place: place):
        yield replace(each, help=f"{each.help}{hint}")


def _and_loses(losses: list[tuple[str, Consequence]]) -> str:
    """What an edit loses, for the end of a sentence."""
    if not losses:
        return ""
    counts: dict[str, int] = {}
    for _, each in losses:
        assert each.loss
        counts[each.loss.kind] = counts.get(each.loss.kind, 0) + 1
    what = join_words([counted(number, plural(kind)) for kind, number in counts.items()])
    named = [f"{root}:{each.address}" if root else each.address for root, each in losses[:_MAX_NAMED]]
    others = len(losses) - len(named)
    more = f" and {others} more" if others else ""
    return f", which replaces or destroys {what}: {', '.join(named)}{more}"


def _loss_findings(
    environment: str,
    losses: list[tuple[str, Consequence]],
    severity: Severity,
    below: Callable[[Location], Location],
) -> Iterator[Finding]:
    """One finding for each loss, even if several root modules lose the same resource."""
    alike: dict[Consequence, list[str]] = {}
    for root, each in losses:
        alike.setdefault(replace(each, place=None), []).append(root)
    places = {(root, each.address): each.place for root, each in losses}
    for each, roots in alike.items():
        loss = each.loss
        assert loss
        kind = STATEFUL_DESTROYED if each.action is Action.DESTROY else STATEFUL_REPLACED
        place = places[roots[0], each.address]
        where = _where(environment, roots)
        yield kind.found(
            f"{where + ': ' if where else ''}`{each.address}` would be {each.action.value.removesuffix('e')}ed, and "
            f"{loss.holds} would be lost{': ' if each.reasons else ''}{'; '.join(each.reasons)}",
            kind.fix.replace("ADDRESS", _argument(environment, roots, each.address)),
            at=below(place) if place else None,
            severity=severity,
        )


def _where(environment: str, roots: list[str]) -> str:
    shown = ["/".join(filter(None, (environment, root))) for root in roots[:_MAX_ROOTS]]
    if len(roots) > _MAX_ROOTS:
        shown.append(f"{len(roots) - _MAX_ROOTS} more root modules")
    return join_words(shown)


def _argument(environment: str, roots: list[str], address: str) -> str:
    """The address for ``--accept``, quoted for a shell."""
    root = "/".join(filter(None, (environment, roots[0] if len(roots) == 1 else "")))
    return as_shell_word(f"{root}:{address}" if root else address)
