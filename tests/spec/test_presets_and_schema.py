"""Presets stand alone, the JSON Schema agrees with the loader, and the reference agrees with the model."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from spec_tools import DEMO, both_stages

from ticketgen.aws.regions import REGIONS
from ticketgen.spec.json_schema import json_schema
from ticketgen.spec.load import load
from ticketgen.spec.model import Settings
from ticketgen.spec.nodes import plain_value_of
from ticketgen.spec.presets import presets
from ticketgen.spec.reference import reference
from ticketgen.spec.spec_part import SpecPart

NAMES = ("flash-sale", "regional-tour", "small-venue")


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def values(path: Path) -> Any:
    """A spec as the JSON Schema's validator takes it: lists, not tuples."""
    document = load(path).value
    assert document is not None
    return _lists(plain_value_of(document.root))


def _lists(value: object) -> object:
    if isinstance(value, dict):
        return {key: _lists(inner) for key, inner in value.items()}
    return [_lists(inner) for inner in value] if isinstance(value, tuple) else value


def errors(value: object) -> list[str]:
    return [error.message for error in validator().iter_errors(value)]


def test_the_presets_are_listed() -> None:
    assert tuple(presets()) == NAMES
    assert all(preset.summary.endswith(".") and "#" not in preset.summary for preset in presets().values())
    assert all(preset.path.stem == name for name, preset in presets().items())


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_needs_only_a_project_and_environments(tmp_path: Path, name: str) -> None:
    path = tmp_path / "ticketgen.yaml"
    path.write_text(
        f"version: 1\nproject: tap\nextends: {name}\nenvironments: {{prod: }}\n", encoding="utf-8"
    )
    project, findings = both_stages(path)

    assert findings == ()
    assert project is not None
    assert errors(values(path)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_written_out_fits_the_schema(name: str) -> None:
    written_out = {"version": 1, "project": "tap", "environments": {"prod": None}}

    assert errors(values(presets()[name].path) | written_out) == []


def test_the_flash_sale_has_the_values_of_the_design() -> None:
    assert values(presets()["flash-sale"].path)["event_scale"] == {
        "purchases_per_minute": 45_000, "seats_per_event": 234_000, "concurrent_events": 20,
        "seats_per_order": 8, "hold_seconds": 300,
    }  # fmt: skip
    assert len(values(presets()["small-venue"].path)["regions"]) == 1


def test_the_schema_is_valid_and_accepts_the_demo() -> None:
    Draft202012Validator.check_schema(json_schema())

    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert errors(values(DEMO)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("regoins",), []),
        (("version",), 2),
        (("version",), True),
        (("project",), "Tap"),
        (("project",), "tap--x"),
        (("extends",), "flash-sail"),
        (("regions",), []),
        (("regions",), ["us-esat-1"]),
        (("primary_region",), "us-esat-1"),
        (("event_scale", "seats_per_order"), 34),
        (("event_scale", "seats_per_order"), "8"),
        (("event_scale", "colour"), "red"),
        (("objectives", "verification_interval_s"), 7),
        (("objectives", "lock_ms"), None),
        (("protect",), "yes"),
        (("api", "auth"), "nobody"),
        (("api", "domain"), {"name": "not a domain"}),
        (("pms", "url"), "ftp://pms"),
        (("state", "bucket"), "s3://bucket"),
        (("state", "bucket"), "states-{zone}"),
        (("account_id",), 123456789012),
        (("account_id",), "1234"),
        (("deploy_role",), "deploy"),
        (("tags", "Owner"), 1),
        (("tags", "Environment"), "prod"),
        (("environments",), {}),
        (("environments", "Prod"), {}),
        (("environments", "dev", "regoins"), []),
        (("environments", "dev", "project"), "x"),
        (("environments", "dev", "event_scale", "hold_seconds"), 1),
        (("environments", "dev"), 5),
    ],
)
def test_the_loader_refuses_what_the_schema_refuses(
    tmp_path: Path, path: tuple[str, ...], value: object
) -> None:
    spoilt = copy.deepcopy(values(DEMO))
    inner = spoilt
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    file = tmp_path / "ticketgen.yaml"
    file.write_text(json.dumps(spoilt), encoding="utf-8")

    assert errors(spoilt)
    assert both_stages(file)[0] is None


def test_the_schema_describes_every_key() -> None:
    schema = json_schema()
    places = [schema, *(part for part in schema["$defs"].values() if "properties" in part)]
    for place in places:
        for key, field in place["properties"].items():
            definition = schema["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
            assert field.get("description") or definition.get("description"), key


def test_the_schema_knows_every_region_once() -> None:
    text = str(json_schema())

    assert json_schema()["$defs"]["Region"]["enum"] == sorted(REGIONS)
    assert text.count("'eu-isoe-west-1'") == 1


def test_every_number_has_a_unit_and_every_field_a_description() -> None:
    def check(model: type[SpecPart]) -> None:
        for name, info in model.model_fields.items():
            assert info.description, name
            assert info.description.endswith("."), name
            if isinstance(info.annotation, type) and issubclass(info.annotation, SpecPart):
                check(info.annotation)
            elif info.annotation is int:
                assert isinstance(info.json_schema_extra, dict), name
                assert info.json_schema_extra["x-unit"], name

    check(Settings)


def test_the_reference_matches_the_model() -> None:
    page = Path(__file__).parents[2] / "docs" / "spec.md"

    assert page.read_text(encoding="utf-8") == reference(), (
        "write it anew: python -c 'from ticketgen.spec.reference import reference; "
        'print(reference(), end="")\' > docs/spec.md'
    )


@pytest.mark.parametrize(
    "key", ["seats_per_order", "verification_interval_s", "zone_id", "reserved_concurrency"]
)
def test_the_reference_has_every_section(key: str) -> None:
    assert f"| `{key}` |" in reference()
