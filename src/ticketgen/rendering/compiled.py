"""A cache of compiled templates, because compiling all of them takes longer than rendering them.

The key of an entry is a digest of everything that it depends on: the template's text, name and path, Jinja, and
ticketgen itself, which checks templates when they are compiled.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache

from ticketgen.caching import cache_folder, fingerprint, keep

__all__ = ["CompiledTemplates", "compiled_templates"]

_MOST_KEPT = 300


class CompiledTemplates(BytecodeCache):
    """Compiled templates in a folder. Corrupt or foreign entries count as misses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from the cache, if the entry exists."""
        path = self._path(bucket)
        try:
            kept = path.read_bytes()
        except OSError:
            return
        sum, code = kept[: hashlib.sha256().digest_size], kept[hashlib.sha256().digest_size :]
        if sum == _sum(path, code):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket to the cache."""
        path, code = self._path(bucket), bucket.bytecode_to_string()
        keep(path, _sum(path, code) + code, _MOST_KEPT)

    def _path(self, bucket: Bucket) -> Path:
        told = f"{fingerprint('jinja2', 'markupsafe')}\0{bucket.key}\0{bucket.checksum}"
        return self.folder / f"template-{hashlib.sha256(told.encode()).hexdigest()}.bin"


def compiled_templates() -> CompiledTemplates | None:
    """The compiled templates in ticketgen's cache; None if there is no cache."""
    folder = cache_folder()
    return None if folder is None else CompiledTemplates(folder)


def _sum(path: Path, code: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + code).digest()
