"""How the JSON of tests is translated, which follows from the grammar of their blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ticketgen.hcl.json_syntax import JsonBlocks
from ticketgen.language.block_grammar import BlockGrammar, Form
from ticketgen.language.testing_blocks import MOCK_FILE, TEST_FILE
from ticketgen.terraform_file_names import MOCK_DATA, NATIVE_TESTS

__all__ = ["JSON_TESTS"]

_ADDRESSES: Final = frozenset({
    Form.BARE_KEYWORD, Form.CHECKABLE, Form.PROVIDERS, Form.STATIC_REFERENCES, Form.TARGET,
})  # fmt: skip
_CONSTANTS: Final = frozenset({Form.ALIAS, Form.CONSTANT, Form.MOCKED, Form.TESTED_SOURCE, Form.VERSION})
"""Forms that Terraform evaluates without variables and functions: then strings in JSON are no templates."""


def _json_blocks(grammar: BlockGrammar) -> JsonBlocks:
    inner: dict[str, dict[str, int]] = {}
    forms: dict[str, dict[str, Form]] = {}
    waiting = dict(grammar.blocks)
    while waiting:
        type, each = waiting.popitem()
        block = each.block
        inner[type] = {name: len(nested.block.labels) for name, nested in block.blocks.items()}
        forms[type] = {name: argument.form for name, argument in block.arguments.items()}
        waiting |= {name: nested for name, nested in block.blocks.items() if name not in inner}
    addresses = {
        type: {name for name, form in each.items() if form in _ADDRESSES} for type, each in forms.items()
    }
    constants = {
        type: re.compile("|".join(re.escape(name) for name, form in each.items() if form in _CONSTANTS))
        for type, each in forms.items()
    }
    labels = {type: len(each.block.labels) for type, each in grammar.blocks.items()}
    return JsonBlocks(labels, inner, addresses, constants)


JSON_TESTS: Final[Mapping[str, JsonBlocks]] = {
    NATIVE_TESTS[1]: _json_blocks(TEST_FILE),
    MOCK_DATA[1]: _json_blocks(MOCK_FILE),
}
"""The blocks of the files in JSON, by the end of their names."""
