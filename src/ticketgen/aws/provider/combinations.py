"""Which arguments AWS provider 5.100.0 rejects or requires together, as the provider itself answers.

``scripts/provider_combinations.py`` generates ``combinations.json.gz``: a kind maps types to their blocks, named by
their path with a dot at its end ("" for the type's own block), and each block to rules. A rule is a list of its kind,
the argument that has it, and the others, all as paths from the block:

- ``conflict``: none of the others may be set with the argument.
- ``exactly one``: exactly one of the others must be set. The argument is one of them.
- ``at least one``: at least one of the others must be set.
- ``at most one``: at most one of the others may be set.
- ``required with``: all of the others must be set with the argument.

The rules of an argument in a nested block apply if that block exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["argument_combinations"]

_FILE = Path(__file__).with_name("combinations.json.gz")


def argument_combinations(kind: str, type: str) -> Mapping[str, Sequence[Sequence[str]]]:
    """The rules of a type by block; empty for a type without rules.

    Args:
        kind: ``resource``, ``data``, ``ephemeral`` or ``provider``.
        type: such as ``aws_instance``; for the provider, ``aws``.
    """
    return _document().get(kind, {}).get(type, {})  # type: ignore[no-any-return]


@cache
def _document() -> Mapping[str, Any]:
    import gzip
    import json

    return json.loads(gzip.decompress(_FILE.read_bytes()))  # type: ignore[no-any-return]
