"""An untrusted template runs nothing without consent, reads only itself, and writes only the new project."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
from project_tools import everything_in, run
from template_tools import TOP, make_template

from ticketgen.project import resource_limits
from ticketgen.project.fetch import fetch, is_remote
from ticketgen.project.generate import Renderer
from ticketgen.project.template import UnusableTemplate, read_template

MARK = "planted"

HOOKS = {
    "before the questions": {"pre_prompt.sh": "#!/bin/sh\ntouch {mark}\n"},
    "before the files": {"pre_gen_project.py": "open('{mark}', 'w')\n"},
    "after the files": {"post_gen_project.sh": "#!/bin/sh\ntouch {mark}\n"},
    "without an ending": {"post_gen_project": "#!/bin/sh\ntouch {mark}\n"},
}


def new(template: Path | str, *arguments: str, folder: Path | None = None) -> tuple[int, str]:
    target = folder or Path("acme-shop").absolute()
    done = run("new", str(target), "--template", str(template), *arguments)
    return done.exit_code, done.output


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in which no test may leave anything."""
    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("when", HOOKS)
def test_hooks_are_listed_and_run_only_after_consent(tmp_path: Path, outside: Path, when: str) -> None:
    mark = tmp_path / MARK
    hooks = {name: text.format(mark=mark) for name, text in HOOKS[when].items()}
    template = make_template(tmp_path / "template", hooks=hooks)
    code, output = new(template)
    assert code == 2
    assert "[template-untrusted]" in output
    assert f"hooks/{next(iter(hooks))}" in output
    assert "--trust" in output
    assert not mark.exists()
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("when", HOOKS)
def test_trusted_hooks_run(tmp_path: Path, when: str) -> None:
    mark = tmp_path / MARK
    hooks = {name: text.format(mark=mark) for name, text in HOOKS[when].items()}
    template = make_template(tmp_path / "template", hooks=hooks, spec="no-spec")
    code, output = new(template, "--trust")
    assert (code, "[template-without-spec]" in output) == (2, True)
    assert mark.exists()


def test_the_code_that_was_shown_is_the_code_that_runs(tmp_path: Path) -> None:
    """A hook that is changed after the question does not run."""
    from ticketgen.project.new import new_project

    hooks = {"post_gen_project.sh": "#!/bin/sh\ntrue\n"}
    template = make_template(tmp_path / "template", hooks=hooks, spec="no-spec")

    def changes_it(code: tuple[str, ...]) -> bool:
        (template / "hooks/post_gen_project.sh").write_text(f"#!/bin/sh\ntouch {tmp_path / MARK}\n")
        return True

    made = new_project(Path("acme-shop"), {}, template=str(template), trust=changes_it)
    assert [found.rule for found in made.findings] == ["template-without-spec"]
    assert not (tmp_path / MARK).exists()


def test_a_custom_extension_counts_as_code(tmp_path: Path) -> None:
    variables = {"_extensions": ["local_extensions.Shout"]}
    files = {"OWNERS": "{{ 'sales' | shout }}\n"}
    template = make_template(tmp_path / "template", variables, files, spec="no-spec")
    (template / "local_extensions.py").write_text(
        "from jinja2.ext import Extension\n"
        f"open({str(tmp_path / MARK)!r}, 'w').close()\n"
        "class Shout(Extension):\n"
        "    def __init__(self, environment):\n"
        "        super().__init__(environment)\n"
        "        environment.filters['shout'] = str.upper\n"
    )
    code, output = new(template)
    assert (code, "the Jinja extension local_extensions.Shout" in output) == (2, True)
    assert not (tmp_path / MARK).exists()
    with mock.patch("sys.path", list(sys.path)), mock.patch.dict(sys.modules):
        assert "[template-without-spec]" in new(template, "--trust")[1]
    assert (tmp_path / MARK).exists()


ESCAPES = (
    "{{ cycler.__init__.__globals__.os.system(COMMAND) }}",
    "{{ lipsum.__globals__['os'].popen(COMMAND).read() }}",
    "{{ self.__init__.__globals__.__builtins__.exec(COMMAND) }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ (cycler|attr('__init__'))|attr('__globals__') }}",
    "{{ '{0.__init__.__globals__}'.format(cycler) }}",
    "{% set f = '{0.__init__.__globals__}'.format %}{{ f(cycler) }}",
    "{{ '{x.__init__.__globals__}'.format_map({'x': cycler}) }}",
    "{{ [cycler]|map(attribute='__init__.__globals__')|list|first }}",
    "{{ ([cycler]|map('attr', '__init__')|list|first).__globals__ }}",
    "{{ cookiecutter.__class__.__init__.__globals__ }}",
    "{{ random_ascii_string.__globals__.choice }}",
    "{{ uuid4.__globals__ }}",
    "{% for x in (1,)|map('string') %}{{ x.__class__.__base__.__subclasses__() }}{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{% include '../cookiecutter.json' %}",
    "{% import '../../outside.txt' as x %}",
    "{% extends '/etc/hostname' %}",
)


@pytest.mark.parametrize("where", ["a file", "a file's name", "a default"])
@pytest.mark.parametrize("escape", ESCAPES)
def test_an_expression_reaches_nothing_but_the_variables(tmp_path: Path, escape: str, where: str) -> None:
    text = escape.replace("COMMAND", f"'touch {tmp_path / MARK}'")
    if where == "a file's name":
        text = text.replace("/", "~")
    variables = {"evil": text} if where == "a default" else {}
    files = {"a file": {"OWNERS": text}, "a file's name": {text[:200]: ""}}.get(where, {})
    code, output = new(make_template(tmp_path / "template", variables, files))
    assert (code, "[template-broken]" in output) == (2, True)
    assert "root:" not in output
    assert not (tmp_path / MARK).exists()


def test_the_available_root_names_are_fixed(tmp_path: Path) -> None:
    template = read_template(make_template(tmp_path / "template"))
    environment = Renderer(template).environment
    assert set(environment.globals) <= {
        "cycler", "dict", "joiner", "lipsum", "namespace", "range", "random_ascii_string", "uuid4",
    }  # fmt: skip
    assert environment.sandboxed


PATHS: Mapping[str, str] = {
    "up": "../../up",
    "up at the end": "a/..",
    "the folder above": "..",
    "absolute": "{tmp}/absolute",
    "a slash": "/",
    "an empty folder": "a//b",
    "itself": ".",
    "a line end": "a\nb",
    "an escape": "a\x1b[31m",
    "a null": "a\0b",
    "a hidden turn": "a\u202eb",
    "a backslash": "..\\..\\up",
    "a surrogate": "a\ud800",
    "too long": "a" * 256,
    "too long in bytes": "ä" * 128,
    "git": ".git/hooks/pre-commit",
    "git, deeper": "a/.git/config",
    "git in capitals": ".GIT/hooks/pre-commit",
    "git with dots": ".git../hooks/pre-commit",
    "git's short name": "GIT~1/hooks/pre-commit",
    "a file that is git": ".git",
    "git hidden from macOS": ".g\u200cit/hooks/pre-commit",
    "a journal": ".ticketgen-write/journal.json",
}


@pytest.mark.parametrize("how", ["a file's name", "a folder's name", "an answer"])
@pytest.mark.parametrize("what", PATHS)
def test_no_file_name_escapes_the_project(tmp_path: Path, outside: Path, what: str, how: str) -> None:
    path = PATHS[what].replace("{tmp}", str(tmp_path))
    if how == "an answer" and not path.isprintable():
        pytest.skip("a shell does not pass it")
    name = "{{cookiecutter.path}}"
    files = {name if how != "a folder's name" else f"{name}/below": "text\n"}
    template = make_template(tmp_path / "template", {"path": "fine" if how == "an answer" else path}, files)
    before = set(tmp_path.rglob("*"))
    code, output = new(template, *(["--answer", f"path={path}"] if how == "an answer" else []))
    assert (code, "[template-broken]" in output) == (2, True), output
    assert "\x1b" not in output
    assert set(tmp_path.rglob("*")) == before
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("path", ["../up", "", "a/b", "/a"])
def test_the_top_folder_has_a_single_plain_name(tmp_path: Path, path: str) -> None:
    template = make_template(tmp_path / "template", {"top": path})
    (template / TOP).rename(template / "{{cookiecutter.top}}")
    assert new(template)[0] == 2


@pytest.mark.parametrize("files", [
    {"{{ 'a' }}": "1", "a": "2"}, {"{{ 'a' }}": "1", "a/b": "2"}, {"x/{{ '' }}y": "1", "x/y": "2"},
])  # fmt: skip
def test_two_files_with_one_path_are_refused(tmp_path: Path, files: Mapping[str, str]) -> None:
    code, output = new(make_template(tmp_path / "template", files=files))
    assert (code, "[template-broken]" in output) == (2, True)


STRANGE: Mapping[str, Callable[[Path], object]] = {
    "a link to a file outside": lambda place: place.symlink_to("/etc/passwd"),
    "a link to a folder outside": lambda place: place.symlink_to("/etc"),
    "a link upwards": lambda place: place.symlink_to("../../secret"),
    "a link to a folder inside": lambda place: place.symlink_to("."),
    "a link to itself": lambda place: place.symlink_to(place.name),
    "a link to nothing": lambda place: place.symlink_to("nothing"),
    "a link to a device": lambda place: place.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
    "a name that is no UTF-8": lambda place: Path(os.fsdecode(bytes(place) + b"\xff")).write_text("x"),
}


@pytest.mark.parametrize("where", [TOP, "hooks", "templates"])
@pytest.mark.parametrize("what", STRANGE)
def test_only_regular_files_of_the_template_are_read(tmp_path: Path, what: str, where: str) -> None:
    (tmp_path / "secret").write_text("a secret\n")
    template = make_template(tmp_path / "template")
    (template / where).mkdir(exist_ok=True)
    STRANGE[what](template / where / "strange")
    code, output = new(template)
    assert (code, "[template-broken]" in output) == (2, True)
    assert "root:" not in output
    assert "a secret" not in output


def test_a_link_to_a_template_file_is_followed(tmp_path: Path) -> None:
    template = make_template(tmp_path / "template", files={"a": "{{ cookiecutter.project }}\n"})
    (template / TOP / "b").symlink_to("a")
    (template / TOP / "run").write_text("#!/bin/sh\n")
    (template / TOP / "run").chmod(stat.S_ISUID | 0o755)
    made = Renderer(read_template(template)).project({"project": "x-shop"})
    assert made["b"] == made["a"]
    assert (made["run"].executable, made["a"].executable) == (True, False)


def test_files_and_folders_with_an_empty_name_are_skipped(tmp_path: Path) -> None:
    files = {"{% if false %}a{% endif %}": "1", "{% if false %}b{% endif %}/c": "2", "d": "3\r\n"}
    template = read_template(make_template(tmp_path / "template", files=files))
    made = Renderer(template).project({"project": "x-shop"})
    assert sorted(made) == ["d", "ticketgen.yaml"]


def test_copied_files_are_not_rendered(tmp_path: Path) -> None:
    files = {"raw/{{ nobody }}": "{{ nobody }}", "a.html": "{{ nobody }}", "b": "{{ cookiecutter.project }}"}
    template = make_template(tmp_path / "template", {"_copy_without_render": ["raw", "*.html"]}, files)
    (template / TOP / "image").write_bytes(b"\x89PNG\xff{{ nobody }}")
    made = Renderer(read_template(template)).project({"project": "x-shop"})
    assert made["raw/{{ nobody }}"].content == made["a.html"].content == b"{{ nobody }}"
    assert made["image"].content == b"\x89PNG\xff{{ nobody }}"
    assert made["b"].content == b"x-shop"


@pytest.mark.parametrize("text", [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 'a' * 10 ** 10 }}",
    "{{ random_ascii_string(10 ** 10) }}",
    "{% set s = namespace(x='a' * 1000) %}{% for i in range(99) %}{% set s.x = s.x ~ s.x %}{% endfor %}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{{ 'a' * 1000 }}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
])  # fmt: skip
def test_an_endless_template_is_stopped(tmp_path: Path, text: str) -> None:
    template = read_template(make_template(tmp_path / "template", files={"big": text}))
    with (
        mock.patch("ticketgen.project.generate.SECONDS", 1),
        mock.patch("ticketgen.project.generate.MAX_BYTES", 10_000_000),
        mock.patch(
            "ticketgen.project.generate.limit_resources",
            lambda s: resource_limits.limit_resources(s, 200_000_000),
        ),
        pytest.raises(UnusableTemplate, match=re.escape("'{{cookiecutter.project}}/big")),
    ):
        Renderer(template).project({"project": "x-shop"})


@pytest.mark.parametrize("text", [
    "{{ 9 ** (9 ** 9) % 7 }}",
    "{{ 1.5 | round(10 ** 9, 'ceil') }}",
    "{{ ('a' * 60 ~ '!') | slugify(regex_pattern='^(a+)+$') }}",
])  # fmt: skip
@pytest.mark.parametrize("where", ["a file", "a default"])
def test_an_uninterruptible_operation_is_stopped(tmp_path: Path, text: str, where: str) -> None:
    variables = {"big": text} if where == "a default" else {}
    files = {"big": text} if where == "a file" else {}
    template = read_template(make_template(tmp_path / "template", variables, files))
    with (
        mock.patch("ticketgen.project.generate.SECONDS", 0.2),
        mock.patch("ticketgen.project.isolation._GRACE_S", 0),
    ):
        renderer = Renderer(template)
        render = (
            partial(renderer.default, text, {}) if variables else partial(renderer.project, {"project": "x"})
        )
        with pytest.raises(UnusableTemplate, match="processor time"):
            render()


def test_a_large_template_is_refused_before_it_is_read_completely(tmp_path: Path) -> None:
    template = make_template(tmp_path / "template")
    with (template / TOP / "big").open("wb") as stream:
        stream.truncate(10**12)  # a hole, which takes no space
    code, output = new(template)
    assert (code, "more than 10,000 files or 100 MB" in output) == (2, True)


def packed(place: Path, files: Mapping[str, str], kind: int = 0) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = (kind | 0o644) << 16
            archive.writestr(member, text, zipfile.ZIP_DEFLATED)
    return place


GOOD = {"t/cookiecutter.json": '{"project": "x"}', f"t/{TOP}/ticketgen.yaml": "version: 1\n"}


def test_an_archive_can_be_a_template(tmp_path: Path) -> None:
    template = fetch(str(packed(tmp_path / "t.zip", GOOD)), None, tmp_path / "fetched")
    assert sorted(template.sources()) == ["ticketgen.yaml"]
    assert not (tmp_path / "fetched").exists()


@pytest.mark.parametrize("files", [
    {**GOOD, "../up": "x"}, {**GOOD, "/absolute": "x"}, {**GOOD, "t/../../up": "x"}, {"a": "x"}, {},
    {**GOOD, f"t/{TOP}/big": "a" * 100_001},
])  # fmt: skip
def test_an_archive_that_leads_out_or_is_too_large_is_refused(
    tmp_path: Path, files: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketgen.project.fetch.MAX_BYTES", 100_000)
    before = set(tmp_path.iterdir())
    archive = packed(tmp_path / "t.zip", files)
    assert new(archive)[0] == 2
    assert set(tmp_path.iterdir()) == {*before, archive}


def test_an_archive_of_countless_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketgen.project.fetch.MAX_FILES", 10)
    archive = packed(tmp_path / "t.zip", {**GOOD, **{f"t/{number}": "" for number in range(11)}})
    with pytest.raises(UnusableTemplate, match="more than 10 files"):
        fetch(str(archive), None, tmp_path / "fetched")


def test_an_archive_takes_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path / "t.zip", {**GOOD, f"t/{TOP}/big": "a" * 50_000_000})
    monkeypatch.setattr(
        "ticketgen.project.fetch.limit_resources", lambda: resource_limits.limit_resources(30, 5_000_000)
    )
    with pytest.raises(UnusableTemplate, match=r"cannot be unpacked: (Unable to allocate|MemoryError)"):
        fetch(str(archive), None, tmp_path / "fetched")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_an_archive_with_links_or_devices_is_refused(tmp_path: Path, kind: int) -> None:
    with pytest.raises(UnusableTemplate, match="is not a plain file"):
        fetch(str(packed(tmp_path / "t.zip", GOOD, kind)), None, tmp_path / "fetched")


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"PK\5\6" + bytes(18), b"no archive"])
def test_a_file_that_is_not_an_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.zip").write_bytes(content)
    assert new(tmp_path / "t.zip")[0] == 2


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A template in a repository, with the branch ``main`` and the tag ``v1``."""
    folder = make_template(tmp_path / "repository")
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "x"], ["tag", "v1"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    return folder


@pytest.mark.parametrize("checkout", [None, "main", "v1"])
def test_a_repository_can_be_a_template(tmp_path: Path, repository: Path, checkout: str | None) -> None:
    template = fetch(f"git+file://{repository}", checkout, tmp_path / "fetched")
    assert sorted(template.sources()) == ["ticketgen.yaml"]


@pytest.mark.parametrize("checkout", [
    "--upload-pack=touch {mark}", "-b", "--orphan=x", "", "nowhere", "v1\n", "--config=core.fsmonitor=touch {mark}",
])  # fmt: skip
def test_a_checkout_is_never_taken_as_an_option(tmp_path: Path, repository: Path, checkout: str) -> None:
    mark = tmp_path / MARK
    code, _ = new(f"file://{repository}", "--checkout", checkout.replace("{mark}", str(mark)))
    assert code == 2
    assert not mark.exists()


@pytest.mark.parametrize("address", [
    "ext::sh -c touch% {mark}", "git+ext::sh -c touch% {mark}", "ext::sh -c 'touch {mark}' .git",
    "--upload-pack=touch {mark}", "git+--upload-pack=touch {mark}", "ssh://-oProxyCommand=touch%20{mark}/x.git",
    "git+ssh://a@-oProxyCommand=touch%20{mark}/x.git", "-oProxyCommand=touch {mark}:x.git", "fd::17/x.git",
    "hg+file://{mark}", "file://--upload-pack=touch {mark}",
])  # fmt: skip
def test_an_address_is_never_run_as_a_command(tmp_path: Path, address: str) -> None:
    mark = tmp_path / MARK
    code, _ = new(address.replace("{mark}", str(mark)))
    assert code == 2
    assert not mark.exists()


def test_a_repository_brings_no_hooks_and_no_submodules(tmp_path: Path, repository: Path) -> None:
    mark = tmp_path / MARK
    bare = tmp_path / "hooks"
    bare.mkdir()
    (bare / "post-checkout").write_text(f"#!/bin/sh\ntouch {mark}\n")
    (bare / "post-checkout").chmod(0o755)
    configuration = tmp_path / "gitconfig"
    configuration.write_text(f"[core]\n\thooksPath = {bare}\n[submodule]\n\trecurse = true\n")
    (repository / ".gitmodules").write_text(
        f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch {mark}"\n'
    )
    for command in (["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "y"]):
        subprocess.run(["git", "-C", str(repository), *command], check=True)
    with mock.patch.dict(os.environ, {"GIT_CONFIG_GLOBAL": str(configuration)}):
        fetch(f"file://{repository}", "main", tmp_path / "fetched")
    assert not mark.exists()


def test_a_repository_chooses_no_filter_of_the_user(tmp_path: Path, repository: Path) -> None:
    """Filters such as Git LFS are programs, and read where to connect from the repository."""
    mark = tmp_path / MARK
    configuration = tmp_path / "gitconfig"
    configuration.write_text(
        f'[filter "lfs"]\n\tsmudge = "touch {mark}; cat"\n\trequired = true\n'
        f'[filter "other"]\n\tprocess = "touch {mark}"\n'
    )
    (repository / ".gitattributes").write_text(f"{TOP}/** filter=lfs\n*.json filter=other\n")
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    with mock.patch.dict(os.environ, {"GIT_CONFIG_GLOBAL": os.devnull}):
        for command in (["add", "."], [*who, "commit", "-qm", "y"]):
            subprocess.run(["git", "-C", str(repository), *command], check=True)
    with mock.patch.dict(os.environ, {"GIT_CONFIG_GLOBAL": str(configuration)}):
        for number, checkout in enumerate((None, "main")):
            fetch(f"file://{repository}", checkout, tmp_path / f"fetched{number}")
    assert not mark.exists()


def test_a_file_that_git_stores_elsewhere_is_a_finding(tmp_path: Path, repository: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (repository / TOP / "logo.svg").write_text(pointer)
    for command in (["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "y"]):
        subprocess.run(["git", "-C", str(repository), *command], check=True)
    with pytest.raises(UnusableTemplate, match="Git LFS"):
        fetch(f"file://{repository}", None, tmp_path / "fetched")


def test_git_ignores_the_repository_of_a_hook(tmp_path: Path, repository: Path) -> None:
    with mock.patch.dict(os.environ, {"GIT_DIR": str(tmp_path / "other"), "GIT_WORK_TREE": str(tmp_path)}):
        fetch(f"file://{repository}", "v1", tmp_path / "fetched")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("variables", [
    "[]", "1", "null", "{", '{"project": "x", "_jinja2_env_vars": {"extensions": ["jinja2.ext.debug"]}}',
    '{"project": "x", "_jinja2_env_vars": {"finalize": "x"}}', '{"project": "x", "a": "\\ud800"}',
    '{"project": "x", "_jinja2_env_vars": [1]}', '{"project": "x", "_jinja2_env_vars": {"variable_start_string": ""}}',
    '{"project": "x", "_copy_without_render": 1}', '{"project": "x", "__prompts__": 1, "a": "{{ 1 / 0 }}"}',
    '{"project": "x", "a": {"b": "{{ nobody }}"}}', "[" * 100_000,
])  # fmt: skip
def test_invalid_variables_are_a_finding(tmp_path: Path, variables: str) -> None:
    template = make_template(tmp_path / "template", files={"a": "{{ cookiecutter.a }}"})
    (template / "cookiecutter.json").write_text(variables)
    code, output = new(template)
    assert (code, "[template-broken]" in output) == (2, True), output


@pytest.mark.parametrize(("source", "remote"), [
    ("gh:acme/t", True), ("https://acme.example/t", True), ("git@acme.example:t", True), ("file:///t", True),
    ("./t", False), ("t", False), ("/t.zip", False), ("ext::sh", False), ("C:t", False),
])  # fmt: skip
def test_addresses_and_paths_are_distinguished(source: str, remote: bool) -> None:
    assert is_remote(source) is remote


def test_a_path_is_relative_to_dash_c(tmp_path: Path, outside: Path) -> None:
    make_template(tmp_path / "there" / "template", spec="no-spec")
    done = run("-C", str(tmp_path / "there"), "new", "acme-shop", "--template", "./template")
    assert "[template-without-spec]" in done.stderr
    done = run("-C", str(tmp_path / "there"), "new", "acme-shop", "--install-from", "./lock.txt")
    assert f"{tmp_path / 'there' / 'lock.txt'} does not exist" in done.stderr


def test_every_file_of_a_hostile_template_stays_in_the_project(tmp_path: Path) -> None:
    """The complete command once: everything beside the project is unchanged."""
    before = everything_in(tmp_path)
    template = make_template(tmp_path / "template", {"deep": "a/b"}, {"{{cookiecutter.deep}}/c": "text\n"})
    folder = tmp_path / "acme-shop"
    code, output = new(template, folder=folder)
    assert code == 0, output
    assert (folder / "a/b/c").read_text() == "text\n"
    after = set(everything_in(tmp_path)) - set(before)
    assert {name.split("/")[0] for name in after} == {"acme-shop", "template"}
    assert json.loads((folder / "ticketgen.schema.json").read_text("utf-8"))
