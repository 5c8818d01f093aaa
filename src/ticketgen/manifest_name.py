"""The name of the file that makes a folder a stack that ticketgen rendered.

It is apart from the manifest, because `validate` looks for the file in every directory and reads none.
"""

from __future__ import annotations

from typing import Final

__all__ = ["MANIFEST_NAME"]

MANIFEST_NAME: Final = ".ticketgen.json"
