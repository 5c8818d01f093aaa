"""The panel of security groups, with members and allowed flows."""

from __future__ import annotations

from ticketgen.pictures.picture import Flow, Group, Picture
from ticketgen.pictures.shapes import Panel, arrow, group, rect, reference_data, text, widest

__all__ = ["flow_panel"]

_MIN_WIDTH = 190.0  # of a box
_ARROW = 150.0  # minimum length
_GAP = 14.0
_ROW = 34.0
_LINE = 14.0  # of a member's name
_NO_MEMBERS = "no members"


def flow_panel(picture: Picture) -> Panel:
    """Columns of boxes, arrows with ports, peers, and descriptions of the rules."""
    groups = picture.groups
    flows = [flow for each in groups for flow in each.flows]
    members = [member for each in groups for member in each.members] + [_NO_MEMBERS]
    box = max(_MIN_WIDTH, widest([each.name for each in groups], "name") + 24, widest(members, "what") + 24)
    arrow_end = box + max(_ARROW, widest([flow.ports for flow in flows], "note") + 24)
    rules = arrow_end + _GAP + widest([_peer(flow) for flow in flows], "row-name") + _GAP
    width = rules + widest([_rules(flow) for flow in flows], "what")
    body: list[str] = []
    y = 0.0
    for each in groups:
        height = max(_ROW * max(1, len(each.flows)) + 12, 32.0 + _LINE * max(1, len(each.members)))
        body.append(_group(each, y, box, height))
        first = y + height / 2 - _ROW * (len(each.flows) - 1) / 2
        for index, flow in enumerate(each.flows):
            body.append(_flow(each, flow, first + _ROW * index, (box, arrow_end, rules)))
        if not each.flows:
            description = _without_flows(each, picture)
            body.append(text(box + _GAP, y + height / 2 + 4, description, "what"))
            width = max(width, box + _GAP + widest([description], "what"))
        y += height + 14
    return Panel(width, y, tuple(body))


def _without_flows(each: Group, picture: Picture) -> str:
    sources = sorted(
        {
            other.name
            for other in picture.groups
            for flow in other.flows
            if flow.peer == each.name and flow.ingress
        }
    )
    if sources:
        return f"accepts traffic from {' and '.join(sources)}, sends none"
    return "accepts no traffic, sends none"


def _group(each: Group, y: float, width: float, height: float) -> str:
    return group(
        f"aws_security_group {each.name} ({each.declaration})",
        'class="group"',
        rect(0, y, width, height, "box", 6),
        text(12, y + 19, each.name, "name"),
        *(
            text(12, y + 34 + _LINE * index, member, "what")
            for index, member in enumerate(each.members or (_NO_MEMBERS,))
        ),
    )


def _peer(flow: Flow) -> str:
    return flow.peer or "anywhere"


def _rules(flow: Flow) -> str:
    if flow.egress:
        return (
            "egress and ingress rule" if flow.ingress else "egress rule; no security group at the other end"
        )
    return "ingress rule only"


def _flow(each: Group, flow: Flow, y: float, columns: tuple[float, float, float]) -> str:
    box, arrow_end, rules = columns
    peer = _peer(flow)
    marks = f'class="edge" data-from="{each.name}" data-to="{peer}" {reference_data((*flow.egress, *flow.ingress))}'
    ends = ((box, y), (arrow_end, y)) if flow.egress else ((arrow_end, y), (box, y))
    return group(
        f"{each.name} {'→' if flow.egress else '←'} {peer}, {flow.ports}: {_rules(flow)}",
        marks,
        arrow(ends, "flow"),
        text((box + arrow_end) / 2, y - 5, flow.ports, "note", anchor="middle"),
        text(arrow_end + _GAP, y + 4, peer, "row-name"),
        text(rules, y + 4, _rules(flow), "what"),
    )
