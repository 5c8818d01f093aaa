"""Requests over HTTPS with bounded size and time, and readable reasons for failures."""

from __future__ import annotations

import time
import urllib.request
from email.message import Message
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError

__all__ = ["WebError", "read_https", "why_failed"]

_TIMEOUT_S: Final = 20
_MAX_SECONDS: Final = 120
_CHUNK: Final = 1 << 16


class WebError(Exception):
    """Error of a request; the message says why."""


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Refuses to be redirected to another scheme."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """The request for the new address."""
        if not newurl.startswith("https://"):
            raise URLError(f"it redirects to {newurl[:80]!r}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def read_https(address: str, limit: int, accept: str = "*/*") -> tuple[bytes, str]:
    """Request an address; return the body of the response and its content type.

    Args:
        address: begins with ``https://``.
        limit: the maximum size of the body in bytes.
        accept: the content types to ask for.

    Raises:
        WebError: there is no response, or it is too large or too slow.
    """
    if not address.startswith("https://"):
        raise WebError(f"{address[:80]!r} is not an https address")
    end = time.monotonic() + _MAX_SECONDS
    body = bytearray()
    try:
        asked = urllib.request.Request(address, headers={"Accept": accept, "User-Agent": "ticketgen"})
        with urllib.request.build_opener(_OnlyHttps).open(asked, timeout=_TIMEOUT_S) as answer:
            headers: Message = answer.headers
            while chunk := answer.read(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise WebError(f"the response is larger than {limit:,} bytes")
                if time.monotonic() > end:
                    raise WebError(f"the response takes more than {_MAX_SECONDS} s")
    except (OSError, ValueError) as error:
        raise WebError(why_failed(error)) from None
    return bytes(body), headers.get_content_type()


def why_failed(error: Exception) -> str:
    """The readable reason of an error; the text of a ``URLError`` is only ``<urlopen error …>``."""
    if isinstance(error, HTTPError):
        return f"the response is {error.code} {error.reason}"
    cause = error.reason if isinstance(error, URLError) else error
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
