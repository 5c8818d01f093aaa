"""The plan of consequences of one stack: changes to each root module, and the edits behind them."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ticketgen.consequences.comparison import compare
from ticketgen.consequences.consequence import Consequence, RootPlan
from ticketgen.consequences.deployment import MODULES, DeployedRoot, Deployment, read_deployment
from ticketgen.consequences.stack_edits import MOVE_HOME, StackChange, StackEdit, find_edits
from ticketgen.findings import Checked
from ticketgen.terraform_file_names import DECLARING, SETTING_VARIABLES

_PROVIDER = "provider.tf"
"""A file that every rendered root module has, and that no other module has."""

__all__ = ["StackFiles", "StackPlan", "plan_stack"]


@dataclass(frozen=True, slots=True)
class StackFiles:
    """The files of a stack before and after a write.

    Attributes:
        environment: the name of the environment.
        before: text by path below the stack's folder.
        after: likewise; None if the environment is no longer rendered.
        retired: the Regions that the spec retires.
        created: the names of environments that are rendered for the first time.
        emptied: the folders of root modules that no longer hold resources.
        missing: the paths of deployed Terraform files and states that are not in ``before``.
        destroyed: whether the user states that root modules that are no longer rendered hold no resources. This is not
            believed for Regions that were never retired.
    """

    environment: str
    before: Mapping[str, str]
    after: Mapping[str, str] | None
    retired: frozenset[str] = frozenset()
    created: tuple[str, ...] = ()
    emptied: Collection[str] = ()
    missing: tuple[str, ...] = ()
    destroyed: bool = False


@dataclass(frozen=True, slots=True)
class StackPlan:
    """The consequences of a change of one stack.

    Attributes:
        environment: the name of the environment.
        roots: the plans of the root modules that change.
        edits: the edits that lose many resources at once.
        protected: whether tables and databases of the deployed stack are protected from deletion.
        lifted: whether the change lifts that protection.
        unread: the paths of deployed files that are missing or cannot be read.
        shortages: why some resources could not be compared.
    """

    environment: str
    roots: tuple[RootPlan, ...] = ()
    edits: tuple[StackEdit, ...] = ()
    protected: bool = False
    lifted: bool = False
    unread: tuple[str, ...] = ()
    shortages: tuple[str, ...] = ()

    def losses(self) -> Iterator[tuple[str, Consequence]]:
        """Each loss of something that holds data, with the folder of its root module."""
        for root in self.roots:
            for each in root.consequences:
                if each.loss:
                    yield root.root, each


def plan_stack(files: StackFiles) -> Checked[StackPlan]:
    """Compare a stack with its new rendering; the plan has no roots if no Terraform changes."""
    after = files.after or {}
    paths = {*files.before, *after, *files.missing}
    changed = {path for path in paths if files.before.get(path) != after.get(path) or path in files.missing}
    if not changed:
        return Checked(StackPlan(files.environment))
    folders = {posixpath.dirname(path) for path in changed}
    roots = {posixpath.dirname(path) for path in paths if posixpath.basename(path) == _PROVIDER}
    wanted = folders if folders <= roots else None
    before = read_deployment(_terraform(files.before, wanted), files.before)
    return before.then(
        lambda old: read_deployment(_terraform(after, wanted), after, old).then(
            lambda new: Checked(_plan(files, old, new))
        )
    )


def _terraform(files: Mapping[str, str], wanted: set[str] | None) -> Mapping[str, str]:
    """The Terraform files of all modules, and of the wanted root modules or of all."""
    return {
        path: text
        for path, text in files.items()
        if path.endswith((*DECLARING, *SETTING_VARIABLES))
        and (wanted is None or posixpath.dirname(path) in wanted or path.startswith(MODULES))
    }


def _plan(files: StackFiles, old: Deployment, new: Deployment) -> StackPlan:
    after = None if files.after is None else new
    moves_homes = MOVE_HOME in (files.after or {})
    change = StackChange(files.environment, old, after, files.retired, files.created, moves_homes)
    gone = {each for each in old.roots if each not in new.roots}
    destroyed = {each for each in gone if after is None or not old.is_active(each)} if files.destroyed else ()
    nothing_left = gone & {*files.emptied, *destroyed, *filter(old.was_retired, gone)}
    folders = sorted({*old.roots, *new.roots} - nothing_left)
    # The root modules of a retired Region stay until `make apply` has destroyed what they hold.
    left = {
        each: root for each, root in new.roots.items() if old.was_retired(each) or not new.was_retired(each)
    }
    roots = [
        _root_plan(old.roots.get(each), left.get(each))
        for each in folders
        if each in old.roots or each in left
    ]
    return StackPlan(
        files.environment,
        tuple(each for each in roots if each.consequences),
        find_edits(change),
        old.protects,
        old.protects and not new.protects and files.after is not None,
        (*old.unread, *files.missing),
        tuple(dict.fromkeys((*old.shortages, *new.shortages))),
    )


def _root_plan(old: DeployedRoot | None, new: DeployedRoot | None) -> RootPlan:
    root = new or old
    assert root is not None
    before = old.instances if old else ()
    after = new.instances if new else ()
    empty = DeployedRoot(root.folder)
    return RootPlan(root.folder, compare(before, after, (new or empty).changes))
