"""A project whose stack is applied to an emulated AWS, and what an edit of it does: as predicted, and as planned."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from applied_stack import AppliedStack
from project_edits import SPEC, ProjectEdit
from project_tools import run

from ticketgen.consequences.consequence import Action, Consequence
from ticketgen.consequences.saved_plans import read_plan
from ticketgen.findings import has_errors
from ticketgen.pipeline import Guarding, check_project, render_project
from ticketgen.rehearsal.credentials import isolated_environment
from ticketgen.rehearsal.root_modules import run_in_order
from ticketgen.rehearsal.terraform import PARALLELISM
from ticketgen.spec.load import load
from ticketgen.spec.model import Environment
from ticketgen.spec.resolve import resolve
from ticketgen.stack.roots import RootKind, RootModule

__all__ = ["Comparison", "LivingProject"]

_MODULES = {
    RootKind.GLOBAL: (),
    RootKind.DATA: ("data",),
    RootKind.REGIONS: ("region", "analytics", "verification", "code"),
}
"""The modules that the root modules of each kind call."""

_ACCEPTED = Guarding(("prod",))
"""Everything that is lost is accepted."""

Changes = Mapping[str, Mapping[str, Consequence]]
"""What happens to each resource instance, by the path of the root module and its address."""


@dataclass
class Comparison:
    """What an edit does.

    Attributes:
        edit: its name.
        predicted: by the destruction guard.
        planned: by Terraform.
        errors: what Terraform said of each root module that it could not plan.
        judged: the root module, address and action of each loss of what holds data that `ticketgen plan-check` finds
            in the saved plans.
    """

    edit: str
    predicted: Changes
    planned: Changes = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    judged: frozenset[tuple[str, str, str]] = frozenset()

    def losses(self) -> frozenset[tuple[str, str, str]]:
        """What the guard predicts that holds data and is lost, in the root modules that have a plan."""
        return frozenset(
            (root, each.address, each.action.value)
            for root in self.planned
            for each in self.predicted.get(root, {}).values()
            if each.loss
        )

    def row(self) -> str:
        """A row of a table: the counts of the guard and of Terraform in the planned root modules, and of the losses."""
        guard = {root: self.predicted.get(root, {}) for root in self.planned}
        cells = [self.edit, _counts(guard), _counts(self.planned), len(self.losses()), len(self.judged)]
        return f"| {' | '.join(map(str, cells))} | {', '.join(sorted(self.errors)) or '-'} |"


def _counts(changes: Changes) -> str:
    counts = Counter(each.action.value for root in changes.values() for each in root.values())
    return ", ".join(f"{counts[action]} {action}" for action in Action if counts[action]) or "nothing"


class LivingProject:
    """The project.

    Args:
        applied: an empty stack in the folder `stacks/prod` of an empty project.
        kinds: the kinds of root modules to apply; no others are planned.

    Attributes:
        only: the one Region whose root modules are planned; "" for all.
    """

    def __init__(self, applied: AppliedStack, kinds: Iterable[RootKind]) -> None:
        self.applied, self.kinds, self.only = applied, frozenset(kinds), ""
        self.folder = applied.folder.parents[1]
        (self.folder / "ticketgen.yaml").write_text(SPEC, encoding="utf-8")
        done = run("render", "--spec", str(self.folder / "ticketgen.yaml"))
        assert done.exit_code == 0, done.output
        applied.aws.control("pause")  # no background work: Terraform needs the cores
        applied.initialize(_prod(self.folder))
        self.apply()

    def edited(self, edit: ProjectEdit, folder: Path) -> tuple[Comparison, LivingProject]:
        """Edit a copy of the project with its states, accept and render everything, and plan what changed."""
        shutil.copytree(self.folder, folder, symlinks=True)
        copy = self._copied(folder)
        spec = folder / "ticketgen.yaml"
        edit.make(folder)
        checked = check_project(spec, guarding=_ACCEPTED)
        assert checked.value is not None, checked.findings
        plans = checked.value.plans.get("stacks/prod")
        predicted = {
            root.root: {each.address: each for each in root.consequences}
            for root in (plans.roots if plans else ())
        }
        rendered = render_project(spec, guarding=_ACCEPTED)
        assert not has_errors(rendered.findings), rendered.findings
        copy.applied.environment = _prod(folder)
        return copy._planned(Comparison(edit.name, predicted), self.folder), copy

    def apply(self) -> None:
        """Apply the root modules."""
        self.applied.apply(*self._mine(self.applied.roots))

    def _copied(self, folder: Path) -> LivingProject:
        copy = object.__new__(LivingProject)
        copy.kinds, copy.only, copy.folder = self.kinds, self.only, folder
        copy.applied = replace(self.applied, folder=folder / "stacks" / "prod")
        return copy

    def _mine(self, roots: Iterable[RootModule]) -> list[RootModule]:
        return [root for root in roots if root.kind in self.kinds and self.only in {"", root.region}]

    def _planned(self, comparison: Comparison, before: Path) -> Comparison:
        """Plan every root module whose Terraform differs from that of another folder; all of them if none does."""
        mine = self._mine(self.applied.roots)
        changed = _changed(before, self.folder)
        roots = [root for root in mine if _concerns(root, changed)] or mine
        errors, planned = {}, {}
        work = run_in_order(dict.fromkeys(roots, ()), self._plan, self.applied.side_by_side)
        for root, result in work:
            if isinstance(result, str):
                errors[root.path] = result
            else:
                planned[root.path] = result
        judged = self._judged(planned) if planned else frozenset()
        return replace(comparison, planned=planned, errors=errors, judged=judged)

    def _plan(self, root: RootModule) -> Mapping[str, Consequence] | str:
        """Save the plan of a root module as `plan.json`; the error if there is none.

        The states are as AWS is: the plans after the apply, of all root modules, are empty.
        """
        folder = self.applied.folder / root.path
        if not (folder / ".terraform").exists():
            primary = next(self.applied.folder.glob(f"{root.kind}/*/.terraform.lock.hcl")).parent
            shutil.copyfile(primary / ".terraform.lock.hcl", folder / ".terraform.lock.hcl")
            (folder / ".terraform").symlink_to((primary / ".terraform").resolve())
        aws, terraform = self.applied.aws, self.applied.terraform
        variables = isolated_environment(terraform.environment, aws.variables)
        done = terraform.run(
            folder,
            "plan",
            "-out=tfplan",
            "-refresh=false",
            "-lock=false",
            "-no-color",
            PARALLELISM,
            **variables,
        )
        if done.returncode:
            return done.stderr
        shown = terraform.run(folder, "show", "-json", "tfplan", **variables)
        assert shown.returncode == 0, shown.stderr
        (folder / "plan.json").write_text(shown.stdout, encoding="utf-8")
        read = read_plan(shown.stdout.encode(), root.path, "plan.json")
        assert read.value is not None, read.findings
        return {each.address: each for each in read.value.plan.consequences}

    def _judged(self, planned: Changes) -> frozenset[tuple[str, str, str]]:
        """What the command finds in the saved plans."""
        files = [str(self.applied.folder / path / "plan.json") for path in planned]
        done = run("plan-check", *files, "--spec", str(self.folder / "ticketgen.yaml"), "--format", "json")
        rows = json.loads(done.stdout)["consequences"]
        found = frozenset(
            (row["root"], row["address"], row["action"])
            for row in rows
            if row["stateful"] and row["action"] in {"destroy", "replace"}
        )
        assert bool(found) == ("stateful-" in done.stdout), done.stdout
        return found


def _prod(folder: Path) -> Environment:
    project = load(folder / "ticketgen.yaml").then(resolve).value
    assert project is not None
    (environment,) = project.environments
    return environment


def _changed(*projects: Path) -> frozenset[str]:
    """The folders, below the stack's, of the Terraform that differs."""
    one, other = (
        {path.relative_to(project / "stacks/prod"): path.read_text("utf-8") for path in _terraform(project)}
        for project in projects
    )
    return frozenset(path.parent.as_posix() for path in {*one, *other} if one.get(path) != other.get(path))


def _terraform(project: Path) -> Iterable[Path]:
    return (project / "stacks/prod").rglob("*.tf")


def _concerns(root: RootModule, changed: frozenset[str]) -> bool:
    return not changed.isdisjoint({root.path, *(f"modules/{name}" for name in _MODULES[root.kind])})
