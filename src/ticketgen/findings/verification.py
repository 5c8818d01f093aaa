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
    "The file may be valid, but ticketgen does not check it: it exceeds a limit, is encrypted, is a test in JSON or "
    "only for OpenTofu, is a .tofu file beside a .tf file of the same name, or is behind a link that leads out of the "
    "git work tree. The same holds for inline code and tests that are too large or too deep for Python's parser, for a "
    "rule that would take too many steps, and for the round trip of a rendered file that python-hcl2 cannot read. "
    "`validate --strict` makes it an error.",
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

# Layout

NOT_FORMATTED = _verify(
    "not-formatted",
    "The file is formatted as by `terraform fmt`",
    "Layout changes hide the other changes in a review. Only `validate --fix`, `--diff` and `--select not-formatted` "
    "check this.",
    "run `ticketgen validate --fix --select not-formatted`, or `terraform fmt`",
    severity=Severity.NOTE,
    sources=("https://developer.hashicorp.com/terraform/cli/commands/fmt",),
)
LEGACY_SYNTAX = _verify(
    "legacy-syntax",
    "Expressions have the syntax of Terraform 0.12 and later",
    "The old syntax misleads readers: quotes around a single expression do not turn it into a string. "
    "Only `validate --fix`, `--diff` and `--select legacy-syntax` check this.",
    'write var.x instead of "${var.x}", and [0] instead of .0',
    severity=Severity.NOTE,
    sources=("https://developer.hashicorp.com/terraform/language/v1.1.x/upgrade-guides/0-12",),
)
UNTYPED_VARIABLE = _verify(
    "untyped-variable",
    "Every variable whose default implies a type declares that type",
    "Terraform accepts any value for it, so the mistake of a caller shows up later or never. "
    "Only `validate --fix`, `--diff` and `--select untyped-variable` check this.",
    "declare the type of the default",
    severity=Severity.NOTE,
    sources=("https://developer.hashicorp.com/terraform/language/values/variables#type-constraints",),
)

# Language

WRONG_LABELS = _verify(
    "wrong-labels",
    "Every block has as many labels as Terraform requires for its type",
    _FAILS,
    "add or remove labels",
)
INVALID_NAME = _verify(
    "invalid-name",
    "Every name that a block declares, or that Terraform looks up, is valid and not reserved",
    _FAILS,
    "write a name of letters, digits, underscores and dashes that begins with a letter or an underscore",
)
RESERVED_NAME = _verify(
    "reserved-name",
    "No block contains arguments or blocks that Terraform reserves or allows only in other blocks",
    _FAILS,
    "remove the argument or the block",
)
NOT_CONSTANT = _verify(
    "not-constant",
    "Arguments that Terraform reads before it evaluates expressions are constants",
    "`terraform init`, `terraform validate` or `terraform plan` fails.",
    "write the value itself",
)
INVALID_TYPE_CONSTRAINT = _verify(
    "invalid-type-constraint",
    "The type of every variable is a valid type constraint",
    _FAILS,
    "correct the type",
)
INVALID_ADDRESS = _verify(
    "invalid-address",
    "Arguments that take the address of an object contain one",
    _FAILS,
    "write the address of an object, without quotes",
)
INVALID_SOURCE = _verify(
    "invalid-source",
    "The source of every module and of every required provider is an address that Terraform understands",
    "`terraform init` fails.",
    "begin the path of a local module with ./ or ../, or write the address of a registry or a repository",
)
CONTRADICTING_VERSIONS = _verify(
    "contradicting-versions",
    "One version of Terraform, and of each provider, satisfies all version constraints",
    "A root module and the modules that it calls share one version, so `terraform init` fails.",
    "widen the constraint, so that it overlaps with the others",
)
INVALID_LOCK_FILE = _verify(
    "invalid-lock-file",
    "The dependency lock file of a root module has Terraform's format",
    "Every command of Terraform fails in that folder.",
    "delete the file, run `terraform init`, and commit the new one",
)
INVALID_VERSION_CONSTRAINT = _verify(
    "invalid-version-constraint",
    "Every version constraint has Terraform's syntax",
    "`terraform init` and `terraform validate` fail.",
    "write constraints such as >= 1.5, < 2.0",
)
INVALID_KEYWORD = _verify(
    "invalid-keyword",
    "Every argument that takes a keyword has a valid one",
    _FAILS,
    "write one of the keywords that the finding names",
)
CONFLICTING_ARGUMENTS = _verify(
    "conflicting-arguments",
    "No block sets arguments that exclude each other, or lacks an argument that another one requires",
    _FAILS,
    "set the arguments that the finding names, or remove all except one of those that exclude each other",
)
INVALID_CONDITION = _verify(
    "invalid-condition",
    "Every condition refers to a value that it can check",
    _FAILS,
    "correct the references in the condition",
)
MISPLACED_REFERENCE = _verify(
    "misplaced-reference",
    "References occur only where Terraform can evaluate them",
    _FAILS,
    "use a value that is available there",
)
MISPLACED_BLOCK = _verify(
    "misplaced-block",
    "Blocks occur only where Terraform accepts them",
    "`terraform validate` or `terraform plan` fails.",
    "move the block to where Terraform accepts it, or remove it",
)
INVALID_MOVE = _verify(
    "invalid-move",
    "The moved and removed blocks of a module agree with each other and with its resources",
    "`terraform plan` fails.",
    "correct the addresses",
)
INVALID_IMPORT = _verify(
    "invalid-import",
    "Every import block imports one object into an instance that the configuration declares",
    _FAILS,
    "correct the address or the id",
)
INVALID_OVERRIDE = _verify(
    "invalid-override",
    "An override file changes only what other files declare, and what Terraform can merge",
    _FAILS,
    "move the block to another file",
)
MODULE_CONFIGURES_PROVIDERS = _verify(
    "module-configures-providers",
    "No module with its own provider configuration is called with count, for_each or depends_on",
    "`terraform init` and `terraform validate` fail.",
    "pass the provider configuration to the module, or remove the meta-argument",
)
UNKNOWN_PROVIDER_FUNCTION = _verify(
    "unknown-provider-function",
    "Every provider function exists, and its provider is in required_providers",
    _FAILS,
    "correct the name of the function, or add the provider to required_providers",
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
    "Every module output that an expression reads is declared in the module",
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
    "remove or rename one of the two declarations",
)
DEPENDENCY_CYCLE = _verify(
    "dependency-cycle",
    "No resource, local value or output depends on itself, and no module calls itself",
    _FAILS,
    "remove one of the references in the cycle",
)
MISSING_FILE = _verify(
    "missing-file",
    "Every file that an expression reads, and every folder with mock data that a test reads, exists",
    "`terraform plan` fails, or for mock data already `terraform validate`.",
    "create the file, or correct the path",
)
UNKNOWN_OVERRIDE_TARGET = _verify(
    "unknown-override-target",
    "Every object that a test overrides exists",
    "The override has no effect, so the test may use the real object.",
    "correct the address, or remove the override",
    severity=Severity.WARNING,
)
UNUSED_DECLARATION = _verify(
    "unused-declaration",
    "Every variable and local value is used",
    "A variable without effect misleads whoever sets it.",
    "remove the declaration",
    severity=Severity.WARNING,
)

# Schema

UNKNOWN_ATTRIBUTE = _verify(
    "unknown-attribute",
    "Every argument that is set, and every attribute that is read, exists in the schema",
    _FAILS,
    "correct the name, or remove the argument or reference",
)
UNKNOWN_BLOCK = _verify(
    "unknown-block",
    "Every nested block and every block type exists in the schema",
    _FAILS,
    "correct the block type, or remove the block",
)
READ_ONLY_ATTRIBUTE = _verify(
    "read-only-attribute",
    "No argument sets a read-only attribute",
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
    "No block or module contains more blocks of a type than the schema allows",
    _FAILS,
    "remove a block",
)
REJECTED_VALUE = _verify(
    "rejected-value",
    "The AWS provider accepts every value that is known before a plan",
    "`terraform validate` or `terraform plan` fails, because the provider validates the values of arguments: choices, "
    "ranges, lengths, patterns, ARNs, CIDR blocks, JSON. If another value in the same nested block is unknown, the "
    "provider does not validate the block, and AWS rejects the value during the apply: the finding is a warning.",
    "write a value that the provider accepts; the finding says which",
)
UNKNOWN_INSTANCE_TYPE = _verify(
    "unknown-instance-type",
    "Every instance type and class exists",
    "`terraform apply` fails, because AWS does not offer such a type, although the provider accepts any string. AWS "
    "adds types every month, so a very new one may be missing from ticketgen's list.",
    "write a type that AWS offers",
    severity=Severity.WARNING,
)
WRONG_TYPE = _verify(
    "wrong-type",
    "Every value has a type that its argument, or its key in a spec, accepts",
    "`terraform validate` and `terraform plan` fail. A spec is not rendered.",
    "write a value of the type that the finding names",
)
INVALID_EXPRESSION = _verify(
    "invalid-expression",
    "Terraform can evaluate every expression: the types of its values fit together",
    _FAILS,
    "correct the expression",
)
SENSITIVE_OUTPUT = _verify(
    "sensitive-output",
    "Every root module output with a sensitive value is marked as sensitive",
    _FAILS,
    "set sensitive = true in the output",
)
EPHEMERAL_VALUE = _verify(
    "ephemeral-value",
    "Ephemeral values are used only where Terraform does not store them",
    _FAILS,
    "set ephemeral = true in the output of a called module, or use a value that is not ephemeral",
)
REMOVED_IN_PROVIDER_6 = _verify(
    "removed-in-provider-6",
    "The configuration uses nothing that AWS provider 6 removed",
    "After the upgrade of the provider, `terraform plan` fails.",
    "use the replacement that the finding names",
    severity=Severity.WARNING,
)
DEPRECATED = _verify(
    "deprecated",
    "The configuration uses nothing that Terraform or the provider deprecates",
    "A later version may remove it, and the configuration then fails.",
    "use the replacement that the finding or the provider's documentation names",
    severity=Severity.WARNING,
)
SCHEMA_NOT_CHECKED = _verify(
    "schema-not-checked",
    "ticketgen has the schema of every resource type in use",
    "Misspelled arguments of such a resource stay unnoticed until `terraform validate`.",
    "check the configuration with `terraform validate` as well",
    severity=Severity.NOTE,
)

# Rules

VALUE_NOT_CHECKED = _verify(
    "value-not-checked",
    "The rules check every value that is known before a plan",
    "ticketgen does not compute the value, such as the result of a function, or does not read the statements of the "
    "policy, so no rule reports what is wrong with it. Values that are known only after a plan get no such note. "
    "`validate --strict` makes it an error.",
    "write the resulting value itself, or review it",
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
REQUESTED: Final = (NOT_FORMATTED, LEGACY_SYNTAX, UNTYPED_VARIABLE)
"""Findings about code that Terraform accepts: checked only for ``--fix``, ``--diff`` and ``--select``."""

LEVELS: Mapping[str, tuple[FindingKind, ...]] = MappingProxyType(
    {
        "Syntax": (
            SYNTAX,
            UNREADABLE,
            NOT_CHECKED,
        ),
        "Round trip": (ROUND_TRIP,),
        "Layout": REQUESTED,
        "Language": (
            WRONG_LABELS,
            INVALID_NAME,
            RESERVED_NAME,
            NOT_CONSTANT,
            INVALID_TYPE_CONSTRAINT,
            INVALID_ADDRESS,
            INVALID_SOURCE,
            CONTRADICTING_VERSIONS,
            INVALID_LOCK_FILE,
            INVALID_VERSION_CONSTRAINT,
            INVALID_KEYWORD,
            CONFLICTING_ARGUMENTS,
            INVALID_CONDITION,
            MISPLACED_REFERENCE,
            MISPLACED_BLOCK,
            INVALID_MOVE,
            INVALID_IMPORT,
            INVALID_OVERRIDE,
            MODULE_CONFIGURES_PROVIDERS,
            UNKNOWN_PROVIDER_FUNCTION,
        ),
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
            UNKNOWN_OVERRIDE_TARGET,
            UNUSED_DECLARATION,
        ),
        "Types": (INVALID_EXPRESSION, SENSITIVE_OUTPUT, EPHEMERAL_VALUE),
        "Schema": (
            UNKNOWN_ATTRIBUTE,
            UNKNOWN_BLOCK,
            READ_ONLY_ATTRIBUTE,
            MISSING_ATTRIBUTE,
            MISSING_BLOCK,
            TOO_MANY_BLOCKS,
            REJECTED_VALUE,
            UNKNOWN_INSTANCE_TYPE,
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

STACK_RULES: Final = frozenset({
    "lambda-code-inline", "name-has-suffix", "outputs-complete", "suffix-declared", "suite-asserts", "suite-paths",
})  # fmt: skip
"""Rules about how ticketgen builds a stack and its suites. Other Terraform is built in other ways."""

__all__ = ["LEVELS", "NEVER_IGNORED", "REQUESTED", "STACK_RULES", "TITLE", "UNCHECKED"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
