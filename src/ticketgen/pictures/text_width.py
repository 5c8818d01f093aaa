"""Upper bounds for text widths, whatever font a renderer chooses.

A renderer that lacks the picture's fonts uses its own. The widest fonts that systems use are Verdana and DejaVu Sans,
so every text gets the room that these fonts need; a narrower font leaves some space.
"""

from __future__ import annotations

__all__ = ["upper_bound"]

# Advance widths of DejaVu Sans 2.37 in thousandths of an em, from U+0020 to U+007E; source: its hmtx table.
_REGULAR = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656,
    557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613,
    635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818,
    592, 592, 525, 636, 337, 636, 838,
)  # fmt: skip
_BOLD = (
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696,
    696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775,
    637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675,
    716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924,
    645, 652, 582, 712, 365, 712, 838,
)  # fmt: skip
_MONOSPACE = 602  # DejaVu Sans Mono and Menlo; Courier New has 600, Consolas 550
_OTHER = 1000  # any other character
_MARGIN = 1.05  # Verdana is up to 2.2 % wider, and renderers with hinting round every advance to whole pixels


def upper_bound(words: str, size: float, *, bold: bool = False, monospace: bool = False) -> float:
    """The maximum width of a text in pixels.

    Args:
        words: the text.
        size: the font size in pixels.
        bold: whether the text is bold.
        monospace: whether the font should be monospaced; some renderers use a proportional font anyway.
    """
    advances = _BOLD if bold else _REGULAR
    widths = [advances[ord(character) - 32] if " " <= character <= "~" else _OTHER for character in words]
    widest = max(sum(widths), _MONOSPACE * len(words)) if monospace else sum(widths)
    return widest * size * _MARGIN / 1000
