"""The destruction guard: compare stacks with a new rendering, and refuse to lose data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ticketgen.consequences.accepted_losses import Acceptance, AcceptedLosses
from ticketgen.consequences.judgement import judge_plan
from ticketgen.consequences.stack_edits import StackEdit
from ticketgen.consequences.stack_plan import StackFiles, StackPlan, plan_stack
from ticketgen.findings import Finding, Location
from ticketgen.findings.losses import PLAN_UNKNOWN
from ticketgen.spec.model import Project
from ticketgen.tree import Changes, FileState
from ticketgen.tree.disk import Disk, open_project
from ticketgen.tree.manifest import stack_folders
from ticketgen.tree.paths import fingerprint
from ticketgen.tree.stack_texts import missing_terraform, own_terraform, stack_texts, text_of
from ticketgen.tree.states import emptied_roots, held_states

__all__ = ["DestructionGuard", "accepted_in"]


class DestructionGuard:
    """The guard of one run.

    Args:
        project: the resolved spec.
        spec: the name of the spec file.
        accepted: the losses that the user accepts.
        destroyed: whether the user states that root modules that are no longer rendered hold no resources.
        against: another checkout of the project, which has the deployed stacks; None to take the stacks on the disk.
        stacks: the folder of the stacks in it.

    Attributes:
        plans: the plans of the stacks whose Terraform changes, by folder.
        changes: the files that were judged; None until `judge` is called.
    """

    def __init__(
        self,
        project: Project,
        spec: str,
        accepted: AcceptedLosses,
        *,
        destroyed: bool = False,
        against: Path | None = None,
        stacks: str = "stacks",
    ) -> None:
        self.plans: dict[str, StackPlan] = {}
        self.changes: Changes | None = None
        self._project = project
        self._environments = {each.name: each for each in project.environments}
        self._spec = spec
        self._destroyed = destroyed
        self._against = against
        self._stacks = stacks
        self._accepted = accepted

    def judge(self, disk: Disk, changes: Changes) -> tuple[Finding, ...]:
        """Find what a write would lose; if a finding is an error, the caller must not write."""
        self.changes = changes
        findings: list[Finding] = []
        try:
            for folder, files in self._compared(disk, changes):
                planned = plan_stack(files)
                findings += planned.findings
                if planned.value is not None:
                    if planned.value.roots or planned.value.edits:
                        self.plans[folder] = planned.value
                    findings += self._judged(planned.value, folder)
        except (OSError, _NoProject) as error:
            why = error.strerror if isinstance(error, OSError) else error
            message = f"the stacks to compare with cannot be read: {why}"
            findings.append(PLAN_UNKNOWN.found(message, "name the folder of the project in another checkout"))
        return (*findings, *self._accepted.findings())

    def _compared(self, disk: Disk, changes: Changes) -> Iterator[tuple[str, StackFiles]]:
        """Each stack before and after the change."""
        rendered = sorted({change.folder for change in changes.files})
        if self._against is None:
            created = _names(folder for folder in rendered if folder not in changes.versions)
            for folder in rendered:
                before, after = _on_disk(disk, changes, folder)
                before, missing = _completed(disk, folder, before, after)
                gone = folder in changes.retired
                yield folder, self._files(disk, folder, before, after, missing, gone, created)
            return
        with open_project(self._against) as base:
            if not base.exists(self._spec) and not base.exists(self._stacks):
                raise _NoProject(f"it has neither {self._spec} nor {self._stacks}/")
            known = stack_folders(base, self._stacks)
            created = _names(folder for folder in rendered if folder not in known)
            left = {folder for folder in known if PurePosixPath(folder).name not in self._environments}
            for folder in sorted({*rendered, *left}):
                after = _on_disk(disk, changes, folder)[1]
                before, missing = _completed(base, folder, stack_texts(base, folder), after)
                yield folder, self._files(disk, folder, before, after, missing, folder in left, created)

    def _files(
        self,
        disk: Disk,
        folder: str,
        before: Mapping[str, str],
        after: Mapping[str, str],
        missing: tuple[str, ...],
        gone: bool,
        created: tuple[str, ...],
    ) -> StackFiles:
        name = PurePosixPath(folder).name
        environment = self._environments.get(name)
        roots = _terraform_folders(before) - _terraform_folders(after)
        # The files that the state was applied from are missing, so its resources are unknown.
        held = held_states(disk, folder, _terraform_folders(after) - _terraform_folders(before))
        return StackFiles(
            name,
            before,
            None if gone else after,
            frozenset(environment.retired_regions) if environment else frozenset(),
            created,
            emptied_roots(disk, folder, roots, before),
            () if gone and self._destroyed else (*missing, *held),
            self._destroyed,
        )

    def _judged(self, plan: StackPlan, folder: str) -> Iterable[Finding]:
        environment = self._environments.get(plan.environment)
        return judge_plan(
            plan,
            self._accepted,
            protect=plan.protected or (environment is not None and environment.protect),
            place_of=lambda edit: self._place(plan.environment, edit),
            below=lambda place: replace(place, file=f"{folder}/{place.file}"),
        )

    def _place(self, environment: str, edit: StackEdit) -> Location:
        """The place of an edited value in the spec, or else of the nearest key above it."""
        locations = self._project.locations
        nearest = (
            ("environments", environment, *edit.key),
            edit.key,
            ("environments", environment),
            ("environments",),
        )
        return next((locations[key] for key in nearest if key and key in locations), Location(self._spec))


class _NoProject(Exception):
    """The folder does not contain a project."""


def accepted_in(project: Project | None) -> Iterator[Acceptance]:
    """The acceptances in a spec, each limited to its environment."""
    for environment in project.environments if project else ():
        for number, each in enumerate(environment.accept):
            path = ("environments", environment.name, "accept", number, "address")
            place = project.locations.get(path) if project else None
            yield Acceptance(each.address, environment.name, each.last_day, place or Location(""))


def _names(folders: Iterable[str]) -> tuple[str, ...]:
    return tuple(PurePosixPath(folder).name for folder in folders)


def _on_disk(disk: Disk, changes: Changes, folder: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """A stack before and after the write; files that the user added stay."""
    mine = {change.path[len(folder) + 1 :]: change for change in changes.files if change.folder == folder}
    own = own_terraform(disk, folder, mine)
    before = {path: text_of(each.before) for path, each in mine.items() if each.before is not None}
    after = {path: each.after for path, each in mine.items() if each.after is not None}
    kept = {path: before[path] for path, each in mine.items() if each.state is FileState.KEPT}
    return {**own, **before}, {**own, **after, **kept}


def _completed(
    disk: Disk, folder: str, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Add the deployed texts that a write would only restore; return also the paths of missing Terraform."""
    lost = missing_terraform(disk, folder, before)
    same = {path: after[path] for path, sha in lost.items() if path in after and _sha256(after[path]) == sha}
    return {**same, **before}, tuple(sorted(set(lost) - set(same)))


def _sha256(text: str) -> str:
    return fingerprint(text.encode())


def _terraform_folders(files: Iterable[str]) -> frozenset[str]:
    return frozenset(path.rpartition("/")[0] for path in files if path.endswith(".tf"))
