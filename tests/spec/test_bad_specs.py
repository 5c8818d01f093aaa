"""Every bad spec in ``bad/`` gets exactly the findings written beside it: place, value and fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from spec_tools import both_stages, written

BAD = Path(__file__).parent / "bad"


@pytest.mark.parametrize("spec", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_bad_spec_is_explained(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    _, findings = both_stages(Path(spec.name))

    assert written(findings) == spec.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("spec", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_finding_of_a_bad_spec_has_a_location_and_a_fix(spec: Path) -> None:
    _, findings = both_stages(spec)

    assert findings
    lines = spec.read_text(encoding="utf-8").splitlines() or [""]
    for finding in findings:
        assert finding.location is not None
        assert finding.location.line <= len(lines)
        assert finding.location.column <= len(lines[finding.location.line - 1]) + 1
        assert finding.help
        assert not finding.message.endswith(".")
        assert "\n" not in finding.message + finding.help


def test_every_expectation_has_its_spec() -> None:
    assert {path.stem for path in BAD.glob("*.txt")} == {path.stem for path in BAD.glob("*.yaml")}
