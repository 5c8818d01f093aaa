"""Loading: errors of the files themselves, and the choice of the preset."""

from __future__ import annotations

from pathlib import Path

import pytest
from spec_tools import DEMO

from ticketgen.findings import Finding, Location
from ticketgen.spec.load import load
from ticketgen.spec.nodes import find, plain_value_of

SMALL = "version: 1\nproject: tap\nenvironments: {prod: }\n"


def only_finding(path: Path) -> Finding:
    checked = load(path)
    assert checked.value is None
    (finding,) = checked.findings
    assert finding.location == Location(str(path))
    return finding


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    finding = only_finding(tmp_path / "ticketgen.yaml")

    assert finding.message == f"{tmp_path}/ticketgen.yaml does not exist"
    assert finding.help == "run `ticketgen new`, or name the spec with --spec"


def test_a_directory_is_not_a_spec(tmp_path: Path) -> None:
    assert only_finding(tmp_path).message == f"{tmp_path} is a directory"


def test_a_path_through_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    assert "cannot be read" in only_finding(tmp_path / "file" / "ticketgen.yaml").message


def test_an_endless_file_is_refused() -> None:
    found = only_finding(Path("/dev/zero"))
    assert (found.rule, "not a regular file" in found.message) == ("unreadable-file", True)


def test_an_impossible_name_of_a_spec_is_a_finding() -> None:
    assert only_finding(Path("a\0b")).rule == "unreadable-file"


def test_the_preset_is_loaded_with_its_own_locations() -> None:
    document = load(DEMO).value

    assert document is not None
    assert document.preset is not None
    at = find(document.preset, ("event_scale", "hold_seconds")).location
    assert at.file.endswith("flash-sale.yaml")
    assert Path(at.file).read_text(encoding="utf-8").splitlines()[at.line - 1].strip() == "hold_seconds: 300"


@pytest.mark.parametrize("extends", ["", "extends: null\n", "extends:\n"])
def test_a_spec_need_not_extend_anything(tmp_path: Path, extends: str) -> None:
    path = tmp_path / "ticketgen.yaml"
    path.write_text(SMALL + extends, encoding="utf-8")
    checked = load(path)

    assert checked.findings == ()
    assert checked.value is not None
    assert checked.value.preset is None
    assert not checked.value.preset_missing


def test_a_broken_preset_is_reported_in_its_own_file(tmp_path: Path) -> None:
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "mine.yaml").write_text("a: [", encoding="utf-8")
    path = tmp_path / "ticketgen.yaml"
    path.write_text(SMALL + "extends: mine\n", encoding="utf-8")
    checked = load(path, folder)

    assert [finding.location and finding.location.file for finding in checked.findings] == [
        str(folder / "mine.yaml")
    ]
    assert checked.value is not None
    assert checked.value.preset_missing


def test_a_duplicate_key_does_not_hide_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "ticketgen.yaml"
    path.write_text("project: one\nproject: two\n", encoding="utf-8")
    checked = load(path)

    assert checked.value is not None
    assert plain_value_of(checked.value.root) == {"project": "one"}
    assert [finding.rule for finding in checked.findings] == ["duplicate-key"]
