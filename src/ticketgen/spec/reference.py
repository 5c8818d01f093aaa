"""Generate the reference of the spec, ``docs/spec.md``, from the model.

python -m ticketgen.spec.reference > docs/spec.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, Final

from ticketgen.spec.authoring import MAX_ENVIRONMENTS
from ticketgen.spec.json_schema import json_schema
from ticketgen.spec.presets import presets
from ticketgen.spec.reader import MAX_BYTES, MAX_DEPTH, MAX_VALUES

__all__ = ["reference"]

_SECTION: Final = "a section"
_MAX_SHOWN: Final = 10  # longer lists of choices are left out

_ABOUT: Final = f"""\
# The spec, field by field

<!-- Generated from src/ticketgen/spec/model.py by ticketgen.spec.reference: edit the model, not this page. -->

`ticketgen.yaml` is at the root of a project, and everything is rendered beside it. Its values come from
three places: the preset that `extends` names, the top level of the file, which applies to all environments, and
`environments`, where each environment overrides values. The name `ticketgen.yml` is accepted too.

A spec is a regular file of at most 1 MB. A symbolic link in its path may lead only to another place in the same git
repository, so that a pull request cannot make CI read, and report on, a file of the runner. Outside a repository, links
below the current folder must stay below it.

## How preset, file and environment are merged

Preset, then file, then environment: the later one wins. Maps merge key by key; a list or a single value replaces the
earlier one as a whole; `null` resets a value that may be null. An environment may set every key except `version`,
`project`, `extends` and `environments`. `prod: {{}}` and `prod:` both mean an environment that overrides nothing.

All errors are reported at once, each with its file, line and column. An error in an override is reported at the line of
the environment, and an error in a preset at the line of the preset.

## Which command reports a warning

Errors are always reported. A warning about the spec, such as one about `api.auth: none`, and a warning or note about
its size, such as a quota to request, is reported once: by the `ticketgen render` that writes something new for an
environment that it concerns. `ticketgen add-region` reports the warnings that the new Region adds. `ticketgen size`
reports all of them whenever you ask. `render --check`, `render --diff`, a render that changes nothing, `list`, `show`
and `rehearse` report none of them. A warning that concerns several environments names them all.

## Which YAML is accepted

The spec is YAML 1.2, read strictly, so that no value silently becomes another one:

- `true`, `false`, `null`, `~` and an empty value have their usual meaning. `yes`, `no`, `on` and `off` are text.
- A number is decimal, without leading zeros, underscores, base prefixes or colons: `45000`. `010`, `1_000`, `0x1F` and
  `1:30` are text, and where a number is expected, the error says what to write instead. Dates are text.
- Keys are text, as written. The same key twice in one map is an error.
- Not accepted: anchors, aliases, merge keys, tags, several documents in one file, tabs for indentation, typographic
  quotes, a byte order mark, other encodings than UTF-8, invisible characters.
- Refused without reading: files over {MAX_BYTES // 1024**2} MB, deeper than {MAX_DEPTH} levels, or with more than
  {MAX_VALUES:,} values. One spec has at most {MAX_ENVIRONMENTS} environments.

## Set quotas that AWS has raised

`quotas` sets the quotas of the AWS account, by quota code: one number, or a number for each Region where it differs
from AWS's default. ticketgen then compares the stack with that number and shows it in warnings. A number may be below
the default: new accounts may have a Lambda concurrency of 10. `ticketgen size` prints the codes, and
[sizing.md](sizing.md#quotas) lists them.

```yaml
quotas:
  L-B99A9384: 5000             # Lambda: concurrent executions, in every Region
  L-8A5B8E43:                  # API Gateway: throttle rate, in these Regions only
    us-east-1: 20000
    us-west-2: 20000
environments:
  dev: {{ quotas: {{ L-B99A9384: 10 }} }}   # another account
```
"""


def reference() -> str:
    """The text of ``docs/spec.md``."""
    return "\n".join((_ABOUT, *_presets(), *_sections())) + "\n"


def _presets() -> Iterator[str]:
    yield "## Presets\n"
    yield "| `extends:` | purpose |"
    yield "|---|---|"
    for preset in presets().values():
        yield f"| `{preset.name}` | {preset.summary} |"
    yield ""


def _sections() -> Iterator[str]:
    schema = json_schema()
    parts = schema["$defs"]
    yield "## The top level\n"
    yield "*required* keys must be in the file; *needed* keys in the file, in its preset, or in every environment.\n"
    yield from _table(schema["properties"], parts, frozenset(schema["required"]))
    for name, part in _named_parts(schema["properties"], parts):
        yield f"\n## `{name}`\n"
        yield f"{part['description']}\n"
        yield from _table(part["properties"], parts, frozenset(part.get("required", ())), f"{name}.")


def _named_parts(
    properties: dict[str, Any], parts: dict[str, Any], before: str = ""
) -> Iterator[tuple[str, Any]]:
    """Sections in the order of the file, each followed by its own sections."""
    for key, field in properties.items():
        part = next((parts[name] for name in _references(field) if "properties" in parts[name]), None)
        if part:
            yield before + key, part
            yield from _named_parts(part["properties"], parts, f"{before}{key}.")


def _references(field: dict[str, Any]) -> list[str]:
    choices = [field, *field.get("anyOf", ()), field.get("items", {})]
    return [choice["$ref"].rpartition("/")[2] for choice in choices if "$ref" in choice]


def _table(
    properties: dict[str, Any], parts: dict[str, Any], required: frozenset[str], before: str = ""
) -> Iterator[str]:
    yield "| key | values | default | unit | meaning |"
    yield "|---|---|---|---|---|"
    for key, field in properties.items():
        default = f"`{json.dumps(field['default']).strip(chr(34))}`" if "default" in field else ""
        if key in required or "x-needed" in field:
            default = "*required*" if key in required else "*needed*"
        meaning = field.get("description") or parts[_references(field)[0]]["description"]
        anchor = (before + key).replace(".", "")
        takes = _takes(field).replace(_SECTION, f"[{_SECTION}](#{anchor})")
        yield f"| `{key}` | {takes} | {default} | {field.get('x-unit', '')} | {meaning} |"


def _takes(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_takes(choice) for choice in field["anyOf"])
    references = _references(field) if "items" not in field else []
    if references:
        return "a Region" if references == ["Region"] else _SECTION
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field and (field["type"] == "integer" or len(field["enum"]) <= _MAX_SHOWN):
        return ", ".join(f"`{choice}`" for choice in field["enum"])
    return _KINDS[field["type"]](field)


def _whole_number(field: dict[str, Any]) -> str:
    return f"{field['minimum']:,} to {field['maximum']:,}"


def _text(field: dict[str, Any]) -> str:
    least, most = field["minLength"], field["maxLength"]
    return f"text, {most:,} characters" if least == most else f"text, {least} to {most:,} characters"


def _list(field: dict[str, Any]) -> str:
    items = field["items"]
    if "$ref" not in items:
        return f"a list of {items.get('x-item', 'email addresses')}"
    return "a list of Regions" if _references(field) == ["Region"] else f"a list, each item {_SECTION}"


_KINDS: Final = {
    "array": _list,
    "boolean": lambda field: "`true`, `false`",
    "integer": _whole_number,
    "null": lambda field: "`null`",
    "object": lambda field: "a map",
    "string": _text,
}


if __name__ == "__main__":
    sys.stdout.write(reference())
