"""Write the signatures of Terraform's functions.

Run ``terraform metadata functions -json | python scripts/function_signatures.py``.

Source: https://developer.hashicorp.com/terraform/cli/commands/metadata/functions
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from ticketgen.type_checking.signatures import SNAPSHOT

__all__: list[str] = []


def _parameter(parameter: dict[str, Any]) -> list[Any]:
    return [parameter["type"], bool(parameter.get("is_nullable"))]


def _signature(signature: dict[str, Any]) -> list[Any]:
    rest = signature.get("variadic_parameter")
    parameters = [_parameter(each) for each in signature.get("parameters", [])]
    return [signature["return_type"], parameters, _parameter(rest) if rest else None]


def main() -> None:
    """Write the snapshot without the descriptions and without the second names in ``core::``."""
    signatures = json.load(sys.stdin)["function_signatures"]
    short = {name: _signature(each) for name, each in sorted(signatures.items()) if "::" not in name}
    text = json.dumps(short, separators=(",", ":"))
    Path(SNAPSHOT).write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
