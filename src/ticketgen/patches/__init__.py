"""Hand edits of rendered files that a project keeps as patches, applied at each render.

`patched_files` is what the pipeline runs between rendering and verification; `patch_folder` reads the patches, and
`unified_patch`, `places` and `apply_hunks` know one patch and one text.
"""

from __future__ import annotations

from ticketgen.patches.patched_files import PatchedFiles, patch_files, patches_without_environment

__all__ = ["PatchedFiles", "patch_files", "patches_without_environment"]
