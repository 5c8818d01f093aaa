"""The metadata of the running ticketgen: its version, requirements and source."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import distribution, version
from importlib.util import find_spec
from typing import Any

__all__ = ["VERSION", "install_command", "origin", "requirements", "select_requirements"]

VERSION = version("ticketgen")


def requirements(extra: str | None = None) -> tuple[str, ...]:
    """The requirements of the package, or those that an extra adds.

    The marker that names the extra is left out.
    """
    return select_requirements(distribution("ticketgen").requires or (), extra)


def select_requirements(lines: Iterable[str], extra: str | None = None) -> tuple[str, ...]:
    """The requirements among these that a package always has, or those that an extra adds, without its marker."""
    found = []
    for line in lines:
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        parts = [part.strip() for part in marker.split(" and ")] if marker else []
        named = [part for part in parts if part.startswith("extra ")]
        if [part.partition("==")[2].strip(" '\"") for part in named] == ([extra] if extra else []):
            others = " and ".join(part for part in parts if part not in named)
            found.append(f"{requirement}; {others.strip('()')}" if others else requirement)
    return tuple(found)


def install_command(extra: str) -> str:
    """The command that installs an extra's requirements for the running ticketgen.

    It names the extra's packages and not ticketgen: an index may have another package of that name.
    """
    packages = " ".join(f'"{each}"' for each in requirements(extra))  # PEP 508 has no $, ` or \\
    python = shlex.quote(sys.executable)
    if find_spec("pip") is None and shutil.which("uv"):
        return f"uv pip install --python {python} {packages}"
    return f"{python} -m pip install {packages}"


@cache
def origin() -> Mapping[str, Any]:
    """The source that the installer recorded; empty for an index.

    Source: https://packaging.python.org/en/latest/specifications/direct-url/ (PEP 610)
    """
    text = distribution("ticketgen").read_text("direct_url.json")
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}
