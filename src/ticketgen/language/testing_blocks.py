"""The blocks of the files for ``terraform test``: the tests themselves, and the mock data that they read.

Sources: https://developer.hashicorp.com/terraform/language/tests,
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/test_file.go and
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/mock_provider.go. Names that later versions of
Terraform add are accepted: ``test`` and ``parallel`` (1.12), and ``variable`` (1.13).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ticketgen.language.block_grammar import (
    ANY_VALUE,
    CONSTANT_SWITCH,
    CONSTANT_TEXT,
    Argument,
    BlockGrammar,
    Form,
    Inner,
    Label,
    Naming,
)
from ticketgen.language.blocks import TOP_LEVEL

__all__ = ["MOCK_FILE", "TEST_FILE"]

_DURING: Final = Argument(Form.BARE_KEYWORD, words=("plan", "apply"))
_OBJECT: Final = Argument(Form.MOCKED, ["object", {}])
_ADDRESSES: Final = Argument(Form.STATIC_REFERENCES)
_VARIABLES: Final = Inner(BlockGrammar(others=ANY_VALUE), once=True)


def _override(kind: str, values: str) -> Inner:
    target = Argument(Form.TARGET, words=(kind,), required=True)
    return Inner(BlockGrammar(arguments={"target": target, values: _OBJECT, "override_during": _DURING}))


_OVERRIDES: Final[Mapping[str, Inner]] = {
    "override_resource": _override("resource", "values"),
    "override_data": _override("data", "values"),
}
_ALL_OVERRIDES: Final[Mapping[str, Inner]] = {**_OVERRIDES, "override_module": _override("module", "outputs")}

_MOCK: Final = Inner(
    BlockGrammar(
        (Label("type", Naming.ANY),),
        {"defaults": Argument(Form.MOCKED, nullable=True), "override_during": _DURING},
    )
)
_MOCKS: Final[Mapping[str, Inner]] = {"mock_resource": _MOCK, "mock_data": _MOCK, **_OVERRIDES}

_PROVIDER: Final = TOP_LEVEL["provider"].block

_RUN: Final = BlockGrammar(
    (Label("name"),),
    {
        "command": Argument(Form.BARE_KEYWORD, words=("apply", "plan")),
        "providers": Argument(Form.PROVIDERS),
        "expect_failures": Argument(Form.CHECKABLE),
        "state_key": CONSTANT_TEXT,
        "parallel": CONSTANT_SWITCH,
    },
    {
        "plan_options": Inner(
            BlockGrammar(
                arguments={
                    "mode": Argument(Form.BARE_KEYWORD, words=("normal", "refresh-only")),
                    "refresh": CONSTANT_SWITCH,
                    "replace": _ADDRESSES,
                    "target": _ADDRESSES,
                }
            ),
            once=True,
        ),
        "assert": Inner(TOP_LEVEL["check"].block.blocks["assert"].block),
        "variables": _VARIABLES,
        "module": Inner(
            BlockGrammar(
                arguments={
                    "source": Argument(Form.TESTED_SOURCE, required=True),
                    "version": Argument(Form.VERSION),
                }
            ),
            once=True,
        ),
        **_ALL_OVERRIDES,
    },
)

TEST_FILE: Final = BlockGrammar(
    blocks={
        "run": Inner(_RUN),
        "variables": _VARIABLES,
        "provider": Inner(
            BlockGrammar(
                _PROVIDER.labels,
                {**_PROVIDER.arguments, "version": Argument(Form.RESERVED)},
                _PROVIDER.blocks,
                others=ANY_VALUE,
                open=True,
            )
        ),
        "mock_provider": Inner(
            BlockGrammar(
                (Label("name", Naming.PROVIDER),),
                {
                    "alias": Argument(Form.ALIAS, "string"),
                    "source": CONSTANT_TEXT,
                    "override_during": _DURING,
                },
                _MOCKS,
            )
        ),
        **_ALL_OVERRIDES,
        "test": Inner(BlockGrammar(arguments={"parallel": CONSTANT_SWITCH}), once=True),
        "variable": TOP_LEVEL["variable"],
    }
)
"""A ``*.tftest.hcl``."""

MOCK_FILE: Final = BlockGrammar(blocks=_MOCKS)
"""A ``*.tfmock.hcl``."""
