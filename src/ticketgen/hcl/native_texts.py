"""The files of Terraform and OpenTofu in one syntax, the native one of ``*.tf`` and ``*.tfvars``.

Sources: https://developer.hashicorp.com/terraform/language/files and https://opentofu.org/docs/language/files/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ticketgen.findings import Location
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.json_syntax import (
    InvalidJson,
    JsonBlocks,
    NestedBlocks,
    RefusedJson,
    TranslatedJson,
    translate_json,
    translate_tests,
    translate_values,
)
from ticketgen.terraform_file_names import DECLARING, MOCK_DATA, NATIVE_TESTS, SETTING_VARIABLES

__all__ = ["NativeTexts", "native_texts", "written_path"]

_NO_TESTS: Final[Mapping[str, JsonBlocks]] = {}
_OTHER_KINDS: Final = (SETTING_VARIABLES, NATIVE_TESTS, MOCK_DATA)
_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class NativeTexts:
    """Some files, each in the native syntax.

    Attributes:
        texts: the texts by path. A file in another syntax has the end of the native one appended to its name.
        lines: for each file with such a name, the line of each line of its text.
        broken: why a file cannot be translated, by its path.
        refused: the line and the reason for each of these files that Terraform refuses as well.
    """

    texts: Mapping[str, str]
    lines: Mapping[str, tuple[int, ...]]
    broken: Mapping[str, str]
    refused: Mapping[str, tuple[int, str]]

    def place(self, location: Location) -> Location:
        """A location as the user knows it: in the written file, instead of its translation."""
        numbers = self.lines.get(location.file)
        if numbers is None:
            return location
        line = numbers[min(location.line, len(numbers)) - 1] if numbers else 1
        file = written_path(location.file)
        # A translated line has other columns.
        return replace(
            location, file=file, line=line, column=1 if file.endswith(".json") else location.column
        )


def native_texts(
    texts: Mapping[str, str],
    schema_of: Callable[[str, str], NestedBlocks | None],
    tests: Mapping[str, JsonBlocks] = _NO_TESTS,
) -> NativeTexts:
    """Translate the files that are in another syntax, and leave out those that OpenTofu replaces.

    Args:
        texts: the texts of files of every kind, by path.
        schema_of: the schema of a kind (``resource``, ``data``, ``ephemeral`` or ``provider``) and a type.
        tests: the blocks of the files for ``terraform test``, by the end of their names.
    """
    found: dict[str, str] = {}
    lines: dict[str, tuple[int, ...]] = {}
    refused: dict[str, tuple[int, str]] = {}
    broken: dict[str, str] = {}
    for path, text in texts.items():
        if _is_replaced(path, texts):
            continue
        written = text.removeprefix(_MARK)
        try:
            if path.endswith((".tf.json", ".tofu.json")):
                done = translate_json(_admitted(written), schema_of)
            elif path.endswith(".tfvars.json"):
                done = translate_values(_admitted(written))
            elif blocks := next((tests[end] for end in tests if path.endswith(end)), None):
                done = translate_tests(_admitted(written), blocks)
            elif path.endswith(".tofu"):
                done = TranslatedJson(written, tuple(range(1, written.count("\n") + 2)))
            else:
                found[path] = text
                continue
        except InvalidJson as error:
            broken[path] = str(error)
            if isinstance(error, RefusedJson):
                refused[path] = error.line, error.reason
            continue
        name = path + next((kind[0] for kind in _OTHER_KINDS if path.endswith(kind)), DECLARING[0])
        found[name], lines[name] = done.text, done.lines
    return NativeTexts(found, lines, broken, refused)


def written_path(path: str) -> str:
    """The path of the written file, for that of a translation; any other path as it is."""
    for native, *others in (*_OTHER_KINDS, DECLARING):
        if path.endswith(native) and path.removesuffix(native).endswith(tuple(others)):
            return path.removesuffix(native)
    return path


def _admitted(text: str) -> str:
    if refused := refusal(text):
        raise InvalidJson(refused.reason)
    return text


def _is_replaced(path: str, texts: Mapping[str, str]) -> bool:
    """Whether OpenTofu reads a file of the same name with ``.tofu`` instead."""
    for end, other in ((".tf", ".tofu"), (".tf.json", ".tofu.json")):
        if path.endswith(end):
            return path.removesuffix(end) + other in texts
    return False
