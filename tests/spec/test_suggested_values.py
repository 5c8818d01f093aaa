"""A value that a message suggests is one that the spec takes in that place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from spec_tools import both_stages

from ticketgen.spec.authoring import Overrides, keys_at

TEXTS = ("45k", "'7'", "'999999999'", "5m", "90m", "48h", "5000m", "234,000", "0x10", "1.500", "45.000", "-1", "0",
         "99999999999", "999999999999999999999", "true", "null", "[]", "lots", "yes", "80", "us-esat-1",
         "us-east-1, us-west-2", "-us-east-1", "1:30", "9:99:99")  # fmt: skip
FIELDS = [
    (section, key)
    for section in (None, *Overrides.model_fields)
    for key in keys_at(Overrides, (section,) if section else ())
    if not keys_at(Overrides, (section, key) if section else (key,))
]
TOP = [(None, key) for key in ("project", "extends", "version")]


@pytest.mark.parametrize(("section", "key"), [*FIELDS, *TOP])
def test_applying_a_suggestion_fixes_the_error(section: str | None, key: str, tmp_path: Path) -> None:
    spec = tmp_path / "ticketgen.yaml"

    def errors(text: str) -> dict[str, str]:
        value = f"{section}: {{ {key}: {text} }}" if section else f"{key}: {text}"
        head = [
            line
            for line in ("version: 1", "project: abc", "extends: flash-sale")
            if not line.startswith(f"{key}:")
        ]
        spec.write_text("\n".join([*head, value, "environments: { prod: }"]) + "\n", encoding="utf-8")
        place = f"{section}.{key}" if section else key
        found = {each.message: each.help for each in both_stages(spec)[1]}
        return {text: help for text, help in found.items() if re.match(rf"{re.escape(place)}(?::|\[)", text)}

    for text in TEXTS:
        if section and ("," in text or text == "[]"):
            continue
        for message, help in errors(text).items():
            assert help
            suggested = re.fullmatch(
                r"write (\d+|true|false|\"[^\"]*\"|\[[^]]*\])(?:,? (?:in|without) quotes|, or .*)?", help
            )
            if suggested:
                after = errors(suggested[1])
                assert not [each for each in after if "not text" in each or "not a" in each or "than" in each], (
                    message, help, after,
                )  # fmt: skip
