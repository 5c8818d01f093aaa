"""Any content of a manifest ends in findings, and no file of a user is deleted."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stacks import environment
from tree_tools import NEW, OLD, VERSION, render, rules, snapshot, stack

from ticketgen.cli.exit_codes import ExitCode, exit_code
from ticketgen.findings import Location
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.spec.model import State
from ticketgen.stack.files import stack_files
from ticketgen.tree import plan_write
from ticketgen.tree.manifest import unclaimable
from ticketgen.tree.paths import fingerprint

MANIFEST = f"stacks/prod/{MANIFEST_NAME}"
CODES = {ExitCode.FINDINGS, ExitCode.HAND_EDIT}


def listing(root: Path, *names: str, sha256: str = "0" * 64, **head: object) -> Path:
    """Add names to the manifest of prod."""
    place = root / MANIFEST
    data = json.loads(place.read_text()) | head
    data["files"] |= {name: {"kind": "terraform", "sha256": sha256} for name in names}
    place.write_text(json.dumps(data))
    return place


@pytest.fixture
def project(tmp_path: Path) -> Path:
    render(tmp_path, NEW)
    return tmp_path


def test_a_path_outside_the_project_is_reported_at_the_manifest_that_lists_it(project: Path) -> None:
    listing(project, "../../x.tf", sha256=fingerprint(b""))
    (found,) = render(project, NEW).findings
    assert (found.rule, found.location) == ("path-outside", Location("stacks/prod/.ticketgen.json"))
    assert "'stacks/prod/../../x.tf'" in found.message
    assert "restore the manifest" in found.help


@pytest.mark.parametrize(
    "name",
    [
        "terraform.tfstate", "terraform.tfstate.backup", "regions/us-east-1/terraform.tfstate", "notes.md",
        "prod.tfvars",
        "terraform.tfvars.json", ".terraform/modules/modules.json", ".terraform/providers/x.py", ".terraform.lock.hcl",
        "terraform.hcl", ".git/hooks/pre-commit", ".envrc", ".secret.tf", "data.json", "GNUmakefile", "notes.txt",
        "id_rsa",
        "lambda.zip", "a/.hidden/main.tf",
    ],
)  # fmt: skip
def test_a_manifest_cannot_claim_a_file_that_ticketgen_never_renders(project: Path, name: str) -> None:
    place = project / "stacks/prod" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("theirs\n")
    listing(project, name, sha256=fingerprint(b"theirs\n"))
    before = snapshot(project)
    for force in (False, True):
        found = render(project, NEW, force=force)
        assert {rule for rule, _ in rules(found)} <= {"manifest-broken", "path-outside"}
        assert found.value is None
        assert exit_code(found.findings) in CODES
    assert snapshot(project) == before


def test_every_rendered_file_can_be_claimed() -> None:
    files = stack_files(environment(state=State(bucket="states")))
    assert [each.path for each in files if unclaimable("stacks/prod", each.path)] == []


@pytest.mark.parametrize(
    "name",
    [
        "\ud800", "a/\udfff.tf", "\udc80.tf", "a" * 256 + ".tf", "/".join(["a"] * 1000) + "/x.tf", "é" * 130 + ".tf",
        ".GIT/x.tf", ".git./x.tf", "git~1/x.py", ".g\u200cit/x.tf", "a/.Git/b.tf", "", ".", "..", "a\x00.tf", "/x.tf",
    ],
)  # fmt: skip
def test_an_impossible_name_in_a_manifest_is_a_finding(project: Path, name: str) -> None:
    listing(project, name)
    found = plan_write(project, NEW, version=VERSION, retire_in="stacks")
    assert [rule for rule, _ in rules(found)] == ["path-outside"]
    assert len(found.findings[0].message) < 300
    assert found.findings[0].message.encode()


@pytest.mark.parametrize(
    "head",
    [
        {"ticketgen": "\ud800"}, {"ticketgen": "1\ud800"}, {"ticketgen": "1" * 5000}, {"ticketgen": "1.0\n::error::x"},
        {"ticketgen": "\u0663.1"}, {"ticketgen": 1}, {"spec": "\ud800"}, {"spec": "x" * 64}, {"spec": []},
        {"format": "\ud800"}, {"format": "1" * 100_000}, {"files": []}, {"files": {"a.tf": None}},
        {"files": {"a.tf": {"kind": "\ud800", "sha256": "0" * 64}}}, {"files": {"a.tf": {"kind": "x", "sha256": "0"}}},
        {"files": {"a.tf": {"kind": {}, "sha256": "0" * 64}}},
    ],
)  # fmt: skip
def test_an_invalid_value_is_a_finding(project: Path, head: dict[str, object]) -> None:
    listing(project)
    place = project / MANIFEST
    place.write_text(json.dumps(json.loads(place.read_text()) | head))
    found = plan_write(project, NEW, version=VERSION, retire_in="stacks")
    assert rules(found) == [("manifest-broken", MANIFEST)]
    assert len(found.findings[0].message) < 400
    assert found.findings[0].message.encode()


def test_a_huge_manifest_or_file_is_not_read(project: Path) -> None:
    (project / MANIFEST).write_text(" " * 2_000_001)
    assert rules(render(project, NEW)) == [("manifest-broken", MANIFEST)]
    os.truncate(project / MANIFEST, 10**12)
    assert rules(render(project, NEW)) == [("manifest-broken", MANIFEST)]
    (project / MANIFEST).unlink()
    os.truncate(project / "stacks/prod/main.tf", 10**12)
    assert rules(render(project, NEW, force=True)) == [("in-the-way", "stacks/prod/main.tf")]


def test_too_many_files_are_one_finding(tmp_path: Path) -> None:
    render(tmp_path, [stack(f"stacks/s{n}", main="x\n") for n in range(6)])
    listed = {f"{n}.tf": {"kind": "x", "sha256": "0" * 64} for n in range(10_000)}
    for n in range(6):
        place = tmp_path / f"stacks/s{n}/{MANIFEST_NAME}"
        data = json.loads(place.read_text())
        place.write_text(json.dumps({**data, "files": listed}, separators=(",", ":")))
    found = plan_write(tmp_path, (), version=VERSION, retire_in="stacks")
    assert rules(found) == [("manifest-broken", f"stacks/s5/{MANIFEST_NAME}")]


@pytest.mark.parametrize("target", ["main.tf", "modules", ".ticketgen.json", "extra", "modules/c.tf"])
def test_a_link_to_itself_is_a_finding_where_a_file_or_folder_is_needed(project: Path, target: str) -> None:
    import shutil

    place = project / "stacks/prod" / target
    shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    place.symlink_to(place.name)
    (project / "stacks/loop").symlink_to("loop")
    found = plan_write(project, NEW, version=VERSION, retire_in="stacks")
    assert bool(found.value) == (target == "extra")
    assert exit_code(found.findings) in ({ExitCode.FINE} if found.value else CODES)


def test_a_stack_with_a_name_that_is_not_utf8_is_a_finding(project: Path) -> None:
    place = project / os.fsdecode(b"stacks/\xff")
    place.mkdir()
    (place / MANIFEST_NAME).write_bytes((project / MANIFEST).read_bytes())
    found = plan_write(project, NEW, version=VERSION, retire_in="stacks")
    assert [rule for rule, _ in rules(found)] == ["path-outside"]
    assert found.findings[0].message.encode()


NAMES = st.text(st.characters(codec=None), max_size=20) | st.sampled_from(
    ["main.tf", "../x.tf", "a/b.tf", "terraform.tfstate", "main.tf/x.tf", "modules", "MAIN.tf"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.fixed_dictionaries({"kind": st.just("terraform"), "sha256": st.just("0" * 64)}) | VALUES
MANIFESTS = st.fixed_dictionaries(
    {
        "format": st.just(1) | VALUES,
        "ticketgen": st.just("1.0") | VALUES,
        "spec": st.just("") | VALUES,
        "files": st.dictionaries(NAMES, ENTRIES, max_size=5) | VALUES,
    }
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=MANIFESTS, cut=st.integers(0, 2000))
def test_any_manifest_gives_changes_or_findings_and_changes_nothing(
    tmp_path: Path, document: object, cut: int
) -> None:
    root = tmp_path / str(time.monotonic_ns())
    root.mkdir()
    render(root, OLD)
    (root / "stacks/dev/terraform.tfstate").write_text("theirs\n")
    (root / f"stacks/dev/{MANIFEST_NAME}").write_text(json.dumps(document)[: None if cut > 1000 else cut])
    before = snapshot(root)
    found = plan_write(root, OLD, version=VERSION, retire_in="stacks")
    assert snapshot(root) == before
    assert found.value is not None or exit_code(found.findings) in CODES
    json.dumps([f.message for f in found.findings]).encode()
    render(root, OLD, force=True)
    assert (root / "stacks/dev/terraform.tfstate").read_text() == "theirs\n"
