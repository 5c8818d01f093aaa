"""The checks of layout and style, which run only for ``--fix``, ``--diff`` and ``--select``.

They belong to no level: Terraform accepts what they find, and formatting takes a tenth of the time of all levels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ticketgen.findings import Finding, FindingKind
from ticketgen.findings.verification import (
    LEGACY_SYNTAX,
    NOT_CHECKED,
    NOT_FORMATTED,
    SYNTAX,
    UNTYPED_VARIABLE,
)
from ticketgen.hcl.syntax import File
from ticketgen.terraform_file_names import DECLARING, SETTING_VARIABLES
from ticketgen.verification.edit_places import EditPlaces
from ticketgen.verification.file_checks import check_syntax
from ticketgen.verification.format_check import check_format
from ticketgen.verification.legacy_syntax import check_legacy_syntax
from ticketgen.verification.untyped_variables import check_untyped

__all__ = ["requested_findings"]

_WITHOUT_MODEL = frozenset({SYNTAX.id, NOT_CHECKED.id})


def requested_findings(
    texts: Mapping[str, str], findings: tuple[Finding, ...], is_requested: Callable[[FindingKind], bool]
) -> Iterator[Finding]:
    """Yield the findings of the requested kinds.

    Args:
        texts: by path.
        findings: those of all levels. Files with a syntax error, or that exceed a limit, are skipped.
        is_requested: whether findings of a kind are asked for.
    """
    broken = {each.location.file for each in findings if each.rule in _WITHOUT_MODEL and each.location}
    if is_requested(UNTYPED_VARIABLE) or is_requested(LEGACY_SYNTAX):
        files = {
            path: file
            for path, text in sorted(texts.items())
            if path not in broken and (file := _parsed(path, text)) is not None
        }
        lines = {path: texts[path].removeprefix("\ufeff").split("\n") for path in files}
        places = EditPlaces(texts)
        if is_requested(UNTYPED_VARIABLE):
            yield from map(places.settled, check_untyped(files, lines, texts))
        if is_requested(LEGACY_SYNTAX):
            yield from map(places.settled, check_legacy_syntax(files, lines))
    if is_requested(NOT_FORMATTED):
        yield from check_format(texts, broken)


def _parsed(path: str, text: str) -> File | None:
    if not path.endswith((DECLARING[0], SETTING_VARIABLES[0])):
        return None
    return check_syntax(path, text.removeprefix("\ufeff"), rendered=False).value
