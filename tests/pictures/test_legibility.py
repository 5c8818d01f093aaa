"""Geometry, contrast and accessibility of the picture with 1, 2, 12 and 34 Regions, in light and dark."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from demo_pictures import picture_of, pictured, texts
from stacks import SHAPES

from ticketgen.pictures.html import html
from ticketgen.pictures.kinds import PATHS
from ticketgen.pictures.layout import Layout, lay_out
from ticketgen.pictures.mermaid import mermaid
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.shapes import path as svg_path
from ticketgen.pictures.style import DARK, LETTERING, PAINTS, STYLE
from ticketgen.pictures.svg import svg

REGIONS = {"one-region": 1, "dev": 2, "prod": 12, "every-region": 34}
SVG = "{http://www.w3.org/2000/svg}"


def planned(shape: str) -> Layout:
    return lay_out(picture_of(shape).nodes, picture_of(shape).lines)


@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_do_not_overlap(shape: str) -> None:
    for one, other in combinations(planned(shape).boxes, 2):
        side_by_side = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert side_by_side or one.y + one.height + 10 <= other.y or other.y + other.height + 10 <= one.y


def along(points: tuple[tuple[float, float], ...], upright: bool) -> Iterator[tuple[float, float]]:
    """Points of the curve that is drawn."""
    drawn = svg_path(points, upright)
    numbers = [float(n) for n in re.findall(r"-?[0-9.]+", re.split("[CL]", drawn)[0])]
    x, y = numbers
    for kind, rest in re.findall(r"([CL])([^CL]*)", drawn):
        values = [float(n) for n in re.findall(r"-?[0-9.]+", rest)]
        for step in range(1, 25):
            t = step / 24
            if kind == "L":
                yield x + (values[0] - x) * t, y + (values[1] - y) * t
            else:
                x1, y1, x2, y2, x3, y3 = values
                u = 1 - t
                yield (
                    u**3 * x + 3 * u * u * t * x1 + 3 * u * t * t * x2 + t**3 * x3,
                    u**3 * y + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t**3 * y3,
                )
        x, y = values[-2:]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_line_runs_through_a_box(shape: str) -> None:
    where = planned(shape)
    for course in where.routes:
        for x, y in along(course.points, course.upright):
            for box in where.boxes:
                inside = box.x + 1 < x < box.x + box.width - 1 and box.y + 1 < y < box.y + box.height - 1
                assert not inside, (course.line.source, course.line.target, box.node.name)


@pytest.mark.parametrize("shape", SHAPES)
def test_lines_do_not_share_end_points(shape: str) -> None:
    courses = planned(shape).routes
    points = [course.points[0] for course in courses] + [course.points[-1] for course in courses]
    assert len(points) == len(set(points))


@pytest.mark.parametrize("shape", SHAPES)
def test_lines_end_at_their_boxes(shape: str) -> None:
    where = planned(shape)
    boxes = {box.node.key: box for box in where.boxes}
    for course in where.routes:
        for (x, y), key in ((course.points[0], course.line.source), (course.points[-1], course.line.target)):
            box = boxes[key]
            assert x in {box.x, box.x + box.width} or (course.upright and y in {box.y, box.y + box.height})
            assert box.y <= y <= box.y + box.height


@pytest.mark.parametrize(("shape", "count"), REGIONS.items())
def test_every_region_has_a_column_wide_enough_for_its_name(shape: str, count: int) -> None:
    root = ElementTree.fromstring(svg(picture_of(shape)))
    names = [text for text in root.iter(f"{SVG}text") if text.get("data-kind") in {"region", "hub-name"}]
    assert len(names) == count
    places = sorted(float(text.get("x") or 0) for text in names)
    assert all(later - earlier >= 30 for earlier, later in pairwise(places))
    assert {(text.text or "").split(" ")[0] for text in names} == set(picture_of(shape).regions)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_picture_is_self_contained(shape: str) -> None:
    for drawn in (svg(picture_of(shape)), html(picture_of(shape))):
        assert "<script" not in drawn
        assert "@import" not in drawn
        assert "@font-face" not in drawn
        assert "<image" not in drawn
        assert set(re.findall(r"https?://[^\"'<> ]+", drawn)) <= {"http://www.w3.org/2000/svg"}
        assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", drawn))
        assert "href" not in drawn


@pytest.mark.parametrize("shape", SHAPES)
def test_screen_readers_get_a_title_and_a_description(shape: str) -> None:
    picture = picture_of(shape)
    root = ElementTree.fromstring(svg(picture))
    assert root.get("role") == "img"
    labels = (root.get("aria-labelledby") or "").split()
    label_texts = {element.get("id"): element.text or "" for element in root}
    assert [bool(label_texts[label]) for label in labels] == [True, True]
    assert picture.project in label_texts[labels[0]]
    for region in picture.regions:
        assert region in label_texts[labels[1]]


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colour(attributes: str, name: str = "fill", *, dark: bool) -> str:
    """A colour of some presentation attributes, as it is in light or in dark."""
    found = re.search(rf'(?<!-){name}="(#[0-9a-f]{{6}})"', attributes)
    assert found is not None, attributes
    return DARK[found[1]] if dark else found[1]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_and_lines_have_enough_contrast(dark: bool) -> None:
    for ground in ("paper", "box", "stripe", "hub"):
        behind = colour(PAINTS[ground], dark=dark)
        for kind in set(LETTERING) - {"badge-text"}:
            least = 4.5 if LETTERING[kind].ink == "muted" else 7
            assert contrast(colour(LETTERING[kind].attributes(), dark=dark), behind) >= least, (kind, ground)
    badge = colour(LETTERING["badge-text"].attributes(), dark=dark)
    paper = colour(PAINTS["paper"], dark=dark)
    for way in PATHS:
        assert contrast(colour(PAINTS[f"line {way}"], "stroke", dark=dark), paper) >= 3, way
        assert contrast(colour(PAINTS[f"fill {way}"], dark=dark), badge) >= 3, way
    assert contrast(colour(PAINTS["vpc"], dark=dark), badge) >= 4.5


@pytest.mark.parametrize("shape", SHAPES)
def test_every_colour_has_a_dark_variant(shape: str) -> None:
    drawn = svg(picture_of(shape))
    head, _, rules = STYLE.partition("{")
    assert head.strip() == "@media screen and (prefers-color-scheme:dark)"
    found = set(re.findall(r' (fill|stroke)="(#[0-9a-f]{6})"', drawn))
    assert found
    for attribute, light in found:
        assert f'[{attribute}="{light}"]{{{attribute}:{DARK[light]}}}' in rules
        assert DARK[light] != light


@pytest.mark.parametrize("draw", [svg, html, mermaid], ids=lambda draw: draw.__name__)
def test_the_order_of_the_files_makes_no_difference(draw: object) -> None:
    assert callable(draw)
    reversed_files = dict(reversed(list(texts("prod").items())))
    assert draw(pictured(reversed_files)) == draw(picture_of("prod"))


def test_the_hash_seed_makes_no_difference() -> None:
    code = (
        "import sys; sys.path[:0] = ['tests/stack', 'tests/pictures'];"
        "from demo_pictures import picture_of; from ticketgen.pictures.svg import svg;"
        "import hashlib; print(hashlib.sha256(svg(picture_of('dev')).encode()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_an_empty_stack_can_be_drawn() -> None:
    nothing = pictured({})
    assert ElementTree.fromstring(svg(nothing)) is not None
    assert mermaid(nothing).startswith("---\n")
    assert "</html>" in html(nothing)


def test_known_types_of_foreign_terraform_are_drawn() -> None:
    text = """
variable "x" { default = "<b>&\\"" }
locals {
  a = local.b
  b = local.a
}
resource "aws_lambda_function" "f" {
  environment { variables = { A = local.a, T = aws_dynamodb_table.t.name, U = module.none.x, V = var.none } }
}
resource "aws_dynamodb_table" "t" {
  replica { region_name = "eu-west-1" }
}
resource "aws_lambda_event_source_mapping" "m" {
  function_name    = aws_lambda_function.f.arn
  event_source_arn = aws_dynamodb_table.t.stream_arn
}
"""
    drawn: Picture = pictured({"main.tf": text})
    names = {node.key: node.name for node in drawn.nodes}
    assert {(names[line.source], names[line.target]) for line in drawn.lines} == {("f", "t"), ("t", "f")}
    assert [
        copy.region for row in drawn.rows if row.name == "t" for copy in row.copies if copy.is_replica
    ] == ["eu-west-1"]
    assert ElementTree.fromstring(svg(drawn)) is not None


def test_mutually_starting_state_machines_are_drawn() -> None:
    text = """
resource "aws_sfn_state_machine" "a" {
  definition = jsonencode({ Next = aws_sfn_state_machine.b.arn })
}
resource "aws_sfn_state_machine" "b" {
  definition = jsonencode({ Next = aws_sfn_state_machine.a.arn })
}
"""
    drawn = pictured({"main.tf": text})
    assert len(drawn.lines) == 2
    assert ElementTree.fromstring(svg(drawn)) is not None


@pytest.mark.parametrize("shape", SHAPES)
def test_mermaid_declares_every_node_and_styles_every_link(shape: str) -> None:
    lines = mermaid(picture_of(shape)).splitlines()
    declared = {match[1] for line in lines if (match := re.match(r'\s+(\w+)[\[({/]+"', line))}
    links = [line for line in lines if re.search(r"(-->|-\.->|<==>)", line)]
    for line in links:
        ends = re.match(r'\s+(\w+) (?:-->|-\.->|<==>)(?:\|"[^"]*"\|)? (\w+)', line)
        assert ends is not None, line
        assert ends[1] in declared
        assert ends[2] in declared or f'{ends[2]}["' in line
    styled = [int(n) for line in lines if "linkStyle" in line for n in line.split()[1].split(",")]
    assert sorted(styled) == list(range(len(links)))
    assert sum(line.strip().startswith("subgraph") for line in lines) == sum(
        line.strip() == "end" for line in lines
    )
    for region in picture_of(shape).regions:
        assert region in "\n".join(lines)
