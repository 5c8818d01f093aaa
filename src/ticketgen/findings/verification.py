"""Kinds of findings of `ticketgen validate` before the rules.

Rules declare their findings themselves, in `ticketgen.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from ticketgen.findings import Category, FindingKind, Severity, Stage

TITLE: Final = "Directories to verify"

_verify = partial(FindingKind, stage=Stage.VERIFY)

_FAILS: Final = "`terraform validate` and `terraform plan` fail."
_DECLARE: Final = "correct the name, or add the declaration"

# Syntax

SYNTAX = _verify(
    "syntax",
    "HCL's own parser accepts the file; a spec or a price file is valid YAML",
    "Terraform, or ticketgen, cannot read the file, and nothing else in it is checked.",
    "correct the syntax",
)
UNREADABLE = _verify(
    "unreadable",
    "The file is readable and encoded in UTF-8; a folder is readable",
    "Nothing in it is checked, and nothing is written there.",
    "correct the permissions of the file, or save it as UTF-8",
)
NOT_CHECKED = _verify(
    "not-checked",
    "ticketgen can check the file",
    "The file may be valid, but ticketgen does not check it: its second parser cannot read it, it is over "
    "a limit that protects the parsers, it uses the JSON syntax, it changes the blocks of other files, or "
    "it is behind a link that leads out of the directory. "
    "The same holds for inline code and tests that are too large or too deep for Python's parser, and for "
    "a rule that would take too many steps. `validate --strict` makes it an error.",
    "simplify or split the file, or check it with `terraform validate`",
    severity=Severity.NOTE,
)

# Round trip

ROUND_TRIP = _verify(
    "round-trip",
    "The file's syntax tree can be written as text and read back unchanged",
    "Tools that rewrite HCL with python-hcl2 would change the file.",
    "simplify the expression that the finding shows",
)

# References

UNDECLARED_REFERENCE = _verify(
    "undeclared-reference",
    "Every reference points to a declaration in the same module, or to a Terraform built-in",
    _FAILS,
    _DECLARE,
)
UNDECLARED_PROVIDER = _verify(
    "undeclared-provider",
    "Every provider configuration that a resource or module call uses is declared",
    _FAILS,
    "correct the name, or add a provider block with that alias",
)
MISSING_MODULE = _verify(
    "missing-module",
    "The source folder of every module call contains Terraform files",
    "`terraform init` fails.",
    "correct the source, or create the module",
)
MODULE_NOT_CHECKED = _verify(
    "module-not-checked",
    "The source of every module call is a folder in the directory",
    "Its inputs, and the resources that it creates, are not checked.",
    "validate a directory that contains the module, or check the configuration with `terraform validate`",
    severity=Severity.NOTE,
)
UNKNOWN_MODULE_INPUT = _verify(
    "unknown-module-input",
    "A module call sets only variables that the module declares",
    _FAILS,
    "correct the argument, or declare the variable in the module",
)
MISSING_MODULE_INPUT = _verify(
    "missing-module-input",
    "A module call sets every variable that has no default",
    _FAILS,
    "set the variable in the call, or give it a default",
)
UNKNOWN_MODULE_OUTPUT = _verify(
    "unknown-module-output",
    "Every output of a module that is read is declared in the module",
    _FAILS,
    "correct the name, or declare the output in the module",
)
UNKNOWN_MODULE_PROVIDER = _verify(
    "unknown-module-provider",
    "A module call passes only provider configurations that the module accepts",
    "`terraform init` fails.",
    "remove the entry from providers, or add it to configuration_aliases in the module",
)
MISSING_MODULE_PROVIDER = _verify(
    "missing-module-provider",
    "A module call passes every provider configuration that the module requires",
    "`terraform init` fails.",
    "add the provider configuration to the providers argument of the call",
)
MISPLACED_EACH = _verify(
    "misplaced-each",
    "each.key and each.value are used only in a block that sets for_each",
    _FAILS,
    "set for_each, or use another value",
)
MISPLACED_COUNT = _verify(
    "misplaced-count",
    "count.index is used only in a block that sets count",
    _FAILS,
    "set count, or use another value",
)
MISPLACED_SELF = _verify(
    "misplaced-self",
    "self is used only in provisioner, connection and postcondition blocks",
    _FAILS,
    "refer to the resource by its address",
)
DUPLICATE_ADDRESS = _verify(
    "duplicate-address",
    "Every address is declared once",
    _FAILS,
    "remove or rename one of the two",
)
DEPENDENCY_CYCLE = _verify(
    "dependency-cycle",
    "No resource, local value or output depends on itself",
    _FAILS,
    "remove one of the references in the cycle",
)
MISSING_FILE = _verify(
    "missing-file",
    "Every file that an expression reads exists",
    "`terraform plan` fails.",
    "create the file, or correct the path",
)
UNUSED_DECLARATION = _verify(
    "unused-declaration",
    "Every variable and local value is used",
    "A variable without effect misleads the person who sets it.",
    "remove the declaration",
    severity=Severity.WARNING,
)

# Schema

UNKNOWN_ATTRIBUTE = _verify(
    "unknown-attribute",
    "Every argument that is set, and every attribute that is read, exists in the provider's schema",
    _FAILS,
    "correct the name, or remove it",
)
UNKNOWN_BLOCK = _verify(
    "unknown-block",
    "Every nested block exists in the provider's schema",
    _FAILS,
    "correct the block type, or remove the block",
)
READ_ONLY_ATTRIBUTE = _verify(
    "read-only-attribute",
    "No argument sets an attribute that only the provider sets",
    _FAILS,
    "remove the argument",
)
MISSING_ATTRIBUTE = _verify(
    "missing-attribute",
    "Every required argument is set",
    _FAILS,
    "set the argument",
)
MISSING_BLOCK = _verify(
    "missing-block",
    "Every required block is present",
    _FAILS,
    "add the block",
)
TOO_MANY_BLOCKS = _verify(
    "too-many-blocks",
    "No block contains more nested blocks of a type than the provider allows",
    _FAILS,
    "remove a block",
)
REJECTED_VALUE = _verify(
    "rejected-value",
    "The AWS provider accepts every value that the text determines",
    "`terraform validate` or `terraform plan` fails, because the provider validates the values of arguments: choices, "
    "ranges, lengths, patterns, ARNs, CIDR blocks, JSON. In a nested block with another value that is unknown, the "
    "provider validates nothing, and only AWS refuses the value; there, the finding is a warning.",
    "write a value that the finding names",
)
WRONG_TYPE = _verify(
    "wrong-type",
    "Every literal value has a type that its argument, or its key in a spec, accepts",
    "`terraform validate` and `terraform plan` fail. A spec is not rendered.",
    "write a value of the type that the finding names",
)
REMOVED_IN_PROVIDER_6 = _verify(
    "removed-in-provider-6",
    "The configuration uses nothing that AWS provider 6 removed",
    "The first `terraform plan` after the upgrade of the provider fails.",
    "use the replacement that the finding names",
    severity=Severity.WARNING,
)
DEPRECATED = _verify(
    "deprecated",
    "The configuration uses nothing that the provider deprecates",
    "A later version of the provider removes it, and the upgrade fails.",
    "use the replacement that the provider's documentation names",
    severity=Severity.WARNING,
)
SCHEMA_NOT_CHECKED = _verify(
    "schema-not-checked",
    "ticketgen has the schema of every resource type in use",
    "Misspelt arguments of such a resource stay unnoticed until `terraform validate`.",
    "check the configuration with `terraform validate` as well",
    severity=Severity.NOTE,
)

# Rules

VALUE_NOT_CHECKED = _verify(
    "value-not-checked",
    "The rules see every value that the text determines",
    "Something may be wrong in a value that ticketgen does not compute, such as the result of a function, "
    "or in a policy whose statements it does not read. No rule reports it. Values that only a plan knows "
    "are not meant. `validate --strict` makes it an error.",
    "write the value itself, or review it",
    severity=Severity.NOTE,
)

# Comments

IGNORE_WITHOUT_REASON = _verify(
    "ignore-without-reason",
    "Every ticketgen:ignore comment gives a reason",
    "Without a reason, nobody can tell later whether the comment is still right.",
    "write the reason after the rule",
)
IGNORE_UNKNOWN_RULE = _verify(
    "ignore-unknown-rule",
    "Every ticketgen:ignore comment names a rule that exists and can be ignored",
    "The comment has no effect.",
    "correct the name: `ticketgen rules` lists all rules",
)
IGNORE_UNUSED = _verify(
    "ignore-unused",
    "Every ticketgen:ignore comment matches a finding",
    "A leftover comment hides the next finding at its place.",
    "remove the comment",
    severity=Severity.WARNING,
)

# Targets

NO_DIRECTORY = _verify(
    "no-directory",
    "The directory to verify exists and can be read",
    "Nothing is checked, and that must not look like a pass.",
    "name a directory of Terraform",
    category=Category.USAGE,
)
NO_TERRAFORM = _verify(
    "no-terraform",
    "The directory or file to verify is Terraform in HCL",
    "Nothing is checked, and that must not look like a pass.",
    "name a directory of Terraform, or a file such as main.tf",
    category=Category.USAGE,
)
LEVELS: Mapping[str, tuple[FindingKind, ...]] = MappingProxyType(
    {
        "Syntax": (
            SYNTAX,
            UNREADABLE,
            NOT_CHECKED,
        ),
        "Round trip": (ROUND_TRIP,),
        "References": (
            UNDECLARED_REFERENCE,
            UNDECLARED_PROVIDER,
            MISSING_MODULE,
            MODULE_NOT_CHECKED,
            UNKNOWN_MODULE_INPUT,
            MISSING_MODULE_INPUT,
            UNKNOWN_MODULE_OUTPUT,
            UNKNOWN_MODULE_PROVIDER,
            MISSING_MODULE_PROVIDER,
            MISPLACED_EACH,
            MISPLACED_COUNT,
            MISPLACED_SELF,
            DUPLICATE_ADDRESS,
            DEPENDENCY_CYCLE,
            MISSING_FILE,
            UNUSED_DECLARATION,
        ),
        "Schema": (
            UNKNOWN_ATTRIBUTE,
            UNKNOWN_BLOCK,
            READ_ONLY_ATTRIBUTE,
            MISSING_ATTRIBUTE,
            MISSING_BLOCK,
            TOO_MANY_BLOCKS,
            REJECTED_VALUE,
            WRONG_TYPE,
            REMOVED_IN_PROVIDER_6,
            DEPRECATED,
            SCHEMA_NOT_CHECKED,
        ),
        "Rules": (VALUE_NOT_CHECKED,),
        "Comments": (
            IGNORE_WITHOUT_REASON,
            IGNORE_UNKNOWN_RULE,
            IGNORE_UNUSED,
        ),
    }
)
"""The findings of the levels before the rules, by level."""

NEVER_IGNORED: Final = frozenset({SYNTAX.id, UNREADABLE.id, ROUND_TRIP.id})
"""Findings that stop other checks of a file: no comment and no option hides them."""

UNCHECKED: Final = frozenset({
    MODULE_NOT_CHECKED.id, NOT_CHECKED.id, ROUND_TRIP.id, SCHEMA_NOT_CHECKED.id, VALUE_NOT_CHECKED.id,
})  # fmt: skip
"""Findings that something was not checked, or not reliably. ``--strict`` makes them errors."""

__all__ = ["LEVELS", "NEVER_IGNORED", "TITLE", "UNCHECKED"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
