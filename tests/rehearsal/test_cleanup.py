"""However a rehearsal ends, its processes and its folder are gone; folders of others stay."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from default_signals import reset_signals
from ticketgen.rehearsal.reaper import LOCK_FILE, PREFIX
from ticketgen.rehearsal.workspace import module_command

DEMO = Path(__file__).resolve().parents[2] / "examples" / "tap-marketplace" / "ticketgen.yaml"

# A fake Terraform: `apply` starts a provider, reports its progress, and waits endlessly.
TERRAFORM = """#!{python}
import json, os, signal, subprocess, sys, time
open({record!r}, "a").write(json.dumps([sys.argv[2], dict(os.environ)]) + "\\n")
if sys.argv[2] == "apply":
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    streams = dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", {mark!r}], **streams)
    print(json.dumps({{"type": "change_summary", "changes": {{"operation": "plan", "add": 7}}}}), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """A short temporary folder; sockets in it have short paths, as in `/tmp`."""
    folder = Path(f"/tmp/t{os.getpid()}-{time.monotonic_ns() % 10**9}")
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@contextmanager
def rehearsing(temporary: Path, tmp_path: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """`ticketgen rehearse` with that Terraform."""
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    binary = programs / "terraform"
    binary.write_text(
        TERRAFORM.format(python=sys.executable, record=str(tmp_path / "record"), mark=str(temporary))
    )
    binary.chmod(0o755)
    command = [sys.executable, "-m", "ticketgen", "rehearse", "--spec", str(DEMO), "--env", "dev"]
    process = subprocess.Popen(
        command,
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "TMPDIR": str(temporary),
            **variables,
        },
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        preexec_fn=reset_signals,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
        soon(lambda: not any(temporary.iterdir()))


def read_until(process: subprocess.Popen[str], words: str) -> None:
    """Read what the rehearsal reports until these words."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            return
    raise AssertionError("".join(lines))


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something becomes true; the deadline only guards against a hang."""
    deadline = time.monotonic() + 300
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def mentioning(words: str) -> list[str]:
    """The command lines with these words in them."""
    listed = subprocess.run(
        ["ps", "-e", "-ww", "-o", "pid=", "-o", "args="], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in listed.splitlines() if words in line]


@pytest.mark.parametrize(
    "sent",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGKILL, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, marks=pytest.mark.exhaustive),
        pytest.param(signal.SIGHUP, marks=pytest.mark.exhaustive),
    ],
)
def test_a_signal_leaves_neither_a_process_nor_a_folder(
    sent: signal.Signals, temporary: Path, tmp_path: Path
) -> None:
    with rehearsing(temporary, tmp_path) as process:
        read_until(process, "7 resources to create")
        (folder,) = temporary.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len(mentioning(str(temporary))) >= 3  # Terraform, its provider, the functions' runtime
        process.send_signal(sent)
        code = process.wait(300)
        if sent is signal.SIGKILL:
            assert code == -sent
            assert soon(lambda: not any(temporary.iterdir()))
        else:
            assert code == 128 + sent
            assert list(temporary.iterdir()) == []
        assert soon(lambda: mentioning(str(temporary)) == [])


@pytest.mark.exhaustive
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_at_any_moment_leaves_nothing(sent: signal.Signals, temporary: Path, tmp_path: Path) -> None:
    for step in range(8):
        with rehearsing(temporary, tmp_path) as process:
            assert soon(lambda process=process: any(temporary.iterdir()) or process.poll() is not None)  # type: ignore[misc]
            time.sleep(step * 0.6)
            process.send_signal(sent)
            process.wait(300)
            assert soon(lambda: not any(temporary.iterdir())), step
            assert soon(lambda: mentioning(str(temporary)) == []), step


@pytest.mark.slow
def test_a_failing_terraform_leaves_nothing(temporary: Path, tmp_path: Path) -> None:
    with rehearsing(temporary, tmp_path) as process:
        read_until(process, "7 resources to create")
        (provider,) = [line for line in mentioning(str(temporary)) if "time.sleep(600)" in line]
        (terraform,) = [line for line in mentioning(str(temporary)) if "bin/terraform" in line]
        os.kill(int(terraform.split()[0]), signal.SIGKILL)
        assert process.wait(300) == 1
        assert list(temporary.iterdir()) == []
        assert soon(lambda: provider not in mentioning(str(temporary)))


def test_terraform_has_proxies_and_tokens_while_it_downloads_and_no_other_secret(
    temporary: Path, tmp_path: Path
) -> None:
    given = {
        "http_proxy": "http://proxy.example:1", "HTTPS_PROXY": "http://proxy.example:1", "no_proxy": "intranet",
        "TF_TOKEN_registry_example": "token-of-a-registry", "TF_VAR_password": "secret", "TF_CLI_ARGS": "-help",
        "TF_DATA_DIR": "/elsewhere", "TF_LOG": "trace", "TF_WORKSPACE": "secret", "GITHUB_TOKEN": "secret",
        "PGPASSWORD": "secret", "AWS_ENDPOINT_URL": "http://192.0.2.1", "AWS_ENDPOINT_URL_STS": "http://192.0.2.1",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_CA_BUNDLE": "secret", "AWS_REGION": "us-gov-west-1",
    }  # fmt: skip
    with rehearsing(temporary, tmp_path, **given) as process:
        read_until(process, "7 resources to create")
    runs = dict(json.loads(line) for line in (tmp_path / "record").read_text().splitlines())
    assert set(runs) == {"init", "apply"}
    downloads = {"http_proxy", "HTTPS_PROXY", "no_proxy", "TF_TOKEN_registry_example"}
    assert {name for name in runs["init"] if runs["init"][name] == given.get(name)} == downloads
    assert {name for name in runs["apply"] if runs["apply"][name] == given.get(name)} == set()
    for found in runs.values():
        assert "secret" not in found.values()
        assert {name for name in found if name.startswith("TF_")} <= {
            *("TF_DATA_DIR", "TF_IN_AUTOMATION", "TF_INPUT", "TF_TOKEN_registry_example"),
        }
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", found["AWS_ENDPOINT_URL"])
        assert re.fullmatch(r"[0-9a-f]{64}", found["AWS_SECRET_ACCESS_KEY"])
        assert Path(found["TMPDIR"]).is_relative_to(temporary)


@contextmanager
def reaping(temporary: Path) -> Iterator[Path]:
    """A reaper and its folder."""
    process = subprocess.Popen(
        module_command("reaper"),
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Path(os.fsdecode(process.stdout.readline().rstrip()))
    finally:
        process.stdin.close()
        process.stdout.read()
        process.stdout.close()
        process.wait()


def left(folder: Path, mode: int = 0o700) -> Path:
    """The folder of a rehearsal that was killed together with its reaper."""
    folder.mkdir(mode=mode)
    folder.chmod(mode)
    (folder / LOCK_FILE).touch(0o600)
    (folder / "state").write_text("secret")
    return folder


def test_the_folder_of_a_killed_rehearsal_is_removed_by_the_next_one(temporary: Path) -> None:
    stale = left(temporary / f"{PREFIX}abcd_123")
    with reaping(temporary) as folder:
        assert not stale.exists()
        assert folder.exists()
    assert list(temporary.iterdir()) == []


def test_no_other_folder_is_removed(temporary: Path, tmp_path: Path) -> None:
    target = left(tmp_path / "target")
    kept = [
        left(temporary / f"{PREFIX}open0000", 0o755),
        left(temporary / f"{PREFIX}notes"),
        left(temporary / f"{PREFIX}ABCD1234"),
        left(temporary / "ticketgen-functions"),
        temporary / f"{PREFIX}link0000",
        temporary / f"{PREFIX}bare0000",
        left(temporary / f"{PREFIX}mark0000"),
        left(temporary / f"{PREFIX}held0000"),
    ]
    kept[4].symlink_to(target)
    kept[5].mkdir(0o700)
    (kept[6] / LOCK_FILE).unlink()
    (kept[6] / LOCK_FILE).symlink_to(target / LOCK_FILE)
    if os.getuid() == 0:
        kept.append(left(temporary / f"{PREFIX}other000"))
        os.chown(kept[-1], 65534, 65534)
    with (kept[7] / LOCK_FILE).open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with reaping(temporary) as folder:
            assert set(temporary.iterdir()) == {*kept, folder}
    assert set(temporary.iterdir()) == set(kept)
    assert (target / "state").read_text() == "secret"


def test_rehearsals_that_start_at_once_keep_their_folders(temporary: Path) -> None:
    for _ in range(3):
        with ExitStack() as opened:
            folders = [opened.enter_context(reaping(temporary)) for _ in range(6)]
            assert set(temporary.iterdir()) == set(folders)
        assert list(temporary.iterdir()) == []
