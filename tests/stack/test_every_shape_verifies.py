"""Rendered files parse with both parsers, survive the round trip, and refer only to existing names."""

from __future__ import annotations

import pytest
from stacks import SHAPES, rendered

from ticketgen.verification.verify import verify


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_verifies_without_findings(shape: str) -> None:
    files = rendered(SHAPES[shape]())
    assert [path for path in files if path.endswith(".tf")]
    assert verify(files, rendered=True) == ()


@pytest.mark.parametrize(
    ("path", "old", "new", "rule"),
    [
        ("outputs.tf", "local.primary_region]", "local.primary]", "undeclared-reference"),
        ("regions.tf", "roles                = local.roles", "", "missing-module-input"),
        ("regions.tf", "aws = aws.us_west_2", "aws = aws.us_west_9", "undeclared-provider"),
        ("modules/region/locks.tf", "}\n", "}\n}\n", "syntax"),
        ("outputs.tf", "module.eu_west_1.exports", "module.eu_west_1.export", "unknown-module-output"),
    ],
)
def test_a_broken_shape_has_findings(path: str, old: str, new: str, rule: str) -> None:
    files = dict(rendered(SHAPES["prod"]()))
    assert old in files[path]
    files[path] = files[path].replace(old, new)
    found = verify(files, rendered=True)
    assert rule in {finding.rule for finding in found}
    assert path in {finding.location.file for finding in found if finding.location}
