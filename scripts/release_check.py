"""Check that this checkout can be released, and build the files of the release.

    python scripts/release_check.py [--tag v0.1.0] [--out dist]

The version, its section in CHANGELOG.md and the tag agree; two builds give the same bytes, and so does a wheel that is
built from the sdist; twine finds nothing; and the wheel, installed into an empty environment, makes a project whose
unit suite passes. With ``--tag``, nothing may be uncommitted, and no change may be left under *Unreleased*.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Run every check; exit code 1 names the first that fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tag", default="", help="the tag that is released, such as v0.1.0")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where the files go [default: dist]")
    options = parser.parse_args(arguments)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    try:
        if found := list(problems(version, changelog, options.tag)):
            raise Refused("\n".join(found))
        if options.tag and (left := _run("git", "status", "--porcelain", cwd=ROOT).strip()):
            raise Refused(f"these files are not committed: commit or remove them\n{left}")
        released, notes = sections(changelog)[version]
        files = build(options.out, released)
        _run(sys.executable, "-m", "twine", "check", "--strict", *map(str, files), cwd=ROOT)
        use(next(file for file in files if file.suffix == ".whl"), version)
    except Refused as refused:
        print(f"release-check: {refused}", file=sys.stderr)
        return 1
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (options.out / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    (options.out / "RELEASE_NOTES.md").write_text(notes, encoding="utf-8")
    print("".join(lines), end="")
    return 0


class Refused(Exception):
    """A failed check, with the fix."""


def problems(version: str, changelog: str, tag: str = "") -> Iterator[str]:
    """The problems of tag and changelog that prevent a release."""
    if tag and tag != f"v{version}":
        yield f"the tag is {tag}, but pyproject.toml has version {version}: tag v{version}, or change the version"
    found = sections(changelog)
    day, notes = found.get(version, ("", ""))
    if version not in found:
        yield f"CHANGELOG.md has no section for {version}: add `## {version} - YYYY-MM-DD`"
    elif not _is_date(day):
        yield f"CHANGELOG.md gives {version} the date {day!r}: write `## {version} - YYYY-MM-DD`"
    elif not notes.strip():
        yield f"CHANGELOG.md has an empty section for {version}: list its changes"
    if tag and found.get("Unreleased", ("", ""))[1].strip():
        yield f"CHANGELOG.md has changes under Unreleased: move them to the section of {version}"


def sections(changelog: str) -> Mapping[str, tuple[str, str]]:
    """Version to date and text, in the order of the changelog."""
    found = re.findall(
        r"^## \[?([^\]\s]+)\]?(?: - (\S+))?\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    return {version: (day, text.strip() + "\n") for version, day, text in found}


def build(out: Path, released: str) -> list[Path]:
    """Build everything twice; return the files if they agree byte for byte."""
    epoch = date.fromisoformat(released).toordinal() - date(1970, 1, 1).toordinal()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch * 86400)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = _built(ROOT, folder / "first", environment, "sdist", "wheel")
        second = _built(ROOT, folder / "second", environment, "sdist", "wheel")
        sdist = next(file for file in first if file.suffix == ".gz")
        with tarfile.open(sdist) as archive:
            archive.extractall(folder / "source", filter="data")
        (source,) = (folder / "source").iterdir()
        third = _built(source, folder / "third", environment, "wheel")
        bytes_of = {file.name: file.read_bytes() for file in first}
        for again in (*second, *third):
            if bytes_of.get(again.name) != again.read_bytes():
                raise Refused(
                    f"{again.name} differs between two builds: find what depends on time, place or order"
                )
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        return [Path(shutil.copy2(file, out)) for file in first]


def use(wheel: Path, version: str) -> None:
    """Install the wheel, make a project, and run the unit suite of its dev stack."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        scripts = folder / "venv" / "bin"
        pip = (str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _run(*pip, str(wheel), cwd=folder)
        ticketgen = str(scripts / "ticketgen")
        if (printed := _run(ticketgen, "--version", cwd=folder).strip()) != f"ticketgen {version}":
            raise Refused(f"the installed wheel says {printed!r}, but its version is {version}")
        _run(ticketgen, "new", "my-shop", "--no-input", cwd=folder)
        shop = folder / "my-shop"
        _run(ticketgen, "render", "--check", cwd=shop)
        _run(ticketgen, "validate", "stacks", cwd=shop)
        _run(*pip, "--requirement", "stacks/dev/tests/requirements.txt", cwd=shop)
        _run(str(scripts / "python"), "-m", "pytest", "-q", "stacks/dev/tests/unit", cwd=shop)


def _built(source: Path, out: Path, environment: Mapping[str, str], *targets: str) -> list[Path]:
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(out)]
    _run(
        *command, *(part for target in targets for part in ("--target", target)), cwd=source, env=environment
    )
    return sorted(out.iterdir())


def _run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"`{' '.join(command)}` exits with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


if __name__ == "__main__":
    raise SystemExit(main())
