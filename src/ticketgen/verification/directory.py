"""Reading directories of Terraform from the disk."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ticketgen.findings import Checked, Finding, Location, Stage
from ticketgen.hcl.guards import MAX_BYTES

__all__ = ["Directory", "Target", "read_directory", "targets"]

_READ = re.compile(r".*\.(?:tf|tfvars|tftest\.hcl|tfmock\.hcl|tf\.json)|(?:test_\w*|\w+_test|conftest)\.py")
"""Terraform, and the tests beside it. Source: https://developer.hashicorp.com/terraform/language/files."""

_MOST_FILES = 100_000


@dataclass(frozen=True, slots=True)
class Directory:
    """The contents of a directory.

    Attributes:
        texts: every Terraform file and every Python test file: relative posix path to text.
        paths: the relative posix paths of all files; None if there are too many to list.
    """

    texts: Mapping[str, str]
    paths: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Target:
    """A directory to verify.

    Attributes:
        folder: its path.
        files: the only files to report, relative to it, posix; None for all.
    """

    folder: Path
    files: frozenset[str] | None = None


def targets(paths: Iterable[Path], shown: Callable[[Path], str] = str) -> Checked[tuple[Target, ...]]:
    """The directories to verify for paths of directories and files, each once.

    A file stands for its own directory, of which only the file is reported. A file that is not Terraform, such as a
    test, belongs to the nearest directory above it that has Terraform. A directory inside another target is verified
    with that one.

    Args:
        paths: as they were given.
        shown: how a path is written in a message.
    """
    whole: dict[Path, Path] = {}
    parts: dict[Path, tuple[Path, set[Path]]] = {}
    findings = []
    for path in paths:
        wrong = _unusable(path, shown(path))
        if wrong:
            findings.append(wrong)
        elif path.is_dir():
            whole.setdefault(path.resolve(), path)
        else:
            place = path.resolve().parent / path.name
            folder = _home(path)
            _, files = parts.setdefault(folder.resolve(), (folder, set()))
            files.add(place)
    wanted = {**{place: folder for place, (folder, _) in parts.items()}, **whole}
    outermost = {
        place: folder for place, folder in wanted.items() if not any(_reaches(each, place) for each in wanted)
    }
    found = []
    for place, folder in outermost.items():
        if place in whole:
            found.append(Target(folder))
            continue
        # Of directories inside this one that were named as a whole, every file is reported.
        inside = [each for each in whole if each.is_relative_to(place)]
        named = {file for _, files in parts.values() for file in files if file.is_relative_to(place)}
        for each in inside:
            named |= {each / name for name in _files(each)}
        found.append(Target(folder, frozenset(each.relative_to(place).as_posix() for each in named)))
    return Checked(tuple(found) if not findings else None, tuple(findings))


def _reaches(outer: Path, inner: Path) -> bool:
    """Whether reading one directory reads the other: hidden folders are left out."""
    if outer == inner or not inner.is_relative_to(outer):
        return False
    return not any(part.startswith(".") for part in inner.relative_to(outer).parts)


def _unusable(path: Path, name: str) -> Finding | None:
    if path.is_dir():
        return None
    if not path.exists():
        help = "name a directory of Terraform, or a file in one"
        return Finding("no-directory", f"{name} does not exist", Stage.VERIFY, help=help)
    if not path.is_file() or not _READ.fullmatch(path.name) or path.name.startswith("."):
        message = f"{name} is not a file that ticketgen verifies"
        help = "name a directory, or a file such as main.tf, prod.tfvars, stack.tftest.hcl or test_stack.py"
        return Finding("no-terraform", message, Stage.VERIFY, help=help)
    return None


def _home(file: Path) -> Path:
    """The directory that a file is verified with."""
    above = [file.parent, *_above(file.parent)]
    return next((each for each in above if any(each.glob("*.tf"))), file.parent)


def _above(folder: Path) -> Iterator[Path]:
    """The folders above one, as paths that begin like it."""
    place = folder.resolve()
    while place != place.parent:
        place = place.parent
        folder = folder.parent if folder.name not in {"", ".."} else folder / ".."
        yield folder


def _unreadable(file: str, message: str, help: str) -> Finding:
    return Finding("unreadable", message, Stage.VERIFY, Location(file), help=help)


def read_directory(root: Path, name: str | None = None) -> Checked[Directory]:
    """Read everything below a directory except hidden files and folders, and links that lead out of it.

    Args:
        root: the directory.
        name: how messages call it; as ``root`` if None.

    Returns:
        No value if there is nothing to read. A file that is not UTF-8 is a finding and is left out.
    """
    called = str(root) if name is None else name
    if not root.is_dir():
        what = "is not a directory" if root.exists() else "does not exist"
        help = "name a directory of Terraform"
        return Checked(None, (Finding("no-directory", f"{called} {what}", Stage.VERIFY, help=help),))
    texts: dict[str, str] = {}
    findings = []
    paths: list[str] = []
    for file in _files(root):
        paths.append(file)
        if not _READ.fullmatch(file.rpartition("/")[2]):
            continue
        try:
            with (root / file).open("rb") as stream:
                texts[file] = stream.read(MAX_BYTES + 1).decode()
        except OSError as error:
            findings.append(
                _unreadable(file, f"the file cannot be read: {error.strerror}", "make it readable")
            )
        except UnicodeDecodeError as error:
            message = f"the file is not UTF-8: {error.reason} at byte {error.start}"
            findings.append(_unreadable(file, message, "save it as UTF-8"))
    if not any(file.endswith(".tf") for file in texts) and not findings:
        findings.append(
            Finding(
                "no-terraform",
                f"{called} has no .tf file",
                Stage.VERIFY,
                help="write it as HCL: ticketgen does not read Terraform's JSON syntax"
                if any(file.endswith(".tf.json") for file in texts)
                else "name a directory of Terraform",
            )
        )
        return Checked(None, tuple(findings))
    known = frozenset(paths) if len(paths) < _MOST_FILES else None
    return Checked(Directory(texts, known), tuple(findings))


def _files(root: Path) -> Iterator[str]:
    """Relative posix paths, sorted. Linked folders are not entered: they may form a loop."""
    top = root.resolve()
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if name.startswith(".") or (path.is_symlink() and not path.resolve().is_relative_to(top)):
                continue
            if path.is_file():
                yield path.relative_to(root).as_posix()
