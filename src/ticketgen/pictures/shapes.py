"""SVG by the piece: escaped text, rectangles, curves. Numbers are rounded, so that the text is the same anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from ticketgen.pictures.instances import Behind

__all__ = [
    "Panel",
    "behind_attribute",
    "circle",
    "group",
    "number",
    "path",
    "rect",
    "shortened",
    "text",
    "width_of",
]

_EM = 0.58  # of a font's size, for a character of the usual sans-serif fonts, on the safe side


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the picture: its size, and what is in it, from its own upper left corner."""

    width: float
    height: float
    body: tuple[str, ...]

    def at(self, x: float, y: float) -> str:
        """The panel somewhere in another."""
        return f'<g transform="translate({number(x)} {number(y)})">\n' + "\n".join(self.body) + "\n</g>"


def number(value: float) -> str:
    """A coordinate."""
    return f"{value:.1f}".removesuffix(".0")


def width_of(words: str, size: float) -> float:
    """How wide a text is, at most, in a font of that size."""
    return len(words) * size * _EM


def shortened(words: str, width: float, size: float) -> str:
    """As much of a text as fits."""
    most = int(width / (size * _EM))
    return words if len(words) <= most else words[: max(1, most - 1)] + "…"


def text(x: float, y: float, words: str, kind: str = "", *, anchor: str = "", turn: float = 0) -> str:
    """A line of text; ``kind`` is its CSS class, and ``turn`` the degrees by which it is turned around (x, y)."""
    turned = f' transform="rotate({number(turn)} {number(x)} {number(y)})"' if turn else ""
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    classed = f' class="{kind}"' if kind else ""
    return f'<text x="{number(x)}" y="{number(y)}"{classed}{anchored}{turned}>{escape(words, quote=False)}</text>'


def phrase(x: float, y: float, *parts: tuple[str, str]) -> str:
    """A line of text in several classes, each with its words."""
    spans = " ".join(f'<tspan class="{kind}">{escape(words, quote=False)}</tspan>' for kind, words in parts)
    return f'<text x="{number(x)}" y="{number(y)}">{spans}</text>'


def rect(x: float, y: float, width: float, height: float, kind: str, radius: float = 0) -> str:
    """A rectangle of a CSS class."""
    rounded = f' rx="{number(radius)}"' if radius else ""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"{rounded} '
        f'class="{kind}"/>'
    )


def circle(x: float, y: float, radius: float, kind: str) -> str:
    """A circle of a CSS class."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" class="{kind}"/>'


def path(points: tuple[tuple[float, float], ...], upright: bool = False) -> str:
    """The ``d`` of a line through points, level (or upright) at each of them."""
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


def behind_attribute(behind: Iterable[Behind]) -> str:
    """The attribute that carries the references behind a line."""
    return f'data-behind="{escape("; ".join(str(each) for each in behind))}"'


def group(title: str, attributes: str, *parts: str) -> str:
    """Parts with a title of their own, which browsers show and screen readers read."""
    return f"<g {attributes}><title>{escape(title, quote=False)}</title>{''.join(parts)}</g>"
