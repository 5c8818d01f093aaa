"""Values of expressions, as far as the text determines them: constants, and links to resources.

A value that only a plan can know is `UNKNOWN`. Every known value is the one that Terraform computes. A value is also
unknown if it is too large, or takes too much work, or if nothing is left of the directory's budget. The budget is
charged where values are made: for every expression a step, and for every value what it weighs.

An unknown value that Terraform computes from the text alone, such as the result of a function that is not in
`FUNCTIONS`, is noted in `Values.beyond`, so that somebody can say what was not checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Declared, Scope
from ticketgen.hcl.functions import FUNCTIONS
from ticketgen.hcl.sizes import MOST_CHARACTERS, MOST_ELEMENTS, MOST_WEIGHT, weight
from ticketgen.hcl.syntax import (
    Access,
    Binary,
    Block,
    Call,
    Conditional,
    Expression,
    For,
    ForDirective,
    GetAttribute,
    GetIndex,
    IfDirective,
    Interpolation,
    Literal,
    Object,
    Parentheses,
    Part,
    Reference,
    Splat,
    Step,
    Template,
    Text,
    Tuple,
    Unary,
)
from ticketgen.hcl.unknown import UNKNOWN, Unknown, is_known

__all__ = ["UNKNOWN", "Environment", "Link", "Unknown", "Value", "Values", "is_known"]

MOST_STEPS: Final = 20_000
"""Limit of expressions for one value."""
MOST_PATH: Final = 100
"""Limit of the steps of a reference."""
_OF_AN_INSTANCE: Final = 50
"""Steps of the budget for an instance of a resource, because the rules visit each."""
_OF_A_PLAN: Final = frozenset({"bcrypt", "plantimestamp", "rsadecrypt", "timestamp", "uuid"})
"""Functions whose result only a plan knows. https://developer.hashicorp.com/terraform/language/functions"""


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to a resource or data source, or to one of its attributes.

    Attributes:
        scope: the scope that declares it.
        resource: its block.
        path: the attributes after its address, without indices.
    """

    scope: Scope
    resource: Declared
    path: tuple[str, ...] = ()


Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | Link | Unknown | None"


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment of an expression: a scope, and bound names (``each``, ``count``, names of a ``for``)."""

    scope: Scope
    bound: Mapping[str, Value] = field(default_factory=dict)

    def binding(self, **names: Value) -> Environment:
        """The same environment with more bound names."""
        return Environment(self.scope, {**self.bound, **names})


class _TooMuch(Exception):
    """Error of a value for which nothing is left of the budget."""


class _TooLong(Exception):
    """Error of a value that takes more steps than one value may."""


class Values:
    """The evaluation of expressions.

    Args:
        assume_defaults: whether a variable of a root module has its default value. The user can override it, so only
            values without this assumption are certain.
        budget: the work that it may take, shared by all checks of a directory.
    """

    def __init__(self, *, assume_defaults: bool = False, budget: Budget | None = None) -> None:
        self._assume_defaults = assume_defaults
        self._budget = budget or Budget()
        self._known: dict[tuple[int, str], Value] = {}
        self._keep: list[Scope] = []  # keeps scopes alive, because the keys of _known contain their ids
        self._steps = 0
        self._is_planned = False  # whether what was evaluated since it was reset depends on a plan
        self._planned: set[tuple[int, str]] = set()
        self.beyond: dict[int, tuple[Scope, Expression, str]] = {}
        """Expressions that Terraform computes and this does not, with their scope and what is not computed; by id."""

    def of(self, expression: Expression | None, where: Environment | Scope) -> Value:
        """The value of an expression; None (HCL's null) for no expression."""
        if expression is None:
            return None
        if isinstance(expression, Literal):
            return expression.value
        environment = where if isinstance(where, Environment) else Environment(where)
        self._steps = 0
        self._is_planned = False
        noted = len(self.beyond)
        try:
            self._charge(1)
            value = self._value(expression, environment)
            if value is UNKNOWN and not self._is_planned and noted == len(self.beyond):
                self._give_up(expression, environment, "the value of such an expression")
            return value
        except _TooMuch:
            return UNKNOWN
        except _TooLong:
            return self._give_up(expression, environment, f"a value of over {MOST_STEPS:,} steps")
        except RecursionError:
            return self._give_up(expression, environment, "a value that is nested so deep")
        finally:
            self._budget.spend(self._steps)

    def partly(self, expression: Expression, scope: Scope, unknown: str) -> Value:
        """The text of a template with a mark for each unknown interpolation; `UNKNOWN` for anything else."""
        if not isinstance(expression, Template) or not all(
            isinstance(part, Text | Interpolation) for part in expression.parts
        ):
            return UNKNOWN
        texts = []
        for part in expression.parts:
            known = part.value if isinstance(part, Text) else _text(self.of(part.expression, scope))  # type: ignore[union-attr]
            texts.append(unknown if known is None else known)
        return "".join(texts) if sum(map(len, texts)) <= MOST_CHARACTERS else UNKNOWN

    def _charge(self, steps: int) -> None:
        if not self._budget.spend(steps):
            self._budget.lacks("the values of expressions take too many steps: the others count as unknown")
            raise _TooMuch

    def _give_up(self, expression: Expression, where: Environment, what: str) -> Unknown:
        """Note that a value is unknown that the text determines."""
        self.beyond.setdefault(id(expression), (where.scope, expression, what))
        return UNKNOWN

    def _of_plan(self) -> Unknown:
        """The value of what only a plan knows, or what another check reports."""
        self._is_planned = True
        return UNKNOWN

    def _made(self, value: Value, of: Expression, where: Environment) -> Value:
        """A new value; `UNKNOWN` if it is too large. Every value that is not part of another comes from here."""
        if isinstance(value, str | list | dict):
            size = weight(value)
            self._charge(size)
            if size > MOST_WEIGHT:
                return self._give_up(of, where, "so large a value")
        return value

    def settled(self, expression: Expression | None, where: Environment | Scope) -> Value:
        """The value as in `of`, with a link to an argument of a resource replaced by the value of the argument."""
        value = self.of(expression, where)
        for _ in range(10):
            if not isinstance(value, Link):
                return value
            if len(value.path) != 1 or value.resource.block.attribute(value.path[0]) is None:
                return UNKNOWN
            value = self.of(value.resource.value(value.path[0]), Environment(value.scope, _UNKNOWN_EACH))
        return UNKNOWN

    def instances(self, declared: Declared, scope: Scope) -> Iterator[Environment]:
        """The environment of each instance of a resource; a single one if ``count`` or ``for_each`` is unknown."""
        count, each = declared.value("count"), declared.value("for_each")
        bindings: Iterable[Mapping[str, Value]] | None = None
        if count is not None:
            number = self.of(count, scope)
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST_ELEMENTS:
                pass  # unknown, or nothing that Terraform accepts
            elif self._affords(number):
                bindings = ({"count": {"index": index}} for index in range(number))
        elif each is not None:
            pairs = _pairs(self.of(each, scope))
            if pairs is not None and self._affords(len(pairs)):
                bindings = ({"each": {"key": key, "value": value}} for key, value in pairs)
        else:
            bindings = ({},)
        for bound in (_UNKNOWN_EACH,) if bindings is None else bindings:
            yield Environment(scope, bound)

    def _affords(self, instances: int) -> bool:
        """Whether the budget has room for that many instances; there is always room for one."""
        steps = instances * _OF_AN_INSTANCE
        if instances <= 1 or steps <= self._budget.left:
            self._budget.spend(steps)
            return True
        self._budget.lacks("there are too many instances: each of the other resources counts as one")
        return False

    def blocks(self, block: Block, type: str, where: Environment) -> Iterator[tuple[Block, Environment]]:
        """The nested blocks of a type, including those from ``dynamic``, with their environments."""
        for inner in block.blocks():
            if inner.type == type:
                yield inner, where
            elif inner.type == "dynamic" and inner.labels == (type,):
                contents = inner.blocks("content")
                iterator = inner.attribute("iterator")
                name = iterator.value.root if iterator and isinstance(iterator.value, Reference) else type
                each = inner.attribute("for_each")
                pairs = _pairs(self.of(each.value, where)) if each else None
                if pairs is not None and not self._affords(len(pairs)):
                    pairs = None
                for key, value in [(UNKNOWN, UNKNOWN)] if pairs is None else pairs:
                    for content in contents[:1]:
                        yield content, where.binding(**{name: {"key": key, "value": value}})

    def _value(self, expression: Expression, where: Environment) -> Value:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise _TooLong
        match expression:
            case Literal():
                return expression.value
            case Template():
                return self._template(expression, where)
            case Reference():
                return self._reference(expression, where)
            case Access():
                return self._stepped(
                    self._value(expression.operand, where), expression.steps, where, expression
                )
            case Parentheses():
                return self._value(expression.inner, where)
            case Tuple():
                return self._made([self._value(item, where) for item in expression.items], expression, where)
            case Object():
                return self._object(expression, where)
            case Conditional():
                return self._conditional(expression, where)
            case Call():
                return self._call(expression, where)
            case For():
                return self._for(expression, where)
            case Unary():
                operand = self._value(expression.operand, where)
                truth = _truth(operand)
                if expression.operator == "!" and truth is not None:
                    return not truth
                if expression.operator == "-" and _is_number(operand):
                    return -operand  # type: ignore[operator]
                return UNKNOWN
            case Binary():
                left, right = self._value(expression.left, where), self._value(expression.right, where)
                self._charge(weight(left) + weight(right))
                try:
                    return _binary(expression.operator, left, right)
                except (ArithmeticError, ValueError):
                    return UNKNOWN  # infinity, or no number

    def _template(self, template: Template, where: Environment) -> Value:
        only = template.parts[0] if len(template.parts) == 1 and not template.heredoc else None
        if isinstance(only, Interpolation):
            return self._value(only.expression, where)
        texts: list[str] = []
        if not self._written(template.parts, where, texts):
            return UNKNOWN
        return self._made("".join(texts), template, where)

    def _written(self, parts: tuple[Part, ...], where: Environment, texts: list[str]) -> bool:
        """Append the texts of some parts of a template; whether all of them are known, and not too long."""
        room = MOST_CHARACTERS
        for part in parts:
            before = len(texts)
            match part:
                case Text():
                    texts.append(part.value)
                case Interpolation():
                    text = _text(self._value(part.expression, where))
                    if text is None:
                        return False
                    texts.append(text)
                case IfDirective():
                    truth = _truth(self._value(part.condition, where))
                    if truth is None:
                        return False
                    if not self._written(part.then if truth else part.otherwise, where, texts):
                        return False
                case ForDirective():
                    pairs = _iterated(self._value(part.collection, where))
                    for key, element in pairs or ():
                        names = {part.name: element} | ({part.key: key} if part.key else {})
                        if not self._written(part.body, where.binding(**names), texts):
                            return False
                    if pairs is None:
                        return False
            added = sum(map(len, texts[before:]))
            self._charge(1 + added // 64)
            room -= added
            if room < 0:
                return False
        return True

    def _object(self, expression: Object, where: Environment) -> Value:
        found: dict[str, Value] = {}
        for item in expression.items:
            key = _text(self._value(item.key, where))
            if key is None:
                return UNKNOWN
            found[key] = self._value(item.value, where)
        return self._made(found, expression, where)

    def _conditional(self, expression: Conditional, where: Environment) -> Value:
        condition = _truth(self._value(expression.condition, where))
        if condition is not None:
            return self._value(expression.then if condition else expression.otherwise, where)
        then, otherwise = self._value(expression.then, where), self._value(expression.otherwise, where)
        self._charge(weight(then) + weight(otherwise))
        return then if is_known(then) and then == otherwise and type(then) is type(otherwise) else UNKNOWN

    def _call(self, expression: Call, where: Environment) -> Value:
        name = expression.name.removeprefix("core::")
        arguments: list[Value] = []
        for place, argument in enumerate(expression.arguments, 1):
            if name in {"try", "coalesce"} and not expression.expand:
                break
            value = self._value(argument, where)
            if expression.expand and place == len(expression.arguments):
                if not isinstance(value, list):
                    return UNKNOWN
                arguments += value
            else:
                arguments.append(value)
        if name in {"try", "coalesce"}:
            return self._first(expression, where, arguments if expression.expand else None)
        if name in _OF_A_PLAN:
            return self._of_plan()
        self._charge(sum(map(weight, arguments)))
        result: Value = UNKNOWN
        if name in FUNCTIONS:
            try:
                result = FUNCTIONS[name](*arguments)
            except (TypeError, ValueError, LookupError, AttributeError, OverflowError, ArithmeticError):
                result = UNKNOWN  # an invalid call, which Terraform reports, or too large a result
        if result is UNKNOWN and is_known(arguments):
            return self._give_up(
                expression, where, f"the result of {name}(), which ticketgen does not compute"
            )
        return self._made(result, expression, where)

    def _first(self, expression: Call, where: Environment, expanded: list[Value] | None) -> Value:
        """The value of ``try`` or ``coalesce``."""
        tries = expression.name.removeprefix("core::") == "try"
        if expanded is not None:
            given = iter(expanded)
        else:
            given = (self._value(argument, where) for argument in expression.arguments)
        before, self._is_planned = self._is_planned, False
        result: Value = UNKNOWN
        for value in given:
            self._charge(weight(value))
            if tries or not is_known(value) or (value is not None and value != ""):
                result = value
                break
        if not is_known(result):
            # Without anything of a plan in it, the argument is invalid, and Terraform takes the next one.
            if tries and result is UNKNOWN and not self._is_planned:
                self._give_up(expression, where, "the result of try(), which ticketgen does not compute")
            result = UNKNOWN
        self._is_planned |= before
        return result

    def _for(self, expression: For, where: Environment) -> Value:
        pairs = _iterated(self._value(expression.collection, where))
        if pairs is None:
            return UNKNOWN
        items: list[Value] = []
        fields: dict[str, Value] = {}
        for key, element in pairs:
            names = {expression.name: element}
            if expression.key:
                names[expression.key] = key
            inside = Environment(where.scope, {**where.bound, **names})
            if expression.condition is not None:
                wanted = _truth(self._value(expression.condition, inside))
                if wanted is None:
                    return UNKNOWN
                if not wanted:
                    continue
            value = self._value(expression.value, inside)
            if expression.result_key is None:
                items.append(value)
            else:
                name = _text(self._value(expression.result_key, inside))
                if name is None:
                    return UNKNOWN
                if expression.grouped:
                    group = fields.setdefault(name, [])
                    assert isinstance(group, list)
                    group.append(value)
                else:
                    fields[name] = value
        return self._made(items if expression.result_key is None else fields, expression, where)

    def _reference(self, reference: Reference, where: Environment) -> Value:
        root, steps, scope = reference.root, reference.steps, where.scope
        if len(steps) > MOST_PATH:
            return UNKNOWN
        if root in where.bound:
            return self._stepped(where.bound[root], steps, where, reference)
        if root == "resource" and steps and isinstance(steps[0], GetAttribute):
            root, steps = steps[0].name, steps[1:]  # the long form of `aws_vpc.main`
        names = _names(steps)
        if root == "path" and names and names[0] in {"module", "root"}:
            # Relative to the verified directory, in which Terraform does not necessarily run.
            return (scope if names[0] == "module" else scope.root).module.folder or "."
        if root in {"each", "count", "path", "terraform", "self"}:
            return self._of_plan()
        if root in {"data", "ephemeral"}:
            address, used = ".".join((root, *names[:2])), 2
        else:
            address, used = ".".join((root, *names[:1])), 1
        if len(names) < used:
            return UNKNOWN
        if root == "module":
            return self._output(names[0], steps[1:], where, reference)
        if root in {"var", "local"}:
            return self._stepped(self._named(root, names[0], scope), steps[used:], where, reference)
        declared = scope.names.resources.get(address)
        self._is_planned = True
        if declared is None:
            return UNKNOWN
        return self._stepped(Link(scope, declared), steps[used:], where, reference)

    def _output(self, call: str, steps: tuple[Step, ...], where: Environment, reference: Reference) -> Value:
        inner = where.scope.inner.get(call)
        while steps and not isinstance(steps[0], GetAttribute):
            steps = steps[
                1:
            ]  # an index into a call with count or for_each, whose instances have the same declarations
        if inner is None or not steps or not isinstance(steps[0], GetAttribute):
            return self._of_plan()
        return self._stepped(self._named("output", steps[0].name, inner), steps[1:], where, reference)

    def _named(self, kind: str, name: str, scope: Scope) -> Value:
        key = (id(scope), f"{kind}.{name}")
        if key not in self._known:
            self._known[key] = UNKNOWN  # ends the recursion if the value depends on itself
            self._planned.add(key)
            self._keep.append(scope)
            before, self._is_planned = self._is_planned, False
            try:
                self._known[key] = self._declared(kind, name, scope)
            except (_TooMuch, _TooLong, RecursionError):
                del self._known[key]
                raise
            if not self._is_planned:
                self._planned.discard(key)
            self._is_planned |= before
        elif key in self._planned:
            self._is_planned = True
        return self._known[key]

    def _declared(self, kind: str, name: str, scope: Scope) -> Value:
        if kind == "local" and name in scope.names.locals:
            return self._value(scope.names.locals[name][1].value, Environment(scope))
        if kind == "output" and name in scope.names.outputs:
            value = scope.names.outputs[name].value("value")
            return self._value(value, Environment(scope)) if value is not None else self._of_plan()
        if kind == "var" and name in scope.names.variables:
            default = scope.names.variables[name].value("default")
            if scope.caller is not None and scope.call is not None:
                given = scope.given.get(name)
                if given is not None:
                    return self._value(given.value, Environment(scope.caller, _UNKNOWN_EACH))
            elif not self._assume_defaults:
                return self._of_plan()
            return self._value(default, Environment(scope)) if default is not None else self._of_plan()
        return self._of_plan()

    def _stepped(
        self, value: Value, steps: tuple[Step, ...], where: Environment, of: Reference | Access
    ) -> Value:
        if value is UNKNOWN:
            return self._of_plan() if isinstance(of, Reference) and of.root in where.bound else UNKNOWN
        for place, step in enumerate(steps):
            if isinstance(value, Link):
                value = _into(value, step)
            elif isinstance(step, Splat):
                if not is_known(value) and not isinstance(value, list | dict):
                    return UNKNOWN
                # https://developer.hashicorp.com/terraform/language/expressions/splat#single-values-as-lists
                listed = value if isinstance(value, list) else [] if value is None else [value]
                return self._made(
                    [self._stepped(each, steps[place + 1 :], where, of) for each in listed], of, where
                )
            else:
                key = step.name if isinstance(step, GetAttribute) else self._value(step.key, where)
                value = _element(value, key)
        return value


_UNKNOWN_EACH: Mapping[str, Value] = {
    "each": {"key": UNKNOWN, "value": UNKNOWN},
    "count": {"index": UNKNOWN},
}


def _into(link: Link, step: Step) -> Link:
    """One step into a resource. An index selects an instance or element, and all of them look the same."""
    if isinstance(step, GetAttribute):
        return Link(link.scope, link.resource, (*link.path, step.name))
    if (
        link.path
        and isinstance(step, GetIndex)
        and isinstance(step.key, Literal)
        and isinstance(step.key.value, str)
    ):
        return Link(link.scope, link.resource, (*link.path, step.key.value))
    return link


def _element(value: Value, key: Value) -> Value:
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key, UNKNOWN)
    if isinstance(value, list) and isinstance(key, str) and key.isdecimal() and len(key) < 6:
        key = int(key)
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return UNKNOWN


def _names(steps: tuple[Step, ...]) -> tuple[str, ...]:
    names = []
    for step in steps:
        if not isinstance(step, GetAttribute):
            break
        names.append(step.name)
    return tuple(names)


def _pairs(value: Value) -> list[tuple[Value, Value]] | None:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list) and len(value) <= MOST_ELEMENTS:
        return [(element, element) for element in value]
    return None


def _iterated(value: Value) -> list[tuple[Value, Value]] | None:
    """The keys and values over which a ``for`` goes; None if they are unknown."""
    if isinstance(value, list):
        return list(enumerate(value))
    return [(key, value[key]) for key in sorted(value)] if isinstance(value, dict) else None


def _truth(value: Value) -> bool | None:
    """The value as a condition; None if it is unknown or no condition. Terraform converts ``"true"``."""
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value)
    return value if isinstance(value, bool) else None


def _number(value: Value) -> Value:
    """The value as an operand of arithmetic: Terraform converts decimals in strings."""
    if isinstance(value, str) and len(value) < 16 and re.fullmatch(r"-?(0|[1-9]\d*)", value, re.ASCII):
        return int(value)
    return value


def _text(value: Value) -> str | None:
    """The value as text inside a template; None if it is unknown."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    return json.dumps(value) if isinstance(value, float) else None


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _binary(operator: str, left: Value, right: Value) -> Value:
    if operator in {"&&", "||"}:
        left, right = (each if _truth(each) is None else _truth(each) for each in (left, right))
    if operator == "&&" and (left is False or right is False):
        return False
    if operator == "||" and (left is True or right is True):
        return True
    if not is_known(left) or not is_known(right):
        return UNKNOWN
    if operator in {"==", "!="}:
        same = left == right and isinstance(left, bool) == isinstance(right, bool)
        return same if operator == "==" else not same
    if isinstance(left, bool) and isinstance(right, bool):
        return left if operator in {"&&", "||"} else UNKNOWN  # the other cases are decided above
    left, right = _number(left), _number(right)
    if not _is_number(left) or not _is_number(right):
        return UNKNOWN
    assert isinstance(left, int | float)
    assert isinstance(right, int | float)
    if abs(left) > 1e15 or abs(right) > 1e15:
        return UNKNOWN
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return UNKNOWN if right == 0 else left // right if left % right == 0 else left / right
        case "%":
            return UNKNOWN if right == 0 else left - right * int(left / right)
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
    return UNKNOWN
