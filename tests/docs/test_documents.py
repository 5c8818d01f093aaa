"""Every command, target, option and link in the documents exists; the README's transcript is real."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from documents import DOCUMENTS, ROOT, code_lines, make_slips, prose, spans, ticketgen_commands
from project_tools import run

from ticketgen.cli.help import SECTIONS

BIN = Path(sys.executable).parent

# These take minutes, use the network, or change the user's shell: here they are only parsed.
PARSED = {"rehearse", "doctor", "lsp", "new", "--install-completion", "--show-completion"}
# Exit codes that are right in a project without drift and without ejected templates of another version.
ENDS = {"--check": {0, 1}, "--diff": {0, 1}}
# Options of other programs that the documents mention.
OTHERS = {"--user", "--no-index", "--hash", "--require-hashes"}


def named(path: Path) -> str:
    """A document's name in a test."""
    return path.relative_to(ROOT).as_posix()


def commands() -> Iterator[tuple[str, str]]:
    """Every command of ticketgen in a document, once, with the first document that has it."""
    seen = set()
    for document in DOCUMENTS:
        for command in ticketgen_commands(document.read_text("utf-8")):
            if command not in seen:
                seen.add(command)
                yield named(document), command


COMMANDS = [pytest.param(command, id=f"{name}: {command}") for name, command in commands()]


def arguments(command: str) -> list[str]:
    """The words of a command after ``ticketgen``, without placeholders."""
    words = shlex.split(command)[1:]
    return [word for word in words if not re.search("[<>…]", word)]


@cache
def options(*command: str) -> frozenset[str]:
    """The long options of a command, or of ticketgen itself."""
    done = run(*command, "--help")
    assert done.exit_code == 0, done.output
    return frozenset(re.findall(r"(?<![\w-])--[a-z][a-z-]*", done.stdout))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_documented_command_is_valid(command: str) -> None:
    words = arguments(command)
    if not words[0].endswith("-completion"):
        done = run(*words, "--help")
        assert done.exit_code == 0, done.output
    names = [word for word in words if word in {each for part in SECTIONS.values() for each in part}]
    known = options() | options(*names[:1])
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_option_in_a_sentence_exists(document: Path) -> None:
    known = set(OTHERS).union(options(), *(options(name) for part in SECTIONS.values() for name in part))
    emulator = ROOT / "src/ticketgen/rehearsal/emulator/__main__.py"
    for script in (*(ROOT / "templates/ops").glob("*.py"), *(ROOT / "scripts").glob("*.py"), emulator):
        known |= set(re.findall(r"\"(--[a-z][a-z-]*)\"", script.read_text("utf-8")))
    text = document.read_text("utf-8")
    used = {found for span in spans(text) if (found := "".join(re.findall(r"^--[a-z][a-z-]*", span)))}
    assert used <= known


PREPARED = {"keep", "migrate", "plan-check", "upgrade"}
"""Commands that need an edited file, an old state, a plan or a pin: tests of their own run them."""


@pytest.mark.slow
@pytest.mark.usefixtures("small_project")
def test_every_command_runs_in_a_project() -> None:
    Path("prices.yaml").write_text(
        "version: 1\ncurrency: USD\nprices: { elasticache.node_hours: 0.158 }\n", "utf-8"
    )
    history = ROOT / "tests/history/good/a-hold-is-released.jsonl"
    Path("history.jsonl").write_text(history.read_text("utf-8"), encoding="utf-8")
    for folder in ("../shop", "../shop/environments/prod"):
        shutil.copytree(ROOT / "tests/adopt/stacks/flat-aliases", folder)
    assert run("eject", "stack/modules/data/tables.tf.j2").exit_code == 0
    ran = 0
    for _, command in commands():
        words = shlex.split(command)[1:]
        placeholder = any(re.search(r"[<…]|^(?:[A-Z]+=)?[A-Z]+$|=[A-Z]+$", word) for word in words)
        if words[0] in PARSED | PREPARED or words[0].startswith("-") or placeholder:
            continue
        if words in (
            ["add-region"],
            ["remove-region"],
            ["check-history"],
            ["import"],
            ["eject", "stack/modules/data/tables.tf.j2"],
        ):
            continue  # a command's name in a sentence; done above
        done = run(*words)
        ran += 1
        flag = next((word for word in words if word in ENDS), "")
        assert done.exit_code in ENDS.get(flag, {0}), f"{command}: {done.output}"
    assert ran > 20


@pytest.mark.slow
def test_the_readme_transcript_is_accurate(tmp_path: Path) -> None:
    (transcript,) = re.findall(r"^```\n(\$ .*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
    lines = transcript.splitlines()
    script = "\n".join(
        f"printf '%s\\n' {shlex.quote(line)}\n{line[2:]} || true" for line in lines if line.startswith("$ ")
    )
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"], cwd=tmp_path, capture_output=True, text=True, timeout=600, check=True,
        env={"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"},
    )  # fmt: skip
    expected = re.escape("\n".join(lines)).replace("\\\n", "\n")
    expected = re.sub("^…\n", "(?:.*\n)*?", expected, flags=re.M).replace("…", ".*?")
    assert re.fullmatch(expected + r"(?:\n.*)*\n?", done.stdout), done.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_make_targets_and_scripts_in_the_documents_exist(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    text = document.read_text("utf-8")
    for line in (*code_lines(text), *spans(text)):
        for target, variable in re.findall(r"(?:^|&& )make (?!-C)([a-z-]+)(?: ([A-Z]+)=)?", line):
            assert target in targets, line
            assert not variable or f"$({variable})" in makefile, line
        for script in re.findall(r"\bpython3? ((?:scripts|ops|tests)/\S+\.py)", line):
            assert (ROOT / script).is_file() or (ROOT / "templates" / script).is_file(), line


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_stacks_makefile_accepts_the_documented_commands(document: Path) -> None:
    makefile = (ROOT / "templates/stack/Makefile.j2").read_text("utf-8")
    assert list(make_slips(document.read_text("utf-8"), makefile)) == []


@pytest.mark.parametrize(
    "command", ["apply", "destroy", "destroy ROOT=global", "deploy", "plan REGION=us-east-1"]
)
def test_a_refused_make_command_is_found(command: str) -> None:
    makefile = (ROOT / "templates/stack/Makefile.j2").read_text("utf-8")
    assert list(make_slips(f"Text:\n\n    make -C stacks/dev -j2 {command}\n", makefile))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_file_link_has_a_target(document: Path) -> None:
    if "templates/project" in named(document):
        pytest.skip("its links lead to files of the new project; the tests of `new` follow them")
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", prose(document.read_text("utf-8"))):
        assert (document.parent / target).exists(), target


PAGES_OUTSIDE = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"}
"""The files outside `docs` that `scripts/site_hooks.py` makes pages of."""


@pytest.mark.parametrize("document", sorted((ROOT / "docs").rglob("*.md")), ids=named)
def test_a_link_out_of_docs_leads_to_a_page_of_the_site(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", prose(document.read_text("utf-8"))):
        place = (document.parent / target).resolve()
        outside = not place.is_relative_to(ROOT / "docs")
        assert not outside or place.is_dir() or place.name in PAGES_OUTSIDE, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_list_starts_after_an_empty_line(document: Path) -> None:
    """Otherwise Python-Markdown, which builds the site, makes it a part of the paragraph."""
    before, inside = "", False
    for line in prose(document.read_text("utf-8")).splitlines():
        item = re.match(r" *(?:[-*]|\d+\.) ", line)
        assert not item or inside or not before.strip(), line
        inside = bool(item) or (inside and bool(line.strip()))
        before = line


def test_the_readme_has_every_command_and_fits_two_screens() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert not [name for part in SECTIONS.values() for name in part if f"ticketgen {name}" not in text]
    assert len(text.splitlines()) <= 100


def test_the_documents_have_every_exit_code() -> None:
    from ticketgen.cli.exit_codes import ExitCode

    text = (ROOT / "docs/cli.md").read_text("utf-8")
    codes = {int(code) for code in re.findall(r"^\| *`?(\d+)`? *\|", text, re.MULTILINE)}
    assert set(ExitCode) - {ExitCode.READER_GONE} <= codes


def test_the_readme_picture_is_up_to_date() -> None:
    done = run("show", "--spec", str(ROOT / "examples/tap-marketplace/ticketgen.yaml"), "--env", "dev")
    assert done.exit_code == 0, done.output
    same = (ROOT / "docs/images/stack.svg").read_text("utf-8") == done.stdout
    assert same, "run `make pictures`"
