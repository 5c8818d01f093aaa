"""Archives that overwrite each other."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.hcl.origins import UNKNOWN_ORIGIN
from ticketgen.hcl.syntax import Block, Expression
from ticketgen.hcl.values import EvaluationContext, is_known
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

_MAX_LENGTH = 4096  # characters of a path: PATH_MAX of Linux


def _check(subject: Subject) -> Iterator[Problem]:
    taken: dict[tuple[int, str], BlockInstance] = {}
    for archive in subject.data("archive_file"):
        expression = archive.expression("output_path")
        path = archive.value_with_defaults("output_path")
        if (
            expression is None
            or not isinstance(path, str)
            or len(path) > _MAX_LENGTH
            or _is_conditional(archive)
        ):
            continue
        if _is_looped(archive, "for_each", "count") and not _differs(archive, expression):
            yield Problem(f"all instances of {archive.address} write to {path}", archive.at("output_path"))
            continue
        other = taken.setdefault((id(archive.scope.root), posixpath.normpath(path)), archive)
        if other is not archive and not _same_content(archive, other):
            yield Problem(_message(archive, other, path), archive.at("output_path"))


def _message(archive: BlockInstance, other: BlockInstance, path: str) -> str:
    if other.declared.block is archive.declared.block:
        modules = sorted({scope.path or "the root module" for scope in (archive.scope, other.scope)})
        where = f"in both {' and '.join(modules)}" if len(modules) > 1 else f"more than once in {modules[0]}"
        return f"{archive.address} writes to {path} {where}"
    return f"{archive.address} writes to {path}, as {other.address} does"


def _is_conditional(archive: BlockInstance) -> bool:
    """Whether an unknown ``count`` decides if it exists: two may never coexist."""
    return archive.expression("count") is not None and not isinstance(archive.value("count"), int)


def _is_looped(archive: BlockInstance, *names: str) -> bool:
    return any(archive.expression(name) is not None for name in names) and archive.value("count") not in (
        0,
        1,
    )


def _differs(archive: BlockInstance, path: Expression) -> bool:
    """Whether the path differs between instances."""
    return any(
        reference.root in {"each", "count"} for reference in archive.scope.module.references(path)
    ) or (UNKNOWN_ORIGIN in archive.subject.origins.of(path, archive.scope, archive.declared.block))


def _same_content(archive: BlockInstance, other: BlockInstance) -> bool:
    """Whether both are one block in two module calls that writes the same bytes."""
    if archive.declared.block is not other.declared.block:
        return False
    block = archive.declared.block
    written = [(source, name) for source in block.blocks("source") for name in ("filename", "content")]
    names = ("source_dir", "source_file", "source_content", "source_content_filename", "excludes")
    written += [(block, name) for name in names if archive.has(name)]
    return not archive.loops("source") and all(
        _comparable_value(archive, source, name) == _comparable_value(other, source, name)
        for source, name in written
    )


def _comparable_value(archive: BlockInstance, block: Block, attribute: str) -> object:
    value = archive.subject.assumed.of(block.value(attribute), EvaluationContext(archive.scope))
    return value if isinstance(value, str | list) and is_known(value) else object()


RULE = Rule(
    id="archive-collision",
    severity=Severity.ERROR,
    summary="Every archive has its own output path",
    why=(
        "Terraform writes archives while it plans, several at a time. Of two archives with the same path, the last one "
        "wins, and now and then a function is deployed with the code of another."
    ),
    fix="make output_path unique: add the function's name, the Region, each.key or the suffix",
    check=_check,
    sources=("https://github.com/hashicorp/terraform-provider-archive/issues/39",),
)
