"""The names of the files that Terraform and OpenTofu read in a folder.

Sources: https://developer.hashicorp.com/terraform/language/files and https://opentofu.org/docs/language/files/
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from typing import Final

__all__ = [
    "DECLARING",
    "MOCK_DATA",
    "NATIVE_TESTS",
    "SETTING_VARIABLES",
    "is_opentofu_file",
    "replaced_files",
]

DECLARING: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""The ends of the names of files that declare objects, the native one first."""
SETTING_VARIABLES: Final = (".tfvars", ".tfvars.json")
"""The ends of the names of files that set variables, the native one first."""
NATIVE_TESTS: Final = (".tftest.hcl", ".tftest.json")
"""The ends of the names of files with tests for ``terraform test``, the native one first."""
MOCK_DATA: Final = (".tfmock.hcl", ".tfmock.json")
"""The ends of the names of files with mock data for these tests, the native one first."""


def is_opentofu_file(path: str) -> bool:
    """Whether only OpenTofu reads a file."""
    return ".tofu" in posixpath.basename(path)


def replaced_files(paths: Collection[str]) -> frozenset[str]:
    """The files of OpenTofu that Terraform does not need, because each has a twin with ``.tf`` in its name."""
    return frozenset(
        path
        for path in paths
        for end, twin in ((".tofu", ".tf"), (".tofu.json", ".tf.json"))
        if path.endswith(end) and path.removesuffix(end) + twin in paths
    )
