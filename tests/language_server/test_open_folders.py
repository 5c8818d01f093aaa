"""Which folders are checked for the documents that are open."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticketgen.findings import Finding, Location, Severity, Stage
from ticketgen.language_server.open_folders import OpenFolders


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("app/net", "app/.terraform/net", "modules/vpc", "stack/global"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "app/linked").symlink_to(tmp_path / "modules")
    (tmp_path / "stack/.ticketgen.json").touch()
    return tmp_path


def finding(file: Path | None) -> Finding:
    place = Location(file.as_posix()) if file else None
    return Finding("some-rule", "it is wrong", Stage.VERIFY, place, Severity.ERROR)


@pytest.mark.parametrize(
    ("documents", "checked"),
    [
        (("app/a.tf",), "app"),
        (("app/a.tf", "app/net/b.tf"), "app"),  # as `ticketgen validate app` reads both
        (("app/net/b.tf", "app/a.tf"), "app"),
        (("app/a.tf", "app/.terraform/net/b.tf"), "app/.terraform/net"),  # it reads no hidden folder
        (("app/a.tf", "app/linked/vpc/b.tf"), "app/linked/vpc"),  # and follows no link to a folder
        (("stack/global/b.tf",), "stack"),
        (("app/a.tf", "app/ticketgen.yaml"), "app/ticketgen.yaml"),
    ],
)
def test_a_document_is_checked_with_the_outermost_open_folder(
    root: Path, documents: tuple[str, ...], checked: str
) -> None:
    folders = OpenFolders()
    found = [folders.opened(root / each) for each in documents]
    assert found[-1] == {root / checked}
    assert folders.changed(root / documents[-1]) == {root / checked}


def test_a_folder_is_checked_again_for_each_file_that_its_check_read(root: Path) -> None:
    folders = OpenFolders()
    folders.opened(root / "app/a.tf")
    shared = root / "modules/vpc/main.tf"
    folders.record(root / "app", (), frozenset({str(shared)}))
    assert folders.opened(shared) == {root / "app", root / "modules/vpc"}
    assert folders.changed(shared) == folders.changed_on_disk(shared) == {root / "app", root / "modules/vpc"}
    assert folders.changed_on_disk(root / "app/net/new.tf") == {root / "app"}
    assert folders.changed_on_disk(root / "ticketgen.toml") == {root / "app", root / "modules/vpc"}
    assert folders.changed_on_disk(root / "stack/global/b.tf") == folders.opened(root / "notes.txt") == set()


def test_findings_vanish_with_the_last_document(root: Path) -> None:
    folders = OpenFolders()
    first, second = root / "app/a.tf", root / "app/b.tf"
    folders.opened(first)
    folders.opened(second)
    about_none = finding(None)
    found = finding(second), about_none
    assert folders.record(root / "app", found, frozenset()) == {first.as_posix(), second.as_posix()}
    assert (folders.findings_in(first), folders.findings_in(second)) == ((about_none,), found)
    assert folders.closed(second) == ({root / "app"}, set())
    assert folders.closed(first) == (set(), {first.as_posix(), second.as_posix()})
    assert folders.findings_in(second) == ()
    assert not folders.is_checked(root / "app")


def test_a_finding_of_two_folders_is_shown_once(root: Path) -> None:
    folders = OpenFolders()
    settings = finding(root / "ticketgen.toml")
    for folder in ("app", "modules/vpc"):
        folders.opened(root / folder / "a.tf")
        folders.record(root / folder, (settings,), frozenset())
    assert folders.findings_in(root / "ticketgen.toml") == (settings,)
