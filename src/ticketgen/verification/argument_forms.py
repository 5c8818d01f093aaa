"""Level 3, language: which expressions may stand in an argument of Terraform's own blocks.

The forms are those of `ticketgen.language.block_grammar`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ticketgen.findings import Finding, TextEdit
from ticketgen.findings.verification import (
    INVALID_CONDITION,
    INVALID_KEYWORD,
    INVALID_NAME,
    RESERVED_NAME,
)
from ticketgen.hcl.static_addresses import is_name
from ticketgen.hcl.syntax import Attribute, Expression, Literal, Reference, Template
from ticketgen.hcl.traversal import free_references
from ticketgen.language.block_grammar import Argument, Form
from ticketgen.misspellings import meant_name
from ticketgen.verification.address_forms import (
    addresses_form,
    ignored_form,
    imported_form,
    moved_form,
    provider_form,
    providers_form,
    removed_form,
    triggers_form,
)
from ticketgen.verification.argument_place import ArgumentPlace
from ticketgen.verification.constant_forms import (
    alias_form,
    constant_form,
    early_form,
    mocked_form,
    requirement_form,
    source_form,
    tested_source_form,
    type_form,
    version_form,
)
from ticketgen.verification.corrections import unquoted
from ticketgen.verification.quoted_references import quoted_faults
from ticketgen.verification.tested_addresses import checkable_form, static_references_form, target_form

__all__ = ["check_form"]

_Faults = Iterator[Finding]


def check_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """Yield findings about an expression that its argument does not accept."""
    check = _CHECKS.get(argument.form)
    # `hcl.json_syntax` writes a type constraint in HCL, if it can.
    is_text = isinstance(attribute.value, Template) or isinstance(
        getattr(attribute.value, "value", None), str
    )
    is_type = argument.form is Form.TYPE and not is_text
    if check is not None and (is_type or not (place.json and argument.form in _STRINGS_IN_JSON)):
        faults = list(check(argument, attribute, place))
        yield from faults
        if not faults:
            yield from quoted_faults(argument, attribute, place)


def _keyword(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    value = attribute.value
    word = value.root if isinstance(value, Reference) and not value.steps else None
    if isinstance(value, Literal) and argument.form is Form.KEYWORD:
        word = str(value.value)  # the form of Terraform 0.11
    if word not in argument.words:
        message = f"{attribute.name} is not one of the keywords {', '.join(argument.words)}"
        help = f"write {' or '.join(argument.words)}, without quotes"
        at, edits = value.at(place.file), _corrected_keyword(argument, value, place.file)
        yield INVALID_KEYWORD.found(message, help, at=at, edits=edits)


def _corrected_keyword(argument: Argument, value: Expression, file: str) -> tuple[TextEdit, ...]:
    """The obvious keyword instead of a misspelled one, or of one in quotes."""
    if isinstance(value, Reference):
        meant = meant_name(value.root, argument.words) if not value.steps else ""
        return (TextEdit(value.at(file), value.root, meant),) if meant else ()
    word = str(value.value) if isinstance(value, Literal) else ""
    meant = word if word in argument.words else meant_name(word, argument.words)
    return unquoted(value, file, meant) if meant else ()


def _condition(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    if not free_references(attribute.value):
        message = "the condition refers to nothing, so its result is always the same"
        yield INVALID_CONDITION.found(message, at=attribute.value.at(place.file))


def _iterator(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    value = attribute.value
    if not isinstance(value, Reference) or value.steps:
        message = "iterator is not a bare name"
        word = value.value if isinstance(value, Literal) else None
        edits = unquoted(value, place.file) if isinstance(word, str) and is_name(word) else ()
        help = "write a name without quotes"
        yield INVALID_NAME.found(message, help, at=value.at(place.file), edits=edits)


def _reserved(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    message = f"{attribute.name} is not allowed in this {place.block.type} block"
    yield RESERVED_NAME.found(message, "remove it", at=attribute.at(place.file))


_CHECKS: Final[Mapping[Form, Callable[[Argument, Attribute, ArgumentPlace], _Faults]]] = {
    Form.CONSTANT: constant_form,
    Form.EARLY: early_form,
    Form.MOCKED: mocked_form,
    Form.KEYWORD: _keyword,
    Form.BARE_KEYWORD: _keyword,
    Form.CONDITION: _condition,
    Form.TYPE: type_form,
    Form.VERSION: version_form,
    Form.SOURCE: source_form,
    Form.ADDRESSES: addresses_form,
    Form.PROVIDER: provider_form,
    Form.PROVIDERS: providers_form,
    Form.IGNORED: ignored_form,
    Form.TRIGGERS: triggers_form,
    Form.MOVED: moved_form,
    Form.REMOVED: removed_form,
    Form.IMPORTED: imported_form,
    Form.ALIAS: alias_form,
    Form.ITERATOR: _iterator,
    Form.REQUIREMENT: requirement_form,
    Form.RESERVED: _reserved,
    Form.STATIC_REFERENCES: static_references_form,
    Form.CHECKABLE: checkable_form,
    Form.TARGET: target_form,
    Form.TESTED_SOURCE: tested_source_form,
}
_STRINGS_IN_JSON: Final = frozenset({
    Form.KEYWORD, Form.BARE_KEYWORD, Form.TYPE, Form.ADDRESSES, Form.PROVIDER, Form.PROVIDERS, Form.IGNORED,
    Form.TRIGGERS, Form.MOVED, Form.REMOVED, Form.IMPORTED, Form.ITERATOR, Form.CONDITION,
    Form.STATIC_REFERENCES, Form.CHECKABLE, Form.TARGET,
})  # fmt: skip
"""Forms that are strings in JSON, and that the translation may leave as strings."""
