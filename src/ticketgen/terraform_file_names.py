"""The names of the files that Terraform and OpenTofu read in a folder.

Sources: https://developer.hashicorp.com/terraform/language/files and https://opentofu.org/docs/language/files/
"""

from __future__ import annotations

from typing import Final

__all__ = ["DECLARING", "SETTING_VARIABLES"]

DECLARING: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""The ends of the names of files that declare objects, the native one first."""
SETTING_VARIABLES: Final = (".tfvars", ".tfvars.json")
"""The ends of the names of files that set variables, the native one first."""
