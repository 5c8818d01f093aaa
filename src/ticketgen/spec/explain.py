"""Turn pydantic's errors into findings: the place, the value, and a fix that the spec takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ticketgen.findings import Finding, FindingKind, Stage
from ticketgen.findings.spec import INVALID_VALUE, MISSING_KEY, NO_REGIONS, OUT_OF_RANGE, UNKNOWN_KEY
from ticketgen.findings.verification import WRONG_TYPE
from ticketgen.guesses import did_you_mean, nearest
from ticketgen.spec.authoring import TOP_KEYS, Overrides, PresetFile, field_at, keys_at
from ticketgen.spec.model import Part, Settings
from ticketgen.spec.nodes import KeyPath, Map, Node, Scalar, Sequence, dotted, find, shown, shown_text
from ticketgen.spec.numbers import meant
from ticketgen.spec.presets import presets
from ticketgen.spec.quotas import MOST_QUOTA, QUOTA_CHOICES
from ticketgen.spec.scalars import plain_value
from ticketgen.wording import listed

__all__ = ["explain"]

_IN_PRESETS: Final = frozenset(name for name, info in Settings.model_fields.items() if info.is_required())
_KEY: Final = "[key]"  # pydantic's step for a key, as opposed to its value


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A wrong value, with everything that an explanation needs.

    Attributes:
        node: the value.
        path: the place in the model where it was validated.
        field: the field of the model; None in a list, in tags and in quotas.
        context: the context of pydantic's error.
    """

    node: Node
    path: KeyPath
    field: FieldInfo | None
    context: Mapping[str, object]

    @property
    def unit(self) -> str:
        """The unit of the field; "" if it has none."""
        extra = self.field.json_schema_extra if self.field else None
        return str(extra.get("x-unit", "")) if isinstance(extra, dict) else ""

    @property
    def in_unit(self) -> str:
        """The unit in brackets, to follow a number."""
        return f" ({self.unit})" if self.unit else ""

    @property
    def is_tag(self) -> bool:
        """Whether it is the value of a tag."""
        return self.path[-2:-1] == ("tags",)

    def why_not(self, value: object) -> str | None:
        """Why the spec does not take another value in this place, as a fix; None if it does."""
        if "quotas" in self.path:
            return None if isinstance(value, int) and 1 <= value <= MOST_QUOTA else ""
        if self.field is None:
            return None
        kind: Any = self.field.annotation
        if self.field.metadata:
            kind = Annotated[(kind, *self.field.metadata)]
        try:
            TypeAdapter(kind).validate_python(value, strict=True)
        except ValidationError as error:
            return str(error.errors()[0].get("ctx", {}).get("help", ""))
        return None

    @property
    def numbers(self) -> str:
        """The whole numbers that the spec takes here: ``from 1 to 33``."""
        extra = self.field.json_schema_extra if self.field else None
        choices = extra.get("enum") if isinstance(extra, dict) else None
        if isinstance(choices, list):
            return f"out of {listed([str(each) for each in choices], 'or')}"
        limits = self.field.metadata if self.field else ()
        least = next((each.ge for each in limits if hasattr(each, "ge")), 1)
        most = next((each.le for each in limits if hasattr(each, "le")), MOST_QUOTA)
        return f"from {least} to {most}{self.in_unit}"


def explain(error: ErrorDetails, root: Node, model: type[Part]) -> tuple[Finding, KeyPath]:
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
    wrong = _Wrong(node, where, field_at(model, where), error.get("ctx", {}))
    describe = _DESCRIBED.get(error["type"])
    kind, what, help = (
        describe(wrong)
        if describe
        else (
            INVALID_VALUE,
            f"is refused: {error['msg']}",
            "run `ticketgen help spec` for the accepted values",
        )
    )
    name = dotted(node.path) or "the whole file"
    # A sentence about a whole section has the section as its subject.
    value = "" if error["type"] == "refused" and isinstance(node, Map) else f"{shown(node)} "
    return kind.found(f"{name}: {value}{what}", help, at=node.at, stage=Stage.RESOLVE), node.path


def _in(path: KeyPath) -> str:
    return f"{dotted(path)}: " if path else ""


def _unknown_key(where: KeyPath, root: Node, model: type[Part]) -> tuple[Finding, KeyPath]:
    parent, key = find(root, where[:-1]), str(where[-1])
    at = parent.keys_at[key] if isinstance(parent, Map) else parent.at
    message = f"{_in(parent.path)}unknown key {shown_text(key)}"
    value = parent.entries.get(key) if isinstance(parent, Map) else None
    return UNKNOWN_KEY.found(message, _place_of(key, where[:-1], model, value), at=at), (*parent.path, key)


def _place_of(key: str, path: KeyPath, model: type[Part], value: Node | None) -> str:
    """Where an unknown key belongs, or which one was meant."""
    if key in TOP_KEYS:
        if model is PresetFile:
            return f"delete it: a preset has no {key}"
        return f"{key} holds for all environments: write it at the top of the file"
    unspaced = re.fullmatch(r"([\w-]+):(\S.*)", key)
    if unspaced:
        return f"write {unspaced[1]}: {unspaced[2]}, with a space after the colon"
    known = keys_at(model, path)
    close = nearest(key, known)
    if close == f"{key}s":
        return f"did you mean {close}?"
    prefix = path[:2] if path[:1] == ("environments",) else ()
    homes = [home for home in _homes() if home[-1] == key]
    if homes:
        return _move(key, homes, prefix)
    if close:
        return f"did you mean {close}?"
    if (
        path == ()
        and isinstance(value, Map)
        and value.entries
        and set(value.entries) <= set(Overrides.model_fields)
    ):
        return f"{key} looks like an environment: write it in environments, as environments.{key}"
    far = nearest(key, [home[-1] for home in _homes()])
    if far:
        return f"did you mean {dotted((*prefix, *next(home for home in _homes() if home[-1] == far)))}?"
    return f"choose one of {', '.join(sorted(known))}"


def _homes() -> list[tuple[str, ...]]:
    """The path of every key that an environment may have."""
    found: list[tuple[str, ...]] = [()]
    for path in found:
        found += [(*path, key) for key in keys_at(Overrides, path)]
    return found[1:]


def _move(key: str, homes: list[tuple[str, ...]], prefix: KeyPath) -> str:
    """Where a key goes that is known in another place of the file or of the environment."""
    if any(len(home) == 1 for home in homes):
        where = dotted(prefix) if prefix else "the top of the file"
        return (
            f"{key} belongs outside of this section: write it in {where}"
            if prefix
            else f"write it at {where}"
        )
    sections = [dotted(home[:-1]) for home in homes]
    written = [dotted((*prefix, *home)) for home in homes]
    return f"{key} belongs in {listed(sections, 'or')}: write {listed(written, 'or')}"


def _missing_key(where: KeyPath, root: Node, model: type[Part]) -> tuple[Finding, KeyPath]:
    parent, key = find(root, where[:-1]), str(where[-1])
    field = field_at(model, where)
    said = field.description if field and field.description else ""
    message = f"{_in(parent.path)}{key} is missing"
    add = "add it, or extend a preset that has it" if where[0] in _IN_PRESETS else "add it"
    help = f"{add}: {said[:1].lower()}{said[1:]}".rstrip(".: ")
    if where in (("version",), ("project",)):
        help = "add version: 1" if key == "version" else "add the project's name, such as tap-marketplace"
    return MISSING_KEY.found(message, help, at=parent.at), (*parent.path, key)


def _bad_key(where: KeyPath, root: Node, context: Mapping[str, object]) -> tuple[Finding, KeyPath]:
    parent, key = find(root, where[:-1]), str(where[-1])
    at = parent.keys_at.get(key, parent.at) if isinstance(parent, Map) else parent.at
    message = f"{_in(parent.path)}{shown_text(key)} {context.get('message', 'is refused')}"
    help = str(context.get("help", "run `ticketgen help spec` for the accepted values"))
    finding = _kind(context).found(message, help, at=at)
    return finding, (*parent.path, key)


_Described = tuple[FindingKind, str, str]
"""Kind, what follows the value, and the fix."""


def _kind(context: Mapping[str, object]) -> FindingKind:
    """The kind that one of our own types put into its error; pydantic's own errors have none."""
    found = context.get("kind")
    return found if isinstance(found, FindingKind) else INVALID_VALUE


def _refused(wrong: _Wrong) -> _Described:
    return _kind(wrong.context), str(wrong.context["message"]), str(wrong.context["help"])


def _not_whole(wrong: _Wrong) -> _Described:
    node, what = wrong.node, "is not a whole number"
    if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
        return WRONG_TYPE, what, f"write a whole number {wrong.numbers}"
    text = node.text
    if re.fullmatch("[-+]?[0-9]{19,}", text):
        return OUT_OF_RANGE, "is too large", f"write a whole number {wrong.numbers}"
    if isinstance(node.value, str) and isinstance(plain_value(text), int):
        fits = wrong.why_not(int(text)) is None
        return WRONG_TYPE, what, f"write {text} without quotes" if fits else f"write one {wrong.numbers}"
    number = meant(text, wrong.unit)
    if number is None or wrong.why_not(number) is not None:
        return WRONG_TYPE, what, f"write a whole number {wrong.numbers}"
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3})+", text):
        other = text.replace(".", "")
        if wrong.why_not(int(other)) is None:
            return WRONG_TYPE, what, f"write {number}, or {other} if you mean thousands"
    return WRONG_TYPE, what, f"write {number}"


def _not_a_truth(wrong: _Wrong) -> _Described:
    text = wrong.node.text.casefold() if isinstance(wrong.node, Scalar) else ""
    help = "write true or false"
    if text in {"yes", "y", "on", "true", "1"}:
        help = "write true, without quotes"
    if text in {"no", "n", "off", "false", "0"}:
        help = "write false, without quotes"
    return WRONG_TYPE, "is neither true nor false", help


def _not_text(wrong: _Wrong) -> _Described:
    node = wrong.node
    if isinstance(node, Scalar) and node.value is not None:
        if wrong.path == ("extends",):
            return WRONG_TYPE, "is not text", f"write one of {', '.join(presets())}"
        refused = wrong.why_not(node.text)
        return WRONG_TYPE, "is not text", refused or f"write {shown_text(node.text)}, in quotes"
    if wrong.is_tag and isinstance(node, Scalar):
        help = 'write "" for a tag without a value, and put text that begins with # in quotes'
        return WRONG_TYPE, "is not text", help
    return WRONG_TYPE, "is not text", "write text after the colon"


def _not_a_list(wrong: _Wrong) -> _Described:
    node = wrong.node
    help = "write a list, such as [us-east-1]"
    if isinstance(node, Scalar):
        words = [word for word in re.split(r"[\s,;]+", node.text) if word]
        undashed = [word.removeprefix("-") for word in words]
        if words and wrong.why_not(tuple(words)) is None:
            help = f"write [{', '.join(words)}]"
        elif words != undashed and wrong.why_not(tuple(undashed)) is None:
            help = "write a space after each dash"
    return WRONG_TYPE, "is not a list", help


def _not_a_map(wrong: _Wrong) -> _Described:
    node, what = wrong.node, "is not a map of keys"
    if not node.path:
        return WRONG_TYPE, what, "begin with version: 1, and write each key on its own line"
    if isinstance(node, Scalar) and node.value is None:
        return WRONG_TYPE, what, "write its keys below it, indented, or delete it"
    if isinstance(node, Sequence) and node.path == ("environments",):
        return WRONG_TYPE, what, "write each environment as a key, such as dev: {}"
    if (
        isinstance(node, Scalar)
        and node.path == ("environments",)
        and re.fullmatch("[a-z][a-z0-9-]*", node.text)
    ):
        return WRONG_TYPE, what, f"write {node.text}: {{}} on its own line below it, indented"
    return WRONG_TYPE, what, "write lines of key: value below it, indented"


def _no_choice(wrong: _Wrong) -> _Described:
    choices = re.findall("'([^']*)'", str(wrong.context.get("expected", "")))
    what = f"is not one of {', '.join(choices)}"
    text = wrong.node.text if isinstance(wrong.node, Scalar) else ""
    return INVALID_VALUE, what, did_you_mean(text, choices, f"write one of {', '.join(choices)}")


def _too_little(wrong: _Wrong) -> _Described:
    least = wrong.context["ge"]
    return OUT_OF_RANGE, f"is less than {least}", f"write {least} or more{wrong.in_unit}"


def _too_much(wrong: _Wrong) -> _Described:
    most = wrong.context["le"]
    return OUT_OF_RANGE, f"is more than {most}", f"write {most} or less{wrong.in_unit}"


def _too_short(wrong: _Wrong) -> _Described:
    return NO_REGIONS, "names no Region", "name at least one, such as [us-east-1]"


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
