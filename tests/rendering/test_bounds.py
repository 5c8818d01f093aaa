"""A template that repeats, doubles or nests too much ends with an error, after a bounded amount of work."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader

from ticketgen.rendering.budget import MAX_OUTPUT, BudgetExceeded, TemplateBudget
from ticketgen.rendering.filters import heredoc
from ticketgen.rendering.jinja_environment import TemplateEnvironment
from ticketgen.rendering.plain_data import Items, to_plain, weight
from ticketgen.rendering.render_file import normalize_layout, render_template
from ticketgen.rendering.template_syntax import MAX_NAMES, MAX_NODES

ALL = "range(100000)"


def render(source: str, budget: int = 3_000_000, **context: object) -> str:
    """Render with a small budget, so that the tests are quick."""
    environment = TemplateEnvironment(DictLoader({"t.tf.j2": source, "part": "x"}))
    environment.budget = TemplateBudget(budget)
    return render_template(environment, "t.tf.j2", context)


def loop(body: str, count: str = ALL) -> str:
    return f"{{% for i in {count} %}}{body}{{% endfor %}}"


def repeat(change: str, start: str) -> str:
    """A hundred changes of one value."""
    return f"{{% set ns = namespace(x={start}) %}}" + loop(f"{{% set ns.x = {change} %}}", "range(100)")


@pytest.mark.parametrize(
    "source",
    [
        loop(""), loop("x"), loop(loop("")), loop("", "range(10**9)"), loop("{% if false %}{% endif %}"),
        loop("", "range(-1, 10**9, 7)"), loop("", "range(10**9, 0, -1)"),
        "{% for i in " + ALL + " if false %}{% endfor %}",
        loop("{% include 'part' %}"), loop("{% set a %}{% endset %}"), loop("{% set a = namespace(b=1) %}"),
        "{% macro m() %}{% endmacro %}" + loop("{% set a = m() %}"),
        "{% macro m() %}{{ varargs | length | number }}{% endmacro %}" + loop("{{ m(*range(1000)) }}"),
        "{% macro m(x) %}{% if x %}{{ m(x - 1) }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(30) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% macro n() %}{% call m() %}{{ n() }}{% endcall %}{% endmacro %}"
        "{{ n() }}",
        repeat("ns.x + ns.x", "[1]"), repeat("[ns.x, ns.x]", "1"), repeat("(ns.x,)", "1"), repeat("{'a': ns.x}", "1"),
        repeat("[ns.x] | list", "1"), repeat("dict(a=ns.x)", "1"), repeat("ns.x * ns.x", "3"),
        repeat("(ns.x | batch(1)) + (ns.x | batch(1))", "[1]"), loop("x" * 1000),
        "{% set ns = namespace() %}{% set ns.x %}x{% endset %}"
        + loop("{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}", "range(100)"),
        "{{ (9 ** 9 ** 9 ** 9) | number }}", "{{ (2.5 ** 10 ** 9) | number }}", "{{ (2 ** 63 + 2 ** 63) | number }}",
        "{% set a = range(9000) %}{% set b = range(9000) %}" + loop("{% if a == b %}{% endif %}"),
        "{% set a = range(9000) %}" + loop("{% if -1 in a %}{% endif %}"),
        "{% set a = range(9000) %}" + loop("{% set b = a | sort %}"),
        "{% set a = range(9000) %}" + loop("{% set b = a[1:] %}"),
        "{% set a = range(9000) %}" + loop("{% set b = a is in [a] %}"),
        "{{ range(9000) | map(attribute='" + "a." * 2000 + "') | list }}",
        "{{ range(9000) | map('number') | list | lines }}",
        loop("{{ big | hcl }}"),
    ],
)  # fmt: skip
def test_work_is_bounded(source: str) -> None:
    with pytest.raises(BudgetExceeded):
        render(source, big="x" * 10_000)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ('x' * 10 ** 9) | hcl }}", "{{ (big * 10 ** 9) | hcl }}", "{{ ([0] * 10 ** 9) | hcl }}",
        "{{ ('%1000000000d' % 1) | hcl }}", "{{ (big % 1) | hcl }}", "{{ big.center(10 ** 9) | hcl }}",
        "{{ '{:1000000000}'.format(1) | hcl }}", "{{ big | center(1000000000) }}", "{{ big | indent(1000000000) }}",
        "{{ ([1] | batch(1000000000, 0)) | hcl }}", "{{ [1] | hcl(1000000000) }}",
        "{{ [1 | number] | lines(1000000000) }}", "{{ [1 | number, 2 | number] | lines(end=big) }}",
        "{{ [[1]] | sum(start=[]) }}",
        "{{ 'x\n' | heredoc('') }}", "{{ 'x\n' | heredoc(big) }}", "{{ (1 // 0) | number }}", "{{ (1 % 0) | number }}",
        "{{ (1 is divisibleby 0) | hcl }}", "{{ regions[::0] | hcl }}", "{{ {[1]: 1} | hcl }}", "{{ {1: 1} | hcl }}",
        "{{ [{}] | unique | list }}", "{% set a, b = range(9) %}",
        "{% include 't.tf.j2' %}", "{% import 't.tf.j2' as t %}", "{% from 't.tf.j2' import t %}",
        "{% extends 'part' %}", "{% block a %}{% endblock %}", "{{ self }}", "{% include 'part' without context %}",
        "{% include '../part' %}", "{% include '/etc/passwd' %}", "{% include 'a\\x00b' %}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}", "{{ (m | hcl) }}",
        "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}", "{{ " + "[" * 5_000 + "]" * 5_000 + " }}",
        "{{ x" + ".a" * 5_000 + " }}", "{{ x" + "[0]" * 5_000 + " }}", "{{ (" + "1 + " * 5_000 + "1) | number }}",
        "{{ " + "not " * 5_000 + "1 }}", "{{ " + "-" * 5_000 + "1 }}", "{{ 1" + " | list" * 5_000 + " }}",
        "{{ 1 if " * 2_000, "{% if 1 %}" * 1_000, "{% if 1 %}" * 70 + "{% endif %}" * 70,
        "{% for a in [1] %}" * 25 + "{% endfor %}" * 25, "{% if 0 %}" + "{% elif 0 %}" * 3_000 + "{% endif %}",
        "{% call m() %}" * 500, "{% raw %}" * 500, "{{ 9" + "9" * 5_000 + " | number }}",
        "{{ 1 | number }}" * MAX_NODES, "".join(f"{{% set a{i} = 1 %}}" for i in range(MAX_NAMES + 1)),
        "{% include 'part' %}" * 300, "{{ dict(" + "a=1, " * 300 + ") | hcl }}",
    ],
)  # fmt: skip
def test_uncountable_values_are_ordinary_errors(source: str) -> None:
    with pytest.raises(Exception, match=r".") as caught:
        render(source, budget=50_000_000, big="x" * 100, regions=["a"], x={})
    assert not isinstance(caught.value, MemoryError | SystemError)


def test_the_bounds_leave_room_for_ordinary_templates() -> None:
    assert render("{% for a in range(100) %}{{ a | number }}\n{% endfor %}").count("\n") == 100
    assert render("{{ (2 ** 10 * 3 // 2) | number }} {{ ([1] + [2]) | hcl }}") == "1536[1, 2]\n"
    assert render("{% for row in [1, 2, 3] | batch(2, 0) %}{{ row | hcl }}{% endfor %}") == "[1, 2][3, 0]\n"
    assert render(
        "{% for k, v in x | groupby('a') %}{{ k | number }}{{ v | hcl }}{% endfor %}", x=[{"a": 1}]
    ) == ("1[{ a = 1 }]\n")
    assert render("{{ x.get('b', 2) | number }}{{ x.keys() | hcl }}{{ x.values() | hcl }}", x={"a": 1}) == (
        '2["a"][1]\n'
    )
    assert render("{% macro m() %}{{ varargs | hcl }}{{ kwargs | hcl }}{% endmacro %}{{ m(1, a=2) }}") == (
        "[1] { a = 2 }\n"
    )
    assert render("{% macro m(context, obj) %}{{ obj | number }}{% endmacro %}{{ m(1, obj=2) }}") == "2\n"
    assert render("{{ dict(context=1, obj=2) | hcl }}") == "{ context = 1, obj = 2 }\n"
    assert render("{% set l = range(9) %}{{ l[1:8:3] | hcl }}{{ l[-1] | hcl }}") == "[1, 4, 7] 8\n"


def test_the_same_template_takes_the_same_work_every_time() -> None:
    spent = set()
    for _ in range(3):
        environment = TemplateEnvironment(DictLoader({"t.tf.j2": loop("{{ i | number }}", "range(50)")}))
        render_template(environment, "t.tf.j2", {})
        spent.add(TemplateBudget().left - environment.budget.left)
    assert len(spent) == 1


def test_an_oversized_output_is_refused_before_it_is_joined() -> None:
    budget = TemplateBudget()
    taken = []

    def parts() -> object:
        for number in range(10**9):
            taken.append(number)
            yield "x" * 1000

    with pytest.raises(BudgetExceeded, match="output"):
        budget.join(parts())  # type: ignore[arg-type]
    assert len(taken) == MAX_OUTPUT // 1000 + 1


def test_weights_count_every_reference() -> None:
    one = Items(["x" * 100])
    two = Items([one, one])
    assert two.weight > 2 * one.weight
    assert (two.depth, to_plain([[1]]).depth, to_plain({"a": [1]}).depth, to_plain([]).depth) == (2, 2, 2, 1)
    assert weight(to_plain({"a": "b"})) > weight("a") + weight("b")


def test_a_number_in_a_marker_is_found_in_one_pass() -> None:
    numbered = "".join(f"P_{number}\n" for number in range(2, 20_000))
    assert heredoc(numbered, "P").__html__().startswith("<<P_20000\n")
    assert heredoc("P_23\n", "P").__html__().startswith("<<P_3\n"), "P_2 is a part of P_23"


@pytest.mark.parametrize("text", [" " * 60_000 + "x", "x" + "\t " * 30_000 + "y\n" * 3])
def test_the_layout_scans_blanks_in_linear_time(text: str) -> None:
    """With a look at each blank of the run from the start, this takes half a minute."""
    assert normalize_layout(text, ".py").count(" ") == text.count(" ")
    assert normalize_layout(text, ".tf").split() == text.split()


def test_alignment_padding_is_bounded_for_one_long_line() -> None:
    with pytest.raises(ValueError, match="too many"):
        normalize_layout("a" * 50_000 + " = 1\n" + "b = 1\n" * 1_000, ".tf")


def test_alignment_padding_is_bounded_for_many_long_lines() -> None:
    """Each run of lines is within the limit; all together are not."""
    run = "a = 1\n" * 500 + "b" * 900 + " = 2\n\n"
    with pytest.raises(ValueError, match="too many"):
        normalize_layout(run * 50, ".tf")
    assert len(normalize_layout(run * 2, ".tf")) < 1_000_000
