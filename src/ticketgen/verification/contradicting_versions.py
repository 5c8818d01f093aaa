"""Level 3, language: version constraints that no version satisfies.

A root module and all modules that it calls share one version of each provider, and one version of Terraform.
Source: https://developer.hashicorp.com/terraform/language/providers/requirements#version-constraints
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import CONTRADICTING_VERSIONS
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Expression, Literal
from ticketgen.terraform_file_names import is_opentofu_file
from ticketgen.verification.accepted_versions import called_modules, required_sources
from ticketgen.verification.version_constraints import Terms, constraint_terms, holds

__all__ = ["check_versions"]

_TERRAFORM = "Terraform"
_EXISTING: Mapping[str, Terms] = {_TERRAFORM: (("<", (2,)),)}
"""What holds for all existing versions: https://releases.hashicorp.com/terraform/"""


def check_versions(modules: Mapping[str, Module], budget: Budget) -> Iterator[Finding]:
    """Yield a finding for each constraint that no version satisfies together with the constraints before it.

    Args:
        modules: the modules of the directory, by folder.
        budget: pays for each comparison; what it does not suffice for counts as satisfiable.
    """
    written = {folder: list(_constraints(module)) for folder, module in modules.items()}
    reported: set[Location] = set()
    for reached in called_modules(modules.values()):
        terms: dict[str, Terms] = {}
        for subject, constraint, location in (each for folder in reached for each in written[folder]):
            together = terms.get(subject, _EXISTING.get(subject, ())) + constraint
            if not budget.spend(len(together) ** 2):
                return
            if _is_satisfiable(together):
                terms[subject] = together
            elif location not in reported:
                reported.add(location)
                is_alone = subject not in terms
                what = (
                    "it" if is_alone else "this constraint and the others of the called and calling modules"
                )
                message = f"no version of {subject} satisfies {what}"
                yield CONTRADICTING_VERSIONS.found(message, at=location)


def _constraints(module: Module) -> Iterator[tuple[str, Terms, Location]]:
    """The constraints of a module on Terraform and on providers, which are readable as a whole."""
    has_opentofu = any(is_opentofu_file(file.path) for file in module.files)
    for file in module.files:
        # Beside files of OpenTofu, the version in another file is that of Terraform, which does not read the folder.
        is_ignored = has_opentofu and not is_opentofu_file(file.path)
        for block in file.body.blocks:
            if block.type != "terraform":
                continue
            own = [(_TERRAFORM, None if is_ignored else block.value("required_version"))]
            for entries in block.blocks("required_providers"):
                names = {each.name for each in entries.body.attributes}
                sources = required_sources(module).items()
                own += [(source, version) for name, (source, version) in sources if name in names]
            for subject, constraint in own:
                if constraint is not None and _is_readable(constraint):
                    yield subject, constraint_terms(constraint), constraint.at(file.path)


def _is_readable(constraint: Expression) -> bool:
    """Whether all terms are about releases of three numbers at most; a pre-release needs its exact version."""
    if not isinstance(constraint, Literal) or not isinstance(constraint.value, str):
        return False
    terms = constraint_terms(constraint)
    is_whole = len(terms) == constraint.value.count(",") + 1
    return is_whole and "-" not in constraint.value and all(len(bound) <= 3 for _, bound in terms)


def _is_satisfiable(terms: Terms) -> bool:
    """Whether some version is within all terms.

    If there is one, the first version of all, a bound, or the next version after one is as well.
    """
    bounds = {(*bound, *(0,) * (3 - len(bound))) for _, bound in terms} | {(0, 0, 0)}
    candidates = bounds | {(*bound[:2], bound[2] + 1) for bound in bounds}
    return any(all(holds(*term, each) for term in terms) for each in candidates)
