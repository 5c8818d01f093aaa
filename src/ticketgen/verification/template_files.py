"""Find the files that ``templatefile`` reads in a module."""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.syntax import Expression
from ticketgen.hcl.values import Value
from ticketgen.type_checking.template_texts import FunctionTemplate
from ticketgen.verification.missing_files import read_path

__all__ = ["TemplateFiles"]


class TemplateFiles:
    """The files that ``templatefile`` reads in a module.

    Args:
        configuration: the directory.
        values: the evaluator of the paths.
        folder: the folder of the module.
    """

    def __init__(self, configuration: Configuration, values: Evaluator, folder: str) -> None:
        self._configuration = configuration
        self._values = values
        self._folder = folder

    def __call__(self, path: Expression, bound: Mapping[str, Value]) -> FunctionTemplate | None:
        """The file at a path; None if it was not read, or if the calls of the module read different ones."""
        scopes = self._configuration.scopes[self._folder]
        paths = {read_path(self._values, scope, path, bound) for scope in scopes}
        found = paths.pop() if len(paths) == 1 else ""
        text = self._configuration.text_of(found) if found else None
        return None if text is None else FunctionTemplate(found, text.removeprefix("\ufeff"))
