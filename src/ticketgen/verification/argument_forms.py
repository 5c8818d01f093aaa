"""Level 3, language: which expressions may stand in an argument of Terraform's own blocks.

The forms are those of `ticketgen.language.block_grammar`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ticketgen.escaping import quoted
from ticketgen.findings import Finding
from ticketgen.findings.verification import (
    INVALID_ADDRESS,
    INVALID_CONDITION,
    INVALID_KEYWORD,
    INVALID_NAME,
    INVALID_SOURCE,
    INVALID_TYPE_CONSTRAINT,
    INVALID_VERSION_CONSTRAINT,
    NOT_CONSTANT,
    RESERVED_NAME,
    UNDECLARED_REFERENCE,
    UNKNOWN_ATTRIBUTE,
    WRONG_TYPE,
)
from ticketgen.hcl.modules import Module
from ticketgen.hcl.static_addresses import (
    Endpoint,
    InvalidAddress,
    endpoint,
    is_name,
    static_reference,
    without_keys,
)
from ticketgen.hcl.syntax import (
    Attribute,
    Block,
    Call,
    Expression,
    GetAttribute,
    GetIndex,
    Literal,
    Node,
    Object,
    Reference,
    Tuple,
)
from ticketgen.hcl.traversal import free_references, nested
from ticketgen.language.block_grammar import Argument, Form
from ticketgen.verification.conversions import is_null, mismatches
from ticketgen.verification.source_addresses import (
    is_version_constraint,
    module_fault,
    provider_fault,
    provider_name_fault,
)
from ticketgen.verification.type_constraints import optional_defaults, type_faults

__all__ = ["ArgumentPlace", "check_form", "constant_faults"]

_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class ArgumentPlace:
    """Where an argument stands.

    Attributes:
        file: the path of the file.
        module: the module of the file.
        top: the top-level block around it.
        block: the block that contains it.
        opentofu: whether OpenTofu or a later version of Terraform reads the module, which accept more.
        json: whether the file is a translation from JSON, where every keyword and address is a string.
    """

    file: str
    module: Module
    top: Block
    block: Block
    opentofu: bool
    json: bool


_Faults = Iterator[Finding]


def check_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """Yield findings about an expression that its argument does not accept."""
    check = _CHECKS.get(argument.form)
    if check is not None and not (place.json and argument.form in _STRINGS_IN_JSON):
        yield from check(argument, attribute, place)


def constant_faults(name: str, value: Expression, file: str) -> Iterator[Finding]:
    """Yield findings about references and function calls in a value that must be constant."""
    if isinstance(value, Literal):
        return
    for reference in free_references(value):
        message = f"{name} refers to {reference.root}, but it must be a constant"
        yield NOT_CONSTANT.found(message, at=reference.at(file))
    for each in nested(value):
        if isinstance(each, Call):
            message = f"{name} calls the function {each.name}, but it must be a constant"
            yield NOT_CONSTANT.found(message, "write the result of the function", at=each.at(file))


def _constant(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    faults = list(constant_faults(attribute.name, attribute.value, place.file))
    yield from faults
    if not faults:
        yield from _wrong_type(argument, attribute, place)


def _early(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    if not place.opentofu:
        yield from _constant(argument, attribute, place)


def _wrong_type(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    if is_null(attribute.value):
        if not argument.nullable:
            message = f"{attribute.name} is null, but needs a value"
            yield WRONG_TYPE.found(message, "remove it, or write a value", at=attribute.value.at(place.file))
        return
    for node, required, actual in mismatches(attribute.value, argument.type):
        message = f"inappropriate value for {attribute.name}: {required} is required, not {actual}"
        yield WRONG_TYPE.found(message, f"write {required}", at=node.at(place.file))


def _keyword(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    value = attribute.value
    word = value.root if isinstance(value, Reference) and not value.steps else None
    if isinstance(value, Literal) and argument.form is Form.KEYWORD:
        word = str(value.value)  # the form of Terraform 0.11
    if word not in argument.words:
        message = f"{attribute.name} is not one of the keywords {', '.join(argument.words)}"
        help = f"write {' or '.join(argument.words)}, without quotes"
        yield INVALID_KEYWORD.found(message, help, at=value.at(place.file))


def _condition(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    if not free_references(attribute.value):
        message = "the condition refers to nothing, so its result is always the same"
        yield INVALID_CONDITION.found(message, at=attribute.value.at(place.file))


def _type(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    for node, message, help in type_faults(attribute.value):
        yield INVALID_TYPE_CONSTRAINT.found(message, help, at=node.at(place.file))
    for default in optional_defaults(attribute.value):
        yield from constant_faults("the default of optional(…)", default, place.file)


def _version(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    if place.top.type == "module" and place.opentofu:
        return
    faults = list(constant_faults(attribute.name, attribute.value, place.file))
    yield from faults
    if not faults:
        yield from _version_faults(attribute.name, attribute.value, place)


def _version_faults(name: str, value: Expression, place: ArgumentPlace) -> _Faults:
    help = "write constraints with =, !=, >, >=, <, <= or ~>, such as >= 1.5, < 2.0"
    if isinstance(value, Tuple | Object):
        message = f"{name} is not a string"
        yield INVALID_VERSION_CONSTRAINT.found(message, help, at=value.at(place.file))
    elif isinstance(value, Literal) and value.value is not None:
        text = str(value.value)
        if isinstance(value.value, bool) or not is_version_constraint(text):
            message = f"{name} is not a version constraint: {quoted(text)}"
            yield INVALID_VERSION_CONSTRAINT.found(message, help, at=value.at(place.file))


def _source(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    value = attribute.value
    if place.opentofu:
        return
    faults = list(constant_faults("source", value, place.file))
    yield from faults
    if faults:
        return
    if is_null(value) or isinstance(value, Tuple | Object):
        yield INVALID_SOURCE.found("the source is not a string", at=value.at(place.file))
    elif isinstance(value, Literal):
        fault = module_fault(str(value.value), versioned=place.block.attribute("version") is not None)
        if fault:
            message = f"the source {quoted(str(value.value))} {fault}"
            yield INVALID_SOURCE.found(message, at=value.at(place.file))


def _items(attribute: Attribute, place: ArgumentPlace, what: str) -> tuple[list[Expression], list[Finding]]:
    """The items of a list; a finding if the value is no list in brackets."""
    if isinstance(attribute.value, Tuple):
        return list(attribute.value.items), []
    message = f"{attribute.name} is not a list of {what} in brackets"
    return [], [INVALID_ADDRESS.found(message, f"write [ … ] with {what}", at=attribute.value.at(place.file))]


def _addresses(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    items, faults = _items(attribute, place, "references")
    yield from faults
    for item in items:
        reference = static_reference(item)
        if reference is None:
            yield _no_reference(attribute.name, item, place)
            continue
        if isinstance(item, Literal) and reference.address not in place.module.declarations:
            if place.module.complete:
                message = f"reference to undeclared {reference.address}"
                yield UNDECLARED_REFERENCE.found(message, at=item.at(place.file))
            continue
        if reference.root == "module" or not reference.address.type:
            continue
        rest = reference.parsed[1]
        if rest and isinstance(rest[0], GetIndex):
            rest = rest[1:]
        if rest and reference.address.name:
            message = f"{attribute.name} refers to an attribute of {reference.address}"
            help = f"write {reference.address}"
            yield INVALID_ADDRESS.found(message, help, at=item.at(place.file))


def _no_reference(name: str, node: Node, place: ArgumentPlace) -> Finding:
    message = f"an item of {name} is not a reference"
    help = "write the address of the object, such as aws_vpc.main or module.network"
    return INVALID_ADDRESS.found(message, help, at=node.at(place.file))


def _provider(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    yield from _provider_faults(attribute.name, attribute.value, place)


def _provider_faults(name: str, value: Expression, place: ArgumentPlace) -> _Faults:
    reference = static_reference(value)
    steps = reference.steps if reference else ()
    if place.opentofu and isinstance(value, Reference) and any(isinstance(s, GetIndex) for s in value.steps):
        return  # https://opentofu.org/docs/language/meta-arguments/resource-provider/: aws.by_region[each.key]
    if reference is None or len(steps) > 1 or not all(isinstance(step, GetAttribute) for step in steps):
        message = f"{name} is not the name of a provider configuration"
        yield INVALID_ADDRESS.found(
            message, "write NAME or NAME.ALIAS, such as aws.east", at=value.at(place.file)
        )
        return
    fault = provider_name_fault(reference.root)
    if fault:
        message = f"the name of the provider {reference.root} {fault}"
        yield INVALID_NAME.found(message, at=value.at(place.file))


def _providers(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    if not isinstance(attribute.value, Object):
        message = "providers is not an object of provider configurations"
        help = "write { aws = aws.east }, for example"
        yield INVALID_ADDRESS.found(message, help, at=attribute.value.at(place.file))
        return
    seen: set[str] = set()
    for item in attribute.value.items:
        faults = [*_provider_faults("a key of providers", item.key, place)]
        faults += _provider_faults("a value of providers", item.value, place)
        yield from faults
        key = static_reference(item.key)
        if faults or key is None:
            continue
        name = ".".join([key.root, *(step.name for step in key.steps if isinstance(step, GetAttribute))])
        if name in seen:
            message = f"providers passes the provider configuration {name} twice"
            yield INVALID_ADDRESS.found(message, "remove one of the two", at=item.at(place.file))
        seen.add(name)


def _ignored(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    value = attribute.value
    if isinstance(value, Reference) and value.root == _ALL and not value.steps:
        return
    items, faults = _items(attribute, place, "names of attributes")
    yield from faults
    for item in items:
        if isinstance(item, Literal) and item.value == "*":
            message = 'ignore_changes contains "*", which Terraform no longer accepts'
            yield INVALID_ADDRESS.found(message, "write ignore_changes = all", at=item.at(place.file))
        elif static_reference(item) is None:
            message = "an item of ignore_changes is not the name of an attribute"
            help = "write the name of an argument of this block, such as tags"
            yield INVALID_ADDRESS.found(message, help, at=item.at(place.file))


_LOOP_KEYS: Final = {"each": "key", "count": "index"}


def _triggers(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    items, faults = _items(attribute, place, "references to resources")
    yield from faults
    for item in items:
        resources = set()
        for reference in free_references(item):
            address = reference.address
            if address.type:
                resources.add(address)
            elif _LOOP_KEYS.get(reference.root) != address.name:
                message = f"replace_triggered_by refers to {address}, which is not a resource"
                help = "refer to resources, each.key and count.index only"
                yield INVALID_ADDRESS.found(message, help, at=reference.at(place.file))
        if len(resources) != 1:
            message = f"an item of replace_triggered_by refers to {len(resources)} resources instead of one"
            yield INVALID_ADDRESS.found(message, "refer to one resource in each item", at=item.at(place.file))


def _endpoint(reference: Reference | None, attribute: Attribute, place: ArgumentPlace) -> Endpoint | Finding:
    help = "write the address of a module or a resource, such as module.network or aws_vpc.main"
    if reference is None:
        message = f"{attribute.name} is not an address"
    else:
        try:
            return endpoint(reference)
        except InvalidAddress as error:
            message = f"{attribute.name} is not the address of a module or a resource: {error}"
    return INVALID_ADDRESS.found(message, help, at=attribute.value.at(place.file))


def _moved(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    found = _endpoint(static_reference(attribute.value, quoted=False), attribute, place)
    if isinstance(found, Finding):
        yield found


def _removed(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    reference = static_reference(attribute.value, quoted=False)
    if reference is not None and reference.root in {
        "var",
        "local",
        "each",
        "count",
        "path",
        "self",
        "terraform",
    }:
        return  # Terraform takes these for types of resources here
    found = _endpoint(reference, attribute, place)
    if isinstance(found, Finding):
        yield found
    elif found.has_keys:
        message = f"{attribute.name} has an instance key, but a removed block concerns all instances"
        yield INVALID_ADDRESS.found(message, "remove the key", at=attribute.value.at(place.file))
    elif found.kind == "data":
        message = f"{attribute.name} is the address of a data source, which is never destroyed"
        yield INVALID_ADDRESS.found(message, "remove the removed block", at=attribute.value.at(place.file))


def _imported(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    is_loop = place.block.attribute("for_each") is not None
    value = attribute.value
    reference = without_keys(value) if is_loop or place.opentofu else static_reference(value, quoted=False)
    found = _endpoint(reference, attribute, place)
    if isinstance(found, Finding):
        yield found
    elif found.kind != "resource":
        message = f"{attribute.name} is not the address of a managed resource"
        yield INVALID_ADDRESS.found(message, "import a resource", at=value.at(place.file))
    elif found.modules and place.block.attribute("provider") is not None:
        message = "an import into a module sets provider"
        help = "remove provider: the resource's own provider configuration imports it"
        provider = place.block.body.attribute("provider")
        assert provider is not None
        yield INVALID_ADDRESS.found(message, help, at=provider.at(place.file))


def _alias(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    faults = list(_constant(argument, attribute, place))
    yield from faults
    value = attribute.value
    if not faults and isinstance(value, Literal) and not is_name(str(value.value)):
        message = f"the alias {quoted(str(value.value))} is not a valid name"
        yield INVALID_NAME.found(message, at=value.at(place.file))


def _iterator(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    value = attribute.value
    if not isinstance(value, Reference) or value.steps:
        message = "iterator is not a bare name"
        yield INVALID_NAME.found(message, "write a name without quotes", at=value.at(place.file))


def _reserved(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    message = f"{attribute.name} is not allowed in this {place.block.type} block"
    yield RESERVED_NAME.found(message, "remove it", at=attribute.at(place.file))


def _requirement(_: Argument, attribute: Attribute, place: ArgumentPlace) -> _Faults:
    value, name = attribute.value, attribute.name
    fault = provider_name_fault(name)
    if isinstance(value, Literal) and value.value is not None:  # the form of Terraform 0.12
        if fault and provider_name_fault(name.lower()):
            yield INVALID_NAME.found(f"the name of the provider {name} {fault}", at=attribute.at(place.file))
        yield from _version_faults(f"the version of {name}", value, place)
        return
    if fault:
        yield INVALID_NAME.found(f"the name of the provider {name} {fault}", at=attribute.at(place.file))
    elif not isinstance(value, Object):
        message = f"the requirement of {name} is not an object"
        help = 'write { source = "…", version = "…" }'
        yield INVALID_SOURCE.found(message, help, at=value.at(place.file))
    else:
        for item in value.items:
            yield from _requirement_item(name, item.key, item.value, place)


def _requirement_item(name: str, key: Expression, value: Expression, place: ArgumentPlace) -> _Faults:
    word = key.value if isinstance(key, Literal) else None
    location = value.at(place.file)
    if word == "version":
        if not isinstance(value, Literal) or not isinstance(value.value, str):
            if free_references(value) or isinstance(value, Literal | Tuple | Object | Call):
                message = f"the version of {name} is not a constant string"
                yield INVALID_VERSION_CONSTRAINT.found(message, "write a string", at=location)
        else:
            yield from _version_faults(f"the version of {name}", value, place)
    elif word == "source":
        if not isinstance(value, Literal) or not isinstance(value.value, str):
            if free_references(value) or isinstance(value, Literal | Tuple | Object | Call):
                yield INVALID_SOURCE.found(
                    f"the source of {name} is not a constant string", "write a string", at=location
                )
        elif fault := provider_fault(value.value):
            message = f"the source {quoted(value.value)} of {name} {fault}"
            yield INVALID_SOURCE.found(message, "write NAMESPACE/TYPE, such as hashicorp/aws", at=location)
    elif word == "configuration_aliases":
        yield from _aliases(name, value, place)
    elif isinstance(key, Literal):
        message = f"the requirement of {name} has the unknown key {word}"
        help = (
            "write source, version and configuration_aliases only; a provider block configures the provider"
        )
        yield UNKNOWN_ATTRIBUTE.found(message, help, at=key.at(place.file))


def _aliases(name: str, value: Expression, place: ArgumentPlace) -> _Faults:
    if place.json:
        return
    references = (
        [static_reference(item, quoted=False) for item in value.items] if isinstance(value, Tuple) else [None]
    )
    for reference in references:
        is_alias = (
            reference is not None
            and reference.root == name
            and all(isinstance(step, GetAttribute) for step in reference.steps[:1])
        )
        if not is_alias:
            message = f"configuration_aliases of {name} is not a list of aliases of {name}"
            at = reference.at(place.file) if reference is not None else value.at(place.file)
            yield INVALID_ADDRESS.found(message, f"write [{name}.ALIAS]", at=at)


_CHECKS: Final[Mapping[Form, Callable[[Argument, Attribute, ArgumentPlace], _Faults]]] = {
    Form.CONSTANT: _constant,
    Form.EARLY: _early,
    Form.KEYWORD: _keyword,
    Form.BARE_KEYWORD: _keyword,
    Form.CONDITION: _condition,
    Form.TYPE: _type,
    Form.VERSION: _version,
    Form.SOURCE: _source,
    Form.ADDRESSES: _addresses,
    Form.PROVIDER: _provider,
    Form.PROVIDERS: _providers,
    Form.IGNORED: _ignored,
    Form.TRIGGERS: _triggers,
    Form.MOVED: _moved,
    Form.REMOVED: _removed,
    Form.IMPORTED: _imported,
    Form.ALIAS: _alias,
    Form.ITERATOR: _iterator,
    Form.REQUIREMENT: _requirement,
    Form.RESERVED: _reserved,
}
_STRINGS_IN_JSON: Final = frozenset({
    Form.KEYWORD, Form.BARE_KEYWORD, Form.TYPE, Form.ADDRESSES, Form.PROVIDER, Form.PROVIDERS, Form.IGNORED,
    Form.TRIGGERS, Form.MOVED, Form.REMOVED, Form.IMPORTED, Form.ITERATOR, Form.CONDITION,
})  # fmt: skip
"""Forms that are strings in JSON, and that the translation may leave as strings."""
