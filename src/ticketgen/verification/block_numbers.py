"""Check how many blocks ``dynamic`` blocks generate, if their elements are known."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.aws.provider.schema import BlockSchema
from ticketgen.findings import Finding
from ticketgen.findings.verification import MISSING_BLOCK, TOO_MANY_BLOCKS
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.syntax import Block
from ticketgen.hcl.values import EvaluationContext

__all__ = ["block_numbers"]


def block_numbers(
    values: Evaluator,
    block: Block,
    where: EvaluationContext,
    schema: BlockSchema,
    names: tuple[str, str, str],
) -> Iterator[Finding]:
    """Yield a finding for each type of nested blocks of which ``dynamic`` makes too many or too few.

    Args:
        values: evaluates the loops.
        block: the block around them.
        where: the environment of the block.
        schema: the schema of the block.
        names: the path of the block with a dot at its end, the type of the resource, and the file.
    """
    prefix, subject, file = names
    for name in sorted({each.labels[0] for each in block.blocks("dynamic") if each.labels}):
        nested = schema.nested(name)
        dynamic = [each for each in block.blocks("dynamic") if each.labels == (name,)]
        loops = [values.of(each.value("for_each"), where) for each in dynamic]
        known = [each for each in loops if isinstance(each, list | dict)]
        if nested is None or len(known) < len(loops):
            continue
        count = sum(map(len, known)) + len(block.blocks(name))
        message = f"{prefix}{name} of {subject} occurs {count} times"
        if nested.max_items and count > nested.max_items:
            allowed = f"at most {nested.max_items} may occur"
            yield TOO_MANY_BLOCKS.found(f"{message}, and {allowed}", at=dynamic[0].at(file))
        elif count < nested.min_items:
            needed = f"at least {nested.min_items} must occur"
            yield MISSING_BLOCK.found(f"{message}, and {needed}", at=dynamic[0].at(file))
