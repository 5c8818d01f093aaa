"""What pydantic found, as a finding: where it was written, the value, and the way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic_core import ErrorDetails

from ticketgen.findings import Finding, Location, Stage
from ticketgen.spec.authoring import TOP_KEYS, Overrides, PresetFile, field_at, keys_at
from ticketgen.spec.model import Part, Settings
from ticketgen.spec.nodes import KeyPath, Map, Node, Scalar, Sequence, dotted, find, shown, shown_text
from ticketgen.spec.numbers import meant
from ticketgen.spec.scalars import plain_value
from ticketgen.spec.texts import nearest

__all__ = ["explain"]

_IN_PRESETS: Final = frozenset(name for name, info in Settings.model_fields.items() if info.is_required())
_KEY: Final = "[key]"  # pydantic's step for a key, as opposed to its value


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A value that is wrong: what an explanation can look at.

    Attributes:
        node: the value.
        unit: of the field, if it has one.
        context: of pydantic's error.
        is_tag: whether it is a tag's value.
    """

    node: Node
    unit: str
    context: Mapping[str, object]
    is_tag: bool


def explain(error: ErrorDetails, root: Node, model: type[Part]) -> tuple[Finding, KeyPath]:
    """The finding for an error, and the path of what it is about, in its own file.

    Args:
        error: of validating the plain values of `root`.
        root: the whole of what was validated.
        model: what it was validated as.
    """
    where: KeyPath = error["loc"]
    if error["type"] == "extra_forbidden":
        return _unknown_key(where, root, model)
    if error["type"] == "missing":
        return _missing_key(where, root, model)
    if where[-1:] == (_KEY,):
        return _bad_key(where[:-1], root, error.get("ctx", {}))
    node = find(root, where)
    field = field_at(model, where)
    extra = field.json_schema_extra if field else None
    unit = str(extra.get("x-unit", "")) if isinstance(extra, dict) else ""
    wrong = _Wrong(node, unit, error.get("ctx", {}), where[-2:-1] == ("tags",))
    describe = _DESCRIBED.get(error["type"])
    rule, what, way_out = (
        describe(wrong)
        if describe
        else ("invalid-value", f"is refused: {error['msg']}", "`ticketgen help spec` lists what it accepts")
    )
    name = dotted(node.path) or "the whole file"
    # A sentence about a whole section has the section as its subject.
    value = "" if error["type"] == "refused" and isinstance(node, Map) else f"{shown(node)} "
    return _finding(rule, f"{name}: {value}{what}", node.at, way_out), node.path


def _finding(rule: str, message: str, at: Location, help_text: str) -> Finding:
    return Finding(rule, message, Stage.RESOLVE, at, help=help_text)


def _in(path: KeyPath) -> str:
    return f"{dotted(path)}: " if path else ""


def _unknown_key(where: KeyPath, root: Node, model: type[Part]) -> tuple[Finding, KeyPath]:
    parent, key = find(root, where[:-1]), str(where[-1])
    at = parent.keys_at[key] if isinstance(parent, Map) else parent.at
    message = f"{_in(parent.path)}unknown key {shown_text(key)}"
    return _finding("unknown-key", message, at, _place_of(key, where[:-1], model)), (*parent.path, key)


def _place_of(key: str, path: KeyPath, model: type[Part]) -> str:
    """Where an unknown key belongs, or which one was meant."""
    if key in TOP_KEYS:
        if model is PresetFile:
            return f"delete it: a preset holds no {key}"
        return f"{key} holds for all environments: write it at the top of the file"
    known = keys_at(model, path)
    close = nearest(key, known)
    if close:
        return f"did you mean {close}?"
    if key in Overrides.model_fields:
        return f"{key} belongs one level up, beside {path[-1]}"
    sections = [name for name in Overrides.model_fields if key in keys_at(Overrides, (name,))]
    if sections:
        return f"{key} belongs in {sections[0]}"
    return f"known are {', '.join(sorted(known))}"


def _missing_key(where: KeyPath, root: Node, model: type[Part]) -> tuple[Finding, KeyPath]:
    parent, key = find(root, where[:-1]), str(where[-1])
    field = field_at(model, where)
    said = field.description if field and field.description else ""
    message = f"{_in(parent.path)}{key} is missing"
    add = "add it, or extend a preset that has it" if where[0] in _IN_PRESETS else "add it"
    way_out = f"{add}: {said[:1].lower()}{said[1:]}".rstrip(".: ")
    if where in (("version",), ("project",)):
        way_out = "add version: 1" if key == "version" else "add the project's name, such as tap-marketplace"
    return _finding("missing-key", message, parent.at, way_out), (*parent.path, key)


def _bad_key(where: KeyPath, root: Node, context: Mapping[str, object]) -> tuple[Finding, KeyPath]:
    parent, key = find(root, where[:-1]), str(where[-1])
    at = parent.keys_at.get(key, parent.at) if isinstance(parent, Map) else parent.at
    message = f"{_in(parent.path)}{shown_text(key)} {context.get('message', 'is refused')}"
    finding = _finding(
        str(context.get("rule", "invalid-value")),
        message,
        at,
        str(context.get("help", "`ticketgen help spec` lists what it accepts")),
    )
    return finding, (*parent.path, key)


_Described = tuple[str, str, str]
"""Rule, what follows the value, and the way out."""


def _refused(wrong: _Wrong) -> _Described:
    context = wrong.context
    return str(context["rule"]), str(context["message"]), str(context["help"])


def _not_whole(wrong: _Wrong) -> _Described:
    node, what = wrong.node, "is not a whole number"
    if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
        return "wrong-type", what, "write a whole number"
    text = node.text
    if re.fullmatch("[-+]?[0-9]{19,}", text):
        return "out-of-range", "is too large a number", "write a smaller one"
    if isinstance(node.value, str) and isinstance(plain_value(text), int):
        return "wrong-type", what, f"write {text} without quotes"
    number = meant(text, wrong.unit)
    if number is None:
        return "wrong-type", what, "write a whole number, digits alone"
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3})+", text):
        return "wrong-type", what, f"write {number}, or {text.replace('.', '')} if that is meant"
    return "wrong-type", what, f"write {number}"


def _not_a_truth(wrong: _Wrong) -> _Described:
    text = wrong.node.text.casefold() if isinstance(wrong.node, Scalar) else ""
    way_out = "write true or false"
    if text in {"yes", "y", "on", "true", "1"}:
        way_out = "write true, without quotes"
    if text in {"no", "n", "off", "false", "0"}:
        way_out = "write false, without quotes"
    return "wrong-type", "is neither true nor false", way_out


def _not_text(wrong: _Wrong) -> _Described:
    node = wrong.node
    if isinstance(node, Scalar) and node.value is not None:
        return "wrong-type", "is not text", f"write {shown_text(node.text)}, in quotes"
    if wrong.is_tag and isinstance(node, Scalar):
        return "wrong-type", "is not text", 'write "" for a tag without a value'
    return "wrong-type", "is not text", "write text behind the colon"


def _not_a_list(wrong: _Wrong) -> _Described:
    node = wrong.node
    is_text = isinstance(node, Scalar) and re.fullmatch("[a-z][a-z0-9-]{1,30}", node.text)
    way_out = "write a list, such as [us-east-1]"
    if isinstance(node, Scalar) and is_text:
        way_out = f"write [{node.text}]"
    return "wrong-type", "is not a list", way_out


def _not_a_map(wrong: _Wrong) -> _Described:
    node, what = wrong.node, "is not a map of keys"
    if not node.path:
        return "wrong-type", what, "begin with version: 1, and write each key on a line of its own"
    if isinstance(node, Scalar) and node.value is None:
        return "wrong-type", what, "write its keys below it, indented, or delete it"
    if isinstance(node, Sequence) and node.path == ("environments",):
        return "wrong-type", what, "write each environment as a key, such as dev: {}"
    return "wrong-type", what, "write key: value lines below it, indented"


def _no_choice(wrong: _Wrong) -> _Described:
    choices = re.findall("'([^']*)'", str(wrong.context.get("expected", "")))
    what = f"is none of {', '.join(choices)}"
    text = wrong.node.text if isinstance(wrong.node, Scalar) else ""
    close = nearest(text, choices)
    return "invalid-value", what, f"did you mean {close}?" if close else f"write one of {', '.join(choices)}"


def _in_unit(wrong: _Wrong) -> str:
    return f" ({wrong.unit})" if wrong.unit else ""


def _too_little(wrong: _Wrong) -> _Described:
    least = wrong.context["ge"]
    return "out-of-range", f"is less than {least}", f"write {least} or more{_in_unit(wrong)}"


def _too_much(wrong: _Wrong) -> _Described:
    most = wrong.context["le"]
    return "out-of-range", f"is more than {most}", f"write {most} or less{_in_unit(wrong)}"


def _too_short(wrong: _Wrong) -> _Described:
    return "no-regions", "names no Region", "name one at least, such as [us-east-1]"


_DESCRIBED: Final[Mapping[str, Callable[[_Wrong], _Described]]] = {
    "refused": _refused,
    "int_type": _not_whole,
    "bool_type": _not_a_truth,
    "string_type": _not_text,
    "tuple_type": _not_a_list,
    "model_type": _not_a_map,
    "dict_type": _not_a_map,
    "mapping_type": _not_a_map,
    "literal_error": _no_choice,
    "greater_than_equal": _too_little,
    "less_than_equal": _too_much,
    "too_short": _too_short,
}
"""By the type of pydantic's error: https://docs.pydantic.dev/latest/errors/validation_errors/."""
