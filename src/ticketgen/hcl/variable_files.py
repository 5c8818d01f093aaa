"""Files that set the variables of a root module.

Source: https://developer.hashicorp.com/terraform/language/values/variables#variable-definitions-tfvars-files
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import File
from ticketgen.hcl.values import Unknown, Value

__all__ = ["automatic_values", "is_automatic", "values_in"]

_DEFAULT = "terraform.tfvars"
_NOWHERE = Scope(Module("", ()))


def is_automatic(path: str) -> bool:
    """Whether Terraform reads a file without being told, in its own syntax or translated from JSON."""
    name = posixpath.basename(path).removesuffix(".json.tfvars")
    return name == _DEFAULT or name.endswith(".auto.tfvars")


def values_in(values: Evaluator, file: File) -> Mapping[str, Value]:
    """The values that a file sets; unknown ones are left out."""
    known = {each.name: values.of(each.value, _NOWHERE) for each in file.body.attributes}
    return {name: value for name, value in known.items() if not isinstance(value, Unknown)}


def automatic_values(values: Evaluator, files: Iterable[File], folder: str) -> Mapping[str, Value]:
    """The values of variables that Terraform reads by itself in a folder; later files override earlier ones."""
    here = [each for each in files if posixpath.dirname(each.path) == folder and is_automatic(each.path)]
    found: dict[str, Value] = {}
    for file in sorted(here, key=_order):
        found |= values_in(values, file)
    return found


def _order(file: File) -> tuple[bool, str]:
    name = posixpath.basename(file.path)
    return not name.startswith(_DEFAULT), name
