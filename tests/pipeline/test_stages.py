"""The seven stages run in order, and a stage that finds an error ends the work on its subject."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spec_texts import TWO_ENVIRONMENTS
from ticketgen import pipeline
from ticketgen.findings import Checked, Finding, Severity, Stage, has_errors
from ticketgen.verification import result_cache
from ticketgen.verification.verify import Verified, verify_within

STAGES = ["load", "resolve", "size", "render", "verify", "write"]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "ticketgen.yaml"
    path.write_text(TWO_ENVIRONMENTS, encoding="utf-8")
    return path


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages in the order in which they were entered."""
    order: list[str] = []

    def noted(name: str) -> Callable[..., object]:
        original = getattr(pipeline, name)

        def stage(*args: object, **kwargs: object) -> object:
            order.append(name)
            return original(*args, **kwargs)

        return stage

    for name in STAGES:
        monkeypatch.setattr(pipeline, name, noted(name))
    return order


def _fails(monkeypatch: pytest.MonkeyPatch, name: str, ran: list[str]) -> None:
    finding = Finding("broken", "for a test", Stage(name))

    def stage(*args: object, **kwargs: object) -> object:
        ran.append(name)
        return (finding,) if name == "verify" else Checked(None, (finding,))

    monkeypatch.setattr(pipeline, name, stage)


def test_the_stages_match_those_of_findings() -> None:
    assert list(Stage) == STAGES


def test_every_environment_passes_all_stages_and_is_written_once(spec: Path, ran: list[str]) -> None:
    written = pipeline.render_project(spec)
    assert written.value is not None, written.findings
    assert ran == ["load", "resolve", *["size", "render", "verify"] * 2, "write"]
    assert sorted(path.name for path in (spec.parent / "stacks").iterdir()) == ["dev", "prod"]


def test_a_check_writes_nothing(spec: Path, ran: list[str]) -> None:
    checked = pipeline.check_project(spec)
    assert checked.value is not None
    assert ran[-1] == "verify"
    assert not (spec.parent / "stacks").exists()


@pytest.mark.parametrize("stage", STAGES[:-1])
def test_an_error_stops_the_pipeline_and_nothing_is_written(
    stage: str, spec: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _fails(monkeypatch, stage, ran)
    written = pipeline.render_project(spec)
    assert written.value is None
    assert [finding.stage for finding in written.findings if finding.rule == "broken"]
    once = {"load": ["load"], "resolve": ["load", "resolve"]}
    each = STAGES[2 : STAGES.index(stage) + 1]
    assert ran == once.get(stage, ["load", "resolve", *each * 2])
    assert not (spec.parent / "stacks").exists()


def test_errors_of_a_rendering_have_paths_below_its_folder(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "render", lambda *_: Checked({"main.tf": "locals {\n  a = var.a\n}\n"}))
    found = pipeline.render_project(spec, ["prod"]).findings
    places = [str(finding.location) for finding in found if finding.severity is Severity.ERROR]
    assert places == ["stacks/prod/main.tf:2:7"]


def test_an_unchanged_stack_is_not_verified_again(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKETGEN_CACHE_DIR", str(tmp_path / "cache"))
    verified = []

    def noted(*arguments: Any, **options: Any) -> Verified:
        verified.append(arguments)
        return verify_within(*arguments, **options)

    monkeypatch.setattr(result_cache, "verify_within", noted)
    first = pipeline.render_project(spec)
    assert len(verified) == 2
    assert not has_errors(first.findings)
    assert pipeline.check_project(spec).findings == ()
    assert len(verified) == 2
    template = tmp_path / "templates/stack/global/outputs.tf.j2"
    template.parent.mkdir(parents=True)
    template.write_text('output "a" {\n  value = var.undeclared\n}\n', "utf-8")
    found = pipeline.check_project(spec).findings
    assert len(verified) == 4
    assert "undeclared-reference" in {each.rule for each in found if each.severity is Severity.ERROR}


def test_rendering_one_environment_keeps_the_others(spec: Path) -> None:
    assert pipeline.render_project(spec).value is not None
    (spec.parent / "stacks" / "dev" / "global" / "outputs.tf").unlink()
    assert pipeline.render_project(spec, ["prod"]).value is not None
    assert not (spec.parent / "stacks" / "dev" / "global" / "outputs.tf").exists()


def test_a_full_render_deletes_an_environment_removed_from_the_spec(spec: Path) -> None:
    assert pipeline.render_project(spec).value is not None
    spec.write_text(TWO_ENVIRONMENTS.replace("  dev:\n", ""), encoding="utf-8")
    assert pipeline.render_project(spec).value is not None
    assert not list((spec.parent / "stacks" / "dev").rglob("*.tf"))


def test_an_unknown_environment_is_reported_with_the_known_ones(spec: Path) -> None:
    (finding,) = pipeline.render_project(spec, ["prd"]).findings
    assert (finding.rule, finding.help) == ("unknown-environment", "did you mean prod?")
