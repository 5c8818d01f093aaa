"""The stack as Terraform would plan it: root modules, the modules that they call, loops unrolled, references resolved.

Expressions are evaluated on demand, so that a test fails only because of what it looks at. An address begins with the
root module, because each root module has a state of its own:

    stack = Stack(folder, partition="aws")
    table = stack.resource("data/us-east-1:module.data.aws_dynamodb_table.distributed_locks")
    table.must("ttl.attribute_name", "expiry_time", why="...")
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from support.answers import ANSWERS
from support.blocks import Block, read
from support.expressions import evaluate, step_into
from support.values import CannotEvaluate, Unknown

__all__ = ["Body", "Module", "Resource", "Root", "Stack"]


class Body:
    """A block with the values of its attributes.

    Attributes:
        address: the address, as Terraform writes it.
        place: file and line.
    """

    def __init__(self, address: str, block: Block, module: Module, names: Mapping[str, Any]) -> None:
        self.address = address
        self.place = block.place
        self.block = block
        self.module: Module = module
        self._names = names
        self._known: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"{self.address} ({self.place})"

    def lookup(self, name: str, steps: list[Any]) -> tuple[Any, list[Any]]:
        """`each`, `count` or an iterator of a dynamic block; otherwise the module's value of the name."""
        return (self._names[name], steps) if name in self._names else self.module.lookup(name, steps)

    def step(self, name: Any) -> Any:
        """The configured value of an attribute, or the `Unknown` that AWS will fill in."""
        if name in self.block.attributes:
            return self._own(name)
        declared = {block.labels[0] if block.type == "dynamic" else block.type for block in self.block.blocks}
        return self.blocks(name) if name in declared else Unknown(f"{self.address}.{name}")

    def get(self, path: str) -> Any:
        """The value at a path such as `ttl.attribute_name` or `rule.0.name`, or None.

        Of several blocks with the same type, a number selects one; without a number it is the first.
        """
        name, _, rest = path.partition(".")
        value = self._own(name)
        if not rest:
            return value
        if isinstance(value, list) and (not value or isinstance(value[0], Body)):
            number, _, inner = rest.partition(".")
            position, rest = (int(number), inner) if number.isdigit() else (0, rest)
            value = value[position] if position < len(value) else None
            if not rest:
                return value
        if isinstance(value, Body):
            return value.get(rest)
        if isinstance(value, str) and value.startswith(("{", "[")):
            value = json.loads(value)
        for part in rest.split("."):
            if isinstance(value, Mapping):
                value = value.get(part)
            elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            else:
                return None
        return value

    def _own(self, name: str) -> Any:
        if name in self.block.attributes:
            if name not in self._known:
                self._known[name] = evaluate(self.block.attributes[name], self)
            return self._known[name]
        inner = list(self._blocks(name))
        return inner or None

    def blocks(self, name: str) -> list[Body]:
        """The inner blocks of a type, including dynamic ones."""
        return list(self._blocks(name))

    def _blocks(self, name: str) -> Iterator[Body]:
        for position, block in enumerate(block for block in self.block.blocks if block.type == name):
            yield Body(f"{self.address}.{name}[{position}]", block, self.module, self._names)
        for block in self.block.blocks:
            if block.type == "dynamic" and block.labels == (name,):
                (content,) = (inner for inner in block.blocks if inner.type == "content")
                for_each = evaluate(block.attributes["for_each"], self)
                pairs = (
                    for_each.items()
                    if isinstance(for_each, Mapping)
                    else zip(for_each, for_each, strict=True)
                )
                for key, value in pairs:
                    names = {**self._names, name: {"key": key, "value": value}}
                    yield Body(f'{self.address}.{name}["{key}"]', content, self.module, names)

    def must(self, path: str, expected: Any, why: str) -> None:
        """Fail with place, expectation and reason unless the value at the path is the expected one."""
        __tracebackhide__ = True
        try:
            found = self.get(path)
        except CannotEvaluate as error:
            self.fails(f"{path} has no value: {error}", why)
        if found != expected or isinstance(found, bool) != isinstance(expected, bool):
            self.fails(f"{path} is {found!r}, and must be {expected!r}", why)

    def fails(self, what: str, why: str) -> NoReturn:
        """Fail with what is wrong with this block and why it matters."""
        __tracebackhide__ = True
        raise AssertionError(f"{self.address} ({self.place})\n  {what}\n  why: {why}")


class Resource(Body):
    """A resource or a data source; one instance of it, if it has `count` or `for_each`."""

    @property
    def type(self) -> str:
        """The type, such as `aws_dynamodb_table`."""
        return self.block.labels[0]

    @property
    def name(self) -> str:
        """The name within its module."""
        return self.block.labels[1]

    @property
    def region(self) -> str:
        """The Region of its root module's provider."""
        return self.module.root.region

    def step(self, name: Any) -> Any:
        """As for any block; for a data source, the answer of AWS."""
        answer = ANSWERS.get((self.type, name)) if self.block.type == "data" else None
        return super().step(name) if answer is None else answer(self)


class Module:
    """A root module's own folder or one call of a module: its files with the values of its variables."""

    def __init__(self, root: Root, address: str, folder: str, call: Body | None = None) -> None:
        self.root: Root = root
        self.address = address
        self.folder = folder
        self.call = call
        self._prefix = f"{address}." if call else address
        self._locals: dict[str, Any] = {}
        self._resources: dict[tuple[str, str, str], list[Resource] | dict[str, Resource] | Resource] = {}

    @cached_property
    def blocks(self) -> list[Block]:
        """All blocks of the folder's files."""
        stack = self.root.stack
        return [block for path in stack.files(self.folder) for block in stack.blocks(path)]

    def block(self, type_: str, *labels: str) -> Block:
        """The block with a type and labels."""
        for block in self.blocks:
            if block.type == type_ and block.labels == labels:
                return block
        raise CannotEvaluate(f"{self.address} has no {' '.join((type_, *labels))}")

    def lookup(self, name: str, steps: list[Any]) -> tuple[Any, list[Any]]:
        """The value of a name in this module."""
        if name == "path":
            return self.root.path if steps[0] == "root" else self.folder, steps[1:]
        if name == "var":
            return self.variable(steps[0]), steps[1:]
        if name == "local":
            return self.local(steps[0]), steps[1:]
        if name == "module":
            return self.module(steps[0]).output(steps[1]), steps[2:]
        if name == "data":
            return self.instances("data", *steps[:2]), steps[2:]
        if steps and any(b.type == "resource" and b.labels == (name, steps[0]) for b in self.blocks):
            return self.instances("resource", name, steps[0]), steps[1:]
        raise CannotEvaluate(f"{self.address} does not declare {name}.{'.'.join(map(str, steps))}")

    def variable(self, name: str) -> Any:
        """The argument of the call, or the variable's default."""
        block = self.block("variable", name)
        if self.call is not None and name in self.call.block.attributes:
            return self.call.get(name)
        if "default" not in block.attributes:
            raise CannotEvaluate(f"{self.address} has no value for the variable {name}")
        return evaluate(block.attributes["default"], self)

    def local(self, name: str) -> Any:
        """The value of a local."""
        if name not in self._locals:
            for block in self.blocks:
                if block.type == "locals" and name in block.attributes:
                    self._locals[name] = evaluate(block.attributes[name], self)
                    break
            else:
                raise CannotEvaluate(f"there is no local.{name}")
        return self._locals[name]

    def module(self, name: str) -> Module:
        """A module that this one calls."""
        return self.root.module(f"module.{name}")

    def output(self, name: str) -> Any:
        """The value of an output."""
        return evaluate(self.block("output", name).attributes["value"], self)

    def instances(self, kind: str, type_: str, name: str) -> Any:
        """A resource, or its instances by number or key."""
        key = (kind, type_, name)
        if key not in self._resources:
            block = self.block(*key)
            address = f"{self._prefix}{'data.' if kind == 'data' else ''}{type_}.{name}"
            once = Resource(address, block, self, {})
            if "count" in block.attributes:
                self._resources[key] = [
                    Resource(f"{address}[{index}]", block, self, {"count": {"index": index}})
                    for index in range(once.get("count"))
                ]
            elif "for_each" in block.attributes:
                for_each = once.get("for_each")
                pairs = {"*": for_each} if isinstance(for_each, Unknown) else for_each
                self._resources[key] = {
                    each: Resource(
                        f'{address}["{each}"]', block, self, {"each": {"key": each, "value": value}}
                    )
                    for each, value in pairs.items()
                }
            else:
                self._resources[key] = once
        return self._resources[key]

    def resources(self) -> Iterator[Resource]:
        """Every instance of every resource."""
        for block in self.blocks:
            if block.type == "resource":
                found = self.instances("resource", *block.labels)
                yield from (
                    found
                    if isinstance(found, list)
                    else found.values()
                    if isinstance(found, dict)
                    else [found]
                )


class Root:
    """A root module with the modules that it calls."""

    def __init__(self, stack: Stack, path: str) -> None:
        self.stack: Stack = stack
        self.path = path
        self.main = Module(self, f"{path}:", path)
        self._modules = {"": self.main}

    def __repr__(self) -> str:
        return self.path

    @cached_property
    def provider(self) -> Body:
        """The configuration of the provider aws, which all resources use."""
        return Body(f"{self.path}:provider.aws", self.main.block("provider", "aws"), self.main, {})

    @property
    def region(self) -> str:
        """The Region that it works in."""
        return str(self.provider.get("region"))

    def module(self, address: str) -> Module:
        """A module by its address in the root, such as `module.region`; "" is the root module itself."""
        if address not in self._modules:
            for block in self.main.blocks:
                if block.type == "module" and f"module.{block.labels[0]}" == address:
                    call = Body(f"{self.path}:{address}", block, self.main, {})
                    folder = posixpath.normpath(f"{self.path}/{call.get('source')}")
                    self._modules[address] = Module(self, call.address, folder, call)
                    break
            else:
                raise CannotEvaluate(f"{self.path} does not call {address}")
        return self._modules[address]

    @cached_property
    def modules(self) -> list[Module]:
        """The root module and every module that it calls."""
        calls = [f"module.{block.labels[0]}" for block in self.main.blocks if block.type == "module"]
        return [self.module(address) for address in ("", *calls)]

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for module in self.modules:
            for resource in module.resources():
                found.setdefault(resource.type, []).append(resource)
        return found

    def resources(self, type_: str = "") -> list[Resource]:
        """Every instance of every resource of a type, or of all."""
        if type_:
            return self._by_type.get(type_, [])
        return [resource for found in self._by_type.values() for resource in found]


class Stack:
    """A whole rendered stack."""

    def __init__(self, folder: Path, partition: str) -> None:
        self.folder = folder
        self.partition: str = partition
        self._blocks: dict[str, tuple[Block, ...]] = {}

    @cached_property
    def roots(self) -> dict[str, Root]:
        """The root modules by path: `global`, then `data/<region>` and `regions/<region>`."""
        folders = [
            self.folder / "global",
            *sorted(self.folder.glob("data/*")),
            *sorted(self.folder.glob("regions/*")),
        ]
        paths = [folder.relative_to(self.folder).as_posix() for folder in folders if any(folder.glob("*.tf"))]
        return {path: Root(self, path) for path in paths}

    def root(self, path: str) -> Root:
        """A root module by its path, such as `regions/eu-west-1`."""
        if path not in self.roots:
            raise AssertionError(f"{path}\n  is missing\n  why: the stack is incomplete without it")
        return self.roots[path]

    def files(self, folder: str) -> list[str]:
        """The paths of a module's files."""
        return [
            path.relative_to(self.folder).as_posix() for path in sorted((self.folder / folder).glob("*.tf"))
        ]

    def blocks(self, path: str) -> tuple[Block, ...]:
        """The blocks of a file."""
        if path not in self._blocks:
            self._blocks[path] = read(path, (self.folder / path).read_text(encoding="utf-8"))
        return self._blocks[path]

    def module(self, address: str) -> Module:
        """A module by its address, such as `regions/eu-west-1:module.region`."""
        path, _, inner = address.partition(":")
        return self.root(path).module(inner)

    def resource(self, address: str) -> Resource:
        """A resource by its address, such as `regions/eu-west-1:module.region.aws_subnet.private[0]`."""
        head, bracket, key = address.removesuffix("]").partition("[")
        root, _, inner = head.partition(":")
        *path, type_, name = inner.split(".")
        kind = "resource"
        if len(path) % 2:  # `data` after the pairs of `module` and a name
            kind, path = "data", path[:-1]
        try:
            found = self.root(root).module(".".join(path)).instances(kind, type_, name)
            if bracket:
                found = step_into(found, int(key) if key.isdigit() else key.strip('"'))
        except CannotEvaluate as error:
            raise AssertionError(
                f"{address}\n  is missing: {error}\n  why: the stack is incomplete without it"
            ) from None
        if not isinstance(found, Resource):
            raise AssertionError(f"{address} has instances: {found}")
        return found

    def resources(self, type_: str = "") -> list[Resource]:
        """Every instance of every resource of a type, or of all, in all root modules."""
        return [resource for root in self.roots.values() for resource in root.resources(type_)]
