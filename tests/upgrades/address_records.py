"""The recorded addresses of earlier versions, and those of this one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.parse import parse
from ticketgen.hcl.resource_addresses import resource_addresses
from ticketgen.hcl.syntax import File
from ticketgen.pipeline import read_project
from ticketgen.sizing import size
from ticketgen.spec.model import Environment
from ticketgen.stack.render import render

__all__ = ["HERE", "OLD_VERSIONS", "Place", "environments", "recorded", "rendered_places"]

HERE = Path(__file__).parent
OLD_VERSIONS = ("0.1.0", "root-modules", "function-aliases")


class Place(NamedTuple):
    """A resource in a state: the path of its root module, and its address."""

    root: str
    address: str


def recorded(version: str) -> Mapping[str, frozenset[Place]]:
    """The recorded resources of a version, by environment."""
    found: dict[str, set[Place]] = defaultdict(set)
    for line in (HERE / "addresses" / f"{version}.txt").read_text("utf-8").splitlines():
        name, root, address = line.split(" ", 2)
        found[name].add(Place(root, address))
    return {name: frozenset(places) for name, places in found.items()}


@cache
def environments(spec: str) -> Mapping[str, Environment]:
    """The environments of a spec of this folder, by name."""
    project = read_project(HERE / spec)
    assert project.value is not None, project.findings
    return {each.name: each for each in project.value.environments}


@cache
def rendered_places(spec: str) -> Mapping[str, frozenset[Place]]:
    """The resources that this version renders, by environment."""
    return {name: frozenset(_places(environment, spec)) for name, environment in environments(spec).items()}


def _places(environment: Environment, spec: str) -> Iterator[Place]:
    project, sizing = read_project(HERE / spec).value, size(environment).value
    assert project is not None
    assert sizing is not None
    files = render(environment, sizing, project).value
    assert files is not None
    texts = {path: text for path, text in files.items() if path.endswith(".tf")}
    parsed = (parse(path, text) for path, text in texts.items())
    configuration = Configuration((each for each in parsed if isinstance(each, File)), texts)
    return (Place(*each) for each in resource_addresses(configuration))
