"""The values of a module's declarations, as ``terraform validate`` knows them.

Source: https://github.com/hashicorp/terraform/blob/main/internal/terraform/evaluate.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from ticketgen.aws.provider.schema import BlockSchema
from ticketgen.hcl.address import Address
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.modules import Module, source_folder
from ticketgen.hcl.syntax import (
    Attribute,
    Expression,
    GetAttribute,
    GetIndex,
    Literal,
    Reference,
    Step,
)
from ticketgen.type_checking.cty_types import ANYTHING, OPEN, CtyType, TypedValue, VariableTypes
from ticketgen.type_checking.inference import Context, FindTemplate, infer
from ticketgen.type_checking.refusal import ReportProblem
from ticketgen.type_checking.steps import corrected_field, step_into

__all__ = ["ScopeTypes", "is_true", "schema_type"]

_MAX_CHAIN: Final = 40
"""The locals that may refer to each other in a row; the value of a longer chain is unknown."""
_TERRAFORM_DATA: Final = [
    "object",
    {"id": "string", "input": "dynamic", "output": "dynamic", "triggers_replace": "dynamic"},
    OPEN,
]
"""Source: https://developer.hashicorp.com/terraform/language/resources/terraform-data"""
_BUILT_IN: Final[Mapping[Address, TypedValue]] = {
    Address("each", "", "key"): TypedValue("string"),
    Address("count", "", "index"): TypedValue("number"),
    Address("path", "", "module"): TypedValue("string"),
    Address("path", "", "root"): TypedValue("string"),
    Address("path", "", "cwd"): TypedValue("string"),
    Address("terraform", "", "workspace"): TypedValue("string"),
    Address("terraform", "", "applying"): TypedValue("bool", ephemeral=True),
}


def is_true(expression: Expression | None) -> bool:
    """Whether an expression is the literal ``true``."""
    return isinstance(expression, Literal) and expression.value is True


@cache
def schema_type(schema: BlockSchema) -> CtyType:
    """The type of the value of a block with that schema; all blocks share it, so it must not be changed."""
    fields: dict[str, CtyType] = {}
    for name in schema.attributes:
        attribute = schema.attribute(name)
        fields[name] = attribute.type if attribute else "dynamic"
    for name in schema.blocks:
        nested = schema.nested(name)
        if nested is not None and name not in fields:  # a snapshot may not know which of both it is
            inner = schema_type(nested.block)
            fields[name] = inner if nested.nesting in {"single", "group"} else [nested.nesting, inner]
    return ["object", fields, OPEN]


class ScopeTypes:
    """The types of one module's declarations.

    Args:
        module: the module.
        folders: all modules of the directory, by folder.
        schema: the schema of a kind and a type of resource; None if it is unknown.
        problem: receives the file, and what `refusal.ReportProblem` receives.
        budget: pays for each step.
        variables: the types of variables.
        template: finds the files that ``templatefile`` reads.
    """

    def __init__(
        self,
        module: Module,
        folders: Mapping[str, Module],
        schema: Callable[[str, str], BlockSchema | None],
        problem: Callable[[str], ReportProblem],
        budget: Budget,
        variables: VariableTypes,
        template: FindTemplate | None = None,
    ) -> None:
        self.module = module
        self.variables = variables
        self.schema = schema
        self._folders = folders
        self._problem = problem
        self._budget = budget
        self._template = template
        self._known: dict[Address, TypedValue] = {}
        self._chain = 0

    def context(self, file: str) -> Context:
        """The context of an expression in a file."""
        return Context(self._resolve, self._problem(file), self._budget, template=self._template)

    def callee(self, call: Declaration) -> Module | None:
        """The called module; None if it was not read."""
        folder = source_folder(self.module, call.block)
        return self._folders.get(folder) if folder is not None else None

    def value(self, declaration: Declaration) -> TypedValue:
        """The value of a declaration, which is inferred once."""
        address = declaration.address
        found = self._known.get(address)
        if found is None:
            if self._chain > _MAX_CHAIN:
                return ANYTHING
            self._known[address] = ANYTHING  # of a cycle
            self._chain += 1
            found = self._known[address] = self._infer(declaration)
            self._chain -= 1
        return found

    def _infer(self, declaration: Declaration) -> TypedValue:
        kind = declaration.address.kind
        if isinstance(declaration.node, Attribute):
            return infer(declaration.node.value, self.context(declaration.file))
        if kind == "var":
            return TypedValue(
                _without_optional(self.variables.of(declaration)),
                sensitive=is_true(declaration.value("sensitive")),
                ephemeral=is_true(declaration.value("ephemeral")),
            )
        if kind == "module":
            return TypedValue(_repeated(declaration, self._outputs(declaration)))
        schema = self.schema(kind, declaration.type)
        type: CtyType = "dynamic"
        if declaration.type == "terraform_data":
            type = _TERRAFORM_DATA
        elif schema is not None:
            type = schema_type(schema)
        return TypedValue(_repeated(declaration, type), ephemeral=kind == "ephemeral")

    def _outputs(self, call: Declaration) -> CtyType:
        """The type of one instance of a module; an unread file of the module may have more outputs."""
        callee = self.callee(call)
        return (
            ["object", dict.fromkeys(callee.outputs, "dynamic")] if callee and callee.complete else "dynamic"
        )

    def _resolve(self, reference: Reference, context: Context) -> tuple[TypedValue, Sequence[Step]]:
        address, steps = reference.parsed
        built_in = _BUILT_IN.get(address)
        if built_in is not None:
            return built_in, steps
        declaration = self.module.first.get(address)
        if declaration is None or address.kind in {"output", "check"}:
            return ANYTHING, ()
        if declaration.type and steps and self._lacks_instance(declaration, reference, steps[0], context):
            return ANYTHING, ()
        value = self.value(declaration)
        if address.kind == "module" and steps:
            # The check of references reports an output that does not exist.
            return replace(value, type=_opened(value.type)), steps
        if not declaration.type:
            return value, steps
        self._check_steps(value, steps, context)
        return replace(ANYTHING, ephemeral=value.ephemeral), ()

    @staticmethod
    def _check_steps(value: TypedValue, steps: Sequence[Step], context: Context) -> None:
        """Check the steps into a resource against its schema, up to the first whose key is no literal.

        Terraform does this besides the evaluation, in which the type of a resource is unknown.
        Source: https://github.com/hashicorp/terraform/blob/main/internal/configs/configschema/validate_traversal.go
        """
        for step in steps:
            match step:
                case GetAttribute(name=name):
                    key = TypedValue("string", name)
                case GetIndex(key=Literal()):
                    key = infer(step.key, context)
                case _:
                    return
            is_attribute = isinstance(step, GetAttribute)
            if not is_attribute and value.type[0] == "object" and value.type[-1] == OPEN:
                message = "a block has no index, only attributes"
                context.problem(step, message, "write a dot and the name of an attribute")
                return
            value, problem, help = step_into(value, key, is_attribute=is_attribute)
            if problem:
                context.problem(step, problem, help, corrected_field(value, key))
                return

    @staticmethod
    def _lacks_instance(declaration: Declaration, reference: Reference, step: Step, context: Context) -> bool:
        """Report a missing or unexpected key of an instance.

        Source: https://github.com/hashicorp/terraform/blob/main/internal/terraform/evaluate_valid.go
        """
        repeated = declaration.block.attribute("count") or declaration.block.attribute("for_each")
        address = declaration.address
        if isinstance(step, GetAttribute) and repeated is not None:
            key = "count.index" if repeated.name == "count" else "each.key"
            message = f"{address} sets {repeated.name}, so its attributes need the key of an instance"
            context.problem(reference, message, f"write {address}[{key}].{step.name}, or choose an instance")
            return True
        if isinstance(step, GetIndex) and isinstance(step.key, Literal) and repeated is None:
            message = f"{address} sets neither count nor for_each, so it has no instance keys"
            written = step.key.value
            index = f'["{written}"]' if isinstance(written, str) else f"[{written}]"
            context.problem(reference, message, "remove the index", (f"{address}{index}", str(address)))
            return True
        return False


def _repeated(declaration: Declaration, type: CtyType) -> CtyType:
    if declaration.block.attribute("count") is not None:
        return ["list", type]
    return ["map", type] if declaration.block.attribute("for_each") is not None else type


def _opened(type: CtyType) -> CtyType:
    """The type with other attributes than the known ones."""
    match type:
        case ["object", fields]:
            return ["object", fields, OPEN]
        case ["list" | "map" as kind, element]:
            return [kind, _opened(element)]
    return type


def _without_optional(type: CtyType) -> CtyType:
    """The type of the values that a type constraint accepts, which have all attributes."""
    match type:
        case ["object", fields, _]:
            return ["object", {name: _without_optional(each) for name, each in fields.items()}]
        case ["tuple", types]:
            return ["tuple", [_without_optional(each) for each in types]]
        case [kind, element]:
            return [kind, _without_optional(element)]
    return type
