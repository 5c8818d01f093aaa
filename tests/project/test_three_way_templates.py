"""Ejected templates are merged with a newer version's, and one with conflict markers is never rendered."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from killed_processes import dies_at, fails_at
from project_tools import everything_in, run
from three_way_tools import be_version, make_project, write_texts

from ticketgen.assets import asset_folder
from ticketgen.conflict_markers import any_conflict_lines, conflict_lines
from ticketgen.findings import has_errors
from ticketgen.project.bases import base_path
from ticketgen.project.eject import eject, ejectable_templates, outdated_copies
from ticketgen.project.merge import merge_project, standing_findings
from ticketgen.tree import recover_interrupted

NAME = "stack/modules/data/locks.tf.j2"
COPY = f"templates/{NAME}"
OWN = (asset_folder("templates") / NAME).read_text("utf-8")
FIRST = OWN.split("\n")[0]


def older(project: Path, text: str) -> None:
    """As if an older ticketgen, whose template had this text, had been ejected from."""
    from ticketgen.tree.paths import fingerprint

    assert eject(project, NAME).value
    write_texts(project, {COPY: text.encode(), base_path(COPY): text.encode()})
    place = project / "templates/.ticketgen.json"
    document = json.loads(place.read_text("utf-8"))
    document["ticketgen"], document["files"][NAME]["sha256"] = "0.0.1", fingerprint(text.encode())
    place.write_text(json.dumps(document), encoding="utf-8")


def test_no_text_of_ticketgen_looks_like_a_conflict() -> None:
    for name in ejectable_templates():
        assert any_conflict_lines((asset_folder("templates") / name).read_text("utf-8")) == (), name


def test_eject_records_the_text_that_a_later_version_merges_from(small_project: Path) -> None:
    assert run("eject", NAME).exit_code == 0
    base = small_project / base_path(COPY)
    assert base.read_text("utf-8") == OWN
    base.write_text("# older\n", "utf-8")
    assert run("eject", NAME, "--accept").exit_code == 0
    assert base.read_text("utf-8") == OWN


def test_render_merges_a_template_and_renders_it(small_project: Path) -> None:
    """The whole way on the command line, from an older version's template to rendered stacks."""
    before = OWN.replace(FIRST, "# Of an older version.\n" + FIRST, 1)
    older(small_project, before)
    write_texts(small_project, {COPY: f"{before}\n# Ours: see the wiki.\n".encode()})
    refused = run("render", "--merge")
    assert (refused.exit_code, "--merge needs --upgrade" in refused.stderr) == (2, True)
    untouched = everything_in(small_project)
    shown = run("render", "--diff", "--upgrade", "--merge", "--env", "dev")
    assert shown.exit_code == 1
    assert f"{COPY}:1:1: error: ticketgen" in shown.stderr
    assert "[merge-due]" in shown.stderr
    assert "\n-# Of an older version.\n" in shown.stdout
    assert everything_in(small_project) == untouched
    done = run("render", "--upgrade", "--merge", "--env", "dev")
    assert done.exit_code == 0, done.output
    assert (small_project / COPY).read_text("utf-8") == f"{OWN}\n# Ours: see the wiki.\n"
    assert (small_project / base_path(COPY)).read_text("utf-8") == OWN
    locks = (small_project / "stacks/dev/modules/data/locks.tf").read_text("utf-8")
    assert locks.endswith("# Ours: see the wiki.\n")
    assert outdated_copies(small_project) == ()
    merged = everything_in(small_project)
    assert run("render", "--upgrade", "--merge", "--env", "dev").exit_code == 0
    assert everything_in(small_project) == merged


def test_a_template_with_conflict_markers_is_not_rendered(small_project: Path) -> None:
    older(small_project, f"{OWN}\n# An older line.\n")
    write_texts(small_project, {COPY: f"{OWN}\n# Our line.\n".encode()})
    stacks = everything_in(small_project / "stacks")
    done = run("render", "--upgrade", "--merge", "--env", "dev")
    assert done.exit_code == 1
    (line,) = conflict_lines((small_project / COPY).read_text("utf-8"))
    assert f"{COPY}:{line}:1: error: your change and ticketgen's conflict" in done.stderr
    assert done.stderr.count(f"{COPY}:{line}:1: error: ") == 1, "one place, one finding"
    assert everything_in(small_project / "stacks") == stacks
    conflicted = everything_in(small_project)
    for arguments in (("--upgrade", "--merge"), ("--check",), ()):
        again = run("render", "--env", "dev", *arguments)
        assert (again.exit_code, "[merge-conflict]" in again.stderr) == (1, True)
        assert everything_in(small_project) == conflicted
    accepted = run("eject", NAME, "--accept")
    assert (accepted.exit_code, "[merge-conflict]" in accepted.stderr) == (1, True)
    assert everything_in(small_project) == conflicted
    # The markers of a merge of two branches are none of ticketgen's, and the template is not rendered either.
    write_texts(small_project, {COPY: f"{OWN}\n<<<<<<< HEAD\n# a\n=======\n>>>>>>> main\n".encode()})
    assert run("render", "--check").stderr.count("[override-broken]") == 1, "not once per environment"
    assert run("eject", NAME, "--accept").exit_code == 1
    write_texts(small_project, {COPY: f"{OWN}\n# Our line.\n".encode()})
    assert run("render", "--env", "dev").exit_code == 0


def test_a_template_that_waits_keeps_the_version_of_its_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another template moves the manifest's version on, with `eject` or with a merge."""
    older(tmp_path, "# older\n")
    write_texts(tmp_path, {COPY: b"# ours\n"})
    place = tmp_path / "templates/.ticketgen.json"
    other = next(name for name in ejectable_templates() if name != NAME)
    assert eject(tmp_path, other).value
    document = json.loads(place.read_text("utf-8"))
    assert (document["files"][NAME]["version"], document["files"][other].get("version")) == ("0.0.1", None)
    (found,) = outdated_copies(tmp_path)
    assert found.message.endswith("since ticketgen 0.0.1")
    be_version(monkeypatch, "9.0.0", {}, {NAME: "# theirs\n", other: "# new\n"})
    before = place.read_bytes()
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path / "nowhere"))
        merge_project(tmp_path, tmp_path / "ticketgen.yaml")
    document = json.loads(place.read_text("utf-8"))
    assert place.read_bytes() != before
    assert document["ticketgen"] == "9.0.0"
    assert document["files"][NAME]["version"] == "0.0.1"
    merge_project(tmp_path, tmp_path / "ticketgen.yaml")
    assert "\n||||||| ticketgen 0.0.1\n# older\n" in (tmp_path / COPY).read_text("utf-8")
    assert "version" not in json.loads(place.read_text("utf-8"))["files"][NAME]


def test_a_record_that_is_gone_is_not_a_change_of_the_template(tmp_path: Path) -> None:
    assert eject(tmp_path, NAME).value
    (tmp_path / "templates/.ticketgen.json").unlink()
    (found,) = outdated_copies(tmp_path)
    assert found.message.startswith("templates/.ticketgen.json does not list the template")
    assert found.help.startswith("restore templates/.ticketgen.json from version control; or ")


def test_a_copy_that_was_deleted_is_forgotten_and_stays_deleted(tmp_path: Path) -> None:
    older(tmp_path, "# older\n")
    (tmp_path / COPY).unlink()
    found = merge_project(tmp_path, tmp_path / "ticketgen.yaml").findings
    assert [(each.rule, each.location.file) for each in found if each.location][-1] == ("file-merged", COPY)
    assert not (tmp_path / COPY).exists()
    assert not (tmp_path / base_path(COPY)).exists()
    assert json.loads((tmp_path / "templates/.ticketgen.json").read_text("utf-8"))["files"] == {}
    assert merge_project(tmp_path, tmp_path / "ticketgen.yaml").findings == ()
    assert eject(tmp_path, NAME).value


@pytest.mark.parametrize("edited", [False, True])
def test_a_template_that_no_version_reads_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: bool
) -> None:
    older(tmp_path, "# older\n")
    if edited:
        write_texts(tmp_path, {COPY: b"# ours\n"})
    be_version(monkeypatch, "9.0.0", {}, {})
    found = [each.rule for each in merge_project(tmp_path, tmp_path / "ticketgen.yaml").findings]
    assert found == (["no-longer-ours"] if edited else ["file-merged"])
    assert (tmp_path / COPY).exists() is edited
    assert not (tmp_path / base_path(COPY)).exists()


def test_an_older_copy_without_a_base_is_reported_and_not_touched(tmp_path: Path) -> None:
    older(tmp_path, "# older\n")
    write_texts(tmp_path, {COPY: b"# ours\n"})
    (tmp_path / base_path(COPY)).unlink()
    merge_project(tmp_path, tmp_path / "ticketgen.yaml")
    assert (tmp_path / COPY).read_text("utf-8") == "# ours\n"
    assert [each.rule for each in standing_findings(tmp_path)] == ["template-moved-on"]
    # A copy of this version's template without a base gets one.
    write_texts(tmp_path, {COPY: OWN.encode()})
    merge_project(tmp_path, tmp_path / "ticketgen.yaml")
    assert (tmp_path / base_path(COPY)).read_text("utf-8") == OWN
    assert standing_findings(tmp_path) == ()


def project_between_versions(root: Path) -> None:
    make_project(root, {"README.md": "one\ntwo\nthree\n", "old": "x\n"})
    older(root, OWN.replace(FIRST, f"# Of an older version.\n{FIRST}", 1))
    write_texts(root, {"README.md": b"ONE\ntwo\nthree\n"})


def test_a_kill_at_any_call_of_a_merge_leaves_all_of_it_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_version(monkeypatch, "9.0.0", {"README.md": "1\ntwo\n3\n", "new": "new\n"})
    results: dict[str, list[bool]] = {"done": []}
    whole = tmp_path / "whole"
    project_between_versions(whole)
    assert not has_errors(merge_project(whole, whole / "ticketgen.yaml").findings)
    wanted = everything_in(whole)
    assert wanted["new"] == b"new\n"
    assert wanted[COPY] == OWN.encode()
    assert "old" not in wanted
    for call in range(0, 200, 2):
        root = tmp_path / str(call)
        project_between_versions(root)
        before = everything_in(root)
        died = dies_at(call, lambda root=root: merge_project(root, root / "ticketgen.yaml"))  # type: ignore[misc]
        assert recover_interrupted(root) == ()
        after = {
            path: text
            for path, text in everything_in(root).items()
            if not path.startswith(".ticketgen-write")
        }
        assert after in ({**before}, wanted), call
        if not died:
            break
        results["done"].append(after == wanted)
    assert len(results["done"]) > 5
    assert results["done"] == sorted(results["done"])


def test_a_full_disk_during_a_merge_is_a_finding_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_version(monkeypatch, "9.0.0", {"README.md": "one\ntwo\n3\n"})
    failed = 0
    for call in range(3, 200, 5):
        root = tmp_path / str(call)
        project_between_versions(root)
        before = everything_in(root)

        def attempt(root: Path = root, before: object = before) -> None:
            found = merge_project(root, root / "ticketgen.yaml").findings
            kept = {path: text for path, text in everything_in(root).items() if "-write" not in path}
            assert has_errors(found) == (kept == before)

        if not fails_at(call, errno.ENOSPC, attempt):
            break
        failed += 1
    assert failed > 2
