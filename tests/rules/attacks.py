"""Directories made to slow a rule down, for any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["ATTACKS", "lambda_function"]

_FUNCTION = """
data "archive_file" "code" {{
  type        = "zip"
  output_path = "code.zip"
{sources}
}}
resource "aws_iam_role" "r" {{
  name               = "r"
  assume_role_policy = "{{}}"
}}
{functions}
"""
_SOURCE = """  source {{
    filename = "{name}"
    content  = <<EOT
{text}
EOT
  }}
"""
_ONE = """resource "aws_lambda_function" "f{number}" {{
  function_name = "f{number}"
  role          = aws_iam_role.r.arn
  handler       = "{handler}"
  runtime       = "{runtime}"
  filename      = data.archive_file.code.output_path
  environment {{
    variables = {{ A = "b" }}
  }}
}}
"""


def lambda_function(
    *files: tuple[str, str], runtime: str = "python3.13", count: int = 1, handler: str = "index.handler"
) -> dict[str, str]:
    """A directory with functions that have the same inline files; ``{}`` in the handler is a function's number."""
    texts = [
        _SOURCE.format(name=name, text=text.replace("${", "$${").replace("%{", "%%{")) for name, text in files
    ]
    functions = [
        _ONE.format(number=number, handler=handler.format(number), runtime=runtime) for number in range(count)
    ]
    return {"main.tf": _FUNCTION.format(sources="".join(texts), functions="".join(functions))}


def _js(text: str) -> dict[str, str]:
    return lambda_function(("index.mjs", text), runtime="nodejs22.x")


def _py(text: str) -> dict[str, str]:
    return lambda_function(("index.py", text))


def _suite(text: str) -> dict[str, str]:
    return {"main.tf": "locals {}\n", "tests/test_stack.py": text}


def _tf(text: str) -> dict[str, str]:
    return {"main.tf": text}


def _each(pattern: str, n: int) -> str:
    return "".join(pattern.replace("#", str(i)) for i in range(n))


_HANDLER = "def handler(event, context):\n"

ATTACKS: Mapping[str, Callable[[int], dict[str, str]]] = {
    # Names
    "undeclared names": lambda n: _tf("locals {\n" + _each("  a# = var.name#\n", n) + "}\n"),
    "undeclared names of one declared": lambda n: _tf("locals {\n" + _each("  lo# = local.la#\n", n) + "}\n"),
    "one name again and again": lambda n: _tf("locals {\n  a = [" + "var.a," * n + "]\n}\n"),
    "long undeclared names": lambda n: _tf(f"locals {{\n  {'a' * n} = local.{'a' * n}b\n}}\n"),
    "unknown arguments": lambda n: _tf('resource "aws_sqs_queue" "q" {\n' + _each("  nam# = 1\n", n) + "}\n"),
    "unknown attributes": lambda n: _tf(
        'resource "aws_sqs_queue" "q" {}\nlocals {\n' + _each("  a# = aws_sqs_queue.q.ur#\n", n) + "}\n"
    ),
    "undeclared providers": lambda n: _tf(
        _each(
            'resource "aws_sqs_queue" "q#" {\n  provider = aws.a#\n}\nprovider "aws" {\n  alias = "b#"\n}\n',
            n,
        )
    ),
    "duplicate declarations": lambda n: _tf('variable "a" {}\n' * n),
    "modules times variables": lambda n: {
        "main.tf": _each('module "m#" {\n  source = "./m"\n}\n', n),
        "m/main.tf": _each('variable "v#" {}\n', n),
    },
    "arguments times variables": lambda n: {
        "main.tf": 'module "m" {\n  source = "./m"\n' + _each("  v# = 1\n", n) + "}\n",
        "m/main.tf": _each('variable "v#" {}\nresource "aws_sqs_queue" "q#" {\n  name = var.v#\n}\n', n),
    },
    "suffixes times names": lambda n: _tf(
        _each('variable "v#_suffix" {}\nresource "aws_sqs_queue" "q#" {\n  name = "q#"\n}\n', n)
    ),
    "many roots": lambda n: {
        f"m{i}/main.tf": 'resource "aws_sqs_queue" "q" {\n  name = "a"\n}\n' for i in range(n)
    },
    "equal names": lambda n: _tf(_each('resource "aws_iam_user" "u#" {\n  name = "a"\n}\n', n)),
    # Comments and constraints
    "bare ignore comments": lambda n: _tf("# ticketgen:ignore\n" * n),
    "misspelt ignore comments": lambda n: _tf(_each("# ticketgen:ignore unused-declaratio# x\n", n)),
    "valid ignore comments": lambda n: _tf("# ticketgen:ignore unused-declaration x\n" * n),
    "signs of comments": lambda n: _tf("# # " * n + "ticketgen:ignore\n"),
    "spaces in ignore comments": lambda n: _tf(
        "#" + " " * n + "ticketgen:ignore" + " " * n + "x" + " " * n + "\n"
    ),
    "a required version of spaces": lambda n: _tf(f'terraform {{\n  required_version = "{" " * n}x"\n}}\n'),
    "a provider version of spaces": lambda n: _tf(
        'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n'
        f'      version = "{" " * n}x"\n    }}\n  }}\n}}\nresource "aws_sqs_queue" "q" {{}}\n'
    ),
    "a provider version of digits": lambda n: _tf(
        f'terraform {{\n  required_providers {{\n    aws = "{"1." * n}x"\n  }}\n}}\nresource "aws_sqs_queue" "q" {{}}\n'
    ),
    "a provider version of terms": lambda n: _tf(
        f'terraform {{\n  required_providers {{\n    aws = "{">= 6," * n}= 1"\n  }}\n}}\n'
        'resource "aws_sqs_queue" "q" {}\n'
    ),
    # JavaScript
    "typeof": lambda n: _js("typeof " * n),
    "import a": lambda n: _js("import a " * n),
    "lines of import a": lambda n: _js("import a\n" * n),
    "import from": lambda n: _js("import from " * n),
    "imports and blank lines": lambda n: _js(("import a from\n" + "\n" * 9) * n),
    "open comments": lambda n: _js("/*" * n),
    "closed comments": lambda n: _js("/**/" * n),
    "slashes": lambda n: _js("/" * n),
    "spaces after an equals sign": lambda n: _js("x =" + " " * n + "y"),
    "environment variables": lambda n: _js(_each("x = process.env.A#;\n", n)),
    "environment variables and spaces": lambda n: _js("x = process.env.A" + " " * n + "y"),
    "exclamation marks": lambda n: _js("!" * n + "\n"),
    "tests of variables": lambda n: _js("if (process.env.A " * n),
    "requires": lambda n: _js(_each('require("a#");\n', n)),
    "open quotes": lambda n: _js('require("a' * n),
    "spaces in a require": lambda n: _js(("require" + " " * 50 + "(" + " " * 50) * n),
    # Python
    "chains of attributes": lambda n: _py(("a" + ".b" * 200 + "\n") * (n // 20)),
    "chains of calls": lambda n: _py(("a" + ".b()" * 200 + "\n") * (n // 40)),
    "an import of many parts": lambda n: _py("import a" + ".a" * n),
    "an f-string of many expressions": lambda n: _py('f"' + _each("{a#}", n) + '"'),
    "functions with a long name around": lambda n: _py(
        f"def {'a' * n}():\n" + _each("    def b#(): pass\n", n // 4)
    ),
    "assignments and uses": lambda n: _py(_HANDLER + _each("    a# = b#\n    a#.c()\n", n)),
    "clients by name": lambda n: _py(
        "import boto3\n" + _HANDLER + _each("    a# = boto3.client('sqs')\n    a#.publish()\n", n)
    ),
    "clients that change": lambda n: _py(
        "import boto3\n" + _HANDLER + _each("    a# = boto3.client('sqs')\n    a# = f(a#)\n", n)
    ),
    "methods of unknown objects": lambda n: _py(
        _each("class A#:\n    def m(self): pass\n", n) + _HANDLER + _each("    x#.m()\n", n)
    ),
    "classes": lambda n: _py(_each("class A#: pass\n", n) + _HANDLER + _each("    A#()\n", n)),
    "callbacks": lambda n: _py(
        "def call(f):\n"
        + "    f(1)\n" * n
        + _each("def g#(x): pass\n", n)
        + _HANDLER
        + _each("    call(g#)\n", n)
    ),
    "parameters by name": lambda n: _py(
        "def f(" + _each("a#=0,", n) + "): pass\n" + _HANDLER + _each("    f(a#=1)\n", n)
    ),
    "returns": lambda n: _py(
        "def f(a):\n" + "    return a\n" * n + _HANDLER + "    f('sqs').send_message()\n" * n
    ),
    "paginators": lambda n: _py(
        "import boto3\n"
        + _HANDLER
        + "    c = boto3.client('s3')\n"
        + "    c.get_paginator('list_objects')\n" * n
    ),
    "functions that share code": lambda n: lambda_function(
        ("index.py", "import os\n" + _each("os.environ['A#']\n", n)), count=n // 4
    ),
    "functions with their own handlers": lambda n: lambda_function(
        ("index.py", _each("def h#(event, context): x = y.z()\n", n // 4)), count=n // 4, handler="index.h{}"
    ),
    "files that share a package": lambda n: lambda_function(*((f"f{i}.py", "import a\n") for i in range(n))),
    # Tests
    "an assert of terms": lambda n: _suite(
        "def test_a():\n" + f"    assert {'+'.join(['a'] * 500)} == {'+'.join(['a'] * 500)}\n" * (n // 50)
    ),
    "paths in a sum": lambda n: _suite("def test_a():\n    f(" + "tmp_path / 'a.tf', " * n + ")\n"),
    "paths below paths": lambda n: _suite(
        "def test_a():\n" + ("    x = y" + " / 'a.tf'" * 200 + "\n") * (n // 40) + "    assert x\n"
    ),
    "paths that are opened": lambda n: _suite("open(" + "'a.py', " * n + ")\n"),
    "hollow tests": lambda n: _suite(
        _each("def test_a#(): pass\n", n) + _each("def help_a#(): assert a\n", n)
    ),
    "slashes in a path": lambda n: _suite(f"open('{'../' * n}')\n"),
    "dots in a path": lambda n: _suite(f"open('{'.tf' * n}x')\n"),
    # Resources
    "roles times policies": lambda n: _tf(
        _each(
            'resource "aws_iam_role" "r#" {\n  name = "r#"\n}\nresource "aws_iam_role_policy" "p#" {\n'
            '  role = aws_iam_role.r#.id\n  policy = "{}"\n}\nresource "aws_lambda_function" "f#" {\n'
            "  role = aws_iam_role.r#.arn\n}\n",
            n // 2,
        )
    ),
    "policies times statements": lambda n: _tf(
        'data "aws_iam_policy_document" "d" {\n'
        + '  statement {\n    actions = ["s3:*"]\n    resources = ["*"]\n  }\n' * (n // 4)
        + "}\n"
        + _each(
            'resource "aws_iam_policy" "p#" {\n  policy = data.aws_iam_policy_document.d.json\n}\n', n // 4
        )
    ),
    "flows times flows": lambda n: _tf(
        'resource "aws_security_group" "a" {}\nresource "aws_security_group" "b" {}\n'
        + _each(
            'resource "aws_vpc_security_group_ingress_rule" "i#" {\n  security_group_id = aws_security_group.a.id\n'
            '  referenced_security_group_id = aws_security_group.b.id\n  ip_protocol = "tcp"\n  from_port = #\n'
            '  to_port = #\n}\nresource "aws_vpc_security_group_egress_rule" "e#" {\n'
            "  security_group_id = aws_security_group.b.id\n"
            '  referenced_security_group_id = aws_security_group.a.id\n  ip_protocol = "udp"\n  from_port = #\n'
            "  to_port = #\n}\n",
            n // 4,
        )
    ),
    "functions times endpoints": lambda n: _tf(
        'resource "aws_vpc" "v" {}\nresource "aws_subnet" "s" {\n  vpc_id = aws_vpc.v.id\n}\n'
        + _each(
            'resource "aws_vpc_endpoint" "e#" {\n  service_name = "com.amazonaws.a.e#"\n}\n'
            'resource "aws_lambda_function" "f#" {\n  vpc_config {\n    subnet_ids = [aws_subnet.s.id]\n  }\n}\n',
            n // 2,
        )
    ),
    "methods times policies": lambda n: (
        _tf(
            'resource "aws_api_gateway_rest_api" "a" {}\n'
            + _each(
                'resource "aws_api_gateway_method" "m#" {\n  rest_api_id = aws_api_gateway_rest_api.a.id\n'
                '  authorization = "NONE"\n}\nmodule "m#" {\n  source = "./m"\n}\n',
                n // 4,
            ),
        )
        | {"m/main.tf": 'resource "aws_api_gateway_rest_api_policy" "p" {}\n'}
    ),
    "a schedule of parts": lambda n: _tf(
        f'resource "aws_cloudwatch_event_rule" "r" {{\n  schedule_expression = "cron({"1," * n} 1 1 1 ? 1)"\n}}\n'
    ),
    "a long value that is shared": lambda n: _tf(
        f'locals {{\n  a = "{"a_" * n}"\n}}\n'
        + _each('resource "aws_dynamodb_table" "t#" {\n  name = local.a\n  replica {}\n}\n', n // 4)
    ),
    "credentials": lambda n: _tf('locals {\n  a = "' + "-----BEGIN AAAA " * n + '"\n}\n'),
    "archives of one path": lambda n: _tf(
        _each('data "archive_file" "a#" {\n  type = "zip"\n  output_path = "a.zip"\n}\n', n)
    ),
}
