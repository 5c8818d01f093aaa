"""List the patches of a project, and drop them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ticketgen.findings import Checked, Finding, Location, Stage, gather, has_errors
from ticketgen.findings.kept_edits import NO_PATCH
from ticketgen.findings.verification import UNREADABLE
from ticketgen.patches.patch_folder import patch_path, patched_environments, read_patches
from ticketgen.patches.patched_files import PatchState, patch_file
from ticketgen.pipeline import STACKS, read_project
from ticketgen.project.keep import KeepAction, KeptFile, render_without_patches, split_path
from ticketgen.spec.model import Environment, Project
from ticketgen.tree import write_files
from ticketgen.tree.disk import open_project

__all__ = ["ListedPatch", "drop", "list_patches"]


@dataclass(frozen=True, slots=True)
class ListedPatch:
    """A patch of the project, relative to its folder, and what it does to the rendering."""

    file: str
    patch: str
    state: PatchState


def drop(spec: Path, paths: Sequence[str], *, dry_run: bool = False) -> Checked[tuple[KeptFile, ...]]:
    """Delete the patches of files: all of them or, with errors, none. The next render restores their rendering.

    Args:
        spec: its path. It is not read, so that a patch can be dropped whatever is wrong.
        paths: of the files, relative to the project's folder, with slashes.
        dry_run: write nothing.
    """
    dropped: list[KeptFile] = []
    findings: list[Finding] = []
    files: dict[str, tuple[bytes | None, bytes | None]] = {}
    patch = ""
    try:
        with open_project(spec.parent) as disk:
            for path in dict.fromkeys(paths):
                parts = split_path(path)
                patch = patch_path(*parts) if parts else ""
                unsafe = disk.unsafe_path(patch) if parts else None
                content = disk.read(patch) if parts and not unsafe else None
                if unsafe or content is None:
                    findings.append(unsafe or NO_PATCH.found(f"{path} has no patch"))
                    continue
                text = content.decode("utf-8", "replace")
                dropped.append(KeptFile(path, patch, KeepAction.DROPPED, text))
                files[patch] = (content, None)
    except OSError as error:
        message = f"the patch cannot be read: {error.strerror}"
        return Checked(None, (UNREADABLE.found(message, at=Location(patch), stage=Stage.WRITE),))
    if findings:
        return Checked(None, tuple(findings))
    failures = () if dry_run else write_files(spec.parent, files)
    return Checked(None if has_errors(failures) else tuple(dropped), failures)


def list_patches(spec: Path) -> Checked[tuple[ListedPatch, ...]]:
    """The patches of a project, and what each does to the rendering; findings about them are warnings at most."""
    root = spec.parent

    def listed(project: Project) -> Checked[tuple[ListedPatch, ...]]:
        environments = {each.name: each for each in project.environments}
        names = dict.fromkeys([*environments, *patched_environments(root)])
        results = [_listed(root, project, name, environments.get(name)) for name in names]
        return gather(results).then(lambda each: Checked(tuple(patch for some in each for patch in some)))

    return read_project(spec).then(listed)


def _listed(
    root: Path, project: Project, name: str, environment: Environment | None
) -> Checked[tuple[ListedPatch, ...]]:
    rendered = render_without_patches(project, environment) if environment else Checked(dict[str, str]())
    if rendered.value is None:
        return Checked(None, rendered.findings)
    files = rendered.value
    folder = f"{STACKS}/{name}"
    read = read_patches(root, name, files.keys())
    if read.value is None:
        return Checked(None, read.findings)
    states = dict.fromkeys(read.value.unused, PatchState.UNUSED)
    states |= {
        file: patch_file(root, folder, file, files[file], content).state
        for file, content in read.value.patches.items()
    }
    return Checked(
        tuple(
            ListedPatch(f"{folder}/{file}", patch_path(name, file), states[file]) for file in sorted(states)
        )
    )
