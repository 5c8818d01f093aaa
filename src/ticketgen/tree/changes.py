"""What a write would do to each file: found by comparing the disk, the manifests and the rendering.

| on the disk        | in the manifest | rendered | state       | a write …                          |
|--------------------|-----------------|----------|-------------|------------------------------------|
| nothing            | no              | yes      | created     | writes it                          |
| nothing            | yes             | yes      | missing     | writes it again                    |
| as rendered        | any             | yes      | unchanged   | leaves it                          |
| as in the manifest | yes             | yes      | changed     | replaces it                        |
| anything else      | yes             | yes      | hand-edited | refuses, without force             |
| anything else      | no              | yes      | in the way  | refuses                            |
| as in the manifest | yes             | no       | orphaned    | deletes it                         |
| anything else      | yes             | no       | kept        | leaves it, and says so every time  |

A file whose line endings alone differ is not edited by hand: a checkout may have done that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ticketgen.findings import Checked, Finding, Location, Severity, Stage, has_errors
from ticketgen.tree.journal import JOURNAL, interrupted
from ticketgen.tree.manifest import NAME, Entry, Manifest, entry_of, folders, load
from ticketgen.tree.paths import clashes, fingerprint, read, trouble, unsafe

__all__ = ["CONFLICTS", "Change", "Changes", "Stack", "State", "drift", "finding", "plan", "upgrades"]


@dataclass(frozen=True, slots=True)
class Stack:
    """A rendering to be written.

    Attributes:
        folder: relative to the root, posix: ``stacks/prod``.
        files: path relative to the folder, posix → text with LF line ends.
        spec: the SHA-256 of what it was rendered from, in hexadecimal.
    """

    folder: str
    files: Mapping[str, str]
    spec: str = ""


class State(StrEnum):
    """What a write does to a file; the table in this module's docstring says when."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    MISSING = "missing"
    HAND_EDITED = "hand-edited"
    IN_THE_WAY = "in-the-way"
    ORPHANED = "orphaned"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Change:
    """One file. ``before`` is what is on the disk, ``after`` what was rendered; None: no file."""

    path: str
    folder: str
    state: State
    before: bytes | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Every file of the stacks, sorted by path, and the manifests that belong to them after a write.

    Attributes:
        files: the rendered files and those that only a manifest knows.
        manifests: the manifests themselves. One that differs in ticketgen's version or the spec's hash only
            is ``unchanged``: an upgrade that renders the same is no drift. A write brings it up to date.
        retired: folders of stacks that are rendered no more.
        versions: folder → the version of ticketgen that wrote it last; without those that it never wrote.
    """

    files: tuple[Change, ...]
    manifests: tuple[Change, ...]
    retired: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def count(self, state: State, folder: str | None = None) -> int:
        """How many files are in a state, in one folder or in all."""
        return sum(change.state is state and folder in {None, change.folder} for change in self.files)


# State → what is wrong with it, the way out, and how bad it is for a comparison that writes nothing.
DRIFT = {
    State.CREATED: ("was never rendered", "run `ticketgen render`", Severity.ERROR),
    State.CHANGED: ("is out of date", "run `ticketgen render`", Severity.ERROR),
    State.MISSING: (
        "was rendered and is gone",
        "run `ticketgen render`, which writes it again",
        Severity.ERROR,
    ),
    State.HAND_EDITED: (
        "was edited by hand since it was rendered",
        "move the edit into the spec, or give it up with `ticketgen render --force`",
        Severity.ERROR,
    ),
    State.IN_THE_WAY: (
        "is where a rendered file belongs, and ticketgen did not write it",
        "rename or delete it, then render again",
        Severity.ERROR,
    ),
    State.ORPHANED: ("is rendered no more", "run `ticketgen render`, which deletes it", Severity.ERROR),
    State.KEPT: (
        "is rendered no more, but was edited by hand, so it stays",
        "delete it if the edit is not needed: Terraform still reads it",
        Severity.WARNING,
    ),
}

CONFLICTS = frozenset({State.HAND_EDITED, State.IN_THE_WAY})


def drift(changes: Changes) -> tuple[Finding, ...]:
    """A finding for every file that is not as rendered; its rule is the state's name.

    A manifest is named only where no file of its folder is: it follows from them.
    """
    told = {change.folder for change in changes.files if change.state is not State.UNCHANGED}
    stale = [change for change in changes.manifests if change.folder not in told]
    return tuple(
        finding(change) for change in (*changes.files, *stale) if change.state is not State.UNCHANGED
    )


def finding(change: Change) -> Finding:
    """What is wrong with one file that is not as rendered."""
    what, help, severity = DRIFT[change.state]
    return Finding(change.state.value, f"the file {what}", Stage.WRITE, Location(change.path), severity, help)


def plan(
    root: Path, stacks: Sequence[Stack], *, version: str, retire_in: str | None = None
) -> Checked[Changes]:
    """Compare; touches nothing.

    Args:
        root: the project's folder.
        stacks: what was rendered.
        version: ticketgen's own, for the manifests.
        retire_in: a folder such as ``stacks``: what has a manifest in it and was not rendered is retired.
            None where only some of the project's stacks were rendered.

    Returns:
        The changes, or findings when a path is not safe or a manifest or file cannot be read.
    """
    if interrupted(root):
        return Checked(
            None,
            (
                trouble(
                    "render-interrupted",
                    "a render was interrupted here, or is running",
                    JOURNAL,
                    "run `ticketgen render`, which first puts back what was there before",
                ),
            ),
        )
    rendered = {stack.folder: stack for stack in stacks}
    known = folders(root, retire_in) if retire_in else ()
    retired = tuple(folder for folder in known if folder not in rendered)
    files: list[Change] = []
    manifests: list[Change] = []
    versions: dict[str, str] = {}
    findings: list[Finding] = []
    for folder in sorted([*rendered, *retired]):
        blocked = unsafe(root, f"{folder}/{NAME}")
        old: Checked[Manifest] = Checked(None, (blocked,)) if blocked else load(root, folder)
        findings += old.findings
        if old.value is None:
            continue
        if old.value.ticketgen:
            versions[folder] = old.value.ticketgen
        compared = compare(root, folder, rendered.get(folder), old.value)
        findings += compared.findings
        files += compared.value or ()
        manifests.append(
            manifest_change(root, folder, rendered.get(folder), old.value, compared.value or (), version)
        )
    findings += clashes(root, [change.path for change in files if change.after is not None])
    if has_errors(findings):
        return Checked(None, tuple(findings))
    return Checked(Changes(tuple(files), tuple(manifests), retired, versions), tuple(findings))


def upgrades(changes: Changes, version: str) -> tuple[Finding, ...]:
    """A finding for every stack that another version of ticketgen wrote, and this one would write otherwise."""
    found = []
    for folder, before in changes.versions.items():
        states = [c.state for c in changes.files if c.folder == folder and folder not in changes.retired]
        count = sum(state in {State.CREATED, State.CHANGED, State.ORPHANED} for state in states)
        if count and before != version:
            found.append(
                Finding(
                    "upgrade",
                    f"ticketgen {before} wrote this stack, and {version} renders {count} of its files otherwise",
                    Stage.WRITE,
                    Location(f"{folder}/{NAME}"),
                    help="look at it with `ticketgen render --diff`, then take it with `ticketgen render --upgrade`",
                )
            )
    return tuple(found)


def compare(root: Path, folder: str, stack: Stack | None, old: Manifest) -> Checked[tuple[Change, ...]]:
    """The state of every file of one folder."""
    new = stack.files if stack else {}
    changes, findings = [], []
    for name in sorted({*new, *old.files}):
        path, after = f"{folder}/{name}", new.get(name)
        if after is not None and "\r" in after:
            raise ValueError(f"{path} was rendered with a carriage return")
        blocked = unsafe(root, path)
        try:
            before = None if blocked else read(root, path)
        except OSError as error:
            blocked = trouble(
                "in-the-way",
                f"cannot be read as a file: {error.strerror}",
                path,
                "move it elsewhere and render again",
            )
            before = None
        if blocked:
            findings.append(blocked)
            continue
        state = state_of(before, old.files.get(name), after)
        if state:
            changes.append(Change(path, folder, state, before, after))
    return Checked(tuple(changes), tuple(findings))


def state_of(before: bytes | None, old: Entry | None, after: str | None) -> State | None:
    """The table of this module's docstring; None for a file that is rendered no more and already gone."""
    if before is None:
        if after is None:
            return None
        return State.MISSING if old else State.CREATED
    if after is not None and before == after.encode():
        return State.UNCHANGED
    plain = before.replace(b"\r\n", b"\n")
    ours = old is not None and old.sha256 in {fingerprint(before), fingerprint(plain)}
    if after is None:
        return State.ORPHANED if ours else State.KEPT
    if ours or plain == after.encode():
        return State.CHANGED
    return State.HAND_EDITED if old else State.IN_THE_WAY


def manifest_change(
    root: Path, folder: str, stack: Stack | None, old: Manifest, changes: Iterable[Change], version: str
) -> Change:
    """What a write does to the folder's manifest: it knows what was rendered, and what had to be kept."""
    start = len(folder) + 1
    kept = {c.path[start:]: old.files[c.path[start:]] for c in changes if c.state is State.KEPT}
    path = f"{folder}/{NAME}"
    before = read(root, path)
    if stack is None and not kept:
        return Change(path, folder, State.ORPHANED, before, None)
    new = {name: entry_of(name, text) for name, text in stack.files.items()} if stack else {}
    after = Manifest(version, stack.spec if stack else old.spec, {**kept, **new})
    same = State.UNCHANGED if after.files == old.files else State.CHANGED
    state = State.CREATED if before is None else same
    return Change(path, folder, state, before, after.text())
