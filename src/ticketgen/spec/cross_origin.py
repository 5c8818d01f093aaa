"""The part of the spec about web pages of other origins that call the API (CORS)."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from ticketgen.findings.spec import INVALID_TEXT, INVALID_VALUE
from ticketgen.spec.spec_part import SpecPart
from ticketgen.spec.string_types import refusal

__all__ = ["ANY_ORIGIN", "Cors"]

ANY_ORIGIN: Final = "*"

_MAX_ORIGINS: Final = 20
_MAX_ORIGIN: Final = 100  # characters; 20 such origins fit into the 4 KB of a function's environment

# https://www.rfc-editor.org/rfc/rfc6454#section-6.2: browsers send scheme, host and port in lower case, without a slash
# at the end, and without the scheme's default port.
_HOST: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LOCAL: Final = r"localhost|127\.0\.0\.1|\[::1\]"
_PATTERN: Final = (
    rf"^(?:\*|https://{_HOST}(?::[1-9][0-9]{{0,4}})?|https?://(?:{_LOCAL})(?::[1-9][0-9]{{0,4}})?)$"
)


def _origin(text: str) -> str:
    if len(text) <= _MAX_ORIGIN and re.fullmatch(_PATTERN, text):
        scheme, _, rest = text.partition("://")
        port = rest.rpartition(":")[2] if re.search(r":[0-9]+$", rest) else ""
        if port and (int(port) > 65_535 or port == {"https": "443", "http": "80"}[scheme]):
            raise refusal(
                INVALID_TEXT,
                "has a port that browsers never send in an origin",
                "leave out the scheme's own port, and write another one from 1 to 65535",
            )
        return text
    raise refusal(
        INVALID_TEXT,
        "is not the origin of a web page",
        "write scheme and host in lower case, such as https://shop.example.com, without a path or a slash at the end; "
        "http only for localhost",
    )


def _whole_list(origins: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(origins) <= _MAX_ORIGINS:
        raise refusal(
            INVALID_VALUE,
            "names no page" if not origins else f"names {len(origins)} pages",
            f"list 1 to {_MAX_ORIGINS} origins, or delete cors for an API that no page of another origin calls",
        )
    if ANY_ORIGIN in origins and len(origins) > 1:
        raise refusal(
            INVALID_VALUE,
            "has * beside other origins",
            "keep * alone, or better, list only the origins of your own pages",
        )
    twice = next((origin for origin in origins if origins.count(origin) > 1), None)
    if twice is not None:
        raise refusal(INVALID_VALUE, f"lists {twice} twice", "keep each origin once")
    return origins


_Origin = Annotated[
    str,
    AfterValidator(_origin),
    WithJsonSchema(
        {"type": "string", "pattern": _PATTERN, "minLength": 1, "maxLength": _MAX_ORIGIN, "x-item": "origins"}
    ),
]


class Cors(SpecPart):
    """Web pages that may call the API from a browser (CORS). Methods and headers follow from the API."""

    origins: Annotated[tuple[_Origin, ...], AfterValidator(_whole_list)] = Field(
        description="The origins of the pages, such as `https://shop.example.com`. `*` admits every page of the "
        "web, and is a warning.",
        json_schema_extra={"minItems": 1, "maxItems": _MAX_ORIGINS, "uniqueItems": True},
    )
