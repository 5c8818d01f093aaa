"""Problems that prevent a release are found."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts/release_check.py"))

CHANGELOG = """# Changelog

## Unreleased

## 0.2.0 - 2026-12-01

### Fixed

- A fault.

## 0.1.0 - 2026-11-26

### Added

- All of it.
"""


def problems(version: str, changelog: str, tag: str = "") -> str:
    return "\n".join(SCRIPT["problems"](version, changelog, tag))


def test_matching_version_tag_and_changelog_can_be_released() -> None:
    assert problems("0.2.0", CHANGELOG, "v0.2.0") == ""
    assert SCRIPT["sections"](CHANGELOG)["0.2.0"] == ("2026-12-01", "### Fixed\n\n- A fault.\n")


@pytest.mark.parametrize(
    ("version", "tag", "old", "new", "message"),
    [
        ("0.2.0", "v0.1.0", "", "", "the tag is v0.1.0, but pyproject.toml has version 0.2.0"),
        ("0.2.0", "0.2.0", "", "", "the tag is 0.2.0"),
        ("0.3.0", "v0.3.0", "", "", "has no section for 0.3.0"),
        ("0.2.0", "v0.2.0", " - 2026-12-01", "", "the date ''"),
        ("0.2.0", "v0.2.0", "2026-12-01", "2026-13-01", "the date '2026-13-01'"),
        ("0.2.0", "v0.2.0", "### Fixed\n\n- A fault.\n", "", "has an empty section for 0.2.0"),
        ("0.2.0", "v0.2.0", "Unreleased\n", "Unreleased\n\n- More.\n", "changes under Unreleased"),
    ],
)
def test_a_mismatch_is_found(version: str, tag: str, old: str, new: str, message: str) -> None:
    assert message in problems(version, CHANGELOG.replace(old, new, 1) if old else CHANGELOG, tag)


def test_untagged_changes_may_be_listed_as_unreleased() -> None:
    assert problems("0.2.0", CHANGELOG.replace("Unreleased\n", "Unreleased\n\n- More.\n")) == ""


def test_this_checkout_has_a_version_in_its_changelog() -> None:
    from ticketgen.version import VERSION

    assert problems(VERSION, (ROOT / "CHANGELOG.md").read_text("utf-8"), f"v{VERSION}") in {
        "",
        f"CHANGELOG.md has changes under Unreleased: move them to the section of {VERSION}",
    }
