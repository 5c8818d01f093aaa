"""All rules by id: the rules of this package, and the findings of the levels before them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ticketgen.findings import RuleInfo, Severity
from ticketgen.rules.registry import RULES

__all__ = ["CATALOGUE", "LEVELS"]

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

_FAILS = "`terraform validate` and `terraform plan` fail."
_DECLARE = "correct the name, or add the declaration"

LEVELS: Mapping[str, tuple[RuleInfo, ...]] = MappingProxyType(
    {
        "Syntax": (
            RuleInfo(
                "syntax",
                _E,
                "HCL's own parser accepts the file",
                "Terraform cannot read the file, and nothing else in it is checked.",
                "correct the syntax",
            ),
            RuleInfo(
                "unreadable",
                _E,
                "The file is readable and encoded in UTF-8",
                "Nothing in the file is checked.",
                "correct the permissions of the file, or save it as UTF-8",
            ),
            RuleInfo(
                "not-checked",
                _N,
                "ticketgen can check the file",
                "The file may be valid, but ticketgen does not check it: its second parser cannot read it, it is over "
                "a limit that protects the parsers, it uses the JSON syntax, it changes the blocks of other files, or "
                "it is behind a link that leads out of the directory. "
                "The same holds for inline code and tests that are too large or too deep for Python's parser, and for "
                "a rule that would take too many steps. `validate --strict` makes it an error.",
                "simplify or split the file, or check it with `terraform validate`",
            ),
        ),
        "Round trip": (
            RuleInfo(
                "round-trip",
                _E,
                "The file's syntax tree can be written as text and read back unchanged",
                "Tools that rewrite HCL with python-hcl2 would change the file.",
                "simplify the expression that the finding shows",
            ),
        ),
        "References": (
            RuleInfo(
                "undeclared-reference",
                _E,
                "Every reference points to a declaration in the same module, or to a Terraform built-in",
                _FAILS,
                _DECLARE,
            ),
            RuleInfo(
                "undeclared-provider",
                _E,
                "Every provider configuration that a resource or module call uses is declared",
                _FAILS,
                "correct the name, or add a provider block with that alias",
            ),
            RuleInfo(
                "missing-module",
                _E,
                "The source folder of every module call contains Terraform files",
                "`terraform init` fails.",
                "correct the source, or create the module",
            ),
            RuleInfo(
                "module-not-checked",
                _N,
                "The source of every module call is a folder in the directory",
                "Its inputs, and the resources that it creates, are not checked.",
                "validate a directory that contains the module, or check the configuration with `terraform validate`",
            ),
            RuleInfo(
                "unknown-module-input",
                _E,
                "A module call sets only variables that the module declares",
                _FAILS,
                "correct the argument, or declare the variable in the module",
            ),
            RuleInfo(
                "missing-module-input",
                _E,
                "A module call sets every variable that has no default",
                _FAILS,
                "set the variable in the call, or give it a default",
            ),
            RuleInfo(
                "unknown-module-output",
                _E,
                "Every output of a module that is read is declared in the module",
                _FAILS,
                "correct the name, or declare the output in the module",
            ),
            RuleInfo(
                "unknown-module-provider",
                _E,
                "A module call passes only provider configurations that the module accepts",
                "`terraform init` fails.",
                "remove the entry from providers, or add it to configuration_aliases in the module",
            ),
            RuleInfo(
                "missing-module-provider",
                _E,
                "A module call passes every provider configuration that the module requires",
                "`terraform init` fails.",
                "add the provider configuration to the providers argument of the call",
            ),
            RuleInfo(
                "misplaced-each",
                _E,
                "each.key and each.value are used only in a block that sets for_each",
                _FAILS,
                "set for_each, or use another value",
            ),
            RuleInfo(
                "misplaced-count",
                _E,
                "count.index is used only in a block that sets count",
                _FAILS,
                "set count, or use another value",
            ),
            RuleInfo(
                "misplaced-self",
                _E,
                "self is used only in provisioner, connection and postcondition blocks",
                _FAILS,
                "refer to the resource by its address",
            ),
            RuleInfo(
                "duplicate-address",
                _E,
                "Every address is declared once",
                _FAILS,
                "remove or rename one of the two",
            ),
            RuleInfo(
                "dependency-cycle",
                _E,
                "No resource, local value or output depends on itself",
                _FAILS,
                "remove one of the references in the cycle",
            ),
            RuleInfo(
                "missing-file",
                _E,
                "Every file that an expression reads exists",
                "`terraform plan` fails.",
                "create the file, or correct the path",
            ),
            RuleInfo(
                "unused-declaration",
                _W,
                "Every variable and local value is used",
                "A variable without effect misleads the person who sets it.",
                "remove the declaration",
            ),
        ),
        "Schema": (
            RuleInfo(
                "unknown-attribute",
                _E,
                "Every argument that is set, and every attribute that is read, exists in the provider's schema",
                _FAILS,
                "correct the name, or remove it",
            ),
            RuleInfo(
                "unknown-block",
                _E,
                "Every nested block exists in the provider's schema",
                _FAILS,
                "correct the block type, or remove the block",
            ),
            RuleInfo(
                "read-only-attribute",
                _E,
                "No argument sets an attribute that only the provider sets",
                _FAILS,
                "remove the argument",
            ),
            RuleInfo("missing-attribute", _E, "Every required argument is set", _FAILS, "set the argument"),
            RuleInfo("missing-block", _E, "Every required block is present", _FAILS, "add the block"),
            RuleInfo(
                "too-many-blocks",
                _E,
                "No block contains more nested blocks of a type than the provider allows",
                _FAILS,
                "remove a block",
            ),
            RuleInfo(
                "wrong-type",
                _E,
                "Every literal value can be converted to the type of its argument",
                _FAILS,
                "write a value of the type that the finding names",
            ),
            RuleInfo(
                "removed-in-provider-6",
                _W,
                "The configuration uses nothing that AWS provider 6 removed",
                "The first `terraform plan` after the upgrade of the provider fails.",
                "use the replacement that the finding names",
            ),
            RuleInfo(
                "deprecated",
                _W,
                "The configuration uses nothing that the provider deprecates",
                "A later version of the provider removes it, and the upgrade fails.",
                "use the replacement that the provider's documentation names",
            ),
            RuleInfo(
                "schema-not-checked",
                _N,
                "ticketgen has the schema of every resource type in use",
                "Misspelt arguments of such a resource stay unnoticed until `terraform validate`.",
                "check the configuration with `terraform validate` as well",
            ),
        ),
        "Rules": (
            RuleInfo(
                "value-not-checked",
                _N,
                "The rules see every value that the text determines",
                "Something may be wrong in a value that ticketgen does not compute, such as the result of a function, "
                "or in a policy whose statements it does not read. No rule reports it. Values that only a plan knows "
                "are not meant. `validate --strict` makes it an error.",
                "write the value itself, or review it",
            ),
        ),
        "Comments": (
            RuleInfo(
                "ignore-without-reason",
                _E,
                "Every ticketgen:ignore comment gives a reason",
                "Without a reason, nobody can tell later whether the comment is still right.",
                "write the reason after the rule",
            ),
            RuleInfo(
                "ignore-unknown-rule",
                _E,
                "Every ticketgen:ignore comment names a rule that exists and can be ignored",
                "The comment has no effect.",
                "correct the name: `ticketgen rules` lists all rules",
            ),
            RuleInfo(
                "ignore-unused",
                _W,
                "Every ticketgen:ignore comment matches a finding",
                "A leftover comment hides the next finding at its place.",
                "remove the comment",
            ),
        ),
    }
)
"""The findings of the levels before the rules, by level."""

CATALOGUE: Mapping[str, RuleInfo] = MappingProxyType(
    {
        info.id: info
        for info in (
            *(rule.info for rule in RULES),
            *(info for level in LEVELS.values() for info in level),
        )
    }
)
