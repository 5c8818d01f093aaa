"""The mutation operators of HCL. Each makes edits: start, end, replacement, and their block.

They work on python-hcl2's syntax tree, which has positions. They do not change prose: descriptions, titles and
comments mean nothing to AWS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lark import Token, Tree

__all__ = ["HCL_OPERATORS", "significant"]

Edits = Iterator[tuple[int, int, str, str]]

PROSE = {
    "description", "alarm_description", "error_message", "Comment", "Cause", "title", "Sid", "sid", "comment",
}  # fmt: skip


def significant(tree: Any) -> list[str]:
    """The tokens of a tree that mean something."""
    return [
        " ".join(token.split())
        for token in tree.scan_values(lambda token: not token.startswith("#"))
        if token.strip()
    ]


def _named(tree: Tree[Token]) -> str:
    first: Any = next(child for child in tree.children if isinstance(child, Tree))
    return "".join(map(str, first.scan_values(lambda _: True))).strip().strip('"')


def _is(tree: Any, *kinds: str) -> bool:
    return isinstance(tree, Tree) and tree.data in kinds


def _walk(tree: Tree[Token], where: str = "", prose: bool = False) -> Iterator[tuple[Tree[Token], str]]:
    """Every subtree that is not prose, with the top-level block that it is in."""
    for child in tree.children:
        if not isinstance(child, Tree) or child.data == "new_line_or_comment" or child.meta.empty:
            continue
        here = where
        if child.data == "block" and not where:
            heads = [c for c in child.children if isinstance(c, Tree) and c.data in ("identifier", "string")]
            here = ".".join("".join(map(str, h.scan_values(lambda _: True))).strip('"') for h in heads)
        if child.data in ("attribute", "object_elem") and _named(child) in PROSE:
            continue
        if here.startswith("variable.") and child.data == "attribute" and _named(child) == "type":
            continue
        if here.startswith("data.archive_file") and child.data == "heredoc_template":
            continue
        yield child, here
        yield from _walk(child, here)


def _span(tree: Tree[Token]) -> tuple[int, int]:
    return tree.meta.start_pos, tree.meta.end_pos


def _begins_line(text: str, start: int) -> bool:
    return start == 0 or text[start - 1] == "\n"


def _number(node: Tree[Token]) -> int:
    return int(str(node.children[0]))


def drop_attribute(tree: Tree[Token], text: str) -> Edits:
    """Remove an attribute: an endpoint without a policy, a store without its key."""
    for node, where in _walk(tree):
        if node.data == "attribute" and not where.startswith(("variable.", "locals", "terraform")):
            yield (*_span(node), "", where)


def drop_block(tree: Tree[Token], text: str) -> Edits:
    """Remove a block: a TTL, timeouts, a replica, logging, a rule of the firewall."""
    for node, where in _walk(tree):
        top = (
            where
            and node.data == "block"
            and text[node.meta.start_pos - 1 : node.meta.start_pos] in (" ", "\t")
        )
        if top:
            yield (*_span(node), "", where)


def drop_resource(tree: Tree[Token], text: str) -> Edits:
    """Remove a resource, an output or a module call."""
    for node, where in _walk(tree):
        if node.data == "block" and where.startswith(("resource.", "output.", "module.", "data.")):
            start, end = _span(node)
            if _begins_line(text, start):
                yield start, end, "", where


def flip(tree: Tree[Token], text: str) -> Edits:
    """Turn true into false, and false into true."""
    for node, where in _walk(tree):
        if node.data == "literal_value" and str(node.children[0]) in ("true", "false"):
            yield (*_span(node), "false" if node.children[0] == "true" else "true", where)


def larger(tree: Tree[Token], text: str) -> Edits:
    """Multiply a number by a hundred: a limit that limits nothing, a timeout that never comes."""
    for node, where in _walk(tree):
        if node.data == "int_lit" and not where.startswith("variable."):
            yield (*_span(node), str(_number(node) * 100 + 1), where)


def smaller(tree: Tree[Token], text: str) -> Edits:
    """Divide a number by a hundred: no capacity, no retention, no time."""
    for node, where in _walk(tree):
        if node.data == "int_lit" and _number(node) > 1:
            yield (*_span(node), str(_number(node) // 100), where)


def drop_suffix(tree: Tree[Token], text: str) -> Edits:
    """Remove the suffix from a name."""
    for node, where in _walk(tree):
        if node.data == "string" and "-${var.environment_suffix}" in (found := text[slice(*_span(node))]):
            yield (*_span(node), found.replace("-${var.environment_suffix}", "", 1), where)


def shorten_name(tree: Tree[Token], text: str) -> Edits:
    """Remove the last letter of a name's middle, so that two resources may collide."""
    for node, where in _walk(tree):
        found = text[slice(*_span(node))]
        if node.data == "string" and re.search(r"[a-z]-\$\{var\.environment_suffix\}", found):
            yield (
                *_span(node),
                re.sub(r"[a-z]-\$\{var\.environment_suffix\}", "-${var.environment_suffix}", found, count=1),
                where,
            )


_REGION = re.compile(r"\b(us|eu|ap|sa|ca)-(east|west|central|north|south|northeast|southeast)-\d\b")


def swap_region(tree: Tree[Token], text: str) -> Edits:
    """Replace a Region by another."""
    for node, where in _walk(tree):
        if node.data in ("string", "get_attr") and not any(_is(child, "string") for child in node.children):
            start, end = _span(node)
            found = _REGION.search(text[start:end])
            if found and "\n" not in text[start:end] and "interpolation" not in str(node):
                other = "us-west-2" if found[0] == "us-east-1" else "us-east-1"
                yield start + found.start(), start + found.end(), other, where


def _chains(tree: Tree[Token], text: str) -> Iterator[tuple[int, int, str, str]]:
    """References, as long as they are: `aws_security_group.redis.id`."""
    taken: set[tuple[int, int]] = set()
    for node, where in _walk(tree):
        if node.data == "expr_term" and _is(node.children[0], "get_attr_expr_term"):
            start, end = _span(node)
            chain = text[start:end]
            if re.fullmatch(r"[\w.]+", chain) and not any(s <= start and end <= e for s, e in taken):
                taken.add((start, end))
                yield start, end, chain, where


def swap_reference(tree: Tree[Token], text: str) -> Edits:
    """Make a reference lead to another resource of the same type in the file: a group, table, function or role."""
    chains = list(_chains(tree, text))
    kinds: dict[tuple[str, str], set[str]] = {}
    for _, _, chain, _ in chains:
        parts = chain.split(".")
        if len(parts) >= 3:
            kinds.setdefault((parts[0], ".".join(parts[2:])), set()).add(parts[1])
            kinds.setdefault((parts[0] + "." + parts[1], ""), set()).add(parts[2])
    for start, end, chain, where in chains:
        parts = chain.split(".")
        if len(parts) < 3 or parts[0] in ("each",):
            continue
        others = sorted(kinds[parts[0], ".".join(parts[2:])] - {parts[1]})
        if parts[0] not in ("var", "local", "data", "module") and others:
            yield start, end, ".".join([parts[0], others[0], *parts[2:]]), where
        others = sorted(kinds[parts[0] + "." + parts[1], ""] - {parts[2]})
        if parts[0] in ("var", "local") and others:
            yield start, end, ".".join([*parts[:2], others[0], *parts[3:]]), where


def wrong_string(tree: Tree[Token], text: str) -> Edits:
    """Change a string: an engine, a key, a mode, a metric, an action, an endpoint's service."""
    for node, where in _walk(tree):
        found = text[slice(*_span(node))]
        if (
            node.data == "string"
            and len(found) > 2
            and not where.startswith("variable.")
            and "\n" not in found
        ):
            start, end = _span(node)
            if text[start - 1 : start] in (" ", "[", "(") and not re.match(
                r"\s*\{|\s*\"", text[end : end + 3]
            ):
                yield end - 1, end, 'x"', where


def widen_policy(tree: Tree[Token], text: str) -> Edits:
    """Replace an action or a resource of a policy by a star."""
    for node, where in _walk(tree):
        found = text[slice(*_span(node))]
        if node.data == "string" and re.fullmatch(r'"[a-z0-9-]+:[A-Z]\w+\*?"', found):
            yield (*_span(node), re.sub(r':\w+\*?"', ':*"', found), where)
        elif node.data == "string" and found.startswith('"arn:'):
            yield (*_span(node), '"*"', where)


def drop_element(tree: Tree[Token], text: str) -> Edits:
    """Remove an element of a list."""
    for node, where in _walk(tree):
        if node.data == "tuple":
            elements = [
                child
                for child in node.children
                if isinstance(child, Tree) and child.data != "new_line_or_comment"
            ]
            for element in elements:
                start, end = _span(element)
                comma = re.match(r"\s*,[ \t]*", text[end:])
                before = re.search(r",\s*\Z", text[:start])
                if comma:
                    yield start, end + comma.end(), "", where
                elif before and len(elements) > 1:
                    yield before.start(), end, "", where
                else:
                    yield start, end, "", where


def drop_key(tree: Tree[Token], text: str) -> Edits:
    """Remove a key of an object: a variable of a function, a catch, a retry, a timeout, a condition."""
    for node, where in _walk(tree):
        if node.data == "object_elem":
            start, end = _span(node)
            comma = re.match(r"[ \t]*,[ \t]*", text[end:])
            before = re.search(r",[ \t]*\Z", text[:start])
            if comma:
                yield start, end + comma.end(), "", where
            elif before:
                yield before.start(), end, "", where
            else:
                yield start, end, "", where


def other_side(tree: Tree[Token], text: str) -> Edits:
    """Open a flow twice on one side, and not at all on the other."""
    for node, where in _walk(tree):
        if node.data == "string" and text[slice(*_span(node))] == '"aws_vpc_security_group_ingress_rule"':
            pair = '"aws_vpc_security_group_egress_rule"'
            label = re.match(r'\s*"(\w+)"', text[node.meta.end_pos :])
            assert label is not None
            yield node.meta.start_pos, node.meta.end_pos + label.end(), f'{pair} "{label[1]}_again"', where


def other_schedule(tree: Tree[Token], text: str) -> Edits:
    """Change a schedule to one that is too rare, or that AWS refuses."""
    for node, where in _walk(tree):
        found = text[slice(*_span(node))]
        if node.data == "string" and found.startswith('"rate('):
            for other in ('"rate(1 hour)"', '"rate(10 seconds)"'):
                yield (*_span(node), other, where)


def other_branch(tree: Tree[Token], text: str) -> Edits:
    """Swap the branches of a conditional."""
    for node, where in _walk(tree):
        if node.data == "conditional":
            _, then, otherwise = (
                child
                for child in node.children
                if isinstance(child, Tree) and child.data != "new_line_or_comment"
            )
            (a, b), (c, d) = _span(then), _span(otherwise)
            yield a, d, text[c:d] + text[b:c] + text[a:b], where


def other_comparison(tree: Tree[Token], text: str) -> Edits:
    """Change a comparison or a logical operator."""
    others = {
        "==": "!=",
        "!=": "==",
        "<=": ">",
        "&&": "||",
        "||": "&&",
        ">": "<=",
        "<": ">=",
        "+": "-",
        "%": "*",
        "*": "+",
        "/": "*",
    }
    for node, where in _walk(tree):
        if node.data == "binary_operator" and str(node.children[0]) in others:
            yield (*_span(node), others[str(node.children[0])], where)


def other_default(tree: Tree[Token], text: str) -> Edits:
    """Change the default of a variable."""
    for node, where in _walk(tree):
        if node.data == "attribute" and where.startswith("variable.") and _named(node) == "default":
            start, end = _span(node)
            if text[start:end].endswith('"'):
                yield end - 1, end, 'x"', where


def own_provider(tree: Tree[Token], text: str) -> Edits:
    """Add a provider configuration: within a module, or a second one in a root module."""
    for node, where in _walk(tree):
        start = node.meta.start_pos
        if node.data == "block" and where == "terraform" and _begins_line(text, start):
            yield start, start, 'provider "aws" {\n  region = "us-east-1"\n}\n\n', where


def other_state(tree: Tree[Token], text: str) -> Edits:
    """Read another root module's state."""
    for node, where in _walk(tree):
        start = node.meta.start_pos
        if node.data == "block" and where == "terraform" and _begins_line(text, start):
            yield start, start, 'data "terraform_remote_state" "other" {\n  backend = "local"\n}\n\n', where


def own_region(tree: Tree[Token], text: str) -> Edits:
    """Give a resource or a data source a Region of its own, as version 6 of the provider allows."""
    for node, where in _walk(tree):
        start = node.meta.start_pos
        if (
            node.data == "block"
            and where.startswith(("resource.aws_", "data.aws_"))
            and _begins_line(text, start)
        ):
            opened = text.index("{", start) + 1
            yield opened, opened, '\n  region = "us-west-2"', where


HCL_OPERATORS: Mapping[str, Callable[[Tree[Token], str], Edits]] = {
    operator.__name__.replace("_", "-"): operator
    for operator in (
        drop_attribute, drop_block, drop_resource, flip, larger, smaller, drop_suffix, shorten_name, swap_region,
        swap_reference, wrong_string, widen_policy, drop_element, drop_key, other_side, other_schedule,
        other_branch, other_comparison, other_default, own_provider, other_state, own_region,
    )
}  # fmt: skip
