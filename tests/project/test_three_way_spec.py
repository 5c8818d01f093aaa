"""A merge changes the comments of the spec that ticketgen wrote, and no value."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from three_way_tools import be_version, make_project, write_texts

from ticketgen.project.bases import base_path
from ticketgen.project.merge import merge_project

SPEC = "ticketgen.yaml"
BASE = """version: 1
project: my-shop
extends: small-venue  # a preset

# Where the states are.
# state: { bucket: null }

environments:
  dev:  # small
    event_scale: { concurrent_events: 2 }
  prod:
    protect: true
"""
MINE = (
    BASE.replace("{ concurrent_events: 2 }", "{ concurrent_events: 3 }  # a festival")
    + "tags: { Owner: me }\n"
)


def merged(root: Path, patch: pytest.MonkeyPatch, yours: str, ours: str) -> tuple[str, list[str]]:
    """The spec after a merge, and what is reported; a second merge reports nothing and changes nothing."""
    make_project(root, {SPEC: BASE})
    write_texts(root, {SPEC: yours.encode()})
    be_version(patch, "9.0.0", {SPEC: ours})
    found = merge_project(root, root / SPEC).findings
    after = (root / SPEC).read_bytes().decode()
    assert yaml.safe_load(after) == yaml.safe_load(yours), "a merge never changes a value"
    assert (root / base_path(SPEC)).read_bytes().decode() == ours
    assert merge_project(root, root / SPEC).findings == ()
    assert (root / SPEC).read_bytes().decode() == after
    return after, [each.rule for each in found]


@pytest.mark.parametrize("yours", [BASE, MINE])
def test_new_comments_are_taken_and_every_edit_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yours: str
) -> None:
    ours = BASE.replace(
        "# Where the states are.", "# Where Terraform keeps its states.\n# Create the bucket first."
    )
    text, found = merged(tmp_path, monkeypatch, yours, ours)
    assert text == yours.replace(
        "# Where the states are.", "# Where Terraform keeps its states.\n# Create the bucket first."
    )
    assert found == ["file-merged"]


@pytest.mark.parametrize("yours", [BASE, MINE])
@pytest.mark.parametrize(
    ("before", "after"),
    [("protect: true", "protect: false"), ("# state: { bucket: null }", "state: { bucket: x }"),
     ("  prod:\n    protect: true\n", "")],
)  # fmt: skip
def test_a_value_of_a_newer_version_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yours: str, before: str, after: str
) -> None:
    text, found = merged(tmp_path, monkeypatch, yours, BASE.replace(before, after))
    assert (text, found) == (yours, ["spec-comments-kept"])


def test_where_both_changed_a_comment_the_owner_wins_and_no_marker_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yours = BASE.replace("# a preset", "# as agreed").replace("# small", "# tiny")
    ours = BASE.replace("# a preset", "# the figures").replace("# Where the states are.", "# States.")
    text, found = merged(tmp_path, monkeypatch, yours, ours)
    assert text == yours.replace("# Where the states are.", "# States.")
    assert sorted(found) == ["file-merged", "spec-comments-kept"]


def test_the_order_of_environments_is_a_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dev = "  dev:  # small\n    event_scale: { concurrent_events: 2 }\n"
    prod = "  prod:\n    protect: true\n"
    text, found = merged(tmp_path, monkeypatch, BASE, BASE.replace(dev + prod, prod + dev))
    assert (text, found) == (BASE, ["spec-comments-kept"])


def test_without_git_the_comments_wait_for_a_later_merge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = BASE.replace("# Where the states are.", "# States.")
    make_project(tmp_path, {SPEC: BASE})
    write_texts(tmp_path, {SPEC: MINE.encode()})
    be_version(monkeypatch, "9.0.0", {SPEC: ours})
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path / "nowhere"))
        assert [each.rule for each in merge_project(tmp_path, tmp_path / SPEC).findings] == ["git-missing"]
    assert [each.rule for each in merge_project(tmp_path, tmp_path / SPEC).findings] == ["file-merged"]
    assert (tmp_path / SPEC).read_text("utf-8") == MINE.replace("# Where the states are.", "# States.")
