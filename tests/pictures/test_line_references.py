"""The picture shows the Terraform: each line has a reference behind it, and disappears with the reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from demo_pictures import changed, picture_of, pictured, texts
from stacks import SHAPES

from ticketgen.pictures.kinds import BOX_TYPES, LINE_TYPES, NOTES, StackPath
from ticketgen.pictures.picture import Line, Picture
from ticketgen.pictures.svg import svg
from ticketgen.stack.functions import FUNCTIONS

SVG = "{http://www.w3.org/2000/svg}"


def edges(shape: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(svg(picture_of(shape)))
    return [element for element in root.iter(f"{SVG}g") if element.get("class") == "edge"]


def behind(attribute: str) -> Iterator[tuple[str, int, str]]:
    for each in attribute.split("; "):
        place, _, text = each.partition(" ")
        file, _, line = place.rpartition(":")
        yield file, int(line), text


@pytest.mark.parametrize("shape", SHAPES)
def test_every_drawn_line_has_its_references_in_the_text(shape: str) -> None:
    found = edges(shape)
    assert found
    for edge in found:
        references = list(behind(edge.get("data-behind") or ""))
        assert references
        for file, line, text in references:
            written = texts(shape)[file].splitlines()[line - 1]
            assert text.split("[…]")[0] in written, f"{file}:{line} {written!r} {text!r}"


@pytest.mark.parametrize("shape", SHAPES)
def test_only_edges_and_the_legend_draw_lines(shape: str) -> None:
    picture = picture_of(shape)
    root = ElementTree.fromstring(svg(picture))
    inside = [path for edge in edges(shape) for path in edge.iter(f"{SVG}path")]
    drawn = [path for path in inside if path.get("data-kind")]
    curves = [path for path in drawn if path.get("data-kind") == "line"]
    replications = [path for path in drawn if path.get("data-kind") == "replication"]
    everywhere = [
        path for path in root.iter(f"{SVG}path") if path.get("data-kind") in {"line", "replication"}
    ]
    samples = [path for path in everywhere if re.fullmatch(r"M[0-9.]+ [0-9.]+h[0-9]+", path.get("d") or "")]
    assert len(everywhere) == len(drawn) + len(samples)  # samples are in the legend
    flows = sum(len(group.flows) for group in picture.groups)
    replicas = sum(copy.is_replica for row in picture.rows for copy in row.copies)
    assert len(curves) == len(picture.lines) + flows
    assert len(replications) == replicas
    assert len(edges(shape)) == len(curves) + len(replications)
    assert len(inside) == 2 * len(curves) + len(replications)  # each curve with its arrowhead


@pytest.mark.parametrize("shape", SHAPES)
def test_the_references_connect_both_ends(shape: str) -> None:
    picture = picture_of(shape)
    names = {node.key: node.declaration.text for node in picture.nodes}
    for line in picture.lines:
        words = " ".join(each.text for each in line.references).replace('" "', ".")
        addresses = [names[line.target]] + ([names[line.source]] if not _refers_itself(line, picture) else [])
        for address in addresses:
            assert address in words, line


def _refers_itself(line: Line, picture: Picture) -> bool:
    """Whether the reference stands in the source's own block, so that the source is not named."""
    kinds = {node.key: node.kind for node in picture.nodes}
    return kinds[line.source] in {"function", "machine", "queue"}


def ends(picture: Picture, way: StackPath) -> set[tuple[str, str]]:
    names = {node.key: node.name for node in picture.nodes}
    return {(names[line.source], names[line.target]) for line in picture.lines if line.path is way}


def test_the_paths_match_the_design() -> None:
    picture = picture_of("prod")
    assert ends(picture, StackPath.PURCHASE) == {
        ("tickets", "tickets"),
        ("tickets", "ticket_purchase"),
        ("ticket_purchase", "distributed_locks"),
        ("ticket_purchase", "inventory"),
        ("ticket_purchase", "sales"),
        ("ticket_purchase", "events"),
    }
    assert ends(picture, StackPath.READ) == {
        ("tickets", "tickets"),
        ("tickets", "seat_availability"),
        ("seat_availability", "seats"),
    }
    assert {("minute", "ticker"), ("ticker", "verification"), ("verification", "inventory_verifier")} < ends(
        picture, StackPath.VERIFICATION
    )
    assert {("verification", "oversell_corrector"), ("oversell_corrector", "refunds")} < ends(
        picture, StackPath.CORRECTION
    )
    assert {
        ("sales", "sales"),
        ("sales", "kinesis_processor"),
        ("inventory", "seat_cache_sync"),
    } < ends(picture, StackPath.FOLLOWING)


def test_steps_count_from_the_start_of_a_path() -> None:
    names = {node.key: node.name for node in picture_of("prod").nodes}
    steps = {
        (line.path, names[line.source], names[line.target]): line.step
        for line in picture_of("prod").lines
        if line.path is not StackPath.OTHER
    }
    assert steps[StackPath.PURCHASE, "tickets", "tickets"] == 1
    assert steps[StackPath.PURCHASE, "tickets", "ticket_purchase"] == 2
    assert steps[StackPath.PURCHASE, "ticket_purchase", "sales"] == 3
    assert steps[StackPath.VERIFICATION, "minute", "ticker"] == 1
    assert steps[StackPath.VERIFICATION, "inventory_verifier", "sales"] == 4
    assert steps[StackPath.CORRECTION, "verification", "oversell_corrector"] == 1
    assert steps[StackPath.CORRECTION, "refunds", "failed_refunds"] == 3
    assert steps[StackPath.FOLLOWING, "inventory", "seat_cache_sync"] == 1
    assert steps[StackPath.FOLLOWING, "kinesis_processor", "sales"] == 3
    assert min(steps.values()) == 1


def test_routes_are_labels_of_the_lines_to_their_functions() -> None:
    labels = {line.label for line in picture_of("prod").lines if line.label}
    assert labels == {"POST /holds, DELETE /holds/{id}, POST /tickets", "GET /events/{id}/seats"}


@pytest.mark.parametrize(
    ("path", "old", "new", "way", "gone"),
    [
        (
            "modules/region/functions.tf",
            "      LOCKS_TABLE       = var.tables.locks\n",
            "",
            StackPath.PURCHASE,
            ("ticket_purchase", "distributed_locks"),
        ),
        (
            "modules/region/streams.tf",
            "var.inventory_stream_arn",
            '"arn"',
            StackPath.FOLLOWING,
            ("inventory", "seat_cache_sync"),
        ),
        (
            "modules/verification/state_machines.tf",
            "aws_sfn_state_machine.verification.arn",
            '"arn"',
            StackPath.VERIFICATION,
            ("ticker", "verification"),
        ),
        (
            "modules/analytics/kinesis.tf",
            "table_name                               = var.sales_table_name",
            'table_name = "sales"',
            StackPath.FOLLOWING,
            ("sales", "sales"),
        ),
        (
            "regions/us-east-1/main.tf",
            "${local.app_name}-ticket-inventory-",
            "${local.app_name}-ticket-sales-",
            StackPath.PURCHASE,
            ("ticket_purchase", "inventory"),
        ),
        (
            "modules/region/api.tf",
            "  resource_arn = aws_api_gateway_stage.live.arn",
            '  resource_arn = "arn"',
            StackPath.READ,
            ("tickets", "tickets"),
        ),
    ],
)
def test_removing_a_reference_removes_its_line(
    path: str, old: str, new: str, way: StackPath, gone: tuple[str, str]
) -> None:
    assert gone in ends(picture_of("prod"), way)
    assert gone not in ends(changed("prod", path, old, new), way)


def copies(picture: Picture) -> dict[str, set[str]]:
    """The Regions of each table."""
    return {
        row.name: {copy.region for copy in row.copies}
        for row in picture.rows
        if row.type == "aws_dynamodb_table"
    }


def test_another_name_is_no_replica() -> None:
    before = copies(picture_of("prod"))
    name = 'app_name = "tap-marketplace"'
    after = copies(changed("prod", "data/eu-north-1/variables.tf", name, 'app_name = "other"'))
    assert before["sales"] - after["sales"] == {"eu-north-1"}
    assert before["corrections"] == after["corrections"] == {"us-east-1", "us-west-2"}
    assert "eu-north-1" in after["distributed_locks"]  # its own, and no replica


def test_only_global_tables_have_replicas() -> None:
    rows = {row.name: row for row in picture_of("every-region").rows if row.is_replicated}
    assert set(rows) == {"events", "inventory", "sales", "corrections"}
    assert {name: len(row.copies) for name, row in rows.items()} == {
        "events": 34,
        "inventory": 34,
        "sales": 34,
        "corrections": 2,
    }
    assert all(sum(not copy.is_replica for copy in row.copies) == 1 for row in rows.values())


def flows(picture: Picture) -> dict[tuple[str, str, str], tuple[bool, bool]]:
    return {
        (group.name, flow.peer, flow.ports): (bool(flow.egress), bool(flow.ingress))
        for group in picture.groups
        for flow in group.flows
    }


def test_a_flow_needs_a_rule_on_both_sides() -> None:
    assert flows(picture_of("prod")) == {
        ("functions", "redis", "tcp 6379"): (True, True),
        ("functions", "dynamodb", "tcp 443"): (True, False),
    }
    members = {group.name: group.members for group in picture_of("prod").groups}
    assert members == {
        "functions": tuple(sorted(name for name, function in FUNCTIONS.items() if function.in_vpc)),
        "redis": ("seats",),
        "aurora": ("sales",),
        "unused": (),
    }


def test_an_egress_rule_alone_is_drawn_one_sided() -> None:
    text = texts("prod")["modules/region/network.tf"]
    begin = text.index('resource "aws_vpc_security_group_ingress_rule" "functions_to_redis"')
    without = (
        text[:begin]
        + text[text.index('resource "aws_vpc_security_group_egress_rule" "functions_to_dynamodb"') :]
    )
    halved = pictured({**texts("prod"), "modules/region/network.tf": without})
    assert flows(halved)["functions", "redis", "tcp 6379"] == (True, False)


def test_an_ingress_rule_alone_is_drawn_one_sided() -> None:
    text = texts("prod")["modules/region/network.tf"]
    begin = text.index('resource "aws_vpc_security_group_egress_rule" "functions_to_redis"')
    end = text.index('resource "aws_vpc_security_group_ingress_rule" "functions_to_redis"')
    halved = pictured({**texts("prod"), "modules/region/network.tf": text[:begin] + text[end:]})
    assert flows(halved)["redis", "functions", "tcp 6379"] == (False, True)
    assert ("functions", "redis", "tcp 6379") not in flows(halved)


def test_rules_with_different_ports_are_different_flows() -> None:
    path = "modules/region/network.tf"
    begin, _, rest = texts("prod")[path].partition(
        '"aws_vpc_security_group_ingress_rule" "functions_to_redis"'
    )
    moved = pictured(
        {
            **texts("prod"),
            path: begin
            + '"aws_vpc_security_group_ingress_rule" "functions_to_redis"'
            + rest.replace("6379", "6380"),
        }
    )
    assert flows(moved)["functions", "redis", "tcp 6379"] == (True, False)
    assert flows(moved)["redis", "functions", "tcp 6380"] == (False, True)


def test_an_open_ingress_rule_is_drawn() -> None:
    rule = """
resource "aws_vpc_security_group_ingress_rule" "world" {
  security_group_id = aws_security_group.redis.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 1
  to_port           = 6379
}
"""
    path = "modules/region/network.tf"
    opened = pictured({**texts("prod"), path: texts("prod")[path] + rule})
    assert flows(opened)["redis", "0.0.0.0/0", "tcp 1–6379"] == (False, True)
    assert "0.0.0.0/0" in svg(opened)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_resource_type_is_in_the_picture_or_its_legend(shape: str) -> None:
    types = {
        name
        for text in texts(shape).values()
        for name in re.findall(r'^resource "(\w+)"', text, re.MULTILINE)
    }
    shown = svg(picture_of(shape))
    one_region = len(picture_of(shape).regions) == 1  # without replicas
    for name in types - ({"aws_dynamodb_table_replica"} if one_region else set()):
        assert re.search(rf">{name}</text>", shown), name
    assert types <= set(BOX_TYPES) | set(LINE_TYPES) | set(NOTES), "a type without a box, a line or a note"


def test_every_known_type_occurs_in_a_stack() -> None:
    types = {
        name
        for shape in SHAPES
        for text in texts(shape).values()
        for name in re.findall(r'^resource "(\w+)"', text, re.MULTILINE)
    }
    assert types == set(BOX_TYPES) | set(LINE_TYPES) | set(NOTES)


def test_an_unknown_type_is_listed_by_its_name() -> None:
    path = "modules/data/locks.tf"
    added = pictured({**texts("dev"), path: texts("dev")[path] + '\nresource "aws_new_thing" "x" {\n}\n'})
    assert ">aws_new_thing</text>" in svg(added)
