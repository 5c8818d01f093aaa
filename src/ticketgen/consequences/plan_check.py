"""Judge saved plans of Terraform as a render judges its own consequences."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ticketgen.consequences.accepted_losses import AcceptedLosses
from ticketgen.consequences.judgement import judge_losses
from ticketgen.consequences.saved_plans import MAX_PLAN_BYTES, SavedPlan, read_plan
from ticketgen.consequences.stack_plan import StackPlan
from ticketgen.findings import Checked, Finding, Location, Severity
from ticketgen.findings.losses import PLAN_UNKNOWN, PLAN_UNREADABLE, PROTECTION_LIFTED, STATEFUL_DESTROYED
from ticketgen.findings.spec import UNKNOWN_ENVIRONMENT
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.string_types import suggest_known

__all__ = ["PlanDocument", "check_plans"]


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A saved plan as JSON.

    Attributes:
        file: its name.
        content: its bytes, or the reason why it cannot be read.
        root: the path of the root module below the stack's folder; None to take the folder of the file.
    """

    file: str
    content: bytes | OSError
    root: str | None = None


def check_plans(
    documents: Sequence[PlanDocument],
    project: Project | None,
    stacks: Path | None,
    accepted: AcceptedLosses,
    environment: str | None = None,
) -> Checked[Mapping[str, StackPlan]]:
    """Judge plans.

    Args:
        documents: the plans.
        project: the resolved spec; None if there is none.
        stacks: the folder of the project's stacks.
        accepted: the losses that the user accepts.
        environment: the name of the environment; None to take the environment whose stack contains the file.

    Returns:
        The plans by file name, with the findings.
    """
    known = {each.name: each for each in project.environments} if project else {}
    if environment is not None and environment not in known:
        message = f"the spec has no environment {environment!r}"
        return Checked(None, (UNKNOWN_ENVIRONMENT.found(message, suggest_known(environment, known)),))
    plans: dict[str, StackPlan] = {}
    findings: list[Finding] = []
    for document in documents:
        name, root = _place(document, stacks, known)
        of = known.get(environment or name)
        read = _read(document, document.root if document.root is not None else root)
        findings += read.findings
        if read.value is None:
            continue
        saved = read.value
        plans[document.file] = StackPlan(
            of.name if of else "", (saved.plan,), protected=saved.protected, lifted=saved.lifted
        )
        # Without a root module, an acceptance would cover the address in every root module.
        hint = "" if document.root is not None or name else "; `--root FOLDER` names the root module"
        is_error = saved.protected or of is None or of.protect
        findings += judge_losses(
            plans[document.file],
            accepted,
            Severity.ERROR if is_error else Severity.WARNING,
            document.file,
            hint,
        )
        findings += _beside_the_changes(saved, Location(document.file))
    return Checked(plans, (*findings, *accepted.findings()))


def _beside_the_changes(saved: SavedPlan, place: Location) -> Iterator[Finding]:
    """Warn about data that is at risk, although the plan itself does not lose it."""
    if saved.lifted:
        yield PROTECTION_LIFTED.found("tables or databases lose their deletion protection", at=place)
    if not saved.complete:
        message = "the plan is not complete: Terraform will plan more changes after this apply"
        yield PLAN_UNKNOWN.found(message, "check the next plan as well", at=place, severity=Severity.WARNING)
    for address in saved.vanished:
        message = f"`{address}` was deleted outside Terraform, with the data that it held"
        yield STATEFUL_DESTROYED.found(
            message, "restore it from a backup, and import it", at=place, severity=Severity.WARNING
        )


def _read(document: PlanDocument, root: str) -> Checked[SavedPlan]:
    content = document.content
    if isinstance(content, OSError):
        why = f"the plan cannot be read: {content.strerror or content}"
        return Checked(None, (PLAN_UNREADABLE.found(why, at=Location(document.file)),))
    if len(content) > MAX_PLAN_BYTES:
        why = f"the plan has more than {MAX_PLAN_BYTES // 1_000_000} MB"
        return Checked(None, (PLAN_UNREADABLE.found(why, at=Location(document.file)),))
    return read_plan(content, root, document.file)


def _place(document: PlanDocument, stacks: Path | None, known: Mapping[str, Environment]) -> tuple[str, str]:
    """The environment and the root module's folder, from the file's path; "" if it is outside the stacks."""
    if stacks is None:
        return "", ""
    below = Path(os.path.relpath(os.path.realpath(document.file), os.path.realpath(stacks))).parts
    if len(below) < 2 or below[0] not in known:
        return "", ""
    return below[0], "/".join(below[1:-1])
