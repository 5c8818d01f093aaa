"""The parser of python-hcl2's grammar, from a compiled grammar.

Compiling takes a second or two. The folder ``grammars`` has the compiled grammar of every released python-hcl2 in the
range of pyproject.toml, under the digest of its ``hcl2.lark``; ``scripts/grammar.py`` writes it. Every lark in the
range loads it. The grammar of other versions is compiled at run time, and ticketgen's cache keeps the result. Both have
the same format, which contains no code: the first line identifies the source of the grammar, the second line has the
data that lark loads.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ticketgen.caching import load, store

if TYPE_CHECKING:
    from lark import Lark

__all__ = ["COMPILED", "LARKS", "compiled", "grammar_file", "load_compiled", "parser", "postlexer", "shipped"]

COMPILED = Path(__file__).with_name("grammars")

LARKS: Final = frozenset({"1.1.5", "1.1.6", "1.1.7", "1.1.8", "1.1.9", "1.2.2", "1.3.0", "1.3.1"})
"""The versions of lark that load these grammars and parse alike: all that python-hcl2 8.1 accepts and
https://pypi.org/project/lark/#history has in November 2026. Their own data differs in the names of options only."""

_KIND = "grammar"
_MAX_KEPT = 5


@cache
def parser() -> Lark:
    """The parser; its trees have no positions of rules."""
    import lark

    if lark.__version__ in LARKS and shipped().exists():
        return load_compiled(shipped().read_bytes())
    source = _source()
    kept = load(_KIND, source.decode())
    if kept is not None:
        return load_compiled(kept)
    content = compiled()
    store(_KIND, source.decode(), content, _MAX_KEPT)
    return load_compiled(content)


def shipped() -> Path:
    """The file of the installed python-hcl2's grammar, which exists if the package has it."""
    return COMPILED / f"{_digest()[:16]}.json"


def compiled() -> bytes:
    """Compile the installed grammar; the same versions give the same bytes."""
    from lark import Lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    lark = Lark(
        grammar_file().read_text("utf-8"), parser="lalr", postlex=postlexer(), propagate_positions=False
    )
    data, memo = lark.memo_serialize([TerminalDef, Rule])
    del data["options"]["postlex"]
    data["parser"]["parser"] = _renumbered(data["parser"]["parser"])
    document = json.dumps({"data": data, "memo": memo}, separators=(",", ":"), sort_keys=True)
    return _source() + b"\n" + document.encode() + b"\n"


def load_compiled(content: bytes) -> Lark:
    """Load the parser from the bytes of its compiled grammar."""
    from lark import Lark
    from lark.lark import LarkOptions

    document = json.loads(content.partition(b"\n")[2])
    # A lark refuses options of later versions. They have their default values here.
    options = document["data"]["options"]
    for name in options.keys() - LarkOptions._defaults.keys():
        del options[name]
    table = document["data"]["parser"]["parser"]
    table["tokens"] = dict(enumerate(table["tokens"]))
    table["states"] = {
        state: {
            token: (1, {"@": ~action}) if action < 0 else (0, action)
            for token, action in zip(row[::2], row[1::2], strict=True)
        }
        for state, row in enumerate(table["states"])
    }
    document["memo"] = {int(number): item for number, item in document["memo"].items()}
    document["data"]["options"]["postlex"] = postlexer()
    return Lark.load(document)


def _renumbered(table: dict[str, Any]) -> dict[str, Any]:
    """Lark's parse table with a stable order of states and tokens.

    Lark's own order differs from run to run. The row of a state alternates tokens and actions: the number of the next
    state, or ``~rule`` for a reduction.
    """
    tokens = sorted(table["tokens"].values())
    by_name = {
        state: {table["tokens"][token]: action for token, action in row.items()}
        for state, row in table["states"].items()
    }
    order = [table["start_states"][name] for name in sorted(table["start_states"])]
    number = {state: at for at, state in enumerate(order)}
    for state in order:
        for _, (reduces, goal) in sorted(by_name[state].items()):
            if not reduces and goal not in number:
                number[goal] = len(order)
                order.append(goal)
    rows = []
    for state in order:
        row = []
        for at, token in enumerate(tokens):
            if token in by_name[state]:
                reduces, goal = by_name[state][token]
                row += [at, ~goal["@"] if reduces else number[goal]]
        rows.append(row)
    return {
        **table,
        "tokens": tokens,
        "states": rows,
        "start_states": {name: number[state] for name, state in table["start_states"].items()},
        "end_states": {name: number[state] for name, state in table["end_states"].items()},
    }


def _source() -> bytes:
    """One line that identifies everything that the compiled grammar depends on."""
    import lark

    return json.dumps({"format": 1, "hcl2.lark": _digest(), "lark": lark.__version__}).encode()


def _digest() -> str:
    import hashlib

    return hashlib.sha256(grammar_file().read_bytes()).hexdigest()


def grammar_file() -> Path:
    """The grammar in the installed python-hcl2."""
    import hcl2

    return Path(hcl2.__file__).with_name("hcl2.lark")


def postlexer() -> Any:
    """The step of python-hcl2 between its lexer and its parser."""
    from hcl2.postlexer import PostLexer

    return PostLexer()
