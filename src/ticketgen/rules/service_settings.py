"""Settings that AWS or the provider rejects together."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.hcl.values import Value
from ticketgen.rules.compute_facts import COMPUTE_FACTS
from ticketgen.rules.linked_facts import LINKED_FACTS
from ticketgen.rules.messaging_facts import MESSAGING_FACTS
from ticketgen.rules.network_facts import NETWORK_FACTS
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.storage_facts import STORAGE_FACTS
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

_MAX_SHOWN = 100


def _check(subject: Subject) -> Iterator[Problem]:
    for fact in (*MESSAGING_FACTS, *COMPUTE_FACTS, *NETWORK_FACTS, *STORAGE_FACTS, *LINKED_FACTS):
        type, *path = fact.type.split(".")
        for resource in subject.resources(type):
            blocks = [resource]
            for step in path:
                blocks = [inner for block in blocks for inner in block.nested_blocks(step)]
            for block in blocks:
                subject.spend(len(fact.conditions))
                assumed = _WithDefaults(block.subject, block.declared, block.block, block.where)
                if all(condition(assumed) for condition in fact.conditions):
                    message = f"{resource.address}: {fact.message.replace('{at}', _shown(assumed, fact.at))}"
                    certain = all(condition(block) for condition in fact.conditions)
                    severity = fact.severity if certain else Severity.WARNING
                    yield Problem(message, block.at(fact.at), fact.help, severity=severity)


class _WithDefaults(BlockInstance):
    """A block whose values are those with the defaults of the root module's variables."""

    __slots__ = ()

    def value(self, name: str) -> Value:
        return self.value_with_defaults(name)


def _shown(block: BlockInstance, name: str) -> str:
    value = block.value(name)
    return quoted(value[:_MAX_SHOWN]) if isinstance(value, str) else str(value)


RULE = Rule(
    id="service-settings",
    severity=Severity.ERROR,
    selective=True,
    certain=True,
    graded=True,
    summary="The settings of a resource fit together",
    why=(
        "Terraform validates each argument, but not whether AWS accepts them together. The plan or the apply then "
        "fails, perhaps after other resources have changed."
    ),
    fix="correct the settings as the finding says",
    check=_check,
    sources=("The modules ticketgen/rules/*_facts.py list each fact with its source.",),
)
