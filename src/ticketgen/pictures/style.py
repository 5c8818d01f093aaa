"""Colours and type. Light is what is printed; dark is for screens that ask for it.

The colours of the ways differ in lightness too, and each way has its letter: nobody has to tell red from green.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PAGE", "STYLE"]

_WAYS: Mapping[str, tuple[str, str]] = {
    "purchase": ("#c2410c", "#fb923c"),
    "read": ("#0369a1", "#38bdf8"),
    "following": ("#6d28d9", "#a78bfa"),
    "verification": ("#15803d", "#4ade80"),
    "correction": ("#be185d", "#f472b6"),
    "other": ("#64748b", "#94a3b8"),
    "flow": ("#334155", "#cbd5e1"),
}
_KINDS: Mapping[str, tuple[str, str]] = {
    "door": ("#475569", "#94a3b8"),
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
    "hub": ("#fde68a", "#4a3b0b"),
}

_TYPE = """\
text{font-family:"Helvetica Neue",Helvetica,Arial,"Segoe UI","DejaVu Sans",sans-serif;font-size:12px}
.headline{font-size:30px;font-weight:700}.subtitle{font-size:15px}.title{font-size:17px;font-weight:700}
.name{font-size:13px;font-weight:700}.what{font-size:11px}.row-name{font-size:12.5px;font-weight:600}
.note{font-family:"SFMono-Regular",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:10.5px}
.count{font-size:11px}.region{font-size:12px}.hub-name{font-weight:700}
.badge-text{font-size:8.5px;font-weight:700}.vpc-text{font-size:8.5px;font-weight:700}
.way{fill:none;stroke-width:1.8}.apart{stroke-dasharray:6 4}.replication{fill:none;stroke-width:2}
.replica{stroke-width:2.2}.box{stroke-width:1}
"""


def _colours(shade: int) -> str:
    """The rules that differ between light (0) and dark (1)."""
    ink = {name: pair[shade] for name, pair in _INK.items()}
    rules = [
        f"text{{fill:{ink['text']}}}.what,.subtitle,.count{{fill:{ink['muted']}}}",
        f".paper{{fill:{ink['paper']}}}.box{{fill:{ink['box']};stroke:{ink['edge']}}}.stripe{{fill:{ink['stripe']}}}",
        f".hub{{fill:{ink['hub']};opacity:.55}}.badge-text,.vpc-text{{fill:{ink['paper']}}}.vpc{{fill:{ink['muted']}}}",
    ]
    for name, pair in _WAYS.items():
        rules.append(f".way.{name}{{stroke:{pair[shade]}}}.head.{name},.badge.{name}{{fill:{pair[shade]}}}")
    for name, pair in _KINDS.items():
        colour = pair[shade]
        rules.append(
            f".kind.{name}{{fill:{colour}}}.replica.{name}{{fill:{ink['paper']};stroke:{colour}}}"
            f".replication.{name}{{stroke:{colour}}}"
        )
    return "\n".join(rules)


STYLE = f"\n{_TYPE}{_colours(0)}\n@media screen and (prefers-color-scheme:dark){{\n{_colours(1)}\n}}\n"
"""The style sheet of the picture."""

_FONT = 'font-family:"Helvetica Neue",Helvetica,Arial,"Segoe UI",sans-serif'

PAGE = f"""\
body{{margin:0;background:{_INK["paper"][0]};color:{_INK["text"][0]};{_FONT}}}
main{{max-width:2200px;margin:0 auto}}svg{{width:100%;height:auto;display:block}}
section{{padding:0 2rem 3rem}}table{{border-collapse:collapse;font-size:.85rem}}
th,td{{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0;border-bottom:1px solid {_INK["edge"][0]}}}
code{{font-family:"SFMono-Regular",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}}
@media screen and (prefers-color-scheme:dark){{body{{background:{_INK["paper"][1]};color:{_INK["text"][1]}}}
th,td{{border-color:{_INK["edge"][1]}}}}}
@media print{{@page{{size:A2 landscape;margin:10mm}}section{{break-before:page}}}}
"""
"""The style sheet of the page around it."""
