"""A cache folder that a repository brings runs no code and hides no finding, on the real command line."""

from __future__ import annotations

import hmac
import marshal
import os
import pickle
import shutil
import sys
from pathlib import Path

import pytest
from cli_tools import run, run_process
from jinja2.bccache import bc_magic

from ticketgen import user_secret
from ticketgen.rendering.jinja_environment import template_environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no cache")


class Clone:
    """An untrusted repository, with the cache of its author's machine.

    Attributes:
        folder: the checkout, with a template and a file of Terraform that has an error.
        mark: a file that planted code makes.
    """

    def __init__(self, folder: Path, mark: Path) -> None:
        self.folder = folder
        self.mark = mark
        (folder / "main.tf").write_text('output "x" {\n  value = var.missing\n}\n')
        (folder / "a.j2").write_text("a = {{ x | hcl }}\n")
        assert self.check(folder) == ("a = 1\n", 1)
        self.plant()

    def check(self, home: Path) -> tuple[str, int]:
        """The text that the template gives, and the exit code of `validate`."""
        own = {
            "TICKETGEN_NO_CACHE": "",
            "TICKETGEN_CACHE_DIR": str(self.folder / ".cache/ticketgen"),
            "XDG_STATE_HOME": str(home / ".local/state"),
            "HOME": str(home),
        }
        with pytest.MonkeyPatch.context() as context:
            for name, value in own.items():
                context.setenv(name, value)
            text = template_environment(self.folder).get_template("a.j2").render(x=1)
            return text, run("validate", str(self.folder / "main.tf")).exit_code

    def plant(self) -> None:
        """Put code into the template's entry, and no findings into the result, and authenticate both."""
        program = (
            f"open({str(self.mark)!r}, 'w').close()\n"
            "blocks, debug_info, name = {}, '', 'a.j2'\n"
            "def root(*arguments): yield 'planted'\n"
        )
        secret = user_secret.secret_in(self.folder / ".local/state/ticketgen")
        assert secret is not None
        template, verified = sorted((self.folder / ".cache/ticketgen").iterdir())
        whole = template.read_bytes()[32:]
        head = len(bc_magic) + len(pickle.dumps(pickle.loads(whole[len(bc_magic) :]), 2))
        code = whole[:head] + marshal.dumps(compile(program, "planted", "exec"))
        for entry, content in ((template, code), (verified, b"[{}, {}, []]")):
            message = f"ticketgen cache\0{entry.name}\0".encode() + content
            entry.write_bytes(hmac.digest(secret, message, "sha256") + content)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    (tmp_path / "clone").mkdir()
    return Clone(tmp_path / "clone", tmp_path / "code-ran")


def test_planted_entries_are_valid_on_their_own_machine(clone: Clone) -> None:
    """They are accepted on the machine that made them, so the next test cannot pass by accident."""
    assert clone.check(clone.folder) == ("planted", 0)
    assert clone.mark.exists()


@pytest.mark.parametrize("git", [True, False], ids=["cloned", "unpacked"])
@pytest.mark.parametrize("brought", ["cache", "cache and secret"])
def test_planted_entries_are_cache_misses(brought: str, git: bool, clone: Clone, tmp_path: Path) -> None:
    original = clone.folder.rename(tmp_path / "theirs")
    # The names, the modes and the times are the same, but a copy has another inode.
    shutil.copytree(original, clone.folder)
    if git:
        (clone.folder / ".git").mkdir()
    user_secret.secret_in.cache_clear()
    for _ in range(2):
        home = clone.folder if brought == "cache and secret" else tmp_path / "home"
        assert clone.check(home) == ("a = 1\n", 1)
    assert not clone.mark.exists()


class CreatesFolder:
    """An object that makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_no_pickle_is_loaded(rendered: Path, tmp_path: Path) -> None:
    """Neither under the name of an entry, nor under the name that the compiled grammar once had."""
    import lark
    from hcl2.parser import PARSER_FILE

    mark, cache = tmp_path / "code-ran", rendered / "cache"
    settings = {"TICKETGEN_NO_CACHE": "", "TICKETGEN_CACHE_DIR": "cache"}
    assert run_process(rendered, "render", "--check", "--env", "dev", **settings).returncode == 0
    grammar = (PARSER_FILE.parent / "hcl2.lark").stat()
    python = ".".join(map(str, sys.version_info[:2]))
    once = f"grammar-{lark.__version__}-{python}-{grammar.st_size}-{grammar.st_mtime_ns}.bin"
    planted = pickle.dumps(CreatesFolder(mark))
    for entry in [*cache.iterdir(), cache / once]:
        entry.write_bytes(planted)
    assert run_process(rendered, "render", "--check", "--env", "dev", **settings).returncode == 0
    assert not mark.exists()
    pickle.loads(planted)
    assert mark.exists()


def test_nothing_is_written_outside_cache_and_state(
    rendered: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")

    def files(folder: Path) -> dict[Path, bytes]:
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    before = files(rendered)
    settings = {
        "TICKETGEN_NO_CACHE": "",
        "TICKETGEN_CACHE_DIR": "",
        "XDG_CACHE_HOME": "",
        "XDG_STATE_HOME": "",
    }
    for arguments in (["--help"], ["--version"]):
        assert run_process(rendered, *arguments, HOME=str(home), **settings).returncode == 0
        assert list(home.iterdir()) == []
    for arguments in (["validate", "stacks/dev"], ["render", "--check", "--diff", "--env", "dev"]):
        assert run_process(rendered, *arguments, HOME=str(home), **settings).returncode == 0
    assert files(rendered) == before
    written = {path.parent for path in files(home)}
    if sys.platform == "linux":
        assert written == {Path(".cache/ticketgen"), Path(".local/state/ticketgen")}


@pytest.mark.parametrize("home", ["/dev/null", "relative", ""])
def test_a_read_only_home_is_not_an_error(home: str, rendered: Path) -> None:
    settings = dict.fromkeys(
        ("TICKETGEN_NO_CACHE", "TICKETGEN_CACHE_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"), ""
    )
    before = sorted(rendered.rglob("*"))
    for arguments in (["validate", "stacks/dev"], ["render", "--check", "--env", "dev"]):
        done = run(*arguments, env={**settings, "HOME": home})
        assert done.exit_code == 0
        assert done.stderr in {"", "stacks/dev: 56 files, no findings\n"}
    assert sorted(rendered.rglob("*")) == before
