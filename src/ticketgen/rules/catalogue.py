"""Every rule by its id: those of this package, and those of the levels before them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ticketgen.findings import RuleInfo, Severity
from ticketgen.rules.registry import RULES

__all__ = ["CATALOGUE", "LEVELS"]

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

LEVELS: Mapping[str, tuple[RuleInfo, ...]] = MappingProxyType(
    {
        "Syntax": (
            RuleInfo("syntax", _E, "HCL's own parser takes the file"),
            RuleInfo("unreadable", _E, "The file can be read, and is UTF-8"),
            RuleInfo(
                "not-checked",
                _N,
                "A second parser, or a guard against what crashes parsers, takes the file too",
            ),
        ),
        "Round trip": (
            RuleInfo("round-trip", _E, "The file's syntax tree makes its way to text and back unchanged"),
        ),
        "References": (
            RuleInfo("undeclared-reference", _E, "Whatever an expression names is declared in its module"),
            RuleInfo(
                "undeclared-provider", _E, "Whatever provider configuration a resource names is declared"
            ),
            RuleInfo("missing-module", _E, "The folder that a module is called from has Terraform in it"),
            RuleInfo("unknown-module-input", _E, "A module is given only variables that it has"),
            RuleInfo("missing-module-input", _E, "A module is given every variable without a default"),
            RuleInfo("unknown-module-output", _E, "A module is asked only for outputs that it has"),
            RuleInfo("unknown-module-provider", _E, "A module is handed only providers that it asks for"),
            RuleInfo("missing-module-provider", _E, "A module is handed every provider that it asks for"),
            RuleInfo("misplaced-each", _E, "each stands only in what has for_each"),
            RuleInfo("misplaced-count", _E, "count.index stands only in what has count"),
            RuleInfo(
                "misplaced-self", _E, "self stands only in provisioners, connections and postconditions"
            ),
            RuleInfo("duplicate-address", _E, "No address is declared twice"),
            RuleInfo("dependency-cycle", _E, "Nothing depends on itself"),
            RuleInfo("missing-file", _E, "Files that an expression reads exist"),
            RuleInfo("unused-declaration", _W, "Every variable and every local value is used"),
        ),
        "Schema": (
            RuleInfo(
                "unknown-attribute",
                _E,
                "A block sets, and a reference asks for, only attributes that there are",
            ),
            RuleInfo("unknown-block", _E, "A block holds only blocks that its provider knows there"),
            RuleInfo("read-only-attribute", _E, "What only the provider sets is not set"),
            RuleInfo("missing-attribute", _E, "Whatever is required is set"),
            RuleInfo("missing-block", _E, "Whatever block is required is there"),
            RuleInfo("too-many-blocks", _E, "A block holds no more of another than its provider takes"),
            RuleInfo("wrong-type", _E, "A literal can become the type of its attribute"),
            RuleInfo("removed-in-provider-6", _W, "Nothing is used that AWS provider 6 took away"),
            RuleInfo("deprecated", _W, "Nothing is used that the provider warns of"),
            RuleInfo("schema-not-checked", _N, "The snapshot knows the types that are used"),
        ),
        "Comments": (
            RuleInfo("ignore-without-reason", _E, "Whatever is ignored has its reason beside it"),
            RuleInfo("ignore-unknown-rule", _E, "Only rules that there are can be ignored"),
            RuleInfo("ignore-unused", _W, "A comment that ignores something has something to ignore"),
        ),
    }
)
"""The findings of the levels before the rules, by level: what must hold there says its name and its message."""

CATALOGUE: Mapping[str, RuleInfo] = MappingProxyType(
    {
        info.id: info
        for info in (
            *(rule.info for rule in RULES),
            *(info for level in LEVELS.values() for info in level),
        )
    }
)
