"""The shipped grammar is that of the installed packages; other versions are compiled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lark import Lark, UnexpectedInput

from ticketgen import caching
from ticketgen.hcl import grammar

ROOT = Path(__file__).parents[2]
TEXTS = [
    *(path.read_text("utf-8") for path in sorted((ROOT / "tests/rules").glob("good/*/*.tf"))[:40]),
    'a = "x${b}y%{ if c }d%{ else }e%{ endif }"\n',
    "a = <<-E\n  x ${b}\n  E\n",
    "a = [for k, v in b : k => v... if c]\nb = { for k in d : k => k }\n",
    "a = b ? -c : !d && e >= 1.5 || f[*].g.0\n",
    "a {\n",
    "a = = b\n",
    "a = 'b'\n",
    'a = "${"\n',
]


@pytest.fixture
def uncached(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    grammar.parser.cache_clear()
    yield
    grammar.parser.cache_clear()


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The grammars that were compiled at run time."""
    made: list[bytes] = []
    content = grammar.shipped().read_bytes()  # as `compiled` returns it, which the first test checks

    def counted() -> bytes:
        made.append(content)
        return content

    monkeypatch.setattr(grammar, "compiled", counted)
    return made


def outcome(parser: Lark, text: str) -> object:
    """The tree with the place of each token, or the place and kind of an error."""
    try:
        tree = parser.parse(text + "\n")
    except UnexpectedInput as error:
        return type(error), error.line, error.column, str(error).split("\n")[0]
    tokens = tree.scan_values(lambda _: True)
    return tree, [(token.type, token.line, token.column, token.end_pos) for token in tokens]


@pytest.mark.newest
def test_the_shipped_grammar_matches_the_installed_packages() -> None:
    assert grammar.shipped().read_bytes() == grammar.compiled(), "run: python scripts/grammar.py"


def test_the_shipped_grammar_parses_like_its_source() -> None:
    itself = Lark(
        grammar.grammar_file().read_text("utf-8"), parser="lalr", postlex=grammar.postlexer(),
    )  # fmt: skip
    for text in TEXTS:
        assert outcome(grammar.parser(), text) == outcome(itself, text)


@pytest.mark.parametrize("path", sorted(grammar.COMPILED.glob("*.json")), ids=lambda path: path.stem)
def test_the_grammar_of_every_release_of_python_hcl2_parses(path: Path) -> None:
    parser = grammar.load_compiled(path.read_bytes())
    for text in TEXTS:
        assert outcome(parser, text) == outcome(grammar.parser(), text)


def test_an_option_of_a_later_lark_is_ignored() -> None:
    content = grammar.shipped().read_bytes().replace(b'"options":{', b'"options":{"of_a_later_lark":false,')
    assert outcome(grammar.load_compiled(content), "a {}") == outcome(grammar.parser(), "a {}")


def test_the_shipped_grammar_is_not_compiled(uncached: None, compilations: list[bytes]) -> None:
    grammar.parser()
    assert compilations == []


def test_the_grammar_of_another_version_is_compiled_once(
    uncached: None, compilations: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grammar, "LARKS", frozenset())
    monkeypatch.setenv("TICKETGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(caching.NO_CACHE, raising=False)
    shipped = grammar.load_compiled(grammar.shipped().read_bytes())
    for _ in range(2):
        grammar.parser.cache_clear()
        for text in TEXTS:
            assert outcome(grammar.parser(), text) == outcome(shipped, text)
    assert len(compilations) == 1
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_bytes(b"{}")
    grammar.parser.cache_clear()
    grammar.parser()
    assert len(compilations) == 2
    monkeypatch.setenv(caching.NO_CACHE, "1")
    grammar.parser.cache_clear()
    grammar.parser()
    assert len(compilations) == 3
