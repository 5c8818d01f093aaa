"""Find the nearest file of some names, from a folder upwards."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["find_upwards"]


def find_upwards(base: Path, names: tuple[str, ...]) -> tuple[Path, ...]:
    """The files of these names in the nearest folder that has any, upwards.

    Paths are relative if the folder is, and can be opened from the current folder.
    """
    start = Path(os.path.realpath(base))
    for depth, folder in enumerate((start, *start.parents)):
        found = [name for name in names if os.path.lexists(folder / name)]
        if found:
            if depth == 0:
                nearest = base
            elif base.is_absolute():
                nearest = folder
            else:
                nearest = Path(os.path.relpath(folder, os.path.realpath(Path.cwd())))
            return tuple(nearest / name for name in found)
    return ()
