"""No text makes a regular expression slow: each takes linear time on texts made to defeat it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from patterns import Pattern, attacks, patterns_of, search_or_match

from ticketgen.aws.name_limits import NAME_LIMITS

SOURCE = Path(__file__).parents[2] / "src/ticketgen"
_BASELINE = re.compile(r"(?:[a-z]|[^a-z])*+\Z")
"""A pattern that looks at each character once, to know how fast this machine is at the moment."""

# Each reads only what ticketgen itself or its own maintainers write, or a text of a few hundred characters.
TRUSTED = {
    "cli/topics.py": "the documentation in the wheel",
    "pictures/html.py": "labels of rendered stacks",
    "wording.py": "constants of the source",
    "validation/config.py": "a message of Python's reader of TOML",
    "project/pin.py": "a line, cut at 1,000 characters",
}

PATTERNS = [
    each
    for file in sorted(SOURCE.rglob("*.py"))
    if file.relative_to(SOURCE).as_posix() not in TRUSTED and "emulator" not in file.parts
    for each in patterns_of(file, SOURCE)
] + [
    Pattern(f"NAME_LIMITS:{'.'.join(key)}", limit.pattern, re.ASCII, frozenset({"fullmatch"}))
    for key, limit in NAME_LIMITS.items()
    if limit.maximum > 1000
]


def slow(tried: Callable[[object], object], text: Callable[[int], object]) -> str:
    """How a function grows more than in proportion to the size of a text; "" if it does not."""
    # First without a suffix of work that doubles with each character: it would not end.
    if _time(tried, text(22)) > 20 * (_time(tried, text(16)) + 0.0005):
        return "twenty times as long for six more"
    before = 0.0
    for size in (16, 64, 256, 1024, 4096):
        now, usual = _time(tried, text(size)), _time(_BASELINE.match, str(text(size)))
        if now > 100 * usual and now > 8 * before and now > 0.002:
            # Again, several times: a busy machine may have stopped in the middle.
            now = min(_time(tried, text(size)) for _ in range(3))
            before = min(_time(tried, text(size // 4)) for _ in range(3))
            if now > 100 * usual and now > 8 * before:
                return f"{before:.5f} s, then {now:.5f} s for four times the size, {size}"
        before = now
    return ""


def _time(tried: Callable[[str], object], text: object) -> float:
    start = time.process_time()
    tried(text)  # type: ignore[arg-type]
    return time.process_time() - start


@pytest.mark.parametrize("pattern", PATTERNS, ids=[each.place for each in PATTERNS])
def test_a_pattern_takes_linear_time(pattern: Pattern) -> None:
    for prefix, pump, suffix in attacks(pattern):

        def text(size: int, parts: tuple[str, str, str] = (prefix, pump, suffix)) -> object:
            whole = parts[0] + parts[1] * size + parts[2]
            return whole.encode() if isinstance(pattern.text, bytes) else whole

        for tried in search_or_match(pattern):
            grows = slow(tried, text)
            if grows:
                pytest.fail(f"{pattern.text!r} on {prefix!r} + {pump!r} * n + {suffix!r}: {grows}")


@pytest.mark.parametrize(
    "text",
    [
        r"\s*(=|!=)?\s*v?(\d+(?:\.\d+)*)\s*",
        r"/\*.*?\*/",
        r"(?:typeof\s)[^\n;]*process\.env\.",
        r"(a+)+b",
        r"^\s*import\s",
        r"x\s*\s*y",
    ],
)
def test_a_slow_pattern_is_found(text: str) -> None:
    """The test above can fail."""
    pattern = Pattern("here", text, re.S | re.M, frozenset({"search"}))
    with pytest.raises(pytest.fail.Exception):
        test_a_pattern_takes_linear_time(pattern)


def test_the_patterns_are_found_in_the_source() -> None:
    assert len(PATTERNS) > 70
