"""Conditional HTTP requests: an answer that the client already has is not sent again (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["entity_tag", "is_known"]

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def entity_tag(body: str) -> str:
    """The ETag of an answer, which follows from its content, so that it is the same from every instance and Region."""
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def is_known(request: Mapping[str, Any], tag: str) -> bool:
    """Whether If-None-Match says that the client has the answer with this ETag.

    Weak tags count as strong ones, because proxies that compress an answer weaken its tag.
    """
    headers: Mapping[str, Any] = request.get("headers") or {}
    repeated: Mapping[str, Any] = request.get("multiValueHeaders") or {}
    values = [value for name, value in headers.items() if name.lower() == "if-none-match"]
    values += [
        value for name, each in repeated.items() if name.lower() == "if-none-match" for value in each or ()
    ]
    given = [value for value in values if isinstance(value, str)]
    return any(value.strip() == "*" or tag in _TAG.findall(value) for value in given)
