"""Colours and fonts: light for print, dark for screens in dark mode.

Everything is a presentation attribute, which renderers without CSS also understand; the style sheet only replaces each
light colour by a dark one. The colours of the paths also differ in lightness, and each path has a letter, so readers
need not tell red from green.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ticketgen.pictures.text_width import upper_bound

__all__ = ["COLOURS", "DARK", "LETTERING", "PAGE", "PAINTS", "STYLE", "Lettering"]

# Each colour in light and in dark.
_PATHS: Mapping[str, tuple[str, str]] = {
    "purchase": ("#c2410c", "#fb923c"),
    "read": ("#0369a1", "#38bdf8"),
    "following": ("#6d28d9", "#a78bfa"),
    "verification": ("#15803d", "#4ade80"),
    "correction": ("#be185d", "#f472b6"),
    "other": ("#64748b", "#94a3b8"),
    "flow": ("#334155", "#cbd5e1"),
}
_KINDS: Mapping[str, tuple[str, str]] = {
    "door": ("#475568", "#94a3b8"),
    "function": ("#d97706", "#fbbf24"),
    "store": ("#1d4ed8", "#60a5fa"),
    "stream": ("#7c3aed", "#a78bfa"),
    "machine": ("#0f766e", "#2dd4bf"),
    "clock": ("#78716c", "#a8a29e"),
    "queue": ("#be123c", "#fb7185"),
}
_INK: Mapping[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#0b1120"),
    "box": ("#f8fafc", "#162033"),
    "edge": ("#cbd5e1", "#3b4a63"),
    "text": ("#0f172a", "#f1f5f9"),
    "muted": ("#475569", "#a8b5c8"),
    "stripe": ("#f1f5f9", "#111a2c"),
    "hub": ("#fef3c7", "#33290f"),
}

COLOURS: Mapping[str, str] = MappingProxyType(
    {name: light for name, (light, _) in {**_PATHS, **_KINDS}.items()}
)
"""The light colour of each path and of each kind of box."""

DARK: Mapping[str, str] = MappingProxyType(
    {light: dark for colours in (_PATHS, _KINDS, _INK) for light, dark in colours.values()}
)
"""The dark colour for each light one."""

_SANS = "Helvetica,Arial,sans-serif"
_MONOSPACE = "monospace"


def _fill(colour: str) -> str:
    return f'fill="{colour}" stroke="none"'  # ImageMagick's own renderer needs the "none"


def _stroke(colour: str, width: float) -> str:
    return f'fill="none" stroke="{colour}" stroke-width="{width:g}"'


@dataclass(frozen=True, slots=True)
class Lettering:
    """The font of a kind of text.

    Attributes:
        size: the font size in pixels.
        ink: the name of the colour.
        bold: whether the text is bold.
        monospace: whether the font is monospaced.
    """

    size: float
    ink: str = "text"
    bold: bool = False
    monospace: bool = False

    def attributes(self) -> str:
        """The presentation attributes."""
        weight = ' font-weight="bold"' if self.bold else ""
        family = _MONOSPACE if self.monospace else _SANS
        return f'font-family="{family}" font-size="{self.size:g}"{weight} {_fill(_INK[self.ink][0])}'

    def width(self, words: str) -> float:
        """The maximum width of a text in pixels."""
        return upper_bound(words, self.size, bold=self.bold, monospace=self.monospace)


LETTERING: Mapping[str, Lettering] = MappingProxyType(
    {
        "headline": Lettering(30, bold=True),
        "subtitle": Lettering(15, "muted"),
        "title": Lettering(17, bold=True),
        "name": Lettering(13, bold=True),
        "row-name": Lettering(12.5, bold=True),
        "what": Lettering(11, "muted"),
        "note": Lettering(10.5, monospace=True),
        "count": Lettering(11, "muted"),
        "region": Lettering(12),
        "hub-name": Lettering(12, bold=True),
        "badge-text": Lettering(8.5, "paper", bold=True),
    }
)
"""Every kind of text."""

PAINTS: Mapping[str, str] = MappingProxyType(
    {
        "paper": _fill(_INK["paper"][0]),
        "box": f'fill="{_INK["box"][0]}" stroke="{_INK["edge"][0]}" stroke-width="1"',
        "stripe": _fill(_INK["stripe"][0]),
        "hub": _fill(_INK["hub"][0]),
        "vpc": _fill(_INK["muted"][0]),
        **{f"line {name}": _stroke(light, 1.8) for name, (light, _) in _PATHS.items()},
        **{f"fill {name}": _fill(light) for name, light in COLOURS.items()},
        **{f"replication {name}": _stroke(light, 2) for name, (light, _) in _KINDS.items()},
        **{
            f"replica {name}": f'fill="{_INK["paper"][0]}" stroke="{light}" stroke-width="2.2"'
            for name, (light, _) in _KINDS.items()
        },
    }
)
"""The presentation attributes of every kind of shape."""

STYLE = "\n".join(
    [
        "",
        "@media screen and (prefers-color-scheme:dark){",
        *(
            f'[{attribute}="{light}"]{{{attribute}:{dark}}}'
            for light, dark in DARK.items()
            for attribute in ("fill", "stroke")
        ),
        "}",
        "",
    ]
)
"""The style sheet of the picture, with the colours for dark mode."""

PAGE = f"""\
body{{margin:0;background:{_INK["paper"][0]};color:{_INK["text"][0]};font-family:{_SANS};line-height:1.4}}
.scroll{{overflow-x:auto}}.scroll:focus-visible{{outline:2px solid {_PATHS["read"][0]}}}
svg{{display:block;width:100%;min-width:1700px;height:auto}}
h2{{margin:1rem 2rem}}.table{{padding:0 2rem 3rem}}
table{{border-collapse:collapse;font-size:.85rem}}
th,td{{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0;border-bottom:1px solid {_INK["edge"][0]}}}
td{{white-space:nowrap}}td wbr{{white-space:normal}}
ul{{list-style:none;margin:0;padding:0}}li{{padding-left:1.5em;text-indent:-1.5em}}code{{font-family:{_MONOSPACE}}}
@media screen and (prefers-color-scheme:dark){{body{{background:{_INK["paper"][1]};color:{_INK["text"][1]}}}
th,td{{border-color:{_INK["edge"][1]}}}.scroll:focus-visible{{outline-color:{_PATHS["read"][1]}}}}}
@media print{{@page{{size:A2 landscape;margin:10mm}}svg{{min-width:0}}.scroll{{overflow:visible}}
section{{break-before:page}}}}
"""
"""The style sheet of the page around the picture."""
