"""Valid specs in the many layouts that people use."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import strategies as st

__all__ = ["OTHERS", "single_specs", "specs"]

OTHERS = ("eu-west-1", "eu-north-1", "ap-south-1", "sa-east-1")
"""Regions that a generated spec may have beside its primary us-east-1 and its secondary us-west-2."""

_COMMENTS = ("", "", "  # why, by whom: [a, b]", " # eu-west-2, later", "   #")


@st.composite
def _quoted(draw: st.DrawFn, words: Sequence[str]) -> list[str]:
    quote = draw(st.sampled_from(["", "", "'", '"']))
    return [f"{quote}{word}{quote}" for word in words]


@st.composite
def _flow(draw: st.DrawFn, words: Sequence[str], indent: int, *, one_line: bool = False) -> str:
    """A list in brackets, on one line, wrapped, or an item a line."""
    items = draw(_quoted(words))
    comma = draw(st.sampled_from(["", ","]))
    kind = "line" if one_line else draw(st.sampled_from(["line", "line", "wrapped", "each", "each, closed"]))
    if kind == "line" or len(items) < 2:
        pad, separator = draw(st.sampled_from(["", " "])), draw(st.sampled_from([", ", ",", " , "]))
        return f"[{pad}{separator.join(items)}{comma}{pad}]"
    blanks = " " * (indent + draw(st.integers(1, 6)))
    if kind == "wrapped":
        half = len(items) // 2
        first, second = items[:half], items[half:]
        comment = draw(st.sampled_from(_COMMENTS))
        return f"[{', '.join(first)},{comment}\n{blanks}{', '.join(second)}{comma}]"
    lines = [f"{item}{',' if n < len(items) - 1 else comma}" for n, item in enumerate(items)]
    lines = [f"{blanks}{line}{draw(st.sampled_from(_COMMENTS))}" for line in lines]
    if kind == "each":
        lines = [f"{blanks}{item}{',' if n < len(items) - 1 else ''}" for n, item in enumerate(items)]
        return "[" + "\n".join(lines).lstrip(" ") + comma + "]"
    if draw(st.booleans()):
        lines.insert(
            draw(st.integers(0, len(lines))), f"{blanks}# {draw(st.sampled_from(['a, b', ']', 'x']))}"
        )
    return "[\n" + "\n".join(lines) + f"\n{' ' * (indent + 1)}]"


@st.composite
def _block(draw: st.DrawFn, words: Sequence[str], indent: int) -> str:
    """A list with dashes, with comments and empty lines in it."""
    blanks, dash = " " * indent, draw(st.sampled_from(["- ", "-   "]))
    lines = []
    for item in draw(_quoted(words)):
        if draw(st.integers(0, 5)) == 0:
            lines.append(draw(st.sampled_from(["", f"{blanks}# - eu-west-3", "# here"])))
        lines.append(f"{blanks}{dash}{item}{draw(st.sampled_from(_COMMENTS))}")
    if draw(st.integers(0, 3)) == 0:
        lines.append(f"{blanks}# - eu-west-2   some day")
    return "\n" + "\n".join(lines)


@st.composite
def _regions(draw: st.DrawFn, words: Sequence[str], indent: int) -> str:
    """The value of ``regions:``, with a comment where one is allowed."""
    if draw(st.booleans()):
        return draw(st.sampled_from(_COMMENTS)) + draw(
            _block(words, indent + draw(st.sampled_from([0, 2, 4])))
        )
    return f" {draw(_flow(words, indent))}{draw(st.sampled_from(_COMMENTS))}"


@st.composite
def _environment(draw: st.DrawFn, name: str, indent: int, words: Sequence[str] | None) -> str:
    """One environment, with Regions of its own or without."""
    blanks, deeper = " " * indent, indent + draw(st.sampled_from([2, 4]))
    comment = draw(st.sampled_from(_COMMENTS))
    scale = "event_scale: { purchases_per_minute: 600 }"
    if words is None:
        bare = draw(
            st.sampled_from(["", " ~", " null", " {}", " { }", f" {{ {scale} }}", " {protect: true}"])
        )
        return f"{blanks}{name}:{bare}{comment}"
    if draw(st.booleans()):
        listed = draw(_flow(words, deeper, one_line=draw(st.booleans())))
        order = draw(st.sampled_from([f"regions: {listed}, {scale}", f"protect: true, regions: {listed}"]))
        return f"{blanks}{name}: {{ {order} }}{comment}"
    lines = [
        f"{' ' * deeper}regions:{draw(_regions(words, deeper))}",
        f"{' ' * deeper}event_scale:\n{' ' * deeper}  purchases_per_minute: 600",
    ]
    if draw(st.booleans()):
        lines.append(f"{' ' * deeper}# a word on protection\n\n{' ' * deeper}protect: true")
    return f"{blanks}{name}:{comment}\n" + "\n".join(draw(st.permutations(lines)))


@st.composite
def specs(draw: st.DrawFn) -> str:
    """The text of a valid spec with the environments dev and prod."""
    others = draw(st.lists(st.sampled_from(OTHERS), unique=True, min_size=1, max_size=4))
    words = draw(st.permutations(["us-east-1", "us-west-2", *others]))
    if draw(st.integers(0, 9)) == 0:
        return draw(_as_json(words))
    indent = draw(st.sampled_from([2, 4]))
    own = {name: draw(st.sampled_from([None, None, words, words[:1] + words])) for name in ("dev", "prod")}
    environments = [
        draw(_environment(name, indent, list(dict.fromkeys(own[name] or ())) or None)) for name in own
    ]
    head = ["version: 1", "project: tap-marketplace"]
    top = [
        "extends: flash-sale",
        "primary_region: us-east-1     # home",
        "secondary_region: 'us-west-2'",
        "environments:" + draw(st.sampled_from(_COMMENTS)) + "\n" + "\n".join(environments),
        'tags:\n  Owner: "ticketing"',
    ]
    if draw(st.integers(0, 2)):
        top.append(f"regions:{draw(_regions(words, 0))}")
    parts = [*head, *draw(st.permutations(top))]
    gaps = st.sampled_from(["", "", "\n", "# ----\n", "\n\n  # indented\n"])
    text = "".join(f"{draw(gaps)}{part}\n" for part in parts) + draw(
        st.sampled_from(["", "# the end\n", "\n\n"])
    )
    if draw(st.booleans()):
        text = text.rstrip("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))


@st.composite
def _as_json(draw: st.DrawFn, words: Sequence[str]) -> str:
    document = {
        "version": 1,
        "project": "tap-marketplace",
        "extends": "flash-sale",
        "primary_region": "us-east-1",
        "secondary_region": "us-west-2",
        "environments": {"dev": {"regions": words}, "prod": {}},
    }
    if draw(st.booleans()):
        document["regions"] = words
    return json.dumps(document, indent=draw(st.sampled_from([None, 2, 4]))) + "\n"


@st.composite
def _nothing(draw: st.DrawFn) -> str:
    """The value of ``secondary_region:`` without such a Region."""
    return draw(st.sampled_from(["", " null", " ~", " Null", "   null"])) + draw(st.sampled_from(_COMMENTS))


@st.composite
def _single(draw: st.DrawFn, name: str, indent: int) -> str:
    """One environment with a single Region, and perhaps saying so itself."""
    blanks, deeper = " " * indent, " " * (indent + draw(st.sampled_from([2, 4])))
    comment = draw(st.sampled_from(_COMMENTS))
    entries = [
        *(["regions: [us-east-1]"] if draw(st.booleans()) else []),
        *(["primary_region: us-east-1"] if draw(st.booleans()) else []),
        *(["event_scale: { purchases_per_minute: 60 }"] if draw(st.booleans()) else []),
    ]
    none = draw(st.sampled_from([None, None, "null", "~", ""]))
    if not entries and none is None:
        return f"{blanks}{name}:{draw(st.sampled_from(['', ' ~', ' null', ' {}', ' { }']))}{comment}"
    if draw(st.booleans()):
        flow = [*entries, *([f"secondary_region: {none}"] if none is not None else [])]
        return f"{blanks}{name}: {{ {', '.join(draw(st.permutations(flow)))} }}{comment}"
    block = [*entries, *([f"secondary_region:{draw(_nothing())}"] if none is not None else [])]
    if block and block[0].startswith("regions") and draw(st.booleans()):
        block[0] = f"regions:\n{deeper}- us-east-1{draw(st.sampled_from(_COMMENTS))}"
    return f"{blanks}{name}:{comment}\n" + "\n".join(
        f"{deeper}{line}" for line in draw(st.permutations(block))
    )


@st.composite
def single_specs(draw: st.DrawFn) -> str:
    """The text of a spec with the environments dev and prod, both in us-east-1 alone."""
    indent = draw(st.sampled_from([2, 4]))
    if draw(st.integers(0, 6)) == 0:
        return draw(_single_as_json())
    environments = [draw(_single(name, indent)) for name in ("dev", "prod")]
    top = [
        "extends: small-venue",
        "environments:" + draw(st.sampled_from(_COMMENTS)) + "\n" + "\n".join(environments),
        'tags:\n  Owner: "ticketing"',
    ]
    if draw(st.booleans()):
        top.append("primary_region: us-east-1   # home")
    if draw(st.booleans()):
        top.append(f"secondary_region:{draw(_nothing())}")
    if draw(st.booleans()):
        top.append(f"regions:{draw(_regions(['us-east-1'], 0))}")
    parts = ["version: 1", "project: tap-marketplace", *draw(st.permutations(top))]
    gaps = st.sampled_from(["", "", "\n", "# ----\n", "\n\n  # indented\n"])
    text = "".join(f"{draw(gaps)}{part}\n" for part in parts) + draw(st.sampled_from(["", "# the end\n"]))
    if draw(st.booleans()):
        text = text.rstrip("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))


@st.composite
def _single_as_json(draw: st.DrawFn) -> str:
    own = {"regions": ["us-east-1"], "secondary_region": None}
    document: dict[str, object] = {
        "version": 1,
        "project": "tap-marketplace",
        "extends": "small-venue",
        "environments": {
            name: {key: own[key] for key in own if draw(st.booleans())} for name in ("dev", "prod")
        },
    }
    document |= {key: own[key] for key in own if draw(st.booleans())}
    return json.dumps(document, indent=draw(st.sampled_from([None, 2, 4]))) + "\n"
