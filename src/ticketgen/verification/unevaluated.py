"""Turn errors in content that Terraform does not evaluate into warnings.

Terraform accepts errors in the content of a dynamic block that it does not evaluate: `dynamic_content` says why. They
are warnings, because a variable may add elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from ticketgen.aws.provider.schema import BlockSchema
from ticketgen.findings import Finding, Location, Severity
from ticketgen.findings.verification import TOO_MANY_BLOCKS
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import File
from ticketgen.type_checking.cty_types import VariableTypes
from ticketgen.type_checking.dynamic_content import Evaluated, contents_of_loops
from ticketgen.type_checking.inference import ignore_problem
from ticketgen.type_checking.scope_types import ScopeTypes

__all__ = ["KnownSchemas", "UnevaluatedContents"]

KnownSchemas: TypeAlias = Callable[[str, str], BlockSchema | None]
"""Returns the schema of a kind and a type; None if it is unknown."""


class UnevaluatedContents:
    """The content of dynamic blocks that Terraform does not evaluate.

    Args:
        modules: the modules, by folder.
        schemas: the schemas that a module uses.
        variables: the types of variables.
        budget: pays for the evaluation of ``for_each``.
    """

    def __init__(
        self,
        modules: Mapping[str, Module],
        schemas: Callable[[Module], KnownSchemas],
        variables: VariableTypes,
        budget: Budget,
    ) -> None:
        self._modules = modules
        self._schemas = schemas
        self._variables = variables
        self._budget = budget
        self._files: dict[str, tuple[Module, File]] | None = None
        self._contents: dict[str, Mapping[tuple[int, int], Evaluated]] = {}

    def graded(self, findings: Iterable[Finding], *, resolved: bool = False) -> Iterator[Finding]:
        """The findings; an error in content that Terraform does not evaluate becomes a warning.

        Args:
            findings: the findings.
            resolved: whether they are about what references and calls refer to. Terraform checks the rest of the
                content even if it does not know ``for_each``.
        """
        for finding in findings:
            if finding.severity is Severity.ERROR and finding.location is not None:
                needed = Evaluated.PERHAPS
                if resolved or finding.rule == TOO_MANY_BLOCKS.id:
                    needed = Evaluated.ALWAYS
                if self._evaluated(finding.location) < needed:
                    yield replace(finding, severity=Severity.WARNING)
                    continue
            yield finding

    def _evaluated(self, place: Location) -> Evaluated:
        if place.file not in self._contents:
            self._contents[place.file] = self._contents_of(place.file)
        around = [
            (lines, evaluated)
            for lines, evaluated in self._contents[place.file].items()
            if lines[0] <= place.line <= lines[1]
        ]
        return max(around)[1] if around else Evaluated.ALWAYS

    def _contents_of(self, path: str) -> Mapping[tuple[int, int], Evaluated]:
        if self._files is None:
            self._files = {
                file.path: (module, file) for module in self._modules.values() for file in module.files
            }
        if path not in self._files:
            return {}
        module, file = self._files[path]
        types = ScopeTypes(
            module,
            self._modules,
            self._schemas(module),
            lambda _: ignore_problem,
            self._budget,
            self._variables,
        )
        return contents_of_loops(file, types.context(path))
