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
        ("regions/eu-west-1/main.tf", "= local.tables.inventory", "= local.table", "undeclared-reference"),
        ("regions/eu-west-1/main.tf", "roles                = local.roles", "", "missing-module-input"),
        ("data/eu-west-1/main.tf", "partition          = local.partition", "", "missing-module-input"),
        ("modules/data/locks.tf", "}\n", "}\n}\n", "syntax"),
        ("regions/eu-west-1/outputs.tf", "region.redis_endpoint", "region.redis", "unknown-module-output"),
    ],
)
def test_a_broken_shape_has_findings(path: str, old: str, new: str, rule: str) -> None:
    files = dict(rendered(SHAPES["prod"]()))
    assert old in files[path]
    files[path] = files[path].replace(old, new)
    found = verify(files, rendered=True)
    assert rule in {finding.rule for finding in found}
    assert path in {finding.location.file for finding in found if finding.location}
