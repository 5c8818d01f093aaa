"""A warning is reported by the render that writes something new, once for all environments, and by `size`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ticketgen import drawing, pipeline
from ticketgen.findings import Checked, Finding, Severity
from ticketgen.stack.render import render as really_render

SPEC = """version: 1
project: abc
extends: small-venue
event_scale: { purchases_per_minute: 60000 }
objectives: { verification_s: 200, correction_s: 60 }
api: { auth: none }
environments:
  dev:
  prod:
  other: { api: { auth: iam }, quotas: { L-B99A9384: 900000, L-8A5B8E43: 900000 } }
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec with warnings, whose environments render to one file each."""

    def short(environment: object, sizing: object, project: object) -> Checked[dict[str, str]]:
        whole = really_render(environment, sizing, project).value  # type: ignore[arg-type]
        assert whole is not None
        return Checked({"main.tf": f"locals {{\n  all = {len(''.join(whole.values()))}\n}}\n"})

    monkeypatch.setattr(pipeline, "render", short)
    monkeypatch.setattr(pipeline, "verify", lambda *_, **__: ())
    path = tmp_path / "ticketgen.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def warnings(checked: Checked[Any]) -> list[Finding]:
    assert checked.value is not None, checked.findings
    return [each for each in checked.findings if each.severity is not Severity.ERROR]


def test_equal_warnings_of_several_environments_are_merged(spec: Path) -> None:
    found = warnings(pipeline.render_project(spec))
    assert len({(each.rule, each.message.partition(": ")[2]) for each in found}) == len(found)
    by_rule = {each.rule: each.message for each in found}
    assert by_rule["no-authentication"].endswith("seats in dev and prod")
    assert by_rule["quota-lambda-concurrency"].startswith("dev and prod: ")
    assert by_rule["quota-api-throttle"].startswith("dev and prod: ")
    assert any(each.message.startswith("dev, prod and other: ") for each in found)


def test_size_always_reports_warnings(spec: Path) -> None:
    first, second = warnings(pipeline.size_project(spec)), warnings(pipeline.size_project(spec))
    assert first == second
    assert {each.rule for each in first} >= {"no-authentication", "quota-lambda-concurrency"}
    assert "no-authentication" not in {each.rule for each in warnings(pipeline.size_project(spec, ["other"]))}


def test_size_reports_the_warnings_of_a_spec_with_an_unknown_environment(spec: Path) -> None:
    checked = pipeline.size_project(spec, ["dev", "nope"])
    assert checked.value is None
    assert {each.rule for each in checked.findings} == {
        "no-authentication", "shared-log-role", "unknown-environment",
    }  # fmt: skip


def test_runs_that_write_nothing_new_report_no_warnings(spec: Path) -> None:
    assert warnings(pipeline.check_project(spec)) == []
    assert warnings(pipeline.read_project(spec)) == []
    assert warnings(drawing.draw_project(spec)) == []
    assert warnings(pipeline.render_project(spec))
    assert warnings(pipeline.render_project(spec)) == []
    assert warnings(pipeline.check_project(spec)) == []
    (spec.parent / "stacks/dev/main.tf").unlink()
    assert warnings(pipeline.render_project(spec)) == [], "a missing file comes back, and is nothing new"


def test_only_changed_environments_are_named(spec: Path) -> None:
    assert warnings(pipeline.render_project(spec, ["other"]))
    found = warnings(pipeline.render_project(spec))
    assert found
    assert all("other" not in each.message.partition(":")[0] for each in found)
    spec.write_text(SPEC.replace("  prod:\n", "  prod: { protect: true }\n"), encoding="utf-8")
    again = warnings(pipeline.render_project(spec))
    assert {each.message.partition(":")[0] for each in again if each.location is None} == {"prod"}


def test_a_quota_in_the_spec_causes_no_warning(spec: Path) -> None:
    found = warnings(pipeline.render_project(spec, ["other"]))
    assert not {each.rule for each in found} & {
        "quota-lambda-concurrency",
        "quota-api-throttle",
        "no-authentication",
    }


def test_an_error_is_always_reported_and_alone(spec: Path) -> None:
    spec.write_text(
        SPEC.replace("purchases_per_minute: 60000", "purchases_per_minute: 10000000"), encoding="utf-8"
    )
    for run in (pipeline.render_project, pipeline.check_project):
        checked = run(spec)
        assert checked.value is None
        assert checked.findings
        assert {each.severity for each in checked.findings} == {Severity.ERROR}
