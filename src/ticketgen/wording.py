"""Numbers, counts and lists as text for people."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["counted", "format_number", "join_words", "plural", "singular"]

_HEAD = re.compile(r"(?P<noun>[^/]*?[a-z])(?P<rest>(?:/| (?:a|an|at|in|of|on|per) ).*)?", re.DOTALL)
# The e of "cache" is part of the word, and that of "batches" is not.
_PLURALS = (
    ("caches", "cache"),
    ("ies", "y"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("sses", "ss"),
    ("xes", "x"),
    ("s", ""),
)


def format_number(number: float) -> str:
    """A number with its thousands separated: ``45,000``, ``0.25``."""
    return f"{number:,.10g}" if isinstance(number, float) else f"{number:,}"


def singular(things: str) -> str:
    """The singular of a plural such as ``keys per event``; other words are unchanged."""
    split = _HEAD.fullmatch(things)
    if not split:
        return things
    noun = split["noun"]
    ending = next((pair for pair in _PLURALS if noun.endswith(pair[0])), ("", ""))
    return noun[: len(noun) - len(ending[0])] + ending[1] + (split["rest"] or "")


def plural(thing: str) -> str:
    """The plural of a singular such as ``search index``: ``search indexes``."""
    if thing.endswith("y") and thing[-2:-1] not in set("aeiou"):
        return f"{thing[:-1]}ies"
    return f"{thing}{'es' if thing.endswith(('s', 'x', 'z', 'ch', 'sh')) else 's'}"


def counted(number: float, things: str) -> str:
    """A number with its noun, given in the plural: ``1 shard``, ``12 write units/s``."""
    return f"{format_number(number)} {singular(things) if number == 1 else things}"


def join_words(words: Sequence[str], conjunction: str = "and") -> str:
    """Join words as in a sentence: ``a, b and c``."""
    return f" {conjunction} ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])
