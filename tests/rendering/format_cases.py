"""HCL before and after ``terraform fmt``."""

from __future__ import annotations

__all__ = ["CASES", "NO_FILES"]

CASES = {
    "neighbours form a chain": (
        "a = 1\nlonger = 2\n",
        "a      = 1\nlonger = 2\n",
    ),
    "an empty line ends it": (
        "a = 1\n\nlonger = 2\n",
        "a = 1\n\nlonger = 2\n",
    ),
    "a comment line ends it": (
        "a = 1\n# why\nlonger = 2\n",
        "a = 1\n# why\nlonger = 2\n",
    ),
    "an open bracket ends it": (
        "a = 1\nlonger = {\n  b = 1\n  ccc = 2\n}\ndd = 3\ne = 4\n",
        "a = 1\nlonger = {\n  b   = 1\n  ccc = 2\n}\ndd = 3\ne  = 4\n",
    ),
    "brackets that balance do not": (
        "a = [1, 2]\nlonger = { b = 1 }\nc = f(\"${x[0]}\")\n",
        "a      = [1, 2]\nlonger = { b = 1 }\nc      = f(\"${x[0]}\")\n",
    ),
    "brackets and equals in strings and comments are none": (
        'a = "{ = \\" ${"}"} $${"\nlonger = 1 # [ = (\n',
        'a      = "{ = \\" ${"}"} $${"\nlonger = 1 # [ = (\n',
    ),
    "comparisons are no assignments": (
        "a == b\nlonger = a >= 1 && b != 2\nc = { for k, v in x : k => v }\n",
        "a == b\nlonger = a >= 1 && b != 2\nc      = { for k, v in x : k => v }\n",
    ),
    "a heredoc belongs to its line": (
        "a = <<X\n b = {\n  ccc = 1\nX\nlonger = 2\n",
        "a      = <<X\n b = {\n  ccc = 1\nX\nlonger = 2\n",
    ),
    "a heredoc's interpolation is code": (
        "a = <<X\n ${b(\"}\")} X\nX\nlonger = 2\n",
        "a      = <<X\n ${b(\"}\")} X\nX\nlonger = 2\n",
    ),
    "comments at the end stand in a column": (
        "a = 1 # x\nlonger = 22 # y\nb { // z\n",
        "a      = 1  # x\nlonger = 22 # y\nb {         // z\n",
    ),
    "indentation follows the brackets": (
        "a {\nb = [\n1,\n      f({\n c = 1\n})\n]\n    }\n",
        "a {\n  b = [\n    1,\n    f({\n      c = 1\n    })\n  ]\n}\n",
    ),
    "blanks between tokens": (
        "a=b+-1*( c )?!d :e [ 0 ] . f\ng = f ( a,b... )\nh={i=1}\nj {}\n",
        "a = b + -1 * (c) ? !d : e[0].f\ng = f(a, b...)\nh = { i = 1 }\nj {}\n",
    ),
    "a for expression": (
        "a = [for x in[1]:x if x>0]\n",
        "a = [for x in [1] : x if x > 0]\n",
    ),
    "an interpolation": (
        'a = "${ b }-${c( d )}"\n',
        'a = "${b}-${c(d)}"\n',
    ),
    "a lone interpolation is unwrapped": (
        'a = "${var.b}"\nc = ["${var.b}"]\nd = "${var.b}x"\n',
        'a = var.b\nc = ["${var.b}"]\nd = "${var.b}x"\n',
    ),
    "labels get quotes": (
        'resource aws_vpc main {\n}\n',
        'resource "aws_vpc" "main" {\n}\n',
    ),
    "types of 0.11 lose their quotes": (
        'variable "a" {\n  type = "list"\n}\nvariable "b" {\n  type = map\n}\nb {\n  type = "list"\n}\n',
        'variable "a" {\n  type = list(string)\n}\nvariable "b" {\n  type = map(any)\n}\nb {\n  type = "list"\n}\n',
    ),
    "provider functions": (
        "a = provider :: aws :: arn_parse (b)\n",
        "a = provider::aws::arn_parse(b)\n",
    ),
    "wide characters count once": (
        '"é" = 1\n"日本" = 2\n',
        '"é"  = 1\n"日本" = 2\n',
    ),
}  # fmt: skip

NO_FILES = frozenset({
    "comparisons are no assignments", "comments at the end stand in a column", "wide characters count once",
})  # fmt: skip
"""Cases that show the layout only: Terraform does not read them as files."""
