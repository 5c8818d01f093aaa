"""Describe a wrong value of a spec, and suggest a fix that the spec accepts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ticketgen.findings import FindingKind
from ticketgen.findings.spec import INVALID_VALUE, NO_REGIONS, OUT_OF_RANGE
from ticketgen.findings.verification import WRONG_TYPE
from ticketgen.guesses import did_you_mean
from ticketgen.spec.amounts import parse_amount
from ticketgen.spec.nodes import KeyPath, Scalar, Sequence, YamlNode, display_text
from ticketgen.spec.presets import presets
from ticketgen.spec.quota_types import MAX_QUOTA
from ticketgen.spec.scalars import plain_value
from ticketgen.wording import join_words

__all__ = ["Description", "WrongValue", "describe", "kind_of"]


Description = tuple[FindingKind, str, str]
"""The kind, the text after the value in the message, and the fix."""


@dataclass(frozen=True, slots=True)
class WrongValue:
    """A wrong value, with everything that an explanation needs.

    Attributes:
        node: the value.
        path: the place in the model where it was validated.
        field: the field of the model; None in a list, in tags and in quotas.
        context: the context of pydantic's error.
    """

    node: YamlNode
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
        """The fix if the spec refuses another value here; None if it accepts that value."""
        if "quotas" in self.path:
            return None if isinstance(value, int) and 1 <= value <= MAX_QUOTA else ""
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
        """The whole numbers that the spec accepts here: ``from 1 to 32``."""
        extra = self.field.json_schema_extra if self.field else None
        choices = extra.get("enum") if isinstance(extra, dict) else None
        if isinstance(choices, list):
            return f"out of {join_words([str(each) for each in choices], 'or')}"
        limits = self.field.metadata if self.field else ()
        least = next((each.ge for each in limits if hasattr(each, "ge")), 1)
        most = next((each.le for each in limits if hasattr(each, "le")), MAX_QUOTA)
        return f"from {least} to {most}{self.in_unit}"


def describe(kind: str, message: str, wrong: WrongValue) -> Description:
    """Describe a wrong value.

    Args:
        kind: the type of pydantic's error.
        message: pydantic's own message, for types that have no description here.
        wrong: the value.
    """
    description = _DESCRIPTIONS.get(kind)
    if description:
        return description(wrong)
    return INVALID_VALUE, f"is refused: {message}", INVALID_VALUE.fix


def kind_of(context: Mapping[str, object]) -> FindingKind:
    """The kind in an error of our own types; pydantic's own errors have none."""
    found = context.get("kind")
    return found if isinstance(found, FindingKind) else INVALID_VALUE


def _refused(wrong: WrongValue) -> Description:
    return kind_of(wrong.context), str(wrong.context["message"]), str(wrong.context["help"])


def _not_an_integer(wrong: WrongValue) -> Description:
    node, what = wrong.node, "is not a whole number"
    if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
        return WRONG_TYPE, what, f"write a whole number {wrong.numbers}"
    text = node.text
    if re.fullmatch("[-+]?[0-9]{19,}", text):
        return OUT_OF_RANGE, "is too large", f"write a whole number {wrong.numbers}"
    if isinstance(node.value, str) and isinstance(plain_value(text), int):
        fits = wrong.why_not(int(text)) is None
        return WRONG_TYPE, what, f"write {text} without quotes" if fits else f"write one {wrong.numbers}"
    number = parse_amount(text, wrong.unit)
    if number is None or wrong.why_not(number) is not None:
        return WRONG_TYPE, what, f"write a whole number {wrong.numbers}"
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3})+", text):
        other = text.replace(".", "")
        if wrong.why_not(int(other)) is None:
            return WRONG_TYPE, what, f"write {number}, or {other} if you mean thousands"
    return WRONG_TYPE, what, f"write {number}"


def _not_a_bool(wrong: WrongValue) -> Description:
    text = wrong.node.text.casefold() if isinstance(wrong.node, Scalar) else ""
    help = "write true or false"
    if text in {"yes", "y", "on", "true", "1"}:
        help = "write true, without quotes"
    if text in {"no", "n", "off", "false", "0"}:
        help = "write false, without quotes"
    return WRONG_TYPE, "is neither true nor false", help


def _not_text(wrong: WrongValue) -> Description:
    node = wrong.node
    if isinstance(node, Scalar) and node.value is not None:
        if wrong.path == ("extends",):
            return WRONG_TYPE, "is not text", f"write one of {', '.join(presets())}"
        refused = wrong.why_not(node.text)
        return WRONG_TYPE, "is not text", refused or f"write {display_text(node.text)}, in quotes"
    if wrong.is_tag and isinstance(node, Scalar):
        help = 'write "" for a tag without a value, and put text that begins with # in quotes'
        return WRONG_TYPE, "is not text", help
    return WRONG_TYPE, "is not text", "write text after the colon"


def _not_a_list(wrong: WrongValue) -> Description:
    node = wrong.node
    is_regions = str(node.path[-1]).endswith("regions")
    help = (
        "write a list, such as [us-east-1]" if is_regions else "write each item on its own line, after a dash"
    )
    if isinstance(node, Scalar):
        words = [word for word in re.split(r"[\s,;]+", node.text) if word]
        undashed = [word.removeprefix("-") for word in words]
        if words and wrong.why_not(tuple(words)) is None:
            help = f"write [{', '.join(words)}]"
        elif words != undashed and wrong.why_not(tuple(undashed)) is None:
            help = "write a space after each dash"
    return WRONG_TYPE, "is not a list", help


def _not_a_map(wrong: WrongValue) -> Description:
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


def _not_a_choice(wrong: WrongValue) -> Description:
    choices = re.findall("'([^']*)'", str(wrong.context.get("expected", "")))
    what = f"is not one of {', '.join(choices)}"
    text = wrong.node.text if isinstance(wrong.node, Scalar) else ""
    return INVALID_VALUE, what, did_you_mean(text, choices, f"write one of {', '.join(choices)}")


def _too_small(wrong: WrongValue) -> Description:
    least = wrong.context["ge"]
    return OUT_OF_RANGE, f"is less than {least}", f"write {least} or more{wrong.in_unit}"


def _too_large(wrong: WrongValue) -> Description:
    most = wrong.context["le"]
    return OUT_OF_RANGE, f"is more than {most}", f"write {most} or less{wrong.in_unit}"


def _too_short(wrong: WrongValue) -> Description:
    return NO_REGIONS, "names no Region", "name at least one, such as [us-east-1]"


_DESCRIPTIONS: Final[Mapping[str, Callable[[WrongValue], Description]]] = {
    "refused": _refused,
    "int_type": _not_an_integer,
    "bool_type": _not_a_bool,
    "string_type": _not_text,
    "tuple_type": _not_a_list,
    "model_type": _not_a_map,
    "dict_type": _not_a_map,
    "mapping_type": _not_a_map,
    "literal_error": _not_a_choice,
    "greater_than_equal": _too_small,
    "less_than_equal": _too_large,
    "too_short": _too_short,
}
"""By the type of pydantic's error: https://docs.pydantic.dev/latest/errors/validation_errors/."""
