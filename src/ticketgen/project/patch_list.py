"""List the patches of a project, and drop them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ticketgen.findings import Checked, Finding, Location, Stage, gather, has_errors
from ticketgen.findings.kept_edits import NO_PATCH
from ticketgen.findings.verification import UNREADABLE
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.patches.patch_folder import patch_path, patched_environments, read_patches
from ticketgen.patches.patched_files import PatchState, patch_file
from ticketgen.pipeline import STACKS, read_project
from ticketgen.project.keep import KeepAction, KeptFile, render_without_patches, split_path
from ticketgen.spec.model import Environment, Project
from ticketgen.tree import write_files
from ticketgen.tree.disk import Disk, open_project
from ticketgen.tree.manifest import Manifest, load, read_manifest

__all__ = ["ListedPatch", "any_rendered", "drop", "list_patches"]


@dataclass(frozen=True, slots=True)
class ListedPatch:
    """A patch of the project, relative to its folder, and what it does to the rendering."""

    file: str
    patch: str
    state: PatchState


def drop(spec: Path, paths: Sequence[str], *, dry_run: bool = False) -> Checked[tuple[KeptFile, ...]]:
    """Delete the patches of files: all of them or, with errors, none. The next render restores their rendering.

    A patch that is missing already can be dropped, too. The manifest then says that its loss is intended.

    Args:
        spec: the path of the spec. It is not read, so that a patch can be dropped even if the spec has errors.
        paths: the paths of the files, relative to the project's folder, with slashes.
        dry_run: write nothing.
    """
    dropped: list[KeptFile] = []
    manifests: dict[str, tuple[bytes | None, Manifest]] = {}
    findings: list[Finding] = []
    files: dict[str, tuple[bytes | None, bytes | None]] = {}
    patch = ""
    try:
        with open_project(spec.parent) as disk:
            for path in dict.fromkeys(paths):
                parts = split_path(path)
                patch = patch_path(*parts) if parts else ""
                unsafe = disk.unsafe_path(patch) if parts else None
                if unsafe or parts is None:
                    findings.append(unsafe or NO_PATCH.found(f"{path} has no patch"))
                    continue
                content = disk.read(patch)
                folder, name = f"{STACKS}/{parts[0]}", parts[1]
                before, manifest = manifests.setdefault(folder, _manifest(disk, folder))
                entry = manifest.patched.get(name)
                if content is None and (entry is None or entry.dropped):
                    findings.append(NO_PATCH.found(f"{path} has no patch"))
                    continue
                if entry is not None:
                    entries = {**manifest.patched, name: replace(entry, dropped=True)}
                    manifests[folder] = before, replace(manifest, patched=entries)
                    files[f"{folder}/{MANIFEST_NAME}"] = before, manifests[folder][1].text().encode()
                text = (content or b"").decode("utf-8", "replace")
                dropped.append(KeptFile(path, patch, KeepAction.DROPPED, text))
                files[patch] = (content, None)
    except OSError as error:
        message = f"the patch cannot be read: {error.strerror}"
        help = "delete it by hand, then run the command again"
        return Checked(None, (UNREADABLE.found(message, help, at=Location(patch), stage=Stage.WRITE),))
    if findings:
        return Checked(None, tuple(findings))
    failures = () if dry_run else write_files(spec.parent, files)
    return Checked(None if has_errors(failures) else tuple(dropped), failures)


def any_rendered(spec: Path, paths: Sequence[str]) -> bool:
    """Whether one of these files is rendered; True if that is unknown because the spec has errors.

    Args:
        spec: the path of the spec.
        paths: the paths of the files, relative to the project's folder, with slashes.
    """
    project = read_project(spec).value
    if project is None:
        return True
    names: dict[str, list[str]] = {}
    for parts in filter(None, map(split_path, paths)):
        names.setdefault(parts[0], []).append(parts[1])
    for environment in project.environments:
        if environment.name in names:
            files = render_without_patches(project, environment).value
            if files is None or any(name in files for name in names[environment.name]):
                return True
    return False


def _manifest(disk: Disk, folder: str) -> tuple[bytes | None, Manifest]:
    """The manifest of a stack, with its bytes; an empty one if it cannot be read, which each render reports."""
    if disk.unsafe_path(f"{folder}/{MANIFEST_NAME}"):
        return None, Manifest()
    content, manifest = read_manifest(disk, folder)
    return content, manifest.value or Manifest()


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
    recorded = load(root, folder).value or Manifest()
    lost = {file for file, entry in recorded.patched.items() if file in files and not entry.dropped}
    states = dict.fromkeys(lost, PatchState.MISSING) | dict.fromkeys(read.value.unused, PatchState.UNUSED)
    states |= {
        file: patch_file(root, folder, file, files[file], content).state
        for file, content in read.value.patches.items()
    }
    return Checked(
        tuple(
            ListedPatch(f"{folder}/{file}", patch_path(name, file), states[file]) for file in sorted(states)
        )
    )
