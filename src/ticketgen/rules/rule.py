"""A rule: its metadata, and the function that finds violations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ticketgen.findings import FindingKind, Location, Severity, Stage
from ticketgen.rules.subject import Subject

__all__ = ["Problem", "Rule"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A violation of a rule, before it becomes a finding.

    Attributes:
        message: what is wrong, with the offending value, as one sentence without a full stop.
        location: the location of the violation.
        help: the fix for this violation; "" for the rule's own fix.
        severity: the severity of this violation, wherever it is; None for the rule's own severity.
        certain: whether it is there with all values of the root module's variables, and not only with their defaults.
    """

    message: str
    location: Location
    help: str = ""
    severity: Severity | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Rule(FindingKind):
    """The declaration of a rule.

    The severity is an error if AWS rejects the violating code, if the code cannot work, or if the stack then lacks one
    of its safeguards.

    Attributes:
        certain: whether an error of the rule is one in any Terraform: AWS rejects the text as it is written, or the
            rule is a convention that is checked on request. The others draw conclusions from what code elsewhere seems
            to do, so that they are errors only in stacks that ticketgen rendered, and warnings in other Terraform.
        graded: whether each problem has a severity of its own.
        selective: whether the rule judges only what it happens to know, so that code that it cannot see is no gap.
        check: finds the violations of the rule.
    """

    stage: Stage = Stage.VERIFY
    certain: bool = False
    graded: bool = False
    selective: bool = False
    check: Callable[[Subject], Iterator[Problem]] = field(kw_only=True)

    def severity_in(self, *, rendered: bool, certain: bool = True) -> Severity:
        """Its severity in a stack that ticketgen rendered, or in other Terraform.

        Args:
            rendered: whether ticketgen rendered the stack.
            certain: whether the problem is certain; see `Problem`.
        """
        stays = rendered or (self.certain and certain) or self.severity is not Severity.ERROR
        return self.severity if stays else Severity.WARNING
