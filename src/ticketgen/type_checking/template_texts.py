"""Templates that an expression contains as text, such as the first argument of ``templatestring``.

Every name that the template refers to must be in the variables, even in a branch that is not evaluated.
Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/lang/funcs/string.go
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from ticketgen.hcl.guards import refusal
from ticketgen.hcl.syntax import File
from ticketgen.hcl.traversal import free_references
from ticketgen.type_checking.refusal import Refused

__all__ = ["refuse_template"]

_MAX_TEMPLATE: Final = 20_000
"""Characters of a template that is read; a longer one counts as valid."""
_END: Final = "END_OF_TEMPLATE"
"""The end of the heredoc that the template is read in: both have the same syntax."""


def refuse_template(text: str, names: Container[str]) -> None:
    """Read a template, and compare its references with the variables that it gets.

    Raises:
        Refused: the text is no template, or refers to another variable.
    """
    if len(text) > _MAX_TEMPLATE or _END in text or ("${" not in text and "%{" not in text):
        return
    from ticketgen.hcl.parse import parse
    from ticketgen.hcl.reference_parser import parser_errors

    written = f"template = <<{_END}\n{text}\n{_END}\n"
    if refusal(written):
        return
    errors = parser_errors(written)
    if errors:
        raise Refused(0, f"the template is not valid: {errors[0].summary}")
    file = parse("template", written)
    if not isinstance(file, File):
        return
    for attribute in file.body.attributes:
        for reference in free_references(attribute.value):
            if reference.root not in names:
                raise Refused(1, f"the template refers to {reference.root}, which the variables do not have")
