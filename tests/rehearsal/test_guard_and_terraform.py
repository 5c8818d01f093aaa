"""The destruction guard predicts what Terraform plans, address by address, on an applied stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from applied_stack import AppliedStack
from living_project import Comparison, LivingProject
from project_edits import DATA_EDITS, FIRST_EDITS, PROTECT, REGIONS_EDITS, ProjectEdit

from terraform_tool import Terraform
from ticketgen.consequences.consequence import Action
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.stack.roots import RootKind

pytestmark = [pytest.mark.terraform, pytest.mark.slow]

LATER = frozenset({"aws_lambda_alias"})
"""Types whose updates no configuration tells: an alias follows the version of its function, which AWS counts."""

REASONS = ("couldn't find resource", "This state belongs to the suffix")
"""Why a root module may have no plan."""


@pytest.mark.parametrize(
    ("kinds", "edits"),
    [
        ((RootKind.GLOBAL, RootKind.DATA), FIRST_EDITS),
        ((RootKind.GLOBAL, RootKind.DATA), DATA_EDITS),
        (tuple(RootKind), REGIONS_EDITS),
    ],
    ids=["tables", "data", "regions"],
)
def test_the_guard_predicts_what_terraform_plans(
    kinds: Sequence[RootKind],
    edits: Sequence[ProjectEdit],
    terraform: Terraform,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "living" / "stacks" / "prod"
    folder.mkdir(parents=True)
    wrong: list[str] = []

    def compare(living: LivingProject, edit: ProjectEdit, name: str) -> LivingProject:
        comparison, edited = living.edited(edit, tmp_path / name)
        with capsys.disabled():
            print(f"\n{comparison.row()}", end="", flush=True)
        wrong.extend(faults(comparison, edit.not_planned))
        return edited

    with EmulatedAws(tmp_path / "emulator.log") as aws:
        living = LivingProject(AppliedStack(terraform, aws, folder), kinds)
        for number, edit in enumerate(edits):
            edited = compare(living, edit, str(number))
            if edit is PROTECT:
                # Replicas would take minutes: see `test_terraform_applies.py`.
                edited.only = "eu-west-1"
                edited.apply()
                back = tuple((file, new, old) for file, old, new in PROTECT.changes)
                compare(edited, ProjectEdit("protect lifted", back), "lifted")
    assert wrong == []


def faults(comparison: Comparison, not_planned: frozenset[str]) -> Iterator[str]:
    """Whatever the guard and `ticketgen plan-check` say otherwise than Terraform."""
    edit = comparison.edit
    if comparison.errors.keys() != not_planned:
        yield f"{edit}: not planned: {sorted(comparison.errors)}"
    for root, error in comparison.errors.items():
        if not any(reason in error for reason in REASONS):
            yield f"{edit}: {root} is not planned: {error}"
    for root, planned in comparison.planned.items():
        predicted = comparison.predicted.get(root, {})
        for address in sorted(predicted.keys() | planned.keys()):
            said, done = (changes.get(address) for changes in (predicted, planned))
            if said is None and done is not None and done.action is Action.UPDATE and done.type in LATER:
                continue
            if said is None or done is None or (said.action, said.before) != (done.action, done.before):
                yield f"{edit}: {root}:{address}: the guard says {said}, Terraform {done}"
    if comparison.judged != comparison.losses():
        yield f"{edit}: plan-check: {sorted(comparison.judged ^ comparison.losses())}"
