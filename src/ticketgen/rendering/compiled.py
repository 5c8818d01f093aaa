"""Compiled templates, kept from run to run: to compile them all takes longer than to render them.

One is kept under a digest of everything that it depends on: the template's text, name and place, Jinja, and
ticketgen itself, which refuses templates while they are compiled.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache

from ticketgen.caching import cache_folder, fingerprint, keep

__all__ = ["CompiledTemplates", "compiled_templates"]

_MOST_KEPT = 300


class CompiledTemplates(BytecodeCache):
    """Templates in a folder. What is not whole, or is another template's, is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket with what is kept, if there is any."""
        path = self._path(bucket)
        try:
            kept = path.read_bytes()
        except OSError:
            return
        sum, code = kept[: hashlib.sha256().digest_size], kept[hashlib.sha256().digest_size :]
        if sum == _sum(path, code):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what the bucket holds."""
        path, code = self._path(bucket), bucket.bytecode_to_string()
        keep(path, _sum(path, code) + code, _MOST_KEPT)

    def _path(self, bucket: Bucket) -> Path:
        told = f"{fingerprint('jinja2', 'markupsafe')}\0{bucket.key}\0{bucket.checksum}"
        return self.folder / f"template-{hashlib.sha256(told.encode()).hexdigest()}.bin"


def compiled_templates() -> CompiledTemplates | None:
    """Those in ticketgen's own cache; None where there is none."""
    folder = cache_folder()
    return None if folder is None else CompiledTemplates(folder)


def _sum(path: Path, code: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + code).digest()
