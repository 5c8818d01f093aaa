"""Explain the key at a place in a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ticketgen.spec.json_schema import json_schema
from ticketgen.spec.load import load
from ticketgen.spec.nodes import KeyPath, Map, YamlNode, dotted_path
from ticketgen.spec.presets import presets

__all__ = ["key_at", "key_help", "preset_file"]

_ENVIRONMENTS = "environments"


def key_at(file: Path, text: str, line: int) -> KeyPath:
    """The path of the last key on a line; () if there is none."""
    read = load(file, content=text.encode("utf-8", "surrogatepass"))
    return max(_keys(read.value.root, line), key=len, default=()) if read.value else ()


def _keys(node: YamlNode, line: int) -> list[KeyPath]:
    if not isinstance(node, Map):
        return []
    found: list[KeyPath] = []
    for key, value in node.entries.items():
        if node.key_locations[key].line == line:
            found.append((*node.path, key))
        found += _keys(value, line)
    return found


def key_help(path: KeyPath) -> str:
    """The documentation of a key as Markdown; "" for an unknown one."""
    if path[:1] == (_ENVIRONMENTS,) and len(path) > 1:
        path = path[2:]  # an environment overrides the keys of the top level
    schema = json_schema()
    field: dict[str, Any] = {}
    part: dict[str, Any] = schema
    for step in path:
        if isinstance(step, int):
            continue
        found = part.get("properties", {}).get(step)
        if found is None:
            return ""
        field = found
        part = _part(field, schema["$defs"])
    text = field.get("description") or part.get("description", "")
    unit = f"\n\nUnit: {field['x-unit']}" if field.get("x-unit") else ""
    return f"**{dotted_path(path)}**\n\n{text}{unit}" if text else ""


def _part(field: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    for choice in (field, *field.get("anyOf", ()), field.get("items", {})):
        if "$ref" in choice:
            part: dict[str, Any] = parts[choice["$ref"].rpartition("/")[2]]
            return part
    return {}


def preset_file(name: str) -> Path | None:
    """The file of a preset."""
    found = presets().get(name)
    return Path(found.path) if found else None
