"""Check the types of all expressions of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ticketgen.aws.provider.required_fields import REQUIRED_FIELDS
from ticketgen.aws.provider.schema import BlockSchema
from ticketgen.findings import Finding, Location, TextEdit
from ticketgen.findings.verification import (
    EPHEMERAL_VALUE,
    INVALID_EXPRESSION,
    MISSING_ATTRIBUTE,
    SENSITIVE_OUTPUT,
    WRONG_TYPE,
)
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.declarations import Declaration, declared_in
from ticketgen.hcl.modules import Module
from ticketgen.hcl.plain_texts import plain_text
from ticketgen.hcl.syntax import Attribute, Block, Body, Call, Expression, Node
from ticketgen.hcl.uses import NO_VALUES, REPETITIONS
from ticketgen.hcl.values import UNKNOWN
from ticketgen.language.block_grammar import BlockGrammar
from ticketgen.language.provisioning import PROVISIONING
from ticketgen.type_checking.conversions import is_null, mismatches
from ticketgen.type_checking.cty_types import (
    PRIMITIVES,
    CtyType,
    TypedValue,
    VariableTypes,
    conversion_problem,
    describe_type,
    kind_of,
    optional_defaults,
)
from ticketgen.type_checking.dynamic_content import loop_element, loop_name
from ticketgen.type_checking.inference import Context, FindTemplate, infer, known_pairs, require
from ticketgen.type_checking.refusal import ReportProblem, Rewrite
from ticketgen.type_checking.scope_types import ScopeTypes, is_true
from ticketgen.type_checking.unification import plain_value

__all__ = ["check_types"]

# https://developer.hashicorp.com/terraform/language/meta-arguments
_META_ARGUMENTS: Final = REPETITIONS | {"depends_on", "provider", "alias", "version"}
_NEVER_VALUES: Final = frozenset({"depends_on", "provider", "providers", "source", "version"})
_CONDITIONS: Final = frozenset({"validation", "precondition", "postcondition", "assert"})
_BLOCKS: Final = frozenset(
    {"resource", "data", "ephemeral", "module", "provider", "output", "variable", "check", "import"}
)
_NOT_EPHEMERAL: Final = "remove the argument ephemeral"
_EPHEMERAL_ALLOWED: Final = frozenset({"provisioner", "connection", "lifecycle"})


def check_types(
    module: Module,
    folders: Mapping[str, Module],
    schema: Callable[[str, str], BlockSchema | None],
    budget: Budget,
    variables: VariableTypes,
    *,
    is_root: bool,
    template: FindTemplate,
) -> Iterator[Finding]:
    """Yield a finding for each expression that Terraform cannot evaluate or convert.

    A module with unread files is not checked, because its declarations are not known.

    Args:
        module: the module.
        folders: all modules of the directory, by folder.
        schema: the schema of a kind and a type of resource; None if it is unknown.
        budget: pays for each step; the types of what it does not suffice for are unknown.
        variables: the types of variables, shared by all modules.
        is_root: whether no other module calls this one.
        template: finds the files that ``templatefile`` reads.
    """
    if module.complete:
        yield from _Checker(
            module, folders, schema, budget, variables, is_root=is_root, template=template
        ).findings()


@dataclass(frozen=True, slots=True)
class _Owner:
    """The block that arguments belong to: its file, its type for messages, and whether a state stores them."""

    file: str
    what: str
    stored: bool


class _Checker:
    def __init__(
        self,
        module: Module,
        folders: Mapping[str, Module],
        schema: Callable[[str, str], BlockSchema | None],
        budget: Budget,
        variables: VariableTypes,
        *,
        is_root: bool,
        template: FindTemplate,
    ) -> None:
        self._types = ScopeTypes(module, folders, schema, self._problem, budget, variables, template)
        self._budget = budget
        self._is_root = is_root
        self._found: dict[tuple[object, str], Finding] = {}

    def findings(self) -> Iterator[Finding]:
        module = self._types.module
        for declaration in module.locals.values():
            self._types.value(declaration)
        for file in module.files:
            for block in file.body.blocks:
                if block.type in _BLOCKS:
                    self._block(block, file.path)
        yield from self._found.values()

    def _problem(self, file: str) -> ReportProblem:
        def report(node: Node, message: str, help: str, rewrite: Rewrite = None) -> None:
            location = node.at(file)
            if (location, message) not in self._found:
                edits = (TextEdit(location, *rewrite),) if rewrite else ()
                finding = INVALID_EXPRESSION.found(message, help, at=location, edits=edits)
                self._found[location, message] = finding

        return report

    def _block(self, block: Block, file: str) -> None:
        context = self._types.context(file)
        if block.type == "import":
            loop = block.value("for_each")
            if loop is not None:
                self._repetitions(loop, "the import block", context)
            return
        for declaration in declared_in(block, file):
            if block.type == "variable":
                self._variable(declaration, context)
            elif block.type == "output":
                self._output(declaration, context)
            elif block.type == "module":
                self._module(declaration, context)
            else:
                for attribute in block.body.attributes:
                    if attribute.name in REPETITIONS:
                        self._loop(attribute, context)
                schema = self._types.schema(block.type, declaration.type)
                owner = _Owner(file, declaration.type, stored=block.type != "ephemeral")
                self._body(block.body, schema, context, owner, top=True)
            self._conditions(block.body, context, block.type)
            return
        provider = (
            self._types.schema("provider", block.labels[0])
            if block.type == "provider" and block.labels
            else None
        )
        self._body(block.body, provider, context, _Owner(file, block.type, stored=False), top=True)
        self._conditions(block.body, context, block.type)

    def _variable(self, variable: Declaration, context: Context) -> None:
        for written, type in optional_defaults(variable.value("type")):
            problem = conversion_problem(infer(written, context), type, self._budget)
            if problem:
                message = f"the default of an optional attribute does not fit its type: {problem}"
                context.problem(written, message, "correct the default, or the type")
        default = variable.value("default")
        if default is None:
            return
        value = infer(default, context)
        problem = conversion_problem(value, self._types.variables.of(variable), self._budget)
        if not problem and value.value is None and _is_false(variable.value("nullable")):
            problem = "it is null, and the variable is not nullable"
        if problem:
            message = f"the default of {variable.address} does not fit its type: {problem}"
            context.problem(default, message, "correct the default, or the type")

    def _output(self, output: Declaration, context: Context) -> None:
        written = output.value("value")
        if written is None:
            return
        value = infer(written, context)
        location = written.at(output.file)
        sensitive, ephemeral = _marks(value, self._budget)
        if sensitive and self._is_root and output.value("sensitive") is None:
            message = f"output {output.name} contains a sensitive value, but is not sensitive"
            self._found[location, message] = SENSITIVE_OUTPUT.found(
                message, at=location, edits=_sensitive(output)
            )
        declared = output.block.attribute("ephemeral")
        if self._is_root and declared is not None and is_true(declared.value):
            message = f"output {output.name} of a root module is ephemeral"
            at = declared.at(output.file)
            self._found[at, message] = EPHEMERAL_VALUE.found(message, _NOT_EPHEMERAL, at=at)
        elif declared is not None and is_true(declared.value) and _never_ephemeral(value, self._budget):
            message = f"output {output.name} is ephemeral, but its value is not"
            self._found[location, message] = EPHEMERAL_VALUE.found(
                message, "remove the argument ephemeral", at=location
            )
        elif ephemeral and declared is None:
            message = f"output {output.name} contains an ephemeral value"
            self._found[location, message] = EPHEMERAL_VALUE.found(message, at=location)

    def _module(self, call: Declaration, context: Context) -> None:
        callee = self._types.callee(call)
        for attribute in call.block.body.attributes:
            if attribute.name in REPETITIONS:
                self._loop(attribute, context)
            elif attribute.name not in _NEVER_VALUES:
                value = infer(attribute.value, context)
                variable = callee.variables.get(attribute.name) if callee is not None else None
                if variable is None or callee is None:
                    continue
                problem = conversion_problem(value, self._types.variables.of(variable), self._budget)
                if not problem and value.value is None and _is_false(variable.value("nullable")):
                    problem = "it is null" if variable.value("default") is None else ""
                location, place = attribute.value.at(call.file), variable.location
                if variable.value("ephemeral") is None and _marks(value, self._budget)[1]:
                    message = f"{attribute.name} in {call.address} is ephemeral, but the variable is not"
                    help = f"write `ephemeral = true` in the variable at {place}"
                    found = EPHEMERAL_VALUE.found(message, help, at=location, mentions=(place,))
                    self._found[location, message] = found
                if problem:
                    message = (
                        f"{attribute.name} in {call.address} does not fit the variable's type: {problem}"
                    )
                    help = f"correct the value, or the type at {place}"
                    found = INVALID_EXPRESSION.found(message, help, at=location, mentions=(place,))
                    self._found.setdefault((location, message), found)

    def _body(
        self,
        body: Body,
        schema: BlockSchema | None,
        context: Context,
        owner: _Owner,
        *,
        top: bool = False,
    ) -> None:
        """Check the arguments of a block and of the blocks in it."""
        for attribute in body.attributes:
            if not top or attribute.name not in _META_ARGUMENTS:
                self._argument(attribute, schema, context, owner)
        for block in body.blocks:
            if block.type in _CONDITIONS or block.type == "lifecycle":
                continue
            if block.type == "connection" and not any(each.type == "provisioner" for each in body.blocks):
                continue  # Terraform does not evaluate it
            if block.type == "dynamic" and block.labels:
                self._dynamic(block, schema, context, owner)
            elif block.type in _EPHEMERAL_ALLOWED:
                self._free(block, PROVISIONING.get(block.type), context)
            else:
                self._nested(block.type, block, schema, context, owner)

    def _free(self, block: Block, grammar: BlockGrammar | None, context: Context) -> None:
        """Check the arguments of a provisioner or a connection, which no state stores."""
        if grammar is not None and grammar.by_label:
            grammar = grammar.by_label.get(" ".join(block.labels))
        for attribute in block.body.attributes:
            if (block.type, attribute.name) in NO_VALUES:
                continue
            value = infer(attribute.value, context)
            known = grammar.arguments.get(attribute.name) if grammar is not None else None
            problem = conversion_problem(value, known.type, self._budget) if known is not None else ""
            if problem:
                message = f"inappropriate value for {attribute.name} of the {block.type}: {problem}"
                context.problem(attribute.value, message, "correct the value")
        for inner in block.body.blocks:
            self._free(inner, PROVISIONING.get(inner.type), context)

    def _dynamic(self, block: Block, schema: BlockSchema | None, context: Context, owner: _Owner) -> None:
        loop = block.value("for_each")
        name = loop_name(block)
        elements = self._repetitions(loop, "the dynamic block", context) if loop is not None else None
        # Terraform does not evaluate the content for unknown elements, but reads which names it uses.
        for key, value in elements or ():
            inner = context.binding({name: loop_element(key, value)})
            for content in block.blocks("content"):
                self._nested(block.labels[0], content, schema, inner, owner)

    def _nested(
        self, name: str, block: Block, schema: BlockSchema | None, context: Context, owner: _Owner
    ) -> None:
        """Check a block, or the content of a dynamic one, which may stand for an object of an argument."""
        nested = schema.nested(name) if schema is not None else None
        attribute = schema.attribute(name) if schema is not None else None
        if nested is not None or attribute is None or attribute.fields is None or attribute.read_only:
            self._body(block.body, nested.block if nested else None, context, owner)
            return
        required = REQUIRED_FIELDS.get((owner.what, name), ())
        absent = set(required) - {each.name for each in block.body.attributes} if context.bound else set()
        for field in sorted(absent):  # the check of the schema reports those outside of dynamic blocks
            self._missing(f"{name}.{field}", field, block.at(owner.file), owner)
        for each in block.body.attributes:
            value = infer(each.value, context)
            if each.name in attribute.fields:
                self._converted(
                    each, value, attribute.fields[each.name], f"{name}.{each.name}", context, owner
                )
            if value.value is None and each.name in required:
                self._missing(f"{name}.{each.name}", each.name, each.value.at(owner.file), owner)
        for inner in block.body.blocks:
            self._body(inner.body, None, context, owner)

    def _missing(self, path: str, name: str, location: Location, owner: _Owner) -> None:
        message = f"required argument {path} in {owner.what} is missing or null"
        self._found[location, message] = MISSING_ATTRIBUTE.found(message, f"set {name}", at=location)

    @staticmethod
    def _repetitions(
        loop: Expression, what: str, context: Context
    ) -> list[tuple[TypedValue, TypedValue]] | None:
        """The keys and values of the blocks that a block stands for; None if they are unknown."""
        value = infer(loop, context)
        if value.value is None:
            context.problem(loop, f"for_each of {what} is null", "write an empty list instead of null")
            return None
        if kind_of(value.type) in PRIMITIVES:
            message = f"for_each of {what} is {describe_type(value.type)}, not a collection"
            context.problem(loop, message, "write a list, set, map or object")
        return known_pairs(value)

    def _argument(
        self, attribute: Attribute, schema: BlockSchema | None, context: Context, owner: _Owner
    ) -> None:
        value = infer(attribute.value, context)
        known = schema.attribute(attribute.name) if schema is not None else None
        if known is None or known.read_only:
            return
        location = attribute.value.at(owner.file)
        if owner.file.endswith(".json.tf") and known.fields is not None:
            # In JSON, such an attribute is always read as blocks, whose missing arguments are null:
            # https://developer.hashicorp.com/terraform/language/attr-as-blocks
            return
        self._converted(attribute, value, known.type, attribute.name, context, owner)
        if known.required and value.value is None and (context.bound or not is_null(attribute.value)):
            self._missing(attribute.name, attribute.name, location, owner)
        if owner.stored and _marks(value, self._budget)[1] and not attribute.name.endswith("_wo"):
            message = f"{attribute.name} of {owner.what} is ephemeral, but would be stored in the state"
            help = "use the write-only argument, or a value that is not ephemeral"
            self._found[location, message] = EPHEMERAL_VALUE.found(message, help, at=location)

    def _converted(
        self,
        attribute: Attribute,
        value: TypedValue,
        type: CtyType,
        name: str,
        context: Context,
        owner: _Owner,
    ) -> None:
        """Report a value that does not convert to the type of an argument."""
        problem = conversion_problem(value, type, self._budget)
        # The check of the schema reports literals, except in the content of dynamic blocks.
        if problem and (context.bound or not any(mismatches(attribute.value, type))):
            location = attribute.value.at(owner.file)
            message = f"inappropriate value for {name} of {owner.what}: {problem}"
            self._found[location, message] = WRONG_TYPE.found(message, at=location)

    def _conditions(self, body: Body, context: Context, owner: str) -> None:
        for block in body.walk():
            if block.type not in _CONDITIONS:
                continue
            condition, text = block.value("condition"), block.value("error_message")
            if condition is not None:
                value = infer(condition, context)
                # Terraform converts no unknown result, and none of other blocks.
                if value.known and owner in {"output", "variable"}:
                    require(value, "bool", condition, context, "the condition")
            if text is not None:
                value = infer(text, context)
                if value.known and owner in {"output", "check"}:
                    require(value, "string", text, context, "the error message")

    def _loop(self, attribute: Attribute, context: Context) -> None:
        value = infer(attribute.value, context)
        problem = (
            _count_problem(value, self._budget)
            if attribute.name == "count"
            else _for_each_problem(value, may_be_empty=not _is_filled(value, attribute.value, context))
        )
        # Terraform ignores that a count is sensitive.
        sensitive, ephemeral = value.sensitive and attribute.name == "for_each", value.ephemeral
        if not problem and (sensitive or ephemeral):
            problem = f"it is {'sensitive' if sensitive else 'ephemeral'}"
        if problem:
            fix = (
                "write a whole number from 0"
                if attribute.name == "count"
                else "write a map, or a set of strings"
            )
            written = plain_text(attribute.value) if _is_list_of_strings(value) else ""
            rewrite = (written, f"toset({written.replace('[ ', '[').replace(' ]', ']').replace(' ,', ',')})")
            message = f"{attribute.name} is unsuitable: {problem}"
            context.problem(attribute.value, message, fix, rewrite if written else None)


def _sensitive(output: Declaration) -> tuple[TextEdit, ...]:
    """The edit that makes an output sensitive, as Terraform itself advises."""
    value = output.block.attribute("value")
    if value is None or value.line == output.block.line:
        return ()
    indent = " " * (value.column - 1)
    return (TextEdit(value.at(output.file), "", f"sensitive = true\n{indent}"),)


def _is_false(expression: Expression | None) -> bool:
    """Whether an expression is the literal ``false``."""
    return getattr(expression, "value", None) is False


def _is_list_of_strings(value: TypedValue) -> bool:
    match value.type:
        case ["list", "string"]:
            return True
        case ["tuple", elements]:
            return all(each == "string" for each in elements)
    return False


def _count_problem(value: TypedValue, budget: Budget) -> str:
    if value.value is None:
        return "it is null"
    problem = conversion_problem(value, "number", budget)
    number = value.value
    if not problem and isinstance(number, int | float) and not isinstance(number, bool):
        if number < 0:
            return f"{number} is negative"
        if isinstance(number, float) and not number.is_integer():
            return f"{number} is not a whole number"
    return problem


def _is_filled(value: TypedValue, written: Expression, context: Context) -> bool:
    """Whether a collection surely has elements. The elements of some sets are unknown, but not that there are any."""
    if (
        not value.known
        and isinstance(written, Call)
        and written.name == "toset"
        and len(written.arguments) == 1
    ):
        value = infer(written.arguments[0], context.muted())
    return isinstance(value.value, list) and bool(value.value)


def _for_each_problem(value: TypedValue, *, may_be_empty: bool) -> str:
    # https://developer.hashicorp.com/terraform/language/meta-arguments/for_each
    if value.value is None:
        return "it is null"
    kind = kind_of(value.type)
    if kind in PRIMITIVES or kind in {"list", "tuple"}:
        return f"a map or a set of strings is required, not {describe_type(value.type)}"
    if kind == "set" and isinstance(value.value, list) and any(each.value is None for each in value.value):
        return "the set contains null"
    # Terraform accepts any empty set, which an unknown one may be.
    if kind == "set" and not may_be_empty and kind_of(value.type[1]) not in {"string", "dynamic"}:
        return f"a set of strings is required, not of {kind_of(value.type[1])}s"
    return ""


def _never_ephemeral(value: TypedValue, budget: Budget) -> bool:
    """Whether no plan can make a value ephemeral, because the text determines all of it."""
    return not _marks(value, budget)[1] and plain_value(value, budget) is not UNKNOWN


def _marks(value: TypedValue, budget: Budget) -> tuple[bool, bool]:
    """Whether a value, or a part of it, is sensitive, and whether it is ephemeral."""
    sensitive, ephemeral = value.sensitive, value.ephemeral
    waiting = [value]
    while waiting and budget.spend(1):
        each = waiting.pop()
        sensitive, ephemeral = sensitive or each.sensitive, ephemeral or each.ephemeral
        if isinstance(each.value, list):
            waiting += each.value
        elif isinstance(each.value, dict):
            waiting += each.value.values()
    return sensitive, ephemeral
