"""Types of resources that are in no Region: the provider's Region does not matter to them."""

from __future__ import annotations

from typing import Final

__all__ = ["is_global"]

# Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
_PREFIXES: Final = (
    "aws_account_",
    "aws_cloudfront_",
    "aws_globalaccelerator_",
    "aws_iam_",
    "aws_organizations_",
    "aws_route53_",
    "aws_shield_",
)
_REGIONAL: Final = ("aws_route53_resolver_",)


def is_global(type: str) -> bool:
    """Whether resources of a type are in no Region."""
    return type.startswith(_PREFIXES) and not type.startswith(_REGIONAL)
