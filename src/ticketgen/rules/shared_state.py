"""Root modules that keep their states in the same object."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.syntax import Block
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

# The arguments that place a state, with their defaults. Root modules that differ only in the prefix use workspaces.
# Names of buckets are unique in a partition, but other endpoints have buckets of their own.
# https://developer.hashicorp.com/terraform/language/backend/s3
_PLACE = {"bucket": None, "key": None, "workspace_key_prefix": "env:"}
_ENDPOINTS = ("endpoint", "endpoints")


def _check(subject: Subject) -> Iterator[Problem]:
    taken: dict[tuple[str, ...], Scope] = {}
    for root in sorted(subject.configuration.roots, key=lambda root: root.module.folder):
        subject.spend()
        found = _backend(root)
        if found is None:
            continue
        file, backend = found
        place = tuple(subject.values.of(backend.value(name), root) for name in _PLACE)
        texts = tuple(
            default if each is None else each for each, default in zip(place, _PLACE.values(), strict=True)
        )
        known = tuple(each for each in texts if isinstance(each, str))
        if len(known) < len(_PLACE):
            continue  # `terraform init` gets the missing part
        other = taken.setdefault(known, root)
        if other is not root:
            bucket, key, _ = known
            message = f"the state s3://{bucket}/{key} is also that of the root module in {_folder(other)}"
            yield Problem(message, (backend.attribute("key") or backend).at(file))


def _backend(root: Scope) -> tuple[str, Block] | None:
    """The S3 backend of a root module with its file; of several, the last one, because override files come last."""
    backends = [
        (file.path, backend)
        for file in root.module.files
        for settings in file.body.blocks
        if settings.type == "terraform"
        for backend in settings.blocks("backend")
    ]
    if not backends or not root.module.complete:
        return None
    file, backend = backends[-1]
    is_aws = backend.labels == ("s3",) and not any(backend.attribute(each) for each in _ENDPOINTS)
    return (file, backend) if is_aws else None


def _folder(root: Scope) -> str:
    return root.module.folder or "the directory itself"


RULE = Rule(
    id="shared-state",
    severity=Severity.ERROR,
    summary="Every root module has a state of its own",
    why=(
        "Terraform destroys every resource that is in the state but not in the configuration. If two root modules "
        "share a state, an apply of one destroys what the other has created."
    ),
    fix="give each root module a key of its own, such as its folder",
    check=_check,
    sources=("https://developer.hashicorp.com/terraform/language/backend/s3",),
)
