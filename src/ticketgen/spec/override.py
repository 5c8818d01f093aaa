"""Apply ``path=value`` from the command line, validated like a value in the file.

Errors are reported at the option, ``--set event_scale.purchases_per_minute=0:1:34``: the column is that of the
value, or of the key, in the option.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from ticketgen.findings import Checked, Finding, Location, has_errors
from ticketgen.findings.spec import INVALID_OPTION, UNKNOWN_ENVIRONMENT
from ticketgen.spec.authoring import Overrides
from ticketgen.spec.explain import explain
from ticketgen.spec.load import SpecDocument
from ticketgen.spec.nodes import OPTION, KeyPath, Map, Scalar, YamlNode, display_text, merge, plain_value_of
from ticketgen.spec.nodes import Sequence as List
from ticketgen.spec.reader import read
from ticketgen.spec.string_types import suggest_known

__all__ = ["apply_overrides"]


@dataclass(frozen=True, slots=True)
class _Override:
    """One option.

    Attributes:
        text: as it was given.
        environment: the only environment that it applies to; "" for all chosen ones.
        path: of the value, in an environment.
        value: the value.
    """

    text: str
    environment: str
    path: tuple[str, ...]
    value: YamlNode

    def tree(self, prefix: KeyPath = ()) -> YamlNode:
        """The value nested in maps, at a path of a spec."""
        file = OPTION + self.text
        node = _moved_into_option(self.value, file, (*prefix, *self.path), self.text.index("=") + 1)
        column = self.text.index("=") + 1
        for depth in reversed(range(len(self.path))):
            key = self.path[depth]
            column -= len(key) + 1
            at = Location(file, 1, column + 1)
            node = Map({key: node}, {key: at}, at, (*prefix, *self.path[:depth]))
        return node


def apply_overrides(
    document: SpecDocument, options: Sequence[str], only: Collection[str] = ()
) -> Checked[SpecDocument]:
    """Set values in a spec.

    Args:
        document: as it was loaded.
        options: ``path=value`` each, the value in YAML: ``event_scale.purchases_per_minute=90000``. A later one
            wins. A path that begins with ``environments.<name>.`` is for that environment only.
        only: the environments chosen otherwise; all of them if empty.

    Returns:
        The spec in which each chosen environment has the values as its own; no value if an option is wrong.
    """
    names = _environments(document)
    root = document.root
    findings: list[Finding] = []
    for option in options:
        setting = _parsed(option)
        if isinstance(setting, tuple):
            findings += setting
            continue
        if setting.environment and setting.environment not in names:
            findings.append(_unknown_environment(setting, names))
            continue
        findings += _override_errors(setting)
        targets = (
            [setting.environment] if setting.environment else [n for n in names if not only or n in only]
        )
        for name in targets:
            root = merge(root, _at_environment(setting, name))
    if has_errors(findings):
        return Checked(None, tuple(findings))
    return Checked(replace(document, root=root), tuple(findings))


def _environments(document: SpecDocument) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for root in (document.preset, document.root):
        named = root.entries.get("environments") if isinstance(root, Map) else None
        if isinstance(named, Map):
            found |= dict.fromkeys(named.entries)
    return tuple(found)


def _at_environment(setting: _Override, name: str) -> Map:
    at = Location(OPTION + setting.text)
    tree = setting.tree(("environments", name))
    named = Map({name: tree}, {name: at}, at, ("environments",))
    return Map({"environments": named}, {"environments": at}, at, ())


def _parsed(option: str) -> _Override | tuple[Finding, ...]:
    path, equals, text = option.partition("=")
    steps = path.split(".")
    environment = ""
    if steps[0] == "environments":
        environment, steps = (steps[1] if len(steps) > 1 else ""), steps[2:]
    if not equals or not steps or not all(steps) or not path.isprintable():
        example = "event_scale.purchases_per_minute=90000"
        return (
            INVALID_OPTION.found(
                f"--set {display_text(option)} is not path=value",
                f"write {example}",
                at=Location(OPTION + option),
            ),
        )
    if not text.strip():
        return _Override(option, environment, tuple(steps), Scalar(None, "", Location(""), ()))
    value = read(text.encode("utf-8", "surrogateescape"), OPTION + option)
    if value.value is None or has_errors(value.findings):
        return value.findings
    return _Override(option, environment, tuple(steps), value.value)


def _override_errors(setting: _Override) -> Iterator[Finding]:
    tree = setting.tree()
    try:
        Overrides.model_validate(plain_value_of(tree))
    except ValidationError as error:
        for each in error.errors(include_url=False):
            yield explain(each, tree, Overrides)[0]


def _unknown_environment(setting: _Override, names: Sequence[str]) -> Finding:
    message = f"the spec has no environment {display_text(setting.environment)}"
    return UNKNOWN_ENVIRONMENT.found(
        message, suggest_known(setting.environment, names), at=Location(OPTION + setting.text)
    )


def _moved_into_option(node: YamlNode, file: str, path: KeyPath, offset: int) -> YamlNode:
    """Move a node that was read by itself to its place in the option and in the spec."""

    def moved(location: Location) -> Location:
        return Location(file, location.line, location.column + (offset if location.line == 1 else 0))

    match node:
        case Scalar():
            return Scalar(node.value, node.text, moved(node.location), path)
        case List():
            items = tuple(
                _moved_into_option(item, file, (*path, number), offset)
                for number, item in enumerate(node.items)
            )
            return List(items, moved(node.location), path)
        case Map():
            entries = {
                key: _moved_into_option(value, file, (*path, key), offset)
                for key, value in node.entries.items()
            }
            keys_at = {key: moved(at) for key, at in node.key_locations.items()}
            return Map(entries, keys_at, moved(node.location), path)
