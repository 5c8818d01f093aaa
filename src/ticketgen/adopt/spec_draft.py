"""Draft the spec of a stack: shared values, values of single environments, and the text.

The text is checked like every spec. Values that the check refuses are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ticketgen.adopt.draft_regions import complete_regions, draftable
from ticketgen.adopt.draft_values import (
    Draft,
    Values,
    add_defaults,
    fit_names,
    scalar,
    shared_values,
    shown,
)
from ticketgen.adopt.found_values import FoundValue, LeftOut, SpecPath, place_text
from ticketgen.escaping import visible
from ticketgen.findings import Finding, Severity
from ticketgen.sizing import size
from ticketgen.spec.authoring import SPEC_KEYS
from ticketgen.spec.load import SpecDocument
from ticketgen.spec.model import Project
from ticketgen.spec.reader import read
from ticketgen.spec.resolve import resolve
from ticketgen.stack.names import check_names

__all__ = ["SpecDraft", "draft_spec"]

_NAME: Final = "ticketgen.yaml"
_MAX_ATTEMPTS: Final = 50
_MAX_COMMENT: Final = 300


@dataclass(frozen=True, slots=True)
class SpecDraft:
    """A spec that resolves.

    Attributes:
        text: the file.
        project: the resolved spec.
        values: the values by environment; those of all environments under "".
        left_out: values that were refused, contradict another value, or were changed to fit.
        findings: problems to solve before the spec can be rendered.
    """

    text: str
    project: Project
    values: Mapping[str, Values]
    left_out: tuple[LeftOut, ...]
    findings: tuple[Finding, ...]


def draft_spec(
    found: Mapping[str, Sequence[FoundValue | LeftOut]], basis: Mapping[str, str]
) -> SpecDraft | tuple[Finding, ...]:
    """Make a spec from what was found in each environment.

    Args:
        found: the values by the name of the environment, in order; the first value at a path counts.
        basis: the basis of each environment's name.

    Returns:
        The findings of the spec if it cannot be made to resolve.
    """
    environments, others = draftable(found)
    draft = shared_values(environments, basis)
    draft.left_out += others
    complete_regions(draft)
    if not draft.own:
        return ()
    add_defaults(draft)
    fit_names(draft)
    refused: tuple[Finding, ...] = ()
    for _ in range(_MAX_ATTEMPTS):
        text = _text(draft)
        project, refused = _resolved(text)
        if project is not None:
            problems = [
                each
                for one in project.environments
                for each in (*size(one).findings, *check_names(project, one))
            ]
            kept = tuple(dict.fromkeys(each for each in problems if each.severity is not Severity.NOTE))
            values = {"": draft.common, **draft.own}
            deployed = {region for one in project.environments for region in one.regions}
            left_out = (each for each in draft.left_out if each.region not in deployed)
            return SpecDraft(text, project, values, tuple(dict.fromkeys(left_out)), kept)
        if not _without_refused(draft, text, refused):
            break
    return refused


def _resolved(text: str) -> tuple[Project | None, tuple[Finding, ...]]:
    checked = read(text.encode("utf-8", "backslashreplace"), _NAME)
    if checked.value is None:
        return None, checked.findings
    resolved = resolve(SpecDocument(_NAME, checked.value, text=text))
    return resolved.value, checked.findings + resolved.findings


def _without_refused(draft: Draft, text: str, refused: Iterable[Finding]) -> bool:
    """Leave out the values on lines with errors; return False if there is no value to leave out."""
    lines = _paths_of_lines(draft)
    done = False
    for finding in refused:
        if finding.severity is not Severity.ERROR or finding.location is None:
            continue
        line = finding.location.line - 1
        if not 0 <= line < len(lines) or lines[line] is None:
            continue
        name, path, item = lines[line] or ("", (), "")
        values = draft.own[name] if name else draft.common
        found = values.pop(path, None)
        if found is None:
            continue
        done = True
        rest = tuple(each for each in found.value if each != item) if isinstance(found.value, tuple) else ()
        if rest and item:
            pairs = zip(found.value, found.notes, strict=False) if isinstance(found.value, tuple) else ()
            values[path] = replace(
                found, value=rest, notes=tuple(note for each, note in pairs if each != item)
            )
        what = f"{'.'.join(path)} {item or shown(found.value)} ({found.basis or 'found in the stack'})"
        draft.refused |= {(path, item or found.value)}
        at = found.location or next((place for _, place in found.notes if place), None)
        draft.left_out.append(LeftOut(what, f"ticketgen refuses it: {finding.message}", at))
    complete_regions(draft)
    add_defaults(draft)
    return done and bool(draft.own)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the spec, and the value that it belongs to: environment, path and element of a list."""

    text: str
    comment: str = ""
    owner: tuple[str, SpecPath, str] | None = None


def _text(draft: Draft) -> str:
    lines = list(_lines(draft))
    return "".join(f"{_with_comment(line)}\n" for line in lines)


def _with_comment(line: _Line) -> str:
    comment = visible(line.comment)
    if len(comment) > _MAX_COMMENT:
        comment = f"{comment[:_MAX_COMMENT]}…"
    return " ".join(filter(None, (line.text, comment and f"# {comment}")))


def _paths_of_lines(draft: Draft) -> list[tuple[str, SpecPath, str] | None]:
    return [line.owner for line in _lines(draft)]


def _lines(draft: Draft) -> Iterator[_Line]:
    yield _Line(
        "",
        "Made by `ticketgen import`. Each comment says where the stack sets the value, or that it is an assumption.",
    )
    yield _Line("version: 1")
    yield from _section("", draft.common, 0)
    yield _Line("environments:")
    for name, values in draft.own.items():
        if values:
            yield _Line(f"  {scalar(name)}:", draft.basis[name])
            yield from _section(name, values, 2)
        else:
            yield _Line(f"  {scalar(name)}: {{}}", draft.basis[name])


def _section(name: str, values: Values, depth: int) -> Iterator[_Line]:
    order = {key: place for place, key in enumerate(SPEC_KEYS)}
    opened: SpecPath = ()
    for path, found in sorted(
        values.items(), key=lambda item: (order.get(item[0][0], 99), item[0][:-1], *_place(item[0]))
    ):
        shared = next(
            (n for n, (a, b) in enumerate(zip(opened, path, strict=False)) if a != b),
            min(len(opened), len(path) - 1),
        )
        for level in range(shared, len(path) - 1):
            yield _Line(f"{'  ' * (depth + level)}{scalar(path[level])}:", "", (name, path, ""))
        opened = path[:-1]
        yield from _value_lines(name, path, found, "  " * (depth + len(path) - 1))


def _place(path: SpecPath) -> tuple[int, str]:
    """Sort key for the keys of a section: the scale in the order of the model, other keys by name."""
    keys = (
        "purchases_per_minute",
        "seats_per_event",
        "concurrent_events",
        "seats_per_order",
        "hold_seconds",
        "bucket",
        "name",
    )
    return keys.index(path[-1]) if path[-1] in keys else len(keys), path[-1]


def _value_lines(name: str, path: SpecPath, found: FoundValue, indent: str) -> Iterator[_Line]:
    comment = _comment(found)
    if not isinstance(found.value, tuple):
        yield _Line(f"{indent}{scalar(path[-1])}: {scalar(found.value)}", comment, (name, path, ""))
        return
    yield _Line(f"{indent}{scalar(path[-1])}:", comment, (name, path, ""))
    for item, (basis, location) in zip(
        found.value, found.notes or (("", None),) * len(found.value), strict=True
    ):
        note = " ".join(filter(None, (place_text(location), basis)))
        yield _Line(f"{indent}  - {scalar(item)}", note, (name, path, item))


def _comment(found: FoundValue) -> str:
    return " ".join(filter(None, (place_text(found.location), found.basis)))
