"""Find the newest release of ticketgen where a project's pin points.

A repository's tags and an index list the releases; a wheel at a path or a URL does not. Nothing that is fetched is
run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ticketgen.project.bases import InstallKind
from ticketgen.project.git_commands import GitFailed, run_git
from ticketgen.project.package_index import IndexFailed, PublishedWheel, published_wheels, read_published
from ticketgen.project.pinned_source import PinnedSource
from ticketgen.tree.version_order import is_release, newest_of

__all__ = ["MAX_CHANGELOG", "NewestRelease", "NewestUnknown", "find_newest"]

MAX_CHANGELOG: Final = 1_000_000
_MAX_TAGS: Final = 10_000


class NewestUnknown(Exception):
    """Error of a source that does not list its releases; the message says why."""


@dataclass(frozen=True, slots=True)
class NewestRelease:
    """A release.

    Attributes:
        version: its version.
        pinned: the version that the project pins, if the source knows it; else empty.
        line: the requirement that pins it.
        changelog: the text of its changelog.
        dependencies: its dependencies, for an index; None for other sources, where pip resolves them.
    """

    version: str
    pinned: str
    line: str
    changelog: str = ""
    dependencies: tuple[str, ...] | None = None


def find_newest(pin: PinnedSource, folder: Path) -> NewestRelease:
    """The newest release.

    Args:
        pin: the project's pin.
        folder: a new, empty folder for a clone.

    Raises:
        NewestUnknown: the source cannot be asked, or does not know.
    """
    if pin.kind is InstallKind.GIT:
        try:
            return _newest_tag(pin, folder)
        except GitFailed as error:
            raise NewestUnknown(str(error)) from None
    if pin.kind is InstallKind.INDEX or (pin.kind is InstallKind.LOCK and pin.hashes):
        try:
            return _newest_on_index(pin)
        except IndexFailed as error:
            raise NewestUnknown(str(error)) from None
    if pin.kind is InstallKind.WHEEL:
        raise NewestUnknown(
            "the project carries its ticketgen in vendor/, which does not show newer versions"
        )
    raise NewestUnknown("the pin names one file at a URL, which does not show newer versions")


def _newest_tag(pin: PinnedSource, folder: Path) -> NewestRelease:
    listed = run_git(["ls-remote", "--tags", "--", pin.address], folder)
    commits: dict[str, str] = {}
    for line in listed.splitlines()[:_MAX_TAGS]:
        commit, _, reference = line.partition("\t")
        tag = reference.removeprefix("refs/tags/").removesuffix(
            "^{}"
        )  # ^{} is the commit of an annotated tag
        if tag.startswith("v") and is_release(tag[1:]) and (tag not in commits or reference.endswith("^{}")):
            commits[tag] = commit
    newest = newest_of(tag[1:] for tag in commits)
    if not newest:
        raise NewestUnknown(f"{pin.address} has no tag such as v1.2.3")
    commit = commits[f"v{newest}"]
    pinned = next((tag[1:] for tag, each in commits.items() if each == pin.commit), "")
    line = pin.line.replace(f"@{pin.commit}", f"@{commit}")
    text = "" if commit == pin.commit else _changelog(pin, f"v{newest}", commit, folder)
    return NewestRelease(newest, pinned, line, text)


def _changelog(pin: PinnedSource, tag: str, commit: str, folder: Path) -> str:
    """The changelog in a tagged commit; empty if there is none."""
    run_git(
        ["clone", "--quiet", "--depth", "1", "--no-checkout", "--no-tags", "--no-recurse-submodules", "--template=",
         "--branch", tag, "--", pin.address, "clone"],
        folder,
    )  # fmt: skip
    clone = folder / "clone"
    if run_git(["rev-parse", "HEAD"], clone).strip() != commit:
        raise GitFailed(f"the tag {tag} of {pin.address} was moved in the meantime")
    below = pin.line.partition("subdirectory=")[2].partition("&")[0].strip("/")
    place = f"HEAD:{below}/CHANGELOG.md" if below else "HEAD:CHANGELOG.md"
    try:
        size = run_git(["cat-file", "-s", place], clone).strip()
        return run_git(["show", place], clone) if size.isdecimal() and int(size) <= MAX_CHANGELOG else ""
    except GitFailed:
        return ""


def _newest_on_index(pin: PinnedSource) -> NewestRelease:
    wheels = published_wheels(pin.address)
    if not any(each.sha256 in pin.hashes for each in wheels):
        raise NewestUnknown(
            f"{pin.address} does not have the pinned wheel, so its package may be another one"
        )
    newest = newest_of(each.version for each in wheels if is_release(each.version) and not each.yanked)
    if not newest:
        raise NewestUnknown(f"{pin.address} has no release")
    of_it = [each for each in wheels if each.version == newest and not each.yanked]
    line = " ".join([f"ticketgen=={newest}", *(f"--hash=sha256:{each.sha256}" for each in of_it)])
    if newest == pin.version:
        return NewestRelease(newest, pin.version, pin.line)
    content = read_published(_universal(of_it), MAX_CHANGELOG)
    return NewestRelease(newest, pin.version, line, content.changelog, content.dependencies)


def _universal(wheels: list[PublishedWheel]) -> PublishedWheel:
    return next((each for each in wheels if each.name.endswith("-none-any.whl")), wheels[0])
