"""Shell completion of values that depend on the project, fast and without errors.

The spec is read as plain YAML and not validated: the user may be in the middle of an edit.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any

import typer

__all__ = [
    "complete_environments",
    "complete_findings",
    "complete_presets",
    "complete_regions",
    "complete_rules",
    "complete_spec_regions",
    "complete_templates",
    "complete_topics",
]

_MAX_BYTES = 1024 * 1024  # as the spec's own reader

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")

_Completion = Callable[[typer.Context, str], list[str]]


def _without_errors(values: Callable[[typer.Context], Iterable[str]]) -> _Completion:
    """Return no completions on an error, which would appear in the command line.

    Only plain words are completed: zsh evaluates what typer prints, and bash inserts it unquoted.
    """

    @wraps(values)
    def completion(ctx: typer.Context, incomplete: str) -> list[str]:
        head, comma, last = incomplete.rpartition(",")
        try:
            return [
                f"{head}{comma}{value}"
                for value in values(ctx)
                if value.startswith(last) and _WORD.fullmatch(value)
            ]
        except Exception:
            return []

    del completion.__wrapped__  # typer would follow it to read the signature
    completion.__annotations__ = {"ctx": typer.Context, "incomplete": str}
    return completion


@_without_errors
def complete_environments(ctx: typer.Context) -> Iterable[str]:
    """The environments of the spec."""
    return dict.fromkeys(name for each in _documents(ctx) for name in _map(each.get("environments")))


@_without_errors
def complete_spec_regions(ctx: typer.Context) -> Iterable[str]:
    """The Regions of the spec."""
    return sorted({region for document in _documents(ctx) for region in _regions(document)})


@_without_errors
def complete_regions(ctx: typer.Context) -> Iterable[str]:
    """The Regions of AWS."""
    from ticketgen.aws.regions import REGIONS

    return sorted(REGIONS)


@_without_errors
def complete_rules(ctx: typer.Context) -> Iterable[str]:
    """The ids of all rules."""
    from ticketgen.rules.catalogue import CATALOGUE

    return sorted(CATALOGUE)


@_without_errors
def complete_findings(ctx: typer.Context) -> Iterable[str]:
    """The ids of all findings."""
    from ticketgen.finding_kinds import KINDS

    return sorted(KINDS)


@_without_errors
def complete_presets(ctx: typer.Context) -> Iterable[str]:
    """The names of all presets."""
    from ticketgen.assets import asset_folder

    return sorted(path.stem for path in asset_folder("presets").glob("*.yaml"))


@_without_errors
def complete_templates(ctx: typer.Context) -> Iterable[str]:
    """The templates that a project can take over."""
    from ticketgen.project.eject import ejectable_templates

    return ejectable_templates()


@_without_errors
def complete_topics(ctx: typer.Context) -> Iterable[str]:
    """The topics, commands and findings that `ticketgen help` explains."""
    from ticketgen.cli.help import COMMANDS
    from ticketgen.cli.topics import topics
    from ticketgen.finding_kinds import KINDS

    return dict.fromkeys([*topics(), *COMMANDS, *sorted(KINDS)])


def _documents(ctx: typer.Context) -> Iterator[Mapping[str, Any]]:
    """The spec; then its preset, for keys that the spec leaves out."""
    import yaml

    from ticketgen.assets import asset_folder
    from ticketgen.cli.spec_file import find_spec
    from ticketgen.safe_open import read_within_area

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    spec = find_spec(ctx.params.get("spec"))
    if spec.value is None:
        return
    document = _map(yaml.load(read_within_area(spec.value, _MAX_BYTES), loader))
    yield document
    preset = asset_folder("presets") / f"{document.get('extends')}.yaml"
    if os.sep not in str(document.get("extends")) and preset.is_file():
        base = _map(yaml.load(preset.read_bytes(), loader))
        yield {key: value for key, value in base.items() if key not in document}


def _regions(document: Mapping[str, Any]) -> Iterator[str]:
    for part in (document, *map(_map, _map(document.get("environments")).values())):
        listed = part.get("regions")
        yield from (str(each) for each in listed) if isinstance(listed, list) else ()


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
