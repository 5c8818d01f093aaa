"""The security groups of a Region: who stands in each, and which flows it lets through."""

from __future__ import annotations

from ticketgen.pictures.picture import Flow, Group, Picture
from ticketgen.pictures.shapes import Panel, behind_attribute, group, number, phrase, rect, shortened, text

__all__ = ["flow_panel"]

_WIDTH = 610.0
_BOX = 190.0
_ROW = 34.0
_LINE = 14.0  # of a member's name


def flow_panel(picture: Picture) -> Panel:
    """The panel of flows."""
    body: list[str] = []
    y = 0.0
    for each in picture.groups:
        height = max(_ROW * max(1, len(each.flows)) + 12, 32.0 + _LINE * max(1, len(each.members)))
        body.append(_group(each, y, height))
        first = y + height / 2 - _ROW * (len(each.flows) - 1) / 2
        for place, flow in enumerate(each.flows):
            body.append(_flow(each, flow, first + _ROW * place))
        if not each.flows:
            body.append(text(_BOX + 14, y + height / 2 + 4, _told(each, picture), "what"))
        y += height + 14
    return Panel(_WIDTH, y, tuple(body))


def _told(each: Group, picture: Picture) -> str:
    reached = sorted(
        {
            other.name
            for other in picture.groups
            for flow in other.flows
            if flow.peer == each.name and flow.back
        }
    )
    return (
        f"lets in what {' and '.join(reached)} sends it, and nothing out"
        if reached
        else "lets nothing in and nothing out"
    )


def _group(each: Group, y: float, height: float) -> str:
    members = each.members or ("nobody",)
    return group(
        f"aws_security_group {each.name} ({each.behind})",
        'class="group"',
        rect(0, y, _BOX, height, "box", 6),
        text(12, y + 19, shortened(each.name, _BOX - 20, 13), "name"),
        *(
            text(12, y + 34 + _LINE * place, shortened(member, _BOX - 20, 11), "what")
            for place, member in enumerate(members)
        ),
    )


def _flow(each: Group, flow: Flow, y: float) -> str:
    peer = flow.peer or "anywhere"
    whole = (
        "out and in"
        if flow.out and flow.back
        else "out; no group stands at the other end"
        if flow.out
        else "in"
    )
    marks = (
        f'class="edge" data-from="{each.name}" data-to="{peer}" {behind_attribute((*flow.out, *flow.back))}'
    )
    start, end = (_BOX, _BOX + 150) if flow.out else (_BOX + 150, _BOX)
    ends = f"M{number(start)} {number(y)}L{number(end)} {number(y)}"
    return group(
        f"{each.name} → {peer}, {flow.ports}: {whole}",
        marks,
        f'<path d="{ends}" class="way flow" marker-end="url(#end-flow)"/>',
        text(_BOX + 72, y - 5, flow.ports, "note", anchor="middle"),
        phrase(_BOX + 158, y + 4, ("row-name", shortened(peer, 130, 12.5)), ("what", f"({whole})")),
    )
