"""Kinds of stateful resources have the right number in a message."""

from __future__ import annotations

import pytest

from ticketgen.aws.stateful import KINDS
from ticketgen.wording import counted, plural

_PLURALS = {
    "key": "keys",
    "search index": "search indexes",
    "repository": "repositories",
    "address": "addresses",
    "cache": "caches",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_counted_in_the_singular_and_in_the_plural(kind: str) -> None:
    assert counted(2, plural(kind)) == f"2 {_PLURALS.get(kind, f'{kind}s')}"
    assert counted(1, plural(kind)) == f"1 {kind}"


def test_the_e_of_a_plural_belongs_to_the_word_or_not() -> None:
    assert [counted(1, each) for each in ("full batches", "caches in use", "queries", "prices", "addresses")] == [
        "1 full batch", "1 cache in use", "1 query", "1 price", "1 address",
    ]  # fmt: skip
