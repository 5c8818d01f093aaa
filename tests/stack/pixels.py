"""Find where a renderer draws the texts of an SVG: each gets its own colour, without a background."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest
import resvg_py
from PIL import Image

__all__ = ["RENDERERS", "Drawn", "Frame", "drawn_texts", "frames"]

SVG = "{http://www.w3.org/2000/svg}"


def _vera() -> Path:
    spec = find_spec("reportlab")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "fonts"


def _resvg(svg: str) -> bytes:
    """The widest letters there are, for every family: also for the monospaced one, as some renderers do."""
    family = "Bitstream Vera Sans"
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        skip_system_fonts=True,
        font_files=[str(_vera() / name) for name in ("Vera.ttf", "VeraBd.ttf")],
        font_family=family,
        sans_serif_family=family,
        monospace_family=family,
    )


def _librsvg(svg: str) -> bytes:
    """The fonts of this machine."""
    return subprocess.run(["rsvg-convert"], input=svg.encode(), capture_output=True, check=True).stdout


RENDERERS = [
    pytest.param(_resvg, id="resvg"),
    pytest.param(
        _librsvg,
        id="librsvg",
        marks=pytest.mark.skipif(not shutil.which("rsvg-convert"), reason="rsvg-convert is not installed"),
    ),
]


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Frame, slack: float = 0.0) -> bool:
        return (
            self.left - slack <= other.left
            and self.top - slack <= other.top
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )

    def meets(self, other: Frame) -> bool:
        side_by_side = self.right < other.left or other.right < self.left
        return not (side_by_side or self.bottom < other.top or other.bottom < self.top)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A text with the pixels that it covers, and the frame around them."""

    words: str
    x: float
    y: float
    turned: bool
    pixels: frozenset[tuple[int, int]]

    @property
    def frame(self) -> Frame:
        across, down = zip(*self.pixels, strict=True)
        return Frame(min(across), min(down), max(across), max(down))


def _walk(
    element: ElementTree.Element, x: float = 0, y: float = 0
) -> Iterator[tuple[ElementTree.Element, float, float]]:
    """Every element with the offset of its group."""
    moved = re.match(r"translate\((-?[0-9.]+) (-?[0-9.]+)\)", element.get("transform") or "")
    if moved:
        x, y = x + float(moved[1]), y + float(moved[2])
    yield element, x, y
    for child in element:
        yield from _walk(child, x, y)


def frames(svg: str, least_radius: float = 6) -> list[Frame]:
    """The boxes and pills of a picture: rectangles that are round enough."""
    return [
        Frame(left, top, left + float(element.get("width", 0)), top + float(element.get("height", 0)))
        for element, x, y in _walk(ElementTree.fromstring(svg))
        if element.tag == f"{SVG}rect" and float(element.get("rx", 0)) >= least_radius
        for left, top in [(x + float(element.get("x", 0)), y + float(element.get("y", 0)))]
    ]


def drawn_texts(svg: str, render: Callable[[str], bytes]) -> list[Drawn]:
    """Every text of a picture, as a renderer draws it."""
    root = ElementTree.fromstring(svg)
    texts: list[tuple[ElementTree.Element, float, float]] = []
    for element, x, y in list(_walk(root)):
        if element.tag == f"{SVG}text":
            number = len(texts) + 1
            texts.append((element, x + float(element.get("x", 0)), y + float(element.get("y", 0))))
            red, green, blue = (number >> 8) * 8, (number >> 4 & 15) * 16, (number & 15) * 16
            element.set("fill", f"#{red:02x}{green:02x}{blue:02x}")
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag not in {f"{SVG}g", f"{SVG}text"}:
                parent.remove(child)
    pixels = _by_number(render(ElementTree.tostring(root, encoding="unicode")))
    return [
        Drawn(
            "".join(element.itertext()), x, y, "rotate" in (element.get("transform") or ""), frozenset(found)
        )
        for number, (element, x, y) in enumerate(texts, 1)
        for found in [pixels.get(number, [])]
    ]


def _by_number(png: bytes) -> Mapping[int, list[tuple[int, int]]]:
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    width = image.width
    red, green, blue, alpha = (channel.tobytes() for channel in image.split())
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for run in re.finditer(rb"[\x90-\xff]+", alpha):
        for place in range(run.start(), run.end()):
            number = (red[place] + 4) // 8 << 8 | (green[place] + 8) // 16 << 4 | (blue[place] + 8) // 16
            found[number].append((place % width, place // width))
    return found
