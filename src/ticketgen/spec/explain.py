"""Turn pydantic's errors into findings with place, value and fix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pydantic_core import ErrorDetails

from ticketgen.findings import Finding, Stage
from ticketgen.findings.spec import MISSING_KEY, UNKNOWN_KEY
from ticketgen.guesses import nearest
from ticketgen.spec.authoring import TOP_LEVEL_KEYS, Overrides, PresetFile, field_at, keys_at
from ticketgen.spec.model import Settings
from ticketgen.spec.nodes import KeyPath, Map, YamlNode, display_text, display_value, dotted_path, find
from ticketgen.spec.quota_types import QUOTA_CHOICES
from ticketgen.spec.spec_part import SpecPart
from ticketgen.spec.wrong_values import WrongValue, describe, kind_of
from ticketgen.wording import join_words

__all__ = ["explain"]

_IN_PRESETS: Final = frozenset(name for name, info in Settings.model_fields.items() if info.is_required())
_RENAMED: Final = {
    "account_logging": "write api.log_role: managed for true, and api.log_role: existing for false"
}
_KEY: Final = "[key]"  # pydantic's step for a key, as opposed to its value


def explain(error: ErrorDetails, root: YamlNode, model: type[SpecPart]) -> tuple[Finding, KeyPath]:
    """Explain an error: its finding, and the path of the wrong part in its own file.

    Args:
        error: an error of validating the plain values of `root`.
        root: the whole tree that was validated.
        model: the model that it was validated with.
    """
    where: KeyPath = tuple(step for step in error["loc"] if step not in QUOTA_CHOICES)
    where += tuple(error.get("ctx", {}).get("below", ()))
    if error["type"] == "extra_forbidden":
        return _unknown_key(where, root, model)
    if error["type"] == "missing":
        return _missing_key(where, root, model)
    if where[-1:] == (_KEY,):
        return _bad_key(where[:-1], root, error.get("ctx", {}))
    node = find(root, where)
    wrong = WrongValue(node, where, field_at(model, where), error.get("ctx", {}))
    kind, what, help = describe(error["type"], error["msg"], wrong)
    name = dotted_path(node.path) or "the whole file"
    # A sentence about a whole section has the section as its subject.
    value = "" if error["type"] == "refused" and isinstance(node, Map) else f"{display_value(node)} "
    return kind.found(f"{name}: {value}{what}", help, at=node.location, stage=Stage.RESOLVE), node.path


def _in(path: KeyPath) -> str:
    return f"{dotted_path(path)}: " if path else ""


def _unknown_key(where: KeyPath, root: YamlNode, model: type[SpecPart]) -> tuple[Finding, KeyPath]:
    parent, key = find(root, where[:-1]), str(where[-1])
    at = parent.key_locations[key] if isinstance(parent, Map) else parent.location
    message = f"{_in(parent.path)}unknown key {display_text(key)}"
    value = parent.entries.get(key) if isinstance(parent, Map) else None
    return UNKNOWN_KEY.found(message, _place_of(key, where[:-1], model, value), at=at), (*parent.path, key)


def _place_of(key: str, path: KeyPath, model: type[SpecPart], value: YamlNode | None) -> str:
    """Where an unknown key belongs, or which key was meant."""
    if key in TOP_LEVEL_KEYS:
        if model is PresetFile:
            return f"delete it: a preset has no {key}"
        return f"{key} holds for all environments: write it at the top of the file"
    if key in _RENAMED:
        return _RENAMED[key]
    unspaced = re.fullmatch(r"([\w-]+):(\S.*)", key)
    if unspaced:
        return f"write {unspaced[1]}: {unspaced[2]}, with a space after the colon"
    known = keys_at(model, path)
    close = nearest(key, known)
    if close == f"{key}s":
        return f"did you mean {close}?"
    prefix = path[:2] if path[:1] == ("environments",) else ()
    matches = [candidate for candidate in _environment_paths() if candidate[-1] == key]
    if matches:
        return _move(key, matches, prefix)
    if close:
        return f"did you mean {close}?"
    if (
        path == ()
        and isinstance(value, Map)
        and value.entries
        and set(value.entries) <= set(Overrides.model_fields)
    ):
        return f"{key} looks like an environment: write it in environments, as environments.{key}"
    similar = nearest(key, [candidate[-1] for candidate in _environment_paths()])
    if similar:
        target = next(candidate for candidate in _environment_paths() if candidate[-1] == similar)
        return f"did you mean {dotted_path((*prefix, *target))}?"
    return f"choose one of {', '.join(sorted(known))}"


def _environment_paths() -> list[tuple[str, ...]]:
    """The path of every key that an environment may have."""
    found: list[tuple[str, ...]] = [()]
    for path in found:
        found += [(*path, key) for key in keys_at(Overrides, path)]
    return found[1:]


def _move(key: str, matches: list[tuple[str, ...]], prefix: KeyPath) -> str:
    """Where a key belongs that exists elsewhere in the file or the environment."""
    if any(len(path) == 1 for path in matches):
        where = dotted_path(prefix) if prefix else "the top of the file"
        return (
            f"{key} belongs outside of this section: write it in {where}"
            if prefix
            else f"write it at {where}"
        )
    sections = [dotted_path(path[:-1]) for path in matches]
    targets = [dotted_path((*prefix, *path)) for path in matches]
    return f"{key} belongs in {join_words(sections, 'or')}: write {join_words(targets, 'or')}"


def _missing_key(where: KeyPath, root: YamlNode, model: type[SpecPart]) -> tuple[Finding, KeyPath]:
    parent, key = find(root, where[:-1]), str(where[-1])
    field = field_at(model, where)
    description = field.description if field and field.description else ""
    message = f"{_in(parent.path)}{key} is missing"
    add = "add it, or extend a preset that has it" if where[0] in _IN_PRESETS else "add it"
    help = f"{add}: {description[:1].lower()}{description[1:]}".rstrip(".: ")
    if where in (("version",), ("project",)):
        help = "add version: 1" if key == "version" else "add the project's name, such as tap-marketplace"
    return MISSING_KEY.found(message, help, at=parent.location), (*parent.path, key)


def _bad_key(where: KeyPath, root: YamlNode, context: Mapping[str, object]) -> tuple[Finding, KeyPath]:
    parent, key = find(root, where[:-1]), str(where[-1])
    at = parent.key_locations.get(key, parent.location) if isinstance(parent, Map) else parent.location
    message = f"{_in(parent.path)}{display_text(key)} {context.get('message', 'is refused')}"
    kind = kind_of(context)
    finding = kind.found(message, str(context.get("help", kind.fix)), at=at)
    return finding, (*parent.path, key)
