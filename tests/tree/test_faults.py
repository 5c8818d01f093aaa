"""A failing system call is a finding, and leaves the old tree or the whole new one."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tree_tools import NEW, OLD, VERSION, recover, render, snapshot

from ticketgen.cli.exit_codes import ExitCode, exit_code
from ticketgen.tree import moves, plan_write
from ticketgen.tree.stage import STAGE

CALLS = (
    "access", "dup", "fchmod", "fstat", "fsync", "link", "listdir", "lstat", "mkdir", "open", "read", "rename", "rmdir",
    "stat", "unlink",
)  # fmt: skip
CODES = {ExitCode.FINDINGS, ExitCode.HAND_EDIT, ExitCode.CANNOT_WRITE}


class Fault:
    """The n-th system call fails."""

    def __init__(self, at: int, code: int) -> None:
        self.calls, self._at, self._code = 0, at, code

    def pass_or_raise(self) -> None:
        self.calls += 1
        if self.calls == self._at:
            raise OSError(self._code, os.strerror(self._code))


@contextmanager
def failing(at: int, code: int) -> Iterator[Fault]:
    """Let the n-th call of `os` and of the exchange fail."""
    fault = Fault(at, code)
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:

            def call(*args: object, real: object = getattr(os, name), **options: object) -> object:
                fault.pass_or_raise()
                return real(*args, **options)  # type: ignore[operator]

            patch.setattr(os, name, call)
        exchange = moves.rename_with_flag

        def renamed(*args: object) -> bool:
            fault.pass_or_raise()
            return exchange(*args)  # type: ignore[arg-type]

        patch.setattr(moves, "rename_with_flag", renamed)
        yield fault


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR])
def test_a_failure_of_any_call_of_a_plan_is_a_finding(tmp_path: Path, code: int) -> None:
    render(tmp_path, OLD)
    before = dict(snapshot(tmp_path))
    fine = plan_write(tmp_path, NEW, version=VERSION, retire_in="stacks")
    reported = 0
    for at in range(1, 10_000):
        with failing(at, code) as fault:
            found = plan_write(tmp_path, NEW, version=VERSION, retire_in="stacks")
        if fault.calls < at:
            break
        if found.findings:
            reported += 1
            assert exit_code(found.findings) in CODES
            assert all(f.message.isprintable() for f in found.findings)
        else:
            assert found.value == fine.value or code in {errno.ENOTDIR, errno.ELOOP}  # no folder, so no stack
    assert at > 50
    assert reported > 40
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("code", "every"),
    [
        (errno.EIO, 4),
        pytest.param(errno.EIO, 1, marks=pytest.mark.exhaustive),
        pytest.param(errno.ENOSPC, 1, marks=pytest.mark.exhaustive),
    ],
)
def test_a_failure_of_any_call_of_a_write_leaves_the_old_or_the_new_tree(
    tmp_path: Path, code: int, every: int
) -> None:
    (tmp_path / "new").mkdir()
    render(tmp_path / "new", OLD)
    before = dict(snapshot(tmp_path / "new"))
    render(tmp_path / "new", NEW)
    after = dict(snapshot(tmp_path / "new"))
    for at in range(1, 10_000, every):
        root = tmp_path / str(at)
        root.mkdir()
        render(root, OLD)
        with failing(at, code) as fault:
            found = render(root, NEW)
        if fault.calls < at:
            break
        assert exit_code(found.findings) in {ExitCode.FINE, *CODES}
        assert recover(root) == ()
        expected = before if found.value is None else after
        now = snapshot(root)
        assert {**now, **expected} == now  # a folder that cannot be removed may stay
        assert {name for name in now if name not in expected and now[name] is not None} == set()
        assert not (root / STAGE).exists()
        assert render(root, NEW).findings == ()
        shutil.rmtree(root)
    assert at > 200
