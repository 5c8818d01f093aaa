"""Print results to standard output, problems to standard error, and JSON."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

import typer

from ticketgen.atomic_write import replace_file
from ticketgen.cli.displayed_paths import (
    STDOUT,
    display_path,
    path_display,
    with_displayed_paths,
    with_openable_paths,
)
from ticketgen.cli.exit_codes import ExitCode, exit_code
from ticketgen.cli.kept_files import why_kept
from ticketgen.cli.session import session, use_color
from ticketgen.cli.streams import write_escaped
from ticketgen.escaping import as_utf8
from ticketgen.findings import Checked, Finding, FindingKind, Severity, has_errors
from ticketgen.reports import ReportFormat, Trait
from ticketgen.safe_open import NotRegularFile, check_place

__all__ = [
    "check_output",
    "check_writable",
    "exit_with_findings",
    "exit_with_usage_error",
    "format_findings",
    "print_findings",
    "unknown",
    "value_of",
    "write_result",
]

T = TypeVar("T")


def format_findings(
    findings: Iterable[Finding],
    format: ReportFormat,
    sources: Mapping[str, str] | None = None,
    *,
    root: Path | None = None,
    relative_to: Path | None = None,
    color: bool = False,
) -> str:
    """A report of findings, with paths relative to the current folder.

    Args:
        findings: in any order.
        format: of the report.
        sources: the text of files, by the path that the findings name.
        root: the folder to which paths of the stages that verify and write are relative; None if paths can be opened
            as they are.
        relative_to: the folder to which paths are relative, instead of the current folder.
        color: whether text is coloured.
    """
    from ticketgen.reports.report import Style, report

    found = tuple(findings)
    display, base = path_display(format, relative_to)
    texts = {}
    if root is not None:
        texts = {display((root / path).as_posix()): text for path, text in _named_sources(found, sources)}
        found = with_openable_paths(found, root)
    else:
        texts = {display(path): text for path, text in _named_sources(found, sources)}
    kinds: Mapping[str, FindingKind] = {}
    if Trait.METADATA in format.traits:
        from ticketgen.finding_kinds import KINDS

        kinds = KINDS
    style = Style(color=color, base=base.absolute().as_posix())
    return report(with_displayed_paths(found, display), format, texts, kinds, style)


def _named_sources(
    findings: Iterable[Finding], sources: Mapping[str, str] | None
) -> Iterable[tuple[str, str]]:
    names = {found.location.file for found in findings if found.location}
    return [(name, sources[name]) for name in sorted(names) if sources and name in sources]


def print_findings(
    findings: Iterable[Finding],
    format: ReportFormat,
    sources: Mapping[str, str] | None = None,
    *,
    root: Path | None = None,
    relative_to: Path | None = None,
    output: Path | None = None,
    is_result: bool = False,
) -> None:
    """Print findings in the format that was asked for; see `format_findings`.

    ``--quiet`` omits warnings and notes from text; programs that read the other formats decide for themselves.
    Text goes to standard error, unless the findings are the result of the command.
    """
    found = tuple(findings)
    if format is ReportFormat.TEXT and session().quiet:
        found = tuple(each for each in found if each.severity is Severity.ERROR)
    to_file = output is not None and output != STDOUT
    stream = sys.stdout if is_result or output is not None else sys.stderr
    color = format is ReportFormat.TEXT and not to_file and use_color(stream)
    text = format_findings(found, format, sources, root=root, relative_to=relative_to, color=color)
    if output is not None:
        write_result(f"{text}\n" if text else "", output)
    elif text and format is ReportFormat.TEXT:
        write_escaped(f"{text}\n", err=not is_result)
    elif text:
        write_result(f"{text}\n")


def exit_with_findings(findings: Iterable[Finding]) -> NoReturn:
    """Exit with the code that follows from the findings."""
    raise typer.Exit(exit_code(findings))


def value_of(result: Checked[T], format: ReportFormat, root: Path | None = None) -> T:
    """The value of a result; without one or with errors, report its findings and exit."""
    if result.value is None or has_errors(result.findings):
        print_findings(result.findings, format, root=root)
        exit_with_findings(result.findings)
    return result.value


def exit_with_usage_error(message: str) -> NoReturn:
    """Exit because the command line is wrong."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(ExitCode.USAGE)


def unknown(what: str, word: str, known: Iterable[str], otherwise: str) -> str:
    """The message for an unknown word: the word that was probably meant, or `otherwise`."""
    from ticketgen.guesses import did_you_mean

    help = did_you_mean(word, known, otherwise)
    return f"there is no {what} {word!r}. {help[0].upper()}{help[1:]}"


def write_result(text: str, output: Path | None = None) -> None:
    """Print a result, or write it atomically to the file that ``-o`` names."""
    if output is None or output == STDOUT:
        sys.stdout.flush()
        # As bytes: a document is UTF-8, whatever the terminal's encoding is.
        typer.echo(as_utf8(text), nl=False)
        return
    try:
        check_place(output)
        _write(output, as_utf8(text))
    except OSError as error:
        _cannot_write(output, error.strerror or str(error))


def check_output(output: Path | None, inputs: Iterable[Path] = ()) -> Path | None:
    """The file for a result; exit now if a result must not replace it.

    Args:
        output: what ``-o`` names.
        inputs: files that the command reads.
    """
    if output is not None and output != STDOUT and (reason := why_kept(output, inputs)):
        _cannot_write(output, reason)
    return output


def check_writable(output: Path) -> None:
    """Exit now if a file cannot be written later, after a command that takes minutes."""
    place = Path(os.path.realpath(output))
    check_output(output)
    try:
        check_place(output)
    except NotRegularFile as error:
        _cannot_write(output, error.strerror or str(error))
    except OSError:
        pass  # it is reported below
    if place.is_dir():
        _cannot_write(output, os.strerror(errno.EISDIR))
    if not place.parent.is_dir():
        _cannot_write(output, os.strerror(errno.ENOENT))
    if not os.access(place if place.exists() else place.parent, os.W_OK):
        _cannot_write(output, os.strerror(errno.EACCES))


def _cannot_write(output: Path, reason: str) -> NoReturn:
    typer.echo(f"Error: {display_path(output)} cannot be written: {reason}. Name another file.", err=True)
    raise typer.Exit(ExitCode.CANNOT_WRITE)


def _write(output: Path, content: bytes) -> None:
    if output.exists() and not output.is_file():  # a device or a pipe; for a folder, open() fails
        with output.open("wb", buffering=0) as stream:
            stream.write(content)
        return
    place = Path(os.path.realpath(output))
    permissions = place.stat().st_mode & 0o7777 if place.exists() else None
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        replace_file(place.name, content, folder=folder, exact_mode=permissions)
    finally:
        os.close(folder)
