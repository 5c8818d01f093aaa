"""A newer ticketgen shows each change with its reason before it writes anything."""

from __future__ import annotations

import json
from pathlib import Path

from project_tools import everything_in, run

from ticketgen.assets import changelog
from ticketgen.project.upgrade import rendering_entries
from ticketgen.version import VERSION

CHANGELOG = """# Changelog

## Unreleased

### Rendering

- Locks are kept longer, because holds may be.

## 0.3.0 - 2027-01-01

### Added

- A command.

### Rendering

- Alarms have
  a runbook, so that nobody searches.
- Logs are encrypted.

## [0.2.0] - 2026-12-01

### Rendering

- Nothing of today.
"""


def written_by(version: str, project: Path) -> None:
    """As if another version had written the stacks, and one file otherwise."""
    from ticketgen.tree.paths import fingerprint

    for name in ("dev", "prod"):
        manifest = project / f"stacks/{name}/.ticketgen.json"
        outputs = project / f"stacks/{name}/global/outputs.tf"
        outputs.write_text("# As it was once.\n", encoding="utf-8")
        document = json.loads(manifest.read_text("utf-8"))
        document["ticketgen"] = version
        document["files"]["global/outputs.tf"]["sha256"] = fingerprint(outputs.read_bytes())
        manifest.write_text(json.dumps(document), encoding="utf-8")


def test_the_reasons_cover_the_versions_in_between() -> None:
    assert list(rendering_entries(CHANGELOG, "0.2.0", "0.4.0")) == [
        ("0.4.0", "Locks are kept longer, because holds may be"),
        ("0.3.0", "Alarms have a runbook, so that nobody searches"),
        ("0.3.0", "Logs are encrypted"),
    ]
    assert [version for version, _ in rendering_entries(CHANGELOG, "0.1.9", "0.2.0")] == ["0.2.0", "0.2.0"]


def test_a_render_by_another_version_needs_confirmation(small_project: Path) -> None:
    written_by("0.0.9", small_project)
    before = everything_in(small_project)
    refused = run("render", "--env", "dev")
    assert refused.exit_code == 1
    assert (
        f"ticketgen 0.0.9 wrote this stack, and {VERSION} renders 1 of its files differently [upgrade]"
        in refused.stderr
    )
    assert "render --upgrade" in refused.stderr
    assert "[upgrade-reason]" in refused.stderr
    assert everything_in(small_project) == before

    shown = run("render", "--env", "dev", "--diff")
    assert shown.exit_code == 1
    assert "-# As it was once." in shown.stdout
    assert "[upgrade-reason]" in shown.stderr
    assert everything_in(small_project) == before

    assert run("render", "--env", "dev", "--upgrade").exit_code == 0
    assert (
        json.loads((small_project / "stacks/dev/.ticketgen.json").read_text("utf-8"))["ticketgen"] == VERSION
    )
    assert run("render", "--check", "--env", "dev").exit_code == 0


def test_adding_a_region_does_not_bypass_the_confirmation(small_project: Path) -> None:
    written_by("0.0.9", small_project)
    before = everything_in(small_project)
    refused = run("add-region", "eu-west-3", "--env", "prod")
    assert (refused.exit_code, "[upgrade]" in refused.stderr) == (1, True)
    assert everything_in(small_project) == before


def test_a_version_that_renders_the_same_needs_no_confirmation(small_project: Path) -> None:
    manifest = small_project / "stacks/dev/.ticketgen.json"
    manifest.write_text(manifest.read_text("utf-8").replace(f'"{VERSION}"', '"0.0.9"'), encoding="utf-8")
    assert run("render", "--env", "dev").exit_code == 0


def test_the_changelog_is_installed() -> None:
    assert changelog().startswith("# Changelog\n")
