"""The picture as a Mermaid flowchart, which GitHub and GitLab render.

Source: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from ticketgen.escaping import visible
from ticketgen.pictures.kinds import PATHS
from ticketgen.pictures.picture import Flow, Picture
from ticketgen.pictures.style import COLOURS
from ticketgen.pictures.text_width import upper_bound

__all__ = ["mermaid"]

_SHAPES = {
    "store": ("[(", ")]"),
    "function": ("([", "])"),
    "machine": ("{{", "}}"),
    "clock": ("((", "))"),
    "stream": ("[/", "/]"),
    "queue": ("[[", "]]"),
}


def mermaid(picture: Picture) -> str:
    """The flowchart, with a newline at the end."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    names = {node.key: f"n{number}" for number, node in enumerate(picture.nodes)}
    yield "---"
    yield f"title: {_text(f'{picture.project}, {picture.environment}')}"
    # By default, Mermaid wraps at 200 pixels, and a longer name overflows its box.
    yield "config:"
    yield "  flowchart:"
    yield f"    wrappingWidth: {_longest(picture)}"
    yield "---"
    yield "flowchart LR"
    yield f'  subgraph close["Data paths in {_text(picture.primary)}"]'
    for node in picture.nodes:
        begin, end = _SHAPES.get(node.kind, ("[", "]"))
        yield f'    {names[node.key]}{begin}"{_text(node.name)}<br>{_text(node.description)}"{end}'
    yield "  end"
    colours: list[str] = []
    for line in picture.lines:
        labels = [f"{PATHS[line.path].letter}{line.step}"] if line.step else []
        labels += [_text(label) for label in line.label.split(", ") if label]
        label = f'|"{"<br>".join(labels)}"|' if labels else ""
        yield f"  {names[line.source]} {'-.->' if line.is_async else '-->'}{label} {names[line.target]}"
        colours.append(COLOURS[line.path])
    yield from _replication(picture, names, colours)
    yield from _flows(picture, colours)
    for colour in dict.fromkeys(colours):
        numbers = ",".join(str(number) for number, each in enumerate(colours) if each == colour)
        yield f"  linkStyle {numbers} stroke:{colour},stroke-width:2px"


def _longest(picture: Picture) -> int:
    """The width of the widest label in pixels, at Mermaid's font size of 16."""
    labels = [label for node in picture.nodes for label in (node.name, node.description)]
    labels += [label for line in picture.lines for label in line.label.split(", ")]
    labels += [label for group in picture.groups for label in (group.name, *group.members)]
    labels += [flow.peer for group in picture.groups for flow in group.flows]
    return max(200, *(ceil(upper_bound(label, 16)) for label in labels)) if labels else 200


def _replication(picture: Picture, names: dict[str, str], colours: list[str]) -> Iterator[str]:
    """A box for each set of Regions that tables are replicated to."""
    sets: dict[tuple[str, ...], list[str]] = {}
    keys = {(node.type, node.name): node.key for node in picture.nodes}
    for row in picture.rows:
        regions = tuple(copy.region for copy in row.copies if copy.is_replica)
        if regions:
            sets.setdefault(regions, []).append(names[keys[row.type, row.name]])
    for number, (regions, tables) in enumerate(sets.items()):
        yield f'  r{number}["replicas in<br>{"<br>".join(_text(region) for region in regions)}"]'
        for table in tables:
            yield f"  {table} <==> r{number}"
            colours.append(COLOURS["store"])


def _flows(picture: Picture, colours: list[str]) -> Iterator[str]:
    yield '  subgraph flows["Traffic that the security groups allow"]'
    numbers = {group.name: f"g{number}" for number, group in enumerate(picture.groups)}
    for group in picture.groups:
        members = "<br>".join(_text(member) for member in group.members) or "no members"
        yield f'    {numbers[group.name]}["{_text(group.name)}<br>{members}"]'
    for group in picture.groups:
        for index, flow in enumerate(group.flows):
            own = numbers[group.name]
            peer = numbers.get(flow.peer) if flow.peer_type == "aws_security_group" else None
            yield f"    {_flow(own, peer or f'p{own}{index}', flow, known=peer is not None)}"
            colours.append(COLOURS["flow"])
    yield "  end"


def _flow(group: str, peer: str, flow: Flow, *, known: bool) -> str:
    other = peer if known else f'{peer}["{_text(flow.peer or "anywhere")}"]'
    ports = f'|"{_text(flow.ports)}"|'
    return f"{group} -->{ports} {other}" if flow.egress else f"{other} -->{ports} {group}"


def _text(words: str) -> str:
    """Text for a quoted label; characters that may be Mermaid syntax become entities."""
    return "".join(
        character if character.isalnum() or character in " .,:/_-–(){}·" else f"#{ord(character)};"
        for character in visible(words)
    )
