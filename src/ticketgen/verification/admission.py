"""Decide which files of a directory fit its budget, before any is parsed.

The lightest files come first, so that a heavy file does not prevent other files from being checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.findings import Finding, Location, Severity
from ticketgen.findings.verification import NOT_CHECKED
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.guards import invalid_character, refusal
from ticketgen.hcl.weight import TOKENS_PER_FILE, Weight, upper_bound, weigh, weigh_code

__all__ = ["FIX", "AdmittedFiles", "admit", "too_large"]

FIX = "validate its folders one by one, or raise --budget"
_MAX_NAMED = 20
"""Limit of files that get a finding of their own."""


@dataclass(frozen=True, slots=True)
class AdmittedFiles:
    """The files that fit the budget.

    Attributes:
        terraform: the texts to parse, by path, sorted.
        others: the paths of the other files that fit.
        findings: the findings about files that do not fit.
    """

    terraform: Mapping[str, str]
    others: frozenset[str]
    findings: tuple[Finding, ...]


def admit(
    terraform: Mapping[str, str], others: Mapping[str, str], budget: Budget, *, rendered: bool
) -> AdmittedFiles:
    """Select the files of a directory that fit the budget.

    Args:
        terraform: the texts to parse, by path.
        others: the other texts.
        budget: the budget of the directory.
        rendered: whether ticketgen rendered the files; see `verify_within`.
    """
    code_weights = {path: weigh_code(text) for path, text in others.items()}
    bounds = [*map(upper_bound, terraform.values()), *(each.tokens for each in code_weights.values())]
    longest = max(map(len, terraform.values()), default=0)
    heaviest = max(bounds, default=0)
    if sum(bounds) <= budget.tokens and heaviest <= budget.tokens_per_file and longest <= budget.longest:
        return AdmittedFiles(terraform, frozenset(others), ())
    weights = {path: _weight(text, budget) for path, text in terraform.items()}
    weights |= code_weights
    left = budget.tokens
    fits = set()
    refused: dict[str, str] = {}
    for path in sorted(weights, key=lambda path: (weights[path].tokens, path)):
        weight = weights[path]
        if weight.longest > budget.longest:
            refused[path] = f"a string, heredoc or comment has more than {budget.longest:,} characters"
        elif weight.tokens > budget.tokens_per_file:
            refused[path] = f"the file has more than {budget.tokens_per_file:,} tokens"
        elif weight.tokens > left:
            refused[path] = (
                f"the directory has more than {budget.tokens:,} tokens, of which this file has "
                + (f"{weight.tokens:,}")
            )
        else:
            left -= weight.tokens
            fits.add(path)
    return AdmittedFiles(
        {path: text for path, text in terraform.items() if path in fits},
        frozenset(others) & fits,
        tuple(_findings(refused, budget, rendered=rendered)),
    )


def too_large(why: str, location: Location | None, help: str, *, rendered: bool) -> Finding:
    """The finding about anything that exceeds the budget."""
    severity = Severity.ERROR if rendered else Severity.NOTE
    return NOT_CHECKED.found(f"not checked: too large: {why}", help, at=location, severity=severity)


def _weight(text: str, budget: Budget) -> Weight:
    unread = Weight(TOKENS_PER_FILE, 0)  # for a text that no parser reads
    if invalid_character(text):
        return unread
    weight = weigh(text, budget.tokens_per_file)
    # The weight comes first, because `weigh` stops early in a heavy text, while `refusal` may read all of it.
    return unread if weight.tokens <= budget.tokens_per_file and refusal(text) else weight


def _findings(refused: Mapping[str, str], budget: Budget, *, rendered: bool) -> Iterator[Finding]:
    for path, why in list(refused.items())[:_MAX_NAMED]:
        help = "split the file, or raise --budget" if "directory" not in why else FIX
        yield too_large(why, Location(path), help, rendered=rendered)
    if len(refused) > _MAX_NAMED:
        why = f"{len(refused) - _MAX_NAMED:,} more files are over the limit of {budget.tokens:,} tokens"
        yield too_large(why, None, FIX, rendered=rendered)
