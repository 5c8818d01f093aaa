"""The model of a file: its nodes and their places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketgen.hcl.guards import MAX_DEPTH
from ticketgen.hcl.parse import parse
from ticketgen.hcl.reference_parser import parser_errors
from ticketgen.hcl.syntax import (
    Access,
    Binary,
    Block,
    Call,
    Conditional,
    Expression,
    File,
    For,
    GetAttribute,
    GetIndex,
    Literal,
    Object,
    Parentheses,
    Reference,
    Splat,
    Template,
    Tuple,
    Unary,
)
from ticketgen.hcl.tokenizer import Unreadable


def file(text: str) -> File:
    parsed = parse("main.tf", text)
    assert isinstance(parsed, File), parsed
    return parsed


def value(text: str) -> Expression:
    """The value of the only attribute, ``a``, for an expression at line 1, column 5."""
    (attribute,) = file(f"a = {text}\n").body.attributes
    assert (attribute.name, attribute.line, attribute.column) == ("a", 1, 1)
    return attribute.value


def written(expression: Expression) -> str:
    """An expression as text with full parentheses, which show its structure."""
    match expression:
        case Literal(value=value):
            return repr(value)
        case Reference(root=root, steps=steps):
            return root + _steps(steps)
        case Access(operand=operand, steps=steps):
            return f"<{written(operand)}>" + _steps(steps)
        case Binary(operator=sign, left=left, right=right):
            return f"({written(left)} {sign} {written(right)})"
        case Unary(operator=sign, operand=operand):
            return f"({sign}{written(operand)})"
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"({written(condition)} ? {written(then)} : {written(otherwise)})"
        case Call(name=name, arguments=arguments, expand=expand):
            return f"{name}({', '.join(map(written, arguments))}{'...' if expand else ''})"
        case Tuple(items=items):
            return f"[{', '.join(map(written, items))}]"
        case Object(items=pairs):
            return "{" + ", ".join(f"{written(pair.key)}: {written(pair.value)}" for pair in pairs) + "}"
        case Parentheses(inner=inner):
            return f"paren {written(inner)}"
        case For(key=key, name=name):
            before = f"{written(expression.result_key)} => " if expression.result_key else ""
            after = "..." if expression.grouped else ""
            after += f" if {written(expression.condition)}" if expression.condition else ""
            names = f"{key}, {name}" if key else name
            return (
                f"for {names} in {written(expression.collection)}: {before}{written(expression.value)}{after}"
            )
        case Template(parts=parts):
            return f"template of {len(parts)}"
    raise AssertionError(expression)


def _steps(steps: tuple[GetAttribute | GetIndex | Splat, ...]) -> str:
    texts = []
    for step in steps:
        match step:
            case GetAttribute(name=name):
                texts.append(f".{name}")
            case GetIndex(key=key):
                texts.append(f"[{written(key)}]")
            case Splat(full=full):
                texts.append("[*]" if full else ".*")
    return "".join(texts)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("true", "True"),
        ("null", "None"),
        ("0.5", "0.5"),
        ("1e3", "1000"),
        ("12345678901234567890", "12345678901234567890"),
        ("-1", "(-1)"),
        ("-12", "(-12)"),
        ("-2.5", "(-2.5)"),
        ('"plain"', "'plain'"),
        (r'"\n\t\"\\é\U0001F3AB"', repr('\n\t"\\é🎫')),
        ('"$${no} %%{no} $5 100%"', "'${no} %{no} $5 100%'"),
        ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
        ("!a && b == c || d", "(((!a) && (b == c)) || d)"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("(a + b) * c", "(paren (a + b) * c)"),
        ("-a.b", "(-a.b)"),
        ("a.b[0].c", "a.b[0].c"),
        ('a["k"].b', "a['k'].b"),
        ("a[b.c].d", "a[b.c].d"),
        ("a.0.b", "a[0].b"),
        ("a[*].b[0]", "a[*].b[0]"),
        ("a.*.b", "a.*.b"),
        ("merge(a, b).c", "<merge(a, b)>.c"),
        ("[1, 2][0]", "<[1, 2]>[0]"),
        ("f(a, b...)", "f(a, b...)"),
        ("f()", "f()"),
        ("provider::aws::arn_parse(a)", "provider::aws::arn_parse(a)"),
        ("[]", "[]"),
        ("{}", "{}"),
        ("{ a = 1, b : 2, (c) = 3, \"d\" = 4, in = 5, 6 = 7 }",
         "{'a': 1, 'b': 2, paren c: 3, 'd': 4, 'in': 5, 6: 7}"),
        ("[for v in m : v]", "for v in m: v"),
        ("[for k, v in m : v if k != null]", "for k, v in m: v if (k != None)"),
        ("{ for k, v in m : k => v... if v }", "for k, v in m: k => v... if v"),
        ('"${a}"', "template of 1"),
        ('"x${a}-${b}y"', "template of 5"),
    ],
)  # fmt: skip
def test_expressions_become_the_expected_model(text: str, meaning: str) -> None:
    assert written(value(text)) == meaning


@pytest.mark.parametrize(
    "text", ["a", "1 + 2", '"x"', "[1]", "f(x)", "{ a = 1 }", "a ? b : c", "!a", "<<E\nE"]
)
def test_an_expression_starts_at_its_first_character(text: str) -> None:
    found = value(text)
    assert (found.line, found.column) == (1, 5)


def test_locations_inside_an_expression_are_exact() -> None:
    (attribute,) = file(
        'tags = merge(\n  var.tags, # ours\n  { Name = "a-${var.b.c}" },\n)\n'
    ).body.attributes
    call = attribute.value
    assert isinstance(call, Call)
    tags, named = call.arguments
    assert isinstance(named, Object)
    template = named.get("Name")
    assert isinstance(template, Template)
    reference = template.parts[1].expression  # type: ignore[union-attr]
    assert [(node.line, node.column) for node in (tags, named, named.items[0], template, reference)] == [
        (2, 3), (3, 3), (3, 5), (3, 12), (3, 17),
    ]  # fmt: skip


BLOCKS = """resource "aws_vpc" main {
  cidr_block = var.cidr

  timeouts {
    create = "5m"
  }
}

in = 1
locals {}
"""


def test_blocks_have_labels_bodies_and_an_end() -> None:
    body = file(BLOCKS).body
    vpc, nothing = body.blocks
    assert (vpc.type, vpc.labels, vpc.line, vpc.end_line) == ("resource", ("aws_vpc", "main"), 1, 7)
    cidr = vpc.value("cidr_block")
    assert cidr is not None
    assert written(cidr) == "var.cidr"
    assert [block.type for block in vpc.walk()] == ["resource", "timeouts"]
    assert nothing == Block(10, 1, "locals", (), nothing.body, 10)
    assert [attribute.name for attribute in body.attributes] == ["in"]


def test_windows_line_ends_are_accepted() -> None:
    unix = "# one\na = <<E\nx\nE\nb {\n  c = 1 # two\n}\n"
    windows = file(unix.replace("\n", "\r\n"))
    assert windows.body.blocks == file(unix).body.blocks


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("{ for k, v in m\n: k\n=>\nv }", "for k, v in m: k => v"),
        ("[\nfor # one\nv /* two */ in m : v\n// three\nif v\n]", "for v in m: v if v"),
        ("(a\n+ b\n.c)", "paren (a + b.c)"),
        ("f(a,\nb\n...\n)", "f(a, b...)"),
        ("f(<<A\nx\nA\n, <<-B\n  y\n  B\n)", "f(template of 1, template of 1)"),
        ("{ a = 1,\n\n b = 2\n/* c */\n d = 3, }", "{'a': 1, 'b': 2, 'd': 3}"),
        ("{ true = 1, for-each = 2, \"${x}y\" = 3, (x) : 4, a.b = 5 }",
         "{'true': 1, 'for-each': 2, template of 2: 3, paren x: 4, a.b: 5}"),
        ("a\n", "a"),
        ("!!a", "(!(!a))"),
        ("!-a.b[0]", "(!(-a.b[0]))"),
        ("- 1", "(-1)"),
        ("a-b - c", "(a-b - c)"),
        ("in", "in"),
        ("a.*.b.c[*].d.0", "a.*.b.c[*].d[0]"),
        ("a.1e1.b", "a[10].b"),
        ("a[\n0\n]", "a[0]"),
        ("\"x\".y", "<'x'>.y"),
        ("007", "7"),
        ("1.5e3", "1500"),
        ("1.e2", "100"),
        ("été", "été"),
        ("\"a\" == \"b\" ? [\nc,\n] : {}", "(('a' == 'b') ? [c] : {})"),
        ("\"$${a}$$${b}\"", "'${a}$${b}'"),
        ("\"$$${b}${c}\"", "template of 2"),
        ("\"${~ a ~} b\"", "template of 2"),
        ("\"${\"${\"${a}\"}\"}\"", "template of 1"),
        ("\"%{ if a }b%{ else }c%{ endif }%{ for k, v in m }${k}%{ endfor }\"", "template of 2"),
        ("<<E\n${\"}\"}$${x}\n E \n", "template of 2"),
        ("<<E-E\nE\nE-E\n", "template of 1"),
        ("<<A\n${<<B\nA\nB\n}\nA\n", "template of 2"),
        ("<<E\nE", "template of 1"),
    ],
)  # fmt: skip
def test_everything_that_hcl_accepts_is_read(text: str, meaning: str) -> None:
    valid = f"a = {text}\n"
    assert parser_errors(valid) == ()
    assert written(value(text)) == meaning


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a = <<E\n\n  ${x y}\nE\n", 3, "template sequence is missing"),
        ('a = "%{ if x }"\n', 1, "not closed"),
        ('a = "%{ endif }"\n', 1, "has no opening directive"),
        ("a = <<E\n%{ while x }\nE\n", 2, "unknown template directive"),
        ("a = <<E\n${\nE\n", 4, "unexpected end of the file"),
        ("a = <<E\nx\n", 3, "the heredoc E is not closed"),
        ('a = "x\n"\n', 1, "a string is not closed"),
        ("a = 1 /* x\n", 1, "a comment is not closed"),
        ("a = @\n", 1, "unexpected character"),
        ("a = 1 b = 2\n", 1, "newline is missing"),
        ("a {\n", 2, "word is missing"),
        ("a { b = 1\n}\n", 1, "} is missing"),
        ("a { b {} }\n", 1, "= is missing"),
        ("a = f(b c)\n", 1, ") is missing"),
        ("a = [1 2]\n", 1, "] is missing"),
        ("a = { b = 1 c = 2 }\n", 1, "} is missing"),
        ("a = { b\n}\n", 1, ": is missing"),
        ("a = b ? c\n", 1, ": is missing"),
        ("a = [for v m : v]\n", 1, "in is missing"),
        ("a = [for k, v in m : k => v]\n", 1, "a key exactly if it makes an object"),
        ("a = b.0.1\n", 1, "the name of an attribute is missing"),
        ("a = 1.2.3\n", 1, "a number is invalid"),
        ("a = b::c\n", 1, "( is missing"),
        ('a "b${c}" {}\n', 1, "end of a string is missing"),
        ("a = ]\n", 1, "an expression is missing"),
    ],
)
def test_invalid_text_is_unreadable(text: str, line: int, reason: str) -> None:
    assert parser_errors(text)
    found = parse("main.tf", text)
    assert isinstance(found, Unreadable)
    assert found.line == line
    assert reason in found.reason


@pytest.mark.parametrize(
    "nest",
    [
        lambda depth: f"a = {'[' * depth}{']' * depth}\n",
        lambda depth: f"a = {' + '.join('x' * (depth + 1))}\n",
        lambda depth: f"a = {'x ? y : ' * depth}z\n",
        lambda depth: "b {\n" * depth + "}\n" * depth,
        lambda depth: 'a = "' + "%{ if x }" * depth + "%{ endif }" * depth + '"\n',
        lambda depth: "a = <<E\n" + "%{ if x }" * depth + "%{ endif }" * depth + "\nE\n",
    ],
    ids=["brackets", "operators", "conditionals", "blocks", "directives", "directives in a heredoc"],
)  # fmt: skip
def test_the_model_is_never_too_deep_for_recursion(nest) -> None:  # type: ignore[no-untyped-def]
    assert isinstance(parse("main.tf", nest(MAX_DEPTH - 2)), File)
    for depth in (MAX_DEPTH + 2, 3000):
        found = parse("main.tf", nest(depth))
        assert isinstance(found, Unreadable)
        assert "nested deeper" in found.reason


def test_long_chains_of_steps_are_not_deep() -> None:
    found = value("a" + ".b" * 5000 + "[0]" * 5000)
    assert isinstance(found, Reference)
    assert len(found.steps) == 10_000


_texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('\n\t"\\${}%~'), max_size=30
)


@settings(max_examples=200, deadline=None)
@given(_texts)
def test_quoted_text_is_decoded(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    quoted = quoted.replace("${", "$${").replace("%{", "%%{")
    found = parse("main.tf", f'a = "{quoted}"\n')
    assert isinstance(found, File)
    (attribute,) = found.body.attributes
    assert attribute.value == Literal(1, 5, text)
