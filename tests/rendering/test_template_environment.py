"""A template cannot output anything that is not quoted by a filter."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import DictLoader, TemplateAssertionError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from ticketgen.assets import asset_folder
from ticketgen.rendering.jinja_environment import template_environment
from ticketgen.rendering.quoted import RawExpression
from ticketgen.rendering.render_file import render_template
from ticketgen.rendering.template_syntax import find_mistakes

TEMPLATES = sorted(path for path in asset_folder("templates").rglob("*.j2"))


def render(source: str, **context: object) -> str:
    environment = template_environment(Path())
    environment.loader = DictLoader({"t.txt.j2": source})
    return render_template(environment, "t.txt.j2", context).removesuffix("\n")


@pytest.mark.parametrize(
    "source",
    [
        "{{ x }}", "{{ 'a' }}", "{{ 1 }}", "{{ none }}", "{{ [x] }}", "{{ e }}",
        "{{ x | first }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(x) }}", "{{ x if y else 'b' }}",
        "{% for c in x %}{{ c }}{% endfor %}",
    ],
)  # fmt: skip
def test_unquoted_output_is_refused(source: str) -> None:
    with pytest.raises(TypeError, match="unquoted"):
        render(source, x="a", y=0, e=RawExpression("a"))


@pytest.mark.parametrize(
    "source",
    [
        "{{ (x | hcl) ~ 'a' }}", "{{ x ~ x | hcl }}", "{% filter inside %}a{% endfilter %}",
        "{% autoescape false %}{{ x | hcl }}{% endautoescape %}", "{{ x + 'a' | hcl }}", "{{ 'a' * 3 }}",
        "{{ '%s' % x }}", "{% set y | hcl %}a{% endset %}", "{{ (x | hcl) + (x | hcl) }}",
        "{{ x | safe }}", "{{ x | string }}", "{{ x | indent }}", "{{ x | join }}", "{{ '%s' | format(x) }}",
        "{{ x | e }}", "{{ x | tojson }}", "{{ x | replace('a', 'b') }}", "{{ x | trim }}", "{{ x | upper }}",
    ],
)  # fmt: skip
def test_a_template_that_mixes_text_does_not_load(source: str) -> None:
    environment = template_environment(Path())
    with pytest.raises(TemplateAssertionError):
        environment.from_string(source)


@pytest.mark.parametrize("source", ["{{ (x + x) | hcl }}", "{{ (x * 2) | hcl }}", "{{ m('a') + x }}"])
def test_arithmetic_on_text_is_refused(source: str) -> None:
    with pytest.raises(TypeError, match="on text"):
        render("{% macro m(a) %}{{ a | hcl }}{% endmacro %}" + source, x="a")


def test_arithmetic_on_numbers_and_lists_is_accepted() -> None:
    assert render("{{ (1 + n * 2) | number }} {{ ([n] + [2]) | hcl }}", n=3) == "7 [3, 2]"


@pytest.mark.parametrize(
    "source", ["{{ nope | hcl }}", "{{ nope }}", "{{ x.nope | hcl }}", "{% if nope %}{% endif %}"]
)
def test_undefined_names_are_errors(source: str) -> None:
    with pytest.raises(UndefinedError, match="nope"):
        render(source, x={})


@pytest.mark.parametrize(
    "source", ["{{ m('a').upper() }}", "{{ l.append(1) }}", "{{ x.upper() }}", "{{ '%s'.format(x) }}"]
)
def test_templates_cannot_change_rendered_text_or_the_context(source: str) -> None:
    with pytest.raises(SecurityError):
        render("{% macro m(a) %}{{ a | hcl }}{% endmacro %}" + source, l=[], x="a")


def test_the_value_of_a_macro_can_be_passed_on() -> None:
    source = (
        '{% macro name(what) %}"${ {{- app | expression -}} }-{{ what | inside }}"{% endmacro %}'
        "{% macro line(value) %}name = {{ value }}{% endmacro %}"
        "{{ line(name('<a> & \"b\"')) }}"
    )
    assert render(source, app=RawExpression("local.app")) == r'name = "${local.app}-<a> & \"b\""'


def test_the_template_s_own_text_is_unchanged() -> None:
    assert render("a < b && \"c\" {{ x | hcl }}\n", x="<&'>") == "a < b && \"c\" \"<&'>\""  # fmt: skip


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_our_templates_load_without_mistakes(path: Path) -> None:
    environment = template_environment(path.parent)
    try:
        tree = environment.parse(path.read_text("utf-8"))
    except TemplateSyntaxError as error:
        pytest.fail(f"{path.name}:{error.lineno}: {error.message}")
    assert list(find_mistakes(tree)) == []
    environment.from_string(path.read_text("utf-8"))
