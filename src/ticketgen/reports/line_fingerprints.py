"""Fingerprints of lines as GitHub's code scanning computes them, by which it recognizes a finding in later commits.

Source: https://github.com/github/codeql-action/blob/main/src/fingerprints.ts
"""

from __future__ import annotations

import array
import re
from collections import Counter
from functools import lru_cache
from typing import Final

__all__ = ["line_fingerprints"]

_BLOCK: Final = 100
"""UTF-16 code units that count for a line, from its start on, without blanks and tabs; also of the next lines."""
_FACTOR: Final = 37
_MODULUS: Final = 2**64
_END: Final = 65535
"""The code unit that stands for the end of the file; zeros follow."""
_LINE_END: Final = re.compile("\r\n?")


@lru_cache(maxsize=4)
def line_fingerprints(text: str) -> tuple[str, ...]:
    """The fingerprint of each line: a hash in hexadecimal, and its number among equal hashes of the file."""
    plain = _LINE_END.sub("\n", text).replace(" ", "").replace("\t", "")
    units = array.array("H", plain.encode("utf-16-le", "surrogatepass"))
    codes = [*units, _END, *[0] * _BLOCK]
    starts = [0, *(place for place, code in enumerate(units, 1) if code == ord("\n"))]
    seen: Counter[int] = Counter()
    found = []
    for start in starts:
        value = 0
        for code in codes[start : start + _BLOCK]:
            value = (value * _FACTOR + code) % _MODULUS
        seen[value] += 1
        found.append(f"{value:x}:{seen[value]}")
    return tuple(found)
