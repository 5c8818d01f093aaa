"""The blocks that Terraform and OpenTofu know, from the top level down.

Sources: https://developer.hashicorp.com/terraform/language, https://opentofu.org/docs/language/ and the schemas in
https://github.com/hashicorp/terraform/tree/v1.11.4/internal/configs and
https://github.com/opentofu/opentofu/tree/v1.10.0/internal/configs. Names that later versions of Terraform add are
accepted if they cannot be typing errors: ``deprecated``, ``const``, ``identity``, ``action`` and ``action_trigger``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ticketgen.language.block_grammar import (
    ANY_VALUE,
    CONSTANT_SWITCH,
    CONSTANT_TEXT,
    UNCHECKED_BODY,
    Argument,
    BlockGrammar,
    Form,
    Inner,
    Label,
    Naming,
)
from ticketgen.language.provisioning import CONNECTION, ESCAPE, PROVISIONER, RESERVED_BLOCK
from ticketgen.language.state_storage import BACKEND, CLOUD, ENCRYPTION

__all__ = ["DYNAMIC", "FILE", "MODULE", "TOP_LEVEL"]

_RESERVED: Final = Argument(Form.RESERVED)
_RESERVED_INNER: Final = Inner(UNCHECKED_BODY, refusal=RESERVED_BLOCK)
_NAME: Final = Label("name")
_DEPENDS_ON: Final = Argument(Form.ADDRESSES)

_RULE: Final = BlockGrammar(
    arguments={
        "condition": Argument(Form.CONDITION, required=True),
        "error_message": Argument(required=True),
    }
)
"""A ``precondition``, ``postcondition``, ``validation`` or ``assert``."""
_RULES: Final = Inner(_RULE)

_VARIABLE: Final = BlockGrammar(
    (Label("name", Naming.VARIABLE),),
    {
        "type": Argument(Form.TYPE),
        "default": Argument(Form.CONSTANT, nullable=True),
        "description": CONSTANT_TEXT,
        "sensitive": CONSTANT_SWITCH,
        "ephemeral": CONSTANT_SWITCH,
        "nullable": CONSTANT_SWITCH,
        "const": CONSTANT_SWITCH,
        "deprecated": CONSTANT_TEXT,
    },
    {"validation": _RULES},
)

_OUTPUT: Final = BlockGrammar(
    (_NAME,),
    {
        "value": Argument(required=True),
        "description": CONSTANT_TEXT,
        "sensitive": CONSTANT_SWITCH,
        "ephemeral": CONSTANT_SWITCH,
        "depends_on": _DEPENDS_ON,
        "deprecated": CONSTANT_TEXT,
    },
    {
        "precondition": _RULES,
        "postcondition": Inner(_RULE, refusal="an output may have preconditions only"),
    },
)

MODULE: Final = BlockGrammar(
    (_NAME,),
    {
        "source": Argument(Form.SOURCE, required=True),
        "version": Argument(Form.VERSION),
        "count": ANY_VALUE,
        "for_each": ANY_VALUE,
        "depends_on": _DEPENDS_ON,
        "providers": Argument(Form.PROVIDERS),
    },
    {
        "lifecycle": _RESERVED_INNER,
        "locals": _RESERVED_INNER,
        "provider": Inner(
            BlockGrammar((Label("type", Naming.ANY),), others=ANY_VALUE, open=True), refusal=RESERVED_BLOCK
        ),
        "_": ESCAPE,
    },
    others=ANY_VALUE,
    exclusive=("count", "for_each"),
)
"""A module call. Its other arguments are the module's variables, which `verification.calls` checks."""

_OF_RESOURCES: Final[Mapping[str, Argument]] = {
    "count": ANY_VALUE,
    "for_each": ANY_VALUE,
    "depends_on": _DEPENDS_ON,
    "provider": Argument(Form.PROVIDER),
}

_MANAGED_LIFECYCLE: Final = BlockGrammar(
    arguments={
        "create_before_destroy": CONSTANT_SWITCH,
        "prevent_destroy": CONSTANT_SWITCH,
        "ignore_changes": Argument(Form.IGNORED),
        "replace_triggered_by": Argument(Form.TRIGGERS),
    },
    blocks={"precondition": _RULES, "postcondition": _RULES, "action_trigger": Inner(UNCHECKED_BODY)},
)

_LIFECYCLE: Final = BlockGrammar(blocks={"precondition": _RULES, "postcondition": _RULES})
"""The ``lifecycle`` of a data source or an ephemeral resource."""


def _resource(lifecycle: Inner, blocks: Mapping[str, Inner]) -> BlockGrammar:
    return BlockGrammar(
        (Label("type"), _NAME),
        _OF_RESOURCES,
        {"lifecycle": lifecycle, "locals": _RESERVED_INNER, "_": ESCAPE, **blocks},
        others=ANY_VALUE,
        open=True,
        exclusive=("count", "for_each"),
    )


_DATA: Final = _resource(Inner(_LIFECYCLE, once=True), {})

_NOT_MANAGED: Final = Inner(UNCHECKED_BODY, refusal="only managed resources have one")
_EPHEMERAL: Final = _resource(
    Inner(_LIFECYCLE, once=True), {"connection": _NOT_MANAGED, "provisioner": _NOT_MANAGED}
)

_DATA_IN_CHECK: Final = BlockGrammar(
    (Label("type"), _NAME),
    {**_OF_RESOURCES, "count": _RESERVED, "for_each": _RESERVED},
    {
        "lifecycle": Inner(UNCHECKED_BODY, refusal="the check block manages the lifecycle"),
        "locals": _RESERVED_INNER,
        "_": ESCAPE,
    },
    others=ANY_VALUE,
    open=True,
)

_PROVIDER: Final = BlockGrammar(
    (Label("name", Naming.PROVIDER),),
    {
        "alias": Argument(Form.ALIAS, "string"),
        "version": Argument(Form.VERSION),
        "for_each": Argument(opentofu=True),
        "count": _RESERVED,
        "depends_on": _RESERVED,
        "source": _RESERVED,
    },
    {"lifecycle": _RESERVED_INNER, "locals": _RESERVED_INNER, "_": ESCAPE},
    others=ANY_VALUE,
    open=True,
)

_TERRAFORM: Final = BlockGrammar(
    arguments={
        "required_version": Argument(Form.VERSION),
        "experiments": _RESERVED,
        "language": Argument(Form.BARE_KEYWORD, words=("TF2021",)),
    },
    blocks={
        "backend": Inner(BACKEND),
        "cloud": Inner(CLOUD),
        "required_providers": Inner(BlockGrammar(others=Argument(Form.REQUIREMENT))),
        "provider_meta": Inner(
            BlockGrammar((Label("provider", Naming.PROVIDER),), others=Argument(Form.CONSTANT, nullable=True))
        ),
        "encryption": Inner(ENCRYPTION, opentofu=True),
    },
)

_REMOVED: Final = BlockGrammar(
    arguments={"from": Argument(Form.REMOVED, required=True)},
    blocks={
        "lifecycle": Inner(BlockGrammar(arguments={"destroy": CONSTANT_SWITCH})),
        "connection": Inner(CONNECTION, once=True),
        "provisioner": Inner(PROVISIONER),
    },
)

TOP_LEVEL: Final[Mapping[str, Inner]] = {
    "terraform": Inner(_TERRAFORM),
    "variable": Inner(_VARIABLE),
    "output": Inner(_OUTPUT),
    "locals": Inner(BlockGrammar(others=ANY_VALUE)),
    "module": Inner(MODULE),
    "resource": Inner(
        _resource(
            Inner(_MANAGED_LIFECYCLE, once=True),
            {"connection": Inner(CONNECTION, once=True), "provisioner": Inner(PROVISIONER)},
        )
    ),
    "data": Inner(_DATA),
    "ephemeral": Inner(_EPHEMERAL),
    "action": Inner(BlockGrammar((Label("type"), _NAME), others=ANY_VALUE, open=True)),
    "provider": Inner(_PROVIDER),
    "moved": Inner(
        BlockGrammar(
            arguments={
                "from": Argument(Form.MOVED, required=True),
                "to": Argument(Form.MOVED, required=True),
            }
        )
    ),
    "removed": Inner(_REMOVED),
    "import": Inner(
        BlockGrammar(
            arguments={
                "to": Argument(Form.IMPORTED, required=True),
                "id": ANY_VALUE,
                "identity": ANY_VALUE,
                "for_each": ANY_VALUE,
                "provider": Argument(Form.PROVIDER),
            },
            one_of=("id", "identity"),
        )
    ),
    "check": Inner(
        BlockGrammar(
            (_NAME,),
            blocks={"data": Inner(_DATA_IN_CHECK, once=True), "assert": Inner(_RULE, required=True)},
        )
    ),
    "required_providers": Inner(
        UNCHECKED_BODY, refusal="a required_providers block must be in a terraform block"
    ),
}
"""The blocks of a file by type."""

FILE: Final = BlockGrammar(blocks=TOP_LEVEL)

DYNAMIC: Final = BlockGrammar(
    (Label("type", Naming.ANY),),
    {
        "for_each": Argument(required=True),
        "iterator": Argument(Form.ITERATOR),
    },
    {"content": Inner(UNCHECKED_BODY, required=True, once=True)},
)
"""``dynamic``. No provider has block types with labels, so HCL accepts no ``labels``.

Source: https://developer.hashicorp.com/terraform/language/expressions/dynamic-blocks
"""
