"""Hand edits of rendered files that a project keeps as patches, applied at each render.

The pipeline runs `patched_files` between rendering and verification. `patch_folder` reads the patches;
`unified_patch`, `places` and `apply_hunks` work on one patch and one text.
"""

from __future__ import annotations

from ticketgen.patches.patched_files import PatchedFiles, patch_files, patches_without_environment

__all__ = ["PatchedFiles", "patch_files", "patches_without_environment"]
