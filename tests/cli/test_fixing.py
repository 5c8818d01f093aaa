"""`ticketgen validate --fix` and `--diff`: what is written and shown, and which files are left alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from cli_tools import run

from ticketgen.cli.fixing import Fixing, fix_directory
from ticketgen.findings import Finding
from ticketgen.verification.verify import verify

WRONG = 'output "é" {\r\n  value = "é ${path.moduel}"\r\n}\r\nlocals {\r\n  a = uper("é")\r\n}'
"""Two flaws, with carriage returns and no line end at the end."""
RIGHT = WRONG.replace("moduel", "module").replace("uper", "upper")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a directory of two flawed files."""
    stack = tmp_path / "stack"
    stack.mkdir()
    (stack / "main.tf").write_bytes(b"\xef\xbb\xbf" + WRONG.encode())
    (stack / "other.tf").write_bytes(b'output "x" {\n  value = path.moduel\n}\n')
    monkeypatch.chdir(tmp_path)
    return stack


def contents(folder: Path) -> Mapping[str, bytes]:
    return {each.name: each.read_bytes() for each in sorted(folder.iterdir())}


@pytest.mark.parametrize("command", [["git", "apply"], ["patch", "-p1", "--binary", "--quiet"]])
def test_the_shown_patch_makes_the_same_edits(folder: Path, command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    before = contents(folder)
    shown = run("validate", "stack", "--diff")
    assert (shown.exit_code, contents(folder)) == (1, before)
    subprocess.run(command, input=shown.stdout_bytes, cwd=folder.parent, check=True)
    patched = contents(folder)
    for name, content in before.items():
        (folder / name).write_bytes(content)
    assert run("validate", "stack", "--fix").exit_code == 0
    assert contents(folder) == patched
    assert (folder / "main.tf").read_bytes() == b"\xef\xbb\xbf" + RIGHT.encode()


def test_the_summary_says_how_many_fixes_there_are(folder: Path) -> None:
    assert run("validate", "stack").stderr.endswith("; --diff shows 3 fixes\n")
    assert "--diff shows" not in run("validate", "stack", "--fix").stderr
    assert "--diff shows" not in run("validate", "stack").stderr


def test_a_second_fix_changes_nothing(folder: Path) -> None:
    run("validate", "stack", "--fix")
    fixed = contents(folder)
    again = run("validate", "stack", "--fix")
    assert "fixed" not in again.output
    assert not run("validate", "stack", "--diff").stdout.startswith("---")
    assert contents(folder) == fixed


@pytest.mark.parametrize("format", ["json", "sarif"])
def test_a_report_for_programs_has_only_what_is_left(folder: Path, format: str) -> None:
    shown = run("validate", "stack", "--diff", "--format", format)
    assert "+++ b/stack/main.tf" in shown.stderr
    assert "edits" in shown.stdout or "artifactChanges" in shown.stdout
    done = run("validate", "stack", "--fix", "--format", format)
    json.loads(done.stdout)
    assert (done.exit_code, "moduel" in done.stdout) == (0, False)
    assert "fixed 3 findings in 2 files" in done.stderr


def test_files_behind_links_and_read_only_files_are_left_alone(folder: Path) -> None:
    (folder.parent / "shared").mkdir()
    target = folder.parent / "shared" / "linked.tf"
    (folder / "other.tf").rename(target)
    (folder / "other.tf").symlink_to(target)
    (folder / "main.tf").chmod(0o444)
    before = contents(folder)
    (folder / "third.tf").write_text('output "y" {\n  value = path.roott\n}\n', encoding="utf-8")
    assert run("validate", "stack", "--root", ".", "--fix").exit_code == 1
    assert (folder / "third.tf").read_text(encoding="utf-8") == 'output "y" {\n  value = path.root\n}\n'
    (folder / "third.tf").unlink()
    assert contents(folder) == before


def test_modules_outside_the_directory_are_not_fixed(folder: Path) -> None:
    module = folder.parent / "module"
    module.mkdir()
    (module / "main.tf").write_text('output "zone" {\n  value = path.moduel\n}\n', encoding="utf-8")
    call = 'module "m" {\n  source = "../module"\n}\noutput "m" {\n  value = module.m.zoen\n}\n'
    (folder / "call.tf").write_text(call, encoding="utf-8")
    before = contents(module)
    run("validate", "stack", "--root", ".", "--fix")
    assert contents(module) == before
    assert (folder / "call.tf").read_text(encoding="utf-8") == call.replace("zoen", "zone")


def test_of_a_directory_only_the_named_file_is_fixed(folder: Path) -> None:
    before = contents(folder)
    assert run("validate", "stack/other.tf", "--fix").exit_code == 0
    after = contents(folder)
    assert after["main.tf"] == before["main.tf"]
    assert after["other.tf"] == before["other.tf"].replace(b"moduel", b"module")


def test_nothing_is_written_if_a_file_changed_in_between(folder: Path) -> None:
    texts = {path: content.decode() for path, content in contents(folder).items()}

    def verify_and_edit(changed: Mapping[str, str]) -> tuple[Finding, ...]:
        (folder / "other.tf").write_text("# edited\n", encoding="utf-8")
        return verify(changed, rendered=False)

    findings = verify(texts, rendered=False)
    after, found = fix_directory(
        folder, texts, findings, verify_and_edit, lambda finding: True, Fixing(write=True, err=False)
    )
    assert after == texts
    assert set(found) > set(findings)
    assert (folder / "other.tf").read_text(encoding="utf-8") == "# edited\n"
    assert (folder / "main.tf").read_bytes().decode() == texts["main.tf"]
