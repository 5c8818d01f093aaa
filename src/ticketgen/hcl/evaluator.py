"""The evaluator: values of expressions, as far as the text determines them.

A value that is known only at plan time is `Unknown`. Every known value is the one that Terraform computes. A value is
also unknown if it is too large, if it takes too much work, or if nothing is left of the directory's budget. The budget
is charged where values are made: one step for every expression, and the weight of every value. Each declaration is
evaluated once in each scope.

An unknown value that Terraform computes from the text alone, such as the result of a function that is not in
`FUNCTIONS`, is recorded in `Evaluator.not_computed`, so that it can be reported as not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ticketgen.hcl.address import WORKSPACE
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.expressions import KINDS
from ticketgen.hcl.follow import resolve_reference, source
from ticketgen.hcl.operators import as_text, element, step_into
from ticketgen.hcl.syntax import (
    Access,
    Expression,
    GetAttribute,
    Interpolation,
    Literal,
    Reference,
    Splat,
    Step,
    Text,
)
from ticketgen.hcl.uses import BUILT_INS
from ticketgen.hcl.value_size import MAX_CHARACTERS, MAX_WEIGHT, weight
from ticketgen.hcl.values import (
    UNKNOWN,
    UNKNOWN_LOOP,
    EvaluationContext,
    PartialText,
    ResourceReference,
    Unknown,
    Value,
    is_known,
)

__all__ = ["Evaluator"]

_MAX_STEPS: Final = 20_000
"""Limit of expressions that are evaluated for one value."""
_MAX_PATH: Final = 100
"""Limit of the steps of a reference."""


class _BudgetExceeded(Exception):
    """The budget of the directory is spent."""


class _StepLimitExceeded(Exception):
    """A value takes more than `_MAX_STEPS` steps."""


class Evaluator:
    """The evaluation of expressions.

    Args:
        assume_defaults: whether to assume that the variables of a root module have their default values. The user can
            override them, so only values without this assumption are certain.
        inputs: the values of variables of root modules, by name.
        workspace: the name of the Terraform workspace; "" if it is unknown.
        budget: the work that the evaluation may take, shared by all checks of a directory.
    """

    def __init__(
        self,
        *,
        assume_defaults: bool = False,
        budget: Budget | None = None,
        inputs: Mapping[str, Value] | None = None,
        workspace: str = "",
    ) -> None:
        self.budget = budget or Budget()
        self._assume_defaults = assume_defaults
        self._inputs = inputs or {}
        self._workspace = workspace
        self._known: dict[tuple[Scope, Declaration], Value] = {}
        self._steps = 0
        self._depending_on_plan: set[tuple[Scope, Declaration]] = set()
        self.is_planned = False
        """Whether an expression evaluated since the last reset depends on a plan."""
        self.not_computed: dict[int, tuple[Scope, Expression, str]] = {}
        """Expressions that Terraform computes and the evaluator does not, by id, with scope and description."""

    def of(self, expression: Expression | None, where: EvaluationContext | Scope) -> Value:
        """The value of an expression; None (HCL's null) for no expression."""
        if expression is None:
            return None
        if isinstance(expression, Literal):
            return expression.value
        environment = where if isinstance(where, EvaluationContext) else EvaluationContext(where)
        self._steps = 0
        self.is_planned = False
        noted = len(self.not_computed)
        try:
            self.charge(1)
            value = self.value(expression, environment)
            if isinstance(value, Unknown) and not self.is_planned and noted == len(self.not_computed):
                self.give_up(expression, environment, "the value of such an expression")
            return value
        except _BudgetExceeded:
            return UNKNOWN
        except _StepLimitExceeded:
            return self.give_up(expression, environment, f"a value of over {_MAX_STEPS:,} steps")
        except RecursionError:
            return self.give_up(expression, environment, "a value that is nested so deep")
        finally:
            self.budget.spend(self._steps)

    def parts(self, text: PartialText) -> tuple[Value, ...]:
        """The parts of a text, known ones as text, others as values; () if too long."""
        found: list[Value] = []
        room = MAX_CHARACTERS
        for part in text.template.parts:
            assert isinstance(part, Text | Interpolation)
            value = part.value if isinstance(part, Text) else self.of(part.expression, text.where)
            known = as_text(value)
            room -= len(known or "")
            if room < 0:
                return ()
            found.append(value if known is None else known)
        return tuple(found)

    def charge(self, steps: int) -> None:
        """Charge steps to the budget.

        Raises:
            _BudgetExceeded: the budget is spent, which is noted as a shortage.
        """
        if not self.budget.spend(steps):
            self.budget.note_shortage(
                "the values of expressions take too many steps: the others count as unknown"
            )
            raise _BudgetExceeded

    def give_up(self, expression: Expression, where: EvaluationContext, what: str) -> Unknown:
        """Record that a value is unknown although the text determines it."""
        self.not_computed.setdefault(id(expression), (where.scope, expression, what))
        return UNKNOWN

    def known_at_plan(self) -> Unknown:
        """The value of an expression that only a plan determines, or that is invalid."""
        self.is_planned = True
        return UNKNOWN

    def checked_size(self, value: Value, of: Expression, where: EvaluationContext) -> Value:
        """Charge the weight of a new value; `UNKNOWN` if it is too large.

        Every value that is not part of another one must pass through here.
        """
        if isinstance(value, str | list | dict):
            size = weight(value)
            self.charge(size)
            if size > MAX_WEIGHT:
                return self.give_up(of, where, "so large a value")
        return value

    def resolved(self, expression: Expression | None, where: EvaluationContext | Scope) -> Value:
        """The value as from `of`, with links followed as by `follow_link`."""
        return self.follow_link(self.of(expression, where))

    def follow_link(self, value: Value) -> Value:
        """Replace a link to an argument of a resource by the value of the argument."""
        for _ in range(10):
            if not isinstance(value, ResourceReference):
                return value
            if len(value.path) != 1 or value.resource.block.attribute(value.path[0]) is None:
                return UNKNOWN
            value = self.of(value.resource.value(value.path[0]), EvaluationContext(value.scope, UNKNOWN_LOOP))
        return UNKNOWN

    def value(self, expression: Expression, where: EvaluationContext) -> Value:
        """The value of a subexpression of the expression that `of` evaluates."""
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise _StepLimitExceeded
        return _KINDS[type(expression)](self, expression, where)

    def _access(self, expression: Access, where: EvaluationContext) -> Value:
        return self._apply_steps(self.value(expression.operand, where), expression.steps, where, expression)

    def _reference(self, reference: Reference, where: EvaluationContext) -> Value:
        if len(reference.steps) > _MAX_PATH:
            return UNKNOWN
        if reference.root in where.bound:
            value = self._apply_steps(where.bound[reference.root], reference.steps, where, reference)
            if self._assume_defaults and isinstance(value, PartialText):
                # The instances of a block are found without the defaults, which may complete the text.
                return self.value(value.template, value.where)
            return value
        found = resolve_reference(reference, where.scope)
        if found is not None:
            declaration, scope, steps = found
            value = (
                self._link(declaration, scope)
                if declaration.address.type
                else self._declaration_value(declaration, scope)
            )
            return self._apply_steps(value, steps, where, reference) if steps else value
        address = reference.address
        if address.kind == "path" and address.name in {"module", "root"}:
            return where.scope.folder_from_root if address.name == "module" else "."
        if address == WORKSPACE and self._workspace:
            return self._workspace
        return self.known_at_plan() if address.name or address.kind in BUILT_INS else UNKNOWN

    def _link(self, declaration: Declaration, scope: Scope) -> ResourceReference:
        self.is_planned = True
        return ResourceReference(scope, declaration)

    def _declaration_value(self, declaration: Declaration, scope: Scope) -> Value:
        key = scope, declaration
        if key in self._known:
            self.is_planned |= key in self._depending_on_plan
            return self._known[key]
        self._known[key] = UNKNOWN  # stops the recursion if the value depends on itself
        self._depending_on_plan.add(key)
        before, self.is_planned = self.is_planned, False
        try:
            self._known[key] = self._compute(declaration, scope)
        except (_BudgetExceeded, _StepLimitExceeded, RecursionError):
            del self._known[key]
            raise
        if not self.is_planned:
            self._depending_on_plan.discard(key)
        self.is_planned |= before
        return self._known[key]

    def _compute(self, declaration: Declaration, scope: Scope) -> Value:
        is_input = declaration.address.kind == "var" and scope.call is None
        if is_input and declaration.name in self._inputs:
            return self._inputs[declaration.name]
        found = source(declaration, scope)
        if found is None or (is_input and not self._assume_defaults):
            return self.known_at_plan()
        return self.value(found.expression, EvaluationContext(found.scope, scope.bound if found.call else {}))

    def _apply_steps(
        self, value: Value, steps: tuple[Step, ...], where: EvaluationContext, of: Reference | Access
    ) -> Value:
        if isinstance(value, Unknown):
            if isinstance(of, Reference) and of.root in where.bound:
                self.is_planned = True
            return UNKNOWN if steps else value
        for number, step in enumerate(steps, 1):
            if isinstance(value, ResourceReference):
                value = step_into(value, step)
            elif isinstance(step, Splat):
                if not is_known(value) and not isinstance(value, list | dict):
                    return UNKNOWN
                # https://developer.hashicorp.com/terraform/language/expressions/splat#single-values-as-lists
                items = value if isinstance(value, list) else [] if value is None else [value]
                return self.checked_size(
                    [self._apply_steps(each, steps[number:], where, of) for each in items], of, where
                )
            else:
                key = step.name if isinstance(step, GetAttribute) else self.value(step.key, where)
                value = element(value, key)
        return value


_KINDS: Mapping[type[Expression], Callable[[Evaluator, Any, EvaluationContext], Value]] = {
    **KINDS,
    Reference: Evaluator._reference,
    Access: Evaluator._access,
}
