"""The root modules of a project's environments, for tools that run them: GitHub, Atlantis, Terragrunt.

Sources: https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations,
https://www.runatlantis.io/docs/repo-level-atlantis-yaml and
https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#dependencies.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ticketgen.rendering.literals import hcl_literal
from ticketgen.spec.model import Environment
from ticketgen.stack.roots import RootKind, prerequisites, retired_roots, root_modules

__all__ = ["LISTS", "ListedRoot", "listed_roots"]

_MODULES: Mapping[RootKind, Sequence[str]] = {
    RootKind.GLOBAL: (),
    RootKind.DATA: ("data",),
    RootKind.REGIONS: ("analytics", "code", "region", "verification"),
}
"""The modules below ``modules/`` that the root modules of a kind call."""

_STAGES = ("global", "data_primary", "data", "regions")


@dataclass(frozen=True, slots=True)
class ListedRoot:
    """One root module.

    Attributes:
        environment: the name of its environment.
        root: its path below the stack's folder.
        folder: its path below the project's.
        region: the Region of its provider.
        stage: its place in the order, from 0; root modules of one stage are independent of each other.
        needs: the paths below the stack's folder of the root modules that are applied before it.
        retired: whether its Region is retired, so that it waits to be destroyed.
        remote: whether ``init`` needs ``-backend-config=backend.hcl``.
        modules: the folders below the project's of the modules that it calls.
    """

    environment: str
    root: str
    folder: str
    region: str
    stage: int
    needs: tuple[str, ...]
    retired: bool
    remote: bool
    modules: tuple[str, ...]


def listed_roots(environment: Environment, stack: str) -> Iterator[ListedRoot]:
    """The root modules of an environment, in their order; retired ones last.

    Args:
        environment: the environment.
        stack: its folder below the project's.
    """
    for root in (*root_modules(environment), *retired_roots(environment)):
        is_primary = root.kind is RootKind.DATA and root.region == environment.primary_region
        yield ListedRoot(
            environment=environment.name,
            root=root.path,
            folder=f"{stack}/{root.path}",
            region=root.region,
            stage=_STAGES.index("data_primary" if is_primary else root.kind),
            needs=tuple(each.path for each in prerequisites(root, environment)),
            retired=root.retired,
            remote=environment.state.bucket is not None,
            modules=tuple(f"{stack}/modules/{name}" for name in _MODULES[root.kind]),
        )


def _for_github(roots: Iterable[ListedRoot]) -> str:
    """A matrix for each stage, as lines for ``$GITHUB_OUTPUT``. Retired root modules are in none."""
    stages: dict[str, list[dict[str, str]]] = {stage: [] for stage in _STAGES}
    for root in roots:
        if not root.retired:
            job = {
                "environment": root.environment,
                "root": root.root,
                "folder": root.folder,
                "region": root.region,
            }
            stages[_STAGES[root.stage]].append(job)
    return "".join(f"{stage}={json.dumps({'include': jobs})}\n" for stage, jobs in stages.items())


def _for_atlantis(roots: Iterable[ListedRoot]) -> str:
    """A whole ``atlantis.yaml``. Retired root modules are left to the Makefile."""
    import yaml

    live = [root for root in roots if not root.retired]

    def project(root: ListedRoot) -> dict[str, object]:
        watched = [
            "*.tf",
            "*.hcl",
            *(f"{posixpath.relpath(each, root.folder)}/*.tf" for each in root.modules),
        ]
        return {
            "name": _project_name(root.environment, root.root),
            "dir": root.folder,
            "execution_order_group": root.stage,
            **(
                {"depends_on": [_project_name(root.environment, each) for each in root.needs]}
                if root.needs
                else {}
            ),
            "autoplan": {"enabled": True, "when_modified": watched},
            **({"workflow": "ticketgen"} if root.remote else {}),
        }

    document: dict[str, object] = {
        "version": 3,
        "abort_on_execution_order_fail": True,
        "projects": [project(root) for root in live],
    }
    if any(root.remote for root in live):
        init = {"init": {"extra_args": ["-backend-config=backend.hcl"]}}
        document["workflows"] = {"ticketgen": {"plan": {"steps": [init, "plan"]}}}
    text: str = yaml.safe_dump(document, sort_keys=False, width=120)
    return text


def _project_name(environment: str, root: str) -> str:
    return f"{environment}-{root.replace('/', '-')}"


def _for_terragrunt(roots: Iterable[ListedRoot]) -> str:
    """The ``terragrunt.hcl`` of each root module, behind a comment with its path. Retired ones are left out."""
    return "\n".join(_unit(root) for root in roots if not root.retired)


def _unit(root: ListedRoot) -> str:
    stack = root.folder.removesuffix(root.root)
    lines = [f"# {root.folder}/terragrunt.hcl"]
    if root.remote:
        lines += [
            "terraform {",
            '  extra_arguments "backend" {',
            '    commands  = ["init"]',
            '    arguments = ["-backend-config=backend.hcl"]',
            "  }",
            "}",
        ]
    if root.needs:
        paths = [posixpath.relpath(f"{stack}{each}", root.folder) for each in root.needs]
        lines += ["dependencies {", f"  paths = {hcl_literal(paths)}", "}"]
    return "\n".join(lines) + "\n"


LISTS = {
    "github": _for_github,
    "atlantis": _for_atlantis,
    "terragrunt": _for_terragrunt,
}
"""The formats, each a function of the root modules of some environments."""
