"""SVG elements: escaped text, rectangles, curves.

Numbers are rounded, so the output is the same on any machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ticketgen.escaping import as_markup
from ticketgen.pictures.style import LETTERING, PAINTS
from ticketgen.pictures.trails import SourceReference

__all__ = [
    "Panel",
    "arrow",
    "badge",
    "circle",
    "group",
    "number",
    "path",
    "rect",
    "reference_data",
    "stroke",
    "text",
    "widest",
    "width_of",
]

_HEAD, _WING = 11.0, 4.5  # length of an arrowhead, and half of its width


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the picture; coordinates are relative to its upper left corner."""

    width: float
    height: float
    body: tuple[str, ...]

    def at(self, x: float, y: float) -> str:
        """The panel at a position in the picture."""
        return f'<g transform="translate({number(x)} {number(y)})">\n' + "\n".join(self.body) + "\n</g>"


def number(value: float) -> str:
    """A coordinate."""
    return f"{value:.1f}".removesuffix(".0")


def width_of(words: str, kind: str) -> float:
    """The maximum width of a text in pixels; ``kind`` is one of `LETTERING`."""
    return LETTERING[kind].width(words)


def widest(texts: Iterable[str], kind: str) -> float:
    """The maximum width of several texts in pixels; 0 for none."""
    return max((width_of(words, kind) for words in texts), default=0.0)


def text(x: float, y: float, words: str, kind: str, *, anchor: str = "", turn: float = 0) -> str:
    """A line of text.

    Args:
        x: the start, middle or end of the text, depending on ``anchor``.
        y: the baseline.
        words: the text.
        kind: one of `LETTERING`.
        anchor: ``middle`` or ``end``; "" for the start.
        turn: the rotation around (x, y) in degrees.
    """
    rotation = f' transform="rotate({number(turn)} {number(x)} {number(y)})"' if turn else ""
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" data-kind="{kind}" {LETTERING[kind].attributes()}{anchored}{rotation}>'
        f"{as_markup(words, quotes=False)}</text>"
    )


def rect(x: float, y: float, width: float, height: float, paint: str, radius: float = 0) -> str:
    """A rectangle; ``paint`` is one of `PAINTS`."""
    rounded = f' rx="{number(radius)}" ry="{number(radius)}"' if radius else ""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"{rounded} '
        f"{PAINTS[paint]}/>"
    )


def circle(x: float, y: float, radius: float, paint: str) -> str:
    """A circle; ``paint`` is one of `PAINTS`."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" {PAINTS[paint]}/>'


def stroke(drawn: str, paint: str, *, dashed: bool = False) -> str:
    """An SVG path.

    Args:
        drawn: the ``d`` attribute.
        paint: one of `PAINTS`; the first word becomes the ``data-kind``.
        dashed: whether the path is dashed.
    """
    dashes = ' stroke-dasharray="6 4"' if dashed else ""
    return f'<path d="{drawn}" data-kind="{paint.split()[0]}" {PAINTS[paint]}{dashes}/>'


def badge(x: float, y: float, words: str, paint: str) -> str:
    """A few characters in a pill that fits them, centred at (x, y)."""
    half = max(8.0, width_of(words, "badge-text") / 2 + 3)
    pill = rect(x - half, y - 8, 2 * half, 16, paint, 8)
    return pill + text(x, y + 3.2, words, "badge-text", anchor="middle")


def arrow(
    points: tuple[tuple[float, float], ...], colour: str, *, upright: bool = False, dashed: bool = False
) -> str:
    """A line through points with an arrowhead at the last.

    The head is a shape, because not all renderers draw markers.
    """
    *_, (x1, y1), (x, y) = points
    if upright:
        y1 = y + _HEAD if y1 > y else y - _HEAD
        corners, neck = ((x - _WING, y1), (x, y), (x + _WING, y1)), (x, y1)
    else:
        x1 = x + _HEAD if x1 > x else x - _HEAD
        corners, neck = ((x1, y - _WING), (x, y), (x1, y + _WING)), (x1, y)
    head = "L".join(f"{number(x)} {number(y)}" for x, y in corners)
    line = stroke(path((*points[:-1], neck), upright), f"line {colour}", dashed=dashed)
    return f'{line}<path d="M{head}z" {PAINTS[f"fill {colour}"]}/>'


def path(points: tuple[tuple[float, float], ...], upright: bool = False) -> str:
    """The ``d`` of a line through points, horizontal (or upright) at each of them."""
    (x, y), *rest = points
    parts = [f"M{number(x)} {number(y)}"]
    for x2, y2 in rest:
        if upright or y == y2:
            parts.append(f"L{number(x2)} {number(y2)}")
        else:
            reach = max(34.0, abs(x2 - x) * 0.5)
            first, second = (x + reach, x2 - reach) if x2 > x else (x - reach, x2 + reach)
            if x2 == x:  # out and back at the same side
                first = second = x + 46
            parts.append(
                f"C{number(first)} {number(y)} {number(second)} {number(y2)} {number(x2)} {number(y2)}"
            )
        x, y = x2, y2
    return "".join(parts)


def reference_data(references: Iterable[SourceReference]) -> str:
    """The attribute that contains the references of a line."""
    return f'data-behind="{as_markup("; ".join(str(each) for each in references))}"'


def group(title: str, attributes: str, *parts: str) -> str:
    """Parts with their own title, which browsers show and screen readers read."""
    return f"<g {attributes}><title>{as_markup(title, quotes=False)}</title>{''.join(parts)}</g>"
