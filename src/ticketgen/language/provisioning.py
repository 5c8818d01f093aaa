"""Provisioners and their connections.

Sources: https://developer.hashicorp.com/terraform/language/provisioners and, for the arguments,
https://github.com/hashicorp/terraform/tree/v1.11.4/internal/builtin/provisioners
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ticketgen.language.block_grammar import ANY_VALUE, Argument, BlockGrammar, Form, Inner, Label, Naming

__all__ = ["CONNECTION", "ESCAPE", "ONE_OF", "PROVISIONER", "PROVISIONING", "RESERVED_BLOCK"]

RESERVED_BLOCK: Final = "Terraform reserves this block type for later versions"

ESCAPE: Final = Inner(BlockGrammar(others=ANY_VALUE, open=True), once=True)
"""The block ``_``, whose content is never read as meta-arguments."""

# connectionBlockSupersetSchema in internal/terraform/node_resource_validate.go of the same version
_OF_CONNECTIONS: Final = (
    "host type user password port timeout script_path target_platform private_key certificate host_key agent "
    "agent_identity proxy_scheme proxy_host proxy_port proxy_user_name proxy_user_password bastion_host "
    "bastion_host_key bastion_port bastion_user bastion_password bastion_private_key bastion_certificate "
    "https insecure cacert use_ntlm"
)
_TYPES: Final[Mapping[str, object]] = {
    **dict.fromkeys(("port", "proxy_port", "bastion_port"), "number"),
    **dict.fromkeys(("agent", "https", "insecure", "use_ntlm", "quiet"), "bool"),
    **{name: ["list", "string"] for name in ("interpreter", "inline", "scripts")},
    "environment": ["map", "string"],
}
"""The types of the arguments that are not strings."""


def _argument(name: str, *, required: bool = False) -> Argument:
    return Argument(type=_TYPES.get(name, "string"), required=required)


CONNECTION: Final = BlockGrammar(arguments={name: _argument(name) for name in _OF_CONNECTIONS.split()})


def _provisioner(names: str, required: Iterable[str] = ()) -> BlockGrammar:
    needed = frozenset(required)
    own = {name: _argument(name, required=name in needed) for name in names.split()}
    return BlockGrammar(
        arguments={
            **own,
            "when": Argument(Form.KEYWORD, words=("create", "destroy")),
            "on_failure": Argument(Form.KEYWORD, words=("continue", "fail")),
        },
        blocks={
            "connection": Inner(CONNECTION, once=True),
            "lifecycle": Inner(BlockGrammar(others=ANY_VALUE), refusal=RESERVED_BLOCK),
            "_": ESCAPE,
        },
    )


PROVISIONER: Final = BlockGrammar(
    (Label("type", Naming.CHOICE),),
    by_label={
        "local-exec": _provisioner("command interpreter working_dir environment quiet", ("command",)),
        "remote-exec": _provisioner("inline script scripts"),
        "file": _provisioner("source content destination", ("destination",)),
    },
)

PROVISIONING: Final[Mapping[str, BlockGrammar]] = {"provisioner": PROVISIONER, "connection": CONNECTION}
"""The blocks of a resource that Terraform evaluates after it created the resource."""
ONE_OF: Final = {"remote-exec": ("inline", "script", "scripts"), "file": ("source", "content")}
"""Arguments of which a provisioner of this type needs exactly one."""
