"""Files whose layout differs from that of ``terraform fmt``, with the edits that change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ticketgen.findings import Finding, Location, TextEdit
from ticketgen.findings.verification import NOT_FORMATTED
from ticketgen.rendering.formatter import formatted

__all__ = ["check_format", "format_edits"]

# https://developer.hashicorp.com/terraform/cli/commands/fmt: the files that it formats.
_FORMATTED = (".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl", ".tofu")
_MARK = "\ufeff"


def check_format(texts: Mapping[str, str], broken: Iterable[str]) -> Iterator[Finding]:
    """Yield one finding for each file with another layout.

    Args:
        texts: by path.
        broken: the paths of files with a syntax error, which have no layout.
    """
    for path in sorted(texts.keys() - set(broken)):
        if path.endswith(_FORMATTED):
            edits = format_edits(path, texts[path])
            if edits:
                at = min(edit.at for edit in edits)
                yield NOT_FORMATTED.found("the file is not formatted", at=at, edits=edits)


def format_edits(path: str, text: str) -> tuple[TextEdit, ...]:
    """The edits that format a valid text: one for each line, or one for all of it if lines are joined."""
    old = text.removeprefix(_MARK).replace("\r\n", "\n")
    try:
        new = formatted(old)
    except ValueError:  # too many blanks
        return ()
    if old == new:
        return ()
    before, after = old.split("\n"), new.split("\n")
    if len(before) != len(after):
        return (TextEdit(Location(path), text.removeprefix(_MARK), new),)
    return tuple(
        TextEdit(Location(path, number), line, laid_out)
        for number, (line, laid_out) in enumerate(zip(before, after, strict=True), 1)
        if line != laid_out
    )
