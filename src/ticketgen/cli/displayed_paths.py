"""Parse the user's paths, and display paths relative to the current folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from ticketgen.cli.session import session
from ticketgen.findings import Finding, Stage
from ticketgen.real_path import real_path
from ticketgen.reports import ReportFormat, Trait

__all__ = [
    "STDOUT",
    "PathDisplay",
    "display_path",
    "path_display",
    "resolve_argument",
    "with_displayed_paths",
    "with_openable_paths",
]

STDOUT = Path("-")
"""Standard output, as ``-o -`` names it."""

PathDisplay = Callable[[str], str]
"""From a path that the current folder can open to the path that is shown."""

_WORKSPACE = "GITHUB_WORKSPACE"
"""The repository's checkout in a GitHub workflow, to which paths in annotations and code scanning are relative.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables.
"""


def resolve_argument(text: str | Path) -> Path:
    """A path of the command line, relative to the folder of ``-C``.

    For ``typer.Option(parser=…)``.
    """
    return STDOUT if str(text) == "-" else session().base_folder / text


def display_path(path: str | Path, relative_to: str | Path | None = None) -> str:
    """A path as it is shown, with slashes.

    Args:
        path: one that can be opened from the current folder.
        relative_to: show what is below this folder relative to it, and anything else absolute. By default the
            current folder, from which a relative path outside stays relative (``../prod/main.tf``).
    """
    text = os.fspath(path)
    start = os.path.abspath(os.getcwd() if relative_to is None else relative_to)  # noqa: PTH100, PTH109
    place = _absolute(text)
    for real in (False, True):
        begin, end = (real_path(start), real_path(place)) if real else (start, place)
        inside = os.path.relpath(end, begin)
        if inside != ".." and not inside.startswith(f"..{os.sep}"):
            return Path(inside).as_posix()
    if relative_to is None and not os.path.isabs(text):  # noqa: PTH117
        return Path(os.path.relpath(place, start)).as_posix()
    return Path(place).as_posix()


def _absolute(text: str) -> str:
    """The absolute path without ``..``, also where ``..`` follows a link."""
    plain = os.path.abspath(text)  # noqa: PTH100 - resolve() would follow every link
    if ".." in Path(text).parts and real_path(plain) != real_path(text):
        return real_path(text)
    return plain


def path_display(format: ReportFormat, relative_to: Path | None) -> tuple[PathDisplay, Path]:
    """How a report shows paths, and the folder that relative ones are relative to.

    Args:
        format: of the report.
        relative_to: the value of ``--relative-to``.
    """
    for_github = Trait.FOR_GITHUB in format.traits
    if relative_to is not None:
        return (
            lambda path: display_path(_resolve_links(path, relative_to) if for_github else path, relative_to)
        ), relative_to
    workspace = os.environ.get(_WORKSPACE) if for_github else None
    if workspace and Path(workspace).is_dir():
        base = Path(workspace)
        if Trait.METADATA in format.traits:
            return (lambda path: display_path(_resolve_links(path, base), base)), base
        return (lambda path: _relative_below(_resolve_links(path, base), base)), base
    here = Path.cwd()
    if Trait.METADATA in format.traits:
        return (lambda path: display_path(_resolve_links(path, here), here)), here
    if for_github:
        return (lambda path: display_path(_resolve_links(path, here))), here
    return display_path, here


def _resolve_links(path: str, base: Path) -> str:
    """The file that links lead to, if it is below the base.

    Git has no lines below a link, and GitHub shows none.
    """
    start = real_path(base)
    real = real_path(path)
    return real if real.startswith(start.rstrip(os.sep) + os.sep) else path


def _relative_below(path: str, base: Path) -> str:
    shown = display_path(path, base)
    return display_path(path) if os.path.isabs(shown) else shown  # noqa: PTH117


def with_openable_paths(findings: Iterable[Finding], root: Path) -> tuple[Finding, ...]:
    """The findings with paths that the current folder can open.

    The stages that verify and write name files relative to the project's folder; those that read the spec use its
    path as given.
    """
    return tuple(
        found.placed(lambda at: replace(at, file=(root / at.file).as_posix()))
        if found.stage in {Stage.VERIFY, Stage.WRITE}
        else found
        for found in findings
    )


def with_displayed_paths(findings: Iterable[Finding], display: PathDisplay) -> tuple[Finding, ...]:
    """The findings with displayed paths. A place in a command-line option is not a path."""
    display = cache(display)  # it may follow links
    return tuple(
        found.placed(lambda at: replace(at, file=display(at.file)))
        if found.location and not found.location.file.startswith("--")
        else found
        for found in findings
    )
