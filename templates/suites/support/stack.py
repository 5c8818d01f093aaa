"""The stack as Terraform would plan it: modules called, loops unrolled, references resolved.

Expressions are evaluated on demand, so that a test fails only because of what it looks at.

    stack = Stack(folder, partition="aws")
    table = stack.resource("module.us_east_1.aws_dynamodb_table.distributed_locks")
    table.must("ttl.attribute_name", "expiry_time", why="...")
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from support.blocks import Block, read
from support.expressions import evaluate, step_into
from support.values import CannotEvaluate, Unknown

__all__ = ["ACCOUNT", "Body", "Module", "Resource", "Stack"]

ACCOUNT = "123456789012"
"""Stands for the account that the stack is applied in."""

_META = {"count", "for_each", "provider", "depends_on", "lifecycle", "dynamic", "provisioner"}


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
        self.module = module
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
        """The Region of its provider."""
        provider = self.block.attributes.get("provider")
        return (
            self.module.region if provider is None else self.module.provider_region(evaluate(provider, self))
        )

    def step(self, name: Any) -> Any:
        """As for any block; for a data source, the answer of AWS."""
        answer = _ANSWERS.get((self.type, name)) if self.block.type == "data" else None
        return super().step(name) if answer is None else answer(self)


def _policy(document: Resource) -> str:
    """The JSON of an `aws_iam_policy_document`."""
    statements = []
    for block in document.blocks("statement"):
        statement: dict[str, Any] = {"Effect": block.get("effect") or "Allow", "Action": block.get("actions")}
        for key, name in (("Sid", "sid"), ("Resource", "resources"), ("NotAction", "not_actions")):
            if block.get(name) is not None:
                statement[key] = block.get(name)
        for principal in block.blocks("principals"):
            statement.setdefault("Principal", {})[principal.get("type")] = principal.get("identifiers")
        for condition in block.blocks("condition"):
            test = statement.setdefault("Condition", {}).setdefault(condition.get("test"), {})
            test[condition.get("variable")] = condition.get("values")
        statements.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, default=repr)


_ANSWERS = {
    ("aws_availability_zones", "names"): lambda source: [f"{source.region}{zone}" for zone in "abc"],
    ("aws_caller_identity", "account_id"): lambda source: ACCOUNT,
    ("aws_iam_policy_document", "json"): _policy,
    ("aws_partition", "partition"): lambda source: source.module.stack.partition,
}


class Module:
    """One call of a module, or the root: a folder's files with the values of its variables."""

    def __init__(self, stack: Stack, address: str, folder: str, call: Body | None = None) -> None:
        self.stack = stack
        self.address = address
        self.folder = folder
        self.call = call
        self._locals: dict[str, Any] = {}
        self._resources: dict[tuple[str, str, str], list[Resource] | dict[str, Resource] | Resource] = {}

    @cached_property
    def blocks(self) -> list[Block]:
        """All blocks of the folder's files."""
        return [block for path in self.stack.files(self.folder) for block in self.stack.blocks(path)]

    def _block(self, type_: str, *labels: str) -> Block:
        for block in self.blocks:
            if block.type == type_ and block.labels == labels:
                return block
        where = self.address or "the root module"
        raise CannotEvaluate(f"{where} has no {' '.join((type_, *labels))}")

    @property
    def _prefix(self) -> str:
        return f"{self.address}." if self.address else ""

    @cached_property
    def region(self) -> str:
        """The Region of the provider that the module was given."""
        if self.call is None:
            raise CannotEvaluate("the root module has no default provider")
        return self.provider_region(evaluate(self.call.block.attributes["providers"], self.call)["aws"])

    def provider_region(self, provider: Any) -> str:
        """The Region of a provider such as `aws.us_east_1`."""
        root = self.stack.root
        for block in root.blocks:
            body = Body(f"provider.{block.labels}", block, root, {})
            if block.type == "provider" and provider == Unknown(f"aws.{body.get('alias')}"):
                return str(body.get("region"))
        raise CannotEvaluate(f"there is no provider {provider}")

    def lookup(self, name: str, steps: list[Any]) -> tuple[Any, list[Any]]:
        """The value of a name in this module."""
        if name == "path":
            return ".", steps[1:]
        if name == "aws":
            return Unknown(f"aws.{steps[0]}"), steps[1:]
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
        raise CannotEvaluate(
            f"{self.address or 'the root module'} does not declare {name}.{'.'.join(map(str, steps))}"
        )

    def variable(self, name: str) -> Any:
        """The argument of the call, or the variable's default."""
        block = self._block("variable", name)
        if self.call is not None and name in self.call.block.attributes:
            return self.call.get(name)
        if "default" not in block.attributes:
            raise CannotEvaluate(f"{self.address or 'the root module'} has no value for the variable {name}")
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
        return self.stack.module(f"{self._prefix}module.{name}")

    def output(self, name: str) -> Any:
        """The value of an output."""
        return evaluate(self._block("output", name).attributes["value"], self)

    def instances(self, kind: str, type_: str, name: str) -> Any:
        """A resource, or its instances by number or key."""
        key = (kind, type_, name)
        if key not in self._resources:
            block = self._block(*key)
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


class Stack:
    """A whole rendered stack."""

    def __init__(self, folder: Path, partition: str) -> None:
        self.folder = folder
        self.partition = partition
        self.root = Module(self, "", ".")
        self._modules: dict[str, Module] = {"": self.root}

    def files(self, folder: str) -> list[str]:
        """The paths of a module's files."""
        return [
            path.relative_to(self.folder).as_posix() for path in sorted((self.folder / folder).glob("*.tf"))
        ]

    def blocks(self, path: str) -> tuple[Block, ...]:
        """The blocks of a file."""
        return read(path, (self.folder / path).read_text(encoding="utf-8"))

    def module(self, address: str) -> Module:
        """A module by its address, `module.us_east_1`; "" is the root."""
        if address not in self._modules:
            for block in self.root.blocks:
                if block.type == "module" and f"module.{block.labels[0]}" == address:
                    call = Body(address, block, self.root, {})
                    folder = str(call.get("source")).removeprefix("./")
                    self._modules[address] = Module(self, address, folder, call)
                    break
            else:
                raise CannotEvaluate(f"there is no {address}")
        return self._modules[address]

    @cached_property
    def modules(self) -> list[Module]:
        """The root and every module that it calls."""
        calls = [f"module.{block.labels[0]}" for block in self.root.blocks if block.type == "module"]
        return [self.module(address) for address in ("", *calls)]

    def resource(self, address: str) -> Resource:
        """A resource by its address, such as `module.us_east_1.aws_subnet.private[0]`."""
        head, bracket, key = address.removesuffix("]").partition("[")
        *path, type_, name = head.split(".")
        kind = "resource"
        if path[-1:] == ["data"]:
            kind, path = "data", path[:-1]
        try:
            found = self.module(".".join(path)).instances(kind, type_, name)
            if bracket:
                found = step_into(found, int(key) if key.isdigit() else key.strip('"'))
        except CannotEvaluate as error:
            raise AssertionError(
                f"{address}\n  is missing: {error}\n  why: the stack is incomplete without it"
            ) from None
        if not isinstance(found, Resource):
            raise AssertionError(f"{address} has instances: {found}")
        return found

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for module in self.modules:
            for resource in module.resources():
                found.setdefault(resource.type, []).append(resource)
        return found

    def resources(self, type_: str = "") -> list[Resource]:
        """Every instance of every resource of a type, or of all, in all modules."""
        if type_:
            return self._by_type.get(type_, [])
        return [resource for found in self._by_type.values() for resource in found]
