"""Stage 2, resolve: merge preset, file and overrides into complete environments.

Maps merge key by key; lists and single values replace; null resets a value that may be null. Each of the three layers
is validated where it was written. Invalid parts are removed, so that the rest can still be merged and checked as a
whole: all findings of a file come at once, each at its own line, and each once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Checked, Finding, Location, has_errors
from ticketgen.findings.spec import NO_ENVIRONMENTS, TOO_MANY_ENVIRONMENTS
from ticketgen.spec.authoring import MAX_ENVIRONMENTS, TOP_LEVEL_KEYS, PresetFile, SpecFile
from ticketgen.spec.environment_checks import check_environments
from ticketgen.spec.explain import explain
from ticketgen.spec.load import SpecDocument
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.nodes import (
    KeyPath,
    Map,
    Scalar,
    Sequence,
    YamlNode,
    find,
    merge,
    node_locations,
    plain_value_of,
    remove_paths,
)
from ticketgen.spec.region_checks import check_regions
from ticketgen.spec.spec_part import SpecPart

__all__ = ["resolve"]

_SORTED = ("regions", "retired_regions")
"""Lists of Regions whose order has no meaning."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """A preset or a spec file without its invalid parts.

    Attributes:
        tree: the valid rest.
        findings: what is wrong.
        broken: the paths that were removed.
    """

    tree: Map
    findings: tuple[Finding, ...]
    broken: frozenset[KeyPath]


def resolve(document: SpecDocument) -> Checked[Project]:
    """Resolve a spec; no value if it has an error."""
    layer = _layer(document.root, SpecFile)
    findings = list(layer.findings)
    tree, broken = layer.tree, layer.broken
    if document.preset is not None:
        preset = _layer(document.preset, PresetFile)
        findings += preset.findings
        merged = merge(preset.tree, layer.tree)
        tree = merged if isinstance(merged, Map) else tree
        broken |= preset.broken

    environments_node = tree.entries.get("environments")
    if environments_node is not None and len(_environments(tree)) > MAX_ENVIRONMENTS:
        return Checked(None, (*findings, _too_many(environments_node.location, len(_environments(tree)))))
    settings = {name: _settings(tree, node) for name, node in _environments(tree).items()}
    if () not in broken and ("environments",) not in broken:
        findings += _missing_environments(document, tree, broken)
    partition = _partition(settings.values())
    environments = []
    for name, setting in settings.items():
        environment, wrong = _environment(document, tree, name, setting, broken, partition)
        findings += wrong
        if environment is not None:
            environments.append(environment)
    findings += check_environments(settings, _places(tree))
    unique = tuple(sorted(dict.fromkeys(findings), key=lambda finding: _sort_key(finding, document.file)))
    if has_errors(unique) or document.preset_missing:
        return Checked(None, unique)
    locations = _locations(document, settings)
    name = str(plain_value_of(tree.entries["project"]))
    folder = str(Path(document.file).parent)
    return Checked(
        Project(name=name, environments=tuple(environments), locations=locations, folder=folder), unique
    )


def _sort_key(finding: Finding, file: str) -> tuple[bool, Location]:
    """The spec's findings in its order, then the preset's."""
    at = finding.location or Location(file)
    return at.file != file, at


def _layer(root: YamlNode, model: type[SpecPart]) -> _Layer:
    try:
        model.model_validate(plain_value_of(root))
    except ValidationError as error:
        errors = (each for each in error.errors(include_url=False) if not _is_consequence(each, root))
        explained = [explain(each, root, model) for each in errors]
    else:
        explained = []
    broken = frozenset(path for _, path in explained)
    remaining = remove_paths(root, broken)
    tree = remaining if isinstance(remaining, Map) and () not in broken else Map({}, {}, root.location, ())
    return _Layer(tree, tuple(finding for finding, _ in explained), broken)


def _is_consequence(error: ErrorDetails, root: YamlNode) -> bool:
    """Whether a list is too short only because pydantic leaves its invalid items out."""
    node = find(root, error["loc"])
    return error["type"] == "too_short" and isinstance(node, Sequence) and bool(node.items)


def _environments(tree: Map) -> Mapping[str, YamlNode]:
    node = tree.entries.get("environments")
    return node.entries if isinstance(node, Map) else {}


def _places(tree: Map) -> Mapping[str, Location]:
    node = tree.entries.get("environments")
    return node.key_locations if isinstance(node, Map) else {}


def _missing_environments(document: SpecDocument, tree: Map, broken: frozenset[KeyPath]) -> Iterator[Finding]:
    if _environments(tree) or any(path[:1] == ("environments",) for path in broken):
        return
    at = tree.entries["environments"].location if "environments" in tree.entries else tree.location
    yield NO_ENVIRONMENTS.found("environments: the spec has no environment", at=at)


def _too_many(location: Location, count: int) -> Finding:
    return TOO_MANY_ENVIRONMENTS.found(
        f"environments: {count} are more than the {MAX_ENVIRONMENTS} that one spec may have", at=location
    )


def _settings(tree: Map, overrides: YamlNode) -> Map:
    """The settings of an environment."""
    common = {key: value for key, value in tree.entries.items() if key not in TOP_LEVEL_KEYS}
    base = Map(common, tree.key_locations, tree.location, tree.path)
    both = merge(base, overrides) if isinstance(overrides, Map) else base
    # An error about the whole section is one of the file: a missing key is missing there.
    return Map(both.entries, tree.key_locations, tree.location, tree.path) if isinstance(both, Map) else base


def _broken_settings(name: str, settings: Map, broken: frozenset[KeyPath]) -> frozenset[str]:
    """The settings of an environment that lost an invalid part."""
    own = {path[2] for path in broken if path[:2] == ("environments", name) and len(path) > 2}
    replaced = {
        key
        for key, node in settings.entries.items()
        if node.path[:1] == ("environments",) and not isinstance(node, Map)
    }
    return frozenset(str(key) for key in own | ({path[0] for path in broken if path} - replaced))


def _environment(
    document: SpecDocument,
    tree: Map,
    name: str,
    settings: Map,
    broken: frozenset[KeyPath],
    partition: str | None,
) -> tuple[Environment | None, list[Finding]]:
    """An environment, or None if it is invalid, and its findings."""
    broken_settings = _broken_settings(name, settings, broken)
    findings = list(check_regions(name, settings, broken_settings, document.file, partition))
    values = dict(_plain_map(settings))
    for key in _SORTED:
        listed = values.get(key)
        if isinstance(listed, tuple):
            values[key] = tuple(sorted(listed, key=str))
    project = tree.entries.get("project")
    try:
        return Environment.model_validate(
            {**values, "name": name, "project": plain_value_of(project) if project else ""}
        ), findings
    except ValidationError as error:
        for each in error.errors(include_url=False):
            # A contradiction of two settings has no location of its own, and names one of them.
            setting = (*each["loc"], *each.get("ctx", {}).get("below", ()))[0]
            is_reported = setting in broken_settings or setting == "project"
            if is_reported or (each["type"] == "missing" and (document.preset_missing or () in broken)):
                continue
            findings.append(explain(each, settings, Environment)[0])
    return None, findings


def _plain_map(tree: Map) -> Iterable[tuple[str, object]]:
    return ((key, plain_value_of(value)) for key, value in tree.entries.items())


def _partition(trees: Iterable[Map]) -> str | None:
    """The partition of the first primary Region, or else of the first Region."""
    first: list[YamlNode] = []
    for tree in trees:
        listed = tree.entries.get("regions")
        first += [tree.entries[key] for key in ("primary_region",) if key in tree.entries]
        first += listed.items if isinstance(listed, Sequence) else ()
    names = (node.value for node in first if isinstance(node, Scalar))
    return next(
        (REGIONS[name].partition for name in names if isinstance(name, str) and name in REGIONS), None
    )


def _locations(document: SpecDocument, trees: Mapping[str, Map]) -> Mapping[KeyPath, Location]:
    locations = dict(node_locations(document.preset)) if document.preset is not None else {}
    locations |= dict(node_locations(document.root))
    for name, tree in trees.items():
        own = locations.get(("environments", name))
        for path, at in node_locations(_sorted_regions(tree), ("environments", name)):
            locations[path] = at
        if own:
            locations["environments", name] = own
    return locations


def _sorted_regions(tree: Map) -> Map:
    entries = dict(tree.entries)
    for key in _SORTED:
        listed = entries.get(key)
        if isinstance(listed, Sequence):
            items = tuple(sorted(listed.items, key=lambda item: str(plain_value_of(item))))
            entries[key] = Sequence(items, listed.location, listed.path)
    return Map(entries, tree.key_locations, tree.location, tree.path)
