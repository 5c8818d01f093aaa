"""The addresses in a Terraform state, as one of its commands prints them.

Three forms are read: the lines of ``terraform state list``, the JSON of ``terraform show -json``
(https://developer.hashicorp.com/terraform/internals/json-format#state-representation), and a state itself, which
``terraform state pull`` prints. The format of a state is not documented; its version has been 4 since Terraform 0.12:
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statefile/version4.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["MAX_STATE_BYTES", "read_addresses"]

MAX_STATE_BYTES: Final = 64_000_000
"""Maximum size of a state in bytes; a state with 34 Regions has 25 MB."""

_MAX_ADDRESSES: Final = 100_000
_MAX_ADDRESS: Final = 1_000

_INDEX = r'(?:\[(?:[0-9]++|"[^"\\\x00-\x1f\x7f]*+")\])?+'
_NAME = r"[A-Za-z_][A-Za-z0-9_-]*+"
_ADDRESS = re.compile(rf"(?:module\.{_NAME}{_INDEX}\.)*+(?P<data>data\.)?+{_NAME}\.{_NAME}{_INDEX}")


def read_addresses(text: str) -> tuple[str, ...]:
    """The addresses of managed resources, in the order of the text.

    Raises:
        ValueError: the text is in none of the three forms; the message says why.
    """
    if text.lstrip()[:1] in {"{", "["}:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("it is neither JSON nor a list of addresses") from None
        found = _of_document(document)
    else:
        found = (line.strip() for line in text.splitlines() if line.strip())
    return tuple(_checked(found))


def _checked(addresses: Iterator[str]) -> Iterator[str]:
    for count, address in enumerate(addresses):
        if count >= _MAX_ADDRESSES:
            raise ValueError(f"it has more than {_MAX_ADDRESSES:,} addresses")
        parts = _ADDRESS.fullmatch(address) if len(address) <= _MAX_ADDRESS else None
        if not parts:
            raise ValueError(f"{address[:80]!r} is not the address of a resource")
        if not parts["data"]:
            yield address


def _of_document(document: Any) -> Iterator[str]:
    try:
        if "resources" in document:
            return iter([*_of_state(document)])
        return iter([*_of_values(document["values"]["root_module"])])
    except (KeyError, TypeError, AttributeError):
        raise ValueError("it is not the JSON of a state") from None


def _of_state(state: Any) -> Iterator[str]:
    for resource in state["resources"]:
        if resource["mode"] == "managed":
            path = ".".join(filter(None, (resource.get("module"), resource["type"], resource["name"])))
            for instance in resource["instances"]:
                key = instance.get("index_key")
                yield path if key is None else f"{path}[{json.dumps(key)}]"


def _of_values(root: Any) -> Iterator[str]:
    waiting = [root]
    while waiting:
        module = waiting.pop()
        waiting += module.get("child_modules", ())
        for resource in module.get("resources", ()):
            if resource["mode"] == "managed":
                yield str(resource["address"])
