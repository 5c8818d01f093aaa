"""However `new` ends, it leaves the whole project or nothing, and no program that it started."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from killed_processes import dies_at, fails_at, in_child
from project_tools import everything_in, run
from template_tools import TOP, make_template

from default_signals import reset_signals
from ticketgen.cli.exit_codes import ExitCode, exit_code
from ticketgen.findings import Checked
from ticketgen.project import destination, new
from ticketgen.project.new import NewProject, new_project
from ticketgen.project.resource_limits import ResourceLimitExceeded, limit_resources
from ticketgen.project.scratch import PREFIX, stale_folders, with_temporary_folder
from ticketgen.project.source import InstallSource
from ticketgen.signals import exit_on_signals
from ticketgen.tree import recover_interrupted

TICKETGEN = Path(sys.executable).parent / "ticketgen"
ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGQUIT: 131}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes projects without stacks, from a source that is not packed."""

    def finished(folder: Path, wanted: Any) -> Checked[NewProject]:
        return Checked(NewProject(wanted.folder, (), ()))

    monkeypatch.setattr(new, "_finish", finished)
    monkeypatch.setattr(new, "read_source", lambda given, base: InstallSource({}))


def traced(moment: int, number: int) -> tuple[Callable[..., Any], list[int]]:
    """A trace function that sends a signal before the n-th line of the code that makes a project."""
    lines = [0]
    files = {
        "new.py",
        "destination.py",
        "scratch.py",
        "signals.py",
        "hooks.py",
        "processes.py",
        "tempfile.py",
        "write.py",
    }

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if os.path.basename(frame.f_code.co_filename) not in files:  # noqa: PTH119
            return None
        if event == "line":
            lines[0] += 1
            if lines[0] == moment:
                signal.raise_signal(number)
        return trace

    return trace, lines


def ended_at(moment: int, number: int, action: Callable[[], object]) -> tuple[int, bool]:
    """Run it in a process that gets a signal at a moment: the exit code, and whether there was such a moment."""

    def child() -> int:
        reset_signals()
        exit_on_signals()
        trace, lines = traced(moment, number)
        sys.settrace(trace)
        try:
            action()
        except KeyboardInterrupt:
            return 130
        except SystemExit as error:
            return int(str(error.code))
        finally:
            sys.settrace(None)
        return 1 if lines[0] >= moment else 0

    code = in_child(child)
    return code, code != 0


def at_moments(step: int, number: int, folder: Path, action: Callable[[], object]) -> Iterator[bool]:
    """End it at every n-th moment; whether the project was made each time."""
    before = everything_in(folder)
    moment = 1
    while True:
        code, happened = ended_at(moment, number, action)
        made = (folder / "a/acme-shop/ticketgen.yaml").exists()
        if made:
            project = everything_in(folder / "a/acme-shop")
            assert set(project) == {"ticketgen.yaml", "deep", "deep/file"}
            subprocess.run(["rm", "-r", str(folder / "a")], check=True)
        assert everything_in(folder) == before, f"moment {moment}"
        if not happened:
            assert moment > 100
            return
        assert code == ENDINGS[signal.Signals(number)], f"moment {moment}"
        yield made
        moment += step


@pytest.mark.parametrize("step", [29, pytest.param(1, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interruption_at_any_moment_leaves_the_project_or_nothing(
    tmp_path: Path, quick: None, number: int, step: int
) -> None:
    template = make_template(tmp_path / "template", files={"deep/file": "text\n"})
    folder = tmp_path / "here"
    folder.mkdir()

    def make() -> None:
        new_project(folder / "a/acme-shop", {}, template=str(template))

    make()  # imports everything
    subprocess.run(["rm", "-r", str(folder / "a")], check=True)
    outcomes = list(at_moments(step, number, folder, make))
    assert outcomes == sorted(outcomes), "once made, it stays"
    assert len(outcomes) > 10


def ended_in_scratch(folder: Path, moments: Sequence[int], ends_itself: bool) -> bool:
    """End the work in a temporary folder by a signal at each of these moments; whether the last one came."""

    def child() -> int:
        lines = [0]
        left: list[int] = []

        def trace(frame: FrameType, event: str, argument: object) -> Any:
            if os.path.basename(frame.f_code.co_filename) not in {"scratch.py", "signals.py", "tempfile.py"}:  # noqa: PTH119
                return None
            if event == "line":
                lines[0] += 1
                if left and lines[0] >= left[0]:
                    left.pop(0)
                    signal.raise_signal((signal.SIGTERM, signal.SIGHUP)[len(left) % 2])
            return trace

        def work(place: Path) -> None:
            (place / "deep").mkdir()
            lines[0] = 0
            left[:] = moments
            if not ends_itself:
                signal.raise_signal(signal.SIGINT)

        reset_signals()
        exit_on_signals()
        sys.settrace(trace)
        try:
            with_temporary_folder(folder, work, keep=lambda: False)
        except (KeyboardInterrupt, SystemExit):
            pass
        finally:
            sys.settrace(None)
        return 0 if left else 1

    return in_child(child) == 1


@pytest.mark.parametrize("step", [59, pytest.param(1, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("ends_itself", [True, False])
def test_consecutive_signals_leave_nothing(tmp_path: Path, ends_itself: bool, step: int) -> None:
    """The next one comes while the folder is removed: a CI that cancels a job sends several."""
    for first in range(1, 1000, min(step, 3)):
        happened = ended_in_scratch(tmp_path / "above", [first], ends_itself)
        assert list(tmp_path.iterdir()) == [], first
        if not happened:
            break
        for second in range(first, first + 60, step):
            ended_in_scratch(tmp_path / "above", [first, second], ends_itself)
            assert list(tmp_path.iterdir()) == [], (first, second)
    assert 10 < first < 999


SLEEPS = "#!/bin/sh\nsleep 1000 &\necho $! > {pid}\nwait\n"


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "nothing happens"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", ENDINGS, ids=lambda number: number.name)
@pytest.mark.parametrize("what", ["a hook", "git"])
def test_started_programs_end_as_well(tmp_path: Path, what: str, number: signal.Signals) -> None:
    pid_file = tmp_path / "pid"
    script = SLEEPS.format(pid=pid_file)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").write_text(script)
    (programs / "git").chmod(0o755)
    template = make_template(tmp_path / "template", hooks={"pre_gen_project.sh": script})
    folder = tmp_path / "here"
    folder.mkdir()
    source = str(template) if what == "a hook" else "git+https://acme.example/template"
    process = subprocess.Popen(
        [str(TICKETGEN), "new", "acme-shop", "--trust", "--template", source],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        preexec_fn=reset_signals,
    )  # fmt: skip
    wait_for(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"))
    sleeping = int(pid_file.read_text())
    assert runs(sleeping)
    process.send_signal(number)
    assert process.wait(120) == ENDINGS[number]
    assert list(folder.iterdir()) == []
    wait_for(lambda: not runs(sleeping))


def test_programs_of_a_hook_end_on_a_terminal(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    template = make_template(tmp_path / "template", hooks={"pre_gen_project.sh": SLEEPS.format(pid=pid_file)})
    folder = tmp_path / "here"
    folder.mkdir()
    terminal, end = os.openpty()  # stays open, so that nothing is hung up
    process = subprocess.Popen(
        [str(TICKETGEN), "new", "acme-shop", "--trust", "--template", str(template)],
        cwd=folder, stdin=end, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"))
        process.terminate()
        assert process.wait(120) == 143
        wait_for(lambda: not runs(int(pid_file.read_text())))
    finally:
        os.close(terminal)
        os.close(end)
    assert list(folder.iterdir()) == []


def test_an_ignored_sighup_stays_ignored() -> None:
    def child() -> int:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        exit_on_signals()
        signal.raise_signal(signal.SIGHUP)
        return 7

    assert in_child(child) == 7


def test_leftovers_of_a_killed_run_are_named_and_kept(tmp_path: Path, quick: None) -> None:
    template = make_template(tmp_path / "template")
    left = tmp_path / f"{PREFIX}abc"
    left.mkdir()
    (left / "theirs").write_text("precious\n")
    (tmp_path / f"{PREFIX}link").symlink_to("/etc")
    made = new_project(tmp_path / "acme-shop", {}, template=str(template))
    assert [found.rule for found in made.findings] == ["left-behind"]
    assert str(left) in made.findings[0].message
    assert (left / "theirs").read_text() == "precious\n"


def test_the_folder_of_a_running_command_is_not_reported(tmp_path: Path, quick: None) -> None:
    template = make_template(tmp_path / "template")
    seen = []

    def looks(code: tuple[str, ...]) -> bool:
        seen.append((stale_folders(tmp_path), list(tmp_path.glob(f"{PREFIX}*"))))
        return True

    (template / "hooks").mkdir()
    (template / "hooks/pre_gen_project.sh").write_text("#!/bin/sh\n")
    new_project(tmp_path / "acme-shop", {}, template=str(template), trust=looks)
    ((reported, present),) = seen
    assert (reported, len(present)) == ((), 1)


@pytest.fixture
def cloned(tmp_path: Path) -> Path:
    """A folder with what a forge puts into a new repository."""
    folder = tmp_path / "acme-shop"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git/config").write_text("theirs\n")
    (folder / "README.md").write_text("# Theirs\n")
    (folder / ".gitignore").write_text("*.log\n")
    return folder


@pytest.fixture
def template(tmp_path: Path) -> Path:
    files = {"README.md": "ours\n", ".gitignore": "*.tfstate\n", "deep/file": "text\n"}
    return make_template(tmp_path / "template", files=files)


# Each call takes a process of its own: `make test` tries some of them, and the slow proofs the others.
some_calls = pytest.mark.parametrize(
    ("start", "step"), [(0, 3), *(pytest.param(n, 3, marks=pytest.mark.slow) for n in (1, 2))]
)


@some_calls
def test_a_kill_at_any_call_leaves_a_complete_or_restored_repository(
    tmp_path: Path, cloned: Path, template: Path, quick: None, start: int, step: int
) -> None:
    before = dict(everything_in(cloned))

    def make() -> None:
        new_project(cloned, {}, template=str(template))

    def restored() -> dict[str, bytes | None]:
        assert recover_interrupted(cloned) == ()
        found = everything_in(cloned)
        return {
            name: text for name, text in found.items() if not name.startswith((PREFIX, ".ticketgen-write"))
        }

    outcomes = []
    for call in range(start, 500, step):
        subprocess.run(["cp", "-r", str(cloned), str(tmp_path / "kept")], check=True)
        died = dies_at(call, make)
        after = restored()
        subprocess.run(["rm", "-rf", str(cloned)], check=True)
        (tmp_path / "kept").rename(cloned)
        if not died:
            break
        outcomes.append(after == before)
        if after != before:
            assert after[".gitignore"] == b"*.log\n*.tfstate\n"
            assert {"TICKETGEN.md", "deep/file", "ticketgen.yaml"} <= set(after)
    assert len(outcomes) > 10 / step
    assert outcomes == sorted(outcomes, reverse=True), "once made, it stays"
    assert set(outcomes) == {True, False}


@some_calls
@pytest.mark.parametrize("where", ["a new folder", "a repository"])
def test_a_failed_call_of_new_is_a_finding_and_leaves_nothing(
    tmp_path: Path, cloned: Path, template: Path, quick: None, where: str, start: int, step: int
) -> None:
    failed = 0
    for call in range(start, 200, step):
        room = tmp_path / str(call)
        shutil.copytree(cloned, room / "acme-shop")
        folder = room / ("acme-shop" if where == "a repository" else "deep/er")
        before = everything_in(room)

        def attempt(room: Path = room, folder: Path = folder, before: object = before) -> None:
            made = new_project(folder, {"project": "acme-shop"}, template=str(template))
            if made.value is None:
                assert exit_code(made.findings) == ExitCode.CANNOT_WRITE
                assert everything_in(room) == before

        if not fails_at(call, errno.ENOSPC, attempt):
            break
        failed += 1
    assert failed > 5 / step


@pytest.mark.parametrize("what", ["a file", "a link", "a folder's link", "an edit"])
def test_files_created_meanwhile_are_kept(
    tmp_path: Path, cloned: Path, template: Path, quick: None, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/theirs").write_text("precious\n")
    from ticketgen.tree import write_files as write

    def faster(*arguments: Any, **named: Any) -> Any:
        if what == "a file":
            (cloned / "ticketgen.yaml").write_text("theirs\n")
        elif what == "a link":
            (cloned / "ticketgen.yaml").symlink_to(tmp_path / "outside/theirs")
        elif what == "a folder's link":
            (cloned / "deep").symlink_to(tmp_path / "outside")
        else:
            (cloned / ".gitignore").write_text("edited\n")
        planted.update(everything_in(cloned))
        return write(*arguments, **named)

    planted: dict[str, bytes | None] = {}
    monkeypatch.setattr(destination, "write_files", faster)
    made = new_project(cloned, {}, template=str(template))
    assert made.value is None
    assert made.findings
    own_files = {name: text for name, text in planted.items() if not name.startswith(PREFIX)}
    assert everything_in(cloned) == own_files
    assert everything_in(tmp_path / "outside") == {"theirs": b"precious\n"}


def test_a_link_in_place_of_an_ignore_file_is_not_followed(
    tmp_path: Path, cloned: Path, template: Path
) -> None:
    (cloned / ".gitignore").unlink()
    (cloned / ".gitignore").symlink_to("/etc/passwd")
    before = everything_in(cloned)
    done = run("new", str(cloned), "--template", str(template))
    assert done.exit_code == 4
    assert everything_in(cloned) == before
    assert (cloned / ".gitignore").is_symlink()


def test_links_created_by_a_hook_are_not_moved_into_a_repository(
    tmp_path: Path, cloned: Path, template: Path, quick: None
) -> None:
    (template / "hooks").mkdir()
    (template / "hooks/post_gen_project.sh").write_text(
        f"#!/bin/sh\nrm .gitignore\nln -s {tmp_path}/outside .gitignore\n"
    )
    (tmp_path / "outside").write_text("precious\n")
    before = everything_in(cloned)
    made = new_project(cloned, {}, template=str(template), trust=lambda code: True)
    assert [found.rule for found in made.findings] == ["in-the-way"]
    assert everything_in(cloned) == before
    assert (tmp_path / "outside").read_text() == "precious\n"


def test_executable_files_stay_executable(tmp_path: Path, cloned: Path, template: Path, quick: None) -> None:
    (template / TOP / "deep/file").chmod(0o755)
    for folder in (cloned, tmp_path / "b/acme-shop"):
        new_project(folder, {}, template=str(template))
        assert os.access(folder / "deep/file", os.X_OK)
        assert not os.access(folder / "ticketgen.yaml", os.X_OK)


@pytest.mark.parametrize("limit", ["time", "memory"])
def test_limits_end_the_block_and_are_removed(limit: str) -> None:
    def endless() -> None:
        with limit_resources(0.05 if limit == "time" else 30, 50_000_000):
            while True:
                bytearray(10**9 if limit == "memory" else 1)

    with pytest.raises(ResourceLimitExceeded):
        endless()
    bytearray(100_000_000)
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
