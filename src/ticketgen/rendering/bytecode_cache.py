"""A cache of compiled templates, because compiling takes longer than rendering.

The key of an entry contains everything that it depends on: the template's text, name and path, Jinja, the environment,
and ticketgen itself, which checks templates when they are compiled. An entry is code, which `caching` reads only if
this user's ticketgen wrote it.
"""

from __future__ import annotations

import hashlib

from jinja2.bccache import Bucket, BytecodeCache

from ticketgen.caching import cache_folder, fingerprint, load, store

__all__ = ["CompiledTemplates", "compiled_templates"]

_KIND = "template"
_MAX_KEPT = 300


class CompiledTemplates(BytecodeCache):
    """Compiled templates in ticketgen's cache."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from the cache, if it has the entry."""
        code = load(_KIND, _key(bucket))
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket to the cache."""
        store(_KIND, _key(bucket), bucket.bytecode_to_string(), _MAX_KEPT)

    def get_source_checksum(self, source: str) -> str:
        """The digest of a template's text. Jinja's own is SHA-1, which has collisions."""
        return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def compiled_templates() -> CompiledTemplates | None:
    """The compiled templates in ticketgen's cache; None if there is no cache."""
    return None if cache_folder() is None else CompiledTemplates()


def _key(bucket: Bucket) -> str:
    environment = bucket.environment
    # Code that one kind of environment compiled, such as one without a sandbox, must not run in another.
    kind = [
        f"{type(environment).__module__}.{type(environment).__qualname__}",
        *(sorted(names) for names in (environment.filters, environment.tests, environment.globals)),
    ]
    return "\0".join([fingerprint("jinja2", "markupsafe"), str(kind), bucket.key, bucket.checksum])
