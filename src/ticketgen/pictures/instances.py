"""Resolves references across module calls: the resources behind them, and every place that leads there.

A root module and its calls become instances, each in the Region of the provider that it is given. A reference is
followed through locals, variables, outputs and data sources, attribute by attribute, so that
``var.tables.sales`` in a Region's module leads to ``aws_dynamodb_table.ticket_sales`` of the root, and to no other
table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ticketgen.hcl.modules import Module, source_folder
from ticketgen.hcl.syntax import (
    Access,
    Attribute,
    Block,
    Call,
    Expression,
    GetAttribute,
    GetIndex,
    Literal,
    Node,
    Object,
    Parentheses,
    Reference,
    Step,
)
from ticketgen.hcl.walk import inside

__all__ = [
    "Behind",
    "Instance",
    "Resource",
    "Use",
    "instances",
    "literals",
    "places",
    "region_of",
    "spelled",
    "uses",
]

_NOTHING_HERE = frozenset({"each", "count", "self", "path", "terraform"})


@dataclass(frozen=True, slots=True)
class Behind:
    """A reference and its place in a file.

    Attributes:
        file: its path.
        line: counts from 1.
        text: the reference, ``var.tables.sales``.
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.text}"


@dataclass(frozen=True, eq=False)
class Instance:
    """A module, as one call of it.

    Attributes:
        name: of the call, ``us_east_1``; "" for the root.
        module: its files.
        region: of its provider; "" where none says it.
        caller: who calls it; None for the root.
        call: the block that does.
    """

    name: str
    module: Module
    region: str
    caller: Instance | None = None
    call: Block | None = None

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """The resources by address, in the order of the files."""
        return {
            address: Resource(self, address, found[0].file, found[0].node)
            for address, found in self.module.declarations.items()
            if isinstance(found[0].node, Block) and found[0].node.type == "resource"
        }


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A resource block in an instance of its module."""

    instance: Instance
    address: str
    file: str
    block: Block

    @property
    def type(self) -> str:
        """Such as ``aws_kinesis_stream``."""
        return self.block.labels[0]

    @property
    def name(self) -> str:
        """The second label of its block."""
        return self.block.labels[1]

    @property
    def key(self) -> str:
        """Its address in the whole stack."""
        return f"module.{self.instance.name}.{self.address}" if self.instance.name else self.address


@dataclass(frozen=True, slots=True)
class Use:
    """One resource uses another.

    Attributes:
        target: what is used.
        attribute: where in the user's block, with dots: ``environment.variables``.
        trail: every reference on the way, from the user's own to the one that names the target.
    """

    target: Resource
    attribute: str
    trail: tuple[Behind, ...]


def instances(modules: Mapping[str, Module]) -> tuple[Instance, ...]:
    """The root and every module that it calls, in the order of the files; calls inside those are not followed."""
    root_module = modules.get("", Module("", ()))
    regions = _provider_regions(root_module)
    root = Instance("", root_module, "")
    found = [root]
    for block in root_module.blocks("module"):
        folder = source_folder(root_module, block)
        module = modules.get(folder) if folder is not None else None
        if module is not None and block.labels:
            found.append(Instance(block.labels[0], module, regions.get(_provider(block), ""), root, block))
    return tuple(found)


def _provider_regions(module: Module) -> Mapping[str, str]:
    """The Region of each provider by its alias."""
    found = {}
    for block in module.blocks("provider"):
        alias, region = (block.attribute(name) for name in ("alias", "region"))
        if region is not None and isinstance(region.value, Literal):
            name = alias.value.value if alias is not None and isinstance(alias.value, Literal) else ""
            found[str(name)] = str(region.value.value)
    return found


def _provider(call: Block) -> str:
    providers = call.attribute("providers")
    value = (
        providers.value.get("aws") if providers is not None and isinstance(providers.value, Object) else None
    )
    if isinstance(value, Reference) and value.steps and isinstance(value.steps[0], GetAttribute):
        return value.steps[0].name
    return ""


def region_of(resource: Resource, all_instances: tuple[Instance, ...]) -> str:
    """Return the Region of a resource's module or provider; "" if neither has one."""
    if resource.instance.region:
        return resource.instance.region
    provider = resource.block.attribute("provider")
    value = provider.value if provider is not None else None
    if isinstance(value, Reference) and value.steps and isinstance(value.steps[0], GetAttribute):
        return _provider_regions(all_instances[0].module).get(value.steps[0].name, "")
    return ""


def uses(resource: Resource, children: Mapping[str, Instance]) -> Iterator[Use]:
    """Every resource that a resource's block leads to, as often as it does.

    Args:
        resource: the user.
        children: the root's instances by name, for references to a module's outputs.
    """
    for path, attribute in _attributes(resource.block, ()):
        for target, trail in _follow(attribute.value, (), resource.instance, resource.file, children, ()):
            yield Use(target, path, trail)


def _attributes(block: Block, path: tuple[str, ...]) -> Iterator[tuple[str, Attribute]]:
    for attribute in block.body.attributes:
        yield ".".join((*path, attribute.name)), attribute
    for inner in block.blocks():
        inner_path = (
            path if inner.type == "content" else (*path, inner.labels[0] if inner.labels else inner.type)
        )
        yield from _attributes(inner, inner_path)


_Found = Iterator[tuple[Resource, tuple[Behind, ...]]]


def _follow(
    expression: Expression,
    steps: tuple[Step, ...],
    instance: Instance,
    file: str,
    children: Mapping[str, Instance],
    trail: tuple[Behind, ...],
) -> _Found:
    """Yield the resources behind the value that these steps of an expression select."""
    match expression:
        case Reference():
            yield from _reference(expression, steps, instance, file, children, trail)
        case Object() if steps and (key := _key(steps[0])) is not None:
            for item in expression.items:
                # A key that is computed may be the one.
                if not isinstance(item.key, Literal) or item.key.value == key:
                    yield from _follow(item.value, steps[1:], instance, file, children, trail)
        case Parentheses():
            yield from _follow(expression.inner, steps, instance, file, children, trail)
        case Call(name="merge"):
            for argument in expression.arguments:
                yield from _follow(argument, steps, instance, file, children, trail)
        case Access():
            yield from _follow(
                expression.operand, (*expression.steps, *steps), instance, file, children, trail
            )
        case _:
            for inner, _bound in inside(expression):
                yield from _follow(inner, (), instance, file, children, trail)


def _reference(
    reference: Reference,
    steps: tuple[Step, ...],
    instance: Instance,
    file: str,
    children: Mapping[str, Instance],
    trail: tuple[Behind, ...],
) -> _Found:
    for step in reference.steps:
        if isinstance(step, GetIndex):
            yield from _follow(step.key, (), instance, file, children, trail)
    path = (*reference.steps, *steps)
    behind = Behind(file, reference.line, spelled(reference))
    if reference.root in _NOTHING_HERE or not path or behind in trail:
        return
    trail = (*trail, behind)
    first = path[0].name if isinstance(path[0], GetAttribute) else ""
    match reference.root:
        case "var":
            argument = instance.call.attribute(first) if instance.call is not None else None
            if argument is not None and instance.caller is not None:
                where = _file_of(instance.caller, instance.call)
                yield from _follow(argument.value, path[1:], instance.caller, where, children, trail)
        case "local":
            for declaration in instance.module.declarations.get(f"local.{first}", ()):
                if isinstance(declaration.node, Attribute):
                    yield from _follow(
                        declaration.node.value, path[1:], instance, declaration.file, children, trail
                    )
        case "module":
            child = children.get(first)
            second = path[1].name if len(path) > 1 and isinstance(path[1], GetAttribute) else ""
            for declaration in child.module.declarations.get(f"output.{second}", ()) if child else ():
                value = declaration.node.attribute("value") if isinstance(declaration.node, Block) else None
                if child is not None and value is not None:
                    yield from _follow(value.value, path[2:], child, declaration.file, children, trail)
        case "data":
            second = path[1].name if len(path) > 1 and isinstance(path[1], GetAttribute) else ""
            for declaration in instance.module.declarations.get(f"data.{first}.{second}", ()):
                if isinstance(declaration.node, Block):
                    for _, attribute in _attributes(declaration.node, ()):
                        yield from _follow(attribute.value, (), instance, declaration.file, children, trail)
        case kind:
            target = instance.resources.get(f"{kind}.{first}")
            if target is not None:
                yield target, trail


def _file_of(instance: Instance, block: Block | None) -> str:
    return next((file.path for file in instance.module.files if block in file.body.blocks), "")


def _key(step: Step) -> str | None:
    if isinstance(step, GetAttribute):
        return step.name
    if isinstance(step, GetIndex) and isinstance(step.key, Literal) and isinstance(step.key.value, str):
        return step.key.value
    return None


def spelled(reference: Reference) -> str:
    """Return a reference as written; an index that is not a literal becomes ``[…]``."""
    text = reference.root
    for step in reference.steps:
        match step:
            case GetAttribute():
                text += f".{step.name}"
            case GetIndex(key=Literal(value=str(key))):
                text += f'["{key}"]'
            case GetIndex(key=Literal(value=key)):
                text += f"[{key}]"
            case GetIndex():
                text += "[…]"
            case _:
                text += "[*]"
    return text


def literals(expression: Expression | None) -> str:
    """The text or number of a literal, "" for anything else."""
    return str(expression.value) if isinstance(expression, Literal) and expression.value is not None else ""


def places(expression: Expression, instance: Instance, file: str) -> Iterator[tuple[str, Node, str]]:
    """Yield the literal keys of an object, also behind locals: each key, its item and its file."""
    if isinstance(expression, Object):
        for item in expression.items:
            if isinstance(item.key, Literal) and isinstance(item.key.value, str):
                yield item.key.value, item, file
    elif isinstance(expression, Reference) and expression.root == "local" and expression.steps:
        name = expression.steps[0].name if isinstance(expression.steps[0], GetAttribute) else ""
        for declaration in instance.module.declarations.get(f"local.{name}", ()):
            if isinstance(declaration.node, Attribute):
                yield from places(declaration.node.value, instance, declaration.file)
