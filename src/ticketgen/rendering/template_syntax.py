"""The syntax that templates may use, and what each part of it costs.

`find_mistakes` names whatever is not in the language: nodes of Jinja that are not allowed, too many or too deep
nodes, and constructs that bypass quoting. `add_charges` rewrites a tree without mistakes, so that it pays for its work
as it runs and makes plain data only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from ticketgen.rendering.budget import CALL, NODE
from ticketgen.rendering.filters import FILTERS

__all__ = ["MAX_NAMES", "MAX_NESTED", "MAX_NODES", "MAX_PARTS", "add_charges", "find_mistakes"]

MAX_NODES: Final = 5_000
"""Nodes of one template's syntax tree."""

MAX_NESTED: Final = 60
"""Nesting of nodes."""

MAX_NAMES: Final = 300
"""Names that one template assigns."""

MAX_PARTS: Final = 200
"""Templates that one template includes or imports."""

_NOT_ON_TEXT = frozenset({"+", "*", "%"})
_FORBIDDEN = (nodes.FilterBlock, nodes.EvalContextModifier, nodes.MarkSafe, nodes.MarkSafeIfAutoescape)
_INCLUDES = (nodes.Include, nodes.Import, nodes.FromImport)
_KNOWN: frozenset[type[nodes.Node]] = frozenset(
    {
        nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const,
        nodes.Name, nodes.NSRef, nodes.Getattr, nodes.Getitem, nodes.Slice,
        nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair,
        nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Neg, nodes.Pos,
        nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.CondExpr,
        nodes.Filter, nodes.Test, nodes.Call, nodes.Keyword,
        nodes.If, nodes.For, nodes.With, nodes.Assign, nodes.AssignBlock, nodes.Macro, nodes.CallBlock,
        *_INCLUDES,
    }
)  # fmt: skip


def find_mistakes(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Yield the line and description of each mistake in the syntax of a template."""
    every = []
    names: set[str] = set()
    waiting: deque[tuple[nodes.Node, int]] = deque([(tree, 0)])
    while waiting:
        node, depth = waiting.popleft()
        every.append(node)
        if depth > MAX_NESTED:
            yield node.lineno or 1, f"more than {MAX_NESTED} expressions and blocks inside each other"
            return
        if len(every) > MAX_NODES:
            yield node.lineno or 1, f"more than {MAX_NODES:,} parts of syntax in one template: divide it"
            return
        waiting.extend((child, depth + 1) for child in node.iter_child_nodes())
    for node in every:
        yield from ((node.lineno or 1, message) for message in _node_mistakes(node))
        names.update(_assigned(node))
    if len(names) > MAX_NAMES:
        yield 1, f"more than {MAX_NAMES} names in one template: divide it"
    if sum(isinstance(node, _INCLUDES) for node in every) > MAX_PARTS:
        yield 1, f"more than {MAX_PARTS} includes and imports in one template: divide it"


def _node_mistakes(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Concat):
        yield "~ mixes quoted and unquoted text"
    elif isinstance(node, _FORBIDDEN):
        yield f"{type(node).__name__} changes text that is already quoted"
    elif type(node) not in _KNOWN:
        yield f"{type(node).__name__.lower()} is not available in templates"
    elif isinstance(node, nodes.AssignBlock) and node.filter is not None:
        yield "a filter on a block changes text that is already quoted"
    elif isinstance(node, nodes.BinExpr) and node.operator in _NOT_ON_TEXT:
        if _is_text(node.left) or _is_text(node.right):
            yield f"{node.operator} does not work on text: write the text in the template"
    elif isinstance(node, nodes.Include) and not node.with_context:
        yield "include without context is not available in templates"
    elif isinstance(node, nodes.For) and node.recursive:
        yield "a recursive loop is not available in templates: use a macro"
    yield from (
        f"the name {name!r} is not available in templates"
        for name in _named(node)
        if name.startswith("_") or name in {"self", "super"}
    )


def _named(node: nodes.Node) -> Iterator[str]:
    """The names of variables, attributes and macros in a node itself."""
    yield from _assigned(node)
    if isinstance(node, nodes.Name | nodes.NSRef):
        yield node.name
    if isinstance(node, nodes.Getattr | nodes.NSRef):
        yield node.attr


def _assigned(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Macro) or (isinstance(node, nodes.Name) and node.ctx != "load"):
        yield node.name
    elif isinstance(node, nodes.Import):
        yield node.target
    elif isinstance(node, nodes.FromImport):
        for name in node.names:
            yield from (name if isinstance(name, tuple) else (name,))


def _is_text(node: nodes.Expr) -> bool:
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str)
    return isinstance(node, nodes.Filter) and node.name in FILTERS


def add_charges(tree: nodes.Template) -> nodes.Template:
    """The tree with calls of `allowed.HOOKS`, filters that no template can name."""
    charged: nodes.Template = _Charging().visit(tree)
    _charge_body(charged)
    return charged


def _charge_body(node: nodes.Template | nodes.For | nodes.Macro | nodes.CallBlock) -> None:
    """Charge a body that may run more than once for its nodes on each run."""
    cost = NODE * (1 + sum(map(_count_nodes, node.body))) + (CALL if isinstance(node, nodes.Template) else 0)
    paid = nodes.Filter(nodes.Const(cost), "charge()", [], [], None, None, lineno=node.lineno)
    node.body.insert(0, nodes.ExprStmt(paid, lineno=node.lineno))


def _count_nodes(node: nodes.Node) -> int:
    """The nodes that run whenever this one does, without bodies charged separately."""
    children = list(node.iter_child_nodes())
    if isinstance(node, nodes.For | nodes.Macro | nodes.CallBlock):
        own = {id(child) for child in node.body}
        children = [child for child in children if id(child) not in own]
    return 1 + sum(map(_count_nodes, children))


class _Charging(NodeTransformer):
    """Puts the hooks into a tree. Inner nodes come first."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        self.generic_visit(node)
        each = NODE * (1 + _count_nodes(node.test)) if node.test is not None else 1
        node.iter = _hook(node.iter, "each()", nodes.Const(each))
        _charge_body(node)
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Macro:
        self.generic_visit(node)
        _charge_body(node)
        return node

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.CallBlock:
        self.generic_visit(node)
        _charge_body(node)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Expr:
        self.generic_visit(node)
        return _hook(node, "template_value()")

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:
        self.generic_visit(node)
        return _hook(node, "template_value()") if node.ctx == "load" else node

    def visit_Dict(self, node: nodes.Dict) -> nodes.Expr:
        """Check keys before they are hashed."""
        self.generic_visit(node)
        flat = [part for pair in node.items for part in (pair.key, pair.value)]
        return _hook(nodes.List(flat, lineno=node.lineno), "mapping()")

    def visit_Name(self, node: nodes.Name) -> nodes.Expr:
        """Make the extra arguments of a macro plain; Jinja passes a tuple and a dict."""
        return (
            _hook(node, "template_value()")
            if node.ctx == "load" and node.name in {"varargs", "kwargs"}
            else node
        )

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:
        """Take slices through a hook: Jinja's own code for them does not ask the environment."""
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        ends = [end or nodes.Const(None) for end in (node.arg.start, node.arg.stop, node.arg.step)]
        return _hook(node.node, "slice()", *ends)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        self.generic_visit(node)
        node.expr = _hook(node.expr, "charge_operand()")
        for operand in node.ops:
            operand.expr = _hook(operand.expr, "charge_operand()")
        return node


def _hook(node: nodes.Node, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(cast("nodes.Expr", node), name, list(arguments), [], None, None, lineno=node.lineno)
