"""Plain files are written all or none, and only over the content that the caller knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticketgen.tree import write_files
from ticketgen.tree.stage import STAGE


def test_files_are_created_replaced_and_deleted_together(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("old\n")
    (tmp_path / "gone.txt").write_text("gone\n")
    found = write_files(
        tmp_path,
        {
            "deep/er/new.txt": (None, b"new\n"),
            "old.txt": (b"old\n", b"renewed\n"),
            "gone.txt": (b"gone\n", None),
            "never.txt": (None, None),
        },
    )
    assert found == ()
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["deep", "er", "new.txt", "old.txt"]
    assert (tmp_path / "old.txt").read_text() == "renewed\n"
    assert not (tmp_path / STAGE).exists()


@pytest.mark.parametrize(
    ("path", "before", "rule"),
    [
        ("old.txt", None, "interference"),
        ("old.txt", b"other\n", "interference"),
        ("none.txt", b"old\n", "interference"),
        ("folder", None, "in-the-way"),
        ("link", None, "in-the-way"),
        ("old.txt/below", None, "in-the-way"),
        ("../out.txt", None, "path-outside"),
        ("/out.txt", None, "path-outside"),
    ],
)
def test_an_unexpected_file_stops_the_write(
    tmp_path: Path, path: str, before: bytes | None, rule: str
) -> None:
    (tmp_path / "old.txt").write_text("old\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("old.txt")
    found = write_files(tmp_path, {"first.txt": (None, b"first\n"), path: (before, b"mine\n")})
    assert [each.rule for each in found] == [rule]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "link", "old.txt"]
    assert (tmp_path / "old.txt").read_text() == "old\n"
