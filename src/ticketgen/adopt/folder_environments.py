"""Judge fixed names in root modules of one environment: a name that contains the environment needs no suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ticketgen.adopt.environment_names import contains_environment, environment_of_folder
from ticketgen.findings import Finding, Location
from ticketgen.hcl.configuration import Configuration
from ticketgen.rules import name_has_suffix, suffix_declared
from ticketgen.rules.resource_names import NameAttribute
from ticketgen.rules.rule import Problem
from ticketgen.rules.step_limit import StepLimitReached
from ticketgen.rules.subject import Subject
from ticketgen.rules.suffix_declared import fixed_names, fixed_names_problem

__all__ = ["judge_names_by_folder"]

_RULE = suffix_declared.RULE


def judge_names_by_folder(
    findings: tuple[Finding, ...], configuration: Configuration, place: Callable[[Location], Location]
) -> tuple[Finding, ...]:
    """Replace findings about fixed names in root modules whose folder names an environment.

    If no name contains the environment, the finding stays. If some names do, only names without it are findings: the
    rule `suffix-declared` cannot tell them apart, because it does not know the environments.

    Args:
        findings: the findings about the directory.
        configuration: the directory.
        place: maps a location to the one that the user knows.
    """
    if not any(each.rule == _RULE.id for each in findings):
        return findings
    try:
        roots = [_Root(names) for names in fixed_names(Subject(configuration))]
    except StepLimitReached:
        return findings
    kept = {_key(root.problem, place) for root in roots if not root.varying}
    judged = [root for root in roots if root.varying]
    replaced = {key: root for root in judged if (key := _key(root.problem, place)) not in kept}
    found = {each.location: each for root in judged for each in root.findings(place)}
    removed = {(each.message, each.location) for each in findings if each.rule == _RULE.id} & replaced.keys()
    if not removed:
        return findings  # a comment in the code accepts the names
    others = (each for each in findings if (each.message, each.location) not in removed)
    return (*others, *found.values())


def _key(problem: Problem, place: Callable[[Location], Location]) -> tuple[str, Location]:
    return problem.message, place(problem.location)


class _Root:
    """The fixed names of a root module.

    Attributes:
        problem: what the rule reports about them.
        varying: whether some of them contain the environment of the folder.
    """

    def __init__(self, names: Iterable[NameAttribute]) -> None:
        every = list(names)
        self.folder = every[0].resource.scope.root.module.folder
        self.environment = environment_of_folder(self.folder)
        self.problem = fixed_names_problem(every)
        self._lacking = [each for each in every if not self._contains(each)]
        self.varying = len(self._lacking) < len(every)

    def _contains(self, name: NameAttribute) -> bool:
        text = name.resource.text_with_defaults(name.attribute)
        return bool(self.environment) and contains_environment(text, self.environment)

    def findings(self, place: Callable[[Location], Location]) -> Iterator[Finding]:
        """Yield a finding for each name that lacks the environment."""
        for name in self._lacking:
            yield name_has_suffix.RULE.found(
                f"the {name.attribute} of {name.resource.address} does not contain {self.environment}, the environment "
                f"of {self.folder}, as other names do",
                f"end the {name.attribute} with {self.environment}",
                at=place(name.resource.at(name.attribute)),
            )
