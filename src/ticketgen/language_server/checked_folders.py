"""Verify the folder of a document, with the text of unsaved documents.

The functions here run in a process of their own: only the main thread of a process can limit its work
(`ticketgen.hcl.watchdog`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ticketgen.findings import Finding

__all__ = ["check_folder", "check_spec", "folder_of"]


def folder_of(file: Path) -> Path:
    """The folder that a Terraform file is verified with: that of its rendered stack, or else its own."""
    from ticketgen.tree.manifest import NAME

    return next((each for each in file.parents if (each / NAME).exists()), file.parent)


def check_folder(folder: Path, unsaved: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings of a directory; their paths are absolute.

    Args:
        folder: an absolute path.
        unsaved: the texts of open documents, by absolute path.
    """
    from ticketgen.verification.directory import read_directory
    from ticketgen.verification.result_cache import verify_cached

    read = read_directory(folder)
    findings = read.findings
    if read.value is not None:
        texts = {
            path: unsaved.get((folder / path).as_posix(), text) for path, text in read.value.texts.items()
        }
        findings += verify_cached(texts, rendered=False, paths=read.value.paths, left_out=read.value.unread)
    return tuple(each.placed(lambda at: replace(at, file=(folder / at.file).as_posix())) for each in findings)


def check_spec(file: Path, text: str) -> tuple[Finding, ...]:
    """The findings of the first stages about a spec that may be unsaved; their paths are absolute."""
    from ticketgen.sizing import size
    from ticketgen.spec.load import load
    from ticketgen.spec.resolve import resolve

    project = load(file, content=text.encode("utf-8", "surrogatepass")).then(resolve)
    sized = (size(each) for each in project.value.environments) if project.value else ()
    return project.findings + tuple(found for each in sized for found in each.findings)
