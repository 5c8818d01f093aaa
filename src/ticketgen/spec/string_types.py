"""Types for free text in a spec: names, Regions, a bucket, a domain, a URL.

Each type refuses text that AWS would refuse at ``apply``, says how to fix it, and adds as much of the rule as possible
to the JSON Schema. Tags have their own module.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from ticketgen.aws.regions import ANNOUNCED, REGIONS
from ticketgen.findings import FindingKind
from ticketgen.findings.spec import INVALID_TEXT, UNKNOWN_REGION
from ticketgen.guesses import did_you_mean

__all__ = [
    "AccountId",
    "DomainName",
    "EmailAddress",
    "EnvironmentName",
    "HttpUrl",
    "ProjectName",
    "RegionName",
    "RoleArn",
    "StateBucketName",
    "TopicArn",
    "ZoneId",
    "refusal",
    "suggest_known",
]

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_SUFFIXES: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def suggest_known(word: str, known: Iterable[str]) -> str:
    """The help for an unknown word: the one that was probably meant, or all of them."""
    names = list(known)
    all_of_them = f"choose one of {', '.join(names)}" if len(names) > 1 else f"write {names[0]}"
    return did_you_mean(word, names, all_of_them)


def refusal(
    kind: FindingKind, message: str, help: str | None = None, below: tuple[str, ...] = ()
) -> PydanticCustomError:
    """An error for pydantic that carries a finding.

    Args:
        kind: of the finding.
        message: what follows the value.
        help: the fix; None for that of the kind.
        below: the path from the value to the part of it that is wrong.
    """
    # As context and not as the template: pydantic would take braces in a value for placeholders.
    context: dict[str, Any] = {
        "kind": kind,
        "message": message,
        "help": kind.fix if help is None else help,
        "below": below,
    }
    return PydanticCustomError("refused", "{message}", context)


def _anything(text: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _TextShape:
    """The shape that a text must have.

    Attributes:
        what: the name of the shape, with its article.
        pattern: anchored; JavaScript reads it too.
        min_length: in characters.
        max_length: in characters.
        help: the fix.
        extra_check: a condition that no pattern can express.
    """

    what: str
    pattern: str
    min_length: int
    max_length: int
    help: str
    extra_check: Callable[[str], bool] = field(default=_anything)

    def check(self, text: str) -> str:
        """Return the text, or raise a PydanticCustomError if it has another shape."""
        if (
            self.min_length <= len(text) <= self.max_length
            and re.fullmatch(self.pattern, text)
            and self.extra_check(text)
        ):
            return text
        raise refusal(INVALID_TEXT, f"is not {self.what}", self.help)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            **handler(core),
            "pattern": self.pattern,
            "minLength": self.min_length,
            "maxLength": self.max_length,
        }


_NAME_PATTERN: Final = "^[a-z](?:-?[a-z0-9])*$"

ProjectName = Annotated[
    str,
    _TextShape(
        "a valid project name",
        _NAME_PATTERN,
        3,
        20,
        "write 3 to 20 lower-case letters, digits and single inner hyphens, a letter first, "
        "such as tap-marketplace",
    ),
]
"""The start of every name in the stack; 20 characters leave room for the rest within AWS's limits."""

EnvironmentName = Annotated[
    str,
    _TextShape(
        "a valid environment name",
        _NAME_PATTERN,
        1,
        64,
        "write lower-case letters, digits and single inner hyphens, a letter first, such as prod-eu",
    ),
]
"""The end of every name in the stack; those names limit its length (``stack.names``)."""


def _is_bucket(name: str) -> bool:
    # The longest name of a Region, so that the bucket's name fits in every Region.
    name = name.replace("{region}", max(REGIONS, key=len))
    if not re.fullmatch("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
        return False
    if name.startswith(_BUCKET_PREFIXES) or name.endswith(_BUCKET_SUFFIXES):
        return False
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return ".." not in name
    return False


StateBucketName = Annotated[
    str,
    _TextShape(
        "a valid S3 bucket name",
        r"^(?:[a-z0-9.-]|\{region\})+$",
        3,
        63,
        "write only the bucket's name: 3 to 63 lower-case letters, digits, hyphens and dots, without s3:// and S3's "
        "reserved prefixes and suffixes; {region} stands for the name of a Region, which has up to 14 characters",
        _is_bucket,
    ),
]
"""The name of a bucket; ``{region}`` in it stands for the name of each Region."""

AccountId = Annotated[
    str,
    # botocore 1.44 sts, accountType; 12 digits: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
    _TextShape(
        "the id of an AWS account",
        "^[0-9]{12}$",
        12,
        12,
        'write its 12 digits in quotes, such as "123456789012"',
    ),
]

RoleArn = Annotated[
    str,
    # Paths and names: botocore 1.44 iam, pathType and roleNameType; 2,048 characters: sts, arnType.
    _TextShape(
        "the ARN of an IAM role",
        r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$",
        20,
        2048,
        "write the role's whole ARN, such as arn:aws:iam::123456789012:role/deploy",
    ),
]

DomainName = Annotated[
    str,
    # Labels of 63 and names of 253 characters: botocore 1.44 acm, DomainNameString.
    _TextShape(
        "a domain name",
        r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$",
        4,
        253,
        "write a full name in lower case, without scheme, path or final dot, such as tickets.example.com",
    ),
]

ZoneId = Annotated[
    str,
    # At most 32 characters: botocore 1.44 route53, ResourceId.
    _TextShape(
        "the id of a hosted zone",
        "^[A-Z0-9]+$",
        1,
        32,
        "write only the id that Route 53 shows, such as Z0123456789ABCDEFGHIJ, without /hostedzone/",
    ),
]


EmailAddress = Annotated[
    str,
    # https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1: 64 characters, @ and a domain, within 254. The alphabet is
    # that of unquoted addresses without characters special to shells and templates.
    _TextShape(
        "an email address",
        r"^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$",
        6,
        254,
        "write a plain address, such as on-call@example.com",
        lambda text: text.index("@") <= 64,
    ),
]

TopicArn = Annotated[
    str,
    # Names of 256 characters: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    _TextShape(
        "the ARN of an SNS topic",
        r"^arn:aws(?:-[a-z]+)*:sns:(?:\{region\}|[a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}$",
        29,
        320,
        "write the ARN of a standard topic, such as arn:aws:sns:{region}:123456789012:on-call",
    ),
]
"""A topic; ``{region}`` stands for the Region of the alarm."""


def _has_host_and_port(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


HttpUrl = Annotated[
    str,
    # 1,024 of the 4 KB that a function's environment has (botocore 1.44 lambda); the alphabet is RFC 3986's
    # (https://www.rfc-editor.org/rfc/rfc3986#section-3.3) without characters special to shells and templates.
    _TextShape(
        "an http or https URL that ticketgen can use",
        r"^https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/(?:[A-Za-z0-9._~:@+=/-]|%[0-9A-Fa-f]{2})*)?$",
        10,
        1024,
        "write scheme, host and path, such as https://pms.example.com/v1, without user and password (Terraform would "
        "store them in the state), query or fragment, and percent-encode other characters",
        _has_host_and_port,
    ),
]


def _known_region(name: str) -> str:
    if name in REGIONS:
        return name
    if name in ANNOUNCED:
        raise refusal(
            UNKNOWN_REGION, "is announced, but not open yet", "remove it until AWS opens the Region"
        )
    words = re.split(r"[\s,;]+", name.strip())
    if len(words) > 1 and all(word in REGIONS for word in words):
        raise refusal(UNKNOWN_REGION, "is several Regions without commas", f"write {', '.join(words)}")
    help = did_you_mean(name, REGIONS, UNKNOWN_REGION.fix)
    raise refusal(UNKNOWN_REGION, "is not a Region of AWS", help)


RegionName = Annotated[
    str, AfterValidator(_known_region), WithJsonSchema({"type": "string", "enum": sorted(REGIONS)})
]
