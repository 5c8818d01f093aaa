"""The mutation operators of the functions' code, inside the heredocs of the HCL.

They change no code that does not run or only informs (docstrings, annotations, `__all__`, `print`, error messages), and
no tuning values, such as pauses and pool sizes, for which other numbers are equally valid.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping

__all__ = ["CODE_OPERATORS", "modules_in", "with_module"]

Edits = Iterator[tuple[int, int, str, str]]

_HEREDOC = re.compile(
    r'(?:filename\s*=\s*)?"(?P<name>\w+)\.py"\s*(?:content\s*)?=\s*<<(?P<mark>PYTHON\w*)\n(?P<code>.*?)\n(?P=mark)\n|filename\s*=\s*"(?P<own>\w+)\.py"\s*\n\s*content\s*=\s*<<(?P<mark2>PYTHON\w*)\n(?P<code2>.*?)\n(?P=mark2)\n',
    re.DOTALL,
)


def _escaped(source: str) -> str:
    return source.replace("${", "$${").replace("%{", "%%{")


def _heredocs(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _HEREDOC.finditer(text):
        group = "code" if found["name"] else "code2"
        yield found["name"] or found["own"], found.start(group), found.end(group) + 1


def modules_in(text: str) -> dict[str, str]:
    """The Python modules in a file of HCL, by name."""
    return {
        name: text[start:end].replace("$${", "${").replace("%%{", "%{")
        for name, start, end in _heredocs(text)
    }


def with_module(text: str, name: str, change: Callable[[str], str]) -> str:
    """The file with one module changed."""
    start, end = next((start, end) for each, start, end in _heredocs(text) if each == name)
    return text[:start] + _escaped(change(modules_in(text)[name])) + text[end:]


class _Source:
    """A module's tree with offsets into its text, and the function that each node is in."""

    def __init__(self, source: str) -> None:
        self.text = source
        self.lines = [0]
        for line in source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        self.nodes: list[tuple[ast.AST, str]] = []
        self._visit(ast.parse(source), "module")

    def _visit(self, node: ast.AST, where: str) -> None:
        for child in ast.iter_child_nodes(node):
            here = where
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                here = child.name if where == "module" else f"{where}.{child.name}"
            if self._speaks(child):
                continue
            self.nodes.append((child, here))
            self._visit_running(child, here)

    def _visit_running(self, node: ast.AST, where: str) -> None:
        if isinstance(node, ast.FunctionDef):
            for part in (*node.args.defaults, *(d for d in node.args.kw_defaults if d), *node.body):
                if not self._speaks(part):
                    self.nodes.append((part, where))
                    self._visit_running(part, where)
            return
        if isinstance(node, ast.AnnAssign):
            if node.value is not None and not self._speaks(node.value):
                self.nodes.append((node.value, where))
                self._visit_running(node.value, where)
            return
        if isinstance(node, ast.ClassDef):
            for part in node.body:  # slots and frozen only keep us honest: leave decorators alone
                if not self._speaks(part):
                    here = f"{where}.{part.name}" if isinstance(part, ast.FunctionDef) else where
                    self.nodes.append((part, here))
                    self._visit_running(part, here)
            return
        self._visit(node, where)

    @staticmethod
    def _speaks(node: ast.AST) -> bool:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return True
        if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr | ast.Assert):
            return True
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in (
            "__all__",
            "Client",
            "Item",
            "Row",
            "T",
            "Hints",
        ):
            return True
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return ast.unparse(node.value.func) == "print"
        return False

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        start = self.lines[line - 1]
        raw = self.text[start : self.lines[line]].encode()[:column]
        return start + len(raw.decode())


def _between(
    source: _Source, left: ast.expr, right: ast.expr, old: str, new: str
) -> tuple[int, int, str] | None:
    start, end = source.span(left)[1], source.span(right)[0]
    found = re.search(rf"(?<![\w<>=!]){re.escape(old)}(?![\w<>=])", source.text[start:end])
    return (start + found.start(), start + found.end(), new) if found else None


_COMPARE = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"), ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}  # fmt: skip


def comparison(text: str) -> Edits:
    """Change a comparison: its edge moves to the other side, or it is reversed."""
    source = _Source(text)
    for node, where in source.nodes:
        if isinstance(node, ast.Compare):
            left = node.left
            for operation, right in zip(node.ops, node.comparators, strict=True):
                old, new = _COMPARE[type(operation)]
                found = _between(source, left, right, old, new)
                if found:
                    yield (*found, where)
                left = right


def connection(text: str) -> Edits:
    """Swap `and` and `or`, or remove a `not`."""
    source = _Source(text)
    for node, where in source.nodes:
        if isinstance(node, ast.BoolOp):
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:], strict=False):
                found = _between(source, left, right, old, new)
                if found:
                    yield (*found, where)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            start, end = source.span(node)
            yield start, end, text[slice(*source.span(node.operand))], where


def decision(text: str) -> Edits:
    """Make an `if` or a `while` always or never true."""
    source = _Source(text)
    for node, where in source.nodes:
        if isinstance(node, ast.If | ast.IfExp):
            for other in ("True", "False"):
                yield (*source.span(node.test), other, where)


_CONDITION = re.compile(r"attribute_(not_)?exists|:\w+|BETWEEN")


def condition_expression(text: str) -> Edits:
    """Change or weaken a condition of DynamoDB or SQL."""
    source = _Source(text)
    for node, where in source.nodes:
        if not (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and _CONDITION.search(node.value)
        ):
            continue
        start, end = source.span(node)
        written = text[start:end]
        for old, new in (
            ("attribute_not_exists", "attribute_exists"),
            (" OR ", " AND "),
            (" AND ", " OR "),
            (" < :", " > :"),
            (" >= :", " <= :"),
            (" = :", " <> :"),
        ):
            for found in re.finditer(re.escape(old), written):
                yield start + found.start(), start + found.end(), new, where


def statement(text: str) -> Edits:
    """Remove a statement: a call, a raise, a return, a break, a repeated assignment."""
    source = _Source(text)
    for node, where in source.nodes:
        called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if called or isinstance(node, ast.Raise | ast.Continue | ast.Break | ast.AugAssign | ast.Delete):
            assert isinstance(node, ast.stmt)
            yield (*source.span(node), "pass", where)


def result(text: str) -> Edits:
    """Make a function return nothing, or the opposite."""
    source = _Source(text)
    for node, where in source.nodes:
        if isinstance(node, ast.Return) and node.value is not None:
            was = text[slice(*source.span(node.value))]
            other = {"True": "False", "False": "True", "None": "0"}.get(was, "None")
            yield (*source.span(node.value), other, where)


def keyword(text: str) -> Edits:
    """Remove a keyword argument: a consistent read, a timeout, a filter."""
    source = _Source(text)
    for node, where in source.nodes:
        if isinstance(node, ast.Call):
            for argument in node.keywords:
                if argument.arg is not None:
                    start, end = source.span(argument)
                    comma = re.match(r"\s*,\s*", text[end:])
                    before = re.search(r",\s*\Z", text[:start])
                    if comma:
                        yield start, end + comma.end(), "", where
                    elif before:
                        yield before.start(), end, "", where
                    else:
                        yield start, end, "", where


def key(text: str) -> Edits:
    """Misspell a key of an item, an answer or a request."""
    source = _Source(text)
    for node, where in source.nodes:
        keys = (
            node.keys
            if isinstance(node, ast.Dict)
            else [node.slice]
            if isinstance(node, ast.Subscript)
            else []
        )
        for each in keys:
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value:
                end = source.span(each)[1]
                yield end - 1, end, f"x{text[end - 1]}", where


CODE_OPERATORS: Mapping[str, Callable[[str], Edits]] = {
    f"code-{operator.__name__.replace('_', '-')}": operator
    for operator in (
        comparison, connection, decision, condition_expression, statement, result, keyword, key,
    )
}  # fmt: skip
