"""The values that AWS provider 5.100.0 accepts for each argument, as the provider itself answers.

``scripts/provider_validations.py`` generates ``accepted/`` by asking the provider about every argument, as one
compressed JSON file per service. The file of a service is read when one of its types is first used. ``rules`` is a
list of rules (`ticketgen.aws.provider.value_rules`). ``resource``, ``data`` and ``provider`` map a type to its
arguments, and each argument, as names joined by dots, to indexes in ``rules``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ticketgen.aws.provider.value_rules import ValueRule

__all__ = ["accepted_values"]

_FOLDER = Path(__file__).with_name("accepted")


@cache
def accepted_values(kind: str, type: str) -> Mapping[str, Sequence[ValueRule]]:
    """The rules of the arguments of a type by path; empty for a type without rules.

    Args:
        kind: ``resource``, ``data``, ``ephemeral`` or ``provider``.
        type: such as ``aws_sqs_queue``; for the provider, ``aws``.
    """
    service = "provider" if kind == "provider" else type.split("_", 2)[1] if type.startswith("aws_") else ""
    document = _document(service)
    rules = document.get("rules", ())
    return {
        path: tuple(rules[index] for index in indexes)
        for path, indexes in document.get(kind, {}).get(type, {}).items()
    }


@cache
def _document(service: str) -> Mapping[str, Any]:
    import gzip
    import json

    file = _FOLDER / f"{service}.json.gz"
    if not service.isidentifier() or not file.exists():
        return {}
    return json.loads(gzip.decompress(file.read_bytes()))  # type: ignore[no-any-return]
