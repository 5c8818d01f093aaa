"""Directories made to exhaust the runner: for each kind, its texts for a number of bytes.

A generator takes the size of a file, and returns the files of a directory of which none is much larger. A few attacks
need a few lines only, and ignore the size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["ATTACKS", "DENSE", "EXPRESSIONS", "MODULES"]

Files = Mapping[str, str]


def repeated(piece: str, before: str = "", after: str = "\n") -> Callable[[int], Files]:
    """One file of a piece again and again."""

    def generate(size: int) -> Files:
        return {"main.tf": before + piece * max(1, (size - len(before) - len(after)) // len(piece)) + after}

    return generate


def numbered(piece: Callable[[int], str], before: str = "", after: str = "\n") -> Callable[[int], Files]:
    """One file of pieces that differ by their number."""

    def generate(size: int) -> Files:
        pieces, length, number = [before], len(before), 0
        while length < size:
            pieces.append(piece(number))
            length += len(pieces[-1])
            number += 1
        return {"main.tf": "".join((*pieces, after))}

    return generate


def doubling(first: str, step: str, used: str = "a.l{last}", levels: int = 40) -> Callable[[int], Files]:
    """Locals of which each is made from the one before it, and a bucket named by the last one.

    Args:
        first: the first local.
        step: the next one; ``@`` stands for the previous one.
        used: ignored but for its last local.
        levels: the number of locals.
    """

    def generate(size: int) -> Files:
        lines = [f"  l0 = {first}"]
        lines += [f"  l{each} = {step.replace('@', f'local.l{each - 1}')}" for each in range(1, levels)]
        body = "\n".join(lines)
        names = "\n".join(
            f'resource "aws_s3_bucket" "b{each}" {{\n  bucket = local.l{each}\n}}' for each in range(levels)
        )
        return {"main.tf": f"locals {{\n{body}\n}}\n{names}\n"}

    return generate


def bucket(expression: str) -> Callable[[int], Files]:
    """A bucket with a name that is expensive to know."""

    def generate(size: int) -> Files:
        return {"main.tf": f'resource "aws_s3_bucket" "b" {{\n  bucket = {expression}\n}}\n'}

    return generate


TEN = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
THOUSAND = "range(1000)"
BIG = 'join("", [for a in range(1000) : join("", [for b in range(1000) : "x"])])'

EXPRESSIONS: Mapping[str, Callable[[int], Files]] = {
    "join doubles": doubling('"ab"', "join(@, [@, @])"),
    "interpolation doubles": doubling('"ab"', '"${@}${@}"'),
    "replace grows": doubling('"ab"', 'replace(@, "b", @)'),
    "replace of one letter": doubling('"aaaaaaaaaaaaaaaa"', 'replace(@, "a", @)'),
    "format doubles": doubling('"ab"', 'format("%s%s", @, @)'),
    "format with width": bucket('format("%1000000000d", 1)'),
    "jsonencode escapes": doubling('"\\""', "jsonencode(@)"),
    "jsonencode of twins": doubling('"<&>"', "jsonencode([@, @])"),
    "jsondecode": doubling('"[1,1,1,1,1,1,1,1]"', "jsonencode([jsondecode(@), jsondecode(@)])"),
    "jsondecode of no number": bucket('jsondecode("NaN") % 2'),
    "jsondecode of infinity": bucket('jsondecode("Infinity") % 2'),
    "jsondecode of a surrogate": bucket('jsondecode("\\"\\\\ud800\\"")'),
    "split and join": doubling('"a,b"', 'join(",", concat(split(",", @), split(",", @)))'),
    "upper grows": doubling('"\u0149\u00df"', 'upper("${@}${@}")'),
    "tuples of twins": doubling("[1]", "[@, @]"),
    "objects of twins": doubling("{ a = 1 }", "{ a = @, b = @ }"),
    "twins compared": doubling("[1]", "[@, @, @ == @]"),
    "twins in a condition": doubling("[1]", "var.x ? [@, @] : [@, @]"),
    "twins in coalesce": doubling("[1]", "coalesce([@, @], @)"),
    "twins in try": doubling("[1]", "try([@, @], @)"),
    "concat doubles": doubling(TEN, "concat(@, @)"),
    "flatten of twins": doubling("[1]", "flatten([@, @])"),
    "flatten of nested twins": doubling("[1]", "[flatten([@, @]), @]"),
    "merge": doubling(
        "{ a = 1 }", 'merge(@, { for k, v in @ : "${k}x" => v }, { for k, v in @ : "${k}y" => v })'
    ),
    "keys and values": doubling("{ a = 1 }", "{ for k in concat(keys(@), values(@)) : k => keys(@) }"),
    "distinct": doubling(TEN, "distinct(concat(@, @))"),
    "compact": doubling('["a"]', "compact(concat(@, @))"),
    "toset": doubling('["a"]', 'toset(concat([for v in @ : "${v}a"], [for v in @ : "${v}b"]))'),
    "contains": doubling(TEN, "contains(@, @) ? @ : [@, @]"),
    "setproduct": doubling(TEN, "setproduct(@, @)"),
    "zipmap": doubling(TEN, "zipmap(@, @)"),
    "cidrsubnets": bucket('cidrsubnets("10.0.0.0/8", [for i in range(1024) : 24]...)'),
    "base64gzip": doubling('"a"', 'base64gzip("${@}${@}")'),
    "strrev": doubling('"a"', 'strrev("${@}${@}")'),
    "templatefile": bucket('templatefile("main.tf", { a = range(1000) })'),
    "regexall": bucket('regexall("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")'),
    "replace with a pattern": bucket('replace("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "/(a+)+$/", "")'),
    "pow": bucket("pow(10, pow(10, pow(10, 10)))"),
    "formatdate and timeadd": bucket('formatdate("YYYY", timeadd("2020-01-01T00:00:00Z", "1e999999h"))'),
    "a huge exponent": bucket("1e999999 % 2"),
    "a tiny divisor": bucket("1 % 1e-320"),
    "a long integer": bucket("1" * 5000),
    "a product of integers": doubling("999999999999999", "@ * @"),
    "a long integer as text": bucket('"${' + "9" * 4200 + "}${tostring(" + "9" * 4200 + ')}"'),
    "range": bucket("range(1000000000000000000000)"),
    "range backwards": bucket("length(range(1000000000, 0, -1))"),
    "a product of fors": bucket(f"[for a in {THOUSAND} : [for b in {THOUSAND} : [for c in {THOUSAND} : a]]]"),
    "a for with conditions": bucket(f"[for a in {THOUSAND} : [for b in {THOUSAND} : a if a == b]]"),
    "flatten of fors": bucket(
        f"flatten([for a in {THOUSAND} : [for b in {THOUSAND} : flatten([for c in {TEN} : c])]])"
    ),
    "strings in a for": bucket(f'[for a in {THOUSAND} : "${{{BIG}}}${{a}}"]'),
    "a template of big strings": lambda size: {
        "main.tf": f"locals {{\n  big = {BIG}\n}}\n"
        + f'resource "aws_s3_bucket" "b" {{\n  bucket = "{"${local.big}" * 2000}"\n}}\n'
    },
    "splats of splats": doubling("[[1]]", "[@[*], @[*][*]]"),
    "element of itself": doubling("[1]", "[element(@, 0), @[0], @]"),
    "substr": doubling('"ab"', 'substr("${@}${@}", 0, -1)'),
    "dynamic blocks of many": lambda size: {
        "main.tf": 'resource "aws_security_group" "a" {\n'
        + f'  dynamic "ingress" {{\n    for_each = {THOUSAND}\n    content {{\n    to_port = 1\n    }}\n  }}\n'
        * 200
        + "}\n"
    },
    "a count of a billion": lambda size: {
        "main.tf": 'resource "aws_s3_bucket" "b" {\n  count = 1000000000\n}\n'
    },
    "counts": numbered(
        lambda n: f'resource "aws_s3_bucket" "b{n}" {{\n  count = 2000\n  bucket = "b-${{count.index}}"\n}}\n'
    ),
    "for_each": numbered(
        lambda n: (
            f'resource "aws_security_group" "b{n}" {{\n  for_each = toset([for i in {THOUSAND} : "a${{i}}"])\n}}\n'
        )
    ),
    "each in many blocks": numbered(
        lambda n: "  ingress {\n    from_port = each.value\n  }\n",
        'resource "aws_security_group" "b" {\n  for_each = toset(["a"])\n',
        "}\n",
    ),
    "origins": numbered(
        lambda n: (
            f'variable "v{n}" {{}}\nlocals {{\n  l{n} = [var.v{n}, local.l{max(0, n - 1)}]\n}}\n'
            f'resource "aws_s3_bucket" "b{n}" {{\n  bucket = local.l{n}[0]\n}}\n'
        )
    ),
    "a chain of locals": numbered(lambda n: f'locals {{\n  l{n} = "${{local.l{n + 1}}}"\n}}\n'),
    "a long reference": repeated(".a", 'resource "aws_s3_bucket" "b" {\n  bucket = aws_s3_bucket.b', "\n}\n"),
    "indices": repeated("[0]", "locals {\n  a = local.a", "\n}\n"),
}
"""Small texts whose values are large, or take long."""

DENSE: Mapping[str, Callable[[int], Files]] = {
    "numbers": repeated("1,", "locals {\n  a = [", "]\n}\n"),
    "items": repeated("a=1 \n", "locals {\n  a = {", "}\n}\n"),
    "items with commas": repeated("a=1,", "locals {\n  a = {", "}\n}\n"),
    "blocks": repeated("a{}\n"),
    "labelled blocks": repeated('a "b" {}\n'),
    "labels": repeated('"b" ', "a ", "{}\n"),
    "attributes": numbered(lambda n: f"a{n}=1\n", "locals {\n", "}\n"),
    "the same attribute": repeated("a=1\n"),
    "strings": repeated('"a",', "locals {\n  a = [", "]\n}\n"),
    "empty strings": repeated('"",', "locals {\n  a = [", "]\n}\n"),
    "empty tuples": repeated("[],", "locals {\n  a = [", "]\n}\n"),
    "empty objects": repeated("{},", "locals {\n  a = [", "]\n}\n"),
    "interpolations": repeated("${a}", 'locals {\n  a = "', '"\n}\n'),
    "interpolations in a heredoc": repeated("${a}\n", "locals {\n  a = <<E\n", "\nE\n}\n"),
    "directives": repeated("%{if a}%{endif}", 'locals {\n  a = "', '"\n}\n'),
    "directives in a heredoc": repeated("%{if a}%{endif}", "locals {\n  a = <<E\n", "\nE\n}\n"),
    "escaped templates": repeated("$${", 'locals {\n  a = "', '"\n}\n'),
    "escaped templates in a heredoc": repeated("$${", "locals {\n  a = <<E\n", "\nE\n}\n"),
    "escapes": repeated("\\n", 'locals {\n  a = "', '"\n}\n'),
    "lines of a heredoc": repeated("x\n", "locals {\n  a = <<E\n", "E\n}\n"),
    "blank lines of a heredoc": repeated("\n" * 150 + "x\n", "locals {\n  a = <<E\n", "E\n}\n"),
    "a dedented heredoc": repeated("  x\n", "locals {\n  a = <<-E\n", "  E\n}\n"),
    "trims": repeated("${~a~}   \n", "locals {\n  a = <<E\n", "E\n}\n"),
    "a long heredoc": repeated("x", "locals {\n  a = <<E\n", "\nE\n}\n"),
    "a long string": repeated("x", 'locals {\n  a = "', '"\n}\n'),
    "a long string of four bytes each": lambda size: repeated("\U0001f600", 'locals {\n  a = "', '"\n}\n')(
        size // 4
    ),
    "a long name": repeated("a", "", "=1\n"),
    "a long label": repeated("b", 'a "', '" {}\n'),
    "a long number": repeated("1", "a=", "\n"),
    "a long comment": repeated("x", "#", "\n"),
    "a long comment of lines": repeated("x\n", "/* ", "*/\n"),
    "a long comment between tokens": repeated("x", "a = [1, /* ", "*/ 2]\n"),
    "comments between long ones": lambda size: repeated(f"/* {'x' * min(size, 200_000)} */\n")(size),
    "joiners": lambda size: repeated("\u0628\u200d\u0627\u200c", "# ")(size * 2 // 5),
    "bidirectional controls": lambda size: repeated("\u202e", "# ")(size // 3),
    "look-alikes": lambda size: repeated("a\u0430 ", "# ")(size * 3 // 4),
    "a long address": repeated("b", 'resource "aws_s3_bucket" "', '" {}\n'),
    "heredocs": repeated("<<E\nE\n,", "locals {\n  a = [", "]\n}\n"),
    "a heredoc that nearly ends": repeated("EEEEEEE\n", "locals {\n  a = <<EEEEEEEE\n", "EEEEEEEE\n}\n"),
    "calls": repeated("f(),", "locals {\n  a = [", "]\n}\n"),
    "operators": repeated("1+1,", "locals {\n  a = [", "]\n}\n"),
    "negations": repeated("!a,", "locals {\n  a = [", "]\n}\n"),
    "parentheses": repeated("(1),", "locals {\n  a = [", "]\n}\n"),
    "conditions": repeated("a?a:a,", "locals {\n  a = [", "]\n}\n"),
    "fors": repeated("[for a in a:a],", "locals {\n  a = [", "]\n}\n"),
    "splats": repeated("a[*].a,", "locals {\n  a = [", "]\n}\n"),
    "references": repeated("var.a,", "locals {\n  a = [", "]\n}\n"),
    "comments": repeated("#\n"),
    "comments in line": repeated("/**/"),
    "comments before operators": repeated("1#\n+1,", "locals {\n  a = [", "]\n}\n"),
    "line ends": repeated("\n"),
    "line ends of Windows": repeated("\r\n"),
    "spaces": repeated(" ", "a=", "1\n"),
    "line ends before an operator": repeated("\n", "a=(1", "+1)\n"),
    "brackets": repeated("[", "a="),
    "objects in objects": repeated("{a=", "a="),
    "equal signs": repeated("=\n"),
    "dots": repeated("a.b\n"),
    "quotes": repeated('"\n'),
    "apostrophes": repeated("'"),
    "an open string before a heredoc": repeated("x\n", 'a = "\nb = <<E\n', "E\n"),
    "an open string before numbers": repeated("1,", 'a = "\nb = [', "]\n"),
    "byte order marks": lambda size: repeated("\ufeff")(size // 3),
    "unknown types": numbered(lambda n: f'resource "aws_x{n}" "a" {{}}\n'),
    "empty resources": numbered(lambda n: f'resource "aws_lambda_function" "a{n}" {{}}\n'),
    "unknown arguments": numbered(lambda n: f"  a{n} = 1\n", 'resource "aws_s3_bucket" "a" {\n', "}\n"),
    "undeclared names": numbered(lambda n: f"  a{n} = var.a{n}\n", "locals {\n", "}\n"),
    "undeclared names beside declared ones": numbered(
        lambda n: f'variable "abc{n}" {{}}\noutput "o{n}" {{\n  value = var.abd{n}\n}}\n'
    ),
    "duplicates": repeated("locals {\n  a = 1\n}\n"),
    "unused variables": numbered(lambda n: f'variable "a{n}" {{}}\n'),
    "bare ignore comments": repeated("# ticketgen:ignore\n"),
    "ignore comments": repeated("# ticketgen:ignore iam-wildcard because\n"),
    "dynamic blocks": numbered(
        lambda n: '  dynamic "b" {\n    for_each = []\n    content {}\n  }\n',
        'resource "aws_s3_bucket" "b" {\n',
        "}\n",
    ),
    "policies": numbered(
        lambda n: (
            f'resource "aws_iam_policy" "p{n}" {{\n  policy = jsonencode({{ Statement = [{{ Effect = "Allow", '
            'Action = ["*"], Resource = ["*"] }] })\n}\n'
        )
    ),
    "security groups": numbered(
        lambda n: (
            f'resource "aws_security_group" "g{n}" {{\n  ingress {{\n    from_port = 1\n    to_port = 2\n    '
            f'protocol = "tcp"\n    security_groups = [aws_security_group.g{n + 1}.id]\n  }}\n}}\n'
        )
    ),
    "names": numbered(lambda n: f'resource "aws_sqs_queue" "q{n}" {{\n  name = "q"\n}}\n'),
    "a cycle": numbered(lambda n: f"locals {{\n  a{n} = [local.a{n + 1}, local.a0]\n}}\n"),
}
"""Texts with as much in them as their size allows."""


def calls(levels: int, width: int) -> Callable[[int], Files]:
    """Modules of which each calls the next one several times."""

    def generate(size: int) -> Files:
        files = {}
        for level in range(levels):
            source = f"./m{level + 1}" if level == 0 else f"../m{level + 1}"
            folder = "" if level == 0 else f"m{level}/"
            files[f"{folder}main.tf"] = "".join(
                f'module "c{each}" {{\n  source = "{source}"\n  a      = "x"\n}}\n' for each in range(width)
            ) + ('variable "a" {}\n' if level else "")
        files[f"m{levels}/main.tf"] = 'variable "a" {}\nresource "aws_s3_bucket" "b" {\n  bucket = var.a\n}\n'
        return files

    return generate


def called(body: Callable[[int], Files], times: int = 400) -> Callable[[int], Files]:
    """A module that is called many times."""

    def generate(size: int) -> Files:
        (text,) = body(size).values()
        root = "".join(f'module "c{each}" {{\n  source = "./m"\n}}\n' for each in range(times))
        return {"main.tf": root, "m/main.tf": text}

    return generate


def calls_of_a_wide_type(size: int) -> Files:
    """A module whose variable has very many optional attributes, called many times."""
    fields = ", ".join(f"k{each} = optional(string)" for each in range(2_000))
    calls = "".join(f'module "c{each}" {{\n  source = "./m"\n  a      = {{}}\n}}\n' for each in range(1_000))
    return {"main.tf": calls, "m/main.tf": f'variable "a" {{\n  type = object({{ {fields} }})\n}}\n'}


def outputs_of_inputs(size: int) -> Files:
    """As many outputs as inputs, and every output of every input."""
    number = max(2, size // 200)
    inputs = "".join(
        f'variable "v{each}" {{}}\noutput "o{each}" {{\n  value = local.all\n}}\n' for each in range(number)
    )
    inner = f"{inputs}locals {{\n  all = [{', '.join(f'var.v{each}' for each in range(number))}]\n}}\n"
    arguments = "".join(f"  v{each} = local.l{each}\n" for each in range(number))
    uses = "".join(f"  l{each} = module.m.o{each}\n" for each in range(number))
    return {
        "main.tf": f'module "m" {{\n  source = "./m"\n{arguments}}}\nlocals {{\n{uses}}}\n',
        "m/main.tf": inner,
    }


MODULES: Mapping[str, Callable[[int], Files]] = {
    "calls that double": calls(30, 2),
    "calls in a chain": calls(600, 1),
    "many calls of many": calls(3, 50),
    "modules in a cycle": lambda size: {
        "main.tf": 'module "a" {\n  source = "./a"\n}\n',
        "a/main.tf": 'module "b" {\n  source = "../b"\n  x = module.b.x\n}\noutput "x" {\n  value = module.b.x\n}\n',
        "b/main.tf": 'variable "x" {}\nmodule "a" {\n  source = "../a"\n}\noutput "x" {\n  value = module.a.x\n}\n',
    },
    "calls of a large module": called(DENSE["names"]),
    "calls of a module with a wide type": calls_of_a_wide_type,
    "calls of a module of counts": called(EXPRESSIONS["counts"]),
    "outputs of all inputs": outputs_of_inputs,
    "small files": lambda size: {f"f{each}/main.tf": "a{}\n" for each in range(size // 200)},
    "files of JSON": lambda size: {"main.tf": "", **{f"f{each}.tf.json": "{}" for each in range(size // 200)}},
    "Python of numbers": lambda size: {"main.tf": "", "test_a.py": "a = [" + "1," * (size // 2) + "]\n"},
    "Python of terms": lambda size: {"main.tf": "", "test_a.py": "a = 1" + "+1" * (size // 2) + "\n"},
    "Python of functions": lambda size: {"main.tf": "", "test_a.py": "def test_a():\n  assert a\n" * (size // 28)},
    "Python inside": lambda size: {
        "main.tf": 'data "archive_file" "a" {\n  type = "zip"\n  source {\n    filename = "a.py"\n    content = <<E\n'
        + "a = [" + "1," * (size // 2) + "]\nE\n  }\n}\n"
    },
    "JavaScript inside": lambda size: {
        "main.tf": 'data "archive_file" "a" {\n  type = "zip"\n  source {\n    filename = "a.mjs"\n    content = <<E\n'
        + "import a " * (size // 9) + "\nE\n  }\n}\n"
    },
}  # fmt: skip
"""Directories of several files."""

ATTACKS: Mapping[str, Callable[[int], Files]] = {**EXPRESSIONS, **DENSE, **MODULES}
