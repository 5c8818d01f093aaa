"""Tags that AWS accepts on every resource of a stack."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

from ticketgen.findings.spec import INVALID_TAG, RESERVED_TAG, TOO_MANY_TAGS
from ticketgen.spec.string_types import refusal

__all__ = ["MAX_TAGS", "RESERVED_TAGS", "Tags"]

RESERVED_TAGS: Final = frozenset({"Application", "Environment", "ManagedBy", "Name"})
"""Tags that every rendered stack sets by itself."""

# Source of the 50: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
MAX_TAGS: Final = 50 - len(RESERVED_TAGS)
"""The number of tags that a spec may add."""

# Alphabet and lengths: botocore 1.44 lambda, iam, wafv2, logs and acm, ``[\p{L}\p{Z}\p{N}_.:/=+\-@]``, 1-128
# characters in a key, 0-256 in a value. Of \p{Z}, the line and paragraph separators are left out.
_CATEGORIES: Final = ("L", "N", "Zs")
_SYMBOLS: Final = frozenset("_.:/=+-@")
_MAX_KEY: Final = 128
_MAX_VALUE: Final = 256


def _text(text: str, longest: int, what: str) -> str:
    refused = next((mark for mark in text if not _is_accepted(mark)), None)
    if refused is not None:
        name = unicodedata.name(refused, "a control character")
        raise refusal(
            INVALID_TAG,
            f"has U+{ord(refused):04X} ({name}), which AWS does not accept in a {what}",
            "use letters, digits, spaces and _ . : / = + - @ only",
        )
    if len(text) > longest:
        help = f"shorten it: AWS accepts {longest} in a {what}"
        raise refusal(INVALID_TAG, f"is {len(text)} characters long", help)
    if text.casefold().startswith("aws:"):
        raise refusal(INVALID_TAG, "begins with aws:", "choose another prefix: AWS reserves aws:")
    return text


def _is_accepted(mark: str) -> bool:
    return mark in _SYMBOLS or unicodedata.category(mark).startswith(_CATEGORIES)


def _key(text: str) -> str:
    if not text:
        raise refusal(INVALID_TAG, "is an empty tag key", "give the tag a name")
    # IAM ignores the case of tag keys, so the stack's own are reserved in any case.
    if text.casefold() in {reserved.casefold() for reserved in RESERVED_TAGS}:
        raise refusal(RESERVED_TAG, "is a tag that every stack sets by itself")
    return _text(text, _MAX_KEY, "tag key")


def _value(text: str) -> str:
    return _text(text, _MAX_VALUE, "tag value")


def _tags(tags: Mapping[str, str]) -> Mapping[str, str]:
    if len(tags) > MAX_TAGS:
        help = f"keep {MAX_TAGS}: AWS accepts 50 per resource, and the stack sets {len(RESERVED_TAGS)}"
        raise refusal(TOO_MANY_TAGS, f"has {len(tags)} tags", help)
    seen: dict[str, str] = {}
    for key in tags:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
        first = seen.setdefault(key.casefold(), key)
        if first != key:
            raise refusal(
                INVALID_TAG, f"has both {first} and {key}", "keep one: IAM ignores the case of tag keys"
            )
    return tags


Tags = Annotated[
    Mapping[Annotated[str, AfterValidator(_key)], Annotated[str, AfterValidator(_value)]],
    AfterValidator(_tags),
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MAX_TAGS,
            "propertyNames": {
                "minLength": 1,
                "maxLength": _MAX_KEY,
                "not": {"enum": sorted(RESERVED_TAGS)},
            },
            "additionalProperties": {"type": "string", "maxLength": _MAX_VALUE},
        }
    ),
]
"""Tags by key."""
