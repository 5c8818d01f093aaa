"""Record which resource addresses versions of ticketgen render, for the tests in ``tests/upgrades``.

    python scripts/address_history.py                 # add what this checkout renders to addresses/current.txt
    python scripts/address_history.py 0.1.0 28221a5   # the addresses and a stack of an earlier commit, by that name

Addresses are only added to ``current.txt``, never removed: whoever removes one has to declare what becomes of it in
``src/ticketgen/stack/moved_addresses.toml``.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.parse import parse
from ticketgen.hcl.resource_addresses import resource_addresses
from ticketgen.hcl.syntax import File

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "tests" / "upgrades"
APPLIED = "plain"
"""The environment whose stack the slow tests apply."""


def record_current() -> None:
    """Add the addresses of this checkout to ``current.txt``."""
    place = FIXTURES / "addresses" / "current.txt"
    with TemporaryDirectory() as folder:
        _render(Path(folder), "current.yaml", ROOT / "src")
        found = set(_addresses(Path(folder)))
    known = set(place.read_text("utf-8").splitlines()) if place.exists() else set()
    place.write_text("".join(f"{line}\n" for line in sorted(found | known)), encoding="utf-8")


def record_commit(name: str, commit: str) -> None:
    """Write the addresses and the stack of an earlier commit."""
    with TemporaryDirectory() as code, TemporaryDirectory() as folder:
        command = [
            "git",
            "-C",
            str(ROOT),
            "archive",
            commit,
            "src",
            "templates",
            "presets",
            "docs",
            "CHANGELOG.md",
        ]
        archive = subprocess.run(command, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(code, filter="data")
        _render(Path(folder), "old.yaml", Path(code) / "src")
        lines = sorted(_addresses(Path(folder)))
        (FIXTURES / "addresses" / f"{name}.txt").write_text(
            "".join(f"{x}\n" for x in lines), encoding="utf-8"
        )
        _pack(Path(folder) / "stacks" / APPLIED, FIXTURES / "stacks" / f"{name}.tar.xz")


def _render(folder: Path, spec: str, source: Path) -> None:
    (folder / "ticketgen.yaml").write_bytes((FIXTURES / spec).read_bytes())
    command = [sys.executable, "-m", "ticketgen", "render", "--spec", str(folder / "ticketgen.yaml")]
    subprocess.run(
        command, check=True, env={**os.environ, "PYTHONPATH": str(source)}, stderr=subprocess.DEVNULL
    )


def _addresses(folder: Path) -> Iterator[str]:
    for stack in sorted((folder / "stacks").iterdir()):
        texts = {path.relative_to(stack).as_posix(): path.read_text("utf-8") for path in stack.rglob("*.tf")}
        parsed = (parse(path, text) for path, text in sorted(texts.items()))
        configuration = Configuration((file for file in parsed if isinstance(file, File)), texts)
        for root, address in resource_addresses(configuration):
            yield f"{stack.name} {root or 'stack'} {address}"


def _pack(stack: Path, place: Path) -> None:
    """Pack the files that Terraform and the Makefile need, and the manifest; the same files give the same bytes."""
    place.parent.mkdir(exist_ok=True)
    files = [
        path
        for path in sorted(stack.rglob("*"))
        if path.suffix == ".tf" or path.name in {"Makefile", "terraform.sh", ".ticketgen.json"}
    ]
    with tarfile.open(place, "w:xz", preset=9) as archive:
        for path in files:
            entry = tarfile.TarInfo(path.relative_to(stack).as_posix())
            entry.size = path.stat().st_size
            with path.open("rb") as content:
                archive.addfile(entry, content)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        record_commit(sys.argv[1], sys.argv[2])
    else:
        record_current()
