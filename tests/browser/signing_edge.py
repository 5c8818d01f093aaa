"""Lets a browser reach the API of the emulated AWS, which answers signed requests only, so that no web page reaches it.

It signs each request and changes nothing else: preflights, headers and errors are those of the emulated API Gateway. As
in the emulator, the signature stands for the buyer's token: the caller is the token, or a visitor without one.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from urllib.parse import urlsplit

from shop import Answer, Asked

from ticketgen.rehearsal.emulator.signatures import Keys, signed_headers

__all__ = ["signing_edge"]


def signing_edge(keys: Keys, url: str) -> Callable[[Asked], Answer]:
    """What answers the requests below the address of an API on the emulator."""
    address, prefix = urlsplit(url).netloc, urlsplit(url).path

    def answer(asked: Asked) -> Answer:
        caller = asked.headers.get("authorization", "").removeprefix("Bearer ") or "visitor"
        passed = {
            name: value
            for name, value in asked.headers.items()
            if name not in ("authorization", "host", "connection", "content-length", "accept-encoding")
        }
        path = prefix + asked.path
        signed = signed_headers(keys, asked.method, f"http://{address}{path}", asked.body, caller=caller)
        connection = http.client.HTTPConnection(address, timeout=30)
        try:
            connection.request(asked.method, path, asked.body or None, {**passed, **signed})
            answered = connection.getresponse()
            return Answer(answered.status, answered.read().decode(), dict(answered.getheaders()))
        except OSError:  # the emulated AWS has ended, and a page still asks
            return Answer(0)
        finally:
            connection.close()

    return answer
