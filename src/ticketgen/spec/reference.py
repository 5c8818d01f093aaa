"""The reference of the spec, ``docs/spec.md``: made from the model, so that it cannot say anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from ticketgen.spec.presets import presets
from ticketgen.spec.reader import MOST_BYTES, MOST_DEPTH, MOST_VALUES
from ticketgen.spec.schema import json_schema

__all__ = ["reference"]

_SECTION: Final = "a section"
_MOST_SHOWN: Final = 10  # more choices than that are not listed

_ABOUT: Final = f"""\
# The spec, field by field

<!-- Made from src/ticketgen/spec/model.py by ticketgen.spec.reference: edit the model, not this page. -->

`ticketgen.yaml` stands at a project's root, and everything is rendered beside it. It says three things: what
holds for all environments (the top level), where that starts from (`extends`), and what each environment has
otherwise (`environments`).

## How the three become one

Preset, then file, then environment: the later wins. Maps merge key by key; a list or a single value replaces
the whole of the one before; `null` resets what may be null. An environment may set anything but `version`,
`project`, `extends` and `environments`. `prod: {{}}` and `prod:` both mean an environment that overrides
nothing.

Every problem is reported with its file, line and column, all of them at once. An override is reported at the
environment's own line, and what a preset says at the preset's.

## What YAML means here

YAML 1.2, read strictly, so that nothing silently becomes something else:

- `true`, `false`, `null`, `~` and nothing mean what they say. `yes`, `no`, `on` and `off` are text.
- A number is decimal, without leading zeros, underscores, signs of base or colons: `45000`. `010`, `1_000`,
  `0x1F` and `1:30` are text, and a field that wants a number says what to write. Dates are text.
- Keys are text as they are written. Twice the same key in one map is an error.
- Not taken: anchors, aliases, merge keys, tags, more than one document, tabs for indentation, a byte order
  mark, anything but UTF-8, characters that cannot be seen.
- Refused unread: over {MOST_BYTES // 1024**2} MB, nested deeper than {MOST_DEPTH}, {MOST_VALUES:,} values.
"""


def reference() -> str:
    """The text of ``docs/spec.md``."""
    return "\n".join((_ABOUT, *_presets(), *_sections())) + "\n"


def _presets() -> Iterator[str]:
    yield "## Presets\n"
    yield "| `extends:` | what it is for |"
    yield "|---|---|"
    for preset in presets().values():
        yield f"| `{preset.name}` | {preset.summary} |"
    yield ""


def _sections() -> Iterator[str]:
    schema = json_schema()
    parts = schema["$defs"]
    yield "## The top level\n"
    yield "*required*: in the file. *needed*: in the file, in its preset, or in every environment.\n"
    yield from _table(schema["properties"], parts, frozenset(schema["required"]))
    for name, part in _named_parts(schema["properties"], parts):
        yield f"\n## `{name}`\n"
        yield f"{part['description']}\n"
        yield from _table(part["properties"], parts, frozenset(), f"{name}.")


def _named_parts(
    properties: dict[str, Any], parts: dict[str, Any], before: str = ""
) -> Iterator[tuple[str, Any]]:
    """Sections in the order of the file, each followed by those inside it."""
    for key, field in properties.items():
        part = next((parts[name] for name in _references(field) if "properties" in parts[name]), None)
        if part:
            yield before + key, part
            yield from _named_parts(part["properties"], parts, f"{before}{key}.")


def _references(field: dict[str, Any]) -> list[str]:
    choices = [field, *field.get("anyOf", ())]
    return [choice["$ref"].rpartition("/")[2] for choice in choices if "$ref" in choice]


def _table(
    properties: dict[str, Any], parts: dict[str, Any], required: frozenset[str], before: str = ""
) -> Iterator[str]:
    yield "| key | what it takes | default | unit | what it says |"
    yield "|---|---|---|---|---|"
    for key, field in properties.items():
        default = f"`{json.dumps(field['default']).strip(chr(34))}`" if "default" in field else ""
        if key in required or "x-needed" in field:
            default = "*required*" if key in required else "*needed*"
        said = field.get("description") or parts[_references(field)[0]]["description"]
        anchor = (before + key).replace(".", "")
        takes = _takes(field).replace(_SECTION, f"[{_SECTION}](#{anchor})")
        yield f"| `{key}` | {takes} | {default} | {field.get('x-unit', '')} | {said} |"


def _takes(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_takes(choice) for choice in field["anyOf"])
    references = _references(field)
    if references:
        return "a Region" if references == ["Region"] else _SECTION
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field and len(field["enum"]) <= _MOST_SHOWN:
        return ", ".join(f"`{choice}`" for choice in field["enum"])
    return _KINDS[field["type"]](field)


def _whole_number(field: dict[str, Any]) -> str:
    return f"{field['minimum']:,} to {field['maximum']:,}"


def _text(field: dict[str, Any]) -> str:
    return f"text, {field['minLength']} to {field['maxLength']:,} characters"


_KINDS: Final = {
    "array": lambda field: "a list of Regions",
    "boolean": lambda field: "`true`, `false`",
    "integer": _whole_number,
    "null": lambda field: "`null`",
    "object": lambda field: "a map",
    "string": _text,
}
