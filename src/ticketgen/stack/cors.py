"""What the API tells browsers about pages of other origins (CORS), from the origins in the spec.

A page may use what a script needs: the methods of each route, and `_HEADERS`. Buyers are never identified by cookies,
so no answer allows credentials, and a page can do nothing that its visitor could not do without it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ticketgen.spec.model import Environment

__all__ = ["EXPOSED_HEADERS", "CorsSettings", "cors_of", "function_origins"]

EXPOSED_HEADERS = ("ETag", "Retry-After")
"""Headers of answers that scripts may read, beside those that every script may."""

_MAX_AGE = 7200  # seconds; Chromium keeps no preflight longer
_HEADERS = ("Content-Type", "Idempotency-Key", "If-None-Match")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_SIGNED_HEADERS = ("Authorization", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token")


@dataclass(frozen=True, slots=True)
class CorsSettings:
    """The values of the headers.

    Attributes:
        origin: of answers that cannot depend on the request: those of API Gateway and of the firewall. They have no
            data of a buyer. With several origins, it is `*`.
        first: the first origin, or `*`.
        template: sets the origin of a preflight's answer to that of the page, if it is another listed one; "" if
            there is no other one.
    """

    origin: str
    first: str
    allowed_headers: str
    exposed_headers: str
    max_age: str
    template: str


def cors_of(environment: Environment) -> CorsSettings | None:
    """The settings of an environment; None if no other page may call its API."""
    cors = environment.api.cors
    if cors is None:
        return None
    first, *others = cors.origins
    signing = {"iam": _SIGNED_HEADERS, "cognito": ("Authorization",), "none": ()}[environment.api.auth]
    return CorsSettings(
        origin="*" if others else first,
        first=first,
        allowed_headers=",".join(sorted((*_HEADERS, *signing))),
        exposed_headers=",".join(EXPOSED_HEADERS),
        max_age=str(_MAX_AGE),
        template=_template(others) if others else "",
    )


def function_origins(environment: Environment) -> str:
    """The environment variable of the functions that answer the API: the origins, separated by spaces."""
    cors = environment.api.cors
    return "" if cors is None else " ".join(cors.origins)


def _template(others: list[str]) -> str:
    """A mapping template, after the example of the AWS CDK (`renderResponseTemplate` in `aws-apigateway`).

    Clients with HTTP/2 send names of headers in lower case. The parser of the spec admits no quotes in an origin.
    """
    conditions = " || ".join(f'$origin == "{origin}"' for origin in others)
    return (
        '#set($origin = $input.params().header.get("Origin"))\n'
        '#if(!$origin || $origin == "")\n'
        '#set($origin = $input.params().header.get("origin"))\n'
        "#end\n"
        f"#if({conditions})\n"
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n"
        "#end\n"
    )
