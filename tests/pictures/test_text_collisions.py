"""No text collides with another, leaves its box, or is cut, whatever fonts a renderer has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import combinations
from xml.etree import ElementTree

import pytest
from demo_pictures import pictured, texts_of
from pixels import RENDERERS, SVG, Drawn, Frame, drawn_texts, frames
from stacks import DEMO_REGIONS, SHAPES, environment

from ticketgen.aws.regions import COMMERCIAL
from ticketgen.pictures.mermaid import mermaid
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.svg import svg
from ticketgen.spec.model import Api, Audit, Domain, Environment

PROJECT = "wwww-mmmm-wwww-mmmmm"  # the longest that a spec takes, of the widest letters

WORLD = (*DEMO_REGIONS, *sorted(COMMERCIAL - set(DEMO_REGIONS)))

FULL = {
    "api": Api(
        auth="cognito",
        domain=Domain(name="tickets.example.com", zone_id="Z0123456789ABC"),
        log_role="managed",
    ),
    "audit": Audit(store="timestream"),
}


def named(regions: int, **parts: object) -> Environment:
    return environment("production-1", WORLD[:regions], PROJECT, **parts)


ENVIRONMENTS: Mapping[str, Callable[[], Environment]] = {
    "1": lambda: named(1),
    "1-everything": lambda: named(1, **FULL),
    "1-nothing": lambda: named(1, api=Api(auth="none"), tags={}),
    "2": lambda: named(2),
    "3-everything": lambda: named(3, **FULL),
    "6": lambda: named(6),
    "12": lambda: named(12),
    "34": lambda: named(34, **FULL),
    "china": SHAPES["china"],
}

STRANGE = f"""
locals {{
  app_name = "strange"
  primary_region = "eu-west-1"
  routes = {{
    a = {{ method = "DELETE", function = aws_lambda_function.{"f" * 64}, resource = aws_api_gateway_resource.p }}
  }}
}}
variable "environment_suffix" {{ default = "{"m" * 40}" }}
provider "aws" {{
  region = "eu-west-1"
}}
resource "aws_vpc" "v" {{
}}
resource "aws_security_group" "{"g" * 60}" {{
  vpc_id = aws_vpc.v.id
}}
resource "aws_vpc_security_group_ingress_rule" "r" {{
  security_group_id = aws_security_group.{"g" * 60}.id
  cidr_ipv6         = "2001:0db8:aaaa:bbbb:cccc:dddd:eeee:ffff/128"
  ip_protocol       = "tcp"
  from_port         = 1
  to_port           = 65535
}}
resource "aws_lambda_function" "{"f" * 64}" {{
  environment {{ variables = {{ T = aws_dynamodb_table.{"WAY_" * 16}.name }} }}
  vpc_config {{ security_group_ids = [aws_security_group.{"g" * 60}.id] }}
}}
resource "aws_api_gateway_rest_api" "api" {{
}}
resource "aws_api_gateway_resource" "p" {{
  rest_api_id = aws_api_gateway_rest_api.api.id
  path_part   = "{"{identifier}" * 4}"
}}
resource "aws_api_gateway_integration" "i" {{
  for_each    = local.routes
  rest_api_id = aws_api_gateway_rest_api.api.id
}}
resource "aws_dynamodb_table" "{"WAY_" * 16}" {{
}}
"""


@cache
def picture_of(name: str) -> Picture:
    if name == "strange":
        return pictured({"main.tf": STRANGE})
    return pictured(texts_of(ENVIRONMENTS[name]()))


NAMES = [*ENVIRONMENTS, "strange"]
QUICK = {"1-everything", "3-everything", "12", "34", "strange"}
"""The pictures that every run draws with every renderer; the others have fewer of the same parts."""


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=() if each in QUICK else pytest.mark.slow) for each in NAMES]
)
def test_texts_do_not_overlap_and_stay_inside(name: str, render: Callable[[str], bytes]) -> None:
    picture = svg(picture_of(name))
    texts = drawn_texts(picture, render)
    root = ElementTree.fromstring(picture)
    assert len(texts) > (10 if name == "strange" else 100)
    assert [text.words for text in texts if not text.pixels] == []
    whole = Frame(10, 10, float(root.get("width", 0)) - 10, float(root.get("height", 0)) - 10)
    for text in texts:
        assert whole.holds(text.frame), text.words
    assert collisions(texts) == []
    boxes = frames(picture)
    held = 0
    for text in texts:
        for box in boxes:
            if box.left <= text.x <= box.right and box.top <= text.y <= box.bottom:
                held += 1
                assert box.holds(text.frame, slack=1), (text.words, box, text.frame)
    assert held > 2


def collisions(texts: list[Drawn]) -> list[tuple[str, str]]:
    framed = [(text, text.frame) for text in texts]
    return [
        (one.words, other.words)
        for (one, first), (other, second) in combinations(framed, 2)
        if first.meets(second) and not (one.turned and other.turned and _have_gap(one, other))
    ]


def _have_gap(one: Drawn, other: Drawn) -> bool:
    """Whether two turned texts, whose frames overlap, have two pixels between them at least."""
    around = {(x + right, y + down) for x, y in one.pixels for right in range(-2, 3) for down in range(-2, 3)}
    return around.isdisjoint(other.pixels)


def test_a_collision_is_detected() -> None:
    words = '<text x="{}" y="50" font-size="17" font-family="sans-serif">{}</text>'
    distant, close = (
        f'<svg xmlns="{SVG[1:-1]}" width="300" height="99">{words.format(9, "stack")}{words.format(x, "flow")}</svg>'
        for x in (99, 40)
    )
    for render in (parameter.values[0] for parameter in RENDERERS[:1]):
        assert collisions(drawn_texts(distant, render)) == []  # type: ignore[arg-type]
        assert collisions(drawn_texts(close, render)) == [("stack", "flow")]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_cut(name: str) -> None:
    picture = picture_of(name)
    shown = {"".join(text.itertext()) for text in ElementTree.fromstring(svg(picture)).iter(f"{SVG}text")}
    labels = {label for line in picture.lines if line.label for label in line.label.split(", ")}
    expected = {node.name for node in picture.nodes} | {node.description for node in picture.nodes} | labels
    expected |= (
        {row.name for row in picture.rows} | {row.description for row in picture.rows} | set(picture.counts)
    )
    for group in picture.groups:
        expected |= {group.name, *group.members, *(flow.peer for flow in group.flows)}
    assert expected <= shown
    assert not any("…" in words for words in shown)
    assert {words.split(" ")[0] for words in shown} >= set(picture.regions)


@pytest.mark.parametrize("name", NAMES)
def test_renderers_without_css_get_every_colour(name: str) -> None:
    """ImageMagick's own renderer ignores style sheets, and draws a shape without a paint in black."""
    root = ElementTree.fromstring(svg(picture_of(name)))
    for element in root.iter():
        if element.tag in {f"{SVG}{tag}" for tag in ("text", "rect", "circle", "path")}:
            assert element.get("fill"), element.attrib
            assert element.get("stroke"), element.attrib
            assert element.get("class") is None
        if element.tag == f"{SVG}text":
            assert element.get("font-size")
            assert re.search(r"(sans-serif|monospace)$", element.get("font-family") or "")


@pytest.mark.parametrize("name", NAMES)
def test_mermaid_reserves_width_for_the_longest_label(name: str) -> None:
    text = mermaid(picture_of(name))
    wrapping = re.search(r"^config:\n  flowchart:\n    wrappingWidth: (\d+)$", text, re.MULTILINE)
    assert wrapping is not None
    labels = [label for quoted in re.findall(r'"(.*)"', text) for label in re.split(r'<br>|"', quoted)]
    # 0.55 em is the average letter of a wide font, and Mermaid's font has 16 pixels.
    assert int(wrapping[1]) >= max(
        0.55 * 16 * len(re.sub(r"#\d+;", "x", label)) for label in labels if "_" in label
    )
