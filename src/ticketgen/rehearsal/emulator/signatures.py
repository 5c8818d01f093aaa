"""Signature Version 4 in both directions, with keys that only one run knows: every request to the emulator has one.

Other users of the machine and web pages can reach the emulator's port as well. They know neither the run's secret nor
a key derived from it, so the emulator answers with 403.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

__all__ = ["OPERATOR", "Caller", "Keys", "signed_headers", "verify_signature"]

OPERATOR = "rehearsal"
"""The access key of Terraform and of the rehearsal itself; only it may send control requests."""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<caller>[\w.-]+)/(?P<day>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[\w-]+)"
    r"/aws4_request, ?SignedHeaders=(?P<headers>[a-z0-9;_-]+), ?Signature=(?P<signature>[0-9a-f]{64})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The secret access key of each access key, derived from one secret of the run."""

    secret: str

    @classmethod
    def new(cls) -> Keys:
        """Keys with a new random secret."""
        return cls(secrets.token_hex(32))

    def of(self, caller: str) -> str:
        """The secret access key that belongs to an access key."""
        return hmac.new(self.secret.encode(), caller.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Caller:
    """The verified origin of a request: access key, Region and service."""

    caller: str
    region: str
    service: str


def signed_headers(
    keys: Keys,
    method: str,
    url: str,
    body: str = "",
    *,
    caller: str = OPERATOR,
    region: str = "us-east-1",
    added: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a signed request to an API or a control address."""
    request = AWSRequest(method, url, dict(added or {}), body.encode())
    SigV4Auth(Credentials(caller, keys.of(caller)), "execute-api", region).add_auth(request)
    return dict(request.headers.items())


def verify_signature(wsgi: Mapping[str, Any], body: Callable[[], bytes], keys: Keys) -> Caller | None:
    """The origin of a WSGI request; None if its signature is missing or wrong.

    Args:
        wsgi: the request's environment.
        body: reads the body; not called for a request without an `Authorization` header.
        keys: the keys of this run.
    """
    found = _AUTHORIZATION.fullmatch(wsgi.get("HTTP_AUTHORIZATION", ""))
    date = wsgi.get("HTTP_X_AMZ_DATE", "")
    names = found["headers"].split(";") if found else []
    if found is None or "host" not in names or not date.startswith(found["day"]):
        return None
    request = AWSRequest(
        wsgi["REQUEST_METHOD"],
        f"http://{wsgi.get('HTTP_HOST', '')}{wsgi['REQUEST_URI']}",
        {name: _header(wsgi, name) for name in names},
        body(),
    )
    request.context["timestamp"] = date
    kind = S3SigV4Auth if found["service"] == "s3" else SigV4Auth
    auth = kind(Credentials(found["caller"], keys.of(found["caller"])), found["service"], found["region"])
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    if not hmac.compare_digest(expected, found["signature"]):
        return None
    return Caller(found["caller"], found["region"], found["service"])


def _header(wsgi: Mapping[str, Any], name: str) -> str:
    name = name.upper().replace("-", "_")
    return str(wsgi.get(name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}", ""))
