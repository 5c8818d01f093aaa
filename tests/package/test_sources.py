"""pip installs exactly the ticketgen that a project names, whatever its source, and asks no index for another."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from installed import CHECKOUT, build, environment_with
from pipelines import bash

from ticketgen.project.source import read_source

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    (made,) = build(CHECKOUT, tmp_path_factory.mktemp("wheel"), "wheel")
    return made


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that lacks ticketgen only; a build takes hatchling from there."""
    return environment_with(tmp_path_factory.mktemp("environment") / "venv", ["hatchling"])


@pytest.fixture(scope="module")
def commit(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A commit with the checkout's files, as a URL."""
    folder = tmp_path_factory.mktemp("origin") / "ticketgen"
    folder.mkdir()
    for name in (
        "src",
        "templates",
        "presets",
        "docs",
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
    ):
        place = CHECKOUT / name
        if place.is_dir():
            shutil.copytree(place, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif place.exists():
            shutil.copy(place, folder / name)
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "All"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    done = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    return f"git+file://{folder}@{done.stdout.strip()}"


def lock(wheel: Path, folder: Path) -> Path:
    """A lock of the wheel and of everything that is installed."""
    others = {each.metadata["Name"].lower(): each.version for each in distributions()}
    pins = [
        f"{name}=={version} --hash=sha256:{'0' * 64}\n"
        for name, version in others.items()
        if name != "ticketgen"
    ]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    place = folder / "lock.txt"
    place.write_text(f"ticketgen @ file://{wheel} \\\n    --hash=sha256:{digest}\n" + "".join(pins), "utf-8")
    return place


@pytest.mark.parametrize("kind", ["the running one", "a wheel", "a URL", "a commit", "an index", "a lock"])
def test_a_source_installs_exactly_the_named_ticketgen(
    kind: str, wheel: Path, commit: str, python: Path, tmp_path: Path
) -> None:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    version = wheel.name.split("-")[1]
    given = {
        "the running one": None,
        "a wheel": str(wheel),
        "a URL": f"file://{wheel}#sha256={digest}",
        "a commit": commit,
        "an index": f"ticketgen=={version} --hash=sha256:{digest}",
        "a lock": str(lock(wheel, tmp_path)),
    }[kind]
    source = read_source(given)
    project = tmp_path / "project"
    for name, content in source.files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(content)

    # A folder stands in for the index, and what is installed for the other packages of a lock.
    variables = {
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8",
        "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_BUILD_ISOLATION": "false",  # pip's spelling of "without isolation"
    }  # fmt: skip
    if kind == "an index":
        variables["PIP_FIND_LINKS"] = str(wheel.parent)
    if kind == "a lock":
        _keep_what_is_installed(project, python)
    bash("python -m pip uninstall -yq ticketgen", tmp_path, variables)
    done = bash(source.command, project, variables)
    assert done.returncode == 0, done.stdout + done.stderr
    after = bash("ticketgen --version; ticketgen doctor --offline --format json", project, variables)
    assert after.stdout.startswith(f"ticketgen {version}\n"), after.stderr
    rows = json.loads(after.stdout.partition("\n")[2])
    assert (rows[0]["name"], rows[0]["health"]) == ("ticketgen", "found"), rows[0]

    if kind in {"a URL", "an index", "a lock"}:  # somebody else's wheel in its place
        other = tmp_path / "foreign" / wheel.name
        other.parent.mkdir()
        other.write_bytes(wheel.read_bytes() + b"\0")
        requirements = project / "requirements-ticketgen.txt"
        text = requirements.read_text("utf-8").replace(str(wheel), str(other))
        requirements.write_text(text, encoding="utf-8")
        bash("python -m pip uninstall -yq ticketgen", tmp_path, variables)
        done = bash(source.command, project, {**variables, "PIP_FIND_LINKS": str(other.parent)})
        assert done.returncode != 0
        assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr


def _keep_what_is_installed(project: Path, python: Path) -> None:
    """Leave the pins in a lock that the environment satisfies: pip then needs no file of them.

    The environment has the setuptools of its Python, which may be older than the one that the lock was made from.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "list", "--format", "json"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    pins = {f"{row['name'].lower()}=={row['version']}" for row in json.loads(done.stdout)}
    place = project / "requirements-ticketgen.txt"
    lines = place.read_text("utf-8").splitlines(keepends=True)
    kept = [
        line for line in lines if line[0] == " " or line.startswith("ticketgen @ ") or line.split()[0] in pins
    ]
    assert len(kept) > 10
    place.write_text("".join(kept), encoding="utf-8")
