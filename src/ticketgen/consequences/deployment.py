"""A stack's deployment as its files describe it: names, Regions, states and resources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from ticketgen.aws.provider.schema import schema_of
from ticketgen.aws.stateful import stateful_type
from ticketgen.consequences.move_blocks import StateChanges, state_changes
from ticketgen.consequences.resource_instances import ResourceInstance, resource_instances
from ticketgen.findings import Checked
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.native_texts import NativeTexts, native_texts
from ticketgen.hcl.override_files import merge_overrides
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import Attribute, Body, File
from ticketgen.hcl.values import is_known
from ticketgen.hcl.variable_files import automatic_values
from ticketgen.terraform_file_names import SETTING_VARIABLES
from ticketgen.verification.bounded_parsing import parse_and

__all__ = ["MODULES", "DeployedRoot", "Deployment", "StackNames", "read_deployment"]

MODULES = "modules/"
"""The folder of the modules that root modules call."""

_FACTS = "ops/stack.json"
_BACKEND = "backend.hcl"
_APP_NAME = "app_name"
_SUFFIX = "environment_suffix"

_NO_PLACE = frozenset({
    "access_key", "acl", "allowed_account_ids", "assume_role", "assume_role_with_web_identity", "dynamodb_table",
    "encrypt", "forbidden_account_ids", "kms_key_id", "lock_address", "lock_method", "max_retries", "password",
    "region",
    "retry_mode", "role_arn", "secret_key", "session_name", "shared_credentials_files", "shared_config_files",
    "skip_credentials_validation", "skip_metadata_api_check", "skip_region_validation", "skip_requesting_account_id",
    "skip_s3_checksum", "sse_customer_key", "token", "unlock_address", "unlock_method", "use_dualstack_endpoint",
    "use_fips_endpoint", "use_lockfile", "use_path_style", "username",
})  # fmt: skip
"""Backend settings that do not affect where a state is stored, such as credentials and locks.

The Region of a bucket is one of them, because no two buckets have the same name. Source:
https://developer.hashicorp.com/terraform/language/backend and the pages of the backends below it.
"""


@dataclass(frozen=True, slots=True)
class StackNames:
    """The names in a stack's own description; None or empty if it has none.

    Attributes:
        project: the first part of every name.
        regions: all Regions, without retired ones.
        primary: the Region of the tables.
        secondary: the Region that takes over.
    """

    project: str | None = None
    regions: frozenset[str] = frozenset()
    primary: str | None = None
    secondary: str | None = None


@dataclass(frozen=True, slots=True)
class DeployedRoot:
    """One root module.

    Attributes:
        folder: its path below the stack's folder; "" for the stack's folder itself.
        instances: its resources.
        changes: its ``moved``, ``removed`` and ``import`` blocks.
        state: the backend's type and settings; empty for a local state in its folder.
        accounts: the ids of the accounts that its providers may use; empty if no provider restricts them.
        suffix: the value of ``environment_suffix``, or else its default; None if it has neither.
        project: the value of ``local.app_name``; None if it has none.
    """

    folder: str
    instances: tuple[ResourceInstance, ...] = ()
    changes: StateChanges = field(default_factory=StateChanges)
    state: tuple[tuple[str, str], ...] = ()
    accounts: frozenset[str] = frozenset()
    suffix: str | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stack as its files describe it.

    Attributes:
        names: from the description for the operator's scripts.
        roots: the root modules, by folder.
        unread: the paths of files that cannot be parsed.
        shortages: the limits that were exceeded, so that some resources or values are unknown.
        texts: the texts that were parsed, in the native syntax, by path.
        files: the parsed files.
    """

    names: StackNames
    roots: Mapping[str, DeployedRoot]
    unread: tuple[str, ...] = ()
    shortages: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: tuple[File, ...] = field(default=(), repr=False)

    @property
    def suffix(self) -> str | None:
        """The default of the suffix, from the first root module that has one."""
        return next((root.suffix for root in self.roots.values() if root.suffix), None)

    @property
    def project(self) -> str | None:
        """The first part of every name."""
        return next((root.project for root in self.roots.values() if root.project), self.names.project)

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts of all root modules."""
        return frozenset(chain.from_iterable(root.accounts for root in self.roots.values()))

    @property
    def has_one_state(self) -> bool:
        """Whether all resources are in one state, as before version 0.2.0."""
        return any(not each.folder and each.instances for each in self.roots.values())

    def was_retired(self, folder: str) -> bool:
        """Whether a root module belongs to a Region that the stack has left."""
        return "/" in folder and bool(self.names.regions) and not self.is_active(folder)

    def is_active(self, folder: str) -> bool:
        """Whether a root module belongs to a Region that the stack is in."""
        return "/" in folder and folder.rpartition("/")[2] in self.names.regions

    @property
    def protects(self) -> bool:
        """Whether any resource has deletion protection."""
        instances = chain.from_iterable(root.instances for root in self.roots.values())
        return any(_is_protected(each) for each in instances)


def _is_protected(instance: ResourceInstance) -> bool:
    stateful = stateful_type(instance.type)
    return stateful is not None and instance.arguments.get(stateful.protected_by) in (("true",), ("ACTIVE",))


def read_deployment(
    files: Mapping[str, str], texts: Mapping[str, str], known: Deployment | None = None
) -> Checked[Deployment]:
    """Read a stack.

    Args:
        files: the Terraform to read, by path below the stack's folder.
        texts: its other files.
        known: another version of the stack; files that both versions have are not parsed again.
    """
    native = native_texts(files, schema_of)

    def read(parsed: tuple[File, ...], budget: Budget) -> Deployment:
        unread = {*native.broken, *native.texts} - {file.path for file in parsed}
        declaring = merge_overrides(file for file in parsed if not file.path.endswith(SETTING_VARIABLES))
        configuration = Configuration(declaring, {}, native.texts, unread, budget)
        scopes = configuration.scopes  # calls of modules are resolved on the way
        roots = {
            scope.module.folder: _root(scope, parsed, native, texts, budget)
            for scope in chain.from_iterable(scopes.values())
            if scope.call is None and not scope.module.folder.startswith(MODULES)
        }
        names, shortages = _names(texts.get(_FACTS)), tuple(budget.shortages)
        return Deployment(names, roots, tuple(sorted(unread)), shortages, native.texts, parsed)

    help = "restore the stack from version control, or simplify the project's own templates"
    parsed = known.files if known else ()
    same = (each for each in parsed if known and known.texts[each.path] == native.texts.get(each.path))
    return parse_and(native.texts, read, "comparing the stack with the one on the disk", help, known=same)


def _root(
    root: Scope, files: tuple[File, ...], native: NativeTexts, texts: Mapping[str, str], budget: Budget
) -> DeployedRoot:
    folder = root.module.folder
    inputs = automatic_values(Evaluator(budget=budget), files, folder)
    values = Evaluator(assume_defaults=True, inputs=inputs, budget=budget)
    instances = tuple(
        replace(each, place=native.place(each.place)) if each.place.file in native.lines else each
        for each in resource_instances(values, root)
    )
    module = root.module
    suffix, app_name = module.variables.get(_SUFFIX), module.locals.get(_APP_NAME)
    name = values.of(app_name.node.value, root) if app_name and isinstance(app_name.node, Attribute) else None
    default = inputs.get(_SUFFIX, values.of(suffix.value("default"), root)) if suffix else None
    settings = texts.get(f"{folder}/{_BACKEND}" if folder else _BACKEND)
    return DeployedRoot(
        folder,
        instances,
        state_changes(values, root),
        tuple(sorted(dict(_state(values, root, settings)).items())),
        frozenset(chain.from_iterable(each.placement.accounts for each in instances)),
        default if isinstance(default, str) else None,
        name if isinstance(name, str) else None,
    )


def _state(values: Evaluator, root: Scope, settings: str | None) -> Iterator[tuple[str, str]]:
    """The backend's type, and the settings that say where a state is."""
    for terraform in root.module.blocks("terraform"):
        for cloud in terraform.blocks("cloud"):
            yield "type", "cloud"
            yield from _texts(values, root, cloud.body)
        for backend in terraform.blocks("backend"):
            yield "type", "".join(backend.labels)
            yield from _texts(values, root, backend.body)
            parsed = None if settings is None or refusal(settings) else parse(_BACKEND, settings)
            if isinstance(parsed, File):
                yield from _texts(values, root, parsed.body)


def _texts(values: Evaluator, root: Scope, body: Body, prefix: str = "") -> Iterator[tuple[str, str]]:
    for attribute in body.attributes:
        value = values.of(attribute.value, root)
        if attribute.name not in _NO_PLACE and is_known(value):
            yield f"{prefix}{attribute.name}", value if isinstance(value, str) else json.dumps(value)
    for block in body.blocks:
        if block.type not in _NO_PLACE:
            yield from _texts(values, root, block.body, f"{prefix}{block.type}.")


def _names(text: str | None) -> StackNames:
    """Read the description for the operator's scripts; anything unexpected counts as missing."""
    try:
        facts = json.loads(text or "{}")
        regions = facts.get("regions", [])
    except (ValueError, AttributeError, RecursionError):
        return StackNames()
    names = {key: value for key, value in facts.items() if isinstance(value, str)}
    return StackNames(
        names.get(_APP_NAME),
        frozenset(each for each in regions if isinstance(each, str))
        if isinstance(regions, list)
        else frozenset(),
        names.get("primary_region"),
        names.get("secondary_region"),
    )
