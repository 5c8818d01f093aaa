"""Measure how the time of `ticketgen validate` grows with the size of one kind of text, in one run.

    python scripts/bench_growth.py [SHAPE ...]

Each shape is a root module of one file, at a size and at twice that size. The exit code is 1 if twice the size takes
more than twice the processor time beyond that of an empty directory, with the slack of `bench_validate`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench_validate import SLACK, TICKETGEN, Objective, Program

RUNS = 3


class Shape(NamedTuple):
    """A text of many like pieces; ``@`` stands for the number of a piece, ``<`` for the number of the one before.

    Attributes:
        pieces: how many pieces the smaller of the two texts has.
        piece: the text of each piece.
        before, after: the text around all pieces.
    """

    pieces: int
    piece: str
    before: str = ""
    after: str = ""

    def text(self, pieces: int) -> str:
        """The text of that many pieces."""
        numbered = (
            self.piece.replace("@", str(each)).replace("<", str(max(0, each - 1))) for each in range(pieces)
        )
        return f"{self.before}{''.join(numbered)}{self.after}"


OUTPUT = 'output "o" {\n  value = local.m\n}\n'
CHAIN = 'locals {\n  l@ = "${local.m}-${local.l<}"\n}\n'

SHAPES = {
    "resources": Shape(
        4000, 'resource "aws_sqs_queue" "q@" {\n  name = "q-@"\n  tags = {\n    A = "@"\n  }\n}\n'
    ),
    "nested blocks": Shape(
        2000, "  ingress {\n    to_port = @\n  }\n", 'resource "aws_security_group" "g" {\n', "}\n"
    ),
    "entries of a map": Shape(5000, '    k@ = "v@"\n', "locals {\n  m = {\n", f"  }}\n}}\n{OUTPUT}"),
    "elements of a list": Shape(10_000, '    "v@",\n', "locals {\n  m = [\n", f"  ]\n}}\n{OUTPUT}"),
    "references to one local": Shape(
        4000, 'output "o@" {\n  value = local.m.k\n}\n', "locals {\n  m = { k = 1 }\n}\n"
    ),
    "chain of locals": Shape(2000, CHAIN, 'locals {\n  m = "x"\n}\n', OUTPUT),
    "calls of a module": Shape(1000, 'module "c@" {\n  source = "./m"\n}\n'),
    "undeclared references": Shape(10_000, "  a@ = var.b@\n", "locals {\n", "}\n"),
    "wrong types": Shape(4000, 'output "o@" {\n  value = upper([@])\n}\n'),
    "variables with outputs": Shape(3000, 'variable "v@" {}\noutput "o@" {\n  value = var.v@\n}\n'),
    "moved blocks": Shape(3000, "moved {\n  from = null_resource.a<\n  to   = null_resource.a@\n}\n"),
    "validations": Shape(
        1500,
        '  validation {\n    condition = can(regex("^a@$", var.v))\n    error_message = "No @."\n  }\n',
        'variable "v" {\n',
        "}\n",
    ),
}


def main() -> None:
    """Measure, print the results, and exit with 1 if an objective is missed."""
    names = sys.argv[1:] or [*SHAPES]
    missed = False
    with tempfile.TemporaryDirectory() as place:
        programs = {
            (name, times): measured(Path(place) / f"{number}-{times}", SHAPES[name], times)
            for number, name in enumerate(names)
            for times in (0, 1, 2)
        }
        for _ in range(RUNS):
            for program in programs.values():
                program.run()
    for name in names:
        start, once, twice = (min(programs[name, times].processor_seconds) for times in (0, 1, 2))
        growth = (twice - start) / max(once - start, 0.01)
        objective = Objective(
            f"{name}, {SHAPES[name].pieces:,} doubled", growth, 2, missed=growth > 2 * SLACK
        )
        print(f"{once:6.2f} s {twice:6.2f} s  {objective}")
        missed |= objective.missed
    sys.exit(missed)


def measured(folder: Path, shape: Shape, times: int) -> Program:
    """The validation of a directory with so many times the pieces of a shape."""
    (folder / "m").mkdir(parents=True)
    (folder / "m/main.tf").write_text('output "o" {\n  value = 1\n}\n', encoding="utf-8")
    (folder / "main.tf").write_text(shape.text(times * shape.pieces), encoding="utf-8")
    options = ["--budget", "20", "--select", "not-checked"]
    # In one process, because only the larger of the two texts might get a second one.
    environment = {"TICKETGEN_NO_CACHE": "1", "TICKETGEN_ONE_PROCESS": "1"}
    return Program("ticketgen", [*TICKETGEN, "validate", str(folder), *options], environment)


if __name__ == "__main__":
    main()
