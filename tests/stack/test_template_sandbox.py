"""Everything that a template reaches is plain data, and everything that it can call is documented.

The walk goes through everything reachable from the real context of a stack and from the environment, by attributes,
items, calls, filters and tests, the way that compiled templates do. The generator writes expressions of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jinja2 import Undefined
from jinja2.exceptions import SecurityError, TemplateRuntimeError, TemplateSyntaxError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.utils import Namespace
from markupsafe import Markup
from stacks import environment as an_environment
from stacks import sized

from ticketgen.rendering import allowed
from ticketgen.rendering.budget import TemplateBudget
from ticketgen.rendering.jinja_environment import MappingMethod, TemplateEnvironment, template_environment
from ticketgen.rendering.plain_data import METHODS, PLAIN, Data, Items, to_plain
from ticketgen.rendering.quoted import Quoted, RawExpression
from ticketgen.stack.context import file_context, stack_context
from ticketgen.stack.files import stack_files

INERT = PLAIN | {Markup}


@pytest.fixture(scope="module")
def context() -> Data:
    """All that any template of a stack gets."""
    environment = an_environment(tags={"Owner": "sales", "items": "a name like that of a method"})
    every = stack_context(environment, sized(environment))
    for file in stack_files(environment):
        every |= file_context(file, environment, sized(environment))
    data = to_plain(every)
    assert isinstance(data, Data)
    return data


@pytest.fixture(scope="module")
def environment() -> TemplateEnvironment:
    return template_environment(Path())


@pytest.fixture
def within(environment: TemplateEnvironment, context: Data) -> Context:
    environment.budget = TemplateBudget(10**12)
    return environment.from_string("").new_context(dict(context))


def reachable(value: Any, environment: TemplateEnvironment) -> Iterator[Any]:
    """The value, and what its keys and places lead to."""
    yield value
    if isinstance(value, Data):
        for name in value:
            assert type(name) is str
            yield from reachable(environment.getitem(value, name), environment)
    elif isinstance(value, Items):
        for place in range(len(value)):
            yield from reachable(environment.getitem(value, place), environment)


def samples(context: Data, environment: TemplateEnvironment) -> list[Any]:
    """One value of each shape that is reachable from the context."""
    shapes: dict[object, Any] = {}
    for value in reachable(context, environment):
        names = tuple(value) if isinstance(value, Data) else ()
        shapes.setdefault((type(value), names), value)
    return list(shapes.values())


def test_the_context_contains_inert_types_only(context: Data, environment: TemplateEnvironment) -> None:
    found = {type(value) for value in reachable(context, environment)}
    assert found <= PLAIN
    assert {str, int, float, bool, type(None), Data, Items, RawExpression} <= found, "the walk sees all of it"


def test_the_context_is_immutable(context: Data, environment: TemplateEnvironment) -> None:
    for value in samples(context, environment):
        for name in ("anything", "_entries", "weight", "text", "_text", "__class__"):
            with pytest.raises((AttributeError, TypeError)):
                setattr(value, name, 1)
        for change in (
            "__setitem__",
            "__delitem__",
            "__iadd__",
            "append",
            "update",
            "pop",
            "clear",
            "setdefault",
        ):
            assert not hasattr(value, change) or isinstance(value, bool | int | float | str | None)


def names_of(value: object) -> set[str]:
    """Every attribute that Python knows of a value, and names that a template would try."""
    return {
        *dir(value), "__class__", "__init__", "__globals__", "__dict__", "__self__", "__func__", "__wrapped__",
        "gi_frame", "gi_code", "f_globals", "func_globals", "mro", "__subclasses__", "format", "format_map",
        "parse_raw",
        "model_construct", "_context", "environment", "_body_stream", "__html__", "mapping", "text", "_text", "weight",
        "depth", "_entries", "data", "name", "blocks", "vars", "parent",
    }  # fmt: skip


def test_no_attribute_of_a_value_is_accessible(context: Data, environment: TemplateEnvironment) -> None:
    """Attributes are keys and the methods of a mapping. Python's attributes of an object are none."""
    for value in samples(context, environment):
        for name in names_of(value):
            found = environment.getattr(value, name)
            if isinstance(value, Data) and name in METHODS:
                assert type(found) is MappingMethod
            elif isinstance(value, Data) and name in value:
                assert found is value[name]
            else:
                assert isinstance(found, Undefined), (value, name)
                with pytest.raises(Exception, match=r"has no|not available"):
                    str(found)
            if not (isinstance(value, Data) and name in value):
                assert isinstance(environment.getitem(value, name), Undefined)


@pytest.fixture
def internal(environment: TemplateEnvironment, within: Context) -> dict[str, Any]:
    """The objects of Jinja that a template can get hold of, by what they are."""
    template = environment.from_string(
        "{% set ns = namespace(a=1) %}{% macro m() %}{% endmacro %}{% set method = environment.items %}"
    )
    module = template.make_module(dict(within.parent))
    loop = LoopContext(Items([1, 2]), environment.undefined)
    next(loop)
    found = {
        "namespace": module.ns, "macro": module.m, "method": module.method, "module": module,  # type: ignore[attr-defined]
        "loop": loop, "undefined": environment.undefined(name="it"),
        **{f"function {name}": each for name, each in environment.globals.items()},
    }  # fmt: skip
    assert type(found["namespace"]) is Namespace
    assert type(found["macro"]) is Macro
    assert type(found["method"]) is MappingMethod
    return found


def test_no_attribute_of_jinja_objects_is_accessible(
    environment: TemplateEnvironment, internal: dict[str, Any]
) -> None:
    for what, value in internal.items():
        for name in names_of(value) | set(allowed.LOOP) | {"a", "m", "ns", "method"}:
            try:
                found = environment.getattr(value, name)
            except Exception:
                continue
            if what == "loop" and name in allowed.LOOP:
                assert type(found) in {*INERT, type(environment.undefined())}
            elif (
                what in {"namespace", "module"}
                and not name.startswith("_")
                and not isinstance(found, Undefined)
            ):
                assert name in {"a", "m", "ns", "method", "missing"}
            else:
                assert isinstance(found, Undefined), (what, name)


def test_only_the_documented_functions_can_be_called(
    context: Data, environment: TemplateEnvironment, within: Context, internal: dict[str, Any]
) -> None:
    callable_ones = {"macro", "method", *(f"function {name}" for name in allowed.GLOBALS)}
    for what, value in internal.items():
        if what in callable_ones:
            result = (
                environment.call(within, value) if "range" not in what else environment.call(within, value, 3)
            )
            assert type(result) in INERT | {Namespace}
        else:
            with pytest.raises(Exception, match=r"not available|is undefined|has no|cannot"):
                environment.call(within, value)
    builtin: tuple[Any, ...] = (
        print,
        open,
        eval,
        type,
        object,
        str.format,
        "".join,
        [].append,
        lambda: 1,
        TemplateBudget,
        Quoted,
        RawExpression,
    )
    for value in (*samples(context, environment), *builtin):
        with pytest.raises(SecurityError, match="not available"):
            environment.call(within, value)


def test_the_environment_has_the_listed_names_only(environment: TemplateEnvironment) -> None:
    assert environment.globals.keys() == allowed.GLOBALS.keys() == set(allowed.DOCUMENTED["functions"])
    assert environment.tests.keys() == set(allowed.DOCUMENTED["tests"])
    documented = {*allowed.DOCUMENTED["filters that quote"], *allowed.DOCUMENTED["filters that select"]}
    assert environment.filters.keys() - documented == allowed.HOOKS.keys()
    assert not environment.extensions


@pytest.mark.parametrize("hook", sorted(allowed.HOOKS))
def test_no_template_can_name_a_hook(hook: str, environment: TemplateEnvironment) -> None:
    for source in (f"{{{{ 1 | {hook} }}}}", f"{{{{ [1] | map('{hook}') | list | hcl }}}}"):
        try:
            template = environment.from_string(source)
        except TemplateSyntaxError:
            continue
        environment.budget = TemplateBudget(10_000)
        with pytest.raises(TemplateRuntimeError, match="No filter named"):
            template.render()


def test_filters_and_tests_give_plain_data_or_fail(
    context: Data, environment: TemplateEnvironment, within: Context, internal: dict[str, Any]
) -> None:
    others: tuple[tuple[Any, ...], ...] = (
        (), ("name",), ("__class__",), ("attribute", "__class__"), (2,), ("map", "map"), ("hcl",), ("__class__.mro",),
    )  # fmt: skip
    values = [
        *samples(context, environment),
        *internal.values(),
        Quoted("a"),
        Markup("a"),
        object(),
        iter([1]),
    ]
    done = 0
    for name in (*environment.filters.keys() - allowed.HOOKS.keys(), *environment.tests):
        use = environment.call_filter if name in environment.filters else environment.call_test
        for value in values:
            for more in others:
                try:
                    result = use(name, value, more, {}, within)
                except Exception:
                    continue
                done += 1
                for each in reachable(result, environment):
                    if name in {"d", "default"} and isinstance(each, Undefined):
                        continue
                    assert type(each) in INERT or isinstance(each, Undefined), (name, type(value), type(each))
    assert done > 500


# Expressions that try to escape from the sandbox.
_NAMES = st.sampled_from(
    ["environment", "sizing", "functions", "regions", "primary", "roles", "alarms", "names", "operations", "loop",
     "namespace", "dict", "range", "m", "ns", "caller", "varargs", "kwargs", "self", "nothing", "all_replicas"]
)  # fmt: skip
_ATTRIBUTES = st.sampled_from(
    ["__class__", "__init__", "__globals__", "__mro__", "__subclasses__", "mro", "items", "keys", "values", "get",
     "format", "format_map", "name", "value", "state", "parse_raw", "model_dump", "model_construct", "copy", "text",
     "gi_frame", "f_globals", "environment", "_entries", "data", "x", "0", "join", "mapping", "cycle", "changed",
     "arguments", "catch_kwargs", "blocks", "threshold"]
)  # fmt: skip
_FILTERS = st.sampled_from(
    sorted({*allowed.FILTERS, "attr", "format", "safe", "tojson", "join", "xmlattr", "pprint"})
)
_TESTS = st.sampled_from(
    sorted({*allowed.TESTS, "callable", "filter", "sameas"} - {"!=", "<", "<=", "==", ">", ">="})
)
_LITERALS = st.sampled_from(
    ["1", "0", "-1", "2.5", "'a'", "'__class__'", "'{0.__class__}'", "'%s'", "none", "true", "[]", "{}", "()", "[1, 2]",
     "{'a': 1}", "(1, 'a')", "'items'", "'__class__.__mro__'", "10**9", "'hcl'"]
)  # fmt: skip


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({}).{}".format, inner, _ATTRIBUTES),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})['{}']".format, inner, _ATTRIBUTES),
        st.builds("({})[{}:{}]".format, inner, inner, inner),
        st.builds("({})()".format, inner),
        st.builds("({})({})".format, inner, inner),
        st.builds("({})(*{}, **{})".format, inner, inner, inner),
        st.builds("({})|{}".format, inner, _FILTERS),
        st.builds("({})|{}({})".format, inner, _FILTERS, inner),
        st.builds("({})|{}(attribute='{}')".format, inner, _FILTERS, _ATTRIBUTES),
        st.builds("({})|map('{}', {})".format, inner, _FILTERS, inner),
        st.builds("({}) is {}".format, inner, _TESTS),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "~", "in",
                                                                "==", "<", "and", "or", "not in"]), inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'a': {}, {}: 1}}".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
    )  # fmt: skip


def _offered(value: object) -> bool:
    """Whether a template has the value by a name, so that a list or a mapping of its own may have it, too."""
    types = {LoopContext, Macro, MappingMethod, Namespace}
    functions = allowed.GLOBALS.values()
    return isinstance(value, Undefined) or type(value) in types or any(value is each for each in functions)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(expression=st.recursive(st.one_of(_NAMES, _LITERALS), _larger, max_leaves=8))
@example(expression="{'a': loop, primary: 1}")
@example(expression="[m, [ns, range]]")
def test_an_expression_gives_plain_data_or_fails(
    expression: str, context: Data, environment: TemplateEnvironment
) -> None:
    environment.budget = TemplateBudget(3_000_000)
    source = (
        "{% macro m(a) %}{{ 1 | number }}{% endmacro %}{% set ns = namespace(x=1) %}"
        f"{{% for i in [1] %}}{{% set ns.found = {expression} %}}{{% endfor %}}"
        "{% set found = ns.found %}"
    )
    try:
        module = environment.from_string(source).make_module(dict(context))
    except Exception:  # a finding, in the end: see tests/project/test_untrusted_overrides.py
        return
    for each in reachable(module.found, environment):  # type: ignore[attr-defined]
        assert type(each) in INERT or _offered(each), (expression, type(each))


def test_only_plain_data_enters_a_context() -> None:
    for value in (
        object(),
        open,
        lambda: 1,
        {1, 2},
        b"bytes",
        iter([1]),
        {"a": object()},
        [print],
        Exception(),
        type,
    ):
        with pytest.raises(TypeError, match="not data"):
            to_plain(value)
    with pytest.raises(TypeError, match="text as keys"):
        to_plain({1: 2})
