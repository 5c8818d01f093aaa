"""The JSON Schema of a spec: completion, descriptions and errors in editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from ticketgen.aws.regions import REGIONS
from ticketgen.spec.authoring import SPEC_KEYS, SpecFile
from ticketgen.spec.presets import presets

__all__ = ["json_schema"]


def json_schema() -> dict[str, Any]:
    """Make the schema of ``ticketgen.yaml``, JSON Schema draft 2020-12.

    It has keys, types, ranges, Regions, quotas and presets. ``resolve`` checks everything that depends on several
    values: whether the preset has the missing keys, whether the Regions fit together.
    """
    schema = _tidied(SpecFile.model_json_schema(schema_generator=GenerateJsonSchema))
    properties = schema["properties"]
    properties["extends"]["anyOf"] = [{"enum": list(presets()), "type": "string"}, {"type": "null"}]
    properties["environments"] |= {"minProperties": 1, "additionalProperties": False}
    schema["properties"] = {key: properties[key] for key in SPEC_KEYS}
    schema["$defs"]["Region"] = {"description": "An AWS Region.", "type": "string", "enum": sorted(REGIONS)}
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": "ticketgen spec", **schema}


def _tidied(schema: Any) -> Any:
    """Remove pydantic's titles, which only repeat the keys, and list the Regions once."""
    if isinstance(schema, list):
        return [_tidied(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if schema.get("enum") == sorted(REGIONS):
        description = {"description": schema["description"]} if "description" in schema else {}
        return {"$ref": "#/$defs/Region", **description}
    return {
        key: _tidied(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }
