"""Random HCL with the indentation and spaces of ``terraform fmt``, but without alignment."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["documents"]

_names = st.sampled_from(["a", "bb", "ccc", "a_rather_long_name", "x1"])
_keys = st.one_of(_names, st.sampled_from(['"k-1"', '"é"', '"日本 x"', "(var.k)", '"a = {"', '"${v.b}-c"']))
_scalars = st.sampled_from([
    "1", "true", "null", '"text"', '"${var.a}-b"', '"${f("}", { k = 1 })}x"', "[1, 2]", "{ k = 1, l = 2 }",
    'f(x, "#")', "a == b ? c : d", "x[0].y", '"$${no}"', '"# {"', "{ for k, v in m : k => v }", '"日本é"',
    'f({ k = 1 }, "(")', "/* c */ 1", "!x", "-1", "[]",
])  # fmt: skip
_comments = st.sampled_from(["", "", "", " # why", " // {", " # = ["])
_heredocs = st.sampled_from([
    "<<X\n  b = {\nccc = 1\nX", "<<-EOT\n    ${var.a} EOT\n    EOT", "<<X\n$${ { \nXX\nX", "<<X\nX",
])  # fmt: skip


@st.composite
def _body(draw: st.DrawFn, depth: int, keys: st.SearchStrategy[str]) -> list[str]:
    pad = "  " * depth
    lines: list[str] = []
    for number in range(draw(st.integers(0, 5))):
        kind = draw(
            st.sampled_from(["attribute"] * 6 + ["empty", "comment", "heredoc", "object", "list", "call"])
        )
        key, note = draw(keys), draw(_comments)
        if depth == 1:
            key += str(number)  # an argument may occur only once in a block
        if kind == "empty":
            lines.append("")
        elif kind == "comment":
            lines.append(f"{pad}# a = {{")
        elif kind == "heredoc":
            lines.append(f"{pad}{key} = {draw(_heredocs)}")
        elif kind == "attribute" or depth > 3:
            lines.append(f"{pad}{key} = {draw(_scalars)}{note}")
        elif kind == "object":
            lines += [f"{pad}{key} = {{{note}", *draw(_body(depth + 1, _keys)), pad + "}"]
        elif kind == "call":
            lines += [f"{pad}{key} = f({{ k = 1 }}, {{{note}", *draw(_body(depth + 1, _keys)), pad + "})"]
        else:
            items = draw(st.lists(_scalars, min_size=1, max_size=3))
            lines += [f"{pad}{key} = [{note}", *(f"{pad}  {item},{note}" for item in items), pad + "]"]
    return lines


@st.composite
def _block(draw: st.DrawFn) -> str:
    return "\n".join(["locals {" + draw(_comments), *draw(_body(1, _names)), "}"])


def documents(blocks: int = 2) -> st.SearchStrategy[str]:
    """Files with a maximum number of blocks. Objects may repeat a key, which does not affect the layout."""
    return st.lists(_block(), min_size=1, max_size=blocks).map(lambda texts: "\n\n".join(texts) + "\n")
