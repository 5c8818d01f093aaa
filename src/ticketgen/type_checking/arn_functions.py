"""Functions of the AWS provider that parse ARNs.

Sources: https://github.com/aws/aws-sdk-go-v2/blob/main/aws/arn/arn.go and
https://github.com/hashicorp/terraform-provider-aws/tree/v5.100.0/internal/function
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ticketgen.type_checking.refusal import Refused

__all__ = ["refuse_arn"]

_TRIM: Final = "provider::aws::trim_iam_role_path"
_PARSING: Final = frozenset({"provider::aws::arn_parse", _TRIM})


def refuse_arn(function: str, arguments: Sequence[object]) -> None:
    """Check the argument of a function that parses an ARN, if it is known.

    Raises:
        Refused: the provider refuses it.
    """
    if function not in _PARSING or len(arguments) != 1 or not isinstance(arguments[0], str):
        return
    sections = arguments[0].split(":", 5)
    if sections[0] != "arn" or len(sections) < 6:
        raise Refused(0, "it is no ARN")
    if function == _TRIM and sections[2] != "iam":
        raise Refused(0, f"it is the ARN of {sections[2] or 'no service'}, not of a role of IAM")
