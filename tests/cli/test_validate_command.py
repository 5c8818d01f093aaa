"""`ticketgen validate`: its directories and files, the findings that it reports, and their paths."""

from __future__ import annotations

import json
import os
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from cli_tools import run, run_process

BAD = "locals {\n  unused = var.missing\n}\n"
"""An error at 2:12, and a warning at 2:3."""
GOOD = 'terraform {\n  required_version = ">= 1.9"\n}\n'


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two bad stacks and a good one, which is the current folder."""
    for name, text in {"dev": BAD, "prod": BAD, "good": GOOD}.items():
        folder = tmp_path / "infra" / "stacks" / name
        folder.mkdir(parents=True)
        (folder / "main.tf").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def in_text(arguments: list[str]) -> set[str]:
    return set(re.findall(r"^(\S+):2:\d+: ", run("validate", *arguments).stdout, re.MULTILINE))


def in_json(arguments: list[str]) -> set[str]:
    document = json.loads(run("validate", *arguments, "--format", "json").stdout)
    return {row["file"] for row in document["findings"]}


def in_github(arguments: list[str]) -> set[str]:
    return set(re.findall("file=([^,]+),", run("validate", *arguments, "--format", "github").stdout))


def in_sarif(arguments: list[str]) -> set[str]:
    (done,) = json.loads(run("validate", *arguments, "--format", "sarif").stdout)["runs"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in done["results"]]
    return {
        place["uri"] if place.get("uriBaseId") == "%SRCROOT%" else unquote(urlsplit(place["uri"]).path)
        for place in places
    }


def in_junit(arguments: list[str]) -> set[str]:
    root = ElementTree.fromstring(run("validate", *arguments, "--format", "junit").stdout)
    return {str(case.get("file")) for case in root.iter("testcase")}


FORMATS = [in_text, in_json, in_github, in_sarif, in_junit]
Read = Callable[[list[str]], set[str]]


@pytest.mark.parametrize("read", FORMATS)
@pytest.mark.parametrize(
    ("current", "arguments", "file"),
    [
        (".", ["infra/stacks/dev"], "infra/stacks/dev/main.tf"),
        (".", ["./infra//stacks/dev/"], "infra/stacks/dev/main.tf"),
        (".", ["infra/stacks/prod/../dev"], "infra/stacks/dev/main.tf"),
        (".", ["infra/stacks/dev/main.tf"], "infra/stacks/dev/main.tf"),
        ("infra", ["stacks/dev"], "stacks/dev/main.tf"),
        ("infra/stacks/dev", [], "main.tf"),
        ("infra/stacks/dev", ["."], "main.tf"),
        (".", ["-C", "infra", "stacks/dev"], "infra/stacks/dev/main.tf"),
        (".", ["infra/stacks/dev", "--relative-to", "infra"], "stacks/dev/main.tf"),
        ("infra/stacks/prod", ["../dev", "--relative-to", "../.."], "stacks/dev/main.tf"),
    ],
)
def test_paths_are_relative_to_the_current_folder(
    stacks: Path, monkeypatch: pytest.MonkeyPatch, read: Read, current: str, arguments: list[str], file: str
) -> None:
    monkeypatch.chdir(stacks / current)
    assert read(arguments) == {file}


@pytest.mark.parametrize("read", FORMATS)
def test_an_absolute_directory_is_shown_relative_inside_and_absolute_outside(
    stacks: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    absolute = str(stacks / "infra/stacks/dev")
    assert read([absolute]) == {"infra/stacks/dev/main.tf"}
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert read([absolute]) == {f"{absolute}/main.tf"}


@pytest.mark.parametrize("read", [in_text, in_json, in_github, in_junit])
def test_a_sibling_directory_stays_relative(
    stacks: Path, monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    monkeypatch.chdir(stacks / "infra/stacks/prod")
    assert read(["../dev"]) == {"../dev/main.tf"}


@pytest.mark.parametrize("read", [in_github, in_sarif])
@pytest.mark.parametrize(
    ("current", "arguments"),
    [("infra/stacks/dev", []), ("infra", ["stacks/dev"]), ("infra/stacks/prod", ["../dev"])],
)
def test_github_gets_paths_relative_to_the_repository(
    stacks: Path, monkeypatch: pytest.MonkeyPatch, read: Read, current: str, arguments: list[str]
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(stacks))
    monkeypatch.chdir(stacks / current)
    assert read(arguments) == {"infra/stacks/dev/main.tf"}
    assert read([*arguments, "--relative-to", str(stacks / "infra")]) == {"stacks/dev/main.tf"}


def test_text_reports_use_the_current_folder_even_on_github(
    stacks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(stacks))
    monkeypatch.chdir(stacks / "infra")
    assert in_text(["stacks/dev"]) == in_json(["stacks/dev"]) == {"stacks/dev/main.tf"}


@pytest.mark.parametrize("current", [".", "infra", "infra/stacks/prod"])
def test_a_sarif_uri_leads_to_the_file(stacks: Path, monkeypatch: pytest.MonkeyPatch, current: str) -> None:
    monkeypatch.chdir(stacks / current)
    shown = run("validate", os.path.relpath(stacks / "infra/stacks/dev"), "--format", "sarif").stdout
    (done,) = json.loads(shown)["runs"]
    base = done["originalUriBaseIds"]["%SRCROOT%"]["uri"]
    assert base.endswith("/")
    for result in done["results"]:
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        uri = urljoin(base, place["uri"]) if "uriBaseId" in place else place["uri"]
        assert ".." not in place["uri"]
        assert Path(unquote(urlsplit(uri).path)) == stacks / "infra/stacks/dev/main.tf"


def test_the_source_line_is_shown_and_fingerprinted(stacks: Path) -> None:
    def fingerprints() -> list[str]:
        (done,) = json.loads(run("validate", "infra/stacks/dev", "--format", "sarif").stdout)["runs"]
        return [str(result["partialFingerprints"]) for result in done["results"]]

    assert "\n      unused = var.missing\n               ^\n" in run("validate", "infra/stacks/dev").stdout
    before = fingerprints()
    main = stacks / "infra/stacks/dev/main.tf"
    main.write_text(f"# a line more\n{BAD}", encoding="utf-8")
    assert fingerprints() == before
    main.write_text(BAD.replace("= var", " = var"), encoding="utf-8")
    assert fingerprints() != before


def test_ignore_comments_work_for_every_directory_name(stacks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ignored = BAD.replace("\n}", " # ticketgen:ignore undeclared-reference it comes later\n}")
    (stacks / "infra/stacks/dev/main.tf").write_text(ignored, encoding="utf-8")
    for arguments in (["infra/stacks/dev"], ["infra/stacks/dev/main.tf"], ["-C", "infra", "stacks"]):
        done = run("validate", *arguments)
        assert "stacks/dev/main.tf:2:3: warning" in done.stdout
        assert "stacks/dev/main.tf:2:12" not in done.stdout


def test_a_cached_result_has_paths_for_the_current_folder(
    stacks: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    settings = {"TICKETGEN_CACHE_DIR": str(cache), "TICKETGEN_NO_CACHE": ""}
    first = run_process(stacks, "-v", "validate", "infra/stacks/dev", **settings)
    assert "the cache has no result" in first.stderr
    (kept,) = cache.glob("verified-*")
    assert str(stacks).encode() not in kept.read_bytes()
    assert b"infra" not in kept.read_bytes()
    moved = tmp_path_factory.mktemp("moved") / "here"
    shutil.copytree(stacks / "infra/stacks/dev", moved)
    again = run_process(moved.parent, "-v", "validate", "here", **settings)
    assert "the result is from the cache" in again.stderr
    assert "here/main.tf:2:12: error" in again.stdout


def test_every_directory_has_a_summary_line(stacks: Path) -> None:
    done = run("validate", "infra/stacks/good", "infra/stacks/dev")
    assert done.exit_code == 1
    assert done.stderr == (
        "infra/stacks/good: 1 file, no findings\ninfra/stacks/dev: 1 file, 1 error, 1 warning\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["infra/stacks/dev", "infra/stacks/dev/"],
        ["infra/stacks/dev", "infra/stacks/dev/main.tf"],
        ["infra/stacks/dev/main.tf", "./infra/stacks/dev/main.tf"],
        ["infra", "infra/stacks", "infra/stacks/dev", "infra/stacks/prod/main.tf"],
    ],
)
def test_a_directory_named_twice_is_reported_once(stacks: Path, arguments: list[str]) -> None:
    shown = run("validate", *arguments)
    assert len(re.findall(r"stacks/dev/main.tf:2:12: error", shown.stdout)) == 1
    assert len(shown.stderr.splitlines()) == 1


def test_a_link_to_a_directory_is_followed(stacks: Path) -> None:
    (stacks / "linked").symlink_to(stacks / "infra/stacks/dev")
    assert in_json(["linked"]) == {"linked/main.tf"}
    assert len(in_json(["linked", "infra/stacks/dev"])) == 1


def test_github_gets_the_target_of_a_link(stacks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git has no lines below a link: an annotation there is not shown."""
    (stacks / "linked").symlink_to("infra/stacks/dev")
    (stacks / "flat").mkdir()
    for paths in (["linked"], ["linked", "--relative-to", "."]):
        for read in (in_github, in_sarif):
            assert read(paths) == {"infra/stacks/dev/main.tf"}, (paths, read)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(stacks))
    monkeypatch.chdir("flat")
    for read in (in_github, in_sarif):
        assert read(["../linked"]) == {"infra/stacks/dev/main.tf"}, read


def test_a_link_out_of_the_repository_keeps_its_name(stacks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stacks / "infra/linked").symlink_to(stacks / "infra/stacks/dev")
    monkeypatch.chdir("infra")
    shutil.move("stacks", stacks / "elsewhere")
    Path("linked").unlink()
    Path("linked").symlink_to(stacks / "elsewhere/dev")
    assert in_github(["linked"]) == {"linked/main.tf"}


def test_named_files_are_verified_with_their_directory(stacks: Path) -> None:
    folder = stacks / "infra/stacks/dev"
    (folder / "more.tf").write_text(
        'variable "missing" {}\nlocals {\n  b = local.unused\n}\n', encoding="utf-8"
    )
    assert in_json(["infra/stacks/dev/main.tf"]) == set()
    assert in_json(["infra/stacks/dev/more.tf"]) == {"infra/stacks/dev/more.tf"}
    assert run("validate", "infra/stacks/dev/main.tf").stderr == "infra/stacks/dev: 1 file, no findings\n"


def test_a_test_is_verified_with_the_terraform_above_it(stacks: Path) -> None:
    tests = stacks / "infra/stacks/dev/tests/unit"
    tests.mkdir(parents=True)
    (tests / "test_it.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    done = run("validate", "--stack-rules", "infra/stacks/dev/tests/unit/test_it.py")
    assert done.stderr.startswith("infra/stacks/dev: 1 file, ")
    assert "main.tf" not in done.stdout
    assert "tests/unit/test_it.py:" in done.stdout


@pytest.mark.parametrize("name", ["README.md", ".hidden.tf", "main.tf.json.bak"])
def test_an_unsupported_file_is_a_usage_error(stacks: Path, name: str) -> None:
    (stacks / "infra/stacks/dev" / name).write_text("", encoding="utf-8")
    done = run("validate", f"infra/stacks/dev/{name}")
    assert done.exit_code == 2
    assert f"infra/stacks/dev/{name} is not a file that ticketgen verifies" in done.stderr


def test_every_missing_path_is_named(stacks: Path) -> None:
    done = run("validate", "nope", "infra/stacks/dev", "no.tf")
    assert done.exit_code == 2
    assert "error: nope does not exist" in done.stderr
    assert "error: no.tf does not exist" in done.stderr
    assert "main.tf" not in done.stderr


def test_a_usage_error_outranks_findings(stacks: Path) -> None:
    (stacks / "empty").mkdir()
    done = run("validate", "infra/stacks/dev", "empty")
    assert done.exit_code == 2
    assert "empty has no .tf file" in done.stdout
    assert "infra/stacks/dev/main.tf:2:12" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "rules", "code", "left_out"),
    [
        ([], {"undeclared-reference", "unused-declaration"}, 1, 0),
        (["--min-severity", "error"], {"undeclared-reference"}, 1, 1),
        (["--min-severity", "note"], {"undeclared-reference", "unused-declaration"}, 1, 0),
        (["--select", "unused-declaration"], {"unused-declaration"}, 0, 1),
        (["--ignore", "undeclared-reference"], {"unused-declaration"}, 0, 1),
        (["--ignore", "undeclared-reference, unused-declaration"], set(), 0, 2),
        (["--ignore", "undeclared-reference", "--ignore", "unused-declaration"], set(), 0, 2),
        (["--select", "unused-declaration", "--min-severity", "error"], set(), 0, 2),
    ],
)
def test_only_reported_findings_count(
    stacks: Path, arguments: list[str], rules: set[str], code: int, left_out: int
) -> None:
    done = run("validate", "infra/stacks/dev", *arguments)
    assert set(re.findall(r"\[([a-z-]+)\]$", done.stdout, re.MULTILINE)) == rules
    assert done.exit_code == code
    unreported = re.findall(r"\((\d+) findings? not reported\)", done.stderr)
    assert unreported == ([str(left_out)] if left_out else [])


def test_a_syntax_error_is_always_reported(stacks: Path) -> None:
    (stacks / "infra/stacks/dev/main.tf").write_text("locals {", encoding="utf-8")
    done = run("validate", "infra/stacks/dev", "--select", "name-has-suffix")
    assert done.exit_code == 1
    assert "[syntax]" in done.stdout
    refused = run("validate", "infra/stacks/dev", "--ignore", "syntax")
    assert refused.exit_code == 2
    assert "syntax cannot be ignored" in refused.stderr


CONFIG = '[validate]\nmin-severity = "error"\nselect = ["unused-declaration", "undeclared-reference"]\n'


@pytest.mark.parametrize("name", ["ticketgen.toml", ".ticketgen.toml"])
@pytest.mark.parametrize("current", [".", "infra/stacks/dev"])
def test_the_configuration_is_found_in_parent_folders(
    stacks: Path, monkeypatch: pytest.MonkeyPatch, name: str, current: str
) -> None:
    (stacks / name).write_text('[validate]\nignore = ["undeclared-reference"]\n', encoding="utf-8")
    monkeypatch.chdir(stacks / current)
    done = run("-v", "validate", str(stacks / "infra/stacks/dev"))
    assert done.exit_code == 0
    assert re.search(rf"configuration: (\.\./)*{re.escape(name)}$", done.stderr, re.MULTILINE)


@pytest.mark.parametrize(
    ("config", "arguments", "rules"),
    [
        ('min-severity = "error"', [], {"undeclared-reference"}),
        (
            'min-severity = "error"',
            ["--min-severity", "warning"],
            {"undeclared-reference", "unused-declaration"},
        ),
        ('select = ["unused-declaration"]', [], {"unused-declaration"}),
        ('select = ["unused-declaration"]', ["--select", "undeclared-reference"], {"undeclared-reference"}),
        ('ignore = ["unused-declaration"]', [], {"undeclared-reference"}),
        ('ignore = ["unused-declaration"]', ["--ignore", "undeclared-reference"], {"unused-declaration"}),
        ('ignore = ["unused-declaration"]', ["--select", "unused-declaration"], {"unused-declaration"}),
        ("", [], {"undeclared-reference", "unused-declaration"}),
    ],
)
def test_the_command_line_overrides_the_configuration(
    stacks: Path, config: str, arguments: list[str], rules: set[str]
) -> None:
    (stacks / "ticketgen.toml").write_text(f"[validate]\n{config}\n", encoding="utf-8")
    done = run("validate", "infra/stacks/dev", *arguments)
    assert set(re.findall(r"\[([a-z-]+)\]$", done.stdout, re.MULTILINE)) == rules


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("[validate]\nmin_severity = 'error'\n", "2:1", "unknown key 'min_severity' in [validate]"),
        ("[validate]\nmin_severity = 'error'\n", "2:1", "did you mean min-severity?"),
        ("[validate]\nseverity = 'error'\n", "2:1", "min-severity"),
        ("[validate]\nmin-severity = 'warn'\n", "2:1", "did you mean warning?"),
        ("[validate]\nmin-severity = 3\n", "2:1", "write one of error, warning, note"),
        ("[validate]\nselect = 'unused-declaration'\n", "2:1", "is not a list of rules"),
        ("[validate]\n\nignore = ['unused-declaraton']\n", "3:12", "did you mean unused-declaration?"),
        ("[validate]\nignore = ['syntax']\n", "2:12", "syntax cannot be ignored"),
        ("[validat]\n", "1:2", "did you mean validate?"),
        ("validate = 3\n", "1:1", "validate is not a table"),
        ("ignore = ['unused-declaration']\n", "1:1", "'ignore' stands above the table [validate]"),
        ("# ours\nmin-severity = 'error'\n[validate]\n", "2:1", "write [validate] on a line above it"),
        ("[validate]\nignore = [\n", "3:1", "is not TOML"),
    ],
)
def test_an_error_in_the_configuration_has_a_location_and_a_suggestion(
    stacks: Path, text: str, place: str, words: str
) -> None:
    (stacks / "ticketgen.toml").write_text(text, encoding="utf-8")
    done = run("validate", "infra/stacks/good")
    assert done.exit_code == 2
    assert f"ticketgen.toml:{place}: error: " in done.stderr
    assert words in done.stderr


def test_a_configuration_may_begin_with_a_byte_order_mark(stacks: Path) -> None:
    (stacks / "ticketgen.toml").write_text("[validate]\nmin-severity = 'error'\n", encoding="utf-8-sig")
    assert "1 finding not reported" in run("validate", "infra/stacks/dev").stderr


def test_a_configuration_that_is_not_utf_8_is_reported_with_a_fix(stacks: Path) -> None:
    (stacks / "infra/stacks/good/main.tf").write_bytes(b"# \xff\n")
    done = run("validate", "infra/stacks/good")
    assert done.exit_code == 1
    assert "error: the file is not UTF-8: invalid start byte at byte 2 [unreadable]" in done.stdout
    assert "save it as UTF-8" in done.stdout


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda file: file.mkdir(), "Is a directory"),
        (lambda file: file.write_bytes(b"\xff"), "is not UTF-8"),
        (lambda file: file.with_name(".ticketgen.toml").write_text(CONFIG), "are both here"),
    ],
)
def test_an_unreadable_configuration_is_not_an_internal_error(
    stacks: Path, make: Callable[[Path], object], words: str
) -> None:
    file = stacks / "ticketgen.toml"
    if "both" in words:
        file.write_text(CONFIG)
    make(file)
    done = run("validate", "infra/stacks/good")
    assert done.exit_code == 2
    assert words in done.stderr


def test_the_report_can_be_written_to_a_file(stacks: Path) -> None:
    done = run("validate", "infra/stacks/dev", "--format", "sarif", "-o", "report.sarif")
    assert (done.exit_code, done.stdout) == (1, "")
    assert json.loads((stacks / "report.sarif").read_text("utf-8"))["version"] == "2.1.0"


def test_a_name_that_is_not_utf_8_is_reported_in_every_format(stacks: Path) -> None:
    name = os.fsdecode(b"\xff.tf")
    (stacks / "infra/stacks/dev/main.tf").rename(stacks / "infra/stacks/dev" / name)
    for format in ("text", "json", "github", "sarif", "junit"):
        done = run_process(stacks, "validate", "infra/stacks/dev", "--format", format)
        assert done.returncode == 1, done.stderr


MISSPELLED = 'variable "region" {\n  type = string\n}\noutput "region" {\n  value = var.regoin\n}\n'


def test_fixes_are_shown_first_and_then_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "main.tf"
    file.write_text(MISSPELLED)
    shown = run("validate", "--diff")
    assert shown.exit_code == 1
    assert "-  value = var.regoin\n+  value = var.region\n" in shown.stdout
    assert run("validate", "--diff", "--fix").exit_code == 1
    assert file.read_text() == MISSPELLED
    made = run("validate", "--fix")
    assert (made.exit_code, file.read_text()) == (0, MISSPELLED.replace("regoin", "region"))
    assert "fixed 1 finding in 1 file" in made.output
    assert sorted(each.name for each in tmp_path.iterdir()) == ["main.tf"]
    assert run("validate", "--fix", "--format", "json").exit_code == 0


def test_a_rendered_file_is_not_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(MISSPELLED)
    (tmp_path / ".ticketgen.json").write_text("{}")
    assert run("validate", "--fix").exit_code == 1
    assert (tmp_path / "main.tf").read_text() == MISSPELLED


@pytest.mark.parametrize(
    ("config", "arguments", "is_rendered", "applies"),
    [
        ("", [], False, False),
        ("", [], True, True),
        ("", ["--stack-rules"], False, True),
        ("", ["--no-stack-rules"], True, False),
        ("stack-rules = true", [], False, True),
        ("stack-rules = false", [], True, False),
        ("stack-rules = true", ["--no-stack-rules"], False, False),
        ("", ["--select", "suffix-declared"], False, True),
        ('select = ["suffix-declared"]', [], False, True),
        ("", ["--stack-rules", "--ignore", "suffix-declared"], False, False),
    ],
)
def test_stack_rules_apply_to_rendered_stacks_and_on_request(
    stacks: Path, config: str, arguments: list[str], is_rendered: bool, applies: bool
) -> None:
    folder = stacks / "infra/stacks/good"
    (folder / "main.tf").write_text(
        'resource "aws_sqs_queue" "q" {\n  name = "orders"\n}\n', encoding="utf-8"
    )
    if is_rendered:
        (folder / ".ticketgen.json").write_text("{}", encoding="utf-8")
    (stacks / "ticketgen.toml").write_text(f"[validate]\n{config}\n", encoding="utf-8")
    rules = re.findall(r"\[([a-z-]+)\]$", run("validate", "infra", *arguments).stdout, re.MULTILINE)
    assert ("suffix-declared" in rules) is applies


@pytest.mark.parametrize(
    ("root", "code"), [("infra", 0), ("infra/stacks", 1), ("infra/stacks/dev", 2), ("no", 2)]
)
def test_the_root_limits_what_is_followed(stacks: Path, root: str, code: int) -> None:
    (stacks / "infra/vars.tf").write_text('variable "a" {\n  default = 1\n}\n', encoding="utf-8")
    good = stacks / "infra/stacks/good"
    (good / "vars.tf").symlink_to("../../vars.tf")
    (good / "main.tf").write_text('output "a" {\n  value = var.a\n}\n', encoding="utf-8")
    done = run("validate", "infra/stacks/good", "--root", root, "--strict")
    assert done.exit_code == code, done.stdout


@pytest.mark.parametrize(("rendered", "severity"), [(False, "warning"), (True, "error")])
def test_rules_that_can_be_wrong_report_errors_only_in_rendered_stacks(
    rendered: bool, severity: str, tmp_path: Path
) -> None:
    text = 'variable "api_key" {\n  type    = string\n  default = "k7Jd82hs"\n}\n'
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    if rendered:
        (tmp_path / ".ticketgen.json").write_text("{}", encoding="utf-8")
    done = run("validate", "--select", "plain-secret", "--format", "json", str(tmp_path))
    assert [row["severity"] for row in json.loads(done.stdout)["findings"]] == [severity]


def test_places_in_texts_have_the_path_that_the_finding_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stack/m").mkdir(parents=True)
    (tmp_path / "stack/main.tf").write_text('module "m" {\n  source = "./m"\n}\n', encoding="utf-8")
    (tmp_path / "stack/m/main.tf").write_text('\nvariable "a" {\n  type = string\n}\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "set a: the variable at stack/m/main.tf:2:1 has no default" in run("validate", "stack").stdout
