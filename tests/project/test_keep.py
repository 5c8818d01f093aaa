"""`ticketgen keep`: edits and deletions of rendered files outlive each render, or are reported."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from killed_processes import dies_at
from project_tools import everything_in, run

from ticketgen.assets import asset_folder
from ticketgen.project.keep import keep
from ticketgen.project.patch_list import drop
from ticketgen.tree import recover_interrupted

LOCKS = "stacks/dev/modules/data/locks.tf"
PATCH = "patches/dev/modules/data/locks.tf.patch"
TEST = "stacks/prod/tests/unit/test_api.py"
MINE = "\n# Ours: see the wiki.\n"


def append(root: Path, file: str = LOCKS, text: str = MINE) -> str:
    """The text of a file after an edit."""
    place = root / file
    place.write_text(place.read_text("utf-8") + text, encoding="utf-8")
    return place.read_text("utf-8")


def shifted_template(root: Path) -> None:
    """A newer rendering: the project's own template has more lines at the top."""
    template = "stack/modules/data/locks.tf.j2"
    own = root / "templates" / template
    own.parent.mkdir(parents=True, exist_ok=True)
    text = (asset_folder("templates") / template).read_text("utf-8")
    own.write_text(f"# Another comment.\n# And one more.\n\n{text}", encoding="utf-8")


def rules(*arguments: str) -> tuple[int, list[str]]:
    """The exit code, and the ids of the findings."""
    done = run(*arguments, "--format", "json")
    return done.exit_code, [each["rule"] for each in json.loads(done.stdout)["findings"]]


def test_a_kept_edit_is_up_to_date_and_outlives_renders(small_project: Path) -> None:
    edited = append(small_project)
    refused = run("render", "--check")
    assert refused.exit_code == 1
    assert f"keep it with `ticketgen keep {LOCKS}`" in refused.stderr
    done = run("keep", LOCKS)
    assert (done.exit_code, done.stdout) == (0, f"{LOCKS}: kept as {PATCH}\n")
    assert run("render", "--check").exit_code == 0
    assert run("render", "--force").exit_code == 0
    assert (small_project / LOCKS).read_text("utf-8") == edited
    shutil.rmtree(small_project / "stacks")
    assert run("render").exit_code == 0
    assert (small_project / LOCKS).read_text("utf-8") == edited
    assert edited.startswith("#"), "the header stays"
    assert "+# Ours: see the wiki." in (small_project / PATCH).read_text("utf-8")


def test_a_patch_survives_an_upgrade_that_shifts_lines(small_project: Path) -> None:
    edited = append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    shifted_template(small_project)
    assert run("render", "--upgrade").exit_code == 0
    assert (small_project / LOCKS).read_text("utf-8").endswith(edited[-500:])
    assert "# And one more.\n" in (small_project / LOCKS).read_text("utf-8")
    assert run("render", "--check").exit_code == 0
    assert "unchanged" not in run("keep", LOCKS).stdout, "its lines are those of the new rendering now"
    assert "no edit to keep" in run("keep", LOCKS).stdout
    assert run("render", "--check").exit_code == 0


def test_a_conflict_writes_nothing_until_the_patch_is_dropped_and_kept_again(small_project: Path) -> None:
    edited = append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    patch = small_project / PATCH
    context = [line for line in patch.read_text("utf-8").splitlines() if line.startswith(" ")][-1]
    patch.write_text(
        patch.read_text("utf-8").replace(context, f"{context} # as it was").replace("index ", "index 1")
    )
    before = everything_in(small_project)
    for command in (["render", "--check"], ["render"], ["render", "--force"]):
        assert rules(*command)[0] == 1
        assert "patch-conflict" in rules(*command)[1]
    shown = run("render")
    assert f"{PATCH}:" in shown.stderr
    assert "hunk 1 of 1 does not apply: the line" in shown.stderr
    assert run("rehearse", "--env", "dev").exit_code == 1
    assert run("show", "--env", "dev", "--format", "mermaid").exit_code == 1
    assert run("add-region", "eu-north-1", "--env", "dev").exit_code == 1
    assert everything_in(small_project) == before
    assert run("render", "--env", "prod").exit_code == 0, "it is another environment's"
    assert run("keep", LOCKS, "--drop").exit_code == 0
    assert run("render").exit_code == 0
    assert (small_project / LOCKS).read_text("utf-8") == edited.removesuffix(MINE)
    append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    assert run("render", "--check").exit_code == 0


def test_a_deleted_file_stays_deleted(small_project: Path) -> None:
    (small_project / TEST).unlink()
    missing = run("render", "--check")
    assert f"or keep it deleted with `ticketgen keep {TEST}`" in missing.stderr
    done = run("keep", TEST)
    patch = "patches/prod/tests/unit/test_api.py.patch"
    assert (done.exit_code, done.stdout) == (0, f"{TEST}: kept deleted, by {patch}\n")
    assert "\ndeleted file mode 100644\n" in (small_project / patch).read_text("utf-8")
    assert rules("render", "--check") == (0, [])
    assert run("render").exit_code == 0
    assert not (small_project / TEST).exists()
    assert "no edit to keep" in run("keep", TEST).stdout
    (small_project / TEST).write_text("# mine\n")
    assert rules("render", "--check") == (0, []), "a file of that name is the user's"
    assert run("keep", TEST).stdout == f"{TEST}: kept as {patch}\n"
    assert run("render", "--check").exit_code == 0
    assert run("keep", TEST, "--drop").exit_code == 0
    assert run("render").exit_code == 0
    assert (small_project / TEST).read_text("utf-8") != "# mine\n"


def test_a_deletion_from_another_clone_deletes_the_file(small_project: Path) -> None:
    clone = small_project.parent / "clone"
    shutil.copytree(small_project, clone)
    (clone / TEST).unlink()
    assert keep(clone / "ticketgen.yaml", [TEST]).value is not None
    shutil.copytree(clone / "patches", small_project / "patches")
    assert run("render").exit_code == 0
    assert not (small_project / TEST).exists()
    assert everything_in(small_project) == everything_in(clone)


def test_a_root_module_is_not_deleted_by_patches(small_project: Path) -> None:
    folder = small_project / "stacks/prod/data/eu-north-1"
    files = [f"stacks/prod/data/eu-north-1/{path.name}" for path in folder.glob("*.tf")]
    for file in files:
        (small_project / file).unlink()
    code, found = rules("keep", *files)
    assert (code, "patch-empties-root" in found) == (1, True)
    assert not (small_project / "patches").exists()


def test_a_patch_loses_no_data_unless_that_is_accepted(small_project: Path) -> None:
    """The disk has the edit already, so the guard compares with the last rendering."""
    production = LOCKS.replace("dev", "prod")
    for file in (LOCKS, production):
        place = small_project / file
        place.write_text(place.read_text("utf-8").replace('"lock_key"', '"lock_id"'), encoding="utf-8")
    assert rules("keep", LOCKS) == (0, ["stateful-replaced"]), "a warning"
    before = everything_in(small_project)
    assert rules("keep", production) == (1, ["stateful-replaced"])
    assert everything_in(small_project) == before
    assert rules("keep", production, "--accept", "prod") == (0, [])
    assert rules("render", "--check") == (0, [])
    assert (
        run("keep", production).stdout
        == f"{production}: no edit to keep: its patch already has every change\n"
    )


def test_an_edit_that_fails_verification_is_not_kept(small_project: Path) -> None:
    append(small_project, text='\nresource "aws_sqs_queue" "mine" {\n  name = var.missing\n}\n')
    before = everything_in(small_project)
    code, found = rules("keep", LOCKS)
    assert (code, "undeclared-reference" in found) == (1, True)
    assert everything_in(small_project) == before


def test_an_edit_that_leaves_no_valid_code_is_not_kept(small_project: Path) -> None:
    files = ("stacks/dev/ops/sale.py", "stacks/dev/ops/policy.json")
    for file, text in zip(files, ("def f(:\n", "{"), strict=True):
        append(small_project, file, text)
    before = everything_in(small_project)
    assert rules("keep", *files) == (1, ["patched-file-invalid"] * 2)
    shown = run("keep", *files).stderr
    assert f"{files[0]}:" in shown
    assert "the file is not valid JSON: Extra data" in shown
    assert everything_in(small_project) == before


def test_a_patched_stack_is_verified_at_each_render(small_project: Path) -> None:
    append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    patch = small_project / PATCH
    patch.write_text(
        patch.read_text("utf-8").replace("+# Ours: see the wiki.", "+locals { x = var.missing }")
    )
    done = run("render", "--check")
    assert done.exit_code == 1
    assert f"{LOCKS}:" in done.stderr
    assert "[undeclared-reference]" in done.stderr


def test_every_environment_has_its_own_patch(small_project: Path) -> None:
    append(small_project)
    production = append(small_project, LOCKS.replace("dev", "prod"), "# For prod.\n")
    assert run("keep", LOCKS, LOCKS.replace("dev", "prod")).exit_code == 0
    assert run("render", "--check").exit_code == 0
    assert run("keep", LOCKS, "--drop").exit_code == 0
    assert run("render").exit_code == 0
    assert (small_project / LOCKS.replace("dev", "prod")).read_text("utf-8") == production
    assert not (small_project / PATCH).exists()


def test_a_dropped_edit_can_be_kept_again_until_it_is_rendered_away(small_project: Path) -> None:
    edited = append(small_project)
    original = edited.removesuffix(MINE)
    assert run("keep", LOCKS).exit_code == 0
    patch = (small_project / PATCH).read_bytes()
    for _ in range(2):
        assert run("keep", LOCKS, "--drop").exit_code == 0
        assert rules("keep", LOCKS, "--drop") == (2, ["no-patch"])
        assert run("keep", LOCKS).stdout == f"{LOCKS}: kept as {PATCH}\n"
        assert (small_project / PATCH).read_bytes() == patch
        assert rules("render", "--check") == (0, [])
    assert run("keep", LOCKS, "--drop").exit_code == 0
    assert rules("render", "--check") == (1, ["changed"])
    assert run("render").exit_code == 0
    assert (small_project / LOCKS).read_text("utf-8") == original
    assert "patched" not in (small_project / "stacks/dev/.ticketgen.json").read_text("utf-8")
    assert run("keep", LOCKS).stdout == f"{LOCKS}: no edit to keep\n"


def test_a_render_without_a_missing_patch_is_refused(small_project: Path) -> None:
    (small_project / TEST).unlink()
    edited = append(small_project)
    production = LOCKS.replace("dev", "prod")
    append(small_project, production)
    assert run("keep", LOCKS, TEST, production).exit_code == 0
    patches = everything_in(small_project / "patches")
    shutil.rmtree(small_project / "patches")
    (small_project / production).write_text(edited + "# And one more edit.\n", encoding="utf-8")
    before = everything_in(small_project)
    assert rules("render", "--check") == (1, ["patch-missing"] * 3)
    for arguments in ((), ("--force",), ("--upgrade",), ("--env", "dev")):
        code, found = rules("render", *arguments)
        assert (code, set(found)) == (4, {"patch-missing"})
    shown = run("render").stderr
    assert f"make it again with `ticketgen keep {LOCKS}`" in shown
    assert f"`ticketgen keep {LOCKS} --drop`" in shown
    assert everything_in(small_project) == before
    assert run("keep", "--list", "--format", "json").stdout.count('"state": "missing"') == 3
    assert run("keep", LOCKS, TEST).exit_code == 0
    assert {path: text for path, text in patches.items() if "prod/modules" not in path} == everything_in(
        small_project / "patches"
    )
    assert run("keep", production, "--drop").exit_code == 0, "a missing patch can be dropped, too"
    assert rules("render", "--check") == (1, ["hand-edited"])
    assert run("render", "--force").exit_code == 0
    assert rules("render", "--check") == (0, [])
    assert (small_project / production).read_text("utf-8") == edited.removesuffix(MINE)
    assert not (small_project / TEST).exists()


def test_a_dropped_deletion_can_be_kept_again(small_project: Path) -> None:
    (small_project / TEST).unlink()
    assert run("keep", TEST).exit_code == 0
    assert run("keep", TEST, "--drop").exit_code == 0
    assert "kept deleted, by" in run("keep", TEST).stdout
    assert rules("render", "--check") == (0, [])
    assert run("keep", TEST, "--drop").exit_code == 0
    assert run("render").exit_code == 0
    assert (small_project / TEST).exists()


def test_an_edit_whose_patch_is_missing_is_lost_to_no_newer_rendering(small_project: Path) -> None:
    append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    (small_project / PATCH).unlink()
    shifted_template(small_project)
    before = everything_in(small_project)
    assert rules("keep", LOCKS) == (1, ["edit-of-old-rendering"])
    assert "patch-missing" in rules("render", "--upgrade")[1]
    assert everything_in(small_project) == before


def test_a_missing_patch_of_a_file_that_is_as_rendered_loses_nothing(small_project: Path) -> None:
    original = (small_project / LOCKS).read_bytes()
    append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    (small_project / PATCH).unlink()
    for ends in (b"\r\n", b"\n"):
        (small_project / LOCKS).write_bytes(original.replace(b"\n", ends))
        assert "patch-missing" not in rules("render", "--check")[1]
    assert run("keep", LOCKS).stdout == f"{LOCKS}: {PATCH} dropped\n"
    assert rules("render", "--check") == (0, [])


def test_the_manifest_of_an_older_version_learns_of_its_patches_without_drift(small_project: Path) -> None:
    append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    place = small_project / "stacks/dev/.ticketgen.json"
    whole = place.read_text("utf-8")
    document = json.loads(whole)
    assert list(document.pop("patched")) == ["modules/data/locks.tf"]
    place.write_text(json.dumps(document), encoding="utf-8")
    assert rules("render", "--check") == (0, [])
    assert run("render").exit_code == 0
    assert place.read_text("utf-8") == whole


def test_a_folder_in_the_place_of_a_patch_is_an_error(small_project: Path) -> None:
    append(small_project)
    (small_project / PATCH).mkdir(parents=True)
    assert rules("render", "--env", "dev") == (1, ["patch-broken"])
    assert rules("keep", LOCKS)[1] == ["patch-broken"]
    assert "or delete it" in run("keep", LOCKS).stderr
    assert rules("keep", LOCKS, "--drop")[0] != 0


def test_an_edit_of_an_older_rendering_is_not_kept_by_accident(small_project: Path) -> None:
    append(small_project)
    shifted_template(small_project)
    before = everything_in(small_project)
    assert rules("keep", LOCKS) == (1, ["edit-of-old-rendering"])
    assert everything_in(small_project) == before
    shown = run("keep", LOCKS, "--diff", "--force").stdout
    assert "\n-# Another comment.\n" in shown
    assert everything_in(small_project) == before
    assert run("keep", LOCKS, "--force").exit_code == 0
    assert run("render", "--check", "--env", "dev").exit_code == 0


def test_a_file_that_is_only_out_of_date_is_not_an_edit(small_project: Path) -> None:
    shifted_template(small_project)
    before = everything_in(small_project)
    assert run("keep", LOCKS).stdout == f"{LOCKS}: no edit to keep\n"
    assert everything_in(small_project) == before


def test_an_edit_that_is_taken_back_needs_no_patch(small_project: Path) -> None:
    original = (small_project / LOCKS).read_bytes()
    append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    (small_project / LOCKS).write_bytes(original)
    assert run("keep", LOCKS).stdout == f"{LOCKS}: {PATCH} dropped\n"
    assert not (small_project / PATCH).exists()
    assert run("render", "--check").exit_code == 0


def test_line_ends_of_a_checkout_are_not_an_edit(small_project: Path) -> None:
    append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    for file in (LOCKS, PATCH):
        text = (small_project / file).read_bytes()
        (small_project / file).write_bytes(text.replace(b"\n", b"\r\n"))
    before = (small_project / PATCH).read_bytes()
    assert rules("render", "--check") == (1, ["changed"])
    assert run("keep", LOCKS).exit_code == 0
    assert rules("render", "--check") == (0, [])
    assert (small_project / PATCH).read_bytes() == before


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"\xff", "edit-not-kept"),
        (b"# one\rtwo\n", "edit-not-kept"),
        (b"# one\0two\n", "edit-not-kept"),
        (b"# long\n" * 500_000, "edit-not-kept"),
    ],
)
def test_what_is_no_text_of_that_size_is_not_kept(small_project: Path, content: bytes, rule: str) -> None:
    (small_project / LOCKS).write_bytes(content)
    before = everything_in(small_project)
    assert rules("keep", LOCKS) == (1, [rule])
    assert everything_in(small_project) == before


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("ticketgen.yaml", "name a file below stacks/ENVIRONMENT"),
        ("stacks", "name a file below stacks/ENVIRONMENT"),
        ("stacks/dev", "name a file below stacks/ENVIRONMENT"),
        ("stacks/test/global/outputs.tf", "name a file below stacks/ENVIRONMENT"),
        ("stacks/dev/../prod/global/x.tf", "name a file below stacks/ENVIRONMENT"),
        ("stacks/dev/global/output.tf", "did you mean global/outputs.tf?"),
        ("stacks/dev/.ticketgen.json", "name a file below stacks/ENVIRONMENT"),
        ("../outside.tf", "name a file below stacks/ENVIRONMENT"),
    ],
)
def test_only_rendered_files_are_kept(small_project: Path, name: str, help: str) -> None:
    done = run("keep", name)
    assert (done.exit_code, "[not-a-rendered-file]" in done.stderr, help in done.stderr) == (2, True, True), (
        done.stderr
    )


def test_a_new_file_of_the_user_needs_no_patch(small_project: Path) -> None:
    mine = "stacks/dev/modules/data/variables_of_ours.tf"
    (small_project / mine).write_text("# mine\n")
    done = run("keep", mine)
    assert done.exit_code == 2
    assert "so nothing needs to be kept" in done.stderr
    assert "did you mean" not in done.stderr


def test_a_stack_that_was_never_rendered_has_no_edits(small_project: Path) -> None:
    shutil.rmtree(small_project / "stacks/dev")
    done = run("keep", LOCKS)
    assert (done.exit_code, f"{LOCKS} was never rendered" in done.stderr) == (2, True)
    (small_project / LOCKS).parent.mkdir(parents=True)
    (small_project / LOCKS).write_text("# mine\n")
    done = run("keep", LOCKS)
    assert (done.exit_code, f"ticketgen did not write {LOCKS}" in done.stderr) == (2, True)


def test_a_link_is_neither_kept_nor_followed(small_project: Path) -> None:
    (small_project / LOCKS).unlink()
    (small_project / LOCKS).symlink_to(small_project / "ticketgen.yaml")
    assert rules("keep", LOCKS) == (1, ["edit-not-kept"])
    (small_project / LOCKS).unlink()
    (small_project / "patches").symlink_to(small_project.parent)
    assert rules("keep", LOCKS)[0] == 1
    assert os.listdir(small_project.parent) == ["project"]  # noqa: PTH208
    assert rules("keep", LOCKS, "--drop") == (4, ["path-outside"])


def test_the_list_says_what_each_patch_does(small_project: Path) -> None:
    assert run("keep", "--list").stdout == "no patches\n"
    append(small_project)
    outputs = "stacks/prod/global/outputs.tf"
    append(small_project, outputs)
    (small_project / TEST).unlink()
    assert run("keep", LOCKS, TEST, outputs).exit_code == 0
    for name, text in (
        ("prod/data/us-east-1/main.tf", "anything"),
        ("gone/global/outputs.tf", "anything"),
        ("dev/global/outputs.tf", "no patch"),
    ):
        place = small_project / f"patches/{name}.patch"
        place.parent.mkdir(parents=True)
        place.write_text(text)
    shifted = small_project / "patches/prod/global/outputs.tf.patch"
    shifted.write_text(shifted.read_text("utf-8").replace("index ", "index 1").replace("\n }\n", "\n })\n"))
    assert run("keep", "--list").stdout.splitlines() == [
        "broken    patches/dev/global/outputs.tf.patch",
        "applies   patches/dev/modules/data/locks.tf.patch",
        "unused    patches/prod/data/us-east-1/main.tf.patch",
        "conflict  patches/prod/global/outputs.tf.patch",
        "deletes   patches/prod/tests/unit/test_api.py.patch",
        "unused    patches/gone/global/outputs.tf.patch",
    ]
    listed = json.loads(run("keep", "--list", "--format", "json").stdout)
    assert listed["patches"][1] == {"file": LOCKS, "patch": PATCH, "state": "applies"}
    unused = run("keep", "--drop", "patches/gone/global/outputs.tf.patch")
    assert (unused.exit_code, "to restore the rendering" in unused.stdout) == (0, False)
    dropped = run("keep", "--drop", "stacks/prod/data/us-east-1/main.tf", "stacks/dev/global/outputs.tf")
    assert (dropped.exit_code, "to restore the rendering" in dropped.stdout) == (0, True)
    assert "dev/global" not in run("keep", "--list").stdout
    assert "gone" not in run("keep", "--list").stdout


def test_unused_patches_are_a_warning_of_render(small_project: Path) -> None:
    for name in ("prod/data/us-east-1/main.tf", "gone/global/outputs.tf"):
        place = small_project / f"patches/{name}.patch"
        place.parent.mkdir(parents=True)
        place.write_text("anything")
    assert rules("render", "--check") == (0, ["patch-unused", "patch-unused"])
    assert rules("render", "--check", "--env", "dev") == (0, ["patch-unused"])
    assert rules("render") == (0, ["patch-unused", "patch-unused"])


def test_a_dry_run_of_keep_writes_nothing(small_project: Path) -> None:
    edited = append(small_project)
    before = everything_in(small_project)
    done = run("keep", LOCKS, "--dry-run")
    assert (done.exit_code, done.stdout) == (0, f"{LOCKS}: would be kept as {PATCH}\n")
    shown = run("keep", LOCKS, "--diff").stdout
    assert f"--- a/{LOCKS}\n+++ b/{LOCKS}\n" in shown
    document = json.loads(run("keep", LOCKS, "--diff", "--format", "json").stdout)
    assert document["written"] is False
    assert document["patches"][0]["action"] == "kept"
    assert everything_in(small_project) == before
    document = json.loads(run("keep", LOCKS, "--format", "json").stdout)
    assert document["written"] is True
    assert document["patches"][0]["difference"] == (small_project / PATCH).read_text("utf-8")
    before = everything_in(small_project)
    assert "would be dropped" in run("keep", LOCKS, "--drop", "--dry-run").stdout
    assert everything_in(small_project) == before
    assert edited == (small_project / LOCKS).read_text("utf-8")


def test_files_are_named_from_anywhere_in_the_project(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(small_project)
    monkeypatch.chdir(small_project / "stacks/dev/modules")
    for name in ("data/locks.tf", LOCKS, str(small_project / LOCKS), f"../../../{LOCKS}"):
        done = run("keep", name, "--dry-run")
        assert (done.exit_code, done.stdout.split(":")[0]) == (0, "data/locks.tf"), done.stderr
    monkeypatch.chdir(small_project.parent)
    assert run("-C", "project", "keep", LOCKS).exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--list", "x"],
        ["--list", "--drop"],
        [LOCKS, "--drop", "--force"],
        ["--drop"],
        [LOCKS, "--format", "xml"],
    ],
)
def test_arguments_that_make_no_sense_are_wrong_usage(small_project: Path, arguments: list[str]) -> None:
    assert run("keep", *arguments).exit_code == 2


def test_a_patch_that_is_not_there_cannot_be_dropped(small_project: Path) -> None:
    assert rules("keep", LOCKS, "--drop") == (2, ["no-patch"])
    assert rules("keep", "ticketgen.yaml", "--drop") == (2, ["no-patch"])
    assert rules("keep", "stacks/dev/../../ticketgen.yaml", "--drop")[0] == 2
    append(small_project)
    assert run("keep", LOCKS).exit_code == 0
    (small_project / "ticketgen.yaml").write_text("not a spec\n")
    assert run("keep", LOCKS, "--drop").exit_code == 0, "whatever is wrong with the spec"
    assert drop(small_project / "ticketgen.yaml", [LOCKS]).value is None


@pytest.mark.slow  # a render for each call
def test_a_kill_at_any_call_leaves_patch_and_manifest_or_neither(small_project: Path) -> None:
    append(small_project)
    spec = small_project / "ticketgen.yaml"
    assert keep(spec, [LOCKS], dry_run=True).value is not None, (
        "verified now, so that the cache has the result"
    )
    before = everything_in(small_project)
    outcomes = []
    for call in range(0, 200, 3):
        died = dies_at(call, lambda: keep(spec, [LOCKS]))
        assert recover_interrupted(small_project) == ()
        whole = everything_in(small_project) != before
        outcomes.append(whole)
        if whole:
            assert (small_project / PATCH).exists()
            assert rules("render", "--check", "--env", "dev") == (0, [])
            break
        assert died
    assert len(outcomes) > 3
