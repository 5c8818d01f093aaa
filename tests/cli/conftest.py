"""A project with a spec, and one with its stacks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_tools import SPEC, run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec, which is the current one."""
    (tmp_path / "ticketgen.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def rendered_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec and its stacks, to be copied and never changed."""
    folder = tmp_path_factory.mktemp("rendered")
    spec = folder / "ticketgen.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    assert run("render", "--spec", str(spec)).exit_code == 0
    return folder


@pytest.fixture
def rendered(rendered_once: Path, project: Path) -> Path:
    """The folder with the spec, rendered."""
    shutil.copytree(rendered_once, project, dirs_exist_ok=True)
    return project


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches them."""
    for name in ("TICKETGEN_SPEC", "GITHUB_WORKSPACE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
