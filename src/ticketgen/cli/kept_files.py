"""Files that ``--output`` never replaces, so that a typo cannot destroy a state, a spec or a stack's file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ticketgen.terraform_file_names import DECLARING, SETTING_VARIABLES

__all__ = ["why_kept"]

_KINDS: Final = {
    (".tfstate", ".tfstate.backup"): "it is a Terraform state",
    (*DECLARING, *SETTING_VARIABLES, ".hcl", ".tfplan"): "it belongs to Terraform",
    (".yaml", ".yml", ".toml"): "it is a spec or a configuration",
    (".j2", ".py", ".patch"): "it is not a report",
}
"""Endings of file names that no command writes with ``--output``, with the reason to keep such a file."""


def why_kept(output: Path, inputs: Iterable[Path] = ()) -> str | None:
    """Why a result must not replace a file; None if it may.

    Args:
        output: the file that the result would be written to.
        inputs: files that the command reads.
    """
    if not output.is_file():
        return None
    # Imported here, because most results replace no file.
    from ticketgen.manifest_name import MANIFEST_NAME

    place = Path(os.path.realpath(output))
    if any(os.path.realpath(each) == str(place) for each in inputs):
        return "the command reads it"
    if any((folder / MANIFEST_NAME).is_file() for folder in place.parents):
        return "it is in the folder of a stack"
    name = place.name.lower()
    return next((why for ends, why in _KINDS.items() if name.endswith(ends)), None)
